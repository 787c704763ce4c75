//! Limits of waiting: of time, of gates, of requests.

use std::time::Duration;

use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Fault, Job, Reply, Stage, When};

use super::{following, waiting};
use crate::simulated::{GET, START, STOP, is, one, seconds, staged};

#[test]
fn a_run_that_times_out_is_left_or_stopped() {
    let queue = || {
        let simulator = one(Job::new("job", 5));
        simulator.pipeline(|pipeline| pipeline.queue = seconds(4000));
        simulator
    };
    for (simulator, inputs, after, left) in [
        (queue(), &[][..], 1800, true),
        (queue(), &[("YUNXIAO_QUEUE_TIMEOUT", "10m")], 600, true),
        (queue(), &[("YUNXIAO_QUEUE_TIMEOUT", "10m"), ("YUNXIAO_ON_TIMEOUT", "stop")], 600, false),
        (one(Job::new("job", 9000)), &[], 7202, true),
        (one(Job::new("job", 9000)), &[("YUNXIAO_TIMEOUT", "1m")], 62, true),
        (one(Job::new("job", 9000)), &[("YUNXIAO_TIMEOUT", "1m"), ("YUNXIAO_ON_TIMEOUT", "stop")], 62, false),
    ] {
        let executed = waiting(&simulator).with_all(inputs).run();
        assert_eq!(executed.end(), is(6, "timeout"), "{inputs:?}");
        let late = executed.took.saturating_sub(seconds(after));
        assert!(executed.took >= seconds(after - 1) && late < seconds(3), "{inputs:?}: {:?}", executed.took);
        assert_eq!(simulator.started()[0].stopped.is_none(), left, "{inputs:?}");
        assert_eq!(simulator.seen_for(STOP).len(), usize::from(!left));
    }
    let endless = one(Job::new("job", 100_000));
    let inputs = [("YUNXIAO_TIMEOUT", "0"), ("YUNXIAO_QUEUE_TIMEOUT", "0")];
    assert_eq!(waiting(&endless).with_all(&inputs).run().end(), is(0, "success"));
}

#[test]
fn a_run_that_ends_just_before_it_is_stopped_counts_as_it_ended() {
    for (result, code, status) in [("SUCCESS", 0, "success"), ("FAIL", 1, "failed"), ("CANCELED", 7, "canceled")] {
        let simulator = one(Job::new("job", 60).ending(result));
        // The last look is answered as late as it may be, and the stop finds the run at its end.
        simulator.plan(When::next_is(STOP), Fault::refusal("InvalidPipelineRun.NotFound").delayed(seconds(20)));
        let inputs = [("YUNXIAO_TIMEOUT", "55s"), ("YUNXIAO_ON_TIMEOUT", "stop")];
        assert_eq!(waiting(&simulator).with_all(&inputs).run().end(), is(code, status));
    }
}

#[test]
fn at_a_gate_no_time_counts() {
    let gated = || {
        staged(vec![
            Stage::new("检查", vec![Job::new("a", 5)]),
            Stage::new("发布", vec![Job::gate("卡点"), Job::new("b", 2)]),
        ])
    };
    let inputs = [("YUNXIAO_TIMEOUT", "1m"), ("YUNXIAO_QUEUE_TIMEOUT", "1m")];
    for (pass, code, status) in [(true, 0, "success"), (false, 1, "failed")] {
        let simulator = gated();
        let execution = waiting(&simulator).with_all(&inputs).event(seconds(50_000), move |simulator, now| {
            assert_eq!(simulator.decide_gates(now, PIPELINE, 1, pass), 1);
        });
        let executed = execution.run();
        assert_eq!(executed.end(), is(code, status), "{:?}", executed.outcome);
        assert!(executed.said.contains("发布 > 卡点: waiting for approval at this manual gate"), "{}", executed.said);
    }
    assert_eq!(waiting(&gated()).with("YUNXIAO_ON_GATE", "fail").run().end(), is(8, "gate"));
    assert_eq!(waiting(&gated()).with("YUNXIAO_ON_GATE", "succeed").run().end(), is(0, "gate"));
}

#[test]
fn an_unreadable_run_neither_times_out_nor_is_stopped() {
    // It begins in time, and is out of sight at the limit.
    let simulator = one(Job::new("job", 100));
    simulator.pipeline(|pipeline| pipeline.queue = seconds(50));
    simulator.plan(When::next_is(GET).after(9).times(6), Fault::new(Acts::Never, Reply::Closed));
    let inputs = [("YUNXIAO_QUEUE_TIMEOUT", "60s"), ("YUNXIAO_ON_TIMEOUT", "stop")];
    assert_eq!(waiting(&simulator).with_all(&inputs).run().end(), is(0, "success"));
    // It was never seen at all.
    let simulator = one(Job::new("job", 100));
    simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Never, Reply::Closed));
    let execution = following(&simulator).with("YUNXIAO_QUEUE_TIMEOUT", "1m").with("YUNXIAO_ON_TIMEOUT", "stop");
    assert_eq!(execution.run().code(), 4);
    assert!(simulator.seen_for(STOP).is_empty());
}

#[test]
fn following_costs_few_requests_and_notices_the_end_soon() {
    let (mut most, mut slowest) = (0, Duration::ZERO);
    for duration in 1..=600 {
        for result in ["SUCCESS", "FAIL"] {
            let simulator = one(Job::new("job", duration).ending(result).log(0, "a line"));
            simulator.pipeline(|pipeline| pipeline.queue = Duration::ZERO);
            let executed = waiting(&simulator).run();
            assert_eq!(executed.code(), u8::from(result == "FAIL"));
            let requests: Vec<_> =
                simulator.seen().into_iter().filter(|seen| seen.action.as_deref() != Some(START)).collect();
            let connections: std::collections::BTreeSet<_> = requests.iter().map(|seen| seen.connection).collect();
            assert_eq!(connections.len(), 1, "a start has a connection of its own; all else shares one");
            most = most.max(requests.len());
            let ended = simulator.started()[0].created + seconds(duration);
            let noticed = requests.iter().find(|seen| seen.at >= ended).unwrap().at;
            slowest = slowest.max(noticed.duration_since(ended).unwrap());
        }
    }
    println!("runs of 1 s to 10 min: at most {most} requests, the end noticed within {slowest:?}");
    assert!(most <= 60, "{most}");
    assert!(slowest <= seconds(12), "{slowest:?}");
}
