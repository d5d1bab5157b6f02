//! Mutual TLS, both ends of every link between our programs.
//!
//! One trust anchor, the link authority; no public one. A server shows its certificate and asks
//! for the client's; who the client *is* is for the ledger to say, from the certificate that a
//! handler finds as [`Peer`]. Doors without TLS (OCSP, CRL: RFC 6960 §A.1, RFC 5280 §4.2.1.13)
//! use [`serve_plain`], with the same limits against slow clients.
//!
//! Whether a certificate of the other end is in its time is judged by the time that whoever opens the link
//! keeps, and not by the machine's clock ([`Now`]). Every answer over a link says, from three months before on,
//! when the certificate ends that the client showed
//! ([`CERTIFICATE_ENDS`](akashi_wire::ending::CERTIFICATE_ENDS)).

mod body;
mod client;
mod dismissed;
mod fault;
mod places;
mod server;
mod time;
mod turned_away;
mod unstuck;

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use zeroize::Zeroizing;

pub use body::{NoBody, Whole, whole};
pub use client::{ANSWERS, client, client_by, plain_client, socket_client};
pub use dismissed::Dismissed;
pub use fault::{TimeFault, causes, is_of_tls, says_dismissed};
pub use places::Limits;
pub use server::{Door, serve, serve_plain};
pub use time::Now;

/// One end of a link: a certificate, its key, and the authority that both ends trust.
#[derive(Clone)]
pub struct Identity {
    /// DER of this end's certificate.
    pub certificate: Vec<u8>,
    /// PKCS#8 of its key.
    pub key: Zeroizing<Vec<u8>>,
    /// DER of the link authority.
    pub authority: Vec<u8>,
}

/// Who is at the other end: the client's certificate, verified against the link authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// DER.
    pub certificate: Vec<u8>,
}

/// Why a link cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Certificate and key do not make an end of a link.
    #[error("the certificate and key for a link do not fit: {0}")]
    Identity(String),
    /// The listening socket failed.
    #[error("listening failed: {0}")]
    Listen(#[from] std::io::Error),
}

impl Identity {
    fn roots(&self) -> Result<RootCertStore, LinkError> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.authority.clone())).map_err(unfit)?;
        Ok(roots)
    }

    fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![CertificateDer::from(self.certificate.clone())]
    }

    fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.to_vec()))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn unfit(error: impl std::fmt::Display) -> LinkError {
    LinkError::Identity(error.to_string())
}
