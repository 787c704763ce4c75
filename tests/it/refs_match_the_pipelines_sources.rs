//! `branch`, `tag` and refs by repository: never a ref that the service would pass over in silence.

use std::collections::BTreeMap;

use serde_json::json;
use yunxiao_run::inputs::{Ref, Refs};
use yunxiao_run::outcome::Outcome;
use yunxiao_run::step::source::resolve;
use yunxiao_run::yunxiao::{PipelineSource, RunParams};
use yunxiao_simulator::{Acts, Answer, Fault, Reply, Simulator, Source, When};

use crate::simulated::{Backend, Execution, START};

type Map = BTreeMap<String, String>;

const CODEUP: &str = "https://codeup.aliyun.com/60c1/Shop/Backend.git";
const GITHUB: &str = "https://github.com/shop/backend.git";
const WEB: &str = "https://github.com/shop/web.git";

fn source(repository: &str) -> PipelineSource {
    PipelineSource { repository: repository.to_owned(), branch: Some("master".to_owned()), is_branch_mode: false }
}

fn resolved(
    sources: &[PipelineSource],
    repository: Option<&str>,
    own: Option<Ref>,
    branches: &[(&str, &str)],
    tags: &[(&str, &str)],
) -> Result<(Map, Map), String> {
    let map =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let params = RunParams { running_branches: map(branches), running_tags: map(tags), ..RunParams::default() };
    let name = if matches!(own, Some(Ref::Tag(_))) { "tag" } else { "branch" };
    let refs = Refs {
        own: own.map(|reference| (reference, name.to_owned())),
        branches: "running-branches".to_owned(),
        tags: "running-tags".to_owned(),
    };
    match resolve(params, &refs, sources, repository) {
        Ok(params) => Ok((params.running_branches, params.running_tags)),
        Err(complaints) => {
            let lines =
                complaints.into_iter().map(|complaint| format!("{}: {}", complaint.input, complaint.rule.english));
            Err(lines.collect::<Vec<_>>().join("\n"))
        }
    }
}

