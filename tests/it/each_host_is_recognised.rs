//! Each CI system is recognised by its real variables, alone and beside what another has left, or is named by `host`.

use yunxiao_run::environment::Environment;
use yunxiao_run::host::{FOLDERS, detect, names};

use crate::step::{Step, service};

/// What a job of each CI system has in its environment.
const FORGEJO: &str = "CI=true GITHUB_ACTIONS=true GITEA_ACTIONS=true FORGEJO_ACTIONS=true GITHUB_OUTPUT=/f/o";
const GITEA: &str =
    "CI=true GITHUB_ACTIONS=true GITEA_ACTIONS=true GITHUB_OUTPUT=/f/o GITEA_ACTIONS_RUNNER_VERSION=v0.2";
const GITHUB: &str = "CI=true GITHUB_ACTIONS=true GITHUB_OUTPUT=/github/file_commands/o GITHUB_RUN_ID=1";
const ACT: &str = "CI=true ACT=true GITHUB_ACTIONS=true GITHUB_OUTPUT=/var/run/act/o";
const GITCODE: &str = "CI=true ATOMGIT_OUTPUT=/o ATOMGIT_REPOSITORY=a/b";
const GITLAB: &str = "CI=true GITLAB_CI=true CI_COMMIT_SHA=1a CI_COMMIT_REF_NAME=main CI_PROJECT_DIR=/builds/a";
const WOODPECKER: &str = "CI=woodpecker CI_SYSTEM_NAME=woodpecker CI_REPO=a/b DRONE_REPO=a/b DRONE_COMMIT_SHA=1a";
const CNB: &str = "CI=true CNB=true CNB_EVENT=push CNB_REPO_SLUG=a/b";
const HARNESS: &str = "CI=true DRONE=true HARNESS_OUTPUT_FILE=/o DRONE_OUTPUT=/o HARNESS_BUILD_ID=1";
const OLD_HARNESS: &str = "CI=true DRONE=true DRONE_OUTPUT=/o DRONE_BUILD_NUMBER=1";
const DRONE: &str = "CI=true DRONE=true DRONE_BUILD_NUMBER=1 DRONE_REPO=a/b PLUGIN_PIPELINE-ID=123";
const GITNESS: &str = "CI=true DRONE=true DRONE_SYSTEM_HOST=gitness GITNESS_BUILD_EVENT=push";
const AZURE: &str =
    "TF_BUILD=True BUILD_BUILDID=1 BUILD_BUILDNUMBER=20260101.1 SYSTEM_COLLECTIONURI=https://dev.azure.com/a/";
const BITBUCKET: &str = "CI=true BITBUCKET_BUILD_NUMBER=1 BITBUCKET_PIPELINE_UUID={a} BITBUCKET_STEP_UUID={b}";
const PIPE: &str = "CI=true BITBUCKET_BUILD_NUMBER=1 BITBUCKET_STEP_UUID={b}";
const BUILDKITE: &str = "CI=true BUILDKITE=true BUILDKITE_BUILD_NUMBER=1";
const CIRCLECI: &str = "CI=true CIRCLECI=true CIRCLE_SHA1=1a";
const TEAMCITY: &str = "TEAMCITY_VERSION=2025.07 BUILD_NUMBER=1";
const APPVEYOR: &str = "CI=True APPVEYOR=True APPVEYOR_REPO_NAME=a/b";
const SCREWDRIVER: &str = "CI=true SCREWDRIVER=true SD_BUILD_ID=1";
const BLUEKING: &str = "BK_CI_PIPELINE_ID=p-1 BK_CI_BUILD_ID=b-1 BK_CI_PROJECT_NAME=shop";
const CODING: &str = "CODING=true CODING_COMMIT=1a";
const GITEE: &str = "GITEE_PIPELINE_BUILD_NUMBER=1 GITEE_BRANCH=main";
const ZADIG: &str = "CI=true ZADIG=true WORKFLOW=w PROJECT=p TASK_ID=1";
const ARGO: &str = "ARGO_CONTAINER_NAME=main KUBERNETES_SERVICE_HOST=10.0.0.1 /var/run/argo";
const JENKINS: &str =
    "JENKINS_URL=https://ci.example.com/ BUILD_NUMBER=1 BUILD_TAG=jenkins-shop-1 GIT_BRANCH=origin/main";
