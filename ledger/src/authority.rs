//! The authority itself: what was fixed when it was made.

use akashi_wire::octets::Sha256;
use akashi_wire::{MunicipalityCode, Verified};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::enrolment::NewEnrolment;
use crate::store::args;
use crate::{Enrolment, Ledger, LedgerError, Permit};

/// What was decided when the authority was made and stands in its certificates for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityProfile {
    /// The prefecture that it serves.
    pub prefecture: MunicipalityCode,
    /// O of every name; a test organisation unless the operator says otherwise.
    pub organisation: String,
    /// Where OCSP is answered; stands in every certificate.
    pub ocsp_url: String,
    /// Where CRLs and the authority's certificate are fetched; begins their URLs in every
    /// certificate. No slash at the end.
    pub repository_url: String,
    /// Certificate policy of the citizens' certificates, dotted decimal.
    pub policy: String,
    /// Whether status is for everybody or for registered agencies only (law art. 17, 18).
    pub access: Access,
}

/// Who may ask for status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everybody: for tests and other deployments.
    Open,
    /// Registered agencies only, each query on record.
    Registered,
}

/// The authority's first key; it stands in every address.
const GENERATION: u32 = 1;

impl AuthorityProfile {
    /// URL of the CRL of one municipality.
    pub fn partition_url(&self, municipality: MunicipalityCode) -> String {
        format!("{}/crl/{GENERATION}/{municipality}.crl", self.repository_url)
    }

    /// URL of the authority's own certificate.
    pub fn ca_issuers_url(&self) -> String {
        format!("{}/ca/{GENERATION}.cer", self.repository_url)
    }

    /// URL of the list of revoked authority certificates.
    pub fn arl_url(&self) -> String {
        format!("{}/crl/{GENERATION}/authority.crl", self.repository_url)
    }

    /// URL of the certification practice statement.
    pub fn cps_url(&self) -> String {
        format!("{}/cps", self.repository_url)
    }
}

/// One generation of the authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Counts the authority's keys, from 1.
    pub generation: i64,
    /// DER of its certificate.
    pub certificate: Vec<u8>,
    /// What was fixed.
    pub profile: AuthorityProfile,
}

impl Authority {
    /// SHA-256 of the certificate: names this authority in acts.
    pub fn fingerprint(&self) -> Sha256 {
        Sha256::of(&self.certificate)
    }
}

impl<R> Ledger<R> {
    /// The newest generation of the authority.
    pub async fn authority(&self) -> Result<Authority, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT generation, certificate, profile FROM authority ORDER BY generation DESC LIMIT 1",
                args![],
            )
            .await?
            .ok_or(LedgerError::NoAuthority)?;
        let profile = serde_json::from_str(&row.text(2)?)
            .map_err(|e| crate::store::damaged("authority", e.to_string()))?;
        Ok(Authority { generation: row.int(0)?, certificate: row.octets(1)?, profile })
    }

    /// The DER of a municipality's distribution point name, where one was made.
    pub async fn distribution_point(
        &self,
        generation: i64,
        municipality: MunicipalityCode,
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT name FROM distribution_point WHERE generation = $1 AND municipality = $2",
                args![generation, municipality.to_string()],
            )
            .await?;
        row.map(|row| row.octets(0)).transpose()
    }

    /// Every municipality that has a distribution point, with its DER.
    pub async fn distribution_points(
        &self,
        generation: i64,
    ) -> Result<Vec<(MunicipalityCode, Vec<u8>)>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT municipality, name FROM distribution_point WHERE generation = $1
                 ORDER BY municipality",
                args![generation],
            )
            .await?;
        rows.iter().map(|row| Ok((row.parsed(0)?, row.octets(1)?))).collect()
    }
}

impl Ledger<crate::Issuing> {
    /// Writes the first page of the book: the authority, its municipalities' distribution points,
    /// and the two parties that everything else begins with, its scheduler and its security
    /// officer. `founding` is a message signed by the scheduler, whose enrolment this makes.
    ///
    /// # Errors
    /// [`LedgerError::AuthorityExists`] when the book has a first page already.
    pub async fn found(
        &self,
        founding: &Verified,
        authority: &Authority,
        distribution_points: &[(MunicipalityCode, Vec<u8>)],
        parties: &[NewEnrolment],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        match self.authority().await {
            Err(LedgerError::NoAuthority) => {}
            Ok(_) => return Err(LedgerError::AuthorityExists),
            Err(error) => return Err(error),
        }
        let scheduler = parties
            .iter()
            .find(|party| party.certificate == founding.signer())
            .ok_or(LedgerError::NotEnrolled)?;
        let enrolment = Enrolment::of(scheduler, now);
        let permit = Permit::founding(&enrolment, founding);
        let mut change = self.begin(&permit, now).await?;
        let profile = serde_json::to_string(&authority.profile).expect("a profile is JSON");
        change
            .tx
            .execute(
                "INSERT INTO authority (generation, certificate, profile) VALUES ($1, $2, $3)",
                args![authority.generation, &authority.certificate, profile],
            )
            .await
            .map_err(|e| if e.is_unique_violation() { LedgerError::AuthorityExists } else { e })?;
        for (municipality, name) in distribution_points {
            change
                .tx
                .execute(
                    "INSERT INTO distribution_point (generation, municipality, name) VALUES ($1, $2, $3)",
                    args![authority.generation, municipality.to_string(), name],
                )
                .await?;
        }
        change.append("found", &authority.fingerprint().to_string(), None).await?;
        for party in parties {
            change.enrol(party).await?;
        }
        change.commit().await?;
        Ok(())
    }
}
