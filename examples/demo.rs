//! The program against a simulated Yunxiao: a run that succeeds, and one that fails. Nothing leaves this machine.
//!
//! ```text
//! cargo run --example demo -- [--host github|gitlab|jenkins|drone|plain] [--language en|zh|both] [--failing] [--summary FILE]
//! ```
//!
//! It shows what users of that CI system see; with `--failing` the second run alone, with `--summary` its summary in a file.

#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use yunxiao_run::environment::Environment;
use yunxiao_run::program::{World, run};
use yunxiao_simulator::setup::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, ORGANIZATION, PIPELINE};
use yunxiao_simulator::{Job, Options, Server, Simulator, Source, Stage};

/// What was pushed, and is built.
const COMMIT: &str = "1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b";

fn main() -> Result<(), Box<dyn Error>> {
    let demo = Demo::asked(&std::env::args().skip(1).collect::<Vec<_>>())?;
    let simulator = Simulator::default();
    let server = Server::start(simulator.clone(), &Options::default())?;
    let endpoint = server.http_url();
    let inputs = [
        ("organization-id", ORGANIZATION),
        ("pipeline-id", "123"),
        ("branch", "main"),
        ("envs", "VERSION_TO_SHIP=1.4.2\nNOTE=发布 v1.4.2 & go 🚀"),
        ("wait", "true"),
        ("access-key-id", ACCESS_KEY_ID),
        ("access-key-secret", ACCESS_KEY_SECRET),
        ("endpoint", &endpoint),
    ];
    if !demo.is_failing_alone {
        demo.headline("The step", "步骤");
        (demo.host.show)(&inputs);
        demo.headline("Its log", "日志");
        set_up(&simulator, 1, [Job::new("Java 构建", 2), Job::new("单元测试", 2), Job::new("主机部署", 1)]);
        let first = demo.step(inputs)?;
        let code = first.code;
        demo.headline(
            &format!("Exit code {code}; what the next steps get"),
            &format!("退出码 {code}；后续步骤得到的输出"),
        );
        for (name, value) in &first.outputs {
            println!("  {name:<15} {value}");
        }
        for started in simulator.started() {
            demo.headline("What arrived at the service", "服务收到的参数");
            let params = started.params.unwrap_or_default();
            println!("  envs            {}", params["envs"]);
            println!("  runningBranchs  {}", params["runningBranchs"]);
            println!("  comment         {}", params["comment"].as_str().unwrap_or_default());
        }
        if code != 0 {
            return Err("the first step did not succeed".into());
        }
        give_time_to_read();
    }
    demo.headline("A step whose run fails", "运行失败的步骤");
    let test = Job::new("单元测试", 2)
        .ending("FAIL")
        .log(0, "[INFO] Running com.shop.OrderTest")
        .log(1, "[ERROR] OrderTest.refund:57 退款金额 expected: <100> but was: <99>")
        .log(1, "[ERROR] Tests run: 128, Failures: 1");
    set_up(&simulator, 0, [Job::new("Java 构建", 1), test, Job::new("主机部署", 2)]);
    let second = demo.step(inputs)?;
    let code = second.code;
    demo.headline(&format!("Exit code {code}; what the next steps get"), &format!("退出码 {code}；后续步骤得到的输出"));
    for name in ["pipelineRunId", "status", "exitCode"] {
        println!("  {name:<15} {}", second.outputs.get(name).map(String::as_str).unwrap_or_default());
    }
    if let (Some(summary), Some(file)) = (&second.summary, &demo.summary) {
        fs::write(file, summary)?;
    } else if let Some(summary) = &second.summary {
        give_time_to_read();
        demo.headline("The summary on the job's page, as Markdown", "作业页面上的摘要（Markdown）");
        print!("{summary}");
    }
    if code == 1 { Ok(()) } else { Err("the second step did not fail".into()) }
}

fn give_time_to_read() {
    std::thread::sleep(Duration::from_secs(2));
}

/// Makes the pipeline one of one source and three stages.
fn set_up(simulator: &Simulator, queue: u64, [build, test, deploy]: [Job; 3]) {
    simulator.configure(|setup| {
        let pipeline = setup.pipelines.entry(PIPELINE).or_default();
        pipeline.queue = Duration::from_secs(queue);
        let mut source = Source::new("backend", "https://codeup.aliyun.com/shop/backend.git");
        source.commits.insert("main".to_owned(), COMMIT.to_owned());
        pipeline.sources = vec![source];
        pipeline.stages =
            vec![Stage::new("构建", vec![build]), Stage::new("测试", vec![test]), Stage::new("部署", vec![deploy])];
    });
}

/// What is to be shown.
struct Demo {
    host: &'static Host,
    language: String,
    is_failing_alone: bool,
    /// The file that the summary goes to.
    summary: Option<String>,
}

