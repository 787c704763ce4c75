//! Each CI system's page covers what a new user needs, and the index agrees with it.

use std::collections::BTreeSet;

use crate::pages::Page;

/// In bold or in a heading, in English and in Chinese.
const TOPICS: [[&str; 2]; 9] = [
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
fn every_page_covers_every_topic_and_is_short() {
    let (_, pages) = hosts();
    for page in &pages {
        let prose = page.prose().to_lowercase();
        let headings = prose.lines().filter(|line| line.starts_with('#'));
        let covered: String = headings.chain(prose.split("**").skip(1).step_by(2)).collect::<Vec<_>>().join("\n");
        for topic in TOPICS.map(|words| words[usize::from(page.is_chinese())]) {
            assert!(covered.contains(topic), "{}: nothing about {topic}:\n{covered}", page.name);
        }
        let lines = page.text.lines().count();
        assert!(lines <= LONGEST, "{}: {lines} lines", page.name);
    }
    assert!(pages.len() > 40, "{}", pages.len());
}

#[test]
fn the_index_and_each_page_agree_on_image_and_proof() {
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

            // The index lists the image of the first snippet first.
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
fn both_languages_quote_the_same_names_and_values() {
    let (_, pages) = hosts();
    for page in pages.iter().filter(|page| !page.is_chinese()) {
        let twin = pages.iter().find(|other| other.name == page.twin()).unwrap();
        let [english, chinese] = [page, twin].map(|page| page.spans().into_iter().collect::<BTreeSet<_>>());
        let in_one_alone: Vec<_> = english.symmetric_difference(&chinese).collect();
        assert!(in_one_alone.is_empty(), "{}: {in_one_alone:?}", page.name);
    }
}
