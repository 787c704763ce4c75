//! Telling what became of the run: outputs for later steps, and what people see beside the job and in its log.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::time::timeout;

use super::{Job, Progress, say_of};
use crate::error::{Deed, Ending, Error};
use crate::report::{self, Report};
use crate::text::{Text, text};
use crate::transport::Transport;
use crate::yunxiao::{RunDetail, Status};

/// The most failed jobs that get an annotation. GitHub shows ten errors of one step, and the last word is one of them.
const MOST_ANNOTATIONS: usize = 9;

/// How many of a failed job's last lines stand in its annotation, and how many characters of each.
const ANNOTATION_LINES: usize = 5;
const LONGEST_ANNOTATION_LINE: usize = 300;

/// How long printing may take once the time is up.
const LAST_PRINT: Duration = Duration::from_millis(200);

/// A good end.
pub(super) struct Done {
    /// What was done.
    pub(super) deed: Deed,
    /// The run, if there is one.
    pub(super) run: Option<u64>,
    /// The output `status`, if it is another than was written before.
    pub(super) news: Option<&'static str>,
}

/// What was last seen of a run that is followed.
pub(super) struct LastSeen {
    pub(super) run: u64,
    pub(super) detail: RunDetail,
    /// The last lines of its failed jobs, by their ids.
    pub(super) tails: BTreeMap<u64, Vec<String>>,
}

impl<T: Transport> Job<'_, '_, T> {
    /// Hands a started run to the next steps and says what it is. What can't be written is remembered: there may be more
    /// to do with the run.
    pub(super) async fn report_start(&mut self, run: u64) {
        self.report_known(run, "started").await;
        let pipeline = self.flow.pipeline;
        let text = text!("Started run {run} of pipeline {pipeline}", "已触发流水线 {pipeline} 的运行 {run}");
        say_of(&text, &self.run_url(run));
    }

