//! `mode: approve` and `mode: reject`: what a run waits for is decided once, and only what was named.

use std::time::Duration;

use yunxiao_run::outcome::{Known, Outcome, Signal};
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Fault, ForeignRun, Job, Machine, Pipeline, Reply, Simulator, Stage, When};

use super::BACKEND;
use crate::simulated::{
    Backend, CONNECTING, Executed, Execution, GET, LOG, STOP, beginning, is, milliseconds, seconds, staged,
};

const PASS: &str = "PassPipelineValidate";
const REFUSE: &str = "RefusePipelineValidate";

/// A service with a run of these stages, created at the beginning.
fn with_a_run(stages: Vec<Stage>) -> Simulator {
    with_a_run_of(stages, Duration::ZERO)
}

/// The same, created so long before it.
fn with_a_run_of(stages: Vec<Stage>, age: Duration) -> Simulator {
    let simulator = staged(stages);
    simulator.pipeline(Pipeline::look_captured);
    simulator.add_foreign_run(ForeignRun::new(beginning() - age));
    simulator
}

fn gate_and_more() -> Vec<Stage> {
    vec![
        Stage::new("构建", vec![Job::new("编译", 5)]),
        Stage::new("审批", vec![Job::gate("人工卡点")]),
        Stage::new("发布", vec![Job::new("发布", 200)]),
    ]
}

/// A run that reaches its gate after 7 seconds.
fn gated() -> Simulator {
    with_a_run(gate_and_more())
}

/// A run whose gate was decided before the beginning.
fn decided(pass: bool) -> Simulator {
    let simulator = with_a_run_of(gate_and_more(), seconds(100));
    assert_eq!(simulator.decide_gates(beginning() - seconds(50), PIPELINE, 1, pass), 1);
    simulator
}

fn decide(simulator: &Simulator, mode: &str, gate: &str) -> Execution {
    Execution::over(BACKEND, simulator).in_mode(mode, 1).with("YUNXIAO_GATE", gate).with_outputs()
}

fn approve(simulator: &Simulator) -> Execution {
    decide(simulator, "approve", "人工卡点")
}

/// How many requests for an action arrived, and how many of them acted.
fn acted(simulator: &Simulator, action: &str) -> (usize, usize) {
    let seen = simulator.seen_for(action);
    (seen.len(), seen.iter().filter(|seen| seen.acts != Acts::Never).count())
}

fn status(simulator: &Simulator, executed: &Executed) -> String {
    simulator.status(beginning() + executed.took, PIPELINE, 1).unwrap()
}

#[test]
fn approve_waits_for_the_gate_and_the_run_continues() {
    let simulator = gated();
    let executed = approve(&simulator).run();
    assert_eq!(executed.end(), is(0, "approved"), "{}", executed.said);
    assert_eq!(acted(&simulator, PASS), (1, 1));
    assert!(executed.took >= seconds(7) && executed.took < seconds(15), "{:?}", executed.took);
    assert_eq!(status(&simulator, &executed), "RUNNING");
    // On its own connection.
    assert_ne!(simulator.seen_for(PASS)[0].connection, Some(0));
    let said = executed.outcome.message();
    assert!(said.english.starts_with("Approved 审批 > 人工卡点 of run 1: https://"), "{said}");
}

#[test]
fn rejecting_a_gate_is_a_success() {
    let simulator = gated();
    let executed = decide(&simulator, "reject", "审批/人工卡点").run();
    assert_eq!(executed.end(), is(0, "rejected"), "{}", executed.said);
    assert_eq!((acted(&simulator, REFUSE), acted(&simulator, PASS)), ((1, 1), (0, 0)));
    assert_eq!(status(&simulator, &executed), "FAIL");
}

