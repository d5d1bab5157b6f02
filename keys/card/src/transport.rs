//! How commands reach the card.

/// A way to a card: a slot of a reader, with a card in it.
pub trait Transport {
    /// Sends a command and waits for the answer: response data, then SW1 and SW2.
    ///
    /// The octets are complete APDUs with short or extended length (ISO/IEC 7816-4 §5.2); a command
    /// may carry a PIN, so do not log them.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;
}

/// Why no answer came. `reason` is the reader's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The card is no longer in the reader, or was taken out and put back.
    #[error("the card was removed ({reason})")]
    CardRemoved {
        /// What the reader said.
        reason: String,
    },
    /// The reader, or the service in front of it, does not answer.
    #[error("the card reader does not answer ({reason})")]
    ReaderGone {
        /// What the reader, or the service, said.
        reason: String,
    },
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        (**self).transmit(command)
    }
}
