//! Histories of a followed run: polls of it and the time go in, events and when to poll next come out.

use std::time::Duration;

use yunxiao_run::inputs::{Follow, OnGate, Unfinished};
use yunxiao_run::outcome::{Limit, Outcome, Run};
use yunxiao_run::redaction::{Foreign, Redaction};
use yunxiao_run::step::built::Asked;
use yunxiao_run::step::decide::{self, Following, Poll};
use yunxiao_run::step::event::Event;
use yunxiao_run::transport::{Failure, FailureKind};
use yunxiao_run::yunxiao::{Blocker, Cause, Job, RunDetail, RunParams, Source, Stage, Status, Variables};

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(crate) const OTHER: &str = "ffffffffffffffffffffffffffffffffffffffff";

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn rules() -> Follow {
    Follow {
        queue_timeout: Some(seconds(1800)),
        timeout: Some(seconds(7200)),
        gate_timeout: None,
        on_timeout: Unfinished::Leave,
        on_gate: OnGate::Wait,
        patience: Some(seconds(120)),
        expected_commit: None,
        logs: None,
    }
}

pub(crate) fn foreign(text: &str) -> Foreign {
    Foreign::new(text, &Redaction::default(), 100)
}

/// The status of a job, and what it waits for if it is a person.
pub(crate) fn waits(word: &str) -> (Status, Option<Blocker>) {
    match word {
        "gate" => (Status::Waiting, Some(Blocker::Gate)),
        "manual" => (Status::Waiting, Some(Blocker::ManualJob)),
        "paused" => (Status::Running, Some(Blocker::Deployment)),
        "conflict" => (Status::Failed, Some(Blocker::Conflict)),
        _ => (Status::of(word), None),
    }
}

/// A run in a status, with a job in each of the others, some of which wait for a person.
pub(crate) fn run(word: &str, jobs: &[&str]) -> RunDetail {
    let job = |(index, word): (usize, &&str)| Job {
        id: index as u64 + 1,
        name: foreign(&format!("job {}", index + 1)),
        status: waits(word).0,
        word: (*word).to_owned(),
        started: None,
        ended: None,
        blocker: waits(word).1,
        deployment: None,
        reason: None,
        can_be_retried: false,
        artifacts: None,
    };
    let jobs = jobs.iter().enumerate().map(job).collect();
    RunDetail {
        created: None,
        status: Status::of(word),
        word: word.to_owned(),
        remark: None,
        stages: vec![Stage { name: foreign("stage"), jobs }],
        sources: Vec::new(),
        variables: Variables::default(),
    }
}

pub(crate) fn building(word: &str, commits: &[Option<&str>]) -> RunDetail {
    let source = |commit: Option<&str>| Source {
        repository: foreign("https://codeup.aliyun.com/a/b.git"),
        reference: None,
        commit: commit.map(str::to_owned),
    };
    RunDetail { sources: commits.iter().copied().map(source).collect(), ..run(word, &["RUNNING"]) }
}

pub(crate) fn cause() -> Cause {
    Cause::NoAnswer { host: String::new(), failure: Failure { kind: FailureKind::Broken, detail: String::new() } }
}

/// What to do after a poll, of an outcome no more than the kind.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    Poll { after: Duration },
    End(End),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Succeeded,
    Failed,
    Canceled,
    AtGate,
    Blocked(Blocker),
    TimedOut(Limit),
    OtherCommit,
    OtherRef,
    CommitNotShown,
    Lost,
}

impl From<decide::Next> for Next {
    fn from(next: decide::Next) -> Self {
        let end = match next {
            decide::Next::Poll { after } => return Self::Poll { after },
            decide::Next::End(end) => end,
        };
        assert_eq!(end.run().unwrap().id, 7);
        Self::End(match end {
            Outcome::Succeeded { .. } => End::Succeeded,
            Outcome::Failed { .. } => End::Failed,
            Outcome::Canceled { .. } => End::Canceled,
            Outcome::AtGate { .. } => End::AtGate,
            Outcome::Blocked { waiting, .. } => End::Blocked(waiting.blocker),
            Outcome::OtherRef { .. } => End::OtherRef,
            Outcome::TimedOut { limit, .. } => End::TimedOut(limit),
            Outcome::OtherCommit { .. } => End::OtherCommit,
            Outcome::CommitNotShown { .. } => End::CommitNotShown,
            Outcome::Lost { .. } => End::Lost,
            other => panic!("{other:?}"),
        })
    }
}

pub(crate) fn begin(asked: Asked) -> Following {
    Following::begin(Run { id: 7, url: String::new() }, asked, Duration::ZERO)
}

/// Polls at these moments, in seconds; returns what each said and the last word.
pub(crate) fn history(rules: &Follow, looks: &[(u64, Option<RunDetail>)]) -> (Vec<Event>, Following, Next) {
    history_of(&RunParams::default(), rules, looks)
}

/// The history of a run for which this was asked.
pub(crate) fn history_of(
    params: &RunParams,
    rules: &Follow,
    looks: &[(u64, Option<RunDetail>)],
) -> (Vec<Event>, Following, Next) {
    let cause = cause();
    let (mut following, mut said, mut last) = (begin(Asked::of(params)), Vec::new(), None);
    for (at, seen) in looks {
        assert!(!matches!(last, Some(Next::End(_))), "it had ended before {at} s");
        let look = seen.as_ref().map_or(Poll::Failed(&cause), Poll::Seen);
        let (news, next) = following.advance(rules, look, seconds(*at));
        said.extend(news);
        last = Some(next.into());
    }
    (said, following, last.unwrap())
}
