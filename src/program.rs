//! The program as a whole: from the environment to an exit code.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::runtime::Runtime;
use tracing::Level;

use crate::clock::Clock;
use crate::environment::Environment;
use crate::files;
use crate::help;
use crate::host::{self, Destination, Host, Outputs};
use crate::inputs::{Checked, Complaint, Settings};
use crate::log::{self, Screen};
use crate::machine::{no_thread, shortage};
use crate::outcome::Outcome;
use crate::outcome::code::Output;
use crate::random::Random;
use crate::step::cancel::{self, Cancel};
use crate::step::{self, Surroundings, retry};
use crate::text::{Text, io_error, text};
use crate::transport::Https;
use crate::writer::{Printer, StandardOutput, Writer};

/// How long the last words may take to be shown.
const LONGEST_DRAIN: Duration = Duration::from_secs(5);

/// All that the program takes from outside and writes to it, so that a test can stand in for any of it.
pub struct World<'a> {
    /// The arguments, without the program's name.
    pub arguments: Vec<OsString>,
    pub environment: Environment,
    pub now: SystemTime,
    /// 256 bits of the operating system's randomness; none when it has none to give.
    pub seed: Option<[u8; 32]>,
    pub stdout: Box<dyn Write + Send>,
    /// Standard error, however often it is requested.
    pub stderr: &'a dyn Fn() -> Box<dyn Write + Send>,
    pub stderr_is_terminal: bool,
    /// Whether this is the first process of a container: then its standard output is a part of the log.
    pub is_first_process: bool,
}

/// Runs the program as this process, and returns its exit code.
pub fn run_process() -> u8 {
    let mut seed = [0; 32];
    let folders = host::FOLDERS.into_iter().filter(|path| Path::new(path).is_dir());
    run(World {
        arguments: std::env::args_os().skip(1).collect(),
        environment: Environment::with_folders(std::env::vars_os(), folders),
        now: SystemTime::now(),
        seed: getrandom::fill(&mut seed).is_ok().then_some(seed),
        stdout: Box::new(StandardOutput),
        stderr: &|| Box::new(io::stderr()),
        stderr_is_terminal: io::stderr().is_terminal(),
        is_first_process: std::process::id() == 1,
    })
}

/// Runs the program and returns its exit code.
pub fn run(world: World<'_>) -> u8 {
    let World { arguments, environment, now, seed, mut stdout, stderr, stderr_is_terminal, is_first_process } = world;
    match help::answer(&arguments, &environment) {
        Some(Ok(answer)) => return if stdout.write_all(answer.as_bytes()).is_ok() { 0 } else { 9 },
        Some(Err(unknown)) => return if stderr().write_all(unknown.as_bytes()).is_ok() { 2 } else { 9 },
        None => {}
    }
    // First of all, so that no signal is lost: the first process of a container is sent no signal it does not handle.
    let threads = Threads::make(stdout, stderr());
    let screen = match &threads {
        Ok(threads) => Screen::new(threads.stderr.clone()),
        Err(_) => Screen::immediate(stderr()),
    };
    let host: Arc<dyn Host> = host::detect(&environment, stderr_is_terminal).into();
    let checked = Settings::read(&*host, &read_file);
    let screen = screen.speaking(checked.language.unwrap_or_default());
    let level = checked.log_level.unwrap_or(if host.debug() { Level::DEBUG } else { Level::INFO });
    let subscriber = log::subscriber(Arc::clone(&host), level, screen.clone());
    tracing::subscriber::with_default(subscriber, || {
        let ready = || {
            if !arguments.is_empty() {
                return Err(Outcome::Arguments);
            }
            let Threads { cancel, stdout, .. } = threads?;
            let outputs = Stdout { printer: Printer::new(stdout), is_log: is_first_process };
            act(checked, &*host, &screen, now, seed, outputs, &cancel)
        };
        let (Ok(outcome) | Err(outcome)) = ready();
        if !outcome.is_good() {
            log::error(&outcome.message());
        }
        // What is not read by then is lost. After a signal the time is shorter: the signals' thread limits it.
        let _ = screen.drain(LONGEST_DRAIN);
        outcome.exit_code()
    })
}

