//! Runs, and where they are at a given time.
//!
//! A run holds only what happened to it; everything else follows from its pipeline and the time, so nothing has to
//! tick.

mod order;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;

use crate::filler::fill;
use crate::pipeline::{Job, Pipeline, Stage};
use crate::time::instant;
use order::Order;

pub(crate) use order::{MachineProgress, OrderDeed, OrderProgress};

/// The status of what waits for someone to start a job.
const SWITCH_MANUAL: &str = "SWITCH_MANUAL";
/// How far the id of a deployment's order is from that of its job.
const ORDER: u64 = 500;

/// A run, as a test asks about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRecord {
    /// Its id, which is the run counter of its pipeline.
    pub id: u64,
    /// Its pipeline.
    pub pipeline: u64,
    /// The run parameters as they came: the JSON of `params`; `None` when there were none.
    pub params: Option<Value>,
    /// The run's remark.
    pub comment: Option<String>,
    /// Whether a request to this service started it.
    pub by_api: bool,
    /// When it was created, by the clock of whoever asked.
    #[serde(serialize_with = "instant::serialize")]
    pub created: SystemTime,
    /// When it was asked to stop.
    #[serde(serialize_with = "instant::serialize_optional")]
    pub stopped: Option<SystemTime>,
    /// The number of the request that started it, as in [`crate::Seen`].
    pub request: Option<usize>,
}

/// A run, and what happened to it.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) record: RunRecord,
    pub(crate) trigger_mode: u32,
    /// The pipeline as it was when the run was created.
    pub(crate) pipeline: Pipeline,
    /// What was done to its jobs.
    pub(crate) deeds: BTreeMap<u64, Deeds>,
    /// Whether the service no longer knows it.
    pub(crate) vanished: bool,
}

/// What was done to a job, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Deeds {
    /// It was decided as a gate, and passed or not.
    pub(crate) decided: Option<(SystemTime, bool)>,
    /// It was started by hand.
    pub(crate) started: Option<SystemTime>,
    /// Its conflict was resolved.
    pub(crate) resolved: Option<SystemTime>,
    /// It was retried; only the last time counts.
    pub(crate) retried: Option<SystemTime>,
    pub(crate) deployment: Vec<(SystemTime, OrderDeed)>,
}

/// What someone does to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Pass,
    Refuse,
    Start,
    Resolve,
    Retry,
}

/// What a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// A decision.
    Gate,
    /// Someone who starts it.
    Start,
    /// Someone who resolves a conflict.
    Conflict,
}

/// A run at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) status: String,
    pub(crate) started: Option<SystemTime>,
    pub(crate) ended: Option<SystemTime>,
    /// Empty until the queue is over.
    pub(crate) stages: Vec<StageProgress>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StageProgress {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) started: Option<SystemTime>,
    pub(crate) ended: Option<SystemTime>,
    pub(crate) jobs: Vec<JobProgress>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JobProgress {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) started: Option<SystemTime>,
    pub(crate) ended: Option<SystemTime>,
    pub(crate) log: Vec<String>,
    /// How many bytes of made-up lines its log has besides.
    pub(crate) filler: u64,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) failed: bool,
    pub(crate) retryable: bool,
    /// Its order when it is a deployment that has begun.
    pub(crate) order: Option<OrderProgress>,
    /// The stage and the job in its pipeline.
    pub(crate) place: (usize, usize),
}

impl JobProgress {
    /// Its log so far.
    pub(crate) fn log(&self) -> String {
        let mut text: String = self.log.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        fill(&mut text, self.filler);
        text
    }
}

/// From when to when something runs, and how it ends; what has no end yet goes on.
struct Span {
    /// When it is its turn.
    due: SystemTime,
    /// When it begins; `None`: someone has to start it.
    start: Option<SystemTime>,
    end: Option<SystemTime>,
    result: String,
}

impl Run {
    /// Asks it to stop; whether there was anything left to stop.
    pub(crate) fn stop(&mut self, now: SystemTime) -> bool {
        let goes_on = self.progress(now).ended.is_none();
        if goes_on {
            self.record.stopped.get_or_insert(now);
        }
        goes_on
    }

    /// Does something to a job; whether that could be done.
    pub(crate) fn act(&mut self, now: SystemTime, job: u64, deed: Deed) -> bool {
        let Some(known) = self.job_at(now, job) else {
            return false;
        };
        let wanted = match deed {
            Deed::Pass | Deed::Refuse => known.waiting == Some(Waiting::Gate),
            Deed::Start => known.waiting == Some(Waiting::Start),
            Deed::Resolve => known.waiting == Some(Waiting::Conflict),
            Deed::Retry => known.retryable,
        };
        if wanted {
            let deeds = self.deeds.entry(job).or_default();
            match deed {
                Deed::Pass => deeds.decided = Some((now, true)),
                Deed::Refuse => deeds.decided = Some((now, false)),
                Deed::Start => deeds.started = Some(now),
                Deed::Resolve => deeds.resolved = Some(now),
                Deed::Retry => *deeds = Deeds { retried: Some(now), ..Deeds::default() },
            }
        }
        wanted
    }

