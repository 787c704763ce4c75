//! The simulator for shell scripts and for clients in other languages.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use yunxiao_simulator::{Options, Server, Setup, Simulator};

const USAGE: &str = "\
usage: yunxiao-simulator [--http ADDRESS:PORT] [--https ADDRESS:PORT] [--name NAME]... [--ca FILE] [--setup FILE]

Serves until SIGTERM or SIGINT. Prints one line of JSON with its addresses when it is ready.
  --http, --https  where to listen; port 0 is any free one (without either: both, on 127.0.0.1)
  --name           a name or address for the certificate, beside localhost and 127.0.0.1
  --ca             where to write the CA that clients have to trust
  --setup          JSON with what there is, instead of the default

Beside Yunxiao it is STS at /, and the CI host's issuer of identity tokens at /_oidc/token.

Over http also:
  GET /_simulator/seen, GET /_simulator/runs, GET /_simulator/statuses
  POST /_simulator/faults {\"when\":…,\"fault\":…}
  POST /_simulator/gates {\"pipeline\":123,\"run\":1,\"pass\":true}: decides every open gate; answers {\"decided\":1}
  POST /_simulator/stop {\"pipeline\":123,\"run\":1}: 404 when there is no such run that goes on
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "yunxiao-simulator: {error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options { http: None, https: None, names: Vec::new(), flaw: None };
    let (mut ca, mut setup) = (None, Setup::default());
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag}: a value is missing"))?;
        match flag.as_str() {
            "--http" => options.http = Some(value.parse::<SocketAddr>()?),
            "--https" => options.https = Some(value.parse::<SocketAddr>()?),
            "--name" => options.names.push(value),
            "--ca" => ca = Some(value),
            "--setup" => setup = serde_json::from_str(&std::fs::read_to_string(value)?)?,
            _ => return Err(format!("{flag}: unknown").into()),
        }
    }
    if options.http.is_none() && options.https.is_none() {
        options = Options { names: options.names, ..Options::default() };
    }

    // Before anyone is told that it is ready: a signal must not be missed.
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let server = Server::start(Simulator::new(setup), &options)?;
    if let Some(ca) = ca {
        std::fs::write(ca, server.ca_pem())?;
    }
    let addresses = json!({"http": server.http(), "https": server.https()});
    writeln!(io::stdout(), "{addresses}")?;
    io::stdout().flush()?;
    signals.forever().next();
    Ok(())
}
