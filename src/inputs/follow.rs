//! How a run is followed.

use std::time::Duration;

use super::grammar::{boolean, duration, is_unreplaced, unreplaced};
use super::settings::{Unfinished, unfinished};
use super::{Inputs, Mode, Table};
use crate::text::{Text, text};
use crate::yunxiao::is_commit;

const QUEUE_TIMEOUT: Duration = Duration::from_mins(30);
const TIMEOUT: Duration = Duration::from_hours(2);

/// How a run is followed.
#[derive(Clone, Debug)]
pub struct Follow {
    /// How long it may be queued; `None` is without end.
    pub queue_timeout: Option<Duration>,
    /// How long it may go on after that.
    pub timeout: Option<Duration>,
    /// What becomes of it when that is exceeded.
    pub on_timeout: Unfinished,
    /// What becomes of the step when the run stands at a gate.
    pub on_gate: OnGate,
    /// For how long looks at it may fail in a row.
    pub patience: Option<Duration>,
    /// The commit that one of its sources must show, in lower case.
    pub expected_commit: Option<String>,
    /// Which logs are shown, if anything was asked for.
    pub logs: Option<Logs>,
}

/// What becomes of the step when the run stands at a manual gate (人工卡点).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnGate {
    /// It waits for a person to let the run pass.
    #[default]
    Wait,
    /// It succeeds.
    Succeed,
    /// It fails.
    Fail,
}

/// Which jobs' logs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logs {
    /// None.
    None,
    /// The last lines of those that failed.
    Failed,
    /// All, while they run.
    All,
}

/// What of this has no meaning unless a run is followed.
const ONLY_WHEN_FOLLOWING: [&str; 5] = ["queue_timeout", "timeout", "on_timeout", "on_gate", "logs"];

/// How the run is to be followed, if it is.
pub(super) fn follow(
    inputs: &Inputs,
    table: &mut Table,
    mode: Option<Mode>,
    patience: Option<Duration>,
) -> (Follow, bool) {
    let wait = table.parse("wait", inputs.wait.as_deref(), boolean).unwrap_or_default();
    let queue_timeout = table.parse("queue_timeout", inputs.queue_timeout.as_deref(), duration);
    let timeout = table.parse("timeout", inputs.timeout.as_deref(), duration);
    let on_timeout = table.parse("on_timeout", inputs.on_timeout.as_deref(), unfinished);
    let on_gate = table.parse("on_gate", inputs.on_gate.as_deref(), on_gate);
    let expected_commit = table.parse("expect_commit", inputs.expect_commit.as_deref(), commit);
    let logs = table.parse("logs", inputs.logs.as_deref(), logs);

    let rules = Follow {
        queue_timeout: queue_timeout.unwrap_or(Some(QUEUE_TIMEOUT)),
        timeout: timeout.unwrap_or(Some(TIMEOUT)),
        on_timeout: on_timeout.unwrap_or(Unfinished::Leave),
        on_gate: on_gate.unwrap_or_default(),
        patience,
        expected_commit,
        logs,
    };
    let is_followed = match mode {
        Some(Mode::Start) => wait,
        Some(Mode::Stop { .. }) => false,
        // Of a mode that can't be read there is a complaint already; nothing more can be said here.
        Some(Mode::Follow { .. }) | None => true,
    };
    if is_followed {
        return (rules, wait);
    }
    if table.has("expect_commit") {
        let rule = text!(
            "can be checked only while the run is followed: set `wait: true`",
            "只有跟踪运行时才能检查：请设置 `wait: true`"
        );
        table.complain(table.written("expect_commit"), rule);
    }
    let stops = matches!(mode, Some(Mode::Stop { .. }));
    let idle = ONLY_WHEN_FOLLOWING.into_iter().chain(["wait"].into_iter().filter(|_| stops && wait));
    for field in idle.filter(|field| table.has(field)).collect::<Vec<_>>() {
        let input = table.written(field);
        table.warnings.push(if stops {
            text!("{input} has no effect with `mode: stop`", "`mode: stop` 时 {input} 不起作用")
        } else {
            text!(
                "{input} has no effect: the run is not followed (`wait: true` follows it)",
                "{input} 不起作用：没有跟踪运行（设置 `wait: true` 才会跟踪）"
            )
        });
    }
    (rules, wait)
}

fn on_gate(value: &str) -> Result<OnGate, Text> {
    match value {
        "wait" => Ok(OnGate::Wait),
        "succeed" => Ok(OnGate::Succeed),
        "fail" => Ok(OnGate::Fail),
        _ => Err(text!("must be `wait`, `succeed` or `fail`", "必须是 `wait`、`succeed` 或 `fail`")),
    }
}

fn logs(value: &str) -> Result<Logs, Text> {
    match value {
        "none" => Ok(Logs::None),
        "failed" => Ok(Logs::Failed),
        "all" => Ok(Logs::All),
        _ => Err(text!("must be `none`, `failed` or `all`", "必须是 `none`、`failed` 或 `all`")),
    }
}

fn commit(value: &str) -> Result<String, Text> {
    if is_unreplaced(value) {
        Err(unreplaced())
    } else if is_commit(value) {
        Ok(value.to_ascii_lowercase())
    } else {
        Err(text!(
            "must be a full commit id: 40 or 64 hexadecimal digits",
            "必须是完整的 commit id：40 或 64 位十六进制数字"
        ))
    }
}
