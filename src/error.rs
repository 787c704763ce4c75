//! Every way to end but well: its exit code, what it means for the run, and what to do, in both languages.

use std::io;
use std::path::PathBuf;

use crate::inputs::Complaint;
use crate::run::Stop;
use crate::run::cancel::Signal;
use crate::text::{Text, text};
use crate::yunxiao::Cause;

/// The most candidates that are listed.
const MOST_CANDIDATES: usize = 10;

/// Why the program ends without having done all it was asked for.
#[derive(Debug)]
pub enum Error {
    /// The program was called with arguments.
    Arguments,
    /// Inputs are missing or wrong.
    Inputs(Vec<Complaint>),
    /// The output file can't be opened.
    OutputFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing can be sent from this machine: its randomness, its signals or its TLS do not work.
    Machine {
        /// What does not work.
        what: Text,
    },
    /// Certainly no run was started.
    NotStarted {
        /// What happened.
        cause: Cause,
        /// Where the request was to go.
        host: String,
        /// Whether the credentials were temporary ones.
        has_security_token: bool,
    },
    /// A run may have been started, and none could be recognised.
    Unknown {
        /// What happened.
        cause: Cause,
        /// Where the request went.
        host: String,
        /// Why the runs could not be read, if that was refused.
        refused: Option<Cause>,
        /// What to look for, and where.
        unrecognised: Unrecognised,
    },
    /// The run that was to be stopped goes on, or does not exist.
    NotStopped {
        /// What happened.
        cause: Cause,
        /// Where the request was to go.
        host: String,
        /// Whether the credentials were temporary ones.
        has_security_token: bool,
        /// The run's id.
        run: u64,
    },
    /// Nobody can say whether the run was stopped.
    StopLost {
        /// What happened.
        cause: Cause,
        /// Where the request went.
        host: String,
        /// The run's id.
        run: u64,
        /// The run's page.
        url: String,
    },
    /// A run was started, but an output could not be written.
    OutputLost {
        /// The run's id.
        run: u64,
        /// The run's page.
        url: String,
        /// What the system said.
        source: io::Error,
    },
    /// A run was stopped, but an output could not be written.
    StopOutputLost {
        /// The run's id.
        run: u64,
        /// The run's page.
        url: String,
        /// What the system said.
        source: io::Error,
    },
    /// The step was cancelled.
    Interrupted {
        /// The first signal.
        signal: Signal,
        /// What is known of the run.
        interruption: Interruption,
    },
}

/// What to look for where a run could not be recognised.
#[derive(Debug)]
pub struct Unrecognised {
    /// What its remark holds, if there is a run.
    pub marker: String,
    /// Where the pipeline's runs are listed.
    pub runs_url: String,
    /// The pages of runs that may be it, the newest first.
    pub candidates: Vec<String>,
}

/// What is known of the run when the step was cancelled.
#[derive(Debug)]
pub enum Interruption {
    /// Certainly nothing was started.
    Nothing,
    /// A run may have been started.
    Unknown(Unrecognised),
    /// The run is known.
    Run {
        /// The run's id.
        run: u64,
        /// The run's page.
        url: String,
        /// The service's host.
        host: String,
        /// What became of stopping it.
        stop: Stop,
        /// Whether it was asked to be left.
        asked: bool,
    },
}

