//! From application to certificate, in moved values.
//!
//! `Draft → lint → Linted → record → Recorded → sign → Signed → file`: each step eats the value
//! before it, so that nothing unlinted is recorded, nothing unrecorded is signed, and nothing is
//! filed that was not read back and verified. A crash between any two leaves at worst an intention
//! in the book, which is resumed (the signature is the same again) or voided.

mod key;

use std::collections::HashMap;
use std::sync::Arc;

use akashi_keys::{KeyError, Vault};
use akashi_ledger::{Authority, Change, Issuing, Ledger, NewCertificate, NewFile, Permit};
use akashi_lint::{Finding, Lint};
use akashi_wire::octets::Sha256;
use akashi_wire::{MunicipalityCode, SerialNumber, pki};
use der::{Decode, Encode};
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;
use x509_parser::prelude::{FromDer, X509Certificate};

pub use key::CertificateKey;

use crate::CaError;
use crate::profile::{AuthorityFacts, TbsCertificate, tbs};
use crate::retention::Record;
use crate::rules::Rules;

/// What issuing needs: the book, the vault, and the authority's key with its certificate.
#[derive(Clone)]
pub struct Issuer {
    /// The book.
    pub ledger: Ledger<Issuing>,
    /// What seals personal data.
    pub vault: Arc<Vault>,
    /// The authority's key, for what was recorded.
    pub key: CertificateKey,
    /// The authority in the book.
    pub authority: Arc<Authority>,
    /// What of its certificate goes into others.
    pub facts: Arc<AuthorityFacts>,
    /// What judges everything before it is signed.
    pub lint: Arc<Lint>,
    /// The settings.
    pub rules: Arc<Rules>,
    /// The DER of every municipality's distribution point: made once with the authority.
    pub distribution_points: Arc<HashMap<MunicipalityCode, Vec<u8>>>,
}

impl Issuer {
    /// Puts an issuer together; refuses a key that is not the authority's, and a store of content keys that
    /// lacks those of the book's newest content.
    pub async fn open(
        ledger: Ledger<Issuing>,
        vault: Arc<Vault>,
        key: CertificateKey,
        rules: Arc<Rules>,
    ) -> Result<Self, CaError> {
        let authority = ledger.authority().await?;
        let facts = AuthorityFacts::of(&authority.certificate)?;
        if facts.public_key.to_der()? != key.public_key() {
            return Err(CaError::BadSignature("the key in custody is not the authority's"));
        }
        check_content_keys(&ledger, &vault).await?;
        let lint = Lint::new(&authority.certificate, ledger.founding_record().await?.as_bytes())?;
        let points = ledger.distribution_points(authority.generation()).await?;
        Ok(Self {
            ledger,
            vault,
            key,
            authority: Arc::new(authority),
            facts: Arc::new(facts),
            lint: Arc::new(lint),
            rules,
            distribution_points: Arc::new(points.into_iter().collect()),
        })
    }
}

/// Stops an authority that has not all keys under which the book's content is sealed: it would make new ones
/// with the numbers of those that are missing, and bringing these back would lose what was sealed since.
async fn check_content_keys(ledger: &Ledger<Issuing>, vault: &Vault) -> Result<(), CaError> {
    // A book that was brought back from before a deletion does not know of it: what was destroyed stays so.
    let (deleted, destroyed) = (ledger.deletions().await?, vault.contents().destroyed()?);
    for (month, id) in ledger.content_keys().await? {
        let is_deleted = destroyed.contains(&month.number())
            || deleted.iter().any(|(deleted, _)| *deleted == month);
        if !is_deleted && vault.contents().id(month.number())? != Some(id) {
            return Err(KeyError::ContentKey { number: month.number(), destroyed: false }.into());
        }
    }
    // What was sealed in the last moment under a key that is not on record yet.
    for sealed in ledger.newest_sealed().await? {
        vault.knows_key_of(&sealed)?;
    }
    Ok(())
}

/// A citizen's certificate as the profile makes it.
pub struct Draft(TbsCertificate);

impl Draft {
    /// Takes what the profile made.
    pub fn new(tbs: TbsCertificate) -> Self {
        Self(tbs)
    }

    /// Holds the octets that would be signed, and the algorithm that would stand beside the
    /// signature, against every rule.
    ///
    /// # Errors
    /// [`CaError::Lint`] with all findings.
    pub fn lint(self, issuer: &Issuer) -> Result<Linted, CaError> {
        self.held_against(issuer, |lint, der, algorithm| lint.resident(der, algorithm))
    }

    /// The same for a certificate of the authority's responder.
    ///
    /// # Errors
    /// [`CaError::Lint`] with all findings.
    pub fn lint_responder(self, issuer: &Issuer) -> Result<Linted, CaError> {
        self.held_against(issuer, |lint, der, algorithm| lint.responder(der, algorithm))
    }

    fn held_against(
        self,
        issuer: &Issuer,
        rules: impl FnOnce(&Lint, &[u8], &[u8]) -> Vec<Finding>,
    ) -> Result<Linted, CaError> {
        let der = self.0.to_der()?;
        let algorithm = issuer.key.algorithm().to_der()?;
        CaError::of_findings(rules(&issuer.lint, &der, &algorithm))?;
        let serial = self.0.our_serial().ok_or(CaError::BadSignature("the serial number"))?;
        let not_before = akashi_wire::pki::moment(&self.0.validity.not_before);
        Ok(Linted { der, serial, not_before })
    }
}

