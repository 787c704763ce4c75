//! Which ref runs: how branches and tags are written.

use super::grammar::{is_invisible, is_quote, replaced, valid};
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

/// What refs were requested, and by which names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs {
    /// The ref of the pipeline's own source, and the input that asks for it.
    pub own: Option<(Ref, String)>,
    /// The name of the input that holds branches by repository.
    pub branches: String,
    pub tags: String,
}

type Parse = fn(&str) -> Result<Ref, Text>;

/// Reads `branch` and `tag`, and sorts what is requested by repository, which is in the parameters already.
pub(super) fn refs(inputs: &Inputs<&Input>, check: &mut Check<'_>, params: &mut RunParams) -> Refs {
    // What `params` holds is reported under its name.
    let [branches, tags] = [inputs.running_branches, inputs.running_tags]
        .map(|given| if !given.is_given && inputs.params.is_given { inputs.params.name() } else { given.name() });
    // A ref that a CI system spells in full may be of the other kind.
    let given = std::mem::take(&mut params.running_branches).into_iter();
    let given = given.map(|(repository, name)| (repository, name, branch as Parse, &branches));
    let given_tags = std::mem::take(&mut params.running_tags).into_iter();
    let given = given.chain(given_tags.map(|(repository, name)| (repository, name, tag as Parse, &tags)));
    for (repository, name, parse, input) in given {
        // A CI system may put a token into its repository's address; the service has no use for it.
        let repository = without_user_info(&repository);
        let earlier = parse(&name).map(|reference| match local(reference, input, check) {
            Ref::Branch(name) => params.running_branches.insert(repository.clone(), name),
            Ref::Tag(name) => params.running_tags.insert(repository.clone(), name),
        });
        let rule = match earlier {
            Ok(None) => continue,
            Ok(Some(_)) => text!("has two refs: set only one", "同时指定了两个分支或标签：只能二选一"),
            Err(rule) => {
                let got = check.got(&name);
                text!("{rule}; {got}", "{rule}；{got}", rule, got)
            }
        };
        check.complain(&format!("{input}, `{repository}`"), rule);
    }
    for repository in params.running_branches.keys().filter(|url| params.running_tags.contains_key(*url)) {
        let rule = text!("has both a branch and a tag: set only one", "同时指定了分支和标签：只能二选一");
        check.complain(&format!("{tags}, `{repository}`"), rule);
    }

    let own_branch = check.parse(inputs.branch, branch);
    let own_branch = own_branch.map(|own| (local(own, &inputs.branch.name(), check), inputs.branch.name()));
    let own_tag = check.parse(inputs.tag, tag).map(|tag| (tag, inputs.tag.name()));
    if inputs.branch.is_given && inputs.tag.is_given {
        let branch = &inputs.branch.name();
        let rule = text!("is set together with {branch}: set only one", "不能与 {branch} 同时填写：只能二选一");
        check.complain(&inputs.tag.name(), rule);
    }
    Refs { own: own_branch.or(own_tag), branches, tags }
}

/// A branch of branch mode: its name, or in full.
pub(super) fn branch_name(value: &str) -> Result<String, Text> {
    match branch(value)? {
        Ref::Branch(name) => Ok(name),
        Ref::Tag(_) => Err(text!("is a tag, not a branch", "是标签而不是分支")),
    }
}

/// A branch without the remote that a CI system puts before its name. Elsewhere it may be a part of the name.
pub(super) fn without_remote(full: String, input: &str, check: &mut Check<'_>) -> String {
    match check.host.remote_of_branches().map(|remote| full.strip_prefix(remote)) {
        Some(Some(rest)) => {
            let name = match name(rest) {
                Ok(name) => name,
                Err(rule) => {
                    check.complain(input, rule);
                    return full;
                }
            };
            check.notices.push(text!(
                "{input}: `{full}` is this CI system's spelling of the branch `{name}`",
                "{input}：`{full}` 是此 CI 系统对分支 `{name}` 的写法"
            ));
            return name;
        }
        None if full.starts_with("origin/") => check.warnings.push(text!(
            "{input}: `{full}` is used as the full branch name; if `origin/` is the remote, remove it",
            "{input}：`{full}` 将作为完整的分支名使用；如果 `origin/` 是远程名，请去掉"
        )),
        _ => {}
    }
    full
}

