//! What a run builds, checked against what was requested. A pure function of what the run shows.

use super::source::is_same;
use crate::inputs::Ref;
use crate::redaction::Foreign;
use crate::yunxiao::{RunDetail, RunParams, Source};

/// What was requested.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Refs, each with its repository's address.
    refs: Vec<(String, Ref)>,
    /// In branch mode, the branches to integrate.
    branches: Vec<String>,
    /// Variables that this step set itself, which prove nothing.
    own: Vec<String>,
}

/// What a run shows about a ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub asked: String,
    /// What it builds, safe to show.
    pub built: String,
    /// Whether it says so itself; otherwise only the configuration of a source does.
    pub is_certain: bool,
}

impl Asked {
    pub fn of(params: &RunParams) -> Self {
        let branches =
            params.running_branches.iter().map(|(address, name)| (address.clone(), Ref::Branch(name.clone())));
        let tags = params.running_tags.iter().map(|(address, name)| (address.clone(), Ref::Tag(name.clone())));
        Self {
            refs: branches.chain(tags).collect(),
            branches: params.branch_mode_branches.clone(),
            own: params.envs.keys().cloned().collect(),
        }
    }

    /// Whether a variable was given for the run, so that it says nothing of what is built.
    fn is_own(&self, variable: &str) -> bool {
        self.own.iter().any(|own| own == variable)
    }

    /// The commits that a run shows, and whether they are all of them.
    pub fn commits(&self, run: &RunDetail) -> (Vec<String>, bool) {
        let of_sources = run.sources.iter().filter_map(|source| source.commit.clone());
        let of_variables = run.variables.commits.iter().filter(|(name, _)| !self.is_own(name));
        let of_variables: Vec<String> = of_variables.map(|(_, commit)| commit.clone()).collect();
        let integrated = self.integrated(run);
        let of_branches = integrated.iter().filter_map(|(_, commit)| commit.clone());
        let have_all_sources = run.sources.iter().all(|source| source.commit.is_some());
        let is_complete = !run.sources.is_empty()
            && if self.branches.is_empty() {
                have_all_sources || of_variables.len() >= run.sources.len()
            } else {
                // The source's own commit is that of the branch which the others are integrated into.
                !integrated.is_empty()
                    && integrated.iter().all(|(_, commit)| commit.is_some())
                    && (have_all_sources || run.sources.len() == 1)
            };
        (of_sources.chain(of_variables).chain(of_branches).collect(), is_complete)
    }

    /// What a run builds, one line per source, variable or branch that shows it.
    pub fn describe(&self, run: &RunDetail) -> Vec<String> {
        let commit = |commit: &Option<String>| commit.clone().unwrap_or_else(|| "?".to_owned());
        let reference = |source: &Source| source.reference.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
        let of_source =
            |source: &Source| format!("{} {} {}", source.repository, reference(source), commit(&source.commit));
        let sources = run.sources.iter().map(of_source);
        let variables = run.variables.commits.iter().map(|(name, commit)| format!("{name} {commit}"));
        let integrated = self.integrated(run).iter().map(|(name, id)| format!("{name} {}", commit(id)));
        sources.chain(variables).chain(integrated).collect()
    }

    /// The branches that a run integrates.
    fn integrated<'r>(&self, run: &'r RunDetail) -> &'r [(Foreign, Option<String>)] {
        if self.is_own("CI_SOURCE_BRANCHES") { &[] } else { &run.variables.integrated }
    }

    /// The ref that a run builds instead of one that was requested.
    pub fn other_ref(&self, run: &RunDetail) -> Option<Difference> {
        let integrated = self.integrated(run);
        let missing = self.branches.iter().find(|branch| !integrated.iter().any(|(name, _)| is_ref(name, branch)));
        if let (Some(asked), false) = (missing, integrated.is_empty()) {
            let built = integrated.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>().join(", ");
            return Some(Difference { asked: asked.clone(), built, is_certain: true });
        }
        // It is the first source's, and doesn't say so: with one source there is no doubt; where none is shown, there may be
        // more.
        if let ([(_, Ref::Branch(asked) | Ref::Tag(asked))], Some(built), 0 | 1, false) =
            (&self.refs[..], &run.variables.reference, run.sources.len(), self.is_own("CI_COMMIT_REF_NAME"))
        {
            return different(asked, built, !run.sources.is_empty());
        }
        // How a source shows a tag is undocumented.
        let likely = |source: &Source| {
            let is_asked = |(address, _): &&(String, Ref)| is_same(address, source.repository.raw());
            let (_, Ref::Branch(asked)) = self.refs.iter().find(is_asked)? else { return None };
            different(asked, source.reference.as_ref()?, false)
        };
        run.sources.iter().find_map(likely)
    }
}

fn different(asked: &str, built: &Foreign, is_certain: bool) -> Option<Difference> {
    let difference = || Difference { asked: asked.to_owned(), built: built.to_string(), is_certain };
    (!is_ref(built, asked)).then(difference)
}

/// Whether a ref as shown by the service has this name.
fn is_ref(shown: &Foreign, name: &str) -> bool {
    let short = |text: &str| {
        let rest = ["refs/heads/", "refs/tags/"].iter().find_map(|prefix| text.strip_prefix(prefix));
        rest.unwrap_or(text).to_owned()
    };
    short(shown.raw()) == short(name)
}
