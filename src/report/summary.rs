//! A run as a page of Markdown, as GitHub shows it beside a job.

use serde_json::Value;

use super::{Report, logs_hidden, time};
use crate::outcome::Outcome;
use crate::sanitize;
use crate::text::{Language, Text, duration, text};
use crate::yunxiao::{Job, RunDetail, Source, Status};

/// The longest a page may be, in bytes. GitHub takes a mebibyte from one step, what others write included.
const LONGEST: usize = 512 * 1024;

/// How many sources and artifacts are listed, and how long a line of them may be, in characters.
const MOST_SOURCES: usize = 3;
const MOST_ARTIFACTS: usize = 20;
const LONGEST_LINE: usize = 300;

/// The page: what the run came to and why, what it builds, its jobs, the last lines of those that failed, and what it made.
pub(crate) fn summary(report: &Report<'_>) -> String {
    let Report { pipeline, run, link, outcome, .. } = report;
    let headline = outcome.headline();
    // Two words for one thing stand side by side.
    let words = |text: &Text| report.language.choose(&text.english, &text.chinese, " ");
    let sign = match outcome {
        Outcome::AtGate { .. } | Outcome::Blocked { .. } => "⏸️",
        Outcome::Lost { .. } | Outcome::Cancelled { .. } => "⚠️",
        Outcome::Started { .. } | Outcome::Retried { .. } => "▶️",
        outcome if outcome.is_good() || matches!(outcome, Outcome::OutputLost { .. }) => "✅",
        _ => "❌",
    };
    let linked = |name: String| link.as_ref().map_or(name.clone(), |link| format!("[{name}]({link})"));
    let (name, chinese_name) = (linked(format!("Yunxiao run {run}")), format!("云效运行 {run}"));
    // One link is enough.
    let chinese_name = if report.language == Language::Chinese { linked(chinese_name) } else { chinese_name };
    let title = text!("{name}: {headline}", "{chinese_name}：{headline}", headline).in_one_line(report.language);
    let of = format!("{} {pipeline}", words(&text!("Pipeline", "流水线")));
    let facts = [of].into_iter().chain(built(report.detail)).chain(report.took().map(duration));
    let mut page = format!("### {sign} {title}\n\n{}\n", facts.collect::<Vec<_>>().join(" · "));
    let remark = report.detail.remark.as_ref().and_then(|remark| remark.text.as_ref());
    let remark = remark.map(|remark| without_marker(remark.shown())).filter(|remark| !remark.is_empty());
    let remark = remark.map(|remark| format!("{}: {remark}", words(&text!("Remark", "备注"))));
    // For a run that succeeded or failed, the jobs say everything.
    let is_plain = matches!(outcome, Outcome::Succeeded { .. } | Outcome::Failed { .. });
    let message =
        (!is_plain).then(|| outcome.message()).map(|text| report.language.choose(&text.english, &text.chinese, "\n"));
    let hidden = report.hides_logs.then(|| logs_hidden().in_one_line(report.language));
    for paragraph in [remark, message, hidden].into_iter().flatten() {
        let lines = paragraph.lines().map(escape).collect::<Vec<_>>();
        page.extend(["\n", &lines.join("\\\n"), "\n"]);
    }
    let mut rows = report.detail.stages.iter().flat_map(|stage| {
        // A stage's name appears once, at its first job.
        let names = std::iter::once(stage.name.shown()).chain(std::iter::repeat(""));
        stage.jobs.iter().zip(names).map(|(job, stage)| {
            let state = words(&report.state(job));
            let (stage, name, sign, time) = (escape(stage), escape(job.name.shown()), sign_of(job), time(job));
            format!("| {stage} | {name} | {sign} {state} | {time} |\n")
        })
    });
    if let Some(first) = rows.next() {
        let columns = [text!("Stage", "阶段"), text!("Job", "任务"), text!("Result", "结果"), text!("Time", "耗时")];
        page.extend(["\n| ", &columns.map(|column| words(&column)).join(" | "), " |\n|:---|:---|:---|---:|\n"]);
        let more = |count: usize| text!("… {count} more jobs", "… 另有 {count} 个任务").in_one_line(report.language);
        add(&mut page, std::iter::once(first).chain(rows), more);
    }
    let tails = report.detail.jobs().filter_map(|(stage, job)| {
        let tail = report.tails.get(&job.id).filter(|tail| !tail.is_empty())?;
        let [stage, job, tail] = [stage.name.shown(), job.name.shown(), &tail.join("\n")].map(escape_html);
        let last = text!("last lines", "末尾日志").in_one_line(report.language);
        Some(format!(
            "\n<details><summary><b>{stage} › {job}</b>: {last}</summary>\n\n<pre>\n{tail}\n</pre>\n\n</details>\n"
        ))
    });
    add(&mut page, tails, |count| text!("… {count} more logs", "… 另有 {count} 份日志").in_one_line(report.language));
    let made: Vec<String> = report.detail.jobs().flat_map(|(_, job)| &job.artifacts).flatten().map(artifact).collect();
    if !made.is_empty() {
        page.extend(["\n", &words(&text!("Artifacts", "制品")), "\n\n"]);
        page.extend(made.iter().take(MOST_ARTIFACTS).map(String::as_str));
        let more = made.len().saturating_sub(MOST_ARTIFACTS);
        if more > 0 {
            let more = text!("… {more} more artifacts", "… 另有 {more} 个制品").in_one_line(report.language);
            page.extend(["\n", &more, "\n"]);
        }
    }
    page
}

