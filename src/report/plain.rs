//! A run as text, for hosts that show nothing but a log.

use super::{Report, duration};
use crate::text::Text;

/// The most jobs that are listed.
const MOST_JOBS: usize = 100;

/// The report's lines. What has a width of its own stands in front, so that names of any script can stand behind it.
#[must_use]
pub fn plain(report: &Report<'_>) -> Vec<String> {
    let Report { pipeline, run, link, outcome: Text { english, chinese }, .. } = report;
    let time = report.took().map(|took| format!(", {}", duration(took))).unwrap_or_default();
    let mut lines = vec![format!("Run {run} of pipeline {pipeline}: {english} / {chinese}{time}")];
    lines.extend(link.map(|link| format!("  {link}")));
    let all = report.detail.jobs();
    lines.extend(all.take(MOST_JOBS).map(|(stage, job)| {
        let status = job.status.describe().english;
        let time = job.took().map(duration).unwrap_or_default();
        format!("  {status:<8} {time:>9}  {} > {}", stage.name, job.name)
    }));
    let more = report.detail.jobs().count().saturating_sub(MOST_JOBS);
    if more > 0 {
        lines.push(format!("  … and {more} more / 另有 {more} 个任务"));
    }
    lines
}
