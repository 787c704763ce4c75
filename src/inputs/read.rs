//! Reading every input from the environment.

use std::path::Path;

use super::check::{Check, ReadFile};
use super::definition::{Definition, Kind, OWN};
use super::definitions::{COUNT, DEFINITIONS, Inputs};
use super::input::Input;
use crate::environment::{Environment, trimmed};
use crate::host::{self, Spelling};
use crate::redaction::Redaction;
use crate::text::{Text, io_error, text};

/// Credentials are longer than this, in bytes. What is shorter may be a word of our own.
const SHORTEST_LONG: usize = 12;

/// The largest secret that is read from a file, in bytes.
const LARGEST_SECRET: usize = 64 * 1024;

pub(super) fn read(check: &mut Check<'_>) -> Option<[Input; COUNT]> {
    let mut found = [const { None }; COUNT];
    let mut pairs = Vec::new();
    let spellings: Vec<_> = spellings().collect();
    let names = names(check.environment, &spellings);
    for (definition, found) in DEFINITIONS.iter().zip(&mut found) {
        let Some(Found { name, is_joined, value }) = find(definition, &names, &spellings, check) else { continue };
        match value {
            Ok(value) => pairs.push((definition.name.to_owned(), value)),
            Err(rule) => check.complain(&name, rule),
        }
        *found = Some((name, is_joined));
    }
    check.secrets = Redaction::of(secrets(&pairs, check.environment));
    let is_long = |secret: &&str| secret.len() >= SHORTEST_LONG;
    check.long_secrets = Redaction::of(secrets(&pairs, check.environment).filter(is_long));
    warn_of_near_misses(&names, check);
    // envy's messages may quote a value.
    let Ok(values) = envy::from_iter::<_, Inputs<Option<String>>>(pairs) else {
        check.complain("YUNXIAO_*", text!("can't be read as text", "无法作为文本读取"));
        return None;
    };
    let mut values = values.into_array();
    Some(std::array::from_fn(|index| {
        let definition = &DEFINITIONS[index];
        let (spelt, is_joined) = found[index].take().unzip();
        Input {
            definition,
            is_given: spelt.is_some(),
            is_joined: is_joined.unwrap_or_default(),
            spelt,
            value: values[index].take(),
        }
    }))
}

/// An input that was given.
struct Found {
    /// As its user wrote it.
    name: String,
    is_joined: bool,
    /// Its value, or why it can't be read.
    value: Result<String, Text>,
}

/// What is secret, as inputs or as what Alibaba Cloud's tools leave in the environment.
fn secrets<'v>(pairs: &'v [(String, String)], environment: &'v Environment) -> impl Iterator<Item = &'v str> {
    let definitions = || DEFINITIONS.iter().filter(|definition| definition.kind == Kind::Secret);
    let given = pairs.iter().filter(move |(name, _)| definitions().any(|definition| definition.name == name));
    let left = definitions().filter_map(|definition| definition.cloud_variable);
    let left = left.filter(|name| !environment.is_unreadable(name)).filter_map(|name| environment.get(name));
    given.map(|(_, value)| value.as_str()).chain(left)
}

fn find(
    definition: &Definition,
    names: &[(&str, String)],
    spellings: &[&'static Spelling],
    check: &Check<'_>,
) -> Option<Found> {
    // Of the many spellings of each input, most are those of an input that no variable is named after.
    if !names.iter().any(|(_, name)| is_named(definition, name)) {
        return None;
    }
    let environment = check.environment;
    let file = (definition.kind == Kind::Secret).then(|| definition.file_variable());
    let path = file.as_ref().and_then(|file| Some((file, environment.get(file)?)));
    // Of several spellings only the first that is given counts, so only that one has to be readable.
    let given = |spelling: &&'static Spelling| {
        let is_it = |variable: &&str| spelling.is(variable, definition.name) && !environment.is_empty(variable);
        names.iter().map(|(variable, _)| *variable).find(is_it).map(|variable| (*spelling, variable.to_owned()))
    };
    let Some((Spelling { is_hidden, joins_lists, .. }, variable)) = spellings.iter().find_map(given) else {
        let (file, path) = path?;
        return Some(Found { value: read_secret(path, check.read_file), name: file.clone(), is_joined: false });
    };
    let value = match (!environment.is_unreadable(&variable)).then(|| environment.get(&variable)).flatten() {
        None => Err(not_utf8()),
        Some(value) => match path {
            Some((file, _)) => Err(text!("is also set as {file}: set only one", "不能与 {file} 同时填写：只能二选一")),
            None => Ok(value.to_owned()),
        },
    };
    let name = if *is_hidden { definition.dashed() } else { variable };
    Some(Found { name, is_joined: *joins_lists, value })
}

