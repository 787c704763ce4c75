//! Sources: what is built of them, and what is shown of that.

use std::collections::BTreeMap;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ring::digest;
use serde::{Deserialize, Serialize};

use crate::time::duration;

/// A source, of code or of artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Source {
    /// The sign under which the pipeline knows it.
    pub sign: String,
    /// Where the code is: `codeup`, `github`, `gitlab`, `customGitlab`, `gitee`, `git`, …; or what else it is:
    /// `flowPipeline`, `acr`, `packages`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The repository's address; empty when this is no code.
    pub repository: String,
    /// The branch that runs by default.
    pub branch: String,
    /// Whether it is in branch mode (分支模式).
    pub branch_mode: bool,
    /// The commit of each branch or tag; others have one made up from their name.
    pub commits: BTreeMap<String, String>,
    /// How long after its creation a run shows this source's commit.
    #[serde(with = "duration")]
    pub commit_after: Duration,
    /// Commits before the one that is built, the youngest first; a run shows them behind it.
    pub ancestors: Vec<String>,
    /// The branch that is built, whatever was requested.
    pub builds: Option<String>,
    /// The branch that a run shows at this source, whatever is built.
    pub shows_branch: Option<String>,
    /// The branches that are integrated in branch mode, whatever was requested.
    pub integrates: Option<Vec<String>>,
}

impl Default for Source {
    fn default() -> Self {
        Self {
            sign: "codeup_demo".into(),
            kind: "codeup".into(),
            repository: "https://codeup.aliyun.com/60c1abb32c5969c370c5fcd0/Codeup-Demo.git".into(),
            branch: "master".into(),
            branch_mode: false,
            commits: BTreeMap::new(),
            commit_after: Duration::ZERO,
            ancestors: Vec::new(),
            builds: None,
            shows_branch: None,
            integrates: None,
        }
    }
}

impl Source {
    /// A source at an address.
    #[must_use]
    pub fn new(sign: &str, repository: &str) -> Self {
        Self { sign: sign.into(), repository: repository.into(), ..Self::default() }
    }

    /// A source of artifacts, which has no repository.
    #[must_use]
    pub fn artifacts(sign: &str, kind: &str) -> Self {
        Self::new(sign, "").with_kind(kind)
    }

    /// The same of another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: &str) -> Self {
        self.kind = kind.into();
        self
    }

    /// Puts it into branch mode.
    #[must_use]
    pub fn branch_mode(mut self) -> Self {
        self.branch_mode = true;
        self
    }

    /// Adds commits before the one that is built.
    #[must_use]
    pub fn ancestors(mut self, commits: &[&str]) -> Self {
        self.ancestors.extend(commits.iter().map(ToString::to_string));
        self
    }

    /// Makes it build another branch than the one requested.
    #[must_use]
    pub fn building(mut self, branch: &str) -> Self {
        self.builds = Some(branch.into());
        self
    }

    pub(crate) fn is_code(&self) -> bool {
        !self.repository.is_empty()
    }

    /// The commit that a branch or tag is at.
    #[must_use]
    pub fn commit(&self, reference: &str) -> String {
        let made_up = || {
            let text = format!("{} {reference}", self.repository);
            HEXLOWER.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
        };
        self.commits.get(reference).cloned().unwrap_or_else(made_up)
    }
}
