//! What an officer asks of the authority, over the officer's own signature.
//!
//! One door, `POST /acts`: the body is a CMS SignedData whose content is the JSON of an [`Act`];
//! the answer is the JSON of an [`Answer`] or a [`Refusal`]. The same request sent again gives the
//! same answer, so that a client whose line broke simply repeats it.

mod answer;
mod choices;
mod find;
mod id;
mod identity;
mod list;
mod proposal;
mod recall;
mod received;
mod refusal;
mod signatory;
mod suspension;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use answer::{Answer, CertifiedText, IssuedCertificate, LivingCertificate};
pub use choices::SubstituteChoices;
pub use find::{CertificateBy, NotASerialGiven, SerialGiven, StatedHolder};
pub use id::{CaseId, NotAnId, PartyId, RecallId, RequestId};
pub use identity::{INQUIRY_DAYS, IdentityProof};
pub use list::{LIST_PAGE, List, Listed, ListedCase, ListedCertificate, ListedSource};
pub use proposal::{KnownHandOver, KnownParty, KnownProposal, KnownRecovery, KnownSuspension};
pub use recall::{CardSelection, KnownRecall, RecallCounts};
pub use received::{AskedAct, ReceivedAct};
pub use refusal::{Refusal, UndecidedCharacter};
pub use suspension::Suspension;

use crate::bounds;
use crate::octets::{Octets, Sha256};
use crate::party::Role;
use crate::{BirthDate, MunicipalityCode, RevocationReason, SerialNumber, Sex};

/// One request of one officer, signed over exactly these octets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Names this request.
    pub request: RequestId,
    /// SHA-256 of the certificate of the authority that is meant: an act for one authority is
    /// nothing to another.
    pub authority: Sha256,
    /// SHA-256 of the certificate of the terminal at which it was signed, and over whose link it comes.
    pub terminal: Sha256,
    /// When it was signed, by the terminal's clock.
    #[serde(deserialize_with = "bounds::moment")]
    pub made_at: Timestamp,
    /// What is asked.
    pub deed: Deed,
}

/// 手続: what a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Procedure {
    /// 新規発行.
    Issue,
    /// 更新, within three months before the end.
    Renewal,
    /// 失効: at the holder's application, or after loss, theft, leak or damage.
    Revocation,
    /// 一時保留 by telephone.
    Hold,
    /// 暗証番号の初期化: a new PIN on a card in use, forgotten or locked.
    PinReset,
}

/// By what a person is looked up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum LookUpBy {
    /// The resident code and a salt, encrypted to the authority by the reader program: the officer
    /// and the desk's logs never have it. Never signed as it is: acts are kept for ever, and the
    /// code, even encrypted, must not be. The desk encloses it and signs [`LookUpBy::Enclosed`].
    Code {
        /// CMS AuthEnvelopedData over the JSON of a `CodeOpening`.
        #[serde(deserialize_with = "bounds::enclosed")]
        sealed: Octets,
    },
    /// The encrypted code is enclosed with the act, outside of what is signed and kept.
    Enclosed {
        /// SHA-256 of what is enclosed.
        digest: Sha256,
    },
    /// What the applicant wrote.
    Items {
        /// 氏名.
        #[serde(deserialize_with = "bounds::written")]
        name: String,
        /// 生年月日.
        birth_date: BirthDate,
        /// 性別.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sex: Option<Sex>,
        /// 住所.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[serde(deserialize_with = "bounds::written")]
        address: Option<String>,
    },
}

