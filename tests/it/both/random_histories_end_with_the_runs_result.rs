//! Random histories of a run and of the service end in the one way that the run did.

use std::collections::BTreeMap;

use yunxiao_simulator::setup::{ORGANIZATION, PIPELINE};
use yunxiao_simulator::{Acts, Fault, Job, Pipeline, Reply, Simulator, Stage, When};

use super::waiting;
use crate::simulated::{GET, beginning, seconds};

#[test]
fn random_histories_end_with_the_runs_result() {
    let pipeline = |random: &mut fastrand::Rng| {
        let mut job = || {
            let result = *random
                .choice(["SUCCESS", "SUCCESS", "SUCCESS", "FINISH", "SKIP", "FAIL", "CANCELED"].as_slice().iter())
                .unwrap();
            let job = if random.u8(0..10) == 0 { Job::gate("卡点") } else { Job::new("job", random.u64(0..300)) };
            job.ending(result).log(0, "a line")
        };
        let mut stages = Vec::new();
        for _ in 0..3 {
            stages.push(Stage::new("stage", vec![job(), job()]));
        }
        Pipeline { organization: ORGANIZATION.to_owned(), stages, ..Pipeline::default() }
    };
    let mut codes = BTreeMap::<u8, usize>::new();
    for seed in 0..400 {
        let mut random = fastrand::Rng::with_seed(seed);
        let simulator = Simulator::default();
        let made = Pipeline { queue: seconds(random.u64(0..100)), ..pipeline(&mut random) };
        simulator.pipeline(|pipeline| *pipeline = made);
        for _ in 0..random.usize(0..4) {
            let fault = match random.u8(0..4) {
                0 => Fault::new(Acts::Now, Reply::Closed),
                1 => Fault::refusal("Throttling.User"),
                2 => Fault::new(Acts::Now, Reply::Silence),
                _ => Fault::answer(Acts::Never, yunxiao_simulator::Answer::html(502)),
            };
            simulator.plan(When::next_is(GET).after(random.usize(0..30)).times(random.usize(1..15)), fault);
        }
        let on_gate = *["wait", "succeed", "fail"].get(random.usize(0..3)).unwrap();
        let on_timeout = if random.bool() { "stop" } else { "leave" };
        let mut execution = waiting(&simulator).with_all(&[
            ("YUNXIAO_ON_GATE", on_gate),
            ("YUNXIAO_ON_TIMEOUT", on_timeout),
            ("YUNXIAO_QUEUE_TIMEOUT", "80s"),
            ("YUNXIAO_TIMEOUT", "12m"),
            ("YUNXIAO_LOGS", if random.bool() { "all" } else { "failed" }),
        ]);
        let at = seconds(random.u64(0..600));
        match random.u8(0..10) {
            0 => execution = execution.event(at, |simulator, now| _ = simulator.stop(now, PIPELINE, 1)),
            1 => execution = execution.event(at, |simulator, _| _ = simulator.vanish(PIPELINE, 1)),
            _ => {}
        }
        // Every gate is decided on in the end.
        let pass = random.bool();
        for at in (700..4000).step_by(100) {
            execution =
                execution.event(seconds(at), move |simulator, now| _ = simulator.decide_gates(now, PIPELINE, 1, pass));
        }
        let executed = execution.run();
        let outputs = executed.outputs();
        let code = executed.code();
        *codes.entry(code).or_default() += 1;
        let status = simulator.status(beginning() + executed.took, PIPELINE, 1).unwrap();
        let is_so = match (code, outputs["status"].as_str()) {
            (0, "success") => ["SUCCESS", "FINISH", "SKIP"].contains(&status.as_str()),
            (0, "gate") => on_gate == "succeed" && status == "RUNNING",
            (8, "gate") => (on_gate == "fail" || outputs["failedJobs"] != "[]") && status == "RUNNING",
            (1, "failed") => status == "FAIL",
            (7, "canceled") => status == "CANCELED" || status == "SKIP",
            // The last look may have failed, so the run may have ended unseen.
            (6, "timeout") | (10, "unknown") => true,
            _ => false,
        };
        assert!(is_so, "seed {seed}: {code} {outputs:?}, the run is {status}");
        assert_eq!((executed.stdout.as_str(), simulator.started().len()), ("1\n", 1), "seed {seed}");
        let stopped = simulator.started()[0].stopped.is_some();
        assert!(!stopped || code != 0, "seed {seed}: {code}");
    }
    println!("400 histories by exit code: {codes:?}");
    assert!([0, 1, 6, 7, 8, 10].iter().all(|code| codes.contains_key(code)), "{codes:?}");
}
