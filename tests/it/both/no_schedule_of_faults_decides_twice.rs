//! Approvals, rejections and retries through random schedules of faults, in simulated time. `SCHEDULES` and `SEED` are as for
//! starts.

use std::time::Duration;

use fastrand::Rng;
use yunxiao_run::outcome::{Known, Outcome, Signal};
use yunxiao_run::step::retry;
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Fault, ForeignRun, Job, Reply, Seen, Simulator, Stage, When};

use super::BACKEND;
use super::faults::{ambiguity, delay, fault_of_another, number, throttling, unreachable};
use crate::simulated::{Executed, Execution, GET, STOP, beginning, seconds, staged};

/// What may happen to such a request. A refusal never acts.
fn fault(random: &mut Rng) -> Fault {
    match random.u8(..8) {
        0 => unreachable(random),
        1..3 => throttling(random),
        3 => Fault::refusal(["Forbidden.AccessDenied", "InvalidTimeStamp.Expired"][random.usize(..2)]),
        4 => Fault::new(Acts::Now, Reply::Usual).delayed(delay(random)),
        _ => {
            let acts = [Acts::Never, Acts::Now, Acts::After(delay(random))][random.usize(..3)];
            Fault::new(acts, ambiguity(random)).delayed(delay(random))
        }
    }
}

struct Schedule {
    execution: Execution,
    action: &'static str,
    signal: Option<Duration>,
    leaves: bool,
}

fn schedule(seed: u64, rule: retry::Rule) -> Schedule {
    let mut random = Rng::with_seed(seed);
    let random = &mut random;
    let (mode, action) =
        [("approve", "PassPipelineValidate"), ("reject", "RefusePipelineValidate"), ("retry", "RetryPipelineJobRun")]
            [random.usize(..3)];
    let first = match mode {
        "retry" => Job::new("job", 5).ending("FAIL"),
        _ => Job::gate("job"),
    };
    let before = random.u64(..30);
    let simulator = staged(vec![
        Stage::new("一", vec![Job::new("before", before)]),
        Stage::new("二", vec![first]),
        Stage::new("三", vec![Job::new("rest", 5000)]),
    ]);
    let age = if mode == "retry" { seconds(100) } else { Duration::ZERO };
    simulator.add_foreign_run(ForeignRun::new(beginning() - age));
    simulator.configure(|setup| setup.answers_strings = random.bool());
    for _ in 0..random.usize(..4) {
        simulator.plan(When::next_is(action), fault(random));
    }
    for action in [GET, STOP] {
        for _ in 0..random.usize(..4) {
            simulator.plan(When::next_is(action).after(random.usize(..6)), fault_of_another(random));
        }
    }
    let mut execution = Execution::over(BACKEND, &simulator).in_mode(mode, 1);
    if mode != "retry" {
        execution = execution.with("YUNXIAO_GATE", "job");
    }
    if random.bool() {
        // Someone else is at it, too.
        let (pass, at) = (random.bool(), Duration::from_secs_f64(random.f64() * 10.0));
        let at = if mode == "retry" { at } else { at + seconds(before) };
        execution = execution.event(at, move |simulator, now| {
            if mode == "retry" {
                simulator.retry_job(now, PIPELINE, 1, "job");
            } else {
                simulator.decide_gates(now, PIPELINE, 1, pass);
            }
        });
    }
    let signal = (random.u8(..3) == 0).then(|| Duration::from_secs_f64(random.f64() * 20.0));
    if let Some(after) = signal {
        execution = execution.signal(after, Signal::Interrupt);
    }
    let leaves = random.u8(..4) == 0;
    if leaves {
        execution = execution.with("YUNXIAO_ON_CANCEL", "leave");
    }
    Schedule { execution: execution.under(rule, [7; 32]), action, signal, leaves }
}

/// Whether the service certainly has not acted on a request, by what it answered.
fn is_certain(seen: &Seen) -> bool {
    match seen.fault.as_ref().map(|fault| &fault.reply) {
        Some(Reply::Refusal(refusal, _)) => {
            refusal.code.starts_with("Throttling") || refusal.code == "InvalidTimeStamp.Expired"
        }
        Some(Reply::Answer(answer)) => answer.status == 429,
        _ => false,
    }
}

