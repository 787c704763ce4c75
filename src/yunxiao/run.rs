//! A run as the service describes it.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::redaction::Foreign;
use crate::text::{Text, text};

/// The status of a run, a stage or a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// It waits: for a machine, for its turn or for a person.
    Waiting,
    Running,
    /// Someone has cancelled it, and it has not ended yet.
    Stopping,
    Succeeded,
    Failed,
    Canceled,
    Skipped,
    #[default]
    /// An undocumented status: as far as anyone can tell, it has not ended.
    Unknown,
}

impl Status {
    /// Reads the service's word, in any case. The words are those of the OpenAPI metadata of `GetPipelineRun` and
    /// `ListPipelines`, of the documents on task plugins (160761 and 202424), and some more that other clients expect.
    pub fn of(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "SUCCESS" | "SUCCEED" | "SUCCEEDED" | "FINISH" => Self::Succeeded,
            "FAIL" | "FAILED" | "ERROR" => Self::Failed,
            "CANCELED" | "CANCELLED" | "ABORTED" | "TERMINATED" => Self::Canceled,
            "SKIP" | "SKIPPED" => Self::Skipped,
            "CANCELLING" => Self::Stopping,
            "WAITING" | "INIT" | "QUEUED" | "PAUSED" | "SWITCH_MANUAL" => Self::Waiting,
            // The service's own status for "unknown", with its spelling: no reason to warn.
            "RUNNING" | "UNKOWN" => Self::Running,
            _ => Self::Unknown,
        }
    }

    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled | Self::Skipped)
    }

    pub fn describe(self) -> Text {
        match self {
            Self::Waiting => text!("waiting", "等待中"),
            Self::Running | Self::Unknown => text!("running", "运行中"),
            Self::Stopping => text!("stopping", "取消中"),
            Self::Succeeded => text!("success", "成功"),
            Self::Failed => text!("failed", "失败"),
            Self::Canceled => text!("canceled", "已取消"),
            Self::Skipped => text!("skipped", "已跳过"),
        }
    }
}

impl Blocker {
    /// What the job waits for, and who can do something about it.
    pub fn describe(self) -> Text {
        match self {
            Self::Gate => text!(
                "waiting for approval at this manual gate (`mode: approve` or `mode: reject`, or in Yunxiao)",
                "等待人工卡点审批（可用 `mode: approve` 或 `mode: reject`，或在云效中处理）"
            ),
            Self::ManualJob => text!(
                "waiting for a manual start (`mode: approve` with an access token, or in Yunxiao)",
                "等待手动执行（可用 `mode: approve`（需个人访问令牌），或在云效中执行）"
            ),
            Self::Deployment => text!(
                "paused between batches: resume it (`mode: approve`, or in Yunxiao)",
                "分批部署已暂停，等待继续（可用 `mode: approve`，或在云效中继续）"
            ),
            Self::Conflict => text!("merge conflict: resolve it in the repository", "分支合并冲突，需在代码库中解决"),
        }
    }

    /// The word that later steps get.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::ManualJob => "manual-job",
            Self::Deployment => "deployment",
            Self::Conflict => "conflict",
        }
    }
}

/// A run in detail. Names in it are foreign text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunDetail {
    /// When it was created, by the service's clock.
    pub created: Option<SystemTime>,
    pub status: Status,
    /// The service's own word for that.
    pub word: String,
    /// Its remark, as far as shown; nothing while it has no jobs.
    pub remark: Option<Remark>,
    /// Its stages, in the service's order; none while it is queued.
    pub stages: Vec<Stage>,
    /// The repositories it builds.
    pub sources: Vec<Source>,
    /// What it builds, by its variables.
    pub variables: Variables,
}

/// The remark in a run's parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// The remark itself, if they have it.
    pub text: Option<Foreign>,
    /// What looks like a marker anywhere in them: in the remark or in a spelling that is not known.
    pub markers: Vec<String>,
}

/// Built-in variables of a run. A name that was set from outside may come back among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// `PIPELINE_NAME`: what the pipeline is called.
    pub pipeline: Option<Foreign>,
    /// `BUILD_EXECUTOR`: who started the run, in Yunxiao's words.
    pub executor: Option<Foreign>,
    /// `CI_COMMIT_REF_NAME`: the branch or tag that was selected.
    pub reference: Option<Foreign>,
    /// `CI_COMMIT_SHA`, and `CI_COMMIT_SHA_1` and so on of further sources, each with its name.
    pub commits: Vec<(String, String)>,
    /// `CI_SOURCE_BRANCHES`: in branch mode, the branches that are integrated, each with its commit.
    pub integrated: Vec<(Foreign, Option<String>)>,
}

