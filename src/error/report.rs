//! The words for every end: what happened, what it means for the run, and what to do, in both languages.

use super::{Deed, Ending, Error, Interruption, Refused, Run, Unrecognised};
use crate::inputs::Complaint;
use crate::run::Stop;
use crate::run::cancel::Signal;
use crate::run::follow::state::Limit;
use crate::text::{Text, duration, text};
use crate::yunxiao::{Cause, Source};

/// The most candidates, failed jobs and sources that are listed.
const MOST_LISTED: usize = 10;

impl Error {
    /// What happened, what it means for the run, and what to do.
    #[must_use]
    pub fn report(&self) -> Text {
        match self {
            Self::Arguments => text!(
                "This program takes no arguments, only environment variables (see --help). Nothing was started.",
                "本程序不接受命令行参数，只读取环境变量（见 --help）。没有触发任何运行。"
            ),
            Self::Inputs(complaints) => inputs(complaints),
            Self::OutputFile { path, source } => {
                let path = path.display();
                text!(
                    "The output file {path} can't be opened for appending ({source}). Nothing was started. Check the \
                     path, and that the container's user may write there.",
                    "无法以追加方式打开输出文件 {path}（{source}）。没有触发任何运行。请检查路径以及容器用户的写权限。"
                )
            }
            Self::Machine { what } => what.clone().then(&text!("Nothing was started.", "没有触发任何运行。")),
            Self::Refused { deed, refusal, .. } => refusal.report(&deed.undone()),
            Self::NoIdentity { deed, what, .. } => what.clone().then(&deed.undone()),
            Self::Unknown { cause, host, refused, unrecognised } => {
                let report = what_happened(cause, host).then(&text!(
                    "The request may have started a run, or may yet; it was not sent again, and no run could be \
                     recognised.",
                    "该请求可能已经触发了一次运行，也可能稍后才触发，因此没有重发；查找后仍未能识别出对应的运行。"
                ));
                let report = match refused {
                    None => report,
                    Some(cause) => report
                        .then(&text!("Reading the runs was refused:", "读取运行列表被拒绝："))
                        .then(&what_happened(cause, host)),
                };
                report.then(&unrecognised.advice())
            }
            Self::StopLost { cause, host, run: Run { id, url } } => what_happened(cause, host).then(&text!(
                "Run {id} may have been stopped or not: look at {url}, or run this step again, which is safe.",
                "无法确定运行 {id} 是否已停止：请查看 {url}，或重新执行本步骤（可以安全重复）。"
            )),
            Self::OutputLost { deed, run: Run { id, url }, source } => {
                let kind = source.kind();
                match deed {
                    Deed::Start => text!(
                        "Run {id} was started ({url}), but the outputs could not be written ({kind}). Don't run this \
                         step again: it would start another.",
                        "运行 {id} 已触发（{url}），但输出未能写入（{kind}）。请勿重新执行本步骤，否则会再触发一次。"
                    ),
                    Deed::Follow => text!(
                        "Run {id} came to its end as asked ({url}), but the outputs could not be written ({kind}).",
                        "运行 {id} 已按要求结束（{url}），但输出未能写入（{kind}）。"
                    ),
                    Deed::Stop => text!(
                        "The stop of run {id} was accepted ({url}), but the outputs could not be written ({kind}).",
                        "已接受停止运行 {id} 的请求（{url}），但输出未能写入（{kind}）。"
                    ),
                }
            }
            Self::Followed { run, ending } => ending.report(run),
            Self::Interrupted { signal, interruption } => interruption.report(*signal),
        }
    }

    /// The end of a run that was followed, in a word or two.
    #[must_use]
    pub fn outcome(&self) -> Text {
        match self {
            Self::Followed { ending, .. } => match ending {
                Ending::Failed { .. } => text!("failed", "失败"),
                Ending::Canceled => text!("canceled", "已取消"),
                Ending::AtGate => text!("at a manual gate", "停在人工卡点"),
                Ending::TimedOut { .. } => text!("timed out", "超时"),
                Ending::OtherCommit { .. } => text!("built another commit", "构建的不是指定的提交"),
                Ending::CommitNotShown { .. } => text!("commit not confirmed", "未能确认提交"),
                Ending::Lost(_) => text!("out of sight", "无法读取状态"),
            },
            Self::Interrupted { .. } => text!("this step was cancelled", "本步骤被取消"),
            _ => text!("unknown", "未知"),
        }
    }
}

