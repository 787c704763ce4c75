//! The page of each CI system answers what its new user asks, and the index says the same in short.

use std::collections::BTreeSet;

use crate::pages::Page;

/// What stands in bold or in a heading, in English and in Chinese.
const QUESTIONS: [[&str; 2]; 9] = [
    ["secrets", "密钥"],
    ["branch", "分支"],
    ["wait", "等待"],
    ["a later", "后续"],
    ["cancel", "取消"],
    ["proxy", "代理"],
    ["company ca", "企业 ca"],
    ["image", "镜像"],
    ["proven", "验证方式"],
];

/// About three screens.
const LONGEST: usize = 120;

fn hosts() -> (Vec<Page>, Vec<Page>) {
    let of_hosts = Page::all().into_iter().filter(|page| page.name.starts_with("docs/hosts/"));
    of_hosts.partition(|page| page.name.contains("/README"))
}

#[test]
fn no_question_is_left_open_and_no_page_is_long() {
    let (_, pages) = hosts();
    for page in &pages {
        let prose = page.prose().to_lowercase();
        let headings = prose.lines().filter(|line| line.starts_with('#'));
        let answered: String = headings.chain(prose.split("**").skip(1).step_by(2)).collect::<Vec<_>>().join("\n");
        for question in QUESTIONS.map(|words| words[usize::from(page.is_chinese())]) {
            assert!(answered.contains(question), "{}: nothing on {question}:\n{answered}", page.name);
        }
        let lines = page.text.lines().count();
        assert!(lines <= LONGEST, "{}: {lines} lines", page.name);
    }
    assert!(pages.len() > 40, "{}", pages.len());
}

#[test]
fn the_index_says_of_image_and_proof_what_the_page_says() {
    let (indices, pages) = hosts();
    let mut rows = 0;
    for index in indices {
        let [empty, emulation, documents] =
            if index.is_chinese() { ["空镜像", "模拟", "文档"] } else { ["empty", "emulat", "documents"] };
        for row in index.text.lines().filter(|line| line.starts_with("| [")) {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let [system, _, _, _, image, _, proof] = cells[1..8] else { panic!("{row}") };
            let name = system.split("](").nth(1).unwrap().split(['#', ')']).next().unwrap();
            let page = pages.iter().find(|page| page.name == format!("docs/hosts/{name}")).unwrap();

            // The image of the first snippet in which there is one stands first.
            let used = page.blocks().into_iter().find_map(|block| {
                let (_, tag) = block.text.split_once("/yunxiao-run:")?;
                Some(tag.starts_with("0-shell"))
            });
            assert!(used.is_none_or(|shell| shell != image.starts_with(empty)), "{name}: {image}");

            let bold = if page.is_chinese() { "**验证方式**" } else { "**Proven**" };
            let said = page.text.split_once(bold).unwrap().1;
            for word in proof.split([',', '、']).map(|word| word.trim().trim_matches('`')) {
                let word = match word {
                    "emulation" | "模拟" => emulation,
                    "its documents" | "官方文档" => documents,
                    "a Docker engine" => "Docker engine",
                    "Azure's task library" => "library for tasks",
                    word => word,
                };
                assert!(said.contains(word), "{name}: proven by {word}");
            }
            rows += 1;
        }
    }
    assert!(rows > 40, "{rows}");
}

#[test]
fn a_page_names_the_same_things_in_both_languages() {
    let (_, pages) = hosts();
    for page in pages.iter().filter(|page| !page.is_chinese()) {
        let twin = pages.iter().find(|other| other.name == page.twin()).unwrap();
        let [english, chinese] = [page, twin].map(|page| page.spans().into_iter().collect::<BTreeSet<_>>());
        let in_one_alone: Vec<_> = english.symmetric_difference(&chinese).collect();
        assert!(in_one_alone.is_empty(), "{}: {in_one_alone:?}", page.name);
    }
}