/// The threads of the whole process. The transport has its own for looking up names.
struct Threads {
    cancel: Cancel,
    stdout: Writer,
    stderr: Writer,
}

impl Threads {
    fn make(stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Result<Self, Outcome> {
        if let Some(what) = shortage() {
            return Err(machine(what));
        }
        let no_thread = |error| machine(no_thread(&error));
        Ok(Self {
            cancel: cancel::listen().map_err(no_thread)?,
            stdout: Writer::spawn("stdout", stdout).map_err(no_thread)?,
            stderr: Writer::spawn("stderr", stderr).map_err(no_thread)?,
        })
    }
}

/// Where the run's id goes, and lines that a CI system acts upon.
struct Stdout {
    printer: Printer,
    /// Whether nothing but a log can hold it.
    is_log: bool,
}

/// Reads a file of a size that a secret or a bundle of certificates may have.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    files::read(path, 4 * 1024 * 1024)
}

/// Everything after the inputs have been read.
fn act(
    checked: Checked,
    host: &dyn Host,
    screen: &Screen,
    now: SystemTime,
    seed: Option<[u8; 32]>,
    stdout: Stdout,
    cancel: &Cancel,
) -> Result<Outcome, Outcome> {
    checked.warnings.iter().for_each(log::warn);
    let destination = host.destination(checked.output_file.as_deref());
    let path = destination.as_ref().map(Destination::name).unwrap_or_default();
    let names: Vec<_> = Output::documented().into_iter().map(|(name, _)| name).collect();
    let (mut outputs, unopened) = match Outputs::open(destination, &names, stdout.printer) {
        Ok(outputs) => (Some(outputs), None),
        Err(error) => (None, Some(Complaint { input: path, rule: unopened(&error) })),
    };
    if let (Some(outputs), true, Some(Destination::File(_))) = (&mut outputs, stdout.is_log, host.own_destination()) {
        outputs.keep_id_out_of_log();
    }
    let random = seed.map(Random::from_seed);
    let ready = match (checked.settings, unopened) {
        (Ok(settings), None) => ready(settings),
        (settings, unopened) => Err(Outcome::Inputs(settings.err().into_iter().flatten().chain(unopened).collect())),
    };
    if let (Err(outcome), Some(outputs), Some(random)) = (&ready, &mut outputs, &random) {
        // That this can't be done matters less than what is said anyway.
        let _ = step::write_early(outputs, random, outcome);
    }
    let (settings, runtime, transport) = ready?;
    let what = || machine(text!("The operating system gave no randomness.", "操作系统未能提供随机数。"));
    let (Some(outputs), Some(random)) = (outputs, random) else { return Err(what()) };
    if host.own_destination().is_some() && checked.output_file.is_some() {
        log::warn(&text!(
            "`output-file` is not used here: outputs go where this CI system reads them",
            "此处不使用 `output-file`：输出写入 CI 系统自己的输出文件"
        ));
    }
    let clock = Clock::starting_at(now);
    settings.notices.iter().for_each(log::say);
    let surroundings = Surroundings { host, clock: &clock, random: &random, screen, cancel, rule: retry::after_start };
    Ok(runtime.block_on(step::run(&settings, transport, &surroundings, outputs)))
}

/// What is needed to do anything.
fn ready(settings: Settings) -> Result<(Settings, Runtime, Https), Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        let why = io_error(&error);
        machine(text!("No event loop can be made on this machine ({why}).", "本机无法创建事件循环（{why}）。", why))
    })?;
    let transport = Https::new(&settings.connection).map_err(machine)?;
    Ok((settings, runtime, transport))
}

fn unopened(error: &io::Error) -> Text {
    let why = io_error(error);
    text!(
        "is where outputs go, and can't be opened for writing ({why}): check the path, and that the container's user may write \
         there",
        "是写入输出的文件，但无法打开进行写入（{why}）：请检查路径以及容器用户的写权限",
        why
    )
}

fn machine(what: Text) -> Outcome {
    Outcome::Machine { what }
}
