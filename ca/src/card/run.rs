//! What a card is told at one go.

use akashi_card::CardError;
use akashi_card::issuing::{self, IssuerCommand};
use serde::{Deserialize, Serialize};

/// A run of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Run {
    /// Makes the key pair; at a first issue opens the PIN window too.
    MakeKey {
        /// Whether it does.
        pin_window: bool,
    },
    /// Writes both certificates into the pending slot and reads them back.
    Write,
    /// Switches to the pending slot.
    Activate,
    /// Opens the PIN window, for a new PIN on a card in use.
    OpenPinWindow,
}

/// What is written into a card.
#[derive(Clone, Copy)]
pub(crate) struct Certificates<'a> {
    /// The holder's, DER.
    pub own: &'a [u8],
    /// The authority's, DER.
    pub authority: &'a [u8],
}

impl Run {
    /// Its commands. Only [`Run::Write`] asks what is written.
    ///
    /// # Errors
    /// What is to be written is longer than what a card takes, or no certificate.
    pub fn commands(self, certificates: Certificates<'_>) -> Result<Vec<IssuerCommand>, CardError> {
        Ok(match self {
            Self::MakeKey { pin_window } => {
                let mut commands = vec![issuing::make_key_pair()];
                if pin_window {
                    commands.extend(issuing::open_pin_window());
                }
                commands
            }
            Self::Write => {
                let Certificates { own, authority } = certificates;
                let mut commands = issuing::write_certificates(own, authority)?;
                commands.extend(issuing::read_certificates(own.len(), authority.len()));
                commands
            }
            Self::Activate => vec![issuing::activate()],
            Self::OpenPinWindow => issuing::open_pin_window().into(),
        })
    }
}

/// Whether the answers to [`Run::Write`] give back what was written.
pub(crate) fn reads_back(answers: &[Vec<u8>], certificates: Certificates<'_>) -> bool {
    answers.concat() == [certificates.own, certificates.authority].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_no_card_takes_is_an_error_and_never_written_in_part() {
        let of = |octets: usize| {
            let [.., high, low] = (octets - 4).to_be_bytes();
            [&[0x30, 0x82, high, low][..], &vec![5; octets - 4]].concat()
        };
        let authority = of(1_500);
        let written = |octets: usize| {
            let own = of(octets);
            Run::Write.commands(Certificates { own: &own, authority: &authority }).is_ok()
        };
        assert!(written(issuing::CERTIFICATE_ROOM));
        for octets in [issuing::CERTIFICATE_ROOM + 1, 0x8000, 0x8001, 0xFFFF] {
            assert!(!written(octets), "{octets}");
        }
        let nothing = Certificates { own: &[], authority: &authority };
        assert!(Run::Write.commands(nothing).is_err());
        assert!(Run::Activate.commands(nothing).is_ok());
    }
}