impl Error {
    /// The exit code; the README's table says what each means.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Arguments | Self::Inputs(_) | Self::OutputFile { .. } => 2,
            Self::NotStarted { cause, .. } | Self::NotStopped { cause, .. } if cause.is_about_credentials() => 3,
            Self::NotStarted { .. } | Self::NotStopped { .. } | Self::Machine { .. } => 4,
            Self::Unknown { .. } => 5,
            Self::OutputLost { .. } | Self::StopOutputLost { .. } => 9,
            Self::StopLost { .. } => 10,
            Self::Interrupted { signal, .. } => signal.exit_code(),
        }
    }

    /// The output `status` of this end.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Unknown { .. } | Self::StopLost { .. } => "unknown",
            Self::Interrupted { interruption, .. } => match interruption {
                Interruption::Nothing => "",
                Interruption::Unknown(_) => "unknown",
                Interruption::Run { stop, .. } => match stop {
                    Stop::Accepted => "canceled",
                    Stop::Ended(status) => status.word(),
                    Stop::Untried | Stop::Refused(_) => "started",
                    Stop::Sent => "unknown",
                },
            },
            _ => "",
        }
    }

    /// The run's id, if it is known.
    #[must_use]
    pub fn run(&self) -> Option<u64> {
        match self {
            Self::OutputLost { run, .. }
            | Self::StopOutputLost { run, .. }
            | Self::StopLost { run, .. }
            | Self::NotStopped { run, .. }
            | Self::Interrupted { interruption: Interruption::Run { run, .. }, .. } => Some(*run),
            _ => None,
        }
    }

    /// The request's id, if the service gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::NotStarted { cause, .. }
            | Self::Unknown { cause, .. }
            | Self::NotStopped { cause, .. }
            | Self::StopLost { cause, .. } => cause.request_id(),
            _ => None,
        }
    }

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
            Self::NotStarted { cause, host, has_security_token } => what_happened(cause, host)
                .then(&text!("Certainly nothing was started.", "可以确定没有触发任何运行。"))
                .then(&advice(cause, *has_security_token)),
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
            Self::NotStopped { cause, host, has_security_token, .. } => what_happened(cause, host)
                .then(&text!("Nothing was changed.", "没有做任何更改。"))
                .then(&advice(cause, *has_security_token)),
            Self::StopLost { cause, host, run, url } => what_happened(cause, host).then(&text!(
                "Run {run} may have been stopped or not: look at {url}, or run this step again, which is safe.",
                "无法确定运行 {run} 是否已停止：请查看 {url}，或重新执行本步骤（可以安全重复）。"
            )),
            Self::OutputLost { run, url, source } => {
                let kind = source.kind();
                text!(
                    "Run {run} was started ({url}), but the outputs could not be written ({kind}). Don't run this step \
                     again: it would start another.",
                    "运行 {run} 已触发（{url}），但输出未能写入（{kind}）。请勿重新执行本步骤，否则会再触发一次。"
                )
            }
            Self::StopOutputLost { run, url, source } => {
                let kind = source.kind();
                text!(
                    "The stop of run {run} was accepted ({url}), but the outputs could not be written ({kind}).",
                    "已接受停止运行 {run} 的请求（{url}），但输出未能写入（{kind}）。"
                )
            }
            Self::Interrupted { signal, interruption } => interruption.report(*signal),
        }
    }
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
            Self::Run { run, url, stop: Stop::Accepted, .. } => {
                text!(
                    "Run {run} is known, and its stop was accepted: {url}",
                    "运行 {run} 已知，停止请求已被接受：{url}"
                )
            }
            Self::Run { run, url, stop: Stop::Ended(_), .. } => {
                text!("Run {run} is known, and had ended already: {url}", "运行 {run} 已知，且此前已经结束：{url}")
            }
            Self::Run { run, url, stop: Stop::Sent, .. } => text!(
                "Run {run} is known; its stop was sent, and nobody can say whether it was accepted: look at {url}",
                "运行 {run} 已知；停止请求已发出，但无法确定是否被接受：请查看 {url}"
            ),
            Self::Run { run, url, host, stop: Stop::Refused(cause), .. } => what_happened(cause, host).then(&text!(
                "Run {run} could not be stopped: stop it at {url}",
                "运行 {run} 未能停止：请到 {url} 手动停止"
            )),
            Self::Run { run, url, stop: Stop::Untried, asked: true, .. } => text!(
                "Run {run} was started and goes on, as `on-cancel` asks: {url}",
                "运行 {run} 已触发，按 `on-cancel` 的要求继续运行：{url}"
            ),
            Self::Run { run, url, stop: Stop::Untried, asked: false, .. } => text!(
                "Run {run} was started and could not be stopped in time: stop it at {url}",
                "运行 {run} 已触发，但未能及时停止：请到 {url} 手动停止"
            ),
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
        let list: String = candidates.iter().take(MOST_CANDIDATES).flat_map(|url| ["\n  ", url]).collect();
        let count = candidates.len();
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

fn advice(cause: &Cause, has_security_token: bool) -> Text {
    match cause {
        Cause::NoAnswer(failure) => failure.advice(),
        Cause::Answer { refusal, .. } => refusal.advice(has_security_token),
    }
}
