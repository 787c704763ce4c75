//! The private items that the fuzz targets in `fuzz/` need. Only `cargo fuzz` compiles it: it sets `cfg(fuzzing)`.

use std::fmt::Debug;

use super::answer::Answer;
use super::call::Call;
use super::call::get_deployment::GetDeployment;
use super::call::get_pipeline::GetPipeline;
use super::call::get_run::GetRun;
use super::call::list_runs::ListRuns;
use super::call::read_log::ReadLog;
use super::call::start_run::StartRun;
use super::call::stop_run::StopRun;
use super::log_splitter::LogSplitter;
use super::run::RunDetail;
use super::{Api, Certainty, RunParams};
use crate::redaction::Redaction;

/// The run that is requested.
pub const RUN: u64 = 7;

/// What one call makes of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub call: &'static str,
    /// The result of the response.
    pub brought: Option<String>,
    /// The parts of it that may be shown.
    pub shown: String,
    /// What it proves if it has no result.
    pub certainty: Certainty,
    /// What is quoted of it if it has no result.
    pub refusal: String,
}

/// What each call makes of a response, read twice: as usual, and without skipping any member.
pub fn readings(api: &Api, response: &http::Response<Vec<u8>>, secrets: &Redaction) -> Vec<[Reading; 2]> {
    let from = From { api, response, secrets };
    vec![
        from.read("start", &StartRun(&RunParams::default()), |started| format!("{started:?}")),
        from.read("stop", &StopRun(RUN), |accepted| format!("{accepted:?}")),
        from.read("run", &GetRun(RUN), |detail| format!("{:?}", RunDetail { remark: None, ..detail.clone() })),
        from.read("runs", &ListRuns(None), |_| String::new()),
        from.read("pipeline", &GetPipeline, |sources| {
            sources.iter().filter_map(|source| source.branch.clone()).collect::<Vec<_>>().join("\n")
        }),
        from.read("deployment", &GetDeployment(44), |order| format!("{order:?}")),
        from.read("log", &ReadLog::Job { run: RUN, job: 11 }, |_| String::new()),
    ]
}

struct From<'a> {
    api: &'a Api,
    response: &'a http::Response<Vec<u8>>,
    secrets: &'a Redaction,
}

impl From<'_> {
    fn read<C: Call>(&self, name: &'static str, call: &C, shown: impl Fn(&C::Output) -> String) -> [Reading; 2]
    where
        C::Output: Debug,
    {
        [call.members(), &[]].map(|members| {
            let answer = Answer::read(self.response, members, self.secrets);
            let output = call.read(self.api, &answer, self.secrets);
            Reading {
                call: name,
                brought: output.as_ref().map(|output| format!("{output:?}")),
                shown: output.as_ref().map(&shown).unwrap_or_default(),
                certainty: call.certainty(&answer),
                refusal: format!("{:?}", answer.refusal(self.secrets)),
            }
        })
    }
}

/// An answer that comes in these pieces, split into a log and the rest, as bytes.
pub fn split_log<'p>(pieces: impl Iterator<Item = &'p [u8]>) -> (Vec<u8>, Vec<u8>) {
    let (mut splitter, mut log, mut rest) = (LogSplitter::new("content"), Vec::new(), Vec::new());
    for piece in pieces {
        splitter.feed(piece, &mut rest, &mut |decoded| log.extend_from_slice(decoded));
    }
    (log, rest)
}
