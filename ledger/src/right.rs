//! What a permit is good for: one table of what was signed and what may be written by it.
//!
//! A permit comes of one signed message and gives the rights of that kind of message, not those of
//! whoever signed it: an officer's act that opens a case revokes nothing, and an order to settle events files no
//! certificate. A deed or an order that is new does not compile until it has its line here.

use akashi_wire::act::Deed;
use akashi_wire::order::Order;
use akashi_wire::party::Role;

/// One thing that can be written into the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// The first page.
    Found,
    /// A new party.
    Enrol,
    /// Another key in the place of the signer's own.
    Rekey,
    /// A later end of an enrolment.
    Prolong,
    /// A recovery that waits.
    AskForRecovery,
    /// A recovery stopped.
    StopRecovery,
    /// The parties of a recovery enrolled.
    CarryOutRecovery,
    /// The end of the enrolment of somebody at a counter.
    Dismiss,
    /// The end of any other enrolment.
    DismissPower,
    /// Something stopped.
    Suspend,
    /// Something that goes on again.
    Lift,
    /// An act that waits for a second person.
    Propose,
    /// A second person's signature under it.
    Countersign,
    /// One person's name under an alarm.
    SignForAlarm,
    /// The end of an alarm.
    EndAlarm,
    /// A clock put in doubt.
    DoubtClock,
    /// The end of that doubt.
    TrustClock,
    /// One person's word that the clock is right.
    AcceptClock,
    /// A time that has not come, brought back.
    BringBack,
    /// A case's state.
    SaveCase,
    /// Whom a case is about.
    FindPerson,
    /// An intention to sign, and the file of what was signed.
    Issue,
    /// A final revocation.
    Revoke,
    /// Under what a living certificate is found in the book.
    IndexStated,
    /// A hold.
    Hold,
    /// The end of a hold: the certificate is good again.
    Release,
    /// A municipality taken up by another.
    HandOver,
    /// The end of what was recorded and never filed.
    Void,
    /// A renewed certificate in the place of the one before.
    Promote,
    /// A batch in the inbox.
    AcceptBatch,
    /// What becomes of an event: settled, scheduled, carried forward, linked anew.
    SettleEvent,
    /// The number of a list.
    RecordList,
    /// That a list is published.
    PublishList,
    /// A responder's wish for a certificate.
    AskForCertificate,
    /// A responder's certificate.
    CertifyResponder,
    /// The cards of a delivery.
    RegisterCards,
    /// A recall's proposal.
    ProposeRecall,
    /// A recall's confirmation.
    ConfirmRecall,
    /// A recall's next step.
    StepRecall,
    /// What a journal told.
    ReportOffline,
    /// A comparison of moduli, and what it found.
    CompareModuli,
    /// Digests of inquiries.
    EnterInquiries,
    /// That the content of a month is deleted.
    DeleteContent,
    /// Which keys content is sealed under.
    RecordContentKeys,
}

