//! The outputs `waitingFor`, `waitingJob` and `artifacts`.

use serde_json::{Value, json};
use yunxiao_simulator::setup::TOKEN;
use yunxiao_simulator::{Job, Machine, Stage};

use super::{BACKEND, waiting};
use crate::simulated::{Backend, is, one, seconds, staged};

#[test]
fn what_a_run_waits_for_is_an_output_with_the_job_ready_for_gate() {
    let deployment =
        || Job::deployment("主机部署", vec![vec![Machine::new("sn-1", 1)], vec![Machine::new("sn-2", 1)]]).pausing();
    for (job, on_gate, code, status, kind, name) in [
        (Job::gate("发布 (生产) $x"), "succeed", 0, "gate", "gate", "发布__生产___x"),
        (Job::gate("人工卡点"), "fail", 8, "gate", "gate", "人工卡点"),
        (Job::new("deploy/手动", 5).manual(), "succeed", 8, "blocked", "manual-job", "deploy/手动"),
        (deployment(), "fail", 8, "blocked", "deployment", "主机部署"),
        (Job::conflict("分支集成"), "succeed", 8, "blocked", "conflict", "分支集成"),
    ] {
        let simulator = one(job);
        let executed = waiting(&simulator).with("YUNXIAO_ON_GATE", on_gate).run();
        assert_eq!(executed.end(), is(code, status), "{name}");
        let outputs = executed.outputs();
        assert_eq!((&*outputs["waitingFor"], &*outputs["waitingJob"]), (kind, name));
        assert_eq!(outputs["exitCode"], code.to_string());
        let message = executed.outcome.message().english;
        assert!(message.contains("构建 > "), "{message}");
    }
    // Waited at and passed, it is none any more.
    let simulator = staged(vec![Stage::new("审批", vec![Job::gate("卡点")])]);
    let execution = waiting(&simulator).look_at_outputs(seconds(50), |written| {
        assert!(written.contains("waitingFor=\nwaitingJob=\nexitCode=\n"), "{written}");
    });
    let executed = execution.event(seconds(60), |simulator, now| {
        assert_eq!(simulator.decide_gates(now, 123, 1, true), 1);
    });
    assert_eq!(executed.run().outputs()["waitingFor"], "");
}

#[test]
fn artifacts_are_passed_on_as_the_services_own_objects() {
    let image =
        json!({"artifact": "shop", "type": "dockerImage", "dockerUrl": "registry.example/shop", "dockerTag": "1.4.2"});
    let file = json!({"artifact": "包 1", "type": "flowPublic", "downloadUrl": format!("https://x/?a=$HOME&t={TOKEN}"), "md5": "0"});
    let simulator = staged(vec![
        Stage::new("构建", vec![Job::new("a", 1).artifacts(&json!([image, file]).to_string()), Job::new("b", 1)]),
        Stage::new("发布", vec![Job::new("c", 1).output("ARTIFACTSV2", &json!([image, 7, "x"]).to_string())]),
    ]);
    let executed = waiting(&simulator).run();
    assert_eq!(executed.code(), 0);
    let written = &executed.outputs()["artifacts"];
    if BACKEND != Backend::Token {
        assert_eq!(written, "", "this API does not say");
        return;
    }
    let made: Vec<Value> = serde_json::from_str(written).unwrap();
    let hidden =
        json!({"artifact": "包 1", "type": "flowPublic", "downloadUrl": "https://x/?a=$HOME&t=***", "md5": "0"});
    assert_eq!(made, [image.clone(), hidden, image]);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"[]{}:,\"\\._/-".contains(&byte);
    assert!(written.bytes().all(plain), "{written}");
}

#[test]
fn the_list_of_artifacts_has_a_bound_and_whole_objects() {
    let artifact = |number: usize| json!({"artifact": format!("{number}"), "type": "x".repeat(150)});
    let many: Vec<Value> = (0..100).map(artifact).collect();
    let executed = waiting(&one(Job::new("a", 1).artifacts(&Value::from(many.clone()).to_string()))).run();
    let written = &executed.outputs()["artifacts"];
    if BACKEND == Backend::Token {
        let made: Vec<Value> = serde_json::from_str(written).unwrap();
        assert!(written.len() <= 2048 && made.len() >= 10, "{written}");
        assert_eq!(made, many[..made.len()]);
    }
    for odd in ["", "no JSON", "{}", "[1]", "null"] {
        let executed = waiting(&one(Job::new("a", 1).artifacts(odd))).run();
        let expected = if BACKEND == Backend::Token { "[]" } else { "" };
        assert_eq!((executed.code(), &*executed.outputs()["artifacts"]), (0, expected), "{odd}");
    }
}
