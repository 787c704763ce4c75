//! The run's parameters, from the inputs: `params` first, then every single input over it.

use std::collections::BTreeMap;

use super::grammar::{self, boolean, is_unreplaced, list, map, map_of_given, unreplaced};
use super::refs::{Refs, refs};
use super::{Comment, Inputs, Table};
use crate::text::{Text, text};
use crate::yunxiao::params::RunParams;

/// What `params` and the single inputs come to. The remark stands apart, because it gets a marker.
pub(super) fn run_params(inputs: &Inputs, table: &mut Table) -> (RunParams, Refs, Comment) {
    let given = table.parse("params", inputs.params.as_deref(), from_json);
    let mut params = given.unwrap_or_default();
    for key in params.others.keys() {
        table.warnings.push(text!(
            "`params` has the key `{key}`, which this version does not know; it is passed on as it is",
            "`params` 中有当前版本不认识的键 `{key}`，将原样传递"
        ));
    }
    if params.envs.contains_key("version") {
        table.complain(format!("{}, `envs`", table.written("params")), reserved());
    }

    let envs = |value: &str| {
        let envs = map(value)?;
        if envs.contains_key("version") { Err(reserved()) } else { Ok(envs) }
    };
    merge(&mut params.envs, table.parse("envs", inputs.envs.as_deref(), envs));
    for (target, field, value) in [
        (&mut params.running_pipeline_artifacts, "running_pipeline_artifacts", &inputs.running_pipeline_artifacts),
        (&mut params.running_acr_artifacts, "running_acr_artifacts", &inputs.running_acr_artifacts),
        (&mut params.running_packages_artifacts, "running_packages_artifacts", &inputs.running_packages_artifacts),
    ] {
        merge(target, table.parse(field, value.as_deref(), map_of_given));
    }
    let refs = refs(inputs, table, &mut params);
    if let Some(branches) = table.parse("branch_mode_branches", inputs.branch_mode_branches.as_deref(), list) {
        params.branch_mode_branches = branches;
    }
    if let Some(create) = table.parse("need_create_branch", inputs.need_create_branch.as_deref(), boolean) {
        params.need_create_branch = Some(create);
    }
    if let Some(branch) = table.parse("release_branch", inputs.release_branch.as_deref(), replaced) {
        params.release_branch = Some(branch);
    }

    let comment = match (inputs.comment.as_deref(), params.comment.take()) {
        (Some("none"), _) => Comment::None,
        (Some(text), _) => Comment::Text(text.to_owned()),
        (None, Some(text)) => Comment::Text(text),
        (None, None) => Comment::Origin,
    };
    (params, refs, comment)
}

fn merge(target: &mut BTreeMap<String, String>, given: Option<BTreeMap<String, String>>) {
    target.extend(given.unwrap_or_default());
}

fn reserved() -> Text {
    text!("must not set `version`: Yunxiao reserves that name", "不能设置 `version`：这是云效的保留变量名")
}

fn replaced(value: &str) -> Result<String, Text> {
    if is_unreplaced(value) { Err(unreplaced()) } else { Ok(value.to_owned()) }
}

/// The API's own JSON.
fn from_json(value: &str) -> Result<RunParams, Text> {
    if !value.starts_with('{') {
        return Err(text!("must be a JSON object", "必须是 JSON 对象"));
    }
    let mut params = RunParams::default();
    for (key, raw) in grammar::json_object(value)? {
        let json = raw.get();
        let object = |parse: fn(&str) -> Result<BTreeMap<String, String>, Text>| {
            if json.starts_with('{') { parse(json) } else { Err(text!("must be an object", "必须是 JSON 对象")) }
        };
        let scalar = || {
            grammar::scalar(&raw)
                .ok_or_else(|| text!("must not be null, a list or an object", "不能是 null、数组或对象"))
        };
        let parsed = match key.as_str() {
            "branchModeBranchs" if !json.starts_with('[') => Err(text!("must be a list", "必须是数组")),
            "branchModeBranchs" => list(json).map(|branches| params.branch_mode_branches = branches),
            "envs" => object(map).map(|envs| params.envs = envs),
            "runningBranchs" => object(map_of_given).map(|map| params.running_branches = map),
            "runningTags" => object(map_of_given).map(|map| params.running_tags = map),
            "runningPipelineArtifacts" => object(map_of_given).map(|map| params.running_pipeline_artifacts = map),
            "runningAcrArtifacts" => object(map_of_given).map(|map| params.running_acr_artifacts = map),
            "runningPackagesArtifacts" => object(map_of_given).map(|map| params.running_packages_artifacts = map),
            "comment" => scalar().map(|comment| params.comment = Some(comment)),
            "needCreateBranch" => {
                scalar().and_then(|value| boolean(&value)).map(|create| params.need_create_branch = Some(create))
            }
            "releaseBranch" => {
                scalar().and_then(|value| replaced(&value)).map(|branch| params.release_branch = Some(branch))
            }
            _ => {
                params.others.insert(key.clone(), raw.clone());
                Ok(())
            }
        };
        parsed.map_err(|rule| Text::new(format!("`{key}` {}", rule.english), format!("`{key}` {}", rule.chinese)))?;
    }
    Ok(params)
}
