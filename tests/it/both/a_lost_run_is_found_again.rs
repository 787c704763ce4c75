//! Searching for a run after an ambiguous response to its start, in simulated time.

use std::time::Duration;

use serde_json::{Value, json};
use yunxiao_run::outcome::Outcome;
use yunxiao_simulator::{Acts, Answer, Fault, ForeignRun, Reply, Simulator, When};

use super::BACKEND;
use crate::simulated::{Backend, CONNECTING, Executed, Execution, GET, LIST, beginning, losing};

const HOUR: Duration = Duration::from_hours(1);

/// Lets the runs from here on wait so long for their jobs.
fn queue(simulator: &Simulator, queue: Duration) {
    simulator.pipeline(|pipeline| pipeline.queue = queue);
}

/// Adds runs so long before the start, the oldest first.
fn add_runs(simulator: &Simulator, ages: &[Duration]) {
    for age in ages {
        simulator.add_foreign_run(ForeignRun::new(beginning() - *age));
    }
}

/// Lets the service tell another time with every answer, or none that can be read.
fn tell_date(simulator: &Simulator, date: &str) {
    for action in [LIST, GET] {
        let fault = Fault::new(Acts::Now, Reply::Usual).with_header("date", date);
        simulator.plan(When::next_is(action).always(), fault);
    }
}

/// A page of the list as the service might order it.
fn page(runs: &[u64], next: &str) -> Fault {
    let rows: Vec<Value> = runs.iter().map(|run| json!({"pipelineRunId": run})).collect();
    let answer = match BACKEND {
        Backend::AccessKey | Backend::Role => {
            Answer::json(200, &json!({"success": true, "pipelineRuns": rows, "nextToken": next}))
        }
        Backend::Token => Answer::json(200, &json!(rows)).with_header("x-next-page", next),
    };
    Fault::answer(Acts::Now, answer)
}

/// An execution that looks for so long.
fn looking(simulator: &Simulator, retry_timeout: &str) -> Executed {
    Execution::over(BACKEND, simulator).with("YUNXIAO_RETRY_TIMEOUT", retry_timeout).run()
}

/// An execution in which this becomes of the service after the start has arrived and before the list is read.
fn meanwhile(simulator: &Simulator, event: fn(&Simulator)) -> Executed {
    Execution::over(BACKEND, simulator).event(CONNECTING * 3 / 2, move |simulator, _| event(simulator)).run()
}

fn assert_found(executed: &Executed, run: u64) {
    assert_eq!((executed.code(), executed.stdout.as_str()), (0, &*format!("{run}\n")), "{:?}", executed.outcome);
}

/// The runs that were read, in order.
fn reads(simulator: &Simulator) -> Vec<u64> {
    let seen = simulator.seen_for(GET);
    seen.iter().map(|seen| seen.request.path.rsplit('/').next().unwrap().parse().unwrap()).collect()
}

/// The queries by which pages were requested, in order.
fn queries(simulator: &Simulator) -> Vec<String> {
    simulator.seen_for(LIST).into_iter().map(|seen| seen.request.query).collect()
}

