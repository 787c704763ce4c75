//! What there is to say of a run that is followed: a line for each change.

use std::time::Duration;

use crate::text::{Text, duration, text};
use crate::yunxiao::Status;

/// Something worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Queued,
    Job {
        stage: String,
        job: String,
        status: Status,
        took: Option<Duration>,
        /// Whether it had ended before: somebody has retried it.
        is_again: bool,
    },
    Gate {
        stage: String,
        job: String,
    },
    /// Somebody has cancelled the run.
    Stopping,
    /// The service used a word for a status that no document has.
    UnknownWord(String),
    ContactLost,
    ContactRestored,
}

impl Event {
    pub fn text(&self) -> Text {
        match self {
            Self::Queued => text!("Queued: waiting for the first job", "排队中：等待第一个任务开始"),
            Self::Job { stage, job, status, took, is_again } => {
                let status = status.describe();
                let took = took.map(duration).map(|took| format!(" ({took})")).unwrap_or_default();
                let (again, once_more) = if *is_again { (" again", "再次") } else { ("", "") };
                text!("{stage} > {job}: {status}{again}{took}", "{once_more}{status}", status)
            }
            Self::Gate { stage, job } => {
                text!("{stage} > {job}: waiting for approval at this manual gate", "等待人工卡点审批")
            }
            Self::Stopping => text!("The run was canceled and is stopping", "运行已被取消，正在停止"),
            Self::UnknownWord(word) => {
                text!("Unknown status {word}: treated as running", "未知的状态 {word}，按仍在运行处理")
            }
            Self::ContactLost => {
                text!("Lost contact with the run; it keeps running. Retrying", "与运行失去联系，运行不受影响，正在重试")
            }
            Self::ContactRestored => text!("Contact with the run is restored", "已恢复与运行的联系"),
        }
    }

    pub fn is_warning(&self) -> bool {
        matches!(self, Self::UnknownWord(_) | Self::ContactLost)
    }
}
