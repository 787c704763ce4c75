//! Events of a followed run: one line per change.

use std::time::Duration;

use super::built::Difference;
use crate::text::{Text, duration, text};
use crate::yunxiao::{Blocker, Status};

/// A change worth logging.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Queued,
    Job {
        stage: String,
        job: String,
        status: Status,
        took: Option<Duration>,
        /// Whether it had ended before, so a person retried it.
        is_again: bool,
        /// Why it failed, if it did and the service says why.
        reason: Option<String>,
    },
    /// A job waits for a person.
    Blocked {
        stage: String,
        job: String,
        blocker: Blocker,
    },
    /// The run builds another ref than the one that was requested.
    OtherRef(Difference),
    /// Someone has cancelled the run.
    Stopping,
    /// The service used an undocumented status.
    UnknownWord(String),
    /// The run was seen before, and can't be read now.
    ContactLost,
    /// It was never seen.
    Unseen,
    ContactRestored,
}

impl Event {
    /// The Chinese wording when it follows the English one, which has the names.
    pub fn chinese_beside_english(&self) -> Option<String> {
        match self {
            Self::Job { status, is_again, .. } => Some(once_more(*is_again).to_owned() + &status.describe().chinese),
            Self::Blocked { blocker, .. } => Some(blocker.describe().chinese),
            _ => None,
        }
    }

    pub fn text(&self) -> Text {
        match self {
            Self::Queued => text!("Queued: waiting for the first job", "排队中：等待第一个任务开始"),
            Self::Job { stage, job, status, took, is_again, reason } => {
                let status = status.describe();
                let took = took.map(duration).map(|took| format!(" ({took})")).unwrap_or_default();
                let (again, once_more) = (if *is_again { " again" } else { "" }, once_more(*is_again));
                let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                text!(
                    "{stage} > {job}: {status}{again}{took}{reason}",
                    "{stage} > {job}: {once_more}{status}{took}{reason}",
                    status
                )
            }
            Self::Blocked { stage, job, blocker } => {
                let what = blocker.describe();
                text!("{stage} > {job}: {what}", "{stage} > {job}: {what}", what)
            }
            Self::OtherRef(Difference { asked, built, is_certain }) => {
                let (english, chinese) =
                    if *is_certain { ("builds", "构建的是") } else { ("may build", "可能构建的是") };
                text!("The run {english} {built} instead of {asked}", "运行{chinese} {built}，而不是指定的 {asked}")
            }
            Self::Stopping => text!("The run was canceled and is stopping", "运行已被取消，正在停止"),
            Self::UnknownWord(word) => {
                text!("Unknown status {word}: treated as running", "未知的状态 {word}，按仍在运行处理")
            }
            Self::ContactLost => {
                text!(
                    "Lost contact with the run (the run is not affected). Retrying",
                    "与运行失去联系（不影响运行本身），正在重试"
                )
            }
            Self::Unseen => text!("The run can't be read yet. Retrying", "暂时无法读取该运行，正在重试"),
            Self::ContactRestored => text!("Contact with the run is restored", "已恢复与运行的联系"),
        }
    }

    pub fn is_warning(&self) -> bool {
        matches!(self, Self::UnknownWord(_) | Self::ContactLost | Self::Unseen | Self::OtherRef(_))
    }
}

fn once_more(is_again: bool) -> &'static str {
    if is_again { "再次" } else { "" }
}
