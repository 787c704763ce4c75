//! The job in memory and in simulated time: the service without a network, the clock without waiting.

use std::cell::Cell;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep, timeout};
use tracing::Level;
use yunxiao_run::clock::Clock;
use yunxiao_run::environment::Environment;
use yunxiao_run::host::{self, Host, Outputs};
use yunxiao_run::inputs::Settings;
use yunxiao_run::log::{self, Screen};
use yunxiao_run::outcome::{Outcome, Signal};
use yunxiao_run::random::Random;
use yunxiao_run::step::{self, Surroundings, cancel, retry};
use yunxiao_run::transport::{Failure, FailureKind, Latch, Transport};
use yunxiao_run::writer::{Printer, Writer};
use yunxiao_simulator::setup::{ACCESS_KEY_ID, ACCESS_KEY_SECRET, OIDC_PROVIDER_ARN, ORGANIZATION, ROLE_ARN, TOKEN};
use yunxiao_simulator::{Request, Simulator, Unreachable, Wire};

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
        let now = beginning() + self.begin.elapsed();
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
                let mut response = http::Response::builder().status(answer.status);
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

/// What was said so far.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Something that becomes of the service, at a time.
pub(crate) type Event = Box<dyn FnOnce(&Simulator, SystemTime)>;

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

/// An execution of the job.
pub(crate) struct Execution {
    pub simulator: Simulator,
    pub backend: Backend,
    pub inputs: Vec<(&'static str, String)>,
    /// Signals, each so long after the beginning.
    pub signals: Vec<(Duration, Signal)>,
    /// What becomes of the service meanwhile, each so long after the beginning.
    pub events: Vec<(Duration, Event)>,
    pub rule: retry::Rule,
    pub seed: [u8; 32],
    /// Whether nothing can be written to standard output.
    pub broken_stdout: bool,
}

/// What became of it.
pub(crate) struct Executed {
    pub outcome: Outcome,
    pub stdout: String,
    /// What it said, as on a host that is none of the known.
    pub said: String,
    /// How long it took.
    pub took: Duration,
}

impl Executed {
    pub(crate) fn code(&self) -> u8 {
        self.outcome.exit_code()
    }
}

impl Execution {
    /// Of the default inputs against a service, over one of its APIs.
    pub(crate) fn over(backend: Backend, simulator: &Simulator) -> Self {
        Self {
            simulator: simulator.clone(),
            backend,
            inputs: Vec::new(),
            signals: Vec::new(),
            events: Vec::new(),
            rule: retry::after_start,
            seed: [0; 32],
            broken_stdout: false,
        }
    }

    pub(crate) fn run(self) -> Executed {
        let given = [
            ("YUNXIAO_ORGANIZATION_ID", ORGANIZATION.to_owned()),
            ("YUNXIAO_PIPELINE_ID", "123".to_owned()),
            ("YUNXIAO_COMMENT", "shipping".to_owned()),
        ];
        let environment = Environment::new(given.into_iter().chain(self.backend.inputs()).chain(self.inputs));
        let settings = Settings::read(&environment, &|_| Err(io::ErrorKind::NotFound.into())).settings.unwrap();
        let host: Arc<dyn Host> = host::known::detect(&environment, false).into();
        let said = Said::default();
        let screen = Screen::immediate(said.clone());
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
                let simulator = self.simulator.clone();
                local.spawn_local(async move {
                    sleep(after).await;
                    event(&simulator, beginning() + after);
                });
            }
            let request_timeout = settings.connection.request_timeout.unwrap_or(Duration::MAX);
            let begin = Instant::now();
            let transport = InMemory { simulator: self.simulator, fresh: Cell::new(0), begin, request_timeout };
            let stdout = Said::default();
            let file = settings.output_file.clone().and_then(|path| host.output_file(Some(&path)));
            let file = file.as_ref().map(|(path, format)| (path.as_path(), *format));
            let writer = if self.broken_stdout { Writer::immediate(Broken) } else { Writer::immediate(stdout.clone()) };
            let outputs = Outputs::open(file, Printer::new(writer)).unwrap();
            let (clock, random) = (Clock::starting_at(beginning()), Random::from_seed(self.seed));
            let rule = self.rule;
            let surroundings =
                Surroundings { host: &*host, clock: &clock, random: &random, screen: &screen, cancel: &cancel, rule };
            let outcome = local.run_until(Box::pin(step::run(&settings, transport, &surroundings, outputs))).await;
            let took = begin.elapsed();
            Executed { outcome, stdout: stdout.text(), said: said.text(), took }
        })
    }
}
