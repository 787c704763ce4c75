//! Resources that are checked before anything is sent: running out of one after the start would end the process without a
//! message about its run.

use std::hint::black_box;
use std::io;

use nix::sys::resource::{Resource, getrlimit};

use crate::text::{Text, io_error, text};

/// The least stack of the main thread, in bytes: several times what a step takes.
const LEAST_STACK: u64 = 512 * 1024;

/// The least memory, in bytes: for the threads' stacks, the longest answers, and what is made of them.
const LEAST_MEMORY: usize = 32 * 1024 * 1024;

/// What the machine has too little of, if anything. Checked first, because threads need memory too.
pub(crate) fn shortage() -> Option<Text> {
    let stack = getrlimit(Resource::RLIMIT_STACK).map_or(u64::MAX, |(soft, _)| soft);
    if stack < LEAST_STACK {
        let (kibibytes, least) = (stack / 1024, LEAST_STACK / 1024);
        return Some(text!(
            "The stack is limited to {kibibytes} KiB on this machine, but {least} KiB are needed: raise the limit (`ulimit -s`).",
            "本机的栈上限为 {kibibytes} KiB，至少需要 {least} KiB：请调高限制（`ulimit -s`）。"
        ));
    }
    // Freed at once, and no page of it is touched.
    let mut memory: Vec<u8> = Vec::new();
    let is_granted = black_box(&mut memory).try_reserve_exact(LEAST_MEMORY).is_ok();
    let least = LEAST_MEMORY / 1024 / 1024;
    (!is_granted).then(|| {
        text!(
            "Less than {least} MiB of memory is available on this machine: raise the limits (`ulimit -v`, `ulimit -d`).",
            "本机可用内存不足 {least} MiB：请调高限制（`ulimit -v`、`ulimit -d`）。"
        )
    })
}

/// The error of a thread that can't be created.
pub(crate) fn no_thread(error: &io::Error) -> Text {
    let why = match error.kind() {
        // What the system says of a limit that is reached.
        io::ErrorKind::WouldBlock => text!("there are too many", "数量过多"),
        _ => io_error(error),
    };
    text!(
        "Can't create a thread on this machine ({why}): check the process and memory limits (`ulimit -u`, `ulimit -v`).",
        "本机无法创建线程（{why}）：请检查进程数和内存限制（`ulimit -u`、`ulimit -v`）。",
        why
    )
}
