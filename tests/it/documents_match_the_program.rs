use std::collections::BTreeSet;
use std::io;

use yunxiao_run::environment::Environment;
use yunxiao_run::host::detect;
use yunxiao_run::inputs::Settings;
use yunxiao_run::inputs::definition::{DefaultValue, Definition, Documentation, Kind};
use yunxiao_run::inputs::definitions::documented;
use yunxiao_run::outcome::code::{ExitCode, Output, StatusWord};

use crate::pages::{Line, Page, root, sources};

/// Names with hyphens that are other people's.
const FOREIGN: &[&str] = &[
    "acme-app",
    "after-script",
    "alibabacloud-devops-mcp-server",
    "buildkite-agent",
    "download-from",
    "cargo-cyclonedx",
    "enable-openid-connect",
    "fail-fast",
    "gitlab-ci-local",
    "id-token",
    "keep-pod-on-cancel",
    "manual-job",
    "output-variables",
    "propagate-environment",
    "yunxiao-run",
];

fn input(name: &str) -> Option<(&'static Definition, &'static Documentation)> {
    documented().find(|(input, _)| input.dashed() == name)
}

/// The longest words of these characters that begin so.
fn words<'t>(text: &'t str, start: &str, more: &str) -> BTreeSet<&'t str> {
    let is_in =
        |character: char| character.is_ascii_uppercase() || character.is_ascii_digit() || more.contains(character);
    let word = |(at, _): (usize, &str)| {
        let is_whole = !text[..at].ends_with(is_in);
        let rest = &text[at..];
        is_whole.then(|| &rest[..rest.find(|character| !is_in(character)).unwrap_or(rest.len())])
    };
    text.match_indices(start).filter_map(word).collect()
}

#[test]
fn every_variable_in_a_document_is_one_that_is_read() {
    let sources = sources();
    let known = |name: &str| {
        documented().any(|(input, _)| {
            name == input.variable() || (input.kind == Kind::Secret && name == format!("{}_FILE", input.variable()))
        })
    };
    let mut found = 0;
    for page in Page::all() {
        for name in words(&page.text, "YUNXIAO_", "_") {
            assert!(
                name.ends_with('_') || known(name) || sources.contains(&format!("\"{name}\"")),
                "{}: {name}",
                page.name
            );
            found += 1;
        }
        for name in words(&page.text, "PLUGIN_", "_-") {
            let input = name.replace("PLUGIN_", "YUNXIAO_").replace('-', "_");
            assert!(name.ends_with('_') || known(&input), "{}: {name}", page.name);
        }
        for name in words(&page.text, "ALIBABA_CLOUD_", "_") {
            assert!(name.ends_with('_') || sources.contains(name), "{}: {name}", page.name);
        }
    }
    assert!(found > 100, "{found}");
}

#[test]
fn every_input_in_a_document_is_one_and_takes_the_value() {
    let mut found = 0;
    for page in Page::all() {
        for span in page.spans() {
            let (name, value) =
                span.split_once(": ").map_or((span.as_str(), None), |(name, value)| (name, Some(value)));
            let is_name =
                name.split('-').all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
            match (input(name), value) {
                (Some(_), Some(value)) if !value.contains(['$', '…', '<', '{']) => {
                    assert_eq!(complaint(name, value), None, "{}: `{span}`", page.name);
                    found += 1;
                }
                (Some(_), _) => {}
                (None, _) => assert!(
                    !is_name || !name.contains('-') || FOREIGN.contains(&name),
                    "{}: `{span}` is no input, and not in the list of foreign names",
                    page.name
                ),
            }
        }
        for name in page.blocks().iter().flat_map(|block| given(&block.text)) {
            assert!(input(&name).is_some(), "{}: {name} under `with:`", page.name);
            found += 1;
        }
    }
    assert!(found > 200, "{found}");
}

