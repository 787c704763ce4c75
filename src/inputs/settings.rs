//! The inputs, checked: a value of this type can be acted on.

use std::path::PathBuf;

use tracing::Level;

use super::check::{Check, Complaint, ReadFile};
use super::connection::{proxy, roots};
use super::follow::{Follow, UNFINISHED, Unfinished, follow};
use super::grammar::one_of;
use super::key::{IdempotencyKey, idempotency_key};
use super::read::{complain_of_unreadable, read, warn_of_unreadable_origin};
use super::run_params::{Comment, run_params};
use super::target::Mode;
use super::{
    credentials::identity, definitions::Inputs, definitions::Values, input::Input, refs::Refs, service::service,
};
use crate::host::{self, Host};
use crate::text::{Language, Text, text};
use crate::transport::Connection;
use crate::yunxiao::{Identity, RunParams, Service};

const LEVELS: &[(&str, Level)] =
    &[("error", Level::ERROR), ("warn", Level::WARN), ("info", Level::INFO), ("debug", Level::DEBUG)];

const LANGUAGES: &[(&str, Language)] =
    &[("both", Language::Both), ("en", Language::English), ("zh", Language::Chinese)];

/// Everything a job needs, checked.
#[derive(Debug)]
pub struct Settings {
    /// Of inputs that need no more than to be read.
    pub values: Values,
    pub mode: Mode,
    pub on_cancel: Unfinished,
    pub follow: Follow,
    /// The run's parameters, but for the remark and the ref of the pipeline's own source.
    pub params: RunParams,
    pub refs: Refs,
    pub comment: Comment,
    pub key: Option<IdempotencyKey>,
    pub identity: Identity,
    pub service: Service,
    pub connection: Connection,
    /// Where credentials, and addresses other than the default, came from.
    pub notices: Vec<Text>,
}

/// What checking the inputs came to.
pub struct Checked {
    /// How much to say, if it was given and is good.
    pub log_level: Option<Level>,
    /// The language of what people read, if it was given and is good.
    pub language: Option<Language>,
    /// Where outputs go on hosts without an output file of their own.
    pub output_file: Option<PathBuf>,
    /// What is not wrong, but looks so.
    pub warnings: Vec<Text>,
    /// The settings, or everything that is wrong.
    pub settings: Result<Settings, Vec<Complaint>>,
}

impl Settings {
    /// Reads them from the environment of the CI system that this runs in.
    pub fn read(host: &dyn Host, read_file: ReadFile<'_>) -> Checked {
        let mut check = Check::new(host, read_file);
        let inputs = read(&mut check);
        let inputs = inputs.as_ref().map(Inputs::of);
        let log_level = inputs.as_ref().and_then(|inputs| check.parse(inputs.log_level, one_of(LEVELS)));
        let language = inputs.as_ref().and_then(|inputs| check.parse(inputs.language, one_of(LANGUAGES)));
        let output_file = inputs.as_ref().and_then(|inputs| inputs.output_file.value()).map(PathBuf::from);
        let settings = inputs.and_then(|inputs| settings(&inputs, &mut check));
        complain_of_unreadable(&mut check);
        warn_of_unreadable_origin(&mut check);
        let settings = settings.filter(|_| check.complaints.is_empty()).map(|settings| {
            // They are said whenever all is well, and most hold nothing foreign. What is foreign is in both wordings.
            let fit = |notice: &Text| {
                if check.long_secrets.may_be_in(&notice.english) { check.fit(notice) } else { notice.clone() }
            };
            let notices = settings.notices.iter().map(fit).collect();
            Settings { notices, ..settings }
        });
        let complaints = check.complaints.iter().map(|Complaint { input, rule }| Complaint {
            input: check.long_secrets.line(input).into_owned(),
            rule: check.fit(rule),
        });
        Checked {
            log_level,
            language,
            output_file,
            warnings: check.warnings.iter().map(|warning| check.fit(warning)).collect(),
            settings: settings.ok_or_else(|| complaints.collect()),
        }
    }
}

/// A CI system by its name. The program's own log is in its way already.
fn host_name(value: &str) -> Result<(), Text> {
    let names = host::names();
    if names.contains(&value) {
        return Ok(());
    }
    let (english, chinese) = (names.join(", "), names.join("、"));
    Err(text!("must be one of {english}", "必须是以下之一：{chinese}"))
}

/// Reports everything that is wrong, or returns the settings.
fn settings(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Option<Settings> {
    let identity = identity(inputs, check);
    let (service, mode) = service(inputs, check, identity.as_ref());
    let values = Values::read(inputs, check);
    let on_cancel = check.parse(inputs.on_cancel, one_of(UNFINISHED));
    let (params, refs, comment) = run_params(inputs, check);
    let key = idempotency_key(inputs, check, values.as_ref());
    let follow = follow(inputs, check, mode.as_ref(), values.as_ref());
    let roots = roots(inputs, check);
    check.parse(inputs.host, host_name);
    let addresses = service.iter().map(|service| service.endpoint.as_str());
    let addresses =
        addresses.chain(identity.iter().zip(&service).flat_map(|(identity, service)| identity.asks(&service.sts)));
    let proxy = proxy(check, &addresses.collect::<Vec<_>>());
    let mode = mode?;
    let (values, follow) = (values?, follow?);
    // A run that was started elsewhere is not stopped unless requested.
    let is_ours = !matches!(mode, Mode::Follow { .. });
    Some(Settings {
        mode,
        on_cancel: on_cancel.unwrap_or(if is_ours { Unfinished::Stop } else { Unfinished::Leave }),
        follow,
        params,
        refs,
        comment,
        key,
        identity: identity?,
        connection: Connection { proxy, roots, request_timeout: values.request_timeout },
        service: service?,
        notices: std::mem::take(&mut check.notices),
        values,
    })
}