impl Deed {
    /// What it means that certainly nothing was done.
    fn undone(self) -> Text {
        match self {
            Self::Start => text!("Certainly nothing was started.", "可以确定没有触发任何运行。"),
            Self::Follow | Self::Stop => text!("Nothing was changed.", "没有做任何更改。"),
        }
    }
}

impl Refused {
    /// What happened, what it means, and what to do.
    fn report(&self, meaning: &Text) -> Text {
        let advice = match &self.cause {
            Cause::NoAnswer(failure) => failure.advice(),
            Cause::Answer { refusal, .. } => refusal.advice(self.has_security_token),
        };
        what_happened(&self.cause, &self.host).then(meaning).then(&advice)
    }
}

impl Ending {
    fn report(&self, run: &Run) -> Text {
        let Run { id, url } = run;
        match self {
            Self::Failed { jobs } if jobs.is_empty() => text!("Run {id} failed: {url}", "运行 {id} 失败：{url}"),
            Self::Failed { jobs } => {
                let list = list(jobs);
                text!("Run {id} failed: {url}{list}", "运行 {id} 失败：{url}{list}")
            }
            Self::Canceled => text!(
                "Run {id} was cancelled or skipped on the Yunxiao side: {url}",
                "运行 {id} 在云效侧被取消或跳过：{url}"
            ),
            Self::AtGate => text!(
                "Run {id} stands at a manual gate (人工卡点), and `on-gate` is `fail`: let it pass, or refuse it, at {url}",
                "运行 {id} 停在人工卡点，而 `on-gate` 设为 `fail`：请到 {url} 处理卡点"
            ),
            Self::TimedOut { limit, most, stop } => {
                let most = duration(*most);
                let report = match limit {
                    Limit::Queue => text!(
                        "Run {id} has not begun within `queue-timeout` ({most}): there may be no free runner.",
                        "运行 {id} 未能在 `queue-timeout`（{most}）内开始：可能没有空闲的构建机。"
                    ),
                    Limit::Run => text!(
                        "Run {id} has not ended within `timeout` ({most}).",
                        "运行 {id} 未能在 `timeout`（{most}）内结束。"
                    ),
                };
                report.then(&stop_of_ours(run, stop))
            }
            Self::OtherCommit { expected, built, stop } => {
                let list = list(&built.iter().map(built_from).collect::<Vec<_>>());
                text!(
                    "Run {id} does not build commit {expected}, which `expect-commit` asks for. The repository that \
                     Yunxiao builds is probably behind (代码库镜像未同步): synchronise it, and run this step again.",
                    "运行 {id} 构建的不是 `expect-commit` 指定的提交 {expected}。很可能是代码库镜像未同步：请先同步代码库，再重新执行本步骤。"
                )
                .then(&stop_of_ours(run, stop))
                .then(&text!("It builds:{list}", "它构建的是：{list}"))
            }
            Self::CommitNotShown { expected } => text!(
                "Not all sources of run {id} show which commit is built, and none shows {expected}: look at {url}",
                "运行 {id} 的代码源没有全部显示所构建的提交，也没有代码源显示 {expected}：请查看 {url}"
            ),
            Self::Lost(refused) => refused.report(&text!(
                "Run {id} can no longer be followed; this step has not changed it: look at {url} .",
                "无法继续跟踪运行 {id}，本步骤没有对它做任何更改：请查看 {url} 。"
            )),
        }
    }
}

/// What became of a run that this step wanted to end, or not.
fn stop_of_ours(Run { url, .. }: &Run, stop: &Stop) -> Text {
    match stop {
        Stop::Untried => text!("It was left as it is ({url}).", "运行保持原样（{url}）。"),
        Stop::Sent => text!(
            "Its stop was sent, and nobody can say whether it was accepted: look at it ({url}).",
            "已发出停止请求，但无法确定是否被接受：请查看（{url}）。"
        ),
        Stop::Accepted => text!("Its stop was accepted ({url}).", "停止请求已被接受（{url}）。"),
        Stop::Ended(_) => text!("It had ended already ({url}).", "该运行此前已经结束（{url}）。"),
        Stop::Refused(cause) => what_happened(cause, "Yunxiao").then(&text!(
            "So it could not be stopped: stop it yourself ({url}).",
            "因此未能停止：请手动停止（{url}）。"
        )),
    }
}

