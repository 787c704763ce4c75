//! Approving or rejecting what a run waits for, at most once.

use super::built::Asked;
use super::context::Step;
use super::decision::{Decision, Target, complaint, ended, is_decided, settled, target};
use super::follow::{Follower, Watched, poll};
use super::gate::Stand;
use super::once::{self, Sent};
use super::settle::settle;
use super::stop;
use super::tell::Tell;
use crate::inputs::{Follow, Gate, Logs, OnGate};
use crate::log;
use crate::outcome::{Known, Outcome};
use crate::text::{Text, text};
use crate::transport::Transport;
use crate::yunxiao::call::pass_gate::PassGate;
use crate::yunxiao::call::refuse_gate::RefuseGate;
use crate::yunxiao::call::resume_deployment::ResumeDeployment;
use crate::yunxiao::call::start_job::StartJob;
use crate::yunxiao::call::{Accepted, Call};
use crate::yunxiao::{Blocker, Job, RunDetail, Status};

/// Waits for what the run waits for, decides it, and follows the run if requested.
pub(super) async fn decide<T: Transport>(
    step: &Step<'_, T>,
    run: u64,
    gate: &Gate,
    decision: Decision,
    tell: &mut Tell<'_>,
) -> Result<Outcome, Outcome> {
    let rules = &step.settings.follow;
    let follows = step.settings.values.wait && decision == Decision::Approve;
    let logs = if follows { rules.logs } else { Some(Logs::None) };
    // Earlier waits of the run are for others to decide.
    let waiting = Follow { on_gate: OnGate::Wait, logs, ..rules.clone() };
    let mut follower = Follower::begin(step, run, waiting, Asked::default());
    follower.is_ours = false;
    let (mut has_run, mut found) = (false, Ok(None));
    let mut is_its_turn = |seen: &RunDetail| {
        found = target(seen, gate);
        match &found {
            Ok(None) => false,
            Ok(Some(target)) => {
                has_run |= target.stand == Stand::Running;
                !matches!(target.stand, Stand::Pending | Stand::Running)
            }
            Err(_) => true,
        }
    };
    match follower.until(tell, &mut is_its_turn).await {
        Watched::Seen => {}
        Watched::End(end) => return Err(follower.act_on_limit(end, tell).await),
        Watched::Cancelled => return Err(follower.cancelled(tell).await),
    }
    let found = found.map_err(|complaint| Outcome::Inputs(vec![complaint]))?;
    let Some(target) = found else { return Err(follower.cancelled(tell).await) };
    if let (Decision::Approve, Stand::Open(_) | Stand::Passed, Some(seen)) = (decision, &target.stand, &tell.seen)
        && let Some(unconfirmed) = follower.following.unconfirmed(rules, seen)
    {
        return Err(unconfirmed);
    }
    let outcome = match target.stand {
        Stand::Open(blocker) => send(step, run, gate, decision, blocker, &target, tell).await?,
        // An automatic job is not a gate, so no one has rejected it.
        Stand::Failed if has_run || target.job.deployment.is_some() => {
            ended(step.run(run), decision, Status::Failed, &target)
        }
        _ => settled(step.run(run), decision, &target, false),
    };
    match outcome {
        Outcome::Approved { is_by_this_step, .. } if follows => {
            log::say(&outcome.message());
            follower.is_ours = is_by_this_step;
            follower.rules = rules.clone();
            follower.finish(tell).await
        }
        outcome => Ok(outcome),
    }
}