impl Right {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Enrol => "enrol",
            Self::Rekey => "rekey",
            Self::Prolong => "prolong",
            Self::AskForRecovery => "ask_for_recovery",
            Self::StopRecovery => "stop_recovery",
            Self::CarryOutRecovery => "carry_out_recovery",
            Self::Dismiss => "dismiss",
            Self::DismissPower => "dismiss_power",
            Self::Suspend => "suspend",
            Self::Lift => "lift",
            Self::Propose => "propose",
            Self::Countersign => "countersign",
            Self::SignForAlarm => "sign_for_alarm",
            Self::EndAlarm => "end_alarm",
            Self::DoubtClock => "doubt_clock",
            Self::TrustClock => "trust_clock",
            Self::AcceptClock => "accept_clock",
            Self::BringBack => "bring_back",
            Self::SaveCase => "save_case",
            Self::FindPerson => "find_person",
            Self::Issue => "issue",
            Self::Revoke => "revoke",
            Self::IndexStated => "index_stated",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::HandOver => "hand_over",
            Self::Void => "void",
            Self::Promote => "promote",
            Self::AcceptBatch => "accept_batch",
            Self::SettleEvent => "settle_event",
            Self::RecordList => "record_list",
            Self::PublishList => "publish_list",
            Self::AskForCertificate => "ask_for_certificate",
            Self::DeleteContent => "delete_content",
            Self::RecordContentKeys => "record_content_keys",
            Self::CertifyResponder => "certify_responder",
            Self::RegisterCards => "register_cards",
            Self::ProposeRecall => "propose_recall",
            Self::ConfirmRecall => "confirm_recall",
            Self::StepRecall => "step_recall",
            Self::ReportOffline => "report_offline",
            Self::CompareModuli => "compare_moduli",
            Self::EnterInquiries => "enter_inquiries",
        }
    }
    /// Whether what is written by it is good from or until a time: it waits while nobody knows the time. What
    /// ends a certificate, stops somebody or takes news in waits for nothing.
    pub(crate) fn needs_time(self) -> bool {
        match self {
            Self::Found
            | Self::Enrol
            | Self::Rekey
            | Self::Prolong
            | Self::AskForRecovery
            | Self::CarryOutRecovery
            | Self::Issue
            | Self::Release
            | Self::RecordList
            | Self::PublishList
            | Self::CertifyResponder
            | Self::DeleteContent => true,
            Self::Dismiss
            | Self::DismissPower
            | Self::StopRecovery
            | Self::Suspend
            | Self::Lift
            | Self::Propose
            | Self::Countersign
            | Self::SignForAlarm
            | Self::EndAlarm
            | Self::DoubtClock
            | Self::TrustClock
            | Self::AcceptClock
            | Self::BringBack
            | Self::SaveCase
            | Self::FindPerson
            | Self::HandOver
            | Self::Revoke
            | Self::IndexStated
            | Self::Hold
            | Self::Void
            | Self::Promote
            | Self::AcceptBatch
            | Self::SettleEvent
            | Self::AskForCertificate
            | Self::RegisterCards
            | Self::ProposeRecall
            | Self::ConfirmRecall
            | Self::StepRecall
            | Self::ReportOffline
            | Self::CompareModuli
            | Self::EnterInquiries
            | Self::RecordContentKeys => false,
        }
    }
}

/// What the act for this deed may write, beside its own entry and answer.
pub(crate) fn of_deed(deed: &Deed) -> &'static [Right] {
    use Right::*;
    match deed {
        Deed::LookUp { .. } | Deed::FindCertificate { .. } => &[SaveCase, FindPerson],
        Deed::OpenCase { .. }
        | Deed::SendInquiry { .. }
        | Deed::TakeUp { .. }
        | Deed::OpenChannel { .. }
        | Deed::CardAnswered { .. }
        | Deed::ResetPin { .. } => &[SaveCase],
        // What an earlier attempt of the same case issued ends with it.
        Deed::Apply { .. } => &[SaveCase, Revoke, Void],
        Deed::Certify { .. } => &[SaveCase, Issue, IndexStated, CompareModuli],
        Deed::ReportOffline { .. } => &[ReportOffline],
        // The renewed certificate ends, and the new one takes its place.
        Deed::ConfirmDelivery { .. } => &[SaveCase, Revoke, Promote],
        Deed::Revoke { .. } => &[SaveCase, Revoke, Void],
        Deed::Hold { .. } => &[SaveCase, Hold, Revoke, Void],
        Deed::CloseCase { .. } => &[SaveCase, Revoke, Void],
        Deed::Enrol { .. }
        | Deed::Prolong { .. }
        | Deed::Lift { .. }
        | Deed::Release { .. }
        | Deed::HandOver { .. } => &[Propose],
        Deed::Dismiss { .. } => &[Dismiss, Propose],
        Deed::StopRecovery { .. } => &[StopRecovery],
        Deed::Suspend { .. } => &[Suspend],
        Deed::SignForAlarm { .. } => &[SignForAlarm],
        Deed::Countersign { .. } => &[Countersign],
        Deed::AcceptClock => &[AcceptClock],
        Deed::RegisterCards { .. } => &[RegisterCards],
        Deed::PreviewRecall { .. } | Deed::Outcome { .. } | Deed::Review | Deed::List { .. } => &[],
        Deed::ProposeRecall { .. } => &[ProposeRecall],
        Deed::ConfirmRecall { .. } => &[ConfirmRecall, StepRecall, Revoke, Void],
    }
}

