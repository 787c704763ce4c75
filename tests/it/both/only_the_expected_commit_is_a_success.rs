//! `expect-commit`: a run of other code is no success.

use std::collections::BTreeMap;

use yunxiao_simulator::{Fault, ForeignRun, Job, Source, When};

use super::{following, waiting};
use crate::simulated::{STOP, beginning, is, one, seconds};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn another_commit_than_the_expected_stops_the_run() {
    let service = |commit: &str, after: u64| {
        let simulator = one(Job::new("job", 300));
        let commits = BTreeMap::from([("master".to_owned(), commit.to_owned())]);
        let source = Source { commits, commit_after: seconds(after), ..Source::default() };
        simulator.pipeline(|pipeline| pipeline.sources = vec![source]);
        simulator
    };
    let other = "ffffffffffffffffffffffffffffffffffffffff";
    let inputs = [("YUNXIAO_EXPECT_COMMIT", "0123456789ABCDEF0123456789ABCDEF01234567")];
    assert_eq!(waiting(&service(COMMIT, 100)).with_all(&inputs).run().end(), is(0, "success"));

    let simulator = service(other, 100);
    let executed = waiting(&simulator).with_all(&inputs).run();
    assert_eq!(executed.end(), is(1, "failed"));
    assert!(executed.took < seconds(115), "{:?}", executed.took);
    assert!(simulator.started()[0].stopped.is_some());
    let said = executed.outcome.message();
    for words in
        ["代码库镜像未同步", COMMIT, &format!("Codeup-Demo.git master {other}"), "The stop request was accepted"]
    {
        assert!(said.english.contains(words), "{words}: {}", said.english);
    }
    // Another step's run is stopped for this too.
    let simulator = service(other, 0);
    simulator.add_foreign_run(ForeignRun::new(beginning()));
    assert_eq!(following(&simulator).with_all(&inputs).run().end(), is(1, "failed"));
    assert!(simulator.runs()[0].stopped.is_some());

    assert_eq!(waiting(&service(other, 10_000)).with_all(&inputs).run().end(), is(1, "failed"), "nothing was shown");
}

#[test]
fn a_run_that_ends_while_being_stopped_must_still_show_the_commit() {
    let simulator = one(Job::new("job", 60));
    let source = Source { commit_after: seconds(57), ..Source::default() };
    simulator.pipeline(|pipeline| pipeline.sources = vec![source]);
    simulator.plan(When::next_is(STOP), Fault::refusal("InvalidPipelineRun.NotFound").delayed(seconds(20)));
    let inputs = [("YUNXIAO_TIMEOUT", "54s"), ("YUNXIAO_ON_TIMEOUT", "stop"), ("YUNXIAO_EXPECT_COMMIT", COMMIT)];
    assert_eq!(waiting(&simulator).with_all(&inputs).run().end(), is(1, "failed"));
}
