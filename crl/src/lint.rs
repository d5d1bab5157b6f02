//! The rules that a list keeps, each with where it stands: [`plan`] before anything is signed,
//! [`file()`] on the finished file, read back by [`Reading`].

use std::fmt;
use std::path::Path;

use akashi_ledger::Scope;
use akashi_wire::octets::Sha256;
use der::Decode;
use der::asn1::OctetString;

use crate::CrlError;
use crate::read::{Head, Reading, Tail};
use crate::signatory::elements;
use crate::tbs::Plan;

/// One rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where the rule stands.
    pub rule: &'static str,
    /// How it is broken.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.rule)
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn rule(&mut self, rule: &'static str, kept: bool, what: impl FnOnce() -> String) {
        if !kept {
            self.0.push(Finding { rule, what: what() });
        }
    }
}

/// What is wrong with a list that is going to be signed. `previous` is the number of the list that
/// it replaces.
pub fn plan(plan: &Plan, previous: Option<i64>) -> Vec<Finding> {
    let mut findings = Findings::default();
    let Plan { number, this_update, next_update, .. } = *plan;
    findings.rule("RFC 5280 §5.1.2.5", this_update < next_update, || {
        format!("nextUpdate {next_update} is not after thisUpdate {this_update}")
    });
    findings.rule("RFC 5280 §5.2.3", number > previous.unwrap_or(0), || {
        format!("number {number} does not follow {}", previous.unwrap_or(0))
    });
    let has_point = plan.point.is_some();
    findings.rule(
        "RFC 5280 §5.2.5",
        has_point == matches!(plan.scope, Scope::Partition(_)),
        || "a partition names its distribution point, and no other list names one".into(),
    );
    let entries = plan.list.entries.as_slice();
    let disorder = entries.windows(2).find(|pair| pair[0].serial >= pair[1].serial);
    findings.rule("RFC 5280 §5.1.2.6", disorder.is_none(), || {
        let serial = disorder.map(|pair| pair[1].serial.to_string()).unwrap_or_default();
        format!("entry {serial} is there twice or out of order")
    });
    let future = entries.iter().find(|entry| entry.at() > this_update);
    findings.rule("RFC 5280 §5.1.2.6", future.is_none(), || {
        let serial = future.map(|entry| entry.serial.to_string()).unwrap_or_default();
        format!("the revocation of {serial} lies after thisUpdate {this_update}")
    });
    findings.0
}

/// What is known of a file that kept every rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sound {
    /// SHA-256 of the file.
    pub digest: Sha256,
    /// Octets in the file.
    pub length: u64,
}

/// Reads a finished file back and compares it with its plan, entry by entry.
///
/// # Errors
/// [`CrlError::Lint`] with every rule that is broken, [`CrlError::Signature`] when only the
/// signature is wrong, [`CrlError::Damaged`] when it cannot be read at all.
pub fn file(file: &Path, plan: &Plan) -> Result<Sound, CrlError> {
    let mut reading = Reading::open(file)?;
    let head = reading.head().clone();
    let mut findings = Findings::default();
    judge_head(&head, plan, &mut findings);

    let mut expected = plan.list.entries.iter();
    let mut different = None;
    for entry in &mut reading {
        let entry = entry?;
        if expected.next() != Some(&entry) && different.is_none() {
            different = Some(entry.serial);
        }
    }
    let complete = different.is_none() && expected.next().is_none();
    findings.rule("RFC 5280 §5.1.2.6", complete, || {
        let where_ = different.map_or_else(|| "its end".into(), |serial| serial.to_string());
        format!("the entries are not those of the book, from {where_} on")
    });

    let tail = reading.finish()?;
    judge_tail(&head, &tail, plan, &mut findings);
    if !findings.0.is_empty() {
        return Err(CrlError::Lint {
            scope: plan.scope,
            number: plan.number,
            findings: findings.0,
        });
    }
    if !plan.signatory.verifies(&tail.signed, &tail.signature) {
        return Err(CrlError::Signature { scope: plan.scope, number: plan.number });
    }
    Ok(Sound { digest: tail.digest, length: tail.length })
}

