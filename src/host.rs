//! The CI system this runs in: one file each, the only one that knows its variables. To add one, add a file and an
//! entry to the list here. Yunxiao appears only as one more CI system (Flow).

mod argo;
mod azure;
mod bitbucket;
mod blueking;
mod buildkite;
mod circleci;
mod cnb;
mod drone;
mod flow;
mod gitcode;
mod gitea;
mod gitee;
mod github;
mod gitlab;
mod harness;
mod jenkins;
mod names;
mod others;
mod outputs;
mod plain;
mod system;
mod teamcity;
mod tekton;
mod woodpecker;
mod zadig;

use std::sync::LazyLock;

use crate::environment::Environment;
use plain::{PLAIN, Plain};

pub use names::{Names, Origin};
pub use outputs::{Destination, Folder, Format, Orders, OutputFile, Outputs, Reader};
pub use system::{Audience, Fold, Host, Spelling, TokenRequest, TokenSource};

/// The folders by which CI systems are recognised that set no variable.
pub const FOLDERS: [&str; 2] = [argo::MOUNT, tekton::RESULTS];

/// The variables that the input `host` may be in which no CI system has a spelling of its own for.
const ASKED: &str = "YUNXIAO_HOST";

/// Makes one of them for an environment.
type Make = fn(&Environment) -> Box<dyn Host>;

macro_rules! hosts {
    ($($host:path),+ $(,)?) => { [$(|environment| Box::new($host(environment.clone()))),+] };
}

/// All of them, in the order in which they are recognised. Only by variables that are its own: Yunxiao, for one, sets
/// GitLab's `CI_COMMIT_*` in its own steps. One that is made after another, and sets the other's variables too, comes first.
const FIRST: &[Make] = &hosts![
    gitea::forgejo,
    gitea::gitea,
    github::GitHub,
    gitcode::GitCode,
    gitlab::GitLab,
    woodpecker::Woodpecker,
    cnb::Cnb,
    harness::Harness,
    drone::Drone,
    azure::Azure,
    bitbucket::bitbucket,
    buildkite::Buildkite,
    circleci::CircleCi,
    teamcity::TeamCity,
    blueking::BlueKing,
    gitee::Gitee,
    zadig::Zadig,
];

/// These run inside of others, or have the weakest signs.
const LAST: &[Make] = &hosts![argo::Argo, jenkins::Jenkins, flow::Flow, tekton::Tekton];

fn all(environment: &Environment) -> impl Iterator<Item = Box<dyn Host>> {
    let make = move |make: &Make| make(environment);
    let others = others::all(environment).map(|host| Box::new(host) as Box<dyn Host>);
    FIRST.iter().map(make).chain(others).chain(LAST.iter().map(make))
}

/// All of them, for what they say wherever this runs.
fn anywhere() -> impl Iterator<Item = &'static dyn Host> {
    static ALL: LazyLock<Vec<Box<dyn Host>>> = LazyLock::new(|| all(&Environment::default()).collect());
    ALL.iter().map(|host| &**host)
}

/// The one this runs in, or the one that the input `host` names.
pub fn detect(environment: &Environment, is_terminal: bool) -> Box<dyn Host> {
    let mut hosts = all(environment);
    let found = match asked(environment) {
        Some(PLAIN) => None,
        Some(name) if names().contains(&name) => hosts.find(|host| host.name() == name),
        _ => hosts.find(|host| host.is_here()),
    };
    found.unwrap_or_else(|| Box::new(Plain { environment: environment.clone(), is_terminal }))
}

/// What the input `host` says.
fn asked(environment: &Environment) -> Option<&str> {
    let variables = input_spellings().map(|spelling| spelling.variable("host")).chain([ASKED.to_owned()]);
    variables.into_iter().find_map(|variable| environment.get(&variable))
}

/// What the input `host` takes.
pub fn names() -> Vec<&'static str> {
    anywhere().map(Host::name).chain([PLAIN]).collect()
}

/// How CI systems spell the variables that an input may be in, in order.
pub fn input_spellings() -> impl Iterator<Item = &'static Spelling> {
    anywhere().flat_map(Host::input_spellings)
}

/// Where this job gets identity tokens, if its CI system hands them out.
pub fn token_source(environment: &Environment) -> Option<TokenSource> {
    all(environment).find_map(|host| host.token_source())
}

/// The variables that hold root certificates, as PEM text or as a path.
pub fn certificate_variables() -> Vec<&'static str> {
    anywhere().flat_map(Host::certificate_variables).copied().collect()
}
