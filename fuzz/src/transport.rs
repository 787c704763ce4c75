//! A service of fixed answers.

use std::cell::{Cell, RefCell};

use yunxiao_run::transport::{Failure, FailureKind, Latch, Transport};

/// Gives these answers one after the other, the last again and again.
pub(crate) struct Answers {
    answers: Vec<http::Response<Vec<u8>>>,
    given: Cell<usize>,
    /// What was asked, as a method and an address, and the status of the answer.
    pub asked: RefCell<Vec<(String, Option<u16>)>>,
}

impl Answers {
    pub(crate) fn new(answers: Vec<http::Response<Vec<u8>>>) -> Self {
        Self { answers, given: Cell::new(0), asked: RefCell::default() }
    }

    fn next(&self, request: &http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Failure> {
        let index = self.given.get().min(self.answers.len().saturating_sub(1));
        self.given.set(index + 1);
        let answer = self.answers.get(index);
        let status = answer.map(|answer| answer.status().as_u16());
        self.asked.borrow_mut().push((format!("{} {}", request.method(), request.uri()), status));
        answer.cloned().ok_or_else(|| Failure { kind: FailureKind::Broken, detail: String::new() })
    }
}

impl Transport for &Answers {
    async fn send_fresh(
        &self,
        request: http::Request<Vec<u8>>,
        latch: &Latch,
    ) -> Result<http::Response<Vec<u8>>, Failure> {
        if !latch.pass() {
            return Err(Failure { kind: FailureKind::Connect, detail: String::new() });
        }
        self.next(&request)
    }

    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Failure> {
        self.next(&request)
    }

    async fn download(
        &self,
        request: http::Request<Vec<u8>>,
        mut take: impl AsyncFnMut(&[u8], &mut Vec<u8>),
    ) -> Result<http::Response<Vec<u8>>, Failure> {
        let (parts, arrived) = self.next(&request)?.into_parts();
        let mut body = Vec::new();
        for piece in arrived.chunks(100) {
            take(piece, &mut body).await;
        }
        Ok(http::Response::from_parts(parts, body))
    }
}

/// An answer: the status in three digits, then lines of headers, an empty line, and the body; without such a beginning, a
/// success of that body.
pub(crate) fn response(data: &[u8]) -> http::Response<Vec<u8>> {
    let mut response = http::Response::new(data.to_vec());
    let head = data.windows(2).position(|window| window == b"\n\n");
    let status = data.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let status = status.and_then(|status: u16| http::StatusCode::from_u16(status).ok());
    if let (Some(head), Some(status)) = (head, status) {
        *response.status_mut() = status;
        *response.body_mut() = data[head + 2..].to_vec();
        for line in data[3..head].split(|byte| *byte == b'\n') {
            let mut parts = line.splitn(2, |byte| *byte == b':');
            let name = parts.next().and_then(|name| http::HeaderName::from_bytes(name).ok());
            let value = parts.next().and_then(|value| http::HeaderValue::from_bytes(value.trim_ascii()).ok());
            if let (Some(name), Some(value)) = (name, value) {
                response.headers_mut().append(name, value);
            }
        }
    }
    response
}
