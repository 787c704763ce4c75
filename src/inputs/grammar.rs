//! How values are written: lists, words, booleans, durations. Pure functions from text to a value or to the rule
//! that was broken. Rules name a line or a key, never a value: it may be a secret.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::sanitize::{is_control, short_line, without_user_info};
use crate::text::{Text, text};

/// The longest value that is quoted whole, in characters.
const LONGEST_QUOTED: usize = 60;

/// The longest duration that is taken.
const LONGEST_DURATION: Duration = Duration::from_hours(24 * 365);

/// A text's lines, which end with CR, LF or both.
pub(super) fn lines(value: &str) -> Vec<&str> {
    value.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r')).collect()
}

/// A list: one item a line; commas split only when there is one line; or a JSON list.
pub(super) fn list(value: &str) -> Result<Vec<String>, Text> {
    let items: Vec<String> = if value.starts_with('[') {
        let raw: Vec<Box<RawValue>> = serde_json::from_str(value).map_err(|error| not_json(&error))?;
        let rule = || text!("has null, a list or an object as an item", "数组的元素不能是 null、数组或对象");
        raw.iter().map(|item| scalar(item)).collect::<Option<_>>().ok_or_else(rule)?
    } else if lines(value).len() > 1 {
        lines(value).into_iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    } else {
        value.split(',').map(|item| item.trim().to_owned()).collect()
    };
    if items.iter().any(String::is_empty) {
        return Err(text!("has an empty item", "含有空项"));
    }
    for item in &items {
        replaced(item)?;
    }
    Ok(items)
}

/// One of these words, each with what it stands for.
pub(super) fn one_of<T: Clone>(words: &[(&str, T)]) -> impl Fn(&str) -> Result<T, Text> {
    |value| {
        let meaning = words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| meaning.clone());
        meaning.ok_or_else(|| none_of(&words.iter().map(|(word, _)| *word).collect::<Vec<_>>()))
    }
}

fn none_of(words: &[&str]) -> Text {
    let (last, others) = words.split_last().unwrap_or((&"", &[]));
    let (english, chinese) = (others.join("`, `"), others.join("`、`"));
    text!("must be `{english}` or `{last}`", "必须是 `{chinese}` 或 `{last}`")
}

/// A boolean, in the spellings of YAML 1.2's core schema: what GitHub's own toolkit takes, and nothing else.
pub(super) fn boolean(value: &str) -> Result<bool, Text> {
    match value {
        "true" | "True" | "TRUE" => Ok(true),
        "false" | "False" | "FALSE" => Ok(false),
        _ => Err(none_of(&["true", "false"])),
    }
}

/// A duration such as `30s`, `10m` or `1h30m`; `0` is no limit.
pub(super) fn duration(value: &str) -> Result<Option<Duration>, Text> {
    if value == "0" {
        return Ok(None);
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) && value.len() < 10 {
        return Err(text!(
            "needs a unit: `{value}s` for seconds or `{value}m` for minutes",
            "缺少单位：秒写作 `{value}s`，分钟写作 `{value}m`"
        ));
    }
    // The library knows days, months (`M`) and years too; hours, minutes and seconds are what the documents promise.
    let known = value.bytes().all(|byte| byte.is_ascii_digit() || b"hms ".contains(&byte));
    match humantime::parse_duration(value) {
        Ok(duration) if known && duration.subsec_nanos() > 0 => {
            Err(text!("must be whole seconds, such as `1s`", "必须是整秒，例如 `1s`"))
        }
        Ok(duration) if known && duration > Duration::ZERO && duration <= LONGEST_DURATION => Ok(Some(duration)),
        Ok(_) if known => Err(text!("must be greater than zero and at most one year", "必须大于零且不超过一年")),
        _ => Err(text!(
            "must be a duration such as `30s`, `10m` or `1h30m`, or `0` for no limit",
            "必须是时长，例如 `30s`、`10m`、`1h30m`；`0` 表示不限"
        )),
    }
}

