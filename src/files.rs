//! Files that others wrote, of whatever size they are.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads a whole file, if it has no more bytes than that. What a path names may have no end.
#[expect(clippy::disallowed_methods, reason = "the one place where a file is read")]
pub(crate) fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    read_all(File::open(path)?, most)
}

/// The same for what is open already.
#[expect(clippy::disallowed_methods, reason = "the one place where a file is read")]
pub(crate) fn read_all(file: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_was_asked_for() {
        assert_eq!(read_all(&b"abc"[..], 3).unwrap(), b"abc");
        assert_eq!(read_all(&b"abcd"[..], 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(Path::new("/dev/zero"), 1024).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(Path::new("/no/such/file"), 1).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
