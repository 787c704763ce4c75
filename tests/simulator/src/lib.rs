//! A Yunxiao that behaves, or misbehaves on demand.
//!
//! [`Simulator`] is the service in memory: no socket, no clock of its own, no sleeping. A request and the time go in,
//! an [`Outcome`] comes out, so a test under simulated time is deterministic. [`Server`] puts sockets in front of it
//! and turns outcomes into what a client would really see.
//!
//! | file | holds |
//! |---|---|
//! | `simulator.rs` | the handle: answers requests, records what it saw |
//! | `setup.rs`, `pipeline.rs` | what there is: keys, organisations, pipelines |
//! | `request.rs` | requests, answers and outcomes |
//! | `fault.rs` | how it misbehaves, and when |
//! | `error.rs` | refusals, in every documented form |
//! | `signature/` | verification of both signatures |
//! | `api/` | one module per API |
//! | `run.rs` | runs, which advance with time |
//! | `server/` | http and https |

pub mod fault;
pub mod request;
pub mod setup;

mod api;
mod encoding;
mod error;
mod pipeline;
mod run;
mod seen;
mod server;

mod signature;
mod simulator;
mod state;
mod time;

pub use error::{ErrorShape, Refusal};
pub use fault::{Acts, Fault, Reply, When};
pub use pipeline::{Job, LogLine, Pipeline, Source, Stage};
pub use request::{Answer, Outcome, Request, Unreachable, Wire};
pub use run::RunRecord;
pub use seen::Seen;
pub use server::{Options, Server};

pub use setup::{AccessKey, Setup};
pub use simulator::{ForeignRun, Simulator};
