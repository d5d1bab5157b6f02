//! What an officer asks of the authority, over the officer's own signature.
//!
//! One door, `POST /acts`: the body is a CMS SignedData whose content is the JSON of an [`Act`];
//! the answer is the JSON of an [`Answer`] or a [`Refusal`]. The same request sent again gives the
//! same answer, so that a client whose line broke simply repeats it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::octets::{Octets, Sha256};
use crate::party::Role;
use crate::{BirthDate, FourItems, MunicipalityCode, RevocationReason, SerialNumber, Sex};

/// Sixteen random octets in hexadecimal that name one thing.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// Made of sixteen random octets.
            pub fn from_random(octets: [u8; 16]) -> Self {
                Self(octets)
            }

            /// Read back from where it was kept.
            pub fn from_slice(octets: &[u8]) -> Option<Self> {
                octets.try_into().ok().map(Self)
            }

            /// The sixteen octets.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                hex::decode(text)
                    .ok()
                    .and_then(|octets| Self::from_slice(&octets))
                    .ok_or(NotAnId($what))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is 32 hexadecimal digits")]
pub struct NotAnId(&'static str);

random_id!(
    /// Names one request for ever: sent again, it gives the same answer.
    RequestId, "a request number");
random_id!(
    /// Names one case at a counter. Opaque; the ticket's barcode.
    CaseId, "a case number");
random_id!(
    /// Names one enrolled party.
    PartyId, "a party number");

/// One request of one officer, signed over exactly these octets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// Names this request.
    pub request: RequestId,
    /// SHA-256 of the certificate of the authority that is meant: an act for one authority is
    /// nothing to another.
    pub authority: Sha256,
    /// When it was signed, by the terminal's clock.
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
}

/// 本人確認: by what the officer knew the person (rule of identity proof).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "snake_case", deny_unknown_fields)]
pub enum IdentityProof {
    /// A photo card of this service is enough by itself.
    ResidentCard,
    /// Licence or passport with the current address.
    PhotoDocument {
        /// What it is.
        kind: String,
        /// Refused after this day.
        expires: Date,
        /// The last four digits of its number.
        last_four: String,
    },
    /// 照会書 sent by post and its 回答書 brought.
    InquiryLetter {
        /// When the letter was sent.
        sent: Date,
    },
}

/// By what a person is looked up.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum LookUpBy {
    /// The resident code and a salt, encrypted to the authority by the reader program: the officer
    /// and the desk's logs never have it.
    Code {
        /// CMS AuthEnvelopedData over the JSON of a `CodeOpening`.
        sealed: Octets,
    },
    /// What the applicant wrote.
    Items {
        /// 氏名.
        name: String,
        /// 生年月日.
        birth_date: BirthDate,
        /// 性別.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sex: Option<Sex>,
        /// 住所.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
}

impl fmt::Debug for LookUpBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LookUpBy(withheld)")
    }
}

/// Positions (Unicode scalar values of the original, from 0) and the substitute chosen for each.
pub type SubstituteChoices = BTreeMap<usize, String>;

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
    /// Applies: from here on everything about the person is decided, and one key pair on this card
    /// is permitted.
    Apply {
        /// The case, looked up.
        case: CaseId,
        /// The number of the card in the reader; binds the case to it.
        card: String,
        /// 本人確認.
        identity: IdentityProof,
        /// Substitutes chosen with the applicant for the name.
        #[serde(default)]
        name_choices: SubstituteChoices,
        /// Substitutes chosen with the applicant for the address.
        #[serde(default)]
        address_choices: SubstituteChoices,
    },
    /// Hands in the public key with its proof of possession; issues.
    Certify {
        /// The case, applied for.
        case: CaseId,
        /// The card that made the key pair.
        card: String,
        /// PKCS#10 request signed by the new key over the case's challenge (RFC 2986).
        proof: Octets,
    },
    /// Says that the certificate was written to the card, read back and activated.
    ConfirmDelivery {
        /// The case, issued.
        case: CaseId,
        /// The card it was written to.
        card: String,
        /// SHA-256 of the certificate as read back from the card.
        read_back: Sha256,
    },
    /// Ends the certificate of the person of this case, for good.
    Revoke {
        /// The case, looked up.
        case: CaseId,
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
        why: String,
    },
    /// Enrols an officer, an agency or a source. Security officer only.
    Enrol {
        /// Name of the person or body.
        name: String,
        /// As what.
        party: Role,
        /// Names or addresses under which a source's registry is reached; none for others.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        hosts: Vec<String>,
        /// PKCS#10 request for the party's own key; its certificate is the answer.
        request_for_certificate: Octets,
    },
    /// Ends an enrolment at once. Security officer only.
    Dismiss {
        /// Whom.
        party: PartyId,
        /// Why.
        why: String,
    },
    /// Says that the authority's clock is right although it jumped. Counts once two persons said
    /// so; until then what was scheduled does not fire.
    AcceptClock,
    /// Cuts or opens the link to a source at once. Security officer only.
    Link {
        /// The source.
        source: MunicipalityCode,
        /// Whether its batches are taken.
        open: bool,
        /// Why.
        why: String,
    },
}

