//! What `--help` and `--version` print.

use std::ffi::OsString;

use crate::environment::Environment;
use crate::host::input_spellings;
use crate::inputs::definition::{Definition, Documentation, Kind};
use crate::inputs::definitions::documented;
use crate::outcome::code::{ExitCode, Output};

/// How wide a line may be, in cells of a terminal.
const WIDTH: usize = 100;

/// How far descriptions are indented.
const INDENT: usize = 6;

/// What the arguments ask to be told, or `Err` with the reason why there is no such thing. None if they ask for nothing.
pub(crate) fn answer(arguments: &[OsString], environment: &Environment) -> Option<Result<String, String>> {
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_str().unwrap_or_default()).collect();
    let help = Help { is_chinese: is_chinese(environment) };
    match arguments[..] {
        ["--version" | "-V"] => Some(Ok(concat!("yunxiao-run ", env!("CARGO_PKG_VERSION"), "\n").to_owned())),
        ["--help" | "-h"] => Some(Ok(help.everything())),
        ["--help" | "-h", name] => Some(help.one(name)),
        _ => None,
    }
}

/// Whether the input `language`, or else the terminal's locale, says Chinese.
fn is_chinese(environment: &Environment) -> bool {
    match environment.get("YUNXIAO_LANGUAGE") {
        Some("zh") => true,
        Some("en") => false,
        _ => environment.first(&["LC_ALL", "LC_MESSAGES", "LANG"]).is_some_and(|(_, locale)| locale.starts_with("zh")),
    }
}

/// One language is enough here.
struct Help {
    is_chinese: bool,
}

impl Help {
    fn choose<'t>(&self, english: &'t str, chinese: &'t str) -> &'t str {
        if self.is_chinese { chinese } else { english }
    }

    fn everything(&self) -> String {
        let paragraphs = self.choose(
            "yunxiao-run starts an Alibaba Cloud Yunxiao (云效) Flow pipeline, at most once, follows it, and prints the run's id.\n\n\
             Inputs are environment variables: `pipeline-id` is YUNXIAO_PIPELINE_ID. INPUT_PIPELINE_ID and PLUGIN_PIPELINE_ID \
             work too. `yunxiao-run --help pipeline-id` describes one input.",
            "yunxiao-run 触发云效 Flow 流水线（最多触发一次），跟踪其运行，并输出运行 id。\n\n\
             输入都是环境变量：`pipeline-id` 即 YUNXIAO_PIPELINE_ID，也可写作 INPUT_PIPELINE_ID 或 PLUGIN_PIPELINE_ID。\
             用 `yunxiao-run --help pipeline-id` 查看单个输入。",
        );
        let mut page: String = paragraphs.lines().map(|line| wrapped(line, 0)).collect();
        let mut group = "";
        for (input, documentation) in documented() {
            let [english, chinese] = documentation.group;
            if self.choose(english, chinese) != group {
                group = self.choose(english, chinese);
                page.extend(["\n", group, "\n"]);
            }
            page += &self.input(input, documentation);
        }
        page.extend(["\n", self.choose("Outputs", "输出"), "\n"]);
        for (output, meanings) in Output::documented() {
            page += &item(output, self.choose(meanings[0], meanings[1]));
        }
        page.extend(["\n", self.choose("Exit codes", "退出码"), "\n"]);
        for (code, meanings) in ExitCode::documented() {
            page += &item(&code.to_string(), self.choose(meanings[0], meanings[1]));
        }
        page.extend(["\n", self.choose("Documentation", "文档"), ": ", env!("CARGO_PKG_REPOSITORY"), "\n"]);
        page
    }

    /// One input, however its name is spelled.
    fn one(&self, name: &str) -> Result<String, String> {
        let (spelt, variable) = (name.to_lowercase().replace('-', "_"), name.to_uppercase());
        let is_it = |input: &Definition| {
            let is_variable = || input_spellings().any(|spelling| spelling.is(&variable, input.name));
            spelt == input.name || variable == input.variable() || is_variable()
        };
        let Some((input, documentation)) = documented().find(|(input, _)| is_it(input)) else {
            let near = documented()
                .map(|(input, _)| input)
                .min_by_key(|input| strsim::damerau_levenshtein(input.name, &spelt));
            let near = near.map(Definition::dashed).unwrap_or_default();
            let name = name.escape_debug();
            return Err(if self.is_chinese {
                format!("没有名为 `{name}` 的输入，是否应为 `{near}`？\n")
            } else {
                format!("no such input: `{name}`; did you mean `{near}`?\n")
            });
        };
        let mut variables = vec![input.variable()];
        if input.kind == Kind::Secret {
            variables.push(
                self.choose("or the file named by {}", "或写在 {} 指定的文件中").replace("{}", &input.file_variable()),
            );
        }
        let variables = format!("{}: {}\n", self.choose("Variable", "变量"), variables.join(", "));
        Ok(self.input(input, documentation) + &" ".repeat(INDENT) + &variables)
    }

