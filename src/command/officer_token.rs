//! `akashi officer-token`: a token whose key nobody but its holder ever has.

use std::path::PathBuf;

use akashi_keys::{EcKey, OfficerToken, Signer, write_durably};
use akashi_wire::octets::Sha256;
use akashi_wire::pki;
use der::Encode;
use jiff::Timestamp;
use x509_cert::Certificate;

use super::Failure;
use crate::secret::TOKEN_PASSWORD;

/// A token whose key nobody but its holder ever has.
#[derive(clap::Subcommand)]
pub enum OfficerTokenCommand {
    /// Make a key pair, and a request for its certificate that others have enrolled (`desk enrol
    /// --request`).
    New {
        /// Write the token (PKCS#12) here: it waits for its certificate.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Write the request (PKCS#10, DER) here: to be handed to a security officer.
        #[arg(long, value_name = "FILE")]
        request: PathBuf,
        /// File with the token's password; else AKASHI_TOKEN_PASSWORD, else a prompt.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Put the certificate that was made into the token (`desk collect --certificate`).
    Complete {
        /// The token that `new` began.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Its certificate and the link authority's, PEM.
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        /// File with the token's password; else AKASHI_TOKEN_PASSWORD, else a prompt.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

impl OfficerTokenCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::New { out, request, password_file } => {
                for file in [&out, &request] {
                    if file.exists() {
                        let file = file.display();
                        return Err(format!("{file} exists already: nothing was done").into());
                    }
                }
                let password = TOKEN_PASSWORD.read_new(password_file.as_deref())?;
                let key = EcKey::generate()?;
                let octets = key.request_for_certificate()?;
                let fingerprint = fingerprint(key.public_key());
                OfficerToken::waiting(key, Timestamp::now())?.save(&out, &password)?;
                write_durably(&request, &octets)?;
                println!("token        {}, which waits for its certificate", out.display());
                println!("request      {}", request.display());
                println!("key          {fingerprint}");
                println!(
                    "next         hand the request to a security officer, and tell both the key"
                );
            }
            Self::Complete { out, certificate, password_file } => {
                let password = TOKEN_PASSWORD.read(password_file.as_deref())?;
                let key = OfficerToken::open(&out, &password)?.into_key();
                let chain = std::fs::read(&certificate)
                    .map_err(|error| format!("{}: {error}", certificate.display()))?;
                let chain = Certificate::load_pem_chain(&chain).unwrap_or_default();
                let [own, link] = chain.as_slice() else {
                    let file = certificate.display();
                    return Err(format!("{file} holds no two certificates in PEM").into());
                };
                let (own, link) = (own.to_der()?, link.to_der()?);
                if pki::public_key(&own).as_deref() != Some(key.public_key()) {
                    let file = out.display();
                    return Err(format!("{file} holds another key than the one enrolled").into());
                }
                OfficerToken::new(key, own, link).save(&out, &password)?;
                println!("token        {}", out.display());
            }
        }
        Ok(())
    }
}

/// How a key is told by people to each other: SHA-256 of its SubjectPublicKeyInfo.
pub(in crate::command) fn fingerprint(public_key: &[u8]) -> String {
    Sha256::of(public_key).to_string()
}
