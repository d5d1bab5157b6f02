//! The journal of a counter that the authority could not be asked from: each PIN that was reset there
//! with key set 2, one use of the municipality's token each.
//!
//! A journal is a file of lines; a line is a message that the officer signed ([`crate::signed`]), in
//! base64. The first, its head, holds what the terminal must know of the authority: a [`Head`]. All
//! others are [`Entry`]s, each bound to the line before it. What is about a person is encrypted to
//! the authority; the terminal cannot read it again.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::act::IdentityProof;
use crate::bounds;
use crate::octets::{Octets, Sha256};
use crate::{BirthDate, SerialNumber};

/// The first line. SHA-256 of its message names the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// SHA-256 of the authority's certificate.
    pub authority: Sha256,
    /// DER of the certificate to which messages are encrypted.
    #[serde(deserialize_with = "bounds::enclosed")]
    pub envelope: Octets,
    /// When the journal was begun, by the terminal's clock.
    #[serde(deserialize_with = "bounds::moment")]
    pub at: Timestamp,
}

/// Any other line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The journal that it stands in.
    pub journal: Sha256,
    /// The authority that is meant.
    pub authority: Sha256,
    /// Its place, from 1; the head's is 0.
    #[serde(deserialize_with = "bounds::counted")]
    pub line: u64,
    /// SHA-256 of the message of the line before.
    pub before: Sha256,
    /// When it was signed, by the terminal's clock.
    #[serde(deserialize_with = "bounds::moment")]
    pub at: Timestamp,
    /// What is said.
    pub record: Record,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case", deny_unknown_fields)]
pub enum Record {
    /// The token has counted a use; nothing was derived yet.
    Begun {
        /// The token's own number.
        #[serde(deserialize_with = "bounds::token")]
        token: String,
        /// The how-manyth use of the token it is, from 1.
        #[serde(deserialize_with = "bounds::counted")]
        count: u64,
        /// CMS AuthEnvelopedData to the authority over the JSON of a [`Reset`].
        #[serde(deserialize_with = "bounds::enclosed")]
        sealed: Octets,
    },
    /// What came of the line before.
    Ended {
        /// What.
        outcome: Outcome,
    },
}

/// What is about a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// The number of the card in the reader.
    #[serde(deserialize_with = "bounds::card")]
    pub card: String,
    /// 本人確認.
    pub identity: IdentityProof,
    /// 氏名, as the officer typed it.
    #[serde(deserialize_with = "bounds::written")]
    pub name: String,
    /// 生年月日, as the officer typed it.
    pub birth_date: BirthDate,
}

impl fmt::Debug for Reset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reset(withheld)")
    }
}

/// What came of a use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// The holder set a new PIN, and the card took it.
    Set {
        /// The certificate that the card then showed; none when it has none.
        serial: Option<SerialNumber>,
    },
    /// No new PIN was set.
    Failed {
        /// Whether the card had opened its window: it may then have taken a PIN all the same.
        window: bool,
        /// What the terminal said.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
    },
}

