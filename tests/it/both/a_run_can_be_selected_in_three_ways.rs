//! A run is named by its number, with its pipeline, or by its page's address.

use yunxiao_simulator::{ForeignRun, Job, Pipeline, Simulator};

use super::BACKEND;
use crate::simulated::{GET, beginning, one, seconds};
use crate::step::{Step, serve};

/// A service whose pipeline has a run that has ended, as has another pipeline.
fn with_runs() -> Simulator {
    let simulator = one(Job::new("job", 1));
    simulator.configure(|setup| drop(setup.pipelines.insert(456, Pipeline::default())));
    let now = std::time::SystemTime::now() - seconds(600);
    simulator.add_foreign_run(ForeignRun::new(now));
    simulator.add_foreign_run(ForeignRun { pipeline: 456, ..ForeignRun::new(now) });
    assert!(now > beginning());
    simulator
}

#[test]
fn each_way_selects_the_run_with_and_without_its_pipeline() {
    let (simulator, server) = serve(with_runs());
    for (pipeline, run, asked) in [
        (Some("123"), "1", 123),
        (Some("https://flow.aliyun.com/pipelines/123/current"), "1", 123),
        (Some("https://flow.aliyun.com/pipelines/123/builds/1"), "1", 123),
        (Some("123"), "123/1", 123),
        (None, "456/1", 456),
        (None, "https://flow.aliyun.com/pipelines/456/builds/1", 456),
        (None, "https://flow.aliyun.com/pipelines/456/builds/1?tab=log#top", 456),
        (Some("456"), "https://flow.aliyun.com/pipelines/456/builds/1", 456),
        (Some("https://flow.aliyun.com/pipelines/456/builds/1"), "456/1", 456),
    ] {
        for mode in ["follow", "stop", "retry"] {
            let step = Step::over(BACKEND, &server.http_url())
                .with("YUNXIAO_EDITION", "central")
                .without("YUNXIAO_PIPELINE_ID");
            let step = pipeline.into_iter().fold(step, |step, pipeline| step.with("YUNXIAO_PIPELINE_ID", pipeline));
            let ended = step.with("YUNXIAO_MODE", mode).with("YUNXIAO_PIPELINE_RUN_ID", run).run();
            assert_eq!(ended.code, 0, "{pipeline:?} {run}: {}", ended.stderr);
            let path = simulator.seen_for(GET).last().unwrap().request.path.clone();
            assert!(path.contains(&format!("/pipelines/{asked}/")), "{path}");
        }
    }
}

#[test]
fn what_contradicts_itself_or_names_no_run_is_exit_2_and_sends_nothing() {
    let (simulator, server) = serve(with_runs());
    for (pipeline, run, said) in [
        (Some("123"), "456/1", "YUNXIAO_PIPELINE_RUN_ID: names a run of pipeline 456, but YUNXIAO_PIPELINE_ID is 123"),
        (
            Some("https://flow.aliyun.com/pipelines/123/builds/2"),
            "456/1",
            "YUNXIAO_PIPELINE_RUN_ID: names a run of pipeline 456, but YUNXIAO_PIPELINE_ID is 123",
        ),
        (
            Some("https://flow.aliyun.com/pipelines/123/builds/2"),
            "1",
            "YUNXIAO_PIPELINE_ID: is the address of run 2, but YUNXIAO_PIPELINE_RUN_ID names run 1",
        ),
        (
            Some("https://flow.aliyun.com/pipelines/123/builds/2"),
            "https://flow.aliyun.com/pipelines/123/builds/1",
            "YUNXIAO_PIPELINE_ID: is the address of run 2",
        ),
        (None, "1", "pipeline-id (YUNXIAO_PIPELINE_ID): is required"),
        (
            None,
            "https://flow.aliyun.com/pipelines/456/current",
            "YUNXIAO_PIPELINE_RUN_ID: must be a run's number, PIPELINE/RUN",
        ),
        (None, "https://flow.example.com/pipelines/456/builds/1", "YUNXIAO_PIPELINE_RUN_ID: must be a run's number"),
        (
            Some("123"),
            "https://flow.aliyun.com/pipelines/123/builds/",
            "YUNXIAO_PIPELINE_RUN_ID: must be a run's number",
        ),
        (
            Some("123"),
            "https://flow.aliyun.com/pipelines/123/builds/0",
            "YUNXIAO_PIPELINE_RUN_ID: must be a run's number",
        ),
        (Some("123"), "123/0", "YUNXIAO_PIPELINE_RUN_ID: must be a run's number"),
        (Some("123"), "123/1/1", "YUNXIAO_PIPELINE_RUN_ID: must be a run's number"),
        (Some("123"), "$pipelineRunUrl", "YUNXIAO_PIPELINE_RUN_ID: was not replaced by the CI system"),
    ] {
        let step =
            Step::over(BACKEND, &server.http_url()).with("YUNXIAO_EDITION", "central").without("YUNXIAO_PIPELINE_ID");
        let step = pipeline.into_iter().fold(step, |step, pipeline| step.with("YUNXIAO_PIPELINE_ID", pipeline));
        let ended = step.with("YUNXIAO_MODE", "follow").with("YUNXIAO_PIPELINE_RUN_ID", run).run();
        assert_eq!(ended.code, 2, "{pipeline:?} {run}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    assert!(simulator.seen().is_empty());
}

#[test]
fn the_output_of_one_step_is_the_input_of_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (simulator, server) = serve(one(Job::new("job", 0)));
    let step = Step::over(BACKEND, &server.http_url()).with("YUNXIAO_EDITION", "central");
    let step = step.with("YUNXIAO_WEB_URL", "https://flow.example.com");
    assert_eq!(step.clone().with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run().code, 0);
    let outputs = std::fs::read_to_string(&path).unwrap();
    let url = outputs.lines().find_map(|line| line.strip_prefix("pipelineRunUrl=")).unwrap();
    assert_eq!(url, "https://flow.example.com/pipelines/123/builds/1");
    let next = step.without("YUNXIAO_PIPELINE_ID").with("YUNXIAO_MODE", "stop").with("YUNXIAO_PIPELINE_RUN_ID", url);
    let ended = next.run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(simulator.started()[0].stopped.is_some());
}
