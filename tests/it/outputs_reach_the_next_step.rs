use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::tempdir;
use yunxiao_simulator::{Acts, Answer, Fault, Job, Reply, When};

use crate::hosts::{github_data, github_outputs};
use crate::simulated::{START, one};
use crate::step::{Step, ended, for_each, serve, service, until};

#[test]
fn on_github_outputs_are_appended_to_its_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("output");
    fs::write(&path, "earlier<<E\nvalue\nE\n").unwrap();
    let (_, server) = service();
    let ended = Step::at(&server.http_url()).on_github(&path).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "1\n"), "{}", ended.stderr);
    let pairs = github_outputs(&path);
    // Of an output that is written twice the last counts.
    let named = |name| pairs.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!(named("earlier"), Some("value"));
    assert_eq!(named("pipelineRunId"), Some("1"));
    assert_eq!(named("pipelineRunUrl"), Some("https://flow.aliyun.com/pipelines/123/builds/1"));
    assert_eq!(named("status"), Some("started"));
    assert!(named("requestId").is_some_and(|id| !id.is_empty()));
    assert_eq!(named("exitCode"), Some("0"));
    assert_eq!(pairs.len(), 1 + 2 * 10, "as the run is started, and at the end");
}

#[test]
fn on_gitlab_outputs_replace_their_older_selves_in_a_dotenv_file_of_the_project() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("yunxiao.env");
    fs::write(&path, "mine=1\npipelineRunId=9\n").unwrap();
    let (_, server) = service();
    let step =
        Step::at(&server.http_url()).with("GITLAB_CI", "true").with("CI_PROJECT_DIR", folder.path().to_str().unwrap());
    assert_eq!(step.run().code, 0);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("mine=1\npipelineRunId=1\npipelineRunUrl=https://"), "{text}");
    assert!(text.contains("\nstatus=started\nfailedJobs=[]\n"), "{text}");

    assert_eq!(step.with("YUNXIAO_OUTPUT_FILE", "other.env").run().code, 0);
    assert!(fs::read_to_string(folder.path().join("other.env")).unwrap().starts_with("pipelineRunId=2\n"));
}

#[test]
fn elsewhere_outputs_go_to_the_requested_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (_, server) = service();
    let ended = Step::at(&server.http_url()).with("PLUGIN_OUTPUT_FILE", path.to_str().unwrap()).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "1\n"));
    assert!(fs::read_to_string(&path).unwrap().starts_with("pipelineRunId=1\n"));
}

#[test]
fn on_github_output_file_is_ignored_with_a_warning() {
    let folder = tempdir().unwrap();
    let (_, server) = service();
    let other = folder.path().join("other");
    let ended = Step::at(&server.http_url())
        .on_github(&folder.path().join("output"))
        .with("INPUT_OUTPUT-FILE", other.to_str().unwrap())
        .run();
    assert_eq!(ended.code, 0);
    let warnings = github_data(&ended.stderr, "warning");
    assert!(warnings[0].starts_with("`output-file` is not used here"), "{warnings:?}");
    assert!(!other.exists());
}

#[test]
fn nothing_is_sent_when_the_output_file_cannot_be_opened() {
    let folder = tempdir().unwrap();
    let (simulator, server) = service();
    for path in [folder.path().join("no/such/folder/output"), folder.path().to_owned()] {
        for step in [
            Step::at(&server.http_url()).on_github(&path),
            Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()),
        ] {
            let ended = step.run();
            assert_eq!(ended.code, 2, "{}", ended.stderr);
            assert!(ended.stderr.contains("can't be opened for writing"), "{}", ended.stderr);
            assert!(ended.stderr.contains("没有触发或更改任何运行"), "{}", ended.stderr);
        }
    }
    assert!(simulator.seen().is_empty());
}

#[test]
fn an_output_file_that_cannot_be_opened_is_reported_with_all_other_errors() {
    let step = Step::empty().with_all(&[
        ("YUNXIAO_ACCESS_TOKEN", "pt-1"),
        ("YUNXIAO_ORGANIZATION_ID", "org"),
        ("YUNXIAO_PIPELINE_ID", "strat"),
    ]);
    for (step, path) in [
        (step.clone().with("YUNXIAO_OUTPUT_FILE", "/no/such/folder/run.env"), "/no/such/folder/run.env"),
        (step.on_github("/no/such/folder/output".as_ref()), "/no/such/folder/output"),
    ] {
        let ended = step.run();
        assert_eq!(ended.code, 2, "{}", ended.stderr);
        assert!(
            ended.stderr.contains("2 inputs are missing or wrong. Nothing was started or changed."),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("got `strat`"), "{}", ended.stderr);
        let line = format!("{path}: is where outputs go, and can't be opened for writing (no such file or directory)");
        assert!(ended.stderr.contains(&line), "{}", ended.stderr);
    }
}

