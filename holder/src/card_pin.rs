//! A signing PIN, and the card for which its holder typed it.

use akashi_card::{Card, CardError, CardNumber, SigningPin, Transport};

use crate::HolderError;

/// A PIN for one card. While its holder types, another card may come into the reader: it gets nothing of it, and loses
/// no try.
pub struct CardPin {
    number: CardNumber,
    pin: SigningPin,
}

impl CardPin {
    /// The PIN of the card with this number.
    pub fn of(number: CardNumber, pin: SigningPin) -> Self {
        Self { number, pin }
    }

    /// The card's number.
    pub fn number(&self) -> &CardNumber {
        &self.number
    }

    /// Gives it to the card, where it is that one.
    ///
    /// # Errors
    /// [`HolderError::AnotherCard`], before anything of the PIN has left; else what the card says.
    pub fn verify<T: Transport>(&self, card: &mut Card<T>) -> Result<(), HolderError> {
        if card.number()? != self.number {
            return Err(HolderError::AnotherCard);
        }
        Ok(card.verify_pin(&self.pin)?)
    }

    /// Puts a new one in its place.
    ///
    /// # Errors
    /// As of [`Self::verify`]; [`HolderError::PinMayBeNew`] where the card has left in the midst of it.
    pub fn change<T: Transport>(
        &self,
        card: &mut Card<T>,
        new: &SigningPin,
    ) -> Result<(), HolderError> {
        self.verify(card)?;
        card.change_pin(&self.pin, new).map_err(|error| match error {
            CardError::CardRemoved { .. }
            | CardError::ReaderGone { .. }
            | CardError::MalformedAnswer { .. } => HolderError::PinMayBeNew,
            error => error.into(),
        })
    }
}
