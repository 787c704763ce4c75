//! What a run's parameters say: its remark and its built-in variables.

use serde_json::{Map, Value};

use super::value::{commit, name, unwrapped};
use crate::redaction::{Foreign, Redaction};
use crate::yunxiao::run::{Remark, Variables};

/// The longest remark that is shown whole, in characters.
const LONGEST_REMARK: usize = 400;

/// The names under which parameters hold a run's remark.
const REMARKS: [&str; 2] = ["FLOW_INST_RUNNING_COMMENT", "BUILD_REMARK"];

/// The other built-in variables that are read.
const BUILT_IN: [&str; 3] = ["BUILD_EXECUTOR", "CI_SOURCE_BRANCHES", "PIPELINE_NAME"];

/// What a run's parameters say. The AccessKey API has them in each job, as JSON within the JSON, and only once there are
/// jobs; the token API also in the run itself.
#[derive(Default)]
pub(super) struct Parameters {
    variables: Map<String, Value>,
    pub(super) remark: Option<Remark>,
}

impl Parameters {
    pub(super) fn of(run: &Value, stages: &[&Value], secrets: &Redaction) -> Self {
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
        // A job that has not started has none.
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

    pub(super) fn variables(&self, secrets: &Redaction) -> Variables {
        let name = |value: &Value| name(value, secrets);
        let get = |key: &str| self.variables.get(key);
        let text = |key: &str| get(key).map(name).filter(|text| !text.raw().is_empty());
        let names =
            std::iter::once("CI_COMMIT_SHA".to_owned()).chain((1..).map(|number| format!("CI_COMMIT_SHA_{number}")));
        let commits = names.map_while(|name| Some((get(&name).and_then(commit)?, name)));
        // In the run's own parameters it is JSON as text, in a job's not.
        let integrated = get("CI_SOURCE_BRANCHES").map(unwrapped).unwrap_or_default();
        let integrated = integrated.as_array().into_iter().flatten();
        let branch = |item: &Value| (name(&item["CI_COMMIT_REF_NAME"]), commit(&item["CI_COMMIT_ID"]));
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::read;
    use super::*;
    use crate::yunxiao::run::Owner;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffff";

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
        // An empty one says nothing.
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
