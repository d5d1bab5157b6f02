//! The terminal between authority and card: it carries what neither lets it read.

use akashi_card::{Card, Transport};
use akashi_wire::CaseId;
use akashi_wire::act::{Answer, Deed};
use akashi_wire::octets::Octets;

use crate::{Desk, DeskError};

/// Opens the channel to the card of a case and carries until the authority says what came of it.
pub async fn open<T: Transport>(
    desk: &Desk,
    card: &mut Card<T>,
    case: CaseId,
) -> Result<Answer, DeskError> {
    // A card that was out of the reader has forgotten what was selected.
    card.select()?;
    let number = card.number()?.to_string();
    match desk.ask(Deed::OpenChannel { case, card: number }).await? {
        Answer::Commands { run } => carry(desk, card, case, run).await,
        other => Ok(other),
    }
}

/// Carries a run and all that follow it.
pub async fn carry<T: Transport>(
    desk: &Desk,
    card: &mut Card<T>,
    case: CaseId,
    mut run: Vec<Octets>,
) -> Result<Answer, DeskError> {
    loop {
        let commands: Vec<&[u8]> = run.iter().map(|command| &command.0[..]).collect();
        let answers = card.carry(&commands)?.into_iter().map(Octets).collect();
        match desk.ask(Deed::CardAnswered { case, answers }).await? {
            Answer::Commands { run: next } => run = next,
            other => return Ok(other),
        }
    }
}