impl Deed {
    /// One word for the audit chain.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::OpenCase { .. } => "open_case",
            Self::LookUp { .. } => "look_up",
            Self::Apply { .. } => "apply",
            Self::Certify { .. } => "certify",
            Self::ConfirmDelivery { .. } => "confirm_delivery",
            Self::Revoke { .. } => "revoke",
            Self::Hold { .. } => "hold",
            Self::CloseCase { .. } => "close_case",
            Self::Enrol { .. } => "enrol",
            Self::Dismiss { .. } => "dismiss",
            Self::AcceptClock => "accept_clock",
            Self::Link { .. } => "link",
        }
    }

    /// The case that it belongs to.
    pub fn case(&self) -> Option<CaseId> {
        match self {
            Self::LookUp { case, .. }
            | Self::Apply { case, .. }
            | Self::Certify { case, .. }
            | Self::ConfirmDelivery { case, .. }
            | Self::Revoke { case, .. }
            | Self::Hold { case }
            | Self::CloseCase { case, .. } => Some(*case),
            Self::OpenCase { .. }
            | Self::Enrol { .. }
            | Self::Dismiss { .. }
            | Self::AcceptClock
            | Self::Link { .. } => None,
        }
    }
}

/// A text as it will stand in the certificate, beside what the registry has.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertifiedText {
    /// The registry's own characters.
    pub original: String,
    /// The certificate's characters; absent while some are undecided.
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

/// What the authority answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// A case was opened.
    CaseOpened {
        /// Its number.
        case: CaseId,
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
    /// A certificate was issued; it counts once delivered.
    Certified {
        /// Its number.
        serial: SerialNumber,
        /// DER.
        certificate: Octets,
        /// DER of the authority's own.
        ca_certificate: Octets,
        /// Its last second.
        not_after: Timestamp,
    },
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
    /// Done; there is nothing more to say.
    Done,
}

