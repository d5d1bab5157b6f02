//! `akashi responder-key`.

use akashi_keys::ResponderKeyKind;

use super::officer_token::fingerprint;
use super::{Failure, OpenArgs};

/// Make a new key for the OCSP responder, in the place of its old one.
#[derive(clap::Args)]
pub struct ResponderKeyCommand {
    #[command(flatten)]
    open: OpenArgs,
    /// What it is to be: P-256, which signs fifteen times as fast, or RSA-2048, for verifiers that take no
    /// other (GnuPG's dirmngr).
    #[arg(long, value_enum)]
    kind: Kind,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    #[value(name = "p-256")]
    P256,
    #[value(name = "rsa-2048")]
    Rsa2048,
}

impl ResponderKeyCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let kind = match self.kind {
            Kind::P256 => ResponderKeyKind::P256,
            Kind::Rsa2048 => ResponderKeyKind::Rsa2048,
        };
        let rolled = self.open.opened()?.custody.roll_responder_key(kind)?;
        akashi_edge::say!("key          {}", fingerprint(rolled.key.public_key()));
        akashi_edge::say!(
            "next         start the responder anew (akashi up; for where it runs elsewhere, akashi keys hand-out again, and carry that there): the key before gets no more certificates"
        );
        Ok(())
    }
}
