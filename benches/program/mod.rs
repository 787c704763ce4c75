//! The program against a simulated service, and what an execution takes: callgrind's count of instructions, and the peak of
//! its resident memory.

#![allow(dead_code, reason = "no bench needs all of it")]

use std::error::Error;
use std::process::Command;

use yunxiao_simulator::Server;
use yunxiao_simulator::setup::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, ORGANIZATION, PIPELINE};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_yunxiao-run");

/// The most that twice the size may take.
pub(crate) const MOST: f64 = 2.3;

/// What was measured, and how the program ended.
#[derive(Clone, Copy)]
pub(crate) struct Execution {
    pub(crate) measured: u64,
    pub(crate) code: Option<i32>,
}

/// The program about to act at a service, under what the command says.
pub(crate) fn step(under: &[&str], server: &Server, inputs: &[(&str, &str)]) -> Command {
    let words: Vec<&str> = under.iter().copied().chain([PROGRAM]).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env_clear().envs([
        ("PATH", &*std::env::var("PATH").unwrap_or_default()),
        ("YUNXIAO_ORGANIZATION_ID", ORGANIZATION),
        ("YUNXIAO_PIPELINE_ID", &PIPELINE.to_string()),
        ("YUNXIAO_ACCESS_KEY_ID", ACCESS_KEY_ID),
        ("YUNXIAO_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET),
        ("YUNXIAO_ENDPOINT", &server.http_url()),
    ]);
    command.envs(inputs.iter().copied());
    command
}

/// Counts the instructions of the whole process.
pub(crate) fn instructions(server: &Server, inputs: &[(&str, &str)]) -> Outcome<Execution> {
    measure(&["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"], server, inputs, "Collected : ")
}

/// The peak of the resident memory, in KiB. `time` has less itself, which counts, since a process begins with the memory of
/// the one that made it.
pub(crate) fn memory(server: &Server, inputs: &[(&str, &str)]) -> Outcome<Execution> {
    measure(&["/usr/bin/time", "--format=resident %M"], server, inputs, "resident ")
}

/// Executes the program under a command that says a number after some words, at the end of what both say.
fn measure(under: &[&str], server: &Server, inputs: &[(&str, &str)], words: &str) -> Outcome<Execution> {
    let output = step(under, server, inputs).output().map_err(|error| format!("{}: {error}", under[0]))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let number = said.lines().rev().find_map(|line| line.split_once(words)).ok_or_else(|| said.to_string())?.1;
    Ok(Execution { measured: number.trim().parse()?, code: output.status.code() })
}
