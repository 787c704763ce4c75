//! What a run shows: whether it has the key, and its state.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::redaction::Foreign;
use crate::step::built::Asked;
use crate::step::marker::{Key, Marker};
use crate::step::search::{Judge, Then};
use crate::yunxiao::call::list_runs::Row;
use crate::yunxiao::{Remark, RunDetail, Status};

/// The most runs that are read for a key.
const MOST_READ: usize = 500;

/// How far the service's clock may be from ours before a response has shown its time.
const CLOCK_TOLERANCE: Duration = Duration::from_mins(15);

/// What is searched for.
pub(in crate::step) struct Sought<'a> {
    pub(in crate::step) key: &'a Key,
    /// Whether the key names this CI job rather than a piece of work: then another request is other work.
    pub(in crate::step) is_auto: bool,
    pub(in crate::step) window: Option<Duration>,
    /// Whether a successful run is reused.
    pub(in crate::step) reuses: bool,
    pub(in crate::step) asked: &'a Asked,
    pub(in crate::step) commit: Option<&'a str>,
}

impl Sought<'_> {
    /// Whether a run with the key affects whether another is started.
    pub(super) fn counts(&self, is_same_request: bool, state: State) -> bool {
        match (state, is_same_request) {
            (State::GoesOn, true) => true,
            (State::Succeeded, true) => self.reuses,
            (State::GoesOn | State::Succeeded, false) => !self.is_auto,
            (State::Stopping | State::Failed, _) => false,
        }
    }

    /// Whether a run says that it builds another ref or commit than is requested. One that shows no commit is told so
    /// when it is followed.
    fn is_built_otherwise(&self, detail: &RunDetail) -> bool {
        let is_other_commit = |commit: &str| {
            let (commits, are_all) = self.asked.commits(detail);
            are_all && !commits.iter().any(|built| built == commit)
        };
        self.asked.other_ref(detail).is_some_and(|difference| difference.is_certain)
            || self.commit.is_some_and(is_other_commit)
    }
}

/// What is known of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It has the key.
    Ours { start: String, is_same_request: bool, state: State },
    /// It has another key or none, or did not build what is requested.
    Another,
    /// It has not ended, and its remark can't be seen yet; or the service has cut the remark.
    Dark,
    /// It ended without success; it was not read.
    Failed,
    /// It was created before the window.
    TooOld,
}

/// The state of a run with the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    GoesOn,
    /// It is being stopped.
    Stopping,
    Succeeded,
    Failed,
}

impl State {
    fn of(status: Status) -> Self {
        match status {
            Status::Waiting | Status::Running | Status::Unknown => Self::GoesOn,
            Status::Stopping => Self::Stopping,
            Status::Succeeded => Self::Succeeded,
            Status::Failed | Status::Canceled | Status::Skipped => Self::Failed,
        }
    }
}

pub(super) struct Runs<'a> {
    clock: &'a Clock,
    sought: &'a Sought<'a>,
    /// Whether runs that have failed are read too: the remark of one that counts may be a copy of theirs.
    reads_failed: Cell<bool>,
}

impl Judge for Runs<'_> {
    type Seen = Seen;
    const MOST_READ: usize = MOST_READ;
    const ENDS_EARLY: bool = true;

    fn row(&self, row: &Row) -> Option<Seen> {
        // One that is still running is read, however old it is.
        if row.status.is_over() && self.is_too_old(row.started) {
            return Some(Seen::TooOld);
        }
        (State::of(row.status) == State::Failed && !self.reads_failed.get()).then_some(Seen::Failed)
    }

    fn run(&self, detail: &RunDetail) -> Seen {
        if detail.status.is_over() && self.is_too_old(detail.created) {
            return Seen::TooOld;
        }
        let (state, key) = (State::of(detail.status), self.sought.key);
        let unseen = if state == State::Failed { Seen::Another } else { Seen::Dark };
        let Some(Remark { text, markers }) = &detail.remark else { return unseen };
        let Some(remark) = text.as_ref().map(Foreign::raw).filter(|text| !text.trim().is_empty()) else {
            // Its parameters contain the key, but not in a remark.
            let is_named = markers.iter().any(|marker| marker.contains(&key.name));
            return if is_named { unseen } else { Seen::Another };
        };
        let (start, request) = match Marker::read(remark) {
            Some(Marker { start, key: Some(Key { name, request }) }) if name == key.name => (start, request),
            None if Marker::is_cut(remark) => return unseen,
            _ => return Seen::Another,
        };
        if state == State::Succeeded && self.sought.is_built_otherwise(detail) {
            return Seen::Another;
        }
        let is_same_request = request == key.request;
        if self.sought.counts(is_same_request, state) {
            self.reads_failed.set(true);
        }
        Seen::Ours { start, is_same_request, state }
    }

    fn then(seen: &Seen) -> Then {
        match seen {
            Seen::TooOld => Then::End,
            Seen::Another | Seen::Ours { state: State::GoesOn | State::Succeeded | State::Failed, .. } => Then::Settled,
            Seen::Dark | Seen::Failed | Seen::Ours { state: State::Stopping, .. } => Then::Again,
        }
    }
}