/// What the act for this deed may write beyond that, once two persons of one office signed it: what gives
/// power.
pub(crate) fn of_two(deed: &Deed, role: &Role) -> &'static [Right] {
    use Right::*;
    match deed {
        Deed::Enrol { .. } => &[Enrol],
        Deed::Prolong { .. } => &[Prolong],
        // Two administrators of a town have no power over a third.
        Deed::Dismiss { .. } if *role != Role::SecurityOfficer => &[Dismiss],
        Deed::Dismiss { .. } => &[Dismiss, DismissPower],
        Deed::Lift { .. } => &[Lift],
        Deed::Release { .. } => &[Release],
        Deed::HandOver { .. } => &[HandOver],
        Deed::OpenCase { .. }
        | Deed::LookUp { .. }
        | Deed::FindCertificate { .. }
        | Deed::SendInquiry { .. }
        | Deed::Apply { .. }
        | Deed::TakeUp { .. }
        | Deed::OpenChannel { .. }
        | Deed::CardAnswered { .. }
        | Deed::Certify { .. }
        | Deed::ResetPin { .. }
        | Deed::ReportOffline { .. }
        | Deed::ConfirmDelivery { .. }
        | Deed::Revoke { .. }
        | Deed::Hold { .. }
        | Deed::CloseCase { .. }
        | Deed::StopRecovery { .. }
        | Deed::Suspend { .. }
        | Deed::Countersign { .. }
        | Deed::Outcome { .. }
        | Deed::Review
        | Deed::List { .. }
        | Deed::SignForAlarm { .. }
        | Deed::AcceptClock
        | Deed::RegisterCards { .. }
        | Deed::PreviewRecall { .. }
        | Deed::ProposeRecall { .. }
        | Deed::ConfirmRecall { .. } => &[],
    }
}

/// What the work of this order may write, beside its own entries.
pub(crate) fn of_order(order: &Order) -> &'static [Right] {
    use Right::*;
    match order {
        Order::Settle => &[SettleEvent, IndexStated, Revoke, Void],
        Order::VoidInterrupted => &[Void],
        Order::CloseCases => &[SaveCase, Revoke, Void],
        Order::GoOnWithRecalls => &[StepRecall, Revoke, Void],
        Order::CompareModuli => &[CompareModuli],
        Order::DoubtClock => &[DoubtClock],
        Order::TrustClock => &[TrustClock],
        Order::RaiseAlarms | Order::TellClock { .. } | Order::TellUnpublished { .. } => &[EndAlarm],
        Order::RecordRefusal => &[],
        Order::CertifyResponders => &[CertifyResponder],
        Order::CarryOutRecovery { .. } => &[CarryOutRecovery],
        Order::EnterInquiries => &[EnterInquiries],
        Order::EndByHolder { .. } => &[Revoke, Void],
        Order::AskForCertificate { .. } => &[AskForCertificate],
        Order::RecordContentKeys => &[RecordContentKeys],
        Order::DeleteContent { .. } => &[DeleteContent],
        Order::RecordList { .. } => &[RecordList],
        Order::PublishList { .. } => &[PublishList],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_settles_issues_nothing_and_one_that_records_a_list_revokes_nothing() {
        assert!(!of_order(&Order::Settle).contains(&Right::Issue));
        let digest = akashi_wire::octets::Sha256([0; 32]);
        let scope = akashi_wire::Scope::Complete;
        let publish = Order::PublishList { generation: 1, scope, number: 1, digest };
        assert_eq!(of_order(&publish), [Right::PublishList]);
    }

    #[test]
    fn nothing_but_a_certify_act_issues() {
        let open = Deed::OpenCase { procedure: akashi_wire::act::Procedure::Issue };
        assert_eq!(of_deed(&open), [Right::SaveCase]);
        assert_eq!(of_deed(&Deed::AcceptClock), [Right::AcceptClock]);
    }
}
