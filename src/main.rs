//! Starts a Yunxiao Flow pipeline: environment in, exit code out.

use std::process::ExitCode;

/// musl's own allocator takes half as many instructions again.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    ExitCode::from(yunxiao_run::program::run_process())
}

/// Ends every walk of the stack at once. The released program has no unwind tables (`release/compile`), so a backtrace would
/// be empty anyway; with this, the code that prints one, a tenth of the program, is never reached and is left out.
#[cfg(without_unwinding)]
#[expect(unsafe_code, reason = "std's name for it, so that std calls this one; nothing in it is unsafe")]
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_trace: *const (), _argument: *const ()) -> i32 {
    const END_OF_STACK: i32 = 5;
    END_OF_STACK
}
