//! A dry run: everything that can be checked by reading, and a look at the request that would be sent.

use super::context::Step;
use super::retry_jobs::{self, Failure};
use super::{earlier, gate, prepare, source};
use crate::inputs::{Complaint, Mode};
use crate::log;
use crate::outcome::Outcome;
use crate::text::text;
use crate::transport::Transport;
use crate::yunxiao::call::get_pipeline::GetPipeline;
use crate::yunxiao::call::get_run::GetRun;
use crate::yunxiao::call::list_runs::ListRuns;
use crate::yunxiao::{Blocker, PipelineSource, RunDetail, RunParams};

/// Checks all that can be checked without changing anything.
pub(super) async fn rehearse<T: Transport>(step: &Step<'_, T>, run: Option<u64>) -> Result<Outcome, Outcome> {
    match run {
        Some(run) => {
            let detail = step.read(&GetRun(run)).await?.map_err(|setback| step.not_done(setback.cause))?;
            let status = detail.status.describe();
            log::say(&text!("Run {run} exists: {status}", "运行 {run} 存在，当前状态：{status}", status));
            rehearse_change(step, &detail)?;
        }
        None if step.settings.mode != Mode::Start => {
            return Ok(Outcome::NoRunOfKey { mode: step.settings.mode.clone() });
        }
        None => {
            let params = match step.read(&GetPipeline).await? {
                Ok(sources) => {
                    for PipelineSource { repository, branch, .. } in &sources {
                        let repository = source::shown(repository);
                        let branch = branch.as_deref().unwrap_or("?");
                        log::say(&text!(
                            "The pipeline has the source {repository} ({branch})",
                            "流水线代码源：{repository}（{branch}）"
                        ));
                    }
                    prepare::resolve(step, &sources)?
                }
                Err(setback) => prepare::unchecked(step, setback)?,
            };
            step.read(&ListRuns(None)).await?.map_err(|setback| step.not_done(setback.cause))?;
            earlier::rehearse(step, &params).await?;
            show_request(step, &params);
            if params.names_a_ref() {
                log::say(&text!(
                    "Not checked, because the API can't tell: whether the branches and tags exist",
                    "未检查：分支和标签是否存在（API 无法查询）"
                ));
            }
        }
    }
    log::say(&text!(
        "Not checked, because only the real request can tell: whether these credentials are allowed to make changes \
         (运行权限)",
        "未检查：当前凭证是否有运行权限（只有实际调用才能得知）"
    ));
    Ok(Outcome::Rehearsed)
}

/// Says what would be done to the run.
fn rehearse_change<T: Transport>(step: &Step<'_, T>, run: &RunDetail) -> Result<(), Outcome> {
    match &step.settings.mode {
        Mode::Approve { gate, .. } | Mode::Reject { gate, .. } => {
            let found = gate::find(run, &gate.name);
            let found = found.map_err(|rule| Outcome::Inputs(vec![Complaint { input: gate.input.clone(), rule }]))?;
            let Some((stage, job)) = found else {
                log::say(&text!("The run has no jobs yet", "该运行还没有任务"));
                return Ok(());
            };
            let (title, what) = (gate::title(stage, job), job.blocker.map_or(job.status.describe(), Blocker::describe));
            log::say(&text!("{title}: {what}", "{title}：{what}", what));
        }
        Mode::Retry { .. } => {
            let failures = retry_jobs::failures(run);
            for Failure { title, .. } in &failures {
                log::say(&text!("Would be retried: {title}", "将会重试：{title}"));
            }
            if failures.is_empty() {
                log::say(&text!("No failed job can be retried", "没有可以重试的失败任务"));
            }
        }
        Mode::Start | Mode::Follow { .. } | Mode::Stop { .. } => {}
    }
    Ok(())
}

/// Shows the request that would be sent: names, and the lengths of values.
fn show_request<T: Transport>(step: &Step<'_, T>, params: &RunParams) {
    let request = step.flow.request_of_start(params);
    let (method, path, endpoint) = (request.method, request.path(), &step.flow.service.endpoint);
    let mut lines = vec![format!("{method} {endpoint}{path}")];
    let length = |value: &str| value.chars().count();
    for (name, map) in [
        ("envs", &params.envs),
        ("runningBranchs", &params.running_branches),
        ("runningTags", &params.running_tags),
        ("runningPipelineArtifacts", &params.running_pipeline_artifacts),
        ("runningAcrArtifacts", &params.running_acr_artifacts),
        ("runningPackagesArtifacts", &params.running_packages_artifacts),
    ] {
        // Refs and versions are no secrets; variables may be.
        lines.extend(map.iter().map(|(key, value)| match name {
            "envs" => format!("  {name}, {key}: {} characters", length(value)),
            _ => format!("  {name}, {}: {value}", source::shown(key)),
        }));
    }
    if !params.branch_mode_branches.is_empty() {
        lines.push(format!("  branchModeBranchs: {}", params.branch_mode_branches.join(", ")));
    }
    lines.extend(params.need_create_branch.map(|create| format!("  needCreateBranch: {create}")));
    lines.extend(params.release_branch.as_ref().map(|branch| format!("  releaseBranch: {branch}")));
    lines.extend(params.comment.as_ref().map(|comment| format!("  comment: {} characters", length(comment))));
    lines.extend(params.others.iter().map(|(key, value)| format!("  {key}: {} characters", length(value.get()))));
    let lines = lines.join("\n");
    tracing::info!("{lines}");
}
