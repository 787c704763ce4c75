//! Refusals: the documented codes, and the forms in which clients of this service expect them.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::request::Answer;
use crate::xml;

/// How the body of a refusal is written. The official clients parse all of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorShape {
    /// `Code`, `Message`, `RequestId`, `HostId`, `Recommend`: the gateway's; to a request for the token API, that API's own form:
    /// `errorCode`, `errorMessage`, `requestId`.
    #[default]
    Gateway,
    /// `code`, `message`, `requestId`.
    LowerCase,
    /// `errorCode`, `errorMessage`, `requestId`, `success: false`: the API's own envelope.
    Envelope,
    /// `errorCode`, `errorMsg`.
    ErrorMsg,
    /// `<Error><Code/>…`, as `text/xml;charset=utf-8`.
    Xml,
    /// A page for people, which names no code.
    Html,
    /// No body.
    Empty,
}

/// A refusal by the service: what it says, not yet how it is written.
///
/// The codes of the Flow operations are those of <https://help.aliyun.com/document_detail/460556.html>; those of the
/// gateway are common to Alibaba Cloud's APIs. Those of the token API are the ones its error centre and its clients name;
/// the messages are made up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The message that comes with it.
    #[serde(default)]
    pub message: String,
}

impl Refusal {
    /// Any refusal.
    #[must_use]
    pub fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// A documented code, with its status and message. An unknown one is a 400 without much to say.
    #[must_use]
    pub fn of(code: &str) -> Self {
        let found = CODES.iter().find(|(known, ..)| *known == code);
        let (code, status, message) = found.map_or((code, 400, "The request was refused."), |known| *known);
        Self::new(status, code, message)
    }

    /// The same code with a message of its own.
    #[must_use]
    pub fn saying(mut self, message: &str) -> Self {
        self.message = message.into();
        self
    }

    /// The refusal as an answer.
    #[must_use]
    pub fn answer(&self, shape: ErrorShape, host: &str, request_id: &str) -> Answer {
        let Self { status, code, message } = self;
        let gateway = json!({
            "RequestId": request_id, "HostId": host, "Code": code, "Message": message, "Recommend": RECOMMEND,
        });
        let answer = match shape {
            ErrorShape::Gateway => Answer::json(*status, &gateway),
            ErrorShape::LowerCase => {
                Answer::json(*status, &json!({"requestId": request_id, "code": code, "message": message}))
            }
            ErrorShape::Envelope => Answer::json(
                *status,
                &json!({"requestId": request_id, "success": false, "errorCode": code, "errorMessage": message}),
            ),
            ErrorShape::ErrorMsg => Answer::json(*status, &json!({"errorCode": code, "errorMsg": message})),
            ErrorShape::Xml => Answer::new(*status, "text/xml;charset=utf-8", xml::document("Error", &gateway)),
            ErrorShape::Html => return Answer::html(*status),
            ErrorShape::Empty => return Answer::empty(*status),
        };
        answer.with_header("x-acs-request-id", request_id)
    }
}

/// Where the gateway sends people who were refused.
const RECOMMEND: &str = "https://api.aliyun.com/troubleshoot";

