//! The CI system this runs in: one file each, which alone knows its variables. A new one is a file and an entry of the list
//! here. Of Yunxiao it knows Flow, as one of them.

mod drone;
mod flow;
mod github;
mod gitlab;
mod jenkins;
mod outputs;
mod plain;
mod system;

use crate::environment::Environment;
use drone::Drone;
use flow::Flow;
use github::GitHub;
use gitlab::GitLab;
use jenkins::Jenkins;
use plain::Plain;

pub use outputs::{Format, OutputFile, Outputs};
pub use system::{Fold, Host, Origin, Spelling, TokenRequest};

/// All of them, in the order in which they are recognised. Only by variables that are its own: Yunxiao, for one, sets
/// GitLab's `CI_COMMIT_*` in its own steps.
fn all(environment: &Environment) -> [Box<dyn Host>; 5] {
    let environment = || environment.clone();
    [
        Box::new(GitHub(environment())),
        Box::new(GitLab(environment())),
        Box::new(Jenkins(environment())),
        Box::new(Flow(environment())),
        Box::new(Drone(environment())),
    ]
}

/// The one this runs in.
pub fn detect(environment: &Environment, is_terminal: bool) -> Box<dyn Host> {
    all(environment).into_iter().find(|host| host.is_here()).unwrap_or_else(|| {
        let environment = environment.clone();
        Box::new(Plain { environment, is_terminal })
    })
}

/// The variables that an input may be in, in order. The input is given as `like_this`.
pub fn input_spellings(input: &str) -> Vec<Spelling> {
    let input = input.to_uppercase();
    all(&Environment::default()).iter().flat_map(|host| host.input_spellings(&input)).collect()
}

/// What these variables begin with, in the same order.
pub fn input_prefixes() -> Vec<String> {
    input_spellings("").into_iter().map(|spelling| spelling.variable).collect()
}

/// Where this job gets identity tokens, if its CI system hands them out.
pub fn token_request(environment: &Environment) -> Option<TokenRequest> {
    all(environment).iter().find_map(|host| host.token_request())
}

/// The variables that hold root certificates, as PEM text or as a path.
pub fn certificate_variables() -> Vec<&'static str> {
    all(&Environment::default()).iter().flat_map(|host| host.certificate_variables()).copied().collect()
}
