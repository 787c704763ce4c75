//! The message for each end: what happened, what it means for the run, and what to do, in this order, in both
//! languages.

mod known;

use super::{Limit, Outcome, Run, Unclear, Waiting};
use crate::inputs::{Complaint, Mode};
use crate::text::{Text, duration, text};
use crate::yunxiao::Cause;

/// The most candidates, failed jobs and sources that are listed.
const MOST_LISTED: usize = 10;

impl Outcome {
    /// What to say at the end.
    #[expect(clippy::too_many_lines, reason = "one arm for each end there is")]
    pub fn message(&self) -> Text {
        match self {
            Self::Arguments => text!(
                "This program takes no arguments, only environment variables (see --help). No run was started. If \
                 your CI system starts the image with a command such as `sh` or `cat`, use the image whose tag ends \
                 in `-shell`, and run `yunxiao-run` in the script.",
                "本程序不接受命令行参数，只读取环境变量（见 --help）。没有触发任何运行。如果 CI 系统以 `sh`、`cat` 等命令启动镜像，请改用带 shell \
                 的镜像（标签以 `-shell` 结尾），并在脚本中执行 `yunxiao-run`。"
            ),
            Self::Inputs(complaints) => inputs(complaints),
            Self::Machine { what } => what.clone().then(&text!("No run was started.", "没有触发任何运行。")),
            Self::NotDone { mode, cause, .. } => {
                cause.sentence().then(&unchanged(mode)).then(&cause.advice()).then(&advice(mode, cause))
            }
            Self::Rehearsed => {
                text!(
                    "Dry run: no problems found in what can be checked, and nothing was changed",
                    "演练完成：可检查的部分未发现问题，没有做任何更改"
                )
            }
            Self::Started { .. } => text!(
                "The run was started but not followed: this step's success says nothing about the run's result",
                "本步骤只触发、不跟踪运行：步骤成功不代表运行成功"
            ),
            Self::StartUnknown { cause, refused, unrecognised } => {
                let message = cause.sentence().then(&text!(
                    "The request may have started a run, or may still start one. It was not sent again, and this \
                     step's run could not be identified.",
                    "该请求可能已经触发了一次运行，也可能稍后才触发，因此没有重发；未能识别出本步骤触发的运行。"
                ));
                let message = match refused {
                    None => message,
                    Some(cause) => message
                        .then(&text!("Reading the runs was refused:", "读取运行列表被拒绝："))
                        .then(&cause.sentence()),
                };
                message.then(&unrecognised.advice())
            }
            Self::StopAccepted { run: Run { id, url } } => {
                text!("The request to stop run {id} was accepted: {url}", "停止运行 {id} 的请求已受理：{url}")
            }
            Self::KeyUnclear { mode, why: Unclear::Runs(runs) } => {
                let (list, unchanged) = (list(runs), unchanged(mode));
                text!(
                    "Can't determine which run has this `idempotency-key`: some runs could not be read, have no jobs \
                     yet or are being stopped. {unchanged} Run this step again later, or with a longer \
                     `retry-timeout`.{list}",
                    "无法确定哪个运行带有该 `idempotency-key`：有的运行无法读取、还没有任务，或正在停止。{unchanged}\
                     请稍后重新执行本步骤，或调大 `retry-timeout`。{list}",
                    unchanged
                )
            }
            Self::KeyUnclear { mode, why: Unclear::TooMany } => {
                let unchanged = unchanged(mode);
                text!(
                    "Can't determine which run has this `idempotency-key`: there are more than 500 runs within \
                     `idempotency-window`, the most this step reads. {unchanged} Narrow `idempotency-window`.",
                    "`idempotency-window` 内的运行超过读取上限（500 个），无法确定哪个运行带有该 `idempotency-key`。{unchanged}\
                     请缩短 `idempotency-window`。",
                    unchanged
                )
            }
            Self::KeyUnclear { mode, why: Unclear::List } => {
                let unchanged = unchanged(mode);
                text!(
                    "Can't determine which run has this `idempotency-key`: the list of runs could not be read in full, or has \
                     fewer runs than it counts. {unchanged} Run this step again later, or with a longer `retry-timeout`.",
                    "无法确定哪个运行带有该 `idempotency-key`：运行列表未能完整读取，或列出的运行少于其总数。{unchanged}\
                     请稍后重新执行本步骤，或调大 `retry-timeout`。",
                    unchanged
                )
            }
            Self::NoRunOfKey { mode } => {
                let unchanged = unchanged(mode);
                text!(
                    "No run within `idempotency-window` has this `idempotency-key`. {unchanged}",
                    "`idempotency-window` 内没有带有该 `idempotency-key` 的运行。{unchanged}",
                    unchanged
                )
            }
            Self::StopUnneeded { run: Run { id, url }, .. } => {
                text!("Run {id} had already ended: {url}", "运行 {id} 此前已经结束：{url}")
            }
            Self::StopUnknown { run: Run { id, url }, cause } => cause.sentence().then(&text!(
                "Run {id} may or may not have been stopped. Check {url}, or run this step again, which is safe.",
                "无法确定运行 {id} 是否已停止。请查看 {url}，或重新执行本步骤（可以安全重复）。"
            )),
            Self::Cancelled { signal, mode, known } => known.message(*signal, mode),
            Self::OutputLost { outcome, run: Run { id, url }, why, starts_another } => {
                let lost = match &**outcome {
                    Self::StopAccepted { .. } => text!(
                        "The request to stop run {id} was accepted ({url}), but the outputs could not be written \
                         ({why}).",
                        "停止运行 {id} 的请求已受理（{url}），但输出未能写入（{why}）。",
                        why
                    ),
                    Self::StopUnneeded { .. } => text!(
                        "Run {id} had already ended ({url}), but the outputs could not be written ({why}).",
                        "运行 {id} 此前已经结束（{url}），但输出未能写入（{why}）。",
                        why
                    ),
                    Self::Started { .. } => text!(
                        "Run {id} was started ({url}), but the outputs could not be written ({why}).",
                        "运行 {id} 已触发（{url}），但输出未能写入（{why}）。",
                        why
                    ),
                    other => {
                        let end = other.headline();
                        text!(
                            "Run {id}: {end} ({url}), but the outputs could not be written ({why}).",
                            "运行 {id}：{end}（{url}），但输出未能写入（{why}）。",
                            end,
                            why
                        )
                    }
                };
                lost.then(&if *starts_another {
                    text!(
                        "Don't run this step again: it would start another run.",
                        "请勿重新执行本步骤，否则会再触发一次运行。"
                    )
                } else {
                    text!("It is safe to run this step again.", "可以安全地重新执行本步骤。")
                })
            }
            Self::Succeeded { run: Run { id, url } } => text!("Run {id} succeeded: {url}", "运行 {id} 成功：{url}"),
            Self::Failed { run: Run { id, url }, jobs } => {
                let list = list(jobs);
                text!("Run {id} failed: {url}{list}", "运行 {id} 失败：{url}{list}")
            }
            Self::Canceled { run: Run { id, url } } => {
                text!(
                    "Run {id} was canceled or skipped in Yunxiao, by a person or because a newer run replaced it: {url}",
                    "运行 {id} 在云效侧被取消或跳过（有人取消，或被更新的运行取代）：{url}"
                )
            }
            Self::AtGate { run: Run { id, url }, waiting: Waiting { job, .. }, is_good: true, .. } => {
                text!(
                    "Run {id} is waiting for approval at {job}: {url}",
                    "运行 {id} 正在等待人工卡点审批（{job}）：{url}"
                )
            }
            Self::AtGate { run: Run { id, url }, waiting: Waiting { job, gate, .. }, failed, .. } => {
                let message = if failed.is_empty() {
                    text!(
                        "Run {id} is waiting for approval at a manual gate (人工卡点), {job}, and `on-gate` is `fail`.",
                        "运行 {id} 正在等待人工卡点审批（{job}），而 `on-gate` 设为 `fail`。"
                    )
                } else {
                    let list = list(failed);
                    text!(
                        "Run {id} is waiting for approval at a manual gate (人工卡点), {job}, but other jobs have failed:{list}\n",
                        "运行 {id} 正在等待人工卡点审批（{job}），但已有任务失败：{list}\n"
                    )
                };
                message.then(&text!(
                    "Approve or reject it at {url} , or with `mode: approve` or `mode: reject` and `gate: {gate}`",
                    "请到 {url} 通过或拒绝，或使用 `mode: approve`、`mode: reject` 和 `gate: {gate}`"
                ))
            }
            Self::TimedOut { run, limit, most, stop } => {
                let (id, most) = (run.id, duration(*most));
                let message = match limit {
                    Limit::Queue => text!(
                        "Run {id} did not start within `queue-timeout` ({most}): there may be no free runner.",
                        "运行 {id} 未能在 `queue-timeout`（{most}）内开始：可能没有空闲的构建机。"
                    ),
                    Limit::Run => text!(
                        "Run {id} did not end within `timeout` ({most}).",
                        "运行 {id} 未能在 `timeout`（{most}）内结束。"
                    ),
                    Limit::Gate => text!(
                        "No one approved or rejected a manual gate (人工卡点) of run {id} within `gate-timeout` ({most}).",
                        "在 `gate-timeout`（{most}）内没有人处理运行 {id} 的人工卡点。"
                    ),
                };
                message.then(&stop.message(run))
            }
            Self::OtherCommit { run, expected, built, stop } => {
                let (id, list) = (run.id, list(built));
                text!(
                    "Run {id} isn't building commit {expected}, the one in `expect-commit`. The mirror that Yunxiao \
                     builds from is probably out of date (代码库镜像未同步): sync it, then run this step again.",
                    "运行 {id} 构建的不是 `expect-commit` 指定的提交 {expected}。很可能是代码库镜像未同步：请先同步代码库，再重新执行本步骤。"
                )
                .then(&stop.message(run))
                .then(&text!("It builds:{list}", "它构建的是：{list}"))
            }
            Self::OtherRef { run: Run { id, url }, asked, built, .. } => text!(
                "Run {id} built {built} instead of {asked}: {url}",
                "运行 {id} 构建的是 {built}，而不是指定的 {asked}：{url}"
            ),
            Self::Blocked { run: Run { id, url }, waiting: Waiting { blocker, job, .. } } => {
                let what = blocker.describe();
                text!(
                    "Run {id} is waiting for a person, and `on-gate` is not `wait`. {job}: {what}. {url}",
                    "运行 {id} 在等待人工处理，而 `on-gate` 不是 `wait`。{job}：{what}。{url}",
                    what
                )
            }
            Self::Approved { run: Run { id, url }, job, is_by_this_step: true } => {
                text!("Approved {job} of run {id}: {url}", "已通过运行 {id} 的 {job}：{url}")
            }
            Self::Approved { run: Run { id, url }, job, is_by_this_step: false } => text!(
                "{job} of run {id} was already approved; nothing was sent: {url}",
                "运行 {id} 的 {job} 此前已通过，没有发送任何请求：{url}"
            ),
            Self::Rejected { run: Run { id, url }, job, is_by_this_step: true, .. } => {
                text!("Rejected {job} of run {id}: {url}", "已拒绝运行 {id} 的 {job}：{url}")
            }
            Self::Rejected { run: Run { id, url }, job, is_good: true, .. } => text!(
                "{job} of run {id} was already rejected; nothing was sent: {url}",
                "运行 {id} 的 {job} 此前已被拒绝，没有发送任何请求：{url}"
            ),
            Self::Rejected { run: Run { id, url }, job, is_good: false, .. } => text!(
                "{job} of run {id} was not approved: someone rejected it, or it failed. Check {url}",
                "运行 {id} 的 {job} 未能通过：已被他人拒绝或已失败。请查看 {url}"
            ),
            Self::NotRejected { run: Run { id, url }, job } => text!(
                "{job} of run {id} can no longer be rejected: it was approved, or the run succeeded without it. \
                 Nothing was changed. If the run is still running, stop it with `mode: stop`: {url}",
                "运行 {id} 的 {job} 已无法拒绝：它已被通过，或运行未经过它就已成功。没有做任何更改。如果运行尚未结束，可以停止它\
                 （`mode: stop`）：{url}"
            ),
            Self::Retried { run: Run { id, url }, jobs } => {
                let list = list(jobs);
                text!(
                    "Retried the failed jobs of run {id} without following it: {url}{list}",
                    "已重试运行 {id} 的失败任务，没有跟踪运行：{url}{list}"
                )
            }
            Self::PartlyRetried { run: Run { id, url }, jobs, cause } => {
                let list = list(jobs);
                cause.sentence().then(&text!(
                    "Not all failed jobs of run {id} were retried. Check {url} , or run this step again. \
                     Retried:{list}",
                    "因此运行 {id} 的失败任务没有全部重试。请查看 {url} ，或重新执行本步骤。已重试：{list}"
                ))
            }
            Self::RetryUnneeded { run: Run { id, url } } => {
                text!("Run {id} succeeded; nothing to retry: {url}", "运行 {id} 已成功，无需重试：{url}")
            }
            Self::NothingToRetry { run: Run { id, url }, status, jobs } => {
                let (status, list) = (status.describe(), list(jobs));
                let failed = if jobs.is_empty() {
                    text!("It has no failed job.", "它没有失败的任务。")
                } else {
                    text!(
                        "Yunxiao doesn't allow retrying its failed jobs; start a new run instead:{list}",
                        "云效不允许重试它的失败任务，请改为触发新的运行：{list}"
                    )
                };
                text!(
                    "No job of run {id} ({status}) can be retried. Nothing was changed: {url} .",
                    "运行 {id}（{status}）没有可以重试的任务，没有做任何更改：{url} 。",
                    status
                )
                .then(&failed)
            }
            Self::Unconfirmed { run: Run { id, url }, mode, cause } => {
                let what = deed(mode);
                let message = text!(
                    "Run {id} does not show whether the {what} took effect. It was not sent again. Check {url} , or \
                     run this step again, which is safe.",
                    "运行 {id} 没有显示{what}是否已生效，因此没有重发。请查看 {url} ，或重新执行本步骤（可以安全重复）。",
                    what
                );
                cause.as_ref().map(Cause::sentence).unwrap_or_default().then(&message)
            }
            Self::CommitNotShown { run: Run { id, url }, expected, .. } => text!(
                "Can't confirm that run {id} built commit {expected}: not every source of the run shows its commit, \
                 and none shows this one. Check {url}",
                "未能确认运行 {id} 构建了提交 {expected}：并非所有代码源都显示了所构建的提交，也没有代码源显示该提交。请查看 {url}"
            ),
            Self::Lost { run: Run { id, url }, cause } => cause
                .sentence()
                .then(&text!(
                    "Lost contact with run {id}; this step did not change it. Resume following it with `mode: follow` \
                     and `pipeline-run-id: {id}`, or check {url} .",
                    "与运行 {id} 失去联系，本步骤没有对它做任何更改。可用 `mode: follow` 和 `pipeline-run-id: {id}` 重新跟踪，或查看 {url} 。"
                ))
                .then(&cause.advice()),
        }
    }

