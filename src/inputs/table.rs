//! The table of inputs: every spelling of a name merged into one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use serde::de::{self, Deserializer, Visitor};

use super::grammar;
use super::{Complaint, Inputs, SECRETS, dashed};
use crate::environment::Environment;
use crate::text::{Text, text};

/// The largest secret that is read from a file, in bytes.
const LARGEST_SECRET: usize = 64 * 1024;

/// Reads a whole file; a parameter, so that a test needs no disk.
pub(super) type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

/// What was given, by field, each value with the name its user knows it by.
#[derive(Default)]
pub struct Table {
    entries: BTreeMap<&'static str, Entry>,
    /// Fields that were given, but can't be read: nobody should complain that they are missing.
    unreadable: BTreeSet<&'static str>,
    /// What is wrong already.
    pub complaints: Vec<Complaint>,
    /// What is not wrong, but worth a warning.
    pub warnings: Vec<Text>,
}

struct Entry {
    value: String,
    written: String,
}

impl Table {
    /// Merges the environment's spellings of every input.
    #[must_use]
    pub fn merge(environment: &Environment, read_file: ReadFile<'_>) -> Self {
        let mut table = Self::default();
        for field in Inputs::fields() {
            table.merge_field(field, environment, read_file);
        }
        table.warn_of_near_misses(environment);
        table
    }

    fn merge_field(&mut self, field: &'static str, environment: &Environment, read_file: ReadFile<'_>) {
        // Of several spellings only the first that is given counts, so only that one has to be readable.
        let given = |variable: &String| environment.get(variable).is_some() || environment.is_unreadable(variable);
        if let Some(variable) = spellings(field).into_iter().find(given).filter(|name| environment.is_unreadable(name))
        {
            self.unreadable.insert(field);
            return self.complain(written(field, &variable), text!("is not UTF-8", "不是 UTF-8 编码"));
        }
        let given = spelling(field, environment);
        let file = file_of(field);
        let path = if SECRETS.contains(&field) { environment.get(&file) } else { None };
        match (given, path) {
            (Some((variable, _)), Some(_)) => {
                self.unreadable.insert(field);
                let input = written(field, &variable);
                self.complain(
                    input,
                    text!("is also given as {file}: give one of them", "不能与 {file} 同时填写：只能二选一"),
                );
            }
            (Some((variable, value)), None) => {
                let entry = Entry { value: value.to_owned(), written: written(field, &variable) };
                self.entries.insert(field, entry);
            }
            (None, Some(path)) => match read_secret(Path::new(path), read_file) {
                Ok(value) => drop(self.entries.insert(field, Entry { value, written: file })),
                Err(rule) => {
                    self.unreadable.insert(field);
                    self.complain(file, rule);
                }
            },
            (None, None) => {}
        }
    }

    fn warn_of_near_misses(&mut self, environment: &Environment) {
        let known = Inputs::fields();
        for name in environment.names() {
            let Some(rest) = ["INPUT_", "PLUGIN_", "YUNXIAO_"].iter().find_map(|prefix| name.strip_prefix(prefix))
            else {
                continue;
            };
            let field = rest.to_lowercase().replace('-', "_");
            let file_of_secret = field.strip_suffix("_file").is_some_and(|secret| SECRETS.contains(&secret));
            if known.contains(&field.as_str()) || file_of_secret || environment.get(name).is_none() {
                continue;
            }
            let distances = known.iter().map(|known| (strsim::damerau_levenshtein(known, &field), known));
            if let Some((_, near)) = distances.min().filter(|(distance, _)| *distance <= 2) {
                let near = dashed(near);
                self.warnings.push(text!(
                    "{name} is not an input; did you mean `{near}`?",
                    "{name} 不是有效的输入，是否应为 `{near}`？"
                ));
            }
        }
    }

    /// The table as `envy` takes it.
    pub fn pairs(&self) -> impl Iterator<Item = (String, String)> {
        self.entries.iter().map(|(field, entry)| ((*field).to_owned(), entry.value.clone()))
    }

