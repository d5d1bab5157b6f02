//! Cards: which the factory delivered, of which lot and model.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::Row;
use crate::store::{Value, args};
use crate::{Change, LedgerError, PersonId};

/// What the book knows of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCard {
    /// Of which lot.
    pub lot: String,
    /// Of which model.
    pub model: String,
    /// Whether a confirmed recall is about it.
    pub recalled: bool,
}

/// What came of a delivery note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// All of its cards are in the book.
    Done {
        /// Cards that were not before.
        new: u64,
        /// Cards that were, with the same lot and model.
        known: u64,
    },
    /// These are in the book with another lot or model; nothing was registered.
    Otherwise(Vec<String>),
}

fn read(row: &Row) -> Result<(String, KnownCard), LedgerError> {
    let recalled = row.get::<i64>("recalls")? > 0;
    let known = KnownCard { lot: row.get("lot")?, model: row.get("model")?, recalled };
    Ok((row.get("number")?, known))
}

impl Change {
    /// Those of these cards that some delivery held.
    pub async fn cards(
        &mut self,
        numbers: &[&str],
    ) -> Result<HashMap<String, KnownCard>, LedgerError> {
        let keys: Vec<Value> = numbers.iter().map(|number| (*number).into()).collect();
        let rows = self
            .tx
            .rows_of(
                "SELECT card.number, card.lot, card.model,
                 (SELECT COUNT(*) FROM recall WHERE recall.position IS NOT NULL
                 AND recall.lot IN ('', card.lot) AND recall.model IN ('', card.model)) AS recalls
                 FROM card WHERE card.number IN ($keys)",
                keys,
            )
            .await?;
        rows.iter().map(read).collect()
    }

    /// Whose living certificates were issued into these cards, filed or under way. A certificate from
    /// before the book knew cards is not found here.
    pub async fn holders_of_cards(
        &mut self,
        numbers: &[&str],
    ) -> Result<HashMap<String, Vec<PersonId>>, LedgerError> {
        let keys: Vec<Value> = numbers.iter().map(|number| (*number).into()).collect();
        let rows = self
            .tx
            .rows_of(
                "SELECT certificate.card, living.person, certificate.not_after FROM certificate
                 JOIN living ON living.serial = certificate.serial
                 WHERE certificate.card IN ($keys)",
                keys,
            )
            .await?;
        let mut holders: HashMap<String, Vec<PersonId>> = HashMap::new();
        for row in &rows {
            if row.get::<Timestamp>("not_after")? >= self.at() {
                holders.entry(row.get("card")?).or_default().push(row.get("person")?);
            }
        }
        Ok(holders)
    }

    /// Registers the cards of a delivery: all of them, or none where one is registered otherwise.
    /// Registered again they stay what they are.
    pub async fn register_cards(
        &mut self,
        lot: &str,
        model: &str,
        numbers: &[&str],
    ) -> Result<Registered, LedgerError> {
        let delivery = Object::Delivery(lot.to_owned(), model.to_owned());
        self.require_about(Right::RegisterCards, &delivery)?;
        let numbers: BTreeSet<&str> = numbers.iter().copied().collect();
        let numbers: Vec<&str> = numbers.into_iter().collect();
        let known = self.cards(&numbers).await?;
        let is_otherwise =
            |number: &str| known.get(number).is_some_and(|c| c.lot != lot || c.model != model);
        let mut otherwise = numbers.clone();
        otherwise.retain(|number| is_otherwise(number));
        if !otherwise.is_empty() {
            return Ok(Registered::Otherwise(otherwise.into_iter().map(str::to_owned).collect()));
        }
        let mut new = numbers;
        new.retain(|number| !known.contains_key(*number));
        let subject = format!("{} cards of lot {lot} of model {model}", new.len());
        let position = self.append("register", &subject, None).await?;
        let rows = new.iter().map(|number| args![position.0, *number, lot, model]).collect();
        self.record(&evidence::CARD, rows).await?;
        Ok(Registered::Done { new: new.len() as u64, known: known.len() as u64 })
    }
}
