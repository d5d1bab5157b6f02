//! What a card remembers, as the octets of a file, wiped wherever they lay.

use std::io::{self, Write};

use akashi_softcard::SoftCard;
use zeroize::Zeroizing;

/// The memory of a card.
pub(crate) fn of(card: &SoftCard) -> Zeroizing<Vec<u8>> {
    let mut octets = Growing(Zeroizing::new(Vec::with_capacity(4096)));
    serde_json::to_writer(&mut octets, card).expect("a card's memory is JSON");
    octets.0
}

/// Octets that leave nothing behind where they grow. A vector that grows by itself is moved, and what
/// it was moved from is given back as it is, keys and PINs included.
struct Growing(Zeroizing<Vec<u8>>);

impl Write for Growing {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        let needed = self.0.len() + more.len();
        if needed > self.0.capacity() {
            let mut wider = Zeroizing::new(Vec::with_capacity(needed * 2));
            wider.extend_from_slice(&self.0);
            self.0 = wider;
        }
        self.0.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_has_every_octet_in_its_place() {
        let mut octets = Growing(Zeroizing::new(Vec::new()));
        let expected: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        for (at, piece) in expected.chunks(777).enumerate() {
            octets.write_all(piece).unwrap();
            assert!(*octets.0 == expected[..at * 777 + piece.len()]);
        }
    }
}
