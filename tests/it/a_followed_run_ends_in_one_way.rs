//! The state machine by itself: polls of the run and the time go in, events and when to poll next come out.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use yunxiao_run::inputs::{Follow, OnGate};
use yunxiao_run::outcome::Limit;
use yunxiao_run::step::built::Asked;
use yunxiao_run::step::decide::{self, Phase, Poll};
use yunxiao_run::step::event::Event;
use yunxiao_run::text::Language;
use yunxiao_run::yunxiao::{Blocker, RunDetail, Status};

use crate::histories::*;

#[test]
fn every_status_continues_or_ends_the_run() {
    for (word, jobs, end) in [
        ("SUCCESS", &[][..], Some(End::Succeeded)),
        ("success", &["FAIL"], Some(End::Succeeded)),
        ("FINISH", &["RUNNING"], Some(End::Succeeded)),
        ("FAIL", &["FAIL"], Some(End::Failed)),
        ("FAILED", &[], Some(End::Failed)),
        ("ERROR", &[], Some(End::Failed)),
        ("CANCELED", &[], Some(End::Canceled)),
        ("CANCELLED", &[], Some(End::Canceled)),
        ("ABORTED", &[], Some(End::Canceled)),
        ("TERMINATED", &[], Some(End::Canceled)),
        ("SKIP", &[], Some(End::Canceled)),
        ("RUNNING", &["SUCCESS"], None),
        ("WAITING", &[], None),
        ("CANCELLING", &["RUNNING"], None),
        ("INIT", &["INIT"], None),
        ("QUEUED", &["QUEUED"], None),
        ("UNKOWN", &[], None),
        ("NEVER HEARD OF", &["WHATEVER"], None),
        ("", &[], None),
    ] {
        let (_, following, next) = history(&rules(), &[(0, Some(run(word, jobs)))]);
        match end {
            Some(end) => assert_eq!((next, following.phase()), (Next::End(end), Phase::Ended), "{word}"),
            None => assert!(matches!(next, Next::Poll { .. }), "{word}"),
        }
    }
}

#[test]
fn where_a_run_is_follows_from_its_status_and_its_jobs() {
    for (word, jobs, phase) in [
        ("WAITING", &[][..], Phase::Queued),
        ("RUNNING", &[], Phase::Queued),
        ("RUNNING", &["WAITING", "SKIP", "NEVER HEARD OF"], Phase::Queued),
        ("RUNNING", &["INIT", "QUEUED"], Phase::Queued),
        ("RUNNING", &["RUNNING"], Phase::Running),
        ("WAITING", &["SUCCESS", "WAITING"], Phase::Running),
        ("RUNNING", &["FAIL"], Phase::Running),
        ("RUNNING", &["CANCELED"], Phase::Running),
        ("RUNNING", &["SUCCESS", "gate", "WAITING"], Phase::Gate),
        ("WAITING", &["gate"], Phase::Gate),
        ("RUNNING", &["gate", "RUNNING"], Phase::Running),
        ("RUNNING", &["gate", "CANCELLING"], Phase::Running),
        ("RUNNING", &["gate", "SUCCESS", "NEVER HEARD OF"], Phase::Running),
        ("CANCELLING", &["gate"], Phase::Stopping),
        ("RUNNING", &["SUCCESS", "manual"], Phase::Blocked),
        ("RUNNING", &["paused"], Phase::Blocked),
        ("RUNNING", &["conflict"], Phase::Blocked),
        ("RUNNING", &["manual", "RUNNING"], Phase::Running),
        ("RUNNING", &["gate", "manual"], Phase::Gate),
        ("NEVER HEARD OF", &["RUNNING"], Phase::Running),
    ] {
        assert_eq!(history(&rules(), &[(0, Some(run(word, jobs)))]).1.phase(), phase, "{word} {jobs:?}");
    }
    // What has begun is not queued again, whatever becomes of its jobs.
    let (_, following, _) =
        history(&rules(), &[(0, Some(run("RUNNING", &["RUNNING"]))), (5, Some(run("WAITING", &["WAITING"])))]);
    assert_eq!(following.phase(), Phase::Running);
}

