//! Checking the inputs: what is needed for it, and what it finds.

use std::io;
use std::path::Path;

use super::grammar::{quoted, shape};
use super::input::Input;
use crate::environment::Environment;
use crate::host::Host;
use crate::redaction::Redaction;
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
    pub(super) host: &'a dyn Host,
    /// The host's.
    pub(super) environment: &'a Environment,
    pub(super) read_file: ReadFile<'a>,
    /// What is secret: it may be in an input that is not.
    pub(super) secrets: Redaction,
    /// Those that are too long to be words of our own.
    pub(super) long_secrets: Redaction,
    pub(super) complaints: Vec<Complaint>,
    /// What is not wrong, but looks so.
    pub(super) warnings: Vec<Text>,
    /// Where values other than the defaults came from.
    pub(super) notices: Vec<Text>,
}

impl<'a> Check<'a> {
    pub(super) fn new(host: &'a dyn Host, read_file: ReadFile<'a>) -> Self {
        let (complaints, warnings, notices) = (Vec::new(), Vec::new(), Vec::new());
        let (environment, secrets, long_secrets) = (host.environment(), Redaction::default(), Redaction::default());
        Self { host, environment, read_file, secrets, long_secrets, complaints, warnings, notices }
    }

    /// Each input is named once, with all that is wrong with it.
    pub(super) fn complain(&mut self, input: &str, rule: Text) {
        match self.complaints.iter_mut().find(|complaint| complaint.input == input) {
            Some(Complaint { rule: earlier, .. }) => {
                *earlier = text!("{earlier}; {rule}", "{earlier}；{rule}", earlier, rule);
            }
            None => self.complaints.push(Complaint { input: input.to_owned(), rule }),
        }
    }

    /// Complains that an input is missing, unless there is a complaint already that it can't be read.
    pub(super) fn require(&mut self, input: &Input, rule: Text) {
        if !input.is_given {
            self.complain(&input.name(), rule);
        }
    }

    /// Parses an input or its default. A rule it breaks becomes a complaint, with the value unless that may be secret.
    pub(super) fn parse<T>(&mut self, input: &Input, parse: impl FnOnce(&str) -> Result<T, Text>) -> Option<T> {
        let value = input.value()?;
        parse(value).map_err(|rule| self.reject(input, value, &rule)).ok()
    }

    fn reject(&mut self, input: &Input, value: &str, rule: &Text) {
        let got = if input.definition.may_hold_secrets() { shape(value) } else { self.got(value) };
        self.complain(&input.name(), text!("{rule}; {got}", "{rule}；{got}", rule, got));
    }

    /// What was found, safe to show: foreign text in it may hold a secret, or show one once it is on one line.
    pub(super) fn fit(&self, Text { english, chinese }: &Text) -> Text {
        Text::new(self.long_secrets.line(english), self.long_secrets.line(chinese))
    }

    /// What an input, or a part of it, was, unless it holds a secret. An address may have a password before its `@`, or a
    /// token in its query.
    pub(super) fn got(&self, value: &str) -> Text {
        let quoted = quoted(value);
        let has_secret = self.secrets.is_in(value) || self.secrets.is_in(&quoted);
        if value.contains(['@', '?']) || has_secret || looks_secret(value) {
            return shape(value);
        }
        text!("got {quoted}", "收到 {quoted}")
    }
}

/// Whether a text has something in it that is made as credentials are: letters and digits without an end. Someone may
/// have given it as another input.
fn looks_secret(text: &str) -> bool {
    text.split(|character: char| !character.is_ascii_alphanumeric()).any(|word| {
        let has = |is: fn(&u8) -> bool| word.bytes().any(|byte| is(&byte));
        word.len() >= 16 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    })
}
