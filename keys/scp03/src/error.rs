//! Why a channel does not begin, or ends.

/// What the host's end finds wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// The answer to INITIALIZE UPDATE is none.
    #[error(
        "the card does not answer as a card with a secure channel does; use a card of this authority"
    )]
    NoChannel,
    /// The card took another key set than it was asked for.
    #[error("the card answered with key set {found} and not {asked}")]
    KeySet {
        /// Asked for.
        asked: u8,
        /// Found.
        found: u8,
    },
    /// The card does not know its own keys.
    #[error(
        "the card does not know the keys that were made for it: it is another card, or a forged one"
    )]
    ForeignCard,
    /// An answer was not made by the card for this command, or was changed on the way.
    #[error(
        "an answer of the card was changed on its way, or belongs to another command; open the channel again"
    )]
    Answer,
    /// The card refused a command.
    #[error("the card refuses a command: {status:04X}")]
    Refused {
        /// SW1 SW2.
        status: u16,
    },
}
