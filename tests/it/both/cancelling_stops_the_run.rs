use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use yunxiao_run::outcome::{Known, Outcome, Run, Signal, Stop};
use yunxiao_simulator::{Acts, Fault, ForeignRun, Reply, Simulator, Unreachable, When};

use super::BACKEND;
use crate::simulated::{
    Backend, CONNECTING, Executed, Execution, LIST, START, STOP, beginning, milliseconds, prompt, seconds,
};
use crate::step::{Step, send, service, until};

/// An execution that gets SIGINT so long after its beginning.
fn interrupted(simulator: &Simulator, after: Duration) -> Executed {
    Execution::over(BACKEND, simulator).signal(after, Signal::Interrupt).run()
}

fn known(executed: &Executed) -> &Known {
    match &executed.outcome {
        Outcome::Cancelled { known, .. } => known,
        other => panic!("{other:?}"),
    }
}

/// How long after the beginning the service saw the first request for an action.
fn seen_after(simulator: &Simulator, action: &str) -> Duration {
    simulator.seen_for(action).first().expect(action).at.duration_since(beginning()).unwrap()
}

#[test]
fn a_signal_before_the_connection_ends_the_step_at_once() {
    let simulator = prompt();
    let executed = interrupted(&simulator, CONNECTING / 2);
    assert!(matches!(known(&executed), Known::Nothing));
    assert_eq!(executed.code(), 130);
    assert!(simulator.seen().is_empty());
    assert!(executed.took < CONNECTING, "{:?}", executed.took);
}

#[test]
fn a_signal_between_two_attempts_ends_the_step_at_once() {
    let simulator = prompt();
    simulator.plan(When::next().always(), Fault::unreachable(Unreachable::Refused));
    let executed = interrupted(&simulator, milliseconds(300));
    assert!(matches!(known(&executed), Known::Nothing));
    assert!(executed.took <= milliseconds(301), "{:?}", executed.took);
    assert_eq!(simulator.unreachable(), 1);
}

#[test]
fn a_request_in_flight_gets_three_more_seconds_and_its_run_is_stopped() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(2500)));
    let executed = interrupted(&simulator, milliseconds(100));
    assert!(matches!(known(&executed), Known::Run { run: Run { id: 1, .. }, stop: Stop::Accepted, .. }));
    // The answer came 2,550 ms after the beginning; the stop needs its own connection.
    assert_eq!(seen_after(&simulator, STOP).as_millis(), 2550 + CONNECTING.as_millis());
    assert!(simulator.started()[0].stopped.is_some());
}

#[test]
fn an_answer_after_the_signal_that_nothing_was_started_ends_it() {
    for fault in [Fault::refusal("Forbidden.RAM"), Fault::throttling("Throttling.User", None)] {
        let simulator = prompt();
        simulator.plan(When::next_is(START), fault.delayed(milliseconds(500)));
        let executed = interrupted(&simulator, milliseconds(100));
        assert!(matches!(known(&executed), Known::Nothing));
        assert_eq!((executed.code(), executed.took), (130, milliseconds(500) + CONNECTING));
        assert!(!executed.said.contains("retrying"), "{}", executed.said);
    }
}

#[test]
fn a_run_without_a_response_is_searched_for_and_stopped() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Silence));
    let executed = interrupted(&simulator, milliseconds(100));
    assert!(matches!(known(&executed), Known::Run { run: Run { id: 1, .. }, stop: Stop::Accepted, .. }));
    // Three seconds of patience, then a list, a run and the stop, each over its own connection here.
    assert_eq!(seen_after(&simulator, STOP).as_millis(), 3100 + 3 * CONNECTING.as_millis());
}

#[test]
fn a_signal_during_the_search_is_noticed_within_half_a_second() {
    for late in [1000, 2200, 3700, 5100] {
        let simulator = prompt();
        simulator.plan(When::next_is(START), Fault::new(Acts::After(milliseconds(late)), Reply::Closed));
        let executed = interrupted(&simulator, milliseconds(500));
        assert!(
            matches!(known(&executed), Known::Run { run: Run { id: 1, .. }, stop: Stop::Accepted, .. }),
            "{late}: {:?}",
            executed.outcome
        );
        let created = simulator.started()[0].created.duration_since(beginning()).unwrap();
        let soon = milliseconds(500) + 4 * CONNECTING;
        let stopped = seen_after(&simulator, STOP);
        assert!(stopped <= created + soon, "created after {created:?}, stopped after {stopped:?}");
    }
}

#[test]
fn a_lost_stop_is_resent_until_the_deadline() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(500)));
    simulator.plan(When::next_is(STOP).times(3), Fault::new(Acts::Never, Reply::Closed));
    let executed = interrupted(&simulator, milliseconds(100));
    assert!(matches!(known(&executed), Known::Run { stop: Stop::Accepted, .. }));
    assert_eq!(simulator.seen_for(STOP).len(), 4);
    assert!(executed.took < seconds(4), "{:?}", executed.took);
}

#[test]
fn at_seven_seconds_the_step_ends_and_reports_what_is_known() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(Acts::After(Duration::from_hours(1)), Reply::Closed));
    let executed = interrupted(&simulator, milliseconds(200));
    assert!(matches!(known(&executed), Known::MayHaveStarted(_)));
    assert_eq!(executed.took, milliseconds(7200));
    assert!(simulator.seen_for(STOP).is_empty());

    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(500)));
    simulator.plan(When::next_is(STOP).always(), Fault::new(Acts::Never, Reply::Silence));
    let executed = interrupted(&simulator, milliseconds(100));
    assert!(matches!(known(&executed), Known::Run { run: Run { id: 1, .. }, stop: Stop::Unknown, .. }));
    assert_eq!((executed.took, executed.stdout.as_str()), (milliseconds(7100), "1\n"));
}

