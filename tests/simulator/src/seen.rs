//! What the service saw.

use std::time::SystemTime;

use serde::Serialize;

use crate::fault::{Acts, Fault};
use crate::request::Request;
use crate::time::instant;

/// A request that arrived, and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Its number, from 0.
    pub number: usize,
    /// When it arrived, by the caller's clock.
    #[serde(serialize_with = "instant::serialize")]
    pub at: SystemTime,
    /// The connection it came over, when there was one.
    pub connection: Option<u64>,
    /// The request as it was on the wire.
    pub request: Request,
    /// The action its path and method ask for, when there is one.
    pub action: Option<String>,
    /// The id of the AccessKey whose signature was verified, or `token` for a token that is good; `None`: neither.
    pub verified: Option<String>,
    /// The code with which the service refused it, or would have but for a fault.
    pub refused: Option<String>,
    /// Whether it acts. A refused request never does.
    pub acts: Acts,
    /// The fault that happened to it.
    pub fault: Option<Fault>,
    /// The status it was answered with, when there was an answer.
    pub status: Option<u16>,
    /// The length of the answer's body, in bytes.
    pub length: usize,
}
