//! A run in detail: `GetPipelineRun`. The AccessKey API has it in a member, the token API answers nothing else. Nothing in
//! it is relied on to be there.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{Api, Call, Redaction, Request, Service};
use crate::sanitize::without_user_info;
use crate::yunxiao::answer::{Answer, whole_number};
use crate::yunxiao::run::{Job, RunDetail, Source, Stage, Status, is_commit};

/// The longest name that is shown whole, in characters.
const LONGEST_NAME: usize = 120;

pub struct GetRun(pub u64);

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
        run.get("pipelineRunId").map(|_| read(run, secrets))
    }
}

/// Reads what the service says of a run.
pub fn read(run: &Value, secrets: &Redaction) -> RunDetail {
    let name = |value: &Value| secrets.quote(value.as_str().unwrap_or_default(), LONGEST_NAME);
    let stages: Vec<&Value> = run["stages"].as_array().into_iter().flatten().collect();
    let jobs = stages.iter().filter_map(|stage| stage["stageInfo"]["jobs"].as_array()).flatten();
    // The AccessKey API has the remark in the jobs' parameters, which are JSON within the JSON and exist only once jobs
    // do; the token API in the run's own.
    let texts = jobs.filter_map(|job| job["params"].as_str()).map(str::to_owned);
    let texts: Vec<String> = texts.chain(global_parameters(&run["globalParams"])).collect();
    let sources = run["sources"].as_array().into_iter().flatten().filter_map(|value| source(value, secrets)).collect();
    RunDetail {
        created: moment(&run["createTime"]),
        status: status(&run["status"]),
        word: name(&run["status"]),
        sources: with_commits(sources, &texts),
        texts,
        stages: stages.into_iter().map(|value| stage(value, &name)).collect(),
    }
}

/// The run's own parameters as the jobs' are written: the JSON of an object.
fn global_parameters(list: &Value) -> Option<String> {
    let pairs =
        list.as_array()?.iter().filter_map(|item| Some((item["key"].as_str()?.to_owned(), item["value"].clone())));
    let object: serde_json::Map<String, Value> = pairs.collect();
    (!object.is_empty()).then(|| Value::Object(object).to_string())
}

fn stage(stage: &Value, name: &impl Fn(&Value) -> String) -> Stage {
    let information = &stage["stageInfo"];
    let names = [name(&stage["name"]), name(&information["name"])];
    Stage {
        name: names.into_iter().find(|name| !name.is_empty()).unwrap_or_default(),
        jobs: information["jobs"].as_array().into_iter().flatten().map(|value| job(value, name)).collect(),
    }
}

fn job(job: &Value, name: &impl Fn(&Value) -> String) -> Job {
    let status = status(&job["status"]);
    Job {
        id: whole_number(&job["id"]).unwrap_or_default(),
        name: name(&job["name"]),
        status,
        word: name(&job["status"]),
        started: moment(&job["startTime"]),
        ended: moment(&job["endTime"]),
        is_open_gate: !status.is_over() && job["actions"].as_array().into_iter().flatten().any(lets_pass),
    }
}

/// Whether an action on a job is to let a run pass its gate, and can be done now: `PassPipelineValidate`, which some
/// answers of the token API call `pass`.
fn lets_pass(action: &Value) -> bool {
    let kind = action.as_str().or_else(|| action["type"].as_str()).unwrap_or_default();
    let is_pass = ["PassPipelineValidate", "pass"].iter().any(|known| known.eq_ignore_ascii_case(kind));
    is_pass && action["disable"] != Value::Bool(true)
}

/// A source of code; artifacts have no repository.
fn source(source: &Value, secrets: &Redaction) -> Option<Source> {
    let data = &source["data"];
    let text = |key: &str| data[key].as_str().unwrap_or_default();
    let repository = secrets.quote(&without_user_info(text("repo")), LONGEST_NAME * 2);
    let reference = secrets.quote(text("branch"), LONGEST_NAME);
    (!repository.is_empty()).then(|| Source {
        repository,
        reference: Some(reference).filter(|reference| !reference.is_empty()),
        // The misspelt key is the API's. What its text is made of is declared nowhere, but a commit id can be told.
        commits: ["commint", "commit", "commitId"].iter().filter_map(|key| data.get(key)).flat_map(commits).collect(),
    })
}

/// The sources with the commits that jobs were given (`CI_SOURCE_BRANCHES`), where they show none of their own. The jobs name
/// no repository, so the lists have to be as long as each other.
fn with_commits(mut sources: Vec<Source>, texts: &[String]) -> Vec<Source> {
    let given = texts.iter().find_map(|text| {
        let params: Value = serde_json::from_str(text).ok()?;
        let branches = params.get("CI_SOURCE_BRANCHES")?.as_array()?;
        Some(branches.iter().map(|branch| commits(&branch["CI_COMMIT_ID"])).collect::<Vec<_>>())
    });
    if let Some(given) = given.filter(|given| given.len() == sources.len()) {
        for (source, given) in sources.iter_mut().zip(given) {
            if source.commits.is_empty() {
                source.commits = given;
            }
        }
    }
    sources
}

