//! Everything is written in the order in which it was handed over; our own words wait for no reader, and are in no
//! fold.

use std::io::{self, Read};
use std::time::{Duration, Instant, UNIX_EPOCH};

use tokio::time::timeout;
use yunxiao_run::environment::Environment;
use yunxiao_run::host::{self, Fold};
use yunxiao_run::log::{Relay, Screen};
use yunxiao_run::writer::{Printer, Room, Writer};

use crate::step::has_room;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap()
}

/// Returns whether something takes longer than a moment.
async fn waits(future: impl Future) -> bool {
    timeout(Duration::from_millis(100), future).await.is_err()
}

#[test]
fn texts_are_written_in_order() {
    let (mut reader, write) = io::pipe().unwrap();
    let writer = Writer::spawn("test", write).unwrap();
    runtime().block_on(async {
        for number in 0..1000 {
            let room = if number % 3 == 0 { writer.room_for(10).await } else { Room::default() };
            writer.write(format!("{number}\n"), room);
        }
        writer.written("end\n".to_owned()).await.unwrap();
    });
    assert!(writer.drain(Duration::from_secs(5)));
    drop(writer);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    let expected: Vec<String> = (0..1000).map(|number| format!("{number}\n")).collect();
    assert_eq!(text, expected.concat() + "end\n");
}

#[test]
fn unread_lines_fill_the_buffer_and_own_messages_need_no_room() {
    let (mut reader, write) = io::pipe().unwrap();
    let pipe = write.try_clone().unwrap();
    let writer = Writer::spawn("test", write).unwrap();
    let block = "x".repeat(32 * 1024);
    runtime().block_on(async {
        let mut blocks = 0;
        loop {
            let is_full = !has_room(&pipe);
            if !waits(async { writer.write(block.clone(), writer.room_for(block.len()).await) }).await {
                blocks += 1;
                assert!(blocks < 100, "{blocks} blocks and still room");
            } else if is_full {
                break;
            }
        }
        drop(pipe);
        writer.write("our own".to_owned(), Room::default());
        assert!(waits(writer.written(String::new())).await && !writer.drain(Duration::from_millis(10)));
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            text
        });
        // A text that is longer than all the room gets there too.
        let long = "y".repeat(600_000);
        writer.write(long.clone(), writer.room_for(long.len()).await);
        assert!(writer.drain(Duration::from_secs(5)));
        drop(writer);
        assert!(reading.join().unwrap() == block.repeat(blocks) + "our own" + &long);
    });
}

#[test]
fn printing_reports_its_result() {
    let (reader, write) = io::pipe().unwrap();
    let printer = Printer::new(Writer::spawn("test", write).unwrap());
    runtime().block_on(async {
        assert!(printer.print("1\n").await.is_ok());
        drop(reader);
        assert_eq!(printer.print("2\n").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        let (_reader, write) = io::pipe().unwrap();
        let printer = Printer::new(Writer::spawn("test", write).unwrap());
        let begin = Instant::now();
        assert_eq!(printer.print("x".repeat(10_000_000)).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!((5..7).contains(&begin.elapsed().as_secs()));
    });
}

fn fold() -> Fold {
    Fold { title: "job".to_owned(), id: "token".to_owned(), is_closed_at_first: true }
}

/// What is shown on GitHub on a pipe that is read when all is over.
fn shown(with: impl AsyncFnOnce(&Screen, Relay<'_>)) -> String {
    let environment = Environment::new([("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", "/dev/null")]);
    let host = host::detect(&environment, false);
    let (mut reader, write) = io::pipe().unwrap();
    let screen = Screen::new(Writer::spawn("test", write).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(with(&screen, Relay::new(&*host, &screen, UNIX_EPOCH, fold())));
    drop(screen);
    let mut shown = String::new();
    reader.read_to_string(&mut shown).unwrap();
    shown
}

/// Relays lines until they have to wait.
async fn fill(relay: &mut Relay<'_>) {
    loop {
        (0..10).for_each(|_| relay.push(&"x".repeat(999)));
        if timeout(Duration::from_millis(100), relay.flush()).await.is_err() {
            return;
        }
    }
}

#[test]
fn the_steps_own_messages_are_outside_folds() {
    let shown = shown(async |screen, mut relay| {
        screen.show("before\n");
        relay.push("line 1");
        screen.show("not open yet\n");
        relay.flush().await;
        screen.show("meanwhile\n");
        relay.push("line 2");
        relay.flush().await;
        screen.show("and again\n");
        drop(relay);
        screen.show("after\n");
    });
    assert_eq!(
        shown,
        "before\nnot open yet\n::group::job\n::stop-commands::token\nline 1\nline 2\n::token::\n::endgroup::\n\
         meanwhile\nand again\nafter\n"
    );
}

#[test]
fn a_fold_without_lines_is_never_opened() {
    let shown = shown(async |screen, mut relay| {
        relay.flush().await;
        relay.push("read again");
        assert_eq!(relay.forget(), 1);
        relay.flush().await;
        drop(relay);
        screen.show("after\n");
    });
    assert_eq!(shown, "after\n");
}

#[test]
fn dropped_lines_are_counted_inside_their_fold() {
    let end = "::token::\n::endgroup::\nmeanwhile\nafter\n";
    let with_lines_left = shown(async |screen, mut relay| {
        fill(&mut relay).await;
        screen.show("meanwhile\n");
        drop(relay);
        screen.show("after\n");
    });
    let count = "(not shown: 10 lines and everything after them) / （未显示：10 行及其后的内容）\n";
    assert!(
        with_lines_left.ends_with(&format!("x\n{count}{end}")),
        "{}",
        &with_lines_left[with_lines_left.len() - 300..]
    );
    let with_none_left = shown(async |screen, mut relay| {
        fill(&mut relay).await;
        screen.show("meanwhile\n");
        assert_eq!(relay.forget(), 10);
        drop(relay);
        screen.show("after\n");
    });
    assert!(with_none_left.ends_with(&format!("x\n{end}")));
}
