//! What CI systems find in a step's output, read as their own sources read it.

use std::fs;
use std::path::Path;

use data_encoding::BASE64;

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

/// The outputs in a file as GitHub's runner finds them (actions/runner: `FileCommandManager.cs`): a value is in the
/// lines between `name<<delimiter` and the delimiter.
pub(crate) fn github_outputs(file: &Path) -> Vec<(String, String)> {
    let file = fs::read_to_string(file).unwrap();
    let (mut pairs, mut lines) = (Vec::new(), file.split_terminator('\n'));
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

/// The commands in an output as Azure's agent finds them (azure-pipelines-agent: `Command.cs`, and task-lib:
/// `taskcommand.js`): `##vso[` anywhere in a line, in any case, to the next `]`; what is in the brackets, and the data.
pub(crate) fn azure_orders(output: &str) -> Vec<(String, String)> {
    let parse = |line: &str| {
        let start = line.to_ascii_lowercase().find("##vso[")? + "##vso[".len();
        let (inside, data) = line[start..].split_once(']')?;
        // The percent sign last: it is what the others are escaped by.
        let mut data = data.to_owned();
        for (escape, character) in [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")] {
            data = data.replace(escape, character);
        }
        Some((inside.to_owned(), data))
    };
    output.split(['\n', '\r']).filter_map(parse).collect()
}

/// The output variables that are set by these.
pub(crate) fn azure_variables(output: &str) -> Vec<(String, String)> {
    let variable = |(inside, data): (String, String)| {
        let properties = inside.strip_prefix("task.setvariable ")?;
        let mut properties = properties.split(';').filter_map(|property| property.split_once('='));
        let name = properties.clone().find(|(key, _)| *key == "variable")?.1.to_owned();
        assert!(properties.any(|property| property == ("isOutput", "true")), "{inside}");
        Some((name, data))
    };
    azure_orders(output).into_iter().filter_map(variable).collect()
}

/// The orders in an output as BlueKing's worker finds them (bk-ci: `CommandLineUtils.kt`): whole lines that match
/// `["]?::set-…`, in which a dot stands for no line break; the quotes at both ends are taken off.
pub(crate) fn blueking_orders(output: &str) -> Vec<(String, String)> {
    const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];
    let known = ["set-output", "set-variable", "set-remark", "set-gate-value", "set-error", "set-error-message"];
    let order = |line: &str| {
        let rest = line.strip_prefix('"').unwrap_or(line).strip_prefix("::")?;
        let (word, _) = rest.split_once(char::is_whitespace)?;
        (known.contains(&word) && !rest.contains(BREAKS)).then_some(())?;
        let line = line.strip_prefix('"').and_then(|line| line.strip_suffix('"')).unwrap_or(line);
        Some((word.to_owned(), line.strip_prefix(&format!("::{word} ")).unwrap_or(line).to_owned()))
    };
    output.split(['\n', '\r']).filter_map(order).collect()
}

/// The outputs that are set by these.
pub(crate) fn blueking_outputs(output: &str) -> Vec<(String, String)> {
    let pair = |(word, rest): (String, String)| {
        let (name, value) = rest.strip_prefix("name=")?.split_once("::")?;
        (word == "set-output").then(|| (name.to_owned(), value.to_owned()))
    };
    blueking_orders(output).into_iter().filter_map(pair).collect()
}

/// The outputs in standard output as CNB's documents have it: `##[set-output name=value]`, a value after `base64,` decoded.
pub(crate) fn cnb_outputs(output: &str) -> Vec<(String, String)> {
    let pair = |line: &str| {
        let (_, order) = line.split_once("##[set-output ")?;
        let (name, value) = order.split_once(']')?.0.split_once('=')?;
        let value = match value.strip_prefix("base64,") {
            Some(encoded) => String::from_utf8(BASE64.decode(encoded.as_bytes()).ok()?).ok()?,
            None => value.to_owned(),
        };
        Some((name.to_owned(), value))
    };
    output.split(['\n', '\r']).filter_map(pair).collect()
}

/// TeamCity's service messages in an output (its documents of them; teamcity-messages has the escapes): the words that are no
/// escapes end at the first `]` that has no bar before it.
pub(crate) fn teamcity_messages(output: &str) -> Vec<String> {
    let message = |line: &str| {
        let (_, rest) = line.split_once("##teamcity[")?;
        let mut escaped = false;
        let end = rest.find(|character| match character {
            '|' if !escaped => {
                escaped = true;
                false
            }
            ']' => !std::mem::take(&mut escaped),
            _ => {
                escaped = false;
                false
            }
        })?;
        Some(rest[..end].to_owned())
    };
    output.split(['\n', '\r']).filter_map(message).collect()
}

/// The parameters of the environment that are set by these.
pub(crate) fn teamcity_parameters(output: &str) -> Vec<(String, String)> {
    let pair = |message: String| {
        let rest = message.strip_prefix("setParameter name='env.")?;
        let (name, value) = rest.split_once("' value='")?;
        Some((name.to_owned(), teamcity_unescaped(value.strip_suffix('\'')?)?))
    };
    teamcity_messages(output).into_iter().filter_map(pair).collect()
}

fn teamcity_unescaped(value: &str) -> Option<String> {
    let (mut units, mut characters) = (Vec::new(), value.chars());
    while let Some(character) = characters.next() {
        let meant = match character {
            '|' => match characters.next()? {
                'n' => '\n',
                'r' => '\r',
                'x' => '\u{85}',
                'l' => '\u{2028}',
                'p' => '\u{2029}',
                '0' => {
                    characters.next().filter(|x| *x == 'x')?;
                    let digits: String = characters.by_ref().take(4).collect();
                    units.push(u16::from_str_radix(&digits, 16).ok()?);
                    continue;
                }
                same => same,
            },
            '\'' | '[' | ']' => return None,
            plain => plain,
        };
        units.extend(meant.encode_utf16(&mut [0; 2]).iter());
    }
    String::from_utf16(&units).ok()
}

/// The lines that open a group on Buildkite (buildkite/agent: `header_times_streamer.go`), colours taken out.
pub(crate) fn buildkite_headers(output: &str) -> Vec<String> {
    let is_header = |line: &&str| {
        let marks = ["---", "+++", "~~~"];
        let has_mark = |rest: Option<&str>| rest.is_some_and(|rest| rest.starts_with(char::is_whitespace));
        let expands = |rest: &str| has_mark(Some(rest)) && rest.trim() == "+++";
        marks.iter().any(|mark| has_mark(line.strip_prefix(mark))) || line.strip_prefix("^^^").is_some_and(expands)
    };
    output.split(['\n', '\r']).filter(is_header).map(str::to_owned).collect()
}

/// The commands at the beginning of a line, where Gitea's and Forgejo's runners look (`command.go`).
pub(crate) fn gitea_commands(output: &str) -> Vec<String> {
    let is_command = |line: &&str| {
        let current = line.strip_prefix("::").is_some_and(|rest| rest.contains("::"));
        current || line.strip_prefix("##[").is_some_and(|rest| rest.contains(']'))
    };
    output.split(['\n', '\r']).filter(is_command).map(str::to_owned).collect()
}

/// The cards in an output, as Drone finds them (drone/runner-go).
pub(crate) fn drone_cards(output: &str) -> usize {
    output.matches("\u{1b}]1338;").count()
}