/// A CI system: how a step is written there, and what the program finds there.
struct Host {
    name: &'static str,
    show: fn(&[(&str, &str)]),
    /// What the variables of inputs begin with, and what comes between the words of an input's name.
    prefix: (&'static str, &'static str),
    /// Variables; in their values `{}` is the job's folder.
    variables: &'static [(&'static str, &'static str)],
}

const HOSTS: [Host; 5] = [
    Host {
        name: "github",
        show: |inputs| {
            println!("  - id: yunxiao\n    uses: yunxiao-run/yunxiao-run@v0\n    with:");
            show_map(inputs, 6, "-", "${{ secrets.YUNXIAO_ACCESS_KEY_SECRET }}");
        },
        prefix: ("INPUT_", "-"),
        variables: &[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_OUTPUT", "{}/outputs"),
            ("GITHUB_STEP_SUMMARY", "{}/summary.md"),
            ("GITHUB_EVENT_PATH", "{}/event.json"),
            ("GITHUB_REPOSITORY", "shop/backend"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_SHA", COMMIT),
            ("GITHUB_ACTOR", "alice"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_RUN_ID", "42"),
        ],
    },
    Host {
        name: "gitlab",
        show: |inputs| {
            println!("  deploy:\n    image: yunxiao-run-shell\n    script: yunxiao-run\n    variables:");
            show_map(inputs, 6, "YUNXIAO_", "$YUNXIAO_SECRET");
        },
        prefix: ("YUNXIAO_", "_"),
        variables: &[
            ("GITLAB_CI", "true"),
            ("CI_PROJECT_DIR", "{}"),
            ("CI_PROJECT_PATH", "shop/backend"),
            ("CI_PROJECT_URL", "https://gitlab.example.com/shop/backend"),
            ("CI_PROJECT_VISIBILITY", "private"),
            ("CI_COMMIT_REF_NAME", "main"),
            ("CI_COMMIT_SHA", COMMIT),
            ("GITLAB_USER_LOGIN", "alice"),
            ("CI_JOB_URL", "https://gitlab.example.com/shop/backend/-/jobs/42"),
        ],
    },
    Host {
        name: "jenkins",
        show: |inputs| {
            println!("  withEnv([");
            for (name, value) in inputs {
                let value = if *name == "access-key-secret" { "…" } else { value };
                println!("    '{}={}',", variable("YUNXIAO_", "_", name), value.replace('\n', "\\n"));
            }
            println!("  ]) {{\n    sh 'yunxiao-run'\n  }}");
        },
        prefix: ("YUNXIAO_", "_"),
        variables: &[
            ("JENKINS_URL", "https://jenkins.example.com/"),
            ("BUILD_TAG", "jenkins-shop-42"),
            ("JOB_NAME", "shop"),
            ("BUILD_URL", "https://jenkins.example.com/job/shop/42/"),
            ("GIT_URL", "https://git.example.com/shop/backend.git"),
            ("GIT_BRANCH", "origin/main"),
            ("YUNXIAO_OUTPUT_FILE", "{}/outputs"),
        ],
    },
    Host {
        name: "drone",
        show: |inputs| {
            println!("  - name: yunxiao\n    image: yunxiao-run\n    settings:");
            show_map(inputs, 6, "-", "{ from_secret: yunxiao_secret }");
        },
        prefix: ("PLUGIN_", "_"),
        variables: &[
            ("DRONE", "true"),
            ("DRONE_OUTPUT", "{}/outputs"),
            ("DRONE_REPO", "shop/backend"),
            ("DRONE_BRANCH", "main"),
            ("DRONE_COMMIT_SHA", COMMIT),
            ("DRONE_COMMIT_AUTHOR", "alice"),
            ("DRONE_REPO_VISIBILITY", "private"),
        ],
    },
    Host {
        name: "plain",
        show: |inputs| {
            println!("  docker run --rm \\");
            for (name, value) in inputs {
                let value = if *name == "access-key-secret" { "…" } else { value };
                println!("    -e {}='{}' \\", variable("YUNXIAO_", "_", name), value.replace('\n', "\n      "));
            }
            println!("    yunxiao-run");
        },
        prefix: ("YUNXIAO_", "_"),
        variables: &[("YUNXIAO_OUTPUT_FILE", "{}/outputs")],
    },
];

/// Shows inputs as YAML: by their names, or by their variables if those begin with something.
fn show_map(inputs: &[(&str, &str)], indent: usize, prefix: &str, secret: &str) {
    let space = " ".repeat(indent);
    for (name, value) in inputs {
        let value = if *name == "access-key-secret" { secret } else { value };
        let name = if prefix == "-" { (*name).to_owned() } else { variable(prefix, "_", name) };
        match value.split_once('\n') {
            Some(_) => println!("{space}{name}: |\n{space}  {}", value.replace('\n', &format!("\n{space}  "))),
            None => println!("{space}{name}: {value}"),
        }
    }
}

fn variable(prefix: &str, between_words: &str, name: &str) -> String {
    format!("{prefix}{}", name.to_uppercase().replace('-', between_words))
}

/// The result of a step.
struct Ended {
    code: u8,
    outputs: BTreeMap<String, String>,
    summary: Option<String>,
}

impl Demo {
    fn asked(arguments: &[String]) -> Result<Self, String> {
        let after = |name: &str| {
            let place = arguments.iter().position(|argument| argument == name)?;
            arguments.get(place + 1).map(String::as_str)
        };
        let (name, language) = (after("--host").unwrap_or("github"), after("--language").unwrap_or("both"));
        let host = HOSTS.iter().find(|host| host.name == name);
        Ok(Self {
            host: host.ok_or_else(|| format!("`--host {name}`: see the first lines of examples/demo.rs"))?,
            language: language.to_owned(),
            is_failing_alone: arguments.iter().any(|argument| argument == "--failing"),
            summary: after("--summary").map(str::to_owned),
        })
    }

    fn headline(&self, english: &str, chinese: &str) {
        let text = match &*self.language {
            "en" => english.to_owned(),
            "zh" => chinese.to_owned(),
            _ => format!("{english} / {chinese}"),
        };
        println!("\n{}\n", coloured("1;36", &text));
    }

    /// Runs the program as the CI system does.
    fn step(&self, inputs: [(&str, &str); 8]) -> Result<Ended, Box<dyn Error>> {
        let folder = std::env::temp_dir().join(format!("yunxiao-run-demo-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("event.json"), r#"{"repository":{"visibility":"private"}}"#)?;
        let Host { prefix: (prefix, between_words), variables, .. } = self.host;
        let place = folder.to_str().ok_or("the temporary folder's name is not UTF-8")?;
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), value.replace("{}", place)));
        let inputs = inputs.iter().copied().chain([("language", &*self.language)]);
        let inputs = inputs.map(|(name, value)| (variable(prefix, between_words, name), value.to_owned()));
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        let code = run(World {
            arguments: Vec::new(),
            environment: Environment::new(inputs.chain(environment)),
            now: SystemTime::now(),
            seed: Some(seed),
            stdout: Box::new(io::sink()),
            stderr: &|| Box::new(Viewer::default()),
            stderr_is_terminal: false,
            is_first_process: true,
        });
        let read = |name: &str| fs::read_to_string(Path::new(place).join(name));
        let outputs = read_outputs(&read("outputs").or_else(|_| read("yunxiao.env"))?);
        let summary = read("summary.md").ok();
        fs::remove_dir_all(&folder)?;
        Ok(Ended { code, outputs, summary })
    }
}

/// Outputs as they are read: lines of `name=value`, or as GitHub's runner has it `name<<delimiter`, the value, `delimiter`.
/// The last of a name counts.
fn read_outputs(file: &str) -> BTreeMap<String, String> {
    let (mut outputs, mut lines) = (BTreeMap::new(), file.lines());
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        } else if let Some((name, value)) = line.split_once('=') {
            outputs.insert(name.to_owned(), value.trim_matches('"').to_owned());
        }
    }
    outputs
}

