//! How a run is followed.

use std::time::Duration;

use super::definition::When;
use super::grammar::{duration, one_of, replaced, valid};
use super::{check::Check, definitions::Inputs, definitions::Values, input::Input, target::Mode};
use crate::text::{Text, text};
use crate::yunxiao::is_commit;

/// What to do with a run that has not ended when the step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    Stop,
    Leave,
}

pub(super) const UNFINISHED: &[(&str, Unfinished)] = &[("stop", Unfinished::Stop), ("leave", Unfinished::Leave)];

/// How a run is followed.
#[derive(Clone, Debug)]
pub struct Follow {
    /// How long it may be queued; `None` means no limit.
    pub queue_timeout: Option<Duration>,
    pub timeout: Option<Duration>,
    /// How long to wait at a manual gate.
    pub gate_timeout: Option<Duration>,
    pub on_timeout: Unfinished,
    pub on_gate: OnGate,
    /// How long reads may keep failing.
    pub patience: Option<Duration>,
    /// The commit that one of its sources must show, in lower case.
    pub expected_commit: Option<String>,
    /// Which logs are shown, if requested.
    pub logs: Option<Logs>,
}

/// What the step does when the run is at a manual gate (人工卡点).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnGate {
    Wait,
    Succeed,
    Fail,
}

/// Which jobs' logs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logs {
    None,
    /// The last lines of those that failed.
    Failed,
    /// All, while they run.
    All,
}

/// How a run is to be followed.
pub(super) fn follow(
    inputs: &Inputs<&Input>,
    check: &mut Check<'_>,
    mode: Option<&Mode>,
    values: Option<&Values>,
) -> Option<Follow> {
    let queue_timeout = check.parse(inputs.queue_timeout, duration);
    let timeout = check.parse(inputs.timeout, duration);
    let gate_timeout = check.parse(inputs.gate_timeout, duration);
    let on_timeout = check.parse(inputs.on_timeout, one_of(UNFINISHED));
    let on_gate = check
        .parse(inputs.on_gate, one_of(&[("wait", OnGate::Wait), ("succeed", OnGate::Succeed), ("fail", OnGate::Fail)]));
    let expected_commit = check.parse(inputs.expect_commit, commit);
    let logs = check.parse(inputs.logs, one_of(&[("none", Logs::None), ("failed", Logs::Failed), ("all", Logs::All)]));

    // What is wrong with these is already reported.
    let (mode, &Values { wait, retry_timeout: patience, .. }) = (mode?, values?);
    if inputs.expect_commit.is_given && !mode.is_followed(wait) && !matches!(mode, Mode::Approve { .. }) {
        let rule = text!(
            "can only be checked if the run is followed or approved: set `wait: true`",
            "只有跟踪运行或通过卡点时才能检查：请设置 `wait: true`"
        );
        check.complain(&inputs.expect_commit.name(), rule);
    }
    let is_followed = mode.is_followed(wait);
    let waits = is_followed || matches!(mode, Mode::Approve { .. } | Mode::Reject { .. });
    let has_effect = |input: &Input| match input.definition.when {
        When::Always => true,
        When::Started => *mode == Mode::Start,
        When::Followed => is_followed,
        When::Waited => waits,
        When::SetGoing => !matches!(mode, Mode::Stop { .. } | Mode::Reject { .. }),
    };
    let contradicts_the_mode = (wait != is_followed).then_some(inputs.wait);
    let idle = inputs.all().into_iter().filter(|input| !has_effect(input)).chain(contradicts_the_mode);
    for input in idle.filter(|input| input.is_given) {
        let name = &input.name();
        let would_be_followed = mode.is_followed(true) && input.definition.when != When::Started;
        check.warnings.push(if would_be_followed {
            text!(
                "{name} has no effect: the run is not followed (`wait: true` follows it)",
                "{name} 不起作用：没有跟踪运行（设置 `wait: true` 才会跟踪）"
            )
        } else {
            let mode = inputs.mode.value().unwrap_or_default();
            text!("{name} has no effect with `mode: {mode}`", "`mode: {mode}` 时 {name} 不起作用")
        });
    }
    let (queue_timeout, timeout, gate_timeout) = (queue_timeout?, timeout?, gate_timeout?);
    let (on_timeout, on_gate) = (on_timeout?, on_gate?);
    Some(Follow { queue_timeout, timeout, gate_timeout, on_timeout, on_gate, patience, expected_commit, logs })
}

fn commit(value: &str) -> Result<String, Text> {
    let rule = text!(
        "must be a full commit id: 40 or 64 hexadecimal digits",
        "必须是完整的 commit id：40 或 64 位十六进制数字"
    );
    Ok(valid(value, is_commit(replaced(value)?), rule)?.to_ascii_lowercase())
}
