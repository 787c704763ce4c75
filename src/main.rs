//! Starts a Yunxiao Flow pipeline: environment in, exit code out.

use std::process::ExitCode;

/// musl's own takes three times as long.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    ExitCode::from(yunxiao_run::program::run_process())
}

/// Says at once that the stack has ended. The released program has no tables for walking it (`release/compile`), so a
/// backtrace would be empty anyway; with this, the linker leaves out the tenth of the program that would print it.
#[cfg(without_unwinding)]
#[expect(unsafe_code, reason = "std's name for it, so that std calls this one; nothing in it is unsafe")]
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_trace: *const (), _argument: *const ()) -> i32 {
    const END_OF_STACK: i32 = 5;
    END_OF_STACK
}
