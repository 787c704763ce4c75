//! An idempotency key: executions that follow each other start one run between them, and take its result for their own.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use fastrand::Rng;
use serde_json::json;
use yunxiao_run::outcome::{Outcome, Signal};
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Answer, Fault, ForeignRun, Job, Reply, RunRecord, Simulator, Unreachable, When};

use super::BACKEND;
use crate::simulated::{Backend, Executed, Execution, GET, LIST, START, STOP, beginning, one, prompt, seconds};

const KEY: (&str, &str) = ("YUNXIAO_IDEMPOTENCY_KEY", "deploy 1.4.2");

/// A service whose pipeline takes so many seconds and ends so.
fn taking(duration: u64, ending: &str) -> Simulator {
    let simulator = one(Job::new("job", duration).ending(ending));
    simulator.pipeline(|pipeline| pipeline.queue = Duration::ZERO);
    simulator
}

fn keyed(simulator: &Simulator) -> Execution {
    Execution::over(BACKEND, simulator).with_all(&[KEY]).with_outputs()
}

fn reused(executed: &Executed) -> (u8, String, String) {
    let outputs = executed.outputs();
    (executed.code(), outputs["pipelineRunId"].clone(), outputs["reused"].clone())
}

fn is(code: u8, run: &str, reused: &str) -> (u8, String, String) {
    (code, run.to_owned(), reused.to_owned())
}

#[test]
fn a_run_that_goes_on_is_continued_with_as_if_this_step_had_started_it() {
    let simulator = taking(100, "SUCCESS");
    assert_eq!(reused(&keyed(&simulator).run()), is(0, "1", "false"));
    let later = beginning() + seconds(20);
    let executed = keyed(&simulator).at(later).with("YUNXIAO_WAIT", "true").run();
    assert_eq!(reused(&executed), is(0, "1", "true"));
    assert!((seconds(79)..seconds(95)).contains(&executed.took), "{:?}", executed.took);
    assert!(executed.said.contains("Continuing with run 1 of an earlier execution"), "{}", executed.said);
    // Its cancellation stops the run.
    let simulator = taking(100, "SUCCESS");
    keyed(&simulator).run();
    let cancelled =
        keyed(&simulator).at(later).with("YUNXIAO_WAIT", "true").signal(seconds(10), Signal::Terminate).run();
    assert_eq!(cancelled.code(), 143);
    assert!(simulator.started()[0].stopped.is_some());
}

#[test]
fn lost_outputs_say_whether_the_step_run_again_would_start_another_run() {
    const ANOTHER: &str = "Don't run this step again: it would start another run.";
    const SAFE: &str = "Running this step again is safe.";
    let (wait, start) = (("YUNXIAO_WAIT", "true"), ("YUNXIAO_ON_SUCCEEDED", "start"));
    for (variables, said) in [
        (&[][..], ANOTHER),
        (&[wait], ANOTHER),
        (&[KEY], SAFE),
        (&[KEY, wait], SAFE),
        (&[KEY, start], ANOTHER),
        (&[KEY, wait, start], ANOTHER),
    ] {
        let simulator = taking(10, "SUCCESS");
        let execution = || Execution::over(BACKEND, &simulator).with_broken_stdout();
        let executed = execution().with_all(variables).run();
        let message = executed.outcome.message();
        assert!(executed.code() == 9 && message.english.ends_with(said), "{variables:?}: {message}");
        let followed = execution().in_mode("follow", 1).run();
        assert!(followed.code() == 9 && followed.outcome.message().english.ends_with(SAFE), "{:?}", followed.outcome);
    }
}

