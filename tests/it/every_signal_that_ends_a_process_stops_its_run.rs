//! Signals, sent to the real binary: each of those that cancel stops the run; those that were ignored before stay so.

use std::fs::OpenOptions;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use yunxiao_simulator::{Job, Server, Simulator, Stage};

use crate::simulated::GET;
use crate::step::{Step, for_each, send, serve, until};

/// A service whose pipeline takes so many seconds, and a step that waits for it.
fn waiting(seconds: u64) -> (Simulator, Server, Step) {
    let (simulator, server) = serve(Simulator::with_pipeline(|pipeline| {
        pipeline.queue = Duration::ZERO;
        pipeline.stages = vec![Stage::new("build", vec![Job::new("job", seconds)])];
    }));
    let step = Step::at(&server.http_url()).with("YUNXIAO_WAIT", "true");
    (simulator, server, step)
}

#[test]
fn each_signal_ends_the_step_with_its_own_code_and_stops_the_run() {
    let others = ["USR1", "USR2", "ALRM", "VTALRM", "PROF", "XCPU", "IO", "PWR", "STKFLT"].map(|signal| (signal, 143));
    let own = [("HUP", 129), ("INT", 130), ("QUIT", 131), ("TERM", 143)];
    for_each([&own[..], &others[..]].concat(), |(signal, code)| {
        let (simulator, _server, step) = waiting(600);
        // Whoever runs the tests may ignore some signals (`nohup`), and a child inherits that. It inherits blocked ones too,
        // and they must reach it anyway.
        let mut command =
            step.through("env", &[&format!("--default-signal={signal}"), &format!("--block-signal={signal}")]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        until(|| !simulator.seen_for(GET).is_empty());
        // Not every shell has a name for each.
        let number = format!("SIG{signal}").parse::<Signal>().unwrap() as i32;
        send(&number.to_string(), &child);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{signal}: {said}");
        assert!(said.contains(&format!("cancelled by SIG{signal}")), "{said}");
        assert!(simulator.started()[0].stopped.is_some(), "{signal}");
    });
}

#[test]
fn what_was_ignored_at_the_start_stays_ignored() {
    let (simulator, _server, step) = waiting(4);
    let mut shell = step.through("sh", &["-c", "trap '' HUP QUIT USR1 XCPU; exec \"$0\" \"$@\""]);
    let child = shell.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    until(|| !simulator.seen_for(GET).is_empty());
    for signal in ["HUP", "QUIT", "USR1", "XCPU"] {
        send(signal, &child);
    }
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    assert!(simulator.started()[0].stopped.is_none());
}

#[test]
fn a_second_signal_ends_a_step_that_waits_for_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let named = pipe.to_str().unwrap();
    // It would wait five seconds for each.
    let step = Step::at("http://127.0.0.1:1").without("YUNXIAO_ACCESS_KEY_SECRET").with_all(&[
        ("YUNXIAO_ACCESS_KEY_SECRET_FILE", named),
        ("YUNXIAO_SECURITY_TOKEN_FILE", named),
        ("YUNXIAO_CA_CERTIFICATES", named),
    ]);
    let mut child = step.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Opening a pipe for writing blocks until it is open for reading.
    let _writer = OpenOptions::new().write(true).open(&pipe).unwrap();
    send("TERM", &child);
    // Within a second, it would be an echo of the first.
    thread::sleep(Duration::from_millis(1100));
    let begin = Instant::now();
    send("TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn a_file_size_limit_is_a_lost_output_and_does_not_end_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("output");
    // As long as the limit already.
    std::fs::write(&output, "x".repeat(511) + "\n").unwrap();
    let (simulator, _server, step) = waiting(1);
    let mut shell = step.on_github(&output).through("sh", &["-c", "ulimit -f 1; exec \"$0\" \"$@\""]);
    let ended = shell.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(9), "{said}");
    assert_eq!(simulator.started().len(), 1);
}
