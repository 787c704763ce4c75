//! What is promised whichever API is called, with an AccessKey.

use std::collections::BTreeSet;

use yunxiao_simulator::Acts;

use crate::simulated::{Backend, Execution, losing};

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
