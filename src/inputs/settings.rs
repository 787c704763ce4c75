//! The inputs, checked: a value of this type can be acted on.

use std::path::PathBuf;
use std::time::Duration;

use tracing::Level;

use super::check::{Check, Complaint, ReadFile};
use super::connection::{proxy, roots};
use super::follow::{Follow, UNFINISHED, Unfinished, follow};
use super::grammar::{boolean, duration, one_of};
use super::run_params::{Comment, run_params};
use super::target::{Mode, mode};
use super::{credentials::identity, definitions::Inputs, input::Input, read::read, refs::Refs, service::service};
use crate::environment::Environment;
use crate::text::Text;
use crate::transport::Connection;
use crate::yunxiao::{Algorithm, Identity, RunParams, Service};

const ALGORITHMS: &[(&str, Algorithm)] =
    &[("ACS3-HMAC-SHA256", Algorithm::Acs3HmacSha256), ("HMAC-SHA1", Algorithm::HmacSha1)];
const LEVELS: &[(&str, Level)] =
    &[("error", Level::ERROR), ("warn", Level::WARN), ("info", Level::INFO), ("debug", Level::DEBUG)];

/// Everything a job needs, checked.
#[derive(Debug)]
pub struct Settings {
    pub mode: Mode,
    /// Whether to change nothing, and only to check all that can be checked by reading.
    pub is_dry_run: bool,
    pub on_cancel: Unfinished,
    /// Whether a run that is started is followed.
    pub waits: bool,
    pub follow: Follow,
    /// The run's parameters, but for the remark and the ref of the pipeline's own source.
    pub params: RunParams,
    pub refs: Refs,
    pub comment: Comment,
    pub identity: Identity,
    pub algorithm: Algorithm,
    pub service: Service,
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
    pub fn read(environment: &Environment, read_file: ReadFile<'_>) -> Checked {
        let mut check =
            Check { environment, read_file, complaints: Vec::new(), warnings: Vec::new(), notices: Vec::new() };
        let inputs = read(&mut check);
        let inputs = inputs.as_ref().map(Inputs::of);
        let log_level = inputs.as_ref().and_then(|inputs| check.parse(inputs.log_level, one_of(LEVELS)));
        let settings = inputs.and_then(|inputs| settings(&inputs, &mut check));
        let settings = settings.filter(|_| check.complaints.is_empty());
        Checked { log_level, warnings: check.warnings, settings: settings.ok_or(check.complaints) }
    }
}

/// Complains of everything that is wrong; yields the settings if nothing is.
fn settings(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Option<Settings> {
    let identity = identity(inputs, check);
    let service = service(inputs, check, identity.as_ref());
    let mode = mode(inputs, check);
    let is_dry_run = check.parse(inputs.dry_run, boolean);
    let on_cancel = check.parse(inputs.on_cancel, one_of(UNFINISHED));
    let (params, refs, comment) = run_params(inputs, check);
    let algorithm = check.parse(inputs.signature_algorithm, one_of(ALGORITHMS));
    let request_timeout = check.parse(inputs.request_timeout, duration);
    let retry_timeout = check.parse(inputs.retry_timeout, duration);
    let follow = follow(inputs, check, mode, retry_timeout.flatten());
    let roots = roots(inputs, check);
    let proxy = proxy(check, service.as_ref().map(|service| &service.endpoint));
    let mode = mode?;
    let (follow, waits) = follow?;
    // A run that was started elsewhere is not stopped unless asked for.
    let is_ours = !matches!(mode, Mode::Follow { .. });
    Some(Settings {
        mode,
        is_dry_run: is_dry_run?,
        on_cancel: on_cancel.unwrap_or(if is_ours { Unfinished::Stop } else { Unfinished::Leave }),
        waits,
        follow,
        params,
        refs,
        comment,
        identity: identity?,
        algorithm: algorithm?,
        connection: Connection { proxy, roots, request_timeout: request_timeout? },
        service: service?,
        retry_timeout: retry_timeout?,
        output_file: inputs.output_file.value().map(PathBuf::from),
        notices: std::mem::take(&mut check.notices),
    })
}
