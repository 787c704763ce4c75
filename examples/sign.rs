//! Signs requests, for comparison with other implementations: one JSON object a line in, one a line out.
//!
//! `tests/official/signatures.py` feeds it random requests and compares what it says with the official signing code.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use yunxiao_run::yunxiao::request::{Body, Request};
use yunxiao_run::yunxiao::signature::{AccessKey, Algorithm};

#[derive(Deserialize)]
struct Order {
    algorithm: String,
    access_key_id: String,
    access_key_secret: String,
    security_token: Option<String>,
    method: String,
    path: Vec<String>,
    query: Vec<(String, String)>,
    body: Option<OrderBody>,
    host: String,
    headers: Vec<(String, String)>,
    time: u64,
    nonce: String,
}

#[derive(Deserialize)]
struct OrderBody {
    content_type: String,
    text: String,
}

#[derive(Serialize)]
struct Reply {
    path: String,
    query: String,
    headers: BTreeMap<&'static str, String>,
    string_to_sign: String,
    signature: String,
}

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let order: Order = serde_json::from_str(&line?)?;
        println!("{}", serde_json::to_string(&sign(order))?);
    }
    Ok(())
}

fn sign(order: Order) -> Reply {
    let algorithm = if order.algorithm == "HMAC-SHA1" { Algorithm::HmacSha1 } else { Algorithm::Acs3HmacSha256 };
    let key = AccessKey {
        id: order.access_key_id,
        secret: order.access_key_secret.into(),
        security_token: order.security_token.map(Into::into),
    };
    // The program's own names are literals; these live as long as this example does.
    let request = Request {
        method: order.method.leak(),
        host: order.host,
        segments: order.path,
        parameters: order.query,
        headers: order.headers.into_iter().map(|(name, value)| (&*name.leak(), value)).collect(),
        body: order.body.map(|body| Body { content_type: body.content_type.leak(), bytes: body.text.into_bytes() }),
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(order.time);
    let signed = request.sign(algorithm, &key, now, &order.nonce);
    Reply {
        path: request.path(),
        query: request.query(),
        headers: signed.headers.into_iter().collect(),
        string_to_sign: signed.string_to_sign,
        signature: signed.signature,
    }
}
