use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use yunxiao_run::environment::Environment;
use yunxiao_run::host::detect;
use yunxiao_run::inputs::Settings;
use yunxiao_run::transport::{Bypass, Failure, FailureKind, Proxy, TlsFault};
use yunxiao_simulator::{Flaw, Options, Server, Simulator};

use crate::step::{Ended, Step, service};

fn with_ca(server: &Server) -> Step {
    // As PEM text, which is how a CI variable holds it.
    Step::at(&server.https_url()).with("YUNXIAO_CA_CERTIFICATES", server.ca_pem())
}

#[test]
fn a_custom_root_works_as_text_as_a_path_and_by_the_usual_variables() {
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
            ended.stderr.contains("Root certificates trusted in addition to the bundled ones: 1, from "),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(simulator.started().len(), 4);
}

/// A step that is told why a connection can't be made, and made none a second time: within the limits that are usual.
fn refused_for_good(step: Step, said: [&str; 3]) -> Ended {
    let began = Instant::now();
    let ended = step.without("YUNXIAO_RETRY_TIMEOUT").run();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    for words in said.into_iter().chain(["No run was started."]) {
        assert!(ended.stderr.contains(words), "should say {words:?}:\n{}", ended.stderr);
    }
    assert!(!ended.stderr.contains("retrying"), "{}", ended.stderr);
    ended
}

#[test]
fn a_certificate_that_cannot_be_used_ends_it_at_once_with_its_fault_and_what_to_do() {
    let year = format!("this machine's clock shows {}", &humantime::format_rfc3339(SystemTime::now()).to_string()[..8]);
    for (flaw, is_trusted, said) in [
        (None, false, ["not signed by a trusted CA", "set `ca-certificates` to that root certificate", "签发者"]),
        (
            Some(Flaw::Expired),
            true,
            ["was valid until 2001-12-31T00:00:00Z, and", &year, "请更新服务器证书，或校准本机时钟"],
        ),
        (Some(Flaw::NotYetValid), true, ["it is valid from 2900-01-01T00:00:00Z, and", &year, "证书尚未生效"]),
        (Some(Flaw::OtherName), true, ["for another host", "elsewhere.example.com", "证书属于其他主机"]),
        (Some(Flaw::OfAuthority), true, ["a CA certificate is used as the server's", "signed by that CA", "CA 证书"]),
        (
            Some(Flaw::AsksForAnotherInTls12),
            true,
            ["the server requires a client certificate", "Yunxiao's own endpoints don't", "客户端证书"],
        ),
        (
            Some(Flaw::AsksForAnotherInTls13),
            true,
            ["the server requires a client certificate", "Yunxiao's own endpoints don't", "客户端证书"],
        ),
        (Some(Flaw::KeyType), true, ["such as P-521", "RSA keys of 2048 bits or more, P-256", "不受支持"]),
    ] {
        let simulator = Simulator::default();
        let options = Options { flaw, ..Options::default() };
        let server = Server::start(simulator.clone(), &options).unwrap();
        let step = if is_trusted { with_ca(&server) } else { Step::at(&server.https_url()) };
        refused_for_good(step, said);
        assert!(simulator.seen().is_empty());
        assert_eq!(server.connections(), 1, "{flaw:?}");
    }
}

#[test]
fn custom_roots_that_did_not_sign_it_are_not_requested_again() {
    let ((_, server), (_, other)) = (service(), service());
    let step = Step::at(&server.https_url()).with("YUNXIAO_CA_CERTIFICATES", other.ca_pem());
    let said = ["nor by the root certificates that were given", "the root that signed it", "实际签发者"];
    let ended = refused_for_good(step, said);
    assert!(!ended.stderr.contains("company proxy"), "{}", ended.stderr);
}

#[test]
fn a_server_without_a_common_tls_version_is_not_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let answering = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut hello = [0; 512];
        assert!(stream.read(&mut hello).unwrap() > 100);
        // An alert: fatal, handshake failure.
        stream.write_all(&[21, 3, 3, 0, 2, 2, 40]).unwrap();
    });
    refused_for_good(
        Step::at(&url),
        ["offers no supported TLS version, cipher or key type", "TLS 1.2 or 1.3", "密钥类型"],
    );
    answering.join().unwrap();
}

/// The key exchange and the certificate of a server of TLS 1.2 can't be written by hand, but OpenSSL's alert for a client
/// without a certificate is the one for nothing in common: it is told by what the server asked for before.
#[test]
fn an_alert_is_taken_for_what_it_says_unless_a_certificate_was_asked_for() {
    for (alert, said) in
        [(40, "offers no supported TLS version"), (42, "requires a client certificate"), (116, "requires a client")]
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let answering = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 512]).unwrap() > 100);
            stream.write_all(&[21, 3, 3, 0, 2, 2, alert]).unwrap();
        });
        refused_for_good(Step::at(&url), [said, said, said]);
        answering.join().unwrap();
    }
}

