//! An input as it was set, in any spelling of its name.

use super::definition::Definition;
use crate::environment::Environment;

/// An input as it was given, or was not. It can't be printed: it may be a secret.
#[derive(Clone)]
pub(super) struct Input {
    pub(super) definition: &'static Definition,
    /// The input as its user wrote it, or the variable that was read for it.
    pub(super) spelt: Option<String>,
    pub(super) value: Option<String>,
    /// Whether it was set, even if it can't be read, which is then already reported.
    pub(super) is_given: bool,
    /// Whether it is in a variable in which the CI system joins a list by commas.
    pub(super) is_joined: bool,
}

impl Input {
    /// The input as the user wrote it, or how to write it if it was not set.
    pub(super) fn name(&self) -> String {
        let definition = self.definition;
        self.spelt.clone().unwrap_or_else(|| format!("{} ({})", definition.dashed(), definition.variable()))
    }

    /// The value, or the default.
    pub(super) fn value(&self) -> Option<&str> {
        self.value.as_deref().or(self.definition.default)
    }

    /// This, or another if only that was given.
    pub(super) fn or(&self, other: Self) -> Self {
        if other.is_given && !self.is_given { other } else { self.clone() }
    }

    /// The value of Alibaba Cloud's own variable instead.
    pub(super) fn in_cloud_variable(&self, environment: &Environment) -> Self {
        self.definition.cloud_variable.map_or_else(|| self.clone(), |name| self.in_variable(name, environment))
    }

    /// The value of another variable instead.
    pub(super) fn in_variable(&self, name: &str, environment: &Environment) -> Self {
        let value = environment.get(name).map(str::to_owned);
        let spelt = Some(name.to_owned());
        Self { definition: self.definition, spelt, is_given: value.is_some(), is_joined: false, value }
    }
}
