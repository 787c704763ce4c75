//! The service's addresses, and what its two APIs share.

use super::request::Request;
use crate::transport::Address;

/// The service, and the pipeline.
#[derive(Clone, Debug)]
pub struct Service {
    pub endpoint: Address,
    pub api: Api,
    pub pipeline: u64,
    /// The website with runs' pages; a Region edition's is known only to its users.
    pub web_url: Option<Address>,
    /// Where identity tokens are exchanged.
    pub sts: Address,
}

/// Which API is called. Both do the same with other paths, bodies and answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Api {
    /// The API for an AccessKey, version 2021-06-25: Alibaba Cloud's OpenAPI metadata and official SDKs.
    AccessKey { organization: String },
    /// The API for a personal access token: its swagger and the official MCP server (npm
    /// `alibabacloud-devops-mcp-server`). A Region edition has one organisation only, and does not name it.
    Token { organization: Option<String> },
}

impl Service {
    /// A request to the AccessKey API. Its paths are in the singular or in the plural as the call has it.
    pub(super) fn access_key_request(&self, action: &str, method: &'static str, segments: &[&str]) -> Request {
        Request {
            method,
            host: self.endpoint.authority(),
            segments: segments.iter().map(|segment| (*segment).to_owned()).collect(),
            parameters: Vec::new(),
            headers: vec![("x-acs-action", action.to_owned()), ("x-acs-version", "2021-06-25".to_owned())],
            body: None,
        }
    }

    /// A request to the token API, about the pipeline.
    pub(super) fn token_request(&self, organization: Option<&str>, method: &'static str, tail: &[&str]) -> Request {
        let pipeline = self.pipeline.to_string();
        let organization = organization.map(|organization| ["organizations", organization]);
        let segments = ["oapi", "v1", "flow"].into_iter().chain(organization.into_iter().flatten());
        let segments = segments.chain(["pipelines", &pipeline]).chain(tail.iter().copied());
        Request {
            method,
            host: self.endpoint.authority(),
            segments: segments.map(str::to_owned).collect(),
            parameters: Vec::new(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// A request about the pipeline, where the two APIs differ in the path alone.
    pub(super) fn request(&self, action: &str, method: &'static str, access_key: &[&str], token: &[&str]) -> Request {
        let pipeline = self.pipeline.to_string();
        match &self.api {
            Api::AccessKey { organization } => {
                let path = ["organization", organization, "pipelines", &pipeline].into_iter();
                self.access_key_request(action, method, &path.chain(access_key.iter().copied()).collect::<Vec<_>>())
            }
            Api::Token { organization } => self.token_request(organization.as_deref(), method, token),
        }
    }

    /// The organisation that is called, unless the endpoint alone names it.
    pub fn organization(&self) -> Option<&str> {
        match &self.api {
            Api::AccessKey { organization } => Some(organization),
            Api::Token { organization } => organization.as_deref(),
        }
    }

    /// The page of a run, if the site is known.
    pub fn run_link(&self, run: u64) -> Option<String> {
        Some(format!("{}/{run}", self.runs_link()?))
    }

    /// Where a person finds a run.
    pub fn run_url(&self, run: u64) -> String {
        self.run_link(run).unwrap_or_else(|| format!("{}, run {run}", self.runs_url()))
    }

    /// Where a person finds the pipeline's runs.
    pub fn runs_url(&self) -> String {
        self.runs_link().unwrap_or_else(|| format!("{}, pipeline {}", self.endpoint.host(), self.pipeline))
    }

    fn runs_link(&self) -> Option<String> {
        Some(format!("{}/pipelines/{}/builds", self.web_url.as_ref()?, self.pipeline))
    }
}
