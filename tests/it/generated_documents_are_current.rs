//! What documents say of the program's tables is written by this test, between markers, and is not edited by hand.

use std::fs;
use std::path::Path;

use yunxiao_run::inputs::definition::{DefaultValue, Definition, Documentation, Kind};
use yunxiao_run::inputs::definitions::documented;
use yunxiao_run::outcome::code::{ExitCode, Output, StatusWord};

/// The languages, as indices into pairs of wordings.
const ENGLISH: usize = 0;
const CHINESE: usize = 1;

#[test]
fn generated_documents_are_current() {
    let mut updated = Vec::new();
    for (path, part, generated) in [
        ("action.yml", "inputs", inputs_of_the_action()),
        ("README.md", "inputs", table_of_inputs(ENGLISH, ["input", "default", "meaning"])),
        ("README.zh-CN.md", "inputs", table_of_inputs(CHINESE, ["输入", "默认值", "含义"])),
        ("action.yml", "outputs", outputs_of_the_action(|_| None)),
        ("binary/action.yml", "inputs", inputs_of_the_action()),
        (
            "binary/action.yml",
            "outputs",
            outputs_of_the_action(|name| Some(format!("${{{{ steps.run.outputs.{name} }}}}"))),
        ),
        ("binary/action.yml", "variables", variables_of_the_step()),
        ("README.md", "outputs", table_of_outputs(ENGLISH, ["output", "meaning"])),
        ("README.zh-CN.md", "outputs", table_of_outputs(CHINESE, ["输出", "含义"])),
        ("README.md", "status", table_of_status(ENGLISH, ["`status`", "the run"])),
        ("README.zh-CN.md", "status", table_of_status(CHINESE, ["`status`", "运行的情况"])),
        ("README.md", "exit codes", table_of_exit_codes(ENGLISH, ["exit", "meaning", "safe to run again?"])),
        ("README.zh-CN.md", "exit codes", table_of_exit_codes(CHINESE, ["退出码", "含义", "可以直接重跑吗？"])),
    ] {
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

fn table_of_inputs(language: usize, headings: [&str; 3]) -> String {
    table(
        headings,
        documented().map(|(input, documentation)| {
            let only = ["Variable only. ", "仅环境变量。"][language];
            let only = if input.kind == Kind::VariableOnly { only } else { "" };
            let meaning = meaning(documentation, language);
            [format!("`{}`", input.dashed()), default(&documentation.default, language), format!("{only}{meaning}")]
        }),
    )
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

fn table_of_exit_codes(language: usize, headings: [&str; 3]) -> String {
    let row = |(code, meaning): (u8, Vec<&str>)| {
        [format!("`{code}`"), meaning[language].to_owned(), meaning[2 + language].to_owned()]
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
        let is_new = std::mem::replace(&mut group, documentation.group) != documentation.group;
        let heading = if is_new { format!("{gap}  # {group}\n") } else { String::new() };
        heading + &entry_of_the_action(input, documentation)
    });
    entries.collect()
}

fn entry_of_the_action(input: &Definition, documentation: &Documentation) -> String {
    let meaning = meaning(documentation, ENGLISH);
    let default = match documentation.default {
        DefaultValue::Required => "Required".to_owned(),
        other => format!("Default: {}", default(&other, ENGLISH)),
    };
    // A JSON string is a YAML string.
    let description = serde_json::Value::from(format!("{meaning} {default}."));
    format!("  {}:\n    description: {description}\n", input.dashed())
}

fn meaning(documentation: &Documentation, language: usize) -> String {
    let meaning = documentation.meaning[language];
    match (documentation.example, language) {
        (Some(example), ENGLISH) => format!("{meaning} Example: `{example}`."),
        (Some(example), _) => format!("{meaning}例如 `{example}`。"),
        (None, _) => meaning.to_owned(),
    }
}

fn default(default: &DefaultValue, language: usize) -> String {
    default.describe(language != ENGLISH)
}
