//! Sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};
use yunxiao_simulator::{
    Acts, Answer, Fault, ForeignRun, Job, Options, Reply, Server, Simulator, Stage, Unreachable, When,
};

use crate::client::{self, PIPELINE};
use crate::wire::{connect, read_answer, serve, start_and_read, wire};

#[test]
fn a_connection_serves_many_requests_and_is_counted_once() {
    let (simulator, server) = serve();
    let mut stream = connect(server.http().unwrap());
    for _ in 0..3 {
        stream.write_all(&wire(&client::request("GetPipeline", "GET", PIPELINE, SystemTime::now()))).unwrap();
        let answer = read_answer(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\ndate: "), "{answer}");
    }
    let mut another = connect(server.http().unwrap());
    another.write_all(&wire(&client::start("{}", SystemTime::now()))).unwrap();
    assert!(read_answer(&mut another).contains("\"pipelineRunId\":1"));
    let connections: Vec<_> = simulator.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [Some(0), Some(0), Some(0), Some(1)]);
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_body_may_come_in_chunks() {
    let (simulator, server) = serve();
    let request = client::start(r#"{"comment":"x"}"#, SystemTime::now());
    let whole = wire(&request);
    let head_length = whole.len() - request.body.len();
    let head = String::from_utf8(whole[..head_length].to_vec()).unwrap();
    let head = head.replace(&format!("Content-Length: {}", request.body.len()), "Transfer-Encoding: chunked");
    let mut stream = connect(server.http().unwrap());
    stream.write_all(head.as_bytes()).unwrap();
    for chunk in request.body.chunks(7) {
        stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).unwrap();
        stream.write_all(chunk).unwrap();
        stream.write_all(b"\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert!(read_answer(&mut stream).starts_with("HTTP/1.1 200"));
    assert_eq!(simulator.started()[0].comment.as_deref(), Some("x"));
}

#[test]
fn what_is_not_http_is_refused() {
    let (simulator, server) = serve();
    let mut stream = connect(server.http().unwrap());
    stream.write_all(b"hello\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(simulator.seen().is_empty());
}

#[test]
fn faults_happen_on_the_wire() {
    let (simulator, server) = serve();
    let address = server.http().unwrap();
    let told = |reply| {
        simulator.plan(When::next_is("StartPipelineRun"), Fault::new(Acts::Now, reply));
        start_and_read(address)
    };
    assert_eq!(told(Reply::Closed), (String::new(), None));
    assert_eq!(told(Reply::Reset), (String::new(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(told(Reply::Garbage("\0garbage".into())), ("\0garbage".into(), None));
    let (half, error) = told(Reply::Half(5));
    let (head, body) = half.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK") && !head.contains("content-length: 5\r"), "{head}");
    assert_eq!((body.len(), error), (5, None));
    assert_eq!(simulator.started().len(), 4);
}

#[test]
fn answers_are_late_when_they_should_be() {
    let (simulator, server) = serve();
    let delay = Duration::from_millis(50);
    let bad_gateway = Answer::html(502).with_header("connection", "close");
    simulator.plan(When::next(), Fault::answer(Acts::Never, bad_gateway).delayed(delay));
    let started = Instant::now();
    let mut stream = connect(server.http().unwrap());
    stream.write_all(&wire(&client::start("{}", SystemTime::now()))).unwrap();
    assert!(read_answer(&mut stream).starts_with("HTTP/1.1 502"));
    assert!(started.elapsed() >= delay);

    simulator.plan(When::next(), Fault::new(Acts::Never, Reply::Silence));
    stream.write_all(&wire(&client::start("{}", SystemTime::now()))).unwrap();
    stream.set_read_timeout(Some(delay)).unwrap();
    assert!(matches!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
}

#[test]
fn a_planned_refusal_resets_a_connection_before_it_is_read() {
    let (simulator, server) = serve();
    simulator.plan(When::next(), Fault::unreachable(Unreachable::Refused));
    let (answer, error) = start_and_read(server.http().unwrap());
    assert_eq!((answer.as_str(), error), ("", Some(ErrorKind::ConnectionReset)));
    assert!(simulator.seen().is_empty());
    assert_eq!((simulator.unreachable(), server.connections()), (1, 1));
}

#[test]
fn https_is_served_with_the_certificate_of_its_ca() {
    let simulator = Simulator::default();
    let options = Options { names: vec!["devops.cn-hangzhou.aliyuncs.com".into()], ..Options::default() };
    let server = Server::start(simulator.clone(), &options).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(server.ca_pem().as_bytes()).unwrap()).unwrap();
    let tls = |roots: RootCertStore, name: &str| {
        let config = ClientConfig::builder_with_provider(crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        StreamOwned::new(connection, connect(server.https().unwrap()))
    };
    let request = wire(&client::start("{}", SystemTime::now()));
    for name in ["localhost", "127.0.0.1", "devops.cn-hangzhou.aliyuncs.com"] {
        let mut stream = tls(roots.clone(), name);
        stream.write_all(&request).unwrap();
        assert!(read_answer(&mut stream).starts_with("HTTP/1.1 "), "{name}");
    }
    assert!(tls(roots.clone(), "other.example").write_all(&request).is_err());
    assert!(tls(RootCertStore::empty(), "localhost").write_all(&request).is_err());

    simulator.plan(When::next(), Fault::unreachable(Unreachable::Tls));
    let seen = simulator.seen().len();
    assert!(tls(roots, "localhost").write_all(&request).is_err());
    assert_eq!(simulator.seen().len(), seen);
}

#[test]
fn a_log_of_two_hundred_megabytes_is_sent() {
    let (simulator, server) = serve();
    simulator.pipeline(|pipeline| {
        pipeline.queue = Duration::ZERO;
        pipeline.stages = vec![Stage::new("构建", vec![Job::new("构建", 60).filling(200_000_000)])];
    });
    simulator.add_foreign_run(ForeignRun::new(SystemTime::now())).unwrap();
    let logs = format!("{}/pipelineRun/1/job/123001000/logs", PIPELINE.replace("pipelines", "pipeline"));
    let request = client::request("LogPipelineJobRun", "GET", &logs, SystemTime::now());
    let mut stream = connect(server.http().unwrap());
    stream.write_all(&wire(&request.with_header("connection", "close"))).unwrap();
    let length = std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
    assert!((200_000_000..205_000_000).contains(&length), "{length}");
}

#[test]
fn a_dropped_server_listens_no_more() {
    let (_, server) = serve();
    let address = server.http().unwrap();
    let mut stream = connect(address);
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
}
