//! Whole executions through random schedules of faults, in simulated time.
//!
//! Each schedule is made from a seed of its own. `SCHEDULES` is how many (1,000 by default) and `SEED` the first seed (1 by
//! default, so that a test that passed passes again; `random` for another). A failure prints its seed, and
//! `SEED=<that> SCHEDULES=1` replays it.

use std::time::{Duration, SystemTime};

use fastrand::Rng;
use yunxiao_run::outcome::{Known, Outcome, Run, Signal, Stop};
use yunxiao_run::step::retry::{self, Retry};
use yunxiao_run::yunxiao::Certainty;
use yunxiao_simulator::setup::{PIPELINE, STS_ACCESS_KEY_ID};
use yunxiao_simulator::{Acts, Fault, ForeignRun, Reply, RunRecord, Seen, Simulator, When};

use super::BACKEND;
use super::faults::{ambiguity, delay, fault_of_another, number, throttling, unreachable};
use crate::simulated::{Backend, Executed, Execution, GET, LIST, START, STOP, TEMPORARY_KEY, beginning};

/// What may happen to a start. A refusal never acts, for such a service would be lying; everything else may.
fn fault_of_start(random: &mut Rng) -> Fault {
    match random.u8(..10) {
        0..2 => unreachable(random),
        2..4 => throttling(random),
        4 => Fault::refusal(
            ["InvalidPipeline.NotFound", "Forbidden.AccessDenied", "InvalidTimeStamp.Expired"][random.usize(..3)],
        ),
        5 => Fault::new(Acts::Now, Reply::Usual).delayed(delay(random)),
        _ => {
            let acts = match random.u8(..4) {
                0 => Acts::Never,
                1 => Acts::After(delay(random)),
                _ => Acts::Now,
            };
            Fault::new(acts, ambiguity(random)).delayed(delay(random))
        }
    }
}

#[expect(clippy::struct_excessive_bools, reason = "each says whether something happens")]
struct Schedule {
    execution: Execution,
    /// When signals come, the first first.
    signals: Vec<Duration>,
    leave: bool,
    /// The time by which a run's remark can be read, after it was created.
    readable_after: Duration,
    /// Whether a run can be recognised at all: its remark is whole and the credentials live.
    recognisable: bool,
    breaks_stdout: bool,
    has_outputs: bool,
}

