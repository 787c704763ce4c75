//! What is asked for, and of which pipeline.

use super::grammar::{is_unreplaced, unreplaced};
use super::service::WEB_URL;
use super::{Inputs, Mode, Table};
use crate::environment::Environment;
use crate::text::{Text, text};
use crate::transport::Address;

pub(super) fn mode(inputs: &Inputs, table: &mut Table) -> Option<Mode> {
    /// What is done with a run that there is already.
    type OfRun = fn(u64) -> Mode;
    let mode = inputs.mode.as_deref().unwrap_or("start");
    let of_run = table.parse("mode", Some(mode), |mode| match mode {
        "start" => Ok(None),
        "follow" => Ok(Some((|run| Mode::Follow { run }) as OfRun)),
        "stop" => Ok(Some((|run| Mode::Stop { run }) as OfRun)),
        _ => Err(text!("must be `start`, `follow` or `stop`", "必须是 `start`、`follow` 或 `stop`")),
    });
    let run = table.parse("pipeline_run_id", inputs.pipeline_run_id.as_deref(), |value| {
        positive(value).ok_or_else(|| text!("must be a run's number", "必须是运行的数字 id"))
    });
    match (of_run?, table.has("pipeline_run_id")) {
        (None, false) => Some(Mode::Start),
        (None, true) => {
            table.complain(
                table.written("pipeline_run_id"),
                text!(
                    "has no meaning when a run is started; it goes with `mode: follow` and `mode: stop`",
                    "仅用于 `mode: follow` 和 `mode: stop`，触发运行时请勿填写"
                ),
            );
            None
        }
        (Some(of_run), _) => {
            table.miss(
                "pipeline_run_id",
                text!(
                    "is required with `mode: {mode}`, and is empty: the step that should have started the run may have failed",
                    "`mode: {mode}` 时必须填写，但现在为空：触发运行的步骤可能没有成功"
                ),
            );
            run.map(of_run)
        }
    }
}

pub(super) fn organization(inputs: &Inputs, table: &mut Table, environment: &Environment) -> Option<String> {
    const AMBIENT: &str = "ALIBABA_CLOUD_YUNXIAO_ORGANIZATION_ID";
    let rule = |value: &str| {
        if is_unreplaced(value) {
            Err(unreplaced())
        } else if value.len() <= 128 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            Ok(value.to_owned())
        } else {
            Err(text!(
                "must be the id in the address https://devops.aliyun.com/organization/<id>",
                "必须是访问链接 https://devops.aliyun.com/organization/<id> 中的企业 id"
            ))
        }
    };
    if let Some(given) = inputs.organization_id.as_deref() {
        return table.parse("organization_id", Some(given), rule);
    }
    if let Some(ambient) = environment.get(AMBIENT) {
        return rule(ambient).map_err(|rule| table.complain(AMBIENT, rule)).ok();
    }
    table.miss(
        "organization_id",
        text!(
            "is required: the id in the address https://devops.aliyun.com/organization/<id>",
            "必须填写：即访问链接 https://devops.aliyun.com/organization/<id> 中的企业 id"
        ),
    );
    None
}

pub(super) fn pipeline(
    inputs: &Inputs,
    table: &mut Table,
    environment: &Environment,
    web_url: Option<&Address>,
) -> Option<u64> {
    if inputs.pipeline_id.is_none() {
        table.miss(
            "pipeline_id",
            text!(
                "is required: the number in the address {WEB_URL}/pipelines/<id>/current, or that address",
                "必须填写：即链接 {WEB_URL}/pipelines/<id>/current 中的数字，也可以是该链接本身"
            ),
        );
    }
    let pipeline = table.parse("pipeline_id", inputs.pipeline_id.as_deref(), |value| pipeline_id(value, web_url))?;
    if runs_itself(environment, pipeline) {
        table.complain(
            table.written("pipeline_id"),
            text!(
                "is the pipeline this step runs in: it would start itself without end",
                "就是本步骤所在的流水线，会无休止地触发自己"
            ),
        );
        return None;
    }
    Some(pipeline)
}

/// A pipeline's id, or the address of its page.
fn pipeline_id(value: &str, web_url: Option<&Address>) -> Result<u64, Text> {
    if is_unreplaced(value) {
        return Err(unreplaced());
    }
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

/// Whether this is a step of that very pipeline. Yunxiao sets `PIPELINE_ID` in its steps; so may anybody else's CI, so
/// another of Yunxiao's own variables has to stand beside it.
fn runs_itself(environment: &Environment, pipeline: u64) -> bool {
    let own = ["PIPELINE_NAME", "BUILD_EXECUTOR", "BUILD_REMARK", "BUILD_MESSAGE", "CI_SOURCE_NAME", "DATETIME"];
    environment.get("PIPELINE_ID").and_then(|id| id.parse().ok()) == Some(pipeline)
        && own.iter().any(|name| environment.is_set(name))
        && ["GITHUB_ACTIONS", "GITLAB_CI"].iter().all(|name| environment.get(name) != Some("true"))
}

/// An id of the API: a positive int64.
fn positive(value: &str) -> Option<u64> {
    let id = value.parse::<i64>().ok().filter(|id| *id > 0 && !value.starts_with('+'))?;
    Some(id.unsigned_abs())
}
