//! Misbehaviour, in memory: does it act, what is the client told, and when.

use std::time::Duration;

use serde_json::json;
use yunxiao_simulator::{
    Acts, Answer, ErrorShape, Fault, ForeignRun, Refusal, Reply, Simulator, Unreachable, When, Wire,
};

use crate::client::{PIPELINE, answered, at, get, start, start_with_token};

#[test]
fn what_the_client_is_told_does_not_depend_on_what_was_done() {
    let replies = [
        Reply::Closed,
        Reply::Reset,
        Reply::Silence,
        Reply::Half(10),
        Reply::Garbage("SSH-2.0-OpenSSH".into()),
        Reply::Answer(Answer::html(502)),
        Reply::Answer(Answer::empty(504)),
        Reply::Refusal(Refusal::of("InternalError"), ErrorShape::Gateway),
        Reply::Usual,
    ];
    for reply in replies {
        let told = [Acts::Never, Acts::Now, Acts::After(Duration::from_secs(3))].map(|acts| {
            let simulator = Simulator::default();
            simulator.plan(When::next_is("StartPipelineRun"), Fault::new(acts, reply.clone()));
            let outcome = simulator.answer(at(0), &start("{}", at(0)));
            let seen = simulator.seen();
            assert_eq!((seen.len(), seen[0].acts), (1, acts));
            assert_eq!(simulator.started().len(), usize::from(acts != Acts::Never), "{reply:?}");
            outcome
        });
        assert_eq!(told[0], told[1], "{reply:?}");
        assert_eq!(told[1], told[2], "{reply:?}");
    }
}

#[test]
fn a_request_may_act_later_than_anybody_hears_of_it() {
    let simulator = Simulator::default();
    let late = Fault::answer(Acts::After(Duration::from_secs(30)), Answer::html(504)).delayed(Duration::from_secs(5));
    simulator.plan(When::next_is("StartPipelineRun"), late);
    let outcome = simulator.answer(at(0), &start("{}", at(0)));
    assert_eq!((outcome.answer().unwrap().status, outcome.delay), (504, Duration::from_secs(5)));
    let listed =
        |time| get(&simulator, "ListPipelineRuns", &format!("{PIPELINE}/pipelineRuns"), time).1["totalCount"].clone();
    assert_eq!(listed(at(29)), json!(0));
    // Counted anyway by those who ask whether anything was started twice.
    assert_eq!(simulator.started().len(), 1);
    assert_eq!(simulator.add_foreign_run(ForeignRun::new(at(29))), Some(1));
    assert_eq!(listed(at(30)), json!(2));
    let run = &simulator.started()[0];
    assert_eq!((run.id, run.created), (2, at(30)));
}

#[test]
fn a_connection_that_never_was_leaves_no_trace() {
    let simulator = Simulator::default();
    for why in [Unreachable::Dns, Unreachable::Refused, Unreachable::Tls, Unreachable::Proxy] {
        simulator.plan(When::next(), Fault::unreachable(why));
        assert_eq!(simulator.answer(at(0), &start("{}", at(0))).wire, Wire::Unreachable(why));
    }
    assert!(simulator.seen().is_empty() && simulator.runs().is_empty());
    assert_eq!(simulator.unreachable(), 4);
}

#[test]
fn throttling_has_several_forms() {
    let simulator = Simulator::default();
    let delay = Some(Duration::from_secs(2));
    for (fault, status, header) in [
        (Fault::throttling("Throttling.User", delay), 400, Some(("x-acs-retry-after", "2000"))),
        (Fault::throttling("Throttling", None), 400, None),
        (Fault::too_many_requests(delay), 429, Some(("retry-after", "2"))),
        (Fault::too_many_requests(None), 429, None),
    ] {
        simulator.plan(When::next(), fault);
        let outcome = simulator.answer(at(0), &start("{}", at(0)));
        let answer = outcome.answer().unwrap();
        assert_eq!(answer.status, status);
        let sent = ["x-acs-retry-after", "retry-after"].into_iter().find_map(|name| Some((name, answer.header(name)?)));
        assert_eq!(sent, header);
        assert!(answered(&outcome).1["Code"].as_str().unwrap().starts_with("Throttling"));
    }
    assert!(simulator.runs().is_empty());
}

