//! However odd a run's detail is: one end, no more requests than the time allows, and exit 0 only
//! for what succeeded.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Map, Value, json};
use yunxiao_run::outcome::Outcome;
use yunxiao_simulator::setup::{ACCESS_KEY_SECRET, TOKEN};
use yunxiao_simulator::{Acts, Answer, Fault, Job, When};

use super::{BACKEND, waiting};
use crate::simulated::{Backend, GET, one, seconds};

/// What proves who calls.
const SECRET: &str = match BACKEND {
    Backend::Token => TOKEN,
    Backend::AccessKey | Backend::Role => ACCESS_KEY_SECRET,
};

/// Words for a status: documented ones, those that public captures show, and nonsense.
const WORDS: [&str; 23] = [
    "SUCCESS",
    "SUCCEED",
    "FINISH",
    "success",
    "FAIL",
    "FAILED",
    "ERROR",
    "CANCELED",
    "CANCELLED",
    "TERMINATED",
    "SKIP",
    "SKIPPED",
    "RUNNING",
    "WAITING",
    "INIT",
    "QUEUED",
    "PAUSED",
    "SWITCH_MANUAL",
    "CANCELLING",
    "UNKOWN",
    "LUNCH",
    "",
    "SUCCESS ",
];

/// Actions that a job may list, also such as no document has.
const ACTIONS: [&str; 10] = [
    "PassPipelineValidate",
    "RefusePipelineValidate",
    "ExecutePipelineJobRun",
    "ExecutePipelineJobAction",
    "GetVMDeployOrder",
    "RetryPipelineJobRun",
    "StopPipelineJobRun",
    "SkipPipelineJobRun",
    "pass",
    "Dance",
];

/// A value of the kind that a member has, or of none, or nothing.
fn odd(value: Value, random: &mut Rng) -> Value {
    match random.u8(..12) {
        0 => Value::Null,
        1 => [json!([]), json!({}), json!("x"), json!(-1), json!(1e300), json!(true)][random.usize(..6)].clone(),
        _ => value,
    }
}

fn word(random: &mut Rng) -> Value {
    let word = WORDS[random.usize(..WORDS.len())];
    odd(word.into(), random)
}

fn name(random: &mut Rng) -> Value {
    let names = ["build", "build", "部署", "a\u{1b}[2Jb", "::error::x", "##[error]x", SECRET, "x y", ""];
    let name = names[random.usize(..names.len())];
    odd(if random.u8(..20) == 0 { name.repeat(500).into() } else { name.into() }, random)
}

fn moment(random: &mut Rng) -> Value {
    let at = 1_700_000_000_000_u64 + random.u64(..1_000_000);
    odd(if random.u8(..3) == 0 { Value::Null } else { at.into() }, random)
}

fn job(random: &mut Rng) -> Value {
    let actions: Vec<Value> = (0..random.usize(..4))
        .map(|_| {
            let params = json!({"deployOrderId": odd(7.into(), random)});
            let action = ACTIONS[random.usize(..ACTIONS.len())];
            let disable = odd(random.bool().into(), random);
            odd(json!({"type": action, "displayType": "CONFLICT_MERGE", "disable": disable, "params": params}), random)
        })
        .collect();
    let params = json!({"BUILD_REMARK": SECRET, "CI_COMMIT_REF_NAME": name(random), "CI_COMMIT_SHA": name(random)});
    let mut job = json!({
        "id": odd(random.u64(..4).into(), random), "name": name(random), "status": word(random),
        "startTime": moment(random), "endTime": moment(random), "actions": odd(actions.into(), random),
        "params": odd(params.to_string().into(), random), "result": odd(json!({"message": name(random)}), random),
    });
    shed(random, &mut job);
    job
}

/// Takes some members away.
fn shed(random: &mut Rng, value: &mut Value) {
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, _| random.u8(..15) > 0);
    }
}

