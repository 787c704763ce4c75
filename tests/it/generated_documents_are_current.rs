//! What documents say of the program's tables is written by this test, between markers, and is not edited by hand.

use std::fs;
use std::path::Path;

use yunxiao_run::inputs::definition::{DefaultValue, Definition, Documentation, Kind};
use yunxiao_run::inputs::definitions::documented;
use yunxiao_run::outcome::code::{ExitCode, Output, StatusWord};

/// The languages, as indices into pairs of wordings.
const ENGLISH: usize = 0;
const CHINESE: usize = 1;

/// What the READMEs show of the inputs, in their order.
const EVERYDAY: [&str; 10] = [
    "organization-id",
    "pipeline-id",
    "access-token",
    "branch",
    "envs",
    "wait",
    "timeout",
    "logs",
    "idempotency-key",
    "dry-run",
];

/// The outputs that the READMEs show.
const EVERYDAY_OUTPUTS: [&str; 5] = ["pipelineRunId", "pipelineRunUrl", "status", "failedJobs", "exitCode"];

#[test]
fn generated_documents_are_current() {
    bring_up_to_date([
        ("action.yml", "inputs", inputs_of_the_action()),
        ("action.yml", "outputs", outputs_of_the_action(|_| None)),
        ("binary/action.yml", "inputs", inputs_of_the_action()),
        (
            "binary/action.yml",
            "outputs",
            outputs_of_the_action(|name| Some(format!("${{{{ steps.run.outputs.{name} }}}}"))),
        ),
        ("binary/action.yml", "variables", variables_of_the_step()),
        ("README.md", "inputs", everyday_inputs(ENGLISH, ["input", "example", "default", "meaning"])),
        ("README.zh-CN.md", "inputs", everyday_inputs(CHINESE, ["输入", "示例", "默认值", "含义"])),
        ("README.md", "outputs", everyday_outputs(ENGLISH, ["output", "meaning"])),
        ("README.zh-CN.md", "outputs", everyday_outputs(CHINESE, ["输出", "含义"])),
        ("docs/reference.md", "inputs", inputs_by_group(ENGLISH)),
        ("docs/reference.zh-CN.md", "inputs", inputs_by_group(CHINESE)),
        ("docs/reference.md", "outputs", table_of_outputs(ENGLISH, ["output", "meaning"])),
        ("docs/reference.zh-CN.md", "outputs", table_of_outputs(CHINESE, ["输出", "含义"])),
        ("docs/reference.md", "status", table_of_status(ENGLISH, ["`status`", "the run"])),
        ("docs/reference.zh-CN.md", "status", table_of_status(CHINESE, ["`status`", "运行的情况"])),
        (
            "docs/reference.md",
            "exit codes",
            table_of_exit_codes(ENGLISH, ["exit", "meaning", "what to do", "safe to run again?"]),
        ),
        (
            "docs/reference.zh-CN.md",
            "exit codes",
            table_of_exit_codes(CHINESE, ["退出码", "含义", "该怎么办", "可以直接重跑吗？"]),
        ),
    ]);
}

/// Writes parts of documents, each a path, the name of the part and its lines; fails if one was not current.
pub(crate) fn bring_up_to_date<const PARTS: usize>(parts: [(&str, &str, String); PARTS]) {
    let mut updated = Vec::new();
    for (path, part, generated) in parts {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let document = fs::read_to_string(&file).unwrap();
        let current = replace(&document, part, &generated);
        if current != document {
            fs::write(&file, current).unwrap();
            updated.push(format!("{part} in {path}"));
        }
    }
    assert!(updated.is_empty(), "were not current and have been updated; commit them: {}", updated.join(", "));
}