#[test]
fn what_an_earlier_execution_left_is_emptied_though_the_inputs_are_wrong() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.env");
    fs::write(&path, "A=1\npipelineRunId=7\n").unwrap();
    assert_eq!(Step::empty().with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run().code, 2);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("A=1\npipelineRunId=\n") && !text.contains('7'), "{text}");
}

#[test]
fn a_run_whose_outputs_cannot_be_written_is_reported_with_exit_9_and_its_id_is_still_printed() {
    let (simulator, server) = service();
    // Opening this device works, writing to it does not.
    let ended = Step::at(&server.http_url()).on_github("/dev/full".as_ref()).run();
    assert_eq!((ended.code, ended.stdout.as_str()), (9, "1\n"), "{}", ended.stderr);
    let errors = github_data(&ended.stderr, "error");
    assert!(errors[0].starts_with("Run 1 was started (https://flow.aliyun.com/pipelines/123/builds/1)"), "{errors:?}");

    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Step::at(&server.http_url()).command().stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(9));
    // Nor does writing to what is open for reading alone.
    let readable = fs::File::open("/dev/null").unwrap();
    let output = Step::at(&server.http_url()).command().stdout(readable).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(9), "{said}");
    assert!(said.contains("(it is not open for writing)"), "{said}");
    assert_eq!(simulator.started().len(), 3);
}

#[test]
fn a_pipe_without_another_end_blocks_nothing() {
    let (_, server) = serve(one(Job::new("job", 1)));
    let new_pipe = || {
        let folder = tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        (folder, pipe)
    };
    let cases = vec![
        ("GITHUB_EVENT_PATH", 0, ""),
        ("GITHUB_STEP_SUMMARY", 0, "could not be written (a pipe that no process reads)"),
        ("YUNXIAO_ACCESS_KEY_SECRET_FILE", 2, "names an empty file"),
        ("YUNXIAO_CA_CERTIFICATES", 2, "holds no usable PEM certificate"),
        ("SSL_CERT_FILE", 0, "holds no usable PEM certificate"),
    ];
    for_each(cases, |(variable, code, said)| {
        let (folder, pipe) = new_pipe();
        let step = Step::at(&server.http_url()).on_github(&folder.path().join("output")).with("YUNXIAO_WAIT", "true");
        let step = step.with(variable, pipe.to_str().unwrap());
        let step = if variable.ends_with("_SECRET_FILE") { step.without("YUNXIAO_ACCESS_KEY_SECRET") } else { step };
        let ended = ended(&mut step.through("timeout", &["20"]));
        assert!(ended.code == code && ended.stderr.contains(said), "{variable}: {} {}", ended.code, ended.stderr);
    });
    let (folder, pipe) = new_pipe();
    let step = Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", pipe.to_str().unwrap());
    assert_eq!(ended(&mut step.through("timeout", &["20"])).code, 2);
    fs::create_dir(folder.path().join("outputs")).unwrap();
    fs::rename(&pipe, folder.path().join("outputs/status")).unwrap();
    let step = step.with("YUNXIAO_OUTPUT_FILE", format!("{}/outputs/", folder.path().display()));
    assert_eq!(ended(&mut step.through("timeout", &["20"])).code, 2);
}

#[test]
fn outputs_of_a_start_that_failed_are_there_and_empty() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("output");
    let (simulator, server) = service();
    let ended = Step::at(&server.http_url()).on_github(&path).with("YUNXIAO_PIPELINE_ID", "999").run();
    assert_eq!((ended.code, ended.stdout.as_str()), (4, ""), "{}", ended.stderr);
    let pairs = github_outputs(&path);
    let names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..6], ["pipelineRunId", "pipelineRunUrl", "requestId", "reused", "status", "failedJobs"]);
    assert_eq!(names[6..], ["waitingFor", "waitingJob", "exitCode", "artifacts"]);
    assert_eq!(pairs[3].1, "false");
    assert!(!pairs[2].1.is_empty());
    assert_eq!((pairs[5].1.as_str(), pairs[8].1.as_str()), ("[]", "4"));
    assert!([0, 1, 4, 6, 7, 9].iter().all(|index| pairs[*index].1.is_empty()), "{pairs:?}");

    simulator.plan(When::next(), Fault::new(Acts::Never, Reply::Closed));
    let path = folder.path().join("unknown");
    let ended = Step::at(&server.http_url()).on_github(&path).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    assert_eq!((ended.code, ended.stdout.as_str()), (5, ""), "{}", ended.stderr);
    assert_eq!(github_outputs(&path)[4].1, "unknown");
}