impl fmt::Debug for LookUpBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LookUpBy(withheld)")
    }
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Deed {
    /// Opens a case at the officer's own counter.
    OpenCase {
        /// What it is about.
        procedure: Procedure,
    },
    /// Looks the person up in the registry, by the authority itself.
    LookUp {
        /// The open case.
        case: CaseId,
        /// By what.
        by: LookUpBy,
    },
    /// Finds a certificate of the officer's own town in the authority's book, where no registry is
    /// asked: for a revocation or a hold.
    FindCertificate {
        /// The case, opened or looked up.
        case: CaseId,
        /// By what.
        by: CertificateBy,
    },
    /// 照会書: an inquiry letter goes by post to the address that was looked up; its answer (回答書) will
    /// be the identity proof in this case, which stays open for as long.
    SendInquiry {
        /// The case, looked up.
        case: CaseId,
    },
    /// Applies: from here on everything about the person is decided, and one key pair on this card
    /// is permitted.
    Apply {
        /// The case, looked up.
        case: CaseId,
        /// The number of the card in the reader; binds the case to it.
        #[serde(deserialize_with = "bounds::card")]
        card: String,
        /// 本人確認.
        identity: IdentityProof,
        /// Whether the applicant is under guardianship (成年被後見人), as the application says; needed
        /// only where the authority asks for it (`rules.refuses_guardianship`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        under_guardianship: Option<bool>,
        /// Substitutes chosen with the applicant for the name.
        #[serde(default, with = "choices")]
        name_choices: SubstituteChoices,
        /// Substitutes chosen with the applicant for the address.
        #[serde(default, with = "choices")]
        address_choices: SubstituteChoices,
    },
    /// Takes a case up again, at this terminal or another, with the card that it is bound to.
    TakeUp {
        /// The case, not yet done.
        case: CaseId,
        /// The number of the card in the reader.
        #[serde(deserialize_with = "bounds::card")]
        card: String,
    },
    /// Asks for a secure channel to the card of the case: at first, and again after the card left
    /// the reader.
    OpenChannel {
        /// The case: applied for, to make the key pair; or issued, to write the certificate.
        case: CaseId,
        /// The number of the card in the reader.
        #[serde(deserialize_with = "bounds::card")]
        card: String,
    },
    /// Hands in what the card answered to the last run of commands.
    CardAnswered {
        /// The case whose channel it is.
        case: CaseId,
        /// One answer a command, SW1 and SW2 included, up to the first that is no 9000.
        #[serde(deserialize_with = "bounds::answers")]
        answers: Vec<Octets>,
    },
    /// Hands in the public key with its proof of possession; issues.
    Certify {
        /// The case, applied for.
        case: CaseId,
        /// The card that made the key pair.
        #[serde(deserialize_with = "bounds::card")]
        card: String,
        /// PKCS#10 request signed by the new key over the case's challenge (RFC 2986).
        #[serde(deserialize_with = "bounds::request")]
        proof: Octets,
    },
    /// Asks that the holder may set a new PIN on the card that holds the certificate in force.
    ResetPin {
        /// The case, looked up.
        case: CaseId,
        /// The number of the card in the reader.
        #[serde(deserialize_with = "bounds::card")]
        card: String,
        /// 本人確認.
        identity: IdentityProof,
    },
    /// Tells of a PIN that was reset while the authority was out of reach.
    ReportOffline {
        /// The journal's first line, which says when it was begun; without it that is a finding.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "bounds::lines"
        )]
        head: Option<Octets>,
        /// Lines of a journal ([`crate::journal`]), as they were signed: an entry and, if there is
        /// one, its outcome; or an outcome whose entry is missing.
        #[serde(deserialize_with = "bounds::lines")]
        lines: Vec<Octets>,
    },
    /// Says that the certificate was written to the card, read back and activated.
    ConfirmDelivery {
        /// The case, issued.
        case: CaseId,
        /// The card it was written to.
        #[serde(deserialize_with = "bounds::card")]
        card: String,
        /// SHA-256 of the certificate as read back from the card.
        read_back: Sha256,
    },
    /// Ends the certificate of the person of this case, for good.
    Revoke {
        /// The case, looked up.
        case: CaseId,
        /// 本人確認: by what the officer knew who asks for it.
        identity: IdentityProof,
        /// Loss, theft, leak, damage: keyCompromise; the holder's own wish: cessationOfOperation.
        reason: RevocationReason,
    },
    /// Puts the certificate on hold after a telephone call.
    Hold {
        /// The case, looked up.
        case: CaseId,
    },
    /// Ends a case without a certificate (取下げ, 却下, 中止).
    CloseCase {
        /// The case.
        case: CaseId,
        /// Why, in the officer's words.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
    },
    /// Enrols a party. Gives power: two security officers, or two
    /// administrators of the officer's town.
    Enrol {
        /// Name of the person or body.
        #[serde(deserialize_with = "bounds::party")]
        name: String,
        /// As what.
        party: Role,
        /// Names or addresses under which a registry is reached; none for others.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[serde(deserialize_with = "bounds::hosts")]
        hosts: Vec<String>,
        /// PKCS#10 request for the party's own key; its certificate is the answer.
        #[serde(deserialize_with = "bounds::request")]
        request_for_certificate: Octets,
        /// 任期: until when; where nothing is said, for as long as the authority lives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[serde(deserialize_with = "bounds::moment_if_told")]
        until: Option<Timestamp>,
    },
    /// Prolongs an enrolment in force, for those who may enrol such a party: within it the party has further
    /// keys certified by itself ([`crate::rekey`]).
    Prolong {
        /// Whose.
        party: PartyId,
        /// Until when.
        #[serde(deserialize_with = "bounds::moment")]
        until: Timestamp,
    },
    /// Ends an enrolment for good: an officer's at once; two security officers where it is another
    /// security officer's, an administrator's, a source's or an agency's.
    Dismiss {
        /// Whom.
        party: PartyId,
        /// Why.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
    },
    /// Stops what the recovery key asked for and what waits still: one person's word.
    StopRecovery {
        /// Which, by the SHA-256 of what was signed.
        recovery: Sha256,
        /// Why.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
    },
    /// Signs for an alarm: it is this person's from now on, and nobody is called for it any more.
    SignForAlarm {
        /// Which, by the position of the entry that began it.
        alarm: i64,
        /// What is being done about it.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
    },
    /// Asks for a list of what there is, each with its state; changes nothing.
    List {
        /// Of what.
        list: List,
    },
    /// 停止: takes power away until it is lifted. One person's word, at once.
    Suspend {
        /// What.
        what: Suspension,
        /// Why.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
    },
    /// 停止の解除. Gives power: two persons.
    Lift {
        /// What was suspended.
        what: Suspension,
        /// Why.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
    },
    /// 一時保留の解除: the certificate is good again. Gives power: two security officers, and only where the
    /// authority's rules let a hold be released at all.
    Release {
        /// Which.
        serial: SerialNumber,
        /// Why.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
    },
    /// 引継ぎ of a municipality that another takes up (合併): from then on the other's source speaks for it as well, and
    /// its own speaks no more. Gives power: two security officers.
    HandOver {
        /// The municipality that is taken up.
        from: MunicipalityCode,
        /// The one that takes it up.
        to: MunicipalityCode,
        /// Why.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
    },
    /// The second person's word over what another proposed: it is carried out now.
    Countersign {
        /// The request that proposed it.
        request: RequestId,
        /// SHA-256 of that act, whose content the second person has looked at.
        digest: Sha256,
    },
    /// What became of a proposal: the answer that its countersignature got. Whoever proposed it asks.
    Outcome {
        /// The request that proposed it.
        request: RequestId,
    },
    /// Shows the parties, what is suspended, and what waits for a second person.
    Review,
    /// Says that the authority's clock is right although it jumped. Counts once two persons said
    /// so; until then what was scheduled does not fire.
    AcceptClock,
    /// Registers the cards of a factory's delivery note. Security officer only.
    RegisterCards {
        /// Of which lot they are, as the maker names it.
        #[serde(deserialize_with = "bounds::lot")]
        lot: String,
        /// Of which model.
        #[serde(deserialize_with = "bounds::lot")]
        model: String,
        /// Their numbers, at most [`CARDS_OF_ONE_ACT`].
        #[serde(deserialize_with = "bounds::cards")]
        cards: Vec<String>,
    },
    /// Asks what the recall of these cards would end; ends nothing. Security officer only.
    PreviewRecall {
        /// Which cards.
        selection: CardSelection,
    },
    /// Proposes to end every certificate in these cards. Security officer only.
    ProposeRecall {
        /// Which cards.
        selection: CardSelection,
        /// keyCompromise where the keys are in doubt; superseded where they are not.
        reason: RevocationReason,
        /// Why.
        #[serde(deserialize_with = "bounds::why")]
        why: String,
        /// Names the certificates that the proposer has looked at.
        digest: Sha256,
    },
    /// Confirms what another security officer proposed: from here on the cards are recalled, and
    /// every certificate in them ends.
    ConfirmRecall {
        /// Which.
        recall: RecallId,
        /// Names the certificates that the confirmer has looked at.
        digest: Sha256,
    },
}