#[test]
fn an_approved_run_is_followed_if_requested() {
    for (result, end) in [("SUCCESS", is(0, "success")), ("FAIL", is(1, "failed"))] {
        let simulator = with_a_run(vec![
            Stage::new("审批", vec![Job::gate("人工卡点")]),
            Stage::new("发布", vec![Job::new("发布", 10).ending(result)]),
        ]);
        let executed = approve(&simulator).with("YUNXIAO_WAIT", "true").run();
        assert_eq!(executed.end(), end, "{}", executed.said);
        assert_eq!(acted(&simulator, PASS), (1, 1));
    }
    // The next gate is another's to decide.
    let simulator = with_a_run(vec![
        Stage::new("审批", vec![Job::gate("人工卡点")]),
        Stage::new("发布", vec![Job::gate("发布卡点")]),
    ]);
    let inputs = [("YUNXIAO_WAIT", "true"), ("YUNXIAO_ON_GATE", "succeed")];
    let executed = approve(&simulator).with_all(&inputs).run();
    assert_eq!(executed.end(), is(0, "gate"), "{}", executed.said);
    let outputs = executed.outputs();
    assert_eq!((&*outputs["waitingFor"], &*outputs["waitingJob"]), ("gate", "发布卡点"));
    assert_eq!(acted(&simulator, PASS), (1, 1));
}

#[test]
fn approve_passes_other_waits_and_shows_no_log() {
    let simulator = with_a_run(vec![
        Stage::new("前置", vec![Job::new("编译", 5).log(0, "the log"), Job::conflict("分支集成")]),
        Stage::new("审批", vec![Job::gate("人工卡点")]),
        Stage::new("发布", vec![Job::new("发布", 10)]),
    ]);
    let executed = approve(&simulator).with("YUNXIAO_LOGS", "all").event(seconds(60), |simulator, now| {
        assert_eq!(simulator.resolve_conflicts(now, PIPELINE, 1), 1);
    });
    let executed = executed.with("YUNXIAO_ON_GATE", "fail").run();
    assert_eq!(executed.end(), is(0, "approved"), "{}", executed.said);
    assert_eq!((acted(&simulator, PASS), acted(&simulator, LOG)), ((1, 1), (0, 0)));
}

#[test]
fn a_failed_automatic_job_does_not_count_as_rejected() {
    for mode in ["approve", "reject"] {
        let simulator = with_a_run(vec![Stage::new("构建", vec![Job::new("编译", 60).ending("FAIL")])]);
        let executed = decide(&simulator, mode, "编译").run();
        assert_eq!(executed.end(), is(1, "failed"), "{mode}: {:?}", executed.outcome);
        assert!(matches!(executed.outcome, Outcome::Failed { .. }), "{:?}", executed.outcome);
    }
}

#[test]
fn an_earlier_decision_needs_no_request_and_is_reported() {
    for (mode, pass, end, said) in [
        ("approve", true, is(0, "approved"), "was already approved; nothing was sent"),
        ("approve", false, is(1, "rejected"), "was not approved: someone rejected it"),
        ("reject", true, is(4, "approved"), "can no longer be rejected"),
        ("reject", false, is(0, "rejected"), "was already rejected; nothing was sent"),
    ] {
        let simulator = decided(pass);
        let executed = decide(&simulator, mode, "人工卡点").run();
        assert_eq!(executed.end(), end, "{mode} {pass}: {}", executed.said);
        let message = executed.outcome.message().english;
        assert!(message.contains(said), "{message}");
        assert_eq!((acted(&simulator, PASS), acted(&simulator, REFUSE)), ((0, 0), (0, 0)));
    }
}

#[test]
fn a_gate_decided_by_someone_else_keeps_their_decision() {
    for (mode, pass, code) in [("approve", true, 0), ("approve", false, 1), ("reject", true, 4), ("reject", false, 0)] {
        let simulator = gated();
        let action = if mode == "approve" { PASS } else { REFUSE };
        // The request arrives late: someone was faster, and so it is refused.
        simulator.plan(When::next_is(action), Fault::refusal("SYSTEM_NOT_FOUND_ERROR").delayed(seconds(5)));
        let execution = decide(&simulator, mode, "人工卡点").event(seconds(13), move |simulator, now| {
            assert_eq!(simulator.decide_gates(now, PIPELINE, 1, pass), 1);
        });
        let executed = execution.run();
        assert_eq!(executed.code(), code, "{mode} {pass}: {}", executed.said);
        assert_eq!(acted(&simulator, action), (1, 0));
    }
}