/// The request that decides a waiting job.
fn call<'s, T: Transport>(
    step: &'s Step<'_, T>,
    run: u64,
    decision: Decision,
    blocker: Blocker,
    job: &Job,
) -> Result<Box<dyn Call<Output = Accepted> + 's>, Text> {
    Ok(match (decision, blocker) {
        (Decision::Approve, Blocker::Gate) => Box::new(PassGate { run, job: job.id }),
        (Decision::Reject, Blocker::Gate) => Box::new(RefuseGate { run, job: job.id }),
        (Decision::Approve, Blocker::Deployment) => {
            Box::new(ResumeDeployment(job.deployment.as_ref().map_or(0, |deployment| deployment.order)))
        }
        (Decision::Approve, Blocker::ManualJob) => {
            let call = StartJob::of(step.flow.service, run, job.id);
            Box::new(call.ok_or_else(|| {
                text!(
                    "is a manual job (手动执行), which only an access token can start: Yunxiao's API for AccessKeys has \
                     no call for it",
                    "是手动执行的任务，只能使用个人访问令牌执行：云效的 AccessKey API 没有对应的接口"
                )
            })?)
        }
        (Decision::Approve, Blocker::Conflict) => {
            return Err(text!(
                "is a merge conflict: resolve it in the repository",
                "是分支合并冲突，只能在代码库中解决"
            ));
        }
        (Decision::Reject, _) => {
            let what = blocker.describe();
            return Err(text!(
                "is not a manual gate, and only gates can be rejected; it is {what}",
                "不是人工卡点，只有人工卡点可以拒绝；它{what}",
                what
            ));
        }
    })
}

/// Decides a waiting job, and reads the run until it shows the decision.
async fn send<T: Transport>(
    step: &Step<'_, T>,
    run: u64,
    gate: &Gate,
    decision: Decision,
    blocker: Blocker,
    before: &Target,
    tell: &mut Tell<'_>,
) -> Result<Outcome, Outcome> {
    let call = call(step, run, decision, blocker, &before.job);
    let call = call.map_err(|rule| Outcome::Inputs(vec![complaint(gate, rule)]))?;
    let named = step.run(run);
    let decided = |seen: &RunDetail| {
        let now = target(seen, gate).ok().flatten()?;
        is_decided(before, &now).then_some(now)
    };
    let cause = match once::send(step, &*call).await {
        Sent::Cancelled => return Err(step.cancelled(Known::Untouched(named))),
        Sent::NotDone(cause) => {
            // Someone else may have been faster.
            let now = match step.cancel.hurry(poll(step, run)).await {
                Some(Ok(detail)) => decided(&detail),
                _ => None,
            };
            return match now {
                Some(now) => Ok(settled(named, decision, &now, false)),
                None => Err(Outcome::NotDone { mode: step.settings.mode.clone(), run: Some(named), cause }),
            };
        }
        Sent::Done(Accepted { request_id }) => {
            tell.request_id = request_id;
            if step.cancel.requested().is_some() && decision == Decision::Approve {
                // Stop first: there is little time.
                return Err(stop::stop_as_cancelled(step, run).await);
            }
            None
        }
        Sent::Unknown { cause, .. } => {
            let what = cause.describe();
            log::warn(&text!(
                "{what}; the request may have taken effect and is not sent again; reading the run",
                "{what}；请求可能已生效，不会重发，正在读取运行状态",
                what
            ));
            Some(cause)
        }
    };
    let is_shown = settle(step, run, tell, &|seen| decided(seen).is_some()).await;
    let shown = tell.seen.as_ref().filter(|_| is_shown).and_then(decided);
    if step.cancel.requested().is_some() {
        return Err(match (decision, shown.map(|now| now.stand)) {
            (_, None) => step.cancelled(Known::MayHaveActed(named)),
            (Decision::Reject, Some(Stand::Failed)) => step.cancelled(Known::Rejected(named)),
            (Decision::Reject, Some(_)) | (_, Some(Stand::Failed | Stand::Over(_))) => {
                step.cancelled(Known::Untouched(named))
            }
            (Decision::Approve, Some(_)) => stop::stop_as_cancelled(step, run).await,
        });
    }
    match shown {
        Some(now) => Ok(settled(named, decision, &now, true)),
        None => Err(Outcome::Unconfirmed { run: named, mode: step.settings.mode.clone(), cause }),
    }
}
