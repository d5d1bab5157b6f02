//! Orders of the authority's own programs: what its scheduler does when time asks for it, and what
//! list issuer and responder ask of it, since they write nothing into the book themselves.
//!
//! An order is signed like anybody's message, of the kind [`Order`](crate::signed::MessageKind::Order);
//! the permit that it gives is good for that kind of order and for no other.

use std::future::Future;
use std::pin::Pin;

use der::Decode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use spki::SubjectPublicKeyInfoRef;

use crate::bounds;
use crate::octets::{Octets, Sha256};
use crate::party::Role;
use crate::signed::{MessageKind, SignedMessageError};
use crate::{DeletionMonth, Scope, SerialNumber, SignedMessage};

/// One order, as it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedOrder {
    /// What is to be done.
    pub order: Order,
    /// When it was signed.
    #[serde(deserialize_with = "bounds::moment")]
    pub at: Timestamp,
}

impl SignedOrder {
    /// Signs an order with the key of `certificate`.
    pub fn sign<E: std::fmt::Display>(
        order: Order,
        certificate: &[u8],
        at: Timestamp,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<SignedMessage, SignedMessageError> {
        let content = serde_json::to_vec(&Self { order, at }).expect("an order is JSON");
        SignedMessage::sign(MessageKind::Order, &content, certificate, at, sign)
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Settles events of the inbox, and fires those whose day has come.
    Settle,
    /// Voids what was recorded and not filed.
    VoidInterrupted,
    /// Ends what was issued and never handed over, and cases that nobody went on with.
    CloseCases,
    /// Ends the next certificates of confirmed recalls.
    GoOnWithRecalls,
    /// Compares the moduli of all keys.
    CompareModuli,
    /// Puts the machine's clock in doubt.
    DoubtClock,
    /// Ends that doubt.
    TrustClock,
    /// Puts alarms on record.
    RaiseAlarms,
    /// Tells how the clock of the machine of another program of the authority stands to the time that it keeps: an
    /// alarm.
    TellClock {
        /// Which program.
        program: ProgramApart,
        /// By how many seconds the clock is ahead; absent where the two agree again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ahead: Option<i64>,
        /// Whether nothing known reaches to its start: then it signs nothing.
        #[serde(default)]
        unwitnessed: bool,
    },
    /// Tells that a list was signed and handed over, and is not published, or that it is now: an alarm.
    TellUnpublished {
        /// Of which of the authority's keys.
        generation: i64,
        /// Of what.
        scope: Scope,
        /// Its cRLNumber.
        number: i64,
        /// For how many seconds it has been so; absent where it is published now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<u32>,
    },
    /// Certifies the responders that asked.
    CertifyResponders,
    /// Enrols whom the recovery key named, once its time has come.
    CarryOutRecovery {
        /// By the SHA-256 of what was signed.
        recovery: Sha256,
    },
    /// Enters the digests of inquiries.
    EnterInquiries,
    /// Enters what names the keys under which content is sealed.
    RecordContentKeys,
    /// Puts on record that somebody without a permit was refused.
    RecordRefusal,
    /// Ends a certificate by its holder's own application.
    EndByHolder {
        /// Which.
        serial: SerialNumber,
    },
    /// Asks for certificates for a responder's key from now on.
    AskForCertificate {
        /// By which of the authority's keys.
        generation: i64,
        /// SubjectPublicKeyInfo, DER.
        #[serde(deserialize_with = "bounds::public_keys")]
        public_key: Octets,
        /// The keys of the same responder whose place it takes: they get no more once it has one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[serde(deserialize_with = "bounds::public_keys")]
        in_place_of: Vec<Octets>,
    },
    /// Says that what was sealed for this month is deleted; its key is destroyed next.
    DeleteContent {
        /// Which.
        month: DeletionMonth,
    },
    /// Records the next number of a list, before anything is signed with it.
    RecordList {
        /// Of which of the authority's keys.
        generation: i64,
        /// Of what.
        scope: Scope,
        /// Seconds from thisUpdate, which is the book's own time, to nextUpdate.
        life: u32,
        /// It holds the status up to this position.
        up_to: i64,
    },
    /// Records that the list with this number is published.
    PublishList {
        /// Of which of the authority's keys.
        generation: i64,
        /// Of what.
        scope: Scope,
        /// Its cRLNumber.
        number: i64,
        /// SHA-256 of its file.
        digest: Sha256,
    },
}

/// A program of the authority that runs in a process of its own, perhaps on another machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgramApart {
    /// `akashi-crl`.
    ListIssuer,
    /// `akashi-ocsp`.
    Responder,
    /// `akashi-repository`.
    Repository,
}

impl ProgramApart {
    /// Under whose name it signs.
    pub fn role(self) -> Role {
        match self {
            Self::ListIssuer => Role::ListIssuer,
            Self::Responder => Role::Responder,
            Self::Repository => Role::Repository,
        }
    }
}

impl std::fmt::Display for ProgramApart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ListIssuer => "akashi-crl",
            Self::Responder => "akashi-ocsp",
            Self::Repository => "akashi-repository",
        })
    }
}

