use yunxiao_simulator::{Acts, Answer, ErrorShape, Fault, Refusal, Reply, When};

use crate::hosts::github_data;
use crate::simulated::{START, TEMPORARY_KEY};
use crate::step::{Ended, Step, service};

fn refused_with(refusal: Refusal, shape: ErrorShape) -> Ended {
    let (simulator, server) = service();
    let is_throttled = refusal.code.starts_with("Throttling");
    simulator.plan(When::next_is(START).always(), Fault::new(Acts::Never, Reply::Refusal(refusal, shape)));
    let ended = Step::at(&server.http_url()).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    assert_eq!(simulator.seen_for(START).len() > 1, is_throttled, "sent again, or not:\n{}", ended.stderr);
    assert_eq!(ended.stdout, "");
    ended
}

/// Code, exit code, and what is advised in each language.
const ROWS: &[(&str, i32, &str, &str)] = &[
    ("InvalidParam.ParamNotPresent", 4, "spelled as in the pipeline editor", "流水线编辑页"),
    ("InvalidUser.NotFound", 3, "sign in once at https://devops.aliyun.com", "未注册为云效用户"),
    ("Forbidden.UserNotInCurrentOrganization", 3, "not a member of this organization", "成员管理"),
    ("InvalidUser.UserNotInCurrentOrganization", 3, "not a member of this organization", "成员管理"),
    ("InvalidOrganization.NotFound", 4, "Organization not found", "企业不存在"),
    ("InvalidPipeline.NotFound", 4, "Pipeline not found", "没有此流水线"),
    ("InvalidPipelineRun.NotFound", 5, "may have started a run", "可能已经触发"),
    ("Forbidden.AccessDenied", 3, "no permission to run this pipeline", "运行权限"),
    ("Forbidden.UserNotAdminOrOwner", 3, "no permission to run this pipeline", "运行权限"),
    ("InvalidPipeline.NotHavePipelinePermission", 3, "no permission to run this pipeline", "运行权限"),
    ("SYSTEM_NOT_FOUND_ERROR", 4, "or the organization or pipeline does not exist", "两种可能"),
    ("SYSTEM_UNKNOWN_ERROR", 5, "may have started a run", "可能已经触发"),
    ("InvalidAction.NotFound", 4, "check `endpoint`", "检查 `endpoint`"),
    ("SignatureNonceUsed", 5, "may have started a run", "可能已经触发"),
    ("SignatureDoesNotMatch", 3, "copy `access-key-secret` again", "重新复制"),
    ("IncompleteSignature", 3, "copy `access-key-secret` again", "重新复制"),
    ("InvalidSignatureMethod", 4, "check `signature-algorithm`", "signature-algorithm"),
    ("ContentMD5NotMatched", 4, "no proxy modifies requests", "代理改动"),
    ("InvalidTimeStamp.Format", 4, "Look up the code", "查询该错误码"),
    ("InvalidAccessKeyId.NotFound", 3, "AccessKey not found", "AccessKey 不存在"),
    ("InvalidAccessKeyId.Inactive", 3, "The AccessKey is disabled", "已被禁用"),
    ("MissingSecurityToken", 3, "set `security-token`", "请设置 `security-token`"),
    ("InvalidSecurityToken.Expired", 3, "has expired", "已过期"),
    ("InvalidSecurityToken.Malformed", 3, "must come from one STS response", "同一次 STS 应答"),
    ("InvalidSecurityToken.MismatchWithAccessKey", 3, "must come from one STS response", "同一次 STS 应答"),
    ("Forbidden.RAM", 3, "policies don't allow this call", "权限管理"),
    ("Forbidden.RiskControl", 3, "risk control", "风控"),
    ("Forbidden.SomethingNew", 3, "The credentials were refused", "凭证被拒绝"),
    ("NoPermission", 3, "policies don't allow this call", "权限管理"),
    ("AuthenticationFail.NoPermission", 3, "isn't allowed to assume the role", "不能扮演该角色"),
    ("Throttling", 4, "Too many requests: ", "调用过于频繁"),
    ("Throttling.User", 4, "Too many requests: ", "调用过于频繁"),
    ("Throttling.Api", 4, "Too many requests: ", "调用过于频繁"),
    ("ServiceUnavailable", 5, "may have started a run", "可能已经触发"),
    ("InternalError", 5, "may have started a run", "可能已经触发"),
    ("UnknownError", 5, "may have started a run", "可能已经触发"),
    ("Something.New", 4, "Look up the code", "查询该错误码"),
];

