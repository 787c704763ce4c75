use std::io::Read as _;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use yunxiao_simulator::{Acts, Answer, ErrorShape, Fault, Refusal, Reply, Simulator, Unreachable, When};

use super::BACKEND;
use crate::simulated::{Backend, Execution, GET, START, beginning, milliseconds, prompt, seconds};
use crate::step::{Step, for_each, serve, service};

/// Everything that can become of a request once its bytes have been sent, so that it is not known whether it acted.
fn ambiguous() -> Vec<Fault> {
    let mut faults = Vec::new();
    for acts in [Acts::Never, Acts::Now, Acts::After(Duration::from_hours(1))] {
        faults.extend([
            Fault::new(acts, Reply::Closed),
            Fault::new(acts, Reply::Reset),
            Fault::new(acts, Reply::Half(0)),
            Fault::new(acts, Reply::Garbage("\u{1}\u{2}\r\n\r\n".to_owned())),
            Fault::new(acts, Reply::Silence),
            Fault::answer(acts, Answer::html(200)),
            Fault::answer(acts, Answer::empty(200)),
        ]);
        for status in [400, 401, 403, 404, 408, 422, 500, 502, 503, 504] {
            faults.push(Fault::answer(acts, Answer::html(status)));
            faults.push(Fault::answer(acts, Answer::empty(status)));
            let foreign = serde_json::json!({"error": "bad gateway", "code": status});
            faults.push(Fault::answer(acts, Answer::json(status, &foreign)));
        }
        for code in [
            "SYSTEM_UNKNOWN_ERROR",
            "SYSTEM_ERROR",
            "InternalError",
            "InternalServerError",
            "UnknownError",
            "ServiceUnavailable",
            "RequestTimeout",
            "SignatureNonceUsed",
        ] {
            faults.push(Fault::unsuccessful(acts, code));
            faults.push(Fault::new(acts, Reply::Refusal(Refusal::new(400, code, "m"), ErrorShape::Gateway)));
        }
        for status in [408, 500, 503] {
            let refusal = Refusal::new(status, "Throttling.User", "m").answer(ErrorShape::Gateway, "h", "r");
            faults.push(Fault::answer(acts, refusal.with_header("retry-after", "1")));
        }
    }
    faults
}

#[test]
fn a_start_that_may_have_taken_effect_is_searched_for_and_never_resent() {
    for_each(ambiguous(), |fault| {
        let (simulator, server) = serve(prompt());
        simulator.plan(When::next_is(START), fault.clone());
        let step = Step::over(BACKEND, &server.http_url()).with("YUNXIAO_REQUEST_TIMEOUT", "1s");
        let ended = step.with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
        assert_eq!(simulator.seen_for(START).len(), 1, "sent again after {fault:?}");
        let expected = if fault.acts == Acts::Now { (0, "1\n") } else { (5, "") };
        assert_eq!((ended.code, ended.stdout.as_str()), expected, "{fault:?}: {}", ended.stderr);
    });
}

#[test]
fn the_error_says_which_run_to_look_for_and_lists_the_candidates() {
    let (simulator, server) = service();
    // It acts, but its remark is not to be seen: while it is queued, or at all.
    simulator.plan(When::next(), Fault::new(Acts::Now, Reply::Closed));
    if BACKEND == Backend::Token {
        simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Now, Reply::Closed));
    }
    let ended = Step::over(BACKEND, &server.http_url()).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    let marker = simulator.started()[0].comment.clone().unwrap();
    let stderr = ended.stderr.replace(&marker, "[marker]").replace(&server.http_url(), "[SERVER]");
    let error = &stderr[stderr.find("error: ").unwrap()..];
    insta::assert_snapshot!(error, @r"
    error: The connection to 127.0.0.1 ended before the complete response (connection closed before message completed). The request may have started a run, or may still start one. It was not sent again, and this step's run could not be identified. Before you run this step again, search https://flow.aliyun.com/pipelines/123/builds for a run whose remark (运行备注) contains [marker]. Recent runs that may be this step's (1):
      https://flow.aliyun.com/pipelines/123/builds/1
    与 127.0.0.1 的连接在收到完整应答前中断（connection closed before message completed）。该请求可能已经触发了一次运行，也可能稍后才触发，因此没有重发；未能识别出本步骤触发的运行。再次执行本步骤之前，请在 https://flow.aliyun.com/pipelines/123/builds 中查找运行备注含有 [marker] 的运行。最近的运行中，有 1 个可能是本步骤触发的：
      https://flow.aliyun.com/pipelines/123/builds/1
    ");
}

