//! Who calls: exactly one kind of credentials, whole from one source.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::definitions::Inputs;
use super::findings::Findings;
use super::grammar::replaced;
use super::input::Input;
use crate::environment::Environment;
use crate::host::{self, TokenRequest};
use crate::identity_token::IdentityToken;
use crate::text::{Text, text};
use crate::transport::Address;
use crate::yunxiao::{AccessKey, Identity, Role, RoleIdentity};

/// A kind of credentials, in the order in which they are taken from the environment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Token,
    AccessKey,
    Role,
}

const KINDS: [Kind; 3] = [Kind::Token, Kind::AccessKey, Kind::Role];

impl Kind {
    /// The inputs it is made of. The last of an AccessKey is for temporary ones alone.
    fn inputs<'a>(self, inputs: &Inputs<&'a Input>) -> Vec<&'a Input> {
        match self {
            Self::Token => vec![inputs.access_token],
            Self::AccessKey => vec![inputs.access_key_id, inputs.access_key_secret, inputs.security_token],
            Self::Role => vec![inputs.role_to_assume, inputs.oidc_provider_arn],
        }
    }

    /// What is wrong with a value, by its place among [`Kind::inputs`].
    fn check(self, index: usize, value: &str) -> Result<(), Text> {
        match (self, index) {
            (Self::Role, 0) => arn(value, ":role/"),
            (Self::Role, _) => arn(value, ":oidc-provider/"),
            _ => visible(value).map(drop),
        }
    }
}

/// What there must be of these: an STS token left over by itself means nothing.
fn needed(values: &[Input]) -> &[Input] {
    &values[..values.len().min(2)]
}

/// The credentials: among the inputs exactly one kind; only if there is none, what Alibaba Cloud's tools leave in the
/// environment.
pub(super) fn identity(
    inputs: &Inputs<&Input>,
    findings: &mut Findings,
    environment: &Environment,
) -> Option<Identity> {
    let audience = findings.parse(inputs.audience, visible);
    let session_name = findings.parse(inputs.role_session_name, session_name);
    let (kind, values) = only_kind(inputs, findings, environment)?;

    for (index, missing) in needed(&values).iter().filter(|value| !value.is_given()).enumerate() {
        let rule = text!("is empty or was not given", "为空或未填写");
        let why = why_empty();
        let rule = if index == 0 { text!("{rule}{why}", "{rule}{why}", rule, why) } else { rule };
        findings.complain(&missing.name, rule);
    }
    for (index, given) in values.iter().enumerate() {
        findings.parse(given, |value| kind.check(index, value));
    }
    let source = &values[0].name;
    let value = |index: usize| values.get(index).and_then(Input::value).map(str::to_owned);
    let (words, identity) = match kind {
        Kind::Token => (text!("a personal access token", "个人访问令牌"), Identity::Token(value(0)?.into())),
        Kind::AccessKey => {
            let security_token = value(2).map(SecretString::from);
            let words = if security_token.is_some() {
                text!("an AccessKey with an STS token", "带 STS token 的 AccessKey")
            } else {
                text!("an AccessKey", "AccessKey")
            };
            (words, Identity::AccessKey(AccessKey { id: value(0)?, secret: value(1)?.into(), security_token }))
        }
        Kind::Role => {
            let token = token(inputs, findings, environment, audience.as_deref().unwrap_or_default(), source);
            let role = Role { arn: value(0)?, provider_arn: value(1)? };
            let role = RoleIdentity { role, session_name, token: token? };
            (text!("a RAM role by OIDC", "通过 OIDC 扮演的 RAM 角色"), Identity::Role(Box::new(role)))
        }
    };
    findings.notices.push(text!("Credentials: {words}, from {source}", "凭证：{words}，来自 {source}", words));
    Some(identity)
}