/// The longest life that a list may be set to and ordered with, in seconds: ten years.
pub const LONGEST_LIST: u32 = 3660 * 24 * 60 * 60;

impl Order {
    /// Whether it can be carried out at all: a key that nobody reads would stand in the book for ever,
    /// and a list is of this time.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::AskForCertificate { public_key, in_place_of, .. } => {
                let is_one = |key: &Octets| is_p256(&key.0) || is_rsa_2048(&key.0);
                is_one(public_key) && in_place_of.iter().all(is_one)
            }
            Self::RecordList { life, up_to, .. } => {
                (1..=LONGEST_LIST).contains(life) && *up_to >= 0
            }
            Self::PublishList { number, .. } | Self::TellUnpublished { number, .. } => *number >= 0,
            Self::Settle
            | Self::VoidInterrupted
            | Self::CloseCases
            | Self::GoOnWithRecalls
            | Self::CompareModuli
            | Self::DoubtClock
            | Self::TrustClock
            | Self::RaiseAlarms
            | Self::TellClock { .. }
            | Self::CertifyResponders
            | Self::CarryOutRecovery { .. }
            | Self::EnterInquiries
            | Self::RecordContentKeys
            | Self::RecordRefusal
            | Self::EndByHolder { .. }
            | Self::DeleteContent { .. } => true,
        }
    }

    /// Whether the program of this role may order it: each of the authority's own orders what is its trade, and
    /// nobody else anything.
    pub fn is_for(&self, role: &Role) -> bool {
        match self {
            Self::AskForCertificate { .. } => *role == Role::Responder,
            Self::RecordList { .. } | Self::PublishList { .. } => *role == Role::ListIssuer,
            Self::TellClock { program, .. } => *role == program.role(),
            Self::TellUnpublished { .. } => *role == Role::Repository,
            Self::Settle
            | Self::VoidInterrupted
            | Self::CloseCases
            | Self::GoOnWithRecalls
            | Self::CompareModuli
            | Self::DoubtClock
            | Self::TrustClock
            | Self::RaiseAlarms
            | Self::CertifyResponders
            | Self::CarryOutRecovery { .. }
            | Self::EnterInquiries
            | Self::RecordContentKeys
            | Self::RecordRefusal
            | Self::EndByHolder { .. }
            | Self::DeleteContent { .. } => *role == Role::Scheduler,
        }
    }

    /// Whether, of several authorities over one book, only one may carry it out at a time: what time asks for, and
    /// lists.
    pub fn is_of_one(&self) -> bool {
        match self {
            Self::Settle
            | Self::VoidInterrupted
            | Self::CloseCases
            | Self::GoOnWithRecalls
            | Self::CompareModuli
            | Self::RaiseAlarms
            | Self::CertifyResponders
            | Self::CarryOutRecovery { .. }
            | Self::EnterInquiries
            | Self::RecordContentKeys
            | Self::RecordList { .. }
            | Self::PublishList { .. } => true,
            Self::DoubtClock
            | Self::TrustClock
            | Self::TellClock { .. }
            | Self::TellUnpublished { .. }
            | Self::RecordRefusal
            | Self::EndByHolder { .. }
            | Self::AskForCertificate { .. }
            | Self::DeleteContent { .. } => false,
        }
    }

    /// Of which of the authority's keys it is, where it is of one.
    pub fn generation(&self) -> Option<i64> {
        match self {
            Self::AskForCertificate { generation, .. }
            | Self::RecordList { generation, .. }
            | Self::TellUnpublished { generation, .. }
            | Self::PublishList { generation, .. } => Some(*generation),
            Self::Settle
            | Self::VoidInterrupted
            | Self::CloseCases
            | Self::GoOnWithRecalls
            | Self::CompareModuli
            | Self::DoubtClock
            | Self::TrustClock
            | Self::RaiseAlarms
            | Self::TellClock { .. }
            | Self::CertifyResponders
            | Self::CarryOutRecovery { .. }
            | Self::EnterInquiries
            | Self::RecordContentKeys
            | Self::RecordRefusal
            | Self::EndByHolder { .. }
            | Self::DeleteContent { .. } => None,
        }
    }

    /// One word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Settle => "settle",
            Self::VoidInterrupted => "void_interrupted",
            Self::CloseCases => "close_cases",
            Self::GoOnWithRecalls => "go_on_with_recalls",
            Self::CompareModuli => "compare_moduli",
            Self::DoubtClock => "doubt_clock",
            Self::TrustClock => "trust_clock",
            Self::RaiseAlarms => "raise_alarms",
            Self::TellClock { .. } => "tell_clock",
            Self::TellUnpublished { .. } => "tell_unpublished",
            Self::CertifyResponders => "certify_responders",
            Self::CarryOutRecovery { .. } => "carry_out_recovery",
            Self::EnterInquiries => "enter_inquiries",
            Self::RecordContentKeys => "record_content_keys",
            Self::RecordRefusal => "record_refusal",
            Self::EndByHolder { .. } => "end_by_holder",
            Self::AskForCertificate { .. } => "ask_for_certificate",
            Self::DeleteContent { .. } => "delete_content",
            Self::RecordList { .. } => "record_list",
            Self::PublishList { .. } => "publish_list",
        }
    }
}

