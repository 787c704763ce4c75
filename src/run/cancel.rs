//! Signals, and the little time they leave.
//!
//! GitHub's runner sends SIGINT, SIGTERM 7.5 seconds later, and kills 2.5 seconds after that (actions/runner,
//! `ProcessInvoker.cs`); `docker stop` sends SIGTERM and kills ten seconds later.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

/// The time from the first signal to the end.
pub const TIME_LEFT: Duration = Duration::from_secs(7);

/// A second signal this soon is the same wish, sent twice: a terminal's and a parent's.
const SAME_WISH: Duration = Duration::from_secs(1);

/// How much longer than its time the job gets to end by itself.
const GRACE: Duration = Duration::from_millis(500);

/// How long one request may take once there is no time left to lose.
const HURRY: Duration = Duration::from_secs(2);

/// A wish to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

impl Signal {
    /// The exit code: 128 and the signal's number.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }

    /// The signal's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// The signals as they come.
pub type Signals = mpsc::UnboundedReceiver<Signal>;

/// Handles SIGINT and SIGTERM from here on. The first process of a container has to: the kernel drops what it does not
/// handle.
///
/// A thread of its own takes note of them, so that nothing that blocks the job, such as a full pipe, can make it deaf. If
/// the job has not ended by then, it ends the process a little after the job should have.
pub fn listen() -> io::Result<Signals> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    let (sender, signals) = mpsc::unbounded_channel();
    let watch = async move {
        let mut next = async || {
            let signal = tokio::select! {
                _ = interrupt.recv() => Signal::Interrupt,
                _ = terminate.recv() => Signal::Terminate,
            };
            // The job may have ended already; then the process is about to.
            let _ = sender.send(signal);
            signal
        };
        let first = next().await;
        let begin = Instant::now();
        let second = async {
            while begin.elapsed() <= SAME_WISH {
                next().await;
            }
        };
        let _ = timeout(TIME_LEFT, second).await;
        tokio::time::sleep(GRACE).await;
        first.exit_code()
    };
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let code = runtime.block_on(watch);
        #[expect(clippy::exit, reason = "the job is blocked, so nobody else can end the process")]
        std::process::exit(i32::from(code));
    })?;
    Ok(signals)
}

/// Whether the step has been cancelled.
#[derive(Default)]
pub struct Cancel {
    requested: watch::Sender<Option<Signal>>,
}

impl Cancel {
    /// The first signal, if there was one.
    #[must_use]
    pub fn requested(&self) -> Option<Signal> {
        *self.requested.borrow()
    }

    /// Waits for a signal.
    pub async fn wait(&self) {
        // It cannot fail: the sender lives as long as `self`.
        let _ = self.requested.subscribe().wait_for(Option::is_some).await;
    }

    /// Watches for signals; ends when the time is up: some seconds after the first, or at another that is no echo of it.
    pub async fn watch(&self, signals: &mut Signals) {
        let Some(first) = signals.recv().await else { return std::future::pending().await };
        let begin = Instant::now();
        self.requested.send_replace(Some(first));
        loop {
            tokio::select! {
                () = sleep_until(begin + TIME_LEFT) => return,
                another = signals.recv() => match another {
                    Some(_) if begin.elapsed() > SAME_WISH => return,
                    Some(_) => {}
                    None => return sleep_until(begin + TIME_LEFT).await,
                },
            }
        }
    }

    /// Waits for something that can be asked for again: until a signal comes, or, after one, not for long.
    pub async fn hurry<F: Future>(&self, future: F) -> Option<F::Output> {
        if self.requested().is_some() {
            return timeout(HURRY, future).await.ok();
        }
        tokio::select! {
            biased;
            output = future => Some(output),
            () = self.wait() => None,
        }
    }

    /// Pauses: as long as `pause`, or until a signal comes; once the step is cancelled, as long as `cancelled`.
    pub async fn pause(&self, pause: Duration, cancelled: Duration) {
        if self.requested().is_some() {
            return tokio::time::sleep(cancelled).await;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.wait() => {}
        }
    }
}
