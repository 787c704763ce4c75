//! What the service's refusals mean and what to do about them, with the console's menus by their Chinese names.
//!
//! Codes: the error table of `StartPipelineRun` and its sibling operations in Alibaba Cloud's OpenAPI metadata, the
//! gateway's common error codes (documents 48054 and 51132), the error list of `AssumeRoleWithOIDC`, the token API's
//! swagger, and some that public code reports seeing.

use super::answer::{BodyKind, Refusal, is_redirect};
use crate::redaction::Foreign;
use crate::text::{Text, text};

/// Advice by code; `*` at the end matches any rest, and the first matching row counts.
macro_rules! advice {
    ($($($code:literal)|+ => $english:literal, $chinese:literal;)+) => {
        const BY_CODE: &[(&[&str], &str, &str)] = &[$((&[$($code),+], $english, $chinese)),+];
    };
}

advice! {
    "InvalidParam.ParamNotPresent" =>
        "Yunxiao rejected a parameter: check `pipeline-id`, and that repositories, branches and variables are spelled \
         as in the pipeline editor (流水线 → 编辑).",
        "云效不接受某个参数：请检查 `pipeline-id`，以及代码库地址、分支和变量的写法是否与流水线编辑页（流水线 → 编辑）一致。";
    "InvalidUser.NotFound" =>
        "The AccessKey's owner has never signed in to Yunxiao: sign in once at https://devops.aliyun.com as that \
         RAM user, then add the user under 组织管理后台 → 成员管理.",
        "该 AccessKey 所属的用户未注册为云效用户：请用该 RAM 用户登录一次 https://devops.aliyun.com，再到“组织管理后台 → 成员管理”中添加该用户。";
    "Forbidden.UserNotInCurrentOrganization" | "InvalidUser.UserNotInCurrentOrganization" =>
        "The AccessKey's owner is not a member of this organization: check `organization-id`, or add the user under \
         组织管理后台 → 成员管理.",
        "该 AccessKey 所属的用户不是该企业成员：请检查 `organization-id`，或到“组织管理后台 → 成员管理”中添加该用户。";
    "InvalidOrganization.NotFound" =>
        "Organization not found: `organization-id` is the id in the address \
         https://devops.aliyun.com/organization/<id>.",
        "企业不存在：`organization-id` 是访问链接 https://devops.aliyun.com/organization/<id> 中的 id。";
    "InvalidPipeline.NotFound" =>
        "Pipeline not found in this organization: `pipeline-id` is the number in the address \
         https://flow.aliyun.com/pipelines/<id>/current.",
        "该企业中没有此流水线：`pipeline-id` 是链接 https://flow.aliyun.com/pipelines/<id>/current 中的数字。";
    "InvalidPipelineRun.NotFound" =>
        "Run not found in this pipeline: check `pipeline-run-id`, and that `pipeline-id` is the pipeline it belongs \
         to.",
        "该流水线没有这次运行：请检查 `pipeline-run-id`，以及 `pipeline-id` 是否为触发它的那条流水线。";
    "Forbidden.AccessDenied" | "Forbidden.UserNotAdminOrOwner" | "InvalidPipeline.NotHavePipelinePermission" =>
        "The AccessKey's owner has no permission to run this pipeline: grant 运行权限 under 流水线 → 成员.",
        "该 AccessKey 所属的用户没有运行此流水线的权限：请在“流水线 → 成员”中授予运行权限。";
    "SYSTEM_NOT_FOUND_ERROR" =>
        "Either the AccessKey's owner is not a Yunxiao user (组织管理后台 → 成员管理), or the organization or pipeline does not \
         exist: check `organization-id` and `pipeline-id`.",
        "有两种可能：该 AccessKey 所属的用户不是云效用户（组织管理后台 → 成员管理），或者企业、流水线不存在。请检查 `organization-id` 和 `pipeline-id`。";
    "InvalidAction.NotFound" =>
        "The service at this address doesn't support this call: check `endpoint`.",
        "该地址上的服务不支持此接口：请检查 `endpoint`。";
    "SignatureDoesNotMatch" | "IncompleteSignature" =>
        "The AccessKey secret is incomplete or doesn't belong to the id: copy `access-key-secret` again (阿里云控制台 → \
         AccessKey 管理); an STS token belongs in `security-token`.",
        "AccessKey secret 与 id 不匹配或不完整：请重新复制 `access-key-secret`（阿里云控制台 → AccessKey 管理）；STS token 应填入 `security-token`。";
    "InvalidSignatureMethod" | "ContentMD5NotMatched" =>
        "The service rejected the signature: check `signature-algorithm`, and that no proxy modifies requests.",
        "服务端不接受该签名：请检查 `signature-algorithm`，以及是否有代理改动了请求。";
    "InvalidAccessKeyId.Inactive" =>
        "The AccessKey is disabled: enable it, or use another (阿里云控制台 → AccessKey 管理).",
        "该 AccessKey 已被禁用：请启用或更换（阿里云控制台 → AccessKey 管理）。";
    "InvalidAccessKeyId*" =>
        "AccessKey not found: check `access-key-id` (阿里云控制台 → AccessKey 管理); a temporary one (STS.…) also needs \
         `security-token`.",
        "AccessKey 不存在：请检查 `access-key-id`（阿里云控制台 → AccessKey 管理）；临时的（STS.…）还需要 `security-token`。";
    "MissingSecurityToken" =>
        "A temporary AccessKey (STS.…) needs its STS token: set `security-token`.",
        "临时 AccessKey（STS.…）需要配套的 STS token：请设置 `security-token`。";
    "InvalidSecurityToken.Expired" =>
        "The STS token has expired: get a new one in this job, just before this step. (A role's STS token is renewed \
         automatically as long as an OIDC token is available.)",
        "STS token 已过期：请在本作业中、本步骤之前重新获取。（扮演角色时，只要还能取得 OIDC token，本程序会自动续期。）";
    "InvalidSecurityToken*" =>
        "The STS token is incomplete or doesn't belong to the AccessKey: the AccessKey id, the secret and the STS \
         token must come from one STS response.",
        "STS token 与 AccessKey 不匹配或不完整：AccessKey id、secret 和 STS token 必须来自同一次 STS 应答。";
    "InvalidTimeStamp.Expired" =>
        "This machine's clock is wrong: sync it with NTP.",
        "本机时钟不准：请用 NTP 校时。";
    "Forbidden.RiskControl" =>
        "Alibaba Cloud's risk control blocked the account: check the messages in the console (阿里云控制台 → 消息中心).",
        "账号被阿里云风控拦截：请查看控制台消息（阿里云控制台 → 消息中心）。";
    "NoPermission" | "Forbidden.RAM" =>
        "The RAM user's policies don't allow this call: ask an administrator to grant it (RAM 控制台 → 权限管理).",
        "RAM 用户的权限策略不允许此调用：请联系管理员授权（RAM 控制台 → 权限管理）。";
    "AuthenticationFail.NoPermission" =>
        "This job isn't allowed to assume the role: check `role-to-assume` and `oidc-provider-arn`, and that the \
         role's trust policy (RAM 控制台 → 角色 → 信任策略) names this provider and matches the token's `oidc:iss`, `oidc:aud` \
         and `oidc:sub`.",
        "本作业不能扮演该角色：请检查 `role-to-assume` 和 `oidc-provider-arn`，以及角色的信任策略（RAM 控制台 → 角色 → 信任策略）是否信任该身份提供商，其中的 `oidc:iss`、`oidc:aud`、`oidc:sub` 是否与 token 一致。";
    "AuthenticationFail.OIDCToken.AudienceNotMatch" =>
        "The OIDC token has the wrong audience: `audience` must be one of the identity provider's client ids (RAM 控制台 \
         → SSO 管理).",
        "OIDC token 的受众不符：`audience` 必须是身份提供商的某个客户端 ID（RAM 控制台 → SSO 管理）。";
    "AuthenticationFail.OIDCToken.Expired" =>
        "The OIDC token has expired: get it in this job, just before this step.",
        "OIDC token 已过期：请在本作业中、本步骤之前获取。";
    "AuthenticationFail.OIDCToken*" =>
        "The OIDC token was not signed by this identity provider: check the provider's issuer and fingerprints (RAM \
         控制台 → SSO 管理).",
        "OIDC token 不是由该身份提供商签发的：请检查其颁发者和指纹（RAM 控制台 → SSO 管理）。";
    "Unauthorized" | "InvalidTokenError" | "InvalidToken" =>
        "The access token is invalid: copy `access-token` again, or create a new one (个人设置 → 个人访问令牌, \
         https://account-devops.aliyun.com/settings/personalAccessToken).",
        "个人访问令牌无效：请重新复制 `access-token`，或新建一个（个人设置 → 个人访问令牌，https://account-devops.aliyun.com/settings/personalAccessToken）。";
    "ExpiredTokenError" | "ExpiredToken" =>
        "The access token has expired: create a new one (个人设置 → 个人访问令牌, \
         https://account-devops.aliyun.com/settings/personalAccessToken).",
        "个人访问令牌已过期：请新建一个（个人设置 → 个人访问令牌，https://account-devops.aliyun.com/settings/personalAccessToken）。";
    "UnsupportedCurrentTokenType" =>
        "This call doesn't accept this kind of token: use a personal access token (个人设置 → 个人访问令牌).",
        "此接口不支持该类型的令牌：请使用个人访问令牌（个人设置 → 个人访问令牌）。";
    "Forbidden.InvalidUser.UserNotInCurrentOrganization" | "Forbidden.InvalidOrganizationMember" =>
        "The token's owner is not a member of this organization: check `organization-id`, or add the user under \
         组织管理后台 → 成员管理.",
        "令牌所属的用户不是该企业成员：请检查 `organization-id`，或到“组织管理后台 → 成员管理”中添加该用户。";
    "Forbidden" =>
        "The access token lacks permission: it needs 流水线 → 流水线运行实例 (读写), 流水线 (只读) and, for logs, 流水线运行任务 (只读), and \
         its owner needs 运行权限 under 流水线 → 成员.",
        "该令牌没有此权限：需要勾选“流水线 → 流水线运行实例（读写）”“流水线（只读）”，读取日志还需“流水线运行任务（只读）”，且其所属用户在“流水线 → 成员”中拥有运行权限。";
    "NotFound" =>
        "Pipeline or run not found: check `pipeline-id`, `pipeline-run-id`, `organization-id`, and `edition` (the two \
         editions use different paths).",
        "流水线或运行不存在：请检查 `pipeline-id`、`pipeline-run-id`、`organization-id` 和 `edition`（中心版与 Region 版的路径不同）。";
    "TooManyRequests" | "Throttling*" =>
        "Too many requests: start fewer runs at once, or raise YUNXIAO_RETRY_TIMEOUT.",
        "调用过于频繁：请减少并发触发，或调大 YUNXIAO_RETRY_TIMEOUT。";
}

