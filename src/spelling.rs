//! The ways in which text is spelled inside other text, as its readers undo them.

use std::ops::Range;

/// A spelling of text inside other text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// In a string of JSON: `\u003d`, `\/`.
    Json,
    /// Percent-encoded: `%3D`.
    Percent,
    /// The same in a form, where `+` is a space.
    Form,
    /// In XML or HTML: `&lt;`, `&#x3d;`.
    Xml,
    /// Any of these but a form's `+`, one beside the other, and the escapes of programming languages and shells: `\x3d`,
    /// `\u{3d}`, `\075`. Characters without a width say nothing.
    Mixed,
}

impl Spelling {
    pub(crate) const ALL: [Self; 5] = [Self::Json, Self::Percent, Self::Form, Self::Xml, Self::Mixed];

    /// Whether there may be any spelling in a text: most have none.
    pub(crate) fn may_be_in(text: &[u8]) -> bool {
        let is_of_interest = |(place, byte): (usize, &u8)| *byte == b'+' || is_mixed(*byte, &text[place..]);
        text.iter().enumerate().any(is_of_interest)
    }

    /// What the text says in this spelling; none if that is the text itself.
    pub(crate) fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        let is_of_interest = |(place, byte): (usize, &u8)| match self {
            // Without a `+`, a form says what percent-encoding says.
            Self::Form => *byte == b'+',
            Self::Mixed => is_mixed(*byte, &text[place..]),
            _ => self.introduces(*byte),
        };
        if !text.iter().enumerate().any(is_of_interest) {
            return None;
        }
        let mut decoded = Vec::with_capacity(text.len());
        self.walk(text, |_, said| decoded.extend_from_slice(said));
        (decoded != text).then_some(decoded)
    }

    /// Where ranges of what was decoded are in the text.
    pub(crate) fn ranges_in(self, text: &[u8], mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
        if ranges.is_empty() {
            return ranges;
        }
        // Where each byte of what was decoded comes from; sought only where there is something to hide.
        let mut units = Vec::with_capacity(text.len());
        self.walk(text, |unit, said| units.extend(said.iter().map(|_| unit.clone())));
        for range in &mut ranges {
            *range = units[range.start].start..units[range.end - 1].end;
        }
        ranges
    }

    /// Goes through the text unit by unit: each escape, and each byte that is none, with what it says.
    fn walk(self, text: &[u8], mut each: impl FnMut(Range<usize>, &[u8])) {
        let mut start = 0;
        while let Some(first) = text.get(start) {
            let escape = if self.introduces(*first) { self.escape(&text[start..]) } else { None };
            let length = match escape {
                Some((length, Said::Byte(byte))) => {
                    each(start..start + length, &[byte]);
                    length
                }
                Some((length, Said::Character(character))) => {
                    each(start..start + length, character.encode_utf8(&mut [0; 4]).as_bytes());
                    length
                }
                Some((length, Said::Nothing)) => {
                    each(start..start + length, &[]);
                    length
                }
                None => {
                    each(start..start + 1, &[*first]);
                    1
                }
            };
            start += length;
        }
    }

    fn introduces(self, byte: u8) -> bool {
        match self {
            Self::Json => byte == b'\\',
            Self::Percent => byte == b'%',
            Self::Form => matches!(byte, b'%' | b'+'),
            Self::Xml => byte == b'&',
            // The others are what characters without a width begin with.
            Self::Mixed => matches!(byte, b'\\' | b'%' | b'&' | 0xc2 | 0xcd | 0xd8 | 0xe1 | 0xe2 | 0xef | 0xf0 | 0xf3),
        }
    }

    /// The escape that the text begins with: its length, and what it says.
    fn escape(self, text: &[u8]) -> Option<(usize, Said)> {
        match self {
            Self::Json => json_escape(text),
            Self::Form if text[0] == b'+' => Some((1, Said::Byte(b' '))),
            Self::Percent | Self::Form => percent_escape(text),
            Self::Xml => xml_reference(text),
            Self::Mixed => match text[0] {
                b'\\' => json_escape(text).or_else(|| source_escape(text)),
                b'%' => percent_escape(text),
                b'&' => xml_reference(text),
                _ => without_width(text).map(|length| (length, Said::Nothing)),
            },
        }
    }
}