/// The names under `with:` of this action's steps.
fn given(block: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut names = Vec::new();
    let mut lines = block.lines().peekable();
    while let Some(line) = lines.next() {
        let is_ours = line.contains("uses: yunxiao-run/yunxiao-run@");
        while is_ours && lines.peek().is_some_and(|line| line.trim() != "with:" && !line.trim_start().starts_with("- "))
        {
            lines.next();
        }
        if !is_ours || lines.next_if(|line| line.trim() == "with:").is_none() {
            continue;
        }
        let depth = lines.peek().map_or(0, |line| indent(line));
        while let Some(line) = lines.next_if(|line| indent(line) >= depth && depth > 0) {
            if let (true, Some((name, _))) = (indent(line) == depth, line.trim().split_once(':')) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

#[test]
fn every_example_of_an_input_is_a_value_that_it_takes() {
    for (definition, documentation) in documented() {
        let (name, example) = (definition.dashed(), documentation.example);
        // What a CI system replaces, or what is in a file that is not here.
        if !example.contains('$') && name != "ca-certificates" {
            assert_eq!(complaint(&name, example), None, "{name}: {example}");
        }
    }
}

/// What the program says of a value, in the mode in which it says least.
fn complaint(name: &str, value: &str) -> Option<String> {
    let variable = input(name).unwrap().0.variable();
    let said = ["start", "follow", "stop", "approve", "reject", "retry"].map(|mode| {
        let github =
            [("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/dev/null"), ("GITHUB_SERVER_URL", "https://github.com")];
        let job = [("GITHUB_REPOSITORY", "a/b"), ("GITHUB_RUN_ID", "1"), ("GITHUB_JOB", "c"), ("GITHUB_ACTION", "d")];
        let mut variables: Vec<_> = github.into_iter().chain(job).collect();
        variables.extend([("YUNXIAO_MODE", mode), ("YUNXIAO_ORGANIZATION_ID", "5ebb"), ("YUNXIAO_PIPELINE_ID", "123")]);
        variables.push(("YUNXIAO_OIDC_TOKEN", "token"));
        if mode == "start" {
            variables.push(("YUNXIAO_WAIT", "true"));
        } else if name != "idempotency-key" {
            variables.push(("YUNXIAO_PIPELINE_RUN_ID", "7"));
        }
        if ["approve", "reject"].contains(&mode) {
            variables.push(("YUNXIAO_GATE", "gate"));
        }
        variables.retain(|(known, _)| *known != variable);
        variables.push((&variable, value));
        let read = |_: &std::path::Path| Err(io::ErrorKind::NotFound.into());
        let host = detect(&Environment::new(variables), false);
        let complaints = Settings::read(&*host, &read).settings.err().unwrap_or_default();
        complaints.into_iter().find(|complaint| complaint.input == variable).map(|complaint| complaint.rule.to_string())
    });
    said.iter().cloned().min_by_key(Option::is_some).flatten()
}

#[test]
fn every_default_in_a_table_is_the_inputs() {
    let mut found = 0;
    for page in Page::all() {
        let mut column = None;
        for line in page.lines() {
            let cells: Vec<&str> = match line {
                Line::Prose(line) if line.starts_with('|') => line.split('|').map(str::trim).collect(),
                _ => Vec::new(),
            };
            if cells.is_empty() {
                column = None;
            }
            column = column.or_else(|| cells.iter().position(|cell| ["default", "默认值"].contains(cell)));
            let named = cells.get(1).and_then(|cell| input(cell.trim_matches('`')));
            if let (Some(column), Some((_, documentation))) = (column, named)
                && let DefaultValue::Value(value) = documentation.default
            {
                assert_eq!(cells[column], format!("`{value}`"), "{}: {}", page.name, cells[1]);
                found += 1;
            }
        }
    }
    assert!(found >= 4, "{found}");
}

#[test]
fn every_output_exit_code_and_status_in_a_document_is_one() {
    let outputs: Vec<_> = Output::documented().into_iter().map(|(name, _)| name).collect();
    let statuses: Vec<_> = StatusWord::documented().into_iter().map(|(word, _)| word).collect();
    let codes: Vec<_> = ExitCode::documented().into_iter().map(|(code, _)| code.to_string()).collect();
    let mut found = 0;
    for page in Page::all() {
        let word = |rest: &str| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap().to_owned();
        for (start, _) in page.text.match_indices(".outputs.") {
            let (before, name) = (&page.text[..start], word(&page.text[start + ".outputs.".len()..]));
            // Argo has a word more before the name, and `<name>` is any.
            if before.ends_with("steps.yunxiao") && !["parameters", ""].contains(&name.as_str()) {
                assert!(outputs.contains(&name.as_str()), "{}: {name}", page.name);
                found += 1;
            }
        }
        for mark in ["exit code ", "exit code\n", "退出码 ", "退出码为 "] {
            for (start, _) in page.text.match_indices(mark) {
                let code = word(&page.text[start + mark.len()..]);
                assert!(code.parse::<u8>().is_err() || codes.contains(&code), "{}: {mark}{code}", page.name);
                found += 1;
            }
        }
        for mark in ["`status` is `", "`status` 为 `"] {
            for (start, _) in page.text.match_indices(mark) {
                let status = word(&page.text[start + mark.len()..]);
                assert!(statuses.contains(&status.as_str()), "{}: {mark}{status}`", page.name);
                found += 1;
            }
        }
    }
    assert!(found > 80, "{found}");
}

#[test]
fn every_message_in_a_document_is_the_programs() {
    let sources = sources();
    let mut found = 0;
    let mut check = |page: &Page, quoted: &str| {
        // `…` stands for what differs from time to time.
        for part in quoted.split('…').map(str::trim).filter(|part| !part.is_empty()) {
            assert!(sources.contains(part), "{}: {part:?}", page.name);
            found += 1;
        }
    };
    for page in Page::all() {
        for block in page.blocks().iter().filter(|block| block.language == "text") {
            block.text.lines().for_each(|line| check(&page, line));
        }
        if page.name.starts_with("docs/faq") {
            let prose = page.prose().replace(['“', '”'], "\"");
            prose.split('"').skip(1).step_by(2).for_each(|quoted| check(&page, &quoted.replace('\n', " ")));
        }
    }
    assert!(found > 30, "{found}");
}

#[test]
fn every_host_and_path_in_a_document_exists() {
    let sources = sources();
    for page in Page::all() {
        for end in [".aliyuncs.com", ".aliyun.com"] {
            for (at, _) in page.text.match_indices(end) {
                let is_in = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
                let start = page.text[..at].rfind(|c| !is_in(c)).map_or(0, |before| before + 1);
                let start = page.text[start..]
                    .char_indices()
                    .map(|(i, _)| start + i)
                    .find(|i| page.text[*i..].starts_with(is_in));
                let host = &page.text[start.unwrap()..at + end.len()];
                assert!(host == end || sources.contains(host), "{}: {host}", page.name);
            }
        }
        // A CI system's page names files of its reader's repository.
        for span in page.spans().into_iter().filter(|_| !page.name.starts_with("docs/hosts/")) {
            let is_path = ["src/", "tests/", "docs/", ".ci/", "benches/"].iter().any(|folder| span.starts_with(folder));
            assert!(!is_path || span.contains(['<', ' ']) || root().join(&span).exists(), "{}: {span}", page.name);
        }
    }
}

#[test]
fn the_action_is_described_where_it_is_listed() {
    let action = std::fs::read_to_string(root().join("action.yml")).unwrap();
    let line = |start: &str| action.lines().find_map(|line| line.strip_prefix(start)).unwrap().to_owned();
    for described in [line("name: "), line("description: ")] {
        assert!(described.contains("Alibaba Cloud") && described.chars().count() <= 125, "{described}");
    }
    assert!(line("description: ").contains("waits for it, and shows why it failed"));
    // The runner would take it for an expression.
    assert!(!action.contains("${{"));
    let names: Vec<_> = documented().map(|(input, _)| input.dashed()).collect();
    assert_eq!(names[..3], ["organization-id", "pipeline-id", "access-token"]);
}