#[test]
fn the_jobs_own_source_is_found_by_its_url_in_any_spelling() {
    let two = &[GITHUB, WEB][..];
    // The CI repository's address, the pipeline's sources, and the one that is meant; none: it cannot be told.
    for (repository, sources, expected) in [
        // One source is meant, whatever it is.
        (None, &[GITHUB][..], Some(GITHUB)),
        (Some("https://github.com/other/thing"), &[GITHUB], Some(GITHUB)),
        (Some("nonsense"), &[CODEUP], Some(CODEUP)),
        (None, &["git@codeup.aliyun.com:60c1/a/b.git"], Some("git@codeup.aliyun.com:60c1/a/b.git")),
        // Of several, the one of the same address.
        (Some("https://github.com/shop/backend"), two, Some(GITHUB)),
        (Some("https://github.com/shop/backend.git"), two, Some(GITHUB)),
        (Some("https://github.com/shop/backend/"), two, Some(GITHUB)),
        (Some("https://GitHub.com/shop/backend"), two, Some(GITHUB)),
        (Some("https://github.com/Shop/Backend"), two, Some(GITHUB)),
        (Some("http://github.com/shop/backend"), two, Some(GITHUB)),
        (Some("https://user:secret@github.com/shop/backend"), two, Some(GITHUB)),
        (Some("https://github.com:443/shop/backend"), two, Some(GITHUB)),
        (Some("git@github.com:shop/backend.git"), two, Some(GITHUB)),
        (Some("git@github.com:/shop/backend.git"), two, Some(GITHUB)),
        (Some("ssh://git@github.com/shop/backend.git"), two, Some(GITHUB)),
        (Some("ssh://git@github.com:22/shop/backend"), two, Some(GITHUB)),
        (Some("git://github.com/shop/backend.git"), two, Some(GITHUB)),
        (Some("GIT@GITHUB.COM:SHOP/BACKEND.GIT"), two, Some(GITHUB)),
        (Some(" https://github.com//shop/backend.git/ "), two, Some(GITHUB)),
        (Some("ssh://git@codeup.aliyun.com/60c1/Shop/Backend"), &[GITHUB, CODEUP], Some(CODEUP)),
        (Some("https://github.com/shop/web"), two, Some(WEB)),
        (
            Some("https://github.com/shop/web"),
            &["git@github.com:shop/web.git", GITHUB],
            Some("git@github.com:shop/web.git"),
        ),
        (
            Some("https://gitlab.example.com/a/b/c/d"),
            &["git@gitlab.example.com:a/b/c/d.git", WEB],
            Some("git@gitlab.example.com:a/b/c/d.git"),
        ),
        // A host that is not in ASCII, and the same in punycode.
        (
            Some("https://user@代码.example:8443/a/b"),
            &["git@xn--mnq551h.example:a/b.git", WEB],
            Some("git@xn--mnq551h.example:a/b.git"),
        ),
        (
            Some("https://代码.example/a/b"),
            &["ssh://git@代码。example/a/b.git", WEB],
            Some("ssh://git@代码。example/a/b.git"),
        ),
        // Otherwise the only one of the same name.
        (Some("https://github.com/shop/backend"), &[CODEUP, WEB], Some(CODEUP)),
        (Some("git@gitlab.example.com:mirror/backend"), two, Some(GITHUB)),
        (Some("https://github.com/fork/web"), two, Some(WEB)),
        // The address goes before the name.
        (Some("https://github.com/shop/backend"), &[CODEUP, GITHUB], Some(GITHUB)),
        // It cannot be told.
        (None, two, None),
        (Some("https://github.com/shop/mobile"), two, None),
        (Some("https://gitlab.example.com/x/backend"), &[CODEUP, GITHUB], None),
        (Some("https://github.com/shop/backend"), &[GITHUB, "git@github.com:shop/backend.git"], None),
        (Some("https://github.com/shop/backend.git.git"), two, None),
        (Some("https://github.com/shop/backend-2"), two, None),
        (Some("backend"), two, None),
        (Some(""), two, None),
        (Some("https://github.com/shop"), two, None),
        (Some("https://github.com/"), two, None),
        (Some("file:///shop/backend.git"), two, None),
        (Some("C:/shop/backend"), &[WEB, "https://x/y"], None),
        // Addresses that only look like one another.
        (Some("https://github.com/shop/backend"), &["https://evil.example#@github.com/shop/backend", WEB], None),
        (Some("https://github.com/shop/backend"), &["https://evil.example?@github.com/shop/backend", WEB], None),
        (Some("https://github.com/shop/backend"), &["file://github.com/shop/backend", WEB], None),
    ] {
        let sources: Vec<_> = sources.iter().map(|repository| source(repository)).collect();
        for own in [Ref::Branch("main".to_owned()), Ref::Tag("v1".to_owned())] {
            let is_tag = matches!(own, Ref::Tag(_));
            let found = resolved(&sources, repository, Some(own), &[], &[]);
            if let Some(expected) = expected {
                let (branches, tags) = found.unwrap();
                let (full, empty, name) = if is_tag { (tags, branches, "v1") } else { (branches, tags, "main") };
                assert_eq!(full, BTreeMap::from([(expected.to_owned(), name.to_owned())]), "{repository:?}");
                assert!(empty.is_empty());
            } else {
                let said = found.unwrap_err();
                let input = if is_tag { "running-tags" } else { "running-branches" };
                assert!(said.contains(&format!("use `{input}` instead")), "{repository:?}: {said}");
                for source in &sources {
                    let line = format!("\n    {}={}", source.repository, if is_tag { "v1" } else { "main" });
                    assert!(said.contains(&line), "{line} is ready to paste: {said}");
                }
            }
        }
    }
}

