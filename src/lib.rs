//! Starts an Alibaba Cloud Yunxiao (云效) Flow pipeline from any CI system.
//!
//! ```text
//! program     from the environment to an exit code
//!   inputs      what can be asked for, and every complaint about it
//!   host        the CI system: its variables, outputs, log lines. Of Yunxiao it knows Flow, as one of them
//!   run         the job: starting at most once, following. Knows nothing of HTTP
//!     yunxiao     the service: signing, requests, answers, advice. Knows no CI system
//!       transport   HTTP: one request, one answer, or what is certain without one
//!   oidc        a CI host's identity token, and how it is fetched
//!   report      a run as people see it
//!   error       every way to end, its exit code and its words
//!   log         tracing to stderr, in the host's way, and foreign lines under folds
//!   writer      a stream and its thread: nothing that people read can block the job
//! ```
//!
//! The environment, the clock and randomness are parameters of everything below [`program`].

pub mod clock;
pub mod encoding;
pub mod environment;
pub mod error;
pub mod host;
pub mod inputs;
pub mod log;
pub mod oidc;
pub mod program;
pub mod random;
pub mod redaction;
pub mod report;
pub mod run;
pub mod sanitize;
pub mod text;
pub mod transport;
pub mod writer;
pub mod yunxiao;
