//! The summary that documents show is one that the program wrote.

use std::fs;

use yunxiao_simulator::{Job, Stage};

use crate::generated_documents_are_current::bring_up_to_date;
use crate::simulated::{Backend, Execution, staged};

#[test]
fn the_generated_summary_is_current() {
    let test = Job::new("单元测试", 2)
        .ending("FAIL")
        .log(0, "[INFO] Running com.shop.OrderTest")
        .log(1, "[ERROR] OrderTest.refund:57 退款金额 expected: <100> but was: <99>")
        .log(1, "[ERROR] Tests run: 128, Failures: 1");
    let stages = [("构建", Job::new("Java 构建", 1)), ("测试", test), ("部署", Job::new("主机部署", 2))];
    let simulator = staged(stages.map(|(stage, job)| Stage::new(stage, vec![job])).to_vec());
    let folder = tempfile::tempdir().unwrap();
    let [event, outputs, summary] = ["event.json", "outputs", "summary.md"].map(|name| {
        let path = folder.path().join(name);
        fs::write(&path, "").unwrap();
        path.to_str().unwrap().to_owned()
    });
    fs::write(&event, r#"{"repository":{"visibility":"private"}}"#).unwrap();
    let execution = Execution::over(Backend::Token, &simulator)
        .with_all(&[("YUNXIAO_WAIT", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_REPOSITORY", "shop/backend")])
        .with("YUNXIAO_COMMENT", "release 1.4.2")
        .with("GITHUB_EVENT_PATH", event)
        .with("GITHUB_OUTPUT", outputs)
        .with("GITHUB_STEP_SUMMARY", summary.clone());
    assert_eq!(execution.run().code(), 1);
    let summary = fs::read_to_string(summary).unwrap();
    let quoted: String = summary.trim().lines().map(|line| format!("> {line}").trim_end().to_owned() + "\n").collect();
    bring_up_to_date([
        ("docs/following.md", "summary", quoted.clone()),
        ("docs/following.zh-CN.md", "summary", quoted),
    ]);
}