fn schedule(seed: u64, rule: retry::Rule) -> Schedule {
    let mut random = Rng::with_seed(seed);
    let random = &mut random;
    let simulator = Simulator::default();
    let seconds = |random: &mut Rng, most: f64| Duration::from_secs_f64(random.f64() * most);

    let (list_lag, detail_lag, queue) = (seconds(random, 8.0), seconds(random, 4.0), seconds(random, 30.0));
    let (list_lag, detail_lag) = if random.bool() { (list_lag, detail_lag) } else { (Duration::ZERO, Duration::ZERO) };
    let queue = if random.bool() { queue } else { Duration::ZERO };
    let cut = random.u8(..10) == 0;
    let expires = (random.u8(..10) == 0).then(|| beginning() + seconds(random, 60.0));
    simulator.pipeline(|pipeline| {
        pipeline.queue = queue;
        pipeline.last_run = random.u64(..100);
        pipeline.longest_remark = cut.then(|| random.usize(..50));
    });
    simulator.configure(|setup| {
        setup.list_lag = list_lag;
        setup.detail_lag = detail_lag;
        setup.refuses_used_nonces = random.bool();
        setup.answers_strings = random.bool();
        setup.clock_offset = match random.u8(..8) {
            0 => random.i64(-7200..7200),
            1..4 => random.i64(-890..890),
            _ => 0,
        };
        let key = setup.access_keys.iter_mut().find(|key| key.id == STS_ACCESS_KEY_ID).unwrap();
        key.expires = expires;
    });
    // Runs from before, some of them just before.
    let mut ages: Vec<u64> = (0..random.usize(..40)).map(|_| random.u64(..900)).collect();
    ages.sort_unstable();
    for age in ages.into_iter().rev() {
        simulator.add_foreign_run(ForeignRun::new(beginning() - Duration::from_secs(age)));
    }
    for _ in 0..random.usize(..4) {
        simulator.plan(When::next_is(START), fault_of_start(random));
    }
    for action in [LIST, GET, STOP] {
        for _ in 0..random.usize(..4) {
            let when = When::next_is(action).after(random.usize(..6));
            simulator.plan(when, fault_of_another(random));
        }
    }

    let mut execution = Execution::over(BACKEND, &simulator);
    // Only these can end in the course of an execution.
    if BACKEND == Backend::AccessKey {
        execution = execution.with_all(&TEMPORARY_KEY);
    }
    // Foreign runs meanwhile, and copies of ours.
    for _ in 0..random.usize(..4) {
        let copies = random.u8(..4) == 0;
        let event = move |simulator: &Simulator, now: SystemTime| {
            let ours = simulator.started().first().filter(|run| run.created <= now).and_then(|run| run.comment.clone());
            let run = ForeignRun::new(now);
            simulator.add_foreign_run(match ours {
                Some(remark) if copies => run.with_comment(&remark),
                _ => run.with_comment("by hand"),
            });
        };
        execution = execution.event(seconds(random, 60.0), event);
    }
    let mut signals = Vec::new();
    if random.u8(..5) < 2 {
        let first = if random.bool() { seconds(random, 2.0) } else { seconds(random, 60.0) };
        let signal = |random: &mut Rng| {
            use Signal::{HangUp, Interrupt, Other, Quit, Terminate};
            [HangUp, Interrupt, Quit, Terminate, Other("SIGUSR1")][random.usize(..5)]
        };
        signals.push(first);
        execution = execution.signal(first, signal(random));
        if random.bool() {
            signals.push(first + seconds(random, 10.0));
            execution = execution.signal(signals[1], signal(random));
        }
    }
    let leave = random.u8(..5) == 0;
    if leave {
        execution = execution.with("YUNXIAO_ON_CANCEL", "leave");
    }
    if random.u8(..10) == 0 {
        execution = execution.with_blocked_stderr();
    }
    let breaks_stdout = random.u8(..20) == 0;
    if breaks_stdout {
        execution = execution.with_broken_stdout();
    }
    let has_outputs = random.u8(..8) == 0;
    if has_outputs {
        let longest = if random.bool() { 1.0 } else { 60.0 };
        execution = execution.with_outputs().lose_outputs(seconds(random, longest), random.bool());
    }
    let seed = [seed.to_le_bytes(), [0; 8], [0; 8], [0; 8]].concat().try_into().unwrap();
    Schedule {
        execution: execution.under(rule, seed),
        signals,
        leave,
        readable_after: list_lag.max(queue).max(detail_lag),
        recognisable: !cut && expires.is_none(),
        breaks_stdout,
        has_outputs,
    }
}

