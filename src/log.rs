//! What the program says: to stderr, in the host's way, and nothing of other crates, which print addresses and headers.

mod relay;

use std::fmt::{self, Write as _};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::host::Host;
use crate::text::Text;
use crate::writer::{Room, Writer};

pub use relay::{Lines, Relay};

/// Where everything for people goes: our own words and, under folds, foreign lines. Clones are the same place.
#[derive(Clone)]
pub struct Screen {
    writer: Writer,
    /// Our own words since a fold was opened. Within it they would be no commands to GitHub's runner.
    held: Arc<Mutex<Option<String>>>,
}

impl Screen {
    /// A screen that this writes to.
    #[must_use]
    pub fn new(writer: Writer) -> Self {
        Self { writer, held: Arc::default() }
    }

    /// A screen that shows everything at once, on the caller's thread.
    pub fn immediate(write: impl std::io::Write + Send + 'static) -> Self {
        Self::new(Writer::immediate(write))
    }

    /// Shows a text of our own, whole lines; under no fold. It never waits.
    pub fn show(&self, text: &str) {
        // The lock is kept until the text has been handed over, so that none overtakes another.
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *held {
            Some(held) => held.push_str(text),
            None => self.writer.write(text.to_owned(), Room::default()),
        }
    }

    /// Blocks until everything is shown, at most so long; yields whether it is.
    #[must_use]
    pub fn drain(&self, within: Duration) -> bool {
        self.writer.drain(within)
    }

    /// Opens a fold. Until it is closed nothing else may be shown but its lines.
    fn open(&self, mark: String) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get_or_insert_default();
        self.writer.write(mark, Room::default());
    }

    fn close(&self, mark: String) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = mem::take(&mut *held).unwrap_or_default();
        self.writer.write(mark + &held, Room::default());
    }

    /// Waits until a block of lines of this length may be shown.
    async fn room_for(&self, bytes: usize) -> Room {
        self.writer.room_for(bytes).await
    }

    /// Shows a block of lines of the open fold.
    fn relay(&self, block: String, room: Room) {
        self.writer.write(block, room);
    }
}

/// A subscriber that shows this crate's own messages, down to a level, as the host shows them best.
pub fn subscriber(host: Arc<dyn Host>, level: Level, screen: Screen) -> impl Subscriber + Send + Sync {
    tracing_subscriber::registry().with(Log { host, level, screen })
}

/// Says one thing worth knowing.
pub(crate) fn say(text: &Text) {
    tracing::info!("{}", text.in_one_line());
}

/// Says one thing of a run, and once where it is to be found.
pub(crate) fn say_of(text: &Text, url: &str) {
    tracing::info!("{}: {url}", text.in_one_line());
}

/// Says what looks wrong, and is no error.
pub(crate) fn warn(text: &Text) {
    tracing::warn!("{}", text.in_one_line());
}

/// Says what only those want to know who look for a fault.
pub(crate) fn debug(text: &Text) {
    tracing::debug!("{}", text.in_one_line());
}

struct Log {
    host: Arc<dyn Host>,
    level: Level,
    screen: Screen,
}

impl<S: Subscriber> Layer<S> for Log {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let ours = metadata.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"));
        ours && *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.level))
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        self.screen.show(&(self.host.line(*event.metadata().level(), &message.0) + "\n"));
    }
}

/// An event's message.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}"); // writing to a string cannot fail
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::environment::Environment;
    use crate::host::{self, Fold};

    fn fold() -> Fold {
        Fold { title: "job".to_owned(), id: "token".to_owned(), is_closed_at_first: true }
    }

    /// What is shown on GitHub on a pipe that is read when all is over.
    fn shown(with: impl AsyncFnOnce(&Screen, Relay<'_>)) -> String {
        let environment = Environment::new([("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/dev/null")]);
        let host = host::known::detect(&environment, false);
        let (mut reader, write) = std::io::pipe().unwrap();
        let screen = Screen::new(Writer::spawn("test", write).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(with(&screen, Relay::new(&*host, &screen, std::time::UNIX_EPOCH, fold())));
        drop(screen);
        let mut shown = String::new();
        reader.read_to_string(&mut shown).unwrap();
        shown
    }

    /// Relays lines until they have to wait.
    async fn fill(relay: &mut Relay<'_>) {
        loop {
            (0..10).for_each(|_| relay.push(&"x".repeat(999)));
            if tokio::time::timeout(Duration::from_millis(100), relay.flush()).await.is_err() {
                return;
            }
        }
    }

    #[test]
    fn our_own_words_are_under_no_fold() {
        let shown = shown(async |screen, mut relay| {
            screen.show("before\n");
            relay.push("line 1");
            screen.show("not open yet\n");
            relay.flush().await;
            screen.show("meanwhile\n");
            relay.push("line 2");
            relay.flush().await;
            screen.show("and again\n");
            drop(relay);
            screen.show("after\n");
        });
        assert_eq!(
            shown,
            "before\nnot open yet\n::group::job\n::stop-commands::token\nline 1\nline 2\n::token::\n::endgroup::\n\
             meanwhile\nand again\nafter\n"
        );
    }

    #[test]
    fn a_fold_without_lines_is_never_opened() {
        let shown = shown(async |screen, mut relay| {
            relay.flush().await;
            relay.push("read again");
            assert_eq!(relay.forget(), 1);
            relay.flush().await;
            drop(relay);
            screen.show("after\n");
        });
        assert_eq!(shown, "after\n");
    }

    #[test]
    fn lines_without_room_are_counted_under_their_fold_unless_they_are_forgotten() {
        let end = "::token::\n::endgroup::\nmeanwhile\nafter\n";
        let with_lines_left = shown(async |screen, mut relay| {
            fill(&mut relay).await;
            screen.show("meanwhile\n");
            drop(relay);
            screen.show("after\n");
        });
        let count = "(not shown: 10 lines, and what follows them) / （未显示：10 行及其后的内容）\n";
        assert!(
            with_lines_left.ends_with(&format!("x\n{count}{end}")),
            "{}",
            &with_lines_left[with_lines_left.len() - 300..]
        );
        let with_none_left = shown(async |screen, mut relay| {
            fill(&mut relay).await;
            screen.show("meanwhile\n");
            assert_eq!(relay.forget(), 10);
            drop(relay);
            screen.show("after\n");
        });
        assert!(with_none_left.ends_with(&format!("x\n{end}")));
    }
}