#[test]
fn time_counts_where_it_is_spent_and_nowhere_at_a_gate() {
    let (queued, running) = (|| Some(run("WAITING", &[])), || Some(run("RUNNING", &["RUNNING"])));
    let gate = || Some(run("RUNNING", &["SUCCESS", "gate"]));
    let timed_out = |limit| Next::End(End::TimedOut(limit));
    for (looks, expected) in [
        (vec![(0, queued()), (1799, queued())], Next::Poll { after: seconds(1) }),
        (vec![(0, queued()), (1800, queued())], timed_out(Limit::Queue)),
        (vec![(0, queued()), (1800, running())], Next::Poll { after: Duration::from_millis(11_750) }),
        (vec![(0, queued()), (1700, running()), (8899, running())], Next::Poll { after: seconds(1) }),
        (vec![(0, queued()), (1700, running()), (8900, running())], timed_out(Limit::Run)),
        (vec![(0, queued()), (9, gate()), (99_999, gate())], Next::Poll { after: Duration::from_millis(11_750) }),
        // Ten seconds before the gate and 7,190 after it.
        (vec![(0, running()), (10, gate()), (50_000, running()), (57_190, running())], timed_out(Limit::Run)),
        (
            vec![(0, running()), (10, gate()), (50_000, running()), (57_189, running())],
            Next::Poll { after: seconds(1) },
        ),
        // No limit is judged while the run can't be seen.
        (vec![(0, running()), (7190, running()), (7200, None)], Next::Poll { after: Duration::from_millis(500) }),
        (vec![(0, running()), (7190, running()), (7200, None), (7201, running())], timed_out(Limit::Run)),
        (
            vec![(0, running()), (7190, running()), (7200, None), (7201, Some(run("SUCCESS", &[])))],
            Next::End(End::Succeeded),
        ),
        (vec![(0, gate()), (7200, None)], Next::Poll { after: Duration::from_millis(500) }),
        // The last look decides.
        (vec![(0, running()), (7200, Some(run("SUCCESS", &[])))], Next::End(End::Succeeded)),
        (vec![(0, running()), (7200, gate())], Next::Poll { after: Duration::from_millis(11_750) }),
    ] {
        assert_eq!(history(&rules(), &looks).2, expected, "{:?}", looks.iter().map(|look| look.0).collect::<Vec<_>>());
    }
    let endless = Follow { queue_timeout: None, timeout: None, ..rules() };
    let (_, _, next) = history(&endless, &[(0, queued()), (999_999, running()), (99_999_999, running())]);
    assert_eq!(next, Next::Poll { after: Duration::from_millis(11_750) });
}

#[test]
fn read_failures_are_tolerated_and_reported_at_the_second() {
    let running = || Some(run("RUNNING", &["RUNNING"]));
    let said = |looks: &[(u64, Option<RunDetail>)]| {
        let (news, _, next) = history(&rules(), looks);
        (
            news.into_iter()
                .filter(|news| matches!(news, Event::ContactLost | Event::Unseen | Event::ContactRestored))
                .collect::<Vec<_>>(),
            next,
        )
    };
    let look = |milliseconds| Next::Poll { after: Duration::from_millis(milliseconds) };
    assert_eq!(said(&[(0, running()), (2, None)]), (vec![], look(500)));
    assert_eq!(said(&[(0, running()), (2, None), (3, running())]), (vec![], look(2000)));
    assert_eq!(
        said(&[(0, None), (1, None)]),
        (vec![Event::Unseen], look(1000)),
        "what was never seen is not said to run"
    );
    assert_eq!(
        said(&[(0, running()), (2, None), (3, None), (4, None), (5, running())]),
        (vec![Event::ContactLost, Event::ContactRestored], look(2500))
    );
    assert_eq!(said(&[(0, None), (60, None), (119, None)]).1, look(1000));
    assert_eq!(said(&[(0, None), (60, None), (120, None)]).1, Next::End(End::Lost));
    // Patience is for failures in a row.
    assert_eq!(said(&[(0, None), (119, running()), (130, None), (249, None)]).1, look(1000));
    let patient = Follow { patience: None, ..rules() };
    assert!(matches!(history(&patient, &[(0, None), (1, None), (1799, None)]).2, Next::Poll { .. }));
}