#[test]
fn a_lost_response_is_settled_by_reading_the_run() {
    for (mode, action, decided) in [("approve", PASS, "approved"), ("reject", REFUSE, "rejected")] {
        for (acts, end) in
            [(Acts::Now, is(0, decided)), (Acts::After(seconds(30)), is(0, decided)), (Acts::Never, is(10, "unknown"))]
        {
            for reply in [Reply::Closed, Reply::Garbage("HTTP".to_owned()), Reply::Half(1)] {
                let simulator = gated();
                simulator.plan(When::next_is(action), Fault::new(acts, reply));
                let executed = decide(&simulator, mode, "人工卡点").run();
                assert_eq!(executed.end(), end, "{mode} {acts:?}: {}", executed.said);
                assert_eq!(simulator.seen_for(action).len(), 1);
            }
        }
    }
    // Someone else decided it the other way while the answer was lost.
    let simulator = gated();
    simulator.plan(When::next_is(PASS), Fault::new(Acts::Never, Reply::Closed));
    let execution = approve(&simulator).event(seconds(30), |simulator, now| {
        assert_eq!(simulator.decide_gates(now, PIPELINE, 1, false), 1);
    });
    assert_eq!(execution.run().end(), is(1, "rejected"));
}

#[test]
fn an_ambiguous_response_is_not_a_refusal() {
    for code in ["SYSTEM_UNKNOWN_ERROR", "SignatureNonceUsed", "ServiceUnavailable"] {
        let simulator = gated();
        let reply = Fault::refusal(code).reply;
        simulator.plan(When::next_is(PASS), Fault::new(Acts::Now, reply));
        assert_eq!(approve(&simulator).run().end(), is(0, "approved"), "{code}");
        assert_eq!(acted(&simulator, PASS), (1, 1));
    }
}

#[test]
fn what_certainly_was_not_acted_on_is_sent_again() {
    let simulator = gated();
    simulator.plan(When::next_is(PASS), Fault::throttling("Throttling.User", None));
    simulator.plan(When::next_is(PASS), Fault::refusal("InvalidTimeStamp.Expired"));
    let executed = approve(&simulator).run();
    assert_eq!(executed.end(), is(0, "approved"), "{}", executed.said);
    assert_eq!(acted(&simulator, PASS), (3, 1));
    assert!(executed.said.contains("nothing was changed, retrying"), "{}", executed.said);
}

#[test]
fn a_caller_without_permission_to_decide_gets_exit_3() {
    let simulator = with_a_run(vec![Stage::new("审批", vec![Job::gate("人工卡点").validators(&["999"])])]);
    for mode in ["approve", "reject"] {
        let executed = decide(&simulator, mode, "人工卡点").run();
        assert_eq!(executed.code(), 3, "{:?}", executed.outcome);
        let said = executed.outcome.message();
        assert!(said.english.contains("Nothing was changed.") && said.english.contains("approvers (审批人)"), "{said}");
        assert!(said.chinese.contains("人工卡点只能由其审批人处理"), "{said}");
        assert_eq!(executed.outputs()["pipelineRunId"], "1");
    }
    assert_eq!((acted(&simulator, PASS), acted(&simulator, REFUSE)), ((1, 0), (1, 0)));
}

