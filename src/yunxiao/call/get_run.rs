//! A run in detail: `GetPipelineRun`. The AccessKey API has it in a member, the token API answers nothing else. Nothing in
//! it is relied on to be there.

use serde_json::{Map, Value};

use super::{Api, Call, Redaction, Request, Service};
use crate::redaction::Foreign;
use crate::sanitize::without_user_info;
use crate::yunxiao::answer::{Answer, moment, whole_number};
use crate::yunxiao::run::{Blocker, Deployment, Job, Remark, RunDetail, Source, Stage, Status, Variables, is_commit};

/// The longest name that is shown whole, in characters.
const LONGEST_NAME: usize = 120;

/// The longest remark that is shown whole, in characters.
const LONGEST_REMARK: usize = 400;

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
        // The detail of another run says nothing of this one.
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

/// Reads what the service says of a run.
pub(crate) fn read(run: &Value, secrets: &Redaction) -> RunDetail {
    let name = |value: &Value| Foreign::new(value.as_str().unwrap_or_default(), secrets, LONGEST_NAME);
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

fn job(job: &Value, name: &impl Fn(&Value) -> Foreign) -> Job {
    let (status, result) = (status(&job["status"]), unwrapped(&job["result"]));
    let order = action(job, "GetVMDeployOrder").and_then(|action| whole_number(&action["params"]["deployOrderId"]));
    Job {
        id: whole_number(&job["id"]).unwrap_or_default(),
        name: name(&job["name"]),
        status,
        word: name(&job["status"]).shown().to_owned(),
        started: moment(&job["startTime"]),
        ended: moment(&job["endTime"]),
        blocker: blocker(job).filter(|_| !status.is_over()),
        deployment: order.map(|order| Deployment { order, ..Deployment::default() }),
        reason: reason(&result, name).filter(|_| status == Status::Failed),
        can_be_retried: action(job, "RetryPipelineJobRun").is_some(),
        artifacts: result.is_object().then(|| artifacts(&result["data"])),
    }
}

/// What a job's output variables say that it made: lists, each as text.
fn artifacts(variables: &Value) -> Vec<Value> {
    let mut artifacts = Vec::new();
    for name in ["ARTIFACTS", "ARTIFACTSV2"] {
        let list = unwrapped(&variables[name]);
        for artifact in list.as_array().into_iter().flatten().filter(|artifact| artifact.is_object()) {
            if !artifacts.contains(artifact) {
                artifacts.push(artifact.clone());
            }
        }
    }
    artifacts
}

/// What a job's result says of its failure: a message, and the code that a search finds.
fn reason(result: &Value, name: &impl Fn(&Value) -> Foreign) -> Option<String> {
    let message = name(&result["message"]);
    let code = whole_number(&result["code"]).filter(|code| *code > 0).map(|code| format!(" ({code})"));
    (!message.shown().is_empty()).then(|| message.to_string() + &code.unwrap_or_default())
}

/// What a job's actions say that it waits for. That an action is disabled says that this caller isn't allowed to take
/// it.
fn blocker(job: &Value) -> Option<Blocker> {
    let has = |kind| action(job, kind).is_some();
    let is_conflict = |action: &Value| action["displayType"].as_str() == Some("CONFLICT_MERGE");
    match () {
        // Some answers of the token API call it `pass`.
        () if has("PassPipelineValidate") || has("pass") => Some(Blocker::Gate),
        () if has("ExecutePipelineJobRun") && moment(&job["startTime"]).is_none() => Some(Blocker::ManualJob),
        () if action(job, "ExecutePipelineJobAction").is_some_and(is_conflict) => Some(Blocker::Conflict),
        () => None,
    }
}

/// An action that a job lists.
fn action<'j>(job: &'j Value, kind: &str) -> Option<&'j Value> {
    let is = |action: &&Value| {
        let name = action.as_str().or_else(|| action["type"].as_str()).unwrap_or_default();
        name.eq_ignore_ascii_case(kind)
    };
    job["actions"].as_array()?.iter().find(is)
}