#[test]
fn the_pause_between_polls_is_half_the_time_since_the_first_within_bounds() {
    let (running, gate) = (|| Some(run("RUNNING", &["RUNNING"])), || Some(run("RUNNING", &["gate"])));
    let after = |rules: &Follow, looks: &[(u64, Option<RunDetail>)]| match history(rules, looks).2 {
        Next::Poll { after } => after.as_millis(),
        end @ Next::End(_) => panic!("{end:?}"),
    };
    for (at, milliseconds) in
        [(0, 2000), (1, 2000), (4, 2000), (5, 2500), (10, 5000), (23, 11_500), (24, 11_750), (7000, 11_750)]
    {
        assert_eq!(after(&rules(), &[(0, running()), (at, running())]), milliseconds, "after {at} s");
        assert_eq!(after(&rules(), &[(0, gate()), (at, gate())]), milliseconds, "at a gate after {at} s");
    }
    // The end of a limit bounds it, even below the shortest.
    for (at, milliseconds) in [(7180, 11_750), (7189, 11_000), (7198, 2000), (7199, 1000)] {
        assert_eq!(after(&rules(), &[(0, running()), (at, running())]), milliseconds, "after {at} s");
    }
    // After a failure it begins with half a second and doubles, up to the longest and to the end of all patience.
    let failures = |rules: &Follow, count| after(rules, &vec![(100, None); count]);
    let endless = Follow { patience: None, ..rules() };
    let pauses = [1, 2, 3, 4, 5, 6, 7, 20].map(|count| failures(&endless, count));
    assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 11_750, 11_750, 11_750]);
    let impatient = Follow { patience: Some(seconds(3)), ..rules() };
    assert_eq!([1, 3, 4, 20].map(|count| failures(&impatient, count)), [500, 2000, 3000, 3000]);
    // A first failure at the very end of it is followed by one more poll.
    assert_eq!(failures(&Follow { patience: Some(Duration::ZERO), ..rules() }, 1), 500);
}

#[test]
fn each_gate_has_its_own_time() {
    let gates = |words: [&str; 3]| Some(run("RUNNING", &words));
    let (first, second) = (|| gates(["gate", "WAITING", "WAITING"]), || gates(["SUCCESS", "gate", "WAITING"]));
    let both = || gates(["gate", "gate", "WAITING"]);
    let timed_out = Next::End(End::TimedOut(Limit::Gate));
    let goes_on = |after| Next::Poll { after: Duration::from_millis(after) };
    let rules = Follow { gate_timeout: Some(seconds(60)), timeout: Some(seconds(10)), ..rules() };
    for (looks, expected) in [
        (vec![(0, first()), (59, first())], goes_on(1000)),
        (vec![(0, first()), (60, first())], timed_out.clone()),
        (vec![(0, first()), (50, second()), (109, second())], goes_on(1000)),
        (vec![(0, first()), (50, second()), (110, second())], timed_out.clone()),
        // Another that opens beside it gives it no more time.
        (vec![(0, first()), (50, both()), (60, both())], timed_out.clone()),
        // While another job is running, it does not block the run yet.
        (vec![(0, gates(["gate", "RUNNING", "WAITING"])), (9, first()), (68, first())], goes_on(1000)),
        // Where it is out of sight it is not judged.
        (vec![(0, first()), (60, None)], goes_on(500)),
    ] {
        let moments = looks.iter().map(|look| look.0).collect::<Vec<_>>();
        assert_eq!(history(&rules, &looks).2, expected, "{moments:?}");
    }
}

#[test]
fn at_a_gate_succeed_requires_no_failed_job_and_no_other_wait() {
    let ends = |jobs: &[&str]| {
        let rules = Follow { on_gate: OnGate::Succeed, ..rules() };
        let run = run("RUNNING", jobs);
        let mut following = begin(Asked::default());
        match following.advance(&rules, Poll::Seen(&run), Duration::ZERO).1 {
            decide::Next::End(end) => (end.exit_code(), end.status().value(), end.waiting().unwrap().gate.clone()),
            decide::Next::Poll { .. } => panic!("{jobs:?}"),
        }
    };
    assert_eq!(ends(&["SUCCESS", "SKIP", "gate", "WAITING"]), (0, "gate", "job_3".to_owned()));
    assert_eq!(ends(&["FAIL", "gate"]), (8, "gate", "job_2".to_owned()));
    assert_eq!(ends(&["gate", "manual"]), (8, "blocked", "job_2".to_owned()));
    assert_eq!(ends(&["gate", "paused"]), (8, "blocked", "job_2".to_owned()));
}

