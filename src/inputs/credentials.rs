//! Who calls: exactly one kind of credentials, whole from one source.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::grammar::{is_unreplaced, unreplaced};
use super::{Inputs, Table};
use crate::environment::Environment;
use crate::identity_token::IdentityToken;
use crate::text::{Text, text};
use crate::transport::Address;
use crate::yunxiao::call::assume_role::Role;
use crate::yunxiao::caller::{Identity, RoleIdentity};
use crate::yunxiao::signature::AccessKey;

/// Whom an identity token is for, unless it is said: STS, as the official credentials action has it.
const AUDIENCE: &str = "sts.aliyuncs.com";

/// A kind of credentials, in the order in which they are taken from the environment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Token,
    AccessKey,
    Role,
}

const KINDS: [Kind; 3] = [Kind::Token, Kind::AccessKey, Kind::Role];

/// A value, and the name its user knows it by.
struct Given {
    value: Option<String>,
    name: String,
    /// Its user gave something, though it can't be read; there is a complaint already.
    is_unreadable: bool,
}

impl Kind {
    /// The inputs it is made of. The last of an AccessKey is for temporary ones alone.
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Token => &["access_token"],
            Self::AccessKey => &["access_key_id", "access_key_secret", "security_token"],
            Self::Role => &["role_to_assume", "oidc_provider_arn"],
        }
    }

    /// The variables that Alibaba Cloud's own tools have for them.
    fn ambient(self) -> &'static [&'static str] {
        match self {
            Self::Token => &["ALIBABA_CLOUD_YUNXIAO_ACCESS_TOKEN"],
            Self::AccessKey => {
                &["ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"]
            }
            Self::Role => &["ALIBABA_CLOUD_ROLE_ARN", "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"],
        }
    }

    /// How many of them it takes: an STS token left over by itself means nothing.
    fn needed(self) -> usize {
        self.fields().len().min(2)
    }
}

/// The credentials: among the inputs exactly one kind; only if there is none, what Alibaba Cloud's tools leave in the
/// environment.
pub(super) fn identity(
    inputs: &Inputs,
    table: &mut Table,
    environment: &Environment,
    notices: &mut Vec<Text>,
) -> Option<Identity> {
    let audience = table.parse("audience", inputs.audience.as_deref(), |value| plain(value).map(|()| value.to_owned()));
    let session_name = table.parse("role_session_name", inputs.role_session_name.as_deref(), session_name);

    let given: Vec<Kind> =
        KINDS.into_iter().filter(|kind| kind.fields().iter().any(|field| table.has(field))).collect();
    if let [first, others @ ..] = &given[..]
        && !others.is_empty()
    {
        let name = |kind: &Kind| {
            let field = kind.fields().iter().find(|field| table.has(field));
            field.map(|field| table.written(field)).unwrap_or_default()
        };
        let (first, others) = (name(first), others.iter().map(name).collect::<Vec<_>>());
        for other in others {
            table.complain(
                other,
                text!(
                    "is given beside {first}: give one kind of credentials",
                    "不能与 {first} 同时填写：只能使用一种凭证"
                ),
            );
        }
        return None;
    }
    let (kind, values) = if let Some(kind) = given.first() {
        (*kind, from_inputs(*kind, inputs, table))
    } else {
        let is_there = |kind: &Kind| kind.ambient()[..kind.needed()].iter().any(|name| environment.get(name).is_some());
        let Some(kind) = KINDS.into_iter().find(is_there) else {
            table.complain("access-token, access-key-id, role-to-assume", none_at_all());
            return None;
        };
        (kind, from_environment(kind, environment))
    };

    let mut explanation = Some(why_empty());
    for (index, given) in values.iter().enumerate() {
        match &given.value {
            Some(value) if is_unreplaced(value) => table.complain(&given.name, unreplaced()),
            Some(value) => {
                let rule = match (kind, index) {
                    (Kind::Role, 0) => arn(value, ":role/"),
                    (Kind::Role, _) => arn(value, ":oidc-provider/"),
                    _ => plain(value),
                };
                if let Err(rule) = rule {
                    table.complain_of_value(&given.name, &rule, value);
                }
            }
            None if index < kind.needed() && !given.is_unreadable => {
                let rule = text!("is empty or was not given", "为空或未填写");
                let rule = match explanation.take() {
                    Some(why) => Text::new(rule.english + &why.english, rule.chinese + &why.chinese),
                    None => rule,
                };
                table.complain(&given.name, rule);
            }
            None => {}
        }
    }
    let source = values[0].name.clone();
    let mut values = values.into_iter().map(|given| given.value);
    let mut next = || values.next().flatten();
    let (first, second, third) = (next(), next(), next());
    let (words, identity) = match kind {
        Kind::Token => (text!("a personal access token", "个人访问令牌"), Identity::Token(first?.into())),
        Kind::AccessKey => {
            let words = if third.is_some() {
                text!("an AccessKey with an STS token", "带 STS token 的 AccessKey")
            } else {
                text!("an AccessKey", "AccessKey")
            };
            let security_token = third.map(SecretString::from);
            (words, Identity::AccessKey(AccessKey { id: first?, secret: second?.into(), security_token }))
        }
        Kind::Role => {
            let token = token(inputs, table, environment, audience.as_deref().unwrap_or(AUDIENCE), &source);
            let role = Role { arn: first?, provider_arn: second? };
            let role = RoleIdentity { role, session_name, token: token? };
            (text!("a RAM role by OIDC", "通过 OIDC 扮演的 RAM 角色"), Identity::Role(Box::new(role)))
        }
    };
    let Text { english, chinese } = words;
    notices.push(text!("Credentials: {english}, from {source}", "凭证：{chinese}，来自 {source}"));
    Some(identity)
}

