//! The inputs, checked: a value of this type can be acted on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use tracing::Level;

use super::grammar::{self, is_unreplaced, unreplaced};
use super::table::ReadFile;
use super::{Complaint, Environment, Inputs, Table, run_params};
use crate::text::{Text, text};
use crate::transport::{self, Address, Proxy};
use crate::yunxiao::credentials::AccessKey;
use crate::yunxiao::params::RunParams;
use crate::yunxiao::signature::Algorithm;

const ENDPOINT: &str = "https://devops.cn-hangzhou.aliyuncs.com";
const WEB_URL: &str = "https://flow.aliyun.com";
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
    /// Stop a run.
    Stop {
        /// The run's id.
        run: u64,
    },
}

/// What becomes of the run when the step is cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnCancel {
    /// It is stopped.
    #[default]
    Stop,
    /// It goes on.
    Leave,
}

/// Everything a job needs, checked.
#[derive(Debug)]
pub struct Settings {
    /// What to do.
    pub mode: Mode,
    /// What becomes of the run when the step is cancelled.
    pub on_cancel: OnCancel,
    /// The organisation's id.
    pub organization: String,
    /// The pipeline's id.
    pub pipeline: u64,
    /// The run's parameters, but for the remark.
    pub params: RunParams,
    /// The run's remark.
    pub comment: Comment,
    /// Who calls.
    pub access_key: AccessKey,
    /// How requests are signed.
    pub algorithm: Algorithm,
    /// The service.
    pub endpoint: Address,
    /// Where a person looks at a run.
    pub web_url: Address,
    /// How the service is reached.
    pub connection: transport::Settings,
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
    let organization = organization(inputs, table, environment);
    let web_url = table.parse("web_url", inputs.web_url.as_deref().or(Some(WEB_URL)), address);
    let pipeline = pipeline(inputs, table, environment, web_url.as_ref());
    let mode = mode(inputs, table);
    let on_cancel = table.parse("on_cancel", inputs.on_cancel.as_deref(), on_cancel);
    let (params, comment) = run_params::run_params(inputs, table);
    let access_key = access_key(inputs, table, environment, &mut notices);
    let endpoint = table.parse("endpoint", inputs.endpoint.as_deref().or(Some(ENDPOINT)), address);
    let algorithm = table.parse("signature_algorithm", inputs.signature_algorithm.as_deref(), algorithm);
    let request_timeout = table.parse("request_timeout", inputs.request_timeout.as_deref(), grammar::duration);
    let retry_timeout = table.parse("retry_timeout", inputs.retry_timeout.as_deref(), grammar::duration);
    let roots = roots(inputs, table, environment, read_file, &mut notices);
    let proxy = endpoint.as_ref().and_then(|endpoint| proxy(table, environment, endpoint, &mut notices));
    if let (Some(endpoint), true) = (&endpoint, table.has("endpoint")) {
        let source = table.written("endpoint");
        notices.push(text!("Endpoint {endpoint}, from {source}", "接入点 {endpoint}，来自 {source}"));
    }
    Some(Settings {
        mode: mode?,
        on_cancel: on_cancel.unwrap_or_default(),
        organization: organization?,
        pipeline: pipeline?,
        params,
        comment,
        access_key: access_key?,
        algorithm: algorithm.unwrap_or_default(),
        connection: transport::Settings {
            loopback: endpoint.as_ref()?.is_loopback(),
            proxy,
            roots,
            request_timeout: request_timeout.unwrap_or(Some(REQUEST_TIMEOUT)),
        },
        endpoint: endpoint?,
        web_url: web_url?,
        retry_timeout: retry_timeout.unwrap_or(Some(RETRY_TIMEOUT)),
        output_file: inputs.output_file.as_ref().map(PathBuf::from),
        notices,
    })
}

