use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{Step, service};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The names of the outputs in the action's manifest.
fn outputs_of_the_action() -> BTreeSet<String> {
    let action = read("action.yml");
    let outputs = action.split_once("\noutputs:\n").unwrap().1;
    let names = outputs.lines().take_while(|line| line.starts_with(' ')).filter_map(|line| line.strip_prefix("  "));
    names.filter(|name| !name.starts_with(' ')).map(|name| name.trim_end_matches(':').to_owned()).collect()
}

/// The names in backticks in the first cells of the table under a heading.
fn first_cells(markdown: &str, heading: &str) -> BTreeSet<String> {
    let section = markdown.split_once(&format!("\n## {heading}\n")).expect(heading).1;
    let rows = section.split("\n## ").next().unwrap().lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| row.split('`').next().unwrap().to_owned()).collect()
}

#[test]
fn the_action_and_the_readmes_know_the_same_outputs_and_none_is_an_inputs_variable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (_, server) = service();
    assert_eq!(Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run().code, 0);
    let written = fs::read_to_string(&path).unwrap();
    let outputs: BTreeSet<String> = written.lines().map(|line| line.split('=').next().unwrap().to_owned()).collect();
    assert_eq!(outputs_of_the_action(), outputs);
    assert_eq!(first_cells(&read("README.md"), "Outputs"), outputs);
    assert_eq!(first_cells(&read("README.zh-CN.md"), "输出"), outputs);
    for output in outputs {
        let prefixes = ["INPUT_", "PLUGIN_", "YUNXIAO_"];
        assert!(!prefixes.iter().any(|prefix| output.to_uppercase().starts_with(prefix)), "{output}");
    }
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

/// Every text a reader may copy from.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if !["target", ".git", "node_modules"].contains(&name.as_str()) {
                found.extend(documents(&path));
            }
        } else if [".md", ".yml", ".yaml", ".toml", "Dockerfile"].iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_changelog_has_the_version() {
    assert!(read("CHANGELOG.md").contains(&format!("\n## {}", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut links = 0;
    for page in documents(&root()).into_iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(&page).unwrap();
        for (start, _) in text.match_indices("](") {
            let target = text[start + 2..].split(')').next().unwrap();
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if target.contains("://") {
                continue;
            }
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(path.exists(), "{}: {target}", page.display());
            if !anchor.is_empty() {
                // As GitHub makes anchors of headings.
                let anchors = fs::read_to_string(&path).unwrap();
                let anchors = anchors.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
                let plain = |heading: &str| -> String {
                    let kept = heading.to_lowercase().replace(' ', "-");
                    kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
                };
                assert!(anchors.map(plain).any(|known| known == anchor), "{}: {target}", page.display());
            }
            links += 1;
        }
    }
    assert!(links > 20, "{links}");
}