fn from_inputs(kind: Kind, inputs: &Inputs, table: &Table) -> Vec<Given> {
    let secret = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
    let value = |field: &str| match field {
        "access_token" => secret(&inputs.access_token),
        "access_key_id" => secret(&inputs.access_key_id),
        "access_key_secret" => secret(&inputs.access_key_secret),
        "security_token" => secret(&inputs.security_token),
        "role_to_assume" => inputs.role_to_assume.clone(),
        _ => inputs.oidc_provider_arn.clone(),
    };
    let given = |field: &&str| {
        let value = value(field);
        Given { is_unreadable: value.is_none() && table.has(field), value, name: table.written(field) }
    };
    kind.fields().iter().map(given).collect()
}

fn from_environment(kind: Kind, environment: &Environment) -> Vec<Given> {
    let given = |name: &&str| Given {
        value: environment.get(name).map(str::to_owned),
        name: (*name).to_owned(),
        is_unreadable: false,
    };
    kind.ambient().iter().map(given).collect()
}

/// Where identity tokens come from: what was given, the host, or the file that Alibaba Cloud's tools know. This alone may
/// come from elsewhere than the role.
fn token(
    inputs: &Inputs,
    table: &mut Table,
    environment: &Environment,
    audience: &str,
    role: &str,
) -> Option<IdentityToken> {
    const URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
    const BEARER: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
    if let Some(token) = &inputs.oidc_token {
        let written = table.written("oidc_token");
        let value = token.expose_secret();
        if is_unreplaced(value) {
            table.complain(written, unreplaced());
        } else if let Err(rule) = plain(value) {
            table.complain_of_value(&written, &rule, value);
        }
        return Some(IdentityToken::Given(token.clone()));
    }
    if table.has("oidc_token") {
        return None;
    }
    if let (Some(url), Some(bearer)) = (environment.get(URL), environment.get(BEARER)) {
        let url = Url::parse(url).ok().filter(Address::may_be_asked);
        if url.is_none() {
            table.complain(
                URL,
                text!(
                    "must be an https address (plain http only to this machine)",
                    "必须是 https 地址（仅本机允许 http）"
                ),
            );
        }
        return Some(IdentityToken::Request { url: url?, bearer: bearer.into(), audience: audience.to_owned() });
    }
    if let Some(path) = environment.get("ALIBABA_CLOUD_OIDC_TOKEN_FILE") {
        return Some(IdentityToken::File(PathBuf::from(path)));
    }
    table.complain(
        role,
        text!(
            "needs an OIDC token of this job, and there is none: on GitHub the job needs the permission \
             `id-token: write`; on GitLab name a token under `id_tokens` and give it as YUNXIAO_OIDC_TOKEN",
            "需要本任务的 OIDC token，但没有找到：GitHub 任务需要 `id-token: write` 权限；GitLab 请在 `id_tokens` 中声明，并作为 YUNXIAO_OIDC_TOKEN 传入"
        ),
    );
    None
}

fn plain(value: &str) -> Result<(), Text> {
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(text!("must be visible ASCII characters without spaces", "只能包含可见的 ASCII 字符，不能有空白"))
    }
}

fn arn(value: &str, part: &str) -> Result<(), Text> {
    let account = value.strip_prefix("acs:ram::").and_then(|rest| rest.split_once(part));
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
    let what = text!(
        "are all empty or were not given: set a personal access token (`access-token`), an AccessKey \
         (`access-key-id` and `access-key-secret`), or a RAM role (`role-to-assume` and `oidc-provider-arn`)",
        "均为空或未填写：请设置个人访问令牌（`access-token`）、AccessKey（`access-key-id` 和 `access-key-secret`）或 RAM 角色（`role-to-assume` 和 `oidc-provider-arn`）"
    );
    let why = why_empty();
    Text::new(what.english + &why.english, what.chinese + &why.chinese)
}

fn why_empty() -> Text {
    text!(
        "; when the CI system should have filled it in, the secret's name may be misspelt, the job may come from a fork \
         (secrets are not handed to those), or the variable may be protected and this branch not",
        "；如果它应由 CI 系统填入，可能是密钥名写错、任务来自 fork（拿不到密钥），或变量受保护而当前分支不受保护"
    )
}
