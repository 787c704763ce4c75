//! What an answer makes certain that is not the one that was hoped for.

use super::Certainty;
use super::answer::Answer;

/// What an answer to a start makes certain that does not name a started run: the whole rule.
pub(super) fn of_start(answer: &Answer) -> Certainty {
    // A code that a start that acted could bring as well, and a refusal that names a run.
    let ambiguous = says_one_of(answer, &["InvalidPipelineRun.NotFound"]);
    let names_a_run = ["pipelineRunId", "object"].iter().any(|name| answer.number(name).is_some());
    if ambiguous || names_a_run { Certainty::Unknown } else { of(answer) }
}

/// What an answer other than the one that was hoped for makes certain, for any request.
pub(super) fn of(answer: &Answer) -> Certainty {
    // A nonce that was used means that the same request arrived before; what may be repeated is repeated with another.
    const AMBIGUOUS: &[&str] =
        &["InternalError", "ServiceUnavailable", "SignatureNonceUsed", "SYSTEM_UNKNOWN_ERROR", "UnknownError"];
    let code = answer.code();
    let code = code.as_deref().unwrap_or_default();
    match answer.status {
        _ if says_one_of(answer, AMBIGUOUS) => Certainty::Unknown,
        429 => Certainty::Throttled { wait: answer.wait },
        200..=299 if answer.success() == Some(false) => Certainty::Refused,
        408 => Certainty::Unknown,
        400..=499 if !answer.is_from_the_service() => Certainty::Unknown,
        400..=499 if code.starts_with("Throttling") => Certainty::Throttled { wait: answer.wait },
        400..=499 if code == "InvalidTimeStamp.Expired" && answer.date.is_some() => Certainty::ClockIsOff,
        // A redirect comes from a wrong address; it is not followed.
        300..=499 => Certainty::Refused,
        _ => Certainty::Unknown,
    }
}

/// Whether any of an answer's codes is one of these, or a kind of one of these (`InternalError.Timeout`).
fn says_one_of(answer: &Answer, names: &[&str]) -> bool {
    let is =
        |code: &str, name: &str| code.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    answer.codes().any(|code| names.iter().any(|name| is(&code, name)))
}
