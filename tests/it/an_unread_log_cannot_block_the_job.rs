//! Pipes that are not read or written at the other end: as when a terminal is paused, or a CI runner is busy with others.

use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use yunxiao_simulator::setup::{ACCESS_KEY_SECRET, PIPELINE};
use yunxiao_simulator::{Job, Server, Simulator, Stage};

use crate::hosts::github_commands;
use crate::simulated::{LOG, START, STOP};
use crate::step::{Step, for_each, has_room, rests, send, serve, service, until};

/// The most a step may take to end after a signal.
const LONGEST_END: Duration = Duration::from_millis(7600);

/// A pipe in which there is no room left for anything.
fn full() -> (PipeReader, PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    fill(&writer);
    (reader, writer)
}

/// Leaves no room in a pipe.
fn fill(mut writer: &PipeWriter) {
    while has_room(writer) {
        // No more than is certainly free.
        writer.write_all(&[b'x'; 4096]).unwrap();
    }
}

/// Waits until a step has asked for a log, filled the pipe where it is shown, and does nothing but wait for a reader.
fn until_it_waits(child: &Child, pipe: &PipeWriter, simulator: &Simulator) {
    until(|| !simulator.seen_for(LOG).is_empty() && !has_room(pipe) && rests(child));
}

/// A service whose pipeline's one job writes a long log at once and takes so many seconds, and a step that shows it.
fn showing(seconds: u64, length: u64) -> (Simulator, Server, Step) {
    let (simulator, server) = serve(Simulator::with_pipeline(|pipeline| {
        pipeline.queue = Duration::ZERO;
        pipeline.stages = vec![Stage::new("build", vec![Job::new("job", seconds).filling(length)])];
    }));
    let step = Step::at(&server.http_url()).with("YUNXIAO_WAIT", "true").with("YUNXIAO_LOGS", "all");
    (simulator, server, step)
}

/// Ends a step by SIGTERM; returns its exit code and how long it took to end.
fn terminate(child: &mut Child) -> (Option<i32>, Duration) {
    let begin = Instant::now();
    send("TERM", child);
    (child.wait().unwrap().code(), begin.elapsed())
}

fn is_stopped(simulator: &Simulator) -> bool {
    let [run] = &simulator.started()[..] else { panic!("one run is started") };
    run.stopped.is_some()
}

#[test]
fn an_unread_log_does_not_keep_a_cancelled_step_from_stopping_its_run() {
    for_each(vec![io::pipe().unwrap(), full()], |(reader, writer)| {
        let (simulator, _server, step) = showing(600, 5_000_000);
        let mut child = step.command().stdout(Stdio::null()).stderr(writer.try_clone().unwrap()).spawn().unwrap();
        until_it_waits(&child, &writer, &simulator);
        let (code, took) = terminate(&mut child);
        assert_eq!(code, Some(143));
        assert!(took < LONGEST_END, "{took:?}");
        assert!(is_stopped(&simulator));
        drop(reader);
    });
}

#[test]
fn lines_dropped_on_cancellation_are_counted_outside_the_fold() {
    let (simulator, _server, step) = showing(600, 5_000_000);
    let folder = tempfile::tempdir().unwrap();
    let step = step.on_github(&folder.path().join("output")).with("YUNXIAO_LOG_LEVEL", "debug");
    let (mut reader, writer) = io::pipe().unwrap();
    let mut child = step.command().stdout(Stdio::null()).stderr(writer.try_clone().unwrap()).spawn().unwrap();
    until_it_waits(&child, &writer, &simulator);
    drop(writer);
    let reading = thread::spawn(move || {
        // It is read again a little after the signal.
        until(|| !simulator.seen_for(STOP).is_empty());
        let mut said = String::new();
        reader.read_to_string(&mut said).unwrap();
        said
    });
    let (code, took) = terminate(&mut child);
    assert_eq!(code, Some(143));
    assert!(took < Duration::from_secs(4), "it ends when all is written: {took:?}");
    let said = reading.join().unwrap();
    let lines: Vec<&str> = said.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("(not shown: ")).expect("they are counted");
    assert!(lines[at - 1].starts_with("00000000") && lines[at + 2] == "::endgroup::", "{:?}", &lines[at - 1..]);
    let shown = lines.iter().filter(|line| line.contains(" of the filler: ")).count();
    assert!((1000..10_000).contains(&shown), "those that were handed over, and no more: {shown}");
    let commands = github_commands(&said);
    let errors: Vec<_> = commands.iter().filter(|command| command.name == "error").collect();
    assert!(errors.len() == 1 && errors[0].data.contains("cancelled by SIGTERM"), "{errors:?}");
}

