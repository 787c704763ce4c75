//! Drone, and Woodpecker, which came of it: their plugins' inputs, and who may read a log.

use super::Spelling;
use crate::environment::Environment;

pub(super) struct Kind;

impl super::Kind for Kind {
    fn is_public(&self, environment: &Environment) -> bool {
        environment.get("DRONE_REPO_VISIBILITY") == Some("public")
            || environment.get("CI_REPO_PRIVATE") == Some("false") // Woodpecker's
    }

    fn input_spellings(&self, input: &str) -> Vec<Spelling> {
        vec![Spelling { variable: format!("PLUGIN_{input}"), is_hidden: false }]
    }

    fn input_prefix(&self) -> Option<&'static str> {
        Some("PLUGIN_")
    }
}