#[test]
fn a_second_signal_ends_it_at_once_unless_it_is_an_echo_of_the_first() {
    for (second, took) in [(900, 7100), (1100, 7100), (1200, 1200)] {
        let simulator = prompt();
        simulator.plan(When::next_is(START), Fault::new(Acts::Never, Reply::Closed));
        let execution = Execution::over(BACKEND, &simulator).signal(milliseconds(100), Signal::Terminate);
        let executed = execution.signal(milliseconds(second), Signal::Interrupt).run();
        assert_eq!((executed.code(), executed.took), (143, milliseconds(took)), "the first signal decides");
    }
}

#[test]
fn on_cancel_leave_reports_the_run_and_leaves_it() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(500)));
    let execution = Execution::over(BACKEND, &simulator).signal(milliseconds(100), Signal::Terminate);
    let executed = execution.with("YUNXIAO_ON_CANCEL", "leave").run();
    assert!(matches!(known(&executed), Known::Run { run: Run { id: 1, .. }, stop: Stop::NotSent, is_left: true, .. }));
    assert_eq!((executed.code(), executed.stdout.as_str()), (143, "1\n"));
    assert!(simulator.seen_for(STOP).is_empty());
}

/// Sends a signal to the real binary once something has happened; returns its exit code, what it said, and how long it took
/// to end.
fn signalled(step: &Step, signal: &str, once: impl FnOnce()) -> (Option<i32>, String, Duration) {
    let child = step.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    once();
    send(signal, &child);
    let begin = Instant::now();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap(), begin.elapsed())
}

#[test]
fn the_real_binary_stops_what_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.env");
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (simulator, server) = service();
        simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(1500)));
        let step = Step::over(BACKEND, &server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap());
        let once = || until(|| !simulator.seen_for(START).is_empty());
        let (ended, stderr, _) = signalled(&step, signal, once);
        assert_eq!(ended, Some(code), "{stderr}");
        assert!(stderr.contains("The request to stop run 1 was accepted"), "{stderr}");
        assert!(stderr.contains("停止运行 1 的请求已受理"), "{stderr}");
        assert!(simulator.started()[0].stopped.is_some());
        let outputs = std::fs::read_to_string(&path).unwrap();
        assert!(
            outputs.starts_with("pipelineRunId=1\n")
                && outputs.contains("status=canceled\nfailedJobs=[]\n")
                && outputs.contains(&format!("exitCode={code}\n")),
            "{outputs}"
        );
        // The token API answers a bare number.
        assert_eq!(outputs.contains("requestId=\n"), BACKEND == Backend::Token, "{outputs}");
    }
}

#[test]
fn the_real_binary_sends_nothing_when_it_is_cancelled_while_connecting() {
    // It accepts connections and never speaks TLS.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let step =
        Step::over(BACKEND, &format!("https://{}", listener.local_addr().unwrap())).without("YUNXIAO_REQUEST_TIMEOUT");
    let mut silent = None;
    let (ended, stderr, took) = signalled(&step, "INT", || {
        let (stream, _) = silent.insert(listener.accept().unwrap());
        stream.read_exact(&mut [0]).unwrap();
    });
    assert_eq!(ended, Some(130), "{stderr}");
    assert!(stderr.contains("cancelled by SIGINT. No run was started."), "{stderr}");
    assert!(took < seconds(3), "{took:?}");
}

#[test]
fn a_run_queued_behind_another_is_stopped_too() {
    let simulator = prompt();
    simulator.pipeline(|pipeline| pipeline.queue = Duration::from_hours(1));
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    simulator.pipeline(|pipeline| pipeline.queue = Duration::ZERO);
    // It can be found before the signal comes, so what shows it comes later.
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Closed));
    simulator.plan(When::next_is(LIST), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(500)));
    let executed = interrupted(&simulator, milliseconds(500));
    assert!(matches!(known(&executed), Known::Run { run: Run { id: 2, .. }, stop: Stop::Accepted, .. }));
    assert!(simulator.runs()[0].stopped.is_none());
}

#[test]
fn a_stop_is_retried_until_the_deadline_regardless_of_retry_timeout() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(500)));
    simulator.plan(When::next_is(STOP), Fault::throttling("Throttling.User", Some(Duration::from_mins(5))));
    simulator.plan(When::next_is(STOP), Fault::new(Acts::Never, Reply::Closed));
    let execution = Execution::over(BACKEND, &simulator).signal(milliseconds(100), Signal::Interrupt);
    let executed = execution.with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    assert!(matches!(known(&executed), Known::Run { stop: Stop::Accepted, .. }), "{:?}", executed.outcome);
}

#[test]
fn a_refused_stop_is_reported_with_its_reason() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(500)));
    simulator.plan(When::next_is(STOP), Fault::refusal("Forbidden.AccessDenied"));
    let executed = interrupted(&simulator, milliseconds(100));
    assert!(matches!(known(&executed), Known::Run { stop: Stop::Refused(_), .. }));
    let said = executed.outcome.message().english;
    assert!(said.contains("Forbidden.AccessDenied") && said.contains("could not be stopped: stop it at"), "{said}");
}

#[test]
fn the_real_binary_stops_its_run_even_if_its_output_is_unread() {
    let (simulator, server) = service();
    simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(1500)));
    let mut child =
        Step::over(BACKEND, &server.http_url()).command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    until(|| !simulator.seen_for(START).is_empty());
    send("TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(simulator.started()[0].stopped.is_some());
}
