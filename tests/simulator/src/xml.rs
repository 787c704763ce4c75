//! Answers in XML, for clients that do not ask for JSON.

use serde_json::Value;

/// The fields of an object as elements; a list is its element, repeated.
pub(crate) fn document(root: &str, value: &Value) -> String {
    let content = quick_xml::se::to_string_with_root(root, value).unwrap_or_else(|error| error.to_string());
    format!("<?xml version='1.0' encoding='UTF-8'?>{content}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_lists_and_empty_values_have_their_elements() {
        let value =
            json!({"a": null, "b": [["x"], ["<&>"]], "c": [], "d": " \u{1b}\n", "e": {"f": 1, "g": [{"h": true}]}});
        let expected = "<r><a/><b>x</b><b>&lt;&amp;&gt;</b><d> \u{1b}\n</d><e><f>1</f><g><h>true</h></g></e></r>";
        assert_eq!(document("r", &value), format!("<?xml version='1.0' encoding='UTF-8'?>{expected}"));
    }
}