impl Refusal {
    /// The code as it is compared, empty if there is none.
    pub(super) fn code(&self) -> &str {
        self.code.as_ref().map_or("", Foreign::raw)
    }

    /// Whether the caller's identity or permissions are what was refused.
    pub fn is_about_credentials(&self) -> bool {
        const STARTS: &[&str] =
            &["InvalidAccessKeyId", "InvalidSecurityToken", "InvalidUser.", "Forbidden", "AuthenticationFail."];
        const WHOLE: &[&str] = &[
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "MissingSecurityToken",
            "NoPermission",
            "InvalidPipeline.NotHavePipelinePermission",
        ];
        let code = self.code();
        matches!(self.status, 401 | 403) || WHOLE.contains(&code) || STARTS.iter().any(|start| code.starts_with(start))
    }

    pub(super) fn describe(&self, host: &str, body: BodyKind) -> Text {
        let status = self.status;
        let message = self.message.as_deref().unwrap_or_default();
        match (&self.code, body) {
            (Some(code), _) => {
                let (who, whose) =
                    if code.raw().starts_with("AuthenticationFail.") { ("STS", "STS ") } else { ("Yunxiao", "云效") };
                text!("{who} answered {status} {code}: \"{message}\"", "{whose}返回 {status} {code}：“{message}”")
            }
            (None, BodyKind::Members) if !message.is_empty() => {
                text!("{host} answered {status}: \"{message}\"", "{host} 返回 {status}：“{message}”")
            }
            (None, BodyKind::Page) => {
                text!("{host} answered {status} with a web page", "{host} 返回 {status}，内容是网页")
            }
            (None, BodyKind::Empty) => {
                text!("{host} answered {status} with an empty body", "{host} 返回 {status}，内容为空")
            }
            (None, _) => {
                text!(
                    "{host} answered {status}, but not in Yunxiao's format",
                    "{host} 返回 {status}，内容不是云效的应答格式"
                )
            }
        }
    }

