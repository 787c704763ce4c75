//! What is promised whichever API is called, with a personal access token.

use crate::simulated::Backend;

const BACKEND: Backend = Backend::Token;

#[path = "both/mod.rs"]
mod both;