/// What is promised of one execution; the words say what was broken.
fn check(schedule: Schedule) -> Result<Executed, String> {
    let Schedule { execution, signals, leave, readable_after, recognisable, breaks_stdout, has_outputs } = schedule;
    let (simulator, first_signal) = (execution.simulator.clone(), signals.first().copied());
    let executed = execution.run();
    let end = beginning() + executed.took;
    let started = simulator.started();
    let code = executed.code();

    if started.len() > 1 {
        return Err(format!("started {} runs", started.len()));
    }
    let run = started.first();
    if first_signal.is_some() && run.is_some_and(|run| is_mistaken(&simulator, run, &executed)) {
        return Ok(executed);
    }
    let printed = executed.stdout.trim().parse::<u64>().ok();
    let printed = if breaks_stdout { executed.outcome.run().map(|run| run.id) } else { printed };
    if let (true, true, Some(run)) = (code == 0, has_outputs, run)
        && executed.written("pipelineRunId") != Some(run.id.to_string())
    {
        return Err("ended with exit 0, and its outputs are nowhere".to_owned());
    }
    if (code == 0 && breaks_stdout) || (code == 9 && !breaks_stdout && !has_outputs) {
        return Err(format!("ended with exit {code}"));
    }
    if code == 0 && (run.is_none() || printed != run.map(|run| run.id)) {
        return Err(format!("ended with exit 0 and run {printed:?}, while {run:?} was started"));
    }
    if printed.is_some() && printed != run.map(|run| run.id) {
        return Err(format!("reported {printed:?} as its run, while {run:?} was started:{}", history(&simulator)));
    }
    let says_nothing_started =
        matches!(code, 2..=4) || matches!(&executed.outcome, Outcome::Cancelled { known: Known::Nothing, .. });
    if let (true, Some(run)) = (says_nothing_started, run) {
        return Err(format!("ended with exit {code} and \"certainly nothing\", while {run:?} was started"));
    }

    // A run that could have been recognised in good time before the end has to have been reported.
    if let (Some(run), None, true) = (run, printed, recognisable) {
        let reads = simulator.seen().into_iter().filter(|seen| {
            seen.fault.is_some() && seen.action.as_deref().is_some_and(|action| action.starts_with(['L', 'G']))
        });
        let cancelled = first_signal.filter(|first| beginning() + *first <= end);
        let (longest_read, longest_pause) = match cancelled {
            None => (Duration::from_secs(31), Duration::from_secs(8)),
            Some(_) => (Duration::from_secs(3), Duration::from_secs(2)),
        };
        let quiet = reads.map(|seen| seen.at + longest_read).max().unwrap_or(beginning());
        let mut recognisable = (run.created + readable_after).max(quiet);
        if let Some(first) = cancelled {
            // The answer gets three seconds more before anything is searched for.
            recognisable = recognisable.max(beginning() + first + Duration::from_secs(3));
        }
        if recognisable + longest_pause <= end {
            let signals = first_signal.map_or_else(String::new, |first| format!(", signalled after {first:?}"));
            return Err(format!(
                "ended with exit {code} after {:?}{signals} without {run:?}, which could have been recognised:{}",
                executed.took,
                history(&simulator)
            ));
        }
    }

    // Timers go by milliseconds: a signal at the very end may come after it.
    if let Some(first) = first_signal.filter(|first| *first + Duration::from_millis(2) < executed.took) {
        if executed.took > first + Duration::from_millis(7001) {
            return Err(format!("ended {:?} after the signal", executed.took.saturating_sub(first)));
        }
        let second = signals.iter().find(|later| **later > first + Duration::from_millis(1002));
        if let Some(second) = second.filter(|second| executed.took > **second + Duration::from_millis(2)) {
            return Err(format!("ended {:?} after the second signal", executed.took.saturating_sub(*second)));
        }
        if !matches!(code, 129 | 130 | 131 | 143) {
            return Err(format!("ended with exit {code} after a signal"));
        }
    }
    // What is stopped is ours, only when asked, and what is said of it is so.
    let foreign = simulator.runs().into_iter().find(|run| !run.by_api && run.stopped.is_some());
    if let Some(foreign) = foreign {
        return Err(format!("stopped a foreign run: {foreign:?}"));
    }
    let is_stopped = run.is_some_and(|run| run.stopped.is_some());
    if is_stopped && (leave || first_signal.is_none()) {
        return Err("stopped a run that was not to be stopped".to_owned());
    }
    if let Outcome::Cancelled { known: Known::Run { run: Run { id: known, .. }, stop, .. }, .. } = &executed.outcome {
        let status = simulator.status(end, PIPELINE, *known).unwrap_or_default();
        let is_so = match stop {
            Stop::Accepted => is_stopped || status == "SUCCESS",
            Stop::Ended(_) => status != "RUNNING" && status != "WAITING",
            Stop::NotSent | Stop::Refused(_) => !is_stopped,
            Stop::Unknown => true,
        };
        if !is_so || Some(*known) != run.map(|run| run.id) {
            return Err(format!("says {stop:?} of run {known}, which is {status}, while {run:?} was started"));
        }
    }
    // Whatever could be ours is named where it could not be told.
    if let (Outcome::StartUnknown { unrecognised, .. }, Some(run), true) = (&executed.outcome, run, recognisable) {
        let visible = run.created + readable_after + Duration::from_secs(40) < end;
        if visible && !unrecognised.candidates.iter().any(|url| url.ends_with(&format!("/{}", run.id))) {
            return Err(format!(
                "names {:?} as candidates, not {run:?}:{}",
                unrecognised.candidates,
                history(&simulator)
            ));
        }
    }
    Ok(executed)
}

