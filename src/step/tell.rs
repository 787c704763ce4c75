//! Reports the run: outputs for later steps, and what people see on the job's page and in its log.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::time::timeout;

use super::context::Surroundings;
use crate::host::Outputs;
use crate::log;
use crate::outcome::code::Output;
use crate::outcome::{Outcome, Run, StatusWord};
use crate::random::Random;
use crate::report::{self, Report, plain, summary};
use crate::text::{Text, io_error, text};
use crate::yunxiao::{RunDetail, Service, Status};

/// The most failed jobs that get an annotation. GitHub shows ten errors of one step, and the last word is one of them.
const MOST_ANNOTATIONS: usize = 9;

/// How many of a failed job's last lines are in its annotation, and how many characters of each.
const ANNOTATION_LINES: usize = 5;
const LONGEST_ANNOTATION_LINE: usize = 300;

/// How long printing may take once the time is up.
const LAST_PRINT: Duration = Duration::from_millis(200);

/// What to report, and what has been reported.
pub(super) struct Tell<'a> {
    surroundings: &'a Surroundings<'a>,
    service: &'a Service,
    outputs: Outputs,
    /// The id of the request that brought the run, if it is known.
    pub(super) request_id: Option<String>,
    /// The run that was passed on.
    run: Option<u64>,
    /// Whether an earlier execution started the run.
    pub(super) is_reused: bool,
    /// Whether its logs are left out because anyone could read them.
    pub(super) hides_logs: bool,
    /// What was last seen of a run that is followed.
    pub(super) seen: Option<RunDetail>,
    /// The last lines of its failed jobs, by their ids.
    pub(super) tails: BTreeMap<u64, Vec<String>>,
    written: Option<Vec<String>>,
    /// Why they could not be written, while there is more to do anyway.
    lost_output: Option<io::Error>,
    has_printed: bool,
    /// Why the run's id could not be printed.
    lost_print: Option<io::Error>,
}

impl<'a> Tell<'a> {
    pub(super) fn new(surroundings: &'a Surroundings<'a>, service: &'a Service, outputs: Outputs) -> Self {
        Self {
            surroundings,
            service,
            outputs,
            request_id: None,
            run: None,
            is_reused: false,
            hides_logs: false,
            seen: None,
            tails: BTreeMap::new(),
            written: None,
            lost_output: None,
            has_printed: false,
            lost_print: None,
        }
    }

    pub(super) async fn started(&mut self, run: u64) {
        let pipeline = self.service.pipeline;
        let text = text!("Started run {run} of pipeline {pipeline}", "已触发流水线 {pipeline} 的运行 {run}");
        self.hand_on(run, StatusWord::Started).await;
        log::say_of(&text, &self.service.run_url(run));
    }

    /// Reports a run that was not started here, and whether it is followed.
    pub(super) async fn found(&mut self, run: u64, is_followed: bool) {
        let pipeline = self.service.pipeline;
        let text = if is_followed {
            text!("Following run {run} of pipeline {pipeline}", "正在跟踪流水线 {pipeline} 的运行 {run}")
        } else {
            text!("Found run {run} of pipeline {pipeline}", "已找到流水线 {pipeline} 的运行 {run}")
        };
        self.hand_on(run, StatusWord::Started).await;
        log::say_of(&text, &self.service.run_url(run));
    }

