//! Every form of outputs, read as its CI system's own source reads it: a value comes back byte for byte, or nothing of it
//! is written and that is said.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use data_encoding::BASE64;
use tempfile::tempdir;
use yunxiao_run::host::{Destination, Folder, Format, Orders, OutputFile, Outputs, Reader};
use yunxiao_run::random::Random;
use yunxiao_run::writer::{Printer, Writer};

use crate::hosts::{azure_variables, blueking_outputs, cnb_outputs, github_outputs, teamcity_parameters};
use crate::step::{Step, Written, service};

const HOSTILE: [&str; 28] = [
    "",
    "7",
    "https://flow.aliyun.com/pipelines/123/builds/1",
    r#"[{"stage":"\u6784","job":"a","id":1,"status":"failed"}]"#,
    "$HOME",
    "${HOME}`id`$(id)",
    "a b",
    " a ",
    "a\nb",
    "\nother=x\n",
    "\r\nother<<EOF\nx\nEOF\n",
    "a\r",
    "a\n",
    "it's \"quoted\"",
    "\"",
    "# no comment",
    "a\\nb\\",
    "100%",
    "%0A%0D%25%AZP25%3B%5D",
    "a;b]c",
    "]##vso[task.setvariable variable=other]x",
    "##[set-output other=x]",
    "::set-output name=other::x",
    "' ]##teamcity[setParameter name='env.other' value='x']",
    "||n|]'",
    "a\tb\u{b}c\u{85}d\u{2028}e",
    "中文 🚀",
    "__B64__eA==",
];

/// Opens a destination and writes two outputs; returns what was printed.
fn write(destination: Destination, first: &str) -> (io::Result<()>, String) {
    let printed = Written::default();
    let printer = Printer::new(Writer::immediate(printed.clone()));
    let mut outputs = Outputs::open(Some(destination), &["first", "second"], printer).unwrap();
    let values = [("first", first.to_owned()), ("second", "2".to_owned())];
    let (lines, written) = outputs.write(&Random::from_seed([7; 32]), &values);
    if let Some(lines) = lines {
        outputs.print_at_once(lines);
    }
    (written, printed.text())
}

/// A form of outputs.
struct Form {
    name: &'static str,
    destination: fn(&Path) -> Destination,
    /// What its CI system finds in a folder and in what was printed.
    read: fn(&Path, &str) -> Vec<(String, String)>,
    /// Whether it has room for a value.
    carries: fn(&str) -> bool,
}

fn file(folder: &Path, format: Format) -> Destination {
    Destination::File(OutputFile { path: folder.join("outputs"), format, within: None })
}

fn folder_of(folder: &Path, reader: Reader) -> Destination {
    Destination::Folder(Folder { path: folder.join("results"), reader })
}

fn lines(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("outputs")).unwrap();
    text.split_terminator('\n').map(str::to_owned).collect()
}

fn results(folder: &Path) -> Vec<(String, String)> {
    let read = |name: &str| fs::read_to_string(folder.join("results").join(name)).unwrap();
    ["first", "second"].map(|name| (name.to_owned(), read(name))).to_vec()
}

/// gitlab: `parse_dotenv_artifact_service.rb`: `/^(.*?)=(.*)$/`, both sides stripped; one bad line rejects the file. What has
/// a `$` is expanded in later jobs.
fn dotenv(folder: &Path) -> Vec<(String, String)> {
    let pair = |line: &String| {
        let (name, value) = line.split_once('=').expect("a pair");
        assert!(!value.contains('$'), "{value} would be expanded");
        (name.trim().to_owned(), value.trim().to_owned())
    };
    lines(folder).iter().map(pair).collect()
}

/// lite-engine: joho/godotenv reads the lines, of which these characters mean nothing but themselves, and a value after
/// `__B64__` is decoded.
fn harness(folder: &Path) -> Vec<(String, String)> {
    let pair = |line: &String| {
        let (name, value) = line.split_once('=').expect("a pair");
        assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+/=".contains(&byte)), "{value}");
        let value = BASE64.decode(value.strip_prefix("__B64__").expect("base64").as_bytes()).unwrap();
        (name.to_owned(), String::from_utf8(value).unwrap())
    };
    lines(folder).iter().map(pair).collect()
}

/// A shell itself, as `BASH_ENV` is read.
fn shell(folder: &Path) -> Vec<(String, String)> {
    let read = |name: &str| {
        let script = format!(". ./outputs; printf %s \"${name}\"; test -z \"$other\"");
        let output = Command::new("sh").args(["-c", &script]).current_dir(folder).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        (name.to_owned(), String::from_utf8(output.stdout).unwrap())
    };
    ["first", "second"].map(read).to_vec()
}