#[test]
fn refs_by_repository_get_the_pipelines_own_spelling() {
    let sources = [source(CODEUP), source("git@github.com:shop/web.git")];
    for (given, expected) in [
        (CODEUP, CODEUP),
        ("https://codeup.aliyun.com/60c1/Shop/Backend", CODEUP),
        ("https://CODEUP.aliyun.com/60c1/shop/backend.git", CODEUP),
        ("git@codeup.aliyun.com:60c1/Shop/Backend.git", CODEUP),
        ("https://github.com/shop/web", "git@github.com:shop/web.git"),
        ("https://token@github.com/shop/web.git", "git@github.com:shop/web.git"),
    ] {
        let (branches, tags) = resolved(&sources, None, None, &[(given, "main")], &[]).unwrap();
        assert_eq!((branches, tags.len()), (BTreeMap::from([(expected.to_owned(), "main".to_owned())]), 0), "{given}");
        let (_, tags) = resolved(&sources, None, None, &[], &[(given, "v1")]).unwrap();
        assert_eq!(tags, BTreeMap::from([(expected.to_owned(), "v1".to_owned())]), "{given}");
    }
    // One that is spelled exactly so goes first, and two of one address are one.
    let alike = [source(GITHUB), source("ssh://git@github.com:2222/shop/backend.git"), source(GITHUB)];
    let (branches, _) = resolved(&alike, None, None, &[(GITHUB, "main")], &[]).unwrap();
    assert_eq!(branches, BTreeMap::from([(GITHUB.to_owned(), "main".to_owned())]));
    for unknown in ["https://github.com/shop/other", "https://github.com/web", "web", "", "https://gitlab.com/shop/web"]
    {
        let said = resolved(&sources, None, None, &[(unknown, "main")], &[]).unwrap_err();
        assert!(
            said.starts_with(&format!("running-branches, `{unknown}`: is not a source of this pipeline")),
            "{said}"
        );
        assert!(said.contains(&format!("\n    {CODEUP}\n    git@github.com:shop/web.git")), "{said}");
    }
}

#[test]
fn a_source_gets_one_ref() {
    let sources = [source(CODEUP), source(WEB)];
    let branch = |name: &str| Some(Ref::Branch(name.to_owned()));
    let twice = "sets a second ref";
    let same = [(CODEUP, "main"), ("git@codeup.aliyun.com:60c1/Shop/Backend.git", "other")];
    assert!(resolved(&sources, None, None, &same, &[]).unwrap_err().contains(twice));
    let tag = [("git@codeup.aliyun.com:60c1/Shop/Backend.git", "v1")];
    assert!(resolved(&sources, None, None, &[(CODEUP, "main")], &tag).unwrap_err().contains(twice));
    assert!(resolved(&sources[..1], None, branch("dev"), &[(CODEUP, "main")], &[]).unwrap_err().contains(twice));
    let (branches, _) =
        resolved(&sources, Some("https://github.com/shop/web"), branch("dev"), &[(CODEUP, "main")], &[]).unwrap();
    assert_eq!(branches.len(), 2, "of different sources");
}

#[test]
fn a_source_in_branch_mode_needs_its_own_input() {
    let sources = [PipelineSource { is_branch_mode: true, ..source(CODEUP) }];
    for said in [
        resolved(&sources, None, Some(Ref::Branch("main".to_owned())), &[], &[]),
        resolved(&sources, None, Some(Ref::Tag("v1".to_owned())), &[], &[]),
        resolved(&sources, None, None, &[(CODEUP, "main")], &[]),
    ] {
        assert!(said.unwrap_err().contains("use `branch-mode-branches`"));
    }
    let said = resolved(&[], None, Some(Ref::Branch("main".to_owned())), &[], &[]).unwrap_err();
    assert_eq!(said, "branch: can't be used: the pipeline has no code source");
}

/// A service whose pipeline has these sources of code, and artifacts.
fn service(repositories: &[&str]) -> Simulator {
    let code = repositories.iter().map(|repository| Source::new("code", repository));
    let artifacts = ["flowPipeline", "acr", "packages"].map(|kind| Source::artifacts(kind, kind));
    Simulator::with_pipeline(|pipeline| pipeline.sources = code.chain(artifacts).collect())
}

#[test]
fn a_pipeline_whose_configuration_names_no_sources_has_none_and_is_read_once() {
    for backend in [Backend::AccessKey, Backend::Token] {
        for configuration in [json!(null), json!({}), json!({"sources": null}), json!({"sources": []})] {
            let pipeline = json!({"pipelineConfig": configuration});
            let body = match backend {
                Backend::Token => pipeline,
                Backend::AccessKey | Backend::Role => json!({"success": true, "pipeline": pipeline}),
            };
            let simulator = service(&[GITHUB]);
            let fault = Fault::answer(Acts::Never, Answer::json(200, &body));
            simulator.plan(When::next_is("GetPipeline").always(), fault);
            let executed = Execution::over(backend, &simulator).with("YUNXIAO_BRANCH", "main").run();
            assert_eq!((executed.code(), simulator.seen_for("GetPipeline").len()), (2, 1), "{body}");
            assert!(executed.outcome.message().english.contains("the pipeline has no code source"), "{body}");
            assert_eq!(Execution::over(backend, &simulator).run().code(), 0, "{body}: it needs none");
        }
    }
}

