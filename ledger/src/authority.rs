//! The authority itself: what was fixed when it was made.

use std::collections::BTreeSet;

use akashi_wire::founding::SignedFounding;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::validity::ValidityRule;
use akashi_wire::{MunicipalityCode, SignedMessage, Verified};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::enrolment::NewEnrolment;
use crate::evidence;
use crate::row::stored_as_json;
use crate::store::{Unique, args};
use crate::{Enrolment, Ledger, LedgerError, Permit};

/// The founding record: what was decided when the authority was made and stands in its certificates
/// for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityProfile {
    /// Which of the authority's keys; counts from 1. Addresses in certificates name it.
    pub generation: i64,
    /// The prefecture that it serves.
    pub prefecture: MunicipalityCode,
    /// O of every name; a test organisation unless the operator says otherwise.
    pub organisation: String,
    /// Where OCSP is answered; stands in every certificate, and ends in the generation.
    pub ocsp_url: String,
    /// Where CRLs and the authority's certificate are fetched; begins their URLs in every
    /// certificate. No slash at the end.
    pub repository_url: String,
    /// Certificate policy of the citizens' certificates, dotted decimal.
    pub policy: String,
    /// Whether certificatePolicies is critical. The defaults of the JDK, PyCA, mbedTLS, Erlang and
    /// rustls-webpki refuse a certificate where it is and has a qualifier.
    pub policy_critical: bool,
    /// How the three years are counted.
    pub validity: ValidityRule,
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

impl AuthorityProfile {
    /// URL of the CRL of one municipality.
    pub fn partition_url(&self, municipality: MunicipalityCode) -> String {
        self.list_url(&municipality.to_string())
    }

    /// URL of the authority's own certificate.
    pub fn ca_issuers_url(&self) -> String {
        format!("{}/ca/{}.cer", self.repository_url, self.generation)
    }

    /// URL of the list of revoked authority certificates.
    pub fn arl_url(&self) -> String {
        self.list_url("authority")
    }

    fn list_url(&self, scope: &str) -> String {
        format!("{}/crl/{}/{scope}.crl", self.repository_url, self.generation)
    }

    /// URL of the certification practice statement.
    pub fn cps_url(&self) -> String {
        format!("{}/cps", self.repository_url)
    }
}

/// One generation of the authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// DER of its certificate.
    pub certificate: Vec<u8>,
    /// What was fixed.
    pub profile: AuthorityProfile,
}

stored_as_json!(AuthorityProfile);

impl Authority {
    /// SHA-256 of the certificate: names this authority in acts.
    pub fn fingerprint(&self) -> Sha256 {
        Sha256::of(&self.certificate)
    }

    /// The founding record, JSON, as it is signed.
    pub fn record(&self) -> String {
        serde_json::to_string(&self.profile).expect("a profile is JSON")
    }

    /// What the founders sign.
    pub fn founding(&self, officers: Vec<Sha256>) -> SignedFounding {
        SignedFounding { certificate: self.fingerprint(), record: self.record(), officers }
    }

    /// Which of the authority's keys it is.
    pub fn generation(&self) -> i64 {
        self.profile.generation
    }
}

/// An authority has each generation once.
const GENERATION: Unique = Unique { name: "authority_pkey", columns: "authority.generation" };

impl<R> Ledger<R> {
    /// The newest generation of the authority.
    pub async fn authority(&self) -> Result<Authority, LedgerError> {
        let row = self
            .store
            .row(
                "SELECT certificate, profile FROM authority ORDER BY generation DESC LIMIT 1",
                args![],
            )
            .await?
            .ok_or(LedgerError::NoAuthority)?;
        Ok(Authority { certificate: row.get("certificate")?, profile: row.get("profile")? })
    }

