//! The inventory of cards: what the factory delivered, and whether a card may be taken.

use std::collections::HashMap;

use akashi_ledger::{Change, PersonId, Registered};
use akashi_wire::act::{Answer, CARDS_OF_ONE_ACT, Refusal};

use super::{Acting, Counter, Halt};

/// Characters of the number of a card, at most.
const NUMBER: usize = 40;
/// Characters of the name of a lot or a model, at most.
const NAME: usize = 64;
/// Cards that a refusal names, at most.
const FEW: usize = 5;

impl Counter {
    /// Registers a delivery, whole or not at all.
    pub(super) async fn register_cards(
        &self,
        acting: &Acting,
        lot: &str,
        model: &str,
        cards: &[String],
    ) -> Result<Answer, Halt> {
        let malformed = |what: String| Refusal::Malformed { what };
        name("lot", lot)?;
        name("model", model)?;
        if cards.is_empty() || cards.len() > CARDS_OF_ONE_ACT {
            let what = format!("1 to {CARDS_OF_ONE_ACT} cards are registered at a time");
            return Err(malformed(what).into());
        }
        let is_number = |card: &String| {
            (1..=NUMBER).contains(&card.len()) && card.bytes().all(|octet| octet.is_ascii_graphic())
        };
        if let Some(at) = cards.iter().position(|card| !is_number(card)) {
            let what = format!(
                "card {} of the list: a number has 1 to {NUMBER} ASCII characters without a space",
                at + 1
            );
            return Err(malformed(what).into());
        }
        let numbers: Vec<&str> = cards.iter().map(String::as_str).collect();
        let mut change = self.begin(acting).await?;
        match change.register_cards(lot, model, &numbers).await? {
            Registered::Otherwise(mut cards) => {
                let count = cards.len() as u64;
                cards.truncate(FEW);
                Err(Refusal::CardsRegisteredOtherwise { count, cards }.into())
            }
            Registered::Done { new, known } => {
                let subject = format!("{new} new, {known} known");
                let answer = Answer::CardsRegistered { new, known };
                self.finish(change, acting, &subject, answer).await
            }
        }
    }

    /// Refuses another card than the one that the case is bound to, unless that is recalled by now;
    /// then a card that is recalled itself, and where only registered ones are taken, any other.
    pub(super) async fn may_take(
        &self,
        change: &mut Change,
        card: &str,
        bound: Option<&str>,
    ) -> Result<(), Halt> {
        let bound = bound.filter(|bound| *bound != card);
        let numbers: Vec<&str> = [Some(card), bound].into_iter().flatten().collect();
        let known = change.cards(&numbers).await?;
        let is_kept = |bound: &str| known.get(bound).is_none_or(|known| !known.recalled);
        if card.is_empty() || bound.is_some_and(is_kept) {
            return Err(Refusal::WrongCard.into());
        }
        match known.get(card) {
            Some(known) if known.recalled => Err(Refusal::CardRecalled.into()),
            None if self.issuer.rules.registered_cards_only => {
                Err(Refusal::CardNotRegistered.into())
            }
            _ => Ok(()),
        }
    }
}

/// Refuses a card in which somebody else's certificate lives: a card has one PIN and one living key.
pub(super) async fn is_nobody_elses(
    change: &mut Change,
    card: &str,
    person: PersonId,
) -> Result<(), Halt> {
    if is_of_another(&change.holders_of_cards(&[card]).await?, card, person) {
        return Err(Refusal::CardOfAnother.into());
    }
    Ok(())
}

/// Whether somebody else's certificate lives in a card.
pub(super) fn is_of_another(
    holders: &HashMap<String, Vec<PersonId>>,
    card: &str,
    person: PersonId,
) -> bool {
    holders.get(card).into_iter().flatten().any(|holder| *holder != person)
}

/// Refuses what cannot be the name of a lot or a model. An empty text would stand for any.
pub(super) fn name(what: &str, text: &str) -> Result<(), Refusal> {
    let length = text.chars().count();
    if (1..=NAME).contains(&length) && text.trim() == text && !text.contains(char::is_control) {
        return Ok(());
    }
    let what = format!("a {what} has a name of 1 to {NAME} characters without space around it");
    Err(Refusal::Malformed { what })
}
