//! How the service is reached.

use std::iter;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::check::{Check, ReadFile};
use super::{definitions::Inputs, input::Input, read::contents};
use crate::host;
use crate::text::{Text, text};
use crate::transport::{Bypass, Proxy};

/// Additional root certificates. An input must be valid; a variable left for other programs, such as a path
/// that this container does not have, only causes a warning: without it the connection is checked more strictly, not
/// less.
pub(super) fn roots(inputs: &Inputs<&Input>, check: &mut Check<'_>) -> Vec<CertificateDer<'static>> {
    let (environment, read_file) = (check.environment, check.read_file);
    let found = if inputs.ca_certificates.is_given {
        let roots = check.parse(inputs.ca_certificates, |value| certificates(value, read_file));
        roots.map(|roots| (roots, inputs.ca_certificates.name()))
    } else {
        iter::once("SSL_CERT_FILE").chain(host::certificate_variables()).find_map(|name| {
            let roots = certificates(environment.get(name)?, read_file).map_err(|rule| {
                check.warnings.push(text!("{name} {rule}; ignored", "{name} {rule}；已忽略", rule));
            });
            Some((roots.ok()?, name.to_owned()))
        })
    };
    let Some((roots, source)) = found else { return Vec::new() };
    let count = roots.len();
    check.notices.push(text!(
        "Root certificates trusted in addition to the bundled ones: {count}, from {source}",
        "除内置根证书外，另信任 {count} 个根证书，来自 {source}"
    ));
    roots
}

fn certificates(value: &str, read_file: ReadFile<'_>) -> Result<Vec<CertificateDer<'static>>, Text> {
    let is_text = value.contains("-----BEGIN");
    let pem = if is_text { value.as_bytes().to_vec() } else { contents(value, read_file)? };
    // Bundles that collect everything may hold some that no program can use.
    let usable = |root: &CertificateDer<'_>| rustls::RootCertStore::empty().add(root.clone()).is_ok();
    let roots: Vec<_> = CertificateDer::pem_slice_iter(&pem).flatten().filter(usable).collect();
    if roots.is_empty() {
        return Err(text!("holds no usable PEM certificate", "不含可用的 PEM 证书"));
    }
    Ok(roots)
}

/// The proxy for requests, from the usual variables. A proxy that none of these addresses needs is no error, whatever it
/// is.
pub(super) fn proxy(check: &mut Check<'_>, addresses: &[&str]) -> Option<Proxy> {
    let (name, value) = check.environment.first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?;
    let bypass = Bypass::parse(check.environment.first(&["no_proxy", "NO_PROXY"]).map(|(_, value)| value));
    if !addresses.is_empty() && addresses.iter().all(|address| bypass.has(address)) {
        return None;
    }
    // The value is not shown: no one can tell where a password in it ends.
    let proxy = Proxy::parse(value, bypass).map_err(|rule| check.complain(name, rule)).ok()?;
    check.notices.push(text!("Proxy {proxy}, from {name}", "使用代理 {proxy}，来自 {name}"));
    Some(proxy)
}
