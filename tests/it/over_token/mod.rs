//! What is promised whichever API is called, with a personal access token.

use crate::simulated::Backend;

pub(crate) const BACKEND: Backend = Backend::Token;

#[path = "../both/a_lost_run_is_found_again.rs"]
mod a_lost_run_is_found_again;
#[path = "../both/a_lost_run_is_reported.rs"]
mod a_lost_run_is_reported;
#[path = "../both/a_run_can_be_stopped.rs"]
mod a_run_can_be_stopped;
#[path = "../both/a_run_is_followed.rs"]
mod a_run_is_followed;
#[path = "../both/cancelling_reaches_the_run.rs"]
mod cancelling_reaches_the_run;
#[path = "../both/no_schedule_of_faults_starts_two_runs_or_loses_one.rs"]
mod no_schedule_of_faults_starts_two_runs_or_loses_one;
#[path = "../both/nothing_is_started_twice.rs"]
mod nothing_is_started_twice;
