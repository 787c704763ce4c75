//! A run as people see it: beside the CI job, in its log, and in its outputs.

pub(crate) mod plain;
pub(crate) mod summary;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use crate::outcome::{Outcome, StatusWord};
use crate::text::{Language, Text, duration, text};
use crate::yunxiao::{Job, RunDetail, Status};

/// The longest that the lists of failed jobs and of artifacts may be, in bytes.
const LONGEST_FAILED_JOBS: usize = 2048;
const LONGEST_ARTIFACTS: usize = 2048;

/// What there is to tell of a run.
pub(crate) struct Report<'a> {
    pub pipeline: u64,
    pub run: u64,
    /// The run's page, if there is a known one.
    pub link: Option<String>,
    pub outcome: &'a Outcome,
    pub detail: &'a RunDetail,
    /// The last lines of failed jobs, by their ids. Safe to show on any terminal, and not yet on a page.
    pub tails: &'a BTreeMap<u64, Vec<String>>,
    pub language: Language,
    /// Whether logs were left out because anyone could read them.
    pub hides_logs: bool,
}

impl Report<'_> {
    /// How long the run took so far: from its creation to its jobs' last known moment.
    fn took(&self) -> Option<Duration> {
        let jobs = self.detail.jobs().filter_map(|(_, job)| job.ended.max(job.started));
        jobs.max()?.duration_since(self.detail.created?).ok()
    }

    /// The state of a job. One that still waits when the run is over never runs.
    fn state(&self, job: &Job) -> Text {
        match job.status {
            Status::Waiting if self.detail.status.is_over() => text!("not run", "未执行"),
            _ if job.is_open_gate() => text!("at gate", "待审批"),
            _ if job.blocker.is_some() => text!("blocked", "待处理"),
            status => status.describe(),
        }
    }
}

/// Why no log of the run is shown.
pub(crate) fn logs_hidden() -> Text {
    text!(
        "Logs of the run are not shown: this CI project is or may be public (`logs: failed` shows them)",
        "CI 项目是公开的或可能公开，因此不显示运行日志（设置 `logs: failed` 可显示）"
    )
}

/// How long a job took, for people. One that was skipped took no time, whatever the service says.
fn time(job: &Job) -> String {
    let took = job.took().filter(|_| job.status != Status::Skipped);
    took.map(duration).unwrap_or_default()
}

/// The failed jobs as JSON: as many as fit. In its strings every character is escaped that a file of outputs, a shell or a
/// workflow's expression could trip over.
pub(crate) fn failed_jobs(run: &RunDetail) -> String {
    let mut list = String::from("[");
    for (stage, job) in run.jobs().filter(|(_, job)| job.status == Status::Failed) {
        let (stage, name, status) =
            (json(stage.name.shown()), json(job.name.shown()), StatusWord::of(job.status).value());
        let item = format!(r#"{{"stage":{stage},"job":{name},"id":{},"status":"{status}"}}"#, job.id);
        if list.len() + item.len() + 2 > LONGEST_FAILED_JOBS {
            break;
        }
        if list.len() > 1 {
            list.push(',');
        }
        list += &item;
    }
    list + "]"
}

/// What the run's jobs say that they made, as JSON of the service's own objects: as many as fit, each whole. None where no
/// job says anything of its results.
pub(crate) fn artifacts(run: &RunDetail) -> Option<String> {
    let made: Vec<&Vec<Value>> = run.jobs().filter_map(|(_, job)| job.artifacts.as_ref()).collect();
    if made.is_empty() {
        return None;
    }
    let mut list = String::from("[");
    for artifact in made.into_iter().flatten().map(plain_json) {
        if list.len() + artifact.len() + 2 <= LONGEST_ARTIFACTS {
            list.extend([if list.len() > 1 { "," } else { "" }, &artifact]);
        }
    }
    Some(list + "]")
}

/// JSON, its strings escaped as [`json`] does it.
fn plain_json(value: &Value) -> String {
    match value {
        Value::String(text) => json(text),
        Value::Array(items) => format!("[{}]", items.iter().map(plain_json).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let member = |(key, value): (&String, &Value)| format!("{}:{}", json(key), plain_json(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A JSON string of letters, digits, and escapes for nearly everything else.
fn json(text: &str) -> String {
    let mut result = String::from('"');
    for character in text.chars() {
        if character.is_ascii_alphanumeric() || "._/-".contains(character) {
            result.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(result, "\\u{unit:04x}"); // writing to a string cannot fail
            }
        }
    }
    result + "\""
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::outcome::Run;
    use crate::redaction::Redaction;
    use crate::yunxiao::call::get_run;

    /// How following that run ended.
    pub(super) fn failed() -> Outcome {
        Outcome::Failed { run: Run { id: 7, url: String::new() }, jobs: Vec::new() }
    }

    /// A run that has failed if one of its jobs has, and is running otherwise.
    pub(super) fn run(jobs: &[(&str, &str)]) -> RunDetail {
        let job = |(index, (name, status)): (usize, &(&str, &str))| match *status {
            "WAITING" => json!({"id": index + 1, "name": name, "status": status}),
            "GATE" => json!({"id": index + 1, "name": name, "status": "WAITING", "actions": ["pass", "refuse"]}),
            _ => json!({"id": index + 1, "name": name, "status": status, "startTime": 1_700_000_002_000_u64,
                        "endTime": 1_700_000_005_000_u64 + 1000 * index as u64}),
        };
        let status = if jobs.iter().any(|(_, status)| *status == "FAIL") { "FAIL" } else { "RUNNING" };
        let jobs: Vec<Value> = jobs.iter().enumerate().map(job).collect();
        let run = json!({"status": status, "createTime": 1_700_000_000_000_u64,
                         "stages": [{"name": "构建", "stageInfo": {"jobs": jobs}}]});
        get_run::read(&run, &Redaction::default())
    }

    #[test]
    fn failed_jobs_are_json_that_any_file_of_outputs_can_hold() {
        assert_eq!(failed_jobs(&run(&[("a", "SUCCESS"), ("b", "CANCELED")])), "[]");
        let list = failed_jobs(&run(&[("ok", "SUCCESS"), ("单元 测试 $HOME # 🚀\"';`id`|x", "FAIL"), ("b", "ERROR")]));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"[]{}:,\"\\._/-".contains(&byte);
        assert!(list.bytes().all(plain), "{list}");
        let parsed: Value = serde_json::from_str(&list).unwrap();
        assert_eq!(
            parsed,
            json!([
                {"stage": "构建", "job": "单元 测试 $HOME # 🚀\"';`id`|x", "id": 2, "status": "failed"},
                {"stage": "构建", "job": "b", "id": 3, "status": "failed"},
            ])
        );
    }

    #[test]
    fn failed_jobs_have_a_bound() {
        let name = "任务".repeat(30);
        let jobs: Vec<(&str, &str)> = (0..100).map(|_| (name.as_str(), "FAIL")).collect();
        let list = failed_jobs(&run(&jobs));
        assert!((1000..=2048).contains(&list.len()), "{}", list.len());
        assert!(serde_json::from_str::<Vec<Value>>(&list).unwrap().len() >= 3);
    }
}
