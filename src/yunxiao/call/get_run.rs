//! A run in detail: `GetPipelineRun`. The AccessKey API has it in a member, in the token API it is the whole
//! response. Nothing in it is guaranteed to be there.

mod job;
mod parameters;
mod value;

use serde_json::Value;

use job::job;
use parameters::Parameters;
use value::{commit, name, status};

use super::{Api, Call, Redaction, Request, Service};
use crate::redaction::Foreign;
use crate::sanitize::without_user_info;
use crate::yunxiao::answer::{Answer, moment, whole_number};
use crate::yunxiao::run::{RunDetail, Source, Stage};

/// The longest address of a repository that is shown whole, in characters.
const LONGEST_ADDRESS: usize = 240;

pub(crate) struct GetRun(pub u64);

impl Call for GetRun {
    type Output = RunDetail;

    fn request(&self, service: &Service) -> Request {
        let run = self.0.to_string();
        service.request("GetPipelineRun", "GET", &["pipelineRuns", &run], &["runs", &run])
    }

    fn read(&self, api: &Api, answer: &Answer, secrets: &Redaction) -> Option<RunDetail> {
        let run = match api {
            Api::AccessKey { .. } => answer.member("pipelineRun")?,
            Api::Token { .. } => answer.whole("pipelineRunId")?,
        };
        // Another run's detail says nothing about this one.
        let id = whole_number(run.get("pipelineRunId")?)?;
        (id == self.0).then(|| read(run, secrets))
    }

    #[rustfmt::skip]
    fn members(&self) -> &'static [&'static str] {
        &[
            "pipelineRun", "pipelineRunId", "status", "createTime", "globalParams", "key", "value",
            "sources", "data", "repo", "branch", "commint", "commit", "commitId",
            "stages", "stageInfo", "name", "jobs", "id", "startTime", "endTime", "params",
            "result", "message", "code", "actions", "type", "displayType", "deployOrderId",
            "CI_COMMIT_REF_NAME", "CI_COMMIT_ID",
        ]
    }
}

/// Reads the service's description of a run.
pub(crate) fn read(run: &Value, secrets: &Redaction) -> RunDetail {
    let name = |value: &Value| name(value, secrets);
    let stages: Vec<&Value> = run["stages"].as_array().into_iter().flatten().collect();
    let parameters = Parameters::of(run, &stages, secrets);
    let sources = run["sources"].as_array().into_iter().flatten().filter_map(|value| source(value, secrets)).collect();
    let mut stages: Vec<Stage> = stages.into_iter().map(|value| stage(value, &name)).collect();
    for artifact in
        stages.iter_mut().flat_map(|stage| &mut stage.jobs).flat_map(|job| job.artifacts.iter_mut()).flatten()
    {
        redact(artifact, secrets);
    }
    RunDetail {
        created: moment(&run["createTime"]),
        status: status(&run["status"]),
        word: name(&run["status"]).shown().to_owned(),
        sources,
        variables: parameters.variables(secrets),
        remark: parameters.remark,
        stages,
    }
}

/// Hides secrets in every text of a value.
fn redact(value: &mut Value, secrets: &Redaction) {
    match value {
        Value::String(text) => *text = secrets.apply(text).into_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, secrets)),
        Value::Object(members) => {
            for (key, mut value) in std::mem::take(members) {
                redact(&mut value, secrets);
                members.insert(secrets.apply(&key).into_owned(), value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn stage(stage: &Value, name: &impl Fn(&Value) -> Foreign) -> Stage {
    let information = &stage["stageInfo"];
    // The AccessKey API calls the stage itself by its place: `Group0-Stage0`.
    let names = [name(&information["name"]), name(&stage["name"])];
    Stage {
        name: names.into_iter().find(|name| !name.shown().is_empty()).unwrap_or_default(),
        jobs: information["jobs"].as_array().into_iter().flatten().map(|value| job(value, name)).collect(),
    }
}

/// A source of code; artifacts have no repository.
fn source(source: &Value, secrets: &Redaction) -> Option<Source> {
    let data = &source["data"];
    let text = |key: &str| data[key].as_str().unwrap_or_default();
    let reference = name(&data["branch"], secrets);
    (!text("repo").trim().is_empty()).then(|| Source {
        repository: Foreign::new(&without_user_info(text("repo")), secrets, LONGEST_ADDRESS),
        reference: Some(reference).filter(|reference| !reference.raw().is_empty()),
        // The misspelled key is the API's.
        commit: ["commint", "commit", "commitId"].iter().find_map(|key| commit(data.get(key)?)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yunxiao::run::Status;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffff";

    #[test]
    fn the_commit_that_is_built_is_the_first_that_a_source_shows() {
        let none = Redaction::default();
        let source = |value: &Value| source(value, &none);
        let shown = |data: Value| source(&json!({ "data": data })).and_then(|source| source.commit);
        let repository = "https://codeup.aliyun.com/a/b.git";
        for commint in [
            json!(COMMIT),
            json!(format!(r#"{{"commitId":"{COMMIT}"}}"#)),
            json!(format!(r#"[{{"id":"{}"}}]"#, COMMIT.to_uppercase())),
            json!({ "commitId": COMMIT }),
            json!(format!(r#"[{{"commitId":"{COMMIT}"}},{{"commitId":"{OTHER}"}}]"#)),
        ] {
            assert_eq!(shown(json!({"repo": repository, "commint": commint})).as_deref(), Some(COMMIT), "{commint}");
        }
        for commint in [
            json!(null),
            json!(""),
            json!("{}"),
            json!(&COMMIT[1..]),
            json!(format!("{COMMIT}0")),
            json!("[]"),
            json!(format!(r#"[{{"title":"{OTHER}"}},{{"commitId":"{COMMIT}"}}]"#)),
        ] {
            assert_eq!(shown(json!({"repo": repository, "commint": commint})), None, "{commint}");
        }
        assert_eq!(source(&json!({"data": {"commint": COMMIT}})), None, "an artifact is no source of code");
    }

    #[test]
    fn undocumented_fields_are_skipped() {
        for value in [json!(null), json!([]), json!({"stages": 1, "sources": "x", "status": 7}), json!({"stages": [1]})]
        {
            let detail = read(&value, &Redaction::default());
            assert_eq!((detail.status, detail.created, detail.sources.len()), (Status::Unknown, None, 0), "{value}");
        }
        let detail = read(
            &json!({"stages": [{"stageInfo": {"name": "a\u{1b}[2J\nb", "jobs": [{"id": "7"}]}}]}),
            &Redaction::default(),
        );
        assert_eq!((detail.stages[0].name.shown(), detail.stages[0].jobs[0].id), ("a b", 7));
    }
}