fn detail(random: &mut Rng) -> Value {
    let mut stages: Vec<Value> = Vec::new();
    for _ in 0..random.usize(..4) {
        let mut jobs: Vec<Value> = (0..random.usize(..5)).map(|_| job(random)).collect();
        if random.u8(..4) == 0 {
            // The same again, perhaps in another state.
            jobs.extend(jobs.clone());
            if let Some(first) = jobs.first_mut().and_then(Value::as_object_mut) {
                first.insert("status".to_owned(), word(random));
            }
        }
        random.shuffle(&mut jobs);
        let information = json!({"name": name(random), "status": word(random), "jobs": odd(jobs.into(), random)});
        let mut stage = json!({"name": name(random), "index": "1", "stageInfo": odd(information, random)});
        shed(random, &mut stage);
        stages.push(stage);
    }
    let source = json!({"data": {"repo": "https://codeup.aliyun.com/a/b.git", "branch": name(random)}});
    let mut detail = json!({
        "status": word(random), "createTime": moment(random), "stages": odd(stages.into(), random),
        "sources": odd(json!([source]), random), "globalParams": odd(json!([{"key": "A", "value": name(random)}]), random),
    });
    shed(random, &mut detail);
    detail
}

fn answer(random: &mut Rng) -> (Answer, Value) {
    let mut detail = detail(random);
    let other = random.u8(..20) == 0;
    detail["pipelineRunId"] = if other { 999.into() } else { 1.into() };
    let status = if other { Value::Null } else { detail["status"].clone() };
    let body = match BACKEND {
        Backend::Token => detail,
        Backend::AccessKey | Backend::Role => {
            Value::from(Map::from_iter([("success".to_owned(), true.into()), ("pipelineRun".to_owned(), detail)]))
        }
    };
    (Answer::json(200, &body), status)
}

#[test]
fn any_detail_ends_in_one_way() {
    let mut codes = BTreeMap::<u8, usize>::new();
    for seed in 0..1000 {
        let mut random = Rng::with_seed(seed);
        let simulator = one(Job::new("job", 100));
        // A few looks, of which the last is what is seen from then on.
        let looks: Vec<_> = (0..random.usize(1..5)).map(|_| answer(&mut random)).collect();
        let last = looks.len() - 1;
        let mut words = Vec::new();
        for (index, (answer, status)) in looks.into_iter().enumerate() {
            let when = When::next_is(GET);
            let when = if index == last { when.always() } else { when.times(1) };
            simulator.plan(when, Fault::answer(Acts::Now, answer));
            words.push(status);
        }
        let executed = waiting(&simulator)
            .with_all(&[
                ("YUNXIAO_TIMEOUT", "5m"),
                ("YUNXIAO_QUEUE_TIMEOUT", "5m"),
                ("YUNXIAO_LOGS", ["all", "failed", "none"][random.usize(..3)]),
                ("YUNXIAO_ON_GATE", ["succeed", "fail"][random.usize(..2)]),
            ])
            .run();
        let (code, took) = (executed.code(), executed.took);
        *codes.entry(code).or_default() += 1;
        assert!([0, 1, 6, 7, 8, 10].contains(&code), "seed {seed}: {code}");
        let is_success = |word: &Value| {
            word.as_str().is_some_and(|word| {
                ["SUCCESS", "SUCCEED", "FINISH"].iter().any(|success| word.eq_ignore_ascii_case(success))
            })
        };
        if code == 0 && !matches!(executed.outcome, Outcome::AtGate { .. }) {
            assert!(words.iter().any(is_success), "seed {seed}: {words:?}");
        }
        // A start, looks at least 0.5 s apart with up to three deployments each, a stop with its reading, and logs.
        let most = 200 + 2 * 8 * took.as_secs();
        let requests = simulator.seen().len() as u64;
        assert!(requests <= most, "seed {seed}: {requests} requests in {took:?}");
        assert!(took <= seconds(900), "seed {seed}: {took:?}");
        for said in [&executed.said, &executed.output_file()] {
            assert!(!said.contains(SECRET) && !said.contains('\u{1b}'), "seed {seed}: {said}");
            assert!(!said.lines().any(|line| line.starts_with("::error") || line.contains("##[error")), "seed {seed}");
        }
    }
    println!("1,000 details by exit code: {codes:?}");
    assert!([0, 1, 6, 7, 8, 10].iter().all(|code| codes.contains_key(code)), "{codes:?}");
}