#[test]
fn every_documented_code_has_its_exit_code_and_its_advice_in_both_languages() {
    for (code, exit, english, chinese) in ROWS {
        let ended = refused_with(Refusal::of(code), ErrorShape::Gateway);
        assert_eq!(ended.code, *exit, "{code}: {}", ended.stderr);
        assert!(ended.stderr.contains(code), "{code} is not named:\n{}", ended.stderr);
        assert!(ended.stderr.contains(english), "{code} should say {english:?}:\n{}", ended.stderr);
        assert!(ended.stderr.contains(chinese), "{code} should say {chinese:?}:\n{}", ended.stderr);
        let certainty = if *exit == 5 { "It was not sent again" } else { "No run was started." };
        assert!(ended.stderr.contains(certainty), "{code}:\n{}", ended.stderr);
    }
}

#[test]
fn a_refusal_is_understood_in_every_form_the_official_clients_parse() {
    let refusal = || Refusal::of("InvalidPipeline.NotFound");
    for shape in
        [ErrorShape::Gateway, ErrorShape::LowerCase, ErrorShape::Envelope, ErrorShape::ErrorMsg, ErrorShape::Xml]
    {
        let ended = refused_with(refusal(), shape);
        assert_eq!(ended.code, 4, "{shape:?}: {}", ended.stderr);
        let said = "Yunxiao answered 404 InvalidPipeline.NotFound: \"The pipeline is not found.\" (request id ";
        assert!(ended.stderr.contains(said), "{shape:?}: {}", ended.stderr);
    }
    for shape in [ErrorShape::Html, ErrorShape::Empty] {
        assert_eq!(refused_with(refusal(), shape).code, 5, "{shape:?}: this may come from anything in between");
    }
}

#[test]
fn success_false_is_a_refusal_even_with_status_200() {
    let (simulator, server) = service();
    for (code, exit) in [("InvalidPipeline.NotFound", 4), ("InvalidUser.NotFound", 3), ("SYSTEM_UNKNOWN_ERROR", 5)] {
        simulator.plan(When::next(), Fault::unsuccessful(Acts::Never, code));
        let ended = Step::at(&server.http_url()).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
        assert_eq!(ended.code, exit, "{code}");
    }
    assert_eq!(simulator.seen_for(START).len(), 3);
}

#[test]
fn every_401_and_403_is_about_credentials() {
    for status in [401, 403] {
        assert_eq!(refused_with(Refusal::new(status, "Whatever", "no"), ErrorShape::Gateway).code, 3);
    }
}

#[test]
fn temporary_credentials_get_an_explanation_about_roles() {
    for code in ["InvalidUser.NotFound", "Forbidden.UserNotInCurrentOrganization"] {
        let (simulator, server) = service();
        simulator.plan(When::next().always(), Fault::refusal(code));
        let step = Step::at(&server.http_url());
        assert!(!step.run().stderr.contains("RAM role"));
        let ended = step.with_all(&TEMPORARY_KEY).run();
        assert_eq!(ended.code, 3);
        assert!(ended.stderr.contains("RAM role") && ended.stderr.contains("RAM 角色"), "{}", ended.stderr);
        assert!(!ended.stderr.contains("sign in once"), "nobody signs in as a role: {}", ended.stderr);
    }
}

