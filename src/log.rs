//! What the program says: to stderr, in the host's way, and nothing of other crates, which print addresses and headers.

mod relay;
mod screen;

use std::fmt::{self, Write as _};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::host::Host;
use crate::text::Text;

pub use relay::{Lines, Relay};
pub use screen::Screen;

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
