use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::outcome::{Limit, Run, Stop};
use crate::redaction::Redaction;
use crate::report::tests::{failed, run};
use crate::yunxiao::call::get_run;

fn page(jobs: &[(&str, &str)], tails: &BTreeMap<u64, Vec<String>>) -> String {
    page_in(Language::Both, jobs, tails)
}

fn page_in(language: Language, jobs: &[(&str, &str)], tails: &BTreeMap<u64, Vec<String>>) -> String {
    let detail = run(jobs);
    summary(&Report {
        pipeline: 123,
        run: 7,
        link: Some("https://flow.aliyun.com/pipelines/123/builds/7".to_owned()),
        outcome: &failed(),
        detail: &detail,
        tails,
        language,
        hides_logs: false,
    })
}

#[test]
fn it_has_a_link_a_table_and_the_last_lines_of_what_failed() {
    let tails = BTreeMap::from([(2, vec!["step <1>".to_owned(), String::new(), "</pre> & exit 1".to_owned()])]);
    let jobs = [("编译", "SUCCESS"), ("a|b *c*", "FAIL"), ("later", "SKIP"), ("deploy", "WAITING")];
    insta::assert_snapshot!(page(&jobs, &tails), @r"
    ### ❌ [Yunxiao run 7](https://flow.aliyun.com/pipelines/123/builds/7): failed / 云效运行 7：失败

    Pipeline 流水线 123 · 7s

    | Stage 阶段 | Job 任务 | Result 结果 | Time 耗时 |
    |:---|:---|:---|---:|
    | 构建 | 编译 | ✅ success 成功 | 3s |
    |  | a\|b \*c\* | ❌ failed 失败 | 4s |
    |  | later | ⏭️ skipped 已跳过 |  |
    |  | deploy | ⚪️ not run 未执行 |  |

    <details><summary><b>构建 › a|b *c*</b>: last lines / 末尾日志</summary>

    <pre>
    step &lt;1&gt;

    &lt;/pre&gt; &amp; exit 1
    </pre>

    </details>
    ");
}

#[test]
fn a_summary_can_be_in_one_language() {
    let tails = BTreeMap::from([(1, vec!["exit 1".to_owned()])]);
    let page = |language| {
        let page = page_in(language, &[("job", "FAIL")], &tails);
        page.replace("https://flow.aliyun.com/pipelines/123/builds/7", "URL").replace('\n', " ")
    };
    assert_eq!(
        page(Language::English),
        "### ❌ [Yunxiao run 7](URL): failed  Pipeline 123 · 5s  | Stage | Job | Result | Time | |:---|:---|:---|---:| \
         | 构建 | job | ❌ failed | 3s |  <details><summary><b>构建 › job</b>: last lines</summary>  <pre> exit 1 </pre>  \
         </details> "
    );
    assert_eq!(
        page(Language::Chinese),
        "### ❌ [云效运行 7](URL)：失败  流水线 123 · 5s  | 阶段 | 任务 | 结果 | 耗时 | |:---|:---|:---|---:| \
         | 构建 | job | ❌ 失败 | 3s |  <details><summary><b>构建 › job</b>: 末尾日志</summary>  <pre> exit 1 </pre>  \
         </details> "
    );
}

#[test]
fn a_gate_is_told_from_what_waits_for_it() {
    let page = page(&[("review", "GATE"), ("deploy", "WAITING")], &BTreeMap::new());
    assert!(
        page.ends_with("| 构建 | review | ⏸️ at gate 待审批 |  |\n|  | deploy | ⚪️ waiting 等待中 |  |\n"),
        "{page}"
    );
}

/// The page of a run with these details.
fn page_of(run: &Value, outcome: &Outcome, hides_logs: bool) -> String {
    let detail = get_run::read(run, &Redaction::of(["hush-hush"]));
    summary(&Report {
        pipeline: 123,
        run: 7,
        link: None,
        outcome,
        detail: &detail,
        tails: &BTreeMap::new(),
        language: Language::English,
        hides_logs,
    })
}

#[test]
fn it_says_what_is_built_why_it_ended_and_what_it_made() {
    let made = json!({"ARTIFACTS": [
        {"artifact": "shop", "type": "dockerImage", "dockerUrl": "registry.example/shop", "dockerTag": "1.4.2"},
        {"name": "report|hush-hush", "url": "https://oss.example/report.zip", "size": 7},
    ]});
    let run = json!({
        "status": "FAIL",
        "globalParams": [
            {"key": "BUILD_REMARK", "value": "[yunxiao-run:0123] shop/backend main@1a2b3c4 by <alice> hush-hush"},
            {"key": "PIPELINE_NAME", "value": "shop|hush-hush"},
            {"key": "BUILD_EXECUTOR", "value": "张三"},
        ],
        "sources": [{"data": {"repo": "https://codeup.aliyun.com/a/b.git", "branch": "release/1",
                              "commint": "0123456789abcdef0123456789abcdef01234567"}}],
        "stages": [{"name": "构建", "stageInfo": {"jobs": [{"id": 1, "name": "job", "status": "SUCCESS",
                    "result": json!({"successful": true, "data": made}).to_string()}]}}],
    });
    let outcome = Outcome::TimedOut {
        run: Run { id: 7, url: "https://flow.aliyun.com/pipelines/123/builds/7".to_owned() },
        limit: Limit::Run,
        most: Duration::from_mins(1),
        stop: Stop::Accepted,
    };
    insta::assert_snapshot!(page_of(&run, &outcome, false), @r"
    ### ❌ Yunxiao run 7: timed out

    Pipeline 123 shop\|\*\*\* · release\/1@0123456 · by 张三

    Remark\: shop\/backend main\@1a2b3c4 by &lt;alice&gt; \*\*\*

    Run 7 did not end within \`timeout\` \(1m00s\)\. The stop request was accepted \(https\:\/\/flow\.aliyun\.com\/pipelines\/123\/builds\/7\)\.

    | Stage | Job | Result | Time |
    |:---|:---|:---|---:|
    | 构建 | job | ✅ success |  |

    Artifacts

    - shop · 1\.4\.2 · registry\.example\/shop · dockerImage
    - [report\|\*\*\*](<https://oss.example/report.zip>)
    ");
    let public = page_of(&run, &outcome, true);
    for private in ["alice", "张三", "registry", "oss.example"] {
        assert!(!public.contains(private), "{private}: {public}");
    }
    assert!(public.contains("Logs of the run are not shown"), "{public}");
    let plain = page_of(&json!({"status": "SUCCESS"}), &failed(), false);
    assert_eq!(plain, "### ❌ Yunxiao run 7: failed\n\nPipeline 123\n");
}

#[test]
fn a_run_that_was_only_started_has_its_link_and_what_that_means() {
    let started = Outcome::Started { run: Run { id: 7, url: String::new() } };
    insta::assert_snapshot!(page_of(&json!({}), &started, false), @r"
    ### ▶️ Yunxiao run 7: started

    Pipeline 123

    The run was started but not followed\: this step\'s success says nothing about the run\'s result
    ");
}

#[test]
fn without_jobs_there_is_no_table() {
    assert!(!page(&[], &BTreeMap::new()).contains('|'));
}

#[test]
fn it_has_a_bound_and_says_what_is_left_out() {
    let jobs: Vec<(&str, &str)> = (0..50).map(|_| ("job", "FAIL")).collect();
    let tails = (1..=50).map(|id| (id, vec!["<".repeat(8 * 1024)])).collect();
    let page = page(&jobs, &tails);
    assert!((LONGEST - 40_000..LONGEST + 100).contains(&page.len()), "{}", page.len());
    assert!(page.ends_with("… 35 more logs / … 另有 35 份日志\n"), "{}", &page[page.len() - 100..]);
}
