//! Tekton. It sets no variables, and shows only where results go.

use super::outputs::{Destination, Folder, Reader};
use super::system::Host;
use crate::environment::Environment;

pub(super) struct Tekton(pub(super) Environment);

/// The folder of a task's results. What is not declared there is not read.
pub(super) const RESULTS: &str = "/tekton/results";

impl Host for Tekton {
    fn name(&self) -> &'static str {
        "tekton"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn is_here(&self) -> bool {
        self.0.has_folder(RESULTS)
    }

    fn own_destination(&self) -> Option<Destination> {
        Some(Destination::Folder(Folder { path: RESULTS.into(), reader: Reader::Tekton }))
    }
}
