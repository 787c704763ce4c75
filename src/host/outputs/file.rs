//! Files of outputs.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::files;
use crate::random::Random;
use crate::text::{own_io_error, text};

/// How a file of outputs is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// GitHub's: `name<<delimiter`, the value, `delimiter`; appended.
    Heredoc,
    /// `name=value` lines, as GitLab's dotenv reports take them; a name that is already there is replaced.
    Dotenv,
    /// The same with every value in base64, which Harness decodes (lite-engine): `name=__B64__value`.
    Base64,
    /// `export name='value'` lines, which a shell reads.
    Shell,
}

impl Format {
    /// Whether a value is read back unchanged.
    pub(super) fn carries(self, value: &str) -> bool {
        let breaks = |character: char| character.is_control() || ['\u{2028}', '\u{2029}'].contains(&character);
        match self {
            Self::Heredoc | Self::Base64 => true,
            // GitLab trims it, and expands variables in it.
            Self::Dotenv => !value.contains(breaks) && !value.contains('$') && value.trim() == value,
            Self::Shell => !value.contains(breaks),
        }
    }
}

/// A file of outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    pub path: PathBuf,
    pub format: Format,
    /// The folder that it must be inside, links resolved.
    pub within: Option<PathBuf>,
}

/// The largest file that values are written to, in bytes: others write there too.
const LARGEST_FILE: usize = 64 * 1024 * 1024;

/// How long another step's lock is waited for: it holds it for one write.
const LONGEST_LOCK: Duration = Duration::from_secs(1);

/// A file that is open.
pub(super) struct Opened {
    file: File,
    destination: OutputFile,
}

impl OutputFile {
    pub(super) fn open(self, names: &[&str]) -> io::Result<Opened> {
        if let Some(folder) = &self.within {
            stays_within(&self.path, folder)?;
        }
        let mut options = OpenOptions::new();
        let appends = self.format == Format::Heredoc;
        let mut file = files::open(options.read(true).write(true).append(appends).create(true), &self.path)?;
        if !appends {
            // A pipe or a device can be opened, but not read, rewound and truncated: report that before the start.
            if !file.metadata()?.is_file() {
                return Err(own_io_error(text!("not a regular file", "不是普通文件")));
            }
            let _lock = Lock::of(&file);
            let before = read_whole(&mut file)?;
            let left: Vec<_> =
                names.iter().filter(|name| is_in(&before, name)).map(|name| (*name, String::new())).collect();
            if !left.is_empty() {
                rewrite(&mut file, &before, self.format, &left)?;
            }
        }
        Ok(Opened { file, destination: self })
    }
}

impl Opened {
    pub(super) fn format(&self) -> Format {
        self.destination.format
    }

    pub(super) fn write(&mut self, random: &Random, outputs: &[(&str, String)]) -> io::Result<()> {
        let Self { file, destination } = self;
        match destination.format {
            Format::Heredoc => append(file, &heredoc(outputs, random))?,
            format => {
                let lock = Lock::of(file);
                let before = read_whole(file)?;
                rewrite(file, &before, format, outputs)?;
                drop(lock);
            }
        }
        // The next step opens it by its name.
        let is_there = fs::metadata(&destination.path).is_ok_and(|found| {
            file.metadata().is_ok_and(|ours| (ours.dev(), ours.ino()) == (found.dev(), found.ino()))
        });
        if is_there {
            Ok(())
        } else {
            Err(own_io_error(text!("the file was removed or replaced in the meantime", "文件在此期间被删除或替换")))
        }
    }
}

/// Rejects a path if links lead out of the folder: a job's repository may contain such links.
fn stays_within(path: &Path, folder: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(folder).canonicalize()?;
    let target = match path.symlink_metadata() {
        Ok(_) => path.canonicalize()?,
        Err(_) => parent,
    };
    if target.starts_with(folder.canonicalize()?) {
        Ok(())
    } else {
        Err(own_io_error(text!("a link leads out of the project's directory", "符号链接指向项目目录之外")))
    }
}

fn read_whole(file: &mut File) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    files::read_all(file, LARGEST_FILE)
}

