//! The cryptography of TLS, as a client needs it: ring's.
//!
//! Whoever takes `default_provider` carries all of ring. What is left out here is a twentieth of the program: reading private
//! keys, for a client without a certificate has none, and `ChaCha20`, which is for machines without instructions for AES.

use std::sync::Arc;

use rustls::crypto::ring::{DEFAULT_KX_GROUPS, cipher_suite as suite};
use rustls::crypto::{CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, WebPkiSupportedAlgorithms};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;
use rustls::{SignatureScheme as Scheme, SupportedCipherSuite};
use webpki::ring as algorithm;

pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: CIPHER_SUITES.to_vec(),
        kx_groups: DEFAULT_KX_GROUPS.to_vec(),
        signature_verification_algorithms: SIGNATURES,
        secure_random: &Client,
        key_provider: &Client,
    }
}

/// In rustls's own order.
const CIPHER_SUITES: [SupportedCipherSuite; 6] = [
    suite::TLS13_AES_256_GCM_SHA384,
    suite::TLS13_AES_128_GCM_SHA256,
    suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
];

/// Everything that ring verifies. A test compares it with rustls's own table, which is not to be had by itself.
const SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        algorithm::ECDSA_P256_SHA256,
        algorithm::ECDSA_P256_SHA384,
        algorithm::ECDSA_P384_SHA256,
        algorithm::ECDSA_P384_SHA384,
        algorithm::ED25519,
        algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
        algorithm::RSA_PKCS1_2048_8192_SHA256,
        algorithm::RSA_PKCS1_2048_8192_SHA384,
        algorithm::RSA_PKCS1_2048_8192_SHA512,
        algorithm::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
        algorithm::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
        algorithm::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    ],
    mapping: &[
        // TLS 1.2 leaves the curve open.
        (Scheme::ECDSA_NISTP384_SHA384, &[algorithm::ECDSA_P384_SHA384, algorithm::ECDSA_P256_SHA384]),
        (Scheme::ECDSA_NISTP256_SHA256, &[algorithm::ECDSA_P256_SHA256, algorithm::ECDSA_P384_SHA256]),
        (Scheme::ED25519, &[algorithm::ED25519]),
        (Scheme::RSA_PSS_SHA512, &[algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY]),
        (Scheme::RSA_PSS_SHA384, &[algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY]),
        (Scheme::RSA_PSS_SHA256, &[algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY]),
        (Scheme::RSA_PKCS1_SHA512, &[algorithm::RSA_PKCS1_2048_8192_SHA512]),
        (Scheme::RSA_PKCS1_SHA384, &[algorithm::RSA_PKCS1_2048_8192_SHA384]),
        (Scheme::RSA_PKCS1_SHA256, &[algorithm::RSA_PKCS1_2048_8192_SHA256]),
    ],
};

/// A client without a certificate.
#[derive(Debug)]
struct Client;

impl SecureRandom for Client {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        getrandom::fill(bytes).map_err(|_| GetRandomFailed)
    }
}

impl KeyProvider for Client {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("no private keys are read".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_rustlss_own_but_for_what_is_left_out() {
        let (ours, theirs) = (provider(), rustls::crypto::ring::default_provider());
        let suites = |provider: &CryptoProvider| {
            provider.cipher_suites.iter().map(SupportedCipherSuite::suite).collect::<Vec<_>>()
        };
        let is_left_out = |suite: &rustls::CipherSuite| format!("{suite:?}").contains("CHACHA20");
        let kept: Vec<_> = suites(&theirs).into_iter().filter(|suite| !is_left_out(suite)).collect();
        assert_eq!((suites(&ours), suites(&theirs).len()), (kept, 9));
        let signatures = |provider: &CryptoProvider| format!("{:?}", provider.signature_verification_algorithms);
        assert_eq!(signatures(&ours), signatures(&theirs));
        let (ours, theirs) = (ours.signature_verification_algorithms, theirs.signature_verification_algorithms);
        assert_eq!(ours.supported_schemes(), theirs.supported_schemes());
        let identifiers = |algorithms: &WebPkiSupportedAlgorithms| {
            let identifier = |one: &&dyn rustls::pki_types::SignatureVerificationAlgorithm| {
                (one.public_key_alg_id().as_ref().to_vec(), one.signature_alg_id().as_ref().to_vec())
            };
            let mapped = algorithms.mapping.iter().flat_map(|(_, some)| some.iter());
            algorithms.all.iter().chain(mapped).map(identifier).collect::<Vec<_>>()
        };
        assert_eq!(identifiers(&ours), identifiers(&theirs));
    }
}
