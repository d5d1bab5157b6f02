//! `akashi card verify`.

use std::path::PathBuf;

use super::way::Way;
use crate::command::Failure;
use akashi_holder::certificate::AuthorityNames;
use akashi_holder::{Fingerprint, HolderError, OnCard, Page, fingerprint};

/// Check that the card is the prefecture's, by a fingerprint from paper.
#[derive(clap::Args)]
pub struct Verify {
    #[command(flatten)]
    way: Way,
    /// The authority's fingerprint (SHA-256) that the prefecture gave on paper; spaces and colons
    /// may stand in it.
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<Fingerprint>,
    /// Ask for the signing PIN, and check the signing certificate too.
    #[arg(long)]
    ask_pin: bool,
    /// File with the signing PIN, to check the signing certificate too. A wrong PIN costs a try.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

impl Verify {
    pub fn run(self) -> Result<(), Failure> {
        let authority = self.way.with_certified(|card| Ok(card.read_ca_certificate()?))?;
        let is_same = self.fingerprint.map(|paper| paper == Fingerprint::of(&authority));
        let is_own = fingerprint::is_self_signed_authority(&authority);
        // Nobody types a PIN into a card that is somebody else's.
        let is_wrong = is_same == Some(false) || !is_own;
        let is_of = match (self.ask_pin || self.pin_file.is_some()) && !is_wrong {
            true => Some(self.authority_signed(&authority)?),
            false => None,
        };

        let mut page = Page::default();
        page.heading("The authority's certificate on this card (認証局)");
        AuthorityNames::read(&authority)?.rows(&mut page, &authority);
        page.heading("Checks");
        let same = match is_same {
            Some(true) => "right: it is the one that you gave",
            Some(false) => "WRONG: it is not the one that you gave",
            None => "compare all sixteen groups with those that the prefecture gave you on paper",
        };
        page.row("Fingerprint", same);
        let own = match is_own {
            true => "right: its certificate is an authority's, signed by itself",
            false => "WRONG: its certificate is not an authority's that was signed by itself",
        };
        page.row("Authority", own);
        let signed = match is_of {
            Some(true) => "right: this authority signed the card's signing certificate",
            Some(false) => "WRONG: this authority did not sign the card's signing certificate",
            None => "not checked: the card gives it after the PIN only (--ask-pin)",
        };
        page.row("Certificate", signed);
        match (is_same, is_of) {
            _ if is_wrong || is_of == Some(false) => {}
            (Some(true), Some(_)) => page.heading("Everything is right: the card is in order."),
            (Some(true), None) => page.heading("The authority is the one of the paper."),
            (_, _) => page.heading("Nothing is wrong; whose card it is, the paper must tell."),
        }
        akashi_edge::say!("{}", page.to_string().trim_end());
        if is_same == Some(false) {
            Err(HolderError::AnotherAuthority)?
        }
        if is_wrong || is_of == Some(false) {
            Err(HolderError::NotInOrder)?
        }
        Ok(())
    }

    /// Whether the authority signed the signing certificate, which the card gives after the PIN.
    fn authority_signed(&self, authority: &[u8]) -> Result<bool, Failure> {
        let pin = self.way.ask_pin(self.pin_file.as_deref())?;
        let on_card = self.way.with(|card| Ok(OnCard::read(card, &pin)?))?;
        Ok(on_card.authority == authority && fingerprint::is_of(&on_card.certificate, authority))
    }
}
