use super::*;

/// A run as a row of the table has it: `7 G` goes on, `G/a` with the start `a`.
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

/// What the rule says of these runs, the lowest first.
fn decided(words: &str, circumstances: &str) -> String {
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
    let is = |word| circumstances.split_whitespace().any(|given| given == word);
    let round = Round { is_complete: !is("in-part"), is_last: is("at-the-end") };
    let key = Key { name: "k".to_owned(), request: "r".to_owned() };
    let asked = Asked::default();
    let sought = Sought {
        key: &key,
        is_auto: is("auto"),
        window: Some(Duration::from_hours(24)),
        reuses: !is("on-succeeded:start"),
        asked: &asked,
        commit: None,
    };
    match decide(&runs, &round, is("exhausted"), &sought) {
        Decision::Found(Found::Nothing { other: None }) => "start".to_owned(),
        Decision::Found(Found::Nothing { other: Some(run) }) => format!("start beside {run}"),
        Decision::Found(Found::Running { run }) => format!("join {run}"),
        Decision::Found(Found::Succeeded { run, newer }) => format!("reuse {run}, newer {newer:?}"),
        Decision::Found(Found::OtherRequest { run }) => format!("refuse {run}"),
        Decision::Found(Found::Dark { runs }) => format!("unknown {runs:?}"),
        Decision::Found(Found::TooMany) => "too many".to_owned(),
        Decision::Wait => "wait".to_owned(),
        Decision::ReadFailed => "read failures".to_owned(),
    }
}

#[test]
fn what_the_runs_of_a_key_come_to() {
    for (runs, circumstances, expected) in [
        // Nothing that counts.
        ("", "", "start"),
        ("another another", "", "start"),
        ("failed", "", "start"),
        ("unread-failure another", "", "start"),
        ("other-failed", "", "start"),
        ("", "in-part", "wait"),
        ("", "in-part at-the-end", "wait"),
        ("another", "in-part", "wait"),
        // One that goes on is joined.
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
        ("succeeded", "on-succeeded:start", "start"),
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
        ("failed/a goes-on/a", "", "start"),
        ("succeeded/a goes-on/a", "", "reuse 1, newer [2]"),
        ("succeeded/a goes-on/a", "on-succeeded:start", "start"),
        ("goes-on/a succeeded/a", "", "join 1"),
        ("unread-failure goes-on/a", "", "read failures"),
        ("unread-failure succeeded/a", "", "read failures"),
        ("goes-on/a unread-failure", "", "join 1"),
        ("unread-failure goes-on/a", "at-the-end", "join 2"),
        // More than can be read.
        ("another", "in-part exhausted", "too many"),
        ("goes-on", "in-part exhausted", "too many"),
        ("another", "exhausted", "start"),
    ] {
        assert_eq!(decided(runs, circumstances), expected, "{runs} [{circumstances}]");
    }
}
