//! Azure Pipelines. A container gets only the variables named with `docker run -e`.

use std::path::Path;
use std::time::SystemTime;

use tracing::Level;

use super::names::{Names, Origin, Public};
use super::outputs::{Destination, Orders, azure_data};
use super::system::{Audience, Fold, Host, TokenRequest, TokenSource, flagged_lines};
use crate::encoding::percent;
use crate::environment::Environment;
use crate::sanitize;
use crate::text::text;

pub(super) struct Azure(pub(super) Environment);

const NAMES: Names = Names {
    repository: &["BUILD_REPOSITORY_NAME"],
    address: &["BUILD_REPOSITORY_URI"],
    // In a pull request BUILD_SOURCEBRANCH is `refs/pull/<number>/merge`.
    reference: &["SYSTEM_PULLREQUEST_SOURCEBRANCH", "BUILD_SOURCEBRANCH"],
    commit: &["SYSTEM_PULLREQUEST_SOURCECOMMITID", "BUILD_SOURCEVERSION"],
    actor: &["BUILD_REQUESTEDFOR"],
    work: &["SYSTEM_COLLECTIONURI", "BUILD_BUILDID", "SYSTEM_STAGENAME", "SYSTEM_JOBNAME"],
    attempt: Some(("SYSTEM_JOBATTEMPT", 1)),
    debug: Some(("SYSTEM_DEBUG", "true")),
    public: Public::Unsaid,
    ..Names::NONE
};

impl Host for Azure {
    fn name(&self) -> &'static str {
        "azure"
    }

    fn environment(&self) -> &Environment {
        &self.0
    }

    fn names(&self) -> &'static Names {
        &NAMES
    }

    fn is_here(&self) -> bool {
        self.0.get("TF_BUILD").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn origin(&self) -> Origin {
        let project = self.0.all(&["SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"]);
        let url = project.map(|names| {
            let (collection, project, build) = (names[0].trim_end_matches('/'), percent(&names[1]), &names[2]);
            format!("{collection}/{project}/_build/results?buildId={build}")
        });
        Origin { url, ..NAMES.origin(&self.0) }
    }

    /// The service connection is the one that a task such as `AzureCLI` has, in its variable. The audience can't be chosen.
    fn token_source(&self) -> Option<TokenSource> {
        const URL: &str = "SYSTEM_OIDCREQUESTURI";
        let get = |name| self.0.get(name);
        let connection = get("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID");
        let connection = connection.map(|id| format!("&serviceConnectionId={}", percent(id))).unwrap_or_default();
        Some(TokenSource::Request(TokenRequest {
            url: format!("{}?api-version=7.1{connection}", get(URL)?.trim_end_matches('/')),
            url_variable: URL,
            scheme: "Bearer",
            bearer: get("SYSTEM_ACCESSTOKEN")?.into(),
            audience: Audience::Fixed,
            answer: "oidcToken",
            advice: text!(
                "Pass SYSTEM_ACCESSTOKEN, SYSTEM_OIDCREQUESTURI and AZURESUBSCRIPTION_SERVICE_CONNECTION_ID to the \
                 container, from a task that uses the service connection.",
                "请从使用服务连接的任务中把 SYSTEM_ACCESSTOKEN、SYSTEM_OIDCREQUESTURI 和 AZURESUBSCRIPTION_SERVICE_CONNECTION_ID 传入容器。"
            ),
        }))
    }

    fn mask(&self, secret: &str) -> Option<String> {
        Some(format!("##vso[task.setsecret]{}\n", azure_data(secret)))
    }

    fn destination(&self, asked: Option<&Path>) -> Option<Destination> {
        Some(asked.map_or(Destination::Orders(Orders::Azure), Destination::asked))
    }

    /// Warnings and errors are also shown on the job's page.
    fn line(&self, level: Level, message: &str) -> String {
        let kind = match level {
            Level::ERROR => "error",
            Level::WARN => "warning",
            _ => return flagged_lines(level, message),
        };
        let clean = message.split('\n').map(sanitize::line).collect::<Vec<_>>().join("\n");
        format!("##vso[task.logissue type={kind}]{}", azure_data(&clean))
    }

    fn open(&self, fold: &Fold, _: SystemTime) -> String {
        format!("##[group]{}\n", sanitize::one_line(&fold.title))
    }

    fn close(&self, _: &Fold, _: SystemTime) -> String {
        "##[endgroup]\n".to_owned()
    }
}
