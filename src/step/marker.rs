//! The marker that identifies a run: at the beginning of its remark, with the idempotency key in it.

use ring::digest::{Context, SHA256};

use crate::encoding::hexadecimal;
use crate::yunxiao::{RunParams, Service};

/// How many hexadecimal digits name what was requested: with fewer, two of a matrix's jobs could be mistaken for one.
const REQUEST: usize = 16;

/// What comes first in a remark, and by which a run is recognised: `[yunxiao-run:<start>]`, with a key
/// `[yunxiao-run:<start>:<key>:<request>]`, all in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// 128 random bits, which no two starts share.
    pub(super) start: String,
    pub(super) key: Option<Key>,
}

/// The key of a start, as markers have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// 128 bits of the key's digest, with organisation and pipeline: a key is valid for one pipeline only.
    pub(super) name: String,
    /// 64 bits of the digest of what was requested: refs, variables and artifacts.
    pub(super) request: String,
}

impl Marker {
    const BEGINNING: &'static str = "[yunxiao-run:";

    /// The marker that a remark begins with.
    pub(super) fn read(remark: &str) -> Option<Self> {
        let inside = remark.trim_start().strip_prefix(Self::BEGINNING)?.split_once(']')?.0;
        let is_digits = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let mut parts = inside.split(':');
        let start = parts.next().filter(|start| is_digits(start, 32))?.to_owned();
        let key = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(name), Some(request), None) if is_digits(name, 32) && is_digits(request, REQUEST) => {
                Some(Key { name: name.to_owned(), request: request.to_owned() })
            }
            _ => return None,
        };
        Some(Self { start, key })
    }

    /// Whether a remark may be the beginning of one with a marker, cut by the service.
    pub(super) fn is_cut(remark: &str) -> bool {
        let remark = remark.trim_start();
        !remark.is_empty()
            && !remark.contains(']')
            && (remark.starts_with(Self::BEGINNING) || Self::BEGINNING.starts_with(remark))
    }
}

impl std::fmt::Display for Marker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}{}", Self::BEGINNING, self.start)?;
        if let Some(Key { name, request }) = &self.key {
            write!(formatter, ":{name}:{request}")?;
        }
        formatter.write_str("]")
    }
}

impl Key {
    pub(super) fn new(key: &str, service: &Service, params: &RunParams) -> Self {
        let asked = RunParams { comment: None, ..params.clone() }.to_json();
        Self { name: name(key, service), request: digest(&[&asked])[..REQUEST].to_owned() }
    }
}

/// A key as markers have it: of one pipeline of one organisation.
pub(super) fn name(key: &str, service: &Service) -> String {
    digest(&[key, service.organization().unwrap_or_default(), &service.pipeline.to_string()])[..32].to_owned()
}

fn digest(parts: &[&str]) -> String {
    let mut digest = Context::new(&SHA256);
    for part in parts {
        // Each with its length, so no two lists of parts are equal.
        digest.update(&(part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    hexadecimal(digest.finish().as_ref())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::transport::Address;
    use crate::yunxiao::Api;

    #[test]
    fn a_marker_is_read_as_it_is_written_and_only_at_the_beginning_of_a_remark() {
        let (start, name) = ("0123456789abcdef0123456789abcdef", "ffffffffffffffffffffffffffffffff");
        let key = Some(Key { name: name.to_owned(), request: "12ab000000000000".to_owned() });
        for marker in [Marker { start: start.to_owned(), key: None }, Marker { start: start.to_owned(), key }] {
            assert_eq!(Marker::read(&format!("{marker} by hand")), Some(marker.clone()));
            assert_eq!(Marker::read(&marker.to_string()), Some(marker.clone()));
            assert_eq!(Marker::read(&format!("see {marker}")), None, "a person's remark may quote one");
        }
        for odd in [
            "",
            "by hand",
            "[yunxiao-run:]",
            &format!("[yunxiao-run:{start}"),
            &format!("[yunxiao-run:{start}:{name}]"),
            &format!("[yunxiao-run:{start}:{name}:12ab000000000000:x]"),
            &format!("[yunxiao-run:{start}:{name}:12AB000000000000]"),
            &format!("[yunxiao-run:{}:{name}:12ab000000000000]", &start[1..]),
            &format!("[yunxiao-run:{start}:{name}:12ab]"),
        ] {
            assert_eq!(Marker::read(odd), None, "{odd}");
        }
        for (remark, is_cut) in [
            ("[yunx", true),
            ("[yunxiao-run:0123", true),
            (&*format!("[yunxiao-run:{start}:ffff"), true),
            ("[yunxiao-run:0123]", false),
            ("by hand", false),
            ("", false),
        ] {
            assert_eq!(Marker::is_cut(remark), is_cut, "{remark}");
        }
    }

    #[test]
    fn a_key_is_of_one_pipeline_and_its_request_is_what_is_asked_for() {
        let address = Address::parse("https://devops.cn-hangzhou.aliyuncs.com").unwrap();
        let service = |organization: &str, pipeline| Service {
            endpoint: address.clone(),
            api: Api::AccessKey { organization: organization.to_owned() },
            pipeline,
            web_url: None,
            sts: address.clone(),
        };
        let none = RunParams::default();
        let key =
            |name: &str, organization: &str, pipeline| Key::new(name, &service(organization, pipeline), &none).name;
        let names = [
            key("a", "o", 1),
            key("b", "o", 1),
            key("a", "p", 1),
            key("a", "o", 2),
            key("ao", "", 1),
            key("", "ao", 1),
        ];
        let distinct: BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert_eq!(key("a", "o", 1), key("a", "o", 1));

        let request = |params: &RunParams| Key::new("a", &service("o", 1), params).request;
        let with = |change: fn(&mut RunParams)| {
            let mut params = RunParams::default();
            change(&mut params);
            params
        };
        let commented = with(|params| params.comment = Some("x".to_owned()));
        assert_eq!(request(&commented), request(&none), "the remark is no part of the work");
        for other in [
            with(|params| _ = params.envs.insert("A".to_owned(), "1".to_owned())),
            with(|params| _ = params.running_branches.insert("u".to_owned(), "main".to_owned())),
            with(|params| params.branch_mode_branches.push("main".to_owned())),
        ] {
            assert_ne!(request(&other), request(&none));
        }
    }
}
