//! HTTP/1.1 by hand, since a well-behaved library would not let the server misbehave at any byte.

use http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::request::{Answer, Request};

const LONGEST_HEAD: usize = 128 * 1024;
const LONGEST_BODY: usize = 8 * 1024 * 1024;

/// A request, and whether the client wants to go on with the connection.
pub(super) struct Read {
    pub(super) request: Request,
    pub(super) keep_alive: bool,
}

/// What a parsed head says about what follows it.
struct Head {
    request: Request,
    length: usize,
    minor_version: u8,
}

/// Why there is no request.
pub(super) enum Unreadable {
    /// The client is gone, or never said anything.
    Gone,
    /// It is not HTTP, or not what is supported: the status to answer with.
    Refused(u16),
}

impl From<std::io::Error> for Unreadable {
    fn from(_: std::io::Error) -> Self {
        Self::Gone
    }
}

/// Reads a request; what was read beyond it stays in the buffer.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    buffer: &mut Vec<u8>,
) -> Result<Read, Unreadable> {
    let head = loop {
        if let Some(head) = parse(buffer)? {
            break head;
        }
        if buffer.len() > LONGEST_HEAD {
            return Err(Unreadable::Refused(431));
        }
        more(stream, buffer).await?;
    };
    let Head { mut request, length, minor_version } = head;
    buffer.drain(..length);
    let says =
        |name: &str, token: &str| request.header(name).is_some_and(|value| value.to_ascii_lowercase().contains(token));
    let keep_alive = if minor_version == 0 { says("connection", "keep-alive") } else { !says("connection", "close") };
    if says("expect", "100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let body = if says("transfer-encoding", "chunked") {
        chunks(stream, buffer).await?
    } else {
        // Gateways want to know of what may have a body that it has none.
        let has_none = ["GET", "HEAD", "DELETE", "OPTIONS"].contains(&request.method.as_str());
        let length = match request.header("content-length") {
            None if !has_none => return Err(Unreadable::Refused(411)),
            length => length.map_or(Ok(0), str::parse),
        };
        take(stream, buffer, length.map_err(|_| Unreadable::Refused(400))?).await?
    };
    request.body = body;
    Ok(Read { request, keep_alive })
}

async fn more(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Result<(), Unreadable> {
    match stream.read_buf(buffer).await? {
        0 => Err(Unreadable::Gone),
        _ => Ok(()),
    }
}

/// The head, once it is complete.
fn parse(buffer: &[u8]) -> Result<Option<Head>, Unreadable> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(Unreadable::Refused(400)),
    };
    let (Some(method), Some(target), Some(minor_version)) = (parsed.method, parsed.path, parsed.version) else {
        return Err(Unreadable::Refused(400));
    };
    // A client that takes this for a proxy names the host in the target, too.
    let origin =
        target.split_once("://").map_or(target, |(_, rest)| rest.find('/').map_or("/", |start| &rest[start..]));
    let mut request = Request::new(method, "", origin);
    for header in parsed.headers {
        let value = String::from_utf8_lossy(header.value);
        if header.name.eq_ignore_ascii_case("host") {
            request.host = value.into_owned();
        } else {
            request = request.with_header(header.name, &value);
        }
    }
    Ok(Some(Head { request, length, minor_version }))
}

async fn take(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
    length: usize,
) -> Result<Vec<u8>, Unreadable> {
    if length > LONGEST_BODY {
        return Err(Unreadable::Refused(413));
    }
    while buffer.len() < length {
        more(stream, buffer).await?;
    }
    Ok(buffer.drain(..length).collect())
}

async fn chunks(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Result<Vec<u8>, Unreadable> {
    let mut body = Vec::new();
    loop {
        let (start, size) = loop {
            match httparse::parse_chunk_size(buffer) {
                Ok(httparse::Status::Complete(found)) => break found,
                Ok(httparse::Status::Partial) => more(stream, buffer).await?,
                Err(_) => return Err(Unreadable::Refused(400)),
            }
        };
        buffer.drain(..start);
        let size = usize::try_from(size).ok().filter(|size| *size <= LONGEST_BODY - body.len());
        let size = size.ok_or(Unreadable::Refused(413))?;
        body.append(&mut take(stream, buffer, size).await?);
        // The line's end after a chunk; after the last one trailers are not supported, so it is the same.
        take(stream, buffer, 2).await?;
        if size == 0 {
            return Ok(body);
        }
    }
}

/// A body up to this length goes out together with its head; a longer one is not copied.
const SHORT: usize = 64 * 1024;

/// Sends an answer's head, and as much of its body as asked for.
pub(super) async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    answer: &Answer,
    body: usize,
    keep_alive: bool,
) -> std::io::Result<()> {
    let mut bytes = head(answer, keep_alive);
    let whole = if has_body(answer.status) { answer.body.as_bytes() } else { &[] };
    let body = whole.get(..body).unwrap_or(whole);
    if body.len() <= SHORT {
        bytes.extend(body);
        stream.write_all(&bytes).await?;
    } else {
        stream.write_all(&bytes).await?;
        stream.write_all(body).await?;
    }
    stream.flush().await
}

fn has_body(status: u16) -> bool {
    !matches!(status, 100..200 | 204 | 304)
}

fn head(answer: &Answer, keep_alive: bool) -> Vec<u8> {
    let Answer { status, headers, body: whole } = answer;
    let reason = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason());
    let mut text = format!("HTTP/1.1 {status} {}\r\n", reason.unwrap_or("Other"));
    for (name, value) in headers {
        // A value from the outside must not end its header.
        let value: String = value.chars().filter(|letter| !letter.is_control()).collect();
        text.extend([name, ": ", &value, "\r\n"]);
    }
    if has_body(*status) {
        text.extend(["content-length: ", &whole.len().to_string(), "\r\n"]);
    }
    if !keep_alive {
        text.push_str("connection: close\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}