#[test]
fn exit_2_is_an_output_and_clears_those_of_an_earlier_step() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("output");
    assert_eq!(Step::empty().on_github(&path).run().code, 2);
    let given: Vec<_> = github_outputs(&path).into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(given, [pair("reused", "false"), pair("failedJobs", "[]"), pair("exitCode", "2")]);

    let path = folder.path().join("run.env");
    fs::write(&path, "mine=1\npipelineRunId=9\nstatus=success\n").unwrap();
    assert_eq!(Step::empty().with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run().code, 2);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("mine=1\npipelineRunId=\n") && text.contains("\nstatus=\n"), "{text}");
    assert!(text.contains("\nexitCode=2\n"), "{text}");
}

#[test]
fn the_exit_code_is_an_output_at_every_end_and_empty_before() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (simulator, server) = service();
    let step = Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap());
    let code = || {
        let text = fs::read_to_string(&path).unwrap();
        text.lines().find_map(|line| line.strip_prefix("exitCode=")).unwrap().to_owned()
    };
    assert_eq!(step.run().code.to_string(), code());
    // A step that can't print the run's id.
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    assert_eq!(step.command().stdout(full).output().unwrap().status.code(), Some(9));
    assert_eq!(code(), "9");
    simulator.plan(When::next(), Fault::refusal("Forbidden.AccessDenied"));
    assert_eq!((step.run().code, code()), (3, "3".to_owned()));
    let ended = step.clone().with("YUNXIAO_RUNNING_BRANCHES", "https://github.com/no/such=main").run();
    assert_eq!((ended.code, code()), (2, "2".to_owned()));
    let ended = step.with("SSL_CERT_FILE", "/no/such").with("YUNXIAO_CA_CERTIFICATES", "nonsense").run();
    assert_eq!((ended.code, code()), (2, "2".to_owned()));
}

#[test]
fn an_invalid_request_id_is_not_an_output() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (simulator, server) = service();
    for evil in ["x\nA=1", "$HOME", "::set-output name=a::b", &"x".repeat(999)] {
        let answer = serde_json::json!({"success": true, "pipelineRunId": 7, "requestId": evil});
        simulator.plan(When::next(), Fault::answer(Acts::Now, Answer::json(200, &answer)));
        let ended = Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (0, "7\n"), "{}", ended.stderr);
        assert!(fs::read_to_string(&path).unwrap().contains("\nrequestId=\n"));
    }
}

#[test]
fn a_file_of_the_next_user_is_left_with_its_mode() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.env");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let (_, server) = service();
    assert_eq!(Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run().code, 0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_write_once_output_file_is_rejected_before_anything_is_sent() {
    let (simulator, server) = service();
    for path in ["/dev/null", "/dev/stdout", "/dev/zero"] {
        let ended = Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path).run();
        assert_eq!(ended.code, 2, "{path}: {}", ended.stderr);
        assert!(ended.stderr.contains("not a regular file"), "{}", ended.stderr);
    }
    assert!(simulator.seen().is_empty());
}

#[test]
fn a_dotenv_file_that_gets_shorter_keeps_no_tail() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (_, server) = service();
    let step = Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap());
    assert_eq!(step.run().code, 0);
    assert_eq!(step.with("YUNXIAO_PIPELINE_ID", "999").run().code, 4);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 10, "{text}");
    assert!(text.contains("\nstatus=\nfailedJobs=[]\n") && text.ends_with("exitCode=4\nartifacts=\n"), "{text}");
}

#[test]
fn an_output_file_removed_or_replaced_during_the_start_is_a_lost_output() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("output");
    for replaced in [false, true] {
        for on_github in [true, false] {
            fs::write(&path, "").unwrap();
            let (simulator, server) = service();
            simulator.plan(When::next_is(START), Fault::new(Acts::Now, Reply::Usual).delayed(Duration::from_secs(1)));
            let step = Step::at(&server.http_url());
            let step = if on_github {
                step.on_github(&path)
            } else {
                step.with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap())
            };
            let meanwhile = thread::spawn({
                let path = path.clone();
                move || {
                    until(|| !simulator.seen_for(START).is_empty());
                    fs::remove_file(&path).unwrap();
                    if replaced {
                        fs::write(&path, "").unwrap();
                    }
                }
            });
            let ended = step.run();
            meanwhile.join().unwrap();
            assert_eq!((ended.code, ended.stdout.as_str()), (9, "1\n"), "{}", ended.stderr);
            assert!(ended.stderr.contains("the file was removed or replaced in the meantime"), "{}", ended.stderr);
            assert!(ended.stderr.contains("文件在此期间被删除或替换"), "{}", ended.stderr);
        }
    }
}

