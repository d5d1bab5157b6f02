//! What a card gives its holder.

use akashi_card::{Card, CardNumber, Transport};

use crate::{CardPin, HolderError};

/// A card's number and its two certificates.
#[derive(Clone)]
pub struct OnCard {
    /// The number printed on the card.
    pub number: CardNumber,
    /// DER of the signing certificate.
    pub certificate: Vec<u8>,
    /// DER of the certificate of the authority that issued it.
    pub authority: Vec<u8>,
}

impl OnCard {
    /// Reads a card, where it is the one whose PIN this is. The signing certificate states who the holder is: the card
    /// gives it only after the PIN, which stays verified.
    pub fn read<T: Transport>(card: &mut Card<T>, pin: &CardPin) -> Result<Self, HolderError> {
        let authority = card.read_ca_certificate()?;
        pin.verify(card)?;
        Ok(Self { number: pin.number().clone(), certificate: card.read_certificate()?, authority })
    }
}
