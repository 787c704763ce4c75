//! Bitbucket Pipelines, and its pipes.

use std::path::Path;

use super::names::{Names, Origin, Public};
use super::outputs::{Destination, Format, OutputFile};
use super::system::{Host, TokenSource};
use crate::environment::Environment;

pub(super) struct Bitbucket(Environment);

/// The prefix of input variables.
const INPUTS: &str = "YUNXIAO_";

/// The longest list that is joined.
const LARGEST_LIST: usize = 1000;

pub(super) fn bitbucket(environment: Environment) -> Bitbucket {
    let bitbucket = Bitbucket(environment);
    if bitbucket.is_here() { Bitbucket(with_lists(&bitbucket.0)) } else { bitbucket }
}

/// A list of a pipe arrives as `NAME_COUNT`, `NAME_0` and so on (bitbucket-pipes-toolkit, `array_variable.py`). Its items become
/// the lines of one variable.
fn with_lists(environment: &Environment) -> Environment {
    let list = |variable: &str| {
        let name = variable.strip_suffix("_COUNT").filter(|name| name.starts_with(INPUTS))?;
        let count: usize = environment.get(variable)?.parse().ok().filter(|count| *count <= LARGEST_LIST)?;
        let parts: Vec<String> = (0..count).map(|number| format!("{name}_{number}")).collect();
        let lines = environment.all(&parts.iter().map(String::as_str).collect::<Vec<_>>())?.join("\n");
        Some((name.to_owned(), lines, [parts, vec![variable.to_owned()]].concat()))
    };
    let lists = environment.names().filter_map(list).collect::<Vec<_>>();
    lists
        .into_iter()
        .fold(environment.clone(), |environment, (name, lines, parts)| environment.with(name, lines, &parts))
}

const NAMES: Names = Names {
    repository: &["BITBUCKET_REPO_FULL_NAME"],
    address: &["BITBUCKET_GIT_HTTP_ORIGIN"],
    reference: &["BITBUCKET_TAG", "BITBUCKET_BRANCH"],
    commit: &["BITBUCKET_COMMIT"],
    actor: &["BITBUCKET_STEP_TRIGGERER_UUID"],
    work: &["BITBUCKET_PIPELINE_UUID", "BITBUCKET_STEP_UUID"],
    attempt: Some(("BITBUCKET_STEP_RUN_NUMBER", 1)),
    debug: Some(("DEBUG", "true")),
    public: Public::Said("BITBUCKET_REPO_IS_PRIVATE", "false"),
    ..Names::NONE
};

impl Host for Bitbucket {
    fn name(&self) -> &'static str {
        "bitbucket"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        let has_uuid = self.0.first(&["BITBUCKET_PIPELINE_UUID", "BITBUCKET_STEP_UUID"]).is_some();
        self.0.get("BITBUCKET_BUILD_NUMBER").is_some() && has_uuid
    }

    fn origin(&self) -> Origin {
        let origin = NAMES.origin(&self.0);
        let job = origin.repository.as_ref().zip(self.0.get("BITBUCKET_BUILD_NUMBER"));
        let url = job.map(|(name, number)| format!("https://bitbucket.org/{name}/pipelines/results/{number}"));
        Origin { url, ..origin }
    }

    /// With `oidc: true`.
    fn token_source(&self) -> Option<TokenSource> {
        self.0.get("BITBUCKET_STEP_OIDC_TOKEN").map(|token| TokenSource::Ready(token.into()))
    }

    /// The step's file of output variables. A pipe's container may not have it.
    fn own_destination(&self) -> Option<Destination> {
        let path = self.0.get("BITBUCKET_PIPELINES_VARIABLES_PATH").map(Path::new).filter(|path| path.exists())?;
        Some(Destination::File(OutputFile { path: path.to_owned(), format: Format::Dotenv, within: None }))
    }
}
