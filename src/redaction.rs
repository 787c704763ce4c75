//! Redacts secrets in text that others wrote.

use std::borrow::Cow;
use std::cell::OnceCell;
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
            let mut hidden = Vec::new();
            for value in &self.values {
                hidden.push(value.clone());
                hidden.extend(base64(value));
                hidden.extend(hexadecimal(value));
                // A message is one line when it is shown, so each line of a value has to be known by itself.
                let lines = value.lines().map(str::trim).filter(|line| line.chars().count() >= SHORTEST);
                hidden.extend(lines.map(str::to_owned));
            }
            hidden.sort_unstable();
            hidden.dedup();
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
        // Most ids are hexadecimal digits. Those are not searched for Base64, which hardly ever is, since that costs most.
        let is_hexadecimal = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        let may_be_in = !is_hexadecimal || self.may_be_in(text) || self.is_in_hexadecimal(text);
        may_be_in && !self.find(text.as_bytes(), &mut Vec::new()).is_empty()
    }

    /// Whether a hidden value stands in a text in hexadecimal: a quick look, for few ids have room for a secret.
    fn is_in_hexadecimal(&self, text: &str) -> bool {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let says = |pair: &[u8], byte: u8| {
            digit(pair[0]) == Some(u32::from(byte >> 4)) && digit(pair[1]) == Some(u32::from(byte & 15))
        };
        let is_said = |value: &[u8]| {
            let mut windows = text.as_bytes().windows(2 * value.len());
            windows.any(|digits| digits.chunks(2).zip(value).all(|(pair, byte)| says(pair, *byte)))
        };
        self.values.iter().any(|value| value.len() >= SHORTEST_IN_OTHERS && is_said(value.as_bytes()))
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
        for spelling in Spelling::ALL {
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

/// A value as it stands in hexadecimal.
fn hexadecimal(value: &str) -> Vec<String> {
    if value.len() < SHORTEST_IN_OTHERS {
        return Vec::new();
    }
    let lower = encoding::hexadecimal(value.as_bytes());
    let upper = lower.to_ascii_uppercase();
    vec![lower, upper]
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
