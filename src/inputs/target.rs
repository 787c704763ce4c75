//! What to do, with which pipeline and run.

use super::grammar::{one_of, replaced, valid};
use super::{check::Check, definitions::Inputs, input::Input};
use crate::text::{Text, text};
use crate::transport::Address;

/// What a word of `mode` asks for.
#[derive(Clone, Copy)]
enum Verb {
    Start,
    /// Something of a run that there is already.
    OfRun(fn(Option<u64>) -> Mode),
    /// Something of what a run waits for.
    OfGate(fn(Option<u64>, Gate) -> Mode),
}

const MODES: &[(&str, Verb)] = &[
    ("start", Verb::Start),
    ("follow", Verb::OfRun(|run| Mode::Follow { run })),
    ("stop", Verb::OfRun(|run| Mode::Stop { run })),
    ("approve", Verb::OfGate(|run, gate| Mode::Approve { run, gate })),
    ("reject", Verb::OfGate(|run, gate| Mode::Reject { run, gate })),
    ("retry", Verb::OfRun(|run| Mode::Retry { run })),
];

pub(super) const WEB_URL: &str = "https://flow.aliyun.com";

/// What to do. A run that there is already is named by its number or, without one, by the idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Start,
    Follow { run: Option<u64> },
    Stop { run: Option<u64> },
    Approve { run: Option<u64>, gate: Gate },
    Reject { run: Option<u64>, gate: Gate },
    Retry { run: Option<u64> },
}

/// The job that is to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Its name, or `STAGE/JOB`.
    pub name: String,
    /// The input that names it, as its user wrote it.
    pub input: String,
}

impl Mode {
    /// The number of the run that there is already, if that names it.
    pub fn run(&self) -> Option<u64> {
        match self {
            Self::Start => None,
            Self::Follow { run }
            | Self::Stop { run }
            | Self::Approve { run, .. }
            | Self::Reject { run, .. }
            | Self::Retry { run } => *run,
        }
    }

    /// Whether the run is followed to its end.
    pub(super) fn is_followed(&self, wait: bool) -> bool {
        match self {
            Self::Follow { .. } => true,
            Self::Start | Self::Approve { .. } | Self::Retry { .. } => wait,
            Self::Stop { .. } | Self::Reject { .. } => false,
        }
    }
}

/// Which pipeline it is, and what to do.
pub(super) struct Target {
    pub(super) pipeline: Option<u64>,
    pub(super) mode: Option<Mode>,
}

/// What is named: a pipeline, or a run of it. A run may be named alone by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Named {
    pipeline: Option<u64>,
    run: Option<u64>,
}

/// What to do. `web_url` is the site whose addresses name pipelines and runs.
pub(super) fn target(inputs: &Inputs<&Input>, check: &mut Check<'_>, web_url: Option<&Address>) -> Target {
    let (pipeline_id, run_id) = (inputs.pipeline_id, inputs.pipeline_run_id);
    let run = check.parse(run_id, |value| run_name(value, web_url));
    let page = check.parse(pipeline_id, |value| pipeline_name(value, web_url));
    let of_run = run.and_then(|run| run.pipeline);
    if of_run.is_none() {
        check.require(
            pipeline_id,
            text!(
                "is required: the number in the address {WEB_URL}/pipelines/<id>/current, or that address",
                "必须填写：即链接 {WEB_URL}/pipelines/<id>/current 中的数字，也可以是该链接本身"
            ),
        );
    }
    let of_page = page.and_then(|page| page.pipeline);
    if let (Some(other), Some(pipeline)) = (of_run, of_page)
        && other != pipeline
    {
        let name = &pipeline_id.name();
        let rule = text!(
            "names a run of pipeline {other}, but {name} is {pipeline}",
            "指定的是流水线 {other} 的运行，而 {name} 是 {pipeline}"
        );
        check.complain(&run_id.name(), rule);
    } else if let (Some(number), Some(other)) = (run.and_then(|run| run.run), page.and_then(|page| page.run))
        && other != number
    {
        let name = &run_id.name();
        let rule = text!(
            "is the address of run {other}, but {name} names run {number}",
            "是运行 {other} 的链接，而 {name} 指定的是运行 {number}"
        );
        check.complain(&pipeline_id.name(), rule);
    }
    let pipeline = of_page.or(of_run).filter(|pipeline| is_another(*pipeline, inputs, check));
    Target { pipeline, mode: mode(inputs, check, run.and_then(|run| run.run)) }
}

/// Whether a pipeline is another than the one that this step runs in.
fn is_another(pipeline: u64, inputs: &Inputs<&Input>, check: &mut Check<'_>) -> bool {
    let is_own = check.host.pipeline_of_this_step() == Some(pipeline);
    if is_own {
        let rule = text!(
            "is the pipeline this step runs in: it would start itself forever",
            "就是本步骤所在的流水线，会无休止地触发自己"
        );
        check.complain(&inputs.pipeline_id.name(), rule);
    }
    !is_own
}

