//! Which ref runs: how branches and tags are written.

use super::grammar::{replaced, valid};
use super::{check::Check, definitions::Inputs, input::Input};
use crate::sanitize::without_user_info;
use crate::text::{Text, text};
use crate::yunxiao::RunParams;

/// A branch or a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ref {
    Branch(String),
    Tag(String),
}

/// What refs were asked for, and by which names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs {
    /// The ref of the pipeline's own source, and the input that asks for it.
    pub own: Option<(Ref, String)>,
    /// The name of the input that holds branches by repository.
    pub branches: String,
    pub tags: String,
}

/// Reads `branch` and `tag`, and sorts what is asked for by repository, which is in the parameters already.
pub(super) fn refs(inputs: &Inputs<&Input>, check: &mut Check<'_>, params: &mut RunParams) -> Refs {
    // What `params` holds is complained of under its name.
    let [branches, tags] = [inputs.running_branches, inputs.running_tags].map(|given| {
        if !given.is_given && inputs.params.is_given { inputs.params.name.clone() } else { given.name.clone() }
    });
    // A ref that a CI system spells in full may be of the other kind.
    let given = std::mem::take(&mut params.running_branches).into_iter();
    let given = given.map(|(repository, name)| (repository, branch(&name), &branches));
    let given_tags = std::mem::take(&mut params.running_tags).into_iter();
    let given = given.chain(given_tags.map(|(repository, name)| (repository, tag(&name), &tags)));
    for (repository, reference, input) in given {
        // A CI system may put a token into its repository's address; the service has no use for it.
        let repository = without_user_info(&repository);
        let earlier = reference.map(|reference| match reference {
            Ref::Branch(name) => params.running_branches.insert(repository.clone(), name),
            Ref::Tag(name) => params.running_tags.insert(repository.clone(), name),
        });
        let rule = match earlier {
            Ok(None) => continue,
            Ok(Some(_)) => text!("has two refs: give one of them", "同时指定了两个分支或标签：只能二选一"),
            Err(rule) => rule,
        };
        check.complain(&format!("{input}, `{repository}`"), rule);
    }
    for repository in params.running_branches.keys().filter(|url| params.running_tags.contains_key(*url)) {
        let rule = text!("has a branch as well as a tag: give one of them", "同时指定了分支和标签：只能二选一");
        check.complain(&format!("{tags}, `{repository}`"), rule);
    }

    let own_branch = check.parse(inputs.branch, branch).map(|branch| (branch, inputs.branch.name.clone()));
    let own_tag = check.parse(inputs.tag, tag).map(|tag| (tag, inputs.tag.name.clone()));
    if inputs.branch.is_given && inputs.tag.is_given {
        let branch = &inputs.branch.name;
        let rule = text!("is given beside {branch}: give one of them", "不能与 {branch} 同时填写：只能二选一");
        check.complain(&inputs.tag.name, rule);
    }
    Refs { own: own_branch.or(own_tag), branches, tags }
}

/// A branch by its name, or any ref in full: `refs/tags/1.0` is a tag.
pub(super) fn branch(value: &str) -> Result<Ref, Text> {
    match full(value)? {
        Some(reference) => Ok(reference),
        None if value.strip_suffix("/merge").is_some_and(is_number) => Err(pull_request()),
        None => name(value).map(Ref::Branch),
    }
}

/// A tag by its name, or in full.
fn tag(value: &str) -> Result<Ref, Text> {
    match full(value)? {
        Some(Ref::Branch(_)) => {
            Err(text!("is a branch, not a tag: give it as a branch", "是分支而不是标签：请作为分支填写"))
        }
        Some(reference) => Ok(reference),
        None => name(value).map(Ref::Tag),
    }
}

/// A ref that is spelt in full.
fn full(value: &str) -> Result<Option<Ref>, Text> {
    let Some(rest) = replaced(value)?.strip_prefix("refs/") else { return Ok(None) };
    match rest.split_once('/') {
        Some(("heads", branch)) => name(branch).map(|branch| Some(Ref::Branch(branch))),
        Some(("tags", tag)) => name(tag).map(|tag| Some(Ref::Tag(tag))),
        _ if ["pull", "merge-requests", "changes"].iter().any(|kind| rest.starts_with(kind)) => Err(pull_request()),
        _ => Err(text!(
            "is neither a branch (refs/heads/…) nor a tag (refs/tags/…)",
            "既不是分支（refs/heads/…）也不是标签（refs/tags/…）"
        )),
    }
}

fn name(value: &str) -> Result<String, Text> {
    let is_name = !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c.is_control());
    valid(value, is_name, text!("must be the name of a branch or tag", "必须是分支或标签的名称"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn pull_request() -> Text {
    text!(
        "is the ref of a pull request, which Yunxiao can't check out: give the source branch, on GitHub \
         `github.head_ref`, on GitLab `$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME`",
        "是合并请求的 ref，云效无法检出：请填写源分支，GitHub 为 `github.head_ref`，GitLab 为 `$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME`"
    )
}