fn built_from(source: &Source) -> String {
    let Source { repository, reference, commits } = source;
    format!("{repository} {} {}", reference.as_deref().unwrap_or("?"), commits.join(" "))
}

/// Items, a line each.
fn list<S: AsRef<str>>(items: &[S]) -> String {
    let mut list: String = items.iter().take(MOST_LISTED).flat_map(|item| ["\n  ", item.as_ref()]).collect();
    if items.len() > MOST_LISTED {
        list += "\n  …";
    }
    list
}

impl Interruption {
    fn report(&self, signal: Signal) -> Text {
        let name = signal.name();
        let report = text!("The step was cancelled by {name}.", "本步骤被 {name} 取消。");
        report.then(&match self {
            Self::Nothing => text!("Certainly nothing was started.", "可以确定没有触发任何运行。"),
            Self::Unknown(unrecognised) => text!(
                "The request may have started a run, or may yet, and no run could be recognised in the time left.",
                "请求可能已经触发了一次运行，也可能稍后才触发；在剩余时间内未能识别出对应的运行。"
            )
            .then(&unrecognised.advice()),
            Self::Run { run: Run { id, url }, host, stop, asked } => match (stop, asked) {
                (Stop::Accepted, _) => text!(
                    "Run {id} is known, and its stop was accepted: {url}",
                    "运行 {id} 已知，停止请求已被接受：{url}"
                ),
                (Stop::Ended(_), _) => {
                    text!("Run {id} is known, and had ended already: {url}", "运行 {id} 已知，且此前已经结束：{url}")
                }
                (Stop::Sent, _) => text!(
                    "Run {id} is known; its stop was sent, and nobody can say whether it was accepted: look at {url}",
                    "运行 {id} 已知；停止请求已发出，但无法确定是否被接受：请查看 {url}"
                ),
                (Stop::Refused(cause), _) => what_happened(cause, host).then(&text!(
                    "Run {id} could not be stopped: stop it at {url}",
                    "运行 {id} 未能停止：请到 {url} 手动停止"
                )),
                (Stop::Untried, true) => text!(
                    "Run {id} is known and goes on, since `on-cancel` is `leave`: {url}",
                    "运行 {id} 已知，因为 `on-cancel` 为 `leave`，它会继续运行：{url}"
                ),
                (Stop::Untried, false) => text!(
                    "Run {id} was started and could not be stopped in time: stop it at {url}",
                    "运行 {id} 已触发，但未能及时停止：请到 {url} 手动停止"
                ),
            },
        })
    }
}

impl Unrecognised {
    fn advice(&self) -> Text {
        let Self { marker, runs_url, candidates } = self;
        let advice = text!(
            "Before running this step again, look through {runs_url} for a run whose remark (运行备注) holds {marker}.",
            "再次执行本步骤之前，请在 {runs_url} 中查找运行备注含有 {marker} 的运行。"
        );
        if candidates.is_empty() {
            return advice;
        }
        let (count, list) = (candidates.len(), list(candidates));
        advice.then(&text!(
            "Of the latest runs, {count} may be it:{list}",
            "最近的运行中，有 {count} 个可能是本步骤触发的：{list}"
        ))
    }
}

fn inputs(complaints: &[Complaint]) -> Text {
    let count = complaints.len();
    let (english, chinese): (Vec<_>, Vec<_>) = complaints
        .iter()
        .map(|Complaint { input, rule }| {
            (format!("\n  {input}: {}", rule.english), format!("\n  {input}：{}", rule.chinese))
        })
        .unzip();
    let (inputs, are) = if count == 1 { ("input", "is") } else { ("inputs", "are") };
    Text::new(
        format!("{count} {inputs} {are} missing or wrong. Nothing was started.{}", english.concat()),
        format!("有 {count} 处输入缺失或有误，没有触发任何运行。{}", chinese.concat()),
    )
}

fn what_happened(cause: &Cause, host: &str) -> Text {
    let Text { english, chinese } = cause.describe(host);
    match cause.request_id() {
        Some(id) => text!("{english} (request id {id}).", "{chinese}（请求 id {id}）。"),
        None => text!("{english}.", "{chinese}。"),
    }
}
