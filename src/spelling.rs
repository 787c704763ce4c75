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
}

impl Spelling {
    pub(crate) const ALL: [Self; 4] = [Self::Json, Self::Percent, Self::Form, Self::Xml];

    /// What the text says in this spelling; none if that is the text itself.
    pub(crate) fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        // Without a `+`, a form says what percent-encoding says.
        let is_of_interest = |byte: &u8| if self == Self::Form { *byte == b'+' } else { self.introduces(*byte) };
        if !text.iter().any(is_of_interest) {
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
        }
    }

    /// The escape that the text begins with: its length, and what it says.
    fn escape(self, text: &[u8]) -> Option<(usize, Said)> {
        match self {
            Self::Json => json_escape(text),
            Self::Form if text[0] == b'+' => Some((1, Said::Byte(b' '))),
            Self::Percent | Self::Form => {
                let byte = number(text.get(1..3)?, 16)?;
                Some((3, Said::Byte(u8::try_from(byte).ok()?)))
            }
            Self::Xml => xml_reference(text),
        }
    }
}

/// What an escape says: percent-encoding speaks of bytes, the others of characters.
enum Said {
    Byte(u8),
    Character(char),
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
