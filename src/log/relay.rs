//! Showing a foreign log: line by line, harmless, without our secrets, in bounded memory.

use std::mem;
use std::time::SystemTime;

use super::screen::Screen;
use crate::host::{Fold, Host};
use crate::redaction::Redaction;
use crate::text::text;
use crate::writer::Room;

/// The longest line that is shown whole, in bytes; longer ones are cut.
const LONGEST_LINE: usize = 16 * 1024;

/// A foreign text on its way, as lines safe to show.
pub struct Lines<'a> {
    redaction: &'a Redaction,
    /// How much of a line is needed to know that no part of a secret is at its cut end.
    window: usize,
    line: Vec<u8>,
    /// Whether the line is longer than what is kept of it.
    is_cut: bool,
    /// A carriage return has ended the last line; a line feed right after it belongs to it.
    after_return: bool,
    taken: u64,
    ended: u64,
}

impl<'a> Lines<'a> {
    pub fn new(redaction: &'a Redaction) -> Self {
        Self {
            redaction,
            window: LONGEST_LINE + redaction.longest(),
            line: Vec::new(),
            is_cut: false,
            after_return: false,
            taken: 0,
            ended: 0,
        }
    }

    /// Takes the next bytes; each line that ends in them goes to `show`.
    pub fn feed(&mut self, bytes: &[u8], show: &mut dyn FnMut(&str)) {
        // A lone carriage return would let a line hide what comes before it, so it ends a line too.
        for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            self.taken += piece.len() as u64;
            if mem::take(&mut self.after_return) && piece == b"\n" {
                self.ended = self.taken;
                continue;
            }
            let (text, end) = match piece {
                [text @ .., end @ (b'\n' | b'\r')] => (text, Some(end)),
                text => (text, None),
            };
            let room = self.window.saturating_sub(self.line.len()).min(text.len());
            self.line.extend_from_slice(&text[..room]);
            self.is_cut |= room < text.len();
            if let Some(end) = end {
                self.after_return = *end == b'\r';
                self.end_line(show);
            }
        }
    }

    /// How many bytes belong to lines that have ended.
    pub fn ended(&self) -> u64 {
        self.ended
    }

    pub fn finish(&mut self, show: &mut dyn FnMut(&str)) {
        if self.taken > self.ended && !(self.line.is_empty() && self.after_return) {
            self.end_line(show);
        }
    }

    fn end_line(&mut self, show: &mut dyn FnMut(&str)) {
        self.ended = self.taken;
        let text = String::from_utf8_lossy(&self.line);
        let line = self.redaction.line(&text);
        if self.is_cut || line.len() > LONGEST_LINE {
            // Part of a secret may stand at the end of what was kept.
            let length = if self.is_cut { line.len().saturating_sub(self.redaction.longest()) } else { line.len() };
            let kept = &line[..line.floor_char_boundary(length.min(LONGEST_LINE))];
            show(&format!("{kept}… (cut)"));
        } else {
            show(&line);
        }
        self.line.clear();
        self.is_cut = false;
    }
}

/// Lines under one fold on a screen. The fold is opened when the first of them are shown and closed when this is dropped,
/// whenever that is: on GitHub nothing we say would be a command before. Lines that are still waiting then are counted
/// under the fold.
pub struct Relay<'a> {
    host: &'a dyn Host,
    screen: &'a Screen,
    now: SystemTime,
    fold: Fold,
    is_open: bool,
    /// Lines that are not shown yet, and how many they are.
    block: String,
    waiting: usize,
}

impl<'a> Relay<'a> {
    pub fn new(host: &'a dyn Host, screen: &'a Screen, now: SystemTime, fold: Fold) -> Self {
        Self { host, screen, now, fold, is_open: false, block: String::new(), waiting: 0 }
    }

    /// Takes a line. It is shown by [`flush`](Self::flush), which is to follow before there are too many.
    pub fn push(&mut self, line: &str) {
        self.block += line;
        self.block.push('\n');
        self.waiting += 1;
    }

