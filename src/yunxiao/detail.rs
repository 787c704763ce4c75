//! Reading a run in detail: `pipelineRun` of the AccessKey API's `GetPipelineRun`, which is what the token API answers as
//! a whole. Nothing in it is relied on to be there.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::answer::whole_number;
use super::run::{Job, RunDetail, Source, Stage, Status};
use crate::sanitize::{short_line, without_user_info};

/// The longest name that is shown whole, in characters.
const LONGEST_NAME: usize = 120;

impl RunDetail {
    /// Reads what the service says of a run.
    #[must_use]
    pub fn read(run: &Value) -> Self {
        let stages: Vec<&Value> = run["stages"].as_array().into_iter().flatten().collect();
        let jobs = stages.iter().filter_map(|stage| stage["stageInfo"]["jobs"].as_array()).flatten();
        // The AccessKey API has the remark in the jobs' parameters, which are JSON within the JSON and exist only once jobs
        // do; the token API in the run's own.
        let texts = jobs.filter_map(|job| job["params"].as_str()).map(str::to_owned);
        let texts: Vec<String> = texts.chain(global_parameters(&run["globalParams"])).collect();
        let sources = run["sources"].as_array().into_iter().flatten().filter_map(source).collect();
        let word = name(&run["status"]);
        Self {
            created: moment(&run["createTime"]),
            status: Status::of(&word),
            word,
            sources: with_commits(sources, &texts),
            texts,
            stages: stages.into_iter().map(stage).collect(),
        }
    }
}

/// The run's own parameters as the jobs' are written: the JSON of an object.
fn global_parameters(list: &Value) -> Option<String> {
    let pairs =
        list.as_array()?.iter().filter_map(|item| Some((item["key"].as_str()?.to_owned(), item["value"].clone())));
    let object: serde_json::Map<String, Value> = pairs.collect();
    (!object.is_empty()).then(|| Value::Object(object).to_string())
}

fn stage(stage: &Value) -> Stage {
    let information = &stage["stageInfo"];
    let names = [name(&stage["name"]), name(&information["name"])];
    Stage {
        name: names.into_iter().find(|name| !name.is_empty()).unwrap_or_default(),
        jobs: information["jobs"].as_array().into_iter().flatten().map(job).collect(),
    }
}

fn job(job: &Value) -> Job {
    let word = name(&job["status"]);
    let status = Status::of(&word);
    Job {
        id: whole_number(&job["id"]).unwrap_or_default(),
        name: name(&job["name"]),
        status,
        word,
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
fn source(source: &Value) -> Option<Source> {
    let data = &source["data"];
    let repository = short_line(&without_user_info(data["repo"].as_str().unwrap_or_default()), LONGEST_NAME * 2);
    let reference = name(&data["branch"]);
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

/// Whether a text is a full commit id: SHA-1 or SHA-256, in hexadecimal.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn name(value: &Value) -> String {
    short_line(value.as_str().unwrap_or_default(), LONGEST_NAME)
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

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_commit_is_found_in_whatever_the_source_shows_it_in() {
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
            RunDetail::read(&run).sources.remove(0).commits
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
            assert_eq!(job(&json!({"status": status, "actions": actions})).is_open_gate, open, "{status} {actions}");
        }
    }

    #[test]
    fn what_is_not_as_documented_is_passed_over() {
        for value in [json!(null), json!([]), json!({"stages": 1, "sources": "x", "status": 7}), json!({"stages": [1]})]
        {
            let detail = RunDetail::read(&value);
            assert_eq!((detail.status, detail.created, detail.sources.len()), (Status::Unknown, None, 0), "{value}");
        }
        let detail =
            RunDetail::read(&json!({"stages": [{"stageInfo": {"name": "a\u{1b}[2J\nb", "jobs": [{"id": "7"}]}}]}));
        assert_eq!((detail.stages[0].name.as_str(), detail.stages[0].jobs[0].id), ("a b", 7));
    }
}