/// Whether a copy was taken for the run, which could not be read: docs/at-most-once.md allows that of a cancelled step alone.
fn is_mistaken(simulator: &Simulator, run: &RunRecord, executed: &Executed) -> bool {
    let path = format!("/{}", run.id);
    let is_read = |seen: &Seen| {
        let is_it = seen.action.as_deref() == Some("GetPipelineRun") && seen.request.path.ends_with(&path);
        is_it && seen.fault.is_none() && seen.status == Some(200)
    };
    let known = executed.outcome.run().map(|run| run.id);
    let is_copy = |other: RunRecord| Some(other.id) == known && other.id > run.id && other.comment == run.comment;
    simulator.runs().into_iter().any(is_copy) && !simulator.seen().iter().any(is_read)
}

/// What the service saw, for a failure's message.
fn history(simulator: &Simulator) -> String {
    let line = |seen: Seen| {
        let (at, action) = (seen.at.duration_since(beginning()).unwrap(), seen.action.unwrap_or_default());
        let fault = seen.fault.map(|fault| format!("{:?} after {:?}", fault.reply, fault.delay));
        format!("\n  {at:?} {action} {:?} {:?} {fault:?}", seen.status, seen.refused)
    };
    simulator.seen().into_iter().map(line).collect()
}

#[test]
fn under_no_schedule_is_a_run_started_twice_lost_or_made_up() {
    let (first, count) = (number("SEED", 1), number("SCHEDULES", 1000));
    println!("schedules {first} to {}", first + count - 1);
    let threads = 2;
    let codes = std::thread::scope(|scope| {
        let share = |thread: u64| {
            scope.spawn(move || {
                let mut codes = std::collections::BTreeMap::new();
                for seed in (first + thread..first + count).step_by(usize::try_from(threads).unwrap()) {
                    match check(schedule(seed, retry::after_start)) {
                        Ok(executed) => *codes.entry(executed.code()).or_insert(0) += 1,
                        Err(broken) => panic!("SEED={seed} SCHEDULES=1 {broken}"),
                    }
                }
                codes
            })
        };
        let shares: Vec<_> = (0..threads).map(share).collect();
        let mut all = std::collections::BTreeMap::new();
        for share in shares {
            for (code, count) in share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                *all.entry(code).or_insert(0) += count;
            }
        }
        all
    });
    println!("exit codes: {codes:?}");
    if count >= 1000 {
        for code in [0, 3, 4, 5, 9, 129, 130, 131, 143] {
            assert!(codes.contains_key(&code), "no schedule ended with {code}: {codes:?}");
        }
    }
}

/// The rule disabled: a request that may have taken effect is resent.
fn sends_again(certainty: Certainty, attempts: retry::Attempts, budget: Option<Duration>) -> Retry {
    retry::after_repeatable(certainty, attempts, budget)
}

#[test]
fn without_the_rule_the_first_hundred_schedules_start_a_run_twice() {
    let first = number("SEED", 1);
    let twice = (first..first + 100)
        .filter(|seed| matches!(check(schedule(*seed, sends_again)), Err(broken) if broken.starts_with("started")));
    let twice = twice.count();
    println!("{twice} of the schedules {first} to {} started a run twice", first + 99);
    assert!(twice > 0);
}