/// A log as the page of a CI system shows it, more or less: of a command, people see what it is for.
#[derive(Default)]
struct Viewer {
    line: Vec<u8>,
    /// The word until which no command is one.
    word: Option<String>,
}

impl Viewer {
    fn show(&mut self, line: &str) {
        if let Some(word) = &self.word {
            if line == format!("::{word}::") {
                self.word = None;
            } else {
                println!("    {line}");
            }
            return;
        }
        // GitLab's sections; the order to clear the line ends each half.
        if let Some((mark, title)) = line.split_once('\r').filter(|(mark, _)| mark.contains("section_")) {
            if mark.contains("section_start") {
                println!("  ▼ {}", title.trim_start_matches("\u{1b}[0K"));
            }
            return;
        }
        let command = line.strip_prefix("::").and_then(|command| command.split_once("::"));
        let command = command.map(|(name, data)| (name.split(' ').next().unwrap_or_default(), data));
        match command {
            Some(("stop-commands", word)) => self.word = Some(word.to_owned()),
            Some(("group", title)) => println!("  ▼ {title}"),
            Some(("endgroup", _)) => {}
            Some((name @ ("error" | "warning"), data)) => {
                let (code, name) = if name == "error" { ("31", "Error") } else { ("33", "Warning") };
                let message = data.replace("%0A", "\n         ").replace("%0D", "").replace("%25", "%");
                println!("  {} {message}", coloured(code, &format!("{name}:")));
            }
            _ => println!("  {line}"),
        }
    }
}

impl Write for Viewer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    self.show(&String::from_utf8_lossy(&line));
                }
                byte => self.line.push(*byte),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

fn coloured(code: &str, text: &str) -> String {
    if io::stdout().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}
