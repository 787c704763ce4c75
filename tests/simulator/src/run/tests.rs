//! Runs at their turning points.

use std::time::{Duration, UNIX_EPOCH};

use super::*;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn run(stages: Vec<Stage>) -> Run {
    let record = RunRecord {
        id: 7,
        pipeline: 123,
        params: None,
        comment: None,
        by_api: true,
        created: at(0),
        stopped: None,
        request: None,
    };
    let pipeline = Pipeline { stages, queue: Duration::from_secs(10), ..Pipeline::default() };
    Run { record, trigger_mode: 4, pipeline, deeds: BTreeMap::new(), vanished: false }
}

fn statuses(run: &Run, seconds: u64) -> String {
    let progress = run.progress(at(seconds));
    let jobs = progress.stages.iter().flat_map(|stage| &stage.jobs).map(|job| job.status.as_str());
    [progress.status.as_str()].into_iter().chain(jobs).collect::<Vec<_>>().join(" ")
}

#[test]
fn stages_run_in_sequence_and_jobs_in_parallel() {
    let run =
        run(vec![Stage::new("a", vec![Job::new("1", 5), Job::new("2", 8)]), Stage::new("b", vec![Job::new("3", 2)])]);
    assert_eq!(statuses(&run, 9), "WAITING");
    assert_eq!(statuses(&run, 10), "RUNNING RUNNING RUNNING WAITING");
    assert_eq!(statuses(&run, 16), "RUNNING SUCCESS RUNNING WAITING");
    assert_eq!(statuses(&run, 18), "RUNNING SUCCESS SUCCESS RUNNING");
    assert_eq!(statuses(&run, 20), "SUCCESS SUCCESS SUCCESS SUCCESS");
    assert_eq!(run.progress(at(99)).ended, Some(at(20)));
}

#[test]
fn a_failed_job_ends_the_run_with_its_stage() {
    let run = run(vec![
        Stage::new("a", vec![Job::new("1", 1).ending("FAIL"), Job::new("2", 3)]),
        Stage::new("b", vec![Job::new("3", 1)]),
    ]);
    assert_eq!(statuses(&run, 12), "RUNNING FAIL RUNNING WAITING");
    assert_eq!(statuses(&run, 13), "FAIL FAIL SUCCESS WAITING");
}

#[test]
fn a_stopped_run_ends_where_it_is() {
    let mut run = run(vec![Stage::new("a", vec![Job::new("1", 5)]), Stage::new("b", vec![Job::new("2", 5)])]);
    run.pipeline.stopping = Duration::from_secs(1);
    run.record.stopped = Some(at(12));
    assert_eq!(statuses(&run, 11), "RUNNING RUNNING WAITING");
    assert_eq!(statuses(&run, 12), "CANCELLING RUNNING WAITING");
    assert_eq!(statuses(&run, 13), "CANCELED CANCELED WAITING");
    run.record.stopped = Some(at(14));
    assert_eq!(statuses(&run, 15), "CANCELED SUCCESS WAITING");
    run.record.stopped = Some(at(3));
    assert_eq!(statuses(&run, 3), "CANCELLING");
    assert_eq!(statuses(&run, 4), "CANCELED");
    run.record.stopped = Some(at(9));
    run.pipeline.stopping_status = "STOPPING".into();
    run.pipeline.stopping = Duration::from_secs(3);
    assert_eq!(statuses(&run, 8), "WAITING");
    assert_eq!(statuses(&run, 9), "STOPPING");
    assert_eq!(statuses(&run, 11), "STOPPING RUNNING WAITING");
    assert_eq!(statuses(&run, 12), "CANCELED CANCELED WAITING");
    run.record.stopped = Some(at(30));
    assert_eq!(statuses(&run, 40), "SUCCESS SUCCESS SUCCESS");
}

#[test]
fn a_gate_waits_until_it_is_decided() {
    let mut run = run(vec![Stage::new("a", vec![Job::gate("卡点")]), Stage::new("b", vec![Job::new("2", 5)])]);
    assert_eq!(statuses(&run, 999), "RUNNING WAITING WAITING");
    let id = run.progress(at(999)).stages[0].jobs[0].id;
    run.deeds.entry(id).or_default().decided = Some((at(1000), true));
    assert_eq!(statuses(&run, 1001), "RUNNING SUCCESS RUNNING");
    run.deeds.entry(id).or_default().decided = Some((at(1000), false));
    assert_eq!(statuses(&run, 1001), "FAIL FAIL WAITING");
}

#[test]
fn a_log_grows_with_the_job() {
    let run = run(vec![Stage::new("a", vec![Job::new("1", 5).log(0, "one").log(3, "two").log(9, "never")])]);
    let log = |seconds| run.progress(at(seconds)).stages[0].jobs[0].log.join(",");
    assert_eq!(log(10), "one");
    assert_eq!(log(13), "one,two");
    assert_eq!(log(99), "one,two");
}
