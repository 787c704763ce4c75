//! Writing that makes nobody wait: each stream has a thread of its own, since a pipe that nobody reads blocks who writes.
//!
//! Everything is written in the order in which it was handed over. A few words of one's own are always admitted; what may
//! be long is handed over with [`Room`], which has to be waited for.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

/// How many bytes with room may wait to be written.
const ROOM: u32 = 256 * 1024;

/// How long printing may take: a machine reads it, so nobody has gone for coffee.
const LONGEST_PRINT: Duration = Duration::from_secs(5);

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
    /// Is told what became of it.
    then: Option<Then>,
}

type Then = Box<dyn FnOnce(io::Result<()>) + Send>;

/// The right to hand over a text of some length.
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

    /// Hands over a text.
    pub fn write(&self, text: String, room: Room) {
        self.hand_over(text, room, None);
    }

    /// Waits until a text of this length may be handed over.
    pub async fn room_for(&self, bytes: usize) -> Room {
        let Way::Thread { room, .. } = &self.0 else { return Room::default() };
        // It is never closed. A text longer than all the room takes all of it.
        let bytes = u32::try_from(bytes).unwrap_or(ROOM).min(ROOM);
        Room { _permit: Arc::clone(room).acquire_many_owned(bytes).await.ok() }
    }

    /// Hands over a text and waits until it has been written.
    pub async fn written(&self, text: String) -> io::Result<()> {
        let (sender, written) = oneshot::channel();
        // Whoever waits for it may have given up.
        let then = |result| _ = sender.send(result);
        self.hand_over(text, Room::default(), Some(Box::new(then)));
        written.await.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
    }

    /// Blocks until everything has been written, at most so long; yields whether it has.
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

fn write_out(write: &mut (impl Write + ?Sized), text: &str) -> io::Result<()> {
    write.write_all(text.as_bytes())?;
    write.flush()
}

/// Standard output: what other programs read, so its writer has to know that it got there.
#[derive(Clone)]
pub struct Printer(Writer);

impl Printer {
    /// A printer that prints to this.
    #[must_use]
    pub fn new(writer: Writer) -> Self {
        Self(writer)
    }

    /// Prints a text, whole lines. When it takes too long, nobody can say whether the text gets there.
    pub async fn print(&self, text: impl Into<String>) -> io::Result<()> {
        let written = timeout(LONGEST_PRINT, self.0.written(text.into())).await;
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::time::Instant;

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
    }

    /// Yields whether something takes longer than a moment.
    async fn waits(future: impl Future) -> bool {
        timeout(Duration::from_millis(100), future).await.is_err()
    }

    #[test]
    fn texts_are_written_in_the_order_in_which_they_were_handed_over() {
        let (mut reader, write) = io::pipe().unwrap();
        let writer = Writer::spawn("test", write).unwrap();
        runtime().block_on(async {
            for number in 0..1000 {
                let room = if number % 3 == 0 { writer.room_for(10).await } else { Room::default() };
                writer.write(format!("{number}\n"), room);
            }
            writer.written("end\n".to_owned()).await.unwrap();
        });
        assert!(writer.drain(Duration::from_secs(5)));
        drop(writer);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        let expected: Vec<String> = (0..1000).map(|number| format!("{number}\n")).collect();
        assert_eq!(text, expected.concat() + "end\n");
    }

    #[test]
    fn what_nobody_reads_fills_the_room_and_words_of_ones_own_need_none() {
        let (mut reader, write) = io::pipe().unwrap();
        let writer = Writer::spawn("test", write).unwrap();
        let block = "x".repeat(32 * 1024);
        runtime().block_on(async {
            let mut blocks = 0;
            while !waits(async { writer.write(block.clone(), writer.room_for(block.len()).await) }).await {
                blocks += 1;
                assert!(blocks < 100, "{blocks} blocks and still room");
            }
            writer.write("our own".to_owned(), Room::default());
            assert!(waits(writer.written(String::new())).await && !writer.drain(Duration::from_millis(10)));
            let reading = std::thread::spawn(move || {
                let mut text = String::new();
                reader.read_to_string(&mut text).unwrap();
                text
            });
            // A text that is longer than all the room gets there too.
            let long = "y".repeat(2 * ROOM as usize);
            writer.write(long.clone(), writer.room_for(long.len()).await);
            assert!(writer.drain(Duration::from_secs(5)));
            drop(writer);
            assert!(reading.join().unwrap() == block.repeat(blocks) + "our own" + &long);
        });
    }

    #[test]
    fn printing_says_what_became_of_it() {
        let (reader, write) = io::pipe().unwrap();
        let printer = Printer::new(Writer::spawn("test", write).unwrap());
        runtime().block_on(async {
            assert!(printer.print("1\n").await.is_ok());
            drop(reader);
            assert_eq!(printer.print("2\n").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
            let (_reader, write) = io::pipe().unwrap();
            let printer = Printer::new(Writer::spawn("test", write).unwrap());
            let begin = Instant::now();
            assert_eq!(printer.print("x".repeat(10_000_000)).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
            assert!((5..7).contains(&begin.elapsed().as_secs()));
        });
    }
}