const CODES: &[(&str, u16, &str)] = &[
    // the operation's own
    ("InvalidParam.ParamNotPresent", 400, "The parameter is invalid."),
    ("InvalidUser.NotFound", 400, "The user that is invoking the API service is not a registered user."),
    (
        "Forbidden.UserNotInCurrentOrganization",
        403,
        "The user is not in the organization and is not authorized to perform the operation.",
    ),
    ("InvalidOrganization.NotFound", 404, "The organization is not found."),
    ("InvalidPipeline.NotFound", 404, "The pipeline is not found."),
    ("InvalidPipeline.NotHavePipelinePermission", 403, "The user does not have the permission of the pipeline."),
    ("InvalidPipelineRun.NotFound", 404, "The pipeline execution instance is not found."),
    ("Forbidden.AccessDenied", 403, "The user is not authorized to perform the operation."),
    ("Forbidden.UserNotAdminOrOwner", 403, "The user is neither an administrator nor the owner."),
    // seen by others; status and message are made up
    ("SYSTEM_NOT_FOUND_ERROR", 404, "未找到数据"),
    ("SYSTEM_UNKNOWN_ERROR", 500, "系统未知错误"),
    // the token API's
    ("BadRequest", 400, "The request is invalid."),
    ("UnsupportedInCurrentEnv", 400, "The operation is not supported in this environment."),
    ("UnsupportedCurrentTokenType", 400, "The operation is not supported with this type of token."),
    ("Unauthorized", 401, "The request carries no access token."),
    ("InvalidTokenError", 401, "The access token is invalid."),
    ("ExpiredTokenError", 401, "The access token is expired."),
    ("Forbidden", 403, "The access token lacks the permission."),
    (
        "Forbidden.InvalidUser.UserNotInCurrentOrganization",
        403,
        "The user is not in the organization and is not authorized to perform the operation.",
    ),
    ("Forbidden.InvalidOrganizationMember", 403, "The user is not a member of the organization."),
    ("NotFound", 404, "Not Found"),
    ("TooManyRequests", 429, "Too many requests."),
    ("InternalServerError", 500, "Internal server error."),
    // those of STS, by <https://help.aliyun.com/zh/ram/developer-reference/api-sts-2015-04-01-errorcodes>
    ("AuthenticationFail.NoPermission", 401, "There is no permission"),
    ("AuthenticationFail.OIDCToken.AudienceNotMatch", 401, "Invalid audience."),
    ("AuthenticationFail.OIDCToken.Expired", 401, "This JsonWebToken is expired."),
    ("AuthenticationFail.OIDCToken.Invalid", 401, "The Jwt content is invalid that cannot be recognized."),
    ("AuthenticationFail.OIDCToken.InvalidSignature", 401, "OIDC token validate failed: invalid signature."),
    // the gateway's
    ("InvalidAction.NotFound", 404, "Specified api is not found, please check your url and method."),
    ("SignatureDoesNotMatch", 400, "Specified signature is not matched with our calculation."),
    ("IncompleteSignature", 400, "The request signature does not conform to Aliyun standards."),
    ("InvalidSignatureMethod", 400, "Specified signature method is not valid."),
    ("ContentMD5NotMatched", 400, "Specified Content-MD5 does not match the request body."),
    ("InvalidAccessKeyId.NotFound", 404, "Specified access key is not found."),
    ("InvalidAccessKeyId.Inactive", 400, "Specified access key is disabled."),
    ("MissingSecurityToken", 400, "SecurityToken is mandatory for this action."),
    ("InvalidSecurityToken.Expired", 400, "Specified SecurityToken is expired."),
    ("InvalidSecurityToken.Malformed", 400, "Specified SecurityToken is malformed."),
    ("InvalidSecurityToken.MismatchWithAccessKey", 400, "Specified SecurityToken mismatch with the AccessKey."),
    ("InvalidTimeStamp.Expired", 400, "Specified time stamp or date value is expired."),
    ("InvalidTimeStamp.Format", 400, "Specified time stamp or date value is not well formatted."),
    ("SignatureNonceUsed", 400, "Specified signature nonce was used already."),
    ("Throttling", 400, "Request was denied due to request throttling."),
    ("Throttling.User", 400, "Request was denied due to user flow control."),
    ("Throttling.Api", 400, "Request was denied due to api flow control."),
    (
        "Forbidden.RAM",
        403,
        "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
    ),
    ("Forbidden.RiskControl", 403, "This operation is forbidden by Aliyun Risk Control system."),
    ("NoPermission", 403, "You are not authorized to do this action."),
    ("InternalError", 500, "The request processing has failed due to some unknown error."),
    ("ServiceUnavailable", 503, "The request has failed due to a temporary failure of the server."),
];
