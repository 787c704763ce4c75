//! Cancellation as a value: the deadline that a signal sets, and waits that honour it.
//!
//! GitHub's runner sends SIGINT, SIGTERM 7.5 seconds later, and kills 2.5 seconds after that (actions/runner,
//! `ProcessInvoker.cs`); `docker stop` sends SIGTERM and kills ten seconds later.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal as Posix};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::{flag, low_level};
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
/// shell ignores SIGINT for what it runs in the background, and a CI system sends it all the same.
const SIGNALS: [(i32, Signal, bool); 4] = [
    (SIGHUP, Signal::HangUp, true),
    (SIGINT, Signal::Interrupt, false),
    (SIGQUIT, Signal::Quit, true),
    (SIGTERM, Signal::Terminate, false),
];

/// A step that is being cancelled.
#[derive(Clone, Copy, Debug)]
struct Requested {
    signal: Signal,
    at: Instant,
    deadline: Instant,
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

/// Whether the step is cancelled, and until when it may go on.
pub struct Cancel(watch::Receiver<Option<Requested>>);

/// A step that nothing has cancelled yet.
pub fn pair() -> (Canceller, Cancel) {
    let (sender, receiver) = watch::channel(None);
    (Canceller(sender), Cancel(receiver))
}

/// Handles the signals that cancel from here on. The first process of a container has to: the kernel drops what it does not
/// handle.
///
/// A thread of its own takes note of them, and ends the process if the step has not ended a little after its deadline.
pub fn listen() -> io::Result<Cancel> {
    // A process inherits which signals are blocked, and hands that on to its threads.
    SIGNALS.iter().filter_map(|row| Posix::try_from(row.0).ok()).collect::<SigSet>().thread_unblock()?;
    let (mut reader, writer) = UnixStream::pair()?;
    let last = Arc::new(AtomicUsize::new(0));
    let ignored = ignored();
    for (index, (number, _, _)) in SIGNALS.into_iter().enumerate().filter(|(_, row)| !(row.2 && ignored(row.0))) {
        // In this order: the number is there when the byte is.
        flag::register_usize(number, Arc::clone(&last), index)?;
        low_level::pipe::register(number, writer.try_clone()?)?;
    }
    // A file that grows beyond its limit is an error of the write, and no reason to end.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    let signal = move || SIGNALS[last.load(Ordering::SeqCst)].1;
    let (canceller, cancel) = pair();
    let requested = cancel.0.clone();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        loop {
            let first = *requested.borrow();
            let left = first.map(|first| (first.deadline + GRACE).saturating_duration_since(Instant::now()));
            // A wait that can't be limited would be one without end.
            if let Some(first) = first
                && (left == Some(Duration::ZERO) || reader.set_read_timeout(left).is_err())
            {
                end_process(first.signal);
            }
            match reader.read(&mut [0; 64]) {
                Ok(_) => canceller.cancel(signal()),
                Err(error) if [io::ErrorKind::WouldBlock, io::ErrorKind::Interrupted].contains(&error.kind()) => {}
                Err(_) => return,
            }
        }
    })?;
    Ok(cancel)
}

/// Tells which signals this process was started with ignored, as far as the kernel says.
fn ignored() -> impl Fn(i32) -> bool {
    let status = files::read(Path::new("/proc/self/status"), 64 * 1024).unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
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

    /// Waits for something that can be asked for again: until a signal comes, or, after one, not for long.
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
