//! Which ref of which repository: from what was requested and what the pipeline has, to what it can be told. The
//! service ignores an address it does not know and builds the default branch, so every address is checked.

use url::Url;

use crate::inputs::{Complaint, Ref, Refs};
use crate::sanitize::{short_line, without_user_info};
use crate::text::{Text, text};
use crate::transport::host_in_ascii;
use crate::yunxiao::{PipelineSource, RunParams};

/// The longest address that is shown whole, in characters.
const LONGEST_ADDRESS: usize = 300;

/// The parameters with every ref under its source's exact address, or everything that is wrong. `repository` is the
/// address of this job's own repository.
pub fn resolve(
    mut params: RunParams,
    refs: &Refs,
    sources: &[PipelineSource],
    repository: Option<&str>,
) -> Result<RunParams, Vec<Complaint>> {
    let mut complaints = Vec::new();
    // Parameters name a source by its address, so two of one address are one.
    let is_first = |(index, source): &(usize, &PipelineSource)| {
        !sources[..*index].iter().any(|earlier| earlier.repository == source.repository)
    };
    let sources: Vec<_> = sources.iter().enumerate().filter(is_first).map(|(_, source)| source.clone()).collect();
    let sources = &sources[..];
    let (branches, tags) = (std::mem::take(&mut params.running_branches), std::mem::take(&mut params.running_tags));
    let given = branches.into_iter().map(|(address, name)| (address, Ref::Branch(name), &refs.branches));
    let given = given.chain(tags.into_iter().map(|(address, name)| (address, Ref::Tag(name), &refs.tags)));
    for (address, reference, input) in given {
        // An exact match comes first: the same repository may be reached in two ways.
        let exact = sources.iter().find(|source| source.repository == address);
        let source = exact.or_else(|| only(sources.iter().filter(|source| is_same(&source.repository, &address))));
        let source = source.ok_or_else(|| {
            let list = sources.iter().flat_map(|source| ["\n    ".to_owned(), shown(&source.repository)]);
            let list: String = list.collect();
            text!("is not a source of this pipeline, which has:{list}", "不是该流水线的代码源，它的代码源为：{list}")
        });
        if let Err(rule) = source.and_then(|source| set(&mut params, source, &reference)) {
            complaints.push(Complaint { input: format!("{input}, `{}`", shown(&address)), rule });
        }
    }
    if let Some((reference, input)) = &refs.own {
        let source = own(sources, reference, repository);
        if let Err(rule) = source.and_then(|source| set(&mut params, source, reference)) {
            complaints.push(Complaint { input: input.clone(), rule });
        }
    }
    if complaints.is_empty() { Ok(params) } else { Err(complaints) }
}

/// The source that is this job's: the only one, otherwise the one of this job's repository, otherwise the only one of
/// its name.
fn own<'s>(
    sources: &'s [PipelineSource],
    reference: &Ref,
    repository: Option<&str>,
) -> Result<&'s PipelineSource, Text> {
    let having = |fits: fn(&str, &str) -> bool| {
        let repository = repository?;
        only(sources.iter().filter(|source| fits(&source.repository, repository)))
    };
    let source = only(sources.iter()).or_else(|| having(is_same)).or_else(|| having(has_same_name));
    source.ok_or_else(|| {
        if sources.is_empty() {
            return text!("can't be used: the pipeline has no code source", "无法使用：该流水线没有代码源");
        }
        let (input, list) = (input_for(reference), ready_to_paste(sources, reference));
        text!(
            "doesn't say which of the pipeline's sources it is for; use `{input}` instead, with one or more of:{list}",
            "无法确定指的是流水线的哪个代码源；请改用 `{input}`，填写以下一行或多行：{list}"
        )
    })
}

/// Sets the ref of a source.
fn set(params: &mut RunParams, source: &PipelineSource, reference: &Ref) -> Result<(), Text> {
    let (repository, shown) = (&source.repository, shown(&source.repository));
    if source.is_branch_mode {
        return Err(text!(
            "can't set a ref for {shown}, which is in branch mode (分支模式): use `branch-mode-branches`",
            "{shown} 处于分支模式，不能直接指定：请使用 `branch-mode-branches`"
        ));
    }
    if params.running_branches.contains_key(repository) || params.running_tags.contains_key(repository) {
        return Err(text!("sets a second ref for {shown}: set only one", "{shown} 已指定了分支或标签：只能指定一个"));
    }
    match reference {
        Ref::Branch(name) => params.running_branches.insert(repository.clone(), name.clone()),
        Ref::Tag(name) => params.running_tags.insert(repository.clone(), name.clone()),
    };
    Ok(())
}

fn input_for(reference: &Ref) -> &'static str {
    match reference {
        Ref::Branch(_) => "running-branches",
        Ref::Tag(_) => "running-tags",
    }
}

/// The sources as lines of an input, each with the ref.
fn ready_to_paste(sources: &[PipelineSource], reference: &Ref) -> String {
    let (Ref::Branch(name) | Ref::Tag(name)) = reference;
    sources.iter().flat_map(|source| ["\n    ".to_owned(), shown(&source.repository), format!("={name}")]).collect()
}

/// An address safe to show.
pub(super) fn shown(repository: &str) -> String {
    short_line(&without_user_info(repository), LONGEST_ADDRESS)
}

/// The only one, if there is exactly one.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    all.next().filter(|_| all.next().is_none())
}

/// Whether two addresses are of the same repository, by any protocol or user, with or without `.git`.
pub fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (place(one), place(other));
    one.is_some() && one == other
}

fn has_same_name(one: &str, other: &str) -> bool {
    let name = |address: &str| place(address).and_then(|(_, path)| path.rsplit('/').next().map(str::to_owned));
    let (one, other) = (name(one), name(other));
    one.is_some() && one == other
}

/// The host and the path of a repository's address, both in lower case: `git@host:path`, or any URL. Ports say how it is
/// reached, not which repository it is.
fn place(address: &str) -> Option<(String, String)> {
    let address = address.trim().to_lowercase();
    let (host, path) = if address.contains("://") {
        let address = match host_in_ascii(&address) {
            Some((host, ascii)) => address.replacen(host, &ascii, 1),
            None => address,
        };
        let url = Url::parse(&address).ok().filter(|url| ["https", "http", "ssh", "git"].contains(&url.scheme()))?;
        (url.host_str()?.to_owned(), url.path().to_owned())
    } else {
        // As scp has it.
        let (host, path) = address.split_once(':').filter(|(host, _)| !host.contains('/'))?;
        (host.rsplit('@').next()?.to_owned(), path.to_owned())
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| (host, path.to_owned()))
}
