//! Times as the APIs write them: milliseconds since 1970, or ISO 8601.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970; nothing here is older.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Moves a time by seconds in either direction.
pub(crate) fn shift(time: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { time.checked_sub(by) } else { time.checked_add(by) }.unwrap_or(time)
}

/// The distance between two times, whichever is earlier.
pub(crate) fn distance(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}

/// `YYYY-MM-DDTHH:MM:SSZ`, and nothing but that: the crate would take fractions of a second, and another zone, too.
pub(crate) fn parse_iso(text: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339(text).ok().filter(|time| iso(*time) == text)
}

/// `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn iso(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Durations in JSON, as milliseconds.
pub(crate) mod duration {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }

    pub(crate) fn deserialize_optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}

/// Times in JSON, as milliseconds since 1970.
pub(crate) mod instant {
    use std::time::{SystemTime, UNIX_EPOCH};

    use serde::{Deserializer, Serialize, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(super::milliseconds(*time))
    }

    #[allow(clippy::ref_option, reason = "serde's signature")]
    pub(crate) fn serialize_optional<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(super::milliseconds).serialize(serializer)
    }

    pub(crate) fn deserialize_optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        let since = super::duration::deserialize_optional(deserializer)?;
        Ok(since.and_then(|since| UNIX_EPOCH.checked_add(since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_an_independent_parser() {
        for (text, rfc) in [
            ("2026-08-06T07:32:54Z", "Thu, 06 Aug 2026 07:32:54 GMT"),
            ("2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 GMT"),
            ("2000-03-01T00:00:00Z", "Wed, 01 Mar 2000 00:00:00 GMT"),
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("2100-12-31T12:00:00Z", "Fri, 31 Dec 2100 12:00:00 GMT"),
        ] {
            let time = httpdate::parse_http_date(rfc).unwrap();
            assert_eq!(parse_iso(text), Some(time), "{text}");
            assert_eq!(iso(time), text);
        }
    }

    #[test]
    fn other_spellings_of_a_date_are_refused() {
        for wrong in [
            "2026-08-06 07:32:54Z",
            "2026-08-06T07:32:54",
            "2026-08-06T07:32:54.0Z",
            "2026-08-06T07:32:54+00:00",
            "2026-08-06T07:32:60Z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "",
        ] {
            assert_eq!(parse_iso(wrong), None, "{wrong}");
        }
    }
}
