//! Drone, and Woodpecker, which came of it.

use super::system::{Host, Spelling};
use crate::environment::Environment;

pub(super) struct Drone(pub(super) Environment);

impl Host for Drone {
    /// Of interest only for what it says of who may read the log.
    fn is_here(&self) -> bool {
        self.is_public()
    }

    /// Drone says it in the first, Woodpecker in the second.
    fn is_public(&self) -> bool {
        let is = |name, value| self.0.get(name) == Some(value);
        is("DRONE_REPO_VISIBILITY", "public") || is("CI_REPO_PRIVATE", "false")
    }

    fn input_spellings(&self, input: &str) -> Vec<Spelling> {
        vec![Spelling { variable: format!("PLUGIN_{input}"), is_hidden: false, joins_lists: true }]
    }
}
