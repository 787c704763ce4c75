//! Limits of resources: whatever a machine refuses, the step says so, and never starts a run that it does not name.

use std::process::Command;

use yunxiao_simulator::{Job, Simulator, Stage};

use crate::step::{Step, ended, for_each, serve, service};

/// What `prlimit` sets, and the exit codes that may come of it.
fn check(limit: &str, command: impl Fn(&Step) -> Command) -> i32 {
    let (simulator, server) = serve(Simulator::with_pipeline(|pipeline| {
        pipeline.queue = std::time::Duration::ZERO;
        pipeline.stages = vec![Stage::new("build", vec![Job::new("job", 0).log(0, "line")])];
    }));
    let step = Step::at(&server.http_url()).with_all(&[
        ("YUNXIAO_WAIT", "true"),
        ("YUNXIAO_LOGS", "all"),
        ("YUNXIAO_RETRY_TIMEOUT", "1s"),
    ]);
    let ended = ended(&mut command(&step));
    let started = simulator.started().len();
    let expected = match ended.code {
        0 => started == 1 && ended.stdout == "1\n",
        // What a machine can't do is said, with what it means for the run.
        4 => started == 0 && ended.stderr.contains("No run was started") && !ended.stderr.contains("os error"),
        // The loader, before there is a program.
        127 => started == 0,
        _ => false,
    };
    assert!(expected && !ended.stderr.contains("panicked"), "{limit}: {} {started} {}", ended.code, ended.stderr);
    ended.code
}

#[test]
fn with_too_few_descriptors_nothing_is_started_or_all_goes_well() {
    let limits: Vec<u32> = (3..24).collect();
    for_each(limits, |number| {
        let limit = format!("--nofile={number}");
        let code = check(&limit, |step| step.through("prlimit", &[&limit]));
        assert!(number < 20 || code == 0, "{number}: {code}");
    });
}

#[test]
fn without_a_thread_nothing_is_started() {
    // A limit of processes is one for all of a user's, and none for root.
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    for number in 1..8 {
        let limit = format!("--nproc={number}");
        let code = check(&limit, |step| {
            if is_root {
                step.through("setpriv", &["--reuid=54321", "--clear-groups", "prlimit", &limit])
            } else {
                step.through("prlimit", &["--nproc=1"])
            }
        });
        assert!(number > 1 || code == 4, "{code}");
        assert!(number < 7 || code == 0 || !is_root, "{code}");
    }
}

#[test]
fn without_randomness_nothing_is_started() {
    let (simulator, server) = service();
    let ended = Step::at(&server.http_url()).run_with(None);
    assert_eq!((ended.code, simulator.seen().len()), (4, 0), "{}", ended.stderr);
    for words in ["The operating system gave no randomness. No run was started", "未能提供随机数"] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

#[test]
fn with_too_small_a_stack_nothing_is_started() {
    for_each(vec![96, 128, 192, 256, 384, 512, 1024], |kibibytes: u64| {
        let limit = format!("--stack={}", kibibytes * 1024);
        let code = check(&limit, |step| step.through("prlimit", &[&limit]));
        assert_eq!(code, if kibibytes < 512 { 4 } else { 0 }, "{kibibytes}");
    });
}

#[test]
fn with_too_little_memory_nothing_is_started_or_all_goes_well() {
    // The loader needs some before there is a program.
    for_each((28..=160).step_by(6).collect(), |mebibytes: u64| {
        let limit = format!("--as={}", mebibytes * 1024 * 1024);
        let code = check(&limit, |step| step.through("prlimit", &[&limit]));
        assert!(mebibytes < 150 || code == 0, "{mebibytes}: {code}");
    });
}
