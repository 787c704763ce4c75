//! Logs while following: which lines, once each, at what cost, and that none holds up the end.

use serde_json::json;
use yunxiao_run::outcome::Signal;
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Fault, Job, Reply, Stage, When};

use super::{BACKEND, waiting};
use crate::simulated::{Backend, LOG, beginning, one, seconds, staged};

#[test]
fn logs_are_shown_as_asked() {
    let simulator = || {
        staged(vec![Stage::new(
            "构建",
            vec![
                Job::new("好", 30).log(0, "good 1").log(20, "good 2"),
                Job::new("坏", 31).ending("FAIL").log(0, "bad 1").log(25, "bad 2"),
            ],
        )])
    };
    let said = |inputs: &[(&'static str, &str)]| {
        let simulator = simulator();
        let executed = waiting(&simulator).with_all(inputs).run();
        assert_eq!(executed.code(), 1);
        let lines = ["good 1", "good 2", "bad 1", "bad 2"];
        let counts = lines.map(|line| executed.said.lines().filter(|said| *said == line).count());
        (counts, simulator.seen_for(LOG).len())
    };
    assert_eq!(said(&[]), ([0, 0, 1, 1], 1));
    assert_eq!(said(&[("YUNXIAO_LOGS", "failed")]), ([0, 0, 1, 1], 1));
    assert_eq!(said(&[("YUNXIAO_LOGS", "none")]), ([0; 4], 0));
    let (counts, requests) = said(&[("YUNXIAO_LOGS", "all")]);
    assert_eq!(counts, [1; 4], "each line once, however often the log was read");
    assert!((4..12).contains(&requests), "{requests}");
    // Only the user may decide that the public reads them.
    for public in [
        &[("GITLAB_CI", "true"), ("CI_PROJECT_VISIBILITY", "public")][..],
        &[("DRONE", "true"), ("DRONE_REPO_VISIBILITY", "public")],
        &[("CI", "woodpecker"), ("CI_REPO_PRIVATE", "false")],
    ] {
        assert_eq!(said(public), ([0; 4], 0), "{public:?}");
    }
    let asked = [("DRONE", "true"), ("DRONE_REPO_VISIBILITY", "public"), ("YUNXIAO_LOGS", "failed")];
    assert_eq!(said(&asked), ([0, 0, 1, 1], 1));
}

#[test]
fn of_a_long_log_the_last_lines_are_shown() {
    let job = (0..500).fold(Job::new("job", 5).ending("FAIL"), |job, line| job.log(0, &format!("line {line}")));
    let executed = waiting(&one(job)).run();
    assert!(
        !executed.said.contains("line 459\n")
            && executed.said.contains("line 460\n")
            && executed.said.contains("line 499\n")
    );
}

#[test]
fn an_unreadable_log_is_reported_and_does_not_fail_the_step() {
    let simulator = one(Job::new("job", 5).log(0, "never seen"));
    simulator.plan(When::next_is(LOG).always(), Fault::refusal("Forbidden.AccessDenied"));
    let executed = waiting(&simulator).with("YUNXIAO_LOGS", "all").run();
    assert_eq!(executed.code(), 0);
    assert!(executed.said.contains("The log of 构建 > job can't be read"), "{}", executed.said);
    // A refusal is final.
    assert_eq!(simulator.seen_for(LOG).len(), 1);
    // A log that isn't there yet is.
    let simulator = one(Job::new("job", 5).log(0, "there in the end"));
    simulator.plan(When::next_is(LOG), Fault::refusal("InvalidPipelineRun.NotFound"));
    let executed = waiting(&simulator).with("YUNXIAO_LOGS", "all").run();
    assert!(executed.said.contains("there in the end"), "{}", executed.said);
    // What the service can't do now is tried again: once while it ran, and six times when its log would grow no more.
    let simulator = one(Job::new("job", 5).log(0, "never seen"));
    simulator.plan(When::next_is(LOG).always(), Fault::new(Acts::Now, Reply::Silence));
    let executed = waiting(&simulator).with("YUNXIAO_LOGS", "all").run();
    assert_eq!((executed.code(), simulator.seen_for(LOG).len()), (0, 7));
    // One that breaks on the way is read again, and no line is shown twice.
    let job = (0..300).fold(Job::new("job", 5), |job, line| job.log(0, &format!("line {line}.")));
    let simulator = one(job);
    simulator.plan(When::next_is(LOG), Fault::new(Acts::Now, Reply::Silence));
    let executed = waiting(&simulator).with("YUNXIAO_LOGS", "all").run();
    assert!((0..300).all(|line| executed.said.matches(&format!("line {line}.\n")).count() == 1));
}

#[test]
fn a_job_that_disappears_with_an_unread_log_blocks_nothing() {
    let stages = vec![Stage::new("a", vec![Job::new("gone", 5).ending("FAIL").log(0, "x"), Job::new("other", 60)])];
    let simulator = staged(stages);
    simulator.plan(When::next_is(LOG).always(), Fault::new(Acts::Now, Reply::Silence));
    let execution = waiting(&simulator).event(seconds(12), |simulator, _| {
        assert!(simulator.change_run(PIPELINE, 1, |pipeline| pipeline.stages[0].jobs.truncate(0)));
    });
    let executed = execution.run();
    assert_eq!(executed.code(), 0);
    assert!(executed.took < seconds(120), "{:?}", executed.took);
}

#[test]
fn a_long_log_that_could_not_be_read_in_time_does_not_outlast_the_run() {
    // Its job ends early, and reading it is cut short by the next look.
    let long = Job { filler: 20_000_000, ..Job::new("long", 100) };
    let simulator = staged(vec![Stage::new("a", vec![long, Job::new("other", 200)])]);
    let executed = waiting(&simulator).with("YUNXIAO_LOGS", "all").run();
    assert_eq!(executed.code(), 0);
    assert!(executed.took < seconds(250), "{:?}", executed.took);
    assert!(executed.said.len() > 20_000_000, "all of it was shown");
}

#[test]
fn an_empty_log_is_requested_every_ten_seconds_at_most() {
    let simulator = one(Job::new("silent", 300));
    assert_eq!(waiting(&simulator).with("YUNXIAO_LOGS", "all").run().code(), 0);
    let requests = simulator.seen_for(LOG).len();
    assert!((20..=31).contains(&requests), "{requests}");
}

#[test]
fn a_long_log_is_read_seldom_while_it_grows() {
    let requests = |filler| {
        let simulator = one(Job { filler, ..Job::new("job", 1200) });
        assert_eq!(waiting(&simulator).with("YUNXIAO_LOGS", "all").run().code(), 0);
        simulator.seen_for(LOG).len()
    };
    let (short, long) = (requests(1000), requests(10_000_000));
    assert!(short > 90 && long < 12, "{short} {long}");
}

#[test]
fn a_log_with_more_lines_is_read_again() {
    let simulator = one(Job::new("job", 5).ending("FAIL").log(0, "the reason"));
    let (content, more) = ("not yet\n", true);
    let body = match BACKEND {
        Backend::Token => json!({"content": content, "more": more, "last": 1}),
        _ => json!({"success": true, "log": {"content": content, "more": more}}),
    };
    let early = Fault::answer(Acts::Never, yunxiao_simulator::Answer::json(200, &body));
    simulator.plan(When::next_is(LOG).times(2), early);
    let executed = waiting(&simulator).run();
    assert!(executed.said.contains("\nthe reason\n") && !executed.said.contains("not yet"), "{}", executed.said);
}

#[test]
fn a_hanging_log_does_not_delay_the_others() {
    let jobs = (0..20).map(|job| Job::new(&format!("j{job}"), 400).log(0, &format!("line of {job}."))).collect();
    let simulator = staged(vec![Stage::new("a", jobs)]);
    simulator.plan(When::next_is(LOG).always(), Fault::new(Acts::Now, Reply::Usual).delayed(seconds(1)));
    let executed = waiting(&simulator).with("YUNXIAO_LOGS", "all").run();
    let shown = (0..20).filter(|job| executed.said.contains(&format!("line of {job}.\n"))).count();
    assert_eq!((executed.code(), shown), (0, 20));
    let requests = simulator.seen_for(LOG);
    let early: std::collections::BTreeSet<_> =
        requests.iter().filter(|seen| seen.at < beginning() + seconds(120)).map(|seen| &seen.request.path).collect();
    assert_eq!(early.len(), 20);
}

#[test]
fn outputs_are_written_before_the_logs_are_read_and_survive_a_signal() {
    let simulator = one(Job::new("job", 20).ending("FAIL").log(0, "why"));
    simulator.plan(When::next_is(LOG).always(), Fault::new(Acts::Now, Reply::Silence));
    let execution =
        waiting(&simulator).look_at_outputs(seconds(45), |early| assert!(early.contains("status=failed\n")));
    let executed = execution.signal(seconds(60), Signal::Interrupt).run();
    assert_eq!(executed.code(), 130);
    assert!(executed.took < seconds(61), "{:?}", executed.took);
    let said = executed.outcome.message().english;
    assert!(said.contains("Run 1 had already ended"), "{said}");
    assert_eq!(executed.outputs()["status"], "failed");
    // Without a signal it gives up on them in time.
    let simulator = staged(vec![Stage::new("a", (0..10).map(|_| Job::new("job", 5).ending("FAIL")).collect())]);
    simulator.plan(When::next_is(LOG).always(), Fault::new(Acts::Now, Reply::Silence));
    let executed = waiting(&simulator).run();
    assert!(executed.code() == 1 && executed.took < seconds(330), "{:?}", executed.took);
    assert!(executed.said.contains("Not all logs could be read in time"), "{}", executed.said);
}
