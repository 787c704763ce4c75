//! The environment as text.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::sync::Arc;

/// The process's variables. Values are trimmed, and an empty one is as good as none: CI systems pass what was not set
/// as "".
#[derive(Clone, Default)]
pub struct Environment(Arc<Variables>);

#[derive(Default)]
struct Variables {
    variables: BTreeMap<String, String>,
    unreadable: BTreeSet<String>,
}

impl Environment {
    /// Takes the variables. One that is not UTF-8, such as a commit title in GBK, is only remembered by
    /// its name.
    pub fn new<N: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut all = Variables::default();
        for (name, value) in variables {
            let Ok(name) = name.into().into_string() else { continue };
            match value.into().into_string() {
                Ok(value) => drop(all.variables.insert(name, value.trim().to_owned())),
                Err(_) => drop(all.unreadable.insert(name)),
            }
        }
        Self(Arc::new(all))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The first of these variables that has a value, with its name.
    pub fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &str)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// Whether the variable is set, even to nothing.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.variables.contains_key(name) || self.0.unreadable.contains(name)
    }

    pub fn is_unreadable(&self, name: &str) -> bool {
        self.0.unreadable.contains(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.variables.keys().chain(&self.0.unreadable).map(String::as_str)
    }
}
