//! The pages that people read, taken apart.

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A document in Markdown.
pub(crate) struct Page {
    /// Where it is in the repository.
    pub name: String,
    pub text: String,
}

/// A fenced block of a page.
pub(crate) struct Block {
    pub language: String,
    pub text: String,
    /// The comment right above it.
    pub note: Option<String>,
}

/// A line outside fenced blocks, or where a block begins.
pub(crate) enum Line<'p> {
    Prose(&'p str),
    Block(Block),
}

impl Page {
    /// Every page of the repository.
    pub(crate) fn all() -> Vec<Self> {
        let paths = documents(&root()).into_iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
        let mut pages: Vec<_> = paths
            .map(|path| Self {
                name: path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(),
                text: fs::read_to_string(&path).unwrap(),
            })
            .collect();
        pages.sort_by(|one, other| one.name.cmp(&other.name));
        pages
    }

    pub(crate) fn lines(&self) -> Vec<Line<'_>> {
        let mut found = Vec::new();
        let mut lines = self.text.lines();
        let mut above = "";
        while let Some(line) = lines.next() {
            match line.trim_start().strip_prefix("```") {
                None => found.push(Line::Prose(line)),
                Some(language) => {
                    let within = lines.by_ref().take_while(|line| line.trim_start() != "```");
                    let text = within.flat_map(|line| [line, "\n"]).collect();
                    let note = above.strip_prefix("<!-- ").and_then(|note| note.strip_suffix(" -->"));
                    found.push(Line::Block(Block {
                        language: language.to_owned(),
                        text,
                        note: note.map(str::to_owned),
                    }));
                }
            }
            above = line;
        }
        found
    }

    pub(crate) fn blocks(&self) -> Vec<Block> {
        let block = |line| if let Line::Block(block) = line { Some(block) } else { None };
        self.lines().into_iter().filter_map(block).collect()
    }

    /// The page without its blocks.
    pub(crate) fn prose(&self) -> String {
        let prose = |line| if let Line::Prose(line) = line { Some(format!("{line}\n")) } else { None };
        self.lines().into_iter().filter_map(prose).collect()
    }

    /// What comes between single backticks.
    pub(crate) fn spans(&self) -> Vec<String> {
        let prose = self.prose();
        prose.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
    }

    /// The same page in the other language, wherever that is.
    pub(crate) fn twin(&self) -> String {
        match self.name.strip_suffix(".zh-CN.md") {
            Some(name) => format!("{name}.md"),
            None => self.name.replace(".md", ".zh-CN.md"),
        }
    }

    pub(crate) fn is_chinese(&self) -> bool {
        self.name.ends_with(".zh-CN.md")
    }
}

/// Every text a reader may copy from.
pub(crate) fn documents(folder: &Path) -> Vec<PathBuf> {
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

/// The program's sources as one text, with strings that continue on the next line joined.
pub(crate) fn sources() -> String {
    fn collect(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, text);
            } else {
                *text += &fs::read_to_string(&path).unwrap();
            }
        }
    }
    let mut text = String::new();
    collect(&root().join("src"), &mut text);
    let mut parts = text.split("\\\n");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start())
}
