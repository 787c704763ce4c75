//! The main job, against a simulated Yunxiao on a loopback port: what a person sees in the log of a GitHub step, and
//! what the next step gets. Nothing leaves this machine.

#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::error::Error;
use std::time::SystemTime;

use yunxiao_run::inputs::Environment;
use yunxiao_run::log::Screen;
use yunxiao_run::program::{World, run};
use yunxiao_simulator::setup::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, ORGANIZATION};
use yunxiao_simulator::{Options, Server, Simulator};

fn main() -> Result<(), Box<dyn Error>> {
    let simulator = Simulator::default();
    let server = Server::start(simulator.clone(), &Options::default())?;
    let output = std::env::temp_dir().join(format!("yunxiao-run-demo-{}", std::process::id()));

    let endpoint = server.http_url();
    let inputs = [
        ("organization-id", ORGANIZATION),
        ("pipeline-id", "https://flow.aliyun.com/pipelines/123/current"),
        ("running-branches", "https://codeup.aliyun.com/shop/backend.git=main"),
        ("envs", "VERSION_TO_SHIP=1.4.2\nNOTE=发布 v1.4.2 & go 🚀"),
        ("access-key-id", ACCESS_KEY_ID),
        ("access-key-secret", ACCESS_KEY_SECRET),
        ("endpoint", &endpoint),
    ];
    println!("The step:\n\n  - id: yunxiao\n    uses: yunxiao-run/yunxiao-run@v0\n    with:");
    for (name, value) in inputs {
        let value = if name == "access-key-secret" { "${{ secrets.YUNXIAO_ACCESS_KEY_SECRET }}" } else { value };
        match value.split_once('\n') {
            Some(_) => println!("      {name}: |\n        {}", value.replace('\n', "\n        ")),
            None => println!("      {name}: {value}"),
        }
    }

    // As GitHub's runner hands it to a container.
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_OUTPUT", output.to_str().ok_or("the temporary folder's name is not UTF-8")?),
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

    println!("\nIts log:\n");
    let mut stdout = Vec::new();
    let code = run(World {
        arguments: Vec::new(),
        environment: Environment::new(as_variables.into_iter().chain(environment)),
        now: SystemTime::now(),
        seed: Some(seed),
        stdout: &mut stdout,
        stderr: Screen::new(std::io::stdout()),
        stderr_is_terminal: false,
    });
    println!("\nExit code: {code}. On standard output: {}", String::from_utf8(stdout)?);
    println!("The file of outputs, which GitHub reads:\n\n{}", std::fs::read_to_string(&output)?);
    std::fs::remove_file(&output)?;
    for run in simulator.started() {
        println!("What arrived at the service:\n\n{:#}", run.params.unwrap_or_default());
    }
    if code == 0 { Ok(()) } else { Err("the step failed".into()) }
}