/// Whether these octets are a SubjectPublicKeyInfo of an uncompressed point on P-256 (RFC 5480 §2).
fn is_p256(octets: &[u8]) -> bool {
    let Ok(key) = SubjectPublicKeyInfoRef::from_der(octets) else { return false };
    let curve = key.algorithm.parameters_oid().ok();
    let point = key.subject_public_key.as_bytes();
    key.algorithm.oid == const_oid::db::rfc5912::ID_EC_PUBLIC_KEY
        && curve == Some(const_oid::db::rfc5912::SECP_256_R_1)
        && point.is_some_and(|point| point.len() == 65 && point[0] == 4)
}

/// Whether these octets are a SubjectPublicKeyInfo of an RSA key of 2048 bits with exponent 65537 (RFC 3279
/// §2.3.1): there is one form of it.
fn is_rsa_2048(octets: &[u8]) -> bool {
    const BEGIN: [u8; 33] = [
        0x30, 0x82, 1, 0x22, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0,
        0x03, 0x82, 1, 0x0f, 0, 0x30, 0x82, 1, 0x0a, 2, 0x82, 1, 1, 0,
    ];
    let Some(rest) = octets.strip_prefix(&BEGIN) else { return false };
    let Some(modulus) = rest.strip_suffix(&[2, 3, 1, 0, 1]) else { return false };
    modulus.len() == 256 && modulus[0] & 0x80 != 0 && modulus[255] & 1 == 1
}

