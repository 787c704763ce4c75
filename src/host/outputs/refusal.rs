//! Why an output is not written.

use std::io;

use crate::text::{own_io_error, text};

/// Its reader would take the value for another.
pub(super) fn not_carried(name: &str) -> io::Error {
    own_io_error(text!(
        "the value of `{name}` has characters that this CI system can't take in an output",
        "`{name}` 的值含有此 CI 系统的输出无法承载的字符"
    ))
}
