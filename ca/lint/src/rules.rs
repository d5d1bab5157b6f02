//! The rules, one a file, and which of them are asked of what.

pub(crate) mod answer;
pub(crate) mod authority;
pub(crate) mod certificate;
pub(crate) mod list;
pub(crate) mod resident;
pub(crate) mod responder;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod trial;

use crate::answer::Answer;
use crate::certificate::Certificate;
use crate::finding::Verdict;
use crate::list::{Entry, Head, Tail};
use crate::{Finding, Lint, walk};

/// One rule.
pub(crate) struct Rule<C> {
    /// Short name, stable: it stands in alarms.
    pub name: &'static str,
    /// Where it is written.
    pub source: &'static str,
    /// What is wrong, or nothing.
    pub(crate) check: C,
}

/// A rule about certificates.
pub(crate) type CertificateRule = Rule<fn(&Certificate<'_>) -> Verdict>;
/// A rule about what stands before a list's entries.
pub(crate) type HeadRule = Rule<fn(&Lint, &Head) -> Verdict>;
/// A rule about an entry, beside the one before it.
pub(crate) type EntryRule = Rule<fn(&Head, Option<&Entry>, &Entry) -> Verdict>;
/// A rule about a list that was read to its end.
pub(crate) type TailRule = Rule<fn(&Lint, &Head, &Tail) -> Verdict>;
/// A rule about OCSP answers.
pub(crate) type AnswerRule = Rule<fn(&Answer<'_>) -> Verdict>;

impl<C> Rule<C> {
    /// What a verdict of this rule comes to.
    pub(crate) fn finding(&self, verdict: Verdict) -> Option<Finding> {
        let what = verdict.err()?;
        Some(Finding { rule: self.name, source: self.source, what, serial: None })
    }
}

/// What is found of octets that cannot be read: that they are not DER, or else why.
pub(crate) fn unread<C>(canonical: &Rule<C>, octets: &[u8], what: &'static str) -> Vec<Finding> {
    match canonical.finding(walk::canonical(octets)) {
        Some(finding) => vec![finding],
        None => unreadable(what),
    }
}

/// What is found of something that is DER and nothing that is known.
pub(crate) fn unreadable(what: &'static str) -> Vec<Finding> {
    vec![Finding {
        rule: "readable",
        source: "RFC 5280 §4.1, §5.1, RFC 6960 §4.2.1",
        what,
        serial: None,
    }]
}

/// A resident's signing certificate.
pub(crate) const RESIDENT: &[&CertificateRule] = &[
    &certificate::CANONICAL,
    &certificate::VERSION,
    &certificate::SERIAL,
    &certificate::ALGORITHM,
    &certificate::ISSUER,
    &certificate::TIME_FORM,
    &certificate::WITHIN_AUTHORITY,
    &certificate::UNIQUE_IDENTIFIERS,
    &certificate::EXTENSIONS_ONCE,
    &certificate::AUTHORITY_KEY,
    &certificate::SUBJECT_KEY,
    &resident::VALIDITY,
    &resident::SUBJECT,
    &resident::PUBLIC_KEY,
    &resident::EXTENSIONS_PRESENT,
    &resident::EXTENSION_ORDER,
    &resident::NO_OTHER_EXTENSION,
    &resident::CRITICAL_KNOWN,
    &resident::NO_AUTHORITY,
    &resident::KEY_USAGE,
    &resident::POLICY,
    &resident::REAL_SERVICE,
    &resident::SIX_ITEMS,
    &resident::NAME,
    &resident::ADDRESS,
    &resident::ADDRESS_LENGTH,
    &resident::BIRTH_DATE,
    &resident::SEX,
    &resident::MAPS,
    &resident::ISSUER_ALT_NAME,
    &resident::DISTRIBUTION_POINT,
    &resident::INFORMATION_ACCESS,
    &resident::PLACE,
];

/// A delegated responder's certificate.
pub(crate) const RESPONDER: &[&CertificateRule] = &[
    &certificate::CANONICAL,
    &certificate::VERSION,
    &certificate::SERIAL,
    &certificate::ALGORITHM,
    &certificate::ISSUER,
    &certificate::TIME_FORM,
    &certificate::WITHIN_AUTHORITY,
    &certificate::UNIQUE_IDENTIFIERS,
    &certificate::EXTENSIONS_ONCE,
    &certificate::AUTHORITY_KEY,
    &certificate::SUBJECT_KEY,
    &responder::EXTENSIONS,
    &responder::SUBJECT,
    &responder::KEY_USAGE,
    &responder::OCSP_SIGNING,
    &responder::NO_CHECK,
    &responder::PUBLIC_KEY,
    &responder::LIFE,
];

/// The authority's own certificate.
pub(crate) const AUTHORITY: &[&CertificateRule] = &[
    &certificate::CANONICAL,
    &certificate::VERSION,
    &certificate::SERIAL,
    &certificate::ALGORITHM,
    &certificate::ISSUER,
    &certificate::TIME_FORM,
    &certificate::UNIQUE_IDENTIFIERS,
    &certificate::EXTENSIONS_ONCE,
    &certificate::SUBJECT_KEY,
    &authority::EXTENSIONS,
    &authority::SUBJECT,
    &authority::KEY_USAGE,
    &authority::CONSTRAINTS,
    &authority::ALT_NAME,
    &authority::DISTRIBUTION_POINT,
    &authority::PUBLIC_KEY,
    &authority::LAST_SECOND,
];

/// A list, before its entries.
pub(crate) const HEAD: &[&HeadRule] =
    &[&list::VERSION, &list::ISSUER, &list::TIME_FORM, &list::UPDATES];

/// An entry of a list.
pub(crate) const ENTRY: &[&EntryRule] = &[
    &list::ENTRY_CANONICAL,
    &list::ENTRY_SERIAL,
    &list::ENTRY_ORDER,
    &list::ENTRY_TIME,
    &list::ENTRY_FUTURE,
    &list::ENTRY_REASON,
];

/// A list that was read to its end.
pub(crate) const TAIL: &[&TailRule] = &[
    &list::EMPTY,
    &list::ALGORITHM,
    &list::EXTENSIONS,
    &list::EXTENSIONS_CANONICAL,
    &list::AUTHORITY_KEY,
    &list::NUMBER,
    &list::ISSUING_POINT,
    &list::RECORDED,
    &list::SIGNATURE_LENGTH,
];

/// What of an OCSP answer is signed.
pub(crate) const ANSWER_DATA: &[&AnswerRule] = &[
    &answer::CANONICAL,
    &answer::VERSION,
    &answer::PRODUCED_AT,
    &answer::UPDATES,
    &answer::CERT_ID,
    &answer::CERT_STATUS,
    &answer::REVOKED,
    &answer::EXTENSIONS,
];

/// An OCSP answer.
pub(crate) const ANSWER: &[&AnswerRule] = &[
    &answer::CANONICAL,
    &answer::STATUS,
    &answer::TYPE,
    &answer::VERSION,
    &answer::RESPONDER_ID,
    &answer::PRODUCED_AT,
    &answer::UPDATES,
    &answer::CERT_ID,
    &answer::CERT_STATUS,
    &answer::REVOKED,
    &answer::EXTENSIONS,
    &answer::ALGORITHM,
    &answer::CERTIFICATES,
    &answer::RESPONDER_CERTIFICATE,
    &answer::RESPONDER_IN_FORCE,
];