    /// Shows the lines that have been taken, as soon as there is room for them. When the future is dropped they go on
    /// waiting.
    pub async fn flush(&mut self) {
        if self.waiting > 0 {
            let room = self.screen.writer.room_for(self.block.len()).await;
            self.open();
            self.screen.writer.write(mem::take(&mut self.block), room);
            self.waiting = 0;
        }
    }

    /// Forgets the lines that are waiting, for they will be read again; returns how many they are.
    pub fn forget(&mut self) -> usize {
        self.block.clear();
        mem::take(&mut self.waiting)
    }

    fn open(&mut self) {
        if !mem::replace(&mut self.is_open, true) {
            self.screen.open(self.host.open(&self.fold, self.now));
        }
    }
}

impl Drop for Relay<'_> {
    fn drop(&mut self) {
        let count = mem::take(&mut self.waiting);
        if count > 0 {
            self.open();
            let said =
                text!("(not shown: {count} lines and everything after them)", "（未显示：{count} 行及其后的内容）");
            self.screen.writer.write(said.in_one_line(self.screen.language) + "\n", Room::default());
        }
        if self.is_open {
            self.screen.close(self.host.close(&self.fold, self.now));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(bytes: &[u8], size: usize, secrets: &[&str]) -> Vec<String> {
        let redaction = Redaction::of(secrets.iter().copied());
        let (mut lines, mut shown) = (Lines::new(&redaction), Vec::new());
        for piece in bytes.chunks(size) {
            lines.feed(piece, &mut |line| shown.push(line.to_owned()));
        }
        lines.finish(&mut |line| shown.push(line.to_owned()));
        shown
    }

    #[test]
    fn every_way_to_end_a_line_ends_one() {
        for size in 1..9 {
            assert_eq!(lines(b"a\nb\r\nc\rd\n\ne", size, &[]), ["a", "b", "c", "d", "", "e"]);
            assert_eq!(lines(b"a\r", size, &[]), ["a"]);
            assert_eq!(lines(b"\n", size, &[]), [""]);
            assert_eq!(lines(b"", size, &[]), [""; 0]);
            assert_eq!(lines(b"\xff\xe4\xb8\xad\xe4\nx", size, &[]), ["\u{fffd}中\u{fffd}", "x"]);
        }
    }

    #[test]
    fn what_has_ended_is_counted_to_the_byte() {
        let redaction = Redaction::default();
        let mut lines = Lines::new(&redaction);
        for (bytes, ended) in [("a", 0), ("b\n", 3), ("c\r", 5), ("\n", 6), ("d", 6)] {
            lines.feed(bytes.as_bytes(), &mut |_| {});
            assert_eq!(lines.ended(), ended, "{bytes:?}");
        }
    }

    #[test]
    fn truncating_a_line_reveals_no_secret() {
        let secret = "correct horse battery staple";
        for offset in LONGEST_LINE - 40..LONGEST_LINE + 80 {
            let text = format!("{}{secret}{}", "x".repeat(offset), "y".repeat(100));
            let [line] = &lines(text.as_bytes(), 1000, &[secret])[..] else { panic!("one line") };
            assert!(line.len() <= LONGEST_LINE + 16, "{}", line.len());
            let shown = line.trim_start_matches('x');
            assert!(!(4..=secret.len()).any(|length| shown.contains(&secret[..length])), "{offset}: {shown}");
        }
    }

    #[test]
    fn removing_commands_does_not_assemble_a_secret() {
        assert_eq!(lines(b"hor\x1b[0mse\x07battery", 99, &["horsebattery"]), ["***"]);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_pieces(text in "[ab\r\n:#\\[\u{1b}中]{0,60}", size in 1..20_usize) {
            prop_assert_eq!(lines(text.as_bytes(), size, &[]), lines(text.as_bytes(), 1000, &[]));
        }
    }
}
