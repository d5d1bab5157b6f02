//! The founding record: what was decided when the authority was made.

use akashi_municipality::Municipality;
use akashi_municipality::MunicipalityCode;
use serde::Deserialize;

use crate::LintError;
use crate::octets;

/// What stands in the founding record, whose JSON two officers signed.
///
/// Read here by a type of its own: a field that the authority's program forgot or misread is not
/// forgotten here as well. An unknown field is refused, for it might be one that a rule should
/// know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    /// The prefecture that the authority serves.
    pub prefecture: MunicipalityCode,
    /// O of every name.
    pub organisation: String,
    /// Where OCSP is answered.
    pub ocsp_url: String,
    /// Where lists and the authority's certificate are fetched; no slash at the end.
    pub repository_url: String,
    /// Certificate policy of the residents' certificates, dotted decimal.
    pub policy: String,
    /// Who may ask for status.
    pub access: Access,
    /// Whether certificatePolicies is critical (RFC 5280 §4.2.1.4 leaves it to the authority).
    pub policy_critical: bool,
    /// How the three years are counted.
    pub validity: Counting,
    /// Counts the authority's keys, from 1; stands in addresses.
    pub generation: u32,
}

/// Who may ask for status (law art. 17, 18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Everybody.
    Open,
    /// Registered agencies only.
    Registered,
}

/// Which day is the first of three years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// The day of issue.
    FromIssueDay,
    /// The day after it (民法 art. 140).
    FromNextDay,
}

impl Founding {
    /// Reads the record.
    ///
    /// # Errors
    /// [`LintError`] when it is not a founding record, or names no prefecture or no policy.
    pub fn read(json: &[u8]) -> Result<Self, LintError> {
        let founding: Self = serde_json::from_slice(json)?;
        let code = founding.prefecture;
        if !code.is_prefecture() || Municipality::of(code).is_none() {
            return Err(LintError::NoPrefecture(code));
        }
        octets::oid_content(&founding.policy).ok_or(LintError::Policy)?;
        Ok(founding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"prefecture":"310000","organisation":"Akashi Test",
        "ocsp_url":"http://ocsp.example","repository_url":"http://crl.example",
        "policy":"2.999.1","access":"open","policy_critical":true,"validity":"from_next_day","generation":2}"#;

    #[test]
    fn a_record_says_everything_of_which_authorities_differ() {
        let founding = Founding::read(RECORD.as_bytes()).unwrap();
        assert!(founding.policy_critical);
        assert_eq!((founding.validity, founding.generation), (Counting::FromNextDay, 2));
        for member in
            [r#","policy_critical":true"#, r#","validity":"from_next_day""#, r#","generation":2"#]
        {
            let short = RECORD.replacen(member, "", 1);
            assert!(short.len() < RECORD.len() && Founding::read(short.as_bytes()).is_err());
        }
    }

    #[test]
    fn a_record_that_cannot_be_meant_is_refused() {
        for (from, to) in [
            ("310000", "312011"),
            ("2.999.1", "policy"),
            ("\"open\"", "\"everybody\""),
            ("\"policy\"", "\"policies\""),
        ] {
            assert!(Founding::read(RECORD.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }
}
