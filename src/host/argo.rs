//! Argo Workflows. An output is any file that the workflow names, such as one of `output-file: /tmp/run/`.

use super::system::Host;
use crate::environment::Environment;

pub(super) struct Argo(pub(super) Environment);

/// A mount that every container of a workflow's pod has (argo-workflows, `workflowpod.go`).
pub(super) const MOUNT: &str = "/var/run/argo";

impl Host for Argo {
    fn name(&self) -> &'static str {
        "argo"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn is_here(&self) -> bool {
        self.0.get("ARGO_CONTAINER_NAME").is_some() && self.0.has_folder(MOUNT)
    }
}
