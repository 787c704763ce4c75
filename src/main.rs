//! Starts a Yunxiao Flow pipeline: environment in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(yunxiao_run::program::run_process())
}
