//! What each CI system says of what triggered a job: the remark, the branch that is built, and which job it is.

use std::io::ErrorKind::NotFound;

use yunxiao_run::environment::Environment;
use yunxiao_run::host::{Origin, detect};
use yunxiao_run::inputs::{Ref, Settings};

/// A job: its host, what it is, its variables, one a line, and the variable that its user gives as `branch`.
struct Job {
    host: &'static str,
    what: &'static str,
    variables: &'static str,
    /// Repository, address, reference, commit, actor, page; empty where the host does not say.
    origin: [&'static str; 6],
    /// What `branch` is set to, and what is built.
    branch: (&'static str, Built),
}

/// What becomes of the `branch` that a host says.
#[derive(Debug)]
enum Built {
    Branch(&'static str),
    Tag(&'static str),
    /// It is refused by this rule.
    Refused(&'static str),
}
use Built::{Branch, Refused, Tag};

#[expect(clippy::too_many_lines, reason = "it is a table")]
fn jobs() -> Vec<Job> {
    let job = |host, what, variables, origin, branch| Job { host, what, variables, origin, branch };
    vec![
        job(
            "github",
            "a push",
            "GITHUB_REPOSITORY=octo/shop GITHUB_SERVER_URL=https://github.com GITHUB_REF=refs/heads/main GITHUB_REF_NAME=main \
             GITHUB_SHA=1a2b GITHUB_ACTOR=mona GITHUB_RUN_ID=77 GITHUB_RUN_NUMBER=3",
            [
                "octo/shop",
                "https://github.com/octo/shop",
                "main",
                "1a2b",
                "mona",
                "https://github.com/octo/shop/actions/runs/77",
            ],
            ("refs/heads/main", Branch("main")),
        ),
        job(
            "github",
            "a pull request",
            "GITHUB_REPOSITORY=octo/shop GITHUB_SERVER_URL=https://github.com GITHUB_REF=refs/pull/5/merge \
             GITHUB_REF_NAME=5/merge GITHUB_HEAD_REF=fix/login GITHUB_SHA=1a2b",
            ["octo/shop", "https://github.com/octo/shop", "fix/login", "1a2b", "", ""],
            ("refs/pull/5/merge", Refused("is the ref of a pull request")),
        ),
        job(
            "github",
            "a pull request, its own branch",
            "GITHUB_REF_NAME=5/merge GITHUB_HEAD_REF=fix/login",
            ["", "", "fix/login", "", "", ""],
            ("fix/login", Branch("fix/login")),
        ),
        job(
            "github",
            "a merge queue",
            "GITHUB_REF=refs/heads/gh-readonly-queue/main/pr-5-1a2b GITHUB_REF_NAME=gh-readonly-queue/main/pr-5-1a2b",
            ["", "", "gh-readonly-queue/main/pr-5-1a2b", "", "", ""],
            ("refs/heads/gh-readonly-queue/main/pr-5-1a2b", Branch("gh-readonly-queue/main/pr-5-1a2b")),
        ),
        job(
            "github",
            "a tag",
            "GITHUB_REF=refs/tags/v1.0 GITHUB_REF_NAME=v1.0",
            ["", "", "v1.0", "", "", ""],
            ("refs/tags/v1.0", Tag("v1.0")),
        ),
        job(
            "gitea",
            "a push, before 1.26",
            "GITHUB_REPOSITORY=a/b GITHUB_SERVER_URL=https://git.example.com GITHUB_REF_NAME=main GITHUB_RUN_ID=77 \
             GITHUB_RUN_NUMBER=3",
            ["a/b", "https://git.example.com/a/b", "main", "", "", "https://git.example.com/a/b/actions/runs/3"],
            ("refs/heads/main", Branch("main")),
        ),
        job(
            "gitea",
            "a push, since then",
            "GITHUB_REPOSITORY=a/b GITHUB_SERVER_URL=https://git.example.com GITHUB_REF_NAME=main GITHUB_RUN_ID=77 \
             GITHUB_RUN_NUMBER=3 GITEA_ACTIONS_CAPABILITIES=job-summary",
            ["a/b", "https://git.example.com/a/b", "main", "", "", "https://git.example.com/a/b/actions/runs/77"],
            ("main", Branch("main")),
        ),
        job(
            "forgejo",
            "a pull request",
            "GITHUB_REPOSITORY=a/b GITHUB_SERVER_URL=https://codeberg.org GITHUB_HEAD_REF=fix GITHUB_REF_NAME=5/merge \
             GITHUB_RUN_ID=77 GITHUB_RUN_NUMBER=3",
            ["a/b", "https://codeberg.org/a/b", "fix", "", "", "https://codeberg.org/a/b/actions/runs/3"],
            ("5/merge", Refused("is the ref of a pull request")),
        ),
        job(
            "gitcode",
            "a push",
            "ATOMGIT_REPOSITORY=a/b ATOMGIT_SERVER_URL=https://gitcode.com ATOMGIT_REF=refs/heads/main ATOMGIT_SHA=1a2b \
             ATOMGIT_ACTOR=li",
            ["a/b", "https://gitcode.com/a/b", "main", "1a2b", "li", ""],
            ("refs/heads/main", Branch("main")),
        ),
        job(
            "gitlab",
            "a push",
            "CI_PROJECT_PATH=a/b CI_PROJECT_URL=https://gitlab.com/a/b CI_COMMIT_REF_NAME=main CI_COMMIT_SHA=1a2b \
             GITLAB_USER_LOGIN=li CI_JOB_URL=https://gitlab.com/a/b/-/jobs/9 CI_REPOSITORY_URL=https://t:secret@gitlab.com/a/b",
            ["a/b", "https://gitlab.com/a/b", "main", "1a2b", "li", "https://gitlab.com/a/b/-/jobs/9"],
            ("main", Branch("main")),
        ),
        job(
            "gitlab",
            "the pipeline of a merge result",
            "CI_COMMIT_REF_NAME=fix CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=fix CI_COMMIT_SHA=merge \
             CI_MERGE_REQUEST_SOURCE_BRANCH_SHA=1a2b CI_MERGE_REQUEST_REF_PATH=refs/merge-requests/5/merge",
            ["", "", "fix", "1a2b", "", ""],
            ("refs/merge-requests/5/merge", Refused("is the ref of a pull request")),
        ),
        job(
            "gitlab",
            "a merge train",
            "CI_COMMIT_REF_NAME=refs/merge-requests/5/train CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=fix",
            ["", "", "fix", "", "", ""],
            ("refs/merge-requests/5/train", Refused("is the ref of a pull request")),
        ),
        job(
            "gitlab",
            "a tag",
            "CI_COMMIT_REF_NAME=v1 CI_COMMIT_TAG=v1",
            ["", "", "v1", "", "", ""],
            ("refs/tags/v1", Tag("v1")),
        ),
        job(
            "jenkins",
            "a freestyle job",
            "JOB_NAME=shop GIT_URL=https://git.example.com/a/b.git GIT_BRANCH=origin/main GIT_COMMIT=1a2b \
             BUILD_URL=https://ci.example.com/job/shop/7/",
            ["shop", "https://git.example.com/a/b.git", "main", "1a2b", "", "https://ci.example.com/job/shop/7/"],
            ("origin/main", Branch("main")),
        ),
        job(
            "jenkins",
            "a change of a multibranch job",
            "JOB_NAME=shop/PR-5 BRANCH_NAME=PR-5 CHANGE_ID=5 CHANGE_BRANCH=fix GIT_BRANCH=PR-5",
            ["shop/PR-5", "", "fix", "", "", ""],
            ("fix", Branch("fix")),
        ),
        job(
            "jenkins",
            "a tag of a multibranch job",
            "BRANCH_NAME=v1 TAG_NAME=v1",
            ["", "", "v1", "", "", ""],
            ("refs/tags/v1", Tag("v1")),
        ),
        job(
            "jenkins",
            "a branch in full",
            "GIT_BRANCH=origin/feature/x",
            ["", "", "feature/x", "", "", ""],
            ("origin/feature/x", Branch("feature/x")),
        ),
        job(
            "jenkins",
            "a classic build of CODING",
            "GIT_HTTP_URL=https://e.coding.net/a/b.git GIT_BUILD_REF=main",
            ["", "https://e.coding.net/a/b.git", "main", "", "", ""],
            ("main", Branch("main")),
        ),
        job(
            "flow",
            "a push",
            "PIPELINE_ID=55 BUILD_NUMBER=4 PIPELINE_NAME=x CI_SOURCE_NAME=shop CI_COMMIT_REF_NAME=main CI_COMMIT_SHA=1a2b \
             BUILD_EXECUTOR=li",
            ["shop", "", "main", "1a2b", "li", "https://flow.aliyun.com/pipelines/55/builds/4"],
            ("main", Branch("main")),
        ),
        job(
            "drone",
            "a pull request",
            "DRONE_REPO=a/b DRONE_REPO_LINK=https://git.example.com/a/b DRONE_BRANCH=main DRONE_SOURCE_BRANCH=fix \
             DRONE_TARGET_BRANCH=main DRONE_COMMIT_SHA=1a2b DRONE_BUILD_TRIGGER=li DRONE_BUILD_LINK=https://drone.example.com/a/b/7",
            ["a/b", "https://git.example.com/a/b", "fix", "1a2b", "li", "https://drone.example.com/a/b/7"],
            ("fix", Branch("fix")),
        ),
        job(
            "drone",
            "a tag",
            "DRONE_TAG=v1 DRONE_BRANCH=main",
            ["", "", "v1", "", "", ""],
            ("refs/tags/v1", Tag("v1")),
        ),
        job(
            "drone",
            "a pull request's ref",
            "DRONE_COMMIT_REF=refs/pull/5/head DRONE_SOURCE_BRANCH=fix",
            ["", "", "fix", "", "", ""],
            ("refs/pull/5/head", Refused("is the ref of a pull request")),
        ),
        job(
            "woodpecker",
            "a pull request",
            "CI_REPO=a/b CI_REPO_URL=https://codeberg.org/a/b CI_COMMIT_BRANCH=main CI_COMMIT_SOURCE_BRANCH=fix \
             CI_COMMIT_SHA=1a2b CI_PIPELINE_AUTHOR=li CI_STEP_URL=https://ci.codeberg.org/repos/1/pipeline/2/3",
            ["a/b", "https://codeberg.org/a/b", "fix", "1a2b", "li", "https://ci.codeberg.org/repos/1/pipeline/2/3"],
            ("fix", Branch("fix")),
        ),
        job(
            "woodpecker",
            "a tag",
            "CI_COMMIT_TAG=v1 CI_COMMIT_BRANCH=main",
            ["", "", "v1", "", "", ""],
            ("refs/tags/v1", Tag("v1")),
        ),
        job(
            "harness",
            "a push",
            "DRONE_REPO=a/b DRONE_BRANCH=main DRONE_COMMIT_SHA=1a2b",
            ["a/b", "", "main", "1a2b", "", ""],
            ("main", Branch("main")),
        ),
        job(
            "cnb",
            "a pull request",
            "CNB_REPO_SLUG=a/b CNB_REPO_URL_HTTPS=https://cnb.cool/a/b CNB_BRANCH=main CNB_PULL_REQUEST_BRANCH=fix CNB_COMMIT=1a2b \
             CNB_BUILD_USER=li CNB_BUILD_WEB_URL=https://cnb.cool/a/b/-/build/logs/1",
            ["a/b", "https://cnb.cool/a/b", "fix", "1a2b", "li", "https://cnb.cool/a/b/-/build/logs/1"],
            ("fix", Branch("fix")),
        ),
        job("tekton", "anything", "A=b", ["", "", "", "", "", ""], ("refs/heads/main", Branch("main"))),
        job("argo", "anything", "ARGO_CONTAINER_NAME=main", ["", "", "", "", "", ""], ("main", Branch("main"))),
        job(
            "gitee",
            "a pull request",
            "GITEE_REPO=a/b GITEE_BRANCH=main GITEE_COMMIT=9f8e GITEE_SOURCE_BRANCH=fix GITEE_SOURCE_COMMIT=1a2b \
             GITEE_PIPELINE_TRIGGER_USER=li",
            ["a/b", "", "fix", "1a2b", "li", ""],
            ("fix", Branch("fix")),
        ),
        job(
            "blueking",
            "a push",
            "BK_CI_PROJECT_NAME=shop BK_CI_HOOK_BRANCH=main BK_CI_HOOK_REVISION=1a2b BK_CI_START_USER_ID=li \
             BK_CI_BUILD_URL=https://bk.example.com/b-1",
            ["shop", "", "main", "1a2b", "li", "https://bk.example.com/b-1"],
            ("main", Branch("main")),
        ),
        job(
            "azure",
            "a push",
            "BUILD_REPOSITORY_NAME=a/b BUILD_REPOSITORY_URI=https://github.com/a/b BUILD_SOURCEBRANCH=refs/heads/feature/x \
             BUILD_SOURCEVERSION=1a2b BUILD_REQUESTEDFOR=Li SYSTEM_COLLECTIONURI=https://dev.azure.com/acme/ \
             SYSTEM_TEAMPROJECT=shop BUILD_BUILDID=7",
            [
                "a/b",
                "https://github.com/a/b",
                "feature/x",
                "1a2b",
                "Li",
                "https://dev.azure.com/acme/shop/_build/results?buildId=7",
            ],
            ("refs/heads/feature/x", Branch("feature/x")),
        ),
        job(
            "azure",
            "a pull request",
            "BUILD_SOURCEBRANCH=refs/pull/5/merge SYSTEM_PULLREQUEST_SOURCEBRANCH=refs/heads/fix BUILD_SOURCEVERSION=merge \
             SYSTEM_PULLREQUEST_SOURCECOMMITID=1a2b",
            ["", "", "fix", "1a2b", "", ""],
            ("refs/pull/5/merge", Refused("is the ref of a pull request")),
        ),
        job(
            "azure",
            "a tag",
            "BUILD_SOURCEBRANCH=refs/tags/v1",
            ["", "", "v1", "", "", ""],
            ("refs/tags/v1", Tag("v1")),
        ),
        job(
            "bitbucket",
            "a push",
            "BITBUCKET_REPO_FULL_NAME=a/b BITBUCKET_GIT_HTTP_ORIGIN=http://bitbucket.org/a/b BITBUCKET_BRANCH=main \
             BITBUCKET_COMMIT=1a2b BITBUCKET_BUILD_NUMBER=7",
            ["a/b", "http://bitbucket.org/a/b", "main", "1a2b", "", "https://bitbucket.org/a/b/pipelines/results/7"],
            ("main", Branch("main")),
        ),
        job(
            "buildkite",
            "a push",
            "BUILDKITE_PIPELINE_SLUG=shop BUILDKITE_REPO=git@github.com:a/b.git BUILDKITE_BRANCH=main BUILDKITE_COMMIT=1a2b \
             BUILDKITE_BUILD_CREATOR=Li BUILDKITE_BUILD_URL=https://buildkite.com/a/b/builds/7",
            ["shop", "git@github.com:a/b.git", "main", "1a2b", "Li", "https://buildkite.com/a/b/builds/7"],
            ("main", Branch("main")),
        ),
        job(
            "circleci",
            "a push",
            "CIRCLE_PROJECT_REPONAME=b CIRCLE_REPOSITORY_URL=git@github.com:a/b.git CIRCLE_BRANCH=main CIRCLE_SHA1=1a2b \
             CIRCLE_USERNAME=li CIRCLE_BUILD_URL=https://circleci.com/gh/a/b/7",
            ["b", "git@github.com:a/b.git", "main", "1a2b", "li", "https://circleci.com/gh/a/b/7"],
            ("main", Branch("main")),
        ),
        job(
            "zadig",
            "anything",
            "PROJECT=p TASK_URL=https://zadig/1",
            ["p", "", "", "", "", "https://zadig/1"],
            ("main", Branch("main")),
        ),
        job(
            "teamcity",
            "anything",
            "TEAMCITY_PROJECT_NAME=p BUILD_VCS_NUMBER=1a",
            ["p", "", "", "1a", "", ""],
            ("main", Branch("main")),
        ),
        job(
            "coding",
            "a push",
            "CODING_BRANCH=main CODING_COMMIT=1a2b",
            ["", "", "main", "1a2b", "", ""],
            ("main", Branch("main")),
        ),
        job(
            "plain",
            "a branch that looks like another's",
            "GIT_BRANCH=origin/main GITHUB_REF_NAME=x",
            ["", "", "", "", "", ""],
            ("origin/main", Branch("origin/main")),
        ),
    ]
}

fn environment(host: &str, variables: &str, more: &[(&str, &str)]) -> Environment {
    let variables = variables.split_whitespace().map(|variable| variable.split_once('=').unwrap());
    Environment::new(variables.chain([("YUNXIAO_HOST", host)]).chain(more.iter().copied()))
}

#[test]
fn each_host_says_repository_ref_commit_actor_and_page() {
    for Job { host, what, variables, origin, .. } in jobs() {
        let said = detect(&environment(host, variables, &[]), false).origin();
        let of = |index: usize| Some(origin[index].to_owned()).filter(|text: &String| !text.is_empty());
        let [repository, address, reference, commit, actor, url] = std::array::from_fn(of);
        assert_eq!(said, Origin { repository, address, reference, commit, actor, url }, "{host}: {what}");
    }
}

#[test]
fn the_branch_that_a_host_says_is_the_branch_that_is_built() {
    for Job { host, what, variables, branch: (given, expected), .. } in jobs() {
        let inputs = [
            ("YUNXIAO_BRANCH", given),
            ("YUNXIAO_ACCESS_TOKEN", "pt-token"),
            ("YUNXIAO_ORGANIZATION_ID", "org"),
            ("YUNXIAO_PIPELINE_ID", "123"),
        ];
        let checked =
            Settings::read(&*detect(&environment(host, variables, &inputs), false), &|_| Err(NotFound.into()));
        let own = checked.settings.map(|settings| settings.refs.own.map(|(reference, _)| reference));
        match expected {
            Branch(name) => assert_eq!(own.unwrap(), Some(Ref::Branch(name.to_owned())), "{host}: {what}"),
            Tag(name) => assert_eq!(own.unwrap(), Some(Ref::Tag(name.to_owned())), "{host}: {what}"),
            Refused(rule) => {
                let complaints = own.unwrap_err();
                assert!(complaints[0].rule.english.starts_with(rule), "{host}: {what}: {complaints:?}");
            }
        }
    }
}

#[test]
fn two_servers_of_jenkins_have_no_work_in_common() {
    let work = |server: &str| {
        let variables = [("JENKINS_URL", server), ("BUILD_TAG", "jenkins-deploy-12"), ("STAGE_NAME", "deploy")];
        detect(&Environment::new(variables), false).work().unwrap()
    };
    assert_ne!(work("https://one.example/"), work("https://two.example/"));
}

#[test]
fn parallel_buildkite_jobs_are_separate_work() {
    let work = |number: &str| {
        let variables = format!("BUILDKITE_BUILD_ID=7 BUILDKITE_STEP_ID=s BUILDKITE_PARALLEL_JOB={number}");
        detect(&environment("buildkite", &variables, &[]), false).work().unwrap()
    };
    assert_ne!(work("0"), work("1"));
}

#[test]
fn a_re_run_job_is_the_same_work() {
    for (host, once, again, attempt) in [
        (
            "github",
            "GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=a/b GITHUB_RUN_ID=7 GITHUB_JOB=j GITHUB_ACTION=s",
            "GITHUB_RUN_ATTEMPT=2",
            Some(2),
        ),
        ("gitlab", "CI_SERVER_URL=https://gitlab.com CI_PIPELINE_ID=7 CI_JOB_NAME=deploy", "CI_JOB_ID=8", None),
        ("jenkins", "BUILD_TAG=jenkins-shop-7 STAGE_NAME=deploy", "A=b", None),
        (
            "azure",
            "SYSTEM_COLLECTIONURI=https://dev.azure.com/a/ BUILD_BUILDID=7 SYSTEM_STAGENAME=s SYSTEM_JOBNAME=j",
            "SYSTEM_JOBATTEMPT=3",
            Some(3),
        ),
        (
            "buildkite",
            "BUILDKITE_BUILD_ID=7 BUILDKITE_STEP_ID=s BUILDKITE_JOB_ID=1",
            "BUILDKITE_RETRY_COUNT=1",
            Some(2),
        ),
        (
            "blueking",
            "BK_CI_PIPELINE_ID=p BK_CI_BUILD_ID=b BK_CI_BUILD_JOB_ID=1 BK_CI_BUILD_TASK_ID=e-1",
            "BK_CI_RETRY_COUNT=1",
            Some(2),
        ),
        (
            "buildkite",
            "BUILDKITE_BUILD_ID=7 BUILDKITE_STEP_ID=s BUILDKITE_PARALLEL_JOB=1",
            "BUILDKITE_RETRY_COUNT=1",
            Some(2),
        ),
        ("gitee", "GITEE_REPO=b GITEE_PIPELINE_NAME=p GITEE_PIPELINE_BUILD_NUMBER=7", "A=b", None),
        ("zadig", "PROJECT=p WORKFLOW=w TASK_ID=7", "A=b", None),
        ("coding", "CODING_BUILD_WEB_URL=https://e.coding.net/p/shop/ci/job/1/build/7", "A=b", None),
        ("bitbucket", "BITBUCKET_PIPELINE_UUID={a} BITBUCKET_STEP_UUID={b}", "BITBUCKET_STEP_RUN_NUMBER=2", Some(2)),
        ("drone", "DRONE_REPO=a/b DRONE_BUILD_NUMBER=7 DRONE_STAGE_NAME=x DRONE_STEP_NAME=y", "A=b", None),
        ("woodpecker", "CI_REPO=a/b CI_PIPELINE_NUMBER=7 CI_WORKFLOW_NAME=w CI_STEP_NAME=s", "A=b", None),
        ("flow", "PIPELINE_ID=7 BUILD_NUMBER=1", "A=b", None),
        ("tekton", "A=b", "A=c", None),
    ] {
        let first = detect(&environment(host, once, &[]), false);
        let second = detect(&environment(host, &format!("{once} {again}"), &[]), false);
        assert_eq!(first.work(), second.work(), "{host}");
        assert_eq!(first.work().is_none(), host == "tekton", "{host}");
        assert_eq!((first.attempt(), second.attempt()), (None, attempt), "{host}");
        // Without a part of it, it would be the same as another's.
        let (without, _) = once.rsplit_once(' ').unwrap_or(("A=b", ""));
        if !["jenkins", "buildkite"].contains(&host) {
            assert_eq!(detect(&environment(host, without, &[]), false).work(), None, "{host}");
        }
    }
}
