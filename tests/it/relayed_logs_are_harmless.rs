//! Job logs made to attack, shown by the real binary on each host, and read as that host reads them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use yunxiao_simulator::setup::{ACCESS_KEY_ID, ACCESS_KEY_SECRET};
use yunxiao_simulator::{Job, LogLine, Server, Simulator, Stage};

use crate::hosts::{
    azure_commands, blueking_orders, buildkite_headers, cnb_outputs, drone_cards, gitea_commands, github_commands,
    github_outputs, gitlab_sections, teamcity_messages,
};
use crate::step::{Ended, Step, serve};

/// What bytes that are no UTF-8 stand for on their way from the simulator, which writes text.
const PLACEHOLDER: &[u8] = b"(four strange bytes)";
const STRANGE: &[u8] = b"\xff\xfe\xc3\x28 \x80 \xf0\x9f \xe4\xb8  \xed\xa0\x80. ";

pub(crate) fn attacks() -> Vec<String> {
    let mut attacks: Vec<String> = [
        "::set-output name=pipelineRunId::666",
        "  ::set-output name=pipelineRunId::666",
        "\u{a0}\u{2003}::set-env name=PATH::/evil",
        "\u{feff}::add-path::/evil",
        "\u{200b}::add-path::/evil",
        "::ADD-MASK::a",
        "::add-mask::pipelineRunUrl",
        "::error file=a.rs,line=1::forged",
        "::warning::forged",
        "::notice title=x::forged",
        "::group::forged",
        "::endgroup::",
        "::stop-commands::forged",
        "::echo::on",
        "::debug::forged",
        "::save-state name=a::b",
        "::add-matcher::/evil.json",
        "text ##[set-output name=pipelineRunId]666",
        "##[error]forged ##[group]x ##[endgroup]",
        "#\u{200b}#[error]forged",
        "###[add-mask]x",
        "##vso[task.setvariable variable=pipelineRunId]666",
        "##VSO[task.complete result=Succeeded;]done",
        "##[section]forged",
        "##teamcity[buildStatus status='SUCCESS']",
        "\"::set-output name=pipelineRunId::666",
        "\"::set-variable name=a::b\"",
        "::set-remark forged",
        "::set-error message::forged",
        "##[set-output pipelineRunId=666]",
        "text ##[set-output pipelineRunId=base64,NjY2]",
        "--- forged",
        "+++ forged",
        "~~~\tforged",
        "\u{1b}[31m---\u{1b}[0m forged",
        "^^^ +++",
        "\u{1b}]1338;NjY2\u{1b}]0m",
        "##[section]forged",
        "\u{1b}[0Ksection_start:1700000000:forged\r\u{1b}[0KForged",
        "\u{1b}[0Ksection_end:1700000000:forged\r\u{1b}[0K",
        "section_end:1700000000:forged\r\u{1b}[0K",
        "\u{1b}[2J\u{1b}[H\u{1b}[31mred\u{1b}[0m",
        "\u{1b}]0;title\u{7}\u{1b}]8;;https://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
        "\u{9b}2J\u{9d}0;x\u{9c}",
        "\u{1b}[0m::error::behind an order",
        "\u{1b}::error::behind half an order",
        "\r::error::behind a return",
        "shown\r::set-output name=a::b\rhidden",
        "\u{b}::error::x\u{c}::error::y\u{85}::error::z\u{2028}::error::w",
        "back\u{8}\u{8}\u{8}\u{8}space",
        "bell\u{7} null\u{0} delete\u{7f}",
        "\u{202e}reversed\u{2066}",
        "(four strange bytes)::error::x",
        "</pre></details><script>alert(1)</script> | a | b |",
        "```\n# forged heading",
        "%0A::error::x%0D%0A::error::y",
        "",
    ]
    .map(str::to_owned)
    .to_vec();
    attacks.push(format!("{}::error::at the end of a long line", "x".repeat(100_000)));
    attacks.push(format!("{}##[error]in a long line", "y".repeat(16 * 1024 - 3)));
    attacks.push("::error::".repeat(5000));
    attacks.push(format!("the secret is {ACCESS_KEY_SECRET}, of {ACCESS_KEY_ID}"));
    attacks.push(format!("{}\u{1b}[1m{}", &ACCESS_KEY_SECRET[..6], &ACCESS_KEY_SECRET[6..]));
    for offset in 16 * 1024 - 20..16 * 1024 + 4 {
        attacks.push(format!("{}{ACCESS_KEY_SECRET}{}", "z".repeat(offset), "z".repeat(100)));
    }
    attacks
}

/// A service whose run writes this and fails.
fn service(lines: &[String]) -> (Simulator, Server) {
    let log = lines.iter().map(|text| LogLine { text: text.clone(), ..LogLine::default() }).collect();
    let job = Job {
        log,
        ..Job::new("a|b ::error::x ##[y ###[set-output name=pipelineRunId]666 ###vso[task.x]z", 0).ending("FAIL")
    };
    serve(Simulator::with_pipeline(|pipeline| {
        pipeline.queue = std::time::Duration::ZERO;
        pipeline.stages = vec![Stage::new("::group::\u{1b}[1m", vec![job])];
    }))
}

