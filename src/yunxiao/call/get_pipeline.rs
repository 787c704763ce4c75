//! A pipeline's configuration, for its code sources: `GetPipeline`.

use serde_json::Value;

use super::{Answer, Api, Call, Redaction, Request, Service};

/// The longest branch that is shown whole, in characters.
const LONGEST_BRANCH: usize = 300;

pub(crate) struct GetPipeline;

/// A source of a pipeline's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineSource {
    /// The repository's address, to the letter: run parameters name it so.
    pub repository: String,
    /// The branch that runs by default, safe to show.
    pub branch: Option<String>,
    /// Whether it is in branch mode (分支模式), where branches are integrated.
    pub is_branch_mode: bool,
}

impl Call for GetPipeline {
    type Output = Vec<PipelineSource>;

    fn request(&self, service: &Service) -> Request {
        service.request("GetPipeline", "GET", &[], &[])
    }

    fn read(&self, api: &Api, answer: &Answer, secrets: &Redaction) -> Option<Vec<PipelineSource>> {
        let pipeline = match api {
            Api::AccessKey { .. } => answer.member("pipeline")?,
            Api::Token { .. } => answer.whole("pipelineConfig")?,
        };
        let sources = match &pipeline.get("pipelineConfig")?["sources"] {
            // A pipeline without sources of code may say so by saying nothing.
            Value::Null => &[],
            sources => &sources.as_array()?[..],
        };
        Some(sources.iter().filter_map(|source| read(&source["data"], secrets)).collect())
    }
}

/// A source of code; artifacts have no repository.
fn read(data: &Value, secrets: &Redaction) -> Option<PipelineSource> {
    let branch = secrets.quote(data["branch"].as_str().unwrap_or_default(), LONGEST_BRANCH);
    Some(PipelineSource {
        repository: data["repo"].as_str().filter(|repository| !repository.trim().is_empty())?.to_owned(),
        branch: Some(branch).filter(|branch| !branch.is_empty()),
        is_branch_mode: match &data["isBranchMode"] {
            Value::Bool(is) => *is,
            text => text.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")),
        },
    })
}
