//! Cancellation as a value: the deadline that a signal sets, and waits that honour it.
//!
//! GitHub's runner sends SIGINT, SIGTERM 7.5 seconds later, and kills 2.5 seconds after that (actions/runner,
//! `ProcessInvoker.cs`); `docker stop` sends SIGTERM and kills ten seconds later.

use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal as Posix};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::files;
use crate::outcome::Signal;

/// The time from the first signal to the deadline.
const TIME_LEFT: Duration = Duration::from_secs(7);

/// A second signal this soon is an echo of the first: a terminal sends one and so does the parent.
const ECHO: Duration = Duration::from_secs(1);

/// How much longer than its deadline the step gets before the process is ended.
const GRACE: Duration = Duration::from_millis(500);

/// How long one request may take once the step is cancelled.
const HURRY: Duration = Duration::from_secs(2);

/// What cancels the step, and whether a process that was started with it ignored (`nohup`, `trap ''`) leaves it so. The
/// shell ignores SIGINT for what it runs in the background, and a CI system sends it anyway.
///
/// The last ones would end the process without a message while the run continues: an agent or an image may use one of them to
/// stop it (`BUILDKITE_CANCEL_SIGNAL`, `STOPSIGNAL`), and a CPU time limit sends SIGXCPU.
const SIGNALS: [(Posix, Signal, bool); 13] = [
    (Posix::SIGHUP, Signal::HangUp, true),
    (Posix::SIGINT, Signal::Interrupt, false),
    (Posix::SIGQUIT, Signal::Quit, true),
    (Posix::SIGTERM, Signal::Terminate, false),
    other(Posix::SIGUSR1),
    other(Posix::SIGUSR2),
    other(Posix::SIGALRM),
    other(Posix::SIGVTALRM),
    other(Posix::SIGPROF),
    other(Posix::SIGXCPU),
    other(Posix::SIGIO),
    other(Posix::SIGPWR),
    other(Posix::SIGSTKFLT),
];

const fn other(signal: Posix) -> (Posix, Signal, bool) {
    (signal, Signal::Other(signal.as_str()), true)
}

/// A step that is being cancelled.
#[derive(Clone, Copy, Debug)]
struct Requested {
    signal: Signal,
    at: Instant,
    deadline: Instant,
}

impl Requested {
    /// When the process is ended, if the step has not.
    fn end_of_process(self) -> Instant {
        self.deadline + GRACE
    }
}

/// Cancels a step. Clones cancel the same one.
#[derive(Clone)]
pub struct Canceller(watch::Sender<Option<Requested>>);

impl Canceller {
    /// Takes a signal. The first sets the deadline; a later one that is no echo of it moves the deadline to now.
    pub fn cancel(&self, signal: Signal) {
        let now = Instant::now();
        self.0.send_modify(|requested| match requested {
            None => *requested = Some(Requested { signal, at: now, deadline: now + TIME_LEFT }),
            Some(first) if now > first.at + ECHO => first.deadline = first.deadline.min(now),
            Some(_) => {}
        });
    }
}

/// Whether the step is cancelled, and its deadline.
pub struct Cancel(watch::Receiver<Option<Requested>>);

/// A step that nothing has cancelled yet.
pub fn pair() -> (Canceller, Cancel) {
    let (sender, receiver) = watch::channel(None);
    (Canceller(sender), Cancel(receiver))
}

/// Takes the signals that cancel from here on, on its own thread. They are blocked on this one and on every thread made
/// later, so this comes first; a blocked signal waits for whoever takes it, in the first process of a container as well.
pub fn listen() -> io::Result<Cancel> {
    let ignored = ignored();
    let rows = SIGNALS.into_iter().filter(|row| !(row.2 && ignored(row.0 as i32)));
    let signals: SigSet = rows.map(|row| row.0).collect();
    signals.thread_block()?;
    // A file that grows beyond its limit is an error of the write, and no reason to end.
    SigSet::from(Posix::SIGXFSZ).thread_block()?;
    let (canceller, cancel) = pair();
    let (tell, told) = mpsc::channel();
    let requested = cancel.0.clone();
    // Created before anything is sent, like every thread: after a signal it may be impossible.
    std::thread::Builder::new().name("deadline".to_owned()).spawn(move || limit(&requested, &told))?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        while let Ok(posix) = signals.wait() {
            let Some((_, signal, _)) = SIGNALS.into_iter().find(|row| row.0 == posix) else { continue };
            canceller.cancel(signal);
            let _ = tell.send(signal); // it is heard for as long as the process lives
        }
    })?;
    Ok(cancel)
}