#[test]
fn a_run_that_succeeded_is_reused_unless_another_is_asked_for() {
    let simulator = taking(10, "SUCCESS");
    keyed(&simulator).run();
    let later = beginning() + seconds(60);
    for wait in ["true", "false"] {
        let executed = keyed(&simulator).at(later).with("YUNXIAO_WAIT", wait).run();
        assert_eq!(reused(&executed), is(0, "1", "true"));
        assert_eq!(executed.outputs()["status"], "success");
        assert!(executed.said.contains("Run 1 of an earlier execution with this idempotency key succeeded"));
        assert!(!executed.said.contains("The pipeline has run since"));
    }
    simulator.add_foreign_run(ForeignRun::new(beginning() + seconds(70)));
    let executed = keyed(&simulator).at(later + seconds(60)).run();
    assert!(executed.said.contains("The pipeline has run since then (runs 2)"), "{}", executed.said);
    let another = keyed(&simulator).at(later + seconds(120)).with("YUNXIAO_ON_SUCCEEDED", "start").run();
    assert_eq!(reused(&another), is(0, "3", "false"));
}

#[test]
fn a_run_that_ended_badly_does_not_count() {
    for ending in ["FAIL", "CANCELED"] {
        let simulator = taking(10, ending);
        keyed(&simulator).run();
        assert_eq!(reused(&keyed(&simulator).at(beginning() + seconds(60)).run()), is(0, "2", "false"), "{ending}");
        // It has not been read: the list says that it failed.
        assert!(simulator.seen_for(GET).is_empty());
    }
}

#[test]
fn a_run_that_is_being_stopped_is_waited_for() {
    let simulator = taking(1000, "SUCCESS");
    simulator.pipeline(|pipeline| pipeline.stopping = seconds(30));
    keyed(&simulator).run();
    simulator.stop(beginning() + seconds(10), PIPELINE, 1);
    let executed = keyed(&simulator).at(beginning() + seconds(20)).run();
    assert_eq!(reused(&executed), is(0, "2", "false"));
    assert!((seconds(20)..seconds(28)).contains(&executed.took), "{:?}", executed.took);
}

#[test]
fn the_key_of_other_work_is_refused_and_of_another_pipelines_is_none() {
    let simulator = taking(100, "SUCCESS");
    keyed(&simulator).run();
    let later = beginning() + seconds(20);
    let executed = keyed(&simulator).at(later).with("YUNXIAO_ENVS", "A=1").run();
    assert_eq!(executed.code(), 2);
    let said = executed.outcome.message();
    assert!(said.english.contains("YUNXIAO_IDEMPOTENCY_KEY: is the key of run 1"), "{said}");
    assert_eq!(simulator.started().len(), 1);
    let other = Execution::over(BACKEND, &simulator).with("YUNXIAO_IDEMPOTENCY_KEY", "deploy 1.4.3").at(later).run();
    assert_eq!((other.code(), simulator.started().len()), (0, 2));
}

#[test]
fn auto_is_this_job_of_this_ci_run_and_other_parameters_are_other_work() {
    let simulator = taking(100, "SUCCESS");
    let mut at = beginning();
    let mut job = |pipeline: &str, job: &str, envs: &str| {
        at += seconds(1);
        let execution = Execution::over(BACKEND, &simulator).at(at);
        let execution = execution.with("YUNXIAO_ENVS", envs).with("CI_PIPELINE_ID", pipeline).with("CI_JOB_NAME", job);
        let host =
            [("GITLAB_CI", "true"), ("CI_SERVER_URL", "https://gitlab.example"), ("YUNXIAO_IDEMPOTENCY_KEY", "auto")];
        execution.with_all(&host).run().stdout
    };
    assert_eq!(job("1", "deploy", "TO=staging"), "1\n");
    assert_eq!(job("1", "deploy", "TO=staging"), "1\n");
    assert_eq!(job("1", "deploy", "TO=production"), "2\n");
    assert_eq!(job("2", "deploy", "TO=staging"), "3\n");
    assert_eq!(job("1", "deploy 1/2", "TO=staging"), "4\n");
    assert_eq!(job("1", "deploy", "TO=production"), "2\n");
}

