//! The run parameters of a start: JSON as text, inside the body.

use serde_json::Value;

use crate::encoding::decode_pairs;
use crate::error::Refusal;
use crate::request::Request;

/// Run parameters that map one text to another.
const MAPS: [&str; 6] = [
    "envs",
    "runningBranchs",
    "runningTags",
    "runningPipelineArtifacts",
    "runningAcrArtifacts",
    "runningPackagesArtifacts",
];

/// From a form with one field, `params`; `None` when there are none.
pub(super) fn of_form(request: &Request, refuses_unknown: bool) -> Result<Option<Value>, Refusal> {
    if request.body.is_empty() {
        return Ok(None);
    }
    if !is_of_type(request, "application/x-www-form-urlencoded") {
        return Err(invalid("the body is not a form"));
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| invalid("the body is not UTF-8"))?;
    let pairs = decode_pairs(text).ok_or_else(|| invalid("the form is not percent-encoded UTF-8"))?;
    let mut values = pairs.iter().filter(|(key, _)| key == "params").map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (None, None) => Ok(None),
        (Some(params), None) => parse(params, refuses_unknown),
        _ => Err(invalid("params is given twice")),
    }
}

/// From a JSON object whose `params` is a text.
pub(super) fn of_json(request: &Request, refuses_unknown: bool) -> Result<Option<Value>, Refusal> {
    if !is_of_type(request, "application/json") {
        return Err(invalid("the body is not application/json"));
    }
    let body: Value = serde_json::from_slice(&request.body).map_err(|_| invalid("the body is not JSON"))?;
    let body = body.as_object().ok_or_else(|| invalid("the body is not a JSON object"))?;
    match body.get("params") {
        // An object in place of the text is ignored without a word, so the default branch runs: seen by others.
        None | Some(Value::Null | Value::Object(_)) => Ok(None),
        Some(Value::String(params)) => parse(params, refuses_unknown),
        Some(_) => Err(invalid("params is not a text")),
    }
}

fn is_of_type(request: &Request, media_type: &str) -> bool {
    let content_type = request.header("content-type").unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
}

fn parse(params: &str, refuses_unknown: bool) -> Result<Option<Value>, Refusal> {
    if params.is_empty() {
        return Ok(None);
    }
    let params: Value = serde_json::from_str(params).map_err(|_| invalid("params is not JSON"))?;
    check(&params, refuses_unknown)?;
    Ok(Some(params))
}

fn check(params: &Value, refuses_unknown: bool) -> Result<(), Refusal> {
    let params = params.as_object().ok_or_else(|| invalid("params is not a JSON object"))?;
    for (key, value) in params {
        let fits = match key.as_str() {
            "branchModeBranchs" => value.as_array().is_some_and(|list| list.iter().all(Value::is_string)),
            "comment" | "releaseBranch" => value.is_string(),
            "needCreateBranch" => value.is_boolean(),
            map if MAPS.contains(&map) => value.as_object().is_some_and(|map| map.values().all(Value::is_string)),
            _ => !refuses_unknown,
        };
        if !fits {
            return Err(invalid(&format!("{key} is unknown or has the wrong type")));
        }
    }
    // Reserved, as the documentation of run variables says.
    if params.get("envs").is_some_and(|envs| envs.get("version").is_some()) {
        return Err(invalid("version is reserved"));
    }
    Ok(())
}

fn invalid(why: &str) -> Refusal {
    Refusal::of("InvalidParam.ParamNotPresent").saying(&format!("The parameter is invalid. ({why})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(body: &str) -> Result<Option<Value>, Refusal> {
        let request = Request::new("POST", "", "/").with_header("content-type", "application/x-www-form-urlencoded");
        of_form(&request.with_body(body), true)
    }

    #[test]
    fn every_documented_parameter_is_taken() {
        let params = serde_json::json!({
            "branchModeBranchs": ["a", "b"], "envs": {"k": "v"}, "runningBranchs": {"https://a/b.git": "master"},
            "runningTags": {"https://a/b.git": "1.0"}, "runningPipelineArtifacts": {"3184679": "12"},
            "runningAcrArtifacts": {"a/b": "tag"}, "runningPackagesArtifacts": {"generic/a/b": "1"},
            "comment": "222", "needCreateBranch": true, "releaseBranch": "release/1",
        });
        let body = format!("params={}", crate::encoding::encode(&params.to_string()));
        assert_eq!(parsed(&body), Ok(Some(params)));
    }

    #[test]
    fn no_parameters_are_fine() {
        for body in ["", "params=", "other=1"] {
            assert_eq!(parsed(body), Ok(None), "{body}");
        }
    }

    #[test]
    fn wrong_types_are_refused() {
        for params in [
            "1",
            "[]",
            "\"{}\"",
            "{",
            r#"{"envs":{"k":1}}"#,
            r#"{"envs":["k"]}"#,
            r#"{"runningBranchs":"master"}"#,
            r#"{"branchModeBranchs":"a"}"#,
            r#"{"comment":null}"#,
            r#"{"needCreateBranch":"true"}"#,
            r#"{"envs":{"version":"1"}}"#,
            r#"{"branch":"master"}"#,
        ] {
            let body = format!("params={}", crate::encoding::encode(params));
            let code = parsed(&body).unwrap_err().code;
            assert_eq!(code, "InvalidParam.ParamNotPresent", "{params}");
        }
        assert!(parsed("params=%7B%7D&params=%7B%7D").is_err());
        assert!(parsed("params=%7").is_err());
    }

    #[test]
    fn a_json_body_is_refused() {
        let request = Request::new("POST", "", "/").with_header("content-type", "application/json").with_body("{}");
        assert!(of_form(&request, true).is_err());
    }

    fn parsed_json(body: &str) -> Result<Option<Value>, Refusal> {
        let request = Request::new("POST", "", "/").with_header("content-type", "application/json; charset=utf-8");
        of_json(&request.with_body(body), true)
    }

    #[test]
    fn a_text_inside_json_is_taken() {
        assert_eq!(parsed_json(r#"{"params":"{\"comment\":\"x\"}"}"#), Ok(Some(serde_json::json!({"comment": "x"}))));
        for body in ["{}", r#"{"params":null}"#, r#"{"params":""}"#, r#"{"params":{"comment":"x"}}"#] {
            assert_eq!(parsed_json(body), Ok(None), "{body}");
        }
        for body in
            ["", "[]", "1", "params=%7B%7D", r#"{"params":1}"#, r#"{"params":"{"}"#, r#"{"params":"{\"x\":1}"}"#]
        {
            assert!(parsed_json(body).is_err(), "{body}");
        }
        let form = Request::new("POST", "", "/").with_header("content-type", "application/x-www-form-urlencoded");
        assert!(of_json(&form.with_body("{}"), true).is_err());
    }
}
