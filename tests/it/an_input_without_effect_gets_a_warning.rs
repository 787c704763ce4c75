//! An input that means nothing in this mode is no error, and is said.

use std::collections::BTreeSet;
use std::io;

use yunxiao_run::environment::Environment;
use yunxiao_run::host::detect;
use yunxiao_run::inputs::Settings;

use crate::simulated::Backend;

/// Inputs that some mode does not use, each with a value that is good.
const GIVEN: &[(&str, &str)] = &[
    ("BRANCH", "main"),
    ("ENVS", "A=1"),
    ("COMMENT", "x"),
    ("PARAMS", "{}"),
    ("QUEUE_TIMEOUT", "1m"),
    ("TIMEOUT", "1m"),
    ("GATE_TIMEOUT", "1m"),
    ("ON_TIMEOUT", "stop"),
    ("ON_GATE", "fail"),
    ("ON_CANCEL", "leave"),
    ("LOGS", "all"),
    ("WAIT", "true"),
    // These have one in every mode, or may well be set for all jobs.
    ("RETRY_TIMEOUT", "1s"),
    ("AUDIENCE", "me"),
];

/// Which of these inputs are warned of.
fn warned_of(mode: &str, without: &[&str]) -> BTreeSet<String> {
    let credentials = Backend::AccessKey.inputs().into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut variables: Vec<(String, String)> = credentials.collect();
    let mut set = |name: &str, value: &str| variables.push((format!("YUNXIAO_{name}"), value.to_owned()));
    set("ORGANIZATION_ID", "o");
    set("MODE", mode);
    set("PIPELINE_ID", "123");
    if mode != "start" {
        set("PIPELINE_RUN_ID", "7");
    }
    if ["approve", "reject"].contains(&mode) {
        set("GATE", "卡点");
    }
    for (name, value) in GIVEN.iter().filter(|(name, _)| !without.contains(name)) {
        set(name, value);
    }
    let checked =
        Settings::read(&*detect(&Environment::new(variables), false), &|_| Err(io::ErrorKind::NotFound.into()));
    assert!(checked.settings.is_ok(), "{mode}: {:?}", checked.settings.err());
    let warned = checked.warnings.iter().filter(|text| text.english.contains("has no effect"));
    warned.map(|text| text.english.split(' ').next().unwrap().trim_start_matches("YUNXIAO_").to_owned()).collect()
}

#[test]
fn what_means_nothing_in_a_mode_is_warned_of_and_nothing_else() {
    let of_start = ["BRANCH", "ENVS", "COMMENT", "PARAMS"];
    let of_waiting = ["QUEUE_TIMEOUT", "TIMEOUT", "GATE_TIMEOUT", "ON_TIMEOUT"];
    let of_following = ["ON_GATE", "LOGS"];
    let set = |groups: &[&[&str]]| groups.concat().iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    for (mode, without, idle) in [
        ("start", &[][..], set(&[])),
        ("start", &["WAIT"], set(&[&of_waiting, &of_following])),
        ("follow", &[], set(&[&of_start])),
        ("follow", &["WAIT"], set(&[&of_start])),
        ("stop", &[], set(&[&of_start, &of_waiting, &of_following, &["WAIT", "ON_CANCEL"]])),
        ("approve", &[], set(&[&of_start])),
        ("approve", &["WAIT"], set(&[&of_start, &of_following])),
        ("reject", &[], set(&[&of_start, &of_following, &["WAIT", "ON_CANCEL"]])),
        ("retry", &[], set(&[&of_start])),
        ("retry", &["WAIT"], set(&[&of_start, &of_waiting, &of_following])),
    ] {
        assert_eq!(warned_of(mode, without), idle, "{mode} without {without:?}");
    }
}
