//! The variables that need no more code than their names.

use crate::environment::Environment;

type Variables = &'static [&'static str];

/// The variables of a CI system. Of several for one thing, the first that is set counts.
pub struct Names {
    pub repository: Variables,
    pub address: Variables,
    /// Of a pull request its own branch comes first, then the branch or tag.
    pub reference: Variables,
    pub commit: Variables,
    pub actor: Variables,
    /// The job's own page.
    pub url: Variables,
    /// Identifies this job of this CI run, unchanged by a re-run: all of them must be set.
    pub work: Variables,
    /// More of its identity, if set.
    pub part: Variables,
    /// What counts the attempts at a job, and what it says of the first.
    pub attempt: Option<(&'static str, u64)>,
    /// The variable and the value with which a user asks for debug output.
    pub debug: Option<(&'static str, &'static str)>,
    pub public: Public,
}

/// Whether anyone may read the log.
#[derive(Clone, Copy)]
pub enum Public {
    /// Only those who have signed in can.
    No,
    /// Where this variable has this value.
    Said(&'static str, &'static str),
    /// Its projects can be public, and it doesn't say whether this one is.
    Unsaid,
}

impl Names {
    /// A CI system without such variables.
    pub const NONE: Self = Self {
        repository: &[],
        address: &[],
        reference: &[],
        commit: &[],
        actor: &[],
        url: &[],
        work: &[],
        part: &[],
        attempt: None,
        debug: None,
        public: Public::No,
    };

    /// What triggered this job.
    pub(super) fn origin(&self, environment: &Environment) -> Origin {
        let get = |names| environment.first(names).map(|(_, value)| value.to_owned());
        let short = |reference: String| {
            let name = ["refs/heads/", "refs/tags/"].iter().find_map(|full| reference.strip_prefix(full));
            name.map_or_else(|| reference.clone(), str::to_owned)
        };
        Origin {
            repository: get(self.repository),
            address: get(self.address),
            reference: get(self.reference).map(short),
            commit: get(self.commit),
            actor: get(self.actor),
            url: get(self.url),
        }
    }

    pub(super) fn work(&self, environment: &Environment) -> Option<Vec<String>> {
        let part = self.part.iter().map(|name| environment.get(name).unwrap_or_default().to_owned());
        Some(environment.all(self.work).filter(|work| !work.is_empty())?.into_iter().chain(part).collect())
    }

    pub(super) fn attempt(&self, environment: &Environment) -> Option<u64> {
        let (name, first) = self.attempt?;
        let count: u64 = environment.get(name)?.parse().ok()?;
        count.checked_sub(first).filter(|earlier| *earlier > 0)?.checked_add(1)
    }
}

/// What triggered a job. Foreign text, not checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `owner/name`
    pub repository: Option<String>,
    pub address: Option<String>,
    pub reference: Option<String>,
    pub commit: Option<String>,
    pub actor: Option<String>,
    /// The job's own page.
    pub url: Option<String>,
}

/// Whether a variable has a value, ignoring case.
pub(super) fn says(environment: &Environment, said: Option<(&str, &str)>) -> bool {
    said.is_some_and(|(name, value)| environment.get(name).is_some_and(|found| found.eq_ignore_ascii_case(value)))
}