    /// The founding record of the newest generation, held against the signatures of its founders: what
    /// differs by authority in what is signed comes from here, and from nobody's configuration.
    ///
    /// # Errors
    /// [`LedgerError::NotFounded`] unless the scheduler, and every security officer whom the record names, signed
    /// exactly this record of this authority, and was enrolled as one.
    pub async fn founding_record(&self) -> Result<String, LedgerError> {
        let wrong = |what| LedgerError::NotFounded { what };
        let row = self
            .store
            .row(
                "SELECT generation, certificate, profile FROM authority
                 ORDER BY generation DESC LIMIT 1",
                args![],
            )
            .await?
            .ok_or(LedgerError::NoAuthority)?;
        let certificate = Sha256::of(&row.get::<Vec<u8>>("certificate")?);
        let record: String = row.get("profile")?;
        let rows = self
            .store
            .rows(
                "SELECT founding_signature.message, party_key.certificate, enrolment.role
                 FROM founding_signature
                 JOIN enrolment ON enrolment.party = founding_signature.party
                 JOIN party_key ON party_key.party = enrolment.party
                 AND party_key.replaces IS NULL
                 WHERE founding_signature.generation = $1",
                args![row.get::<i64>("generation")?],
            )
            .await?;
        let (mut signed, mut named) = (BTreeSet::new(), BTreeSet::new());
        let mut by_program = false;
        for row in &rows {
            let message = SignedMessage::from_der(row.get::<Vec<u8>>("message")?)
                .verify(MessageKind::Founding)
                .map_err(|_| wrong("a signature does not verify"))?;
            let founding: SignedFounding = serde_json::from_slice(message.content())
                .map_err(|_| wrong("a founder signed something else"))?;
            if founding.certificate != certificate || founding.record != record {
                return Err(wrong("a founder signed another record"));
            }
            if message.signer() != row.get::<Vec<u8>>("certificate")? {
                return Err(wrong("somebody else signed"));
            }
            match row.get("role")? {
                Role::SecurityOfficer => {
                    signed.insert(Sha256::of(message.signer()));
                }
                Role::Scheduler => by_program = true,
                _ => {}
            }
            named.extend(founding.officers);
        }
        if !by_program {
            return Err(wrong("the scheduler's signature is missing"));
        }
        match signed.is_empty() || signed != named {
            true => Err(wrong("a security officer's signature is missing")),
            false => Ok(record),
        }
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
        row.map(|row| row.get("name")).transpose()
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
        rows.iter().map(|row| Ok((row.get("municipality")?, row.get("name")?))).collect()
    }
}

impl Ledger<crate::Issuing> {
    /// The authority of this book; whoever founds one at this moment, whoever has lost the line to that too, is waited
    /// for, who holds the head of the chain until it is seen.
    pub async fn authority_when_founded(&self) -> Result<Authority, LedgerError> {
        let mut waits = self.store.begin().await?;
        waits.lock_head().await?;
        drop(waits);
        self.authority().await
    }

    /// Writes the first page of the book: the authority, its municipalities' distribution points,
    /// and the parties that everything else begins with, its scheduler and its security officers.
    /// `founding` is what the scheduler and each of these security officers signed
    /// ([`Authority::founding`]), the scheduler first.
    ///
    /// # Errors
    /// [`LedgerError::AuthorityExists`] when the book has a first page already,
    /// [`LedgerError::NotFounded`] when they signed something else, or one of them did not.
    pub async fn found(
        &self,
        founding: &[Verified],
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
        let officers = parties.iter().filter(|party| party.role == Role::SecurityOfficer);
        let officers: Vec<Sha256> = officers.map(|party| Sha256::of(&party.certificate)).collect();
        let signers: BTreeSet<Sha256> =
            founding.iter().map(|message| Sha256::of(message.signer())).collect();
        if !officers.iter().all(|officer| signers.contains(officer)) {
            return Err(LedgerError::NotFounded {
                what: "a security officer's signature is missing",
            });
        }
        let content = serde_json::to_vec(&authority.founding(officers)).expect("JSON");
        if founding.iter().any(|message| message.content() != content) {
            return Err(LedgerError::NotFounded { what: "a founder signed something else" });
        }
        let of = |message: &Verified| {
            let mut founders = parties.iter();
            founders.find(|party| party.certificate == message.signer())
        };
        let first = founding.first().ok_or(LedgerError::NotEnrolled)?;
        let scheduler = of(first).ok_or(LedgerError::NotEnrolled)?;
        let enrolment = Enrolment::of(scheduler, now);
        let permit = Permit::founding(&enrolment, first);
        let mut change = self.begin(&permit, now).await?;
        let profile = authority.record();
        let found = change.append("found", &authority.fingerprint().to_string(), None).await?;
        let generation = authority.generation();
        let row = args![found.0, generation, &authority.certificate, profile];
        change
            .record(&evidence::AUTHORITY, vec![row])
            .await
            .map_err(|e| if e.violates(&GENERATION) { LedgerError::AuthorityExists } else { e })?;
        let point = |(municipality, name): &(MunicipalityCode, Vec<u8>)| {
            args![found.0, generation, municipality.to_string(), name]
        };
        let points = distribution_points.iter().map(point).collect();
        change.record(&evidence::DISTRIBUTION_POINT, points).await?;
        for party in parties {
            change.enrol(party).await?;
        }
        let mut signatures = Vec::new();
        for message in founding {
            let founder = of(message).ok_or(LedgerError::NotEnrolled)?;
            signatures.push(args![
                found.0,
                generation,
                founder.party.as_bytes(),
                message.message().to_vec(),
            ]);
        }
        change.record(&evidence::FOUNDING_SIGNATURE, signatures).await?;
        change.commit().await.map(|_| ())
    }
}
