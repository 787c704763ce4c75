//! Starting a run at most once.

use std::time::Duration;

use super::built::Asked;
use super::context::Step;
use super::earlier::{self, Earlier};
use super::lookup::{self, Found, Sought};
use super::once::{self, Sent};
use super::prepare;
use super::tell::Tell;
use super::{follow, stop};
use crate::log;
use crate::outcome::{Known, Outcome, StatusWord, Unrecognised};
use crate::text::text;
use crate::transport::Transport;
use crate::yunxiao::call::start_run::StartRun;
use crate::yunxiao::{Cause, RunParams, Started};

/// Starts a run, and follows it if requested.
pub(super) async fn start<T: Transport>(step: &Step<'_, T>, tell: &mut Tell<'_>) -> Result<Outcome, Outcome> {
    let params = prepare::params(step).await?;
    if let Some(earlier) = earlier::find(step, &params).await? {
        return go_on(step, &params, earlier, tell).await;
    }
    step.flow.hide(&params);
    let Started { run, request_id } = match once::send(step, &StartRun(&params)).await {
        Sent::Done(started) => started,
        Sent::NotDone(cause) => return Err(step.not_done(cause)),
        Sent::Cancelled => return Err(step.cancelled(Known::Nothing)),
        Sent::Unknown { cause, sent } => find(step, &params, cause, sent).await?,
    };
    tell.request_id = request_id;
    // Stop first, report afterwards: reporting may fail, and there is little time.
    let cancelled = stop::if_cancelled(step, run).await;
    tell.started(run).await;
    match cancelled {
        Some(cancelled) => Err(cancelled),
        None if step.settings.values.wait => follow::follow(step, run, Asked::of(&params), tell).await,
        None => Ok(Outcome::Started { run: step.run(run) }),
    }
}

/// Adopts a run that an earlier execution started.
async fn go_on<T: Transport>(
    step: &Step<'_, T>,
    params: &RunParams,
    Earlier { run, has_succeeded }: Earlier,
    tell: &mut Tell<'_>,
) -> Result<Outcome, Outcome> {
    tell.is_reused = true;
    let status = if has_succeeded { StatusWord::Success } else { StatusWord::Started };
    tell.hand_on(run, status).await;
    if step.settings.values.wait {
        return follow::follow(step, run, Asked::of(params), tell).await;
    }
    let run = step.run(run);
    Ok(if has_succeeded { Outcome::Succeeded { run } } else { Outcome::Started { run } })
}

/// Finds the run whose start response was lost.
async fn find<T: Transport>(
    step: &Step<'_, T>,
    params: &RunParams,
    cause: Cause,
    sent: Duration,
) -> Result<Started, Outcome> {
    let what = cause.describe();
    log::warn(&text!(
        "{what}; a run may have been started, searching for it",
        "{what}；可能已触发运行，正在查找",
        what
    ));
    let remark = params.comment.as_deref().unwrap_or_default();
    let marker = step.marker(params).to_string();
    let sought = Sought { remark, marker: &marker, sent };
    match lookup::look(&step.flow, &sought, step.settings.values.retry_timeout, step.cancel).await {
        Found::Run { run, copies } => {
            say_found(step, run, &copies);
            Ok(Started { run, request_id: cause.request_id().map(str::to_owned) })
        }
        Found::Nothing { refused, candidates } => {
            let service = step.flow.service;
            let candidates = candidates.into_iter().rev().map(|run| service.run_url(run)).collect();
            let unrecognised = Unrecognised { marker, runs_url: service.runs_url(), candidates };
            Err(Outcome::StartUnknown { cause, refused, unrecognised })
        }
    }
}

fn say_found<T: Transport>(step: &Step<'_, T>, run: u64, copies: &[u64]) {
    let text =
        text!("The run was started: run {run} has this step's marker", "已确认触发：运行 {run} 带有本步骤的标记");
    log::say_of(&text, &step.flow.service.run_url(run));
    for copy in copies {
        let url = step.flow.service.run_url(*copy);
        log::warn(&text!(
            "Run {copy} has the same marker: its remark was copied, so it is not this step's run ({url})",
            "运行 {copy} 带有相同的标记，说明备注是复制来的，该运行不是本步骤触发的（{url}）"
        ));
    }
}