/// Waits for a signal, and ends the process if the step has not ended a little after its deadline, which a later signal may
/// move.
fn limit(requested: &watch::Receiver<Option<Requested>>, told: &mpsc::Receiver<Signal>) {
    let Ok(signal) = told.recv() else { return };
    let left = || {
        let end = requested.borrow().map(Requested::end_of_process);
        end.map(|end| end.saturating_duration_since(Instant::now()))
    };
    while let Some(left) = left().filter(|left| !left.is_zero()) {
        let _ = told.recv_timeout(left);
    }
    end_process(signal)
}

/// Tells which signals this process was started with ignored, as far as the kernel says.
fn ignored() -> impl Fn(i32) -> bool {
    let status = files::read(Path::new("/proc/self/status"), 64 * 1024).unwrap_or_default();
    let mask = status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"SigIgn:"));
    let mask = mask.and_then(|mask| std::str::from_utf8(mask).ok());
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    move |number| mask & (1 << (number - 1)) != 0
}

/// Ends the process for a step that is blocked and can't.
fn end_process(signal: Signal) -> ! {
    #[expect(clippy::exit, reason = "nothing else can end the process")]
    std::process::exit(i32::from(signal.exit_code()))
}

impl Cancel {
    pub fn requested(&self) -> Option<Signal> {
        self.0.borrow().map(|requested| requested.signal)
    }

    pub fn time_left(&self) -> Option<Duration> {
        self.0.borrow().map(|requested| requested.deadline.saturating_duration_since(Instant::now()))
    }

    pub fn is_over(&self) -> bool {
        self.time_left().is_some_and(|left| left.is_zero())
    }

    /// Waits for something until a signal comes.
    pub async fn until_signal<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut requested = self.0.clone();
        tokio::select! {
            biased;
            output = future => Some(output),
            // It fails only if there is no sender left to cancel; then the future continues.
            Ok(_) = requested.wait_for(Option::is_some) => None,
        }
    }

    /// Waits for something until the deadline, should there be one.
    pub async fn until_deadline<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut requested = self.0.clone();
        tokio::pin!(future);
        loop {
            let deadline = requested.borrow_and_update().map(|requested| requested.deadline);
            let deadline = async move {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                output = &mut future => return Some(output),
                () = deadline => return None,
                Ok(()) = requested.changed() => {}
            }
        }
    }

    /// Waits for something that can be requested again: until a signal comes, or, after one, not for long.
    pub async fn hurry<F: Future>(&self, future: F) -> Option<F::Output> {
        if self.requested().is_none() {
            return self.until_signal(future).await;
        }
        self.until_deadline(timeout(HURRY, future)).await?.ok()
    }

    /// Pauses: as long as `pause`, or until a signal comes; once the step is cancelled, as long as `cancelled`.
    pub async fn pause(&self, pause: Duration, cancelled: Duration) {
        if self.requested().is_none() {
            self.until_signal(tokio::time::sleep(pause)).await;
        } else {
            self.until_deadline(tokio::time::sleep(cancelled)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_process_is_ended_half_a_second_after_the_deadline_which_a_second_signal_moves() {
        let (canceller, cancel) = pair();
        let left = || cancel.0.borrow().map(|requested| requested.end_of_process() - Instant::now());
        let after = |milliseconds| tokio::time::sleep(Duration::from_millis(milliseconds));
        assert_eq!(left(), None);
        canceller.cancel(Signal::Interrupt);
        assert_eq!(left(), Some(Duration::from_millis(7500)));
        // An echo of the first.
        after(1000).await;
        canceller.cancel(Signal::Terminate);
        assert_eq!((left(), cancel.requested()), (Some(Duration::from_millis(6500)), Some(Signal::Interrupt)));
        after(1).await;
        canceller.cancel(Signal::Terminate);
        assert_eq!((left(), cancel.requested()), (Some(Duration::from_millis(500)), Some(Signal::Interrupt)));
        // A third gives no more time.
        after(300).await;
        canceller.cancel(Signal::Terminate);
        assert_eq!(left(), Some(Duration::from_millis(200)));
    }
}
