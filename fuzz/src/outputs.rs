//! Files of outputs that others have written to before.

use std::cell::RefCell;
use std::fs;
use std::io;

use tempfile::NamedTempFile;
use yunxiao_run::host::{Destination, Format, OutputFile, Outputs};
use yunxiao_run::random::Random;
use yunxiao_run::writer::{Printer, Writer};

use crate::fields;

thread_local! {
    static FILE: RefCell<Option<NamedTempFile>> = const { RefCell::new(None) };
}

const NAMES: [&str; 2] = ["status", "pipelineRunId"];

/// Takes what is in the file, and two values.
pub fn check(data: &[u8]) {
    let [before, first, second] = fields(data);
    let [first, second] = [first, second].map(|value| String::from_utf8_lossy(value).into_owned());
    FILE.with_borrow_mut(|file| {
        let file = file.get_or_insert_with(|| NamedTempFile::new().expect("a temporary file"));
        for format in [Format::Heredoc, Format::Dotenv, Format::Base64, Format::Shell] {
            fs::write(file.path(), before).expect("a temporary file");
            let written = write(file, format, &first, &second);
            let once = fs::read(file.path()).expect("a temporary file");
            match format {
                Format::Heredoc => appends(before, &once, &[&first, &second]),
                format => {
                    replaces(before, &once, format, &[&first, &second], written.is_ok());
                    let _ = write(file, format, &first, &second);
                    assert_eq!(fs::read(file.path()).expect("a temporary file"), once, "{format:?} twice");
                }
            }
        }
    });
}

fn write(file: &NamedTempFile, format: Format, first: &str, second: &str) -> io::Result<()> {
    let destination = Destination::File(OutputFile { path: file.path().to_owned(), format, within: None });
    let mut outputs = Outputs::open(Some(destination), &NAMES, Printer::new(Writer::immediate(io::sink())))?;
    let pairs = [(NAMES[0], first.to_owned()), (NAMES[1], second.to_owned())];
    let (printed, written) = outputs.write(&Random::from_seed([7; 32]), &pairs);
    assert_eq!(printed, None);
    written
}

/// Holds what was appended against how GitHub's runner reads it (actions/runner, `FileCommandManager.cs`).
fn appends(before: &[u8], after: &[u8], values: &[&str; 2]) {
    let ours = after.strip_prefix(before).expect("what was there stays");
    let ours =
        if before.is_empty() || before.ends_with(b"\n") { ours } else { ours.strip_prefix(b"\n").expect("a new line") };
    let ours = std::str::from_utf8(ours).expect("text");
    let mut lines = ours.strip_suffix('\n').expect("whole lines").split('\n');
    for (name, value) in NAMES.iter().zip(values) {
        let head = lines.next().expect("a line for each output");
        let (found, delimiter) = head.split_once("<<").expect("a delimiter");
        assert_eq!((found, head.find('=')), (*name, None), "{head}");
        let read: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        assert_eq!(read.join("\n"), **value, "{ours}");
    }
    assert_eq!(lines.next(), None, "{ours}");
}

/// Holds a file whose lines were replaced against how its readers read it.
fn replaces(before: &[u8], after: &[u8], format: Format, values: &[&str; 2], is_written: bool) {
    let lines = |bytes: &[u8]| -> Vec<Vec<u8>> {
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    };
    let name_of = |line: &[u8]| {
        let line = String::from_utf8_lossy(line.strip_prefix(b"export ").unwrap_or(line)).into_owned();
        line.split('=').next().unwrap_or_default().trim_matches(|end: char| end.is_ascii_whitespace()).to_owned()
    };
    let is_ours = |line: &Vec<u8>| NAMES.contains(&name_of(line).as_str());
    let (before, after) = (lines(before), lines(after));
    let foreign: Vec<_> = before.into_iter().filter(|line| !is_ours(line)).collect();
    assert_eq!(after[..foreign.len().min(after.len())], foreign, "others' lines stay, in their order");
    let ours = &after[foreign.len()..];
    assert_eq!(ours.len(), NAMES.len(), "each output once");
    for ((line, name), value) in ours.iter().zip(NAMES).zip(values) {
        let line = std::str::from_utf8(line).expect("text");
        let read = match format {
            Format::Shell => {
                unquoted(line.strip_prefix("export ").and_then(|line| line.strip_prefix(name)).expect("a name"))
            }
            Format::Base64 => {
                let encoded = line.strip_prefix(name).and_then(|rest| rest.strip_prefix("=__B64__")).expect("a name");
                let bytes = data_encoding::BASE64.decode(encoded.as_bytes()).expect("base64");
                String::from_utf8(bytes).expect("text")
            }
            _ => {
                // GitLab's readers take white space off, and put variables in.
                let (found, read) = line.split_once('=').expect("a pair");
                assert!(found == name && read.trim() == read && !read.contains('$'), "{line}");
                read.to_owned()
            }
        };
        assert!(read == **value || (read.is_empty() && !is_written), "{line}: {value:?}");
    }
}

/// `='…'`, as a shell reads it.
fn unquoted(text: &str) -> String {
    let mut rest = text.strip_prefix('=').expect("a value");
    let mut said = String::new();
    while !rest.is_empty() {
        if let Some(escaped) = rest.strip_prefix("\\'") {
            said.push('\'');
            rest = escaped;
        } else {
            let quoted = rest.strip_prefix('\'').expect("nothing outside of quotes");
            let (part, after) = quoted.split_once('\'').expect("a closing quote");
            said.push_str(part);
            rest = after;
        }
    }
    said
}
