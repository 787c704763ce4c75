//! A run as text, for hosts that show nothing but a log.

use super::{Report, time};
use crate::text::{Text, duration};

/// The most jobs that are listed.
const MOST_JOBS: usize = 100;

/// The report's lines. What has a width of its own stands in front, so that names of any script can stand behind it.
pub(crate) fn plain(report: &Report<'_>) -> Vec<String> {
    let Report { pipeline, run, link, .. } = report;
    let Text { english, chinese } = report.outcome.headline();
    let took = report.took().map(|took| format!(", {}", duration(took))).unwrap_or_default();
    let mut lines = vec![format!("Run {run} of pipeline {pipeline}: {english} / {chinese}{took}")];
    lines.extend(link.iter().map(|link| format!("  {link}")));
    let jobs: Vec<_> = report.detail.jobs().take(MOST_JOBS).map(|(stage, job)| (stage, job, time(job))).collect();
    let width = jobs.iter().map(|(_, _, time)| time.len()).max().unwrap_or_default();
    lines.extend(jobs.into_iter().map(|(stage, job, time)| {
        let state = report.state(job).english;
        format!("  {state:<8}  {time:>width$}  {} > {}", stage.name, job.name)
    }));
    let more = report.detail.jobs().count().saturating_sub(MOST_JOBS);
    if more > 0 {
        lines.push(format!("  … and {more} more / 另有 {more} 个任务"));
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
        })
    }

    #[test]
    fn it_has_a_link_and_a_line_for_each_job() {
        let jobs = [("编译", "SUCCESS"), ("test", "FAIL"), ("later", "SKIP"), ("deploy", "WAITING")];
        insta::assert_snapshot!(lines(&jobs).join("\n"), @"
        Run 7 of pipeline 123: failed / 失败, 7s
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
