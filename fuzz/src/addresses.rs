//! Addresses: of the service, of proxies, of repositories, and of runs.

use yunxiao_run::environment::Environment;
use yunxiao_run::host;
use yunxiao_run::inputs::Settings;
use yunxiao_run::sanitize::without_user_info;
use yunxiao_run::transport::{Address, Bypass, Proxy, host_in_ascii};

use crate::{SECRETS, texts};

/// No word of any message.
const PASSWORD: &str = "hunter2-Tr0ub4dor";

/// Takes an address, and a list of exceptions or what comes after a password.
pub fn check(data: &[u8]) {
    let [address, other] = texts(data);
    // libFuzzer learns the password from what it is compared with.
    if [&address, &other].iter().any(|text| text.contains(PASSWORD)) {
        return;
    }
    service(&address);
    proxy(&address, &other);
    repository(&address, &other);
    run(&address);
}

/// An address that credentials may be sent to is read alike by whoever reads it again.
fn service(value: &str) {
    let Ok(address) = Address::parse(value) else {
        if let Some((host, ascii)) = host_in_ascii(value) {
            assert!(!host.is_ascii() && ascii.is_ascii(), "{value:?}");
        }
        return;
    };
    assert_eq!(Address::parse(address.as_str()).as_ref(), Ok(&address), "{value:?}");
    let uri: http::Uri = address.as_str().parse().expect("an address to the HTTP library");
    assert_eq!(uri.host(), Some(address.host()), "{value:?}");
    assert_eq!(uri.authority().map(|authority| authority.as_str().to_owned()), Some(address.authority()), "{value:?}");
    let is_here = ["127.", "[::1]", "localhost"].iter().any(|start| address.host().starts_with(start));
    assert!(uri.scheme_str() == Some("https") || (address.is_loopback() && is_here), "{value:?}");
    assert!(!address.as_str().contains('@'), "{value:?}");
    assert!(address.is_loopback() <= Bypass::parse(None).has(address.as_str()), "{value:?}");
}

/// A proxy shows neither user nor password, and is read alike by the HTTP library.
fn proxy(value: &str, other: &str) {
    if let Ok(proxy) = Proxy::parse(value, Bypass::parse(Some(other))) {
        let shown = format!("{proxy} {proxy:?}");
        assert!(!shown.contains('@'), "{shown}");
        let _ = proxy.to_reqwest();
        let meant = proxy.is_meant_for("https://openapi-rdc.aliyuncs.com/x");
        assert_eq!(meant, !Bypass::parse(Some(other)).has("https://openapi-rdc.aliyuncs.com/x"));
        assert!(!proxy.is_meant_for("http://127.0.0.1:8080/x"), "{other:?}");
    }
    for value in [format!("http://user:{PASSWORD}{value}@proxy:3128"), format!("{value}:{PASSWORD}@proxy:3128")] {
        match Proxy::parse(&value, Bypass::parse(None)) {
            Ok(proxy) => assert!(!format!("{proxy} {proxy:?}").contains(PASSWORD), "{value:?}"),
            Err(rule) => {
                assert!(!rule.english.contains(PASSWORD) && !rule.chinese.contains(PASSWORD), "{value:?}: {rule}")
            }
        }
    }
}

/// A password before an `@` is not left in a repository's address, whatever stands around it.
fn repository(before: &str, after: &str) {
    let plain = without_user_info(before);
    assert_eq!(without_user_info(&plain), plain, "{before:?} twice");
    assert!(
        before.ends_with(&plain) || plain.split_once("://").is_some_and(|(_, rest)| before.ends_with(rest)),
        "{before:?}"
    );
    for scheme in ["https", "http", "HTTPS", "git+https", "git", "ssh"] {
        let address = format!("{scheme}://user:{PASSWORD}{after}@codeup.example/a/b.git");
        assert!(!without_user_info(&address).contains(PASSWORD), "{address:?}");
        let address = format!("{scheme}://{PASSWORD}@codeup.example/{after}");
        let is_name = scheme == "ssh"; // of which the first part is the user's name
        assert!(is_name || !without_user_info(&address).contains(PASSWORD), "{address:?}");
    }
}

/// A run input names a run, in each form, or is reported as an error.
fn run(value: &str) {
    let variables = [
        ("YUNXIAO_MODE", "follow"),
        ("YUNXIAO_ACCESS_TOKEN", SECRETS[1]),
        ("YUNXIAO_ORGANIZATION_ID", "org"),
        ("YUNXIAO_PIPELINE_RUN_ID", value),
    ];
    let environment = Environment::new(variables.into_iter().filter(|(_, value)| !value.contains('\0')));
    let checked = Settings::read(&*host::detect(&environment, false), &|_| Err(std::io::ErrorKind::NotFound.into()));
    let numbers: Vec<u64> =
        value.split(|character: char| !character.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
    if let Ok(settings) = checked.settings {
        let run = settings.mode.run().expect("a run");
        assert!(numbers.contains(&run) && numbers.contains(&settings.service.pipeline), "{value:?}: {settings:?}");
    }
}
