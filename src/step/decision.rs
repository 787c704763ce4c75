//! What is decided about a job, whether the run shows it, and how the step ends by it. Pure functions of what the run shows.

use super::decide::failed_jobs;
use super::gate::{self, Stand};
use crate::inputs::{Complaint, Gate};
use crate::outcome::{Outcome, Run};
use crate::text::Text;
use crate::yunxiao::{Blocker, Job, RunDetail, Status};

/// What is decided about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Approve,
    Reject,
}

/// The selected job and its state.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) stand: Stand,
    /// The job with its stage, for people.
    pub(super) title: String,
    pub(super) job: Job,
    /// The run's failed jobs, each with its stage.
    pub(super) failed: Vec<String>,
}

/// The job that is named; none while it may still appear.
pub(super) fn target(run: &RunDetail, gate: &Gate) -> Result<Option<Target>, Complaint> {
    let found = gate::find(run, &gate.name).map_err(|rule| complaint(gate, rule))?;
    Ok(found.map(|(stage, job)| Target {
        stand: gate::stand(run, job),
        title: gate::title(stage, job),
        job: job.clone(),
        failed: failed_jobs(run),
    }))
}

pub(super) fn complaint(gate: &Gate, rule: Text) -> Complaint {
    Complaint { input: gate.input.clone(), rule }
}

/// Whether a job shows that it has been decided, by anyone.
pub(super) fn is_decided(before: &Target, now: &Target) -> bool {
    match (&now.stand, &before.stand) {
        (Stand::Passed | Stand::Failed | Stand::Over(_), _) => true,
        // A gate that is neither passed nor rejected yet.
        (_, Stand::Open(Blocker::Gate)) => false,
        // A resumed deployment may be paused again before its next batch. An unreadable one shows nothing.
        (_, Stand::Open(Blocker::Deployment)) => {
            let begun = |target: &Target| target.job.deployment.as_ref().and_then(|deployment| deployment.begun);
            begun(now).is_some_and(|_| now.stand == Stand::Running) || begun(now) > begun(before)
        }
        _ => now.stand != before.stand,
    }
}

/// How the step ends after the decision, whoever made it.
pub(super) fn settled(run: Run, decision: Decision, now: &Target, is_by_this_step: bool) -> Outcome {
    let job = now.title.clone();
    match (decision, &now.stand) {
        (_, Stand::Over(status)) => ended(run, decision, *status, now),
        (Decision::Approve, Stand::Failed) if now.job.deployment.is_some() => ended(run, decision, Status::Failed, now),
        (Decision::Approve, Stand::Failed) => Outcome::Rejected { run, job, is_by_this_step: false, is_good: false },
        (Decision::Approve, _) => Outcome::Approved { run, job, is_by_this_step },
        (Decision::Reject, Stand::Failed) => Outcome::Rejected { run, job, is_by_this_step, is_good: true },
        (Decision::Reject, _) => Outcome::NotRejected { run, job },
    }
}

