//! What is promised whichever API is called, with an AccessKey.

use std::collections::BTreeSet;

use serde_json::json;
use yunxiao_simulator::{Acts, Answer, Fault, When};

use crate::simulated::{Backend, Execution, LIST, losing, seconds};

const BACKEND: Backend = Backend::AccessKey;

#[path = "both/mod.rs"]
mod both;

#[test]
fn a_service_that_takes_a_nonce_twice_is_never_sent_one_twice() {
    let simulator = losing(Acts::Now);
    simulator.configure(|setup| setup.refuses_used_nonces = false);
    assert_eq!(Execution::over(BACKEND, &simulator).run().stdout, "1\n");
    let nonce = |seen: yunxiao_simulator::Seen| seen.request.header("x-acs-signature-nonce").unwrap().to_owned();
    let nonces: BTreeSet<_> = simulator.seen().into_iter().map(nonce).collect();
    assert_eq!(nonces.len(), simulator.seen().len());
    assert!(nonces.len() > 2, "a start, a list and a run");
}

#[test]
fn a_request_that_cannot_be_built_is_not_tried_again() {
    let simulator = losing(Acts::Never);
    // No address is longer than 64 KiB.
    let page = json!({"success": true, "pipelineRuns": [], "nextToken": "7".repeat(70_000)});
    simulator.plan(When::next_is(LIST).always(), Fault::answer(Acts::Now, Answer::json(200, &page)));
    let executed = Execution::over(BACKEND, &simulator).run();
    assert_eq!((executed.code(), simulator.seen_for(LIST).len()), (5, 1));
    assert!(executed.took < seconds(1), "{:?}", executed.took);
}
