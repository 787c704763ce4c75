//! The inputs, checked: a value of this type can be acted on.

use std::path::PathBuf;
use std::time::Duration;

use tracing::Level;

use super::connection::{proxy, roots};
use super::credentials::identity;
use super::definitions::Inputs;
use super::findings::{Complaint, Findings};
use super::follow::{Follow, UNFINISHED, Unfinished, follow};
use super::grammar::{boolean, duration, one_of};
use super::input::Input;
use super::read::{ReadFile, read};
use super::refs::Refs;
use super::run_params::{Comment, run_params};
use super::service::service;
use super::target::{Mode, mode};
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
        let mut findings = Findings::default();
        let inputs = read(environment, read_file, &mut findings);
        let inputs = inputs.as_ref().map(Inputs::of);
        let log_level = inputs.as_ref().and_then(|inputs| findings.parse(inputs.log_level, one_of(LEVELS)));
        let settings = inputs.and_then(|inputs| check(&inputs, &mut findings, environment, read_file));
        let settings = settings.filter(|_| findings.complaints.is_empty());
        Checked { log_level, warnings: findings.warnings, settings: settings.ok_or(findings.complaints) }
    }
}

/// Complains of everything that is wrong; yields the settings if nothing is.
fn check(
    inputs: &Inputs<&Input>,
    findings: &mut Findings,
    environment: &Environment,
    read_file: ReadFile<'_>,
) -> Option<Settings> {
    let identity = identity(inputs, findings, environment);
    let service = service(inputs, findings, environment, identity.as_ref());
    let mode = mode(inputs, findings);
    let is_dry_run = findings.parse(inputs.dry_run, boolean);
    let on_cancel = findings.parse(inputs.on_cancel, one_of(UNFINISHED));
    let (params, refs, comment) = run_params(inputs, findings);
    let algorithm = findings.parse(inputs.signature_algorithm, one_of(ALGORITHMS));
    let request_timeout = findings.parse(inputs.request_timeout, duration);
    let retry_timeout = findings.parse(inputs.retry_timeout, duration);
    let follow = follow(inputs, findings, mode, retry_timeout.flatten());
    let roots = roots(inputs, findings, environment, read_file);
    let proxy = proxy(findings, environment, service.as_ref().map(|service| &service.endpoint));
    let mode = mode?;
    let (follow, waits) = follow?;
    Some(Settings {
        mode,
        is_dry_run: is_dry_run?,
        // A run that somebody else started is somebody else's to stop.
        on_cancel: on_cancel.unwrap_or(if matches!(mode, Mode::Follow { .. }) {
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
        algorithm: algorithm?,
        connection: Connection { proxy, roots, request_timeout: request_timeout? },
        service: service?,
        retry_timeout: retry_timeout?,
        output_file: inputs.output_file.value().map(PathBuf::from),
        notices: std::mem::take(&mut findings.notices),
    })
}
