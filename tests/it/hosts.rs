//! What CI systems find in a step's output, read as their own sources read it.

use std::fs;
use std::path::Path;

/// A command that GitHub's runner would carry out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub name: String,
    pub properties: String,
    pub data: String,
}

/// The commands in an output, as GitHub's runner finds them (actions/runner: `OutputManager.cs`, `ActionCommand.cs`,
/// `ActionCommandManager.cs`): `::` at the start of a line, `##[` anywhere in one, none but the resuming word after
/// `stop-commands`.
pub(crate) fn github_commands(output: &str) -> Vec<Command> {
    let mut known = vec![
        "add-mask",
        "add-matcher",
        "add-path",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "notice",
        "remove-matcher",
        "save-state",
        "set-env",
        "set-output",
        "stop-commands",
        "warning",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect::<Vec<_>>();
    let mut resume: Option<String> = None;
    let mut found = Vec::new();
    for line in output.split(['\n', '\r']) {
        let Some(command) = current_form(line, &known).or_else(|| legacy_form(line, &known)) else { continue };
        match &resume {
            Some(word) if command.name.eq_ignore_ascii_case(word) => {
                known.retain(|name| name != word);
                resume = None;
            }
            Some(_) => continue,
            None if command.name == "stop-commands" => {
                known.push(command.data.clone());
                resume = Some(command.data.clone());
            }
            None => {}
        }
        found.push(command);
    }
    assert_eq!(resume, None, "commands are still stopped at the end");
    found
}

/// The data of the commands of a name in an output.
pub(crate) fn github_data(output: &str, name: &str) -> Vec<String> {
    github_commands(output).into_iter().filter(|command| command.name == name).map(|command| command.data).collect()
}

/// The outputs in a file as GitHub's runner finds them (actions/runner: `FileCommandManager.cs`): a value stands in the
/// lines between `name<<delimiter` and the delimiter.
pub(crate) fn github_outputs(file: &Path) -> Vec<(String, String)> {
    let file = fs::read_to_string(file).unwrap();
    let (mut pairs, mut lines) = (Vec::new(), file.lines());
    while let Some(line) = lines.next() {
        let (name, delimiter) = line.split_once("<<").expect("a heredoc");
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        pairs.push((name.to_owned(), value.join("\n")));
    }
    pairs
}

fn current_form(line: &str, known: &[String]) -> Option<Command> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (information, data) = rest.split_once("::")?;
    command(information, data, known)
}

fn legacy_form(line: &str, known: &[String]) -> Option<Command> {
    let (_, rest) = line.split_once("##[")?;
    let (information, data) = rest.split_once(']')?;
    command(information, data, known)
}

fn command(information: &str, data: &str, known: &[String]) -> Option<Command> {
    let (name, properties) = information.split_once(' ').unwrap_or((information, ""));
    let is_known = known.iter().any(|known| known.eq_ignore_ascii_case(name));
    is_known.then(|| Command { name: name.to_owned(), properties: properties.to_owned(), data: data.to_owned() })
}

/// The section marks in an output, as GitLab finds them (gitlab: `Gitlab::Regex.build_trace_section_regex`): `start` or
/// `end`, and the section's name.
pub(crate) fn gitlab_sections(output: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (start, _) in output.match_indices("section_") {
        let mark = &output[start + "section_".len()..];
        let Some((mark, _)) = mark.split_once("\r\u{1b}[0K") else { continue };
        let mut parts = mark.splitn(3, ':');
        let (Some(kind @ ("start" | "end")), Some(time), Some(name)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let name = name.split('[').next().unwrap();
        let is_name = name.chars().all(|character| character.is_ascii_alphanumeric() || "_.-".contains(character));
        if is_name && time.chars().all(|digit| digit.is_ascii_digit()) {
            found.push((kind.to_owned(), name.to_owned()));
        }
    }
    found
}

/// How many commands Azure's agent would find (azure-pipelines-agent: `Command.cs`): `##vso[` anywhere in a line, in any
/// case; `##[` at its start is a format.
pub(crate) fn azure_commands(output: &str) -> usize {
    let lower = output.to_lowercase();
    lower.matches("##vso[").count() + lower.lines().filter(|line| line.trim_start().starts_with("##[")).count()
}
