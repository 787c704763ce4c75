//! A CA, and a certificate it signed, made at start.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// What is wrong with the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It was valid in 2001.
    Expired,
    /// It will be valid in 2900.
    NotYetValid,
    /// It is of another name.
    OtherName,
    /// It is the CA's own.
    OfAuthority,
    /// The CA has a key of type P-521, which many programs can't check. Made by other software, for what makes the others
    /// can't either; its names are `localhost` and `127.0.0.1`.
    KeyType,
    /// There is nothing wrong with it, but it asks for the client's, in TLS 1.2.
    AsksForAnotherInTls12,
    /// The same in TLS 1.3.
    AsksForAnotherInTls13,
}

pub(super) struct Certificate {
    pub(super) ca_pem: String,
    pub(super) config: ServerConfig,
}

type Error = Box<dyn std::error::Error + Send + Sync>;

impl Certificate {
    pub(super) fn new(names: &[String], flaw: Option<Flaw>) -> Result<Self, Error> {
        let (ca_pem, chain, key) = match flaw {
            Some(Flaw::KeyType) => Self::of_p521()?,
            _ => Self::made(names, flaw)?,
        };
        let version = match flaw {
            Some(Flaw::AsksForAnotherInTls12) => Some(&TLS12),
            Some(Flaw::AsksForAnotherInTls13) => Some(&TLS13),
            _ => None,
        };
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = match version {
            None => builder.with_safe_default_protocol_versions()?.with_no_client_auth(),
            Some(version) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes())?)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build()?;
                builder.with_protocol_versions(&[version])?.with_client_cert_verifier(verifier)
            }
        };
        let config = builder.with_single_cert(vec![chain], key)?;
        Ok(Self { ca_pem, config })
    }

    fn made(
        names: &[String],
        flaw: Option<Flaw>,
    ) -> Result<(String, CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
        let mut all = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        all.extend(names.iter().filter(|name| *name != "localhost" && *name != "127.0.0.1").cloned());
        let is_server = flaw == Some(Flaw::OfAuthority);
        let mut authority = CertificateParams::new(if is_server { all.clone() } else { Vec::new() })?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        authority.distinguished_name.push(DnType::CommonName, "Yunxiao simulator CA");
        let authority_key = KeyPair::generate()?;
        let authority_certificate = authority.self_signed(&authority_key)?;
        let ca_pem = authority_certificate.pem();
        if is_server {
            let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(authority_key.serialize_der()));
            return Ok((ca_pem, authority_certificate.der().clone(), key));
        }
        let issuer = Issuer::new(authority, authority_key);

        let all = if flaw == Some(Flaw::OtherName) { vec!["elsewhere.example.com".to_owned()] } else { all };
        let mut leaf = CertificateParams::new(all)?;
        leaf.distinguished_name.push(DnType::CommonName, "Yunxiao simulator");
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        match flaw {
            Some(Flaw::Expired) => {
                (leaf.not_before, leaf.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2001, 12, 31));
            }
            Some(Flaw::NotYetValid) => leaf.not_before = date_time_ymd(2900, 1, 1),
            _ => {}
        }
        let leaf_key = KeyPair::generate()?;
        let leaf_certificate = leaf.signed_by(&leaf_key, &issuer)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        Ok((ca_pem, leaf_certificate.der().clone(), key))
    }

    fn of_p521() -> Result<(String, CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("p521/server.pem"))?;
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("p521/server-key.pem"))?;
        Ok((include_str!("p521/authority.pem").to_owned(), certificate, key))
    }
}
