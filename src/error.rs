//! Every way to end but well: its exit code, what it means for the run, and what to do, in both languages.

use std::io;
use std::path::PathBuf;

use crate::inputs::Complaint;
use crate::text::{Text, text};
use crate::yunxiao::Cause;

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
    /// Nothing can be sent from this machine: its randomness or its TLS does not work.
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
    /// A run may have been started.
    Unknown {
        /// What happened.
        cause: Cause,
        /// Where the request went.
        host: String,
        /// What the run's remark holds, if there is a run.
        marker: String,
        /// Where the pipeline's runs are listed.
        runs_url: String,
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
}

impl Error {
    /// The exit code; the README's table says what each means.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Arguments | Self::Inputs(_) | Self::OutputFile { .. } => 2,
            Self::NotStarted { cause, .. } if cause.is_about_credentials() => 3,
            Self::NotStarted { .. } | Self::Machine { .. } => 4,
            Self::Unknown { .. } => 5,
            Self::OutputLost { .. } => 9,
        }
    }

    /// The output `status` of this end.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown",
            Self::OutputLost { .. } => "started",
            _ => "",
        }
    }

    /// The request's id, if the service gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::NotStarted { cause, .. } | Self::Unknown { cause, .. } => cause.request_id(),
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
                let (path, kind) = (path.display(), source.kind());
                text!(
                    "The output file {path} can't be opened for appending ({kind}). Nothing was started. Check the \
                     path, and that the container's user may write there.",
                    "无法以追加方式打开输出文件 {path}（{kind}）。没有触发任何运行。请检查路径以及容器用户的写权限。"
                )
            }
            Self::Machine { what } => {
                what.clone().then(&text!("Nothing was started.", "没有触发任何运行。"))
            }
            Self::NotStarted { cause, host, has_security_token } => with_request_id(cause, &cause.describe(host))
                .then(&text!("Certainly nothing was started.", "可以确定没有触发任何运行。"))
                .then(&advice(cause, *has_security_token)),
            Self::Unknown { cause, host, marker, runs_url } => with_request_id(cause, &cause.describe(host)).then(&text!(
                "The request may have started a run, or may yet: it was not sent again. Before running this step again, \
                 look through {runs_url} for a run whose remark (运行备注) holds {marker}.",
                "该请求可能已经触发、也可能稍后触发一次运行，因此没有重发。再次执行本步骤之前，请在 {runs_url} 中查找运行备注含有 {marker} 的运行。"
            )),
            Self::OutputLost { run, url, source } => {
                let kind = source.kind();
                text!(
                    "Run {run} was started ({url}), but the outputs could not be written ({kind}). Don't run this step \
                     again: it would start another.",
                    "运行 {run} 已触发（{url}），但输出未能写入（{kind}）。请勿重新执行本步骤，否则会再触发一次。"
                )
            }
        }
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

fn with_request_id(cause: &Cause, what: &Text) -> Text {
    match cause.request_id() {
        Some(id) => {
            Text::new(format!("{} (request id {id}).", what.english), format!("{}（请求 id {id}）。", what.chinese))
        }
        None => Text::new(format!("{}.", what.english), format!("{}。", what.chinese)),
    }
}

fn advice(cause: &Cause, has_security_token: bool) -> Text {
    match cause {
        Cause::NoAnswer(failure) => failure.advice(),
        Cause::Answer { refusal, .. } => refusal.advice(has_security_token),
    }
}
