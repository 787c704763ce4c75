//! Which service is called, and what for.

use super::grammar::{one_of, replaced};
use super::target::{Mode, Target, WEB_URL, organization, target};
use super::{check::Check, definitions::Inputs, input::Input};
use crate::text::{Text, text};
use crate::transport::Address;
use crate::yunxiao::{Api, Identity, Service};

const ACCESS_KEY_ENDPOINT: &str = "https://devops.cn-hangzhou.aliyuncs.com";
const TOKEN_ENDPOINT: &str = "https://openapi-rdc.aliyuncs.com";

/// What the official MCP server and the official command line call the token API's address.
const TOKEN_ENDPOINT_VARIABLES: [&str; 2] = ["YUNXIAO_API_BASE_URL", "ALIBABA_CLOUD_YUNXIAO_API_BASE_URL"];

/// The service with the pipeline, and what to do with it.
pub(super) fn service(
    inputs: &Inputs<&Input>,
    check: &mut Check<'_>,
    identity: Option<&Identity>,
) -> (Option<Service>, Option<Mode>) {
    let has_token = matches!(identity, Some(Identity::Token(_)));
    let mut given = inputs.endpoint.clone();
    for name in TOKEN_ENDPOINT_VARIABLES.into_iter().filter(|_| has_token) {
        given = given.or(given.in_variable(name, check.environment));
    }
    let endpoint = check.parse(&given, address);
    if let Some(endpoint) = &endpoint {
        let source = &given.name();
        check.notices.push(text!("Endpoint {endpoint}, from {source}", "服务地址 {endpoint}，来自 {source}"));
    }
    let default = if has_token { TOKEN_ENDPOINT } else { ACCESS_KEY_ENDPOINT };
    let endpoint = endpoint.or_else(|| Address::parse(default).ok());

    let asks_for_region = check.parse(inputs.edition, one_of(&[("central", false), ("region", true)]));
    if asks_for_region == Some(true) && identity.is_some() && !has_token {
        let rule = text!(
            "can be `region` only with an access token: AccessKeys work only with the central edition",
            "只有使用个人访问令牌时才能是 `region`：AccessKey 只能用于中心版"
        );
        check.complain(&inputs.edition.name(), rule);
    }
    // The official MCP server's rule.
    let by_address = endpoint.as_ref().map(Address::as_str) != Some(TOKEN_ENDPOINT);
    let is_region = has_token && asks_for_region.unwrap_or(by_address);
    if let (true, true, Some(endpoint)) = (has_token, by_address, &endpoint) {
        let host = endpoint.host();
        check.notices.push(match (is_region, inputs.edition.is_given) {
            (true, false) => text!(
                "Edition: Region, because the endpoint is {host} (`edition: central` if it is the central one)",
                "版本：Region 版，因为服务地址是 {host}（如果是中心版，请设置 `edition: central`）"
            ),
            (true, true) => text!("Edition: Region", "版本：Region 版"),
            (false, _) => text!("Edition: central", "版本：中心版"),
        });
    }
    let api = if is_region {
        Some(Api::Token { organization: None })
    } else {
        organization(inputs, check).map(|organization| {
            if has_token { Api::Token { organization: Some(organization) } } else { Api::AccessKey { organization } }
        })
    };

    let default = Address::parse(WEB_URL).ok();
    let given = check.parse(inputs.web_url, address);
    let Target { pipeline, mode } = target(inputs, check, given.as_ref().or(default.as_ref()));
    let web_url = if inputs.web_url.is_given || is_region { given } else { default };

    let sts = check.parse(inputs.sts_endpoint, sts);
    if let (Some(sts), true) = (&sts, inputs.sts_endpoint.is_given) {
        let source = &inputs.sts_endpoint.name();
        check.notices.push(text!("STS {sts}, from {source}", "STS 地址 {sts}，来自 {source}"));
    }
    let service = || Some(Service { endpoint: endpoint?, api: api?, pipeline: pipeline?, web_url, sts: sts? });
    (service(), mode)
}

fn address(value: &str) -> Result<Address, Text> {
    Address::parse(replaced(value)?)
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
        return Ok(address);
    }
    Err(text!(
        "must be an address of STS: https://sts.aliyuncs.com, or https://sts.<region>.aliyuncs.com",
        "必须是 STS 的地址：https://sts.aliyuncs.com 或 https://sts.<地域>.aliyuncs.com"
    ))
}
