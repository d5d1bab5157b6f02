//! What can go wrong before a card answers.

/// Why there is no way to a card. Shown to the officer or the resident.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReaderError {
    /// The PC/SC service does not answer.
    #[error(
        "the smart card service does not answer; start pcscd, and look whether this user may use \
         it ({reason})"
    )]
    NoService {
        /// What the system said.
        reason: String,
    },
    /// The terminal has no reader.
    #[error("there is no card reader; connect one and repeat")]
    NoReader,
    /// The terminal has other readers.
    #[error("there is no card reader “{name}”; there is: {}", there.join(", "))]
    UnknownReader {
        /// Which was asked for.
        name: String,
        /// Which are there.
        there: Vec<String>,
    },
    /// The reader is empty.
    #[error("there is no card in the reader “{reader}”; put it in and repeat")]
    NoCard {
        /// Which reader.
        reader: String,
    },
    /// Nobody put a card in.
    #[error("no card was put into the reader in time; repeat when the card is there")]
    Waited,
    /// Another program has the card.
    #[error("another program uses the card in “{reader}”; end it, or wait, and repeat")]
    InUse {
        /// Which reader.
        reader: String,
    },
    /// What lies in the reader does not answer as a card.
    #[error("the card in “{reader}” does not answer; turn it over, or use another card ({reason})")]
    NoAnswer {
        /// Which reader.
        reader: String,
        /// What the reader said.
        reason: String,
    },
    /// Anything else of the reader's.
    #[error("the card reader “{reader}” failed; check its cable and repeat ({reason})")]
    Failed {
        /// Which reader.
        reader: String,
        /// What the reader said.
        reason: String,
    },
}
