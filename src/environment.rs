//! The environment as text.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The process's variables. Values are trimmed, and an empty one is as good as none: CI systems pass what was not set
/// as "". Beside them it knows the folders by which some CI systems are recognised.
#[derive(Clone, Default)]
pub struct Environment(Arc<Variables>);

#[derive(Default)]
struct Variables {
    readable: BTreeMap<String, String>,
    unreadable: BTreeSet<String>,
    /// The unreadable ones that were read.
    missed: Mutex<BTreeSet<String>>,
    folders: BTreeSet<String>,
}

impl Environment {
    /// Takes the variables. One that is not UTF-8, such as a commit title in GBK, is remembered by its name: it matters
    /// only if it is requested.
    pub fn new<N: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::with_folders(variables, [])
    }

    /// The same on a machine that has these folders.
    pub fn with_folders<'f, N: Into<OsString>, V: Into<OsString>>(
        variables: impl IntoIterator<Item = (N, V)>,
        folders: impl IntoIterator<Item = &'f str>,
    ) -> Self {
        let mut all = Variables::default();
        all.folders.extend(folders.into_iter().map(str::to_owned));
        for (name, value) in variables {
            let Ok(name) = name.into().into_string() else { continue };
            match value.into().into_string() {
                Ok(value) => drop(all.readable.insert(name, trimmed(&value).to_owned())),
                Err(_) => drop(all.unreadable.insert(name)),
            }
        }
        Self(Arc::new(all))
    }

    /// The same with a variable in the place of others.
    pub fn with(&self, name: String, value: String, instead_of: &[String]) -> Self {
        let mut readable = self.0.readable.clone();
        readable.retain(|known, _| !instead_of.contains(known));
        readable.insert(name, value);
        let (unreadable, folders) = (self.0.unreadable.clone(), self.0.folders.clone());
        Self(Arc::new(Variables { readable, unreadable, folders, missed: Mutex::default() }))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        if self.is_unreadable(name) {
            self.missed().insert(name.to_owned());
        }
        self.0.readable.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The variables that were read and are not UTF-8.
    pub fn unreadable_and_asked_for(&self) -> Vec<String> {
        self.missed().iter().cloned().collect()
    }

    /// Whether the variable is not set, or set to nothing.
    pub fn is_empty(&self, name: &str) -> bool {
        !self.is_unreadable(name) && self.0.readable.get(name).is_none_or(String::is_empty)
    }

    /// The first of these variables that has a value, with its name.
    pub fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &str)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// The values of all of these variables, if each has one.
    pub fn all(&self, names: &[&str]) -> Option<Vec<String>> {
        names.iter().map(|name| self.get(name).map(str::to_owned)).collect()
    }

    /// Whether the variable is set, even to nothing.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.readable.contains_key(name) || self.0.unreadable.contains(name)
    }

    /// Whether the machine has a folder, of those that were checked.
    pub fn has_folder(&self, path: &str) -> bool {
        self.0.folders.contains(path)
    }

    pub fn is_unreadable(&self, name: &str) -> bool {
        self.0.unreadable.contains(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.readable.keys().chain(&self.0.unreadable).map(String::as_str)
    }

    fn missed(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.missed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text without white space around it, and without the mark of byte order that some editors put before it.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}
