//! Lists of the revoked, judged as they are read: head, entry after entry, tail.
//!
//! ```asn1
//! TBSCertList  ::=  SEQUENCE  {
//!      version                 Version OPTIONAL,  -- if present, MUST be v2
//!      signature               AlgorithmIdentifier,
//!      issuer                  Name,
//!      thisUpdate              Time,
//!      nextUpdate              Time OPTIONAL,
//!      revokedCertificates     SEQUENCE OF SEQUENCE  {
//!           userCertificate         CertificateSerialNumber,
//!           revocationDate          Time,
//!           crlEntryExtensions      Extensions OPTIONAL }  OPTIONAL,
//!      crlExtensions           [0] Extensions OPTIONAL }
//! ```
//!
//! Source: RFC 5280 §5.1. A list of a million entries takes no more memory than one of two.

mod reading;
mod stream;

use std::io::{self, Read};

use akashi_municipality::MunicipalityCode;

use crate::finding::Verdict;
use crate::rules::{self, ENTRY, HEAD, TAIL};
use crate::{Finding, Lint};
use reading::Reading;
use stream::Broken;

/// What a list covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListScope {
    /// The certificates of one municipality.
    Partition(MunicipalityCode),
    /// Every certificate of the authority.
    Complete,
    /// Certificates of authorities only (ARL).
    Authority,
}

/// What was recorded of a list before it is signed; what is `None` is not held against it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListExpected {
    /// What it covers.
    pub scope: Option<ListScope>,
    /// cRLNumber of the list that it replaces.
    pub previous: Option<i64>,
    /// Its cRLNumber.
    pub number: Option<i64>,
    /// thisUpdate, in seconds since 1970.
    pub this_update: Option<i64>,
    /// nextUpdate, in seconds since 1970.
    pub next_update: Option<i64>,
}

/// One entry, as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed<'a> {
    /// Content of userCertificate.
    pub serial: &'a [u8],
    /// revocationDate in seconds since 1970; `None` when it is no time.
    pub at: Option<i64>,
    /// reasonCode; `None` when it is left out.
    pub reason: Option<u8>,
}

/// What was read of a list, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct ListReport {
    /// Every rule that it breaks, once.
    pub findings: Vec<Finding>,
    /// What it says it covers.
    pub scope: Option<ListScope>,
    /// Its cRLNumber.
    pub number: Option<i64>,
    /// How many entries were read.
    pub entries: u64,
    /// Octets that were read.
    pub length: u64,
    /// SHA-256 of what is signed.
    pub signed: [u8; 32],
    /// SHA-256 of everything that was read.
    pub digest: [u8; 32],
    /// The signature, where there is one.
    pub signature: Option<Vec<u8>>,
}

/// Whether the signature is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// TBSCertList alone.
    ToBeSigned,
    /// CertificateList.
    Whole,
}

/// A Time, in the form in which it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    pub is_generalized: bool,
    pub second: i64,
}

/// What stands before the entries.
pub(crate) struct Head {
    /// DER of the version.
    pub version: Vec<u8>,
    /// AlgorithmIdentifier in what is signed.
    pub algorithm: Vec<u8>,
    /// DER of the issuer.
    pub issuer: Vec<u8>,
    pub this_update: Time,
    pub next_update: Option<Time>,
    /// Whether revokedCertificates is there, though it may be empty.
    pub has_entries: bool,
    /// What it is held against.
    pub expected: ListExpected,
}

/// An entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Content of userCertificate.
    pub serial: Vec<u8>,
    /// revocationDate; `None` when it is no time.
    pub at: Option<Time>,
    /// crlEntryExtensions, empty when there are none.
    pub extensions: Vec<u8>,
    /// Whether it is DER.
    pub encoding: Verdict,
}

impl Default for Entry {
    fn default() -> Self {
        Self { serial: Vec::new(), at: None, extensions: Vec::new(), encoding: Ok(()) }
    }
}

/// What stands after the entries.
pub(crate) struct Tail {
    pub entries: u64,
    pub extensions: Vec<Extension>,
    /// AlgorithmIdentifier beside the signature.
    pub algorithm: Option<Vec<u8>>,
    /// Content of the signature's BIT STRING.
    pub signature: Option<Vec<u8>>,
    /// Whether everything but the entries is DER.
    pub encoding: Verdict,
}

