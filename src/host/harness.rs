//! Harness CI, whose steps have Drone's variables.

use super::drone;
use super::names::Names;
use super::outputs::{Destination, Format, OutputFile};
use super::system::Host;
use crate::environment::Environment;

pub(super) struct Harness(pub(super) Environment);

const NAMES: Names = Names { work: &["HARNESS_EXECUTION_ID", "HARNESS_STAGE_ID", "HARNESS_STEP_ID"], ..drone::NAMES };

/// Two names of one file.
const OUTPUT: [&str; 2] = ["HARNESS_OUTPUT_FILE", "DRONE_OUTPUT"];

impl Host for Harness {
    fn name(&self) -> &'static str {
        "harness"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.first(&OUTPUT).is_some()
    }

    fn own_destination(&self) -> Option<Destination> {
        let (_, path) = self.0.first(&OUTPUT)?;
        Some(Destination::File(OutputFile { path: path.into(), format: Format::Base64, within: None }))
    }
}
