//! What can stand in the way of finding a run whose answer was lost, each once, with the real binary over real sockets.

use std::thread;
use std::time::{Duration, SystemTime};

use yunxiao_simulator::setup::{PIPELINE, STS_ACCESS_KEY_ID, STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN};
use yunxiao_simulator::{Acts, Fault, ForeignRun, Reply, Server, Simulator, When};

use super::BACKEND;
use crate::simulated::Backend;
use crate::step::{Ended, Step, service};

/// A service that loses the answer to a start; the start itself acts at once.
fn losing(queue: Duration) -> (Simulator, Server) {
    let (simulator, server) = service();
    simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().queue = queue);
    simulator.plan(When::next_is("StartPipelineRun"), Fault::new(Acts::Now, Reply::Closed));
    (simulator, server)
}

fn run(server: &Server) -> Ended {
    Step::over(BACKEND, &server.http_url()).run()
}

fn assert_found(ended: &Ended, run: u64) {
    assert_eq!((ended.code, ended.stdout.as_str()), (0, format!("{run}\n").as_str()), "{}", ended.stderr);
    assert!(ended.stderr.contains("a run may have been started, looking for it"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(&format!("The run was started: run {run} has this step's marker")),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("带有本步骤的标记"), "{}", ended.stderr);
}

#[test]
fn a_run_that_has_no_jobs_yet_is_waited_for() {
    let (_, server) = losing(Duration::from_millis(1500));
    assert_found(&run(&server), 1);
}

#[test]
fn a_list_that_lags_is_read_again() {
    let (simulator, server) = losing(Duration::ZERO);
    simulator.configure(|setup| setup.list_lag = Duration::from_millis(1500));
    simulator.configure(|setup| setup.detail_lag = Duration::from_secs(2));
    assert_found(&run(&server), 1);
}

#[test]
fn a_run_that_appears_late_is_found() {
    let (simulator, server) = service();
    simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().queue = Duration::ZERO);
    let late = Acts::After(Duration::from_millis(1500));
    simulator.plan(When::next_is("StartPipelineRun"), Fault::new(late, Reply::Closed));
    assert_found(&run(&server), 1);
}

#[test]
fn an_answer_that_comes_too_late_is_as_good_as_none() {
    let (simulator, server) = service();
    simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().queue = Duration::ZERO);
    let slow = Fault::new(Acts::Now, Reply::Usual).delayed(Duration::from_secs(3));
    simulator.plan(When::next_is("StartPipelineRun"), slow);
    assert_found(&Step::over(BACKEND, &server.http_url()).with("YUNXIAO_REQUEST_TIMEOUT", "500ms").run(), 1);
}

#[test]
fn the_id_of_the_request_that_was_answered_by_nothing_certain_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (simulator, server) = service();
    simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().queue = Duration::ZERO);
    simulator.plan(When::next_is("StartPipelineRun"), Fault::unsuccessful(Acts::Now, "SYSTEM_UNKNOWN_ERROR"));
    let ended = Step::over(BACKEND, &server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run();
    assert_found(&ended, 1);
    let outputs = std::fs::read_to_string(&path).unwrap();
    assert!(outputs.contains("\nrequestId=00000001-"), "{outputs}");
}

#[test]
fn reads_that_fail_are_made_again() {
    let (simulator, server) = losing(Duration::ZERO);
    for action in ["ListPipelineRuns", "GetPipelineRun"] {
        simulator.plan(When::next_is(action), Fault::new(Acts::Never, Reply::Closed));
        simulator.plan(When::next_is(action), Fault::throttling("Throttling.User", None));
    }
    assert_found(&run(&server), 1);
}

#[test]
fn foreign_runs_are_told_apart_and_a_copied_remark_is_not_ours() {
    let (simulator, server) = losing(Duration::from_millis(1200));
    for age in (0..70).rev() {
        simulator.add_foreign_run(ForeignRun::new(SystemTime::now() - Duration::from_secs(age * 20)));
    }
    let step = Step::over(BACKEND, &server.http_url());
    let ended = thread::scope(|scope| {
        let running = scope.spawn(|| step.run());
        let remark = loop {
            match simulator.started().first() {
                Some(run) => break run.comment.clone().unwrap(),
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        simulator.add_foreign_run(ForeignRun::new(SystemTime::now()).with_comment(&remark));
        simulator.add_foreign_run(ForeignRun::new(SystemTime::now()).with_comment("by hand"));
        running.join().unwrap()
    });
    assert_found(&ended, 71);
    assert_eq!(simulator.started().len(), 1);
}

#[test]
fn a_remark_that_the_service_cuts_short_leaves_a_candidate() {
    let (simulator, server) = losing(Duration::ZERO);
    simulator.configure(|setup| setup.pipelines.get_mut(&PIPELINE).unwrap().longest_remark = Some(20));
    simulator.add_foreign_run(ForeignRun::new(SystemTime::now()).with_comment("somebody else's"));
    let ended = Step::over(BACKEND, &server.http_url()).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("1 may be it:\n  https://flow.aliyun.com/pipelines/123/builds/2"),
        "{}",
        ended.stderr
    );
}

#[test]
fn credentials_that_end_midway_end_the_search_and_that_is_said() {
    let (simulator, server) = losing(Duration::from_mins(1));
    let step = Step::over(BACKEND, &server.http_url()).with("YUNXIAO_RETRY_TIMEOUT", "20s");
    let step = match BACKEND {
        Backend::AccessKey | Backend::Role => {
            simulator.configure(|setup| {
                let key = setup.access_keys.iter_mut().find(|key| key.id == STS_ACCESS_KEY_ID).unwrap();
                key.expires = Some(SystemTime::now() + Duration::from_millis(1500));
            });
            step.with("YUNXIAO_ACCESS_KEY_ID", STS_ACCESS_KEY_ID)
                .with("YUNXIAO_ACCESS_KEY_SECRET", STS_ACCESS_KEY_SECRET)
                .with("YUNXIAO_SECURITY_TOKEN", STS_SECURITY_TOKEN)
        }
        Backend::Token => {
            // It can be found at once, so it is not to be read.
            simulator.plan(When::next_is("GetPipelineRun").always(), Fault::refusal("ExpiredTokenError"));
            simulator.plan(When::next_is("ListPipelineRuns").after(1).always(), Fault::refusal("ExpiredTokenError"));
            step
        }
    };
    let ended = step.run();
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    assert!(ended.stderr.contains("Reading the runs was refused:"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("1 may be it:\n  https://flow.aliyun.com/pipelines/123/builds/1"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_service_that_takes_a_nonce_twice_gets_no_chance_to() {
    if BACKEND == Backend::Token {
        // Nothing is signed there, so there are no nonces.
        return;
    }
    let (simulator, server) = losing(Duration::ZERO);
    simulator.configure(|setup| setup.refuses_used_nonces = false);
    assert_found(&run(&server), 1);
    let nonces: std::collections::BTreeSet<_> =
        simulator.seen().iter().map(|seen| seen.request.header("x-acs-signature-nonce").map(str::to_owned)).collect();
    assert_eq!(nonces.len(), simulator.seen().len());
}

#[test]
fn a_clock_that_is_off_within_what_the_service_takes_does_not_hide_the_run() {
    for offset in [-800, 800] {
        let (simulator, server) = losing(Duration::ZERO);
        simulator.configure(|setup| setup.clock_offset = offset);
        assert_found(&run(&server), 1);
    }
}