/// The full commit ids in a text or in JSON.
fn commits(value: &Value) -> Vec<String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let words = text.split(|character: char| !character.is_ascii_alphanumeric());
    words.filter(|word| is_commit(word)).map(str::to_ascii_lowercase).collect()
}

fn status(word: &Value) -> Status {
    Status::of(word.as_str().unwrap_or_default())
}

/// A moment in milliseconds since 1970; 0 and nonsense are none.
fn moment(value: &Value) -> Option<SystemTime> {
    let milliseconds = whole_number(value).filter(|milliseconds| *milliseconds > 0)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::yunxiao::run::Owner;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_commit_is_found_in_whatever_the_source_shows_it_in() {
        let none = Redaction::default();
        let source = |value: &Value| source(value, &none);
        let shown = |data: Value| source(&json!({ "data": data })).map(|source| source.commits).unwrap_or_default();
        let repository = "https://codeup.aliyun.com/a/b.git";
        for commint in [
            json!(COMMIT),
            json!(format!(r#"{{"commitId":"{COMMIT}"}}"#)),
            json!(format!(r#"[{{"id":"{}"}}]"#, COMMIT.to_uppercase())),
            json!({ "commitId": COMMIT }),
        ] {
            assert_eq!(shown(json!({"repo": repository, "commint": commint})), [COMMIT], "{commint}");
        }
        for commint in [json!(null), json!(""), json!("{}"), json!(&COMMIT[1..]), json!(format!("{COMMIT}0"))] {
            assert_eq!(shown(json!({"repo": repository, "commint": commint})), [""; 0], "{commint}");
        }
        assert_eq!(source(&json!({"data": {"commint": COMMIT}})), None, "an artifact is no source of code");
    }

    #[test]
    fn what_a_source_does_not_show_the_jobs_may() {
        let other = "ffffffffffffffffffffffffffffffffffffffff";
        let read = |commint: Value, given: Value| {
            let params = json!({ "CI_SOURCE_BRANCHES": given }).to_string();
            let run = json!({
                "sources": [{"data": {"repo": "https://a/b.git", "commint": commint}}],
                "stages": [{"stageInfo": {"jobs": [{"params": "no JSON"}, {"params": params}]}}],
            });
            read(&run, &Redaction::default()).sources.remove(0).commits
        };
        let given = json!([{"CI_COMMIT_REF_NAME": "main", "CI_COMMIT_ID": COMMIT}]);
        assert_eq!(read(json!(null), given.clone()), [COMMIT]);
        assert_eq!(read(json!(other), given), [other], "its own word goes first");
        assert_eq!(
            read(json!(null), json!([{"CI_COMMIT_ID": COMMIT}, {"CI_COMMIT_ID": other}])),
            [""; 0],
            "whose is whose?"
        );
        assert_eq!(read(json!(null), json!([{"CI_COMMIT_ID": "main"}])), [""; 0]);
        assert_eq!(read(json!(null), json!("main")), [""; 0]);
    }

    #[test]
    fn a_gate_is_open_while_somebody_can_pass_it() {
        for (status, actions, open) in [
            ("WAITING", json!([{"type": "PassPipelineValidate"}, {"type": "RefusePipelineValidate"}]), true),
            ("RUNNING", json!([{"type": "PassPipelineValidate", "disable": false}]), true),
            ("WAITING", json!([{"type": "PassPipelineValidate", "disable": true}]), false),
            ("SUCCESS", json!([{"type": "PassPipelineValidate"}]), false),
            ("WAITING", json!(["pass", "refuse"]), true),
            ("WAITING", json!(["refuse"]), false),
            ("RUNNING", json!([{"type": "StopPipelineJobRun"}]), false),
            ("RUNNING", json!(null), false),
        ] {
            let job = job(&json!({"status": status, "actions": actions}), &|name| name.to_string());
            assert_eq!(job.is_open_gate, open, "{status} {actions}");
        }
    }

    #[test]
    fn what_is_not_as_documented_is_passed_over() {
        for value in [json!(null), json!([]), json!({"stages": 1, "sources": "x", "status": 7}), json!({"stages": [1]})]
        {
            let detail = read(&value, &Redaction::default());
            assert_eq!((detail.status, detail.created, detail.sources.len()), (Status::Unknown, None, 0), "{value}");
        }
        let detail = read(
            &json!({"stages": [{"stageInfo": {"name": "a\u{1b}[2J\nb", "jobs": [{"id": "7"}]}}]}),
            &Redaction::default(),
        );
        assert_eq!((detail.stages[0].name.as_str(), detail.stages[0].jobs[0].id), ("a b", 7));
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
        assert_eq!(owner(&[r#"{"BUILD_REMARK":"to prod [yunxiao-run:2]"}"#]), Owner::Another);
        assert_eq!(owner(&[r#"{"FLOW_INST_RUNNING_COMMENT":""}"#]), Owner::Another);
        assert_eq!(owner(&[r#"{"FLOW_INST_RUNNING_COMMENT":"to prod [yunx"}"#]), Owner::Unsaid, "cut short");
        assert_eq!(owner(&[r#"{"OTHER":1}"#]), Owner::Unsaid);
    }
}