#[test]
fn the_sources_are_read_once_before_the_start_and_not_on_its_connection() {
    for backend in [Backend::AccessKey, Backend::Token] {
        for (inputs, branches, tags) in [
            (&[("YUNXIAO_BRANCH", "main")][..], json!({GITHUB: "main"}), json!(null)),
            (&[("YUNXIAO_BRANCH", "refs/heads/feature/x")], json!({GITHUB: "feature/x"}), json!(null)),
            (&[("YUNXIAO_BRANCH", "feature/merge")], json!({GITHUB: "feature/merge"}), json!(null)),
            (&[("YUNXIAO_BRANCH", "7x/merge")], json!({GITHUB: "7x/merge"}), json!(null)),
            (&[("YUNXIAO_BRANCH", "refs/tags/1.0")], json!(null), json!({GITHUB: "1.0"})),
            (&[("YUNXIAO_TAG", "1.0")], json!(null), json!({GITHUB: "1.0"})),
            (&[("YUNXIAO_TAG", "refs/tags/1.0")], json!(null), json!({GITHUB: "1.0"})),
            (
                &[("YUNXIAO_RUNNING_BRANCHES", "git@github.com:shop/backend=refs/heads/main")],
                json!({GITHUB: "main"}),
                json!(null),
            ),
            (
                &[("YUNXIAO_RUNNING_BRANCHES", "git@github.com:shop/backend=refs/tags/1.0")],
                json!(null),
                json!({GITHUB: "1.0"}),
            ),
            (
                &[("YUNXIAO_PARAMS", r#"{"runningBranchs":{"https://github.com/shop/backend":"main"}}"#)],
                json!({GITHUB: "main"}),
                json!(null),
            ),
        ] {
            let simulator = service(&[GITHUB]);
            let executed = Execution::over(backend, &simulator).with_all(inputs).run();
            assert_eq!(executed.code(), 0, "{inputs:?}: {:?}", executed.outcome);
            let params = simulator.started()[0].params.clone().unwrap();
            let of = |name: &str| params.get(name).cloned().unwrap_or_default();
            assert_eq!((of("runningBranchs"), of("runningTags")), (branches, tags), "{inputs:?}");
            let seen = simulator.seen();
            let actions: Vec<_> = seen.iter().map(|seen| seen.action.as_deref().unwrap()).collect();
            assert_eq!(actions, ["GetPipeline", START]);
            assert_ne!(seen[0].connection, seen[1].connection);
        }
        let simulator = service(&[GITHUB]);
        let executed = Execution::over(backend, &simulator).with("YUNXIAO_ENVS", "A=1").run();
        assert!(executed.said.contains("No branch or tag is given: running the pipeline's default branch"));
        assert_eq!(simulator.seen().len(), 1, "without a ref nothing is read");
    }
}

#[test]
fn the_remote_before_a_branch_is_cut_where_the_ci_system_puts_it_there() {
    let jenkins = ("JENKINS_URL", "https://ci.example.com/");
    let tagged = ("BUILD_TAG", "jenkins-shop-7");
    for (host, given, built, said) in [
        (
            Some(jenkins),
            "origin/main",
            "main",
            "YUNXIAO_BRANCH: `origin/main` is this CI system's spelling of the branch `main`",
        ),
        (Some(tagged), "origin/feature/x", "feature/x", "spelling of the branch `feature/x`"),
        (Some(jenkins), "refs/heads/origin/main", "main", "spelling of the branch `main`"),
        (Some(jenkins), "main", "main", ""),
        (None, "origin/main", "origin/main", "`origin/main` is used as the full branch name"),
        (Some(("BUILD_TAG", "1.0")), "origin/main", "origin/main", "the full branch name"),
    ] {
        let simulator = service(&[GITHUB]);
        let execution = Execution::over(Backend::AccessKey, &simulator).with("YUNXIAO_BRANCH", given);
        let execution = host.into_iter().fold(execution, |execution, (name, value)| execution.with(name, value));
        let settings = execution.settings();
        let words = settings.warnings.iter().chain(&settings.settings.as_ref().unwrap().notices);
        let words: Vec<_> = words.map(|text| text.english.clone()).collect();
        assert!(words.iter().any(|word| word.contains(said)), "{host:?} {given}: {words:?}");
        assert_eq!(execution.run().code(), 0);
        assert_eq!(simulator.started()[0].params.clone().unwrap()["runningBranchs"], json!({GITHUB: built}));
    }
    let inputs = [("YUNXIAO_BRANCH", "origin/HEAD"), jenkins];
    let settings = Execution::over(Backend::AccessKey, &service(&[GITHUB])).with_all(&inputs).settings().settings;
    assert_eq!(settings.unwrap_err().len(), 1, "what is left is no name");
}

#[test]
fn the_ci_repository_tells_which_source_is_meant() {
    for inputs in [
        &[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_OUTPUT", "/dev/null"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "Shop/Web"),
        ][..],
        &[("GITLAB_CI", "true"), ("CI_PROJECT_URL", "https://gitlab.example.com/group/web")],
    ] {
        let simulator = service(&[GITHUB, WEB]);
        let execution = Execution::over(Backend::AccessKey, &simulator).with_all(inputs).with("YUNXIAO_BRANCH", "main");
        assert_eq!(execution.run().code(), 0);
        assert_eq!(simulator.started()[0].params.clone().unwrap()["runningBranchs"], json!({WEB: "main"}));
    }
}

#[test]
fn a_ref_that_yunxiao_would_ignore_starts_nothing() {
    for inputs in [
        &[("YUNXIAO_BRANCH", "main")][..],
        &[("YUNXIAO_RUNNING_TAGS", "https://github.com/shop/other=1.0")],
        &[("YUNXIAO_RUNNING_TAGS", "https://github.com/shop/other=1.0"), ("YUNXIAO_BRANCH", "main")],
    ] {
        let simulator = service(&[GITHUB, WEB]);
        let executed = Execution::over(Backend::AccessKey, &simulator).with_all(inputs).run();
        let Outcome::Inputs(complaints) = &executed.outcome else { panic!("{:?}", executed.outcome) };
        assert_eq!((executed.code(), complaints.len()), (2, inputs.len()));
        assert!(simulator.started().is_empty());
    }
}

#[test]
fn refs_that_need_the_sources_are_refused_if_the_pipeline_is_unreadable() {
    for (inputs, code, started) in [
        (&[("YUNXIAO_RUNNING_BRANCHES", "https://github.com/shop/backend=main")][..], 0, 1),
        (&[("YUNXIAO_BRANCH", "main")], 3, 0),
        (&[("YUNXIAO_TAG", "1.0"), ("YUNXIAO_RUNNING_BRANCHES", "https://github.com/shop/backend=main")], 3, 0),
    ] {
        let simulator = service(&[GITHUB]);
        simulator.plan(When::next_is("GetPipeline").always(), Fault::refusal("Forbidden.AccessDenied"));
        let executed = Execution::over(Backend::AccessKey, &simulator).with_all(inputs).run();
        assert_eq!((executed.code(), simulator.started().len()), (code, started), "{inputs:?}");
        if started == 1 {
            let params = simulator.started()[0].params.clone().unwrap();
            assert_eq!(params["runningBranchs"], json!({"https://github.com/shop/backend": "main"}), "as it was given");
            assert_eq!(executed.said.matches("refs are sent unchecked").count(), 1);
        }
    }
    // A service that is out of order has refused nothing.
    let simulator = service(&[GITHUB]);
    simulator.plan(When::next_is("GetPipeline").always(), Fault::answer(Acts::Never, Answer::html(503)));
    let inputs = [("YUNXIAO_RUNNING_BRANCHES", "https://github.com/typo/typo=main"), ("YUNXIAO_RETRY_TIMEOUT", "10s")];
    assert_eq!(Execution::over(Backend::AccessKey, &simulator).with_all(&inputs).run().code(), 4);
    assert!(simulator.started().is_empty());
    // What can't be reached is not refused.
    let simulator = service(&[GITHUB]);
    simulator.plan(When::next_is("GetPipeline").times(2), Fault::new(Acts::Never, Reply::Closed));
    assert_eq!(Execution::over(Backend::Token, &simulator).with("YUNXIAO_BRANCH", "main").run().code(), 0);
}