#[test]
fn what_cannot_be_seen_is_waited_for_and_then_nothing_is_started() {
    let simulator = prompt();
    simulator.pipeline(|pipeline| pipeline.queue = seconds(3600));
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    let later = beginning() + seconds(60);
    let executed = keyed(&simulator).at(later).with("YUNXIAO_RETRY_TIMEOUT", "30s").run();
    // Over the token API a run shows its remark while it is queued.
    if BACKEND == Backend::Token {
        assert_eq!(executed.code(), 0);
    } else {
        assert_eq!((executed.code(), simulator.started().len()), (5, 0));
        assert!((seconds(30)..seconds(35)).contains(&executed.took), "{:?}", executed.took);
        let said = executed.outcome.message().english;
        assert!(said.contains("No run was started") && said.contains("/builds/1"), "{said}");
    }
    for (fault, code) in [(Fault::refusal("Forbidden.AccessDenied"), 3), (Fault::new(Acts::Never, Reply::Closed), 4)] {
        let simulator = prompt();
        simulator.plan(When::next_is(LIST).always(), fault);
        let executed = keyed(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
        assert_eq!((executed.code(), simulator.started().len()), (code, 0), "{:?}", executed.outcome);
    }
    let simulator = prompt();
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Now, Reply::Closed));
    let executed = keyed(&simulator).at(later).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
    assert_eq!((executed.code(), simulator.started().len()), (5, 0));
}

#[test]
fn only_the_remarks_own_beginning_counts() {
    let simulator = taking(100, "SUCCESS");
    keyed(&simulator).run();
    let remark = simulator.started()[0].comment.clone().unwrap();
    let simulator = taking(100, "SUCCESS");
    // What somebody else wrote after it, and what a variable of the run says.
    let mut foreign = ForeignRun::new(beginning()).with_comment(&format!("as {remark}"));
    foreign.params = Some(json!({"envs": {"CI_COMMIT_TITLE": remark}}));
    simulator.add_foreign_run(foreign);
    assert_eq!(reused(&keyed(&simulator).at(beginning() + seconds(20)).run()), is(0, "2", "false"));
}

#[test]
fn a_copied_remark_is_not_the_run_that_it_was_copied_from() {
    let simulator = taking(10, "FAIL");
    keyed(&simulator).run();
    let remark = simulator.started()[0].comment.clone().unwrap();
    simulator.pipeline(|pipeline| pipeline.stages[0].jobs[0] = Job::new("job", 1000));
    simulator.add_foreign_run(ForeignRun::new(beginning() + seconds(30)).with_comment(&remark));
    assert_eq!(reused(&keyed(&simulator).at(beginning() + seconds(60)).run()), is(0, "3", "false"));
}

#[test]
fn the_window_ends_the_search_and_so_do_five_hundred_runs() {
    let simulator = taking(10, "SUCCESS");
    keyed(&simulator).run();
    let day = Duration::from_hours(24);
    assert_eq!(reused(&keyed(&simulator).at(beginning() + day - seconds(1)).run()), is(0, "1", "true"));
    assert_eq!(reused(&keyed(&simulator).at(beginning() + day + seconds(1)).run()), is(0, "2", "false"));
    let simulator = taking(10, "SUCCESS");
    for _ in 0..501 {
        simulator.add_foreign_run(ForeignRun::new(beginning()));
    }
    let later = beginning() + seconds(3600);
    let executed = keyed(&simulator).at(later).run();
    assert_eq!((executed.code(), simulator.started().len()), (5, 0));
    assert!(executed.outcome.message().english.contains("Narrow `idempotency-window`"));
    assert_eq!(
        reused(&keyed(&simulator).at(later).with("YUNXIAO_IDEMPOTENCY_WINDOW", "30m").run()),
        is(0, "502", "false")
    );
}

#[test]
fn a_dry_run_says_what_the_key_would_find() {
    let simulator = taking(100, "SUCCESS");
    let rehearsed = |at: u64| keyed(&simulator).at(beginning() + seconds(at)).with("YUNXIAO_DRY_RUN", "true").run();
    assert!(rehearsed(0).said.contains("No run of this idempotency key goes on or has succeeded"));
    keyed(&simulator).run();
    assert!(rehearsed(20).said.contains("Continuing with run 1"));
    assert_eq!(simulator.started().len(), 1);
}