/// One of crlExtensions.
pub(crate) struct Extension {
    pub identifier: Vec<u8>,
    pub is_critical: bool,
    pub value: Vec<u8>,
}

impl Tail {
    /// The value of an extension.
    pub(crate) fn value(&self, identifier: &[u8]) -> Option<&[u8]> {
        let one = self.extensions.iter().find(|one| one.identifier == identifier)?;
        Some(&one.value)
    }

    /// cRLNumber, where it is an INTEGER that fits.
    pub(crate) fn number(&self) -> Option<i64> {
        match self.value(crate::oid::CRL_NUMBER)? {
            [0x02, length @ 1..=8, content @ ..] if content.len() == usize::from(*length) => {
                let sign = if content[0] & 0x80 == 0 { 0 } else { -1 };
                Some(content.iter().fold(sign, |sum, octet| sum << 8 | i64::from(*octet)))
            }
            _ => None,
        }
    }
}

impl Lint {
    /// Judges the TBSCertList of a list that is going to be signed, and gives every entry to `each`
    /// as it goes by. What is signed is what was judged if its SHA-256 is [`ListReport::signed`].
    ///
    /// # Errors
    /// When reading fails. That it is no list is a finding.
    pub fn list_to_be_signed(
        &self,
        input: impl Read,
        expected: &ListExpected,
        each: impl FnMut(Listed<'_>),
    ) -> io::Result<ListReport> {
        judge_all(self, input, Form::ToBeSigned, expected, each)
    }

    /// The same for a whole list, signature and all. That the signature verifies is not asked here.
    ///
    /// # Errors
    /// When reading fails. That it is no list is a finding.
    pub fn list(
        &self,
        input: impl Read,
        expected: &ListExpected,
        each: impl FnMut(Listed<'_>),
    ) -> io::Result<ListReport> {
        judge_all(self, input, Form::Whole, expected, each)
    }
}

pub(crate) fn judge_all(
    lint: &Lint,
    input: impl Read,
    form: Form,
    expected: &ListExpected,
    each: impl FnMut(Listed<'_>),
) -> io::Result<ListReport> {
    let mut report = ListReport::default();
    match judge(lint, input, form, expected, each, &mut report) {
        Ok(()) => {}
        Err(Broken::Form(what)) => report.findings.extend(rules::unreadable(what)),
        Err(Broken::Input(error)) => return Err(error),
    }
    Ok(report)
}

fn judge(
    lint: &Lint,
    input: impl Read,
    form: Form,
    expected: &ListExpected,
    mut each: impl FnMut(Listed<'_>),
    report: &mut ListReport,
) -> Result<(), Broken> {
    let (mut reading, head) = Reading::begin(input, form, *expected)?;
    let findings = &mut report.findings;
    findings.extend(HEAD.iter().filter_map(|rule| rule.finding((rule.check)(lint, &head))));

    let (mut previous, mut entry) = (Entry::default(), Entry::default());
    // A rule that was broken once is not asked again: a million findings say no more than one.
    let mut asked: Vec<_> = ENTRY.to_vec();
    while reading.next(&mut entry)? {
        let before = (report.entries > 0).then_some(&previous);
        asked.retain(|rule| match rule.finding((rule.check)(&head, before, &entry)) {
            Some(finding) => {
                findings.push(Finding { serial: Some(hex::encode(&entry.serial)), ..finding });
                false
            }
            None => true,
        });
        each(Listed {
            serial: &entry.serial,
            at: entry.at.map(|at| at.second),
            reason: entry.extensions.last().copied(),
        });
        report.entries += 1;
        std::mem::swap(&mut previous, &mut entry);
    }

    let (tail, ended) = reading.end(report.entries)?;
    findings.extend(TAIL.iter().filter_map(|rule| rule.finding((rule.check)(lint, &head, &tail))));
    report.scope = rules::list::scope_of(lint, tail.value(crate::oid::ISSUING_DISTRIBUTION_POINT));
    report.number = tail.number();
    report.length = ended.length;
    report.signed = ended.signed;
    report.digest = ended.digest;
    report.signature = tail.signature.and_then(|bits| Some(bits.strip_prefix(&[0])?.to_vec()));
    Ok(())
}

#[cfg(test)]
mod tests;
