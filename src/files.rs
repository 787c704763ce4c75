//! Files written or read by others, of any size and any kind. Nothing here waits long for the other end of a pipe.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a pipe that is read may take, and who writes it to appear: a shell's `<(command)` is one.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Reads a whole file, if it has no more bytes than that. What a path names may have no end.
pub(crate) fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let file = open(OpenOptions::new().read(true), path)?;
    let is_unwritten = file.metadata()?.file_type().is_fifo();
    read_all(Patient { file, is_unwritten, begin: Instant::now() }, most)
}

/// The same for what is open already.
#[expect(clippy::disallowed_methods, reason = "the one place where a file is read")]
pub(crate) fn read_all(file: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Writes a whole file, in place of what was in it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    open(OpenOptions::new().write(true).create(true).truncate(true), path)?.write_all(bytes)
}

/// Opens what a path names. A pipe that no one reads can't be written, which is an error at once.
#[expect(clippy::disallowed_methods, reason = "the one place where a file is opened")]
pub(crate) fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.custom_flags(nix::libc::O_NONBLOCK).open(path)
}

/// Waits for what has nothing to be read just now, but not for long.
struct Patient {
    file: File,
    /// Whether it is a pipe from which nothing has come: who writes it may not be there yet, which looks like its end.
    is_unwritten: bool,
    begin: Instant,
}

impl Read for Patient {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.file.read(bytes);
            let has_nothing = match &read {
                Ok(count) => *count == 0 && self.is_unwritten && !bytes.is_empty(),
                Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            };
            if !has_nothing {
                self.is_unwritten = false;
                return read;
            }
            if self.begin.elapsed() > LONGEST_WAIT {
                return read.map_err(|_| io::ErrorKind::TimedOut.into());
            }
            sleep(Duration::from_millis(10));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::thread;

    use super::*;

    #[test]
    fn no_more_is_read_than_was_asked_for() {
        assert_eq!(read_all(&b"abc"[..], 3).unwrap(), b"abc");
        assert_eq!(read_all(&b"abcd"[..], 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(Path::new("/dev/zero"), 1024).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(Path::new("/no/such/file"), 1).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_pipe_is_read_while_somebody_writes_it_and_not_waited_for_long_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert_eq!(read(&pipe, 10).unwrap(), b"", "nobody writes it");
        // For a moment a process that another test starts may have it open too.
        let unread = std::iter::repeat_with(|| write(&pipe, b"x")).find_map(Result::err).unwrap();
        assert_eq!(unread.raw_os_error(), Some(nix::libc::ENXIO), "nobody reads it");
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || read(&pipe, 10)
        });
        let mut writer = loop {
            match open(OpenOptions::new().write(true), &pipe) {
                Ok(writer) => break writer,
                Err(_) => sleep(Duration::from_millis(1)), // it is not open for reading yet
            }
        };
        // Its end would be seen in between if no one waited for the first byte.
        sleep(Duration::from_millis(50));
        writer.write_all(b"late").unwrap();
        sleep(Duration::from_millis(50));
        drop(writer);
        assert_eq!(reader.join().unwrap().unwrap(), b"late");
    }
}