const FORMS: [Form; 11] = [
    Form {
        name: "GitHub, Gitea, Forgejo, GitCode",
        destination: |folder| file(folder, Format::Heredoc),
        read: |folder, _| github_outputs(&folder.join("outputs")),
        carries: |_| true,
    },
    Form {
        name: "GitLab, Gitee Go, Bitbucket, output-file",
        destination: |folder| file(folder, Format::Dotenv),
        read: |folder, _| dotenv(folder),
        carries: |value| {
            let breaks = |character: char| character.is_control() || character == '\u{2028}';
            !value.contains(breaks) && value.trim() == value && !value.contains('$')
        },
    },
    Form {
        name: "Harness",
        destination: |folder| file(folder, Format::Base64),
        read: |folder, _| harness(folder),
        carries: |_| true,
    },
    Form {
        name: "CircleCI",
        destination: |folder| file(folder, Format::Shell),
        read: |folder, _| shell(folder),
        carries: |value| !value.contains(|character: char| character.is_control() || character == '\u{2028}'),
    },
    Form {
        name: "a folder, such as for Argo",
        destination: |folder| folder_of(folder, Reader::Verbatim),
        read: |folder, _| results(folder),
        carries: |_| true,
    },
    Form {
        name: "Tekton",
        destination: |folder| folder_of(folder, Reader::Tekton),
        read: |folder, _| results(folder),
        carries: |_| true,
    },
    Form {
        name: "Zadig",
        destination: |folder| folder_of(folder, Reader::Zadig),
        // koderover/zadig: `strings.Trim(value, "\n")` at the end.
        read: |folder, _| {
            results(folder).into_iter().map(|(name, value)| (name, value.trim_end_matches('\n').to_owned())).collect()
        },
        carries: |value| !value.ends_with('\n'),
    },
    Form {
        name: "Azure",
        destination: |_| Destination::Orders(Orders::Azure),
        read: |_, printed| azure_variables(printed),
        carries: |_| true,
    },
    Form {
        name: "BlueKing",
        destination: |_| Destination::Orders(Orders::BlueKing),
        read: |_, printed| blueking_outputs(printed),
        carries: |value| {
            let breaks = |character: char| character.is_control() || character == '\u{2028}';
            !value.contains(breaks) && value.trim() == value && !value.ends_with('"')
        },
    },
    Form {
        name: "CNB",
        destination: |_| Destination::Orders(Orders::Cnb),
        read: |_, printed| cnb_outputs(printed),
        carries: |_| true,
    },
    Form {
        name: "TeamCity",
        destination: |_| Destination::Orders(Orders::TeamCity),
        read: |_, printed| teamcity_parameters(printed),
        carries: |_| true,
    },
];

#[test]
fn a_hostile_value_is_read_back_unchanged_or_left_empty_with_a_warning() {
    for Form { name, destination, read, carries } in FORMS {
        for value in HOSTILE {
            let folder = tempdir().unwrap();
            let (written, printed) = write(destination(folder.path()), value);
            assert_eq!(written.is_ok(), carries(value), "{name}: {value:?}: {written:?}");
            if let Err(error) = &written {
                assert!(error.to_string().contains("`first`"), "{name}: {value:?}: {error}");
            }
            // The others are not lost with it.
            let value = if written.is_ok() { value } else { "" };
            let expected = [("first".to_owned(), value.to_owned()), ("second".to_owned(), "2".to_owned())];
            assert_eq!(read(folder.path(), &printed), expected, "{name}: {value:?}: {printed:?}");
        }
    }
}

#[test]
fn a_folder_of_outputs_has_a_file_for_each_from_the_beginning() {
    let folder = tempdir().unwrap();
    let results = folder.path().join("results/");
    fs::create_dir(&results).unwrap();
    fs::write(results.join("pipelineRunId"), "7").unwrap();
    // The inputs are wrong, and what an earlier execution left is emptied.
    let asked = results.to_str().unwrap();
    assert_eq!(Step::empty().with("YUNXIAO_OUTPUT_FILE", asked).run().code, 2);
    for name in ["pipelineRunId", "pipelineRunUrl", "requestId", "status", "waitingFor", "waitingJob", "artifacts"] {
        assert_eq!(fs::read_to_string(results.join(name)).unwrap(), "", "{name}");
    }
    assert_eq!(fs::read_to_string(results.join("exitCode")).unwrap(), "2");
    let (_, server) = service();
    assert_eq!(Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", asked).run().code, 0);
    assert_eq!(fs::read_to_string(results.join("pipelineRunId")).unwrap(), "1");
    assert_eq!(fs::read_to_string(results.join("status")).unwrap(), "started");
    let ended = Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", "/proc/no/such/").run();
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("/proc/no/such/: is where outputs go"), "{}", ended.stderr);
}