    pub fn advice(&self, has_security_token: bool) -> Text {
        if is_redirect(self.status) {
            return text!(
                "A redirect means that the address is wrong: check `endpoint`.",
                "服务返回了重定向，说明地址不对：请检查 `endpoint`。"
            );
        }
        let code = self.code();
        let fits = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(start) => code.starts_with(start),
            None => code == *pattern,
        };
        let of_membership = ["InvalidUser.NotFound", "Forbidden.UserNotInCurrentOrganization"].contains(&code);
        if has_security_token && of_membership {
            return text!(
                "These are temporary credentials. If they come from a RAM user's session, that user must be a member \
                 of the organization (组织管理后台 → 成员管理). If they come from a RAM role: no public document says that a \
                 role can be a member; use a personal access token (`access-token`) or a RAM user's AccessKey instead.",
                "当前使用的是临时凭证。如果它来自 RAM 用户的会话，该用户必须是企业成员（组织管理后台 → 成员管理）；如果来自 RAM 角色：没有公开文档说明角色可以成为企业成员，请改用个人访问令牌（`access-token`）或 RAM 用户的 AccessKey。"
            );
        }
        if let Some((_, english, chinese)) = BY_CODE.iter().find(|(codes, ..)| codes.iter().any(fits)) {
            Text::new(*english, *chinese)
        } else if self.status == 429 {
            text!(
                "Too many requests: start fewer runs at once, or raise YUNXIAO_RETRY_TIMEOUT.",
                "调用过于频繁：请减少并发触发，或调大 YUNXIAO_RETRY_TIMEOUT。"
            )
        } else if self.is_about_credentials() {
            text!(
                "The credentials were refused: check that they are correct, and that their owner is a member of the \
                 organization (组织管理后台 → 成员管理) and has permission to run the pipeline (流水线 → 成员).",
                "凭证被拒绝：请检查凭证是否正确、其所属用户是否为企业成员（组织管理后台 → 成员管理），以及是否有此流水线的运行权限（流水线 → 成员）。"
            )
        } else if code.is_empty() {
            text!(
                "Check that `endpoint` is Yunxiao's and that no proxy or gateway answers in its place. If both are \
                 fine, the service may be having problems: try again later.",
                "请检查 `endpoint` 是否为云效的地址，以及是否有代理或网关代为应答；如果都没有问题，可能是服务暂时异常，请稍后重试。"
            )
        } else {
            text!(
                "Look up the code at https://api.aliyun.com/troubleshoot, or send the request id to Alibaba Cloud \
                 support.",
                "请在 https://api.aliyun.com/troubleshoot 查询该错误码，或带上请求 id 咨询阿里云技术支持。"
            )
        }
    }
}
