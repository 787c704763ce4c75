//! The run's parameters, from the inputs: `params` first, then every single input over it.

use std::collections::BTreeMap;

use super::grammar::{self, boolean, list};
use super::map::{Keys, MapGrammar};
use super::refs::{Refs, branch_name, refs, without_remote};
use super::{check::Check, definitions::Inputs, input::Input};
use crate::text::{Text, text};
use crate::yunxiao::RunParams;

/// The text of the run's remark (运行备注), after the marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comment {
    /// Where the run was triggered from.
    Origin,
    None,
    Text(String),
}

/// The result of `params` and the single inputs. The remark is separate, because it gets a marker.
pub(super) fn run_params(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> (RunParams, Refs, Comment) {
    let mut params = check.parse(inputs.params, from_json).unwrap_or_default();
    for key in params.others.keys() {
        check.warnings.push(text!(
            "`params` has the key `{key}`, unknown to this version; it is passed on unchanged",
            "`params` 中有当前版本不认识的键 `{key}`，将原样传递"
        ));
    }
    if let Err(rule) = unreserved(&params.envs) {
        check.complain(&format!("{}, `envs`", inputs.params.name()), rule);
    }

    let envs = check.parse(inputs.envs, |value| {
        let envs = MapGrammar { is_joined: inputs.envs.is_joined, keys: Keys::Names }.map(value)?;
        unreserved(&envs)?;
        Ok(envs)
    });
    params.envs.extend(envs.unwrap_or_default());
    for (target, given) in [
        (&mut params.running_pipeline_artifacts, inputs.running_pipeline_artifacts),
        (&mut params.running_acr_artifacts, inputs.running_acr_artifacts),
        (&mut params.running_packages_artifacts, inputs.running_packages_artifacts),
        (&mut params.running_branches, inputs.running_branches),
        (&mut params.running_tags, inputs.running_tags),
    ] {
        let grammar = MapGrammar { is_joined: given.is_joined, keys: Keys::Places };
        target.extend(check.parse(given, |value| grammar.map_of_given(value)).unwrap_or_default());
    }
    let refs = refs(inputs, check, &mut params);
    if let Some(branches) = check.parse(inputs.branch_mode_branches, list) {
        params.branch_mode_branches = branches;
    }
    let create = check.parse(inputs.need_create_branch, boolean);
    params.need_create_branch = create.or(params.need_create_branch);
    if let Some(branch) = inputs.release_branch.value() {
        params.release_branch = Some(branch.to_owned());
    }
    for (given, branch) in (params.branch_mode_branches.iter_mut().map(|branch| (inputs.branch_mode_branches, branch)))
        .chain(params.release_branch.iter_mut().map(|branch| (inputs.release_branch, branch)))
    {
        // What `params` holds is reported under its name.
        let input = if given.is_given { &given.name() } else { &inputs.params.name() };
        match branch_name(branch) {
            Ok(name) => *branch = without_remote(name, input, check),
            Err(rule) => {
                let got = check.got(branch);
                check.complain(input, text!("{rule}; {got}", "{rule}；{got}", rule, got));
            }
        }
    }

    let comment = match (inputs.comment.value(), params.comment.take()) {
        (Some("none"), _) => Comment::None,
        (Some(text), _) => Comment::Text(text.to_owned()),
        (None, Some(text)) => Comment::Text(text),
        (None, None) => Comment::Origin,
    };
    (params, refs, comment)
}

/// Names that Yunxiao sets itself. A run is recognised by its remark, which must not be hidden by a variable.
fn unreserved(envs: &BTreeMap<String, String>) -> Result<(), Text> {
    match ["version", "BUILD_REMARK", "FLOW_INST_RUNNING_COMMENT"].into_iter().find(|name| envs.contains_key(*name)) {
        None => Ok(()),
        Some(name) => {
            Err(text!("must not set `{name}`: Yunxiao reserves that name", "不能设置 `{name}`：这是云效的保留变量名"))
        }
    }
}

/// The API's own JSON.
fn from_json(value: &str) -> Result<RunParams, Text> {
    if !value.starts_with('{') {
        return Err(text!("must be a JSON object", "必须是 JSON 对象"));
    }
    let mut params = RunParams::default();
    for (key, raw) in grammar::json_object(value)? {
        let json = raw.get();
        let object = |keys: Keys| {
            let is_object = json.starts_with('{');
            let rule = || text!("must be an object", "必须是 JSON 对象");
            is_object.then(|| MapGrammar::new(keys)).ok_or_else(rule)
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
            (_, Some(target)) => {
                object(Keys::Places).and_then(|grammar| grammar.map_of_given(json)).map(|map| *target = map)
            }
            ("branchModeBranchs", _) if !json.starts_with('[') => Err(text!("must be a list", "必须是数组")),
            ("branchModeBranchs", _) => list(json).map(|branches| params.branch_mode_branches = branches),
            ("envs", _) => object(Keys::Names).and_then(|grammar| grammar.map(json)).map(|envs| params.envs = envs),
            ("comment", _) => scalar().map(|comment| params.comment = Some(comment)),
            ("needCreateBranch", _) => {
                scalar().and_then(|value| boolean(&value)).map(|create| params.need_create_branch = Some(create))
            }
            ("releaseBranch", _) => scalar().map(|name| params.release_branch = Some(name)),
            (_, None) => {
                params.others.insert(key.clone(), raw.clone());
                Ok(())
            }
        };
        parsed.map_err(|rule| text!("`{key}` {rule}", "`{key}` {rule}", rule))?;
    }
    Ok(params)
}