/// The document with other lines between the markers of a part: `<!-- generated: PART -->` and
/// `<!-- end of generated: PART -->`, or in YAML `# generated: PART` and `# end of generated: PART`.
fn replace(document: &str, part: &str, generated: &str) -> String {
    let line_of = |marker: &str| {
        let spellings = [format!("<!-- {marker}: {part} -->"), format!("# {marker}: {part}")];
        let found = document.lines().position(|line| spellings.iter().any(|spelling| line.trim() == spelling));
        found.unwrap_or_else(|| panic!("a line {spellings:?}"))
    };
    let lines: Vec<&str> = document.split_inclusive('\n').collect();
    let (before, after) = (&lines[..=line_of("generated")], &lines[line_of("end of generated")..]);
    before.concat() + generated + &after.concat()
}

/// A Markdown table.
fn table<const COLUMNS: usize>(headings: [&str; COLUMNS], rows: impl IntoIterator<Item = [String; COLUMNS]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    format!("{}|{}\n{rows}", line(&headings.map(str::to_owned)), "---|".repeat(COLUMNS))
}

/// The inputs that everybody needs, each with the first sentence of what it means.
fn everyday_inputs(language: usize, headings: [&str; 4]) -> String {
    let row = |name: &str| {
        let (_, documentation) = documented().find(|(input, _)| input.dashed() == name).expect("an input of this name");
        let page = ["docs/reference.md", "docs/reference.zh-CN.md"][language];
        let name = format!("[`{name}`]({page}#{name})");
        let meaning = documentation.meaning[language];
        let end = [". ", "。"][language];
        let default = match &documentation.default {
            // What only some have set up.
            DefaultValue::CloudVariable(_) => String::new(),
            other => default(other, language),
        };
        let meaning = meaning.split_inclusive(end).next().unwrap_or_default().trim_end();
        [name, example(documentation), default, meaning.to_owned()]
    };
    table(headings, EVERYDAY.map(row))
}

fn example(documentation: &Documentation) -> String {
    format!("`{}`", documentation.example)
}

/// Every input under its group: the names of its variables, what holds without it, an example, and what it means.
fn inputs_by_group(language: usize) -> String {
    let mut group = "";
    let sections = documented().map(|(input, documentation)| {
        let is_new = std::mem::replace(&mut group, documentation.group[language]) != documentation.group[language];
        let heading = if is_new { format!("### {group}\n\n") } else { String::new() };
        heading + &section(input, documentation, language)
    });
    sections.collect::<String>().trim_end().to_owned() + "\n"
}

fn section(input: &Definition, documentation: &Documentation, language: usize) -> String {
    let (name, variable) = (input.dashed(), input.variable());
    let plugin = format!("PLUGIN_{}", input.name.to_uppercase());
    let names = match (input.kind, language) {
        (Kind::VariableOnly, ENGLISH) => format!("Variable only: `{variable}`"),
        (Kind::VariableOnly, _) => format!("仅环境变量：`{variable}`"),
        (Kind::Secret, ENGLISH) => format!("`{variable}` (in a file: `{variable}_FILE`), `{plugin}`"),
        (Kind::Secret, _) => format!("`{variable}`（放在文件里：`{variable}_FILE`）、`{plugin}`"),
        (_, ENGLISH) => format!("`{variable}`, `{plugin}`"),
        (_, _) => format!("`{variable}`、`{plugin}`"),
    };
    let default = match (&documentation.default, language) {
        (DefaultValue::Required, ENGLISH) => "**required**".to_owned(),
        (DefaultValue::Required, _) => "**必填**".to_owned(),
        (other, ENGLISH) => format!("default: {}", default(other, language)),
        (other, _) => format!("默认值：{}", default(other, language)),
    };
    let [separator, example_is] = [[" · ", "example: "], [" · ", "示例："]][language];
    let facts = [names, default, format!("{example_is}{}", example(documentation))].join(separator);
    format!("#### `{name}`\n\n{}\n\n{facts}\n\n", documentation.meaning[language])
}