/// A remark as its author wrote it.
fn without_marker(remark: &str) -> &str {
    let rest = remark.strip_prefix("[yunxiao-run:").and_then(|rest| rest.split_once(']'));
    rest.map_or(remark, |(_, rest)| rest).trim()
}

/// What the run builds: of each source its branch or tag and its commit.
fn built(run: &RunDetail) -> Option<String> {
    let short = |commit: &String| commit.chars().take(7).collect::<String>();
    let of = |reference: Option<String>, commit: Option<String>| {
        let parts: Vec<_> = [reference, commit].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("@"))
    };
    let variables = &run.variables;
    let sources: Vec<_> = if variables.integrated.is_empty() {
        let of_source = |(index, source): (usize, &Source)| {
            // The run's own variables are surer than what its source is configured to be.
            let reference =
                variables.reference.as_ref().filter(|_| run.sources.len() == 1).or(source.reference.as_ref());
            let commit = source.commit.as_ref().or_else(|| variables.commits.get(index).map(|(_, commit)| commit));
            of(reference.map(|reference| escape(reference.shown())), commit.map(short))
        };
        run.sources.iter().enumerate().filter_map(of_source).collect()
    } else {
        variables
            .integrated
            .iter()
            .filter_map(|(name, commit)| of(Some(escape(name.shown())), commit.as_ref().map(short)))
            .collect()
    };
    let more = if sources.len() > MOST_SOURCES { ", …" } else { "" };
    let shown = sources.into_iter().take(MOST_SOURCES).collect::<Vec<_>>().join(", ");
    (!shown.is_empty()).then(|| shown + more)
}

/// An artifact as an item of a list: its name, as a link if it has an address, and what else the service says of it.
fn artifact(artifact: &Value) -> String {
    let members = || artifact.as_object().into_iter().flatten();
    let texts = || members().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    let of = |names: &[&str]| names.iter().find_map(|name| texts().find(|(key, _)| key == name)).map(|(_, text)| text);
    let is_unfit = |character: char| character.is_whitespace() || "<>\\".contains(character);
    let is_address = |text: &str| text.starts_with("https://") && !text.contains(is_unfit);
    let name = of(&["artifact", "name", "artifactName", "packageName"]).unwrap_or("?");
    let address = texts().map(|(_, text)| text).find(|text| is_address(text));
    let shown = |text: &str| escape(&sanitize::cut(sanitize::in_one_line(text), LONGEST_LINE));
    let title = address
        .map_or_else(|| shown(name), |address| format!("[{}](<{}>)", shown(name), sanitize::in_one_line(address)));
    let rest = texts().map(|(_, text)| text).filter(|text| *text != name && Some(*text) != address);
    let parts: Vec<_> = [title].into_iter().chain(rest.map(shown)).collect();
    format!("- {}\n", parts.join(" · "))
}

/// Adds as many parts as there is room for, and says how many there was none for.
fn add(page: &mut String, parts: impl Iterator<Item = String>, more: impl Fn(usize) -> String) {
    let mut left_out = 0;
    for part in parts {
        if left_out > 0 || page.len() + part.len() > LONGEST {
            left_out += 1;
        } else {
            *page += &part;
        }
    }
    if left_out > 0 {
        page.extend(["\n", &more(left_out), "\n"]);
    }
}

fn sign_of(job: &Job) -> &'static str {
    match job.status {
        _ if job.blocker.is_some() => "⏸️",
        Status::Succeeded => "✅",
        Status::Failed => "❌",
        Status::Canceled | Status::Stopping => "🚫",
        Status::Skipped => "⏭️",
        Status::Running | Status::Unknown => "🔄",
        Status::Waiting => "⚪️",
    }
}

/// A name in a cell: characters that mean something in Markdown or HTML mean themselves.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_ascii_punctuation() && !"&<>".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escape_html(&escaped)
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use serde_json::json;

    use super::super::tests::{failed, run};
    use super::*;
    use crate::outcome::{Limit, Run, Stop};
    use crate::redaction::Redaction;
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
            "globalParams": [{"key": "BUILD_REMARK", "value": "[yunxiao-run:0123] shop/backend main@1a2b3c4 by <alice> hush-hush"}],
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
        insta::assert_snapshot!(page_of(&run, &outcome, true), @r"
        ### ❌ Yunxiao run 7: timed out

        Pipeline 123 · release\/1@0123456

        Remark\: shop\/backend main\@1a2b3c4 by &lt;alice&gt; \*\*\*

        Run 7 did not end within \`timeout\` \(1m00s\)\. The stop request was accepted \(https\:\/\/flow\.aliyun\.com\/pipelines\/123\/builds\/7\)\.

        Logs of the run are not shown\: this CI project is or may be public \(\`logs\: failed\` shows them\)

        | Stage | Job | Result | Time |
        |:---|:---|:---|---:|
        | 构建 | job | ✅ success |  |

        Artifacts

        - shop · 1\.4\.2 · registry\.example\/shop · dockerImage
        - [report\|\*\*\*](<https://oss.example/report.zip>)
        ");
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
}
