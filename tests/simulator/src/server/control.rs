//! What shell scripts ask the simulator itself, over plain http.

use std::time::SystemTime;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::fault::Fault;
use crate::plan::When;
use crate::request::{Answer, Request};
use crate::run::RunRecord;
use crate::simulator::Simulator;

const PREFIX: &str = "/_simulator/";

/// A fault as a script plans it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    #[serde(default = "When::next")]
    when: When,
    fault: Fault,
}

/// The gates of a run, and whether they are passed or refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gates {
    pipeline: u64,
    run: u64,
    pass: bool,
}

/// A run to stop.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stop {
    pipeline: u64,
    run: u64,
}

/// Whether a connection's first request is a script's own.
pub(super) async fn is_next(stream: &TcpStream) -> bool {
    let mut start = [0; 32];
    let length = stream.peek(&mut start).await.unwrap_or(0);
    let text = String::from_utf8_lossy(start.get(..length).unwrap_or_default());
    text.split(' ').nth(1).is_some_and(|target| target.starts_with(PREFIX))
}

/// The answer to a script's own request; `None`: it is for the service.
pub(super) fn answer(simulator: &Simulator, request: &Request) -> Option<Answer> {
    let what = request.path.strip_prefix(PREFIX)?;
    let answer = match (request.method.as_str(), what) {
        ("GET", "seen") => Answer::json(200, &json!(simulator.seen())),
        ("GET", "runs") => Answer::json(200, &json!(simulator.runs())),
        ("GET", "statuses") => Answer::json(200, &statuses(simulator)),
        ("GET", "unreachable") => Answer::json(200, &json!(simulator.unreachable())),
        ("DELETE", "faults") => {
            simulator.behave();
            Answer::empty(204)
        }
        ("POST", "faults") => told(request, |Planned { when, fault }| {
            simulator.plan(when, fault);
            Answer::empty(204)
        }),
        ("POST", "gates") => told(request, |Gates { pipeline, run, pass }| {
            let decided = simulator.decide_gates(SystemTime::now(), pipeline, run, pass);
            Answer::json(200, &json!({"decided": decided}))
        }),
        ("POST", "stop") => told(request, |Stop { pipeline, run }| {
            Answer::empty(if simulator.stop(SystemTime::now(), pipeline, run) { 204 } else { 404 })
        }),
        _ => Answer::empty(404),
    };
    Some(answer)
}

/// Where every run is.
fn statuses(simulator: &Simulator) -> Value {
    let now = SystemTime::now();
    let status = |run: RunRecord| {
        let status = simulator.status(now, run.pipeline, run.id);
        json!({"pipeline": run.pipeline, "id": run.id, "status": status})
    };
    simulator.runs().into_iter().map(status).collect()
}

/// Does what a script tells in JSON, if it can be read.
fn told<T: DeserializeOwned>(request: &Request, act: impl FnOnce(T) -> Answer) -> Answer {
    match serde_json::from_slice(&request.body) {
        Ok(told) => act(told),
        Err(error) => Answer::new(400, "text/plain;charset=utf-8", format!("{error}\n")),
    }
}
