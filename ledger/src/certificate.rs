//! Certificates: intended before they are signed, filed once verified.

use std::collections::{BTreeSet, HashMap, HashSet};

use akashi_wire::octets::Sha256;
use akashi_wire::{CaseId, MunicipalityCode, SerialNumber};
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::{Row, Stored};
use crate::status::{News, Recording, StatusChange, forbids};
use crate::store::{Unique, args};
use crate::{
    Change, Issuing, Ledger, LedgerError, NewEntry, Permit, PersonId, Position, ReadsAll, StatusRow,
};
use akashi_wire::RevocationReason;

/// Everything about a certificate that must be in the book before a key signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intention {
    /// Its number.
    pub serial: SerialNumber,
    /// Which of the authority's keys signs.
    pub generation: i64,
    /// Whose partition.
    pub municipality: MunicipalityCode,
    /// For whom.
    pub person: PersonId,
    /// In which case.
    pub case: CaseId,
    /// SHA-256 of the SubjectPublicKeyInfo: no key is certified twice, over all time.
    pub public_key: Sha256,
    /// Its modulus, big-endian: what is held against all others.
    pub modulus: Vec<u8>,
    /// SHA-256 of the octets to be signed.
    pub tbs_digest: Sha256,
    /// First second.
    pub not_before: Timestamp,
    /// Last second.
    pub not_after: Timestamp,
    /// Beside which other certificate of the person it may live.
    pub slot: Slot,
}

/// The places for living certificates of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The one that counts.
    Current,
    /// The new one of a renewal, until it is in the card.
    Next,
}

impl Slot {
    fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Next => "next",
        }
    }
}

/// A living certificate of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Living {
    /// In which place.
    pub slot: Slot,
    /// Its number.
    pub serial: SerialNumber,
    /// Whose partition.
    pub municipality: MunicipalityCode,
    /// Last second.
    pub not_after: Timestamp,
    /// The four items as carried forward, sealed.
    pub sealed_items: Vec<u8>,
    /// The history number that the certificate was issued upon.
    pub issued_history: u32,
    /// The history number that the items were last checked against.
    pub history: u32,
    /// Whether it was filed; before that it is an intention.
    pub filed: bool,
}

impl Stored for Slot {
    type Native = String;

    fn of(name: String) -> Result<Self, String> {
        match name.as_str() {
            "current" => Ok(Self::Current),
            "next" => Ok(Self::Next),
            _ => Err(name),
        }
    }
}

fn read(row: &Row) -> Result<Living, LedgerError> {
    Ok(Living {
        slot: row.get("slot")?,
        serial: row.get("serial")?,
        municipality: row.get("municipality")?,
        not_after: row.get("not_after")?,
        sealed_items: row.get("sealed_items")?,
        history: row.get("history")?,
        filed: row.maybe::<SerialNumber>("filed")?.is_some(),
        issued_history: row.get("issued_history")?,
    })
}

/// An intention with what is kept beside it.
#[derive(Clone)]
pub struct NewCertificate {
    /// By whose leave.
    pub permit: Permit,
    /// What is going to be signed.
    pub intention: Intention,
    /// The four items that it states, sealed.
    pub sealed_items: Vec<u8>,
    /// The history number of the record that it states.
    pub history: u32,
    /// The number of the card that it is going to be written into.
    pub card: Option<String>,
}

/// A signed and verified certificate on its way into the book.
#[derive(Clone)]
pub struct NewFile {
    /// By whose leave.
    pub permit: Permit,
    /// Its number.
    pub serial: SerialNumber,
    /// Its DER, sealed.
    pub sealed_der: Vec<u8>,
}

/// No key is certified twice, over all time.
const CERTIFICATE_KEY: Unique =
    Unique { name: "certificate_key", columns: "certificate.public_key" };
/// One living certificate a person and place.
const LIVING_PLACE: Unique = Unique { name: "living_place", columns: "living.person, living.slot" };

fn second_certificate(error: LedgerError) -> LedgerError {
    if error.violates(&LIVING_PLACE) { LedgerError::SecondCertificate } else { error }
}

impl Change {
    /// The living certificates of a person, the current one first. Expired ones are cleared away.
    pub async fn living(&mut self, person: PersonId) -> Result<Vec<Living>, LedgerError> {
        Ok(self.living_of(&[person]).await?.remove(&person).unwrap_or_default())
    }