#[test]
fn at_a_gate_the_step_waits_succeeds_or_fails() {
    let at_gate = |on_gate| history(&Follow { on_gate, ..rules() }, &[(0, Some(run("RUNNING", &["gate"])))]);
    let (news, _, next) = at_gate(OnGate::Wait);
    let blocked = Event::Blocked { stage: "stage".to_owned(), job: "job 1".to_owned(), blocker: Blocker::Gate };
    assert_eq!(news, [blocked]);
    assert!(matches!(next, Next::Poll { .. }));
    assert_eq!(at_gate(OnGate::Succeed).2, Next::End(End::AtGate));
    assert_eq!(at_gate(OnGate::Fail).2, Next::End(End::AtGate));
}

#[test]
fn what_only_a_person_can_continue_ends_the_step_unless_it_waits() {
    for (word, blocker) in
        [("manual", Blocker::ManualJob), ("paused", Blocker::Deployment), ("conflict", Blocker::Conflict)]
    {
        let at = |on_gate| history(&Follow { on_gate, ..rules() }, &[(0, Some(run("RUNNING", &["SUCCESS", word])))]);
        assert!(matches!(at(OnGate::Wait).2, Next::Poll { .. }), "{word}");
        assert_eq!(at(OnGate::Succeed).2, Next::End(End::Blocked(blocker)), "{word}");
        assert_eq!(at(OnGate::Fail).2, Next::End(End::Blocked(blocker)), "{word}");
    }
}

