//! The main job, against a simulated Yunxiao on a loopback port: what a person sees in the log of a GitHub step that waits
//! for its run, and what the next steps and the job's page get; once for a run that succeeds, once for one that fails.
//! Nothing leaves this machine. It takes a quarter of a minute.

#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::time::{Duration, SystemTime};

use yunxiao_run::environment::Environment;
use yunxiao_run::program::{World, run};
use yunxiao_simulator::setup::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, ORGANIZATION, PIPELINE};
use yunxiao_simulator::{Job, Options, Server, Simulator, Source, Stage};

fn main() -> Result<(), Box<dyn Error>> {
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

    headline("The step / 步骤");
    println!("  - id: yunxiao\n    uses: yunxiao-run/yunxiao-run@v0\n    with:");
    for (name, value) in inputs {
        let value = if name == "access-key-secret" { "${{ secrets.YUNXIAO_ACCESS_KEY_SECRET }}" } else { value };
        match value.split_once('\n') {
            Some(_) => println!("      {name}: |\n        {}", value.replace('\n', "\n        ")),
            None => println!("      {name}: {value}"),
        }
    }

    headline("Its log / 日志");
    set_up(&simulator, 1, [Job::new("Java 构建", 2), Job::new("单元测试", 2), Job::new("主机部署", 1)]);
    let first = step(inputs)?;
    headline(&format!("Exit code {}; what the next steps get / 退出码 {0}；后续步骤得到的输出", first.code));
    for (name, value) in &first.outputs {
        println!("  {name:<15} {value}");
    }
    for started in simulator.started() {
        headline("What arrived at the service / 服务收到的参数");
        let params = started.params.unwrap_or_default();
        println!("  envs            {}", params["envs"]);
        println!("  runningBranchs  {}", params["runningBranchs"]);
        println!("  comment         {}", params["comment"].as_str().unwrap_or_default());
    }

    give_time_to_read();
    headline("The same step, where a test fails / 同一步骤，有测试失败时");
    let test = Job::new("单元测试", 2)
        .ending("FAIL")
        .log(0, "[INFO] Running com.shop.OrderTest")
        .log(1, "[ERROR] OrderTest.refund:57 退款金额 expected: <100> but was: <99>")
        .log(1, "[ERROR] Tests run: 128, Failures: 1");
    set_up(&simulator, 0, [Job::new("Java 构建", 1), test, Job::new("主机部署", 2)]);
    let second = step(inputs)?;
    headline(&format!("Exit code {}; what the next steps get / 退出码 {0}；后续步骤得到的输出", second.code));
    for name in ["status", "failedJobs"] {
        println!("  {name:<15} {}", second.outputs.get(name).map(String::as_str).unwrap_or_default());
    }
    give_time_to_read();
    headline("The summary on the job's page, as Markdown / 任务页面上的摘要（Markdown）");
    print!("{}", second.summary);

    if (first.code, second.code) == (0, 1) { Ok(()) } else { Err("a step did not end as it should".into()) }
}

fn give_time_to_read() {
    std::thread::sleep(Duration::from_secs(3));
}

/// Makes the pipeline one of one source and three stages.
fn set_up(simulator: &Simulator, queue: u64, [build, test, deploy]: [Job; 3]) {
    simulator.configure(|setup| {
        let pipeline = setup.pipelines.entry(PIPELINE).or_default();
        pipeline.queue = Duration::from_secs(queue);
        pipeline.sources = vec![Source::new("backend", "https://codeup.aliyun.com/shop/backend.git")];
        pipeline.stages =
            vec![Stage::new("构建", vec![build]), Stage::new("测试", vec![test]), Stage::new("部署", vec![deploy])];
    });
}

/// What became of a step.
struct Ended {
    code: u8,
    outputs: BTreeMap<String, String>,
    summary: String,
}

/// Runs the program as GitHub's runner does in a container.
fn step(inputs: [(&str, &str); 8]) -> Result<Ended, Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("yunxiao-run-demo-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let (outputs, summary, event) = (folder.join("outputs"), folder.join("summary.md"), folder.join("event.json"));
    fs::write(&event, r#"{"repository":{"visibility":"private"}}"#)?;
    let path = "the temporary folder's name is not UTF-8";
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_OUTPUT", outputs.to_str().ok_or(path)?),
        ("GITHUB_STEP_SUMMARY", summary.to_str().ok_or(path)?),
        ("GITHUB_EVENT_PATH", event.to_str().ok_or(path)?),
        ("GITHUB_REPOSITORY", "shop/backend"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_SHA", "1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b"),
        ("GITHUB_ACTOR", "alice"),
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_RUN_ID", "42"),
    ];
    let as_variables = inputs.map(|(name, value)| (format!("INPUT_{}", name.to_uppercase()), value.to_owned()));
    let environment = github.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    let code = run(World {
        arguments: Vec::new(),
        environment: Environment::new(as_variables.into_iter().chain(environment)),
        now: SystemTime::now(),
        seed: Some(seed),
        stdout: Box::new(io::sink()),
        stderr: &|| Box::new(Viewer::default()),
        stderr_is_terminal: false,
    });
    let ended =
        Ended { code, outputs: read_outputs(&fs::read_to_string(&outputs)?), summary: fs::read_to_string(&summary)? };
    fs::remove_dir_all(&folder)?;
    Ok(ended)
}

/// Outputs as the runner reads them: `name<<delimiter`, the value, `delimiter`. The last of a name counts.
fn read_outputs(file: &str) -> BTreeMap<String, String> {
    let (mut outputs, mut lines) = (BTreeMap::new(), file.lines());
    while let Some((name, delimiter)) = lines.next().and_then(|line| line.split_once("<<")) {
        let value: Vec<_> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        outputs.insert(name.to_owned(), value.join("\n"));
    }
    outputs
}

/// A log as GitHub's page shows it, more or less: of a command, people see what it is for.
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

fn headline(text: &str) {
    println!("\n{}\n", coloured("1;36", text));
}

fn coloured(code: &str, text: &str) -> String {
    if io::stdout().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}
