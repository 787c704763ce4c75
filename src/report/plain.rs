//! A run as text, for hosts that show nothing but a log.

use super::{Report, time};
use crate::text::{Language, Text, duration, text};

/// The most jobs that are listed.
const MOST_JOBS: usize = 100;

/// The report's lines. Fixed-width columns come first, so names in any script can follow.
pub(crate) fn plain(report: &Report<'_>) -> Vec<String> {
    let Report { pipeline, run, link, .. } = report;
    let (headline, took) = (report.outcome.headline(), report.took().map(duration));
    let after = |comma: &str| took.as_ref().map(|took| format!("{comma}{took}")).unwrap_or_default();
    let (took, used) = (after(", "), after("，"));
    let first = text!(
        "Run {run} of pipeline {pipeline}: {headline}{took}",
        "流水线 {pipeline} 的运行 {run}：{headline}{used}",
        headline
    );
    let mut lines = vec![first.in_one_line(report.language)];
    lines.extend(link.iter().map(|link| format!("  {link}")));
    let jobs: Vec<_> = report.detail.jobs().take(MOST_JOBS).map(|(stage, job)| (stage, job, time(job))).collect();
    let width = jobs.iter().map(|(_, _, time)| time.len()).max().unwrap_or_default();
    lines.extend(jobs.into_iter().map(|(stage, job, time)| {
        let Text { english, chinese } = report.state(job);
        // One of them is enough in a column.
        let state = if report.language == Language::Chinese { chinese } else { english };
        format!("  {state:<8}  {time:>width$}  {} > {}", stage.name, job.name)
    }));
    let more = report.detail.jobs().count().saturating_sub(MOST_JOBS);
    if more > 0 {
        let more = text!("… and {more} more", "另有 {more} 个任务");
        lines.push(format!("  {}", more.in_one_line(report.language)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::tests::{failed, run};
    use super::*;

    fn lines(jobs: &[(&str, &str)]) -> Vec<String> {
        plain(&Report {
            pipeline: 123,
            run: 7,
            link: Some("https://flow.aliyun.com/pipelines/123/builds/7".to_owned()),
            outcome: &failed(),
            detail: &run(jobs),
            tails: &BTreeMap::new(),
            language: Language::Both,
            hides_logs: false,
        })
    }

    #[test]
    fn it_has_a_link_and_a_line_for_each_job() {
        let jobs = [("编译", "SUCCESS"), ("test", "FAIL"), ("later", "SKIP"), ("deploy", "WAITING")];
        insta::assert_snapshot!(lines(&jobs).join("\n"), @"
        Run 7 of pipeline 123: failed, 7s / 流水线 123 的运行 7：失败，7s
          https://flow.aliyun.com/pipelines/123/builds/7
          success   3s  构建 > 编译
          failed    4s  构建 > test
          skipped       构建 > later
          not run       构建 > deploy
        ");
    }

    #[test]
    fn it_has_a_bound_and_says_what_is_left_out() {
        let lines = lines(&[("job", "SUCCESS"); 150]);
        assert_eq!(lines.len(), 103);
        assert_eq!(lines[102], "  … and 50 more / 另有 50 个任务");
    }
}
