//! The job that someone has to decide: how it is named, how it is found in a run, and its state. Pure functions of what
//! the run shows.

use crate::redaction::Foreign;
use crate::text::{Text, text};
use crate::yunxiao::{Blocker, Job, RunDetail, Stage, Status};

/// How many jobs an error lists.
const MOST_LISTED: usize = 30;

/// The state of a selected job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// It isn't shown yet, or the run hasn't reached it.
    Pending,
    /// It runs by itself.
    Running,
    /// It waits for someone.
    Open(Blocker),
    Passed,
    /// It failed: a gate that fails was rejected.
    Failed,
    /// The run ended before it, or it was cancelled with the run.
    Over(Status),
}

/// The job with a name in a run, and its stage; none while it may still appear.
///
/// A name is that of a job, or `STAGE/JOB`, each as the service has it or as [`plain`] writes it. An ambiguous name
/// matches no job.
pub fn find<'r>(run: &'r RunDetail, name: &str) -> Result<Option<(&'r Stage, &'r Job)>, Text> {
    let mut found = run.jobs().filter(|(stage, job)| fits(stage, job, name));
    let (first, is_ambiguous) = (found.next(), found.next().is_some());
    let is_to_come =
        run.stages.is_empty() || (!run.status.is_over() && run.stages.iter().any(|stage| stage.jobs.is_empty()));
    let list = list(run);
    match first {
        Some(_) if is_ambiguous => Err(text!(
            "matches several jobs of the run; write STAGE/JOB. The run has:{list}",
            "在该运行中对应多个任务，请写成“阶段/任务”。该运行有：{list}"
        )),
        Some(found) => Ok(Some(found)),
        None if is_to_come => Ok(None),
        None => Err(text!("is not a job of the run, which has:{list}", "不是该运行的任务，该运行有：{list}")),
    }
}

/// A job as the input `gate` takes it: its name, with its stage where others have the same.
pub fn name_of(run: &RunDetail, stage: &Stage, job: &Job) -> String {
    let name = plain(job.name.shown());
    let is_alone = run.jobs().filter(|(stage, job)| fits(stage, job, &name)).count() == 1;
    if is_alone { name } else { format!("{}/{name}", plain(stage.name.shown())) }
}

/// A job with its stage, for people.
pub fn title(stage: &Stage, job: &Job) -> String {
    format!("{} > {}", stage.name, job.name)
}

/// A name without characters that are special to a shell, an output file or a workflow expression.
fn plain(name: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "._/-".contains(character);
    name.chars().map(|character| if is_plain(character) { character } else { '_' }).collect()
}

fn fits(stage: &Stage, job: &Job, name: &str) -> bool {
    let is = |foreign: &Foreign, name: &str| [foreign.raw(), foreign.shown(), &plain(foreign.shown())].contains(&name);
    let mut splits = name.match_indices('/').map(|(at, _)| (&name[..at], &name[at + 1..]));
    is(&job.name, name) || splits.any(|(first, second)| is(&stage.name, first) && is(&job.name, second))
}

fn list(run: &RunDetail) -> String {
    let names = run.jobs().map(|(stage, job)| format!("\n    {}/{}", stage.name, job.name));
    let more = run.jobs().count() > MOST_LISTED;
    names.take(MOST_LISTED).chain(more.then(|| "\n    …".to_owned())).collect()
}

/// The state of a job, in a run.
pub fn stand(run: &RunDetail, job: &Job) -> Stand {
    match (job.status, job.blocker) {
        (Status::Succeeded | Status::Skipped, _) => Stand::Passed,
        (Status::Failed, _) => Stand::Failed,
        (Status::Canceled, _) => Stand::Over(Status::Canceled),
        _ if run.status.is_over() => Stand::Over(run.status),
        (_, Some(blocker)) => Stand::Open(blocker),
        (Status::Running | Status::Stopping | Status::Unknown, None) => Stand::Running,
        (Status::Waiting, None) => Stand::Pending,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::redaction::Redaction;
    use crate::yunxiao::call::get_run;

    /// A run of these stages, each with its jobs: name, status and actions.
    fn run(status: &str, stages: &[(&str, &[[&str; 3]])]) -> RunDetail {
        let job = |[name, status, action]: &[&str; 3]| json!({"name": name, "status": status, "actions": [action]});
        let stage = |(name, jobs): &(&str, &[_])| json!({"stageInfo": {"name": name, "jobs": jobs.iter().map(job).collect::<Vec<Value>>()}});
        let stages: Vec<Value> = stages.iter().map(stage).collect();
        get_run::read(&json!({"status": status, "stages": stages}), &Redaction::default())
    }

    #[test]
    fn a_missing_job_may_still_appear_while_a_stage_has_no_jobs() {
        let (there, empty): ((_, &[_]), (_, &[_])) = (("s", &[["j", "RUNNING", ""]]), ("t", &[]));
        for (status, stages, is_waited_for) in [
            ("RUNNING", &[][..], true),
            ("FAIL", &[], true),
            ("RUNNING", &[there, empty], true),
            ("RUNNING", &[there], false),
            ("FAIL", &[there, empty], false),
            ("SUCCESS", &[there], false),
        ] {
            let run = run(status, stages);
            assert_eq!(find(&run, "k").is_ok_and(|found| found.is_none()), is_waited_for, "{status} {stages:?}");
        }
    }

    #[test]
    fn where_a_job_stands() {
        for (run_status, status, action, expected) in [
            ("RUNNING", "SUCCESS", "pass", Stand::Passed),
            ("RUNNING", "SKIP", "", Stand::Passed),
            ("FAIL", "SUCCESS", "", Stand::Passed),
            ("RUNNING", "FAIL", "", Stand::Failed),
            ("RUNNING", "CANCELED", "", Stand::Over(Status::Canceled)),
            ("RUNNING", "WAITING", "pass", Stand::Open(Blocker::Gate)),
            ("RUNNING", "RUNNING", "pass", Stand::Open(Blocker::Gate)),
            ("RUNNING", "RUNNING", "", Stand::Running),
            ("RUNNING", "CANCELLING", "", Stand::Running),
            ("RUNNING", "A NEW WORD", "", Stand::Running),
            ("RUNNING", "WAITING", "", Stand::Pending),
            // No one decides anything in a run that is over.
            ("FAIL", "WAITING", "pass", Stand::Over(Status::Failed)),
            ("CANCELED", "RUNNING", "", Stand::Over(Status::Canceled)),
            ("SUCCESS", "INIT", "", Stand::Over(Status::Succeeded)),
        ] {
            let run = run(run_status, &[("s", &[["j", status, action]])]);
            let (_, job) = run.jobs().next().unwrap();
            assert_eq!(stand(&run, job), expected, "{run_status} {status} {action}");
        }
    }

    #[test]
    fn a_complaint_lists_thirty_jobs() {
        let names: Vec<String> = (1..=MOST_LISTED + 1).map(|number| format!("j{number}")).collect();
        let jobs: Vec<_> = names.iter().map(|name| [&**name, "SUCCESS", ""]).collect();
        let whole = list(&run("SUCCESS", &[("s", &jobs[..MOST_LISTED])]));
        assert!(whole.ends_with("\n    s/j30"), "{whole}");
        let cut = list(&run("SUCCESS", &[("s", &jobs)]));
        assert_eq!(cut, whole + "\n    …");
    }
}