fn mode(inputs: &Inputs<&Input>, check: &mut Check<'_>, run: Option<u64>) -> Option<Mode> {
    let verb = check.parse(inputs.mode, one_of(MODES))?;
    let mode = inputs.mode.value().unwrap_or_default();
    if !matches!(verb, Verb::OfGate(_)) && inputs.gate.is_given {
        let rule = text!(
            "is only for `mode: approve` and `mode: reject`, not for `mode: {mode}`",
            "仅用于 `mode: approve` 和 `mode: reject`，`mode: {mode}` 时请勿填写"
        );
        check.complain(&inputs.gate.name(), rule);
    }
    if let Verb::Start = verb {
        if !inputs.pipeline_run_id.is_given {
            return Some(Mode::Start);
        }
        let rule =
            text!("is not allowed with `mode: start`, only with the other modes", "触发运行时请勿填写：仅用于其他模式");
        check.complain(&inputs.pipeline_run_id.name(), rule);
        return None;
    }
    let has_key = inputs.idempotency_key.is_given;
    if has_key && inputs.pipeline_run_id.is_given {
        let name = &inputs.pipeline_run_id.name();
        let rule = text!("selects the run, and so does {name}: set only one", "与 {name} 都用于指定运行：只能填写一个");
        check.complain(&inputs.idempotency_key.name(), rule);
    } else if !has_key {
        check.require(
            inputs.pipeline_run_id,
            text!(
                "is required with `mode: {mode}` unless `idempotency-key` selects the run, but it is empty: the step \
                 that should have started the run may have failed",
                "`mode: {mode}` 时必须填写（或用 `idempotency-key` 指定运行），但现在为空：触发运行的步骤可能没有成功"
            ),
        );
    }
    // What is wrong with it is already reported.
    if run.is_none() && !has_key {
        return None;
    }
    match verb {
        Verb::Start => None,
        Verb::OfRun(of_run) => Some(of_run(run)),
        Verb::OfGate(of_gate) => {
            check.require(
                inputs.gate,
                text!(
                    "is required with `mode: {mode}`: the name of the waiting job, or STAGE/JOB",
                    "`mode: {mode}` 时必须填写：等待处理的任务名，或“阶段/任务”"
                ),
            );
            let name = check.parse(inputs.gate, |value| Ok(replaced(value)?.to_owned()));
            Some(of_gate(run, Gate { name: name?, input: inputs.gate.name() }))
        }
    }
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

/// A pipeline's id, or the address of its page or of a run of it.
fn pipeline_name(value: &str, web_url: Option<&Address>) -> Result<Named, Text> {
    let value = replaced(value)?;
    let of_number = || Some(Named { pipeline: Some(positive(value)?), run: None });
    of_number().or_else(|| in_page(value, web_url)).ok_or_else(|| {
        let base = web_url.map_or(WEB_URL, Address::as_str);
        text!(
            "must be a pipeline's number, or its page's address {base}/pipelines/<number>/current",
            "必须是流水线的数字 id，或其页面地址 {base}/pipelines/<数字>/current"
        )
    })
}

/// A run's number, `PIPELINE/RUN`, or the address of its page.
fn run_name(value: &str, web_url: Option<&Address>) -> Result<Named, Text> {
    let value = replaced(value)?;
    let of_number = || Some(Named { pipeline: None, run: Some(positive(value)?) });
    let of_pair = || {
        let (pipeline, run) = value.split_once('/')?;
        Some(Named { pipeline: Some(positive(pipeline)?), run: Some(positive(run)?) })
    };
    let of_page = || in_page(value, web_url).filter(|named| named.run.is_some());
    of_number().or_else(of_pair).or_else(of_page).ok_or_else(|| {
        let base = web_url.map_or(WEB_URL, Address::as_str);
        text!(
            "must be a run's number, PIPELINE/RUN, or its page's address {base}/pipelines/<number>/builds/<number>",
            "必须是运行的数字 id、“流水线/运行”，或其页面地址 {base}/pipelines/<数字>/builds/<数字>"
        )
    })
}

/// The pipeline, and the run if there is one, whose page on the site that `web-url` names has this address.
fn in_page(value: &str, web_url: Option<&Address>) -> Option<Named> {
    let (scheme, rest) = value.split_once("://")?;
    let (host, path) = rest.split_once('/')?;
    let site = Address::parse(&format!("{scheme}://{host}")).ok()?;
    let mut segments = path.split(['?', '#']).next()?.split('/');
    if Some(&site) != web_url || segments.next() != Some("pipelines") {
        return None;
    }
    let pipeline = Some(positive(segments.next()?)?);
    let run = match segments.next() {
        Some("builds") => segments.next().filter(|run| !run.is_empty()),
        _ => None,
    };
    Some(Named { pipeline, run: run.map(|run| positive(run).ok_or(())).transpose().ok()? })
}

/// An id of the API: a positive int64.
fn positive(value: &str) -> Option<u64> {
    value.parse::<i64>().ok().filter(|id| *id > 0 && !value.starts_with('+')).map(i64::unsigned_abs)
}
