//! The program's log: to stderr, in the host's format, without other crates' messages, which print addresses and headers.

mod relay;
mod screen;

use std::fmt::{self, Write as _};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::host::Host;
use crate::text::{Language, Text};

pub use relay::{Lines, Relay};
pub use screen::Screen;

/// A subscriber that shows this crate's own messages, down to a level, as the host shows them best.
pub fn subscriber(host: Arc<dyn Host>, level: Level, screen: Screen) -> impl Subscriber + Send + Sync {
    NoSpans.with(Log { host, level, screen })
}

/// Says one thing worth knowing.
pub(crate) fn say(Text { english, chinese }: &Text) {
    tracing::info!(chinese, "{english}");
}

/// Logs a message whose Chinese wording is shorter when it follows the English one.
pub(crate) fn say_beside(Text { english, chinese }: &Text, beside: &str) {
    tracing::info!(chinese, beside, "{english}");
}

/// Says one thing of a run, and once where it is to be found.
pub(crate) fn say_of(Text { english, chinese }: &Text, url: &str) {
    tracing::info!(chinese, url, "{english}");
}

/// Says what looks wrong, and is no error.
pub(crate) fn warn(Text { english, chinese }: &Text) {
    tracing::warn!(chinese, "{english}");
}

/// Says what only those want to know who look for a fault.
pub(crate) fn debug(Text { english, chinese }: &Text) {
    tracing::debug!(chinese, "{english}");
}

/// Says what went wrong in the end.
pub(crate) fn error(Text { english, chinese }: &Text) {
    tracing::error!(chinese, "{english}");
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
        let mut message = Message::default();
        event.record(&mut message);
        let level = *event.metadata().level();
        // An error has several sentences: each wording has its own line.
        let between = if level == Level::ERROR { "\n" } else { " / " };
        let Message { english, chinese, beside, url } = message;
        let language = self.screen.language;
        let chinese = beside.filter(|_| language == Language::Both).or(chinese);
        let words = match chinese {
            Some(chinese) => language.choose(&english, &chinese, between),
            None => english,
        };
        let url = url.map(|url| format!(": {url}")).unwrap_or_default();
        self.screen.show(&(self.host.line(level, &(words + &url)) + "\n"));
    }
}

/// What the layer lies on. No span is shown, so all of them may be one: a registry of them would cost a fortieth of a start.
struct NoSpans;

impl Subscriber for NoSpans {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// An event's message.
#[derive(Default)]
struct Message {
    /// The only wording, if there is no Chinese one.
    english: String,
    chinese: Option<String>,
    /// The Chinese one beside the English.
    beside: Option<String>,
    url: Option<String>,
}

impl Visit for Message {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "chinese" => self.chinese = Some(value.to_owned()),
            "beside" => self.beside = Some(value.to_owned()),
            "url" => self.url = Some(value.to_owned()),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.english, "{value:?}"); // writing to a string cannot fail
        }
    }
}
