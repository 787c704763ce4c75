//! Answers and refusals of the token API.

use serde_json::json;

use crate::api::{Content, request_id};
use crate::error::{ErrorShape, Refusal};
use crate::request::{Answer, Request};
use crate::setup::Setup;

/// The bare answer: there is no envelope.
pub(in crate::api) fn write(
    setup: &Setup,
    request: &Request,
    number: usize,
    decided: Result<Content, Refusal>,
) -> Answer {
    match decided {
        Ok(Content { body, headers }) => {
            let answer = Answer::json(200, &body);
            headers.into_iter().fold(answer, |answer, (name, value)| answer.with_header(name, &value))
        }
        Err(refusal) => refuse(request, number, &refusal, setup.error_shape),
    }
}

/// A refusal in this API's own form, which stands for the gateway's, or in another one.
pub(in crate::api) fn refuse(request: &Request, number: usize, refusal: &Refusal, shape: ErrorShape) -> Answer {
    let request_id = request_id(number);
    if shape != ErrorShape::Gateway {
        return refusal.answer(shape, &request.host, &request_id);
    }
    let Refusal { status, code, message } = refusal;
    // One code for it, which a fault that is planned for both APIs need not know.
    let code = if *status == 429 && code.starts_with("Throttling") { "TooManyRequests" } else { code };
    Answer::json(*status, &json!({"errorCode": code, "errorMessage": message, "requestId": request_id}))
}

/// What is refused with a code of the other API has one of its own here.
pub(in crate::api) fn translated(refusal: Refusal) -> Refusal {
    match refusal.code.as_str() {
        "InvalidOrganization.NotFound" => Refusal::of("Forbidden.InvalidUser.UserNotInCurrentOrganization"),
        "Forbidden.AccessDenied" => Refusal::of("Forbidden"),
        "InvalidPipeline.NotFound" | "InvalidPipelineRun.NotFound" | "SYSTEM_NOT_FOUND_ERROR" => {
            Refusal::of("NotFound")
        }
        "InvalidParam.ParamNotPresent" => Refusal::of("BadRequest").saying(&refusal.message),
        _ => refusal,
    }
}