fn everyday_outputs(language: usize, headings: [&str; 2]) -> String {
    let outputs = Output::documented().into_iter().filter(|(name, _)| EVERYDAY_OUTPUTS.contains(name));
    table(headings, outputs.map(|(name, meaning)| [format!("`{name}`"), meaning[language].to_owned()]))
}

fn table_of_outputs(language: usize, headings: [&str; 2]) -> String {
    let row = |(name, meaning): (&str, Vec<&str>)| [format!("`{name}`"), meaning[language].to_owned()];
    table(headings, Output::documented().into_iter().map(row))
}

fn table_of_status(language: usize, headings: [&str; 2]) -> String {
    let cell = |word: &str| match word {
        "" => ["empty", "空"][language].to_owned(),
        word => format!("`{word}`"),
    };
    let row = |(word, meaning): (&str, Vec<&str>)| [cell(word), meaning[language].to_owned()];
    table(headings, StatusWord::documented().into_iter().map(row))
}

fn table_of_exit_codes(language: usize, headings: [&str; 4]) -> String {
    let row = |(code, words): (u8, Vec<&str>)| {
        let [meaning, again, to_do] = [0, 2, 4].map(|start| words[start + language].to_owned());
        [format!("`{code}`"), meaning, to_do, again]
    };
    table(headings, ExitCode::documented().into_iter().map(row))
}

/// The outputs, each with its value where the manifest has to say that.
fn outputs_of_the_action(value: impl Fn(&str) -> Option<String>) -> String {
    let entry = |(name, meaning): (&str, Vec<&str>)| {
        let words = StatusWord::documented().into_iter().map(|(word, _)| word).filter(|word| !word.is_empty());
        let words = words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let more = if name == "status" { format!(" {words}; empty when nothing was done.") } else { String::new() };
        let description = serde_json::Value::from(format!("{}{more}", meaning[ENGLISH]));
        let value = value(name).map(|value| format!("    value: {value}\n")).unwrap_or_default();
        format!("  {name}:\n    description: {description}\n{value}")
    };
    Output::documented().into_iter().map(entry).collect()
}

/// What the runner does for an action in a container: each input, as a variable that a shell leaves alone.
fn variables_of_the_step() -> String {
    let inputs = documented().filter(|(input, _)| input.kind != Kind::VariableOnly);
    let entry = |input: &Definition| {
        format!("        INPUT_{}: ${{{{ inputs.{} }}}}\n", input.name.to_uppercase(), input.dashed())
    };
    inputs.map(|(input, _)| entry(input)).collect()
}

fn inputs_of_the_action() -> String {
    let mut group = "";
    let inputs = documented().filter(|(input, _)| input.kind != Kind::VariableOnly);
    let entries = inputs.map(|(input, documentation)| {
        let gap = if group.is_empty() { "" } else { "\n" };
        let is_new = std::mem::replace(&mut group, documentation.group[ENGLISH]) != documentation.group[ENGLISH];
        let heading = if is_new { format!("{gap}  # {group}\n") } else { String::new() };
        heading + &entry_of_the_action(input, documentation)
    });
    entries.collect()
}

fn entry_of_the_action(input: &Definition, documentation: &Documentation) -> String {
    let (default, required) = match &documentation.default {
        DefaultValue::Required => (String::new(), "    required: true\n"),
        DefaultValue::Nothing => (String::new(), ""),
        other => (format!(" Default: {}.", default(other, ENGLISH)), ""),
    };
    // The runner takes an expression for one in a description, too.
    let example = match documentation.example {
        expression if expression.contains('$') => String::new(),
        _ => format!(" Example: {}", example(documentation)),
    };
    // A JSON string is a YAML string.
    let description = serde_json::Value::from(format!("{}{default}{example}", documentation.meaning[ENGLISH]));
    format!("  {}:\n    description: {description}\n{required}", input.dashed())
}

fn default(default: &DefaultValue, language: usize) -> String {
    default.describe(language != ENGLISH)
}
