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

/// `YYYY-MM-DDTHH:MM:SSZ`, and nothing but that.
pub(crate) fn parse_iso(text: &str) -> Option<SystemTime> {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00Z";
    let fits = |(byte, expected): (&u8, &u8)| {
        if *expected == b'0' { byte.is_ascii_digit() } else { byte == expected }
    };
    if bytes.len() != shape.len() || !bytes.iter().zip(shape).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let lengths = month_lengths(year);
    let length = *lengths.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    if year < 1970 || day == 0 || day > length || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let leaps = |before: u64| before / 4 - before / 100 + before / 400;
    let days = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    let days = days + lengths.iter().take(usize::try_from(month - 1).ok()?).sum::<u64>() + day - 1;
    UNIX_EPOCH.checked_add(Duration::from_secs(days * 86_400 + hour * 3_600 + minute * 60 + second))
}

/// `YYYY-MM-DDTHH:MM:SSZ`.
pub(crate) fn iso(time: SystemTime) -> String {
    let seconds = milliseconds(time) / 1_000;
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let mut month = 1;
    for length in month_lengths(year) {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_lengths(year: u64) -> [u64; 12] {
    [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
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
}

/// Times in JSON, as milliseconds since 1970.
pub(crate) mod instant {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(super::milliseconds(*time))
    }

    #[allow(clippy::ref_option, reason = "serde's signature")]
    pub(crate) fn serialize_optional<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_some(&super::milliseconds(*time)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize_optional<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        let milliseconds = Option::<u64>::deserialize(deserializer)?;
        Ok(milliseconds.and_then(|since| UNIX_EPOCH.checked_add(Duration::from_millis(since))))
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
        for wrong in ["2026-08-06 07:32:54Z", "2026-08-06T07:32:54", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", ""]
        {
            assert_eq!(parse_iso(wrong), None, "{wrong}");
        }
    }
}