/// A source of code; artifacts have no repository.
fn source(source: &Value, secrets: &Redaction) -> Option<Source> {
    let data = &source["data"];
    let text = |key: &str| data[key].as_str().unwrap_or_default();
    let reference = Foreign::new(text("branch"), secrets, LONGEST_NAME);
    (!text("repo").trim().is_empty()).then(|| Source {
        repository: Foreign::new(&without_user_info(text("repo")), secrets, LONGEST_ADDRESS),
        reference: Some(reference).filter(|reference| !reference.raw().is_empty()),
        // The misspelled key is the API's.
        commit: ["commint", "commit", "commitId"].iter().find_map(|key| built(data.get(key)?)),
    })
}

/// The names under which parameters hold a run's remark.
const REMARKS: [&str; 2] = ["FLOW_INST_RUNNING_COMMENT", "BUILD_REMARK"];

/// The other built-in variables that are read.
const BUILT_IN: [&str; 3] = ["BUILD_EXECUTOR", "CI_SOURCE_BRANCHES", "PIPELINE_NAME"];

/// What a run's parameters say. The AccessKey API has them in each job, as JSON within the JSON, and only once there are
/// jobs; the token API also in the run itself.
#[derive(Default)]
struct Parameters {
    variables: Map<String, Value>,
    remark: Option<Remark>,
}

impl Parameters {
    fn of(run: &Value, stages: &[&Value], secrets: &Redaction) -> Self {
        let mut parameters = Self::default();
        let jobs = stages.iter().filter_map(|stage| stage["stageInfo"]["jobs"].as_array()).flatten();
        for text in jobs.filter_map(|job| job["params"].as_str()) {
            parameters.add(text, secrets);
        }
        let given = run["globalParams"].as_array().into_iter().flatten();
        let mut global = Map::new();
        global.extend(given.filter_map(|item| Some((item["key"].as_str()?.to_owned(), item["value"].clone()))));
        if !global.is_empty() {
            parameters.add(&Value::Object(global).to_string(), secrets);
        }
        parameters
    }

    /// Of each variable, the first value counts.
    fn add(&mut self, text: &str, secrets: &Redaction) {
        // A job that has not begun has none.
        if matches!(text.trim(), "" | "{}") {
            return;
        }
        let remark = self.remark.get_or_insert_default();
        for marker in markers(text) {
            if !remark.markers.iter().any(|known| known == marker) {
                remark.markers.push(marker.to_owned());
            }
        }
        for (name, value) in serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default() {
            if REMARKS.contains(&&*name) {
                // The first that says something; otherwise it is empty.
                let is_given = remark.text.as_ref().is_some_and(|text| !text.raw().trim().is_empty());
                let text = || value.as_str().map(|text| Foreign::new(text, secrets, LONGEST_REMARK));
                remark.text = remark.text.take().filter(|_| is_given).or_else(text);
            }
            let is_given = !value.as_str().is_some_and(str::is_empty);
            if is_given && (name.starts_with("CI_COMMIT_") || BUILT_IN.contains(&&*name)) {
                self.variables.entry(name).or_insert(value);
            }
        }
    }

    fn variables(&self, secrets: &Redaction) -> Variables {
        let name = |value: &Value| Foreign::new(value.as_str().unwrap_or_default(), secrets, LONGEST_NAME);
        let get = |key: &str| self.variables.get(key);
        let text = |key: &str| get(key).map(name).filter(|text| !text.raw().is_empty());
        let names =
            std::iter::once("CI_COMMIT_SHA".to_owned()).chain((1..).map(|number| format!("CI_COMMIT_SHA_{number}")));
        let commits = names.map_while(|name| Some((get(&name).and_then(built)?, name)));
        // In the run's own parameters it is JSON as text, in a job's not.
        let integrated = get("CI_SOURCE_BRANCHES").map(unwrapped).unwrap_or_default();
        let integrated = integrated.as_array().into_iter().flatten();
        let branch = |item: &Value| (name(&item["CI_COMMIT_REF_NAME"]), built(&item["CI_COMMIT_ID"]));
        Variables {
            pipeline: text("PIPELINE_NAME"),
            executor: text("BUILD_EXECUTOR"),
            reference: text("CI_COMMIT_REF_NAME"),
            commits: commits.map(|(commit, name)| (name, commit)).collect(),
            integrated: integrated.map(branch).collect(),
        }
    }
}

