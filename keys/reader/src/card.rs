//! A card in a reader, as a way for commands.

use akashi_card::{Transport, TransportError};
use pcsc::{Disposition, Error, MAX_BUFFER_SIZE_EXTENDED};
use zeroize::Zeroizing;

/// A connected card. Reset and released on drop.
pub struct ConnectedCard {
    card: pcsc::Card,
    answer: Zeroizing<Vec<u8>>,
}

/// A row of commands that no other program comes between. The card is reset at its end.
pub struct Session<'c> {
    /// Present until the drop, which ends it.
    transaction: Option<pcsc::Transaction<'c>>,
    answer: &'c mut Vec<u8>,
}

impl ConnectedCard {
    pub(crate) fn new(card: pcsc::Card) -> Self {
        // Answers may have more than 256 octets: a public key has.
        Self { card, answer: Zeroizing::new(vec![0; MAX_BUFFER_SIZE_EXTENDED]) }
    }

    /// Begins a session. One of another program that began since the card was connected is waited for, without a limit:
    /// whoever connects and begins at once does not meet it.
    pub fn session(&mut self) -> Result<Session<'_>, TransportError> {
        let transaction = self.card.transaction().map_err(told)?;
        Ok(Session { transaction: Some(transaction), answer: &mut self.answer })
    }
}

impl Transport for ConnectedCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        answered(self.card.transmit(command, &mut self.answer))
    }
}

impl Transport for Session<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let card = self.transaction.as_ref().expect("it ends with the drop only");
        answered(card.transmit(command, self.answer))
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        if let Some(transaction) = self.transaction.take() {
            // By itself it would leave the PIN verified for the next program.
            let _ = transaction.end(Disposition::ResetCard);
        }
    }
}

/// What a card answered. Two octets are the least: some readers tell of a card that leaves in the midst of a command by
/// nothing at all.
fn answered(answer: Result<&[u8], Error>) -> Result<Vec<u8>, TransportError> {
    match answer {
        Ok([]) => {
            Err(TransportError::CardRemoved { reason: "it did not finish its answer".into() })
        }
        Ok(octets) => Ok(octets.to_vec()),
        Err(error) => Err(told(error)),
    }
}

/// The reader's words, and whether it is the card or the reader that is missing.
///
/// `NotTransacted` is what pcscd says when a card leaves in the middle of a command. A reset by
/// another program forgets the PIN like a removal, and is told as one: whoever hears of
/// it connects and begins anew.
fn told(error: Error) -> TransportError {
    let reason = error.to_string();
    match error {
        Error::RemovedCard
        | Error::ResetCard
        | Error::NoSmartcard
        | Error::NotTransacted
        | Error::UnpoweredCard
        | Error::UnresponsiveCard => TransportError::CardRemoved { reason },
        _ => TransportError::ReaderGone { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_left_or_forgot_is_told_apart_from_a_reader_that_left() {
        for error in [Error::RemovedCard, Error::ResetCard, Error::NotTransacted] {
            let reason = error.to_string();
            assert_eq!(told(error), TransportError::CardRemoved { reason });
        }
        for error in [Error::ReaderUnavailable, Error::NoService, Error::CommError] {
            let reason = error.to_string();
            assert_eq!(told(error), TransportError::ReaderGone { reason });
        }
        assert!(matches!(answered(Ok(&[])), Err(TransportError::CardRemoved { .. })));
        assert_eq!(answered(Ok(&[0x90, 0])), Ok(vec![0x90, 0]));
    }
}
