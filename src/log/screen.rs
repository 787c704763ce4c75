//! Everything people read goes through here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::text::Language;
use crate::writer::{Room, Writer};

/// Where everything for people goes: our own words and, under folds, foreign lines. Clones are the same place.
#[derive(Clone)]
pub struct Screen {
    /// For the lines under a fold; whatever else is written goes through [`show`](Self::show).
    pub(super) writer: Writer,
    /// Our own words since a fold was opened. Within it they would be no commands to GitHub's runner.
    held: Arc<Mutex<Option<String>>>,
    pub(crate) language: Language,
}

impl Screen {
    pub fn new(writer: Writer) -> Self {
        Self { writer, held: Arc::default(), language: Language::default() }
    }

    /// The same in a language.
    pub fn speaking(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// A screen that shows everything at once, on the caller's thread.
    pub fn immediate(write: impl std::io::Write + Send + 'static) -> Self {
        Self::new(Writer::immediate(write))
    }

    /// Shows a text of our own, whole lines; under no fold. It never waits.
    pub fn show(&self, text: &str) {
        // The lock is kept until the text has been handed over, so that none overtakes another.
        match &mut *self.held() {
            Some(held) => held.push_str(text),
            None => self.writer.write(text.to_owned(), Room::default()),
        }
    }

    /// Blocks until everything is shown, at most so long; returns whether it is.
    #[must_use]
    pub fn drain(&self, within: Duration) -> bool {
        self.writer.drain(within)
    }

    /// Opens a fold. Until it is closed nothing else may be shown but its lines.
    pub(super) fn open(&self, mark: String) {
        let mut held = self.held();
        held.get_or_insert_default();
        self.writer.write(mark, Room::default());
    }

    pub(super) fn close(&self, mark: String) {
        let mut held = self.held();
        let words = held.take().unwrap_or_default();
        self.writer.write(mark + &words, Room::default());
    }

    fn held(&self) -> MutexGuard<'_, Option<String>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