#[test]
fn an_ambiguous_or_unknown_gate_is_exit_2_with_a_list_of_jobs() {
    let stages = vec![
        Stage::new("测试", vec![Job::gate("卡点")]),
        Stage::new("构建", vec![Job::new("编译", 5)]),
        Stage::new("发布", vec![Job::gate("卡点"), Job::new("b/c (d)", 5)]),
    ];
    let simulator = with_a_run_of(stages, seconds(100));
    for (gate, said) in [
        (
            "卡点",
            "YUNXIAO_GATE: matches several jobs of the run; write STAGE/JOB. The run has:\n    测试/卡点\n    构建/编译\n    \
             发布/卡点",
        ),
        ("审批", "YUNXIAO_GATE: is not a job of the run, which has:\n    测试/卡点"),
        ("部署/卡点", "is not a job of the run"),
    ] {
        for mode in ["approve", "reject"] {
            let executed = decide(&simulator, mode, gate).run();
            assert_eq!(executed.code(), 2, "{gate}: {:?}", executed.outcome);
            let message = executed.outcome.message().english;
            assert!(message.contains(said), "{message}");
            assert_eq!(executed.outputs()["exitCode"], "2");
        }
    }
    assert_eq!((acted(&simulator, PASS), acted(&simulator, REFUSE)), ((0, 0), (0, 0)));
    // Run again when the one that it named was approved, it does not decide the next of that name.
    assert_eq!(simulator.decide_gates(beginning() - seconds(50), PIPELINE, 1, true), 1);
    assert_eq!(decide(&simulator, "approve", "测试/卡点").run().end(), is(0, "approved"));
    assert_eq!(decide(&simulator, "approve", "卡点").run().code(), 2);
    assert_eq!(acted(&simulator, PASS), (0, 0));
    // What `waitingJob` names is taken as it is.
    let following = Execution::over(BACKEND, &simulator).in_mode("follow", 1).with("YUNXIAO_ON_GATE", "succeed");
    assert_eq!(following.with_outputs().run().outputs()["waitingJob"], "发布/卡点");
    assert_eq!(
        decide(&simulator, "approve", "发布/b/c__d_").with("YUNXIAO_TIMEOUT", "20s").run().end(),
        is(0, "approved")
    );
}

#[test]
fn before_the_gate_is_reached_the_time_limits_apply() {
    let queued = with_a_run(vec![Stage::new("审批", vec![Job::gate("人工卡点")])]);
    queued.change_run(PIPELINE, 1, |pipeline| pipeline.queue = seconds(3000));
    let executed = approve(&queued).run();
    assert_eq!((executed.end(), executed.took.as_secs() / 10), (is(6, "timeout"), 180));

    let slow = || {
        with_a_run(vec![
            Stage::new("构建", vec![Job::new("编译", 900)]),
            Stage::new("审批", vec![Job::gate("人工卡点")]),
        ])
    };
    let simulator = slow();
    let inputs = [("YUNXIAO_TIMEOUT", "10m"), ("YUNXIAO_ON_TIMEOUT", "stop")];
    assert_eq!(approve(&simulator).with_all(&inputs).run().end(), is(6, "timeout"));
    assert!(simulator.runs()[0].stopped.is_some());
    assert_eq!(approve(&slow()).run().end(), is(0, "approved"));

    // At another's gate time stands still, but for `gate-timeout`.
    let other = with_a_run(vec![
        Stage::new("前置", vec![Job::gate("前置卡点")]),
        Stage::new("审批", vec![Job::gate("人工卡点")]),
    ]);
    let inputs = [("YUNXIAO_TIMEOUT", "1m"), ("YUNXIAO_GATE_TIMEOUT", "1h")];
    let executed = approve(&other).with_all(&inputs).run();
    assert_eq!((executed.end(), executed.took.as_secs() / 100), (is(6, "timeout"), 36), "{:?}", executed.outcome);
    let message = executed.outcome.message().english;
    assert!(
        message
            .contains("No one approved or rejected a manual gate (人工卡点) of run 1 within `gate-timeout` (1h00m00s)"),
        "{message}"
    );
    assert_eq!(acted(&other, PASS), (0, 0));
}

#[test]
fn a_run_that_ends_before_the_gate_ends_the_step_as_it_ended() {
    for (result, code) in [("FAIL", is(1, "failed")), ("CANCELED", is(7, "canceled"))] {
        for mode in ["approve", "reject"] {
            let simulator = with_a_run(vec![
                Stage::new("构建", vec![Job::new("编译", 5).ending(result)]),
                Stage::new("审批", vec![Job::gate("人工卡点")]),
            ]);
            let executed = decide(&simulator, mode, "人工卡点").run();
            assert_eq!(executed.end(), code, "{mode}: {:?}", executed.outcome);
        }
    }
    let simulator = gated();
    let execution = approve(&simulator).event(seconds(4), |simulator, now| assert!(simulator.stop(now, PIPELINE, 1)));
    assert_eq!(execution.run().end(), is(7, "canceled"));
    assert_eq!(acted(&simulator, PASS), (0, 0));
}

