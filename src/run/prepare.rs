//! What a run is started with, and what has to be read for that.

use std::time::Duration;

use super::retry::{self, Attempts, Next};
use super::{Job, comment, say, source};
use crate::error::{Deed, Error};
use crate::inputs::Settings;
use crate::text::{Text, text};
use crate::transport::Transport;
use crate::yunxiao::params::RunParams;
use crate::yunxiao::{Cause, Certainty, PipelineSource, Setback};

impl<T: Transport> Job<'_, '_, T> {
    /// The run's parameters, every ref under the spelling that the pipeline has for its source; none if the step is
    /// cancelled meanwhile.
    pub(super) async fn params(&self) -> Result<Option<RunParams>, Error> {
        let Settings { params, refs, .. } = self.settings;
        if refs.own.is_none() && params.running_branches.is_empty() && params.running_tags.is_empty() {
            if !params.names_a_ref() {
                say(&text!(
                    "No ref is given: the pipeline's default branch runs",
                    "未指定分支或标签：将按流水线配置的默认分支运行"
                ));
            }
            return Ok(Some(self.with_remark(params.clone())));
        }
        match self.read(async || self.flow.sources().await).await {
            Ok(Some(sources)) => self.resolve(&sources).map(Some),
            Ok(None) => Ok(None),
            Err(setback) => self.unchecked(setback).map(Some),
        }
    }

    /// The run's parameters as they are, where reading the sources was refused. Which source `branch` means can't be known
    /// then.
    pub(super) fn unchecked(&self, Setback { certainty, cause }: Setback) -> Result<RunParams, Error> {
        if certainty != Certainty::Refused || self.settings.refs.own.is_some() {
            return Err(self.not_done(Deed::Start, cause));
        }
        let Text { english, chinese } = cause.describe(&self.host());
        let warning = text!(
            "{english}; the pipeline's sources can't be read, so refs are sent unchecked",
            "{chinese}；无法读取流水线的代码源，分支和标签将不经检查直接发送"
        );
        tracing::warn!("{}", warning.in_one_line());
        Ok(self.with_remark(self.settings.params.clone()))
    }

    /// The error that certainly nothing was done.
    pub(super) fn not_done(&self, deed: Deed, cause: Cause) -> Error {
        Error::Refused { deed, run: None, refusal: self.refused(cause) }
    }

    pub(super) fn resolve(&self, sources: &[PipelineSource]) -> Result<RunParams, Error> {
        let Settings { params, refs, .. } = self.settings;
        let origin = self.surroundings.host.origin();
        let params = source::resolve(params.clone(), refs, sources, origin.address.as_deref());
        params.map(|params| self.with_remark(params)).map_err(Error::Inputs)
    }

    fn with_remark(&self, params: RunParams) -> RunParams {
        let origin = self.surroundings.host.origin();
        RunParams { comment: Some(comment::comment(&self.settings.comment, &origin, &self.marker)), ..params }
    }

    /// Reads something that is needed, trying again within the budget; none if the step is cancelled meanwhile.
    pub(super) async fn read<R>(&self, read: impl AsyncFn() -> Result<R, Setback>) -> Result<Option<R>, Setback> {
        let begin = self.flow.clock.elapsed();
        let mut attempts = Attempts::default();
        loop {
            let Some(answer) = self.cancel.hurry(read()).await else { return Ok(None) };
            let Setback { certainty, cause } = match answer {
                Ok(answer) => return Ok(Some(answer)),
                Err(setback) => setback,
            };
            attempts.count(self.flow.clock, begin);
            let next = retry::after_repeatable(certainty, attempts, self.settings.retry_timeout);
            attempts.clock_was_set |= certainty == Certainty::ClockIsOff;
            let Next::SendAgain { after } = next else { return Err(Setback { certainty, cause }) };
            retry::say_again(&cause.describe(&self.host()), after);
            self.cancel.pause(after, Duration::ZERO).await;
            if self.cancel.requested().is_some() {
                return Ok(None);
            }
        }
    }
}