    /// Does something to a deployment that is still running; whether there is one that it can be done to. Only one that
    /// waits can be resumed.
    pub(crate) fn act_on_order(&mut self, now: SystemTime, order: u64, deed: OrderDeed) -> bool {
        let Some(known) = self.order(now, order) else {
            return false;
        };
        let open = |sn: &String| {
            let status = |status: &str| ["Running", "Pending"].contains(&status);
            known.machines.iter().any(|machine| machine.sn == *sn && status(&machine.status))
        };
        let wanted = match &deed {
            OrderDeed::Pause => known.status == "Running",
            OrderDeed::Resume => known.status == "Waiting",
            OrderDeed::Fail(sn) => ["Running", "Waiting"].contains(&known.status) && open(sn),
        };
        if wanted {
            self.deeds.entry(order - ORDER).or_default().deployment.push((now, deed));
        }
        wanted
    }

    pub(crate) fn job_at(&self, now: SystemTime, id: u64) -> Option<JobProgress> {
        self.progress(now).stages.into_iter().flat_map(|stage| stage.jobs).find(|job| job.id == id)
    }

    /// What a job is made of.
    pub(crate) fn definition(&self, job: &JobProgress) -> &Job {
        let (stage, position) = job.place;
        &self.pipeline.stages[stage].jobs[position]
    }

    /// The order of a deployment that has begun.
    pub(crate) fn order(&self, now: SystemTime, id: u64) -> Option<OrderProgress> {
        self.job_at(now, id.checked_sub(ORDER)?)?.order
    }

    /// The status of the whole run while it has not ended.
    fn unfinished(&self, usual: &str, now: SystemTime) -> String {
        let stopping = self.record.stopped.is_some_and(|stopped| stopped <= now);
        if stopping { self.pipeline.stopping_status.clone() } else { usual.into() }
    }

    /// When nothing of it goes on any more because it was stopped.
    fn cut(&self) -> Option<SystemTime> {
        self.record.stopped.map(|stopped| stopped + self.pipeline.stopping)
    }

    /// The job's id, unique over the runs and pipelines of a test.
    fn job_id(&self, stage: usize, job: usize) -> u64 {
        let index = u64::try_from(stage * 20 + job).unwrap_or_default();
        (self.record.pipeline % 1_000_000) * 1_000_000 + (self.record.id % 1_000) * 1_000 + index % 1_000
    }

    fn job_span(&self, id: u64, job: &Job, due: SystemTime) -> Span {
        let done = self.deeds.get(&id).cloned().unwrap_or_default();
        let by_hand = done.started.map(|at| at.max(due));
        let start = done.retried.or(if job.manual { by_hand } else { Some(due) });
        let mut result = job.result.clone();
        if done.retried.is_some() {
            result.clone_from(&job.after_retry);
        }
        let mut end = None;
        if let Some(start) = start {
            end = Some(start + job.duration);
            if job.gate {
                end = done.decided.map(|(at, _)| at.max(start));
                if done.decided.is_some_and(|(_, passed)| !passed) {
                    result = "FAIL".into();
                }
            } else if job.conflict.is_some() && done.retried.is_none() {
                end = done.resolved.map(|at| at.max(start) + job.duration);
            } else if let Some(deployment) = &job.deployment {
                let order = Order::new(deployment, start, &done.deployment);
                end = order.end;
                if order.failed {
                    result = "FAIL".into();
                }
            }
        }
        match self.cut() {
            Some(cut) if end.is_none_or(|end| cut < end) => {
                Span { due, start, end: Some(cut), result: "CANCELED".into() }
            }
            _ => Span { due, start, end, result },
        }
    }

    /// Where the run is.
    pub(crate) fn progress(&self, now: SystemTime) -> Progress {
        let begin = self.record.created + self.pipeline.queue;
        if let Some(cut) = self.cut().filter(|cut| *cut <= begin) {
            let over = now >= cut;
            let status = if over { "CANCELED".into() } else { self.unfinished(&self.pipeline.queued_status, now) };
            return Progress { status, started: None, ended: over.then_some(cut), stages: Vec::new() };
        }
        if now < begin {
            let status = self.unfinished(&self.pipeline.queued_status, now);
            return Progress { status, started: None, ended: None, stages: Vec::new() };
        }
        let mut stages = Vec::new();
        let mut run = Span { due: begin, start: Some(begin), end: Some(begin), result: "SUCCESS".into() };
        for (index, stage) in self.pipeline.stages.iter().enumerate() {
            let goes_on = proceeds(&run.result);
            let start = run.end.filter(|end| goes_on && self.cut().is_none_or(|cut| *end < cut));
            let (progress, span) = self.stage(index, stage, start, now);
            stages.push(progress);
            if let Some(span) = span {
                run.end = span.end;
                run.result = span.result;
            } else if goes_on && run.end.is_some() {
                run.result = "CANCELED".into();
            }
        }
        let ended = run.end.filter(|end| *end <= now);
        let waits = stages.iter().any(|stage: &StageProgress| stage.status == SWITCH_MANUAL);
        let running = if waits { SWITCH_MANUAL } else { &self.pipeline.running_status };
        let status = if ended.is_some() { self.whole(&run.result) } else { self.unfinished(running, now) };
        Progress { status, started: Some(begin), ended, stages }
    }