#[test]
fn what_certainly_was_not_sent_stays_what_it_is_for_faults_that_do_not_pass() {
    let kinds = [
        FailureKind::ProxyCredentials { were_given: true },
        FailureKind::TlsFault(TlsFault::KeyType),
        FailureKind::TlsFault(TlsFault::ClientCertificate),
        FailureKind::TlsFault(TlsFault::UnknownIssuer { has_own_roots: true }),
        FailureKind::TlsFault(TlsFault::Expired { until: 1, now: 2 }),
        FailureKind::Build,
    ];
    for kind in kinds {
        let failure = Failure { kind, detail: String::new() };
        assert!(!failure.may_have_sent() && failure.is_lasting(), "{kind:?}");
    }
    let unbuilt = Failure { kind: FailureKind::Build, detail: String::new() };
    assert!(unbuilt.advice().english.contains("a character that can't be sent"), "no network has to do with it");
    for (kind, may_have_sent) in [
        (FailureKind::Name, false),
        (FailureKind::Connect, false),
        (FailureKind::Proxy, false),
        (FailureKind::Tls, false),
        (FailureKind::TimedOut, true),
        (FailureKind::Broken, true),
        (FailureKind::TooLarge, true),
    ] {
        let failure = Failure { kind, detail: String::new() };
        assert_eq!((failure.may_have_sent(), failure.is_lasting()), (may_have_sent, false), "{kind:?}");
    }
}

