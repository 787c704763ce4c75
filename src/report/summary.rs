//! A run as a page of Markdown, as GitHub shows it beside a job.

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{Report, logs_hidden, time};
use crate::outcome::Outcome;
use crate::sanitize;
use crate::text::{Language, Text, duration, text};
use crate::yunxiao::{Job, RunDetail, Source, Status, Variables};

/// The longest a page may be, in bytes. GitHub takes a mebibyte from one step, what others write included.
const LONGEST: usize = 512 * 1024;

/// How many sources and artifacts are listed, and how long a line of them may be, in characters.
const MOST_SOURCES: usize = 3;
const MOST_ARTIFACTS: usize = 20;
const LONGEST_LINE: usize = 300;

/// The page: how the run ended and why, what it builds, its jobs, the last lines of those that failed, and its artifacts.
pub(crate) fn summary(report: &Report<'_>) -> String {
    let mut page = format!("### {}\n\n{}\n", heading(report), facts(report));
    for paragraph in paragraphs(report) {
        let lines = paragraph.lines().map(escape).collect::<Vec<_>>();
        page.extend(["\n", &lines.join("\\\n"), "\n"]);
    }
    add_jobs(&mut page, report);
    add_logs(&mut page, report);
    if !report.hides_logs {
        add_artifacts(&mut page, report);
    }
    page
}

/// How the run ended, with a link to its page.
fn heading(report: &Report<'_>) -> String {
    let Report { run, link, outcome, language, .. } = report;
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
    let chinese_name = if *language == Language::Chinese { linked(chinese_name) } else { chinese_name };
    let headline = outcome.headline();
    let title = text!("{name}: {headline}", "{chinese_name}：{headline}", headline);
    format!("{sign} {}", title.in_one_line(*language))
}

/// Which pipeline it is, what it builds, how long it took and, unless anyone can read this, who started it.
fn facts(report: &Report<'_>) -> String {
    let Report { pipeline, detail, .. } = report;
    let Variables { pipeline: name, executor, .. } = &detail.variables;
    let name = name.as_ref().map(|name| format!(" {}", escape(name.shown()))).unwrap_or_default();
    let of = format!("{} {pipeline}{name}", words(report, &text!("Pipeline", "流水线")));
    let executor = executor.as_ref().filter(|_| !report.hides_logs);
    let executor = executor.map(|name| format!("{} {}", words(report, &text!("by", "触发人")), escape(name.shown())));
    let facts = [of].into_iter().chain(built(detail)).chain(executor).chain(report.took().map(duration));
    facts.collect::<Vec<_>>().join(" · ")
}

/// The run's remark, why the step ended as it did, and why there are no logs.
fn paragraphs(report: &Report<'_>) -> impl Iterator<Item = String> {
    let Report { detail, outcome, language, hides_logs, .. } = report;
    let remark = detail.remark.as_ref().and_then(|remark| remark.text.as_ref()).filter(|_| !hides_logs);
    let remark = remark.map(|remark| without_marker(remark.shown())).filter(|remark| !remark.is_empty());
    let remark = remark.map(|remark| format!("{}: {remark}", words(report, &text!("Remark", "备注"))));
    // For a run that succeeded or failed, the jobs say everything.
    let is_plain = matches!(outcome, Outcome::Succeeded { .. } | Outcome::Failed { .. });
    let message = (!is_plain).then(|| outcome.message());
    let message = message.map(|text| language.choose(&text.english, &text.chinese, "\n"));
    let hidden = hides_logs.then(|| logs_hidden().in_one_line(*language));
    [remark, message, hidden].into_iter().flatten()
}

/// A table of the run's jobs.
fn add_jobs(page: &mut String, report: &Report<'_>) {
    let mut rows = report.detail.stages.iter().flat_map(|stage| {
        // A stage's name appears once, at its first job.
        let names = std::iter::once(stage.name.shown()).chain(std::iter::repeat(""));
        stage.jobs.iter().zip(names).map(|(job, stage)| {
            let state = words(report, &report.state(job));
            let (stage, name, sign, time) = (escape(stage), escape(job.name.shown()), sign_of(job), time(job));
            format!("| {stage} | {name} | {sign} {state} | {time} |\n")
        })
    });
    let Some(first) = rows.next() else { return };
    let columns = [text!("Stage", "阶段"), text!("Job", "任务"), text!("Result", "结果"), text!("Time", "耗时")];
    let columns = columns.map(|column| words(report, &column));
    page.extend(["\n| ", &columns.join(" | "), " |\n|:---|:---|:---|---:|\n"]);
    let more = |count: usize| text!("… {count} more jobs", "… 另有 {count} 个任务").in_one_line(report.language);
    add(page, std::iter::once(first).chain(rows), more);
}

/// The last lines of the jobs that failed, folded.
fn add_logs(page: &mut String, report: &Report<'_>) {
    let tails = report.detail.jobs().filter_map(|(stage, job)| {
        let tail = report.tails.get(&job.id).filter(|tail| !tail.is_empty())?;
        let [stage, job, tail] = [stage.name.shown(), job.name.shown(), &tail.join("\n")].map(escape_html);
        let last = text!("last lines", "末尾日志").in_one_line(report.language);
        Some(format!(
            "\n<details><summary><b>{stage} › {job}</b>: {last}</summary>\n\n<pre>\n{tail}\n</pre>\n\n</details>\n"
        ))
    });
    add(page, tails, |count| text!("… {count} more logs", "… 另有 {count} 份日志").in_one_line(report.language));
}

/// A list of what the run's jobs say they made.
fn add_artifacts(page: &mut String, report: &Report<'_>) {
    let made: Vec<&Value> = report.detail.jobs().flat_map(|(_, job)| &job.artifacts).flatten().collect();
    if made.is_empty() {
        return;
    }
    page.extend(["\n", &words(report, &text!("Artifacts", "制品")), "\n\n"]);
    page.extend(made.iter().take(MOST_ARTIFACTS).map(|value| artifact(value)));
    let more = made.len().saturating_sub(MOST_ARTIFACTS);
    if more > 0 {
        let more = text!("… {more} more artifacts", "… 另有 {more} 个制品").in_one_line(report.language);
        page.extend(["\n", &more, "\n"]);
    }
}

/// Words of a page. Those of both languages stand side by side.
fn words(report: &Report<'_>, text: &Text) -> String {
    report.language.choose(&text.english, &text.chinese, " ")
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