/// Something about a reported use that must not pass in silence: each is an alarm, on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "finding", rename_all = "snake_case", deny_unknown_fields)]
pub enum Finding {
    /// The token counted uses that no journal has told of.
    #[error("no journal has told of {} of the token", from_to("use", *from, *to))]
    UsesMissing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// Another entry told of the same use.
    #[error("use {count} of the token was told of before, by another entry")]
    UseRepeated {
        /// Which.
        count: u64,
    },
    /// The token counted further than anybody believes: the count is not followed, so that it hides
    /// nothing that comes later.
    #[error(
        "the token's count leaps over {} and is not believed: look at the token",
        from_to("use", *from, *to)
    )]
    CountLeaps {
        /// The first that is missing.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A line of a day to come.
    #[error("it was signed at {at}, which had not come when it was told")]
    MadeInFuture {
        /// When, by the terminal's clock.
        #[serde(deserialize_with = "bounds::moment")]
        at: Timestamp,
    },
    /// A line that is older than its journal.
    #[error("it was signed at {at}, before the journal was begun")]
    BeforeJournal {
        /// When, by the terminal's clock.
        #[serde(deserialize_with = "bounds::moment")]
        at: Timestamp,
    },
    /// The terminal's clock went back by more than a minute from one line to the next.
    #[error("line {line} was signed at {at}, before the line before it")]
    TimeWentBack {
        /// Which.
        line: u64,
        /// When, by the terminal's clock.
        #[serde(deserialize_with = "bounds::moment")]
        at: Timestamp,
    },
    /// The journal's first line was not shown, or is another journal's.
    #[error("nobody can tell when the journal was begun: its first line was not shown")]
    NoBeginning,
    /// Lines of the journal are not there.
    #[error("the journal is without {}", from_to("line", *from, *to))]
    LinesMissing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The journal is not the one of which was told before.
    #[error("line {line} of the journal is not the one of which was told before")]
    LineChanged {
        /// Which.
        line: u64,
    },
    /// Somebody else's entry.
    #[error("it is not signed by an officer of this municipality")]
    ForeignOfficer,
    /// Signed by somebody who was no officer then, and is none now.
    #[error("who signed it was not enrolled then, and is not now")]
    NotEnrolledThen,
    /// Signed by somebody who was suspended then, or whose counter was.
    #[error("who signed it was suspended then, or the counter was")]
    SuspendedThen,
    /// The use has no outcome: the terminal was cut off, or what it wrote is gone.
    #[error("nobody knows what came of it")]
    OutcomeUnknown,
    /// What is about the person cannot be read.
    #[error("what it says of the person cannot be opened")]
    Unreadable,
    /// A document that was no longer valid.
    #[error("the document that was shown had expired")]
    DocumentExpired,
    /// A document that is not told in full, or a letter of a day that cannot be.
    #[error("the identity proof that was written down cannot be one")]
    IdentityUnfit,
    /// There was nothing in the card whose PIN one could have forgotten.
    #[error("a PIN was set on a card without a certificate")]
    NoCertificate,
    /// The card showed what is no certificate of this authority.
    #[error("the card showed certificate {serial}, which was never issued")]
    NoSuchCertificate {
        /// Its number.
        serial: SerialNumber,
    },
    /// The certificate belongs into another card.
    #[error("certificate {serial} was issued into another card")]
    OtherCard {
        /// Its number.
        serial: SerialNumber,
    },
    /// The certificate is not that of the person whom the officer named.
    #[error("certificate {serial} is not of the person whom the officer named")]
    OtherPerson {
        /// Its number.
        serial: SerialNumber,
    },
    /// The certificate was revoked or on hold by then.
    #[error("certificate {serial} was not in force")]
    NotInForce {
        /// Its number.
        serial: SerialNumber,
    },
}

/// One of them, or some.
fn from_to(what: &str, from: u64, to: u64) -> String {
    if from == to { format!("{what} {from}") } else { format!("{what}s {from} to {to}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_back_as_it_was_written_and_takes_no_unknown_field() {
        let entry = |record| Entry {
            journal: Sha256([1; 32]),
            authority: Sha256([2; 32]),
            line: 3,
            before: Sha256([4; 32]),
            at: "2026-04-01T00:00:00Z".parse().unwrap(),
            record,
        };
        let sealed = Octets(vec![5; 8]);
        let entries = [
            entry(Record::Begun { token: "0123".into(), count: 7, sealed }),
            entry(Record::Ended { outcome: Outcome::Set { serial: None } }),
        ];
        for entry in entries {
            let json = serde_json::to_string(&entry).unwrap();
            assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), entry);
            for place in ["\"line\":", "\"record\":\""] {
                let extra = json.replacen(place, &format!("\"extra\":1,{place}"), 1);
                assert_ne!(extra, json);
                assert!(serde_json::from_str::<Entry>(&extra).is_err(), "before {place}");
            }
        }
    }
}
