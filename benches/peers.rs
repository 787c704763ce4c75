//! What a start costs by this program, and by what a user would take instead: the official SDK for Python, Alibaba Cloud's
//! client for Node, the official MCP server, and `curl`.
//!
//! `cargo bench --bench peers [-- BINARY]` prints the table that docs/size.md shows, for the image's binary or else for the
//! one that cargo has built. `peers/measure.py` measures, at the simulated service that this starts.

use std::error::Error;
use std::process::Command;

use yunxiao_simulator::{Options, Server, Simulator};

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::start(Simulator::default(), &Options::default())?;
    let address = server.http().ok_or("it has no address")?.to_string();
    // cargo adds `--bench`.
    let binary = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let binary = binary.as_deref().unwrap_or(env!("CARGO_BIN_EXE_yunxiao-run"));
    let measure = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/measure.py");
    let status = Command::new("python3").args([measure, binary, &address]).status()?;
    if status.success() { Ok(()) } else { Err("not everything could be measured".into()) }
}
