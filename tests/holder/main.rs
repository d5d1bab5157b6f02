//! What a holder does with a card that a whole small world issued: `akashi card …` as a program,
//! and the room behind it.

mod certificate;
mod change_pin;
mod fingerprint;
mod reader;
mod revocation;
mod scene;
mod signature;
mod status;
mod terminal;