    /// The same for many persons; whoever has none is left out.
    pub async fn living_of(
        &mut self,
        persons: &[PersonId],
    ) -> Result<HashMap<PersonId, Vec<Living>>, LedgerError> {
        let rows = self
            .tx
            .rows_of(
                "SELECT living.slot, living.serial, certificate.municipality, certificate.not_after,
                 certificate_items.sealed_items, certificate_items.history, certificate_file.serial AS filed,
                 certificate_items.issued_history, living.person
                 FROM living JOIN certificate ON certificate.serial = living.serial
                 JOIN certificate_items ON certificate_items.serial = living.serial
                 LEFT JOIN certificate_file ON certificate_file.serial = living.serial
                 WHERE living.person IN ($keys) ORDER BY living.slot",
                persons.iter().map(|person| person.as_bytes().into()),
            )
            .await?;
        let mut living: HashMap<PersonId, Vec<Living>> = HashMap::new();
        for row in &rows {
            let one = read(row)?;
            if one.not_after < self.at() {
                self.release_living(&[one.serial]).await?;
            } else {
                living.entry(row.get("person")?).or_default().push(one);
            }
        }
        Ok(living)
    }

    /// Whose living certificate it is, if it is one.
    pub async fn holder(&mut self, serial: SerialNumber) -> Result<Option<PersonId>, LedgerError> {
        let row = self
            .tx
            .row("SELECT person FROM living WHERE serial = $1", args![serial.as_bytes()])
            .await?;
        row.map(|row| row.get("person")).transpose()
    }

    /// Those of these public keys (SHA-256 of their DER) that were certified before.
    pub async fn keys_used(&mut self, keys: &[Sha256]) -> Result<HashSet<Sha256>, LedgerError> {
        let rows = self
            .tx
            .rows_of(
                "SELECT public_key FROM certificate WHERE public_key IN ($keys)",
                keys.iter().map(|key| (&key.0).into()),
            )
            .await?;
        rows.iter().map(|row| row.get("public_key")).collect()
    }

    /// Writes down what is going to be signed, into no card that anybody named.
    ///
    /// # Errors
    /// [`LedgerError::SecondCertificate`] when the place is taken, [`LedgerError::KeyUsedBefore`]
    /// when the key was ever certified, [`LedgerError::IssuingSuspended`] while nothing is issued.
    pub async fn intend(
        &mut self,
        intention: &Intention,
        sealed_items: &[u8],
        history: u32,
    ) -> Result<(), LedgerError> {
        let permit = self.permit().clone();
        let (intention, sealed_items) = (intention.clone(), sealed_items.to_vec());
        let card = None;
        self.intend_all(&[NewCertificate { permit, intention, sealed_items, history, card }]).await
    }

