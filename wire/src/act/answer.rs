//! What the authority answers.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::id::{CaseId, PartyId, RecallId, RequestId};
use super::proposal::{KnownHandOver, KnownParty, KnownProposal, KnownRecovery, KnownSuspension};
use super::recall::{KnownRecall, RecallCounts};
use super::{Listed, Procedure, StatedHolder};
use crate::journal::Finding;
use crate::octets::{Octets, Sha256};
use crate::{FourItems, MunicipalityCode, RevocationReason, SerialNumber};

/// A text as it will stand in the certificate, beside what the registry has.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedText {
    /// The registry's own characters.
    pub original: String,
    /// The certificate's characters; absent while some are undecided, and where nothing is issued and
    /// no certificate could carry them.
    pub text: Option<String>,
    /// One digit a character of `text`: `1` substituted.
    pub map: Option<String>,
    /// Positions in the original that the officer must decide.
    pub undecided: Vec<usize>,
}

impl fmt::Debug for CertifiedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CertifiedText(withheld)")
    }
}

/// A certificate in force, as the counter needs to know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LivingCertificate {
    /// Its serial number.
    pub serial: SerialNumber,
    /// Its last second.
    pub not_after: Timestamp,
    /// The first day on which it may be renewed.
    pub renewal_opens: Date,
    /// Whether it is on hold.
    pub on_hold: bool,
}

/// A certificate that was issued in a case and is not delivered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedCertificate {
    /// Its serial number.
    pub serial: SerialNumber,
    /// DER.
    pub certificate: Octets,
    /// Its last second.
    pub not_after: Timestamp,
}

