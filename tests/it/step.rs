//! The real binary, run as a CI system runs a step: with nothing in its environment but what is said here.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, PipeWriter, Write};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use yunxiao_run::environment::Environment;
use yunxiao_run::program::{World, run};
use yunxiao_simulator::setup::ORGANIZATION;
use yunxiao_simulator::{Options, Server, Simulator};

use crate::simulated::Backend;

/// A step about to be run.
#[derive(Clone)]
pub(crate) struct Step {
    environment: BTreeMap<String, String>,
    arguments: Vec<String>,
}

/// A step that has ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The command that is the program: what cargo built, or the words of the variable `PROGRAM`, which may name a released binary,
/// or an emulator and a binary of another architecture.
fn program() -> Vec<String> {
    match env::var("PROGRAM") {
        Ok(words) => words.split_whitespace().map(str::to_owned).collect(),
        Err(_) => vec![env!("CARGO_BIN_EXE_yunxiao-run").to_owned()],
    }
}

/// The default service on loopback ports.
pub(crate) fn service() -> (Simulator, Server) {
    serve(Simulator::default())
}

/// A service on loopback ports.
pub(crate) fn serve(simulator: Simulator) -> (Simulator, Server) {
    let server = Server::start(simulator.clone(), &Options::default()).unwrap();
    (simulator, server)
}

/// Sends a signal to a step that is still running.
pub(crate) fn send(signal: &str, child: &Child) {
    assert!(Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status().unwrap().success());
}

/// Waits for what a busy machine, or an emulated one, may take a while for.
#[track_caller]
pub(crate) fn until(holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_mins(1), "it has not come about");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a pipe takes some bytes more. Where it takes none, whoever writes waits for its reader.
pub(crate) fn has_room(pipe: &PipeWriter) -> bool {
    poll(&mut [PollFd::new(pipe.as_fd(), PollFlags::POLLOUT)], PollTimeout::ZERO).unwrap() > 0
}

/// Whether a process has come to rest: each of its threads waits for something.
pub(crate) fn rests(child: &Child) -> bool {
    fs::read_dir(format!("/proc/{}/task", child.id())).unwrap().all(|thread| {
        let stat = fs::read_to_string(thread.unwrap().path().join("stat")).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|state| state.starts_with('S'))
    })
}

/// Checks cases that wait more than they compute: several at a time.
pub(crate) fn for_each<C: Send>(cases: Vec<C>, check: impl Fn(C) + Sync) {
    let cases = Mutex::new(cases);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // The lock is held for no longer than this statement.
                while let Some(case) = { cases.lock().unwrap().pop() } {
                    check(case);
                }
            });
        }
    });
}

impl Step {
    /// A step without any input.
    pub(crate) fn empty() -> Self {
        Self { environment: BTreeMap::new(), arguments: Vec::new() }
    }

    /// A step that starts the default pipeline of the service at an address, with an AccessKey.
    pub(crate) fn at(endpoint: &str) -> Self {
        Self::over(Backend::AccessKey, endpoint)
    }

    /// The same over one of the service's APIs.
    pub(crate) fn over(backend: Backend, endpoint: &str) -> Self {
        let step = backend.inputs().into_iter().fold(Self::empty(), |step, (name, value)| step.with(name, value));
        step.with("YUNXIAO_ORGANIZATION_ID", ORGANIZATION)
            .with("YUNXIAO_PIPELINE_ID", "123")
            .with("YUNXIAO_ENDPOINT", endpoint)
            .with("YUNXIAO_REQUEST_TIMEOUT", "5s")
            .with("YUNXIAO_RETRY_TIMEOUT", "5s")
    }

    /// The same with a variable.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    /// The same with some variables.
    pub(crate) fn with_all(self, variables: &[(&str, &str)]) -> Self {
        variables.iter().fold(self, |step, (name, value)| step.with(name, *value))
    }

    /// The same in a mode that is about a run.
    pub(crate) fn in_mode(self, mode: &str, run: u64) -> Self {
        self.with("YUNXIAO_MODE", mode).with("YUNXIAO_PIPELINE_RUN_ID", run.to_string())
    }

    /// The same without one.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// The same with an argument.
    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// The same as a step of GitHub Actions, which writes outputs to a file.
    pub(crate) fn on_github(self, output: &Path) -> Self {
        self.with("GITHUB_ACTIONS", "true").with("GITHUB_OUTPUT", output.to_str().unwrap())
    }

    /// The command, for a test that wants to do with it as it likes.
    pub(crate) fn command(&self) -> Command {
        self.written_as(&program())
    }

    /// The command, executed by another program in its own place.
    pub(crate) fn through(&self, program: &str, arguments: &[&str]) -> Command {
        let words = [&[program], arguments].concat();
        let words: Vec<_> = words.into_iter().map(str::to_owned).chain(self::program()).collect();
        self.written_as(&words)
    }

    fn written_as(&self, words: &[String]) -> Command {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).args(&self.arguments);
        command.env_clear().envs(&self.environment).stdin(Stdio::null());
        command
    }

    /// Runs it to its end in this process, as the first process of a container.
    pub(crate) fn run_as_first_process(&self) -> Ended {
        self.run_with(Some(std::array::from_fn(|_| fastrand::u8(..))))
    }

    /// Runs it to its end in this process, with what the operating system has of randomness.
    pub(crate) fn run_with(&self, seed: Option<[u8; 32]>) -> Ended {
        let (stdout, stderr) = (Written::default(), Written::default());
        let code = run(World {
            arguments: self.arguments.iter().map(Into::into).collect(),
            environment: Environment::new(self.environment.clone()),
            now: SystemTime::now(),
            seed,
            stdout: Box::new(stdout.clone()),
            stderr: &|| Box::new(stderr.clone()),
            stderr_is_terminal: false,
            is_first_process: true,
        });
        Ended { code: code.into(), stdout: stdout.text(), stderr: stderr.text() }
    }

    /// Runs it to its end.
    pub(crate) fn run(&self) -> Ended {
        ended(&mut self.command())
    }
}

/// What was written.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs a command made of a step to its end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Ended {
        code: status.code().expect("it ended by itself"),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}
