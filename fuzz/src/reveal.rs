//! What a text says once the spellings in it are undone: a second reading, by no code of the program's.

use crate::SECRETS;

/// How many spellings may lie over one another, as the program promises.
const LAYERS: usize = 2;

/// The secret that a text shows, of all.
pub(crate) fn secret_in(text: &str) -> Option<&'static str> {
    let readings = readings(text.as_bytes().to_vec(), LAYERS);
    SECRETS.into_iter().find(|secret| shows(&readings, secret))
}

/// Whether a text shows a secret, in any spelling or in a spelling of that.
pub(crate) fn has_secret(text: &str, secret: &str) -> bool {
    shows(&readings(text.as_bytes().to_vec(), LAYERS), secret)
}

fn shows(readings: &[Vec<u8>], secret: &str) -> bool {
    let encoded = data_encoding::BASE64_NOPAD.encode(secret.as_bytes());
    readings.iter().any(|reading| has(reading, secret.as_bytes()) || has(reading, encoded.as_bytes()))
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window[0] == part[0] && window == part)
}

fn readings(text: Vec<u8>, layers: usize) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    if layers > 0 {
        for undo in [json as fn(&[u8]) -> Vec<u8>, percent, form, xml] {
            let undone = undo(&text);
            if undone != text {
                all.extend(readings(undone, layers - 1));
            }
        }
    }
    all.push(text);
    all
}

fn json(text: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    let hex = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    while at < text.len() {
        let plain = match text.get(at + 1) {
            _ if text[at] != b'\\' => None,
            Some(b'n') => Some(b'\n'),
            Some(b'r') => Some(b'\r'),
            Some(b't') => Some(b'\t'),
            Some(b'b') => Some(8),
            Some(b'f') => Some(12),
            Some(other @ (b'"' | b'\\' | b'/')) => Some(*other),
            _ => None,
        };
        if let Some(byte) = plain {
            out.push(byte);
            at += 2;
            continue;
        }
        let pair = hex(at).zip(hex(at + 6)).and_then(|(high, low)| String::from_utf16(&[high, low]).ok());
        let pair = pair.filter(|_| matches!(hex(at), Some(0xd800..0xdc00)));
        let one = hex(at).and_then(|unit| String::from_utf16(&[unit]).ok());
        match (pair, one) {
            (Some(pair), _) => {
                out.extend(pair.bytes());
                at += 12;
            }
            (None, Some(one)) => {
                out.extend(one.bytes());
                at += 6;
            }
            (None, None) => {
                out.push(text[at]);
                at += 1;
            }
        }
    }
    out
}

fn percent(text: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let digits =
            text.get(at + 1..at + 3).filter(|digits| text[at] == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        out.push(byte.unwrap_or(text[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    out
}

fn form(text: &[u8]) -> Vec<u8> {
    percent(&text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect::<Vec<_>>())
}

fn xml(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let reference = (*first == b'&').then(|| rest.iter().take(10).position(|byte| *byte == b';')).flatten();
        let said = reference.and_then(|end| {
            let name = std::str::from_utf8(&rest[1..end]).ok()?;
            let number = name.strip_prefix('#').and_then(|digits| {
                let (digits, radix) = match digits.strip_prefix(['x', 'X']) {
                    Some(digits) => (digits, 16),
                    None => (digits, 10),
                };
                digits.chars().all(|digit| digit.is_digit(radix)).then_some(())?;
                char::from_u32(u32::from_str_radix(digits, radix).ok()?)
            });
            let character = match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                _ => number?,
            };
            Some((character, end + 1))
        });
        match said {
            Some((character, length)) => {
                out.extend(character.to_string().bytes());
                rest = &rest[length..];
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}
