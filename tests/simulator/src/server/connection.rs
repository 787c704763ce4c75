//! One connection: reads requests, and does on the wire what the simulator decided.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::control;
use super::http1::{self, Read, Unreadable};
use crate::request::{Answer, Wire};
use crate::simulator::Simulator;

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    Reset,
}

#[derive(Clone)]
pub(super) struct Service {
    pub(super) simulator: Simulator,
    pub(super) connections: Arc<AtomicU64>,
}

impl Service {
    pub(super) async fn accept(self, listener: TcpListener, tls: Option<TlsAcceptor>) {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let number = self.connections.fetch_add(1, Ordering::Relaxed);
                    tokio::spawn(self.clone().connection(stream, number, tls.clone()));
                }
                // Out of descriptors, most likely; others may be given back soon.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    async fn connection(self, stream: TcpStream, number: u64, tls: Option<TlsAcceptor>) {
        let _ = stream.set_nodelay(true);
        if let Some(acceptor) = tls {
            if self.simulator.refuse_connection().is_some() {
                return reset(&stream);
            }
            if let Ok(mut stream) = acceptor.accept(stream).await
                && self.serve(&mut stream, number, false).await == End::Reset
            {
                reset(stream.get_ref().0);
            }
        } else {
            let mut stream = stream;
            // Scripts ask over this port, too, and must not use up a fault.
            if !control::is_next(&stream).await && self.simulator.refuse_connection().is_some() {
                return reset(&stream);
            }
            if self.serve(&mut stream, number, true).await == End::Reset {
                reset(&stream);
            }
        }
    }

    async fn serve(&self, stream: &mut (impl AsyncRead + AsyncWrite + Unpin), number: u64, with_control: bool) -> End {
        let mut buffer = Vec::new();
        loop {
            let Read { request, keep_alive } = match http1::read(stream, &mut buffer).await {
                Ok(read) => read,
                Err(Unreadable::Gone) => return End::Close,
                Err(Unreadable::Refused(status)) => {
                    let _ = http1::send(stream, &Answer::empty(status), 0, false).await;
                    return End::Close;
                }
            };
            let asked = with_control.then(|| control::answer(&self.simulator, &request)).flatten();
            let answer = if let Some(answer) = asked {
                answer
            } else {
                let outcome = self.simulator.answer_on(Some(number), SystemTime::now(), &request);
                tokio::time::sleep(outcome.delay).await;
                match outcome.wire {
                    Wire::Answer(answer) => answer,
                    Wire::Half(answer, length) => {
                        let _ = http1::send(stream, &answer, length, keep_alive).await;
                        return End::Close;
                    }
                    Wire::Garbage(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                        let _ = stream.flush().await;
                        return End::Close;
                    }
                    Wire::Silence => {
                        let _ = tokio::io::copy(stream, &mut tokio::io::sink()).await;
                        return End::Close;
                    }
                    // The request was read already; closing is all that is left.
                    Wire::Reset => return End::Reset,
                    Wire::Closed | Wire::Unreachable(_) => return End::Close,
                }
            };
            if http1::send(stream, &answer, usize::MAX, keep_alive).await.is_err() {
                return End::Close;
            }
            if !keep_alive {
                let _ = stream.shutdown().await;
                return End::Close;
            }
        }
    }
}

/// Lets the kernel send a reset when the stream is dropped.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}
