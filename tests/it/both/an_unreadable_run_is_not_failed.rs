//! A run that can't be seen: tolerated for a while, never stopped for it, never said to have ended.

use yunxiao_run::outcome::Signal;
use yunxiao_simulator::setup::PIPELINE;
use yunxiao_simulator::{Acts, Fault, ForeignRun, Job, Reply, When};

use super::{BACKEND, following, waiting};
use crate::simulated::{Backend, CONNECTING, GET, STOP, beginning, is, one, seconds};

#[test]
fn a_run_that_becomes_unreadable_is_not_failed() {
    let simulator = one(Job::new("job", 500));
    let execution = waiting(&simulator).event(seconds(100), |simulator, _| assert!(simulator.vanish(PIPELINE, 1)));
    let executed = execution.run();
    assert_eq!(executed.end(), is(10, "unknown"));
    // The default patience is two minutes.
    assert!((seconds(210)..seconds(245)).contains(&executed.took), "{:?}", executed.took);
    assert!(simulator.seen_for(STOP).is_empty());
    let said = executed.outcome.message().english;
    let code = if BACKEND == Backend::Token { "404 NotFound" } else { "InvalidPipelineRun.NotFound" };
    assert!(said.contains(code) && said.contains("Lost contact with run 1; this step did not change it"), "{said}");
    assert!(said.contains("`mode: follow` and `pipeline-run-id: 1`"), "{said}");
}

#[test]
fn temporary_read_failures_do_not_end_the_step() {
    for fault in [
        Fault::new(Acts::Now, Reply::Closed),
        Fault::new(Acts::Now, Reply::Garbage("nonsense".to_owned())),
        Fault::new(Acts::Now, Reply::Half(40)),
        Fault::refusal("InternalError"),
        Fault::refusal("ServiceUnavailable"),
        Fault::refusal("Throttling.User"),
        Fault::refusal("Forbidden.RAM"),
        Fault::answer(Acts::Now, yunxiao_simulator::Answer::html(502)),
        Fault::answer(Acts::Now, yunxiao_simulator::Answer::empty(401)),
    ] {
        let simulator = one(Job::new("job", 100));
        simulator.plan(When::next_is(GET).after(3).times(8), fault.clone());
        let executed = waiting(&simulator).run();
        assert_eq!(executed.end(), is(0, "success"), "{fault:?}");
        assert!(
            executed.said.contains("Lost contact with the run (the run is not affected)")
                && executed.said.contains("Contact with the run is restored")
        );
    }
}

#[test]
fn credentials_that_expire_end_following_with_an_explanation() {
    let simulator = one(Job::new("job", 1000));
    simulator.plan(When::next_is(GET).after(5).always(), Fault::refusal("InvalidSecurityToken.Expired"));
    let executed = waiting(&simulator).run();
    assert_eq!(executed.end(), is(10, "unknown"));
    let said = executed.outcome.message();
    assert!(said.english.contains("The STS token has expired") && said.chinese.contains("STS token 已过期"), "{said}");
    assert!(simulator.started()[0].stopped.is_none());
}

#[test]
fn a_run_that_was_never_seen_is_not_known_to_exist() {
    let unknown = |fault: Option<Fault>, retry: &str| {
        let simulator = one(Job::new("job", 100));
        if let Some(fault) = fault {
            simulator.plan(When::next_is(GET).always(), fault);
        }
        let executed = following(&simulator).with("YUNXIAO_RETRY_TIMEOUT", retry).run();
        let outputs = executed.outputs();
        assert_eq!([&executed.stdout, &outputs["status"], &outputs["pipelineRunId"]], [""; 3]);
        assert!(!executed.said.contains("Lost contact"), "{}", executed.said);
        (executed.code(), executed.took)
    };
    // There is no such run; one that was started just now may take some seconds to be found.
    let (code, took) = unknown(None, "2m");
    assert!(code == 4 && (seconds(9)..seconds(22)).contains(&took), "{code} {took:?}");
    assert_eq!(unknown(Some(Fault::refusal("Forbidden.AccessDenied")), "2m"), (3, CONNECTING));
    let (code, took) = unknown(Some(Fault::new(Acts::Never, Reply::Closed)), "10s");
    assert!(code == 4 && (seconds(10)..seconds(12)).contains(&took), "{code} {took:?}");
}

#[test]
fn another_steps_run_is_unknown_if_cancelled_before_the_first_read() {
    let simulator = one(Job::new("job", 100));
    simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Now, Reply::Silence));
    let executed = following(&simulator).signal(seconds(3), Signal::Terminate).run();
    assert_eq!((executed.code(), executed.stdout.as_str(), &*executed.outputs()["status"]), (143, "", ""));
    assert!(executed.took < seconds(4));
    // Where its stop was asked for, it is sent all the same.
    let simulator = one(Job::new("job", 100));
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    simulator.plan(When::next_is(GET), Fault::new(Acts::Now, Reply::Silence));
    let execution = following(&simulator).with("YUNXIAO_ON_CANCEL", "stop").signal(seconds(1), Signal::Terminate);
    let executed = execution.run();
    assert_eq!((executed.code(), simulator.seen_for(STOP).len()), (143, 1), "{:?}", executed.outcome);
    assert!(!executed.outcome.message().english.contains("othing was"), "{:?}", executed.outcome);
}