/// The runs that are named as those that may be it, the newest first.
fn candidates(executed: &Executed) -> Vec<u64> {
    let Outcome::StartUnknown { unrecognised, .. } = &executed.outcome else { panic!("{:?}", executed.outcome) };
    unrecognised.candidates.iter().map(|url| url.rsplit('/').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn only_the_newest_runs_are_read_down_to_the_first_too_old_one() {
    let simulator = losing(Acts::Now);
    add_runs(&simulator, &[HOUR; 95]);
    let executed = looking(&simulator, "2m");
    assert_found(&executed, 96);
    let first = match BACKEND {
        Backend::AccessKey | Backend::Role => "maxResults=30",
        Backend::Token => "page=1&perPage=30",
    };
    assert_eq!((queries(&simulator), reads(&simulator)), (vec![first.to_owned()], vec![96, 95]));
    assert!(executed.took < Duration::from_secs(1), "{:?}", executed.took);
}

#[test]
fn a_run_pushed_off_the_first_page_is_found_on_a_later_one() {
    let simulator = losing(Acts::Now);
    let executed = meanwhile(&simulator, |simulator| add_runs(simulator, &[Duration::ZERO; 65]));
    assert_found(&executed, 1);
    let expected = match BACKEND {
        Backend::AccessKey | Backend::Role => {
            ["maxResults=30", "maxResults=30&nextToken=37", "maxResults=30&nextToken=7"]
        }
        Backend::Token => ["page=1&perPage=30", "page=2&perPage=30", "page=3&perPage=30"],
    };
    assert_eq!(queries(&simulator), expected, "the last page names no other, so there is no fourth");
}

#[test]
fn a_token_that_leads_to_itself_ends_the_list() {
    let simulator = losing(Acts::Now);
    simulator.plan(When::next_is(LIST).always(), page(&[1], "7"));
    assert_found(&looking(&simulator, "2m"), 1);
    let expected = match BACKEND {
        Backend::AccessKey | Backend::Role => ["maxResults=30", "maxResults=30&nextToken=7"],
        Backend::Token => ["page=1&perPage=30", "page=7&perPage=30"],
    };
    assert_eq!(queries(&simulator), expected);
}

#[test]
fn an_ascending_list_is_read_to_its_end_before_any_run() {
    let simulator = losing(Acts::Now);
    add_runs(&simulator, &[HOUR; 2]);
    simulator.plan(When::next_is(LIST), page(&[1, 2], "2"));
    simulator.plan(When::next_is(LIST).after(1), page(&[3], ""));
    assert_found(&looking(&simulator, "2m"), 3);
    assert_eq!(reads(&simulator), [3, 2], "the newest first");
}

#[test]
fn a_run_created_more_than_five_minutes_before_the_start_ends_the_search() {
    let simulator = losing(Acts::Never);
    add_runs(&simulator, &[HOUR, Duration::from_secs(302), Duration::from_secs(298)]);
    let executed = looking(&simulator, "10s");
    assert_eq!((executed.code(), candidates(&executed)), (5, vec![]));
    let reads = reads(&simulator);
    assert_eq!(reads[..2], [3, 2]);
    assert!(reads[2..].iter().all(|run| *run == 3), "what is too old is read once: {reads:?}");
}

#[test]
fn a_run_created_over_thirty_seconds_before_the_start_is_not_a_candidate() {
    let simulator = losing(Acts::Never);
    simulator.pipeline(|pipeline| (pipeline.last_run, pipeline.queue) = (40, Duration::ZERO));
    add_runs(&simulator, &[32, 28, 1].map(Duration::from_secs));
    assert_eq!(candidates(&looking(&simulator, "10s")), [43, 42]);
}

#[test]
fn a_run_without_jobs_stays_a_candidate_but_delays_nothing() {
    let queued = |acts| {
        let simulator = losing(acts);
        simulator.pipeline(|pipeline| (pipeline.last_run, pipeline.queue) = (40, HOUR));
        add_runs(&simulator, &[1201, 1199, 301, 32, 1].map(Duration::from_secs));
        simulator
    };
    let without_jobs = BACKEND != Backend::Token;
    let executed = looking(&queued(Acts::Never), "10s");
    assert_eq!(candidates(&executed), if without_jobs { vec![45, 44, 43, 42] } else { vec![45] });
    let simulator = losing(Acts::Now);
    queue(&simulator, HOUR);
    tell_date(&simulator, &httpdate::fmt_http_date(beginning() + Duration::from_mins(6)));
    let executed = looking(&simulator, "10s");
    if without_jobs {
        assert_eq!((executed.code(), candidates(&executed)), (5, vec![1]));
    } else {
        assert_found(&executed, 1);
    }
    let simulator = losing(Acts::Now);
    simulator.pipeline(|pipeline| pipeline.queue = HOUR);
    add_runs(&simulator, &[Duration::from_secs(301)]);
    queue(&simulator, Duration::ZERO);
    let executed = looking(&simulator, "10s");
    assert_found(&executed, 2);
    assert_eq!(executed.took.as_secs(), 0, "a run of before is not waited for");
}

#[test]
fn a_run_is_found_by_a_truncated_remark() {
    for (characters, code) in [(46, 0), (45, 5)] {
        let simulator = losing(Acts::Now);
        simulator.pipeline(|pipeline| pipeline.longest_remark = Some(characters));
        let comment = "release ".repeat(20);
        let executed =
            Execution::over(BACKEND, &simulator).with("YUNXIAO_COMMENT", &comment).with("YUNXIAO_RETRY_TIMEOUT", "10s");
        let executed = executed.run();
        assert_eq!(executed.code(), code, "{characters}");
        if code == 5 {
            assert_eq!(candidates(&executed), [1], "a remark that may be the beginning of ours rules nothing out");
        }
    }
}

#[test]
fn while_the_services_time_is_not_known_its_clock_may_be_fifteen_minutes_off() {
    let (twenty, moment) = (Duration::from_mins(20), Duration::from_millis(1));
    let fifteen_and_a_half = Duration::from_secs(15 * 60 + 30);
    for (age, read) in [(twenty, vec![2, 1]), (twenty + moment, vec![2])] {
        let simulator = losing(Acts::Never);
        tell_date(&simulator, "unknown");
        add_runs(&simulator, &[HOUR, age]);
        looking(&simulator, "10s");
        let reads = reads(&simulator);
        assert_eq!(reads[..read.len()], read, "{age:?}");
        assert_eq!(reads.contains(&1), read.contains(&1), "{age:?}");
    }
    let simulator = losing(Acts::Never);
    tell_date(&simulator, "unknown");
    queue(&simulator, Duration::ZERO);
    add_runs(&simulator, &[fifteen_and_a_half + moment, fifteen_and_a_half]);
    assert_eq!(candidates(&looking(&simulator, "10s")), [2]);
}

#[test]
fn a_run_with_the_marker_is_ours_even_if_the_services_clocks_differ() {
    for ahead in [Duration::from_mins(3), Duration::from_mins(6)] {
        let simulator = losing(Acts::Now);
        tell_date(&simulator, &httpdate::fmt_http_date(beginning() + ahead));
        assert_found(&looking(&simulator, "2m"), 1);
    }
}

#[test]
fn a_copy_read_first_is_not_mistaken_for_the_original_run() {
    let simulator = losing(Acts::Now);
    simulator.plan(When::next_is(GET).after(1), Fault::new(Acts::Now, Reply::Closed));
    let executed = meanwhile(&simulator, |simulator| {
        let remark = simulator.started()[0].comment.clone().unwrap();
        simulator.add_foreign_run(ForeignRun::new(beginning()).with_comment(&remark));
    });
    assert_found(&executed, 1);
    assert_eq!(reads(&simulator), [2, 1, 1]);
}

#[test]
fn a_copy_is_not_taken_for_an_original_that_can_never_be_read() {
    let simulator = losing(Acts::Now);
    simulator.plan(When::next_is(GET).after(1).always(), Fault::new(Acts::Now, Reply::Closed));
    let executed = meanwhile(&simulator, |simulator| {
        let remark = simulator.started()[0].comment.clone().unwrap();
        simulator.add_foreign_run(ForeignRun::new(beginning()).with_comment(&remark));
    });
    assert_eq!((executed.code(), candidates(&executed)), (5, vec![2, 1]));
}

#[test]
fn a_later_run_that_cannot_be_read_hides_nothing() {
    let simulator = losing(Acts::Now);
    simulator.plan(When::next_is(LIST).always(), page(&[99, 1], ""));
    assert_found(&looking(&simulator, "2m"), 1);
    assert_eq!(reads(&simulator), [99, 1], "there is no run 99");
}

#[test]
fn an_earlier_run_that_cannot_be_read_is_waited_for_but_hides_nothing_in_the_end() {
    let simulator = losing(Acts::Now);
    queue(&simulator, HOUR);
    add_runs(&simulator, &[Duration::ZERO]);
    queue(&simulator, Duration::ZERO);
    let executed = looking(&simulator, "10s");
    assert_found(&executed, 2);
    // Over the token API a run shows its remark while it is queued, so there is nothing to wait for.
    assert_eq!(executed.took.as_secs(), if BACKEND == Backend::Token { 0 } else { 10 });
}

#[test]
fn a_refused_search_ends_at_once_and_reports_the_refusal() {
    let simulator = losing(Acts::Now);
    simulator.plan(When::next_is(LIST).always(), Fault::refusal("Forbidden.RAM"));
    let executed = looking(&simulator, "2m");
    assert_eq!((executed.code(), executed.took), (5, CONNECTING * 2));
    let told = executed.outcome.message();
    assert!(told.english.contains("Forbidden.RAM") && told.chinese.contains("Forbidden.RAM"), "{told}");
}

#[test]
fn the_pauses_grow_from_one_second_to_five() {
    let simulator = losing(Acts::Never);
    looking(&simulator, "30s");
    let lists = simulator.seen_for(LIST);
    let pauses = lists.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at + CONNECTING).unwrap());
    let pauses: Vec<u128> = pauses.map(|pause| pause.as_millis()).take(6).collect();
    assert_eq!(pauses, [1000, 1500, 2250, 3375, 5000, 5000]);
}

