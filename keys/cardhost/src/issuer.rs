//! An issuer at the card's side of the line, for benchmarks and tests that need no authority.

use akashi_card::issuing::IssuerCommand;
use akashi_card::{Card, Transport};
use akashi_scp03::{KeySet, Opening, Plain, protected_length};

use crate::error::CardHostError;

/// Tells a card something through a channel of its own, and gives the data of the answers.
///
/// # Errors
/// [`CardHostError::Channel`] when the card does not know these keys, or refuses.
pub fn tell<T: Transport>(
    card: &mut Card<T>,
    keys: &KeySet,
    commands: &[IssuerCommand],
) -> Result<Vec<Vec<u8>>, CardHostError> {
    card.select()?;
    let opening = Opening::new(keys.version, rand::random());
    let answer = card.carry(&[opening.command()])?.remove(0);
    let (mut host, authenticate) = opening.authenticate(keys, &answer)?;
    card.carry(&[authenticate])?;
    let mut data = Vec::new();
    for command in commands {
        let room = (command.answer > 0).then(|| protected_length(command.answer));
        let plain = Plain { instruction: command.instruction, data: &command.data, room };
        let (octets, receipt) = host.wrap(&plain);
        let answer = card.carry(&[octets])?.remove(0);
        data.push(host.open(&receipt, &answer)?);
    }
    Ok(data)
}
