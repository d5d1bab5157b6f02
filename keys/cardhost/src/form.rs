//! The form of a card's file.
//!
//! One line, `akashi-card 2 NUMBER SEAL`, with the card's number and the name
//! of the key that sealed it; then its memory under AES-256-GCM: nonce (12 octets), cipher text, tag
//! (16). The line is associated data. It is in the clear, so that a card that cannot be opened can be
//! named.

use std::path::Path;

use akashi_softcard::CardNumber;
use zeroize::Zeroizing;

use crate::error::CardHostError;
use crate::seal::Seal;

/// What the first line begins with.
const FORM: &[u8] = b"akashi-card 2 ";

/// The octets of a file with this memory.
pub(crate) fn sealed(
    seal: &Seal,
    number: &CardNumber,
    memory: &[u8],
) -> Result<Vec<u8>, CardHostError> {
    let key = seal.to_seal()?;
    let line = [FORM, format!("{number} {}\n", key.name()).as_bytes()].concat();
    let sealed = key.seal(&line, memory);
    Ok([line, sealed].concat())
}

/// The memory in the octets of a file.
pub(crate) fn memory(
    seal: &Seal,
    file: &Path,
    octets: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CardHostError> {
    if let Some(rest) = octets.strip_prefix(FORM) {
        opened(seal, file, octets, rest)
    } else if FORM.starts_with(octets) {
        // What is left of a torn first line, too, is nothing to go by.
        Err(CardHostError::Damaged(file.into()))
    } else {
        Err(CardHostError::NotACard(file.into()))
    }
}

/// The memory behind the first line.
fn opened(
    seal: &Seal,
    file: &Path,
    octets: &[u8],
    rest: &[u8],
) -> Result<Zeroizing<Vec<u8>>, CardHostError> {
    let damaged = || CardHostError::Damaged(file.into());
    let end = rest.iter().position(|octet| *octet == b'\n').ok_or_else(damaged)?;
    let (line, sealed) = octets.split_at(FORM.len() + end + 1);
    let words = std::str::from_utf8(&rest[..end]).ok().and_then(|words| words.split_once(' '));
    let (number, name) = words.ok_or_else(damaged)?;
    let number: CardNumber = number.parse().map_err(|_| damaged())?;
    match seal.to_open()?.filter(|key| key.name() == name) {
        Some(key) => key.open(line, sealed).ok_or_else(damaged),
        None => {
            let (file, key) = (file.into(), seal.file().into());
            Err(CardHostError::SealedElsewhere { file, number, key })
        }
    }
}