#[test]
fn what_a_key_costs() {
    for runs in [0, 10, 200, 499] {
        let simulator = taking(10, "SUCCESS");
        for _ in 0..runs {
            simulator.add_foreign_run(ForeignRun::new(beginning()));
        }
        let executed = keyed(&simulator).at(beginning() + seconds(3600)).run();
        let reads = simulator.seen_for(LIST).len() + simulator.seen_for(GET).len();
        println!("{BACKEND:?}: {runs} runs within the window cost {reads} requests and {:?}", executed.took);
        assert_eq!(executed.code(), 0);
        assert!(reads <= runs + runs / 30 + 1, "{reads}");
    }
}

/// Something that a sequence of executions with one key showed, counted.
type Counts = BTreeMap<&'static str, usize>;

fn fault(random: &mut Rng, is_start: bool) -> Fault {
    let acts = match random.u8(..4) {
        0 => Acts::Never,
        1 if is_start => Acts::After(seconds(random.u64(..90))),
        _ => Acts::Now,
    };
    match random.u8(..6) {
        0 => Fault::unreachable(Unreachable::Refused),
        1 => Fault::throttling("Throttling.User", None),
        2 => Fault::new(acts, Reply::Silence),
        3 => Fault::new(acts, Reply::Answer(Answer::html(502))),
        _ => Fault::new(acts, Reply::Closed),
    }
}

