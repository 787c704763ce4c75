//! Which service is called, and which pipeline of it.

use super::connection::address;
use super::target::{organization, pipeline};
use super::{Inputs, Table};
use crate::environment::Environment;
use crate::text::{Text, text};
use crate::transport::Address;
use crate::yunxiao::caller::Identity;
use crate::yunxiao::{Api, Service};

const ACCESS_KEY_ENDPOINT: &str = "https://devops.cn-hangzhou.aliyuncs.com";
const TOKEN_ENDPOINT: &str = "https://openapi-rdc.aliyuncs.com";
const STS_ENDPOINT: &str = "https://sts.aliyuncs.com";
pub(super) const WEB_URL: &str = "https://flow.aliyun.com";

/// What the official MCP server calls the token API's address.
const TOKEN_ENDPOINT_VARIABLE: &str = "YUNXIAO_API_BASE_URL";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edition {
    Central,
    Region,
}

pub(super) fn service(
    inputs: &Inputs,
    table: &mut Table,
    environment: &Environment,
    identity: Option<&Identity>,
    notices: &mut Vec<Text>,
) -> Option<Service> {
    let has_token = matches!(identity, Some(Identity::Token(_)));
    let (given, source) = match (inputs.endpoint.as_deref(), environment.get(TOKEN_ENDPOINT_VARIABLE)) {
        (Some(_), _) => (table.parse("endpoint", inputs.endpoint.as_deref(), address), table.written("endpoint")),
        (None, Some(ambient)) if has_token => {
            let parsed = address(ambient).map_err(|rule| table.complain(TOKEN_ENDPOINT_VARIABLE, rule));
            (parsed.ok(), TOKEN_ENDPOINT_VARIABLE.to_owned())
        }
        _ => (None, String::new()),
    };
    if let Some(endpoint) = &given {
        notices.push(text!("Endpoint {endpoint}, from {source}", "服务地址 {endpoint}，来自 {source}"));
    }
    let default = if has_token { TOKEN_ENDPOINT } else { ACCESS_KEY_ENDPOINT };
    let endpoint = given.or_else(|| Address::parse(default).ok())?;

    let asked = table.parse("edition", inputs.edition.as_deref(), edition);
    if asked == Some(Edition::Region) && identity.is_some() && !has_token {
        let rule = text!(
            "can be `region` only with an access token: an AccessKey is for the central service",
            "只有使用个人访问令牌时才能是 `region`：AccessKey 只能用于中心版"
        );
        table.complain(table.written("edition"), rule);
    }
    // The official MCP server's rule.
    let by_address = if Address::parse(TOKEN_ENDPOINT).ok().as_ref() == Some(&endpoint) {
        Edition::Central
    } else {
        Edition::Region
    };
    let edition = if has_token { asked.unwrap_or(by_address) } else { Edition::Central };
    let api = match (has_token, edition) {
        (true, Edition::Region) => Some(Api::Token { organization: None }),
        (true, Edition::Central) => {
            organization(inputs, table, environment).map(|organization| Api::Token { organization: Some(organization) })
        }
        (false, _) => organization(inputs, table, environment).map(|organization| Api::AccessKey { organization }),
    };

    let default = Address::parse(WEB_URL).ok();
    let given = table.parse("web_url", inputs.web_url.as_deref(), address);
    let pipeline = pipeline(inputs, table, environment, given.as_ref().or(default.as_ref()));
    let web_url = if table.has("web_url") || edition == Edition::Region { given } else { default };

    let sts = table.parse("sts_endpoint", inputs.sts_endpoint.as_deref().or(Some(STS_ENDPOINT)), sts);
    if let (Some(sts), true) = (&sts, table.has("sts_endpoint")) {
        let source = table.written("sts_endpoint");
        notices.push(text!("STS {sts}, from {source}", "STS 地址 {sts}，来自 {source}"));
    }
    Some(Service { endpoint, api: api?, pipeline: pipeline?, web_url, sts: sts? })
}

fn edition(value: &str) -> Result<Edition, Text> {
    match value {
        "central" => Ok(Edition::Central),
        "region" => Ok(Edition::Region),
        _ => Err(text!("must be `central` or `region`", "必须是 `central` 或 `region`")),
    }
}

/// An identity token is as good as a password, so it goes to STS alone: `sts.aliyuncs.com`, `sts.<region>.aliyuncs.com` and
/// `sts-vpc.<region>.aliyuncs.com`.
fn sts(value: &str) -> Result<Address, Text> {
    let address = address(value)?;
    let labels: Vec<&str> = address.host().split('.').collect();
    let is_sts = match labels[..] {
        ["sts", "aliyuncs", "com"] => true,
        // A region is not to be mistaken for a bucket of the object store, which may be called `sts`: `cn-hangzhou`, not
        // `oss-cn-hangzhou`.
        ["sts" | "sts-vpc", region, "aliyuncs", "com"] => region.find('-') == Some(2),
        _ => false,
    };
    let has_its_own_port = address.authority() == address.host();
    if address.is_loopback() || (is_sts && has_its_own_port) {
        Ok(address)
    } else {
        Err(text!(
            "must be an address of STS: https://sts.aliyuncs.com, or https://sts.<region>.aliyuncs.com",
            "必须是 STS 的地址：https://sts.aliyuncs.com 或 https://sts.<地域>.aliyuncs.com"
        ))
    }
}
