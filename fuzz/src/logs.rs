//! A job's log: taken out of an answer while it arrives, and shown line by line.

use serde_json::Value;
use yunxiao_run::log::Lines;
use yunxiao_run::redaction::Redaction;
use yunxiao_run::yunxiao::fuzzing::split_log;

use crate::orders::{assert_harmless, orders_in};
use crate::reveal::secret_in;
use crate::{SECRETS, fields};

/// Takes the size of the pieces in which it comes, as one byte, and an answer.
pub fn check(data: &[u8]) {
    let (size, answer) = data.split_first().map_or((1, data), |(size, rest)| (usize::from(*size) + 1, rest));
    let [answer] = fields(answer);
    let (log, rest) = split_log(answer.chunks(size));
    assert_eq!((&log, &rest), (&split_log([answer].into_iter()).0, &split_log([answer].into_iter()).1));
    assert!(rest.len() <= answer.len() && log.len() <= 3 * answer.len());
    agrees(answer, &log, &rest);
    shows(&log, size);
    // What no service sends is shown as well: the bytes as they are.
    shows(answer, size);
}

/// Holds the log against the answer as a general reader has it, where that has one log.
fn agrees(answer: &[u8], log: &[u8], rest: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(answer) else { return };
    let text = String::from_utf8_lossy(answer);
    if text.matches("content").count() != 1 || text.contains("\\u00") {
        return;
    }
    let rest: Value = serde_json::from_slice(rest).expect("what is left is JSON");
    let mut expected = value.clone();
    let mut found = None;
    take_log(&mut expected, &mut found);
    assert_eq!(rest, expected, "{text}");
    assert_eq!(String::from_utf8_lossy(log), found.unwrap_or_default(), "{text}");
}

fn take_log(value: &mut Value, log: &mut Option<String>) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(name, value)| match value {
            Value::String(text) if name == "content" => *log = Some(std::mem::take(text)),
            value => take_log(value, log),
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| take_log(item, log)),
        _ => {}
    }
}

fn shows(log: &[u8], size: usize) {
    let secrets = Redaction::of(SECRETS);
    let shown = lines(&secrets, log.chunks(size));
    assert_eq!(shown, lines(&secrets, [log].into_iter()));
    let ends = log.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    assert!(shown.len() <= ends + 1, "{} lines of {ends} ends", shown.len());
    let length: usize = shown.iter().map(String::len).sum();
    assert!(length <= 4 * log.len() + 32 * shown.len(), "{length} of {}", log.len());
    for line in &shown {
        assert_harmless(line);
        assert!(!line.contains(['\n', '\r']) && line.len() <= 16 * 1024 + 16);
        assert_eq!(secret_in(line), None, "{line:?}");
    }
    assert_eq!(orders_in(&shown.join("\n")), [""; 0]);
}

fn lines<'p>(secrets: &Redaction, pieces: impl Iterator<Item = &'p [u8]>) -> Vec<String> {
    let (mut lines, mut shown) = (Lines::new(secrets), Vec::new());
    for piece in pieces {
        lines.feed(piece, &mut |line| shown.push(line.to_owned()));
    }
    lines.finish(&mut |line| shown.push(line.to_owned()));
    shown
}
