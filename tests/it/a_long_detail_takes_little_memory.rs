//! A run's detail may be megabytes long: it is read anyway, in little memory.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use yunxiao_simulator::{Job, Simulator, Stage};

use crate::simulated::{Backend, GET};
use crate::step::{Step, serve, until};

const MEBIBYTE: usize = 1024 * 1024;

/// A step that follows a run of so many jobs, each of which repeats the run's variables; the bytes of the run's detail, and
/// the most memory that the process took while it read it some times.
fn peak(backend: Backend, jobs: usize) -> (usize, usize) {
    let (simulator, server) = serve(Simulator::with_pipeline(|pipeline| {
        pipeline.queue = Duration::ZERO;
        let jobs = (0..jobs).map(|number| Job::new(&format!("job {number}"), 600)).collect();
        pipeline.stages = vec![Stage::new("build", jobs)];
    }));
    let step = Step::over(backend, &server.http_url())
        .with("YUNXIAO_WAIT", "true")
        .with("YUNXIAO_ENVS", format!("LONG={}", "x \\\" 部署".repeat(2000)));
    let mut child = step.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until(|| simulator.seen_for(GET).len() >= 2);
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kibibytes: usize = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    (simulator.seen_for(GET)[0].length, kibibytes * 1024)
}

#[test]
fn a_detail_of_seven_mebibytes_takes_at_most_three_times_its_size() {
    for backend in [Backend::AccessKey, Backend::Token] {
        let (_, least) = peak(backend, 1);
        let (bytes, most) = peak(backend, 215);
        assert!((6 * MEBIBYTE..8 * MEBIBYTE).contains(&bytes), "{bytes}");
        println!("{backend:?}: a detail of {bytes} bytes takes {} bytes more than a short one", most - least);
        assert!(most - least <= 3 * bytes, "{backend:?}: {bytes} bytes took {}", most - least);
    }
}

#[test]
fn a_detail_that_is_longer_than_what_is_read_is_named_as_that() {
    let (simulator, server) = serve(Simulator::with_pipeline(|pipeline| {
        pipeline.queue = Duration::ZERO;
        let jobs = (0..300).map(|number| Job::new(&format!("job {number}"), 600)).collect();
        pipeline.stages = vec![Stage::new("build", jobs)];
    }));
    let ended = Step::at(&server.http_url())
        .with("YUNXIAO_WAIT", "true")
        .with("YUNXIAO_RETRY_TIMEOUT", "1s")
        .with("YUNXIAO_ENVS", format!("LONG={}", "x \\\" 部署".repeat(2000)))
        .run();
    assert_eq!((ended.code, simulator.started().len()), (10, 1), "{}", ended.stderr);
    assert!(ended.stderr.contains("longer than 8 MiB") && ended.stderr.contains("too many jobs"), "{}", ended.stderr);
    assert!(ended.stderr.contains("任务或变量过多"), "{}", ended.stderr);
}