fn mode(inputs: &Inputs, table: &mut Table) -> Option<Mode> {
    let mode = table.parse("mode", inputs.mode.as_deref().or(Some("start")), |mode| match mode {
        "start" | "stop" => Ok(mode == "stop"),
        "follow" => Err(text!("can't be `follow` in this version yet", "当前版本尚不支持 `follow`")),
        _ => Err(text!("must be `start` or `stop`", "必须是 `start` 或 `stop`")),
    });
    let run = table.parse("pipeline_run_id", inputs.pipeline_run_id.as_deref(), |value| {
        positive(value).ok_or_else(|| text!("must be a run's number", "必须是运行的数字 id"))
    });
    match (mode?, table.has("pipeline_run_id")) {
        (false, false) => Some(Mode::Start),
        (false, true) => {
            table.complain(
                table.written("pipeline_run_id"),
                text!(
                    "has no meaning when a run is started; it goes with `mode: stop`",
                    "触发运行时没有意义；它与 `mode: stop` 一起使用"
                ),
            );
            None
        }
        (true, _) => {
            table.miss(
                "pipeline_run_id",
                text!(
                    "is required with `mode: stop`, and is empty: the step that should have started the run may have failed",
                    "在 `mode: stop` 时必须填写，现在为空：触发运行的步骤可能没有成功"
                ),
            );
            run.map(|run| Mode::Stop { run })
        }
    }
}

fn on_cancel(value: &str) -> Result<OnCancel, Text> {
    match value {
        "stop" => Ok(OnCancel::Stop),
        "leave" => Ok(OnCancel::Leave),
        _ => Err(text!("must be `stop` or `leave`", "必须是 `stop` 或 `leave`")),
    }
}

/// An id of the API: a positive int64.
fn positive(value: &str) -> Option<u64> {
    let id = value.parse::<i64>().ok().filter(|id| *id > 0 && !value.starts_with('+'))?;
    Some(id.unsigned_abs())
}

