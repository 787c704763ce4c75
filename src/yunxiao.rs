//! The service: Yunxiao (云效) Flow. It knows no CI system.
//!
//! ```text
//! flow          one pipeline as one caller sees it: the calls it offers
//!   call          one call, one file: request and answer in both of the service's APIs
//!   caller        who calls: credentials, their renewal, what must not be shown
//!   exchange      one request and its answer
//!     certainty     what a response proves: the rule that decides about resending
//!     signature     how a request is signed
//! run           a run as the service describes it
//! setback       why a request failed; `advice` says what to do
//! ```

mod advice;
mod answer;
pub(crate) mod call;
mod caller;
mod certainty;
mod exchange;
mod flow;
#[cfg(fuzzing)]
pub mod fuzzing;
mod log_splitter;
mod needed;
mod params;
pub mod request;
mod run;
mod service;
mod setback;
pub mod signature;

pub use call::assume_role::Role;
pub use call::get_pipeline::PipelineSource;
pub use caller::{Caller, Identity, RoleIdentity};
pub use certainty::Certainty;
pub use flow::{Flow, Started};
pub use params::RunParams;
pub use run::{Blocker, Deployment, Job, Owner, Remark, RunDetail, Source, Stage, Status, Variables, is_commit};
pub use service::{Api, Service};
pub use setback::{Cause, Setback};
pub use signature::{AccessKey, Algorithm};