    /// Passes a run to the next steps as soon as it is known. What can't be written is remembered: there may be more to
    /// do with the run.
    pub(super) async fn hand_on(&mut self, run: u64, status: StatusWord) {
        // The id goes to standard output even if the file can't be written: never lose a run.
        self.run = Some(run);
        self.lost_output = self.write(Some(run), status, None).await.err();
        self.has_printed = true;
        let printed = self.surroundings.cancel.hurry(self.outputs.print_id(run)).await;
        self.lost_print = printed.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into())).err();
        if let Some(link) = self.service.run_link(run) {
            let published = self.surroundings.host.publish_link(&format!("Yunxiao run {run}"), &link);
            warn_of(&text!("The link to the run", "运行链接"), published);
        }
    }

    /// Writes the last outputs as soon as they are known.
    pub(super) async fn write_end(&mut self, outcome: &Outcome) {
        let request_id = outcome.request_id().map(str::to_owned);
        self.request_id = request_id.or_else(|| self.request_id.take());
        // Wrong inputs say nothing about a run that was found.
        let run = outcome.run().map(|run| run.id).or(self.run.filter(|_| matches!(outcome, Outcome::Inputs(_))));
        let written = self.write(run, outcome.status(), Some(outcome)).await;
        if outcome.is_good() {
            self.lost_output = written.err();
        } else {
            // Failing to write them is reported, but what happened matters more.
            warn_of(&text!("The outputs", "输出"), written);
        }
    }

    /// Reports the end, and whether a re-run would start another run; returns the end with that.
    pub(super) async fn end(&mut self, outcome: Outcome, starts_another: bool) -> Outcome {
        self.write_end(&outcome).await;
        if let (Some(Run { id, .. }), Outcome::Cancelled { .. }, false) = (outcome.run(), &outcome, self.has_printed) {
            // The signal matters more than a failed print, and time is up.
            let _ = timeout(LAST_PRINT, self.outputs.print_id(*id)).await;
        }
        // Only a successful end turns into a lost output, unless it was written later.
        let lost = self.lost_output.take().or(self.lost_print.take()).filter(|_| outcome.is_good());
        let outcome = match (lost, outcome.run().cloned()) {
            (None, _) => outcome,
            (Some(error), Some(run)) => {
                let (outcome, why) = (Box::new(outcome), io_error(&error));
                let lost = Outcome::OutputLost { outcome, run, why, starts_another };
                // Standard output may be what was lost.
                let _ = self.write(lost.run().map(|run| run.id), lost.status(), Some(&lost)).await;
                lost
            }
            (Some(error), None) => {
                warn_of(&text!("The outputs", "输出"), Err(error));
                outcome
            }
        };
        if let Some(run) = outcome.run() {
            let seen = self.seen.take();
            self.show(run, seen.as_ref(), &outcome);
        }
        if outcome.is_good() {
            log::say(&outcome.message());
        }
        outcome
    }

    /// Writes the outputs, if they are others than before; with how the step ended, once that is known.
    async fn write(&mut self, run: Option<u64>, status: StatusWord, end: Option<&Outcome>) -> io::Result<()> {
        let waiting = end.and_then(Outcome::waiting);
        let failed_jobs = self.seen.as_ref().map(report::failed_jobs);
        let outputs = [
            (Output::PipelineRunId, run.map(|run| run.to_string()).unwrap_or_default()),
            (Output::PipelineRunUrl, run.and_then(|run| self.service.run_link(run)).unwrap_or_default()),
            (Output::RequestId, self.request_id.clone().unwrap_or_default()),
            (Output::Reused, self.is_reused.to_string()),
            (Output::Status, status.value().to_owned()),
            (Output::FailedJobs, failed_jobs.unwrap_or_else(|| "[]".to_owned())),
            (Output::WaitingFor, waiting.map(|waiting| waiting.blocker.word().to_owned()).unwrap_or_default()),
            (Output::WaitingJob, waiting.map(|waiting| waiting.gate.clone()).unwrap_or_default()),
            (Output::ExitCode, end.map(|end| end.exit_code().to_string()).unwrap_or_default()),
            (Output::Artifacts, self.seen.as_ref().and_then(report::artifacts).unwrap_or_default()),
        ];
        let outputs = outputs.map(|(output, value)| (output.value(), value));
        let values: Vec<String> = outputs.iter().map(|(_, value)| value.clone()).collect();
        if self.written.as_ref() != Some(&values) {
            self.written = None;
            let (lines, written) = self.outputs.write(self.surroundings.random, &outputs);
            if let Some(lines) = lines {
                let printed = self.surroundings.cancel.hurry(self.outputs.print(lines)).await;
                printed.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))?;
            }
            written?;
            self.written = Some(values);
        }
        Ok(())
    }

    /// Shows the run on the job's page if the CI system supports that, otherwise in the log if it was followed.
    fn show(&self, run: &Run, seen: Option<&RunDetail>, outcome: &Outcome) {
        let nothing = RunDetail::default();
        let detail = seen.unwrap_or(&nothing);
        let report = Report {
            pipeline: self.service.pipeline,
            run: run.id,
            link: self.service.run_link(run.id),
            outcome,
            detail,
            tails: &self.tails,
            language: self.surroundings.screen.language,
            hides_logs: self.hides_logs,
        };
        match self.surroundings.host.publish_summary(&|| summary::summary(&report)) {
            Some(published) => warn_of(&text!("The summary", "摘要"), published),
            None if seen.is_some() => plain::plain(&report).iter().for_each(|line| tracing::info!("{line}")),
            None => {}
        }
        let failed = detail.jobs().filter(|(_, job)| job.status == Status::Failed);
        for (stage, job) in failed.take(MOST_ANNOTATIONS) {
            let failed = Status::Failed.describe().in_one_line(report.language);
            let title = format!("{} > {} {failed}", stage.name, job.name);
            let mut lines: Vec<&str> = self.tails.get(&job.id).into_iter().flatten().map(|line| line.trim()).collect();
            lines.retain(|line| !line.is_empty());
            lines.drain(..lines.len().saturating_sub(ANNOTATION_LINES));
            lines.push(&run.url);
            let short = |line: &&str| line.chars().take(LONGEST_ANNOTATION_LINE).collect::<String>();
            let message = lines.iter().map(short).collect::<Vec<_>>().join("\n");
            if let Some(annotation) = self.surroundings.host.annotation(&title, &message) {
                self.surroundings.screen.show(&annotation);
            }
        }
    }
}

/// Writes the outputs of a step that ends before doing anything, so that those of an earlier one are not mistaken for its
/// own.
pub fn write_early(outputs: &mut Outputs, random: &Random, outcome: &Outcome) -> io::Result<()> {
    let value = |output: &str| match output {
        name if name == Output::ExitCode.value() => outcome.exit_code().to_string(),
        name if name == Output::FailedJobs.value() => "[]".to_owned(),
        name if name == Output::Reused.value() => "false".to_owned(),
        _ => String::new(),
    };
    let values: Vec<_> = Output::documented().into_iter().map(|(name, _)| (name, value(name))).collect();
    let (lines, written) = outputs.write(random, &values);
    if let Some(lines) = lines {
        outputs.print_at_once(lines);
    }
    written
}

/// Warns that something could not be written; the step does not fail.
fn warn_of(what: &Text, written: io::Result<()>) {
    if let Err(error) = written {
        let why = io_error(&error);
        log::warn(&text!("{what} could not be written ({why})", "{what}未能写入（{why}）", what, why));
    }
}
