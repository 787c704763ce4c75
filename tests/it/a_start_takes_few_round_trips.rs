//! How many times a start waits for the network, connections included: over a slow line that is all that counts.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use yunxiao_simulator::setup::{ID_TOKEN_PATH, ID_TOKEN_REQUEST_TOKEN, OIDC_AUDIENCE, PIPELINE};
use yunxiao_simulator::{Server, Simulator, Source};

use crate::simulated::Backend;
use crate::step::{Step, serve};

/// How long nothing more may come before all that came is let through: one way of the round trip. A busy machine may need
/// longer for what goes at the same time, and then there is one more; never one fewer.
const QUIET: Duration = Duration::from_millis(250);

/// A line on which everything that is sent at the same time takes one round trip, the making of a connection as well.
#[derive(Clone, Default)]
struct Line(Arc<Mutex<Rounds>>);

#[derive(Default)]
struct Rounds {
    count: usize,
    last: Option<Instant>,
    connections: Vec<Connection>,
}

struct Connection {
    server: TcpStream,
    is_open: bool,
    /// What is on its way to the server.
    sent: Vec<u8>,
    is_closed: bool,
}

impl Line {
    /// A line whose clock goes.
    fn new() -> Self {
        let line = Self::default();
        let rounds = Arc::downgrade(&line.0);
        thread::spawn(move || {
            while let Some(rounds) = rounds.upgrade() {
                rounds.lock().unwrap().pass_if_quiet();
                drop(rounds);
                thread::sleep(Duration::from_millis(5));
            }
        });
        line
    }

    /// An address at the near end of it, for one at the far end.
    fn to(&self, far: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (near, line) = (listener.local_addr().unwrap(), self.clone());
        thread::spawn(move || {
            for client in listener.incoming() {
                line.carry(client.unwrap(), TcpStream::connect(far).unwrap());
            }
        });
        near
    }

    fn carry(&self, mut client: TcpStream, server: TcpStream) {
        let mut answers = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut answers.0, &mut answers.1);
            let _ = answers.1.shutdown(Shutdown::Both);
        });
        let mut rounds = self.0.lock().unwrap();
        let number = rounds.connections.len();
        rounds.connections.push(Connection { server, is_open: false, sent: Vec::new(), is_closed: false });
        rounds.last = Some(Instant::now());
        drop(rounds);
        let line = self.clone();
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                let read = client.read(&mut buffer).unwrap_or_default();
                let mut rounds = line.0.lock().unwrap();
                if read == 0 {
                    rounds.connections[number].is_closed = true;
                    return;
                }
                rounds.connections[number].sent.extend_from_slice(&buffer[..read]);
                rounds.last = Some(Instant::now());
            }
        });
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().count
    }
}

impl Rounds {
    fn pass_if_quiet(&mut self) {
        let waits =
            |connection: &Connection| !connection.is_closed && (!connection.is_open || !connection.sent.is_empty());
        if self.last.is_none_or(|last| last.elapsed() < QUIET) || !self.connections.iter().any(waits) {
            return;
        }
        self.count += 1;
        for connection in self.connections.iter_mut().filter(|connection| waits(connection)) {
            if connection.is_open {
                let sent = std::mem::take(&mut connection.sent);
                let _ = connection.server.write_all(&sent);
            }
            connection.is_open = true;
        }
        self.last = Some(Instant::now());
    }
}

/// The round trips of a step at the far end of a line, at the least: see [`QUIET`].
fn round_trips(step: impl Fn(&Line, &Server, &Simulator) -> Step) -> usize {
    let once = || {
        let (simulator, server) = serve(Simulator::default());
        simulator.configure(|setup| {
            let pipeline = setup.pipelines.entry(PIPELINE).or_default();
            pipeline.sources = vec![Source::new("backend", "https://codeup.aliyun.com/shop/backend.git")];
        });
        let line = Line::new();
        let ended = step(&line, &server, &simulator).with("YUNXIAO_CA_CERTIFICATES", server.ca_pem()).run();
        assert_eq!((ended.code, simulator.started().len()), (0, 1), "{}", ended.stderr);
        line.count()
    };
    (0..3).map(|_| once()).min().unwrap()
}

/// A step over one of the APIs, or with a role.
fn over(backend: Backend) -> impl Fn(&Line, &Server, &Simulator) -> Step {
    move |line, server, _| Step::over(backend, &format!("https://{}", line.to(server.https().unwrap())))
}

#[test]
fn a_start_takes_three_and_with_a_branch_four() {
    for backend in [Backend::AccessKey, Backend::Token] {
        assert_eq!(round_trips(over(backend)), 3, "a connection, TLS, and the request");
        let with_branch = |line: &Line, server: &Server, simulator: &Simulator| {
            over(backend)(line, server, simulator).with("YUNXIAO_BRANCH", "main")
        };
        assert_eq!(round_trips(with_branch), 4, "the start's connection is made while the pipeline is read");
    }
}

#[test]
fn a_role_takes_four_and_with_a_token_that_is_fetched_five() {
    let given = |line: &Line, server: &Server, simulator: &Simulator| {
        let sts = format!("https://{}", line.to(server.https().unwrap()));
        let token = simulator.oidc_token(SystemTime::now(), OIDC_AUDIENCE, Duration::from_mins(5));
        over(Backend::Role)(line, server, simulator).with("YUNXIAO_STS_ENDPOINT", sts).with("YUNXIAO_OIDC_TOKEN", token)
    };
    assert_eq!(round_trips(given), 4, "STS, and the start over a connection that was made meanwhile");
    let fetched = |line: &Line, server: &Server, simulator: &Simulator| {
        let [ids, sts] = [(), ()].map(|()| format!("https://{}", line.to(server.https().unwrap())));
        over(Backend::Role)(line, server, simulator)
            .with("YUNXIAO_STS_ENDPOINT", sts)
            .with("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{ids}{ID_TOKEN_PATH}"))
            .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", ID_TOKEN_REQUEST_TOKEN)
    };
    assert_eq!(
        round_trips(fetched),
        5,
        "the token, STS, and the start, each over a connection that was made meanwhile"
    );
}
