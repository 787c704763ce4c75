//! Executions with one idempotency key, one after the other, through random faults, cancellations, parameters and results.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use fastrand::Rng;
use yunxiao_run::outcome::{Outcome, Signal};
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Answer, Fault, ForeignRun, Job, Reply, RunRecord, Simulator, Stage, Unreachable, When};

use super::BACKEND;
use super::keyed::KEY;
use crate::simulated::{Executed, Execution, GET, LIST, START, STOP, beginning, seconds};

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
            pipeline.stages = vec![Stage::new("stage", vec![Job::new("job", duration).ending(ending)])];
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
fn with_one_key() {
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
fn without_a_key_some_of_a_hundred_sequences_do_the_work_twice() {
    let without = ("YUNXIAO_LOG_LEVEL", "info");
    let twice = (1..=100).filter(|seed| play(*seed, without, &mut Counts::new()).is_err()).count();
    println!("{BACKEND:?}: {twice} of 100 sequences did the work twice");
    assert!(twice > 0);
}