/// Reports the variables that were read and are not UTF-8, whichever part of the program read them.
pub(super) fn complain_of_unreadable(check: &mut Check<'_>) {
    for variable in check.environment.unreadable_and_asked_for() {
        check.complain(&variable, not_utf8());
    }
}

/// Only warns if the variable just describes where the run comes from.
pub(super) fn warn_of_unreadable_origin(check: &mut Check<'_>) {
    let known = check.environment.unreadable_and_asked_for();
    check.host.origin();
    for variable in check.environment.unreadable_and_asked_for() {
        if !known.contains(&variable) {
            let rule = not_utf8();
            check.warnings.push(text!("{variable} {rule}; ignored", "{variable} {rule}；已忽略", rule));
        }
    }
}

fn not_utf8() -> Text {
    text!("is not UTF-8", "不是 UTF-8 编码")
}

/// How the variables are spelled that an input may be in, in order.
fn spellings() -> impl Iterator<Item = &'static Spelling> {
    host::input_spellings().chain([&OWN])
}

/// The variables that begin as those of inputs do, each with what follows, spelled as inputs are: `like_this`.
fn names<'e>(environment: &'e Environment, spellings: &[&Spelling]) -> Vec<(&'e str, String)> {
    let name = |variable: &str| {
        let rest = spellings.iter().find_map(|spelling| variable.strip_prefix(spelling.prefix))?;
        Some(rest.to_lowercase().replace('-', "_"))
    };
    environment.names().filter_map(|variable| Some((variable, name(variable)?))).collect()
}

/// Whether a variable may hold the input, or name the file that does, by what follows its prefix.
fn is_named(definition: &Definition, name: &str) -> bool {
    definition.name == name || (definition.kind == Kind::Secret && name.strip_suffix("_file") == Some(definition.name))
}

fn warn_of_near_misses(names: &[(&str, String)], check: &mut Check<'_>) {
    for (variable, name) in names {
        let is_known = DEFINITIONS.iter().any(|known| is_named(known, name));
        if is_known || check.environment.is_empty(variable) {
            continue;
        }
        let distance = |known: &Definition| strsim::damerau_levenshtein(known.name, name);
        let near = DEFINITIONS.iter().min_by_key(|known| (distance(known), known.name));
        if let Some(near) = near.filter(|known| distance(known) <= 2).map(Definition::dashed) {
            check.warnings.push(text!(
                "{variable} is not an input; did you mean `{near}`?",
                "{variable} 不是有效的输入，是否应为 `{near}`？"
            ));
        }
    }
}

fn read_secret(path: &str, read_file: ReadFile<'_>) -> Result<String, Text> {
    let bytes = contents(path, read_file)?;
    if bytes.len() > LARGEST_SECRET {
        return Err(text!("names a file larger than 64 KiB", "所指的文件超过 64 KiB"));
    }
    let secret =
        String::from_utf8(bytes).map_err(|_| text!("names a file that is not UTF-8", "所指的文件不是 UTF-8 编码"))?;
    match trimmed(&secret) {
        "" => Err(text!("names an empty file", "所指的文件为空")),
        secret => Ok(secret.to_owned()),
    }
}

/// What is in a file that an input or a variable names.
pub(super) fn contents(path: &str, read_file: ReadFile<'_>) -> Result<Vec<u8>, Text> {
    read_file(Path::new(path)).map_err(|error| {
        let why = io_error(&error);
        text!("names a file that can't be read ({why})", "所指的文件无法读取（{why}）", why)
    })
}
