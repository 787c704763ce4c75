//! How maps are written: lines, a JSON object, or a list as the CI system passes it. Only valid keys are accepted.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::grammar::{is_invisible, is_quote, json_object, lines, quoted, replaced, scalar, shown, twice};
use crate::text::{Text, text};

/// How the text of a map is written, and what its keys are.
#[derive(Clone, Copy)]
pub(super) struct MapGrammar {
    /// Whether the CI system joins the items of a list by commas.
    pub(super) is_joined: bool,
    pub(super) keys: Keys,
}

/// What the keys of a map are.
#[derive(Clone, Copy)]
pub(super) enum Keys {
    /// Names of variables.
    Names,
    /// Addresses, ids and names of things.
    Places,
}

impl Keys {
    /// The rule that a key breaks, if it does.
    fn fault(self, key: &str) -> Option<Text> {
        let is_name = |character: char| character.is_alphanumeric() || "_.-".contains(character);
        let is_part = |character: char| !character.is_whitespace() && !is_invisible(character) && !is_quote(character);
        match self {
            Self::Names if !key.chars().all(is_name) => Some(text!(
                "which isn't a valid name: use letters, digits, `_`, `.` and `-`",
                "不是有效的变量名：只能有字母、数字和 `_`、`.`、`-`"
            )),
            Self::Places if !key.chars().all(is_part) || key.starts_with(['#', '[']) => Some(text!(
                "which has white space, quotes or invisible characters, or begins with `#` or `[`",
                "含有空白、引号或不可见字符，或以 `#`、`[` 开头"
            )),
            _ => None,
        }
    }
}

impl MapGrammar {
    pub(super) const fn new(keys: Keys) -> Self {
        Self { is_joined: false, keys }
    }

    /// A map: lines of `KEY=VALUE`, or a JSON object when the text starts with `{`.
    pub(super) fn map(self, value: &str) -> Result<BTreeMap<String, String>, Text> {
        let pairs = if value.starts_with('{') { self.json(value)? } else { self.lines(value)? };
        let mut map = BTreeMap::new();
        for (key, value) in pairs {
            if map.insert(key.clone(), value).is_some() {
                return Err(twice(&key));
            }
        }
        Ok(map)
    }

    /// A map in which every value must be given: refs and versions.
    pub(super) fn map_of_given(self, value: &str) -> Result<BTreeMap<String, String>, Text> {
        let map = self.map(value)?;
        given(&map)?;
        Ok(map)
    }

    fn lines(self, value: &str) -> Result<Vec<(String, String)>, Text> {
        let mut pairs = Vec::new();
        for (number, line) in (1..).zip(self.items(value)?).filter(|(_, line)| !line.trim().is_empty()) {
            let Some((key, value)) = line.split_once('=') else {
                return Err(text!(
                    "has no `=` in line {number}; write one KEY=VALUE per line, or a JSON object for multi-line values",
                    "第 {number} 行没有 `=`；应为每行一个 KEY=VALUE，值有多行时请用 JSON 对象"
                ));
            };
            let key = key.trim();
            if key.is_empty() {
                return Err(text!("has nothing before the `=` in line {number}", "第 {number} 行的 `=` 之前没有内容"));
            }
            if let Some(fault) = self.keys.fault(key) {
                return Err(text!(
                    "has something before the `=` in line {number} {fault}; write one KEY=VALUE per line without \
                     quotes, `export` or comments, or a JSON object",
                    "第 {number} 行 `=` 之前的内容{fault}；应为每行一个 KEY=VALUE，不能带引号、`export` 或注释，也可以用 JSON 对象",
                    fault
                ));
            }
            pairs.push((key.to_owned(), value.trim().to_owned()));
        }
        Ok(pairs)
    }

    /// The text's lines, or the items of the CI system's own list.
    fn items(self, value: &str) -> Result<Vec<&str>, Text> {
        let lines = lines(value);
        let [line] = lines[..] else { return Ok(lines) };
        let is_pair = |part: &str| {
            let key = part.split_once('=').map(|(key, _)| key.trim());
            key.is_some_and(|key| !key.is_empty() && self.keys.fault(key).is_none())
        };
        if self.is_joined && line.split(',').all(is_pair) {
            return Ok(line.split(',').collect());
        }
        // A value may have white space and options (`-Dkey=value`), but not so that each part of it is a variable by itself.
        let is_variable = |part: &str| {
            let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
            part.split_once('=').is_some_and(|(key, _)| {
                key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') && key.chars().all(is_plain)
            })
        };
        if line.split_whitespace().nth(1).is_some() && line.split_whitespace().all(is_variable) {
            return Err(text!(
                "has several KEY=VALUE on one line: in YAML write `|` (keeps line breaks), not `>` (joins lines); if \
                 it is a single value, write a JSON object",
                "一行中有多个 KEY=VALUE：YAML 中请用 `|`（保留换行）而不是 `>`（合并成一行）；如果确实是一个值，请用 JSON 对象"
            ));
        }
        Ok(lines)
    }

    fn json(self, value: &str) -> Result<Vec<(String, String)>, Text> {
        let pair = |(key, raw): (String, Box<RawValue>)| {
            if key.is_empty() {
                return Err(text!("has an empty key", "含有空键"));
            }
            // A place may have any name, and in JSON it is clear where it ends.
            if let (Keys::Names, Some(fault)) = (self.keys, self.keys.fault(&key)) {
                let key = quoted(&key);
                return Err(text!("has the key {key}, {fault}", "键 {key} {fault}", fault));
            }
            match scalar(&raw) {
                Some(value) => Ok((key, value)),
                None => {
                    let key = shown(&key);
                    Err(text!(
                        "has null, a list or an object under the key `{key}`",
                        "键 `{key}` 的值不能是 null、数组或对象"
                    ))
                }
            }
        };
        json_object(value)?.into_iter().map(pair).collect()
    }
}

/// Checks that every value is given, and was replaced.
fn given(map: &BTreeMap<String, String>) -> Result<(), Text> {
    for (key, value) in map {
        if value.is_empty() {
            let key = shown(key);
            return Err(text!("has nothing after `{key}=`", "`{key}=` 之后没有内容"));
        }
        replaced(key)?;
        replaced(value)?;
    }
    Ok(())
}
