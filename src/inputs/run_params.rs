//! The run's parameters, from the inputs: `params` first, then every single input over it.

use std::collections::BTreeMap;

use super::grammar::{self, boolean, list, map, map_of_given, replaced};
use super::refs::{Refs, refs};
use super::{check::Check, definitions::Inputs, input::Input};
use crate::text::{Text, text};
use crate::yunxiao::RunParams;

/// What to say in the run's remark (运行备注), after the marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comment {
    /// Where the run was triggered from.
    Origin,
    None,
    Text(String),
}

/// What `params` and the single inputs come to. The remark stands apart, because it gets a marker.
pub(super) fn run_params(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> (RunParams, Refs, Comment) {
    let mut params = check.parse(inputs.params, from_json).unwrap_or_default();
    for key in params.others.keys() {
        check.warnings.push(text!(
            "`params` has the key `{key}`, which this version does not know; it is passed on as it is",
            "`params` 中有当前版本不认识的键 `{key}`，将原样传递"
        ));
    }
    if params.envs.contains_key("version") {
        check.complain(&format!("{}, `envs`", inputs.params.name), reserved());
    }

    let envs = check.parse(inputs.envs, |value| {
        let envs = map(value)?;
        if envs.contains_key("version") { Err(reserved()) } else { Ok(envs) }
    });
    params.envs.extend(envs.unwrap_or_default());
    for (target, given) in [
        (&mut params.running_pipeline_artifacts, inputs.running_pipeline_artifacts),
        (&mut params.running_acr_artifacts, inputs.running_acr_artifacts),
        (&mut params.running_packages_artifacts, inputs.running_packages_artifacts),
        (&mut params.running_branches, inputs.running_branches),
        (&mut params.running_tags, inputs.running_tags),
    ] {
        target.extend(check.parse(given, map_of_given).unwrap_or_default());
    }
    let refs = refs(inputs, check, &mut params);
    if let Some(branches) = check.parse(inputs.branch_mode_branches, list) {
        params.branch_mode_branches = branches;
    }
    let create = check.parse(inputs.need_create_branch, boolean);
    params.need_create_branch = create.or(params.need_create_branch);
    let release = check.parse(inputs.release_branch, |branch| Ok(replaced(branch)?.to_owned()));
    params.release_branch = release.or(params.release_branch);

    let comment = match (inputs.comment.value(), params.comment.take()) {
        (Some("none"), _) => Comment::None,
        (Some(text), _) => Comment::Text(text.to_owned()),
        (None, Some(text)) => Comment::Text(text),
        (None, None) => Comment::Origin,
    };
    (params, refs, comment)
}

fn reserved() -> Text {
    text!("must not set `version`: Yunxiao reserves that name", "不能设置 `version`：这是云效的保留变量名")
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
            let rule = || text!("must not be null, a list or an object", "不能是 null、数组或对象");
            grammar::scalar(&raw).ok_or_else(rule)
        };
        let map_to_fill = match key.as_str() {
            "runningBranchs" => Some(&mut params.running_branches),
            "runningTags" => Some(&mut params.running_tags),
            "runningPipelineArtifacts" => Some(&mut params.running_pipeline_artifacts),
            "runningAcrArtifacts" => Some(&mut params.running_acr_artifacts),
            "runningPackagesArtifacts" => Some(&mut params.running_packages_artifacts),
            _ => None,
        };
        let parsed = match (key.as_str(), map_to_fill) {
            (_, Some(target)) => object(map_of_given).map(|map| *target = map),
            ("branchModeBranchs", _) if !json.starts_with('[') => Err(text!("must be a list", "必须是数组")),
            ("branchModeBranchs", _) => list(json).map(|branches| params.branch_mode_branches = branches),
            ("envs", _) => object(map).map(|envs| params.envs = envs),
            ("comment", _) => scalar().map(|comment| params.comment = Some(comment)),
            ("needCreateBranch", _) => {
                scalar().and_then(|value| boolean(&value)).map(|create| params.need_create_branch = Some(create))
            }
            ("releaseBranch", _) => {
                scalar().and_then(|name| Ok(replaced(&name)?.to_owned())).map(|name| params.release_branch = Some(name))
            }
            (_, None) => {
                params.others.insert(key.clone(), raw.clone());
                Ok(())
            }
        };
        parsed.map_err(|rule| text!("`{key}` {rule}", "`{key}` {rule}", rule))?;
    }
    Ok(params)
}
