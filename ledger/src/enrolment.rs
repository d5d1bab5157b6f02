//! Who is enrolled, and as what.

use std::collections::{HashMap, HashSet};

use akashi_wire::act::PartyId;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use jiff::Timestamp;

use crate::store::{Row, Value, args, damaged};
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

const READ: &str = "SELECT party, name, role, certificate, enrolled_at, ended_at, fingerprint
                    FROM enrolment WHERE fingerprint IN ($keys)";

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
                "SELECT party, name, role, certificate, enrolled_at, ended_at
                 FROM enrolment ORDER BY enrolled_at, name",
                args![],
            )
            .await?;
        rows.iter().map(read).collect()
    }
}

impl Change {
    /// Enrols a party. Allowed to the security officer, and to the scheduler on the first page.
    pub async fn enrol(&mut self, new: &NewEnrolment) -> Result<(), LedgerError> {
        self.permit
            .require("enrol", |role| matches!(role, Role::SecurityOfficer | Role::Scheduler))?;
        self.append("enrol", &format!("{}:{}", new.role.name(), new.party), None).await?;
        let role = serde_json::to_string(&new.role).expect("a role is JSON");
        self.tx
            .execute(
                "INSERT INTO enrolment
                 (party, name, role, municipality, certificate, fingerprint, enrolled_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                args![
                    new.party.as_bytes(),
                    new.name.as_str(),
                    role,
                    new.role.municipality().map(|code| code.to_string()),
                    &new.certificate,
                    &Sha256::of(&new.certificate).0,
                    self.at(),
                ],
            )
            .await?;
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

    /// Whether this party is enrolled still.
    pub async fn is_enrolled(&mut self, party: PartyId) -> Result<bool, LedgerError> {
        let row = self
            .tx
            .row(
                "SELECT party FROM enrolment WHERE party = $1 AND ended_at IS NULL",
                args![party.as_bytes()],
            )
            .await?;
        Ok(row.is_some())
    }

    /// Ends an enrolment now. `false` when there is no such party in force.
    pub async fn dismiss(&mut self, party: PartyId) -> Result<bool, LedgerError> {
        self.permit.require("dismiss", |role| matches!(role, Role::SecurityOfficer))?;
        self.append("dismiss", &party.to_string(), None).await?;
        let changed = self
            .tx
            .execute(
                "UPDATE enrolment SET ended_at = $2 WHERE party = $1 AND ended_at IS NULL",
                args![party.as_bytes(), self.at()],
            )
            .await?;
        Ok(changed == 1)
    }
}