/// How the step ends if the run ends without a decision.
pub(super) fn ended(run: Run, decision: Decision, status: Status, now: &Target) -> Outcome {
    match (status, decision) {
        (Status::Failed, _) => Outcome::Failed { run, jobs: now.failed.clone() },
        (Status::Succeeded, Decision::Approve) => Outcome::Succeeded { run },
        (Status::Succeeded, Decision::Reject) => Outcome::NotRejected { run, job: now.title.clone() },
        _ => Outcome::Canceled { run },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::redaction::Redaction;
    use crate::yunxiao::Deployment;
    use crate::yunxiao::call::get_run;

    /// A job in this state; for a deployment, also how many machines it has started, once read.
    #[expect(clippy::option_option, reason = "a job that is none, one that was not read, and one that was")]
    fn standing(stand: Stand, deployment: Option<Option<usize>>) -> Target {
        let run = json!({"stages": [{"stageInfo": {"name": "s", "jobs": [{"id": 7, "name": "j"}]}}]});
        let run = get_run::read(&run, &Redaction::default());
        let (stage, job) = run.jobs().next().unwrap();
        let deployment = deployment.map(|begun| Deployment { begun, ..Deployment::default() });
        let job = Job { deployment, ..job.clone() };
        Target { stand, title: gate::title(stage, &job), job, failed: vec!["s > failed".to_owned()] }
    }

    #[test]
    fn a_job_is_decided_once_it_shows_so() {
        let open = Stand::Open;
        let begun = |count| Some(Some(count));
        for ((before, deployment_before), (now, deployment_now), expected) in [
            ((open(Blocker::Gate), None), (open(Blocker::Gate), None), false),
            ((open(Blocker::Gate), None), (Stand::Passed, None), true),
            ((open(Blocker::Gate), None), (Stand::Failed, None), true),
            ((open(Blocker::Gate), None), (Stand::Over(Status::Canceled), None), true),
            // A gate that is neither passed nor rejected yet.
            ((open(Blocker::Gate), None), (Stand::Running, None), false),
            ((open(Blocker::Gate), None), (Stand::Pending, None), false),
            ((open(Blocker::ManualJob), None), (open(Blocker::ManualJob), None), false),
            ((open(Blocker::ManualJob), None), (Stand::Running, None), true),
            ((open(Blocker::ManualJob), None), (Stand::Pending, None), true),
            ((open(Blocker::Deployment), begun(1)), (open(Blocker::Deployment), begun(1)), false),
            // Resumed, and paused again before its next batch.
            ((open(Blocker::Deployment), begun(1)), (open(Blocker::Deployment), begun(2)), true),
            ((open(Blocker::Deployment), begun(1)), (Stand::Running, begun(1)), true),
            ((open(Blocker::Deployment), begun(1)), (Stand::Passed, begun(1)), true),
            // It could not be read.
            ((open(Blocker::Deployment), begun(1)), (Stand::Running, Some(None)), false),
            ((open(Blocker::Deployment), begun(1)), (Stand::Pending, Some(None)), false),
        ] {
            let (before, now) = (standing(before, deployment_before), standing(now, deployment_now));
            assert_eq!(is_decided(&before, &now), expected, "{:?} {:?}", before.stand, now.stand);
        }
    }

    #[test]
    fn what_was_decided_is_how_the_step_ends() {
        let (run, job) = (Run { id: 1, url: "u".to_owned() }, "s > j".to_owned());
        let rejected = |is_by_this_step, is_good| {
            let (run, job) = (run.clone(), job.clone());
            Outcome::Rejected { run, job, is_by_this_step, is_good }
        };
        let approved = |is_by_this_step| Outcome::Approved { run: run.clone(), job: job.clone(), is_by_this_step };
        let not_rejected = || Outcome::NotRejected { run: run.clone(), job: job.clone() };
        let failed = || Outcome::Failed { run: run.clone(), jobs: vec!["s > failed".to_owned()] };
        let succeeded = || Outcome::Succeeded { run: run.clone() };
        let canceled = || Outcome::Canceled { run: run.clone() };
        let over = Stand::Over;
        for (stand, is_deployment, by_this_step, to_approve, to_reject) in [
            (Stand::Passed, false, true, approved(true), not_rejected()),
            (Stand::Passed, false, false, approved(false), not_rejected()),
            (Stand::Failed, false, true, rejected(false, false), rejected(true, true)),
            (Stand::Failed, false, false, rejected(false, false), rejected(false, true)),
            (Stand::Failed, true, true, failed(), rejected(true, true)),
            (over(Status::Failed), false, false, failed(), failed()),
            (over(Status::Succeeded), false, false, succeeded(), not_rejected()),
            (over(Status::Canceled), false, false, canceled(), canceled()),
            (over(Status::Skipped), false, true, canceled(), canceled()),
        ] {
            let now = standing(stand, is_deployment.then_some(None));
            assert_eq!(settled(run.clone(), Decision::Approve, &now, by_this_step), to_approve, "{:?}", now.stand);
            assert_eq!(settled(run.clone(), Decision::Reject, &now, by_this_step), to_reject, "{:?}", now.stand);
        }
    }
}
