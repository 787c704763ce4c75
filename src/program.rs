//! The program as a whole: from the environment to an exit code.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::runtime::Runtime;
use tracing::Level;

use crate::clock::Clock;
use crate::environment::Environment;
use crate::error::Error;
use crate::host::{self, Host, Outputs};
use crate::inputs::settings::Checked;
use crate::inputs::{Inputs, Settings, dashed};
use crate::log::{self, Screen};
use crate::random::Random;
use crate::run::cancel::{self, Signals};
use crate::run::{self, Surroundings, retry};
use crate::text::{Text, text};
use crate::transport::Https;
use crate::writer::{Printer, Writer};

/// How long the last words may take to be shown.
const LONGEST_DRAIN: Duration = Duration::from_secs(5);

/// All that the program takes from outside and writes to it, so that a test can stand in for any of it.
pub struct World<'a> {
    /// The arguments, without the program's name.
    pub arguments: Vec<OsString>,
    /// The environment.
    pub environment: Environment,
    /// The time of day.
    pub now: SystemTime,
    /// 256 bits of the operating system's randomness; none when it has none to give.
    pub seed: Option<[u8; 32]>,
    /// Standard output.
    pub stdout: Box<dyn Write + Send>,
    /// Standard error, however often it is asked for.
    pub stderr: &'a dyn Fn() -> Box<dyn Write + Send>,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
}

/// Runs the program as this process, and yields its exit code.
#[must_use]
pub fn run_process() -> u8 {
    let mut seed = [0; 32];
    run(World {
        arguments: std::env::args_os().skip(1).collect(),
        environment: Environment::new(std::env::vars_os()),
        now: SystemTime::now(),
        seed: getrandom::fill(&mut seed).is_ok().then_some(seed),
        stdout: Box::new(io::stdout()),
        stderr: &|| Box::new(io::stderr()),
        stderr_is_terminal: io::stderr().is_terminal(),
    })
}

/// Runs the program and yields its exit code.
#[must_use]
pub fn run(world: World<'_>) -> u8 {
    let World { arguments, environment, now, seed, mut stdout, stderr, stderr_is_terminal } = world;
    if let [argument] = arguments.as_slice() {
        let answer = match argument.to_str() {
            Some("--version") => Some(concat!("yunxiao-run ", env!("CARGO_PKG_VERSION"), "\n").to_owned()),
            Some("--help") => Some(help()),
            _ => None,
        };
        if let Some(answer) = answer {
            return if stdout.write_all(answer.as_bytes()).is_ok() { 0 } else { 9 };
        }
    }
    // First of all, so that no signal is lost: the first process of a container is sent no signal it does not handle.
    let listening = listen();
    let printing = Writer::spawn("stdout", stdout);
    let showing = Writer::spawn("stderr", stderr());
    let screen = showing.as_ref().map_or_else(|_| Screen::immediate(stderr()), |writer| Screen::new(writer.clone()));

    let host: Arc<dyn Host> = host::detect(&environment, stderr_is_terminal).into();
    let checked = Settings::read(&environment, &read_file);
    let level = checked.log_level.unwrap_or(if host.debug() { Level::DEBUG } else { Level::INFO });
    let subscriber = log::subscriber(Arc::clone(&host), level, screen.clone());
    tracing::subscriber::with_default(subscriber, || {
        let outcome = match listening {
            _ if !arguments.is_empty() => Err(Error::Arguments),
            Err(error) => Err(machine(text!(
                "Signals can't be handled on this machine ({error}).",
                "本机无法处理信号（{error}）。"
            ))),
            Ok((runtime, mut signals)) => match showing.and(printing) {
                Err(_) => Err(machine(text!(
                    "No thread can be made here: check the limit of processes.",
                    "无法创建线程：请检查进程数限制。"
                ))),
                Ok(stdout) => {
                    let stdout = Printer::new(stdout);
                    runtime.block_on(act(checked, &*host, &screen, now, seed, stdout, &mut signals))
                }
            },
        };
        let code = match outcome {
            Ok(()) => 0,
            Err(error) => {
                tracing::error!("{}", error.report());
                error.exit_code()
            }
        };
        // What nobody reads by then is lost. After a signal the time is shorter: another thread sees to it.
        let _ = screen.drain(LONGEST_DRAIN);
        code
    })
}

/// An event loop that takes note of signals from here on.
fn listen() -> io::Result<(Runtime, Signals)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok((runtime, cancel::listen()?))
}

/// Reads a file of a size that a secret or a bundle of certificates may have.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    const LARGEST: u64 = 4 * 1024 * 1024;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// Everything after the inputs have been read.
async fn act(
    checked: Checked,
    host: &dyn Host,
    screen: &Screen,
    now: SystemTime,
    seed: Option<[u8; 32]>,
    stdout: Printer,
    signals: &mut Signals,
) -> Result<(), Error> {
    for warning in checked.warnings {
        tracing::warn!("{}", warning.in_one_line());
    }
    let settings = checked.settings.map_err(Error::Inputs)?;
    if host.has_an_output_file_of_its_own() && settings.output_file.is_some() {
        let warning = text!(
            "`output-file` is not used here: outputs go where this CI system reads them",
            "此处不使用 `output-file`：输出写入 CI 系统自己的输出文件"
        );
        tracing::warn!("{}", warning.in_one_line());
    }
    let file = host.output_file(settings.output_file.as_deref());
    let mut outputs =
        Outputs::open(file.as_ref().map(|(path, format)| (path.as_path(), *format)), stdout).map_err(|source| {
            Error::OutputFile { path: file.as_ref().map(|(path, _)| path.clone()).unwrap_or_default(), source }
        })?;
    let seed =
        seed.ok_or_else(|| machine(text!("The operating system gave no randomness.", "操作系统未能提供随机数。")))?;
    let transport = Https::new(&settings.connection)
        .map_err(|failure| machine(failure.describe(settings.service.endpoint.host())))?;
    for text in &settings.notices {
        run::say(text);
    }
    let clock = Clock::starting_at(now);
    let random = Random::from_seed(seed);
    let surroundings = Surroundings { host, clock: &clock, random: &random, screen, rule: retry::after_start };
    run::run(settings, transport, surroundings, &mut outputs, signals).await
}

fn machine(what: Text) -> Error {
    Error::Machine { what }
}

fn help() -> String {
    let line = |field: &&str| format!("  {:<30} YUNXIAO_{}", dashed(field), field.to_uppercase());
    let inputs = Inputs::fields().iter().map(line).collect::<Vec<_>>().join("\n");
    format!(
        "Starts an Alibaba Cloud Yunxiao (云效) Flow pipeline and prints the run's id.\n\n\
         All inputs come from environment variables; INPUT_ and PLUGIN_ serve as well as YUNXIAO_:\n\n{inputs}\n\n\
         What each means, outputs and exit codes: {}\n",
        env!("CARGO_PKG_REPOSITORY")
    )
}