/// Whether a text may begin with something that is mixed. Nearly every character outside ASCII has a width.
fn is_mixed(byte: u8, text: &[u8]) -> bool {
    Spelling::Mixed.introduces(byte) && (byte.is_ascii() || without_width(text).is_some())
}

/// What an escape says: percent-encoding speaks of bytes, most others of characters.
enum Said {
    Byte(u8),
    Character(char),
    Nothing,
}

/// RFC 3986, section 2.1.
fn percent_escape(text: &[u8]) -> Option<(usize, Said)> {
    let byte = number(text.get(1..3)?, 16)?;
    Some((3, Said::Byte(u8::try_from(byte).ok()?)))
}

/// The escapes of programming languages and shells that are not JSON's.
fn source_escape(text: &[u8]) -> Option<(usize, Said)> {
    const LONGEST: usize = r"\u{10ffff}".len();
    let character = |digits: &[u8]| char::from_u32(number(digits, 16)?).map(Said::Character);
    match text.get(1)? {
        b'x' => Some((4, Said::Byte(u8::try_from(number(text.get(2..4)?, 16)?).ok()?))),
        b'u' if text.get(2) == Some(&b'{') => {
            let end = text.iter().take(LONGEST).position(|byte| *byte == b'}')?;
            Some((end + 1, character(&text[3..end])?))
        }
        b'U' => Some((10, character(text.get(2..10)?)?)),
        b'0'..=b'7' => {
            let is_digit = |byte: &&u8| matches!(byte, b'0'..=b'7');
            let digits = |most: usize| text[1..].iter().take(most).take_while(is_digit).count();
            // `echo` has a 0 before the three digits; of most characters that is no other's beginning.
            let said = |most| {
                let length = digits(most);
                let byte = u8::try_from(number(&text[1..=length], 8)?).ok()?;
                Some((1 + length, Said::Byte(byte)))
            };
            if text[1] == b'0' { said(4).or_else(|| said(3)) } else { said(3) }
        }
        _ => None,
    }
}

/// The length of the character that the text begins with, if it is one that nobody sees.
fn without_width(text: &[u8]) -> Option<usize> {
    let length = match text[0] {
        0xc2..=0xdf => 2,
        0xe1..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let character = std::str::from_utf8(text.get(..length)?).ok()?.chars().next()?;
    let is_unseen = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    );
    is_unseen.then_some(length)
}

/// RFC 8259, section 7.
fn json_escape(text: &[u8]) -> Option<(usize, Said)> {
    let unit = |text: &[u8]| number(text.strip_prefix(b"\\u")?.get(..4)?, 16);
    let character = match text.get(1)? {
        b'u' => match (unit(text)?, text.get(6..).and_then(unit)) {
            (high @ 0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                let character = char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
                return Some((12, Said::Character(character)));
            }
            (unit, _) => return Some((6, Said::Character(char::from_u32(unit)?))),
        },
        character @ (b'"' | b'\\' | b'/') => *character,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    };
    Some((2, Said::Byte(character)))
}

/// The references that XML has by itself, and those by number.
fn xml_reference(text: &[u8]) -> Option<(usize, Said)> {
    const LONGEST: usize = "&#x10ffff;".len();
    let end = text.iter().take(LONGEST).position(|byte| *byte == b';')?;
    let character = match &text[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((end + 1, Said::Character(character)))
}

/// A number of digits alone; `from_str_radix` would take a sign.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte != b'+'))?;
    u32::from_str_radix(digits, radix).ok()
}