    /// Writes down many, no two for one person, or none of them.
    ///
    /// # Errors
    /// As [`Change::intend`], for any of them.
    pub async fn intend_all(&mut self, new: &[NewCertificate]) -> Result<(), LedgerError> {
        self.require_of_all(new.iter().map(|new| &new.permit)).await?;
        for NewCertificate { permit, intention, .. } in new {
            self.require_time(Right::Issue)?;
            permit.require_about(Right::Issue, &Object::Case(intention.case))?;
        }
        self.check_issuing().await?;
        let persons: Vec<PersonId> = new.iter().map(|new| new.intention.person).collect();
        let taken = self.living_of(&persons).await?;
        let is_taken = |new: &NewCertificate| {
            let places = taken.get(&new.intention.person).map(Vec::as_slice).unwrap_or_default();
            places.iter().any(|living| living.slot == new.intention.slot)
        };
        if new.iter().any(is_taken) {
            return Err(LedgerError::SecondCertificate);
        }
        let keys: Vec<Sha256> = new.iter().map(|new| new.intention.public_key).collect();
        if !self.keys_used(&keys).await?.is_empty() {
            return Err(LedgerError::KeyUsedBefore);
        }
        let serials: Vec<String> = new.iter().map(|new| new.intention.serial.to_string()).collect();
        let entries = new.iter().zip(&serials).map(|(new, subject)| NewEntry {
            permit: new.permit.clone(),
            verb: "intend",
            subject,
            content: None,
        });
        let positions = self.append_all(entries).await?;
        let certificate = |(new, position): (&NewCertificate, &Position)| {
            let intention = &new.intention;
            args![
                position.0,
                intention.serial.as_bytes(),
                intention.generation,
                intention.municipality.to_string(),
                intention.case.as_bytes(),
                &intention.public_key.0,
                &intention.tbs_digest.0,
                intention.not_before,
                intention.not_after,
                new.card.clone(),
            ]
        };
        let rows = new.iter().zip(&positions).map(certificate).collect();
        self.record(&evidence::CERTIFICATE, rows).await.map_err(|error| {
            if error.violates(&CERTIFICATE_KEY) { LedgerError::KeyUsedBefore } else { error }
        })?;
        let person = |new: &NewCertificate| {
            args![new.intention.serial.as_bytes(), new.intention.person.as_bytes()]
        };
        self.tx
            .write(
                "INSERT INTO certificate_person (serial, person) VALUES $rows",
                new.iter().map(person).collect(),
            )
            .await?;
        let modulus = |(new, position): (&NewCertificate, &Position)| {
            let Intention { serial, modulus, .. } = &new.intention;
            args![position.0, serial.as_bytes(), modulus]
        };
        self.tx
            .write(
                "INSERT INTO modulus (position, serial, modulus) VALUES $rows",
                new.iter().zip(&positions).map(modulus).collect(),
            )
            .await?;
        let at = self.at();
        self.tx
            .write(
                "INSERT INTO intended (serial, at) VALUES $rows",
                new.iter().map(|new| args![new.intention.serial.as_bytes(), at]).collect(),
            )
            .await?;
        let items = |new: &NewCertificate| {
            let history = i64::from(new.history);
            args![new.intention.serial.as_bytes(), &new.sealed_items, history, history]
        };
        self.tx
            .write(
                "INSERT INTO certificate_items (serial, sealed_items, issued_history, history)
                 VALUES $rows",
                new.iter().map(items).collect(),
            )
            .await?;
        let living = |new: &NewCertificate| {
            let Intention { person, slot, serial, .. } = &new.intention;
            args![person.as_bytes(), slot.name(), serial.as_bytes()]
        };
        self.tx
            .write(
                "INSERT INTO living (person, slot, serial) VALUES $rows",
                new.iter().map(living).collect(),
            )
            .await
            .map_err(second_certificate)
    }

    /// Each of these permits must be one to issue, of somebody who is enrolled still.
    async fn require_of_all<'p>(
        &mut self,
        permits: impl Iterator<Item = &'p Permit>,
    ) -> Result<(), LedgerError> {
        let mut certificates = BTreeSet::new();
        for permit in permits {
            self.require_time(Right::Issue)?;
            permit.require(Right::Issue)?;
            certificates.extend(permit.certificates());
        }
        self.check_enrolled(certificates).await
    }

    /// Files a signed and verified certificate: from now on it is issued.
    ///
    /// # Errors
    /// [`LedgerError::StatusForbids`] when it has a standing already: it was voided or filed.
    pub async fn file(
        &mut self,
        serial: SerialNumber,
        sealed_der: &[u8],
    ) -> Result<StatusRow, LedgerError> {
        let (permit, sealed_der) = (self.permit().clone(), sealed_der.to_vec());
        let mut rows = self.file_all(&[NewFile { permit, serial, sealed_der }]).await?;
        Ok(rows.remove(0))
    }

    /// Files many, or none of them.
    ///
    /// # Errors
    /// As [`Change::file`], for any of them.
    pub async fn file_all(&mut self, files: &[NewFile]) -> Result<Vec<StatusRow>, LedgerError> {
        self.require_of_all(files.iter().map(|file| &file.permit)).await?;
        // What was recorded before issuing was suspended is voided, as any that nobody goes on with.
        self.check_issuing().await?;
        let serials: Vec<SerialNumber> = files.iter().map(|file| file.serial).collect();
        if let Some((serial, standing)) = self.standings(&serials).await?.into_iter().next() {
            return Err(forbids(serial, Some(standing), "filed"));
        }
        let received_at = self.at();
        let recording = Recording { reason: RevocationReason::Unspecified, received_at };
        let news = files.iter().map(|file| News {
            permit: file.permit.clone(),
            serial: file.serial,
            change: StatusChange::Issued,
            recording: &recording,
        });
        let rows = self.append_status("file", news.collect()).await?;
        let file = |(file, row): (&NewFile, &StatusRow)| {
            args![row.position.0, file.serial.as_bytes(), &file.sealed_der]
        };
        let filed = files.iter().zip(&rows).map(file).collect();
        self.record(&evidence::CERTIFICATE_FILE, filed).await?;
        Ok(rows)
    }

    /// The renewed certificate takes the place of the one before, which must be revoked by now.
    pub async fn promote(&mut self, person: PersonId) -> Result<(), LedgerError> {
        self.require(Right::Promote)?;
        if let Object::Case(case) = self.permit().object() {
            let case = *case;
            let file = self.case(case).await?;
            if file.and_then(|file| file.person) != Some(person) {
                return Err(self.permit().not_permitted(Right::Promote));
            }
        }
        self.tx
            .execute(
                "UPDATE living SET slot = 'current' WHERE person = $1 AND slot = 'next'",
                args![person.as_bytes()],
            )
            .await
            .map_err(second_certificate)
            .map(|_| ())
    }

    /// Carries the four items of a certificate forward through a change that does not revoke. The
    /// history number never goes back.
    pub async fn carry_forward(
        &mut self,
        serial: SerialNumber,
        sealed_items: &[u8],
        history: u32,
    ) -> Result<(), LedgerError> {
        self.require(Right::SettleEvent)?;
        self.tx
            .execute(
                "UPDATE certificate_items SET sealed_items = $2,
                 history = CASE WHEN history > $3 THEN history ELSE $3 END WHERE serial = $1",
                args![serial.as_bytes(), sealed_items, i64::from(history)],
            )
            .await
            .map(|_| ())
    }

    pub(crate) async fn release_living(
        &mut self,
        serials: &[SerialNumber],
    ) -> Result<(), LedgerError> {
        let keys = || serials.iter().map(|serial| serial.as_bytes().into());
        self.tx.rows_of("DELETE FROM living WHERE serial IN ($keys)", keys()).await?;
        let index = "DELETE FROM stated_index WHERE serial IN ($keys)";
        self.tx.rows_of(index, keys()).await.map(|_| ())
    }
}

