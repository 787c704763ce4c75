//! Runs, and where they are at a given time.
//!
//! A run holds only what happened to it; everything else follows from its pipeline and the time, so nothing has to
//! tick.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;

use crate::filler::fill;
use crate::pipeline::{Job, Pipeline, Stage};
use crate::time::instant;

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
    /// When each gate was decided, and whether it was passed.
    pub(crate) gates: BTreeMap<u64, (SystemTime, bool)>,
    /// Whether the service no longer knows it.
    pub(crate) vanished: bool,
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
    /// A gate that waits for a decision.
    pub(crate) open_gate: bool,
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
    start: SystemTime,
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

    /// Passes or refuses a gate; whether it stood open.
    pub(crate) fn decide(&mut self, now: SystemTime, job: u64, pass: bool) -> bool {
        let mut jobs = self.progress(now).stages.into_iter().flat_map(|stage| stage.jobs);
        let open = jobs.any(|known| known.id == job && known.open_gate);
        if open {
            self.gates.insert(job, (now, pass));
        }
        open
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

    fn job_span(&self, id: u64, job: &Job, start: SystemTime) -> Span {
        let (end, result) = match (job.gate, self.gates.get(&id)) {
            (false, _) => (Some(start + job.duration), job.result.clone()),
            (true, Some((decided, passed))) => {
                let result = if *passed { job.result.clone() } else { "FAIL".into() };
                (Some((*decided).max(start)), result)
            }
            (true, None) => (None, String::new()),
        };
        match self.cut() {
            Some(cut) if end.is_none_or(|end| cut < end) => Span { start, end: Some(cut), result: "CANCELED".into() },
            _ => Span { start, end, result },
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
        let mut run = Span { start: begin, end: Some(begin), result: "SUCCESS".into() };
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
        let running = &self.pipeline.running_status;
        let status = if ended.is_some() { run.result } else { self.unfinished(running, now) };
        Progress { status, started: Some(begin), ended, stages }
    }

    /// A stage that starts at some time, or never, or nobody knows when.
    fn stage(
        &self,
        index: usize,
        stage: &Stage,
        start: Option<SystemTime>,
        now: SystemTime,
    ) -> (StageProgress, Option<Span>) {
        let mut whole = start.map(|start| Span { start, end: Some(start), result: "SUCCESS".into() });
        let mut jobs = Vec::new();
        for (position, job) in stage.jobs.iter().enumerate() {
            let id = self.job_id(index, position);
            let span = start.map(|start| self.job_span(id, job, start));
            jobs.push(self.job(id, job, span.as_ref(), now));
            if let (Some(whole), Some(span)) = (&mut whole, span) {
                whole.end = whole.end.zip(span.end).map(|(one, other)| one.max(other));
                if proceeds(&whole.result) && !proceeds(&span.result) && span.end.is_some() {
                    whole.result = span.result;
                }
            }
        }
        let (status, started, ended) = self.seen_at(whole.as_ref(), now);
        (StageProgress { name: stage.name.clone(), status, started, ended, jobs }, whole)
    }

    fn job(&self, id: u64, job: &Job, span: Option<&Span>, now: SystemTime) -> JobProgress {
        let (mut status, started, ended) = self.seen_at(span, now);
        let open_gate = job.gate && started.is_some() && ended.is_none();
        if open_gate {
            status.clone_from(&self.pipeline.queued_status);
        }
        let until = ended.unwrap_or(now);
        let written = |after| started.is_some_and(|started| started + after <= until);
        let lines = job.log.iter().filter(|line| written(line.after));
        let log = lines.map(|line| line.text.clone()).collect();
        let filler = if started.is_some() { job.filler } else { 0 };
        JobProgress { id, name: job.name.clone(), status, started, ended, log, filler, open_gate }
    }

    fn seen_at(&self, span: Option<&Span>, now: SystemTime) -> (String, Option<SystemTime>, Option<SystemTime>) {
        let Some(span) = span.filter(|span| span.start <= now) else {
            return (self.pipeline.queued_status.clone(), None, None);
        };
        match span.end.filter(|end| *end <= now) {
            Some(end) => (span.result.clone(), Some(span.start), Some(end)),
            None => (self.pipeline.running_status.clone(), Some(span.start), None),
        }
    }
}

/// Whether the next stage starts after one that ended so.
fn proceeds(result: &str) -> bool {
    ["SUCCESS", "FINISH", "SKIP"].contains(&result)
}