/// The one kind of credentials that was given, with its values in order.
fn only_kind(
    inputs: &Inputs<&Input>,
    findings: &mut Findings,
    environment: &Environment,
) -> Option<(Kind, Vec<Input>)> {
    let first_of = |kind: Kind| Some((kind, kind.inputs(inputs).into_iter().find(|given| given.is_given())?));
    let given: Vec<(Kind, &Input)> = KINDS.into_iter().filter_map(first_of).collect();
    if let [(_, Input { name: first, .. }), others @ ..] = &given[..]
        && !others.is_empty()
    {
        for (_, other) in others {
            let rule = text!(
                "is given beside {first}: give one kind of credentials",
                "不能与 {first} 同时填写：只能使用一种凭证"
            );
            findings.complain(&other.name, rule);
        }
        return None;
    }
    if let [(kind, _)] = given[..] {
        return Some((kind, kind.inputs(inputs).into_iter().cloned().collect()));
    }
    let ambient = |kind: Kind| -> (Kind, Vec<Input>) {
        (kind, kind.inputs(inputs).into_iter().map(|input| input.in_cloud_variable(environment)).collect())
    };
    let found = KINDS.into_iter().map(ambient).find(|(_, values)| needed(values).iter().any(Input::is_given));
    if found.is_none() {
        findings.complain("access-token, access-key-id, role-to-assume", none_at_all());
    }
    found
}

/// Where identity tokens come from: what was given, the host, or the file that Alibaba Cloud's tools know. This alone may
/// come from elsewhere than the role.
fn token(
    inputs: &Inputs<&Input>,
    findings: &mut Findings,
    environment: &Environment,
    audience: &str,
    role: &str,
) -> Option<IdentityToken> {
    if inputs.oidc_token.is_given() {
        return findings.parse(inputs.oidc_token, visible).map(|token| IdentityToken::Given(token.into()));
    }
    if let Some(TokenRequest { url, url_variable, bearer, audience_parameter }) =
        host::known::token_request(environment)
    {
        let Some(mut url) = Url::parse(&url).ok().filter(Address::may_be_asked) else {
            findings.complain(
                url_variable,
                text!(
                    "must be an https address (plain http only to this machine)",
                    "必须是 https 地址（仅本机允许 http）"
                ),
            );
            return None;
        };
        url.query_pairs_mut().append_pair(audience_parameter, audience);
        return Some(IdentityToken::Request { url, bearer });
    }
    if let Some(path) = environment.get("ALIBABA_CLOUD_OIDC_TOKEN_FILE") {
        return Some(IdentityToken::File(PathBuf::from(path)));
    }
    findings.complain(
        role,
        text!(
            "needs an OIDC token of this job, and there is none: on GitHub the job needs the permission \
             `id-token: write`; on GitLab name a token under `id_tokens` and give it as YUNXIAO_OIDC_TOKEN",
            "需要本任务的 OIDC token，但没有找到：GitHub 任务需要 `id-token: write` 权限；GitLab 请在 `id_tokens` 中声明，并作为 YUNXIAO_OIDC_TOKEN 传入"
        ),
    );
    None
}

fn visible(value: &str) -> Result<String, Text> {
    if replaced(value)?.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(value.to_owned())
    } else {
        Err(text!("must be visible ASCII characters without spaces", "只能包含可见的 ASCII 字符，不能有空白"))
    }
}

fn arn(value: &str, part: &str) -> Result<(), Text> {
    let account = replaced(value)?.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(part));
    let is_arn = account.is_some_and(|(account, name)| {
        let is_account = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
        is_account && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
    });
    if is_arn {
        Ok(())
    } else {
        Err(text!(
            "must be an ARN such as acs:ram::<account>{part}<name>",
            "必须是形如 acs:ram::<账号>{part}<名称> 的 ARN"
        ))
    }
}

fn session_name(value: &str) -> Result<String, Text> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".@-_".contains(&byte);
    if (2..=64).contains(&value.len()) && value.bytes().all(fits) {
        Ok(value.to_owned())
    } else {
        Err(text!("must have 2 to 64 letters, digits or `.@-_`", "必须是 2 到 64 个字母、数字或 `.@-_`"))
    }
}

fn none_at_all() -> Text {
    let why = why_empty();
    text!(
        "are all empty or were not given: set a personal access token (`access-token`), an AccessKey \
         (`access-key-id` and `access-key-secret`), or a RAM role (`role-to-assume` and `oidc-provider-arn`){why}",
        "均为空或未填写：请设置个人访问令牌（`access-token`）、AccessKey（`access-key-id` 和 `access-key-secret`）或 RAM 角色（`role-to-assume` 和 `oidc-provider-arn`）{why}",
        why
    )
}

fn why_empty() -> Text {
    text!(
        "; when the CI system should have filled it in, the secret's name may be misspelt, the job may come from a fork \
         (secrets are not handed to those), or the variable may be protected and this branch not",
        "；如果它应由 CI 系统填入，可能是密钥名写错、任务来自 fork（拿不到密钥），或变量受保护而当前分支不受保护"
    )
}
