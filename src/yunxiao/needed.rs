//! JSON with only the members that are needed: the rest is skipped while reading, so a long response takes little more
//! memory than its length.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads JSON, keeping the members with these names at any depth; without names, all members.
pub(super) fn read(json: &str, names: &[&[&str]]) -> serde_json::Result<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = Needed { names }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Needed<'a> {
    names: &'a [&'a [&'a str]],
}

impl Needed<'_> {
    fn has(self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|names| names.contains(&name))
    }
}

impl<'de> DeserializeSeed<'de> for Needed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Needed<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            if self.has(&name) {
                object.insert(name.into_owned(), members.next_value_seed(self)?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn needed_fields_are_read_and_the_rest_is_skipped() {
        let text = r#"{"a": [1, -2, 2.5, null, true, "x\n"], "b": {"c": {"d": 1}, "a": "deep"}, "e": {"a": 1}}"#;
        let whole: Value = serde_json::from_str(text).unwrap();
        assert_eq!(read(text, &[]).unwrap(), whole);
        let expected = json!({"a": [1, -2, 2.5, null, true, "x\n"], "b": {"c": {}, "a": "deep"}});
        assert_eq!(read(text, &[&["a", "b"], &["c"]]).unwrap(), expected);
        assert_eq!(
            read(r#"{"a": 1, "a": 2, "odd": "\ud83d"}"#, &[&["a"]]).unwrap(),
            json!({"a": 2}),
            "the last counts"
        );
        for odd in ["{} x", "", "[", r#"{"a"}"#] {
            assert!(read(odd, &[]).is_err() && read(odd, &[&["a"]]).is_err(), "{odd}");
        }
    }
}
