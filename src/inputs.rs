//! Inputs: [`definitions`] has a row for each. Here they are read from the environment and turned into [`Settings`], or
//! into all complaints at once.

mod check;
mod connection;
mod credentials;
pub mod definition;
pub mod definitions;
mod follow;
mod grammar;
mod input;
mod key;
mod map;
mod read;
mod refs;
mod run_params;
mod service;
mod settings;
mod target;

pub use check::Complaint;
pub use definitions::Values;
pub use follow::{Follow, Logs, OnGate, Unfinished};
pub use key::{IdempotencyKey, OnSucceeded};
pub use refs::{Ref, Refs};
pub use run_params::Comment;
pub use settings::{Checked, Settings};
pub use target::{Gate, Mode};
