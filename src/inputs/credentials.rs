//! The caller: exactly one kind of credentials, all from one source.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::check::{Check, ReadFile};
use super::grammar::{duration, is_quote, replaced, valid};
use super::{definitions::Inputs, input::Input};
use crate::host::{self, Audience, TokenRequest, TokenSource};
use crate::identity_token::{IdentityToken, Request};
use crate::text::{Text, text};
use crate::transport::Address;
use crate::yunxiao::{AccessKey, Identity, Role, RoleIdentity};

/// A kind of credentials.
#[derive(Clone, Copy)]
enum Kind {
    Token,
    AccessKey,
    Role,
}

/// How many of a kind's inputs there must be: an STS token left over by itself means nothing.
const NEEDED: usize = 2;

/// What each kind is made of, in the order in which they are taken from the environment.
fn kinds<'a>(inputs: &Inputs<&'a Input>) -> impl Iterator<Item = (Kind, Vec<&'a Input>)> {
    [Kind::Token, Kind::AccessKey, Kind::Role].into_iter().map(|kind| match kind {
        Kind::Token => (kind, vec![inputs.access_token]),
        Kind::AccessKey => (kind, vec![inputs.access_key_id, inputs.access_key_secret, inputs.security_token]),
        Kind::Role => (kind, vec![inputs.role_to_assume, inputs.oidc_provider_arn]),
    })
}