/// Why the authority does not do what was asked. Shown to the officer: names no internals and
/// says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// The signature is not that of an enrolled party, or not over these octets.
    #[error(
        "the signature is not that of an enrolled officer: sign in with your own token, or ask the security officer to enrol you"
    )]
    NotEnrolled,
    /// The act does not follow the contract.
    #[error("the request cannot be read: {what}")]
    Malformed {
        /// What is wrong.
        what: String,
    },
    /// The act was signed for another authority.
    #[error("the request was signed for another authority")]
    OtherAuthority,
    /// The terminal's clock is wrong, or the request is old.
    #[error(
        "the request was signed at {made_at}, which is not now: set the terminal's clock and repeat"
    )]
    NotNow {
        /// The time in the act.
        made_at: Timestamp,
    },
    /// The same request number stood in another request.
    #[error("this request number was used for another request: make a new request")]
    RequestReused,
    /// This role may not do this.
    #[error("your role does not allow this")]
    NotAllowed,
    /// No such case at this officer's counter.
    #[error("there is no such case at this counter")]
    NoSuchCase,
    /// The case is not at the step where this can be asked.
    #[error("this case is at the step “{step}”; “{asked}” cannot be asked now")]
    WrongStep {
        /// Where the case stands.
        step: String,
        /// What was asked.
        asked: String,
    },
    /// No resident in the register fits.
    #[error("no resident of this municipality fits: check the spelling and the birth date")]
    NotInRegister,
    /// More than one resident fits.
    #[error("{count} residents fit: add the address or the sex, or use the card")]
    SeveralInRegister {
        /// How many.
        count: usize,
    },
    /// The registry does not answer.
    #[error(
        "the registry cannot be reached: nothing was issued; try again, and tell the operator if it lasts"
    )]
    RegistryUnreachable,
    /// The resident lives elsewhere.
    #[error(
        "this person is not a resident of this municipality: the application belongs to the counter of {municipality}"
    )]
    NotResidentHere {
        /// Where the person lives.
        municipality: MunicipalityCode,
    },
    /// The record is deleted.
    #[error("the resident record is deleted: no certificate can be issued")]
    RecordDeleted,
    /// The resident has notified a move out.
    #[error("the resident is leaving on {day}: apply at the new municipality after the move")]
    Leaving {
        /// 異動予定日.
        day: Date,
    },
    /// The register changed between the look-up and this step.
    #[error("the register has changed since the look-up: look the person up again")]
    RegisterChanged,
    /// Below the age of the setting.
    #[error("the applicant is younger than {minimum}: applications are accepted from that age on")]
    TooYoung {
        /// The setting.
        minimum: u8,
    },
    /// The document that was shown has expired.
    #[error(
        "the identity document expired on {expired}: ask for another one, or send the inquiry letter"
    )]
    DocumentExpired {
        /// Its last day.
        expired: Date,
    },
    /// There is a certificate in force already (law art. 6).
    #[error(
        "certificate {serial} is in force until {not_after}; a renewal is possible from {opens}"
    )]
    AlreadyCertified {
        /// The living one.
        serial: SerialNumber,
        /// Its last second.
        not_after: Timestamp,
        /// The first day of the renewal window.
        opens: Date,
    },
    /// The renewal window is not open yet.
    #[error("certificate {serial} can be renewed from {opens} on")]
    RenewalNotOpen {
        /// The living one.
        serial: SerialNumber,
        /// The first day of the window.
        opens: Date,
    },
    /// There is nothing to renew, revoke or hold.
    #[error("this person has no certificate in force")]
    NoLivingCertificate,
    /// The living certificate is on hold and must be revoked before another is issued.
    #[error("certificate {serial} is on hold: revoke it, then issue anew")]
    OnHold {
        /// The held one.
        serial: SerialNumber,
    },
    /// This reason is not for the counter to give.
    #[error("the counter may give keyCompromise or cessationOfOperation, not {reason}")]
    ReasonNotForCounter {
        /// The reason asked for.
        reason: RevocationReason,
    },
    /// Some characters cannot stand in a certificate and nobody has chosen a substitute.
    #[error(
        "characters {positions:?} of the {item} cannot stand in a certificate: choose a substitute with the applicant"
    )]
    CharactersUndecided {
        /// `name` or `address`.
        item: String,
        /// Positions in the original, from 0.
        positions: Vec<usize>,
    },
    /// The text cannot stand in a certificate for another reason.
    #[error("the {item} cannot stand in a certificate: {why}")]
    TextUnfit {
        /// `name` or `address`.
        item: String,
        /// Why.
        why: String,
    },
    /// Another card than the one the case is bound to.
    #[error("this is not the card with which the case began: stop, and find the right card")]
    WrongCard,
    /// The permit for a key pair has run out.
    #[error("the permit for a key pair ended at {until}: apply again in the same case")]
    PermitExpired {
        /// When it ended.
        until: Timestamp,
    },
    /// The request is not signed by its own key over the case's challenge.
    #[error("the card has not proved that it holds the key: {what}")]
    NoPossession {
        /// What is wrong.
        what: String,
    },
    /// The key itself is bad.
    #[error(
        "the card's key cannot be certified: {what}. Make a new key pair; if it happens again, take another card and report this one"
    )]
    BadKey {
        /// What is wrong.
        what: String,
    },
    /// The certificate on the card is not the one that was issued.
    #[error(
        "what was read back from the card is not what was issued: write it again, or close the case"
    )]
    ReadBackDiffers,
    /// The authority's own end is nearer than the certificate's.
    #[error(
        "the authority issues no more certificates: its own certificate ends before three years are over"
    )]
    AuthorityEnding,
    /// The authority's clock has gone backwards.
    #[error(
        "the authority's clock is behind its own records: nothing is signed until the operator has set it right"
    )]
    ClockBehind,
    /// The authority cannot do it now: data base or key out of reach.
    #[error("the authority cannot do this now: nothing was done; repeat the same request")]
    NotNowPossible,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_reads_back_as_it_was_written_and_takes_no_unknown_field() {
        let act = Act {
            request: RequestId::from_random([1; 16]),
            authority: Sha256([2; 32]),
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