/// The members of a JSON object, each as it was written. A key that occurs twice is an error.
pub(super) fn json_object(value: &str) -> Result<Vec<(String, Box<RawValue>)>, Text> {
    let mut json = serde_json::Deserializer::from_str(value);
    let members = json.deserialize_map(Members).and_then(|members| json.end().map(|()| members));
    let members = members.map_err(|error| not_json(&error))?;
    for (index, (key, _)) in members.iter().enumerate() {
        if members[..index].iter().any(|(earlier, _)| earlier == key) {
            return Err(twice(key));
        }
    }
    Ok(members)
}

/// A key safe to show: the address of a repository may hold a token.
pub(super) fn shown(key: &str) -> String {
    short_line(&without_user_info(key), LONGEST_QUOTED)
}

pub(super) fn twice(key: &str) -> Text {
    let key = shown(key);
    text!("has the key `{key}` twice", "键 `{key}` 出现了两次")
}

/// A JSON scalar as text, a number just as it was written; nothing for null, lists and objects.
pub(super) fn scalar(raw: &RawValue) -> Option<String> {
    match raw.get().as_bytes().first()? {
        b'"' => serde_json::from_str(raw.get()).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(raw.get().to_owned()),
    }
}

/// The value, unless it still is a reference that the CI system should have replaced.
pub(super) fn replaced(value: &str) -> Result<&str, Text> {
    // GitHub's `${{ … }}`, Azure's and Tekton's `$(…)`, a shell's `${…}` and `$…`.
    if value.starts_with('$') || value.contains("${") || value.contains("$(") {
        return Err(text!(
            "was not replaced by the CI system: it is still a variable reference (check the variable's name and scope)",
            "没有被 CI 系统替换，收到的仍是变量的引用；请检查变量名及其作用范围"
        ));
    }
    Ok(value)
}

/// The value, unless it is not as this rule has it.
pub(super) fn valid(value: &str, is_valid: bool, rule: Text) -> Result<String, Text> {
    if is_valid { Ok(value.to_owned()) } else { Err(rule) }
}

/// A character that has no width of its own, or orders those beside it: no one sees that it is there.
pub(super) fn is_invisible(character: char) -> bool {
    is_control(character)
        || matches!(character, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

pub(super) fn is_quote(character: char) -> bool {
    matches!(character, '"' | '\'' | '`' | '“' | '”' | '‘' | '’')
}

/// A value that is no secret, on one line, cut.
pub(super) fn quoted(value: &str) -> String {
    let line = short_line(value, usize::MAX);
    let visible: String = line.chars().filter(|character| !is_invisible(*character)).collect();
    format!("`{}`", short_line(&visible, LONGEST_QUOTED))
}

/// What a value looks like, without saying what it is.
pub(super) fn shape(value: &str) -> Text {
    let count = value.chars().count();
    let kinds: [(bool, &str, &str); 5] = [
        (value.contains(|c: char| c.is_ascii_digit()), "digits", "数字"),
        (value.contains(|c: char| c.is_ascii_alphabetic()), "letters", "字母"),
        (value.contains(|c: char| c.is_ascii_punctuation()), "punctuation", "标点"),
        (value.contains(char::is_whitespace), "white space", "空白"),
        (!value.is_ascii(), "characters outside ASCII", "非 ASCII 字符"),
    ];
    let present = kinds.iter().filter(|(present, ..)| *present);
    let english = present.clone().map(|(_, english, _)| *english).collect::<Vec<_>>().join(", ");
    let chinese = present.map(|(.., chinese)| *chinese).collect::<Vec<_>>().join("、");
    let characters = if count == 1 { "character" } else { "characters" };
    text!("got {count} {characters}: {english}", "收到 {count} 个字符，含{chinese}")
}

/// `serde_json`'s own message may quote the text around the fault; the place is enough.
fn not_json(error: &serde_json::Error) -> Text {
    let (line, column) = (error.line(), error.column());
    text!("is not valid JSON (line {line}, column {column})", "不是有效的 JSON（第 {line} 行第 {column} 列）")
}

/// An object's members in order, duplicates kept, so that they can be refused.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Box<RawValue>)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(member) = members.next_entry()? {
            all.push(member);
        }
        Ok(all)
    }
}