#[test]
fn the_search_ends_at_retry_timeout_or_after_ten_minutes() {
    for (retry_timeout, seconds) in [("2m", 120), ("0", 600)] {
        let simulator = losing(Acts::Never);
        let executed = looking(&simulator, retry_timeout);
        // A connection for the start, and one for the last list, at the very end of the time.
        assert_eq!((executed.code(), executed.took), (5, Duration::from_secs(seconds) + CONNECTING * 2));
    }
}

#[test]
fn runs_that_cannot_be_read_do_not_make_the_search_endless() {
    for reply in [Reply::Silence, Reply::Closed] {
        let simulator = losing(Acts::Never);
        add_runs(&simulator, &[HOUR; 300]);
        simulator.plan(When::next_is(GET).always(), Fault::new(Acts::Never, reply.clone()));
        let executed = looking(&simulator, "2m");
        assert_eq!(executed.code(), 5);
        assert!(executed.took < Duration::from_mins(3), "{reply:?} took {:?}", executed.took);
        assert!(reads(&simulator).len() < 120, "{reply:?}: {} reads", reads(&simulator).len());
    }
    let simulator = losing(Acts::Never);
    add_runs(&simulator, &[HOUR]);
    simulator.plan(When::next_is(GET).always(), Fault::refusal("Forbidden.RAM"));
    let said = looking(&simulator, "10s").outcome.message().english;
    assert!(said.contains("Reading the runs was refused: Yunxiao answered 403 Forbidden.RAM"), "{said}");
}