/// An address that stands before another, and puts strange bytes into its answers.
fn strange(server: &Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, behind) = (listener.local_addr().unwrap(), server.http().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut service) = (client.unwrap(), TcpStream::connect(behind).unwrap());
            let (mut requests, mut on) = (client.try_clone().unwrap(), service.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut requests, &mut on);
                let _ = on.shutdown(Shutdown::Write);
            });
            thread::spawn(move || {
                let mut buffer = vec![0; 4 * 1024 * 1024];
                while let Ok(length @ 1..) = service.read(&mut buffer) {
                    let mut piece = buffer[..length].to_vec();
                    while let Some(at) = piece.windows(PLACEHOLDER.len()).position(|bytes| bytes == PLACEHOLDER) {
                        piece[at..at + STRANGE.len()].copy_from_slice(STRANGE);
                    }
                    if client.write_all(&piece).is_err() {
                        break;
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

fn follow(endpoint: &str, logs: &str) -> Step {
    // The host of the `host` header is signed, so it has to be the simulator's own; it takes any.
    Step::at(endpoint).with("YUNXIAO_WAIT", "true").with("YUNXIAO_LOGS", logs).with("YUNXIAO_LOG_LEVEL", "debug")
}

fn has_ended(ended: &Ended) {
    assert_eq!((ended.code, ended.stdout.as_str()), (1, "1\n"), "{}", ended.stderr);
    for secret in [ACCESS_KEY_SECRET, ACCESS_KEY_ID] {
        assert!(!ended.stderr.contains(secret), "{secret} is shown");
    }
    assert!(!ended.stderr.contains(&format!("z{}", &ACCESS_KEY_SECRET[..8])), "a part of the secret is shown");
    let strange = ended.stderr.chars().find(|character| {
        (character.is_control() && !"\n\r\t\u{1b}".contains(*character))
            || ('\u{202a}'..='\u{202e}').contains(character)
    });
    assert_eq!(strange, None);
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn on_github_no_line_is_a_command() {
    for logs in ["all", "failed"] {
        let lines = attacks();
        // The last forty lines are all that is shown of a failed job: each gets its turn.
        for lines in lines.chunks(if logs == "all" { 1000 } else { 20 }) {
            let folder = tempfile::tempdir().unwrap();
            let [output, summary] = ["output", "summary"].map(|name| folder.path().join(name));
            let (_simulator, server) = service(lines);
            let step = follow(&strange(&server), logs).on_github(&output);
            let ended = step.with("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()).run();
            has_ended(&ended);
            let commands = github_commands(&ended.stderr);
            let of = |name: &str| commands.iter().filter(|command| command.name == name).collect::<Vec<_>>();
            let [group] = of("group")[..] else { panic!("one group: {commands:?}") };
            assert_eq!(of("endgroup").len(), 1);
            let [stopping] = of("stop-commands")[..] else { panic!("one stop: {commands:?}") };
            assert!(stopping.data.len() == 32 && of(&stopping.data).len() == 1, "and one end of it");
            assert!(!group.data.contains('\u{1b}'));
            // The failed job's annotation, and the last word.
            let errors = of("error");
            assert_eq!(errors.len(), 2, "{errors:?}");
            assert!(errors[0].properties.starts_with("title=") && errors[1].data.starts_with("Run 1 failed"));
            let ours = commands.iter().filter(|command| {
                ["group", "endgroup", "stop-commands", "error", "debug"].contains(&command.name.as_str())
                    || command.name == stopping.data
            });
            assert_eq!(ours.count(), commands.len(), "{commands:?}");
            let words = ended.stderr.lines().filter(|line| line.starts_with("::debug::"));
            assert_eq!(words.count(), of("debug").len(), "none of our own words is among the lines");
            assert!(!ended.stderr.contains('\u{1b}') && !ended.stderr.contains('\r'));
            assert!(github_outputs(&output).iter().all(|(_, value)| value != "666"));
            assert!(!read(&summary).contains("<script"));
        }
    }
}

#[test]
fn on_gitlab_no_line_opens_or_closes_a_section() {
    let folder = tempfile::tempdir().unwrap();
    let (_simulator, server) = service(&attacks());
    let step = follow(&strange(&server), "all").with("GITLAB_CI", "true");
    let ended = step.with("CI_PROJECT_DIR", folder.path().to_str().unwrap()).run();
    has_ended(&ended);
    let sections = gitlab_sections(&ended.stderr);
    let [(start, opened), (end, closed)] = &sections[..] else { panic!("{sections:?}") };
    assert_eq!((start.as_str(), end.as_str(), opened), ("start", "end", closed));
    // The marks' own orders, and our colours.
    for order in ended.stderr.split('\u{1b}').skip(1) {
        assert!(["[0K", "[31m", "[33m", "[2m", "[0m"].iter().any(|ours| order.starts_with(ours)), "{order:.20}");
    }
    assert_eq!(ended.stderr.matches("\u{1b}[0K").count(), 4);
    assert!(read(&folder.path().join("yunxiao.env")).starts_with("pipelineRunId=1\n"));
}

#[test]
fn elsewhere_no_line_is_a_command() {
    let (_simulator, server) = service(&attacks());
    let ended = follow(&strange(&server), "all").run();
    has_ended(&ended);
    assert_eq!(azure_commands(&ended.stderr), 0);
    assert_eq!(github_commands(&ended.stderr), []);
    assert_eq!(blueking_orders(&ended.stderr), []);
    assert_eq!(cnb_outputs(&ended.stderr), []);
    assert_eq!(teamcity_messages(&ended.stderr), [""; 0]);
    assert_eq!(gitea_commands(&ended.stderr), [""; 0]);
    assert_eq!(drone_cards(&ended.stderr), 0);
    // Ours, around the job's lines.
    assert_eq!(buildkite_headers(&ended.stderr).len(), 1, "{:?}", buildkite_headers(&ended.stderr));
    assert!(!ended.stderr.contains('\u{1b}') && !ended.stderr.contains('\r'));
    assert!(ended.stderr.contains(r"\::set-output name=pipelineRunId::666"));
    assert!(ended.stderr.contains("the secret is ***, of ***"));
}
