//! A dry run: everything that can be checked by reading, and a look at the request that would be sent.

use super::outcome::Done;
use super::{Job, say, source};
use crate::error::{Deed, Error};
use crate::inputs::Mode;
use crate::text::text;
use crate::transport::Transport;
use crate::yunxiao::params::RunParams;
use crate::yunxiao::{PipelineSource, Setback};

impl<T: Transport> Job<'_, '_, T> {
    /// Checks all that can be checked without changing anything.
    pub(super) async fn rehearse(&mut self) -> Result<Option<Done>, Error> {
        let (deed, run) = match self.settings.mode {
            Mode::Start => (Deed::Start, None),
            Mode::Follow { run } => (Deed::Follow, Some(run)),
            Mode::Stop { run } => (Deed::Stop, Some(run)),
        };
        if !self.sign_in(deed).await? {
            return Ok(None);
        }
        let not_done = |setback: Setback| self.not_done(deed, setback.cause);
        if let Some(run) = run {
            let Some(detail) = self.read(async || self.flow.get_run(run).await).await.map_err(not_done)? else {
                return Ok(None);
            };
            let status = detail.status.describe();
            let (english, chinese) = (status.english, status.chinese);
            say(&text!("Run {run} exists, and is {english}", "运行 {run} 存在，当前状态：{chinese}"));
        } else {
            let params = match self.read(async || self.flow.sources().await).await {
                Ok(None) => return Ok(None),
                Ok(Some(sources)) => {
                    for PipelineSource { repository, branch, .. } in &sources {
                        let repository = source::shown(repository);
                        let branch = branch.as_deref().unwrap_or("?");
                        say(&text!(
                            "The pipeline has the source {repository} ({branch})",
                            "流水线代码源：{repository}（{branch}）"
                        ));
                    }
                    self.resolve(&sources)?
                }
                Err(setback) => self.unchecked(setback)?,
            };
            if self.read(async || self.flow.list_runs(None).await).await.map_err(not_done)?.is_none() {
                return Ok(None);
            }
            self.show_request(&params);
        }
        say(&text!(
            "Dry run: all is well as far as can be seen, and nothing was changed",
            "演练完成：未发现问题，没有做任何更改"
        ));
        Ok(Some(Done { deed, run: None, news: Some("") }))
    }

    /// Shows the request that would be sent: names, and of values the length.
    fn show_request(&self, params: &RunParams) {
        let request = self.flow.request_of_start(params);
        let (method, path, endpoint) = (request.method, request.path(), self.flow.endpoint);
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
}
