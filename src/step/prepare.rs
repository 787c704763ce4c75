//! The parameters of a start, and what must be read to determine them.

use super::context::Step;
use super::{comment, source};
use crate::inputs::Settings;
use crate::log;
use crate::outcome::Outcome;
use crate::text::text;
use crate::transport::Transport;
use crate::yunxiao::call::get_pipeline::GetPipeline;
use crate::yunxiao::{Certainty, PipelineSource, RunParams, Setback};

/// The run's parameters, with each ref under the pipeline's own spelling of its source.
pub(super) async fn params<T: Transport>(step: &Step<'_, T>) -> Result<RunParams, Outcome> {
    let Settings { params, .. } = step.settings;
    if !reads_pipeline(step.settings) {
        if !params.names_a_ref() {
            log::say(&text!(
                "No branch or tag is given: running the pipeline's default branch",
                "未指定分支或标签：将按流水线配置的默认分支运行"
            ));
        }
        return Ok(with_remark(step, params.clone()));
    }
    step.prepare_start();
    match step.read(&GetPipeline).await? {
        Ok(sources) => resolve(step, &sources),
        Err(setback) => unchecked(step, setback),
    }
}

/// Whether the pipeline's sources have to be read: refs are checked against them.
pub(super) fn reads_pipeline(Settings { params, refs, .. }: &Settings) -> bool {
    refs.own.is_some() || !params.running_branches.is_empty() || !params.running_tags.is_empty()
}

/// The run's parameters unchanged, if reading the sources was refused. Then it is unknown which source `branch` applies
/// to.
pub(super) fn unchecked<T: Transport>(
    step: &Step<'_, T>,
    Setback { certainty, cause }: Setback,
) -> Result<RunParams, Outcome> {
    if certainty != Certainty::Refused || step.settings.refs.own.is_some() {
        return Err(step.not_done(cause));
    }
    let what = cause.describe();
    log::warn(&text!(
        "{what}; the pipeline's sources can't be read, so refs are sent unchecked",
        "{what}；无法读取流水线的代码源，分支和标签将不经检查直接发送",
        what
    ));
    Ok(with_remark(step, step.settings.params.clone()))
}

pub(super) fn resolve<T: Transport>(step: &Step<'_, T>, sources: &[PipelineSource]) -> Result<RunParams, Outcome> {
    let Settings { params, refs, .. } = step.settings;
    let origin = step.surroundings.host.origin();
    let params = source::resolve(params.clone(), refs, sources, origin.address.as_deref());
    params.map(|params| with_remark(step, params)).map_err(Outcome::Inputs)
}

fn with_remark<T: Transport>(step: &Step<'_, T>, params: RunParams) -> RunParams {
    let remark =
        comment::comment(&step.settings.comment, &step.surroundings.host.origin(), &step.marker(&params).to_string());
    RunParams { comment: Some(remark), ..params }
}
