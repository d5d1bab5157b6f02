//! What can go wrong around a software card.

use std::io;
use std::path::PathBuf;

use akashi_softcard::CardNumber;

/// Why a software card cannot be used, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum CardHostError {
    /// The card's file cannot be read.
    #[error("{file}: {source}. `akashi-demo softcard new` makes a card")]
    Read {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The card's file cannot be written. No answer left, so the file says what the card said.
    #[error(
        "the card's memory cannot be written to {file}: {source}. Put the card back after that"
    )]
    Write {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The card, when it was told something.
    #[error("the card: {0}")]
    Card(#[from] akashi_card::CardError),
    /// The channel to the card.
    #[error(transparent)]
    Channel(#[from] akashi_scp03::ChannelError),
    /// Another kind of file.
    #[error("{0} is not the file of a software card; `akashi-demo softcard new` makes one")]
    NotACard(PathBuf),
    /// The memory is torn or changed. Guessing would be giving tries back.
    #[error("{0} is damaged: a card that lost its memory is of no use. Issue into a new one")]
    Damaged(PathBuf),
    /// The memory is sealed, and not under this user's key.
    #[error(
        "the card {number} in {file} was sealed by another host, or before {key} was lost: that \
         key does not open it. Use the card where it was made, or let AKASHI_CARD_SEAL name a \
         copy of that host's key; else issue into a new one"
    )]
    SealedElsewhere {
        /// The card's file.
        file: PathBuf,
        /// The number printed on the card.
        number: CardNumber,
        /// The file of this user's key.
        key: PathBuf,
    },
    /// The key that seals the cards cannot be read or made.
    #[error(
        "{file}, the key that seals this user's cards, cannot be used: {source}. AKASHI_CARD_SEAL \
         can name another file"
    )]
    SealKey {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nothing says where the user's key is.
    #[error(
        "nothing says where the key is that seals this user's cards: set HOME, or let \
         AKASHI_CARD_SEAL name a file, which is made"
    )]
    NoPlaceForSeal,
    /// It exists already.
    #[error("{0} exists already: a card is never overwritten")]
    Exists(PathBuf),
    /// Another process has the card.
    #[error(
        "the card {0} is in use by another program; `akashi-demo softcard remove` takes it out of a reader"
    )]
    InUse(PathBuf),
    /// A card was to be removed that is in no reader.
    #[error("the card {0} is in no reader")]
    NotInserted(PathBuf),
    /// Whoever holds the card does not hear that it should be removed.
    #[error("the program that uses the card {0} does not let go of it: wait, or end it")]
    NotRemoved(PathBuf),
    /// There is no virtual reader at this address.
    #[error(
        "no virtual reader at {address}: {source}. Start pcscd with the driver of vsmartcard-vpcd"
    )]
    NoVirtualReader {
        /// Where it was sought.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The connection to the virtual reader broke.
    #[error("the connection to the virtual reader broke: {0}. Put the card back")]
    ReaderBroke(#[source] io::Error),
    /// A message that vpcd's protocol does not have.
    #[error("this is no virtual reader: {0}. Check host and port")]
    Malformed(&'static str),
    /// Packages that a PC/SC service with a virtual reader needs.
    #[error(
        "{missing} is missing: install the packages pcscd and vsmartcard-vpcd (Debian's names) and \
         repeat"
    )]
    Packages {
        /// The file that was sought.
        missing: &'static str,
    },
    /// pcscd keeps its number there and does not start without it.
    #[error("/run/pcscd is missing: make it (`mkdir /run/pcscd`, as root) and repeat")]
    NoRunDirectory,
    /// The service did not start.
    #[error("the PC/SC service did not start: {0}")]
    Service(String),
    /// A temporary directory or socket for the service.
    #[error("the PC/SC service has no place: {0}")]
    Place(#[source] io::Error),
}