/// Cards that one act registers, at most: with numbers of 40 characters it stays under the 256 KiB
/// that an act may have.
pub const CARDS_OF_ONE_ACT: usize = 5000;

impl Deed {
    /// One word for the audit chain.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::OpenCase { .. } => "open_case",
            Self::LookUp { .. } => "look_up",
            Self::FindCertificate { .. } => "find_certificate",
            Self::SendInquiry { .. } => "send_inquiry",
            Self::Apply { .. } => "apply",
            Self::TakeUp { .. } => "take_up",
            Self::OpenChannel { .. } => "open_channel",
            Self::CardAnswered { .. } => "card_answered",
            Self::Certify { .. } => "certify",
            Self::ResetPin { .. } => "reset_pin",
            Self::ReportOffline { .. } => "report_offline",
            Self::ConfirmDelivery { .. } => "confirm_delivery",
            Self::Revoke { .. } => "revoke",
            Self::Hold { .. } => "hold",
            Self::CloseCase { .. } => "close_case",
            Self::Enrol { .. } => "enrol",
            Self::Prolong { .. } => "prolong",
            Self::Dismiss { .. } => "dismiss",
            Self::StopRecovery { .. } => "stop_recovery",
            Self::AcceptClock => "accept_clock",
            Self::SignForAlarm { .. } => "sign_for_alarm",
            Self::List { list } => list.verb(),
            Self::Suspend { .. } => "suspend",
            Self::Lift { .. } => "lift",
            Self::Release { .. } => "release",
            Self::HandOver { .. } => "hand_over",
            Self::Countersign { .. } => "countersign",
            Self::Outcome { .. } => "outcome",
            Self::Review => "review",
            Self::RegisterCards { .. } => "register_cards",
            Self::PreviewRecall { .. } => "preview_recall",
            Self::ProposeRecall { .. } => "propose_recall",
            Self::ConfirmRecall { .. } => "confirm_recall",
        }
    }

    /// The case that it belongs to.
    pub fn case(&self) -> Option<CaseId> {
        match self {
            Self::LookUp { case, .. }
            | Self::FindCertificate { case, .. }
            | Self::SendInquiry { case }
            | Self::Apply { case, .. }
            | Self::TakeUp { case, .. }
            | Self::OpenChannel { case, .. }
            | Self::CardAnswered { case, .. }
            | Self::Certify { case, .. }
            | Self::ResetPin { case, .. }
            | Self::ConfirmDelivery { case, .. }
            | Self::Revoke { case, .. }
            | Self::Hold { case }
            | Self::CloseCase { case, .. } => Some(*case),
            Self::OpenCase { .. }
            | Self::ReportOffline { .. }
            | Self::Enrol { .. }
            | Self::Prolong { .. }
            | Self::StopRecovery { .. }
            | Self::Dismiss { .. }
            | Self::AcceptClock
            | Self::SignForAlarm { .. }
            | Self::List { .. }
            | Self::Suspend { .. }
            | Self::Lift { .. }
            | Self::Release { .. }
            | Self::HandOver { .. }
            | Self::Countersign { .. }
            | Self::Outcome { .. }
            | Self::Review
            | Self::RegisterCards { .. }
            | Self::PreviewRecall { .. }
            | Self::ProposeRecall { .. }
            | Self::ConfirmRecall { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_reads_back_as_it_was_written_and_takes_no_unknown_field() {
        let act = Act {
            request: RequestId::from_random([1; 16]),
            authority: Sha256([2; 32]),
            terminal: Sha256([4; 32]),
            made_at: "2026-04-01T00:00:00Z".parse().unwrap(),
            deed: Deed::LookUp {
                case: CaseId::from_random([3; 16]),
                by: LookUpBy::Items {
                    name: "証　花子".into(),
                    birth_date: "319700115".parse().unwrap(),
                    sex: None,
                    address: None,
                },
            },
        };
        let json = serde_json::to_string(&act).unwrap();
        assert_eq!(serde_json::from_str::<Act>(&json).unwrap(), act);
        for place in ["\"act\":", "\"request\":", "\"by\":\"items\","] {
            let extra = json.replacen(place, &format!("\"extra\":1,{place}"), 1);
            assert_ne!(extra, json);
            assert!(serde_json::from_str::<Act>(&extra).is_err(), "unknown field before {place}");
        }
    }
}
