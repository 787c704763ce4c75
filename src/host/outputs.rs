//! Passing values to the next step: in a file, in a folder with one file each, or as commands on standard output.

mod file;
mod folder;
mod orders;

use std::io;
use std::path::Path;

use crate::random::Random;
use crate::text::{own_io_error, text};
use crate::writer::Printer;

pub use file::{Format, OutputFile};
pub use folder::{Folder, Reader};
pub use orders::Orders;
pub(super) use orders::{azure_data, teamcity_value};

/// Where a CI system wants outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    File(OutputFile),
    Folder(Folder),
    /// Lines on standard output that it acts upon.
    Orders(Orders),
}

impl Destination {
    /// What `output-file` asks for: a file of `name=value` lines, or with a slash at its end a folder.
    pub fn asked(path: &Path) -> Self {
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            Self::Folder(Folder { path: path.to_owned(), reader: Reader::Verbatim })
        } else {
            Self::File(OutputFile { path: path.to_owned(), format: Format::Dotenv, within: None })
        }
    }

    /// Its name in errors.
    pub fn name(&self) -> String {
        match self {
            Self::File(file) => file.path.display().to_string(),
            Self::Folder(folder) => folder.path.display().to_string(),
            Self::Orders(_) => String::new(),
        }
    }
}

/// Where outputs go, and standard output for the run's id.
pub struct Outputs {
    place: Option<Place>,
    stdout: Printer,
    /// Whether the run's id is printed too.
    prints_id: bool,
}

enum Place {
    File(file::Opened),
    Folder(Folder),
    Orders(Orders),
}

impl Place {
    /// Whether a value is read back unchanged.
    fn carries(&self, value: &str) -> bool {
        match self {
            Self::File(file) => file.format().carries(value),
            Self::Folder(folder) => folder.reader.carries(value),
            Self::Orders(orders) => orders.carries(value),
        }
    }
}

impl Outputs {
    /// Opens the destination, creating it if necessary, before anything is sent. Outputs of these names that an earlier
    /// execution left in it are emptied.
    pub fn open(destination: Option<Destination>, names: &[&str], stdout: Printer) -> io::Result<Self> {
        let place = match destination {
            None => None,
            Some(Destination::File(file)) => Some(Place::File(file.open(names)?)),
            Some(Destination::Folder(folder)) => {
                folder.open(names)?;
                Some(Place::Folder(folder))
            }
            Some(Destination::Orders(orders)) => Some(Place::Orders(orders)),
        };
        Ok(Self { place, stdout, prints_id: true })
    }

    /// Writes outputs; one written before is replaced. A value that would be read back differently is left empty, which
    /// is an error. Returns the lines that are left to be printed, and how writing the rest went.
    pub fn write(&mut self, random: &Random, outputs: &[(&str, String)]) -> (Option<String>, io::Result<()>) {
        let Some(place) = &mut self.place else { return (None, Ok(())) };
        let is_refused = |value: &str| !place.carries(value);
        let refused = outputs.iter().find(|(_, value)| is_refused(value)).map(|(name, _)| not_carried(name));
        let carried = |value: &String| if is_refused(value) { String::new() } else { value.clone() };
        let outputs: Vec<_> = outputs.iter().map(|(name, value)| (*name, carried(value))).collect();
        let (lines, written) = match place {
            Place::File(file) => (None, file.write(random, &outputs)),
            Place::Folder(folder) => (None, folder.write(&outputs)),
            Place::Orders(orders) => (Some(orders.lines(&outputs)), Ok(())),
        };
        (lines, written.and(refused.map_or(Ok(()), Err)))
    }

    /// Prints whole lines, without an event loop.
    pub fn print_at_once(&self, lines: String) {
        self.stdout.print_at_once(lines);
    }

    /// Keeps the run's id from being printed, where standard output is only a log.
    pub fn keep_id_out_of_log(&mut self) {
        self.prints_id = false;
    }

    /// Prints the run's id, as [`print`](Self::print) does.
    pub async fn print_id(&self, run: u64) -> io::Result<()> {
        if self.prints_id { self.print(format!("{run}\n")).await } else { Ok(()) }
    }

    /// Prints whole lines, and waits until they are written, but not for long.
    pub async fn print(&self, lines: String) -> io::Result<()> {
        self.stdout.print(lines).await
    }
}

/// Why an output is left empty.
fn not_carried(name: &str) -> io::Error {
    own_io_error(text!(
        "the value of `{name}` has characters that this CI system doesn't allow in an output",
        "`{name}` 的值含有此 CI 系统的输出不支持的字符"
    ))
}