/// What looks like a marker in a text.
fn markers(text: &str) -> impl Iterator<Item = &str> {
    /// Longer than any marker.
    const LONGEST: usize = 120;
    text.match_indices("[yunxiao-run:").filter_map(|(start, _)| {
        let end = text[start..].bytes().take(LONGEST).position(|byte| byte == b']')?;
        text.get(start..=start + end)
    })
}

/// The commit that is built, by what shows it: a full id, or an object with one; of a list, which has ancestors behind it,
/// the first.
fn built(value: &Value) -> Option<String> {
    let value = unwrapped(value);
    let first = value.as_array().map_or(&value, |list| list.first().unwrap_or(&Value::Null));
    let id = first["commitId"].as_str().or_else(|| first["id"].as_str()).or_else(|| first.as_str())?.trim();
    is_commit(id).then(|| id.to_ascii_lowercase())
}

/// A value, or the list or object that it holds as text.
fn unwrapped(value: &Value) -> Value {
    let inner = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    inner.filter(|inner| inner.is_array() || inner.is_object()).unwrap_or_else(|| value.clone())
}

fn status(word: &Value) -> Status {
    Status::of(word.as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yunxiao::run::Owner;

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
    fn the_runs_variables_say_which_ref_and_commits_are_built() {
        let branches = json!([{"CI_COMMIT_REF_NAME": "main", "CI_COMMIT_ID": COMMIT}, {"CI_COMMIT_REF_NAME": "b"}]);
        let name = |name: &str| Foreign::new(name, &Redaction::default(), 99);
        let expected = Variables {
            pipeline: Some(name("shop")),
            executor: Some(name("张三")),
            reference: Some(name("release")),
            commits: vec![
                ("CI_COMMIT_SHA".to_owned(), COMMIT.to_owned()),
                ("CI_COMMIT_SHA_1".to_owned(), OTHER.to_owned()),
            ],
            integrated: vec![(name("main"), Some(COMMIT.to_owned())), (name("b"), None)],
        };
        let variables = [
            ("CI_COMMIT_REF_NAME", json!("release")),
            ("CI_COMMIT_SHA", json!(COMMIT)),
            ("CI_COMMIT_SHA_1", json!(OTHER)),
            ("CI_COMMIT_SHA_3", json!(OTHER)),
            ("CI_SOURCE_BRANCHES", branches.clone()),
            ("PIPELINE_NAME", json!("shop")),
            ("BUILD_EXECUTOR", json!("张三")),
            ("BUILD_EXECUTOR_ID", json!("1")),
        ];
        let params: Map<String, Value> =
            variables.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let params = Value::Object(params).to_string();
        let jobs = json!({"stages": [{"stageInfo": {"jobs": [{"params": "no JSON"}, {"params": params}]}}]});
        assert_eq!(read(&jobs, &Redaction::default()).variables, expected);
        // One that is empty says nothing.
        let empty = json!({"CI_COMMIT_REF_NAME": "", "CI_COMMIT_SHA": "", "CI_SOURCE_BRANCHES": ""}).to_string();
        let jobs = json!({"stages": [{"stageInfo": {"jobs": [{"params": empty}, {"params": params}]}}]});
        assert_eq!(read(&jobs, &Redaction::default()).variables, expected);
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let global: Vec<Value> =
            variables.iter().map(|(key, value)| json!({"key": key, "value": text(value)})).collect();
        assert_eq!(read(&json!({"globalParams": global}), &Redaction::default()).variables, expected);
        assert_eq!(
            read(&json!({"globalParams": [{"key": "CI_COMMIT_SHA", "value": ""}]}), &Redaction::default()).variables,
            Variables::default()
        );
    }

    #[test]
    fn what_a_job_waits_for_is_told_by_its_actions_whoever_may_take_them() {
        let pass = |disable: bool| json!([{"type": "PassPipelineValidate", "disable": disable}, {"type": "RefusePipelineValidate"}]);
        let conflict = |kind: &str| json!([{"type": "ExecutePipelineJobAction", "displayType": kind}]);
        for (status, actions, blocker) in [
            ("WAITING", pass(false), Some(Blocker::Gate)),
            ("WAITING", pass(true), Some(Blocker::Gate)),
            ("RUNNING", pass(false), Some(Blocker::Gate)),
            ("SUCCESS", pass(false), None),
            ("WAITING", json!(["pass", "refuse"]), Some(Blocker::Gate)),
            ("WAITING", json!(["refuse"]), None),
            ("INIT", json!([{"type": "ExecutePipelineJobRun"}]), Some(Blocker::ManualJob)),
            ("FAIL", json!([{"type": "ExecutePipelineJobRun"}]), None),
            ("RUNNING", conflict("CONFLICT_MERGE"), Some(Blocker::Conflict)),
            ("RUNNING", conflict("OTHER"), None),
            ("RUNNING", json!([{"type": "StopPipelineJobRun"}]), None),
            ("RUNNING", json!(null), None),
        ] {
            let job = job(&json!({"status": status, "actions": actions}), &|name| {
                Foreign::new(name.as_str().unwrap_or_default(), &Redaction::default(), 99)
            });
            assert_eq!(job.blocker, blocker, "{status} {actions}");
        }
        let job =
            json!({"status": "RUNNING", "actions": [{"type": "GetVMDeployOrder", "params": {"deployOrderId": 44}}]});
        assert_eq!(
            super::job(&job, &|name| Foreign::new(name.as_str().unwrap_or_default(), &Redaction::default(), 99))
                .deployment
                .map(|deployment| deployment.order),
            Some(44)
        );
    }

    #[test]
    fn a_failure_has_its_message_and_the_code_that_a_search_finds() {
        for (result, expected) in [
            (json!({"message": "no space left", "code": 70002}), Some("no space left (70002)")),
            (json!({"message": "no space left", "code": 0}), Some("no space left")),
            (json!({"message": "no space left"}), Some("no space left")),
            (json!({"code": 70002}), None),
        ] {
            let name = |value: &Value| Foreign::new(value.as_str().unwrap_or_default(), &Redaction::default(), 99);
            assert_eq!(reason(&result, &name).as_deref(), expected, "{result}");
        }
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

    #[test]
    fn a_run_is_ours_by_its_marker_and_unsaid_while_its_remark_is_not_to_be_seen() {
        let owner = |texts: &[&str]| {
            let jobs: Vec<_> = texts.iter().map(|text| json!({ "params": text })).collect();
            read(&json!({"stages": [{"stageInfo": {"jobs": jobs}}]}), &Redaction::default())
                .owner("to prod [yunxiao-run:1]", "[yunxiao-run:1]")
        };
        assert_eq!(owner(&[]), Owner::Unborn);
        assert_eq!(owner(&[r#"{"OTHER":1}"#, r#"{"BUILD_REMARK":"to prod [yunxiao-run:1]"}"#]), Owner::Ours);
        assert_eq!(owner(&["not JSON, but it has [yunxiao-run:1]"]), Owner::Ours);
        assert_eq!(owner(&[r#"{"TITLE":"as [yunxiao-run:2]","BUILD_REMARK":"[yunxiao-run:1]"}"#]), Owner::Ours);
        assert_eq!(owner(&[r#"{"BUILD_REMARK":"to prod [yunxiao-run:2]"}"#]), Owner::Another);
        assert_eq!(owner(&[r#"{"FLOW_INST_RUNNING_COMMENT":""}"#]), Owner::Another);
        assert_eq!(owner(&[r#"{"FLOW_INST_RUNNING_COMMENT":"to prod [yunx"}"#]), Owner::Unsaid, "cut short");
        assert_eq!(owner(&[r#"{"OTHER":1}"#]), Owner::Unsaid);
    }
}