#[test]
fn only_a_run_of_the_expected_commit_is_approved() {
    let built = "0123456789abcdef0123456789abcdef01234567";
    for (expected, code, requests) in [(built, 0, 1), ("ffffffffffffffffffffffffffffffffffffffff", 1, 0)] {
        let simulator = gated();
        simulator.change_run(PIPELINE, 1, |pipeline| {
            pipeline.sources[0].commits.insert("master".to_owned(), built.to_owned());
        });
        let executed = approve(&simulator).with("YUNXIAO_EXPECT_COMMIT", expected).run();
        assert_eq!(executed.code(), code, "{:?}", executed.outcome);
        assert_eq!((acted(&simulator, PASS), acted(&simulator, STOP)), ((requests, requests), (0, 0)));
    }
}

#[test]
fn only_an_access_token_starts_a_manual_job() {
    let simulator = with_a_run(vec![Stage::new("发布", vec![Job::new("手动发布", 5).manual()])]);
    let executed = decide(&simulator, "approve", "手动发布").run();
    let requests = acted(&simulator, "ExecutePipelineJobRun");
    if BACKEND == Backend::Token {
        assert_eq!((executed.end(), requests), (is(0, "approved"), (1, 1)), "{}", executed.said);
    } else {
        assert_eq!((executed.code(), requests), (2, (0, 0)), "{:?}", executed.outcome);
        let message = executed.outcome.message().english;
        assert!(message.contains("which only an access token can start"), "{message}");
    }
    let executed =
        decide(&with_a_run(vec![Stage::new("发布", vec![Job::new("手动发布", 5).manual()])]), "reject", "手动发布");
    let executed = executed.run();
    assert_eq!(executed.code(), 2);
    assert!(executed.outcome.message().english.contains("is not a manual gate"), "{:?}", executed.outcome);
}

#[test]
fn a_paused_deployment_is_resumed_once_even_if_it_may_pause_again() {
    let batches = || vec![vec![Machine::new("sn-1", 5)], vec![Machine::new("sn-2", 5)], vec![Machine::new("sn-3", 5)]];
    for fault in [None, Some(Acts::Now), Some(Acts::Never)] {
        let simulator = with_a_run(vec![Stage::new("部署", vec![Job::deployment("主机部署", batches()).pausing()])]);
        if let Some(acts) = fault {
            simulator.plan(When::next_is("ResumeVMDeployOrder"), Fault::new(acts, Reply::Closed));
        }
        // It is read seldom, so that the pause after it looks like the one before.
        simulator
            .plan(When::next_is(GET).after(4).times(2), Fault::new(Acts::Never, Reply::Closed).delayed(seconds(9)));
        let executed = decide(&simulator, "approve", "主机部署").run();
        let end = if fault == Some(Acts::Never) { is(10, "unknown") } else { is(0, "approved") };
        assert_eq!(executed.end(), end, "{fault:?}: {}", executed.said);
        assert_eq!(simulator.seen_for("ResumeVMDeployOrder").len(), 1);
    }
}

#[test]
fn a_merge_conflict_can_be_resolved_in_the_repository_only() {
    let simulator = with_a_run(vec![Stage::new("集成", vec![Job::conflict("分支集成")])]);
    for mode in ["approve", "reject"] {
        let executed = decide(&simulator, mode, "分支集成").run();
        assert_eq!(executed.code(), 2, "{:?}", executed.outcome);
        assert!(executed.outcome.message().english.contains("conflict"), "{:?}", executed.outcome);
    }
}

