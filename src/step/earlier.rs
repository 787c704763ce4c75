//! What an earlier execution of the same work has started, by its idempotency key: continued with or reused.

use super::built::Asked;
use super::context::Step;
use super::key::{self, Found, Sought, Work};
use super::marker;
use super::search::Ended;
use crate::inputs::{Complaint, IdempotencyKey, OnSucceeded};
use crate::log;
use crate::outcome::{Known, Outcome, Unclear};
use crate::text::text;
use crate::transport::Transport;
use crate::yunxiao::RunParams;

/// The most newer runs that are listed.
const MOST_LISTED: usize = 5;

/// A run of an earlier execution.
pub(super) struct Earlier {
    pub(super) run: u64,
    pub(super) has_succeeded: bool,
}

/// Looks for a run of the same work; says what it finds.
pub(super) async fn find<T: Transport>(step: &Step<'_, T>, params: &RunParams) -> Result<Option<Earlier>, Outcome> {
    let Some(key) = &step.settings.key else {
        if let Some(attempt) = step.surroundings.host.attempt() {
            log::say(&text!(
                "This is attempt {attempt} of this job, and it starts another run; set `idempotency-key: auto` to \
                 continue with the earlier run or reuse it",
                "这是本作业的第 {attempt} 次执行，将再触发一次运行；设置 `idempotency-key: auto` 可继续或复用之前的运行"
            ));
        }
        return Ok(None);
    };
    let found = look(step, key, params).await?;
    if let Some(work) = &found {
        say(step, key, work);
    }
    match found {
        None | Some(Work::Unrelated { .. }) => Ok(None),
        Some(Work::Running { run }) => Ok(Some(Earlier { run, has_succeeded: false })),
        Some(Work::Succeeded { run, .. }) => Ok(Some(Earlier { run, has_succeeded: true })),
        Some(Work::OtherRequest { run }) => {
            let url = step.flow.service.run_url(run);
            let rule = text!(
                "is already the key of run {run}, started with different refs, variables or artifacts ({url}): use \
                 another key for other work",
                "该键已用于运行 {run}，但当时指定的分支、变量或制品不同（{url}）：其他工作请换一个键"
            );
            Err(Outcome::Inputs(vec![Complaint { input: key.input.clone(), rule }]))
        }
    }
}

/// What a dry run finds.
pub(super) async fn rehearse<T: Transport>(step: &Step<'_, T>, params: &RunParams) -> Result<(), Outcome> {
    find(step, params).await.map(|earlier| {
        if step.settings.key.is_some() && earlier.is_none() {
            log::say(&text!(
                "No run with this idempotency key is running or has succeeded: one would be started",
                "没有找到使用该幂等键、仍在运行或已成功的运行：将触发一次"
            ));
        }
    })
}

async fn look<T: Transport>(
    step: &Step<'_, T>,
    key: &IdempotencyKey,
    params: &RunParams,
) -> Result<Option<Work>, Outcome> {
    let asked = Asked::of(params);
    let sought = Sought {
        key: &marker::Key::new(&key.name, step.flow.service, params),
        is_auto: key.is_auto,
        window: key.window,
        reuses: key.on_succeeded == OnSucceeded::Reuse,
        asked: &asked,
        commit: step.settings.follow.expected_commit.as_deref(),
    };
    told(step, key::look(&step.flow, &sought, step.settings.values.retry_timeout, step.cancel).await)
}

/// The run that the key names, where that is what names it: the newest that is still running, otherwise the newest.
pub(super) async fn of_key<T: Transport>(step: &Step<'_, T>) -> Result<Option<u64>, Outcome> {
    let Some(key) = &step.settings.key else { return Ok(None) };
    let name = marker::name(&key.name, step.flow.service);
    let found = key::newest(&step.flow, &name, key.window, step.settings.values.retry_timeout, step.cancel).await;
    let found = told(step, found)?;
    if let Some(run) = found {
        let text = text!("Run {run} has this idempotency key", "带有该幂等键的是运行 {run}");
        log::say_of(&text, &step.flow.service.run_url(run));
    }
    Ok(found)
}

/// What a search has found, if it could be told.
fn told<T: Transport, R>(step: &Step<'_, T>, found: Result<Found<R>, Ended>) -> Result<Option<R>, Outcome> {
    let unclear = |why| Err(Outcome::KeyUnclear { mode: step.settings.mode.clone(), why });
    // The newest first.
    let urls = |runs: Vec<u64>| runs.into_iter().rev().map(|run| step.flow.service.run_url(run)).collect();
    match found {
        _ if step.cancel.requested().is_some() => Err(step.cancelled(Known::Nothing)),
        Ok(Found::Run(found)) => Ok(Some(found)),
        Ok(Found::Nothing) => Ok(None),
        Ok(Found::Dark { runs }) => unclear(Unclear::Runs(urls(runs))),
        Ok(Found::TooMany) => unclear(Unclear::TooMany),
        Err(Ended { refused, setback }) => match refused.or(setback.map(|setback| setback.cause)) {
            Some(cause) => Err(step.not_done(cause)),
            None => unclear(Unclear::List),
        },
    }
}

fn say<T: Transport>(step: &Step<'_, T>, key: &IdempotencyKey, work: &Work) {
    let url = |run: u64| step.flow.service.run_url(run);
    match work {
        Work::Running { run } => log::say_of(
            &text!(
                "Continuing with run {run}, which an earlier execution started with this idempotency key",
                "继续跟踪此前以相同幂等键触发的运行 {run}"
            ),
            &url(*run),
        ),
        Work::Succeeded { run, newer } => {
            log::say_of(
                &text!(
                    "Run {run}, which an earlier execution started with this idempotency key, succeeded: nothing is \
                     started",
                    "此前以相同幂等键触发的运行 {run} 已成功：不再触发"
                ),
                &url(*run),
            );
            if !newer.is_empty() {
                let list = newer.iter().take(MOST_LISTED).map(u64::to_string).collect::<Vec<_>>().join(", ");
                let list = if newer.len() > MOST_LISTED { list + ", …" } else { list };
                let input = &key.input;
                log::warn(&text!(
                    "The pipeline has run since then (runs {list}): to do this work again, for example to roll back, use another \
                     {input} or `on-succeeded: start`",
                    "此后该流水线又运行过（运行 {list}）：如需重做（例如回滚），请更换 {input} 或设置 `on-succeeded: start`"
                ));
            }
        }
        Work::Unrelated { run } => log::say_of(
            &text!(
                "Run {run} of this CI job was started with different refs, variables or artifacts: this counts as \
                 other work",
                "本 CI 作业的运行 {run} 指定的分支、变量或制品不同：视为另一项工作"
            ),
            &url(*run),
        ),
        Work::OtherRequest { .. } => {}
    }
}