#[test]
fn what_was_certainly_not_acted_on_is_signed_afresh_and_sent_again() {
    for fault in [
        Fault::throttling("Throttling.User", Some(milliseconds(200))),
        Fault::throttling("Throttling", None),
        Fault::too_many_requests(None),
        Fault::answer(Acts::Never, Answer::empty(429)),
        Fault::answer(Acts::Never, Answer::html(429).with_header("retry-after", "1")),
    ] {
        let (simulator, server) = service();
        simulator.plan(When::next(), fault.clone());
        let ended = Step::over(BACKEND, &server.http_url()).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (0, "1\n"), "{fault:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("no run was started, retrying in"), "{}", ended.stderr);
        let seen = simulator.seen();
        let nonce = |index: usize| seen[index].request.header("x-acs-signature-nonce").map(str::to_owned);
        assert_eq!((seen.len(), simulator.started().len()), (2, 1));
        assert!(nonce(0) != nonce(1) || BACKEND == Backend::Token);
        assert_ne!(seen[0].connection, seen[1].connection, "each start has a connection of its own");
    }
}

#[test]
fn a_service_that_keeps_throttling_ends_it_within_the_time_for_retries() {
    let (simulator, server) = service();
    simulator.plan(When::next().always(), Fault::throttling("Throttling.User", None));
    let ended = Step::over(BACKEND, &server.http_url()).with("YUNXIAO_RETRY_TIMEOUT", "2s").run();
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert_eq!(simulator.seen().len(), 3, "after 0.5 s and 1 s; another 2 s would be too late");
    assert!(simulator.started().is_empty());
}

#[test]
fn a_clock_that_is_an_hour_off_is_corrected_from_the_services_clock() {
    for offset in [3600, -3600] {
        let (simulator, server) = service();
        simulator.configure(|setup| setup.clock_offset = offset);
        let ended = Step::over(BACKEND, &server.http_url()).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (0, "1\n"), "{}", ended.stderr);
        // What carries a token needs no clock.
        assert_eq!(simulator.seen().len(), if BACKEND == Backend::Token { 1 } else { 2 });
    }
}

#[test]
fn a_clock_that_cannot_be_corrected_ends_the_step() {
    let (simulator, server) = service();
    simulator.plan(When::next().always(), Fault::refusal("InvalidTimeStamp.Expired"));
    let ended = Step::over(BACKEND, &server.http_url()).run();
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert_eq!(simulator.seen().len(), 2);
    assert!(ended.stderr.contains("sync it with NTP"), "{}", ended.stderr);
}

#[test]
fn a_wrong_clock_is_corrected_after_another_failure_too() {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::throttling("Throttling.User", None));
    simulator.plan(When::next_is(START), Fault::refusal("InvalidTimeStamp.Expired"));
    let executed = Execution::over(BACKEND, &simulator).run();
    assert_eq!((executed.code(), simulator.seen_for(START).len()), (0, 3), "{:?}", executed.outcome);
}

#[test]
fn a_failed_connection_is_retried() {
    let (simulator, server) = service();
    simulator.plan(When::next(), Fault::unreachable(Unreachable::Tls));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, server.ca_pem()).unwrap();
    let ended = Step::over(BACKEND, &server.https_url()).with("YUNXIAO_CA_CERTIFICATES", path.to_str().unwrap()).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "1\n"), "{}", ended.stderr);
    assert_eq!((simulator.unreachable(), simulator.started().len()), (1, 1));
}