#[test]
fn outputs_reach_the_next_step_on_each_host_even_after_a_failure() {
    let (_, server) = service();
    for pipeline in ["123", "999"] {
        let folder = tempdir().unwrap();
        let path = folder.path().join("outputs");
        fs::write(&path, "").unwrap();
        let path = path.to_str().unwrap();
        let run = |variables: &[(&str, &str)]| {
            let step = Step::at(&server.http_url()).with("YUNXIAO_PIPELINE_ID", pipeline).with_all(variables);
            let output = step.command().current_dir(folder.path()).output().unwrap();
            assert_eq!(output.status.code(), Some(if pipeline == "123" { 0 } else { 4 }), "{variables:?}: {output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        let is_there = |outputs: Vec<(String, String)>| {
            let last = |name| outputs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            let status = if pipeline == "123" { "started" } else { "" };
            assert_eq!(last("status"), Some(status), "{outputs:?}");
            assert_eq!(last("pipelineRunId").map(str::is_empty), Some(pipeline == "999"), "{outputs:?}");
            assert!(last("requestId").is_some_and(|id| !id.is_empty()), "{outputs:?}");
            assert_eq!(last("failedJobs"), Some("[]"), "{outputs:?}");
            assert_eq!(last("exitCode"), Some(if pipeline == "123" { "0" } else { "4" }), "{outputs:?}");
        };
        is_there(azure_variables(&run(&[("TF_BUILD", "True")])));
        is_there(cnb_outputs(&run(&[("CNB", "true")])));
        is_there(blueking_outputs(&run(&[("BK_CI_PIPELINE_ID", "p-1")])));
        is_there(teamcity_parameters(&run(&[("TEAMCITY_VERSION", "2025.07")])));
        run(&[("HARNESS_OUTPUT_FILE", path), ("DRONE", "true")]);
        is_there(harness(folder.path()));
        fs::write(path, "").unwrap();
        run(&[
            ("BITBUCKET_BUILD_NUMBER", "1"),
            ("BITBUCKET_STEP_UUID", "{a}"),
            ("BITBUCKET_PIPELINES_VARIABLES_PATH", path),
        ]);
        is_there(dotenv(folder.path()));
        fs::write(path, "").unwrap();
        run(&[("CIRCLECI", "true"), ("BASH_ENV", path)]);
        assert!(fs::read_to_string(path).unwrap().contains("export failedJobs='[]'\n"));
        for variable in ["FORGEJO_ACTIONS", "GITEA_ACTIONS"] {
            fs::write(path, "").unwrap();
            run(&[(variable, "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", path)]);
            is_there(github_outputs(path.as_ref()));
        }
        fs::write(path, "").unwrap();
        run(&[("ATOMGIT_OUTPUT", path)]);
        is_there(github_outputs(path.as_ref()));
        run(&[("GITEE_PIPELINE_BUILD_NUMBER", "1")]);
        fs::rename(folder.path().join("GITEE_PARAMS"), path).unwrap();
        is_there(dotenv(folder.path()));
        // Where there is nowhere to write to, nothing is in the way.
        run(&[("CIRCLECI", "true"), ("BASH_ENV", "/no/such/file")]);
        run(&[
            ("BITBUCKET_BUILD_NUMBER", "1"),
            ("BITBUCKET_STEP_UUID", "a"),
            ("BITBUCKET_PIPELINES_VARIABLES_PATH", "/no/such"),
        ]);
    }
}

#[test]
fn output_commands_are_printed_even_if_the_inputs_are_wrong() {
    let ended = Step::empty().with("CNB", "true").run();
    assert_eq!(ended.code, 2);
    let exit_code = ("exitCode".to_owned(), "2".to_owned());
    assert!(cnb_outputs(&ended.stdout).contains(&exit_code), "{}", ended.stdout);
}

#[test]
fn what_output_file_asks_for_is_done_where_outputs_are_orders() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("run.env");
    let (_, server) = service();
    let step = Step::at(&server.http_url()).with("YUNXIAO_OUTPUT_FILE", path.to_str().unwrap());
    let ended = step.with("TF_BUILD", "True").run();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "1\n"), "{}", ended.stderr);
    assert!(fs::read_to_string(&path).unwrap().starts_with("pipelineRunId=1\n"));
}
