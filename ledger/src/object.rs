//! What a signed message is about: by its permit nothing else is written.
//!
//! A right says what kind of thing may be done ([`crate::right`]), the object says to what: an act that
//! revokes in one case ends nobody's certificate but that of this case's person, and an order that
//! publishes one list publishes no other.

use akashi_wire::act::{CardSelection, CaseId, Deed, PartyId, RecallId, RequestId, Suspension};
use akashi_wire::octets::Sha256;
use akashi_wire::order::Order;
use akashi_wire::party::Role;
use akashi_wire::{DeletionMonth, MunicipalityCode, Scope, SerialNumber, pki};
use jiff::Timestamp;

use crate::Position;

/// What a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Object {
    /// What the work of an order of the authority's own comes upon in the book, and the founding.
    Whatever,
    /// Nothing that is written down.
    Nothing,
    /// A case that there is not yet.
    NewCase,
    /// A case, its person, and the certificates of either.
    Case(CaseId),
    /// A party to be: as what, and the SHA-256 of its key.
    NewParty(Role, Sha256),
    /// A party.
    Party(PartyId),
    /// Another key of a party: the SHA-256 of that.
    NextKey(PartyId, Sha256),
    /// A party, and until when it is to be enrolled.
    Term(PartyId, Timestamp),
    /// A recovery, by the SHA-256 of what was signed.
    Recovery(Sha256),
    /// What another person proposed, by its request and the SHA-256 of the act.
    Proposal(RequestId, Sha256),
    /// An alarm, by the entry that began it.
    Alarm(Position),
    /// Something that can be suspended.
    Suspension(Suspension),
    /// The cards of a delivery: lot and model.
    Delivery(String, String),
    /// The cards of a recall to be, by what was looked at.
    Cards(CardSelection, Sha256),
    /// A recall.
    Recall(RecallId),
    /// A municipality that another takes up.
    HandOver(MunicipalityCode, MunicipalityCode),
    /// A certificate, and its person's.
    Certificate(SerialNumber),
    /// The public key of a responder, by its SHA-256, and of which generation.
    Key(i64, Sha256),
    /// What is deleted in a month.
    Month(DeletionMonth),
    /// The next list of a generation and a scope.
    List(i64, Scope),
    /// One list, by its octets.
    Published(i64, Scope, i64, Sha256),
    /// One batch of a source, by the SHA-256 of its text.
    Batch(MunicipalityCode, Sha256),
}

impl Object {
    /// What an act is about. A deed that is new does not compile until it has its line here.
    pub fn of_deed(deed: &Deed) -> Self {
        match deed {
            Deed::OpenCase { .. } => Self::NewCase,
            Deed::LookUp { case, .. }
            | Deed::FindCertificate { case, .. }
            | Deed::SendInquiry { case }
            | Deed::Apply { case, .. }
            | Deed::TakeUp { case, .. }
            | Deed::OpenChannel { case, .. }
            | Deed::CardAnswered { case, .. }
            | Deed::Certify { case, .. }
            | Deed::ResetPin { case, .. }
            | Deed::ConfirmDelivery { case, .. }
            | Deed::Revoke { case, .. }
            | Deed::Hold { case }
            | Deed::CloseCase { case, .. } => Self::Case(*case),
            Deed::Enrol { party, request_for_certificate, .. } => {
                match pki::requested_key(&request_for_certificate.0) {
                    Some(key) => Self::NewParty(party.clone(), Sha256::of(&key)),
                    None => Self::Nothing,
                }
            }
            Deed::SignForAlarm { alarm, .. } => Self::Alarm(Position(*alarm)),
            Deed::Dismiss { party, .. } => Self::Party(*party),
            Deed::Prolong { party, until } => Self::Term(*party, *until),
            Deed::StopRecovery { recovery, .. } => Self::Recovery(*recovery),
            Deed::HandOver { from, to, .. } => Self::HandOver(*from, *to),
            Deed::Release { serial, .. } => Self::Certificate(*serial),
            Deed::Suspend { what, .. } | Deed::Lift { what, .. } => Self::Suspension(*what),
            Deed::RegisterCards { lot, model, .. } => Self::Delivery(lot.clone(), model.clone()),
            Deed::ProposeRecall { selection, digest, .. } => {
                Self::Cards(selection.clone(), *digest)
            }
            Deed::ConfirmRecall { recall, .. } => Self::Recall(*recall),
            Deed::Countersign { request, digest } => Self::Proposal(*request, *digest),
            Deed::ReportOffline { .. }
            | Deed::Outcome { .. }
            | Deed::Review
            | Deed::List { .. }
            | Deed::AcceptClock
            | Deed::PreviewRecall { .. } => Self::Nothing,
        }
    }

    /// What an order is about.
    pub fn of_order(order: &Order) -> Self {
        match order {
            Order::EndByHolder { serial } => Self::Certificate(*serial),
            Order::AskForCertificate { generation, public_key, .. } => {
                Self::Key(*generation, Sha256::of(&public_key.0))
            }
            Order::CarryOutRecovery { recovery } => Self::Recovery(*recovery),
            Order::DeleteContent { month } => Self::Month(*month),
            Order::RecordList { generation, scope, .. } => Self::List(*generation, *scope),
            Order::PublishList { generation, scope, number, digest } => {
                Self::Published(*generation, *scope, *number, *digest)
            }
            Order::Settle
            | Order::VoidInterrupted
            | Order::CloseCases
            | Order::GoOnWithRecalls
            | Order::CompareModuli
            | Order::DoubtClock
            | Order::TrustClock
            | Order::RaiseAlarms
            | Order::TellClock { .. }
            | Order::TellUnpublished { .. }
            | Order::CertifyResponders
            | Order::EnterInquiries
            | Order::RecordContentKeys
            | Order::RecordRefusal => Self::Whatever,
        }
    }

    /// Whether it is this one.
    pub fn is(&self, other: &Self) -> bool {
        *self == Self::Whatever || self == other
    }
}
