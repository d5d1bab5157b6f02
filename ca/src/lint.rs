//! What a certificate must be before a key signs it. One rule a file, each with its source.
//!
//! The rules read the encoded certificate again and know nothing of how it was made: a mistake in
//! the profile's code cannot hide in the same mistake here.

mod access;
mod algorithm;
mod canonical;
mod constraints;
mod distribution_point;
mod extensions;
mod issuer;
mod key;
mod key_identifiers;
mod key_usage;
mod maps;
mod person;
mod policies;
mod responder;
mod serial;
mod subject;
mod validity;
mod version;

use akashi_ledger::AuthorityProfile;
use akashi_wire::municipality::Municipality;
use der::Decode;

use crate::profile::{AuthorityFacts, TbsCertificate};
use akashi_wire::validity::ValidityRule;

pub use responder::lint_responder;

/// One rule.
struct Rule {
    /// Short name, stable: it stands in alarms.
    name: &'static str,
    /// Where it is written.
    source: &'static str,
    /// What is wrong, or nothing.
    check: fn(&Candidate<'_>) -> Result<(), String>,
}

/// What is looked at, and beside what.
pub struct Candidate<'a> {
    /// The octets that would be signed.
    pub der: &'a [u8],
    /// The same, read.
    pub tbs: TbsCertificate,
    /// What it must agree with.
    pub expected: &'a Expected<'a>,
}

/// What a citizen's certificate must agree with.
pub struct Expected<'a> {
    /// The issuer.
    pub authority: &'a AuthorityFacts,
    /// What was fixed when the authority was made.
    pub profile: &'a AuthorityProfile,
    /// The municipality of residence.
    pub municipality: &'static Municipality,
    /// Its distribution point, from the book.
    pub distribution_point: &'a [u8],
    /// How the three years are counted.
    pub rule: ValidityRule,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// Where the rule is written.
    pub source: &'static str,
    /// What is wrong; names no person.
    pub what: String,
}

const RULES: &[Rule] = &[
    version::RULE,
    serial::RULE,
    algorithm::RULE,
    issuer::RULE,
    validity::RULE,
    subject::RULE,
    key::RULE,
    extensions::RULE,
    key_usage::RULE,
    constraints::RULE,
    policies::RULE,
    person::RULE,
    maps::RULE,
    distribution_point::RULE,
    access::RULE,
    key_identifiers::RULE,
    canonical::RULE,
];

/// Everything that is wrong with a citizen's certificate; empty when it may be signed.
pub fn lint(der: &[u8], expected: &Expected<'_>) -> Vec<Finding> {
    let tbs = match TbsCertificate::from_der(der) {
        Ok(tbs) => tbs,
        Err(error) => {
            let (rule, source) = ("readable", "RFC 5280 §4.1");
            return vec![Finding { rule, source, what: error.to_string() }];
        }
    };
    let candidate = Candidate { der, tbs, expected };
    RULES
        .iter()
        .filter_map(|rule| {
            let what = (rule.check)(&candidate).err()?;
            Some(Finding { rule: rule.name, source: rule.source, what })
        })
        .collect()
}

impl Candidate<'_> {
    /// The value of an extension that must be there once, with this criticality.
    fn extension(&self, oid: const_oid::ObjectIdentifier, critical: bool) -> Result<&[u8], String> {
        let extension =
            self.tbs.extension(oid).ok_or_else(|| format!("extension {oid} must be there once"))?;
        if extension.critical != critical {
            let must = if critical { "must" } else { "must not" };
            return Err(format!("extension {oid} {must} be critical"));
        }
        Ok(extension.extn_value.as_bytes())
    }
}

/// `Ok` when it holds, else what is wrong.
fn must(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}