/// What blocks a job until a person acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocker {
    /// A manual gate (人工卡点), even if this caller isn't allowed to pass it.
    Gate,
    /// The job is started by hand.
    ManualJob,
    /// A host deployment is paused between batches.
    Deployment,
    /// The branches of a pipeline in branch mode don't merge.
    Conflict,
}

/// A stage of a run: jobs that run side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub name: Foreign,
    pub jobs: Vec<Job>,
}

/// A job of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub id: u64,
    pub name: Foreign,
    pub status: Status,
    /// The service's own word for that.
    pub word: String,
    /// When it started, by the service's clock.
    pub started: Option<SystemTime>,
    pub ended: Option<SystemTime>,
    /// What it waits for, if that is a person.
    pub blocker: Option<Blocker>,
    /// The host deployment that it is; known by its order alone until it has been read.
    pub deployment: Option<Deployment>,
    /// Why it failed, in the service's words.
    pub reason: Option<String>,
    /// Whether it lists that it can be retried.
    pub can_be_retried: bool,
    /// The artifacts it reports: the service's own objects. None if it reports no results.
    pub artifacts: Option<Vec<Value>>,
}

/// A host deployment (主机部署).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployment {
    pub order: u64,
    /// Whether it is paused between batches.
    pub is_paused: bool,
    /// How many machines it has started with; none until it has been read.
    pub begun: Option<usize>,
    /// The machines that it failed on: a deployment has no log, they have one each.
    pub failed_machines: Vec<Foreign>,
}

/// A repository that a run builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub repository: Foreign,
    pub reference: Option<Foreign>,
    /// The full id of the commit that is built, in lower case.
    pub commit: Option<String>,
}

impl Job {
    pub fn is_open_gate(&self) -> bool {
        self.blocker == Some(Blocker::Gate)
    }

    pub fn took(&self) -> Option<Duration> {
        self.ended?.duration_since(self.started?).ok()
    }
}

/// Whether a text is a full commit id: SHA-1 or SHA-256, in hexadecimal.
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whose run it is, by its remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It is the run that was started with this remark.
    Ours,
    Another,
    /// Unknown so far: it has no jobs, and jobs show the remark.
    Unborn,
    /// Unknown: its jobs show no remark, or one that may be the beginning of ours.
    Unsaid,
}

impl RunDetail {
    /// Its jobs, each with its stage.
    pub fn jobs(&self) -> impl Iterator<Item = (&Stage, &Job)> {
        self.stages.iter().flat_map(|stage| stage.jobs.iter().map(move |job| (stage, job)))
    }

    /// Whose the run is, by the marker that a remark holds: first, or last as remarks were once written.
    pub fn owner(&self, remark: &str, marker: &str) -> Owner {
        match &self.remark {
            None => Owner::Unborn,
            Some(shown) if shown.markers.iter().any(|found| found == marker) => Owner::Ours,
            Some(Remark { text: None, .. }) => Owner::Unsaid,
            // It may be the beginning of ours, cut before the marker's end.
            Some(Remark { text: Some(text), .. }) if !text.raw().is_empty() && remark.starts_with(text.raw()) => {
                Owner::Unsaid
            }
            Some(_) => Owner::Another,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_status_is_known_and_an_unknown_one_counts_as_running() {
        for (word, status) in [
            ("SUCCESS", Status::Succeeded),
            ("success", Status::Succeeded),
            ("FINISH", Status::Succeeded),
            ("FAIL", Status::Failed),
            ("FAILED", Status::Failed),
            ("ERROR", Status::Failed),
            ("CANCELED", Status::Canceled),
            ("Cancelled", Status::Canceled),
            ("ABORTED", Status::Canceled),
            ("TERMINATED", Status::Canceled),
            ("SKIP", Status::Skipped),
            ("RUNNING", Status::Running),
            ("Running", Status::Running),
            ("UNKOWN", Status::Running),
            ("WAITING", Status::Waiting),
            ("CANCELLING", Status::Stopping),
            ("SUCCEED", Status::Succeeded),
            ("SUCCEEDED", Status::Succeeded),
            ("SKIPPED", Status::Skipped),
            ("INIT", Status::Waiting),
            ("QUEUED", Status::Waiting),
            ("PAUSED", Status::Waiting),
            ("SWITCH_MANUAL", Status::Waiting),
            ("PAUSED_FOR_LUNCH", Status::Unknown),
            ("", Status::Unknown),
        ] {
            assert_eq!(Status::of(word), status, "{word}");
        }
    }
}
