//! A run whose answers have the shapes of captured ones: what blocks it, what it built, why it failed.

use std::time::SystemTime;

use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Answer, Fault, ForeignRun, Job, Machine, Simulator, Source, Stage, When};

use super::{BACKEND, waiting};
use crate::simulated::{Backend, Execution, GET, LOG, beginning, is, seconds, staged};

const ADDRESS: &str = "https://codeup.aliyun.com/5ebbc0228123212b59xxxxx/demo.git";
const ANCESTOR: &str = "00000000000000000000000000000000000000aa";

/// A pipeline of a build and then this job, as captures show one.
fn with(job: Job) -> Simulator {
    let stages = vec![Stage::new("构建", vec![Job::new("build", 5)]), Stage::new("部署", vec![job])];
    let simulator = staged(stages);
    simulator.pipeline(yunxiao_simulator::Pipeline::look_captured);
    simulator
}

/// A pipeline that builds this source.
fn of(source: &Source) -> Simulator {
    let simulator = with(Job::new("job", 30));
    simulator.pipeline(|pipeline| pipeline.sources = vec![source.clone()]);
    simulator
}

/// A job, the status and the words while it waits, and what a person does about it.
type Row = (fn() -> Job, &'static str, &'static str, fn(&Simulator, SystemTime) -> bool);

#[test]
fn what_waits_for_a_person_is_seen_and_followed_on_once_the_person_acts() {
    let rows: [Row; 4] = [
        (
            || Job::gate("job"),
            "gate",
            "waiting for approval",
            |simulator, now| simulator.decide_gates(now, PIPELINE, 1, true) > 0,
        ),
        (
            || Job::new("job", 5).manual(),
            "blocked",
            "waiting for a manual start",
            |simulator, now| simulator.start_job(now, PIPELINE, 1, "job"),
        ),
        (
            || Job::conflict("job"),
            "blocked",
            "merge conflict",
            |simulator, now| simulator.resolve_conflicts(now, PIPELINE, 1) > 0,
        ),
        (
            || Job::deployment("job", vec![vec![Machine::new("sn-1", 5)], vec![Machine::new("sn-2", 5)]]).pausing(),
            "blocked",
            "paused between batches",
            |simulator, now| simulator.resume_deployments(now, PIPELINE, 1) > 0,
        ),
    ];
    for (job, status, words, act) in rows {
        let executed = waiting(&with(job())).with("YUNXIAO_ON_GATE", "fail").run();
        assert_eq!(executed.end(), is(8, status), "{words}: {}", executed.said);
        assert!(executed.said.contains(&format!("部署 > job: {words}")), "{words}: {}", executed.said);
        let waits = waiting(&with(job())).event(seconds(3000), move |simulator, now| {
            assert!(act(simulator, now), "there is nothing to do");
        });
        let executed = waits.run();
        assert_eq!(executed.end(), is(0, "success"), "{words}: {}", executed.said);
        assert!(executed.took > seconds(3000));
    }
}

