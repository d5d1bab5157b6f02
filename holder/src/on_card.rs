//! What a card gives its holder.

use akashi_card::{Card, CardError, CardNumber, SigningPin, Transport};

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
    /// Reads a card. The signing certificate states who the holder is: the card gives it only after
    /// the PIN, which stays verified.
    pub fn read<T: Transport>(card: &mut Card<T>, pin: &SigningPin) -> Result<Self, CardError> {
        let number = card.number()?;
        let authority = card.read_ca_certificate()?;
        card.verify_pin(pin)?;
        Ok(Self { number, certificate: card.read_certificate()?, authority })
    }
}
