//! What the machine has to grant before anything is sent: a limit that is met after a start would end the process without
//! a word about its run.

use std::hint::black_box;
use std::io;

use nix::sys::resource::{Resource, getrlimit};

use crate::text::{Text, io_error, text};

/// The least stack of the main thread, in bytes: several times what a step takes.
const LEAST_STACK: u64 = 512 * 1024;

/// The least memory, in bytes: for the threads' stacks, the longest answers, and what is made of them.
const LEAST_MEMORY: usize = 32 * 1024 * 1024;

/// What there is too little of. Asked first of all, for threads take memory as well.
pub(crate) fn shortage() -> Option<Text> {
    let stack = getrlimit(Resource::RLIMIT_STACK).map_or(u64::MAX, |(soft, _)| soft);
    if stack < LEAST_STACK {
        let (kibibytes, least) = (stack / 1024, LEAST_STACK / 1024);
        return Some(text!(
            "The stack may not grow beyond {kibibytes} KiB on this machine, and {least} KiB are needed: check the limit (`ulimit -s`).",
            "本机的栈上限为 {kibibytes} KiB，至少需要 {least} KiB：请检查限制（`ulimit -s`）。"
        ));
    }
    // It is given back at once, and no page of it was touched.
    let mut memory: Vec<u8> = Vec::new();
    let is_granted = black_box(&mut memory).try_reserve_exact(LEAST_MEMORY).is_ok();
    let least = LEAST_MEMORY / 1024 / 1024;
    (!is_granted).then(|| {
        text!(
            "This machine grants less than {least} MiB of memory: check the limits (`ulimit -v`, `ulimit -d`).",
            "本机可用内存不足 {least} MiB：请检查限制（`ulimit -v`、`ulimit -d`）。"
        )
    })
}

/// Why nothing can be done without a thread.
pub(crate) fn no_thread(error: &io::Error) -> Text {
    let why = match error.kind() {
        // What the system says of a limit that is reached.
        io::ErrorKind::WouldBlock => text!("there are too many", "数量过多"),
        _ => io_error(error),
    };
    text!(
        "No thread can be made on this machine ({why}): check its limits of processes and memory (`ulimit -u`, `ulimit -v`).",
        "本机无法创建线程（{why}）：请检查进程数和内存限制（`ulimit -u`、`ulimit -v`）。",
        why
    )
}
