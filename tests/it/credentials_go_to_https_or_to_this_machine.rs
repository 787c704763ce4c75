//! The addresses that credentials may be sent to.

use yunxiao_run::transport::Address;

#[test]
fn only_https_and_loopback_are_addresses() {
    for good in [
        "https://devops.cn-hangzhou.aliyuncs.com",
        "https://devops.cn-hangzhou.aliyuncs.com/",
        "https://10.0.0.1:8443",
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://[::1]:1",
        "http://localhost:3000",
        "http://LOCALHOST:3000",
    ] {
        assert!(Address::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "devops.cn-hangzhou.aliyuncs.com",
        "http://devops.cn-hangzhou.aliyuncs.com",
        "http://localhost.example.com",
        "http://localhost.",
        "http://a.localhost",
        "http://127.0.0.1.example.com",
        "http://0.0.0.0",
        "http://[::ffff:127.0.0.1]",
        "http://localhost@example.com",
        "https://user@host",
        "https://user:password@host",
        "https://host/path",
        "https://host?x=1",
        "https://host/#x",
        // What the HTTP library does not take.
        "https://a`b",
        "ftp://host",
        "file:///etc/passwd",
    ] {
        assert!(Address::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_authority_has_the_port_only_when_it_is_not_the_schemes_own() {
    let authority = |value| Address::parse(value).unwrap().authority();
    assert_eq!(authority("https://host:443"), "host");
    assert_eq!(authority("https://host:8443"), "host:8443");
    assert_eq!(authority("http://[::1]:80"), "[::1]");
    assert_eq!(authority("http://localhost:80"), "localhost");
}