/// What is promised of one execution; the words say what was broken.
fn check(Schedule { execution, action, signal, leaves }: Schedule) -> Result<Executed, String> {
    let simulator = execution.simulator.clone();
    let executed = execution.run();
    let seen = simulator.seen_for(action);
    if let Some((_, earlier)) = seen.split_last()
        && !earlier.iter().all(is_certain)
    {
        return Err(format!("sent again what may have acted: {seen:?}"));
    }
    let has_acted = seen.iter().any(|seen| seen.acts != Acts::Never);
    let says_nothing = matches!(executed.code(), 2..=4)
        || matches!(&executed.outcome, Outcome::Cancelled { known: Known::Nothing | Known::Untouched(_), .. });
    // A request that arrives after someone else's decision has no effect.
    let is_moot = match action {
        "RefusePipelineValidate" => goes_on(&simulator, &executed),
        "PassPipelineValidate" => status(&simulator, &executed) == "FAIL",
        _ => false,
    };
    if says_nothing && has_acted && !is_moot {
        return Err(format!("says that nothing was done: {:?}", executed.outcome));
    }
    if let Err(broken) = is_true(&simulator, &executed, has_acted) {
        return Err(format!("{broken}: {:?}", executed.outcome));
    }
    let is_stopped = simulator.runs()[0].stopped.is_some();
    if is_stopped && (signal.is_none() || leaves || action == "RefusePipelineValidate") {
        return Err(format!("stopped a run that was not to be stopped: {:?}", executed.outcome));
    }
    if let Some(late) = signal.and_then(|signal| executed.took.checked_sub(signal))
        && late > Duration::from_millis(7001)
    {
        return Err(format!("ended {late:?} after the signal"));
    }
    Ok(executed)
}

fn status(simulator: &Simulator, executed: &Executed) -> String {
    simulator.status(beginning() + executed.took, PIPELINE, 1).unwrap()
}

/// Whether the run continues behind its gate at the end of an execution.
fn goes_on(simulator: &Simulator, executed: &Executed) -> bool {
    let waits = simulator.waits(beginning() + executed.took, PIPELINE, 1);
    status(simulator, executed) == "RUNNING" && !waits
}

/// Whether what is said of the run is so.
fn is_true(simulator: &Simulator, executed: &Executed, has_acted: bool) -> Result<(), &'static str> {
    let (status, goes_on) = (status(simulator, executed), goes_on(simulator, executed));
    let (by_this_step, is_so) = match &executed.outcome {
        Outcome::Approved { is_by_this_step, .. } => (*is_by_this_step, goes_on),
        Outcome::Rejected { is_by_this_step, .. } => (*is_by_this_step, status == "FAIL"),
        Outcome::Cancelled { known: Known::Rejected(_), .. } => (true, status == "FAIL"),
        Outcome::Retried { .. } => (true, goes_on),
        Outcome::NotRejected { .. } => (false, goes_on),
        _ => return Ok(()),
    };
    match () {
        () if !is_so => Err("says what is not so"),
        () if by_this_step && simulator.seen().iter().all(|seen| seen.request.method == "GET") => {
            Err("says that this step did it, which sent nothing")
        }
        () if !by_this_step && has_acted && matches!(executed.outcome, Outcome::Approved { .. }) => {
            Err("says that somebody else did it")
        }
        () => Ok(()),
    }
}

#[test]
fn under_no_schedule_is_anything_decided_twice_or_made_up() {
    let (first, count) = (number("SEED", 1), number("SCHEDULES", 1000));
    let mut codes = std::collections::BTreeMap::new();
    for seed in first..first + count {
        match check(schedule(seed, retry::after_start)) {
            Ok(executed) => *codes.entry(executed.code()).or_insert(0) += 1,
            Err(broken) => panic!("SEED={seed} SCHEDULES=1 {broken}"),
        }
    }
    println!("exit codes: {codes:?}");
    if count >= 1000 {
        for code in [0, 1, 3, 4, 10, 130] {
            assert!(codes.contains_key(&code), "no schedule ended with {code}: {codes:?}");
        }
    }
}

#[test]
fn without_the_rule_the_first_hundred_schedules_start_second_runs() {
    let sent_again = |seed: u64| {
        let broken = check(schedule(seed, retry::after_repeatable)).err();
        broken.is_some_and(|broken| broken.starts_with("sent again"))
    };
    let first = number("SEED", 1);
    assert!((first..first + 100).any(sent_again));
}