    /// A stage that starts at some time, or never, or no one knows when.
    fn stage(
        &self,
        index: usize,
        stage: &Stage,
        start: Option<SystemTime>,
        now: SystemTime,
    ) -> (StageProgress, Option<Span>) {
        let mut whole = start.map(|due| Span { due, start: Some(due), end: Some(due), result: "SUCCESS".into() });
        let mut jobs = Vec::new();
        for (position, job) in stage.jobs.iter().enumerate() {
            let id = self.job_id(index, position);
            let span = start.map(|start| self.job_span(id, job, start));
            jobs.push(self.job(id, (index, position), job, span.as_ref(), now));
            if let (Some(whole), Some(span)) = (&mut whole, span) {
                whole.end = whole.end.zip(span.end).map(|(one, other)| one.max(other));
                if proceeds(&whole.result) && !proceeds(&span.result) && span.end.is_some() {
                    whole.result = span.result;
                }
            }
        }
        let (mut status, started, ended) = self.seen_at(whole.as_ref(), now);
        if ended.is_some() {
            status = self.whole(&status);
        } else if jobs.iter().any(|job| job.waiting == Some(Waiting::Start)) {
            status = SWITCH_MANUAL.into();
        }
        (StageProgress { name: stage.name.clone(), status, started, ended, jobs }, whole)
    }

    /// How a run or a stage that ended is said to have ended.
    fn whole(&self, result: &str) -> String {
        if result == "SUCCESS" { self.pipeline.success_status.clone() } else { result.into() }
    }

    fn job(&self, id: u64, place: (usize, usize), job: &Job, span: Option<&Span>, now: SystemTime) -> JobProgress {
        let (mut status, started, ended) = self.seen_at(span, now);
        let goes_on = started.is_some() && ended.is_none();
        let due = span.is_some_and(|span| span.due <= now && span.end.is_none_or(|end| end > now));
        let waiting = if job.manual && due && started.is_none() {
            status = "INIT".into();
            Some(Waiting::Start)
        } else if job.gate && goes_on {
            status.clone_from(&self.pipeline.queued_status);
            Some(Waiting::Gate)
        } else {
            let resolved = self.deeds.get(&id).is_some_and(|done| done.resolved.or(done.retried).is_some());
            (job.conflict.is_some() && goes_on && !resolved).then_some(Waiting::Conflict)
        };
        if let Some(showing) = job.showing.as_ref().filter(|_| goes_on) {
            status.clone_from(showing);
        }
        let until = ended.unwrap_or(now);
        let written = |after| started.is_some_and(|started| started + after <= until);
        let lines = job.log.iter().filter(|line| written(line.after));
        let log = lines.map(|line| line.text.clone()).collect();
        let filler = if started.is_some() { job.filler } else { 0 };
        let stopped = self.record.stopped.is_some();
        let failed = ended.is_some() && !proceeds(&status);
        let retryable = job.retryable && failed && !stopped;
        let order = job.deployment.as_ref().zip(started).map(|(deployment, started)| {
            let done = self.deeds.get(&id).map_or(&[][..], |done| &done.deployment);
            Order::new(deployment, started, done).at(now, id + ORDER, self.cut())
        });
        let name = job.name.clone();
        JobProgress { id, name, status, started, ended, log, filler, waiting, failed, retryable, order, place }
    }

    fn seen_at(&self, span: Option<&Span>, now: SystemTime) -> (String, Option<SystemTime>, Option<SystemTime>) {
        let begun = span.and_then(|span| Some((span, span.start.filter(|start| *start <= now)?)));
        let Some((span, start)) = begun else {
            let status = if self.pipeline.shows_init { "INIT" } else { &self.pipeline.queued_status };
            return (status.into(), None, None);
        };
        match span.end.filter(|end| *end <= now) {
            Some(end) => (span.result.clone(), Some(start), Some(end)),
            None => (self.pipeline.running_status.clone(), Some(start), None),
        }
    }
}

/// Whether the next stage starts after one that ended so.
fn proceeds(result: &str) -> bool {
    ["SUCCESS", "FINISH", "SUCCEED", "SUCCEEDED", "SKIP", "SKIPPED"].contains(&result)
}
