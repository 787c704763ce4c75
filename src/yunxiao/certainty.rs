//! What is certain after a failed request: the rule that decides about resending.

use std::time::Duration;

use serde_json::Value;

use super::answer::{Answer, is_redirect, whole_number};
use crate::transport::{Failure, FailureKind};

/// What is certain after a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// No byte of the request left. It may be resent.
    NothingSent,
    /// No byte of the request left, and retrying won't help: the connection can't be made. Only a search or a followed
    /// run that has had a connection before retries anyway.
    NeverSent,
    /// The service did not act, and will not act on the same request either.
    Refused,
    /// The service did not act now, but may later. It may be resent.
    Throttled { wait: Option<Duration> },
    /// The service did not act because the clock was wrong. It has been corrected, so it may be resent.
    ClockIsOff,
    /// Nothing is certain. What must not happen twice must not be resent.
    Unknown,
}

/// What is certain without a response.
pub(super) fn without_answer(failure: &Failure) -> Certainty {
    match failure.kind {
        // No connection had to do with it.
        FailureKind::Build => Certainty::Refused,
        _ if failure.may_have_sent() => Certainty::Unknown,
        _ if failure.is_lasting() => Certainty::NeverSent,
        _ => Certainty::NothingSent,
    }
}

/// What a response to a start proves if it names no started run: the whole rule.
pub(super) fn of_start(answer: &Answer) -> Certainty {
    // A code that a start that acted could bring as well, and a refusal that names a run.
    let ambiguous = says_one_of(answer, &["InvalidPipelineRun.NotFound"]);
    if ambiguous || names_a_run(&answer.value) { Certainty::Unknown } else { of(answer) }
}

/// Whether a response contains a run's number anywhere, under any of its possible names.
fn names_a_run(value: &Value) -> bool {
    let is_run = |name: &str, value: &Value| {
        matches!(name, "pipelineRunId" | "object") && whole_number(value).is_some_and(|run| run > 0)
    };
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| is_run(name, value) || names_a_run(value)),
        Value::Array(items) => items.iter().any(names_a_run),
        _ => false,
    }
}

/// What an unexpected response to any request proves.
pub(super) fn of(answer: &Answer) -> Certainty {
    let code = answer.code();
    let code = code.as_deref().unwrap_or_default();
    // A used nonce means that the same request arrived before; repeatable requests are repeated with a new one.
    let is_ambiguous =
        says_one_of(answer, &["SignatureNonceUsed"]) || answer.codes().any(|code| is_of_the_service(&code));
    match answer.status {
        _ if is_ambiguous => Certainty::Unknown,
        429 => Certainty::Throttled { wait: answer.wait },
        200..=299 if answer.success() == Some(false) => Certainty::Refused,
        408 => Certainty::Unknown,
        400..=499 if !answer.is_from_the_service() => Certainty::Unknown,
        400..=499 if code.starts_with("Throttling") => Certainty::Throttled { wait: answer.wait },
        400..=499 if code == "InvalidTimeStamp.Expired" && answer.date.is_some() => Certainty::ClockIsOff,
        400..=499 => Certainty::Refused,
        // The address is wrong, and redirects are not followed.
        redirect if is_redirect(redirect) => Certainty::Refused,
        _ => Certainty::Unknown,
    }
}

/// Whether a code speaks of the service rather than of the request or the caller: a family, not a list, for there are more
/// than any document names.
fn is_of_the_service(code: &str) -> bool {
    if code == "SYSTEM_NOT_FOUND_ERROR" {
        return false;
    }
    let code = code.to_ascii_lowercase();
    let mut segments = code.split('.');
    ["internal", "system", "unknown"].iter().any(|start| code.starts_with(start))
        || segments.any(|segment| ["timeout", "unavailable", "internalerror"].iter().any(|end| segment.ends_with(end)))
}

/// Whether any of an answer's codes is one of these, or a kind of one of these (`InvalidPipelineRun.NotFound.x`).
fn says_one_of(answer: &Answer, names: &[&str]) -> bool {
    let is =
        |code: &str, name: &str| code.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    answer.codes().any(|code| names.iter().any(|name| is(&code, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_lack_of_an_answer_makes_certain() {
        let certainty = |kind| without_answer(&Failure { kind, detail: String::new() });
        for kind in [FailureKind::TimedOut, FailureKind::Broken, FailureKind::TooLarge] {
            assert_eq!(certainty(kind), Certainty::Unknown, "{kind:?}");
        }
        for kind in [FailureKind::Name, FailureKind::Connect, FailureKind::Proxy, FailureKind::Tls] {
            assert_eq!(certainty(kind), Certainty::NothingSent, "{kind:?}");
        }
        let lasting = FailureKind::ProxyCredentials { were_given: true };
        assert_eq!(certainty(lasting), Certainty::NeverSent);
        assert_eq!(certainty(FailureKind::Build), Certainty::Refused, "no connection had to do with it");
    }
}
