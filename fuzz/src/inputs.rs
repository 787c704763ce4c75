//! The whole environment, as it becomes settings or complaints.

use std::collections::BTreeMap;
use std::io;

use yunxiao_run::environment::Environment;
use yunxiao_run::host;
use yunxiao_run::inputs::{Checked, Ref, Settings};
use yunxiao_run::text::Text;

use crate::SECRETS;
use crate::reveal::has_secret;

/// Takes variables, `NAME=VALUE`, with a NUL between them. A name that begins with a slash is a file's.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('=')).filter(|(name, _)| !name.is_empty());
    let (files, variables): (BTreeMap<_, _>, BTreeMap<_, _>) = (
        pairs.clone().filter(|(name, _)| name.starts_with('/')).collect(),
        pairs.filter(|(name, _)| !name.starts_with('/')).collect(),
    );
    // What is read of the disk itself, for its variable names the path.
    let variables = variables.into_iter().filter(|(name, _)| !["GITHUB_EVENT_PATH"].contains(name));
    // It is a secret on its own, so there is one in each execution.
    let secret = ("YUNXIAO_ACCESS_KEY_SECRET", SECRETS[1]);
    let is_secret = text.contains(SECRETS[1]);
    let environment = Environment::new(variables.chain(is_secret.then_some(secret)));
    let host = host::detect(&environment, false);
    let read = || {
        Settings::read(&*host, &|path| {
            let file = path.to_str().and_then(|path| files.get(path));
            file.map(|text| text.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
        })
    };
    let checked = read();
    let again = read();
    assert_eq!(format!("{:?}", checked.settings), format!("{:?}", again.settings));
    assert_eq!((&checked.warnings, checked.language), (&again.warnings, again.language));
    assert!(host::names().contains(&host.name()));
    let _ = (host.origin(), host.work(), host.attempt(), host.destination(checked.output_file.as_deref()));
    shows_no_secret(&checked, is_secret);
    match &checked.settings {
        Ok(settings) => holds(settings),
        Err(complaints) => {
            assert!(!complaints.is_empty(), "no settings, and nothing wrong");
            for (index, complaint) in complaints.iter().enumerate() {
                assert!(!complaint.rule.english.is_empty() && !complaint.rule.chinese.is_empty());
                assert!(complaints[..index].iter().all(|earlier| earlier.input != complaint.input), "{complaint:?}");
            }
        }
    }
}

fn shows_no_secret(checked: &Checked, is_secret: bool) {
    let mut said: Vec<Text> = checked.warnings.clone();
    match &checked.settings {
        Ok(settings) => said.extend(settings.notices.iter().cloned()),
        Err(complaints) => said.extend(complaints.iter().map(|complaint| complaint.rule.clone())),
    }
    for text in said.iter().filter(|_| is_secret) {
        assert!(!has_secret(&text.english, SECRETS[1]), "{text:?}");
        assert!(!has_secret(&text.chinese, SECRETS[1]), "{text:?}");
    }
    if let (Ok(settings), true) = (&checked.settings, is_secret) {
        assert!(!has_secret(&format!("{:?}", settings.identity), SECRETS[1]), "{settings:?}");
    }
}

/// What every settings promise.
fn holds(settings: &Settings) {
    assert!(settings.service.pipeline > 0 && settings.mode.run() != Some(0));
    for address in [Some(&settings.service.endpoint), settings.service.web_url.as_ref(), Some(&settings.service.sts)] {
        let Some(address) = address else { continue };
        let url = url::Url::parse(address.as_str()).expect("an address");
        assert!(url.scheme() == "https" || address.is_loopback(), "{address}");
        assert!(url.username().is_empty() && url.password().is_none(), "{address}");
        // The HTTP library reads it once more, by other rules.
        let uri: http::Uri = address.as_str().parse().expect("an address to the HTTP library");
        assert_eq!(uri.host(), Some(address.host()), "{address}");
    }
    let params: serde_json::Value = serde_json::from_str(&settings.params.to_json()).expect("JSON");
    for (name, value) in &settings.params.envs {
        assert_eq!(params["envs"][name].as_str(), Some(value.as_str()), "{name}");
        assert!(!name.is_empty() && !name.contains(['=', '\n', ' ', '"']), "{name:?}");
    }
    if let Some((Ref::Branch(name) | Ref::Tag(name), _)) = &settings.refs.own {
        assert!(is_ref(name), "{name:?}");
    }
    for name in settings.params.running_branches.values().chain(settings.params.running_tags.values()) {
        assert!(is_ref(name), "{name:?}");
    }
    for repository in settings.params.running_branches.keys().chain(settings.params.running_tags.keys()) {
        let url = url::Url::parse(repository).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        assert!(url.is_none_or(|url| url.password().is_none()), "{repository}");
    }
}

/// What git says of a branch's name (`git help check-ref-format`).
fn is_ref(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let is_odd = |character: char| character.is_ascii_control() || " ~^:?*[\\".contains(character);
    name.split('/').all(is_part)
        && !name.contains(is_odd)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && name != "@"
}
