//! The job in memory and in simulated time: the service without a network, the clock without waiting.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout};
use tracing::Level;
use yunxiao_run::clock::Clock;
use yunxiao_run::environment::Environment;
use yunxiao_run::host::{self, Host, Outputs};
use yunxiao_run::inputs::{Checked, Settings};
use yunxiao_run::log::{self, Screen};
use yunxiao_run::outcome::{Outcome, Signal};
use yunxiao_run::random::Random;
use yunxiao_run::step::{self, Surroundings, cancel, retry};
use yunxiao_run::transport::{Failure, FailureKind, Latch, Transport};
use yunxiao_run::writer::{Printer, Writer};
use yunxiao_simulator::setup::{
    ACCESS_KEY_ID, ACCESS_KEY_SECRET, OIDC_PROVIDER_ARN, ORGANIZATION, ROLE_ARN, STS_ACCESS_KEY_ID,
    STS_ACCESS_KEY_SECRET, STS_SECURITY_TOKEN, TOKEN,
};
use yunxiao_simulator::{Acts, Fault, Job, Reply, Request, Simulator, Stage, Unreachable, When, Wire};

use crate::step::Written;

pub(crate) const START: &str = "StartPipelineRun";
pub(crate) const STOP: &str = "StopPipelineRun";
pub(crate) const LIST: &str = "ListPipelineRuns";
pub(crate) const GET: &str = "GetPipelineRun";
pub(crate) const LOG: &str = "LogPipelineJobRun";

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(crate) fn milliseconds(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A service whose runs have jobs at once.
pub(crate) fn prompt() -> Simulator {
    Simulator::with_pipeline(|pipeline| pipeline.queue = Duration::ZERO)
}

/// A service whose pipeline has these stages.
pub(crate) fn staged(stages: Vec<Stage>) -> Simulator {
    Simulator::with_pipeline(|pipeline| pipeline.stages = stages)
}

/// A service whose pipeline has one stage of one job.
pub(crate) fn one(job: Job) -> Simulator {
    staged(vec![Stage::new("构建", vec![job])])
}

/// A service whose runs have jobs at once, and whose first start is answered by nothing, whether it acts or not.
pub(crate) fn losing(acts: Acts) -> Simulator {
    let simulator = prompt();
    simulator.plan(When::next_is(START), Fault::new(acts, Reply::Closed));
    simulator
}

/// When every simulated execution begins.
pub(crate) fn beginning() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// How long making a connection takes here.
pub(crate) const CONNECTING: Duration = Duration::from_millis(50);

/// How long a megabyte takes here.
const A_MEGABYTE: Duration = Duration::from_secs(1);

/// A network of one service.
pub(crate) struct InMemory {
    simulator: Simulator,
    /// How many connections have been made for one request alone.
    fresh: Cell<u64>,
    begin: Instant,
    /// When that was for the service.
    origin: SystemTime,
    request_timeout: Duration,
}

impl InMemory {
    async fn exchange(
        &self,
        request: http::Request<Vec<u8>>,
        latch: Option<&Latch>,
    ) -> Result<http::Response<Vec<u8>>, Failure> {
        let failure = |kind| Err(Failure { kind, detail: String::new() });
        sleep(CONNECTING).await;
        if latch.is_some_and(|latch| !latch.pass()) {
            return failure(FailureKind::Connect);
        }
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().unwrap().as_str();
        let arriving = Request::new(parts.method.as_str(), parts.uri.authority().unwrap().as_str(), target);
        let arriving = parts.headers.iter().fold(arriving, |arriving, (name, value)| {
            if name == "host" { arriving } else { arriving.with_header(name.as_str(), value.to_str().unwrap()) }
        });
        // The one connection that is kept is number 0.
        let connection = latch.map_or(0, |_| self.fresh.get() + 1);
        self.fresh.set(self.fresh.get().max(connection));
        let now = self.origin + self.begin.elapsed();
        let outcome = self.simulator.answer_on(Some(connection), now, &arriving.with_body(body));
        let waiting = timeout(self.request_timeout, async {
            sleep(outcome.delay).await;
            if matches!(outcome.wire, Wire::Silence) {
                std::future::pending::<()>().await;
            }
        });
        if waiting.await.is_err() {
            return failure(FailureKind::TimedOut);
        }
        match outcome.wire {
            Wire::Answer(answer) => {
                let mut response =
                    http::Response::builder().status(answer.status).header("content-length", answer.body.len());
                for (name, value) in &answer.headers {
                    response = response.header(name, value);
                }
                Ok(response.body(answer.body.into_bytes()).unwrap())
            }
            Wire::Unreachable(Unreachable::Dns) => failure(FailureKind::Name),
            Wire::Unreachable(Unreachable::Refused) => failure(FailureKind::Connect),
            Wire::Unreachable(Unreachable::Tls) => failure(FailureKind::Tls),
            Wire::Unreachable(Unreachable::Proxy) => failure(FailureKind::Proxy),
            _ => failure(FailureKind::Broken),
        }
    }
}

impl Transport for InMemory {
    async fn send_fresh(
        &self,
        request: http::Request<Vec<u8>>,
        latch: &Latch,
    ) -> Result<http::Response<Vec<u8>>, Failure> {
        self.exchange(request, Some(latch)).await
    }

    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Failure> {
        self.exchange(request, None).await
    }

    async fn download(
        &self,
        request: http::Request<Vec<u8>>,
        mut take: impl AsyncFnMut(&[u8], &mut Vec<u8>),
    ) -> Result<http::Response<Vec<u8>>, Failure> {
        let (parts, arrived) = self.exchange(request, None).await?.into_parts();
        let mut body = Vec::new();
        for megabyte in arrived.chunks(1_000_000) {
            for piece in megabyte.chunks(1000) {
                take(piece, &mut body).await;
            }
            if megabyte.len() == 1_000_000 {
                sleep(A_MEGABYTE).await;
            }
        }
        Ok(http::Response::from_parts(parts, body))
    }
}

/// What nothing can be written to.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a write to never comes back from, until the other end is dropped.
struct Blocked(mpsc::Receiver<()>);

impl Write for Blocked {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Something that becomes of the service, at a time.
type Event = Box<dyn FnOnce(&Simulator, SystemTime)>;

/// The API that a test calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    AccessKey,
    Token,
    /// The AccessKey's API, for a RAM role that is taken by means of an identity token.
    Role,
}

impl Backend {
    /// The inputs that make the program call it.
    pub(crate) fn inputs(self) -> Vec<(&'static str, String)> {
        let inputs: &[(&str, &str)] = match self {
            Self::AccessKey => {
                &[("YUNXIAO_ACCESS_KEY_ID", ACCESS_KEY_ID), ("YUNXIAO_ACCESS_KEY_SECRET", ACCESS_KEY_SECRET)]
            }
            Self::Token => &[("YUNXIAO_ACCESS_TOKEN", TOKEN), ("YUNXIAO_EDITION", "central")],
            Self::Role => &[("YUNXIAO_ROLE_TO_ASSUME", ROLE_ARN), ("YUNXIAO_OIDC_PROVIDER_ARN", OIDC_PROVIDER_ARN)],
        };
        inputs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }
}

/// The inputs of a temporary AccessKey.
pub(crate) const TEMPORARY_KEY: [(&str, &str); 3] = [
    ("YUNXIAO_ACCESS_KEY_ID", STS_ACCESS_KEY_ID),
    ("YUNXIAO_ACCESS_KEY_SECRET", STS_ACCESS_KEY_SECRET),
    ("YUNXIAO_SECURITY_TOKEN", STS_SECURITY_TOKEN),
];

/// An execution of the job.
pub(crate) struct Execution {
    pub simulator: Simulator,
    inputs: Vec<(&'static str, String)>,
    /// When it begins.
    origin: SystemTime,
    signals: Vec<(Duration, Signal)>,
    events: Vec<(Duration, Event)>,
    rule: retry::Rule,
    seed: Option<[u8; 32]>,
    breaks_stdout: bool,
    blocks_stderr: bool,
    folder: Option<TempDir>,
}

/// How an execution ended.
pub(crate) struct Executed {
    pub outcome: Outcome,
    pub stdout: String,
    /// What it said, as on a host that is none of the known.
    pub said: String,
    /// How long it took.
    pub took: Duration,
    folder: Option<TempDir>,
}

impl Executed {
    pub(crate) fn code(&self) -> u8 {
        self.outcome.exit_code()
    }

    /// What the file that later steps read says, if it is there.
    pub(crate) fn written(&self, output: &str) -> Option<String> {
        let file = fs::read_to_string(output_file(self.folder.as_ref()?)).ok()?;
        file.lines().find_map(|line| line.strip_prefix(output)?.strip_prefix('=')).map(str::to_owned)
    }

    /// The file that later steps read, of an execution [with outputs](Execution::with_outputs).
    pub(crate) fn output_file(&self) -> String {
        fs::read_to_string(output_file(self.folder.as_ref().expect("with_outputs"))).unwrap()
    }

    /// The same by name.
    pub(crate) fn outputs(&self) -> BTreeMap<String, String> {
        let file = self.output_file();
        let pairs = file.lines().map(|line| line.split_once('=').unwrap());
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Exit code and output `status` of an execution that passed on run 1.
    #[track_caller]
    pub(crate) fn end(&self) -> (u8, String) {
        let mut outputs = self.outputs();
        assert_eq!((self.stdout.as_str(), outputs["pipelineRunId"].as_str()), ("1\n", "1"), "{:?}", self.outcome);
        (self.code(), outputs.remove("status").unwrap())
    }
}

/// An end to compare with [`Executed::end`].
pub(crate) fn is(code: u8, status: &str) -> (u8, String) {
    (code, status.to_owned())
}

fn output_file(folder: &TempDir) -> PathBuf {
    folder.path().join("outputs")
}

impl Execution {
    /// Of the default inputs against a service, over one of its APIs.
    pub(crate) fn over(backend: Backend, simulator: &Simulator) -> Self {
        let execution = Self {
            simulator: simulator.clone(),
            inputs: backend.inputs(),
            origin: beginning(),
            signals: Vec::new(),
            events: Vec::new(),
            rule: retry::after_start,
            seed: None,
            breaks_stdout: false,
            blocks_stderr: false,
            folder: None,
        };
        execution.with_all(&[
            ("YUNXIAO_ORGANIZATION_ID", ORGANIZATION),
            ("YUNXIAO_PIPELINE_ID", "123"),
            ("YUNXIAO_COMMENT", "shipping"),
        ])
    }

    /// The same with a variable.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.inputs.push((name, value.into()));
        self
    }

    /// The same with some variables.
    pub(crate) fn with_all(self, variables: &[(&'static str, &str)]) -> Self {
        variables.iter().fold(self, |execution, (name, value)| execution.with(name, *value))
    }

    /// The same in a mode that is about a run.
    pub(crate) fn in_mode(self, mode: &str, run: u64) -> Self {
        self.with("YUNXIAO_MODE", mode).with("YUNXIAO_PIPELINE_RUN_ID", run.to_string())
    }

    /// The same with a file for outputs.
    pub(crate) fn with_outputs(mut self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = output_file(&folder).to_str().unwrap().to_owned();
        self.folder = Some(folder);
        self.with("YUNXIAO_OUTPUT_FILE", path)
    }

    /// The same with a signal so long after the beginning.
    pub(crate) fn signal(mut self, after: Duration, signal: Signal) -> Self {
        self.signals.push((after, signal));
        self
    }

    /// The same at another time.
    pub(crate) fn at(self, origin: SystemTime) -> Self {
        Self { origin, ..self }
    }

    /// The same with something that becomes of the service so long after the beginning.
    pub(crate) fn event(mut self, after: Duration, event: impl FnOnce(&Simulator, SystemTime) + 'static) -> Self {
        self.events.push((after, Box::new(event)));
        self
    }

    /// The same with a look at the file for outputs so long after the beginning.
    pub(crate) fn look_at_outputs(self, after: Duration, look: impl FnOnce(&str) + 'static) -> Self {
        let path = output_file(self.folder.as_ref().expect("with_outputs"));
        self.event(after, move |_, _| look(&fs::read_to_string(path).unwrap()))
    }

    /// The same under another rule, and with other random numbers.
    pub(crate) fn under(self, rule: retry::Rule, seed: [u8; 32]) -> Self {
        Self { rule, seed: Some(seed), ..self }
    }

    /// The same with a standard output that nothing can be written to.
    pub(crate) fn with_broken_stdout(self) -> Self {
        Self { breaks_stdout: true, ..self }
    }

    /// The same with a standard error that no one reads.
    pub(crate) fn with_blocked_stderr(self) -> Self {
        Self { blocks_stderr: true, ..self }
    }

    /// The same, but so long after the beginning the file for outputs is removed, and another put in its place.
    pub(crate) fn lose_outputs(self, after: Duration, is_replaced: bool) -> Self {
        let path = output_file(self.folder.as_ref().expect("with_outputs"));
        self.event(after, move |_, _| {
            fs::remove_file(&path).unwrap();
            if is_replaced {
                fs::write(&path, "").unwrap();
            }
        })
    }

    /// What its inputs come to.
    pub(crate) fn settings(&self) -> Checked {
        let environment = Environment::new(self.inputs.clone());
        Settings::read(&*host::detect(&environment, false), &|_| Err(io::ErrorKind::NotFound.into()))
    }

    pub(crate) fn run(self) -> Executed {
        let Checked { settings, output_file, .. } = self.settings();
        let settings = settings.unwrap();
        let environment = Environment::new(self.inputs);
        let host: Arc<dyn Host> = host::detect(&environment, false).into();
        let said = Written::default();
        let (unblock, blocked) = mpsc::channel();
        let screen = if self.blocks_stderr {
            Screen::new(Writer::spawn("stderr", Blocked(blocked)).unwrap())
        } else {
            Screen::immediate(said.clone())
        };
        let subscriber = log::subscriber(Arc::clone(&host), Level::INFO, screen.clone());
        let _said = tracing::subscriber::set_default(subscriber);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (canceller, cancel) = cancel::pair();
            for (after, signal) in self.signals {
                let canceller = canceller.clone();
                tokio::spawn(async move {
                    sleep(after).await;
                    canceller.cancel(signal);
                });
            }
            let local = tokio::task::LocalSet::new();
            for (after, event) in self.events {
                let (simulator, origin) = (self.simulator.clone(), self.origin);
                local.spawn_local(async move {
                    sleep(after).await;
                    event(&simulator, origin + after);
                });
            }
            // No two executions against one service have the same random numbers.
            let seed = self.seed.unwrap_or_else(|| {
                let count = self.simulator.seen().len().to_le_bytes();
                std::array::from_fn(|index| count[index % count.len()])
            });
            let request_timeout = settings.connection.request_timeout.unwrap_or(Duration::MAX);
            let begin = Instant::now();
            let origin = self.origin;
            let transport = InMemory { simulator: self.simulator, fresh: Cell::new(0), begin, origin, request_timeout };
            let stdout = Written::default();
            let file = output_file.and_then(|path| host.destination(Some(&path)));
            let writer = if self.breaks_stdout { Writer::immediate(Broken) } else { Writer::immediate(stdout.clone()) };
            let outputs = Outputs::open(file, &[], Printer::new(writer)).unwrap();
            let (clock, random) = (Clock::starting_at(origin), Random::from_seed(seed));
            let rule = self.rule;
            let surroundings =
                Surroundings { host: &*host, clock: &clock, random: &random, screen: &screen, cancel: &cancel, rule };
            let outcome = local.run_until(Box::pin(step::run(&settings, transport, &surroundings, outputs))).await;
            let took = begin.elapsed();
            drop(unblock);
            Executed { outcome, stdout: stdout.text(), said: said.text(), took, folder: self.folder }
        })
    }
}