#[test]
fn a_redirect_is_a_wrong_address_and_is_not_followed() {
    let (simulator, server) = service();
    let (elsewhere, other) = service();
    simulator.plan(When::next(), Fault::answer(Acts::Never, Answer::redirect(&format!("{}/login", other.http_url()))));
    let ended = Step::at(&server.http_url()).run();
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("A redirect means that the address is wrong") && ended.stderr.contains("地址不对"));
    assert!(elsewhere.seen().is_empty() && other.connections() == 0);
    for status in [300, 301, 303, 307, 308] {
        simulator.plan(When::next(), Fault::answer(Acts::Never, Answer::empty(status)));
        assert_eq!(Step::at(&server.http_url()).run().code, 4, "{status}");
    }
    // What is none, and no answer to a start, may come from anyone.
    for status in [304, 305, 306, 399] {
        simulator.plan(When::next(), Fault::answer(Acts::Never, Answer::empty(status)));
        let ended = Step::at(&server.http_url()).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
        assert!(ended.code == 5 && !ended.stderr.contains("redirect"), "{status}: {} {}", ended.code, ended.stderr);
    }
}

#[test]
fn what_a_refusal_looks_like() {
    let (_, server) = service();
    let ended =
        Step::at(&server.http_url()).with("YUNXIAO_PIPELINE_ID", "999").with("YUNXIAO_LOG_LEVEL", "error").run();
    assert_eq!(ended.code, 4);
    let said = ended.stderr.replace("00000001-", "");
    insta::assert_snapshot!(said, @r#"
    error: Yunxiao answered 404 InvalidPipeline.NotFound: "The pipeline is not found." (request id 5B1E-4F0A-9C3D-000000000000). No run was started. Pipeline not found in this organization: `pipeline-id` is the number in the address https://flow.aliyun.com/pipelines/<id>/current.
    云效返回 404 InvalidPipeline.NotFound：“The pipeline is not found.”（请求 id 5B1E-4F0A-9C3D-000000000000）。没有触发任何运行。该企业中没有此流水线：`pipeline-id` 是链接 https://flow.aliyun.com/pipelines/<id>/current 中的数字。
    "#);
}

#[test]
fn a_long_or_hostile_message_is_quoted_short_and_harmless() {
    let message = format!("a\n::set-output name=x::y\n\u{1b}[2J##[error]{}", "z".repeat(5000));
    let folder = tempfile::tempdir().unwrap();
    let (simulator, server) = service();
    let refusal = Refusal::new(400, "Odd", &message);
    simulator.plan(When::next().always(), Fault::new(Acts::Never, Reply::Refusal(refusal, ErrorShape::Gateway)));
    for step in [
        Step::at(&server.http_url()),
        Step::at(&server.http_url()).on_github(&folder.path().join("output")).with("RUNNER_DEBUG", "1"),
    ] {
        let ended = step.run();
        assert_eq!(ended.code, 4);
        assert!(!ended.stderr.contains('\u{1b}') && !ended.stderr.contains(&"z".repeat(400)), "{}", ended.stderr);
        assert_eq!(github_data(&ended.stderr, "set-output"), [""; 0]);
    }
}

#[test]
fn a_message_without_a_code_is_still_quoted() {
    let (simulator, server) = service();
    let answer = serde_json::json!({"success": false, "errorCode": "\"\"", "errorMessage": "流水线已被锁定"});
    simulator.plan(When::next(), Fault::answer(Acts::Never, Answer::json(200, &answer)));
    let ended = Step::at(&server.http_url()).run();
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("answered 200: \"流水线已被锁定\""), "{}", ended.stderr);
}

#[test]
fn a_quoted_message_is_never_a_command_to_a_ci_system() {
    let (simulator, server) = service();
    let refusal = Refusal::new(400, "Odd", "##[error]x ##vso[task.setvariable variable=a]b \u{202e}evil");
    simulator.plan(When::next(), Fault::new(Acts::Never, Reply::Refusal(refusal, ErrorShape::Gateway)));
    let ended = Step::at(&server.http_url()).run();
    assert!(
        !ended.stderr.contains("##[") && !ended.stderr.contains("##vso") && !ended.stderr.contains('\u{202e}'),
        "{}",
        ended.stderr
    );
}
