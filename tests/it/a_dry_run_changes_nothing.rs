use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Fault, ForeignRun, Simulator, When};

use crate::simulated::{Backend, Execution, LIST, beginning};

fn rehearsal(backend: Backend, simulator: &Simulator) -> Execution {
    Execution::over(backend, simulator).with("YUNXIAO_DRY_RUN", "true")
}

#[test]
fn it_reads_the_pipeline_and_shows_the_request_but_for_values() {
    for (backend, path) in [
        (
            Backend::AccessKey,
            "https://devops.cn-hangzhou.aliyuncs.com/organizations/5ebbc0228123212b59xxxxx/pipelines/123/run",
        ),
        (
            Backend::Token,
            "https://openapi-rdc.aliyuncs.com/oapi/v1/flow/organizations/5ebbc0228123212b59xxxxx/pipelines/123/runs",
        ),
    ] {
        let simulator = Simulator::default();
        let inputs = [("YUNXIAO_BRANCH", "refs/heads/main"), ("YUNXIAO_ENVS", "PASSWORD=hush-hush\nB=2")];
        let executed = rehearsal(backend, &simulator).with_all(&inputs).run();
        assert_eq!((executed.code(), executed.stdout.as_str()), (0, ""), "{:?}", executed.outcome);
        let said = &executed.said;
        for line in [
            &*format!("POST {path}\n"),
            "  envs, PASSWORD: 9 characters\n",
            "  runningBranchs, https://codeup.aliyun.com/60c1abb32c5969c370c5fcd0/Codeup-Demo.git: main\n",
            "  comment: 55 characters\n",
            "The pipeline has the source https://codeup.aliyun.com/60c1abb32c5969c370c5fcd0/Codeup-Demo.git (master)",
            "nothing was changed / 演练完成：可检查的部分未发现问题，没有做任何更改\n",
            "whether the branches and tags exist / 未检查：分支和标签是否存在",
            "whether these credentials are allowed to make changes (运行权限) / 未检查：当前凭证是否有运行权限",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert!(!said.contains("hush"), "{said}");
        let actions: Vec<_> = simulator.seen().into_iter().filter_map(|seen| seen.action).collect();
        assert_eq!(actions, ["GetPipeline", LIST]);
        assert!(simulator.runs().is_empty());
    }
}

#[test]
fn its_outputs_are_empty() {
    let execution = rehearsal(Backend::AccessKey, &Simulator::default()).with("YUNXIAO_WAIT", "true");
    let executed = execution.with_outputs().run();
    assert_eq!(executed.code(), 0);
    let outputs = executed.outputs();
    let given: Vec<_> = outputs.iter().filter(|(_, value)| !value.is_empty()).collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [pair("exitCode", "0"), pair("failedJobs", "[]"), pair("reused", "false")];
    assert!(given.into_iter().eq(expected.iter().map(|(name, value)| (name, value))), "{outputs:?}");
}

#[test]
fn what_would_go_wrong_goes_wrong_now() {
    for (action, code, inputs, exit) in [
        ("any", "InvalidAccessKeyId.NotFound", &[][..], 3),
        ("any", "InvalidPipeline.NotFound", &[], 4),
        ("GetPipeline", "Forbidden.AccessDenied", &[], 0),
        ("GetPipeline", "Forbidden.AccessDenied", &[("YUNXIAO_BRANCH", "main")], 3),
        (LIST, "Forbidden.AccessDenied", &[], 3),
        ("Nothing", "", &[("YUNXIAO_RUNNING_TAGS", "https://github.com/a/b=1.0")], 2),
    ] {
        let simulator = Simulator::default();
        let when = if action == "any" { When::next() } else { When::next_is(action) };
        simulator.plan(when.always(), Fault::refusal(code));
        assert_eq!(rehearsal(Backend::AccessKey, &simulator).with_all(inputs).run().code(), exit, "{code}");
        assert!(simulator.runs().is_empty());
    }
}

#[test]
fn a_dry_run_reads_the_run_to_stop_or_follow_once() {
    for mode in ["stop", "follow"] {
        let run = |simulator: &Simulator| rehearsal(Backend::AccessKey, simulator).in_mode(mode, 1).run();
        assert_eq!(run(&Simulator::default()).code(), 4, "there is no such run");
        let simulator = Simulator::default();
        simulator.add_foreign_run(ForeignRun::new(beginning()));
        let executed = run(&simulator);
        assert_eq!((executed.code(), simulator.seen().len()), (0, 1));
        assert!(executed.said.contains("Run 1 exists: waiting / 运行 1 存在，当前状态：等待中"), "{}", executed.said);
        assert_eq!(simulator.status(beginning(), PIPELINE, 1).as_deref(), Some("WAITING"));
    }
}