#[test]
fn a_success_may_say_that_it_is_none() {
    let simulator = Simulator::default();
    for acts in [Acts::Never, Acts::Now] {
        simulator.plan(When::next(), Fault::unsuccessful(acts, "SYSTEM_UNKNOWN_ERROR"));
        let (status, answer) = answered(&simulator.answer(at(0), &start("{}", at(0))));
        assert_eq!(
            (status, &answer["success"], &answer["errorCode"]),
            (200, &json!(false), &json!("SYSTEM_UNKNOWN_ERROR"))
        );
    }
    assert_eq!(simulator.started().len(), 1);
}

#[test]
fn any_refusal_comes_in_any_form() {
    let simulator = Simulator::default();
    let refusal = Refusal::new(418, "A.Code", "a <message> & more");
    for (shape, part) in [
        (ErrorShape::Gateway, r#""Code":"A.Code""#),
        (ErrorShape::LowerCase, r#""code":"A.Code""#),
        (ErrorShape::Envelope, r#""errorCode":"A.Code""#),
        (ErrorShape::ErrorMsg, r#""errorMsg":"a <message> & more""#),
        (ErrorShape::Xml, "<Message>a &lt;message&gt; &amp; more</Message>"),
        (ErrorShape::Html, "<html>"),
        (ErrorShape::Empty, ""),
    ] {
        simulator.plan(When::next(), Fault::new(Acts::Never, Reply::Refusal(refusal.clone(), shape)));
        let outcome = simulator.answer(at(0), &start("{}", at(0)));
        let answer = outcome.answer().unwrap();
        assert_eq!(answer.status, 418);
        assert!(answer.body.contains(part), "{shape:?}: {}", answer.body);
    }
}

#[test]
fn faults_keep_to_their_requests() {
    let simulator = Simulator::default();
    simulator.plan(When::next_is("ListPipelineRuns").after(1).times(2), Fault::answer(Acts::Never, Answer::html(500)));
    let list = |simulator: &Simulator| {
        let request = crate::client::request("ListPipelineRuns", "GET", &format!("{PIPELINE}/pipelineRuns"), at(0));
        simulator.answer(at(0), &request).answer().unwrap().status
    };
    let _ = simulator.answer(at(0), &start("{}", at(0)));
    assert_eq!([0; 5].map(|_| list(&simulator)), [200, 500, 500, 200, 200]);
    simulator.plan(When::next().always(), Fault::answer(Acts::Never, Answer::redirect("https://login.example")));
    assert_eq!([0; 3].map(|_| list(&simulator)), [302; 3]);
    simulator.behave();
    assert_eq!(list(&simulator), 200);
}

#[test]
fn one_fault_serves_both_apis() {
    let simulator = Simulator::default();
    let delay = Some(Duration::from_secs(2));
    for (fault, of_gateway, of_token_api) in [
        (Fault::refusal("Forbidden.RAM"), "403 Forbidden.RAM", "403 Forbidden.RAM"),
        (Fault::refusal("ExpiredTokenError"), "401 ExpiredTokenError", "401 ExpiredTokenError"),
        (Fault::throttling("Throttling.User", delay), "400 Throttling.User", "400 Throttling.User"),
        (Fault::too_many_requests(delay), "429 Throttling.User", "429 TooManyRequests"),
    ] {
        for (request, code, expected) in
            [(start("{}", at(0)), "Code", of_gateway), (start_with_token(&json!({})), "errorCode", of_token_api)]
        {
            simulator.plan(When::next_is("StartPipelineRun"), fault.clone());
            let outcome = simulator.answer(at(0), &request);
            let (status, answer) = answered(&outcome);
            assert_eq!(format!("{status} {}", answer[code].as_str().unwrap_or_default()), expected, "{answer}");
            let told = outcome.answer().unwrap();
            assert!(fault.headers.iter().all(|(name, value)| told.header(name) == Some(value)));
        }
    }
    simulator.plan(When::next(), Fault::unsuccessful(Acts::Now, "SYSTEM_UNKNOWN_ERROR"));
    let (status, answer) = answered(&simulator.answer(at(0), &start_with_token(&json!({}))));
    assert_eq!((status, &answer["success"]), (200, &json!(false)));
    simulator.plan(When::next(), Fault::new(Acts::After(Duration::from_secs(9)), Reply::Closed));
    assert_eq!(simulator.answer(at(0), &start_with_token(&json!({}))).wire, Wire::Closed);
    assert_eq!(simulator.started().len(), 2);
}
