//! Zadig.

use super::names::Names;
use super::outputs::{Destination, Folder, Reader};
use super::system::Host;
use crate::environment::Environment;

pub(super) struct Zadig(pub(super) Environment);

const NAMES: Names = Names {
    repository: &["PROJECT"],
    url: &["TASK_URL"],
    // It doesn't say which job of the workflow this is.
    work: &["PROJECT", "WORKFLOW", "TASK_ID"],
    ..Names::NONE
};

impl Host for Zadig {
    fn name(&self) -> &'static str {
        "zadig"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("ZADIG") == Some("true")
    }

    /// Its collector waits for every declared file, so all are created, even empty ones.
    fn own_destination(&self) -> Option<Destination> {
        Some(Destination::Folder(Folder { path: "/zadig/results".into(), reader: Reader::Zadig }))
    }
}