impl<'a> Runs<'a> {
    pub(super) fn new(clock: &'a Clock, sought: &'a Sought<'a>, reads_failed: bool) -> Self {
        Self { clock, sought, reads_failed: Cell::new(reads_failed) }
    }

    fn is_too_old(&self, moment: Option<SystemTime>) -> bool {
        let elapsed = self.clock.elapsed();
        // If the two clocks differ, the window is longer by that.
        let (now, tolerance) = match self.clock.server_at(elapsed) {
            Some(now) => (now.min(self.clock.at(elapsed) + CLOCK_TOLERANCE), Duration::ZERO),
            None => (self.clock.at(elapsed), CLOCK_TOLERANCE),
        };
        let window = self.sought.window.map(|window| window.saturating_add(tolerance));
        let end = moment.zip(window).and_then(|(moment, window)| moment.checked_add(window));
        end.is_some_and(|end| end < now)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::redaction::Redaction;
    use crate::yunxiao::RunParams;
    use crate::yunxiao::call::get_run;

    const START: &str = "0123456789abcdef0123456789abcdef";
    const NAME: &str = "ffffffffffffffffffffffffffffffff";
    const REQUEST: &str = "00000000000000aa";
    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
    const WINDOW: Duration = Duration::from_hours(24);

    /// A run as the service shows it.
    fn detail(status: &str, params: &Value, more: &Value) -> RunDetail {
        let mut run = json!({"status": status, "stages": [{"stageInfo": {"jobs": [{"params": params.to_string()}]}}]});
        for (member, value) in more.as_object().unwrap() {
            run[member] = value.clone();
        }
        get_run::read(&run, &Redaction::default())
    }

    /// What a search for the key makes of it.
    fn seen(clock: &Clock, asked: &Asked, commit: Option<&str>, detail: &RunDetail) -> Seen {
        let key = Key { name: NAME.to_owned(), request: REQUEST.to_owned() };
        let sought = Sought { key: &key, is_auto: false, window: Some(WINDOW), reuses: true, asked, commit };
        Runs::new(clock, &sought, false).run(detail)
    }

    fn ours(is_same_request: bool, state: State) -> Seen {
        Seen::Ours { start: START.to_owned(), is_same_request, state }
    }

    #[test]
    fn a_run_carries_the_key_by_the_beginning_of_its_remark() {
        let marker = |name: &str, request: &str| format!("[yunxiao-run:{START}:{name}:{request}]");
        let remark = |text: &str| json!({ "BUILD_REMARK": text });
        let this = marker(NAME, REQUEST);
        for (status, params, expected) in [
            ("RUNNING", remark(&format!("{this} by hand")), ours(true, State::GoesOn)),
            ("WAITING", remark(&this), ours(true, State::GoesOn)),
            ("A NEW WORD", remark(&this), ours(true, State::GoesOn)),
            ("CANCELLING", remark(&this), ours(true, State::Stopping)),
            ("SUCCESS", remark(&this), ours(true, State::Succeeded)),
            ("FAIL", remark(&this), ours(true, State::Failed)),
            ("CANCELED", remark(&this), ours(true, State::Failed)),
            ("RUNNING", remark(&marker(NAME, "00000000000000ab")), ours(false, State::GoesOn)),
            // It is another's.
            ("RUNNING", remark(&marker("0000000000000000000000000000000f", REQUEST)), Seen::Another),
            ("RUNNING", remark(&format!("[yunxiao-run:{START}]")), Seen::Another),
            ("RUNNING", remark(&format!("as {this}")), Seen::Another),
            ("RUNNING", remark("by hand"), Seen::Another),
            ("RUNNING", remark(""), Seen::Another),
            (
                "RUNNING",
                json!({"BUILD_REMARK": "", "TITLE": marker("0000000000000000000000000000000f", REQUEST)}),
                Seen::Another,
            ),
            // It may be either, unless it ended without success.
            ("RUNNING", remark(&this[..60]), Seen::Dark),
            ("SUCCESS", remark("[yunx"), Seen::Dark),
            ("FAIL", remark("[yunx"), Seen::Another),
            ("RUNNING", json!({}), Seen::Dark),
            ("SUCCESS", json!({}), Seen::Dark),
            ("FAIL", json!({}), Seen::Another),
            ("RUNNING", json!({ "TITLE": this }), Seen::Dark),
            ("SUCCESS", json!({ "BUILD_REMARK": " ", "TITLE": this }), Seen::Dark),
            ("FAIL", json!({ "TITLE": this }), Seen::Another),
        ] {
            let detail = detail(status, &params, &json!({}));
            let clock = Clock::starting_at(SystemTime::UNIX_EPOCH);
            assert_eq!(seen(&clock, &Asked::default(), None, &detail), expected, "{status} {params}");
        }
    }

    #[test]
    fn a_success_of_another_ref_or_commit_does_not_count() {
        let repository = "https://codeup.aliyun.com/a/b.git";
        let asked = Asked::of(&RunParams {
            running_branches: [(repository.to_owned(), "main".to_owned())].into(),
            ..RunParams::default()
        });
        let other = COMMIT.replace('0', "f");
        for (status, built, source, is_ours) in [
            ("SUCCESS", "main", json!({"branch": "main", "commint": COMMIT}), true),
            ("SUCCESS", "main", json!({"branch": "main", "commint": other}), false),
            ("SUCCESS", "main", json!({"branch": "main"}), true),
            ("SUCCESS", "dev", json!({"branch": "main", "commint": COMMIT}), false),
            // Only the configuration of a source says it.
            ("SUCCESS", "main", json!({"branch": "dev", "commint": COMMIT}), true),
            ("RUNNING", "dev", json!({"branch": "dev", "commint": other}), true),
        ] {
            let marker = format!("[yunxiao-run:{START}:{NAME}:{REQUEST}]");
            let params = json!({"BUILD_REMARK": marker, "CI_COMMIT_REF_NAME": built});
            let mut source = source.clone();
            source["repo"] = json!(repository);
            let detail = detail(status, &params, &json!({"sources": [{ "data": source }]}));
            let clock = Clock::starting_at(SystemTime::UNIX_EPOCH);
            let seen = seen(&clock, &asked, Some(COMMIT), &detail);
            assert_eq!(seen != Seen::Another, is_ours, "{status} {built} {source}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_window_is_counted_by_the_services_clock_as_far_as_that_is_known() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let (second, hour) = (Duration::from_secs(1), Duration::from_hours(1));
        let less = WINDOW.saturating_sub(CLOCK_TOLERANCE);
        for (server, age, is_too_old) in [
            (Some(now), WINDOW, false),
            (Some(now), WINDOW + second, true),
            (None, WINDOW + CLOCK_TOLERANCE, false),
            (None, WINDOW + CLOCK_TOLERANCE + second, true),
            // A clock far ahead of ours is not trusted.
            (Some(now - hour), WINDOW + hour, false),
            (Some(now - hour), WINDOW + hour + second, true),
            (Some(now + hour), less, false),
            (Some(now + hour), less + second, true),
        ] {
            let clock = Clock::starting_at(now);
            if let Some(server) = server {
                clock.observe_server(server);
            }
            let moment = now - age;
            let milliseconds = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
            for (status, reads_failed, expected) in [
                (Status::Succeeded, false, is_too_old.then_some(Seen::TooOld)),
                (Status::Failed, true, is_too_old.then_some(Seen::TooOld)),
                (Status::Failed, false, Some(if is_too_old { Seen::TooOld } else { Seen::Failed })),
                (Status::Running, false, None),
            ] {
                let key = Key { name: NAME.to_owned(), request: REQUEST.to_owned() };
                let asked = Asked::default();
                let sought = Sought {
                    key: &key,
                    is_auto: false,
                    window: Some(WINDOW),
                    reuses: true,
                    asked: &asked,
                    commit: None,
                };
                let row = Row { run: 1, status, started: Some(moment) };
                assert_eq!(
                    Runs::new(&clock, &sought, reads_failed).row(&row),
                    expected,
                    "{server:?} {age:?} {status:?}"
                );
            }
            for (status, is_over) in [("SUCCESS", true), ("FAIL", true), ("RUNNING", false)] {
                let detail = detail(status, &json!({"BUILD_REMARK": "x"}), &json!({ "createTime": milliseconds }));
                let seen = seen(&clock, &Asked::default(), None, &detail);
                assert_eq!(seen == Seen::TooOld, is_too_old && is_over, "{server:?} {age:?} {status}");
            }
        }
    }
}
