use std::fs;

use yunxiao_run::outcome::code::Output;

use crate::pages::{documents, root};
use crate::step::{Step, service};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn the_documented_outputs_are_those_that_are_written_and_none_is_an_inputs_variable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (_, server) = service();
    assert_eq!(Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run().code, 0);
    let written = fs::read_to_string(&path).unwrap();
    let outputs: Vec<&str> = written.lines().map(|line| line.split('=').next().unwrap()).collect();
    assert_eq!(outputs, Output::documented().into_iter().map(|(name, _)| name).collect::<Vec<_>>());
    for output in outputs {
        let prefixes = ["INPUT_", "PLUGIN_", "YUNXIAO_"];
        assert!(!prefixes.iter().any(|prefix| output.to_uppercase().starts_with(prefix)), "{output}");
    }
}

#[test]
fn functions_that_documents_name_are_in_the_files_that_they_name() {
    let mut found = 0;
    for page in documents(&root()).into_iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
        // A function stands right before its file in English, right after it in Chinese.
        let text = fs::read_to_string(&page).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for (start, _) in text.match_indices("](../src/") {
            let (before, after) = (&text[..start], &text[start + "](../".len()..]);
            let (path, after) = after.split_once(')').unwrap();
            let english = before.rsplit_once(" in [").and_then(|(before, _)| before.strip_suffix('`'));
            let english = english.filter(|_| before.rsplit_once('[').unwrap().0.ends_with(" in "));
            let name = match after.strip_prefix(" 中的 `") {
                Some(after) => after.split('`').next(),
                None => english.and_then(|before| before.rsplit('`').next()),
            };
            let Some(name) = name else { continue };
            let code = read(path);
            let is_there = ["(", "<"].iter().any(|after| code.contains(&format!("fn {name}{after}")));
            assert!(is_there, "{}: {name} in {path}", page.display());
            found += 1;
        }
    }
    assert_eq!(found, 12, "six functions, in two languages");
}

/// The files that a section of the threat model says it is held by.
fn holders(section: &str) -> Vec<&str> {
    let targets = section.split("](../").skip(1).map(|rest| rest.split(')').next().unwrap());
    targets.filter(|target| ["tests/", "fuzz/", ".ci/"].iter().any(|folder| target.starts_with(folder))).collect()
}

#[test]
fn every_boundary_of_the_threat_model_names_what_holds_it() {
    let [english, chinese] = ["docs/security.md", "docs/security.zh-CN.md"].map(read);
    let sections: Vec<_> = english.split("\n## ").skip(1).map(holders).collect();
    assert_eq!(sections, chinese.split("\n## ").skip(1).map(holders).collect::<Vec<_>>());
    let (not_protected, boundaries) = sections.split_last().unwrap();
    assert!(boundaries.len() == 8 && not_protected.is_empty(), "{sections:?}");
    for (files, section) in boundaries.iter().zip(english.split("\n## ").skip(1)) {
        assert!(files.len() > 1, "{section}");
    }
    // Each fuzz target is named, and nothing else as one.
    let mut named: Vec<_> = sections.iter().flatten().filter_map(|file| file.strip_prefix("fuzz/src/")).collect();
    named.sort_unstable();
    named.dedup();
    let targets = fs::read_dir(root().join("fuzz/fuzz_targets")).unwrap();
    let mut targets: Vec<_> = targets.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    targets.sort_unstable();
    assert_eq!(named, targets);
}

#[test]
fn every_mention_of_the_repository_is_the_one_in_the_manifest() {
    let slug = env!("CARGO_PKG_REPOSITORY").strip_prefix("https://github.com/").unwrap();
    let (owner, name) = slug.split_once('/').unwrap();
    let mut mentions = 0;
    for path in documents(&root()) {
        let text = fs::read_to_string(&path).unwrap();
        for place in ["github.com/", "ghcr.io/", "uses: "] {
            for (start, _) in text.match_indices(place) {
                let rest = &text[start + place.len()..];
                let end =
                    rest.find(|character: char| !(character.is_ascii_alphanumeric() || "-_./".contains(character)));
                let mention = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', '/']);
                if mention.contains(name) && mention.contains('/') {
                    assert!(
                        mention == slug || mention.starts_with(&format!("{owner}/{name}/")),
                        "{}: {mention}",
                        path.display()
                    );
                    mentions += 1;
                }
            }
        }
    }
    assert!(mentions > 3);
}

#[test]
fn the_changelog_has_the_version() {
    for changelog in ["CHANGELOG.md", "CHANGELOG.zh-CN.md"] {
        assert!(read(changelog).contains(&format!("\n## {}", env!("CARGO_PKG_VERSION"))));
    }
}

#[test]
fn the_page_of_a_ci_system_has_the_same_snippets_in_both_languages() {
    // What is in a page's blocks of code.
    let snippets = |path: &str| -> Vec<String> {
        read(path).split("\n```").skip(1).step_by(2).map(|block| block.trim_end().to_owned()).collect()
    };
    let mut pages = 0;
    for page in fs::read_dir(root().join("docs/hosts")).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".md").filter(|name| !name.ends_with(".zh-CN")) else { continue };
        let english = snippets(&format!("docs/hosts/{name}.md"));
        assert!(!english.is_empty(), "{name}");
        assert_eq!(english, snippets(&format!("docs/hosts/{name}.zh-CN.md")), "{name}");
        pages += 1;
    }
    assert!(pages > 20, "{pages}");
    assert_eq!(snippets("docs/chaining.md"), snippets("docs/chaining.zh-CN.md"));
}

#[test]
fn every_ci_system_that_is_recognised_is_in_the_index() {
    for page in ["docs/hosts/README.md", "docs/hosts/README.zh-CN.md"] {
        let rows: Vec<String> = read(page).lines().filter(|line| line.starts_with("| ")).map(str::to_owned).collect();
        let named = |name: &str| {
            rows.iter().filter(|row| row.split('|').nth(2).unwrap().contains(&format!("`{name}`"))).count()
        };
        for name in yunxiao_run::host::names() {
            assert_eq!(named(name), 1, "{name} in {page}");
        }
    }
}
