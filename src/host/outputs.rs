//! Handing values to the next step: a file, a folder with a file for each, or orders on standard output.

mod file;
mod folder;
mod orders;
mod refusal;

use std::io;
use std::path::Path;

use crate::random::Random;
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

    /// What a complaint calls it.
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
}

enum Place {
    File(file::Opened),
    Folder(Folder),
    Orders(Orders),
}

impl Outputs {
    /// Opens the place, creating it if need be, before anything is sent anywhere. Outputs of these names that an earlier
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
        Ok(Self { place, stdout })
    }

    /// Writes outputs; all of them or, where a value can't be carried, none. An output written before is replaced. Yields the
    /// lines that are left to be printed.
    pub fn write(&mut self, random: &Random, outputs: &[(&str, String)]) -> io::Result<Option<String>> {
        match &mut self.place {
            None => Ok(None),
            Some(Place::File(file)) => file.write(random, outputs).map(|()| None),
            Some(Place::Folder(folder)) => folder.write(outputs).map(|()| None),
            Some(Place::Orders(orders)) => orders.lines(outputs).map(Some),
        }
    }

    /// Prints whole lines, and waits until they are there, but not for long.
    pub async fn print(&mut self, lines: String) -> io::Result<()> {
        self.stdout.print(lines).await
    }
}
