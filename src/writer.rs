//! Writing that never blocks the step: each stream has its own thread, since writing to a full pipe blocks.
//!
//! Everything is written in the order in which it was passed in. Short messages of our own are always accepted; what
//! may be long needs [`Room`], which has to be waited for.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::sleep;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

/// How many bytes with room may wait to be written.
const ROOM: u32 = 256 * 1024;

/// How long printing may take: a program reads it, and should do so at once.
const LONGEST_PRINT: Duration = Duration::from_secs(5);

/// The pause before writing again to a full pipe that does not block.
const WAIT_FOR_ROOM: Duration = Duration::from_millis(5);

/// A stream that is written to. Clones are the same one.
#[derive(Clone)]
pub struct Writer(Way);

#[derive(Clone)]
enum Way {
    Thread { orders: mpsc::Sender<Order>, room: Arc<Semaphore> },
    Immediate(Arc<Mutex<dyn Write + Send>>),
}

struct Order {
    text: String,
    /// Is given back when the text has been written.
    room: Room,
    /// Receives the result.
    then: Option<Then>,
}

type Then = Box<dyn FnOnce(io::Result<()>) + Send>;

/// Permission to write a text of some length.
#[derive(Default)]
pub struct Room {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Writer {
    /// A writer with a thread of this name, which writes as long as there are clones.
    pub fn spawn(name: &str, mut write: impl Write + Send + 'static) -> io::Result<Self> {
        let (orders, receiver) = mpsc::channel::<Order>();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            for Order { text, room, then } in receiver {
                let written = write_out(&mut write, &text);
                drop(room);
                if let Some(then) = then {
                    then(written);
                }
            }
        })?;
        let room = Arc::new(Semaphore::new(ROOM as usize));
        Ok(Self(Way::Thread { orders, room }))
    }

    /// A writer that writes at once, on the caller's thread; it always has room.
    pub fn immediate(write: impl Write + Send + 'static) -> Self {
        Self(Way::Immediate(Arc::new(Mutex::new(write))))
    }

    pub fn write(&self, text: String, room: Room) {
        self.hand_over(text, room, None);
    }

    /// Waits until a text of this length can be accepted.
    pub async fn room_for(&self, bytes: usize) -> Room {
        let Way::Thread { room, .. } = &self.0 else { return Room::default() };
        // It is never closed. A text longer than all the room takes all of it.
        let bytes = u32::try_from(bytes).unwrap_or(ROOM).min(ROOM);
        Room { _permit: Arc::clone(room).acquire_many_owned(bytes).await.ok() }
    }

    /// Hands over a text and waits until it has been written.
    pub async fn written(&self, text: String) -> io::Result<()> {
        let (sender, written) = oneshot::channel();
        // The receiver may have given up.
        let then = |result| _ = sender.send(result);
        self.hand_over(text, Room::default(), Some(Box::new(then)));
        written.await.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
    }

    /// Blocks until everything has been written, at most so long; returns whether it has.
    #[must_use]
    pub fn drain(&self, within: Duration) -> bool {
        let (sender, written) = mpsc::channel();
        let then = move |_| _ = sender.send(());
        self.hand_over(String::new(), Room::default(), Some(Box::new(then)));
        written.recv_timeout(within).is_ok()
    }

    fn hand_over(&self, text: String, room: Room, then: Option<Then>) {
        match &self.0 {
            // Without its thread there is nowhere to write to, and `then` is dropped.
            Way::Thread { orders, .. } => drop(orders.send(Order { text, room, then })),
            Way::Immediate(write) => {
                let mut write = write.lock().unwrap_or_else(PoisonError::into_inner);
                let written = write_out(&mut *write, &text);
                if let Some(then) = then {
                    then(written);
                }
            }
        }
    }
}

/// The process's standard output. The library's own takes it for written if the descriptor can't be written to.
///
/// A stream that was closed before the start (`1<&-`) can't be distinguished from one sent to `/dev/null` on purpose: the
/// standard library opens `/dev/null` in its place before `main`, with the flags that launchers use too. It counts as written.
pub struct StandardOutput;

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(nix::unistd::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a whole text. Another process that shares the stream may have made it non-blocking; a full pipe is then an error, and
/// is waited for as if it blocked.
fn write_out(write: &mut (impl Write + ?Sized), text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match write.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(WAIT_FOR_ROOM),
            Err(error) => return Err(error),
        }
    }
    write.flush()
}

/// Standard output: what other programs read, so its writer has to know that it got there.
#[derive(Clone)]
pub struct Printer(Writer);

impl Printer {
    pub fn new(writer: Writer) -> Self {
        Self(writer)
    }

    /// Prints a text, whole lines, and blocks until it is there, but not for long.
    pub fn print_at_once(&self, text: String) {
        self.0.write(text, Room::default());
        let _ = self.0.drain(LONGEST_PRINT);
    }

    /// Prints a text, whole lines. When it takes too long, it is unknown whether the text arrives.
    pub async fn print(&self, text: impl Into<String>) -> io::Result<()> {
        let written = timeout(LONGEST_PRINT, self.0.written(text.into())).await;
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes three bytes each second time, and is full in between.
    struct Full {
        taken: Arc<Mutex<Vec<u8>>>,
        is_full: bool,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.is_full = !self.is_full;
            if self.is_full {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(3);
            self.taken.lock().unwrap().extend(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_pipe_that_does_not_block_is_waited_for() {
        let taken = Arc::default();
        let writer = Writer::spawn("full", Full { taken: Arc::clone(&taken), is_full: false }).unwrap();
        writer.write("all of it\n".to_owned(), Room::default());
        assert!(writer.drain(Duration::from_secs(5)));
        assert_eq!(*taken.lock().unwrap(), b"all of it\n");
    }
}
