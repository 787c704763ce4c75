//! The simulator as its users see it: in memory, and over sockets.

#![allow(clippy::unwrap_used, reason = "functions beside the tests are not covered by clippy.toml")]
#![allow(clippy::format_collect, reason = "short texts")]

mod api;
mod blocked;
mod built;
mod captured;
mod client;
mod console;
mod control;
mod faults;
mod keyless;
mod limits;
mod server;
mod token_api;
mod wire;
