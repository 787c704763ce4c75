//! Writes outputs as orders on standard output, or to GitHub's file with an annotation for each, for comparison with the libraries
//! that read or write them: a host's name and GitHub's file as the arguments, one JSON string a line in, one order a line out.
//!
//! `tests/official/orders.py` feeds it hostile values.

use std::io::{self, BufRead};

use yunxiao_run::environment::Environment;
use yunxiao_run::host::{Destination, Orders, Outputs, detect};
use yunxiao_run::random::Random;
use yunxiao_run::writer::{Printer, Writer};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let host = arguments.next();
    let file = arguments.next().unwrap_or_default();
    let github = detect(&Environment::new([("GITHUB_ACTIONS", "true"), ("GITHUB_OUTPUT", file.as_str())]), false);
    let destination = match host.as_deref() {
        Some("azure") => Some(Destination::Orders(Orders::Azure)),
        Some("teamcity") => Some(Destination::Orders(Orders::TeamCity)),
        Some("github") => github.destination(None),
        _ => return Err(io::Error::other("azure, teamcity, or github and a file")),
    };
    let printer = Printer::new(Writer::immediate(io::stdout()));
    let mut outputs = Outputs::open(destination, &[], printer)?;
    for line in io::stdin().lock().lines() {
        let value: String = serde_json::from_str(&line?)?;
        let annotation = github.annotation(&value, &value);
        let (lines, written) = outputs.write(&Random::from_seed([0; 32]), &[("output", value)]);
        outputs.print_at_once(lines.or(annotation).unwrap_or_default());
        written?;
    }
    Ok(())
}
