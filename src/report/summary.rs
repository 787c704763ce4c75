//! A run as a page of Markdown, as GitHub shows it beside a job.

use super::{Report, time};
use crate::outcome::Outcome;
use crate::text::{Language, Text, duration, text};
use crate::yunxiao::{Job, Status};

/// The longest a page may be, in bytes. GitHub takes a mebibyte from one step, what others write included.
const LONGEST: usize = 512 * 1024;

/// The page: what the run came to, its jobs, and the last lines of those that failed.
pub(crate) fn summary(report: &Report<'_>) -> String {
    let Report { pipeline, run, link, outcome, .. } = report;
    let headline = outcome.headline();
    // Two words for one thing stand side by side.
    let words = |text: &Text| report.language.choose(&text.english, &text.chinese, " ");
    let sign = match outcome {
        Outcome::AtGate { .. } | Outcome::Blocked { .. } => "⏸️",
        Outcome::Lost { .. } | Outcome::Cancelled { .. } => "⚠️",
        outcome if outcome.is_good() || matches!(outcome, Outcome::OutputLost { .. }) => "✅",
        _ => "❌",
    };
    let took = report.took().map(|took| format!(" · {}", duration(took))).unwrap_or_default();
    let linked = |name: String| link.as_ref().map_or(name.clone(), |link| format!("[{name}]({link})"));
    let (name, chinese_name) = (linked(format!("Yunxiao run {run}")), format!("云效运行 {run}"));
    // One link is enough.
    let chinese_name = if report.language == Language::Chinese { linked(chinese_name) } else { chinese_name };
    let title = text!("{name}: {headline}", "{chinese_name}：{headline}", headline).in_one_line(report.language);
    let of = words(&text!("Pipeline", "流水线"));
    let mut page = format!("### {sign} {title}\n\n{of} {pipeline}{took}\n");
    let mut rows = report.detail.stages.iter().flat_map(|stage| {
        // A stage's name stands once, at its first job.
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
    page
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

    use super::super::tests::{failed, run};
    use super::*;

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
    fn it_is_in_one_language_if_that_is_asked_for() {
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
