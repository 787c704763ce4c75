//! The whole step, in simulated time, against a service that answers anything.

use std::io::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

use tracing::Level;
use yunxiao_run::clock::Clock;
use yunxiao_run::environment::Environment;
use yunxiao_run::host::{self, Host, Outputs};
use yunxiao_run::inputs::Settings;
use yunxiao_run::log::{self, Screen};
use yunxiao_run::random::Random;
use yunxiao_run::step::{self, Surroundings, cancel, retry};
use yunxiao_run::writer::{Printer, Writer};

use crate::SECRETS;
use crate::orders::{controls_in, orders_in};
use crate::reveal::has_secret;
use crate::transport::{Answers, response};

/// What is requested: the first byte of the data selects it.
const ASKED: [&[(&str, &str)]; 8] = [
    &[("YUNXIAO_WAIT", "true")],
    &[],
    &[("YUNXIAO_MODE", "follow"), ("YUNXIAO_PIPELINE_RUN_ID", "7"), ("YUNXIAO_LOGS", "all")],
    &[("YUNXIAO_MODE", "stop"), ("YUNXIAO_PIPELINE_RUN_ID", "7")],
    &[("YUNXIAO_MODE", "approve"), ("YUNXIAO_PIPELINE_RUN_ID", "7"), ("YUNXIAO_GATE", "gate")],
    &[("YUNXIAO_MODE", "retry"), ("YUNXIAO_WAIT", "true"), ("YUNXIAO_PIPELINE_RUN_ID", "7")],
    &[("YUNXIAO_IDEMPOTENCY_KEY", "key"), ("YUNXIAO_WAIT", "true")],
    &[
        ("YUNXIAO_WAIT", "true"),
        ("YUNXIAO_BRANCH", "main"),
        ("YUNXIAO_EXPECT_COMMIT", "0000000000000000000000000000000000000002"),
    ],
];

/// The settings of each, over the AccessKey's API and then over the token's.
static SETTINGS: LazyLock<Vec<[Settings; 2]>> = LazyLock::new(|| {
    let settings = |asked: &[(&'static str, &'static str)], identity: &[(&'static str, &'static str)]| {
        let always = [
            ("YUNXIAO_ORGANIZATION_ID", "org"),
            ("YUNXIAO_PIPELINE_ID", "123"),
            ("YUNXIAO_TIMEOUT", "10m"),
            ("YUNXIAO_QUEUE_TIMEOUT", "5m"),
        ];
        let environment = Environment::new(always.iter().chain(asked).chain(identity).copied());
        let checked = Settings::read(&*host::detect(&environment, false), &|_| Err(io::ErrorKind::NotFound.into()));
        checked.settings.unwrap_or_else(|complaints| panic!("{complaints:?}"))
    };
    let key = [("YUNXIAO_ACCESS_KEY_ID", "LTAI5tEXAMPLE"), ("YUNXIAO_ACCESS_KEY_SECRET", SECRETS[2])];
    let token = [("YUNXIAO_ACCESS_TOKEN", SECRETS[2])];
    ASKED.iter().map(|asked| [settings(asked, &key), settings(asked, &token)]).collect()
});

#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("a lock").clone()).expect("text")
    }
}

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes a byte that says what is requested and over which API, and answers.
pub fn check(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let pair = &SETTINGS[usize::from(*choice >> 1) % ASKED.len()];
    let settings = &pair[usize::from(*choice & 1)];
    let answers = Answers::new(rest.split(|byte| *byte == 0).take(32).map(response).collect());
    let host: Arc<dyn Host> = host::detect(&Environment::default(), false).into();
    let (said, stdout) = (Said::default(), Said::default());
    let screen = Screen::immediate(said.clone());
    let _said = tracing::subscriber::set_default(log::subscriber(Arc::clone(&host), Level::DEBUG, screen.clone()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let outcome = runtime.expect("a runtime").block_on(async {
        let (_canceller, cancel) = cancel::pair();
        let outputs = Outputs::open(None, &[], Printer::new(Writer::immediate(stdout.clone()))).expect("no file");
        let clock = Clock::starting_at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_230_000));
        let random = Random::from_seed([7; 32]);
        let rule = retry::after_start;
        let surroundings =
            Surroundings { host: &*host, clock: &clock, random: &random, screen: &screen, cancel: &cancel, rule };
        Box::pin(step::run(settings, &answers, &surroundings, outputs)).await
    });
    let (said, stdout) = (said.text(), stdout.text());
    shows(&said);
    assert!(!has_secret(&format!("{stdout}{:?}", outcome.message()), SECRETS[2]), "{outcome:?}");
    assert!(stdout.is_empty() || stdout.trim_end().parse::<u64>().is_ok_and(|run| run > 0), "{stdout:?}");
    sends(&answers, *choice, &said);
    // It succeeds only if some response said so.
    let upper = String::from_utf8_lossy(rest).to_uppercase();
    let is_followed = matches!(*choice >> 1 & 7, 0 | 2 | 5 | 6 | 7);
    if outcome.exit_code() == 0 && is_followed {
        assert!(["SUCCE", "FINISH", "\\U"].iter().any(|word| upper.contains(word)), "{outcome:?}: {said}");
    }
}

fn shows(said: &str) {
    for line in said.lines() {
        assert!(!has_secret(line, SECRETS[2]), "{line:?}");
        assert_eq!(controls_in(line), [], "{line:?}");
        // What opens a fold for people is a group to Buildkite, where it would be meant.
        if !line.starts_with("--- ") {
            assert_eq!(orders_in(line), [""; 0], "{line:?}");
        }
    }
}

/// Requests have a bound, and a start that may have acted is the last.
fn sends(answers: &Answers, choice: u8, said: &str) {
    let asked = answers.asked.borrow();
    assert!(asked.len() <= 3000, "{} requests: {said}", asked.len());
    let starts: Vec<_> = asked
        .iter()
        .filter(|(asked, _)| {
            let path = asked.split('?').next().unwrap_or_default();
            asked.starts_with("POST")
                && ["/pipelines/123/runs", "/pipelines/123/pipelineRuns"].iter().any(|end| path.ends_with(end))
        })
        .collect();
    if !matches!(choice >> 1 & 7, 0 | 1 | 6 | 7) {
        assert_eq!(starts.len(), 0, "{starts:?}");
    }
    for (_, status) in starts.iter().rev().skip(1) {
        assert!(matches!(status, Some(200..=299 | 400..=499)), "{starts:?}: {said}");
    }
}
