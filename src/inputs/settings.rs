//! The inputs, checked: a value of this type can be acted on.

use std::path::PathBuf;
use std::time::Duration;

use tracing::Level;

use super::connection::{proxy, roots};
use super::credentials::identity;
use super::follow::{Follow, follow};
use super::grammar::{self, boolean};
use super::service::service;
use super::table::ReadFile;
use super::target::mode;
use super::{Complaint, Inputs, Refs, Table, run_params};
use crate::environment::Environment;
use crate::text::{Text, text};
use crate::transport::Connection;
use crate::yunxiao::Service;
use crate::yunxiao::caller::Identity;
use crate::yunxiao::params::RunParams;
use crate::yunxiao::signature::Algorithm;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const RETRY_TIMEOUT: Duration = Duration::from_mins(2);

/// What to say in the run's remark (运行备注), before the marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comment {
    /// Where the run was triggered from.
    Origin,
    /// Nothing.
    None,
    /// The user's own text.
    Text(String),
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Start a run.
    Start,
    /// Follow a run until it ends.
    Follow {
        /// The run's id.
        run: u64,
    },
    /// Stop a run.
    Stop {
        /// The run's id.
        run: u64,
    },
}

/// What to do with a run that has not ended when the step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// It is stopped.
    Stop,
    /// It goes on.
    Leave,
}

/// Everything a job needs, checked.
#[derive(Debug)]
pub struct Settings {
    /// What to do.
    pub mode: Mode,
    /// Whether to change nothing, and only to check all that can be checked by reading.
    pub is_dry_run: bool,
    /// What becomes of the run when the step is cancelled.
    pub on_cancel: Unfinished,
    /// Whether a run that is started is followed.
    pub waits: bool,
    /// How a run is followed, if it is.
    pub follow: Follow,
    /// The run's parameters, but for the remark and the ref of the pipeline's own source.
    pub params: RunParams,
    /// The refs that were asked for.
    pub refs: Refs,
    /// The run's remark.
    pub comment: Comment,
    /// Who calls.
    pub identity: Identity,
    /// How requests are signed, where they are.
    pub algorithm: Algorithm,
    /// The service and the pipeline.
    pub service: Service,
    /// How the service is reached.
    pub connection: Connection,
    /// For how long a request that was certainly not acted on is sent again; `None` is without end.
    pub retry_timeout: Option<Duration>,
    /// Where outputs go on hosts without an output file of their own.
    pub output_file: Option<PathBuf>,
    /// Where credentials, and addresses other than the default, came from.
    pub notices: Vec<Text>,
}

/// What checking the inputs came to.
pub struct Checked {
    /// How much to say, if it was given and is good.
    pub log_level: Option<Level>,
    /// What is not wrong, but looks so.
    pub warnings: Vec<Text>,
    /// The settings, or everything that is wrong.
    pub settings: Result<Settings, Vec<Complaint>>,
}

impl Settings {
    /// Reads and checks every input.
    pub fn read(environment: &Environment, read_file: ReadFile<'_>) -> Checked {
        let mut table = Table::merge(environment, read_file);
        // Every field is text, so this cannot fail.
        let inputs: Inputs = envy::from_iter(table.pairs()).unwrap_or_default();
        let log_level = table.parse("log_level", inputs.log_level.as_deref(), level);
        let settings = check(&inputs, &mut table, environment, read_file);
        let settings = settings.filter(|_| table.complaints.is_empty());
        Checked { log_level, warnings: table.warnings, settings: settings.ok_or(table.complaints) }
    }
}

/// Complains of everything that is wrong; yields the settings if nothing is.
fn check(inputs: &Inputs, table: &mut Table, environment: &Environment, read_file: ReadFile<'_>) -> Option<Settings> {
    let mut notices = Vec::new();
    let identity = identity(inputs, table, environment, &mut notices);
    let service = service(inputs, table, environment, identity.as_ref(), &mut notices);
    let mode = mode(inputs, table);
    let is_dry_run = table.parse("dry_run", inputs.dry_run.as_deref(), boolean).unwrap_or_default();
    let on_cancel = table.parse("on_cancel", inputs.on_cancel.as_deref(), unfinished);
    let (params, refs, comment) = run_params::run_params(inputs, table);
    let algorithm = table.parse("signature_algorithm", inputs.signature_algorithm.as_deref(), algorithm);
    let request_timeout = table.parse("request_timeout", inputs.request_timeout.as_deref(), grammar::duration);
    let retry_timeout = table.parse("retry_timeout", inputs.retry_timeout.as_deref(), grammar::duration);
    let retry_timeout = retry_timeout.unwrap_or(Some(RETRY_TIMEOUT));
    let (follow, waits) = follow(inputs, table, mode, retry_timeout);
    let roots = roots(inputs, table, environment, read_file, &mut notices);
    let proxy = proxy(table, environment, service.as_ref().map(|service| &service.endpoint), &mut notices);
    Some(Settings {
        mode: mode?,
        is_dry_run,
        // A run that somebody else started is somebody else's to stop.
        on_cancel: on_cancel.unwrap_or(if matches!(mode, Some(Mode::Follow { .. })) {
            Unfinished::Leave
        } else {
            Unfinished::Stop
        }),
        waits,
        follow,
        params,
        refs,
        comment,
        identity: identity?,
        algorithm: algorithm.unwrap_or_default(),
        connection: Connection { proxy, roots, request_timeout: request_timeout.unwrap_or(Some(REQUEST_TIMEOUT)) },
        service: service?,
        retry_timeout,
        output_file: inputs.output_file.as_ref().map(PathBuf::from),
        notices,
    })
}

pub(super) fn unfinished(value: &str) -> Result<Unfinished, Text> {
    match value {
        "stop" => Ok(Unfinished::Stop),
        "leave" => Ok(Unfinished::Leave),
        _ => Err(text!("must be `stop` or `leave`", "必须是 `stop` 或 `leave`")),
    }
}

fn algorithm(value: &str) -> Result<Algorithm, Text> {
    match value {
        "ACS3-HMAC-SHA256" => Ok(Algorithm::Acs3HmacSha256),
        "HMAC-SHA1" => Ok(Algorithm::HmacSha1),
        _ => Err(text!("must be `ACS3-HMAC-SHA256` or `HMAC-SHA1`", "必须是 `ACS3-HMAC-SHA256` 或 `HMAC-SHA1`")),
    }
}

fn level(value: &str) -> Result<Level, Text> {
    match value {
        "error" => Ok(Level::ERROR),
        "warn" => Ok(Level::WARN),
        "info" => Ok(Level::INFO),
        "debug" => Ok(Level::DEBUG),
        _ => Err(text!("must be `error`, `warn`, `info` or `debug`", "必须是 `error`、`warn`、`info` 或 `debug`")),
    }
}
