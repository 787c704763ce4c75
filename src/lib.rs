//! Starts an Alibaba Cloud Yunxiao (云效) Flow pipeline from any CI system.
//!
//! ```text
//! program     from the environment to an exit code
//!   help        what `--help` prints
//!   machine     what the machine has to grant before anything is sent
//!   inputs      the inputs, and all complaints about them
//!   host        the CI system: its variables, outputs, log lines. Knows Yunxiao only as Flow
//!   step        what each mode does: starting at most once, following, stopping. Knows no HTTP
//!     report      a run as people see it
//!     outcome     how a step ends: exit codes, `status`, messages
//!     yunxiao     the service: calls, credentials, what a response proves. Knows no CI system
//!       transport   HTTP: one request, one response, or what is certain without one
//!   identity_token  a CI system's OIDC identity token, and how to request it
//!   log         tracing to stderr, in the host's way, and foreign lines under folds
//!   writer      a stream and its thread: an unread log can't block the step
//! ```
//!
//! The environment, the clock and randomness are parameters of everything below [`program`].
//! `CONTRIBUTING.md` says where each rule is and where a change goes.

#![forbid(unsafe_code)]
#![warn(clippy::disallowed_methods)]

pub mod clock;
mod encoding;
pub mod environment;
mod files;
mod help;
pub mod host;
pub mod identity_token;
pub mod inputs;
pub mod log;
mod machine;
pub mod outcome;
pub mod program;
pub mod random;
pub mod redaction;
mod report;
pub mod sanitize;
mod spelling;
pub mod step;
pub mod text;
pub mod transport;
pub mod writer;
pub mod yunxiao;