const JENKINS_WITHOUT_URL: &str = "BUILD_NUMBER=1 BUILD_TAG=jenkins-shop-1 JOB_NAME=shop";
const JENKINS_IN_KUBERNETES: &str = "JENKINS_URL=http://jenkins:8080/ POD_LABEL=a KUBERNETES_SERVICE_HOST=10.0.0.1 POD_CONTAINER=jnlp BUILD_TAG=jenkins-a-1";
const KUBESPHERE: &str = "BUILD_TAG=jenkins-devops-1 KUBERNETES_SERVICE_HOST=10.0.0.1 RUN_DISPLAY_URL=http://devops-jenkins/ GIT_BRANCH=main";
const CODING_CLASSIC: &str = "JENKINS_URL=http://jenkins/ GIT_HTTP_URL=https://e.coding.net/a/b.git GIT_BUILD_REF=main";
const FLOW: &str = "PIPELINE_ID=123 PIPELINE_NAME=deploy BUILD_NUMBER=1 PROJECT_DIR=/root/workspace/a \
                    CI_COMMIT_SHA=1a CI_COMMIT_REF_NAME=main CI_COMMIT_ID=1a CI_COMMIT_TITLE=x CI_SOURCE_NAME=a";
const FLOW_IN_DOCKER: &str = "PIPELINE_ID=123 BUILD_NUMBER=1 PROJECT_DIR=/root/workspace/a";
const TEKTON: &str = "KUBERNETES_SERVICE_HOST=10.0.0.1 /tekton/results";
const PERSON: &str = "HOME=/root TERM=xterm CI=";

/// What is in the environment, what another has left in it, and what this is.
const ROWS: &[(&str, &str, &str)] = &[
    (FORGEJO, "", "forgejo"),
    (FORGEJO, "GITHUB_RUN_ID=1 GITHUB_SERVER_URL=https://github.com", "forgejo"),
    (FORGEJO, JENKINS, "forgejo"),
    (FORGEJO, TEKTON, "forgejo"),
    (GITEA, "", "gitea"),
    (GITEA, "FORGEJO_ACTIONS=", "gitea"),
    (GITEA, JENKINS, "gitea"),
    (GITEA, "DRONE=true DRONE_REPO=a/b", "gitea"),
    (GITHUB, "", "github"),
    (GITHUB, "GITEA_ACTIONS= FORGEJO_ACTIONS=false", "github"),
    (GITHUB, JENKINS, "github"),
    (GITHUB, FLOW, "github"),
    (GITHUB, ARGO, "github"),
    (GITHUB, GITLAB, "github"),
    (GITHUB, "TF_BUILD=True TEAMCITY_VERSION=1", "github"),
    (ACT, "", "github"),
    (ACT, "GITEA_ACTIONS=true", "gitea"),
    (GITCODE, "", "gitcode"),
    (GITCODE, "GITHUB_ACTIONS=true", "gitcode"),
    (GITCODE, "CI_COMMIT_SHA=1a", "gitcode"),
    (GITLAB, "", "gitlab"),
    (GITLAB, "GITHUB_OUTPUT=/o", "gitlab"),
    (GITLAB, JENKINS, "gitlab"),
    (GITLAB, FLOW, "gitlab"),
    (GITLAB, TEKTON, "gitlab"),
    (GITLAB, "CI_REPO_PRIVATE=false DRONE=true", "gitlab"),
    (WOODPECKER, "", "woodpecker"),
    (WOODPECKER, JENKINS, "woodpecker"),
    (WOODPECKER, "CI_COMMIT_REF_NAME=main", "woodpecker"),
    (CNB, "", "cnb"),
    (CNB, "CODING=true", "cnb"),
    (CNB, "DRONE=true", "cnb"),
    (HARNESS, "", "harness"),
    (OLD_HARNESS, "", "harness"),
    (HARNESS, JENKINS, "harness"),
    (DRONE, "", "drone"),
    (GITNESS, "", "drone"),
    (DRONE, "DRONE_OUTPUT=", "drone"),
    (DRONE, JENKINS, "drone"),
    (DRONE, "CI_COMMIT_SHA=1a CI_COMMIT_REF_NAME=main", "drone"),
    (AZURE, "", "azure"),
    (AZURE, "JENKINS_URL=http://jenkins/", "azure"),
    (AZURE, "PIPELINE_ID=1", "azure"),
    (BITBUCKET, "", "bitbucket"),
    (PIPE, "", "bitbucket"),
    (PIPE, FLOW, "bitbucket"),
    ("BITBUCKET_BUILD_NUMBER=1", JENKINS, "jenkins"), // the Bitbucket plugin of Jenkins
    (BUILDKITE, "", "buildkite"),
    (BUILDKITE, JENKINS, "buildkite"),
    (CIRCLECI, "", "circleci"),
    (CIRCLECI, "BUILDKITE=false", "circleci"),
    (TEAMCITY, "", "teamcity"),
    (TEAMCITY, "BUILD_TAG=jenkins-a-1", "teamcity"),
    (APPVEYOR, "", "appveyor"),
    (SCREWDRIVER, "", "screwdriver"),
    (BLUEKING, "", "blueking"),
    (BLUEKING, "BUILD_NUMBER=1 PIPELINE_ID=1 PIPELINE_NAME=x", "blueking"),
    (CODING, "", "coding"),
    (CODING, JENKINS_WITHOUT_URL, "coding"),
    (GITEE, "", "gitee"),
    (GITEE, FLOW_IN_DOCKER, "gitee"),
    (ZADIG, "", "zadig"),
    (ZADIG, "JENKINS_URL=http://jenkins/", "zadig"),
    (ARGO, "", "argo"),
    (ARGO, "JENKINS_URL=http://jenkins/", "argo"),
    ("ARGO_CONTAINER_NAME=main", "", "plain"), // an image of Argo's own
    (JENKINS, "", "jenkins"),
    (JENKINS_WITHOUT_URL, "", "jenkins"),
    (JENKINS_IN_KUBERNETES, "", "jenkins"),
    (JENKINS_IN_KUBERNETES, "/tekton/results", "jenkins"),
    (JENKINS, "CI_COMMIT_SHA=1a CI_COMMIT_REF_NAME=main gitlabBranch=main", "jenkins"), // the GitLab plugin of Jenkins
    (JENKINS, "PIPELINE_ID=7 PROJECT_DIR=/a", "jenkins"),
    (KUBESPHERE, "", "jenkins"),
    (CODING_CLASSIC, "", "jenkins"),
    (FLOW, "", "flow"),
    (FLOW_IN_DOCKER, "", "flow"),
    (FLOW, "GITHUB_ACTIONS=true GITHUB_OUTPUT=", "flow"),
    (FLOW, "CI=true GITLAB_CI=false CI_PROJECT_VISIBILITY=public", "flow"),
    (FLOW, "DRONE_REPO=a/b CI_REPO=a/b", "flow"),
    (FLOW, TEKTON, "flow"),
    (TEKTON, "", "tekton"),
    (TEKTON, "PIPELINE_ID=1 CI=true", "tekton"),
    (PERSON, "", "plain"),
    ("CI=true CI_COMMIT_SHA=1a CI_COMMIT_REF_NAME=main", "", "plain"),
    ("PIPELINE_ID=123 BUILD_NUMBER=1", "", "plain"),
    ("GITHUB_ACTIONS=true", "", "plain"),
    ("BUILD_TAG=v7 BUILD_NUMBER=1", "", "plain"),
];