/// A draft without a finding.
#[derive(Debug)]
pub struct Linted {
    der: Vec<u8>,
    serial: SerialNumber,
    not_before: Timestamp,
}

impl Linted {
    /// The octets that will be signed.
    pub fn tbs(&self) -> &[u8] {
        &self.der
    }

    /// Its number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// Its first second.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Writes these into the book, whatever else `writing` holds with them, and makes that durable:
    /// from here on everything that may ever have been signed is known, whatever happens to the
    /// power. `new` says of each what the book keeps, in the same order.
    pub async fn record_all(
        linted: Vec<Self>,
        mut change: Change,
        new: &[NewCertificate],
    ) -> Result<Vec<Recorded>, CaError> {
        let agrees = |(linted, new): (&Self, &NewCertificate)| {
            let intention = &new.intention;
            intention.serial == linted.serial && intention.tbs_digest == Sha256::of(&linted.der)
        };
        assert!(
            linted.len() == new.len() && linted.iter().zip(new).all(agrees),
            "an intention that is about another certificate"
        );
        change.intend_all(new).await?;
        change.commit().await?;
        Ok(linted.into_iter().map(Recorded).collect())
    }

    /// The same for a certificate of the authority's responder, of which the book has the number first and the
    /// whole once it is signed.
    pub async fn record_responder(self, mut change: Change) -> Result<Recorded, CaError> {
        change.intend_responder(self.serial).await?;
        change.commit().await?;
        Ok(Recorded(self))
    }
}

/// What was to be signed when it was interrupted, as the case kept it.
pub struct Interrupted {
    /// The octets.
    pub tbs: Vec<u8>,
    /// Its number.
    pub serial: SerialNumber,
}

/// An intention that is in the book.
#[derive(Debug)]
pub struct Recorded(Linted);

impl Recorded {
    /// Takes up an intention that was interrupted, if it is the one that the book has under its number. PKCS#1 v1.5 is
    /// deterministic: signed again, it is the same certificate.
    ///
    /// # Errors
    /// [`CaError::Damaged`] where the book has none or another.
    pub async fn resume(
        Interrupted { tbs, serial }: Interrupted,
        ledger: &Ledger<Issuing>,
    ) -> Result<Self, CaError> {
        let read = TbsCertificate::from_der(&tbs)?;
        let intended = ledger.intended_digest(serial).await?;
        if read.our_serial() != Some(serial) || intended != Some(Sha256::of(&tbs)) {
            return Err(CaError::Damaged(format!("the intention of {serial} is about another")));
        }
        let not_before = akashi_wire::pki::moment(&read.validity.not_before);
        Ok(Self(Linted { der: tbs, serial, not_before }))
    }

    /// Signs, then reads back with another parser and verifies with another implementation: a
    /// faulty RSA signature would give the key away.
    pub fn sign(self, key: &CertificateKey, authority: &AuthorityFacts) -> Result<Signed, CaError> {
        let signature = key.sign(&self)?;
        let Linted { der, serial, .. } = self.0;
        let certificate = verified(&der, (key.algorithm(), signature), authority)?;
        Ok(Signed { serial, certificate })
    }
}

/// A certificate of the authority, let out only once it verifies.
pub(crate) fn verified(
    octets: &[u8],
    (algorithm, signature): (AlgorithmIdentifierOwned, Vec<u8>),
    authority: &AuthorityFacts,
) -> Result<Vec<u8>, CaError> {
    let certificate = tbs::assemble(octets, algorithm, signature)?;
    let (rest, read) = X509Certificate::from_der(&certificate)
        .map_err(|_| CaError::BadSignature("another parser cannot read it"))?;
    if !rest.is_empty() || read.tbs_certificate.as_ref() != octets {
        return Err(CaError::BadSignature("another parser reads other octets"));
    }
    if read.issuer().as_raw() != authority.subject.to_der()? {
        return Err(CaError::BadSignature("another parser reads another issuer"));
    }
    ring::signature::UnparsedPublicKey::new(
        &ring::signature::RSA_PKCS1_2048_8192_SHA256,
        authority.public_key.subject_public_key.raw_bytes(),
    )
    .verify(octets, &read.signature_value.data)
    .map_err(|_| CaError::BadSignature("another implementation refuses the signature"))?;
    Ok(certificate)
}

/// A certificate, signed and verified, not yet in the book.
pub struct Signed {
    serial: SerialNumber,
    certificate: Vec<u8>,
}

impl Signed {
    /// Its number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// Its DER. Nobody gets it before it is filed.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Its DER, sealed for the book.
    pub fn to_file(&self, permit: Permit, vault: &Vault) -> Result<NewFile, CaError> {
        let until = Record::Issuance.until(pki::not_after(&self.certificate)).number();
        let sealed_der =
            vault.seal("certificate_file", self.serial.as_bytes(), &self.certificate, until)?;
        Ok(NewFile { permit, serial: self.serial, sealed_der })
    }

    /// Files these, each by its permit; gives their DER. From the commit of this change on they are
    /// issued.
    pub async fn file_all(
        signed: Vec<(Self, NewFile)>,
        change: &mut Change,
    ) -> Result<Vec<Vec<u8>>, CaError> {
        let (signed, files): (Vec<Self>, Vec<NewFile>) = signed.into_iter().unzip();
        assert!(
            signed.iter().zip(&files).all(|(signed, file)| signed.serial == file.serial),
            "a page about another certificate"
        );
        change.file_all(&files).await?;
        Ok(signed.into_iter().map(|signed| signed.certificate).collect())
    }
}
