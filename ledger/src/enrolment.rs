//! Who is enrolled, and as what.

use std::collections::{BTreeSet, HashMap, HashSet};

use akashi_wire::act::PartyId;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use jiff::Timestamp;

use crate::evidence;
use crate::right::Right;
use crate::store::{Row, Unique, Value, args, damaged};
use crate::{Change, Ledger, LedgerError};

/// One party: an officer, an agency, a source, or the scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Its number.
    pub party: PartyId,
    /// Name of the person or body.
    pub name: String,
    /// As what.
    pub role: Role,
    /// DER of its certificate.
    pub certificate: Vec<u8>,
    /// From when.
    pub enrolled_at: Timestamp,
    /// Until when, once ended.
    pub ended_at: Option<Timestamp>,
}

/// A party to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEnrolment {
    /// Its number.
    pub party: PartyId,
    /// Name of the person or body.
    pub name: String,
    /// As what.
    pub role: Role,
    /// DER of its certificate.
    pub certificate: Vec<u8>,
}

impl Enrolment {
    pub(crate) fn of(new: &NewEnrolment, now: Timestamp) -> Self {
        Self {
            party: new.party,
            name: new.name.clone(),
            role: new.role.clone(),
            certificate: new.certificate.clone(),
            enrolled_at: now,
            ended_at: None,
        }
    }

    /// Whether it may act now.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.ended_at.is_none_or(|end| now < end)
    }
}

/// A key is one party's.
const ENROLMENT_KEY: Unique = Unique { name: "enrolment_key", columns: "enrolment.public_key" };

fn read(row: &Row) -> Result<Enrolment, LedgerError> {
    Ok(Enrolment {
        party: row.fixed(0, PartyId::from_slice)?,
        name: row.text(1)?,
        role: serde_json::from_str(&row.text(2)?)
            .map_err(|e| damaged("enrolment", e.to_string()))?,
        certificate: row.octets(3)?,
        enrolled_at: row.time(4)?,
        ended_at: row.maybe_int(5)?.map(crate::store::timestamp).transpose()?,
    })
}

const READ: &str = "SELECT enrolment.party, name, role, certificate, enrolled_at, ended_at,
                    fingerprint FROM enrolment
                    LEFT JOIN dismissal ON dismissal.party = enrolment.party
                    WHERE fingerprint IN ($keys)";

impl<R> Ledger<R> {
    /// The party with this certificate (by its SHA-256), ended or not.
    pub async fn enrolment_of(
        &self,
        fingerprint: Sha256,
    ) -> Result<Option<Enrolment>, LedgerError> {
        let of_all = |fingerprints: Vec<Sha256>| async move {
            let mut found = HashMap::new();
            // Many acts of few officers.
            let distinct: HashSet<Sha256> = fingerprints.into_iter().collect();
            let keys: Vec<Value> =
                distinct.iter().map(|fingerprint| (&fingerprint.0).into()).collect();
            for row in &self.store.rows_of(READ, keys).await? {
                found.insert(row.fixed(6, Sha256::from_slice)?, read(row)?);
            }
            Ok(found)
        };
        self.store.enrolments.row(fingerprint, of_all).await
    }

    /// Everybody ever enrolled, oldest first.
    pub async fn enrolments(&self) -> Result<Vec<Enrolment>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT enrolment.party, name, role, certificate, enrolled_at, ended_at
                 FROM enrolment LEFT JOIN dismissal ON dismissal.party = enrolment.party
                 ORDER BY enrolled_at, name",
                args![],
            )
            .await?;
        rows.iter().map(read).collect()
    }
}

impl Change {
    /// Enrols a party.
    ///
    /// # Errors
    /// [`LedgerError::NameTaken`] when another party in force has the name; [`LedgerError::KeyTaken`]
    /// when any party ever had the key: a key is one party's.
    pub async fn enrol(&mut self, new: &NewEnrolment) -> Result<(), LedgerError> {
        self.require(Right::Enrol)?;
        let taken = self
            .tx
            .row(
                "SELECT enrolment.party FROM enrolment
                 LEFT JOIN dismissal ON dismissal.party = enrolment.party
                 WHERE name = $1 AND dismissal.party IS NULL LIMIT 1",
                args![new.name.as_str()],
            )
            .await?;
        if taken.is_some() {
            return Err(LedgerError::NameTaken);
        }
        let subject = format!("{}:{}", new.role.name(), new.party);
        let position = self.append("enrol", &subject, None).await?;
        let role = serde_json::to_string(&new.role).expect("a role is JSON");
        let row = args![
            position.0,
            new.party.as_bytes(),
            new.name.as_str(),
            role,
            new.role.municipality().map(|code| code.to_string()),
            &new.certificate,
            &Sha256::of(&new.certificate).0,
            &public_key_of(&new.certificate).0,
            self.at(),
        ];
        self.record(&evidence::ENROLMENT, vec![row]).await.map_err(|error| {
            if error.violates(&ENROLMENT_KEY) { LedgerError::KeyTaken } else { error }
        })?;
        if let Role::Source { municipality } = &new.role {
            self.tx
                .execute(
                    "INSERT INTO source (municipality, next_expected, is_open) VALUES ($1, 1, 1)
                     ON CONFLICT (municipality) DO NOTHING",
                    args![municipality.to_string()],
                )
                .await?;
        }
        Ok(())
    }

    /// Stops the change unless all of these parties are enrolled still: what was permitted a moment ago
    /// is not permitted to somebody who was dismissed since.
    pub(crate) async fn check_enrolled(&mut self, parties: &[PartyId]) -> Result<(), LedgerError> {
        let parties: BTreeSet<PartyId> = parties.iter().copied().collect();
        let rows = self
            .tx
            .rows_of(
                "SELECT enrolment.party FROM enrolment
                 LEFT JOIN dismissal ON dismissal.party = enrolment.party
                 WHERE dismissal.party IS NULL AND enrolment.party IN ($keys)",
                parties.iter().map(|party| party.as_bytes().into()),
            )
            .await?;
        let enrolled: Result<BTreeSet<PartyId>, LedgerError> =
            rows.iter().map(|row| row.fixed(0, PartyId::from_slice)).collect();
        if enrolled?.is_superset(&parties) { Ok(()) } else { Err(LedgerError::NotEnrolled) }
    }

    /// Whether this party is enrolled still.
    pub async fn is_enrolled(&mut self, party: PartyId) -> Result<bool, LedgerError> {
        match self.check_enrolled(&[party]).await {
            Ok(()) => Ok(true),
            Err(LedgerError::NotEnrolled) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends an enrolment now. `false` when there is no such party in force.
    pub async fn dismiss(&mut self, party: PartyId) -> Result<bool, LedgerError> {
        self.require(Right::Dismiss)?;
        if !self.is_enrolled(party).await? {
            return Ok(false);
        }
        let position = self.append("dismiss", &party.to_string(), None).await?;
        let row = args![position.0, party.as_bytes(), self.at()];
        self.record(&evidence::DISMISSAL, vec![row]).await?;
        Ok(true)
    }
}

/// SHA-256 of the key in a certificate; of the whole certificate where it cannot be read.
fn public_key_of(certificate: &[u8]) -> Sha256 {
    akashi_wire::pki::public_key(certificate)
        .map_or_else(|| Sha256::of(certificate), |key| Sha256::of(&key))
}