    /// How the run ended, in a word or two.
    pub fn headline(&self) -> Text {
        match self {
            Self::Started { .. } => text!("started", "已触发"),
            Self::StopAccepted { .. } => text!("stop accepted", "停止请求已受理"),
            Self::StopUnneeded { status, .. } => status.describe(),
            Self::Succeeded { .. } | Self::RetryUnneeded { .. } => text!("success", "成功"),
            Self::Failed { .. } => text!("failed", "失败"),
            Self::Canceled { .. } => text!("canceled", "已取消"),
            Self::AtGate { .. } => text!("waiting for approval", "等待人工卡点审批"),
            Self::TimedOut { .. } => text!("timed out", "超时"),
            Self::OtherCommit { .. } => text!("built a different commit", "构建的不是指定的提交"),
            Self::OtherRef { .. } => text!("built a different branch or tag", "构建的不是指定的分支或标签"),
            Self::Blocked { .. } => text!("waiting for a person", "等待人工处理"),
            Self::Approved { .. } | Self::NotRejected { .. } => text!("approved", "已通过"),
            Self::Rejected { .. } => text!("rejected", "已拒绝"),
            Self::Retried { .. } | Self::PartlyRetried { .. } => text!("retried", "已重试"),
            Self::NothingToRetry { .. } => text!("nothing to retry", "没有可重试的任务"),
            Self::Unconfirmed { .. } | Self::StopUnknown { .. } => text!("not confirmed", "未得到确认"),
            Self::CommitNotShown { .. } => text!("commit not confirmed", "未能确认提交"),
            Self::Lost { .. } => text!("lost contact", "失去联系"),
            Self::Cancelled { .. } => text!("this step was cancelled", "本步骤被取消"),
            Self::OutputLost { outcome, .. } => outcome.headline(),
            _ => text!("unknown", "未知"),
        }
    }
}

