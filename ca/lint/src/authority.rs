//! The lint of one authority: its certificate and its founding record, and what is judged by them.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use x509_parser::certificate::TbsCertificate;
use x509_parser::prelude::FromDer;

use crate::certificate::{Certificate, judge};
use crate::finding::LintError;
use crate::place::{self, Town};
use crate::{Finding, Founding, der, oid, rules};

/// What everything is held against. Made once, from octets alone.
#[derive(Debug, Clone)]
pub struct Lint {
    /// What was decided when the authority was made.
    pub(crate) founding: Founding,
    /// The authority's certificate.
    pub(crate) certificate: Vec<u8>,
    /// DER of its subject: the issuer of everything else.
    pub(crate) subject: Vec<u8>,
    /// Content of its subjectKeyIdentifier.
    pub(crate) key_identifier: Vec<u8>,
    /// The bits of its public key.
    pub(crate) key: Vec<u8>,
    /// Its first second.
    pub(crate) not_before: i64,
    /// Its last second.
    pub(crate) not_after: i64,
    /// The municipalities of the prefecture.
    pub(crate) towns: Vec<Town>,
    /// How a CertID names the authority (RFC 6960 §4.1.1).
    pub(crate) named: Named,
}

/// The digests of the authority's name and of the bits of its key: asked of every answer.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// By SHA-1.
    pub(crate) sha1: [[u8; 20]; 2],
    /// By SHA-256.
    pub(crate) sha256: [[u8; 32]; 2],
}

impl Named {
    fn of(name: &[u8], key: &[u8]) -> Self {
        Self { sha1: [name, key].map(sha1), sha256: [name, key].map(sha256) }
    }
}

impl Lint {
    /// Reads the authority's certificate (DER) and its founding record (JSON).
    ///
    /// # Errors
    /// [`LintError`] when one of them is not what it should be; whether the certificate keeps its
    /// own rules is asked with [`Lint::authority`].
    pub fn new(certificate: &[u8], founding: &[u8]) -> Result<Self, LintError> {
        let (tbs, _) = Certificate::parts(certificate).map_err(LintError::Authority)?;
        Self::of(tbs, certificate, founding)
    }

    /// Everything that is wrong with the certificate of an authority that is being founded, before
    /// it is signed.
    ///
    /// # Errors
    /// [`LintError`] when it, or the founding record, is not what it should be.
    pub fn authority_to_be_signed(
        tbs: &[u8],
        algorithm: &[u8],
        founding: &[u8],
    ) -> Result<Vec<Finding>, LintError> {
        let lint = Self::of(tbs, &[], founding)?;
        Ok(judge(rules::AUTHORITY, &lint, tbs, Some(algorithm), None))
    }

    fn of(tbs: &[u8], certificate: &[u8], founding: &[u8]) -> Result<Self, LintError> {
        let founding = Founding::read(founding)?;
        let (rest, read) = TbsCertificate::from_der(tbs)
            .map_err(|_| LintError::Authority("it is no certificate"))?;
        if !rest.is_empty() {
            return Err(LintError::Authority("something follows it"));
        }
        let identifier = read
            .extensions()
            .iter()
            .find(|one| one.oid.as_bytes() == oid::SUBJECT_KEY_IDENTIFIER)
            .and_then(|one| der::only(one.value).ok())
            .filter(|value| value.tag == 0x04)
            .ok_or(LintError::Authority("it has no subjectKeyIdentifier"))?;
        let (subject, bits) = (read.subject().as_raw(), &read.subject_pki.subject_public_key.data);
        Ok(Self {
            named: Named::of(subject, bits),
            towns: place::towns(&founding),
            founding,
            certificate: certificate.to_vec(),
            subject: subject.to_vec(),
            key_identifier: identifier.content.to_vec(),
            key: bits.to_vec(),
            not_before: read.validity.not_before.timestamp(),
            not_after: read.validity.not_after.timestamp(),
        })
    }

    /// Everything that is wrong with a resident's certificate that is going to be signed: the
    /// octets of its TBSCertificate, and the AlgorithmIdentifier that would stand beside the
    /// signature. Empty when it may be signed.
    pub fn resident(&self, tbs: &[u8], algorithm: &[u8]) -> Vec<Finding> {
        judge(rules::RESIDENT, self, tbs, Some(algorithm), None)
    }

    /// The same of a delegated responder's certificate (RFC 6960 §4.2.2.2).
    pub fn responder(&self, tbs: &[u8], algorithm: &[u8]) -> Vec<Finding> {
        judge(rules::RESPONDER, self, tbs, Some(algorithm), None)
    }

    /// Everything that is wrong with the authority's own certificate.
    pub fn authority(&self) -> Vec<Finding> {
        self.certificate(&self.certificate)
    }

    /// Everything that is wrong with a certificate that was signed: the authority's own, which is
    /// told by its subject; a responder's, which is told by its extended key usage; or else a
    /// resident's.
    pub fn certificate(&self, certificate: &[u8]) -> Vec<Finding> {
        let (tbs, algorithm) = match Certificate::parts(certificate) {
            Ok(parts) => parts,
            Err(what) => return rules::unread(&rules::certificate::CANONICAL, certificate, what),
        };
        let rules = match Certificate::read(self, tbs, Some(algorithm), Some(certificate)) {
            Ok(read) if read.tbs.subject.as_raw() == self.subject => rules::AUTHORITY,
            Ok(read) if read.extension(oid::EXTENDED_KEY_USAGE).is_some() => rules::RESPONDER,
            _ => rules::RESIDENT,
        };
        judge(rules, self, tbs, Some(algorithm), Some(certificate))
    }
}

fn sha256(octets: &[u8]) -> [u8; 32] {
    let digest = digest(&SHA256, octets);
    digest.as_ref().try_into().expect("SHA-256 gives 32 octets")
}

/// SHA-1, where the standards name a key by it.
pub(crate) fn sha1(octets: &[u8]) -> [u8; 20] {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, octets);
    digest.as_ref().try_into().expect("SHA-1 gives 20 octets")
}