fn environment(words: &str, more: &str) -> Environment {
    // What is said first counts: what is left is beside it, not instead of it.
    let words: Vec<_> = more.split_whitespace().chain(words.split_whitespace()).collect();
    let folders = words.iter().copied().filter(|word| word.starts_with('/'));
    Environment::with_folders(words.iter().filter_map(|word| word.split_once('=')), folders)
}

#[test]
fn each_host_is_recognised_despite_variables_of_others() {
    for (words, left, expected) in ROWS {
        assert_eq!(detect(&environment(words, left), false).name(), *expected, "{words} beside {left}");
    }
    let recognised: Vec<_> = ROWS.iter().map(|(.., expected)| *expected).collect();
    for name in names() {
        assert!(recognised.contains(&name), "{name} is in no row");
    }
    assert!(ROWS.len() >= 60);
    for folder in FOLDERS {
        assert!([ARGO, TEKTON].iter().any(|words| words.contains(folder)));
    }
}

#[test]
fn the_host_input_overrides_detection_in_every_spelling() {
    for name in names() {
        for variable in ["YUNXIAO_HOST", "INPUT_HOST", "PLUGIN_HOST"] {
            for words in [GITHUB, FLOW, PERSON] {
                let asked = format!("{variable}={name}");
                assert_eq!(detect(&environment(words, &asked), false).name(), name, "{words} {asked}");
            }
        }
    }
}

#[test]
fn an_unknown_host_is_refused_with_the_list_and_the_log_is_in_the_recognised_ones_way() {
    let (simulator, server) = service();
    let folder = tempfile::tempdir().unwrap();
    let step = Step::at(&server.http_url()).on_github(&folder.path().join("output"));
    let ended = step.with("YUNXIAO_HOST", "gitlba").run();
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    for said in ["::error::", "YUNXIAO_HOST: must be one of forgejo, gitea, github", "got `gitlba`", "必须是以下之一"]
    {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
    assert!(simulator.seen().is_empty());
}

#[test]
fn a_named_host_is_written_for() {
    let (_, server) = service();
    let ended = Step::at(&server.http_url()).with("YUNXIAO_HOST", "azure").run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("##vso[task.setvariable variable=pipelineRunId;isOutput=true]1\n"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.lines().any(|line| line == "1"), "the id alone on a line as everywhere: {}", ended.stdout);
}
