//! What is promised whichever API is called, with an AccessKey.

use crate::simulated::Backend;

const BACKEND: Backend = Backend::AccessKey;

#[path = "both/mod.rs"]
mod both;
