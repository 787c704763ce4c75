//! The two APIs of the service. They say the same with other paths, bodies and answers.

use super::answer::Answer;
use super::params::RunParams;
use super::pipeline::PipelineSource;
use super::request::Request;
use super::run::RunDetail;
use super::{Page, Started, acs, oapi};

/// Which API is called, and what of the address it needs beside the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Api {
    /// The API for an AccessKey, version 2021-06-25.
    AccessKey {
        /// The organisation's id.
        organization: String,
    },
    /// The API for a personal access token.
    Token {
        /// The organisation's id; none in a Region edition, which has one organisation only.
        organization: Option<String>,
    },
}

/// Where the requests of one pipeline go.
pub(super) struct Place<'a> {
    pub(super) api: &'a Api,
    /// The value of the `host` header.
    pub(super) host: String,
    pub(super) pipeline: u64,
}

impl Place<'_> {
    pub(super) fn start(&self, params: &RunParams) -> Request {
        match self.api {
            Api::AccessKey { organization } => acs::start(self, organization, params),
            Api::Token { organization } => oapi::start(self, organization.as_deref(), params),
        }
    }

    pub(super) fn list(&self, token: Option<&str>) -> Request {
        match self.api {
            Api::AccessKey { organization } => acs::list(self, organization, token),
            Api::Token { organization } => oapi::list(self, organization.as_deref(), token),
        }
    }

    pub(super) fn get(&self, run: u64) -> Request {
        match self.api {
            Api::AccessKey { organization } => acs::get(self, organization, run),
            Api::Token { organization } => oapi::get(self, organization.as_deref(), run),
        }
    }

    pub(super) fn stop(&self, run: u64) -> Request {
        match self.api {
            Api::AccessKey { organization } => acs::stop(self, organization, run),
            Api::Token { organization } => oapi::stop(self, organization.as_deref(), run),
        }
    }

    pub(super) fn log(&self, run: u64, job: u64) -> Request {
        match self.api {
            Api::AccessKey { organization } => acs::log(self, organization, run, job),
            Api::Token { organization } => oapi::log(self, organization.as_deref(), run, job),
        }
    }

    pub(super) fn pipeline(&self) -> Request {
        match self.api {
            Api::AccessKey { organization } => acs::pipeline(self, organization),
            Api::Token { organization } => oapi::pipeline(self, organization.as_deref()),
        }
    }
}

impl Api {
    /// The run that the answer to a start names, if it says that it was started.
    pub(super) fn started(&self, answer: &Answer) -> Option<Started> {
        let run = match self {
            Self::AccessKey { .. } => answer.number("pipelineRunId").filter(|_| answer.claims_success()),
            Self::Token { .. } => oapi::started(answer),
        };
        Some(Started { run: run?, request_id: answer.request_id() })
    }

    /// A page of the list of runs; `token` is what it was asked for by.
    pub(super) fn page(&self, answer: &Answer, token: Option<&str>) -> Option<Page> {
        match self {
            Self::AccessKey { .. } => acs::page(answer),
            Self::Token { .. } => oapi::page(answer, token),
        }
    }

    /// A run in detail.
    pub(super) fn detail(&self, answer: &Answer) -> Option<RunDetail> {
        let run = match self {
            Self::AccessKey { .. } => answer.member("pipelineRun")?,
            Self::Token { .. } => answer.whole("pipelineRunId")?,
        };
        run.get("pipelineRunId").map(|_| RunDetail::read(run))
    }

    /// Whether a stop was accepted.
    pub(super) fn stopped(&self, answer: &Answer) -> bool {
        match self {
            Self::AccessKey { .. } => answer.claims_success() && answer.success().is_some(),
            Self::Token { .. } => oapi::stopped(answer),
        }
    }

    /// Whether a job's log goes on. The log itself was taken out of the answer as it came.
    pub(super) fn log_goes_on(&self, answer: &Answer) -> Option<bool> {
        let log = match self {
            Self::AccessKey { .. } => answer.member("log")?,
            Self::Token { .. } => answer.whole("content")?,
        };
        Some(log["more"] == serde_json::Value::Bool(true))
    }

    /// A pipeline's sources of code.
    pub(super) fn sources(&self, answer: &Answer) -> Option<Vec<PipelineSource>> {
        let pipeline = match self {
            Self::AccessKey { .. } => answer.member("pipeline")?,
            Self::Token { .. } => answer.whole("pipelineConfig")?,
        };
        PipelineSource::read_all(pipeline)
    }
}