#[test]
fn where_nobody_listens_nothing_is_started() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ended = Step::over(BACKEND, &format!("http://127.0.0.1:{port}")).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("No run was started."), "{}", ended.stderr);
    assert!(ended.stderr.contains("没有触发任何运行"), "{}", ended.stderr);
}

#[test]
fn a_connection_reset_after_the_request_is_not_a_failed_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let first = thread::spawn(move || {
        // One byte is enough: from here on the service may act.
        listener.accept().unwrap().0.read_exact(&mut [0]).unwrap();
        listener
    });
    let ended = Step::over(BACKEND, &format!("http://{address}")).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    // What came after it are reads, which were told nothing; another start would have been a second one.
    let listener = first.join().unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut reads = 0;
    while let Ok((mut stream, _)) = listener.accept() {
        stream.set_nonblocking(false).unwrap();
        let mut method = [0; 4];
        assert!(stream.read_exact(&mut method).is_err() || &method == b"GET ", "{method:?}");
        reads += 1;
    }
    assert!(reads > 0, "it looked for the run");
}

#[test]
fn the_same_holds_over_https() {
    for reply in [Reply::Closed, Reply::Reset, Reply::Half(0), Reply::Silence] {
        let (simulator, server) = service();
        simulator.plan(When::next_is(START), Fault::new(Acts::Never, reply.clone()));
        let step = Step::over(BACKEND, &server.https_url()).with("YUNXIAO_CA_CERTIFICATES", server.ca_pem());
        let step = step.with("YUNXIAO_RETRY_TIMEOUT", "1s").with("YUNXIAO_REQUEST_TIMEOUT", "1s");
        let ended = step.run();
        assert_eq!(ended.code, 5, "{reply:?}: {}", ended.stderr);
        assert_eq!(simulator.seen_for(START).len(), 1);
    }
}

#[test]
fn a_server_that_accepts_and_never_speaks_tls_got_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let step = Step::over(BACKEND, &format!("https://{}", listener.local_addr().unwrap()));
    let ended = step.with("YUNXIAO_REQUEST_TIMEOUT", "1s").with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    assert_eq!(ended.code, 4, "{}", ended.stderr);
}

#[test]
fn a_throttling_services_delay_is_obeyed_in_every_format() {
    let date = httpdate::fmt_http_date(beginning() + seconds(20));
    let twenty = [("retry-after", "20".to_owned()), ("retry-after", date), ("x-acs-retry-after", "20000".to_owned())];
    for (name, value) in twenty {
        let simulator = Simulator::default();
        let fault = Fault::answer(Acts::Never, Answer::empty(429).with_header(name, &value));
        simulator.plan(When::next(), fault);
        let executed = Execution::over(BACKEND, &simulator).run();
        assert_eq!(executed.code(), 0);
        assert!(executed.took.as_secs() == 20, "{name}: {value} took {:?}", executed.took);
    }
    // However soon it would have us back, the pauses grow.
    let simulator = Simulator::default();
    simulator.plan(When::next().always(), Fault::throttling("Throttling.User", Some(Duration::ZERO)));
    assert_eq!(Execution::over(BACKEND, &simulator).run().code(), 4);
    assert!(simulator.seen().len() < 12, "{} starts", simulator.seen().len());
}

#[test]
fn a_date_that_cannot_be_signed_is_not_believed() {
    let (simulator, server) = service();
    let refusal = Refusal::of("InvalidTimeStamp.Expired").answer(ErrorShape::Gateway, "h", "r");
    let refusal = refusal.with_header("date", "Fri, 31 Dec 9999 23:59:59 GMT");
    simulator.plan(When::next().always(), Fault::answer(Acts::Never, refusal));
    let ended = Step::over(BACKEND, &server.http_url()).run();
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("No run was started."), "{}", ended.stderr);
}