fn local(reference: Ref, input: &str, check: &mut Check<'_>) -> Ref {
    match reference {
        Ref::Branch(name) => Ref::Branch(without_remote(name, input, check)),
        tag @ Ref::Tag(_) => tag,
    }
}

/// A branch by its name, or any ref in full: `refs/tags/1.0` is a tag.
fn branch(value: &str) -> Result<Ref, Text> {
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

/// A ref that is spelled in full.
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
    // Git takes these, but no name that someone gave a branch has them.
    let is_odd = |character: char| character.is_whitespace() || is_invisible(character);
    let is_quoted = value.starts_with(is_quote) || value.ends_with(is_quote);
    let is_name = is_name_to_git(replaced(value)?) && !value.contains(is_odd) && !is_quoted;
    valid(
        value,
        is_name,
        text!(
            "must be the name of a branch or tag as git takes it, without quotes, wildcards or invisible characters",
            "必须是 git 允许的分支或标签名称，不能带引号、通配符或不可见字符"
        ),
    )
}

/// Git's own rule for the name of a branch (git-check-ref-format, and `--branch` of it).
fn is_name_to_git(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none();
    let is_forbidden = |character: char| character.is_ascii_control() || " ~^:?*[\\".contains(character);
    name.split('/').all(is_part)
        && !name.contains(is_forbidden)
        && !["..", "@{"].iter().any(|sign| name.contains(sign))
        && !name.ends_with('.')
        && !name.starts_with('-')
        && name != "HEAD"
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

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// What git itself says of a branch's name.
    fn git_takes(name: &str) -> bool {
        let checks = |arguments: &[&str]| {
            let git = Command::new("git").arg("check-ref-format").args(arguments).output();
            git.expect("git, which these tests need").status.success()
        };
        // `--branch` would look up what `@{-1}` stands for in the repository it runs in, and takes `@` for HEAD.
        let full = format!("refs/heads/{name}");
        checks(&[&full]) && (name == "@" || checks(&["--branch", name]))
    }

    #[test]
    fn a_branch_has_a_name_that_git_takes() {
        for (name, taken) in [
            ("main", true),
            ("feature/x", true),
            ("修复/登录", true),
            ("a@b", true),
            ("@", true),
            ("a.b", true),
            ("lock", true),
            ("don't", true),
            ("", false),
            ("HEAD", false),
            ("head", true),
            ("-x", false),
            ("a/-x", true),
            ("a/HEAD", true),
            ("/a", false),
            ("a/", false),
            ("a//b", false),
            ("a..b", false),
            (".a", false),
            ("a/.b", false),
            ("a.", false),
            ("a.lock", false),
            ("a.lock/b", false),
            ("a@{b", false),
            ("a b", false),
            ("a~b", false),
            ("a^b", false),
            ("a:b", false),
            ("a?b", false),
            ("*", false),
            ("a[b", false),
            ("a\\b", false),
            ("a\u{7f}b", false),
            ("a\tb", false),
        ] {
            assert_eq!((is_name_to_git(name), git_takes(name)), (taken, taken), "{name:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn our_rule_for_names_is_gits(name in "[-a.@{/~^:?*\\[\\\\ \u{7f}\u{1}é]{1,6}|(a|\\.|/|lock|HEAD|@|\\{|-){1,5}") {
            prop_assert_eq!(is_name_to_git(&name), git_takes(&name), "{:?}", name);
        }
    }

    #[test]
    fn no_ref_is_taken_that_can_be_none() {
        for bad in [
            "refs/heads/$(Build.SourceBranchName)",
            "refs/heads/${{ github.ref_name }}",
            "feature/${BRANCH}",
            "refs/heads/$BRANCH",
            "*",
            "release/*",
            "\"main\"",
            "'main'",
            "`main",
            "ma\u{200b}in",
            "main\u{feff}",
            "HEAD",
            "refs/heads/HEAD",
            "a..b",
        ] {
            assert!(branch(bad).is_err() && tag(bad).is_err(), "{bad:?}");
        }
        for good in ["main", "fix-don't", "v1.0", "a,b", "100%", "a$b"] {
            assert_eq!(branch(good), Ok(Ref::Branch(good.to_owned())), "{good:?}");
        }
    }
}
