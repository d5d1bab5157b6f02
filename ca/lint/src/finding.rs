//! What is found, and what keeps the lint from looking at all.

use std::fmt;

use serde::Serialize;

/// One thing that is wrong.
///
/// `what` is a sentence of this crate and never a text that was read, so no finding can name a
/// person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's name, stable: it stands in alarms.
    pub rule: &'static str,
    /// Where the rule is written.
    pub source: &'static str,
    /// What must be and is not.
    pub what: &'static str,
    /// Of a list or an answer: the serial number of the first entry that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.rule, self.what, self.source)?;
        match &self.serial {
            Some(serial) => write!(f, ", first at {serial}"),
            None => Ok(()),
        }
    }
}

/// All of them, for people.
pub fn sentences(findings: &[Finding]) -> String {
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("; ")
}

/// Why nothing can be judged.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// The founding record is not one.
    #[error("the founding record cannot be read: {0}")]
    Founding(#[from] serde_json::Error),
    /// The founding record names no prefecture of the table.
    #[error("the founding record names no prefecture: {0}")]
    NoPrefecture(akashi_municipality::MunicipalityCode),
    /// The policy is no object identifier.
    #[error("the policy of the founding record is no object identifier")]
    Policy,
    /// The authority's certificate cannot be read.
    #[error("the certificate of the authority cannot be read: {0}")]
    Authority(&'static str),
}

/// What a rule says: nothing, or what must be and is not.
pub(crate) type Verdict = Result<(), &'static str>;

/// `Ok` when it holds, else what must be.
pub(crate) fn must(holds: bool, what: &'static str) -> Verdict {
    if holds { Ok(()) } else { Err(what) }
}
