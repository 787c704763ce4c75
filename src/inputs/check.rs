//! The inputs on their way to settings: what they are checked with, and what that finds.

use std::io;
use std::path::Path;

use super::{grammar::shape, input::Input};
use crate::environment::Environment;
use crate::text::{Text, text};

/// Reads a whole file; a parameter, so that a test needs no disk.
pub(super) type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// One thing wrong with one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The input as its user wrote it.
    pub input: String,
    pub rule: Text,
}

/// A check of all inputs.
pub(super) struct Check<'a> {
    pub(super) environment: &'a Environment,
    pub(super) read_file: ReadFile<'a>,
    pub(super) complaints: Vec<Complaint>,
    /// What is not wrong, but looks so.
    pub(super) warnings: Vec<Text>,
    /// Where values other than the defaults came from.
    pub(super) notices: Vec<Text>,
}

impl Check<'_> {
    pub(super) fn complain(&mut self, input: &str, rule: Text) {
        self.complaints.push(Complaint { input: input.to_owned(), rule });
    }

    /// Complains that an input is missing, unless there is a complaint already that it can't be read.
    pub(super) fn require(&mut self, input: &Input, rule: Text) {
        if !input.is_given {
            self.complain(&input.name, rule);
        }
    }

    /// Parses an input or its default. A rule it breaks becomes a complaint, with the value's shape and not the value.
    pub(super) fn parse<T>(&mut self, input: &Input, parse: impl FnOnce(&str) -> Result<T, Text>) -> Option<T> {
        let value = input.value()?;
        parse(value).map_err(|rule| self.reject(input, value, &rule)).ok()
    }

    fn reject(&mut self, input: &Input, value: &str, rule: &Text) {
        let shape = shape(value);
        self.complain(&input.name, text!("{rule}; {shape}", "{rule}；{shape}", rule, shape));
    }
}
