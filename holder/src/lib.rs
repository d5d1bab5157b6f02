//! 利用者: the holder's side of a card. What is on it in plain words, how it stands, whether it is
//! the prefecture's, and signatures with it.
//!
//! Knows the reader's side of a card and what an agency knows; no key of the authority's, no book.
//! Nothing here reads a clock, asks for a PIN or prints: `akashi card` does.

pub mod card_pin;
pub mod certificate;
pub mod fingerprint;
pub mod on_card;
pub mod output;
pub mod page;
pub mod pin;
pub mod revocation;
pub mod signature;
pub mod standing;
pub mod words;

pub use card_pin::CardPin;
pub use certificate::Stated;
pub use fingerprint::Fingerprint;
pub use on_card::OnCard;
pub use page::Page;
pub use standing::Standing;

use std::path::PathBuf;

/// What goes wrong at the holder's. Shown to the holder.
#[derive(Debug, thiserror::Error)]
pub enum HolderError {
    /// A certificate on the card is not one of this service.
    #[error("the certificate on the card cannot be read; show the card at the counter ({0})")]
    Unreadable(String),
    /// The text is no fingerprint.
    #[error(
        "a fingerprint has 64 hexadecimal digits, 0-9 and A-F, and this one has {0}; copy all of \
         it from the paper"
    )]
    FingerprintLength(usize),
    /// The text has other characters than hexadecimal digits.
    #[error("“{0}” is no hexadecimal digit: a fingerprint has 0-9 and A-F, spaces and colons only")]
    FingerprintCharacter(char),
    /// The authority's certificate on the card is not the one that the holder knows.
    #[error(
        "this card does not have the certificate of the authority whose fingerprint you gave: do \
         not use it, and ask at the counter"
    )]
    AnotherAuthority,
    /// The certificates on the card do not fit each other.
    #[error(
        "the certificates on this card are not in order: do not use it, and ask at the counter"
    )]
    NotInOrder,
    /// A new PIN that is none.
    #[error("{0}; choose another. The PIN was not changed")]
    PinRefused(#[from] pin::PinRefusal),
    /// What the card says.
    #[error(transparent)]
    Card(#[from] akashi_card::CardError),
    /// The card left in the midst of it.
    #[error(
        "the card left the reader while its PIN was being changed: the new PIN may be good already. Put the card back and \
         try the new one first, then the old one"
    )]
    PinMayBeNew,
    /// There is another card in the reader than a moment ago.
    #[error("another card is in the reader now: put the first one back, and begin again")]
    AnotherCard,
    /// The signature could not be made.
    #[error("nothing was signed: {0}")]
    NotSigned(String),
    /// The authority cannot be asked. Whether it heard is not known.
    #[error(
        "{url} does not answer as the authority's door for holders does: check the address and the \
         network, then ask again; nothing is done twice ({why})"
    )]
    NotHeard {
        /// Where it was sought.
        url: String,
        /// What went wrong.
        why: String,
    },
    /// The authority says no.
    #[error("{0}")]
    Refused(Box<akashi_wire::act::Refusal>),
    /// The file to be written is there already.
    #[error("{0} exists already: name another file, or give --force to replace it")]
    Exists(PathBuf),
    /// The file to be written is one that is needed.
    #[error("{0} is needed as it is: name another file to be written")]
    Needed(PathBuf),
    /// A file cannot be read or written.
    #[error("{file}: {source}")]
    File {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}
