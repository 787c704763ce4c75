use super::*;

/// What is known of a run, as the rows of the tables have it: `goes-on/a` carries the start `a`.
fn seen(word: &str) -> Option<Seen> {
    let (kind, start) = word.split_once('/').unwrap_or((word, ""));
    let ours = |is_same_request, state| {
        Some(Seen::Ours {
            start: format!("{start}{}", if start.is_empty() { word } else { "" }),
            is_same_request,
            state,
        })
    };
    match kind {
        "goes-on" => ours(true, State::GoesOn),
        "succeeded" => ours(true, State::Succeeded),
        "stopping" => ours(true, State::Stopping),
        "failed" => ours(true, State::Failed),
        "other-goes-on" => ours(false, State::GoesOn),
        "other-succeeded" => ours(false, State::Succeeded),
        "other-failed" => ours(false, State::Failed),
        "another" => Some(Seen::Another),
        "dark" => Some(Seen::Dark),
        "unread-failure" => Some(Seen::Failed),
        "unread" => None,
        _ => panic!("{word}"),
    }
}

/// What a rule says of these runs, the lowest first.
fn ruled(words: &str, circumstances: &str, rule: impl Fn(&[Known<'_>], &Round) -> String) -> String {
    let seen: Vec<_> = words
        .split_whitespace()
        .enumerate()
        .map(|(index, word)| {
            let seen = seen(word).map(|seen| match seen {
                // Every start is another unless its name is given.
                Seen::Ours { start, is_same_request, state } if !word.contains('/') => {
                    Seen::Ours { start: format!("{start}{index}"), is_same_request, state }
                }
                seen => seen,
            });
            (index as u64 + 1, seen)
        })
        .collect();
    let runs: Vec<_> = seen.iter().map(|(run, seen)| (*run, seen.as_ref())).collect();
    let is = |word| is_among(word, circumstances);
    rule(&runs, &Round { is_complete: !is("in-part"), is_last: is("at-the-end"), is_exhausted: is("exhausted") })
}

fn is_among(word: &str, circumstances: &str) -> bool {
    circumstances.split_whitespace().any(|given| given == word)
}

fn told<R>(found: Option<Found<R>>, run: impl FnOnce(R) -> String) -> String {
    match found {
        Some(Found::Run(found)) => run(found),
        Some(Found::Nothing) => "nothing".to_owned(),
        Some(Found::Dark { runs }) => format!("unknown {runs:?}"),
        Some(Found::TooMany) => "too many".to_owned(),
        None => "wait".to_owned(),
    }
}

fn decided(words: &str, circumstances: &str) -> String {
    let sought = Sought {
        key: &Key { name: "k".to_owned(), request: "r".to_owned() },
        is_auto: is_among("auto", circumstances),
        window: Some(Duration::from_hours(24)),
        reuses: !is_among("on-succeeded:start", circumstances),
        asked: &Asked::default(),
        commit: None,
    };
    ruled(words, circumstances, |runs, round| {
        told(decide(runs, round, &sought), |work| match work {
            Work::Running { run } => format!("join {run}"),
            Work::Succeeded { run, newer } => format!("reuse {run}, newer {newer:?}"),
            Work::OtherRequest { run } => format!("refuse {run}"),
            Work::Unrelated { run } => format!("start beside {run}"),
        })
    })
}

#[test]
fn what_the_runs_of_a_key_come_to() {
    for (runs, circumstances, expected) in [
        // Nothing that counts.
        ("", "", "nothing"),
        ("another another", "", "nothing"),
        ("failed", "", "nothing"),
        ("unread-failure another", "", "nothing"),
        ("other-failed", "", "nothing"),
        ("other-failed", "auto", "nothing"),
        ("", "in-part", "wait"),
        ("", "in-part at-the-end", "wait"),
        ("another", "in-part", "wait"),
        // One that is still running is joined.
        ("goes-on", "", "join 1"),
        ("goes-on", "on-succeeded:start", "join 1"),
        ("another goes-on another", "", "join 2"),
        ("goes-on goes-on", "", "join 1"),
        ("succeeded goes-on", "", "join 2"),
        ("goes-on succeeded", "", "join 1"),
        ("failed goes-on", "", "join 2"),
        ("goes-on", "in-part", "wait"),
        ("goes-on", "in-part at-the-end", "join 1"),
        // One that succeeded is reused, the newest of them, and what came after it is told.
        ("succeeded", "", "reuse 1, newer []"),
        ("succeeded another", "", "reuse 1, newer [2]"),
        ("succeeded succeeded another unread-failure", "", "reuse 2, newer [4, 3]"),
        ("succeeded failed", "", "reuse 1, newer [2]"),
        ("succeeded", "on-succeeded:start", "nothing"),
        ("succeeded dark", "on-succeeded:start", "wait"),
        ("succeeded dark", "", "reuse 1, newer [2]"),
        ("dark succeeded", "", "wait"),
        ("dark succeeded", "at-the-end", "reuse 2, newer []"),
        // The key of another request.
        ("other-goes-on", "", "refuse 1"),
        ("other-succeeded", "", "refuse 1"),
        ("other-succeeded", "on-succeeded:start", "refuse 1"),
        ("other-goes-on other-succeeded", "", "refuse 2"),
        ("other-goes-on", "auto", "start beside 1"),
        ("other-succeeded other-goes-on another", "auto", "start beside 2"),
        ("other-goes-on", "auto in-part", "wait"),
        ("dark other-goes-on", "auto", "wait"),
        ("other-goes-on dark", "auto", "wait"),
        ("succeeded failed", "auto on-succeeded:start", "nothing"),
        ("other-succeeded goes-on", "", "join 2"),
        ("other-succeeded succeeded", "", "reuse 2, newer []"),
        ("other-succeeded succeeded", "auto", "reuse 2, newer []"),
        ("dark other-succeeded", "", "wait"),
        // What can't be said yet is waited for, and then nothing is started.
        ("dark", "", "wait"),
        ("dark", "at-the-end", "unknown [1]"),
        ("unread", "", "wait"),
        ("unread another", "at-the-end", "unknown [1]"),
        ("unread another", "in-part at-the-end", "unknown [1]"),
        ("stopping", "", "wait"),
        ("stopping", "at-the-end", "unknown [1]"),
        ("stopping goes-on", "", "wait"),
        ("goes-on stopping", "", "join 1"),
        ("dark goes-on", "", "wait"),
        ("dark goes-on", "at-the-end", "join 2"),
        ("goes-on dark", "", "join 1"),
        // A copied remark is not the start that it was copied from.
        ("failed/a goes-on/a", "", "nothing"),
        ("succeeded/a goes-on/a", "", "reuse 1, newer [2]"),
        ("succeeded/a goes-on/a", "on-succeeded:start", "nothing"),
        ("goes-on/a succeeded/a", "", "join 1"),
        ("unread-failure goes-on/a", "", "wait"),
        ("unread-failure succeeded/a", "", "wait"),
        ("goes-on/a unread-failure", "", "join 1"),
        ("unread-failure other-goes-on", "", "wait"),
        ("unread-failure other-goes-on", "auto", "start beside 2"),
        ("unread-failure goes-on/a", "at-the-end", "join 2"),
        // More than can be read.
        ("another", "in-part exhausted", "too many"),
        ("goes-on", "in-part exhausted", "too many"),
        ("another", "exhausted", "nothing"),
    ] {
        assert_eq!(decided(runs, circumstances), expected, "{runs} [{circumstances}]");
    }
}

#[test]
fn which_run_a_key_names() {
    for (runs, circumstances, expected) in [
        ("", "", "nothing"),
        ("another", "", "nothing"),
        ("", "in-part", "wait"),
        ("another", "in-part at-the-end", "wait"),
        // The newest that is still running, regardless of its parameters.
        ("goes-on", "", "run 1"),
        ("goes-on goes-on", "", "run 2"),
        ("other-goes-on goes-on other-goes-on another", "", "run 3"),
        ("goes-on failed succeeded", "", "run 1"),
        ("stopping failed", "", "run 1"),
        ("goes-on stopping", "", "run 2"),
        ("goes-on", "in-part", "wait"),
        ("goes-on", "in-part at-the-end", "run 1"),
        // Otherwise the newest, whatever its result.
        ("failed succeeded another", "", "run 2"),
        ("succeeded other-failed", "", "run 2"),
        ("failed", "in-part", "wait"),
        ("failed", "in-part at-the-end", "run 1"),
        // What came after one that has ended may be newer.
        ("failed dark", "", "wait"),
        ("failed unread another", "", "wait"),
        ("failed dark", "at-the-end", "run 1"),
        ("dark failed", "", "run 2"),
        ("goes-on dark", "", "run 1"),
        ("dark another unread", "", "wait"),
        ("dark another unread", "at-the-end", "unknown [1, 3]"),
        ("dark", "in-part at-the-end", "unknown [1]"),
        // A copied remark is not the start that it was copied from.
        ("failed/a goes-on/a", "", "run 1"),
        // More than can be read.
        ("another", "in-part exhausted", "too many"),
        ("goes-on", "in-part exhausted", "too many"),
        ("goes-on", "exhausted", "run 1"),
    ] {
        let picked = ruled(runs, circumstances, |runs, round| told(pick(runs, round), |run| format!("run {run}")));
        assert_eq!(picked, expected, "{runs} [{circumstances}]");
    }
}