impl<R: ReadsAll> Ledger<R> {
    /// Whether the book knows this number, and the last second of that certificate.
    pub async fn certificate_end(
        &self,
        serial: SerialNumber,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let row = self
            .store
            .row("SELECT not_after FROM certificate WHERE serial = $1", args![serial.as_bytes()])
            .await?;
        row.map(|row| row.get("not_after")).transpose()
    }
}

impl<R: ReadsAll> Ledger<R> {
    /// Filed certificates with a number above `after`, sealed, in the order of their numbers; at most
    /// so many.
    pub async fn sealed_certificates(
        &self,
        after: Option<SerialNumber>,
        count: i64,
    ) -> Result<Vec<(SerialNumber, Vec<u8>)>, LedgerError> {
        let after = after.map_or_else(Vec::new, |serial| serial.as_bytes().to_vec());
        let rows = self
            .store
            .rows(
                "SELECT serial, sealed_der FROM certificate_file WHERE serial > $1
                 ORDER BY serial LIMIT $2",
                args![after, count],
            )
            .await?;
        rows.iter().map(|row| Ok((row.get("serial")?, row.get("sealed_der")?))).collect()
    }
}

impl Ledger<Issuing> {
    /// The sealed DER of a filed certificate.
    pub async fn sealed_certificate(
        &self,
        serial: SerialNumber,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT sealed_der FROM certificate_file WHERE serial = $1",
                args![serial.as_bytes()],
            )
            .await?;
        row.map(|row| row.get("sealed_der")).transpose()
    }

    /// SHA-256 of the octets to be signed under this number, as they were recorded.
    pub async fn intended_digest(
        &self,
        serial: SerialNumber,
    ) -> Result<Option<Sha256>, LedgerError> {
        let row = self
            .store
            .row("SELECT tbs_digest FROM certificate WHERE serial = $1", args![serial.as_bytes()])
            .await?;
        row.map(|row| row.get("tbs_digest")).transpose()
    }

    /// Certificates that were intended before `before` and have no standing: interrupted between
    /// record and file. They may have been signed.
    pub async fn interrupted(&self, before: Timestamp) -> Result<Vec<SerialNumber>, LedgerError> {
        let rows = self
            .store
            .rows("SELECT serial FROM intended WHERE at < $1 ORDER BY at, serial", args![before])
            .await?;
        rows.iter().map(|row| row.get("serial")).collect()
    }
}
