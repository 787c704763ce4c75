//! The body of a start: a form with one field, `params`, which holds JSON as text.

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

/// The run parameters of a start; `None` when it has none.
pub(super) fn run_params(request: &Request, refuses_unknown: bool) -> Result<Option<Value>, Refusal> {
    if request.body.is_empty() {
        return Ok(None);
    }
    let content_type = request.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(invalid("the body is not a form"));
    }
    let text = std::str::from_utf8(&request.body).map_err(|_| invalid("the body is not UTF-8"))?;
    let pairs = decode_pairs(text).ok_or_else(|| invalid("the form is not percent-encoded UTF-8"))?;
    let mut values = pairs.iter().filter(|(key, _)| key == "params").map(|(_, value)| value.as_str());
    let params = match (values.next(), values.next()) {
        (None | Some(""), None) => return Ok(None),
        (Some(params), None) => params,
        _ => return Err(invalid("params is given twice")),
    };
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
        run_params(&request.with_body(body), true)
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
        assert!(run_params(&request, true).is_err());
    }
}