/// Plays up to five executions with one key, one after the other; complains of what was broken.
fn play(seed: u64, key: (&'static str, &str), counts: &mut Counts) -> Result<(), String> {
    let random = &mut Rng::with_seed(seed);
    let simulator = Simulator::default();
    let lag = if random.bool() { seconds(random.u64(..10)) } else { Duration::ZERO };
    simulator.configure(|setup| setup.list_lag = lag);
    let mut now = beginning();
    let mut ends = Vec::new();
    for _ in 0..random.usize(2..6) {
        let (queue, duration) = (random.u64(..30), random.u64(..120));
        let ending = ["SUCCESS", "SUCCESS", "FAIL", "CANCELED"][random.usize(..4)];
        simulator.pipeline(|pipeline| {
            pipeline.queue = seconds(if random.bool() { queue } else { 0 });
            pipeline.stopping = seconds(random.u64(..20));
            pipeline.stages =
                vec![yunxiao_simulator::Stage::new("stage", vec![Job::new("job", duration).ending(ending)])];
        });
        for _ in 0..random.usize(..3) {
            simulator.plan(When::next_is(START), fault(random, true));
        }
        for action in [LIST, GET, STOP] {
            for _ in 0..random.usize(..3) {
                simulator.plan(When::next_is(action).after(random.usize(..6)), fault(random, false));
            }
        }
        for _ in 0..random.usize(..3) {
            let foreign = ForeignRun::new(now);
            simulator.add_foreign_run(if random.bool() { foreign.with_comment("by hand") } else { foreign });
        }
        let mut execution = Execution::over(BACKEND, &simulator).at(now).with_all(&[key]).with_all(&[
            ("YUNXIAO_WAIT", if random.bool() { "true" } else { "false" }),
            ("YUNXIAO_ENVS", if random.u8(..5) == 0 { "TO=production" } else { "TO=staging" }),
            ("YUNXIAO_RETRY_TIMEOUT", ["10s", "2m"][random.usize(..2)]),
        ]);
        if random.u8(..3) == 0 {
            let at = Duration::from_secs_f64(random.f64() * 60.0);
            execution = execution.signal(at, if random.bool() { Signal::Interrupt } else { Signal::Terminate });
        }
        let seed = [seed.to_le_bytes(), (ends.len() as u64).to_le_bytes(), [0; 8], [0; 8]].concat().try_into().unwrap();
        let executed = execution.under(yunxiao_run::step::retry::after_start, seed).run();
        now += executed.took;
        check_end(&simulator, &executed, now)?;
        *counts
            .entry(if executed.code() == 0 { "executions that went well" } else { "other executions" })
            .or_default() += 1;
        ends.push(now);
        now += seconds(random.u64(..100));
    }
    check_runs(&simulator, lag, counts)
}

/// What an execution says of the run it ends with is so.
fn check_end(simulator: &Simulator, executed: &Executed, now: SystemTime) -> Result<(), String> {
    let started = simulator.started();
    let run = executed.outcome.run().map(|run| run.id);
    let record = run.and_then(|run| started.iter().find(|record| record.id == run));
    if run.is_some() && record.is_none() {
        return Err(format!("names run {run:?}, which nobody started"));
    }
    if let (Outcome::Succeeded { .. }, Some(record)) = (&executed.outcome, record) {
        let status = simulator.status(now, PIPELINE, record.id).unwrap_or_default();
        if status != "SUCCESS" {
            return Err(format!("says that run {} succeeded, which is {status}", record.id));
        }
    }
    if executed.code() == 0 && executed.stdout.trim().parse() != Ok(run.unwrap_or_default()) {
        return Err(format!("ended with 0 and printed {:?}, not {run:?}", executed.stdout));
    }
    Ok(())
}

/// Of the runs of one key and one request, no two went on or succeeded, as far as could be seen.
fn check_runs(simulator: &Simulator, lag: Duration, counts: &mut Counts) -> Result<(), String> {
    let started = simulator.started();
    let sent = |run: &RunRecord| {
        let seen = simulator.seen();
        seen.iter().find(|seen| Some(seen.number) == run.request).map_or(run.created, |seen| seen.at)
    };
    for later in &started {
        for earlier in started.iter().filter(|earlier| earlier.id != later.id && sent(earlier) < sent(later)) {
            let is_same = earlier.params.as_ref().map(|params| &params["envs"])
                == later.params.as_ref().map(|params| &params["envs"]);
            let at = sent(later);
            let status = simulator.status(at, PIPELINE, earlier.id).unwrap_or_default();
            let counts_as_run = !["FAIL", "CANCELED"].contains(&status.as_str());
            if !is_same || !counts_as_run {
                continue;
            }
            // The look takes some moments before the start is sent.
            if earlier.created + lag + seconds(20) > at {
                *counts.entry("second runs, the first of which could not be seen").or_default() += 1;
                continue;
            }
            return Err(format!("run {} was started while run {} of the same work was {status}", later.id, earlier.id));
        }
    }
    Ok(())
}

#[test]
fn no_sequence_of_executions_with_one_key_does_the_work_twice() {
    let count = std::env::var("SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let first = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut counts = Counts::new();
    for seed in first..first + count {
        if let Err(broken) = play(seed, KEY, &mut counts) {
            panic!("SEED={seed} SCHEDULES=1 {broken}");
        }
    }
    println!("{BACKEND:?}: {count} sequences: {counts:?}");
    let unseen = counts.get("second runs, the first of which could not be seen").copied().unwrap_or_default();
    assert!(unseen as u64 <= count / 20 + 5, "{counts:?}");
}

#[test]
fn without_a_key_the_first_hundred_sequences_do_the_work_twice() {
    let without = ("YUNXIAO_LOG_LEVEL", "info");
    let twice = (1..=100).filter(|seed| play(*seed, without, &mut Counts::new()).is_err()).count();
    println!("{BACKEND:?}: {twice} of 100 sequences did the work twice");
    assert!(twice > 0);
}

#[test]
fn the_other_modes_take_the_key_instead_of_the_runs_id() {
    let of_key = |simulator: &Simulator, mode: &str, at: u64| {
        keyed(simulator).at(beginning() + seconds(at)).with("YUNXIAO_MODE", mode)
    };
    // Stopping what a step that was killed had started, in one line.
    let simulator = taking(1000, "SUCCESS");
    assert_eq!(of_key(&simulator, "stop", 0).run().code(), 0, "there is nothing to stop");
    keyed(&simulator).run();
    let executed = of_key(&simulator, "stop", 20).run();
    assert_eq!((executed.code(), executed.outputs()["pipelineRunId"].as_str()), (0, "1"));
    assert!(simulator.started()[0].stopped.is_some());
    // Following: the newest that goes on, else the newest, whatever it was asked for and however it ended.
    let simulator = taking(10, "FAIL");
    assert_eq!(of_key(&simulator, "follow", 0).run().code(), 4, "there is none");
    keyed(&simulator).run();
    let executed = of_key(&simulator, "follow", 60).run();
    assert_eq!((executed.code(), executed.outputs()["pipelineRunId"].as_str()), (1, "1"));
    simulator.pipeline(|pipeline| pipeline.stages[0].jobs[0] = Job::new("job", 100));
    keyed(&simulator).at(beginning() + seconds(120)).with("YUNXIAO_ENVS", "A=1").run();
    let executed = of_key(&simulator, "follow", 130).run();
    assert_eq!((executed.code(), executed.outputs()["pipelineRunId"].as_str()), (0, "2"));
    let retried = {
        let simulator = taking(10, "FAIL");
        keyed(&simulator).run();
        of_key(&simulator, "retry", 60).run()
    };
    assert_eq!((retried.code(), retried.outputs()["pipelineRunId"].as_str()), (0, "1"), "{:?}", retried.outcome);
    let rehearsed = of_key(&simulator, "stop", 131).with("YUNXIAO_DRY_RUN", "true").run();
    assert!(rehearsed.said.contains("Run 2 has this idempotency key"), "{}", rehearsed.said);
}

#[test]
fn a_run_that_may_have_the_key_is_waited_for_before_it_is_stopped() {
    let simulator = taking(1000, "SUCCESS");
    simulator.pipeline(|pipeline| pipeline.queue = seconds(30));
    keyed(&simulator).run();
    let stopping = |retry: &str| {
        keyed(&simulator)
            .at(beginning() + seconds(5))
            .with("YUNXIAO_MODE", "stop")
            .with("YUNXIAO_RETRY_TIMEOUT", retry.to_owned())
            .run()
    };
    if BACKEND != Backend::Token {
        let executed = stopping("10s");
        assert_eq!(executed.code(), 5);
        assert!(executed.outcome.message().english.contains("Nothing was changed"), "{:?}", executed.outcome);
    }
    assert_eq!(stopping("2m").code(), 0);
    assert!(simulator.started()[0].stopped.is_some());
}

/// The details of a run that goes on or has succeeded, in shapes that don't show its remark where it is looked for.
#[test]
fn a_run_whose_remark_cannot_be_read_is_not_taken_for_anothers() {
    let marker = {
        let simulator = taking(100, "SUCCESS");
        keyed(&simulator).run();
        simulator.started()[0].comment.clone().unwrap()
    };
    let job = |params: &str| json!({"id": 1, "name": "j", "status": "RUNNING", "params": params});
    for (jobs, status, code) in [
        (json!([job("")]), "RUNNING", 5),
        (json!([job("{}")]), "RUNNING", 5),
        (json!([job(&format!("{{\"BUILD_REMARK\":\"{marker}"))]), "RUNNING", 5),
        (json!([job(&json!({"REMARK": marker}).to_string())]), "RUNNING", 5),
        (json!([job(&json!({"BUILD_REMARK": {"text": marker}}).to_string())]), "RUNNING", 5),
        (json!([]), "RUNNING", 5),
        (json!([]), "SUCCESS", 5),
        // These show it.
        (json!([job(&json!({"BUILD_REMARK": "", "FLOW_INST_RUNNING_COMMENT": marker}).to_string())]), "RUNNING", 0),
        (
            json!([job(&json!({"BUILD_REMARK": " "}).to_string()), job(&json!({"BUILD_REMARK": marker}).to_string())]),
            "RUNNING",
            0,
        ),
    ] {
        let simulator = taking(100, "SUCCESS");
        simulator.add_foreign_run(ForeignRun::new(beginning()).with_comment("by hand"));
        let detail = json!({"pipelineRunId": 1, "status": status, "createTime": 1_700_000_000_000_u64,
                            "stages": [{"stageInfo": {"name": "s", "jobs": jobs}}]});
        let body = match BACKEND {
            Backend::Token => detail.clone(),
            Backend::AccessKey | Backend::Role => json!({"success": true, "pipelineRun": detail}),
        };
        simulator.plan(When::next_is(GET).always(), Fault::answer(Acts::Never, Answer::json(200, &body)));
        let executed = keyed(&simulator).at(beginning() + seconds(20)).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
        assert_eq!((executed.code(), simulator.started().len()), (code, 0), "{body}");
    }
}

#[test]
fn the_look_ends_at_once_where_nothing_is_at_stake() {
    // When the step is cancelled.
    let simulator = taking(100, "SUCCESS");
    simulator.pipeline(|pipeline| pipeline.queue = seconds(3600));
    (0..40).for_each(|_| _ = simulator.add_foreign_run(ForeignRun::new(beginning())));
    simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Now, Reply::Usual).delayed(seconds(1)));
    let executed = keyed(&simulator).at(beginning() + seconds(60)).signal(seconds(3), Signal::Terminate).run();
    assert_eq!((executed.code(), simulator.started().len()), (143, 0));
    assert!(executed.took < seconds(6), "{:?}", executed.took);
    // When this caller may not read runs.
    let simulator = taking(100, "SUCCESS");
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    simulator.plan(When::next_is(GET).always(), Fault::refusal("Forbidden.AccessDenied"));
    let executed = keyed(&simulator).at(beginning() + seconds(60)).run();
    assert_eq!((executed.code(), simulator.started().len()), (3, 0));
    assert!(executed.took < seconds(1), "{:?}", executed.took);
}

