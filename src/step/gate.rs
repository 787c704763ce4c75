//! The job that somebody has to decide: how it is named, found in a run, and where it stands. Pure functions of what the
//! run shows.

use crate::redaction::Foreign;
use crate::text::{Text, text};
use crate::yunxiao::{Blocker, Job, RunDetail, Stage, Status};

/// How many jobs a complaint lists.
const MOST_LISTED: usize = 30;

/// Where a job that was named stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stand {
    /// It is not to be seen yet, or its turn has not come.
    Pending,
    /// It runs by itself.
    Running,
    /// It waits for somebody.
    Open(Blocker),
    Passed,
    /// It failed: a gate that fails was rejected.
    Failed,
    /// The run ended before it, or it was cancelled with the run.
    Over(Status),
}

/// The job that a name means in a run, with its stage; none while it may still appear.
///
/// A name is that of a job, or `STAGE/JOB`, each as the service has it or as [`plain`] writes it. One that fits several
/// jobs means none of them.
pub fn find<'r>(run: &'r RunDetail, name: &str) -> Result<Option<(&'r Stage, &'r Job)>, Text> {
    let mut found = run.jobs().filter(|(stage, job)| fits(stage, job, name));
    let (first, is_ambiguous) = (found.next(), found.next().is_some());
    let is_to_come =
        run.stages.is_empty() || (!run.status.is_over() && run.stages.iter().any(|stage| stage.jobs.is_empty()));
    let list = list(run);
    match first {
        Some(_) if is_ambiguous => Err(text!(
            "means several jobs of the run; give one of them as STAGE/JOB. It has:{list}",
            "在该运行中对应多个任务，请写成“阶段/任务”。该运行有：{list}"
        )),
        Some(found) => Ok(Some(found)),
        None if is_to_come => Ok(None),
        None => Err(text!("is no job of the run, which has:{list}", "不是该运行的任务，该运行有：{list}")),
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

/// A name of which nothing can mean anything to a shell, a file of outputs or a workflow's expression.
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

/// Where a job stands, in a run.
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
