//! What the program promises, one module a promise.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]
#![allow(clippy::format_collect, reason = "a test may take its time")]
#![allow(clippy::print_stdout, reason = "some promises are numbers")]
#![allow(clippy::duplicate_mod, reason = "one suite, two APIs: what is in `both` runs over each")]
#![allow(missing_docs, reason = "the names of tests are their documentation")]

mod histories;
mod hosts;
mod pages;
mod simulated;
mod step;

mod a_dry_run_changes_nothing;
mod a_followed_run_ends_in_one_way;
mod a_latch_is_passed_or_closed;
mod a_long_detail_takes_little_memory;
mod a_role_needs_no_stored_secret;
mod a_start_takes_few_round_trips;
mod an_input_without_effect_gets_a_warning;
mod an_unread_log_cannot_block_the_job;
mod answers_are_read_leniently;
mod bad_inputs_are_reported;
mod connections_are_made_with_care;
mod credentials_come_from_one_source;
mod credentials_go_to_https_or_to_this_machine;
mod documents_agree;
mod documents_have_the_same_structure;
mod documents_match_the_program;
mod each_host_is_recognised;
mod each_host_says_what_it_knows;
mod each_host_says_where_a_run_comes_from;
mod every_signal_that_ends_a_process_stops_its_run;
mod foreign_text_issues_no_commands;
mod generated_documents_are_current;
mod host_pages_cover_the_same_topics;
mod inputs_arrive_unchanged;
mod messages_are_in_the_chosen_language;
mod no_secret_leaves;
mod no_text_is_a_command_anywhere;
mod outputs_are_read_back_unchanged;
mod outputs_reach_the_next_step;
mod over_access_key;
mod over_token;
mod refs_match_the_pipelines_sources;
mod refusals_say_what_to_do;
mod relayed_logs_are_harmless;
mod resource_limits_cause_no_panic;
mod secrets_are_hidden_in_every_form;
mod signatures_equal_the_official_ones;
mod the_end_of_a_run_is_reported;
mod the_log_keeps_its_order;
mod the_summary_in_the_documents_is_current;
mod the_token_api_is_followed_exactly;
mod what_a_run_builds_is_checked;
