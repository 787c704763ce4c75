//! One message in two languages.

use std::fmt;
use std::io;
use std::time::Duration;

/// The language of everything that people read. A container has no locale to choose by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    English,
    Chinese,
    #[default]
    Both,
}

impl Language {
    /// One wording or both, with something between them.
    pub(crate) fn choose(self, english: &str, chinese: &str, between: &str) -> String {
        match self {
            Self::English => english.to_owned(),
            Self::Chinese => chinese.to_owned(),
            Self::Both => format!("{english}{between}{chinese}"),
        }
    }
}

/// A message in English and in Chinese.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub english: String,
    pub chinese: String,
}

impl Text {
    pub fn new(english: impl Into<String>, chinese: impl Into<String>) -> Self {
        Self { english: english.into(), chinese: chinese.into() }
    }

    /// This text and then another, a space between them in English, and in Chinese after an address.
    #[must_use]
    pub fn then(self, next: &Self) -> Self {
        if next.english.is_empty() {
            return self;
        }
        let space = if self.english.is_empty() { "" } else { " " };
        // An address must not run into what follows it.
        let gap = if self.chinese.ends_with(|last: char| last.is_ascii_graphic()) { " " } else { "" };
        Self {
            english: format!("{}{space}{}", self.english, next.english),
            chinese: format!("{}{gap}{}", self.chinese, next.chinese),
        }
    }

    /// In a language, on one line.
    pub fn in_one_line(&self, language: Language) -> String {
        language.choose(&self.english, &self.chinese, " / ")
    }
}

/// English, then Chinese on its own line.
impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n{}", self.english, self.chinese)
    }
}

/// A duration as people read it: `42s`, `3m05s`, `1h02m03s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds:02}s"),
        _ => format!("{hours}h{minutes:02}m{seconds:02}s"),
    }
}

/// The words of a library's error without the number that Rust adds: ` (os error 111)`.
pub(crate) fn without_number(error: &str) -> &str {
    error.rsplit_once(" (os error ").map_or(error, |(words, _)| words)
}

/// `EMFILE` and `ENFILE`, for which the library has no kind of error.
const TOO_MANY_FILES: i32 = 24;
const TOO_MANY_FILES_IN_ALL: i32 = 23;

/// `ENXIO`, `EBADF`: likewise.
const NO_OTHER_END: i32 = 6;
const NOT_OPEN: i32 = 9;

/// `ELOOP`: the library's words for it are no people's.
const LOOP_OF_LINKS: i32 = 40;

/// What the system said of a file or a stream, in plain words.
pub(crate) fn io_error(error: &io::Error) -> Text {
    match error.kind() {
        io::ErrorKind::NotFound => text!("no such file or directory", "文件或目录不存在"),
        io::ErrorKind::PermissionDenied => text!("permission denied", "没有权限"),
        io::ErrorKind::IsADirectory => text!("is a directory", "是一个目录"),
        io::ErrorKind::NotADirectory => text!("a part of the path is not a directory", "路径的某一级不是目录"),
        io::ErrorKind::ReadOnlyFilesystem => text!("read-only file system", "文件系统只读"),
        io::ErrorKind::StorageFull => text!("no space left on device", "磁盘空间不足"),
        io::ErrorKind::QuotaExceeded => text!("disk quota exceeded", "超出磁盘配额"),
        io::ErrorKind::BrokenPipe => text!("broken pipe: no process reads it", "没有读取方：管道已断开"),
        io::ErrorKind::TimedOut => text!("timed out", "超时"),
        io::ErrorKind::FileTooLarge => text!("file too large", "文件过大"),
        io::ErrorKind::WouldBlock => text!("the pipe is full and no process reads it", "管道已满，没有进程读取"),
        _ if error.raw_os_error() == Some(NO_OTHER_END) => {
            text!("a pipe that no process reads", "是没有进程读取的管道")
        }
        _ if error.raw_os_error() == Some(LOOP_OF_LINKS) => text!("a loop of symbolic links", "符号链接形成了循环"),
        _ if error.raw_os_error() == Some(NOT_OPEN) => text!("it is not open for writing", "没有以可写方式打开"),
        _ if matches!(error.raw_os_error(), Some(TOO_MANY_FILES | TOO_MANY_FILES_IN_ALL)) => {
            text!("too many open files: check the limit (`ulimit -n`)", "打开的文件过多：请检查限制（`ulimit -n`）")
        }
        kind => match error.get_ref().and_then(|own| own.downcast_ref::<Own>()) {
            Some(Own(text)) => text.clone(),
            // Of the rest the library has a word.
            None => text!("{kind}", "{kind}"),
        },
    }
}

/// An error of input and output that is our own finding.
pub(crate) fn own_io_error(what: Text) -> io::Error {
    io::Error::other(Own(what))
}

#[derive(Debug)]
struct Own(Text);

impl fmt::Display for Own {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.english)
    }
}

impl std::error::Error for Own {}

/// A [`Text`] from two format strings over the same variables. Variables that are texts themselves are named after the
/// formats: each wording takes theirs in its language.
macro_rules! text {
    ($english:literal, $chinese:literal $(, $part:ident)* $(,)?) => {{
        let english = {
            $(let $part = &$part.english;)*
            format!($english)
        };
        let chinese = {
            $(let $part = &$part.chinese;)*
            format!($chinese)
        };
        $crate::text::Text { english, chinese }
    }};
}
pub(crate) use text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_a_text_is_in_its_language() {
        let (status, run) = (text!("failed", "失败"), 7);
        assert_eq!(
            text!("Run {run}: {status}", "运行 {run}：{status}", status),
            text!("Run 7: failed", "运行 7：失败")
        );
    }

    #[test]
    fn durations_are_short() {
        for (seconds, expected) in [(0, "0s"), (59, "59s"), (60, "1m00s"), (185, "3m05s"), (3723, "1h02m03s")] {
            assert_eq!(duration(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn an_address_does_not_run_into_what_follows_it() {
        let both = text!("See https://a/b", "见 https://a/b").then(&text!("Then.", "然后。"));
        assert_eq!(both, text!("See https://a/b Then.", "见 https://a/b 然后。"));
    }
}