/// What to do about a refusal, beside what its code says.
fn advice(mode: &Mode, cause: &Cause) -> Text {
    match mode {
        Mode::Approve { .. } | Mode::Reject { .. } if cause.is_about_credentials() => text!(
            "Only a manual gate's approvers (审批人) can decide it: use an approver's credentials, or add this user in \
             the gate's settings in the pipeline editor. An access token needs 流水线运行任务 (读写), and 主机部署 (读写) to resume \
             a deployment.",
            "人工卡点只能由其审批人处理：请使用审批人的凭证，或在流水线编辑页的卡点配置中添加该用户。个人访问令牌需要\
             “流水线运行任务（读写）”，继续部署需要“主机部署（读写）”。"
        ),
        Mode::Retry { .. } if cause.is_about_credentials() => {
            text!(
                "To retry jobs, an access token needs 流水线运行任务 (读写).",
                "重试任务时，个人访问令牌需要“流水线运行任务（读写）”。"
            )
        }
        _ => Text::default(),
    }
}

/// What it means that certainly nothing was done.
fn unchanged(mode: &Mode) -> Text {
    match mode {
        Mode::Start => text!("No run was started.", "没有触发任何运行。"),
        _ => text!("Nothing was changed.", "没有做任何更改。"),
    }
}

/// What is done to a run.
fn deed(mode: &Mode) -> Text {
    match mode {
        Mode::Approve { .. } => text!("approval", "通过请求"),
        Mode::Reject { .. } => text!("rejection", "拒绝请求"),
        Mode::Retry { .. } => text!("retry", "重试请求"),
        Mode::Stop { .. } => text!("stop", "停止请求"),
        Mode::Start | Mode::Follow { .. } => text!("start", "触发请求"),
    }
}

fn inputs(complaints: &[Complaint]) -> Text {
    let count = complaints.len();
    let list = complaints.iter().fold(Text::default(), |list, Complaint { input, rule }| {
        text!("{list}\n  {input}: {rule}", "{list}\n  {input}：{rule}", list, rule)
    });
    let (inputs, are) = if count == 1 { ("input", "is") } else { ("inputs", "are") };
    text!(
        "{count} {inputs} {are} missing or wrong. Nothing was started or changed.{list}",
        "有 {count} 处输入缺失或有误，没有触发或更改任何运行。{list}",
        list
    )
}

/// Items, a line each.
fn list<S: AsRef<str>>(items: &[S]) -> String {
    let mut list: String = items.iter().take(MOST_LISTED).flat_map(|item| ["\n  ", item.as_ref()]).collect();
    if items.len() > MOST_LISTED {
        list += "\n  …";
    }
    list
}