/// What came of an order that another program sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "done", rename_all = "snake_case", deny_unknown_fields)]
pub enum Done {
    /// It was carried out.
    Done,
    /// The number that was recorded.
    ListRecorded {
        /// cRLNumber.
        number: i64,
        /// thisUpdate, as the book keeps it.
        #[serde(deserialize_with = "bounds::moment")]
        this_update: Timestamp,
        /// nextUpdate, as the book keeps it.
        #[serde(deserialize_with = "bounds::moment")]
        next_update: Timestamp,
    },
}

/// Why an order was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "snake_case", deny_unknown_fields)]
pub enum OrderRefusal {
    /// The signer is not enrolled, or not as one who may order this.
    #[error("the authority does not take this order from this signer")]
    NotAllowed,
    /// The signer was one of the authority's own programs, with the key in whose place another one is.
    #[error(
        "the key of this program was replaced at {since}, and it still has the one before: put the enrolled one in its place (akashi identity complete), hand it out (akashi keys hand-out), and start this program anew"
    )]
    Replaced {
        /// Since when.
        #[serde(deserialize_with = "bounds::moment")]
        since: Timestamp,
    },
    /// The order does not follow the contract.
    #[error("the order cannot be read")]
    Malformed,
    /// The order is of another of the authority's keys than the one in use.
    #[error("the authority signs with its key {in_use}, and the order is of {asked}")]
    OtherGeneration {
        /// What the order says.
        asked: i64,
        /// The generation in use.
        in_use: i64,
    },
    /// The authority's clock stands before what is recorded.
    #[error("the clock stands before what the book last recorded at {last}")]
    ClockBehind {
        /// The last entry.
        #[serde(deserialize_with = "bounds::moment")]
        last: Timestamp,
    },
    /// The authority cannot be reached, or its book cannot.
    #[error("the authority cannot carry this out now: {why}")]
    NotNow {
        /// Why, for an operator.
        why: String,
    },
}

/// The answer to an order, when it comes.
pub type Answered<'a> = Pin<Box<dyn Future<Output = Result<Done, OrderRefusal>> + Send + 'a>>;

/// Where orders go: over the authority's door, or straight to it where it is in the same process.
pub trait OrderDoor: Send + Sync {
    /// Carries an order out.
    fn carry_out(&self, order: SignedMessage) -> Answered<'_>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_nobody_reads_and_a_list_of_no_time_are_not_ordered() {
        // ecPublicKey on prime256v1, the base point of SEC 2 §2.4.2.
        let key = hex::decode(concat!(
            "3059301306072a8648ce3d020106082a8648ce3d030107034200",
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
            "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        ));
        let key = key.unwrap();
        let ask = |octets: &[u8]| Order::AskForCertificate {
            generation: 1,
            public_key: Octets(octets.to_vec()),
            in_place_of: Vec::new(),
        };
        assert!(ask(&key).is_sound());
        let mut compressed = key.clone();
        compressed[26] = 2;
        for other in [&[][..], &[0x30, 0], &key[1..], &key[..90], &compressed] {
            assert!(!ask(other).is_sound(), "{other:02x?}");
        }
        let rsa = |bits: usize, exponent: &[u8]| {
            let mut key =
                hex::decode("30820122300d06092a864886f70d01010105000382010f003082010a0282010100");
            let octets = key.as_mut().unwrap();
            octets.extend(std::iter::repeat_n(0xff, bits / 8));
            octets.extend(exponent);
            ask(octets).is_sound()
        };
        assert!(rsa(2048, &[2, 3, 1, 0, 1]));
        assert!(!rsa(1024, &[2, 3, 1, 0, 1]) && !rsa(2048, &[2, 1, 3]) && !rsa(2048, &[]));
        let list =
            |life, up_to| Order::RecordList { generation: 1, scope: Scope::Complete, life, up_to };
        assert!(list(1, 0).is_sound() && list(LONGEST_LIST, 7).is_sound());
        assert!(!list(0, 7).is_sound() && !list(LONGEST_LIST + 1, 7).is_sound());
        assert!(!list(60, -1).is_sound());
    }
}
