//! A run that builds another ref or commit than was asked for is no success.

use yunxiao_run::inputs::{Follow, OnGate};
use yunxiao_run::step::event::Event;
use yunxiao_run::yunxiao::{RunDetail, RunParams, Source, Variables};

use crate::histories::{COMMIT, End, Next, OTHER, building, foreign, history, history_of, rules, run, seconds};

#[test]
fn a_run_of_another_ref_is_not_a_success() {
    let address = "https://codeup.aliyun.com/a/b.git";
    let of_branch =
        RunParams { running_branches: [(address.to_owned(), "release".to_owned())].into(), ..RunParams::default() };
    let integrating = RunParams {
        branch_mode_branches: vec!["feature/a".to_owned(), "feature/b".to_owned()],
        ..RunParams::default()
    };
    let selected = |name: &str| Variables { reference: Some(foreign(name)), ..Variables::default() };
    let merged = |names: &[&str]| Variables {
        integrated: names.iter().map(|name| (foreign(name), None)).collect(),
        ..Variables::default()
    };
    let own = RunParams { envs: [("CI_COMMIT_REF_NAME".to_owned(), "x".to_owned())].into(), ..of_branch.clone() };
    let (success, other) = (Next::End(End::Succeeded), Next::End(End::OtherRef));
    for (asked, variables, expected, warnings) in [
        (&of_branch, selected("release"), &success, 0),
        (&of_branch, selected("refs/heads/release"), &success, 0),
        (&of_branch, selected("master"), &other, 1),
        (&of_branch, Variables::default(), &success, 0),
        // What this step set itself proves nothing.
        (&own, selected("x"), &success, 0),
        (&RunParams::default(), selected("master"), &success, 0),
        (&integrating, merged(&["feature/b", "feature/a"]), &success, 0),
        (&integrating, merged(&["feature/a"]), &other, 1),
        (&integrating, merged(&[]), &success, 0),
    ] {
        let seen = |word: &str| Some(RunDetail { variables: variables.clone(), ..building(word, &[None]) });
        let looks = [(0, seen("RUNNING")), (2, seen("RUNNING")), (4, seen("SUCCESS"))];
        let (news, _, next) = history_of(asked, &rules(), &looks);
        assert_eq!(&next, expected, "{variables:?}");
        assert_eq!(news.iter().filter(|event| matches!(event, Event::OtherRef(_))).count(), warnings);
    }
    // Of several sources, it is not known whose ref the run's variable names.
    let several = RunDetail { variables: selected("master"), ..building("SUCCESS", &[None, None]) };
    assert_eq!(history_of(&of_branch, &rules(), &[(0, Some(several))]).2, success);
    // So it is where no source is shown at all, which is said.
    let none = RunDetail { variables: selected("master"), ..run("SUCCESS", &[]) };
    let (news, _, next) = history_of(&of_branch, &rules(), &[(0, Some(none))]);
    assert!(matches!(news[..], [Event::OtherRef(_)]) && next == success, "{news:?}");
    // What the configuration of a source shows is a warning, and no more.
    let source = Source { repository: foreign(address), reference: Some(foreign("master")), commit: None };
    let shown = RunDetail { sources: vec![source], ..run("SUCCESS", &[]) };
    let (news, _, next) = history_of(&of_branch, &rules(), &[(0, Some(shown))]);
    assert_eq!((news.len(), next), (1, success));
}

#[test]
fn the_expected_commit_decides_as_soon_as_every_source_shows_one() {
    let expecting = |looks: &[(u64, Option<RunDetail>)], on_gate| {
        history(&Follow { expected_commit: Some(COMMIT.to_owned()), on_gate, ..rules() }, looks).2
    };
    let once = |word: &str, commits: &[Option<&str>]| expecting(&[(0, Some(building(word, commits)))], OnGate::Wait);
    let goes_on = Next::Poll { after: seconds(2) };
    assert_eq!(once("RUNNING", &[]), goes_on);
    assert_eq!(once("RUNNING", &[None]), goes_on);
    assert_eq!(once("RUNNING", &[Some(OTHER), None]), goes_on);
    assert_eq!(once("RUNNING", &[Some(OTHER), Some(COMMIT)]), goes_on);
    assert_eq!(once("RUNNING", &[Some(OTHER), Some(OTHER)]), Next::End(End::OtherCommit));
    assert_eq!(once("FAIL", &[Some(OTHER)]), Next::End(End::OtherCommit));
    assert_eq!(once("SUCCESS", &[Some(OTHER)]), Next::End(End::OtherCommit));
    assert_eq!(once("SUCCESS", &[Some(COMMIT)]), Next::End(End::Succeeded));
    assert_eq!(once("SUCCESS", &[Some(OTHER), None]), Next::End(End::CommitNotShown));
    assert_eq!(once("SUCCESS", &[]), Next::End(End::CommitNotShown));
    assert_eq!(once("FAIL", &[None]), Next::End(End::Failed));
    // What was shown once counts.
    let looks = [(0, Some(building("RUNNING", &[Some(COMMIT)]))), (2, Some(building("SUCCESS", &[None])))];
    assert_eq!(expecting(&looks, OnGate::Wait), Next::End(End::Succeeded));
    let gate = RunDetail { stages: run("RUNNING", &["gate"]).stages, ..building("RUNNING", &[None]) };
    assert_eq!(expecting(&[(0, Some(gate))], OnGate::Succeed), Next::End(End::CommitNotShown));
}

#[test]
fn in_branch_mode_the_integrated_branches_decide() {
    let asked = RunParams { branch_mode_branches: vec!["a".to_owned(), "b".to_owned()], ..RunParams::default() };
    let rules = Follow { expected_commit: Some(COMMIT.to_owned()), ..rules() };
    let goes_on = Next::Poll { after: seconds(2) };
    for (integrated, expected) in [
        // The source shows the branch that the others are integrated into.
        (vec![], &goes_on),
        (vec![("a", Some(OTHER)), ("b", None)], &goes_on),
        (vec![("a", Some(OTHER)), ("b", Some(COMMIT))], &goes_on),
        (vec![("a", Some(OTHER)), ("b", Some(OTHER))], &Next::End(End::OtherCommit)),
    ] {
        let integrated = integrated.into_iter().map(|(name, commit)| (foreign(name), commit.map(str::to_owned)));
        let variables = Variables { integrated: integrated.collect(), ..Variables::default() };
        let shown = RunDetail { variables: variables.clone(), ..building("RUNNING", &[Some(OTHER)]) };
        assert_eq!(&history_of(&asked, &rules, &[(0, Some(shown))]).2, expected, "{variables:?}");
    }
}
