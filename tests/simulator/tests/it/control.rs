//! What shell scripts ask the simulator.

use std::io::{Read, Write};
use std::time::{Duration, SystemTime};

use yunxiao_simulator::{ForeignRun, Job, Request, Stage};

use crate::wire::{connect, serve, start_and_read, wire};

#[test]
fn scripts_ask_and_plan_over_http() {
    let (simulator, server) = serve();
    let mut stream = connect(server.http().unwrap());
    let mut ask = |method: &str, path: &str, body: &str| {
        stream.write_all(&wire(&Request::new(method, "localhost", path).with_body(body))).unwrap();
        let mut bytes = vec![0; 65536];
        let length = stream.read(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let fault = r#"{"when":{"action":"StartPipelineRun"},"fault":{"acts":"now","reply":"closed"}}"#;
    assert!(ask("POST", "/_simulator/faults", fault).starts_with("HTTP/1.1 204"));
    assert!(ask("POST", "/_simulator/faults", "{}").starts_with("HTTP/1.1 400"));
    assert_eq!(start_and_read(server.http().unwrap()).0, "");
    assert!(ask("GET", "/_simulator/runs", "").contains(r#""by_api":true"#));
    let seen = ask("GET", "/_simulator/seen", "");
    assert!(seen.contains(r#""acts":"now""#) && seen.contains(r#""verified":"testAccessKeyId""#), "{seen}");
    assert_eq!(simulator.seen().len(), 1, "a script's own requests are not seen");
}

#[test]
fn scripts_decide_gates_and_stop_runs_over_http() {
    let (simulator, server) = serve();
    simulator.pipeline(|pipeline| {
        pipeline.queue = Duration::ZERO;
        pipeline.stages =
            vec![Stage::new("卡点", vec![Job::gate("审批")]), Stage::new("部署", vec![Job::new("部署", 60)])];
    });
    simulator.add_foreign_run(ForeignRun::new(SystemTime::now())).unwrap();
    let tell = |what: &str, body: &str| {
        let mut stream = connect(server.http().unwrap());
        let request =
            Request::new("POST", "localhost", &format!("/_simulator/{what}")).with_header("connection", "close");
        stream.write_all(&wire(&request.with_body(body))).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let pass = r#"{"pipeline":123,"run":1,"pass":true}"#;
    assert!(tell("gates", pass).ends_with("\r\n\r\n{\"decided\":1}"));
    assert!(tell("gates", pass).ends_with("\r\n\r\n{\"decided\":0}"));
    let status = || simulator.status(SystemTime::now(), 123, 1).unwrap();
    assert_eq!(status(), "RUNNING");
    let mut stream = connect(server.http().unwrap());
    let request = Request::new("GET", "localhost", "/_simulator/statuses").with_header("connection", "close");
    stream.write_all(&wire(&request)).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with(r#"[{"id":1,"pipeline":123,"status":"RUNNING"}]"#), "{answer}");
    assert!(tell("stop", r#"{"pipeline":123,"run":1}"#).starts_with("HTTP/1.1 204"));
    assert_eq!(status(), "CANCELED");
    assert!(tell("stop", r#"{"pipeline":123,"run":1}"#).starts_with("HTTP/1.1 404"));
    assert!(tell("stop", "{}").starts_with("HTTP/1.1 400"));
}
