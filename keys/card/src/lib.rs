//! The reader's side of the card: what a counter terminal or a resident's program asks of it.
//!
//! A [`Card`] speaks the command octets of ISO/IEC 7816-4 and -8 through a [`Transport`] (a PC/SC
//! reader, or a test) and has one method for each thing a person would say: verify the PIN, sign,
//! change the PIN. It knows nothing of the card's inside, and can issue nothing: what only the
//! issuer may tell a card is in [`issuing`], as values that somebody who holds the card's keys wraps.
//!
//! # The issuing journey
//!
//! 1. [`Card::open`], [`Card::number`]: is this the card of this case?
//! 2. [`Card::carry`]: the issuer's commands, wrapped: a new pair in the pending slot (the old one
//!    stays usable), and at a first issue the PIN window.
//! 3. [`Card::set_pin`], [`Card::verify_pin`]: the resident's PIN, typed at the terminal, outside
//!    of the issuer's channel. At a renewal the resident knows it already and it is only verified.
//! 4. [`Card::proof_of_possession`]: a PKCS#10 request over the case's challenge, signed by the new
//!    key, for the authority.
//! 5. [`Card::carry`]: the certificates in blocks, read back to whoever wrapped the commands.
//! 6. [`Card::carry`]: one switch. Whatever fails before leaves the holder with what was there.

mod answer;
mod card;
mod command;
mod error;
pub mod issuing;
mod life_cycle;
mod number;
mod pin;
mod public_key;
mod request;
mod signature;
mod transport;
mod weakness;

pub use card::Card;
pub use error::CardError;
pub use life_cycle::LifeCycle;
pub use number::{CardNumber, CardNumberError};
pub use pin::{SigningPin, SigningPinError};
pub use signature::KeySlot;
pub use transport::{Transport, TransportError};
pub use weakness::Weakness;