/// Appends in one write, so that no other process's lines can stand within ours. On a full disk a value may be cut: it is
/// taken back.
fn append(file: &mut File, text: &str) -> io::Result<()> {
    let length = file.metadata()?.len();
    let start = if ends_within_a_line(file)? { "\n" } else { "" };
    file.write_all(format!("{start}{text}").as_bytes()).inspect_err(|_| {
        let _ = file.set_len(length);
    })
}

/// Writes the file's own lines, and the outputs after them. If that fails, its own lines are what is left: they take no
/// more room than was there.
fn rewrite(file: &mut File, before: &[u8], format: Format, outputs: &[(&str, String)]) -> io::Result<()> {
    replace(file, &lines(before, format, outputs)).inspect_err(|_| {
        let _ = replace(file, &without(before, outputs));
    })
}

fn replace(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}

/// Keeps other steps from writing the same file between the reading and the writing of it: their lines would be lost.
/// Programs that know no locks have that moment alone to lose theirs in.
struct Lock(Option<File>);

impl Lock {
    /// Locks a file, unless somebody holds it for long or the file system has no locks: outputs matter more.
    fn of(file: &File) -> Self {
        let begin = Instant::now();
        let Ok(own) = file.try_clone() else { return Self(None) };
        loop {
            match own.try_lock() {
                Ok(()) => return Self(Some(own)),
                Err(TryLockError::WouldBlock) if begin.elapsed() < LONGEST_LOCK => sleep(Duration::from_millis(2)),
                Err(_) => return Self(None),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(file) = &self.0 {
            let _ = file.unlock(); // it ends with the process
        }
    }
}

/// Whether a file's last line lacks its line break: what is appended would become a part of it.
fn ends_within_a_line(file: &mut File) -> io::Result<bool> {
    let mut last = *b"\n";
    if file.metadata()?.is_file() && file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    Ok(last != *b"\n")
}

/// Outputs as GitHub's runner reads them. The delimiter can't be guessed, and is checked anyway.
fn heredoc(outputs: &[(&str, String)], random: &Random) -> String {
    let mut text = String::new();
    for (name, value) in outputs {
        let mut delimiter = String::new(); // which every value contains
        while value.contains(&delimiter) {
            delimiter = format!("yunxiao_run_{}", random.identifier());
        }
        text.extend([name, "<<", &delimiter, "\n", value.as_str(), "\n", &delimiter, "\n"]);
    }
    text
}

/// The file's lines that are not ours, and ours after them.
fn lines(before: &[u8], format: Format, outputs: &[(&str, String)]) -> Vec<u8> {
    let mut after = without(before, outputs);
    for (name, value) in outputs {
        let line = match format {
            Format::Heredoc | Format::Dotenv => format!("{name}={value}\n"),
            Format::Base64 => format!("{name}=__B64__{}\n", STANDARD.encode(value)),
            Format::Shell => format!("export {name}='{}'\n", value.replace('\'', "'\\''")),
        };
        after.extend(line.bytes());
    }
    after
}

/// The lines of a file without those of these outputs.
fn without(before: &[u8], outputs: &[(&str, String)]) -> Vec<u8> {
    let is_other = |line: &&[u8]| !line.is_empty() && !outputs.iter().any(|(ours, _)| is_of(line, ours));
    before.split(|byte| *byte == b'\n').filter(is_other).flat_map(|line| [line, b"\n"].concat()).collect()
}

fn is_in(before: &[u8], name: &str) -> bool {
    before.split(|byte| *byte == b'\n').any(|line| is_of(line, name))
}

/// Whether a line is an output of this name.
fn is_of(line: &[u8], name: &str) -> bool {
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    line.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii() == name.as_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads outputs as the runner does (actions/runner, FileCommandManager.cs): by lines that end with LF; `=` before
    /// any `<<` makes a plain pair; otherwise what follows `<<` is the delimiter, and the value extends to a line that
    /// equals it; a line with neither is an error.
    fn read_as_the_runner(text: &str) -> Option<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        while let Some(line) = lines.next() {
            if line.is_empty() {
                continue;
            }
            match (line.find('='), line.find("<<")) {
                (Some(equals), heredoc) if heredoc.is_none_or(|heredoc| equals < heredoc) => {
                    pairs.push((line[..equals].to_owned(), line[equals + 1..].to_owned()));
                }
                (_, Some(heredoc)) => {
                    let delimiter = &line[heredoc + 2..];
                    let mut value = Vec::new();
                    loop {
                        match lines.next()? {
                            end if end == delimiter => break,
                            part => value.push(part),
                        }
                    }
                    pairs.push((line[..heredoc].to_owned(), value.join("\n")));
                }
                _ => return None,
            }
        }
        Some(pairs)
    }

    /// Reads a report as GitLab does: `/^(.*?)=(.*)$/` on every line, both sides stripped, anything else is an error.
    fn read_as_gitlab(text: &str) -> Option<Vec<(String, String)>> {
        let pair = |line: &str| {
            let (name, value) = line.split_once('=')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        text.lines().map(pair).collect()
    }

    fn attack() -> impl Strategy<Value = String> {
        let pieces = prop_oneof![
            Just("\n".to_owned()),
            Just("\r\n".to_owned()),
            Just("=".to_owned()),
            Just("<<".to_owned()),
            Just("EOF".to_owned()),
            Just("\nyunxiao_run_".to_owned()),
            Just("\nother<<EOF\nx\nEOF\n".to_owned()),
            Just("\nother=x\n".to_owned()),
            Just("::set-output name=other::x".to_owned()),
            Just("%0A".to_owned()),
            Just("$HOME".to_owned()),
            any::<String>(),
        ];
        proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_value_can_add_or_change_an_output_on_github(first in attack(), second in attack()) {
            let random = Random::from_seed([7; 32]);
            let text = heredoc(&[("first", first.clone()), ("second", second.clone())], &random);
            let expected = vec![("first".to_owned(), first), ("second".to_owned(), second)];
            prop_assert_eq!(read_as_the_runner(&text), Some(expected));
        }

        #[test]
        fn no_value_can_add_or_change_an_output_on_gitlab(first in attack(), second in attack()) {
            let outputs = [("first", first), ("second", second)];
            if outputs.iter().all(|(_, value)| Format::Dotenv.carries(value)) {
                let text = lines(b"", Format::Dotenv, &outputs);
                let pairs = read_as_gitlab(&String::from_utf8(text).unwrap());
                let expected = outputs.map(|(name, value)| (name.to_owned(), value)).to_vec();
                prop_assert_eq!(pairs, Some(expected));
            }
        }
    }

    #[test]
    fn a_value_that_holds_the_next_delimiter_gets_another() {
        let delimiter = format!("yunxiao_run_{}", Random::from_seed([7; 32]).identifier());
        let value = format!("a\n{delimiter}\nother=x");
        let text = heredoc(&[("first", value.clone())], &Random::from_seed([7; 32]));
        assert_eq!(read_as_the_runner(&text), Some(vec![("first".to_owned(), value)]));
    }

    #[test]
    fn in_a_dotenv_file_our_names_are_replaced_and_other_lines_stay() {
        let before = b"A=1\nstatus=old\n\nB=x=y\n status = older\nlast=without line break";
        let after = lines(before, Format::Dotenv, &[("status", "started".to_owned())]);
        assert_eq!(String::from_utf8(after).unwrap(), "A=1\nB=x=y\nlast=without line break\nstatus=started\n");
    }

    #[test]
    fn steps_that_write_one_file_at_the_same_moment_lose_none_of_each_others_lines() {
        let folder = tempfile::tempdir().unwrap();
        let file = OutputFile { path: folder.path().join("all.env"), format: Format::Dotenv, within: None };
        let names = |step: usize| (0..50).map(move |count| format!("step{step}_{count}"));
        std::thread::scope(|scope| {
            for step in 0..4 {
                let file = &file;
                scope.spawn(move || {
                    for name in names(step) {
                        let mut opened = file.clone().open(&[&name]).unwrap();
                        opened.write(&Random::from_seed([7; 32]), &[(&name, "value".to_owned())]).unwrap();
                    }
                });
            }
        });
        let written = files::read(&file.path, LARGEST_FILE).unwrap();
        for name in (0..4).flat_map(names) {
            assert!(is_in(&written, &name), "{name} is lost");
        }
    }

    #[test]
    fn what_a_shell_reads_is_replaced_as_well() {
        let before = b"export A=1\nexport status='old'\n";
        let after = lines(before, Format::Shell, &[("status", "it's $new".to_owned())]);
        assert_eq!(String::from_utf8(after).unwrap(), "export A=1\nexport status='it'\\''s $new'\n");
    }
}
