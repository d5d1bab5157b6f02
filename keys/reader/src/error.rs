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
    /// Every reader is empty.
    #[error("there is no card in a reader ({}); put it in and repeat", quoted(readers))]
    NoCards {
        /// The readers.
        readers: Vec<String>,
    },
    /// Several readers have a card, and none is the one that is meant.
    #[error("no reader has a card that fits: {}", each(readers))]
    NoneFits {
        /// Each with what is said of its card.
        readers: Vec<(String, String)>,
    },
    /// Several readers have a card that fits.
    #[error(
        "several cards are there, and nobody but you knows which is meant: name its reader with --reader, or take the others out; {}",
        each(cards)
    )]
    SeveralFit {
        /// Each reader with the number that is printed on its card.
        cards: Vec<(String, String)>,
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

fn quoted(readers: &[String]) -> String {
    readers.iter().map(|one| format!("“{one}”")).collect::<Vec<_>>().join(", ")
}

fn each(readers: &[(String, String)]) -> String {
    readers.iter().map(|(one, told)| format!("“{one}”: {told}")).collect::<Vec<_>>().join("; ")
}
