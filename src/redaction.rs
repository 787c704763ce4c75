//! Redacts secrets in text that others wrote.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem::{self, Finder};

use crate::encoding;
use crate::sanitize::{self, both};
use crate::spelling::Spelling;

/// The shortest value that is hidden; shorter ones occur in ordinary words.
const SHORTEST: usize = 4;

/// The shortest value that is searched for in hexadecimal, or within the Base64 of something longer: of a shorter one, too
/// few characters would be sure.
const SHORTEST_IN_OTHERS: usize = 8;

/// How much of a foreign name or message is looked at, in bytes: far more than is ever shown.
const LONGEST_QUOTED: usize = 16 * 1024;

/// The length below which a text is looked through without making a finder first, in bytes: `memmem`'s own.
const SHORT: usize = 64;

/// How many spellings may lie over one another: the JSON of a form is two.
const LAYERS: usize = 2;

/// The same of one spelling over itself: a message that quotes a message is in JSON that often, and begins with an escape.
const LAYERS_OF_ONE: usize = 4;

/// How many bytes a byte of a secret takes in the longest spelling that is met: the Base64 of `%26%23x3d%3B`, or `\u003d` with
/// eight backslashes.
const LONGEST_ESCAPE: usize = 16;

/// What must not be shown: a service may quote a request, secrets and run variables included, in its error message.
#[derive(Default)]
pub struct Redaction {
    values: Vec<String>,
    /// What is searched for. Made when it is first needed, for a successful start quotes nothing.
    hidden: OnceCell<Vec<Hidden>>,
}

/// One spelling of a value.
struct Hidden {
    text: String,
    finder: OnceCell<Finder<'static>>,
}

impl Redaction {
    /// Hides these values, in every spelling that a service may quote them in.
    pub fn of<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let values = values.into_iter().filter(|value| value.chars().count() >= SHORTEST);
        Self { values: values.map(str::to_owned).collect(), hidden: OnceCell::new() }
    }

    fn hidden(&self) -> &[Hidden] {
        self.hidden.get_or_init(|| {
            let mut hidden = BTreeSet::new();
            for value in &self.values {
                hidden.insert(value.clone());
                hidden.extend(base64(value));
                // A message is one line when it is shown, so each line of a value has to be known by itself.
                let lines = value.lines().map(str::trim).filter(|line| line.chars().count() >= SHORTEST);
                hidden.extend(lines.map(str::to_owned));
            }
            hidden.into_iter().map(|text| Hidden { text, finder: OnceCell::new() }).collect()
        })
    }

    /// Whether there may be a hidden value in a text that holds nothing in Base64 or hexadecimal: a quick look, which makes no
    /// forms of it.
    pub fn may_be_in(&self, text: &str) -> bool {
        let is_suspicious = |byte| !matches!(byte, b' '..=b'~') || matches!(byte, b'\\' | b'%' | b'&' | b'+');
        let mut lines = self.values.iter().flat_map(|value| value.lines()).map(str::trim);
        !self.values.is_empty()
            && (text.bytes().any(is_suspicious) || lines.any(|line| !line.is_empty() && text.contains(line)))
    }

    /// Whether there is a hidden value in the text.
    pub fn is_in(&self, text: &str) -> bool {
        // Most ids are hexadecimal, which is hardly ever Base64. Searching for Base64 costs the most, so it is skipped.
        let is_hexadecimal = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        if is_hexadecimal && !self.may_be_in(text) {
            return !self.in_hexadecimal(text.as_bytes()).is_empty();
        }
        !self.find(text.as_bytes(), &mut Vec::new()).is_empty()
    }

    /// The most bytes that a hidden value takes in any spelling.
    pub fn longest(&self) -> usize {
        self.values.iter().map(String::len).max().unwrap_or_default() * LONGEST_ESCAPE
    }

    /// A foreign name or message safe to show: one line, without hidden values and without orders, cut to `longest`
    /// characters. It is cut last, for half a secret is not recognised.
    pub fn quote(&self, text: &str, longest: usize) -> String {
        let window = LONGEST_QUOTED + self.longest();
        if text.len() <= window {
            return sanitize::cut(self.clean(text, sanitize::in_one_line), longest);
        }
        // No more of a foreign text is worked on than can be shown. Part of a secret may stand at its end.
        let clean = self.clean(&text[..text.floor_char_boundary(window)], sanitize::in_one_line);
        let whole = clean.floor_char_boundary(clean.len().saturating_sub(self.longest()));
        sanitize::cut(format!("{}…", &clean[..whole]).into(), longest)
    }

    /// A foreign line safe to show: the same, but for its white space.
    pub fn line<'t>(&self, line: &'t str) -> Cow<'t, str> {
        self.clean(line, sanitize::without_controls)
    }

    /// Redacts twice, for taking a character out may join a secret; before commands are broken, for that would part one.
    fn clean<'t>(&self, text: &'t str, without_controls: fn(&str) -> Cow<'_, str>) -> Cow<'t, str> {
        let text = both(self.apply(text), without_controls);
        both(both(text, |text| self.apply(text)), sanitize::without_commands)
    }

    /// The text with every hidden value replaced by `***`.
    pub fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut ranges = self.find(text.as_bytes(), &mut Vec::new());
        if ranges.is_empty() {
            return Cow::Borrowed(text);
        }
        ranges.sort_unstable_by_key(|range| range.start);
        let (mut redacted, mut shown) = (String::with_capacity(text.len()), 0);
        for range in ranges {
            if range.start >= shown {
                redacted.push_str(&text[shown..range.start]);
                redacted.push_str("***");
            }
            shown = shown.max(range.end);
        }
        redacted.push_str(&text[shown..]);
        Cow::Owned(redacted)
    }

    /// Where hidden values are in the text, as it is or in spellings over those already undone.
    fn find(&self, text: &[u8], undone: &mut Vec<Spelling>) -> Vec<Range<usize>> {
        if self.values.is_empty() || text.is_empty() {
            return Vec::new();
        }
        let mut ranges: Vec<_> = self.hidden().iter().flat_map(|hidden| hidden.ranges_in(text)).collect();
        ranges.extend(self.in_hexadecimal(text));
        if !Spelling::may_be_in(text) {
            return ranges;
        }
        // What is mixed has every escape of the others, but not a form's.
        let has_escapes = Spelling::Mixed.decode(text).is_some();
        for spelling in Spelling::ALL.into_iter().filter(|spelling| has_escapes || *spelling == Spelling::Form) {
            let is_one = undone.iter().all(|other| *other == spelling);
            if undone.len() >= if is_one { LAYERS_OF_ONE } else { LAYERS } {
                continue;
            }
            if let Some(decoded) = spelling.decode(text) {
                undone.push(spelling);
                ranges.extend(spelling.ranges_in(text, self.find(&decoded, undone)));
                undone.pop();
            }
        }
        ranges
    }

    /// Where hidden values stand in hexadecimal: in runs of digits that have room for one.
    fn in_hexadecimal(&self, text: &[u8]) -> Vec<Range<usize>> {
        const ROOM: usize = 2 * SHORTEST_IN_OTHERS;
        let is_digit = |byte: &u8| byte.is_ascii_hexdigit();
        let mut ranges = Vec::new();
        // Of so many digits in a row, one is at a place that is looked at.
        let mut place = ROOM - 1;
        while let Some(byte) = text.get(place) {
            if !is_digit(byte) {
                place += ROOM;
                continue;
            }
            let start = place - text[..place].iter().rev().take_while(|byte| is_digit(byte)).count();
            let end = place + text[place..].iter().take_while(|byte| is_digit(byte)).count();
            // A value may begin at the second digit of what would be another byte.
            for start in (start..start + 2).filter(|_| end - start >= ROOM) {
                let decoded = encoding::from_hexadecimal(&text[start..end]);
                for value in self.values.iter().filter(|value| value.len() >= SHORTEST_IN_OTHERS) {
                    let found = memmem::find_iter(&decoded, value).map(|place| start + 2 * place);
                    ranges.extend(found.map(|first| first..first + 2 * value.len()));
                }
            }
            place = end + ROOM;
        }
        ranges
    }
}

