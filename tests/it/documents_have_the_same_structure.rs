use std::fs;

use crate::pages::{Line, Page, root};

/// For those who change the program, and not in Chinese.
const ENGLISH_ALONE: [&str; 2] = ["CONTRIBUTING.md", "release/README.md"];

#[test]
fn every_page_has_the_same_structure_in_both_languages() {
    let pages = Page::all();
    let mut pairs = 0;
    for page in pages.iter().filter(|page| !page.is_chinese()) {
        let twin = pages.iter().find(|other| other.name == page.twin());
        if ENGLISH_ALONE.contains(&page.name.as_str()) {
            assert!(twin.is_none(), "{}: is in both languages by now", page.name);
            continue;
        }
        let twin = twin.unwrap_or_else(|| panic!("{} has no {}", page.name, page.twin()));
        assert_eq!(parts(page), parts(twin), "{}: a heading, block, row or item is in one language only", page.name);
        assert_eq!(targets(page), targets(twin), "{}: a link is in one language only", page.name);
        for (page, twin) in [(page, twin), (twin, page)] {
            let file = twin.name.rsplit('/').next().unwrap();
            let link = format!("{}({file})", if page.is_chinese() { "[English]" } else { "[中文]" });
            assert!(page.text.lines().take(4).any(|line| line.contains(&link)), "{}: no link to its twin", page.name);
        }
        pairs += 1;
    }
    assert!(pairs > 8, "{pairs}");
}

/// What a page is made of: headings by their level, blocks by their language, rows of tables, items of lists.
fn parts(page: &Page) -> Vec<String> {
    let mut number = 0;
    let part = |line| match line {
        Line::Block(block) => Some(format!("```{}", block.language)),
        Line::Prose(line) => {
            let (mark, _) = line.split_once(' ')?;
            // A sentence may begin with a number, too.
            let next = mark.strip_suffix('.').and_then(|number| number.parse().ok());
            let is_numbered = next.is_some_and(|next| next == 1 || next == number + 1);
            number = next.filter(|_| is_numbered).unwrap_or(number);
            let is_heading = !mark.is_empty() && mark.chars().all(|character| character == '#');
            (is_numbered || is_heading || mark == "-" || mark.starts_with('|')).then(|| mark.to_owned())
        }
    };
    page.lines().into_iter().filter_map(part).collect()
}

/// Where links lead, whatever the language, in alphabetical order: sentences may have another order.
fn targets(page: &Page) -> Vec<String> {
    let prose = page.prose();
    let links = prose.match_indices("](").map(|(start, _)| prose[start + 2..].split(')').next().unwrap());
    let mut targets: Vec<_> = links.map(|link| link.split('#').next().unwrap().replace(".zh-CN.", ".")).collect();
    targets.sort();
    targets
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut links = 0;
    for page in Page::all() {
        for (start, _) in page.text.match_indices("](") {
            let target = page.text[start + 2..].split(')').next().unwrap();
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if target.contains("://") {
                continue;
            }
            let here = root().join(&page.name);
            let path = if file.is_empty() { here.clone() } else { here.parent().unwrap().join(file) };
            assert!(path.exists(), "{}: {target}", page.name);
            if !anchor.is_empty() {
                // As GitHub makes anchors of headings.
                let anchors = fs::read_to_string(&path).unwrap();
                let anchors = anchors.lines().filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
                let plain = |heading: &str| -> String {
                    let kept = heading.to_lowercase().replace(' ', "-");
                    kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
                };
                assert!(anchors.map(plain).any(|known| known == anchor), "{}: {target}", page.name);
            }
            let is_own_language = page.is_chinese() == target.contains(".zh-CN.");
            let is_twin = page.twin().ends_with(target) || ENGLISH_ALONE.iter().any(|name| target.ends_with(name));
            assert!(
                is_own_language || is_twin || !target.contains(".md"),
                "{}: {target} is in the other language",
                page.name
            );
            links += 1;
        }
    }
    assert!(links > 100, "{links}");
}

#[test]
fn every_page_is_reached_from_the_readme_of_its_language() {
    let pages = Page::all();
    for readme in ["README.md", "README.zh-CN.md"] {
        let is_chinese = readme.contains(".zh-CN.");
        let mut reached = vec![root().join(readme)];
        let mut next = 0;
        while let Some(path) = reached.get(next).cloned() {
            next += 1;
            let folder = path.parent().unwrap();
            let text = fs::read_to_string(&path).unwrap();
            let links = text.match_indices("](").map(|(start, _)| text[start + 2..].split([')', '#']).next().unwrap());
            for found in links.filter_map(|link| fs::canonicalize(folder.join(link)).ok()) {
                let is_page = found.extension().is_some_and(|end| end == "md");
                if is_page && found.to_str().unwrap().contains(".zh-CN.") == is_chinese && !reached.contains(&found) {
                    reached.push(found);
                }
            }
        }
        for page in pages.iter().filter(|page| page.is_chinese() == is_chinese && page.name != readme) {
            let path = fs::canonicalize(root().join(&page.name)).unwrap();
            let is_reached = reached.contains(&path);
            assert!(is_reached || ENGLISH_ALONE.contains(&page.name.as_str()), "{}: not reached", page.name);
        }
    }
}

#[test]
fn the_readmes_are_short() {
    for page in Page::all().into_iter().filter(|page| page.name.starts_with("README")) {
        let lines = page.text.lines().count();
        assert!(lines <= 130, "{}: {lines} lines", page.name);
    }
}

#[test]
fn every_snippet_is_run_or_says_why_not() {
    for page in Page::all().into_iter().filter(|page| page.name.starts_with("README") || page.name.starts_with("docs/"))
    {
        for block in page.blocks() {
            let is_excused = block.note.as_ref().is_some_and(|note| note.starts_with("not run: "));
            let is_held = match block.language.as_str() {
                // tests/container/test_documentation.py runs them; what the program prints is held to its sources; and
                // what someone types and sees who looks into the program.
                "yaml" | "text" | "console" => true,
                "sh" => block.text.contains("docker run"),
                "json" => serde_json::from_str::<serde_json::Value>(&block.text).is_ok(),
                // Of a CI system that is emulated, in its own language.
                "groovy" | "kotlin" => {
                    let system = page.name.trim_start_matches("docs/hosts/").split('.').next().unwrap();
                    root().join(format!("tests/container/systems/{system}.py")).exists()
                }
                _ => false,
            };
            assert!(is_held || is_excused, "{}: a snippet in {:?}:\n{}", page.name, block.language, block.text);
        }
    }
}
