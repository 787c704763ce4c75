use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use yunxiao_run::inputs::{ENVIRONMENT_ONLY, Inputs, dashed};

use crate::step::{Step, service};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The keys one level below a top-level key of a YAML file, in order, each with what stands below it.
fn below(yaml: &str, key: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let lines = yaml.lines().skip_while(|line| *line != format!("{key}:")).skip(1);
    for line in lines.take_while(|line| line.is_empty() || line.starts_with(' ')) {
        match line.strip_prefix("  ") {
            Some(name) if !name.starts_with([' ', '#']) && !name.is_empty() => {
                found.push((name.trim_end_matches(':').to_owned(), String::new()));
            }
            Some(more) if !more.trim_start().starts_with('#') => {
                if let Some((_, text)) = found.last_mut() {
                    *text += more;
                }
            }
            _ => {}
        }
    }
    found
}

/// The first cells of the rows of the table under a heading.
fn first_cells(markdown: &str, heading: &str) -> Vec<String> {
    let section = markdown.split_once(&format!("\n## {heading}\n")).expect(heading).1;
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| row.split('|').nth(1).unwrap().trim().to_owned()).filter(|cell| !cell.starts_with("--")).collect()
}

/// The names in backticks in the first cells of a table.
fn names(markdown: &str, heading: &str) -> BTreeSet<String> {
    let cells = first_cells(markdown, heading);
    cells.iter().flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()).collect()
}

const READMES: [(&str, [&str; 3]); 2] =
    [("README.md", ["Inputs", "Outputs", "Exit codes"]), ("README.zh-CN.md", ["输入", "输出", "退出码"])];

#[test]
fn the_action_the_struct_and_the_readmes_know_the_same_inputs() {
    let fields: BTreeSet<String> = Inputs::fields().iter().map(|field| dashed(field)).collect();
    let environment_only: BTreeSet<String> = ENVIRONMENT_ONLY.iter().map(|field| dashed(field)).collect();
    let action: BTreeSet<String> = below(&read("action.yml"), "inputs").into_iter().map(|(name, _)| name).collect();
    assert_eq!(action, &fields - &environment_only);
    for (readme, [inputs, ..]) in READMES {
        assert_eq!(names(&read(readme), inputs), fields, "{readme}");
    }
}

#[test]
fn every_input_of_the_action_states_its_default_and_has_no_default_key() {
    for (name, text) in below(&read("action.yml"), "inputs") {
        assert!(text.contains("Default: ") || text.contains("Required.") || name == "output-file", "{name}: {text}");
        assert!(!text.contains("default:"), "{name}");
    }
}

#[test]
fn the_action_and_the_readmes_know_the_same_outputs_and_none_is_an_inputs_variable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (_, server) = service();
    assert_eq!(Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap()).run().code, 0);
    let written = fs::read_to_string(&path).unwrap();
    let outputs: BTreeSet<String> = written.lines().map(|line| line.split('=').next().unwrap().to_owned()).collect();
    let action: BTreeSet<String> = below(&read("action.yml"), "outputs").into_iter().map(|(name, _)| name).collect();
    assert_eq!(action, outputs);
    for (readme, [_, heading, _]) in READMES {
        assert_eq!(names(&read(readme), heading), outputs, "{readme}");
    }
    for output in outputs {
        let prefixes = ["INPUT_", "PLUGIN_", "YUNXIAO_"];
        assert!(!prefixes.iter().any(|prefix| output.to_uppercase().starts_with(prefix)), "{output}");
    }
}

#[test]
fn the_readmes_list_every_exit_code_there_is() {
    for (readme, [_, _, heading]) in READMES {
        let codes = first_cells(&read(readme), heading);
        assert_eq!(
            codes,
            ["`0`", "`1`", "`2`", "`3`", "`4`", "`5`", "`6`", "`7`", "`8`", "`9`", "`10`", "`130` `143`"],
            "{readme}"
        );
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
