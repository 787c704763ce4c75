//! Extracts a job's log from a response while it arrives.
//!
//! The service has no offset into a log: it sends the whole of it as one JSON string, however long. So the
//! string is decoded as it arrives and passed on, and the rest is a short response like any other.

/// The most that is kept of an answer without its log, in bytes.
const LONGEST_REST: usize = 64 * 1024;

/// An answer on its way, split into the log and the rest.
pub(super) struct LogSplitter {
    /// The name of the member that holds the log.
    name: &'static [u8],
    place: Place,
    /// The beginning of the string that was read last: perhaps a member's name.
    last: Vec<u8>,
    /// The first half of a character that JSON writes as two escapes.
    high: Option<u16>,
}

#[derive(Clone, Copy)]
enum Place {
    Outside,
    /// In a string that is not the log.
    Text {
        escaped: bool,
    },
    /// After a string, at a colon if it was a name.
    AfterText,
    /// After the log's name and its colon.
    BeforeLog,
    Log,
    Escape,
    Digits {
        count: u8,
        value: u16,
    },
}

impl LogSplitter {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name: name.as_bytes(), place: Place::Outside, last: Vec::new(), high: None }
    }

    /// Takes the next piece of the answer. Pieces of the log go to `log`, decoded; all else goes to `rest`, as if the
    /// log were empty.
    pub(super) fn feed(&mut self, piece: &[u8], rest: &mut Vec<u8>, log: &mut dyn FnMut(&[u8])) {
        let mut piece = piece;
        while let Some(&byte) = piece.first() {
            if matches!(self.place, Place::Log) {
                let plain = piece.iter().position(|byte| matches!(byte, b'\\' | b'"')).unwrap_or(piece.len());
                if plain > 0 {
                    self.end_half(log);
                    log(&piece[..plain]);
                    piece = &piece[plain..];
                    continue;
                }
            }
            piece = &piece[1..];
            if self.step(byte, log) && rest.len() < LONGEST_REST {
                rest.push(byte);
            }
        }
    }

    /// Takes a byte; returns whether it belongs to the rest.
    fn step(&mut self, byte: u8, log: &mut dyn FnMut(&[u8])) -> bool {
        self.place = match self.place {
            Place::Text { escaped: false } if byte == b'"' => Place::AfterText,
            Place::Text { escaped } => {
                // One more than the name's length, so that a longer string is not mistaken for it.
                if self.last.len() <= self.name.len() {
                    self.last.push(byte);
                }
                Place::Text { escaped: byte == b'\\' && !escaped }
            }
            Place::AfterText if byte == b':' && self.last == self.name => Place::BeforeLog,
            Place::AfterText | Place::BeforeLog if byte.is_ascii_whitespace() => self.place,
            Place::BeforeLog if byte == b'"' => Place::Log,
            Place::Outside | Place::AfterText | Place::BeforeLog if byte == b'"' => {
                self.last.clear();
                Place::Text { escaped: false }
            }
            Place::Outside | Place::AfterText | Place::BeforeLog => Place::Outside,
            Place::Log if byte == b'"' => {
                self.end_half(log);
                Place::Outside
            }
            // Nothing but a backslash is left.
            Place::Log => return self.go(Place::Escape),
            Place::Escape if byte == b'u' => return self.go(Place::Digits { count: 0, value: 0 }),
            Place::Escape => {
                self.end_half(log);
                let character = match byte {
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => other,
                };
                log(&[character]);
                return self.go(Place::Log);
            }
            Place::Digits { count, value } => {
                let digit = char::from(byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok());
                let value = (value << 4) | digit.unwrap_or_default();
                if count == 3 {
                    self.unit(value, log);
                    return self.go(Place::Log);
                }
                return self.go(Place::Digits { count: count + 1, value });
            }
        };
        true
    }

    fn go(&mut self, place: Place) -> bool {
        self.place = place;
        false
    }

    /// Takes the value of a `\uXXXX`, half a character or a whole one.
    fn unit(&mut self, value: u16, log: &mut dyn FnMut(&[u8])) {
        let is_low = (0xdc00..0xe000).contains(&value);
        let high = if is_low { self.high.take() } else { None };
        self.end_half(log);
        if (0xd800..0xdc00).contains(&value) {
            self.high = Some(value);
            return;
        }
        let units = high.into_iter().chain([value]);
        let character = char::decode_utf16(units).next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER);
        log(character.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn end_half(&mut self, log: &mut dyn FnMut(&[u8])) {
        if self.high.take().is_some() {
            log("\u{fffd}".as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Splits an answer that comes in pieces of a size.
    fn split(answer: &[u8], size: usize) -> (Vec<u8>, Vec<u8>) {
        let (mut splitter, mut rest, mut content) = (LogSplitter::new("content"), Vec::new(), Vec::new());
        for piece in answer.chunks(size) {
            splitter.feed(piece, &mut rest, &mut |log| content.extend_from_slice(log));
        }
        (rest, content)
    }

    /// Writes every character as an escape, as JSON allows.
    fn escaped(text: &str) -> String {
        text.encode_utf16().fold(String::new(), |text, unit| format!("{text}\\u{unit:04x}"))
    }

    proptest! {
        #[test]
        fn a_log_is_unchanged_however_it_is_split(log in any::<String>(), other in any::<String>(), size in 1..50_usize) {
            let answer = json!({"requestId": other, "log": {"more": true, "content": log}, "content2": other, "success": true});
            let (rest, content) = split(answer.to_string().as_bytes(), size);
            prop_assert_eq!(String::from_utf8(content).unwrap(), log);
            let expected = json!({"requestId": other, "log": {"more": true, "content": ""}, "content2": other, "success": true});
            prop_assert_eq!(serde_json::from_slice::<Value>(&rest).unwrap(), expected);
        }

        #[test]
        fn a_log_of_escapes_comes_out_too(log in any::<String>(), size in 1..20_usize) {
            let (_, content) = split(format!("{{\"content\" :\n\"{}\"}}", escaped(&log)).as_bytes(), size);
            prop_assert_eq!(String::from_utf8(content).unwrap(), log);
        }

        #[test]
        fn no_bytes_are_too_strange(bytes in any::<Vec<u8>>(), size in 1..20_usize) {
            let (rest, content) = split(&bytes, size);
            prop_assert!(rest.len() <= bytes.len() && content.len() <= 3 * bytes.len());
        }
    }

    #[test]
    fn half_a_character_is_shown_as_one_that_is_missing() {
        for (log, expected) in [
            (r"a\ud83db", "a\u{fffd}b"),
            (r"a\ud83d\ud83d\ude80", "a\u{fffd}🚀"),
            (r"\ude80\n", "\u{fffd}\n"),
            (r"\ud83d", "\u{fffd}"),
            (r"\ud83d\n", "\u{fffd}\n"),
        ] {
            let (_, content) = split(format!("{{\"content\":\"{log}\"}}").as_bytes(), 3);
            assert_eq!(String::from_utf8(content).unwrap(), expected, "{log}");
        }
    }

    #[test]
    fn only_a_text_that_a_member_is_called_content_is_a_log() {
        for answer in
            [r#"{"content":null}"#, r#"["content","a"]"#, r#"{"a":"content"}"#, r#"{"contents":"a"}"#, "<html>"]
        {
            assert_eq!(split(answer.as_bytes(), 2), (answer.as_bytes().to_vec(), Vec::new()), "{answer}");
        }
    }

    #[test]
    fn the_rest_has_a_bound() {
        assert_eq!(split(&vec![b'x'; 10 * LONGEST_REST], 1000).0.len(), LONGEST_REST);
    }
}
