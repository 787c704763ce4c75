//! Writes outputs as orders on standard output, for comparison with the libraries that read or write them: a host's name as the
//! argument, one JSON string a line in, one order a line out.
//!
//! `tests/official/orders.py` feeds it hostile values.

use std::io::{self, BufRead};

use yunxiao_run::host::{Destination, Orders, Outputs};
use yunxiao_run::random::Random;
use yunxiao_run::writer::{Printer, Writer};

fn main() -> io::Result<()> {
    let orders = match std::env::args().nth(1).as_deref() {
        Some("azure") => Orders::Azure,
        Some("teamcity") => Orders::TeamCity,
        _ => return Err(io::Error::other("azure or teamcity")),
    };
    let printer = Printer::new(Writer::immediate(io::stdout()));
    let mut outputs = Outputs::open(Some(Destination::Orders(orders)), &[], printer)?;
    for line in io::stdin().lock().lines() {
        let value: String = serde_json::from_str(&line?)?;
        let (lines, written) = outputs.write(&Random::from_seed([0; 32]), &[("output", value)]);
        outputs.print_at_once(lines.unwrap_or_default());
        written?;
    }
    Ok(())
}