fn judge_head(head: &Head, plan: &Plan, findings: &mut Findings) {
    findings.rule("RFC 5280 §5.1.2.1", head.version == [1], || "it is not version 2".into());
    findings.rule("RFC 5280 §5.1.2.3", head.issuer == plan.signatory.name, || {
        "its issuer is not the subject of the authority, octet for octet".into()
    });
    let times = (head.this_update, head.next_update);
    findings.rule("RFC 5280 §5.1.2.4", times == (plan.this_update, plan.next_update), || {
        format!("it is valid from {} until {}", times.0, times.1)
    });
    findings.rule("RFC 5280 §5.1.2.6", head.has_entries != plan.list.entries.is_empty(), || {
        "revokedCertificates is there if and only if somebody is revoked".into()
    });
}

fn judge_tail(head: &Head, tail: &Tail, plan: &Plan, findings: &mut Findings) {
    let algorithm = &plan.signatory.algorithm;
    findings.rule(
        "RFC 5280 §5.1.1.2",
        head.algorithm == tail.algorithm && tail.algorithm == *algorithm,
        || "the two algorithms are not the same, or not the key's".into(),
    );
    findings.rule("RFC 5280 §5.2.3", tail.number() == Some(plan.number), || {
        format!("its number is {:?}", tail.number())
    });
    findings.rule(
        "RFC 5280 §5.2.1",
        key_identifier(tail).as_ref() == Some(&plan.signatory.key_identifier),
        || "its authorityKeyIdentifier is not the subjectKeyIdentifier of the authority".into(),
    );
    let point = tail.extension("2.5.29.28");
    let expected = match plan.scope {
        Scope::Partition(_) => Some((plan.point.as_deref(), 1)),
        Scope::Authority => Some((None, 2)),
        Scope::Complete => None,
    };
    let found = point.and_then(|extension| issuing_point(extension.extn_value.as_bytes()));
    findings.rule(
        "RFC 5280 §5.2.5",
        point.is_some() == found.is_some()
            && found.as_ref().map(|(name, only)| (name.as_deref(), *only)) == expected,
        || "its issuingDistributionPoint is not that of its scope, octet for octet".into(),
    );
    findings.rule(
        "RFC 5280 §5.2",
        tail.extensions.iter().all(|e| e.critical == (e.extn_id.to_string() == "2.5.29.28")),
        || "issuingDistributionPoint is critical and nothing else is".into(),
    );
    let allowed = 2 + usize::from(expected.is_some());
    findings.rule("RFC 5280 §5.2", tail.extensions.len() == allowed, || {
        format!("it has {} extensions, {allowed} are expected", tail.extensions.len())
    });
}

fn key_identifier(tail: &Tail) -> Option<Vec<u8>> {
    let value = tail.extension("2.5.29.35")?.extn_value.as_bytes();
    let [identifier] = elements(value).ok()?[..] else { return None };
    // [0] IMPLICIT OCTET STRING: the same octets under another tag.
    let (0x80, rest) = identifier.split_first().map(|(tag, rest)| (*tag, rest))? else {
        return None;
    };
    let octets = [&[0x04], rest].concat();
    Some(OctetString::from_der(&octets).ok()?.as_bytes().to_vec())
}

/// The name inside of an IssuingDistributionPoint, with its tag, and the tag number of the one
/// `only…` flag that is TRUE.
fn issuing_point(value: &[u8]) -> Option<(Option<Vec<u8>>, u8)> {
    let parts = elements(value).ok()?;
    let (name, only) = match parts[..] {
        [name, only] if name[0] == 0xa0 => match elements(name).ok()?[..] {
            [name] => (Some(name.to_vec()), only),
            _ => return None,
        },
        [only] => (None, only),
        _ => return None,
    };
    match *only {
        [tag @ (0x81 | 0x82), 1, 0xff] => Some((name, tag & 0x0f)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
