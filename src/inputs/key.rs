//! The idempotency key: names a piece of work, so that repeated executions do it once.

use std::time::Duration;

use super::grammar::{one_of, replaced, valid};
use super::{check::Check, definitions::Inputs, definitions::Values, input::Input};
use crate::text::{Text, text};

/// The longest key, in characters.
const LONGEST: usize = 200;

/// How a start is kept from being done twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The input as its user wrote it.
    pub input: String,
    pub name: String,
    /// Whether it names this job of this CI run, by the host.
    pub is_auto: bool,
    /// How far back runs are read; `None` means no limit.
    pub window: Option<Duration>,
    pub on_succeeded: OnSucceeded,
}

/// What to do with a successful run with the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnSucceeded {
    Reuse,
    /// Another is started.
    Start,
}

pub(super) fn idempotency_key(
    inputs: &Inputs<&Input>,
    check: &mut Check<'_>,
    values: Option<&Values>,
) -> Option<IdempotencyKey> {
    let is_auto = inputs.idempotency_key.value() == Some("auto");
    let name = if is_auto { of_this_job(inputs, check) } else { check.parse(inputs.idempotency_key, key) };
    if !inputs.idempotency_key.is_given {
        let idle = [inputs.idempotency_window, inputs.on_succeeded].into_iter();
        for name in idle.filter(|input| input.is_given).map(Input::name) {
            check.warnings.push(text!(
                "{name} has no effect without `idempotency-key`",
                "未设置 `idempotency-key` 时 {name} 不起作用"
            ));
        }
    }
    let on_succeeded =
        check.parse(inputs.on_succeeded, one_of(&[("reuse", OnSucceeded::Reuse), ("start", OnSucceeded::Start)]))?;
    let &Values { idempotency_window: window, .. } = values?;
    Some(IdempotencyKey { name: name?, input: inputs.idempotency_key.name(), is_auto, window, on_succeeded })
}

/// What the CI system calls this job of this run.
fn of_this_job(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Option<String> {
    let work = check.host.work();
    if work.is_none() {
        let rule = text!(
            "is `auto`, but this CI system doesn't say which job of which run this is: set a key of your own, for \
             example from the CI run's number and the job's name",
            "为 `auto`，但当前 CI 系统没有提供运行和作业的标识：请自己指定一个键，例如由 CI 运行编号和作业名组成"
        );
        check.complain(&inputs.idempotency_key.name(), rule);
    }
    work.map(|work| work.join("\n"))
}

fn key(value: &str) -> Result<String, Text> {
    let value = replaced(value)?;
    let has_variable = value.contains("{{")
        || value.contains('$')
        || value.match_indices('%').count() > 1 && value.split('%').nth(1).is_some_and(|name| !name.is_empty());
    let is_mistake =
        ["true", "false", "none", "null", "yes", "no", "auto"].iter().any(|word| value.eq_ignore_ascii_case(word));
    // What a variable that is empty leaves.
    let is_cut = value.starts_with(['-', '_', ':', '/']) || value.ends_with(['-', '_', ':', '/']);
    if has_variable || is_mistake || is_cut {
        return Err(text!(
            "must be a name for this piece of work, such as `deploy-1.4.2`, or `auto`: the value is a reserved word, \
             contains a variable reference that was not replaced, or begins or ends with a separator because a \
             variable is empty",
            "必须是这项工作的名称，例如 `deploy-1.4.2`，或 `auto`：当前的值是保留词、含有未替换的变量引用，或因变量为空而以分隔符开头或结尾"
        ));
    }
    let is_good = value.chars().count() <= LONGEST && !value.chars().any(char::is_control);
    valid(
        value,
        is_good,
        text!("must be one line of at most {LONGEST} characters", "必须是一行，最多 {LONGEST} 个字符"),
    )
}
