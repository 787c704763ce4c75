//! What may happen to a request, at random.

use std::time::Duration;

use fastrand::Rng;
use yunxiao_simulator::{Acts, Answer, ErrorShape, Fault, Refusal, Reply, Unreachable};

/// A delay: often short, sometimes longer than every limit.
pub(super) fn delay(random: &mut Rng) -> Duration {
    let seconds = match random.u8(..10) {
        0..5 => 0.0,
        5..8 => random.f64() * 5.0,
        8 => random.f64() * 40.0,
        _ => random.f64() * 200.0,
    };
    Duration::from_secs_f64(seconds)
}

pub(super) fn unreachable(random: &mut Rng) -> Fault {
    let why = [Unreachable::Dns, Unreachable::Refused, Unreachable::Tls, Unreachable::Proxy];
    Fault::unreachable(why[random.usize(..4)])
}

pub(super) fn throttling(random: &mut Rng) -> Fault {
    let wait = random.bool().then(|| Duration::from_millis(random.u64(..20_000)));
    match random.u8(..4) {
        0 => Fault::too_many_requests(wait),
        1 => Fault::answer(Acts::Never, Answer::html(429)),
        2 => Fault::throttling("Throttling", wait),
        _ => Fault::throttling("Throttling.User", wait),
    }
}

/// An answer, or none, that says nothing certain.
pub(super) fn ambiguity(random: &mut Rng) -> Reply {
    let status = [400, 403, 404, 408, 500, 502, 503, 504][random.usize(..8)];
    match random.u8(..9) {
        0 => Reply::Closed,
        1 => Reply::Reset,
        2 => Reply::Half(random.usize(..80)),
        3 => Reply::Garbage("\u{1}garbage".to_owned()),
        4 => Reply::Silence,
        5 => Reply::Answer(Answer::html(if random.bool() { 200 } else { status })),
        6 => Reply::Answer(Answer::empty(status)),
        7 => {
            let codes = ["SYSTEM_UNKNOWN_ERROR", "InternalError", "UnknownError", "ServiceUnavailable"];
            let status = if random.bool() { 200 } else { 500 };
            Reply::Refusal(Refusal::new(status, codes[random.usize(..4)], "m"), ErrorShape::Envelope)
        }
        _ => Reply::Refusal(Refusal::new(400, "SignatureNonceUsed", "m"), ErrorShape::Gateway),
    }
}

/// What may happen to a read or a stop: they may be resent whatever happened.
pub(super) fn fault_of_another(random: &mut Rng) -> Fault {
    match random.u8(..4) {
        0 => unreachable(random),
        1 => throttling(random),
        _ => Fault::new(if random.bool() { Acts::Now } else { Acts::Never }, ambiguity(random)),
    }
}

/// A number that a variable may give, or any, where it says `random`.
pub(super) fn number(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Err(_) => default,
        Ok(text) if text == "random" => fastrand::u64(..1 << 48),
        Ok(text) => text.parse().expect(name),
    }
}
