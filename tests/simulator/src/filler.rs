//! Made-up log lines, for logs longer than anyone would write down.

use std::fmt::Write as _;

/// How long a line is, its end included; longer once its number has more than twelve digits.
const LINE: u64 = 100;
/// What follows a line's number.
const REST: &str = " of the filler: the quick brown fox jumps over the lazy dog, 敏捷的狐狸 then again\n";

/// Appends lines of so many bytes, or of a little more; each has its number, from 1.
pub(crate) fn fill(text: &mut String, bytes: u64) {
    let lines = bytes.div_ceil(LINE);
    text.reserve(usize::try_from(lines * LINE).unwrap_or_default());
    for number in 1..=lines {
        let _ = write!(text, "{number:012}{REST}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_lines_of_at_least_so_many_bytes_are_made_up() {
        for (bytes, length) in [(0, 0), (1, 100), (100, 100), (101, 200), (1000, 1000)] {
            let mut text = String::from("before\n");
            fill(&mut text, bytes);
            assert_eq!(text.len() - "before\n".len(), length, "{bytes}");
            assert!(text.ends_with('\n'));
        }
        let mut text = String::new();
        fill(&mut text, 250);
        let numbers: Vec<&str> = text.lines().map(|line| &line[..12]).collect();
        assert_eq!(numbers, ["000000000001", "000000000002", "000000000003"]);
    }
}
