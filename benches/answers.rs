//! Reading long answers: no parser of foreign bytes may take more than linear time.
//!
//! `cargo bench --bench answers` lets the program follow a run of a simulated service that answers in one shape after
//! another, at two sizes, counts the program's instructions by valgrind's callgrind, and fails if twice the size takes more
//! than 2.3 times as many.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::format_collect,
    reason = "it says what it measured, rounded"
)]

mod program;

use program::{MOST, Outcome};
use serde_json::{Value, json};
use yunxiao_simulator::{Acts, Answer, Fault, Options, Server, Simulator, When};

/// The sizes, in bytes or a little more.
const SIZE: usize = 300_000;

type Shape = (&'static str, fn(usize) -> Answer);

const SHAPES: &[Shape] = &[
    ("a run of many jobs", |size| {
        let parameters = json!({"BUILD_REMARK": "x", "LONG": "部署 \\\" x".repeat(40)}).to_string();
        let job =
            json!({"id": 1, "name": "job", "status": "SUCCESS", "params": parameters, "actions": [{"type": "x"}]});
        let jobs = vec![job.clone(); size / job.to_string().len()];
        detail(&json!([{"stageInfo": {"name": "stage", "jobs": jobs}}]))
    }),
    ("a run of many small jobs", |size| {
        let jobs: Vec<Value> = (0..size / 40).map(|id| json!({"id": id, "name": "j", "status": "SUCCESS"})).collect();
        detail(&json!([{"stageInfo": {"name": "stage", "jobs": jobs}}]))
    }),
    ("a long name of escapes within escapes", |size| {
        let name = "%2525\\u0025&amp;%5Cu0026+".repeat(size / 24);
        detail(&json!([{"stageInfo": {"name": name, "jobs": [{"id": 1, "name": "j", "status": "SUCCESS"}]}}]))
    }),
    ("a long name of broken escape sequences", |size| {
        let name = "\u{1b}]\u{1b}[\u{9d}##::".repeat(size / 16);
        detail(&json!([{"stageInfo": {"name": name, "jobs": [{"id": 1, "name": "j", "status": "SUCCESS"}]}}]))
    }),
    ("halves of characters", |size| {
        let body = format!(
            r#"{{"success":true,"pipelineRun":{{"pipelineRunId":1,"status":"SUCCESS","x":"{}"}}}}"#,
            "\\ud83d\\\\".repeat(size / 8)
        );
        Answer::new(200, "application/json", body)
    }),
    ("nested lists", |size| Answer::new(200, "application/json", format!("{{\"pipelineRun\":{}", "[".repeat(size)))),
    ("a gateway's error of many members", |size| {
        Answer::new(400, "text/xml", format!("<Error>{}</Error>", "<A>&lt;&amp;</A>".repeat(size / 17)))
    }),
    ("XML of many attributes", |size| {
        let attributes: String = (0..size / 12).map(|number| format!(" a{number}='x'")).collect();
        Answer::new(400, "text/xml", format!("<Response{attributes}><Code>Throttling</Code></Response>"))
    }),
    ("nested XML", |size| Answer::new(400, "text/xml", "<a xmlns='x'>".repeat(size / 13))),
    ("a message", |size| {
        Answer::json(400, &json!({"Code": "Bad", "Message": "%41\\u0041 <b>\n".repeat(size / 14), "RequestId": "A"}))
    }),
];

fn detail(stages: &Value) -> Answer {
    let run = json!({"pipelineRunId": 1, "status": "SUCCESS", "stages": stages});
    Answer::json(200, &json!({"success": true, "pipelineRun": run}))
}

fn main() -> Outcome<()> {
    let mut faults = Vec::new();
    for (name, shape) in SHAPES {
        let [none, once, twice] = [0, SIZE, 2 * SIZE].map(|size| instructions(shape(size)));
        let (none, once, twice) = (none?, once?, twice?);
        let (once, twice) = (once.saturating_sub(none) as f64, twice.saturating_sub(none) as f64);
        println!(
            "{name}: {:.0} instructions a byte; twice the size takes {:.2} times as many",
            once / SIZE as f64,
            twice / once
        );
        if twice / once > MOST {
            faults.push(*name);
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("more than linear: {}", faults.join(", ")).into()) }
}

/// How many instructions reading such an answer takes: one request alone is sent.
fn instructions(answer: Answer) -> Outcome<u64> {
    let simulator = Simulator::default();
    simulator.plan(When::next().always(), Fault::answer(Acts::Never, answer));
    let server = Server::start(simulator, &Options::default())?;
    let inputs = [("YUNXIAO_MODE", "stop"), ("YUNXIAO_PIPELINE_RUN_ID", "1"), ("YUNXIAO_RETRY_TIMEOUT", "1ms")];
    Ok(program::instructions(&server, &inputs)?.measured)
}