#[test]
fn half_a_character_makes_no_answer_unreadable_and_another_runs_detail_says_nothing_of_this_one() {
    let names = [r"half \ud83d of one", r"\udc00\ud83d\ud83d", r"\\ud83d", r"\ud83d\ude80", r"\uD83D"];
    for (run, name, code) in names.map(|name| (1, name, 0)).into_iter().chain([(2, "s", 10)]) {
        let detail = format!(
            r#"{{"pipelineRunId":{run},"status":"SUCCESS","stages":[{{"stageInfo":{{"name":"{name}","jobs":[]}}}}]}}"#
        );
        let body = match BACKEND {
            Backend::Token => detail,
            Backend::AccessKey | Backend::Role => format!(r#"{{"success":true,"pipelineRun":{detail}}}"#),
        };
        let simulator = with(Job::new("job", 5));
        simulator
            .plan(When::next_is(GET).always(), Fault::answer(Acts::Never, Answer::new(200, "application/json", body)));
        let executed = waiting(&simulator).with("YUNXIAO_RETRY_TIMEOUT", "30s").run();
        assert_eq!(executed.code(), code, "{name}: {:?}", executed.outcome);
    }
}

#[test]
fn a_gate_counts_no_matter_who_can_pass_it() {
    for disable in [Some(true), Some(false), None] {
        let job = Job { disable, ..Job::gate("job") };
        let executed = waiting(&with(job)).with("YUNXIAO_ON_GATE", "succeed").run();
        assert_eq!(executed.end(), is(0, "gate"), "{disable:?}");
    }
}

#[test]
fn words_of_captured_answers_are_no_surprise() {
    let simulator = with(Job::new("job", 20).showing("QUEUED").ending("SKIPPED"));
    simulator.pipeline(|pipeline| pipeline.success_status = "SUCCEEDED".to_owned());
    let executed = waiting(&simulator).run();
    assert_eq!(executed.end(), is(0, "success"));
    assert!(!executed.said.contains("Unknown status"), "{}", executed.said);
}

#[test]
fn only_the_built_commit_counts_not_its_ancestors() {
    let source = Source::new("demo", ADDRESS).ancestors(&[ANCESTOR]);
    let built = source.commit("master");
    let expecting = |commit: &str| waiting(&of(&source)).with("YUNXIAO_EXPECT_COMMIT", commit).run();
    assert_eq!(expecting(&built).end(), is(0, "success"));
    let executed = expecting(ANCESTOR);
    assert_eq!(executed.end(), is(1, "failed"), "{}", executed.said);
}

#[test]
fn a_run_that_built_another_branch_is_not_a_success() {
    let asking = |source: Source| waiting(&of(&source)).with("YUNXIAO_BRANCH", "release").run();
    assert_eq!(asking(Source::new("demo", ADDRESS)).end(), is(0, "success"));
    let executed = asking(Source::new("demo", ADDRESS).building("master"));
    assert_eq!(executed.end(), is(1, "failed"), "{}", executed.said);
    assert!(executed.outcome.message().english.contains("built master instead of release"), "{}", executed.said);
    // The configuration of the source says another, the run itself the right one.
    let executed = asking(Source { shows_branch: Some("master".to_owned()), ..Source::new("demo", ADDRESS) });
    assert_eq!(executed.end(), is(0, "success"), "{}", executed.said);
}

#[test]
fn a_failed_job_says_why_where_the_api_does() {
    let executed = waiting(&with(Job::new("job", 5).failing(1_903_005, "运行失败，请查看日志"))).run();
    assert_eq!(executed.end(), is(1, "failed"));
    let said = executed.outcome.message();
    // The AccessKey API has no result.
    let reason = if BACKEND == Backend::Token { ": 运行失败，请查看日志 (1903005)" } else { "" };
    assert!(said.english.ends_with(&format!("\n  部署 > job{reason}")), "{}", said.english);
}

#[test]
fn a_host_deployment_that_fails_shows_the_logs_of_the_machines_it_failed_on() {
    let machines = vec![
        Machine::new("sn-1", 5).log(0, "all is well"),
        Machine::new("sn-2", 5).log(1, "no space left on device").ending("Failed"),
    ];
    let executed = waiting(&with(Job::deployment("job", vec![machines]))).run();
    assert_eq!(executed.end(), is(1, "failed"), "{}", executed.said);
    assert!(executed.said.contains("部署 > job > sn-2"), "{}", executed.said);
    assert!(executed.said.contains("no space left on device"), "{}", executed.said);
    assert!(!executed.said.contains("all is well"), "{}", executed.said);
}

#[test]
fn a_denied_log_is_requested_once() {
    let simulator = with(Job::new("job", 60).log(0, "x"));
    let code = if BACKEND == Backend::Token { "Forbidden" } else { "Forbidden.AccessDenied" };
    simulator.plan(When::next_is(LOG).always(), Fault::refusal(code));
    let executed = waiting(&simulator).with("YUNXIAO_LOGS", "all").run();
    assert_eq!(executed.end(), is(0, "success"));
    // Of each of the two jobs.
    assert_eq!(simulator.seen_for(LOG).len(), 2, "{}", executed.said);
}

#[test]
fn an_ended_run_needs_no_stop() {
    let simulator = with(Job::new("job", 5));
    simulator.add_foreign_run(ForeignRun::new(beginning() - seconds(3600)));
    let executed = Execution::over(BACKEND, &simulator).in_mode("stop", 1).with_outputs().run();
    assert_eq!(executed.code(), 0);
    let said = executed.outcome.message();
    assert!(said.english.contains("had already ended"), "{}", said.english);
}