#[test]
fn a_value_that_a_limit_cuts_is_taken_back() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("output");
    let (simulator, server) = service();
    let own = "mine=1\n";
    let whole = {
        fs::write(&path, own).unwrap();
        assert_eq!(Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run().code, 0);
        fs::metadata(&path).unwrap().len()
    };
    for on_github in [true, false] {
        for limit in [7, 15, 22, whole - 20] {
            fs::write(&path, own).unwrap();
            let step = Step::at(&server.http_url());
            let step = if on_github {
                step.on_github(&path)
            } else {
                step.with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap())
            };
            let ended = ended(&mut step.through("prlimit", &[&format!("--fsize={limit}")]));
            assert_eq!(
                (ended.code, ended.stdout.as_str()),
                (9, &*format!("{}\n", simulator.started().len())),
                "{limit}: {}",
                ended.stderr
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), own, "{on_github} {limit}");
        }
    }
}

#[test]
fn what_an_earlier_execution_left_is_emptied_before_anything_is_sent() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.env");
    fs::write(&path, "mine=1\npipelineRunId=7\nstatus=success\n").unwrap();
    let (simulator, server) = service();
    simulator.plan(When::next_is(START), Fault::new(Acts::Never, Reply::Silence));
    let running = Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap());
    let mut running = running.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until(|| !simulator.seen_for(START).is_empty());
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine=1\npipelineRunId=\nstatus=\n");
    running.kill().unwrap();
    running.wait().unwrap();
}

#[test]
fn on_gitlab_a_link_out_of_the_project_is_rejected() {
    let folder = tempdir().unwrap();
    let [project, outside] = ["project", "outside"].map(|name| folder.path().join(name));
    fs::create_dir(&project).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "theirs").unwrap();
    fs::write(project.join("inside.env"), "").unwrap();
    for (link, target) in [
        ("out.env", outside.join("file")),
        ("dangling.env", outside.join("nothing")),
        ("reports", outside.clone()),
        ("in.env", project.join("inside.env")),
    ] {
        std::os::unix::fs::symlink(target, project.join(link)).unwrap();
    }
    let (simulator, server) = service();
    for (output, code) in
        [("out.env", 2), ("dangling.env", 2), ("reports/run.env", 2), ("../outside/file", 2), ("in.env", 0)]
    {
        let ended = Step::at(&server.http_url())
            .with("GITLAB_CI", "true")
            .with("CI_PROJECT_DIR", project.to_str().unwrap())
            .with("YUNXIAO_OUTPUT_FILE", output)
            .run();
        assert_eq!(ended.code, code, "{output}: {}", ended.stderr);
    }
    assert_eq!(simulator.started().len(), 1);
    assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "theirs");
    assert!(!outside.join("nothing").exists() && !outside.join("run.env").exists());
}

#[test]
fn what_an_earlier_step_left_without_a_line_break_is_not_joined_with_ours() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("output");
    fs::write(&path, "a=1").unwrap();
    let (_, server) = service();
    assert_eq!(Step::at(&server.http_url()).on_github(&path).run().code, 0);
    assert!(fs::read_to_string(&path).unwrap().starts_with("a=1\npipelineRunId<<"));
}

#[test]
fn a_host_is_recognised_by_its_own_variables_alone() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("output");
    let (_, server) = service();
    let step = Step::at(&server.http_url()).with("GITHUB_OUTPUT", path.to_str().unwrap());
    assert_eq!(step.with("CI_COMMIT_SHA", "1a2b").run().code, 0);
    assert!(!path.exists(), "GITHUB_OUTPUT alone is not GitHub");
}

#[test]
fn a_hosts_debug_mode_shows_details_in_the_hosts_format() {
    let folder = tempdir().unwrap();
    let (_, server) = service();
    let github = Step::at(&server.http_url()).on_github(&folder.path().join("output"));
    assert!(!github.run().stderr.contains("::debug::"));
    assert!(github.with("RUNNER_DEBUG", "1").run().stderr.contains("::debug::POST http://127.0.0.1"));
    let gitlab = Step::at(&server.http_url()).with("GITLAB_CI", "true");
    let gitlab = gitlab.with("CI_PROJECT_DIR", folder.path().to_str().unwrap()).with("CI_DEBUG_TRACE", "true");
    let ended = gitlab.run();
    assert!(ended.stderr.contains("debug: "), "{}", ended.stderr);
    // Other crates' events print addresses and headers.
    assert!(!ended.stderr.contains("hyper") && !ended.stderr.contains("authorization"), "{}", ended.stderr);
}
