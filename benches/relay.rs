//! Showing a long log: the program's peak memory, how fast it goes, and how many instructions a byte takes.
//!
//! `cargo bench --bench relay` starts a simulated service whose one job has written 200 MB, follows it with `logs: all`, and
//! reads what `/proc` says of the program's memory. Instructions are counted by valgrind's callgrind, as the difference
//! between a log of 4 MB and one of 1 MB; the time is this machine's, and only a hint.

#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "it says what it measured, rounded")]

mod program;

use std::io::Read;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use program::Outcome;
use yunxiao_simulator::{Job, Options, Server, Simulator, Stage};

/// Follows the run and shows its log.
const INPUTS: [(&str, &str); 2] = [("YUNXIAO_WAIT", "true"), ("YUNXIAO_LOGS", "all")];

const MEGABYTE: u64 = 1_000_000;
const LOG: u64 = 200 * MEGABYTE;

/// The most that following such a log may take, in bytes.
const MOST_MEMORY: u64 = 24 * 1024 * 1024;

fn main() -> Outcome<()> {
    let begin = Instant::now();
    let (shown, peak) = follow(LOG)?;
    let seconds = begin.elapsed().as_secs_f64();
    let megabytes = shown as f64 / MEGABYTE as f64;
    println!(
        "log of {megabytes:.0} MB: peak {:.1} MiB resident, about {:.0} MB/s",
        peak as f64 / 1024.0 / 1024.0,
        megabytes / seconds
    );
    if shown < LOG {
        return Err(format!("only {shown} bytes of it were shown").into());
    }
    if peak > MOST_MEMORY {
        return Err("that is too much memory".into());
    }
    let [short, long] = [MEGABYTE, 4 * MEGABYTE].map(|bytes| program::instructions(&service(bytes)?, &INPUTS));
    let instructions = long?.measured - short?.measured;
    println!("instructions a byte: {:.1}", instructions as f64 / (3 * MEGABYTE) as f64);
    Ok(())
}

/// A service whose run has written so many bytes and ended.
fn service(bytes: u64) -> Outcome<Server> {
    let simulator = Simulator::with_pipeline(|pipeline| {
        pipeline.queue = Duration::ZERO;
        pipeline.stages = vec![Stage::new("build", vec![Job::new("job", 0).filling(bytes)])];
    });
    Ok(Server::start(simulator, &Options::default())?)
}

/// Follows a run with a log of a size; returns how much was shown, and the program's peak resident memory, in bytes.
fn follow(bytes: u64) -> Outcome<(u64, u64)> {
    let server = service(bytes)?;
    let mut child = program::step(&[], &server, &INPUTS).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut stderr = child.stderr.take().ok_or("no stderr")?;
    let reading = thread::spawn(move || {
        let (mut shown, mut buffer) = (0, vec![0; 1024 * 1024]);
        while let Ok(length @ 1..) = stderr.read(&mut buffer) {
            shown += length as u64;
        }
        shown
    });
    let peak = peak_memory(&mut child)?;
    if !child.wait()?.success() {
        return Err("the step failed".into());
    }
    Ok((reading.join().map_err(|_| "reading failed")?, peak))
}

/// The peak of a process's resident memory, looked at until it ends. The peak only grows, so a late look is as good.
fn peak_memory(child: &mut Child) -> Outcome<u64> {
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = peak.max(kibibytes.unwrap_or_default() * 1024);
        thread::sleep(Duration::from_millis(5));
    }
    Ok(peak)
}
