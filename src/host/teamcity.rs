//! TeamCity.

use std::path::Path;
use std::time::SystemTime;

use tracing::Level;

use super::names::Names;
use super::outputs::{Destination, Orders, teamcity_value};
use super::system::{Fold, Host};
use crate::environment::Environment;
use crate::sanitize;

pub(super) struct TeamCity(pub(super) Environment);

const NAMES: Names = Names {
    repository: &["TEAMCITY_PROJECT_NAME"],
    commit: &["BUILD_VCS_NUMBER"],
    work: &["TEAMCITY_PROJECT_NAME", "TEAMCITY_BUILDCONF_NAME", "BUILD_NUMBER"],
    ..Names::NONE
};

impl Host for TeamCity {
    fn name(&self) -> &'static str {
        "teamcity"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("TEAMCITY_VERSION").is_some()
    }

    fn destination(&self, asked: Option<&Path>) -> Option<Destination> {
        Some(asked.map_or(Destination::Orders(Orders::TeamCity), Destination::asked))
    }

    fn line(&self, level: Level, message: &str) -> String {
        let clean = message.split('\n').map(sanitize::line).collect::<Vec<_>>().join("\n");
        let status = match level {
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => return clean,
            _ => "NORMAL",
        };
        format!("##teamcity[message text='{}' status='{status}']", teamcity_value(&clean))
    }

    fn open(&self, fold: &Fold, _: SystemTime) -> String {
        format!("##teamcity[blockOpened name='{}']\n", teamcity_value(&sanitize::one_line(&fold.title)))
    }

    fn close(&self, fold: &Fold, _: SystemTime) -> String {
        format!("##teamcity[blockClosed name='{}']\n", teamcity_value(&sanitize::one_line(&fold.title)))
    }
}
