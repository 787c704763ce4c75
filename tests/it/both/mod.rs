//! What is promised whichever API is called: each test is run over both.

use yunxiao_simulator::Simulator;

use super::BACKEND;
use crate::simulated::Execution;

mod a_gate_is_decided_once;
mod a_key_selects_the_run_in_other_modes;
mod a_lost_run_is_found_again;
mod a_lost_run_is_reported;
mod a_run_can_be_selected_in_three_ways;
mod a_run_can_be_stopped;
mod a_run_is_followed;
mod a_run_is_read_as_real_answers_are;
mod an_unclear_key_starts_nothing;
mod an_unreadable_run_is_not_failed;
mod any_detail_ends_in_one_way;
mod cancelling_stops_the_run;
mod failed_jobs_are_retried_once;
mod faults;
mod keyed;
mod logs_are_shown_as_asked;
mod no_schedule_of_faults_decides_twice;
mod no_schedule_of_faults_starts_two_runs_or_loses_one;
mod no_sequence_of_executions_does_the_work_twice;
mod nothing_is_started_twice;
mod one_key_is_one_run;
mod only_the_expected_commit_is_a_success;
mod outputs_report_waits_and_artifacts;
mod random_histories_end_with_the_runs_result;
mod waiting_has_limits;

/// An execution that starts a run and waits for its end.
fn waiting(simulator: &Simulator) -> Execution {
    Execution::over(BACKEND, simulator).with("YUNXIAO_WAIT", "true").with_outputs()
}

/// An execution that follows run 1.
fn following(simulator: &Simulator) -> Execution {
    Execution::over(BACKEND, simulator).in_mode("follow", 1).with_outputs()
}