    fn input(&self, input: &Definition, documentation: &Documentation) -> String {
        let default = documentation.default.describe(self.is_chinese);
        // What one CI system replaces is no example to a shell.
        let example = Some(documentation.example).filter(|example| !example.contains('$'));
        let example = example.map(|example| format!("{}{example}", self.choose(", example: ", "，例如 ")));
        let default = if documentation.default.is_required() {
            default
        } else {
            format!("{}{default}", self.choose("default: ", "默认："))
        };
        let heading = format!("{}  ({default}{})", input.dashed(), example.unwrap_or_default());
        item(&heading, self.choose(documentation.meaning[0], documentation.meaning[1]))
    }
}

/// A heading, and its description below it.
fn item(heading: &str, meaning: &str) -> String {
    format!("  {heading}\n{}", wrapped(meaning, INDENT))
}

/// A paragraph in lines that are as wide as a terminal. Chinese may be broken between any two characters.
fn wrapped(paragraph: &str, indent: usize) -> String {
    let (mut lines, mut line, mut width) = (String::new(), String::new(), 0);
    for piece in paragraph.split_inclusive(|character: char| character == ' ' || is_wide(character)) {
        let piece_width: usize = piece.trim_end().chars().map(|character| 1 + usize::from(is_wide(character))).sum();
        // A closing sign stays with what it closes.
        let is_bound = piece.starts_with(['，', '。', '；', '：', '、', '）', '”']);
        if indent + width + piece_width > WIDTH && !is_bound && !line.is_empty() {
            lines.extend([&" ".repeat(indent), line.trim_end(), "\n"]);
            (line, width) = (String::new(), 0);
        }
        line += piece;
        width += piece_width + usize::from(piece.ends_with(' '));
    }
    lines.extend([&" ".repeat(if line.is_empty() { 0 } else { indent }), line.trim_end(), "\n"]);
    lines
}

/// Whether a terminal shows a character in two cells.
fn is_wide(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{ff00}'..='\u{ff60}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(arguments: &[&str], variables: &[(&str, &str)]) -> Option<Result<String, String>> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        answer(&arguments, &Environment::new(variables.iter().copied()))
    }

    #[test]
    fn everything_is_listed_in_lines_that_fit_a_terminal() {
        for language in ["en", "zh"] {
            let page = said(&["--help"], &[("YUNXIAO_LANGUAGE", language)]).unwrap().unwrap();
            for (input, _) in documented() {
                assert!(page.contains(&format!("\n  {}  (", input.dashed())), "{}", input.name);
            }
            for name in
                Output::documented().into_iter().map(|(name, _)| name.to_owned()).chain(["\n  143\n".to_owned()])
            {
                assert!(page.contains(&name), "{name}");
            }
            // A heading has an example, which is not broken; a line may end in a sign more.
            for line in page.lines().filter(|line| !line.starts_with("  ") || line.starts_with("      ")) {
                let width: usize = line.chars().map(|character| 1 + usize::from(is_wide(character))).sum();
                assert!(width <= WIDTH + 4, "{width}: {line}");
            }
        }
    }

    #[test]
    fn one_input_is_described_in_any_spelling() {
        for name in ["access-key-secret", "access_key_secret", "YUNXIAO_ACCESS_KEY_SECRET", "INPUT_ACCESS-KEY-SECRET"] {
            let page = said(&["-h", name], &[]).unwrap().unwrap();
            assert!(page.starts_with("  access-key-secret  ("), "{page}");
            assert!(
                page.contains("YUNXIAO_ACCESS_KEY_SECRET, or the file named by YUNXIAO_ACCESS_KEY_SECRET_FILE"),
                "{page}"
            );
        }
        let unknown = |variables| said(&["--help", "brunch"], variables).unwrap().unwrap_err();
        assert_eq!(unknown(&[]), "no such input: `brunch`; did you mean `branch`?\n");
        assert_eq!(unknown(&[("LANG", "zh_CN.UTF-8")]), "没有名为 `brunch` 的输入，是否应为 `branch`？\n");
    }

    #[test]
    fn help_ignores_other_arguments() {
        for arguments in [&[][..], &["cat"], &["--help", "a", "b"], &["sh", "-c", "--help"]] {
            assert_eq!(said(arguments, &[]), None, "{arguments:?}");
        }
    }
}