impl Hidden {
    fn ranges_in(&self, text: &[u8]) -> Vec<Range<usize>> {
        let length = self.text.len();
        // Making a finder costs more than going once through a short text.
        if text.len() < length || (text.len() < SHORT && memmem::find(text, self.text.as_bytes()).is_none()) {
            return Vec::new();
        }
        let finder = self.finder.get_or_init(|| Finder::new(&self.text).into_owned());
        finder.find_iter(text).map(|start| start..start + length).collect()
    }
}

/// A value as it is in Base64, by itself or within something longer, where two or three characters at its ends depend
/// on what is beside it.
fn base64(value: &str) -> Vec<String> {
    let mut forms = vec![STANDARD_NO_PAD.encode(value)];
    for before in (0..3).filter(|_| value.len() >= SHORTEST_IN_OTHERS) {
        let bytes = [&[0; 2][..before], value.as_bytes()].concat();
        let (start, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        forms.push(STANDARD_NO_PAD.encode(&bytes)[start..end].to_owned());
    }
    // The alphabet for addresses has others in place of two signs.
    let in_addresses = forms.iter().filter(|form| form.contains(['+', '/']));
    let in_addresses: Vec<_> = in_addresses.map(|form| form.replace('+', "-").replace('/', "_")).collect();
    forms.extend(in_addresses);
    forms
}

/// A foreign name. It is compared as it is, and shown as it may be.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Foreign {
    raw: String,
    shown: String,
}

impl Foreign {
    pub fn new(raw: &str, redaction: &Redaction, longest: usize) -> Self {
        Self { raw: raw.to_owned(), shown: redaction.quote(raw, longest) }
    }

    /// As it is, which is not to be shown.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// As it may be shown: on one line, shortened, without what is hidden.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, formatter)
    }
}