#[test]
fn runs_that_are_read_again_are_counted_once() {
    let simulator = taking(100, "SUCCESS");
    simulator.pipeline(|pipeline| pipeline.queue = seconds(50));
    (0..60).for_each(|_| _ = simulator.add_foreign_run(ForeignRun::new(beginning())));
    let executed = keyed(&simulator).at(beginning() + seconds(1)).run();
    assert_eq!((executed.code(), simulator.started().len()), (0, 1), "{:?}", executed.outcome);
}

#[test]
fn a_list_that_cannot_be_read_whole_rules_nothing_out() {
    let rows = |id: serde_json::Value| json!([{"pipelineRunId": id, "status": "RUNNING"}]);
    let wrapped = |rows: serde_json::Value, next: serde_json::Value| match BACKEND {
        Backend::Token => rows,
        Backend::AccessKey | Backend::Role => json!({"success": true, "pipelineRuns": rows, "nextToken": next}),
    };
    for body in [
        wrapped(rows(json!(null)), json!("")),
        wrapped(rows(json!(1.5)), json!("")),
        wrapped(rows(json!("+1")), json!("")),
        json!({"success": true, "pipelineRuns": [], "nextToken": {"a": 1}}),
    ] {
        let simulator = taking(100, "SUCCESS");
        simulator.plan(When::next_is(LIST).always(), Fault::answer(Acts::Never, Answer::json(200, &body)));
        let executed = keyed(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "10s").run();
        assert_ne!(executed.code(), 0, "{body}");
        assert!(simulator.started().is_empty(), "{body}");
    }
}

#[test]
fn a_run_that_has_gone_on_for_longer_than_the_window_is_continued_with() {
    let simulator = taking(200_000, "SUCCESS");
    keyed(&simulator).run();
    let executed = keyed(&simulator).at(beginning() + Duration::from_hours(30)).run();
    assert_eq!(reused(&executed), is(0, "1", "true"));
}
