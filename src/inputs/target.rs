//! What is asked for, and of which pipeline.

use super::grammar::{one_of, replaced, valid};
use super::{check::Check, definitions::Inputs, input::Input};
use crate::host;
use crate::text::{Text, text};
use crate::transport::Address;

/// What is done with a run that there is already.
type OfRun = fn(u64) -> Mode;

const MODES: &[(&str, Option<OfRun>)] =
    &[("start", None), ("follow", Some(|run| Mode::Follow { run })), ("stop", Some(|run| Mode::Stop { run }))];

pub(super) const WEB_URL: &str = "https://flow.aliyun.com";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Start,
    Follow { run: u64 },
    Stop { run: u64 },
}

impl Mode {
    /// The run that there is already.
    pub fn run(self) -> Option<u64> {
        match self {
            Self::Start => None,
            Self::Follow { run } | Self::Stop { run } => Some(run),
        }
    }
}

pub(super) fn mode(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Option<Mode> {
    let of_run = check.parse(inputs.mode, one_of(MODES));
    let run = check.parse(inputs.pipeline_run_id, |value| {
        positive(value).ok_or_else(|| text!("must be a run's number", "必须是运行的数字 id"))
    });
    let Some(of_run) = of_run? else {
        if !inputs.pipeline_run_id.is_given {
            return Some(Mode::Start);
        }
        let rule = text!(
            "has no meaning when a run is started; it goes with `mode: follow` and `mode: stop`",
            "仅用于 `mode: follow` 和 `mode: stop`，触发运行时请勿填写"
        );
        check.complain(&inputs.pipeline_run_id.name, rule);
        return None;
    };
    let mode = inputs.mode.value().unwrap_or_default();
    check.require(
        inputs.pipeline_run_id,
        text!(
            "is required with `mode: {mode}`, and is empty: the step that should have started the run may have failed",
            "`mode: {mode}` 时必须填写，但现在为空：触发运行的步骤可能没有成功"
        ),
    );
    run.map(of_run)
}

pub(super) fn organization(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Option<String> {
    let given = inputs.organization_id.or(inputs.organization_id.in_cloud_variable(check.environment));
    check.require(
        &given,
        text!(
            "is required: the id in the address https://devops.aliyun.com/organization/<id>",
            "必须填写：即访问链接 https://devops.aliyun.com/organization/<id> 中的企业 id"
        ),
    );
    check.parse(&given, |value| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let rule = text!(
            "must be the id in the address https://devops.aliyun.com/organization/<id>",
            "必须是访问链接 https://devops.aliyun.com/organization/<id> 中的企业 id"
        );
        valid(value, replaced(value)?.len() <= 128 && value.bytes().all(fits), rule)
    })
}

pub(super) fn pipeline(inputs: &Inputs<&Input>, check: &mut Check<'_>, web_url: Option<&Address>) -> Option<u64> {
    check.require(
        inputs.pipeline_id,
        text!(
            "is required: the number in the address {WEB_URL}/pipelines/<id>/current, or that address",
            "必须填写：即链接 {WEB_URL}/pipelines/<id>/current 中的数字，也可以是该链接本身"
        ),
    );
    let pipeline = check.parse(inputs.pipeline_id, |value| pipeline_id(value, web_url))?;
    if host::detect(check.environment, false).pipeline_of_this_step() == Some(pipeline) {
        let rule = text!(
            "is the pipeline this step runs in: it would start itself without end",
            "就是本步骤所在的流水线，会无休止地触发自己"
        );
        check.complain(&inputs.pipeline_id.name, rule);
        return None;
    }
    Some(pipeline)
}

/// A pipeline's id, or the address of its page.
fn pipeline_id(value: &str, web_url: Option<&Address>) -> Result<u64, Text> {
    let value = replaced(value)?;
    positive(id_in_page(value, web_url).unwrap_or(value)).ok_or_else(|| {
        let base = web_url.map_or(WEB_URL, Address::as_str);
        text!(
            "must be a pipeline's number, or its page's address {base}/pipelines/<number>/current",
            "必须是流水线的数字 id，或其页面地址 {base}/pipelines/<数字>/current"
        )
    })
}

/// The id in the address of a pipeline's page on the site that `web-url` names.
fn id_in_page<'v>(value: &'v str, web_url: Option<&Address>) -> Option<&'v str> {
    let (scheme, rest) = value.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    let site = Address::parse(&format!("{scheme}://{host}")).ok()?;
    let after = path.strip_prefix("pipelines/")?;
    if Some(&site) == web_url { after.split(['/', '?', '#']).next() } else { None }
}

/// An id of the API: a positive int64.
fn positive(value: &str) -> Option<u64> {
    value.parse::<i64>().ok().filter(|id| *id > 0 && !value.starts_with('+')).map(i64::unsigned_abs)
}