#[test]
fn missing_roots_set_by_another_program_only_cause_a_warning() {
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
    let step = Step::at("https://devops.cn-hangzhou.aliyuncs.com")
        .with("HTTPS_PROXY", format!("http://user:s3cretword@{address}"))
        .with("YUNXIAO_LOG_LEVEL", "debug");
    let said = ["rejected the user name and password (407)", "percent-encoded", "代理不接受所给的用户名和密码"];
    let ended = refused_for_good(step, said);
    let heard = heard.join().unwrap();
    assert!(heard.starts_with("CONNECT devops.cn-hangzhou.aliyuncs.com:443 HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("dXNlcjpzM2NyZXR3b3Jk") && !heard.contains("x-acs-"), "{heard}");
    assert!(ended.stderr.contains(&format!("Proxy http://{address}, from HTTPS_PROXY")), "{}", ended.stderr);
    assert!(!ended.stderr.contains("s3cretword") && !ended.stderr.contains("dXNlcjpzM2NyZXR3b3Jk"));
}

#[test]
fn a_proxy_that_requires_credentials_is_not_retried() {
    let (address, heard) = proxy("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
    let step = Step::at("https://devops.cn-hangzhou.aliyuncs.com").with("HTTPS_PROXY", address);
    refused_for_good(
        step,
        ["requires a user name and password (407)", "http://user:password@host:port", "代理要求用户名"],
    );
    heard.join().unwrap();
}

/// What the settings say of a proxy: the notice, a complaint, or nothing.
fn said_of_proxy(variables: &[(&str, &str)]) -> String {
    let always = [
        ("YUNXIAO_ACCESS_KEY_ID", "id"),
        ("YUNXIAO_ACCESS_KEY_SECRET", "secret"),
        ("YUNXIAO_ORGANIZATION_ID", "org"),
        ("YUNXIAO_PIPELINE_ID", "1"),
        ("YUNXIAO_ENDPOINT", "https://flow.example.com"),
    ];
    let environment = Environment::new(always.iter().chain(variables).copied());
    match Settings::read(&*detect(&environment, false), &|_| Err(std::io::ErrorKind::NotFound.into())).settings {
        Ok(settings) => {
            let mut notices = settings.notices.iter().map(|notice| notice.english.clone());
            notices.find(|notice| notice.starts_with("Proxy")).unwrap_or_default()
        }
        Err(complaints) => {
            let lines = complaints.iter().map(|complaint| format!("{}: {}", complaint.input, complaint.rule.english));
            lines.collect::<Vec<_>>().join("; ")
        }
    }
}

#[test]
fn a_proxys_address_is_valid_or_rejected() {
    let other_end = "HTTPS_PROXY: must end after the host and port; in the user and the password, `#`";
    for (variables, said) in [
        (&[("HTTPS_PROXY", "proxy:3128")][..], "Proxy http://proxy:3128, from HTTPS_PROXY"),
        (&[("https_proxy", "http://bob:2024%23Spring@proxy/")], "Proxy http://proxy, from https_proxy"),
        (&[("HTTPS_PROXY", "http://bob:2024#Spring@proxy")], other_end),
        (&[("HTTPS_PROXY", "http://bob:2024/Spring@proxy")], other_end),
        (&[("HTTPS_PROXY", "http://bob:2024?Spring@proxy")], other_end),
        (&[("HTTPS_PROXY", "http://bob:2024\\Spring@proxy")], other_end),
        (&[("HTTPS_PROXY", "bob:2024#Spring@proxy")], other_end),
        (&[("HTTPS_PROXY", "http://bob:Spring#2024@proxy")], "HTTPS_PROXY: must be the address of an HTTP proxy"),
        (&[("HTTPS_PROXY", "http://bob:密@代理.cn")], "HTTPS_PROXY: must have its host in punycode: `xn--mnq481g.cn`"),
        (&[("HTTPS_PROXY", "代理.cn:3128")], "HTTPS_PROXY: must have its host in punycode: `xn--mnq481g.cn`"),
        (&[("HTTPS_PROXY", "http://密#码@proxy")], "HTTPS_PROXY: must be the address of an HTTP proxy"),
        (&[("HTTPS_PROXY", "ftp://proxy")], "HTTPS_PROXY: must be the address of an HTTP proxy"),
        // SOCKS is named where it would be used, and nowhere else.
        (&[("ALL_PROXY", "socks5://proxy:1080")], "ALL_PROXY: is the address of a SOCKS proxy"),
        (&[("HTTPS_PROXY", "SOCKS5h://proxy:1080")], "HTTPS_PROXY: is the address of a SOCKS proxy"),
        (
            &[("ALL_PROXY", "socks5://proxy:1080"), ("HTTPS_PROXY", "http://proxy")],
            "Proxy http://proxy, from HTTPS_PROXY",
        ),
        (&[("ALL_PROXY", "socks5://proxy:1080"), ("NO_PROXY", "example.com")], ""),
        (&[("ALL_PROXY", "socks5://proxy:1080"), ("YUNXIAO_ENDPOINT", "http://127.0.0.1:1")], ""),
        (
            &[("ALL_PROXY", "socks5://proxy:1080"), ("YUNXIAO_PIPELINE_ID", "x"), ("NO_PROXY", "example.com")],
            "YUNXIAO_PIPELINE_ID: must be",
        ),
    ] {
        let found = said_of_proxy(variables);
        assert!(found.starts_with(said) && (found.is_empty() == said.is_empty()), "{variables:?}: {found}");
        assert!(!found.contains("Spring") && !found.contains("2024"), "{found}");
    }
}

#[test]
fn exceptions_are_honoured_in_every_spelling() {
    for (list, address, is_direct) in [
        ("example.com", "https://flow.example.com", true),
        (".example.com", "https://flow.example.com", true),
        ("*.example.com", "https://flow.example.com", true),
        ("*.example.com", "https://flow.example.org", false),
        ("*", "https://flow.example.com", true),
        ("a.com b.com flow.example.com", "https://flow.example.com", true),
        ("a.com,\tflow.example.com ,b.com", "https://flow.example.com", true),
        ("flow.example.com:443", "https://flow.example.com", true),
        ("flow.example.com:443", "https://flow.example.com:8443", false),
        ("flow.example.com:8443", "https://flow.example.com:8443/path?query", true),
        ("*.example.com:8443", "https://flow.example.com:8443", true),
        ("10.0.0.0/8", "https://10.1.2.3", true),
        ("10.1.2.3:443", "https://10.1.2.3", true),
        ("::2", "https://[::2]", true),
        ("[::2]:443", "https://[::2]", true),
        ("[::2]:444", "https://[::2]", false),
        ("flow.example.com:https", "https://flow.example.com", false),
        ("", "https://flow.example.com", false),
        ("", "https://localhost:1", true),
        ("", "http://127.0.0.1:1", true),
    ] {
        let proxy = Proxy::parse("http://proxy", Bypass::parse(Some(list))).unwrap();
        assert_eq!(!proxy.is_meant_for(address), is_direct, "{list:?} {address}");
    }
    // And so it is connected: to a name that no one has, rather than to a proxy that is not there.
    for (list, is_direct) in [("*.invalid", true), ("x.com name.invalid:443", true), ("name.invalid:444", false)] {
        let step = Step::at("https://name.invalid").with("HTTPS_PROXY", "http://127.0.0.1:9").with("NO_PROXY", list);
        let ended = step.with("YUNXIAO_RETRY_TIMEOUT", "1s").run();
        assert_eq!(ended.stderr.contains("could not be resolved"), is_direct, "{}", ended.stderr);
        assert_eq!(ended.stderr.contains("through the proxy"), !is_direct, "{}", ended.stderr);
    }
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
fn an_unreachable_proxy_is_named_as_the_cause() {
    let step = Step::at("https://devops.cn-hangzhou.aliyuncs.com").with("YUNXIAO_RETRY_TIMEOUT", "1s");
    let ended = step.with("HTTPS_PROXY", "http://no-proxy.invalid:3128").run();
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("through the proxy"), "{}", ended.stderr);
    assert!(ended.stderr.contains("Check HTTPS_PROXY"), "{}", ended.stderr);
}