    /// Hands a run that is known now to the next steps.
    pub(super) async fn report_known(&mut self, run: u64, status: &str) {
        // The id goes to standard output even if the file can't be written: never lose a run.
        self.lost_output = self.write(Some(run), status).err();
        self.has_printed = true;
        let printed = self.cancel.hurry(self.outputs.print(run)).await;
        self.lost_print = printed.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into())).err();
        if let Some(link) = self.run_link(run) {
            let published = self.surroundings.host.publish_link(&format!("Yunxiao run {run}"), &link);
            warn_of("The link to the run", "运行链接", published);
        }
    }

    /// Prints the id of a run that was found when there was no time left to report it.
    pub(super) async fn print_what_is_known(&mut self) {
        if let (Progress::Run { run, .. }, false) = (self.known.progress(), self.has_printed) {
            // That it can't be printed matters less than the signal, and the time is up.
            let _ = timeout(LAST_PRINT, self.outputs.print(run)).await;
        }
    }

    /// Tells how it all ended: the outputs that are known only now, and the report of a run that was followed.
    pub(super) fn tell(&mut self, outcome: Result<Option<Done>, Error>) -> Result<(), Error> {
        let outcome = match outcome {
            Ok(None) => Ok(()),
            Ok(Some(done)) => self.tell_good_end(&done),
            Err(error) => {
                if !self.has_written_end || matches!(error, Error::Interrupted { .. }) {
                    self.write_failure(&error);
                }
                Err(error)
            }
        };
        if let Some(LastSeen { run, detail, tails }) = self.last_seen.take() {
            self.report(run, &detail, &tails, outcome.as_ref().err());
        }
        outcome
    }

    /// Writes the last outputs as soon as they are known.
    pub(super) fn write_end(&mut self, outcome: &Result<Done, Error>) {
        self.has_written_end = true;
        match outcome {
            Ok(done) => self.write_success(done),
            Err(error) => self.write_failure(error),
        }
    }

    /// A good end. An output that was lost on the way, and not made good for since, is its only flaw.
    fn tell_good_end(&mut self, done: &Done) -> Result<(), Error> {
        if !self.has_written_end {
            self.write_success(done);
        }
        match (self.lost_output.take().or(self.lost_print.take()), done.run) {
            (None, _) => Ok(()),
            (Some(source), Some(run)) => Err(Error::OutputLost { deed: done.deed, run: self.named(run), source }),
            (Some(source), None) => {
                warn_of("The outputs", "输出", Err(source));
                Ok(())
            }
        }
    }

    fn write_success(&mut self, done: &Done) {
        if let Some(status) = done.news {
            self.lost_output = self.write(done.run, status).err();
        }
    }

    /// The outputs of a job that came to a bad end: later steps read these too. That they can't be written is said, but what
    /// happened matters more. What was wrong with the inputs is no output.
    fn write_failure(&mut self, error: &Error) {
        if matches!(error, Error::Inputs(_)) {
            return;
        }
        let request_id = error.request_id().map(str::to_owned);
        self.request_id = request_id.or_else(|| self.request_id.take());
        let written = self.write(error.run().map(|run| run.id), error.status());
        warn_of("The outputs", "输出", written);
    }

    /// Writes the outputs.
    pub(super) fn write(&mut self, run: Option<u64>, status: &str) -> io::Result<()> {
        let failed_jobs = self.last_seen.as_ref().map(|seen| report::failed_jobs(&seen.detail));
        let outputs = [
            ("pipelineRunId", run.map(|run| run.to_string()).unwrap_or_default()),
            ("pipelineRunUrl", run.and_then(|run| self.run_link(run)).unwrap_or_default()),
            ("requestId", self.request_id.clone().unwrap_or_default()),
            ("status", status.to_owned()),
            ("failedJobs", failed_jobs.unwrap_or_else(|| "[]".to_owned())),
        ];
        self.outputs.write(self.surroundings.random, &outputs)
    }

    /// Shows a run that was followed: beside the job where the CI system has a place for it, else in the log.
    fn report(&self, run: u64, detail: &RunDetail, tails: &BTreeMap<u64, Vec<String>>, error: Option<&Error>) {
        let (outcome, is_good) = match error {
            None | Some(Error::OutputLost { .. }) if detail.status == Status::Succeeded => {
                (text!("success", "成功"), Some(true))
            }
            None | Some(Error::OutputLost { .. }) => (text!("at a manual gate", "停在人工卡点"), Some(true)),
            Some(error) => {
                let nobody_knows =
                    matches!(error, Error::Followed { ending: Ending::Lost(_), .. } | Error::Interrupted { .. });
                (error.outcome(), (!nobody_knows).then_some(false))
            }
        };
        let (pipeline, url) = (self.flow.pipeline, self.run_url(run));
        let link = self.run_link(run);
        let report = Report { pipeline, run, link: link.as_deref(), outcome, is_good, detail, tails };
        let host = self.surroundings.host;
        match host.publish_summary(&report::summary(&report)) {
            Some(published) => warn_of("The summary", "摘要", published),
            None => report::plain(&report).iter().for_each(|line| tracing::info!("{line}")),
        }
        let failed = detail.jobs().filter(|(_, job)| job.status == Status::Failed);
        for (stage, job) in failed.take(MOST_ANNOTATIONS) {
            let title = format!("{} > {} failed / 失败", stage.name, job.name);
            let mut lines: Vec<&str> = tails.get(&job.id).into_iter().flatten().map(|line| line.trim()).collect();
            lines.retain(|line| !line.is_empty());
            lines.drain(..lines.len().saturating_sub(ANNOTATION_LINES));
            lines.push(&url);
            let short = |line: &&str| line.chars().take(LONGEST_ANNOTATION_LINE).collect::<String>();
            let message = lines.iter().map(short).collect::<Vec<_>>().join("\n");
            if let Some(annotation) = host.annotation(&title, &message) {
                self.surroundings.screen.show(&annotation);
            }
        }
    }
}

/// Says that something could not be written which is no reason to fail.
fn warn_of(english: &str, chinese: &str, written: io::Result<()>) {
    if let Err(source) = written {
        let kind = source.kind();
        let warning: Text = text!("{english} could not be written ({kind})", "{chinese}未能写入（{kind}）");
        tracing::warn!("{}", warning.in_one_line());
    }
}