fn organization(inputs: &Inputs, table: &mut Table, environment: &Environment) -> Option<String> {
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

fn pipeline(inputs: &Inputs, table: &mut Table, environment: &Environment, web_url: Option<&Address>) -> Option<u64> {
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
                "就是本步骤所在的流水线：它会无休止地触发自己"
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

/// The credentials, whole from one source: the inputs, or else the environment as Alibaba Cloud's tools leave it.
fn access_key(
    inputs: &Inputs,
    table: &mut Table,
    environment: &Environment,
    notices: &mut Vec<Text>,
) -> Option<AccessKey> {
    const AMBIENT: [&str; 3] =
        ["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"];
    const FIELDS: [&str; 3] = ["access_key_id", "access_key_secret", "security_token"];

    let given = [&inputs.access_key_id, &inputs.access_key_secret, &inputs.security_token];
    let given = given.map(|secret| secret.as_ref().map(|secret| secret.expose_secret().to_owned()));
    let ambient = AMBIENT.map(|name| environment.get(name).map(str::to_owned));
    let from_inputs = FIELDS.iter().any(|field| table.has(field)) || ambient[..2].iter().all(Option::is_none);
    let (values, names) = if from_inputs {
        (given, FIELDS.map(|field| table.written(field)))
    } else {
        (ambient, AMBIENT.map(str::to_owned))
    };

    let mut explanation = Some(why_empty());
    for (value, (name, field)) in values.iter().zip(names.iter().zip(FIELDS)) {
        match value {
            Some(value) if is_unreplaced(value) => table.complain(name, unreplaced()),
            Some(value) if !value.bytes().all(|byte| byte.is_ascii_graphic()) => table.complain_of_value(
                name,
                &text!("must be visible ASCII characters without spaces", "只能是可见的 ASCII 字符，不含空白"),
                value,
            ),
            None if field != "security_token" && !table.has(field) => {
                let rule = text!("is empty or was not given", "为空或未填写");
                let rule = match explanation.take() {
                    Some(why) => Text::new(rule.english + &why.english, rule.chinese + &why.chinese),
                    None => rule,
                };
                table.complain(name, rule);
            }
            _ => {}
        }
    }
    let [id, secret, token] = values;
    let (source, kind) = (&names[0], if token.is_some() { "an AccessKey with an STS token" } else { "an AccessKey" });
    let chinese = if token.is_some() { "带 STS token 的 AccessKey" } else { "AccessKey" };
    notices.push(Text::new(format!("Credentials: {kind}, from {source}"), format!("凭证：{chinese}，来自 {source}")));
    Some(AccessKey { id: id?, secret: SecretString::from(secret?), security_token: token.map(SecretString::from) })
}

fn why_empty() -> Text {
    text!(
        "; when the CI system should have filled it in, the secret's name may be misspelt, the job may come from a fork \
         (secrets are not handed to those), or the variable may be protected and this branch not",
        "；如果应由 CI 系统填入：可能是密钥名写错、任务来自 fork（拿不到密钥），或变量受保护而当前分支未受保护"
    )
}

fn address(value: &str) -> Result<Address, Text> {
    if is_unreplaced(value) { Err(unreplaced()) } else { Address::parse(value) }
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

/// Root certificates beside the bundled ones. An input must be good; a variable left for other programs, such as a path
/// that this container does not have, is only warned of: without it the connection is checked more strictly, not less.
fn roots(
    inputs: &Inputs,
    table: &mut Table,
    environment: &Environment,
    read_file: ReadFile<'_>,
    notices: &mut Vec<Text>,
) -> Vec<CertificateDer<'static>> {
    let (roots, source) = if let Some(value) = &inputs.ca_certificates {
        let roots = table.parse("ca_certificates", Some(value), |value| certificates(value, read_file));
        (roots, table.written("ca_certificates"))
    } else {
        let ambient = ["SSL_CERT_FILE", "CI_SERVER_TLS_CA_FILE"].into_iter().find_map(|name| {
            let roots = certificates(environment.get(name)?, read_file).map_err(|rule| {
                table.warnings.push(Text::new(
                    format!("{name} {}; it is passed over", rule.english),
                    format!("{name} {}；将忽略它", rule.chinese),
                ));
            });
            Some((Some(roots.ok()?), name.to_owned()))
        });
        ambient.unwrap_or_default()
    };
    let roots = roots.unwrap_or_default();
    let count = roots.len();
    if count > 0 {
        notices.push(text!(
            "Root certificates trusted beside the bundled ones: {count}, from {source}",
            "在内置根证书之外额外信任 {count} 个根证书，来自 {source}"
        ));
    }
    roots
}

fn certificates(value: &str, read_file: ReadFile<'_>) -> Result<Vec<CertificateDer<'static>>, Text> {
    let pem = if value.contains("-----BEGIN") {
        value.as_bytes().to_vec()
    } else {
        read_file(Path::new(value)).map_err(|error| {
            let kind = error.kind();
            text!("names a file that can't be read ({kind})", "所指的文件无法读取（{kind}）")
        })?
    };
    // Bundles that collect everything may hold some that no program can use.
    let usable = |root: &CertificateDer<'_>| rustls::RootCertStore::empty().add(root.clone()).is_ok();
    let roots: Vec<_> = CertificateDer::pem_slice_iter(&pem).flatten().filter(usable).collect();
    if roots.is_empty() {
        return Err(text!("holds no usable PEM certificate", "不含可用的 PEM 证书"));
    }
    Ok(roots)
}

/// The proxy that requests go through, as everybody's tools are told of it.
fn proxy(table: &mut Table, environment: &Environment, endpoint: &Address, notices: &mut Vec<Text>) -> Option<Proxy> {
    if endpoint.is_loopback() {
        return None;
    }
    let (name, value) = environment.first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?;
    let bypass = environment.first(&["no_proxy", "NO_PROXY"]).map(|(_, value)| value);
    if !Proxy::is_meant_for(endpoint, bypass) {
        return None;
    }
    match Proxy::parse(value) {
        Ok(proxy) => {
            notices.push(text!("Proxy {proxy}, from {name}", "代理 {proxy}，来自 {name}"));
            Some(proxy)
        }
        Err(rule) => {
            table.complain(name, rule);
            None
        }
    }
}
