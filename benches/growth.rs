//! What grows with a run's jobs, and with the runs of a pipeline: nothing may take more than linear time or memory.
//!
//! `cargo bench --bench growth` executes the program at a simulated service at two sizes, counts its instructions by
//! valgrind's callgrind, takes the peak of its memory from GNU `time`, and fails if twice the size takes more than 2.3 times
//! as much. Longer logs are the matter of `relay`.

#![expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "it says what it measured, rounded")]

mod program;

use std::thread;
use std::time::{Duration, SystemTime};

use program::{Execution, MOST, Outcome};
use yunxiao_simulator::{Acts, Fault, ForeignRun, Job, Options, Pipeline, Reply, Server, Simulator, Stage, When};

/// Measures an execution at a service.
type Measure = fn(&Server, &[(&str, &str)]) -> Outcome<Execution>;

struct Task {
    name: &'static str,
    /// The smaller size.
    size: usize,
    inputs: &'static [(&'static str, &'static str)],
    code: i32,
    service: fn(usize) -> Simulator,
    /// Whether so many more runs begin between the start and its answer.
    is_overtaken: bool,
}

/// The jobs end in two polls, the second half of them after the first poll.
const TASKS: &[Task] = &[
    Task {
        name: "following jobs",
        size: 500,
        inputs: &[("YUNXIAO_WAIT", "true"), ("YUNXIAO_LOGS", "none")],
        code: 0,
        service: jobs,
        is_overtaken: false,
    },
    // 100 logs are requested at once and then two a second, by design: of the larger run about 700 are read in the time
    // that there is, five minutes.
    Task {
        name: "following jobs and showing their logs",
        size: 500,
        inputs: &[("YUNXIAO_WAIT", "true"), ("YUNXIAO_LOGS", "all")],
        code: 0,
        service: jobs,
        is_overtaken: false,
    },
    // All are read: ours is the oldest of them.
    Task {
        name: "finding the run of a lost answer among newer runs",
        size: 5_000,
        inputs: &[("YUNXIAO_RETRY_TIMEOUT", "30m")],
        code: 0,
        service: |_| {
            let simulator = Simulator::with_pipeline(|pipeline| one_job(pipeline, "SUCCESS"));
            let fault = Fault::new(Acts::Now, Reply::Closed).delayed(ANSWER);
            simulator.plan(When::next_is("StartPipelineRun"), fault);
            simulator
        },
        is_overtaken: true,
    },
    // None is read, since the list says that they failed; so every page of it is.
    Task {
        name: "looking for a key among runs that have failed",
        size: 5_000,
        inputs: &[("YUNXIAO_IDEMPOTENCY_KEY", "growth")],
        code: 0,
        service: |size| runs(size, "FAIL"),
        is_overtaken: false,
    },
    // 500 are read, and nothing is started: exit code 5.
    Task {
        name: "looking for a key among runs that have to be read",
        size: 5_000,
        inputs: &[("YUNXIAO_IDEMPOTENCY_KEY", "growth")],
        code: 5,
        service: |size| runs(size, "SUCCESS"),
        is_overtaken: false,
    },
];

/// When the lost answer is lost; all other runs have begun by then.
const ANSWER: Duration = Duration::from_secs(10);

fn jobs(size: usize) -> Simulator {
    Simulator::with_pipeline(|pipeline| {
        pipeline.queue = Duration::ZERO;
        let stage = |seconds: u64| {
            let job = move |number| Job::new(&format!("job {number}"), seconds).log(0, "部署 ok").log(seconds, "done");
            // A stage has no more than 20 jobs here.
            let jobs = move |first: usize| (first..first + 20).map(job).collect();
            move |number: usize| Stage::new(&format!("stage {number}"), jobs(20 * number))
        };
        let stages = size / 20;
        pipeline.stages = (0..stages / 2).map(stage(0)).collect();
        pipeline.stages.push(Stage::new("pause", vec![Job::new("pause", 4)]));
        pipeline.stages.extend((stages / 2..stages).map(stage(0)));
    })
}

fn one_job(pipeline: &mut Pipeline, result: &str) {
    pipeline.queue = Duration::ZERO;
    pipeline.stages = vec![Stage::new("stage", vec![Job::new("job", 0).ending(result)])];
}

fn runs(size: usize, result: &str) -> Simulator {
    let simulator = Simulator::with_pipeline(|pipeline| one_job(pipeline, result));
    add_runs(&simulator, size, SystemTime::now() - Duration::from_mins(10));
    simulator
}

fn add_runs(simulator: &Simulator, size: usize, created: SystemTime) {
    for _ in 0..size {
        simulator.add_foreign_run(ForeignRun::new(created));
    }
}

fn main() -> Outcome<()> {
    let mut faults = Vec::new();
    for task in TASKS {
        for (unit, measure) in [("instructions", program::instructions as Measure), ("KiB", program::memory)] {
            let [once, twice] = [task.size, 2 * task.size].map(|size| execute(task, size, measure));
            let (once, twice) = (once? as f64, twice? as f64);
            println!(
                "{}, {} and {}: {once} and {twice} {unit}, {:.2} times as many",
                task.name,
                task.size,
                2 * task.size,
                twice / once
            );
            if twice / once > MOST {
                faults.push(format!("{} ({unit})", task.name));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("more than linear: {}", faults.join(", ")).into()) }
}

fn execute(task: &Task, size: usize, measure: Measure) -> Outcome<u64> {
    let simulator = (task.service)(size);
    let server = Server::start(simulator.clone(), &Options::default())?;
    let execution = thread::scope(|scope| {
        if task.is_overtaken {
            scope.spawn(|| {
                while simulator.seen_for("StartPipelineRun").is_empty() {
                    thread::sleep(Duration::from_millis(10));
                }
                add_runs(&simulator, size, SystemTime::now());
            });
        }
        measure(&server, task.inputs)
    })?;
    if execution.code != Some(task.code) {
        return Err(format!("{}, {size}: ended with {:?}", task.name, execution.code).into());
    }
    Ok(execution.measured)
}
