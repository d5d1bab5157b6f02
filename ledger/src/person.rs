//! Persons, known by a keyed hash of a resident code that may change.

use std::collections::HashMap;

use crate::right::Right;
use crate::row::Row;
use crate::store::args;
use crate::{Change, LedgerError};

/// Sixteen random octets that stand for one person in this book and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId([u8; 16]);

impl PersonId {
    /// Made of sixteen random octets.
    pub fn from_random(octets: [u8; 16]) -> Self {
        Self(octets)
    }

    pub(crate) fn from_slice(octets: &[u8]) -> Option<Self> {
        octets.try_into().ok().map(Self)
    }

    /// The sixteen octets.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// One person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub person: PersonId,
    /// The newest change of this person's record that the authority has seen or settled.
    pub history: u32,
}

fn read(row: &Row) -> Result<Person, LedgerError> {
    Ok(Person { person: row.get("person")?, history: row.get("history")? })
}

/// What is known and what was reported of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownPerson {
    /// Who.
    pub person: Person,
    /// The newest history number that any source has reported, settled or not; 0 for none.
    pub reported: u32,
}

impl Change {
    /// The persons with these hashes of resident codes, as far as they are known.
    pub async fn known_persons(
        &mut self,
        code_hashes: &[[u8; 32]],
    ) -> Result<HashMap<[u8; 32], KnownPerson>, LedgerError> {
        let keys = || code_hashes.iter().map(|hash| hash.into());
        let mut known = HashMap::new();
        let persons = "SELECT code_hash, person, history FROM person WHERE code_hash IN ($keys)";
        for row in self.tx.rows_of(persons, keys()).await? {
            known.insert(row.get("code_hash")?, KnownPerson { person: read(&row)?, reported: 0 });
        }
        let reports =
            "SELECT code_hash, MAX(history) AS newest FROM idou WHERE code_hash IN ($keys)
                       GROUP BY code_hash";
        for row in self.tx.rows_of(reports, keys()).await? {
            if let Some(known) = known.get_mut(&row.get::<[u8; 32]>("code_hash")?) {
                known.reported = row.get("newest")?;
            }
        }
        Ok(known)
    }

    /// The person with this hash of a resident code, if known.
    pub async fn find_person(
        &mut self,
        code_hash: &[u8; 32],
    ) -> Result<Option<Person>, LedgerError> {
        let row = self
            .tx
            .row("SELECT person, history FROM person WHERE code_hash = $1", args![code_hash])
            .await?;
        row.as_ref().map(read).transpose()
    }

    /// The person with this hash, entered as `new` when not known yet. The history known of the
    /// person never goes back.
    pub async fn person(
        &mut self,
        code_hash: &[u8; 32],
        new: PersonId,
        history: u32,
    ) -> Result<Person, LedgerError> {
        self.require(Right::SaveCase)?;
        match self.find_person(code_hash).await? {
            Some(known) => {
                let history = known.history.max(history);
                self.move_forward(known.person, history).await?;
                Ok(Person { history, ..known })
            }
            None => {
                self.tx
                    .execute(
                        "INSERT INTO person (person, code_hash, history) VALUES ($1, $2, $3)",
                        args![new.as_bytes(), code_hash, i64::from(history)],
                    )
                    .await?;
                Ok(Person { person: new, history })
            }
        }
    }

    /// Moves the history known of a person forward.
    pub async fn advance(&mut self, person: PersonId, history: u32) -> Result<(), LedgerError> {
        self.require(Right::SettleEvent)?;
        self.move_forward(person, history).await
    }

    async fn move_forward(&mut self, person: PersonId, history: u32) -> Result<(), LedgerError> {
        self.tx
            .execute(
                "UPDATE person SET history = $2 WHERE person = $1 AND history < $2",
                args![person.as_bytes(), i64::from(history)],
            )
            .await
            .map(|_| ())
    }

    /// 住民票コードの変更: the same person, and what is still open in the inbox, under a new hash.
    ///
    /// Where somebody was entered under the new hash already (looked up at a counter before the
    /// change was reported), the two are one person from now on: cases and certificates of the later
    /// entry become those of the earlier one. The caller sees to it that no more than one
    /// certificate lives.
    pub async fn relink(
        &mut self,
        person: PersonId,
        new_code_hash: &[u8; 32],
    ) -> Result<(), LedgerError> {
        self.require(Right::SettleEvent)?;
        let other = self.find_person(new_code_hash).await?;
        // A change to the code that the person has already makes nobody two.
        if let Some(other) = other.filter(|other| other.person != person) {
            self.move_forward(person, other.history).await?;
            self.become_one(person, other.person).await?;
        }
        // What came under the new code before anybody knew whose it is.
        self.tx
            .execute(
                "UPDATE idou SET state = 'waiting', result = NULL WHERE code_hash = $1
                 AND state = 'settled' AND result = 'no certificate'",
                args![new_code_hash],
            )
            .await?;
        self.tx
            .execute(
                "UPDATE idou SET code_hash = $2 WHERE state IN ('waiting', 'held_back', 'scheduled')
                 AND code_hash = (SELECT code_hash FROM person WHERE person = $1)",
                args![person.as_bytes(), new_code_hash],
            )
            .await?;
        self.tx
            .execute(
                "UPDATE person SET code_hash = $2 WHERE person = $1",
                args![person.as_bytes(), new_code_hash],
            )
            .await
            .map(|_| ())
    }

    async fn become_one(&mut self, person: PersonId, other: PersonId) -> Result<(), LedgerError> {
        for statement in [
            "UPDATE living SET person = $1 WHERE person = $2",
            "UPDATE certificate_person SET person = $1 WHERE person = $2",
            "UPDATE case_file SET person = $1 WHERE person = $2",
        ] {
            self.tx.execute(statement, args![person.as_bytes(), other.as_bytes()]).await?;
        }
        self.tx
            .execute("DELETE FROM person WHERE person = $1", args![other.as_bytes()])
            .await
            .map(|_| ())
    }
}
