//! What people and later steps get at the end: the last line of the log, the page beside the job, and no bare id in a log.

use tempfile::tempdir;
use yunxiao_simulator::{Job, Simulator};

use crate::hosts::github_outputs;
use crate::simulated::one;
use crate::step::{Step, serve};

fn short() -> Simulator {
    one(Job::new("job", 1))
}

#[test]
fn the_last_line_of_the_log_of_a_run_that_was_followed_is_its_result() {
    for host in
        [&[][..], &[("GITLAB_CI", "true")], &[("JENKINS_URL", "https://ci.example.com/"), ("BUILD_TAG", "jenkins-a-1")]]
    {
        let (_, server) = serve(short());
        let folder = tempdir().unwrap();
        let step = Step::at(&server.http_url()).with_all(host).with("CI_PROJECT_DIR", folder.path().to_str().unwrap());
        let ended = step.with("YUNXIAO_WAIT", "true").with("YUNXIAO_LANGUAGE", "en").run();
        let last = ended.stderr.lines().last().unwrap();
        assert!(ended.code == 0 && last.starts_with("Run 1 succeeded: https://"), "{host:?}: {}", ended.stderr);
    }
}

#[test]
fn a_run_that_is_only_started_has_a_summary_that_says_so() {
    let (_, server) = serve(short());
    let folder = tempdir().unwrap();
    let page = folder.path().join("summary.md");
    let step = Step::at(&server.http_url()).on_github(&folder.path().join("output"));
    let ended = step.with("GITHUB_STEP_SUMMARY", page.to_str().unwrap()).with("YUNXIAO_LANGUAGE", "en").run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(
        page.starts_with("### ▶️ [Yunxiao run 1](https://") && page.contains("was started but not followed"),
        "{page}"
    );
}

#[test]
fn a_bare_id_is_printed_unless_the_log_alone_would_show_it() {
    let folder = tempdir().unwrap();
    let output = folder.path().join("output");
    let (_, server) = serve(short());
    let plain = Step::at(&server.http_url());
    let github = plain.clone().on_github(&output);
    assert_eq!(github.run().stdout, "1\n", "a script on GitHub may read it");
    assert_eq!(plain.run_as_first_process().stdout, "2\n", "`docker run` hands it on");
    let first = github.run_as_first_process();
    assert_eq!((first.code, first.stdout.as_str()), (0, ""), "{}", first.stderr);
    let mut ids =
        github_outputs(&output).into_iter().filter(|(name, value)| name == "pipelineRunId" && !value.is_empty());
    assert_eq!(ids.next_back().unwrap().1, "3", "the next step gets it all the same");
}
