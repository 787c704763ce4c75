//! CI systems that differ only in the names of their variables.

use super::names::{Names, Public};
use super::system::Host;
use crate::environment::Environment;

/// One of them: a row of the table.
pub(super) struct Other {
    environment: Environment,
    row: &'static Row,
}

struct Row {
    name: &'static str,
    /// The variable that identifies it: it is `true`.
    sign: &'static str,
    names: Names,
}

static ROWS: [Row; 3] = [
    Row {
        name: "coding",
        sign: "CODING",
        names: Names {
            reference: &["CODING_BRANCH"],
            commit: &["CODING_COMMIT"],
            actor: &["CODING_BUILD_USER"],
            url: &["CODING_BUILD_WEB_URL"],
            // No documented variable identifies the job.
            work: &["CODING_BUILD_WEB_URL"],
            ..Names::NONE
        },
    },
    Row {
        name: "appveyor",
        sign: "APPVEYOR",
        names: Names {
            repository: &["APPVEYOR_REPO_NAME"],
            reference: &["APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH", "APPVEYOR_REPO_TAG_NAME", "APPVEYOR_REPO_BRANCH"],
            commit: &["APPVEYOR_PULL_REQUEST_HEAD_COMMIT", "APPVEYOR_REPO_COMMIT"],
            work: &["APPVEYOR_ACCOUNT_NAME", "APPVEYOR_PROJECT_SLUG", "APPVEYOR_BUILD_ID", "APPVEYOR_JOB_NAME"],
            public: Public::Unsaid,
            ..Names::NONE
        },
    },
    Row {
        name: "screwdriver",
        sign: "SCREWDRIVER",
        names: Names {
            repository: &["SD_PIPELINE_NAME"],
            reference: &["PR_BRANCH_NAME", "GIT_BRANCH"],
            commit: &["SD_BUILD_SHA"],
            url: &["SD_UI_BUILD_URL"],
            work: &["SD_PIPELINE_ID", "SD_EVENT_ID", "SD_JOB_NAME"],
            public: Public::Unsaid,
            ..Names::NONE
        },
    },
];

/// All of them, in the order of the table.
pub(super) fn all(environment: &Environment) -> impl Iterator<Item = Other> {
    ROWS.iter().map(|row| Other { environment: environment.clone(), row })
}

impl Host for Other {
    fn name(&self) -> &'static str {
        self.row.name
    }

    fn environment(&self) -> &Environment {
        &self.environment
    }

    fn names(&self) -> &'static Names {
        &self.row.names
    }

    fn is_here(&self) -> bool {
        self.environment.get(self.row.sign).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}