#[test]
fn a_slow_reader_gets_every_line_once() {
    let (simulator, _server, step) = showing(4, 2_000_000);
    let (mut reader, writer) = io::pipe().unwrap();
    let mut child = step.command().stdout(Stdio::null()).stderr(writer.try_clone().unwrap()).spawn().unwrap();
    until_it_waits(&child, &writer, &simulator);
    drop(writer);
    // The run ends meanwhile.
    until(|| simulator.status(SystemTime::now(), PIPELINE, 1).as_deref() == Some("SUCCESS"));
    let mut said = String::new();
    reader.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said:.2000}");
    let numbers = said.lines().filter_map(|line| line.split_once(" of the filler: ")?.0.parse::<u64>().ok());
    assert!(numbers.eq(1..=20_000));
    assert!(!said.contains("not shown"));
}

#[test]
fn an_unread_run_id_is_a_lost_output_and_blocks_nothing() {
    let (simulator, server) = service();
    let (_reader, writer) = full();
    let spawned = Instant::now();
    let child = Step::at(&server.http_url()).command().stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    until(|| !simulator.seen_for(START).is_empty());
    let begin = Instant::now();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(9), "{stderr}");
    assert!(stderr.contains("Run 1 was started"), "{stderr}");
    let (least, most) = (spawned.elapsed(), begin.elapsed());
    assert!(least >= Duration::from_secs(5) && most < Duration::from_secs(9), "{least:?} {most:?}");
    assert_eq!(simulator.started().len(), 1);
    // A signal meanwhile is heard at once.
    let outputs = tempfile::NamedTempFile::new().unwrap();
    let step = Step::at(&server.http_url()).with("YUNXIAO_WAIT", "true");
    let step = step.with("YUNXIAO_OUTPUT_FILE", outputs.path().to_str().unwrap());
    let (_reader, writer) = full();
    let mut child = step.command().stdout(writer).stderr(Stdio::null()).spawn().unwrap();
    // The file is written before the id is printed.
    until(|| fs::read_to_string(&outputs).unwrap().contains("pipelineRunId=2\n"));
    let (code, took) = terminate(&mut child);
    assert_eq!(code, Some(143));
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(simulator.started()[1].stopped.is_some());
}

#[test]
fn a_secret_may_arrive_late_through_a_pipe_but_the_wait_is_short() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (simulator, server) = service();
    let step = Step::at(&server.http_url()).without("YUNXIAO_ACCESS_KEY_SECRET");
    let step = step.with("YUNXIAO_ACCESS_KEY_SECRET_FILE", pipe.to_str().unwrap());
    let late = thread::spawn({
        let step = step.clone();
        move || step.run()
    });
    // Whoever opens a pipe to write it waits until it is open for reading.
    fs::write(&pipe, ACCESS_KEY_SECRET).unwrap();
    let ended = late.join().unwrap();
    assert_eq!((ended.code, simulator.started().len()), (0, 1), "{}", ended.stderr);
    let begin = Instant::now();
    let never = step.run();
    assert!(never.code == 2 && never.stderr.contains("names an empty file"), "{}", never.stderr);
    assert!(begin.elapsed() < Duration::from_secs(9), "{:?}", begin.elapsed());
}