    /// Whether the input was given, readable or not.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.entries.contains_key(field) || self.unreadable.contains(field)
    }

    /// Complains that an input is missing, unless there is a complaint already that it can't be read.
    pub fn miss(&mut self, field: &str, rule: Text) {
        if !self.has(field) {
            self.complain(self.written(field), rule);
        }
    }

    /// The input as its user wrote it, or as it could be written when it was not given at all.
    #[must_use]
    pub fn written(&self, field: &str) -> String {
        match self.entries.get(field) {
            Some(entry) => entry.written.clone(),
            None => format!("{} (YUNXIAO_{})", dashed(field), field.to_uppercase()),
        }
    }

    /// The input as its user wrote it, or another input that may hold it.
    #[must_use]
    pub(super) fn written_or_in(&self, field: &str, other: &str) -> String {
        let is_in_other = !self.entries.contains_key(field) && self.entries.contains_key(other);
        self.written(if is_in_other { other } else { field })
    }

    /// Adds a complaint.
    pub fn complain(&mut self, input: impl Into<String>, rule: Text) {
        self.complaints.push(Complaint { input: input.into(), rule });
    }

    /// Adds a complaint that shows what the value looks like, and not what it is.
    pub fn complain_of_value(&mut self, input: &str, rule: &Text, value: &str) {
        let shape = grammar::shape(value);
        let english = format!("{}; {}", rule.english, shape.english);
        let chinese = format!("{}；{}", rule.chinese, shape.chinese);
        self.complain(input, Text::new(english, chinese));
    }

    /// Parses an input, if it was given. A rule it breaks becomes a complaint, with the value's shape.
    pub fn parse<T>(
        &mut self,
        field: &str,
        value: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Text>,
    ) -> Option<T> {
        let value = value?;
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(rule) => {
                self.complain_of_value(&self.written(field), &rule, value);
                None
            }
        }
    }
}

/// The variables an input may be in, in order.
pub(super) fn spellings(field: &str) -> Vec<String> {
    let name = field.to_uppercase();
    let mut spellings = vec![format!("INPUT_{}", name.replace('_', "-"))];
    if name.contains('_') {
        spellings.push(format!("INPUT_{name}"));
    }
    spellings.extend([format!("PLUGIN_{name}"), format!("YUNXIAO_{name}")]);
    spellings
}

/// The variable that names the file a secret may be in.
fn file_of(field: &str) -> String {
    format!("YUNXIAO_{}_FILE", field.to_uppercase())
}

fn spelling<'e>(field: &str, environment: &'e Environment) -> Option<(String, &'e str)> {
    spellings(field).into_iter().find_map(|variable| {
        let value = environment.get(&variable)?;
        Some((variable, value))
    })
}

/// A GitHub step says `pipeline-id:` and never sees `INPUT_PIPELINE-ID`; anybody else set the variable.
fn written(field: &str, variable: &str) -> String {
    let dashed = dashed(field);
    if variable == format!("INPUT_{}", dashed.to_uppercase()) { dashed } else { variable.to_owned() }
}

fn read_secret(path: &Path, read_file: ReadFile<'_>) -> Result<String, Text> {
    let bytes = read_file(path).map_err(|error| {
        let kind = error.kind();
        text!("names a file that can't be read ({kind})", "所指的文件无法读取（{kind}）")
    })?;
    if bytes.len() > LARGEST_SECRET {
        return Err(text!("names a file larger than 64 KiB", "所指的文件超过 64 KiB"));
    }
    let secret =
        String::from_utf8(bytes).map_err(|_| text!("names a file that is not UTF-8", "所指的文件不是 UTF-8 编码"))?;
    match secret.trim() {
        "" => Err(text!("names an empty file", "所指的文件为空")),
        secret => Ok(secret.to_owned()),
    }
}

/// A deserializer that yields a struct's field names and nothing else.
pub(super) struct Fields<'a>(pub(super) &'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = de::value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        Err(de::Error::custom("only the names were wanted"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(de::Error::custom("only the names were wanted"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
