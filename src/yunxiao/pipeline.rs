//! A pipeline as the service tells of it: where its code comes from.

use serde_json::Value;

use super::answer::quoted_name;

/// A source of a pipeline's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineSource {
    /// The repository's address, to the letter: run parameters name it so.
    pub repository: String,
    /// The branch that runs by default.
    pub branch: Option<String>,
    /// Whether it is in branch mode (分支模式), where branches are integrated.
    pub is_branch_mode: bool,
}

impl PipelineSource {
    /// The sources of code in a pipeline's configuration; artifacts have no repository.
    pub(super) fn read_all(pipeline: &Value) -> Option<Vec<Self>> {
        let sources = pipeline.get("pipelineConfig")?.get("sources")?.as_array()?;
        Some(sources.iter().filter_map(|source| Self::read(&source["data"])).collect())
    }

    fn read(data: &Value) -> Option<Self> {
        Some(Self {
            repository: data["repo"].as_str().filter(|repository| !repository.trim().is_empty())?.to_owned(),
            branch: quoted_name(&data["branch"]),
            is_branch_mode: match &data["isBranchMode"] {
                Value::Bool(is) => *is,
                text => text.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")),
            },
        })
    }
}
