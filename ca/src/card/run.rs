//! What a card is told at one go.

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
    pub fn commands(self, certificates: Certificates<'_>) -> Vec<IssuerCommand> {
        match self {
            Self::MakeKey { pin_window } => {
                let mut commands = vec![issuing::make_key_pair()];
                if pin_window {
                    commands.extend(issuing::open_pin_window());
                }
                commands
            }
            Self::Write => {
                let Certificates { own, authority } = certificates;
                let mut commands = issuing::write_certificates(own, authority)
                    .expect("what was issued and verified is the DER of a certificate");
                commands.extend(issuing::read_certificates(own.len(), authority.len()));
                commands
            }
            Self::Activate => vec![issuing::activate()],
            Self::OpenPinWindow => issuing::open_pin_window().into(),
        }
    }
}

/// Whether the answers to [`Run::Write`] give back what was written.
pub(crate) fn reads_back(answers: &[Vec<u8>], certificates: Certificates<'_>) -> bool {
    answers.concat() == [certificates.own, certificates.authority].concat()
}