#[test]
fn a_step_that_is_cancelled_before_the_gate_changes_nothing() {
    let simulator = gated();
    let executed = approve(&simulator).signal(seconds(5), Signal::Terminate).run();
    assert_eq!(executed.end(), is(143, "started"), "{:?}", executed.outcome);
    assert!(
        executed.outcome.message().english.contains("This step changed nothing in run 1"),
        "{:?}",
        executed.outcome
    );
    assert_eq!((acted(&simulator, PASS), acted(&simulator, STOP)), ((0, 0), (0, 0)));
}

/// When the approval is sent: the polls are at fixed times.
fn moment(simulator: &Simulator) -> Duration {
    simulator.seen_for(PASS)[0].at.duration_since(beginning()).unwrap()
}

#[test]
fn while_the_connection_is_made_a_signal_closes_the_latch() {
    let sent = {
        let simulator = gated();
        approve(&simulator).run();
        moment(&simulator)
    };
    let simulator = gated();
    let executed = approve(&simulator).signal(sent.checked_sub(CONNECTING / 2).unwrap(), Signal::Interrupt).run();
    assert_eq!(executed.end(), is(130, "started"), "{:?}", executed.outcome);
    assert!(matches!(executed.outcome, Outcome::Cancelled { known: Known::Untouched(_), .. }));
    assert_eq!((acted(&simulator, PASS), acted(&simulator, STOP)), ((0, 0), (0, 0)));
}

#[test]
fn only_a_run_that_this_step_approved_is_stopped_on_cancellation() {
    let answer = |reply: Reply| Fault::new(Acts::Now, reply).delayed(milliseconds(500));
    for (reply, inputs, stopped, status) in [
        (Reply::Usual, &[][..], true, "canceled"),
        (Reply::Closed, &[], true, "canceled"),
        (Reply::Usual, &[("YUNXIAO_ON_CANCEL", "leave")], false, "started"),
    ] {
        let simulator = gated();
        simulator.plan(When::next_is(PASS), answer(reply));
        let sent = {
            let simulator = gated();
            approve(&simulator).run();
            moment(&simulator)
        };
        let execution = approve(&simulator).with_all(inputs).signal(sent + milliseconds(100), Signal::Interrupt);
        let executed = execution.run();
        assert_eq!(executed.end(), is(130, status), "{}", executed.said);
        assert_eq!((simulator.runs()[0].stopped.is_some(), acted(&simulator, PASS)), (stopped, (1, 1)));
    }
    // While it is followed afterwards.
    for (by_somebody, stopped) in [(false, true), (true, false)] {
        let simulator = if by_somebody { decided(true) } else { gated() };
        let execution = approve(&simulator).with("YUNXIAO_WAIT", "true").signal(seconds(50), Signal::Interrupt);
        let executed = execution.run();
        assert_eq!(executed.code(), 130);
        assert_eq!(simulator.runs()[0].stopped.is_some(), stopped, "{:?}", executed.outcome);
    }
    // What may have acted and can't be seen is said to be unknown, and left.
    let simulator = gated();
    simulator.plan(When::next_is(PASS), Fault::new(Acts::Never, Reply::Silence));
    let execution = approve(&simulator).signal(seconds(20), Signal::Interrupt);
    let executed = execution.run();
    assert_eq!(executed.end(), is(130, "unknown"), "{:?}", executed.outcome);
    assert_eq!(acted(&simulator, STOP), (0, 0));
}

#[test]
fn a_signal_does_not_undo_a_rejection() {
    let sent = {
        let simulator = gated();
        decide(&simulator, "reject", "人工卡点").run();
        simulator.seen_for(REFUSE)[0].at.duration_since(beginning()).unwrap()
    };
    let simulator = gated();
    simulator.plan(When::next_is(REFUSE), Fault::new(Acts::Now, Reply::Usual).delayed(milliseconds(500)));
    let execution = decide(&simulator, "reject", "人工卡点").signal(sent + milliseconds(100), Signal::Interrupt);
    let executed = execution.run();
    assert_eq!(executed.end(), is(130, "rejected"), "{:?}", executed.outcome);
    assert_eq!(acted(&simulator, STOP), (0, 0));
}