#[test]
fn of_unknown_words_at_most_twenty_are_named() {
    let words: Vec<String> = (0..50).map(|number| format!("WORD_{number}")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (news, ..) = history(&rules(), &[(0, Some(run("RUNNING", &words)))]);
    assert_eq!(news.iter().filter(|event| matches!(event, Event::UnknownWord(_))).count(), 20, "{news:?}");
}

#[test]
fn identical_jobs_are_distinguished_by_their_order() {
    let mut twins = run("RUNNING", &["SUCCESS", "RUNNING"]);
    for job in &mut twins.stages[0].jobs {
        (job.id, job.name) = (0, foreign("twin"));
    }
    let (news, ..) = history(&rules(), &[(0, Some(twins.clone())), (2, Some(twins.clone())), (4, Some(twins))]);
    assert_eq!(news.len(), 2, "{news:?}");
}

#[test]
fn every_change_is_logged_once() {
    let started = SystemTime::UNIX_EPOCH + seconds(100);
    let mut ended = run("RUNNING", &["SUCCESS", "RUNNING"]);
    ended.stages[0].jobs[0].started = Some(started);
    ended.stages[0].jobs[0].ended = Some(started + seconds(65));
    let added = run("RUNNING", &["RUNNING", "FAIL", "SKIP"]);
    let (news, ..) = history(
        &rules(),
        &[
            (0, Some(run("WAITING", &[]))),
            (2, Some(run("WAITING", &[]))),
            (4, Some(run("RUNNING", &["RUNNING", "WAITING"]))),
            (6, Some(run("RUNNING", &["RUNNING", "WAITING"]))),
            (9, Some(ended)),
            (12, Some(added)),
            (15, Some(run("ODD", &["gate"]))),
            (18, Some(run("ODD", &["gate"]))),
            (21, Some(run("CANCELLING", &["SUCCESS"]))),
        ],
    );
    let line = |news: &Event| match news.chinese_beside_english() {
        Some(beside) => format!("{} / {beside}", news.text().english),
        None => news.text().in_one_line(Language::Both),
    };
    let lines: Vec<String> = news.iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    Queued: waiting for the first job / 排队中：等待第一个任务开始
    stage > job 1: running / 运行中
    stage > job 1: success (1m05s) / 成功
    stage > job 2: running / 运行中
    stage > job 1: running again / 再次运行中
    stage > job 2: failed / 失败
    stage > job 3: skipped / 已跳过
    Unknown status ODD: treated as running / 未知的状态 ODD，按仍在运行处理
    stage > job 1: waiting for approval at this manual gate (`mode: approve` or `mode: reject`, or in Yunxiao) / 等待人工卡点审批（可用 `mode: approve` 或 `mode: reject`，或在云效中处理）
    stage > job 1: success / 成功
    The run was canceled and is stopping / 运行已被取消，正在停止
    ");
}

/// A run in any shape.
fn any_run() -> impl Strategy<Value = RunDetail> {
    let word = prop_oneof![
        6 => Just("RUNNING"), 3 => Just("WAITING"), 1 => Just("CANCELLING"), 1 => Just("SUCCESS"), 1 => Just("FAIL"),
        1 => Just("CANCELED"), 1 => Just("SKIP"), 1 => Just("UNKOWN"), 1 => Just("SOMETHING"),
    ];
    let job = prop_oneof![
        Just("RUNNING"),
        Just("WAITING"),
        Just("SUCCESS"),
        Just("FAIL"),
        Just("SKIP"),
        Just("gate"),
        Just("manual"),
        Just("CANCELED"),
        Just("OTHER"),
    ];
    let commits = proptest::collection::vec(prop_oneof![Just(None), Just(Some(COMMIT)), Just(Some(OTHER))], 0..3);
    (word, proptest::collection::vec(job, 0..5), commits)
        .prop_map(|(word, jobs, commits)| RunDetail { sources: building(word, &commits).sources, ..run(word, &jobs) })
}

proptest! {
    /// Polled when it asks to be, every history ends once, in time, and well only if the run did.
    #[test]
    fn every_history_ends_once(
        looks in proptest::collection::vec(proptest::option::weighted(0.8, any_run()), 1..60),
        expects in any::<bool>(),
        on_gate in prop_oneof![Just(OnGate::Wait), Just(OnGate::Succeed), Just(OnGate::Fail)],
        (queue, limit, patience) in (1..200_u64, 1..400_u64, 1..100_u64),
        gate in proptest::option::of(1..400_u64),
    ) {
        let rules = Follow {
            queue_timeout: Some(seconds(queue)),
            timeout: Some(seconds(limit)),
            gate_timeout: gate.map(seconds),
            patience: Some(seconds(patience)),
            on_gate,
            expected_commit: expects.then(|| COMMIT.to_owned()),
            ..rules()
        };
        let cause = cause();
        let (mut following, mut now) = (begin(Asked::default()), Duration::ZERO);
        let mut failing_since = None;
        let (mut spent, mut waited, mut showed) = (Duration::ZERO, Duration::ZERO, false);
        // The last poll is repeated until the end; a gate that stays closed is the one thing that may have none.
        let last = looks.last().unwrap();
        for (index, seen) in looks.iter().chain(std::iter::repeat_n(last, 2000)).enumerate() {
            let look = seen.as_ref().map_or(Poll::Failed(&cause), Poll::Seen);
            if seen.is_some() { failing_since = None } else { failing_since = failing_since.or(Some(now)) }
            showed |= seen.as_ref().is_some_and(|run| run.sources.iter().any(|source| source.commit.as_deref() == Some(COMMIT)));
            let (_, next) = following.advance(&rules, look, now);
            let status = seen.as_ref().map(|run| run.status);
            match next.into() {
                Next::Poll { after } => {
                    prop_assert!(after > Duration::ZERO && after <= seconds(12));
                    prop_assert!(!status.is_some_and(Status::is_over), "it went on after the run's end");
                    if following.phase() == Phase::Gate { waited += after } else { spent += after }
                    if index > looks.len() && following.phase() == Phase::Gate && gate.is_none() { return Ok(()) }
                    now += after;
                }
                Next::End(end) => {
                    prop_assert_eq!(following.phase(), Phase::Ended);
                    match end {
                        End::Succeeded => prop_assert!(status == Some(Status::Succeeded) && (!expects || showed)),
                        End::Failed => prop_assert_eq!(status, Some(Status::Failed)),
                        End::Canceled => prop_assert!(matches!(status, Some(Status::Canceled | Status::Skipped))),
                        End::AtGate => prop_assert!(
                            on_gate != OnGate::Wait && seen.as_ref().unwrap().jobs().any(|(_, job)| job.is_open_gate())
                        ),
                        End::TimedOut(Limit::Queue) => prop_assert!(spent >= seconds(queue)),
                        End::TimedOut(Limit::Run) => prop_assert!(spent >= seconds(limit)),
                        End::TimedOut(Limit::Gate) => prop_assert!(waited >= seconds(gate.unwrap())),
                        End::Blocked(blocker) => prop_assert!(on_gate != OnGate::Wait && blocker == Blocker::ManualJob),
                        End::OtherCommit | End::CommitNotShown => prop_assert!(expects && !showed),
                        End::OtherRef => prop_assert!(false, "no ref was asked for"),
                        End::Lost => {
                            prop_assert!(now.saturating_sub(failing_since.unwrap()) >= seconds(patience));
                        }
                    }
                    return Ok(());
                }
            }
        }
        prop_assert!(false, "it has no end");
    }
}
