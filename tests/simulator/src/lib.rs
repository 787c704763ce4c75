//! A Yunxiao that behaves, or misbehaves on demand.
//!
//! [`Simulator`] is the service in memory: no socket, no clock of its own, no sleeping. A request and the time go in,
//! an [`Outcome`] comes out, so a test under simulated time is deterministic. [`Server`] puts sockets in front of it
//! and turns outcomes into what a client would really see.
//!
//! In memory, a fault and what the client makes of it:
//!
//! ```
//! use std::time::SystemTime;
//! use yunxiao_simulator::{Acts, Fault, Reply, Request, Simulator, When, Wire};
//!
//! let simulator = Simulator::default();
//! simulator.plan(When::next_is("StartPipelineRun"), Fault::new(Acts::Now, Reply::Closed));
//! let path = "/organizations/5ebbc0228123212b59xxxxx/pipelines/123/run";
//! let request = Request::new("POST", "devops.cn-hangzhou.aliyuncs.com", path);
//! let outcome = simulator.answer(SystemTime::UNIX_EPOCH, &request);
//! assert_eq!(outcome.wire, Wire::Closed);
//! // It was not signed, so even though the fault lets it act, there is no run.
//! assert_eq!(simulator.seen()[0].refused.as_deref(), Some("IncompleteSignature"));
//! assert!(simulator.started().is_empty());
//! ```
//!
//! Over sockets, from any kind of test:
//!
//! ```
//! use yunxiao_simulator::{Options, Server, Simulator};
//!
//! # fn main() -> std::io::Result<()> {
//! let simulator = Simulator::default();
//! let server = Server::start(simulator.clone(), &Options::default())?;
//! let (endpoint, trusted) = (server.https_url(), server.ca_pem());
//! // … run a client against them, then look at simulator.seen() and simulator.started()
//! # assert!(endpoint.starts_with("https://127.0.0.1:") && trusted.starts_with("-----BEGIN CERTIFICATE"));
//! # Ok(())
//! # }
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `simulator.rs` | the handle: answers requests, records what it saw |
//! | `console.rs` | what people do on the Yunxiao side |
//! | `setup.rs`, `pipeline.rs` | what there is: keys, organisations, pipelines |
//! | `request.rs` | requests, answers and outcomes |
//! | `fault.rs`, `plan.rs` | how it misbehaves, and when |
//! | `error.rs` | refusals, in every documented form |
//! | `signature/`, `id_token.rs` | verification of both signatures, and of identity tokens |
//! | `api/` | one module per API |
//! | `run.rs`, `filler.rs` | runs, which advance with time, and their logs |
//! | `server/` | http and https |

pub mod setup;

mod api;
mod console;
mod encoding;
mod error;
mod fault;
mod filler;
mod id_token;
mod pipeline;
mod plan;
mod request;
mod run;
mod seen;
mod server;
mod signature;
mod simulator;
mod state;
mod time;
mod xml;

pub use console::ForeignRun;
pub use error::{ErrorShape, Refusal};
pub use fault::{Acts, Fault, Reply};
pub use pipeline::{
    Beyond, Concurrency, ConfigSources, Conflict, Deployment, Job, LogLine, Machine, Pipeline, Source, Stage,
};
pub use plan::When;
pub use request::{Answer, Outcome, Request, Unreachable, Wire};
pub use run::RunRecord;
pub use seen::Seen;
pub use server::{Flaw, Options, Server};
pub use setup::{AccessKey, AccessToken, Edition, IdTokens, Role, Setup};
pub use simulator::Simulator;
