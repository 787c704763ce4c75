//! What there is to say of a run that is followed: a line for each change.

use std::time::Duration;

use crate::text::{Text, text};
use crate::yunxiao::Status;

/// Something worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The run waits for its first job.
    Queued,
    /// A job stands elsewhere than before.
    Job {
        /// Its stage's name.
        stage: String,
        /// Its name.
        job: String,
        /// Where it stands.
        status: Status,
        /// How long it took, if it has ended.
        took: Option<Duration>,
        /// Whether it had ended before: somebody has retried it.
        is_again: bool,
    },
    /// The run stands at a gate.
    Gate {
        /// The stage's name.
        stage: String,
        /// The gate's name.
        job: String,
    },
    /// Somebody has cancelled the run.
    Stopping,
    /// The service used a word for a status that no document has.
    UnknownWord(String),
    /// Looks fail.
    OutOfSight,
    /// Looks succeed again.
    InSight,
}

impl News {
    /// The line.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Queued => text!("Queued: waiting for the first job", "排队中：等待第一个任务开始"),
            Self::Job { stage, job, status, took, is_again } => {
                let Text { english, chinese } = status.describe();
                let took = took.map(crate::text::duration).map(|took| format!(" ({took})")).unwrap_or_default();
                let (again, once_more) = if *is_again { (" again", "再次") } else { ("", "") };
                text!("{stage} > {job}: {english}{again}{took}", "{once_more}{chinese}")
            }
            Self::Gate { stage, job } => text!(
                "{stage} > {job}: stands at this manual gate until somebody lets it pass",
                "停在人工卡点，等待处理"
            ),
            Self::Stopping => text!("The run was cancelled, and is stopping", "运行已被取消，正在停止"),
            Self::UnknownWord(word) => {
                text!("The status {word} is not known here; it counts as going on", "未知的状态 {word}，按仍在运行处理")
            }
            Self::OutOfSight => text!(
                "The run can't be seen at the moment; it goes on, and is looked for",
                "暂时无法读取运行状态；运行不受影响，正在重试"
            ),
            Self::InSight => text!("The run is in sight again", "已恢复读取运行状态"),
        }
    }

    /// Whether it is worth a warning.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::UnknownWord(_) | Self::OutOfSight)
    }
}
