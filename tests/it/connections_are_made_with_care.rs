use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use yunxiao_simulator::Server;

use crate::step::{Step, service};

fn with_ca(server: &Server) -> Step {
    // As PEM text, which is how a CI variable holds it.
    Step::at(&server.https_url()).with("YUNXIAO_CA_CERTIFICATES", server.ca_pem())
}

#[test]
fn https_with_a_root_of_ones_own_works_as_text_as_a_path_and_by_the_usual_variables() {
    let (simulator, server) = service();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, format!("# comment\n{}", server.ca_pem())).unwrap();
    let path = path.to_str().unwrap();
    for step in [
        with_ca(&server),
        Step::at(&server.https_url()).with("YUNXIAO_CA_CERTIFICATES", path),
        Step::at(&server.https_url()).with("SSL_CERT_FILE", path),
        Step::at(&server.https_url()).with("CI_SERVER_TLS_CA_FILE", path),
    ] {
        let ended = step.run();
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(
            ended.stderr.contains("Root certificates trusted beside the bundled ones: 1, from "),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(simulator.started().len(), 4);
}

#[test]
fn a_certificate_of_an_unknown_issuer_is_refused_and_nothing_is_sent() {
    let (simulator, server) = service();
    let ended = Step::at(&server.https_url()).with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("No trusted TLS connection"), "{}", ended.stderr);
    assert!(ended.stderr.contains("give its root certificate in `ca-certificates`"), "{}", ended.stderr);
    assert!(simulator.seen().is_empty());
}

#[test]
fn roots_that_another_program_left_behind_and_that_are_not_here_are_only_warned_of() {
    let (_, server) = service();
    let ended = Step::at(&server.http_url()).with("SSL_CERT_FILE", "/no/such/bundle.pem").run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("warning: SSL_CERT_FILE names a file that can't be read"), "{}", ended.stderr);
}

#[test]
fn an_address_other_than_the_default_is_printed_once_with_its_source() {
    let (_, server) = service();
    let ended = Step::at(&server.http_url()).run();
    let line = format!("Endpoint {}, from YUNXIAO_ENDPOINT", server.http_url());
    assert_eq!(ended.stderr.matches(&line).count(), 1, "{}", ended.stderr);
}

#[test]
fn a_service_on_this_machine_is_reached_without_a_proxy_and_localhost_without_dns() {
    let (_, server) = service();
    let url = server.http_url().replace("127.0.0.1", "localhost");
    let ended = Step::at(&url)
        .with("HTTPS_PROXY", "http://127.0.0.1:9")
        .with("HTTP_PROXY", "http://127.0.0.1:9")
        .with("ALL_PROXY", "http://127.0.0.1:9")
        .run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(!ended.stderr.contains("Proxy"), "{}", ended.stderr);
}

/// A proxy for one connection: what it was told, and what it answers.
fn proxy(answer: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let heard = read_head(&mut stream);
        stream.write_all(answer.as_bytes()).unwrap();
        heard
    });
    (address, heard)
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn a_proxy_that_refuses_got_no_request_and_its_password_is_not_shown() {
    let (address, heard) = proxy("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    let ended = Step::at("https://devops.cn-hangzhou.aliyuncs.com")
        .with("HTTPS_PROXY", format!("http://user:s3cretword@{address}"))
        .with("YUNXIAO_LOG_LEVEL", "debug")
        .with("YUNXIAO_RETRY_TIMEOUT", "1s")
        .run();
    assert!(ended.stderr.contains("through the proxy"), "{}", ended.stderr);
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("CONNECT devops.cn-hangzhou.aliyuncs.com:443 HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("dXNlcjpzM2NyZXR3b3Jk") && !heard.contains("x-acs-"), "{heard}");
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    assert!(ended.stderr.contains("through the proxy"), "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("Proxy http://{address}, from HTTPS_PROXY")), "{}", ended.stderr);
    assert!(!ended.stderr.contains("s3cretword") && !ended.stderr.contains("dXNlcjpzM2NyZXR3b3Jk"));
}

#[test]
fn hosts_that_no_proxy_names_are_reached_directly() {
    let ended = Step::at("https://name.invalid")
        .with("https_proxy", "http://127.0.0.1:9")
        .with("NO_PROXY", "localhost,.invalid")
        .with("YUNXIAO_RETRY_TIMEOUT", "1s")
        .run();
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("The name name.invalid could not be resolved"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("Proxy"), "{}", ended.stderr);
}

#[test]
fn a_proxy_that_is_not_there_gets_the_blame() {
    let step = Step::at("https://devops.cn-hangzhou.aliyuncs.com").with("YUNXIAO_RETRY_TIMEOUT", "1s");
    let ended = step.with("HTTPS_PROXY", "http://no-proxy.invalid:3128").run();
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("through the proxy"), "{}", ended.stderr);
    assert!(ended.stderr.contains("Check HTTPS_PROXY"), "{}", ended.stderr);
}