/// What the authority answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// A case was opened.
    CaseOpened {
        /// Its number.
        case: CaseId,
        /// When it closes itself if nobody touches it any more.
        until: Timestamp,
    },
    /// Exactly one certificate was found in the book.
    CertificateFound {
        /// Its number.
        serial: SerialNumber,
        /// Its last second.
        not_after: Timestamp,
        /// Whether it is on hold.
        on_hold: bool,
        /// Whose it is: to be compared with who asks.
        holder: StatedHolder,
    },
    /// An inquiry letter is on record, and the case waits for its answer.
    InquirySent {
        /// The day that its answer names, in Japan.
        sent: Date,
        /// When the case closes itself if nobody touches it any more.
        until: Timestamp,
    },
    /// Exactly one person was found.
    Found {
        /// The four items of the registry.
        items: FourItems,
        /// How the name will stand.
        name: CertifiedText,
        /// How the address will stand.
        address: CertifiedText,
        /// State of the register that was read.
        as_of: Timestamp,
        /// DV等支援措置.
        protected: bool,
        /// The certificate in force, if there is one.
        living: Option<LivingCertificate>,
        /// The registry's feed has been silent for longer than it should: a warning.
        feed_silent: bool,
    },
    /// One key pair may be made on this card.
    Permitted {
        /// The card must sign over it with the new key.
        challenge: Octets,
        /// Until when.
        until: Timestamp,
        /// The name as it will stand.
        name: CertifiedText,
        /// The address as it will stand.
        address: CertifiedText,
    },
    /// A case was taken up.
    TakenUp {
        /// What it is about.
        procedure: Procedure,
        /// The person, once looked up.
        items: Option<FourItems>,
        /// The name as it will stand, once applied.
        name: Option<CertifiedText>,
        /// The address as it will stand, once applied.
        address: Option<CertifiedText>,
        /// The certificate, once issued.
        issued: Option<IssuedCertificate>,
    },
    /// Commands for the card, to be sent as they are, one after the other, up to the first that the
    /// card does not answer with 9000.
    Commands {
        /// The octets of each.
        run: Vec<Octets>,
    },
    /// The card has made its key pair. In a new issue its PIN window is open.
    KeyMade {
        /// SubjectPublicKeyInfo, DER.
        public_key: Octets,
    },
    /// A certificate was issued; it counts once delivered.
    Certified {
        /// Its number.
        serial: SerialNumber,
        /// DER.
        certificate: Octets,
        /// Its last second.
        not_after: Timestamp,
        /// Commands that write it into the card, as in [`Answer::Commands`]; for as long as the
        /// channel lives in which the key pair was made.
        run: Vec<Octets>,
    },
    /// The holder may set a new PIN, once the channel to the card is open.
    PinMayBeReset {
        /// Until when.
        until: Timestamp,
    },
    /// What a journal told is on record.
    OfflineReported {
        /// The certificate that the card showed.
        serial: Option<SerialNumber>,
        /// What is wrong with it: each an alarm.
        findings: Vec<Finding>,
    },
    /// The card takes one new PIN now, from the terminal.
    PinWindowOpen,
    /// The certificate was written, read back and compared, and the card has switched to it.
    Activated,
    /// The certificate is in the card and in force.
    Delivered {
        /// Its number.
        serial: SerialNumber,
        /// The fee that may now be charged, in yen.
        fee_yen: u32,
        /// The renewed certificate, revoked now.
        superseded: Option<SerialNumber>,
    },
    /// A certificate was revoked or held.
    Revoked {
        /// Its number.
        serial: SerialNumber,
        /// The time that the CRL will state.
        at: Timestamp,
        /// The reason that the CRL will state.
        reason: RevocationReason,
    },
    /// The case is closed.
    CaseClosed {
        /// A certificate that had been issued but not delivered, now revoked.
        revoked: Option<SerialNumber>,
    },
    /// A party was enrolled.
    Enrolled {
        /// Its number.
        party: PartyId,
        /// DER of its certificate.
        certificate: Octets,
        /// DER of the link authority's.
        link_authority: Octets,
    },
    /// Another key was certified in the place of the one that signed, which is dead.
    Rekeyed {
        /// DER of its certificate.
        certificate: Octets,
        /// Until when the enrolment is good, within which there may be further ones.
        until: Timestamp,
    },
    /// What the recovery key asked for is on record, and waits.
    RecoveryWaits {
        /// SHA-256 of what was signed: its name.
        recovery: Sha256,
        /// From when on it is carried out, unless a security officer stops it.
        until: Timestamp,
    },
    /// The cards of a delivery note are registered.
    CardsRegistered {
        /// Cards that were not before.
        new: u64,
        /// Cards that were, with the same lot and model.
        known: u64,
    },
    /// What the recall of some cards would end. Nothing was changed.
    RecallPreviewed {
        /// Cards of the selection that are registered.
        cards: u64,
        /// Certificates in them, by municipality.
        certificates: BTreeMap<MunicipalityCode, RecallCounts>,
        /// SHA-256 over the sorted serial numbers of these certificates, sixteen octets each.
        digest: Sha256,
        /// Living certificates of the whole authority whose card the book does not know, because it
        /// is older than this inventory: a recall does not find them.
        without_card: u64,
        /// Recalls of some of these cards, oldest first.
        recalls: Vec<KnownRecall>,
    },
    /// A recall is proposed and waits for another person.
    RecallProposed {
        /// Its number.
        recall: RecallId,
        /// How many certificates it would end.
        certificates: u64,
        /// Until when it may be confirmed.
        until: Timestamp,
    },
    /// The cards are recalled.
    Recalled {
        /// The recall.
        recall: RecallId,
        /// Certificates revoked so far.
        revoked: u64,
        /// Certificates under way that were voided so far.
        voided: u64,
        /// Certificates that the authority ends by itself in the next moments.
        left: u64,
    },
    /// It is proposed: nothing is done until another person countersigns it.
    Proposed {
        /// The request that proposed it.
        request: RequestId,
        /// SHA-256 of the act, for the other person.
        digest: Sha256,
        /// Until when it may be countersigned.
        until: Timestamp,
    },
    /// Who is enrolled and in force, what is suspended, and what waits for a second person.
    Reviewed {
        /// The parties; of the own municipality where the asker has one.
        parties: Vec<KnownParty>,
        /// What is suspended.
        suspended: Vec<KnownSuspension>,
        /// What waits.
        waiting: Vec<KnownProposal>,
        /// What the recovery key asked for and what waits.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recoveries: Vec<KnownRecovery>,
        /// Municipalities that others have taken up.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        handovers: Vec<KnownHandOver>,
    },
    /// A list of what there is.
    Listed {
        /// What was asked for.
        list: Listed,
    },
    /// Done; there is nothing more to say.
    Done,
}
