//! Who calls.

use secrecy::{ExposeSecret, SecretString};

use super::grammar::{is_unreplaced, unreplaced};
use super::{Environment, Inputs, Table};
use crate::text::{Text, text};
use crate::yunxiao::credentials::AccessKey;

/// The credentials, whole from one source: the inputs, or else the environment as Alibaba Cloud's tools leave it.
pub(super) fn access_key(
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
                &text!("must be visible ASCII characters without spaces", "只能包含可见的 ASCII 字符，不能有空白"),
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
        "；如果它应由 CI 系统填入，可能是密钥名写错、任务来自 fork（拿不到密钥），或变量受保护而当前分支不受保护"
    )
}