/// The credentials: among the inputs exactly one kind; only if there is none, what Alibaba Cloud's tools leave in the
/// environment.
pub(super) fn identity(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Option<Identity> {
    let audience = check.parse(inputs.audience, visible);
    let session_name = check.parse(inputs.role_session_name, session_name);
    let session_duration = check.parse(inputs.role_session_duration, session_duration);
    let (kind, values) = only_kind(inputs, check)?;

    for (index, missing) in values.iter().take(NEEDED).filter(|value| !value.is_given).enumerate() {
        let why = if index == 0 { why_empty() } else { Text::default() };
        check.complain(&missing.name(), text!("is empty or not set{why}", "为空或未填写{why}", why));
    }
    let read_file = check.read_file;
    for (index, given) in values.iter().enumerate() {
        check.parse(given, |value| match (kind, index) {
            (Kind::Role, 0) => arn(value, ":role/"),
            (Kind::Role, _) => arn(value, ":oidc-provider/"),
            _ => secret(value, given, read_file),
        });
    }
    let source = &values[0].name();
    let value = |index: usize| values.get(index).and_then(Input::value).map(str::to_owned);
    let (words, identity) = match kind {
        Kind::Token => (text!("a personal access token", "个人访问令牌"), Identity::Token(value(0)?.into())),
        Kind::AccessKey => {
            let security_token = value(2).map(SecretString::from);
            let words = match security_token {
                Some(_) => text!("an AccessKey with an STS token", "带 STS token 的 AccessKey"),
                None => text!("an AccessKey", "AccessKey"),
            };
            (words, Identity::AccessKey(AccessKey { id: value(0)?, secret: value(1)?.into(), security_token }))
        }
        Kind::Role => {
            let token = token(inputs, check, audience.as_deref().unwrap_or_default(), source);
            let role = Role { arn: value(0)?, provider_arn: value(1)?, duration: session_duration? };
            let role = RoleIdentity { role, session_name, token: token? };
            (text!("a RAM role by OIDC", "通过 OIDC 扮演的 RAM 角色"), Identity::Role(Box::new(role)))
        }
    };
    check.notices.push(text!("Credentials: {words}, from {source}", "凭证：{words}，来自 {source}", words));
    Some(identity)
}

/// The one kind of credentials that was given, with its values in order.
fn only_kind(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Option<(Kind, Vec<Input>)> {
    let given: Vec<_> = kinds(inputs)
        .filter_map(|(kind, values)| Some((*values.iter().find(|value| value.is_given)?, kind, values)))
        .collect();
    match &given[..] {
        [(_, kind, values)] => Some((*kind, values.iter().copied().cloned().collect())),
        [(first, ..), others @ ..] => {
            let first = first.name();
            for (other, ..) in others {
                let rule = text!(
                    "is set together with {first}: use only one kind of credentials",
                    "不能与 {first} 同时填写：只能使用一种凭证"
                );
                check.complain(&other.name(), rule);
            }
            None
        }
        [] => {
            let ambient = |value: &Input| value.in_cloud_variable(check.environment);
            let found = kinds(inputs)
                .map(|(kind, values)| (kind, values.into_iter().map(ambient).collect::<Vec<_>>()))
                .find(|(_, values)| values.iter().take(NEEDED).any(|value| value.is_given));
            if found.is_none() {
                let why = why_empty();
                let rule = text!(
                    "are all empty or not set: set a personal access token (`access-token`), an AccessKey \
                     (`access-key-id` and `access-key-secret`), or a RAM role (`role-to-assume` and \
                     `oidc-provider-arn`){why}",
                    "均为空或未填写：请设置个人访问令牌（`access-token`）、AccessKey（`access-key-id` 和 `access-key-secret`）或 RAM 角色（`role-to-assume` 和 `oidc-provider-arn`）{why}",
                    why
                );
                check.complain("access-token, access-key-id, role-to-assume", rule);
            }
            found
        }
    }
}

/// Where identity tokens come from: what was given, the host, or the file that Alibaba Cloud's tools know. This alone may
/// come from elsewhere than the role; but a role that this machine brings, as in Alibaba Cloud's Kubernetes, trusts the token
/// that it brings beside it rather than the CI system's.
fn token(inputs: &Inputs<&Input>, check: &mut Check<'_>, audience: &str, role: &str) -> Option<IdentityToken> {
    if inputs.oidc_token.is_given {
        let read_file = check.read_file;
        let token = check.parse(inputs.oidc_token, |value| secret(value, inputs.oidc_token, read_file));
        return token.map(|token| IdentityToken::Given(token.into()));
    }
    let is_ambient = !inputs.role_to_assume.is_given && !inputs.oidc_provider_arn.is_given;
    let file = || check.environment.get("ALIBABA_CLOUD_OIDC_TOKEN_FILE").map(PathBuf::from).map(IdentityToken::File);
    if let (true, Some(token)) = (is_ambient, file()) {
        return Some(token);
    }
    match host::token_source(check.environment) {
        Some(TokenSource::Ready(token)) => return Some(IdentityToken::Given(token)),
        Some(TokenSource::Request(request)) => return token_request(request, check, audience),
        None => {}
    }
    if let Some(token) = file() {
        return Some(token);
    }
    let rule = text!(
        "needs this job's OIDC token, but there is none: on GitHub the job needs the permission `id-token: write`, on \
         Forgejo `enable-openid-connect: true`, on Bitbucket `oidc: true`; on GitLab declare YUNXIAO_OIDC_TOKEN under \
         `id_tokens`",
        "需要本作业的 OIDC token，但没有找到：GitHub 作业需要 `id-token: write` 权限，Forgejo 需要 `enable-openid-connect: true`，\
         Bitbucket 需要 `oidc: true`；GitLab 请在 `id_tokens` 中声明，并作为 YUNXIAO_OIDC_TOKEN 传入"
    );
    check.complain(role, rule);
    None
}

/// The request for a token with this audience.
fn token_request(request: TokenRequest, check: &mut Check<'_>, audience: &str) -> Option<IdentityToken> {
    let TokenRequest { url, url_variable, scheme, bearer, audience: way, answer, advice } = request;
    let Some(mut url) = Url::parse(&url).ok().filter(Address::may_be_asked) else {
        let rule =
            text!("must be an https address (plain http only to this machine)", "必须是 https 地址（仅本机允许 http）");
        check.complain(url_variable, rule);
        return None;
    };
    let body = match way {
        Audience::Parameter(name) => {
            url.query_pairs_mut().append_pair(name, audience);
            None
        }
        Audience::Member(name) => Some(serde_json::json!({ name: audience }).to_string()),
        Audience::Fixed => Some(String::new()),
    };
    Some(IdentityToken::Request(Box::new(Request { url, scheme, bearer, body, answer, advice })))
}

/// A secret itself: not in quotes, and not the path of the file that it is in, which is what a CI system's "secret file" is.
fn secret(value: &str, input: &Input, read_file: ReadFile<'_>) -> Result<String, Text> {
    if value.starts_with(is_quote) || value.ends_with(is_quote) {
        return Err(text!("is in quotes: remove them", "带有引号：请去掉引号"));
    }
    if read_file(Path::new(value)).is_ok() {
        let variable = input.definition.file_variable();
        return Err(text!(
            "is the path of a file: set {variable} to the path instead",
            "是文件的路径：请通过 {variable} 填写该路径"
        ));
    }
    visible(value)
}

fn visible(value: &str) -> Result<String, Text> {
    let is_visible = replaced(value)?.bytes().all(|byte| byte.is_ascii_graphic());
    let rule = text!("must be visible ASCII characters without spaces", "只能包含可见的 ASCII 字符，不能有空白");
    valid(value, is_visible, rule)
}

fn arn(value: &str, part: &str) -> Result<String, Text> {
    let account = replaced(value)?.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(part));
    let is_arn = account.is_some_and(|(account, name)| {
        let is_account = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
        is_account && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let rule =
        text!("must be an ARN such as acs:ram::<account>{part}<name>", "必须是形如 acs:ram::<账号>{part}<名称> 的 ARN");
    valid(value, is_arn, rule)
}

fn session_name(value: &str) -> Result<String, Text> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
    let is_name = (2..=64).contains(&value.len()) && value.bytes().all(fits);
    valid(value, is_name, text!("must have 2 to 64 letters, digits or `.@-_`", "必须是 2 到 64 个字母、数字或 `.@-_`"))
}

/// STS's own limits; the role's may be narrower.
fn session_duration(value: &str) -> Result<Duration, Text> {
    let fits = |duration: &Duration| (Duration::from_mins(15)..=Duration::from_hours(12)).contains(duration);
    let rule = || text!("must be from `15m` to `12h`", "必须在 `15m` 到 `12h` 之间");
    duration(value)?.filter(fits).ok_or_else(rule)
}

fn why_empty() -> Text {
    text!(
        "; if the CI system was supposed to set it, the secret's name may be misspelled, the job may come from a fork \
         (forks get no secrets), or the variable may be protected while this branch isn't",
        "；如果它应由 CI 系统填入，可能是密钥名写错、作业来自 fork（拿不到密钥），或变量受保护而当前分支不受保护"
    )
}
