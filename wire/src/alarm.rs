//! What somebody must look at: every alarm by its code, with facts and without personal data.
//!
//! One table: an alarm that is new has its line here, or does not exist. What it is called, what it means and what is
//! to be done about it stands by its code in `wire/words`, from which `docs/runbooks/` is made.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::act::{PartyId, Suspension};
use crate::journal::Finding;
use crate::octets::Sha256;
use crate::order::ProgramApart;
use crate::party::Role;
use crate::{DeletionMonth, Ending, MunicipalityCode, Scope, SerialNumber};

/// How soon somebody must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To be known; nothing is lost by waiting for the next working day.
    Notice,
    /// To be seen to within the day.
    Warning,
    /// To be seen to at once, also at night: a wrong certificate may be good, or a right answer is missing.
    Critical,
}

/// How an alarm comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Whoever looks at the book sees that it is over, tick by tick.
    Seen,
    /// Whoever told of it tells that it is over.
    Told,
    /// It has happened, and is over once a person has signed for it.
    Signed,
}

macro_rules! alarms {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $severity:ident, $ends:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)?
    })*) => {
        /// One thing that somebody must look at.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "alarm", deny_unknown_fields)]
        pub enum Alarm {
            $($(#[$doc])* #[serde(rename = $code)] $name {
                $($(#[$field_doc])* $field: $type),*
            },)*
        }

        impl Alarm {
            /// Every code, with how soon somebody must act.
            pub const CODES: &[(&'static str, Severity)] = &[$(($code, Severity::$severity)),*];

            /// Its code, which stays the same for as long as there is such an alarm.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$name { .. } => $code),* }
            }

            /// How soon somebody must act.
            pub fn severity(&self) -> Severity {
                match self { $(Self::$name { .. } => Severity::$severity),* }
            }

            /// How it comes to its end.
            pub fn ends(&self) -> Ends {
                match self { $(Self::$name { .. } => Ends::$ends),* }
            }
        }
    };
}

alarms! {
    /// A source sends nothing any more: what it does not report ends no certificate.
    SourceSilent = "source_silent", Critical, Seen {
        /// Whose.
        municipality: MunicipalityCode,
    }
    /// A batch came too early: what lies between is missing, and ends no certificate.
    BatchGap = "batch_gap", Critical, Seen {
        /// Whose source.
        municipality: MunicipalityCode,
        /// The event that was due.
        due: u64,
        /// The one that came.
        came: u64,
    }
    /// A batch does not follow the one that came before it.
    BatchMissing = "batch_missing", Critical, Signed {
        /// Whose source.
        municipality: MunicipalityCode,
        /// The first event of the batch that came.
        before: u64,
    }
    /// An event cannot be settled, and waits for a person.
    EventUnsettled = "event_unsettled", Critical, Seen {
        /// Whose source.
        municipality: MunicipalityCode,
        /// Which event.
        sequence: u64,
        /// What is wrong.
        why: String,
    }
    /// 転入 without a move that was notified: a certificate has ended by it.
    EntryUnexplained = "entry_unexplained", Warning, Signed {
        /// Whose source.
        municipality: MunicipalityCode,
        /// Which event.
        sequence: u64,
    }
    /// A change of code shows that one person had two certificates: the older one has ended.
    TwoCertificates = "two_certificates", Warning, Signed {
        /// Whose source.
        municipality: MunicipalityCode,
        /// Which event.
        sequence: u64,
    }
    /// The registry of a municipality answers what cannot be read or believed: nobody of it is issued anything.
    RegistryNotUnderstood = "registry_not_understood", Critical, Seen {
        /// Whose.
        municipality: MunicipalityCode,
        /// What is wrong with the answer.
        why: String,
    }
    /// The registry of a municipality has not answered three times in a row.
    RegistryUnreachable = "registry_unreachable", Critical, Seen {
        /// Whose.
        municipality: MunicipalityCode,
        /// What the network says.
        why: String,
    }
    /// The key of a certificate is not safe.
    KeyWeak = "key_weak", Critical, Seen {
        /// Which certificate.
        serial: SerialNumber,
        /// What is wrong with the key.
        what: String,
    }
    /// The comparison of all moduli did not come to its end.
    ComparisonStuck = "comparison_stuck", Warning, Seen {
        /// The day on which it was begun.
        day: String,
    }
    /// The machine's clock does not agree with the time that was kept.
    ClockDiffers = "clock_differs", Critical, Seen {}
    /// Nobody has witnessed the time since the start.
    TimeUnwitnessed = "time_unwitnessed", Critical, Seen {}
    /// Nothing keeps the machine's clock synchronised.
    ClockUnsynchronised = "clock_unsynchronised", Notice, Seen {}
    /// The clock of the machine of another program does not agree with the time that it keeps.
    ProgramClockDiffers = "program_clock_differs", Warning, Told {
        /// Which program.
        program: ProgramApart,
        /// By how many seconds its clock is ahead.
        ahead: i64,
    }
    /// Another program does not know the time since its start, and signs nothing.
    ProgramTimeUnwitnessed = "program_time_unwitnessed", Critical, Told {
        /// Which program.
        program: ProgramApart,
        /// By how many seconds its clock is ahead of what is known.
        ahead: i64,
    }
    /// A certificate was issued by a clock that ran ahead.
    CertificateBeginsLater = "certificate_begins_later", Warning, Seen {
        /// Which.
        serial: SerialNumber,
        /// When it begins.
        at: Timestamp,
    }
    /// The key of a party was certified by a clock that ran ahead.
    PartyBeginsLater = "party_begins_later", Warning, Seen {
        /// Whose.
        party: PartyId,
        /// When it begins.
        at: Timestamp,
    }
    /// A certificate was taken for ended by a clock that ran ahead.
    CertificateTakenForEnded = "certificate_taken_for_ended", Critical, Signed {
        /// Which.
        serial: SerialNumber,
        /// Whether it is its holder's again; else the holder has two others.
        is_restored: bool,
    }
    /// Something was stopped by one person, and stands still until two lift it.
    Suspended = "suspended", Warning, Seen {
        /// What.
        suspended: Suspension,
        /// By whom.
        by: PartyId,
        /// Since when.
        since: Timestamp,
    }
    /// There is but one security officer.
    OneSecurityOfficer = "one_security_officer", Warning, Seen {}
    /// Fewer than two security officers can sign.
    TooFewSecurityOfficers = "too_few_security_officers", Critical, Seen {}
    /// The office has fewer than two terminals.
    TooFewTerminals = "too_few_terminals", Warning, Seen {
        /// So many are left.
        have: u32,
    }
    /// A source or a registry has two keys in force.
    TwoKeys = "two_keys", Notice, Seen {
        /// Which link.
        link: Role,
    }
    /// The recovery key asked for something that waits.
    RecoveryAsked = "recovery_asked", Critical, Seen {
        /// By the SHA-256 of what was signed.
        recovery: Sha256,
        /// When it asked.
        asked_at: Timestamp,
        /// When it will be done.
        until: Timestamp,
        /// How many are to be enrolled.
        parties: u32,
    }
    /// What the recovery key asked for cannot be read.
    RecoveryUnreadable = "recovery_unreadable", Critical, Seen {
        /// Why.
        why: String,
    }
    /// What the recovery key asked for was carried out.
    RecoveryCarriedOut = "recovery_carried_out", Critical, Seen {
        /// By the SHA-256 of what was signed.
        recovery: Sha256,
        /// When.
        at: Timestamp,
    }
    /// What the recovery key asked for came to nothing.
    RecoveryLapsed = "recovery_lapsed", Warning, Seen {
        /// By the SHA-256 of what was signed.
        recovery: Sha256,
        /// When.
        at: Timestamp,
    }
    /// A share of the recovery key lies beside what it opens.
    ShareLeft = "share_left", Warning, Seen {
        /// Where.
        file: String,
    }
    /// The last day comes on which the authority can issue.
    LastDayOfIssue = "last_day_of_issue", Warning, Seen {
        /// The day, in Japan.
        day: Date,
        /// The last day of the authority.
        end: Date,
        /// How near it is.
        near: Near,
    }
    /// The authority comes to its end.
    AuthorityEnds = "authority_ends", Warning, Seen {
        /// Its last day, in Japan.
        day: Date,
        /// How near it is.
        near: Near,
    }
    /// The authority has ended.
    AuthorityEnded = "authority_ended", Critical, Seen {
        /// Its last day, in Japan.
        day: Date,
    }
    /// A certificate of the authority's own that nobody is enrolled with ends.
    OwnCertificateEnds = "own_certificate_ends", Critical, Seen {
        /// Whose.
        whose: Own,
        /// Its last day, in Japan.
        day: Date,
        /// How near it is.
        near: Near,
    }
    /// The key of a party ends.
    PartyKeyEnds = "party_key_ends", Warning, Seen {
        /// Whose.
        party: PartyId,
        /// In what capacity.
        capacity: Role,
        /// Its last day, in Japan.
        day: Date,
        /// How near it is.
        near: Near,
        /// What is to be done.
        act: KeyAct,
    }
    /// A party had another key certified.
    PartyRekeyed = "party_rekeyed", Notice, Seen {
        /// Whose.
        party: PartyId,
        /// In what capacity.
        capacity: Role,
        /// When.
        at: Timestamp,
    }
    /// A responder has no certificate for the days to come.
    ResponderUncertified = "responder_uncertified", Critical, Seen {
        /// SHA-256 of its key.
        key: Sha256,
    }
    /// The content keys cannot be read.
    ContentKeysUnreadable = "content_keys_unreadable", Critical, Seen {
        /// Why.
        why: String,
    }
    /// What was to be deleted is there still.
    ContentDue = "content_due", Warning, Seen {
        /// In which month.
        month: DeletionMonth,
    }
    /// A copy of the content keys opens what was deleted.
    ContentCopyStale = "content_copy_stale", Warning, Seen {
        /// Where it lies.
        to: String,
    }
    /// No copy has a content key.
    ContentKeyUncopied = "content_key_uncopied", Warning, Seen {
        /// The first such month.
        month: DeletionMonth,
    }
    /// Another authority over the same book fell silent, and this one acts.
    AuthoritySilent = "authority_silent", Critical, Seen {
        /// Which one.
        silent: String,
        /// Which one acts.
        acts: String,
        /// For how many seconds it was silent.
        seconds: u32,
    }
    /// A list was signed and is not published.
    ListUnpublished = "list_unpublished", Critical, Told {
        /// Of what.
        scope: Scope,
        /// Its cRLNumber.
        number: i64,
        /// For how many seconds.
        seconds: u32,
    }
    /// The newest list of a scope has lived three quarters of its life: the list issuer signs none.
    ListLate = "list_late", Critical, Seen {
        /// Of what.
        scope: Scope,
        /// Its nextUpdate: until then agencies go on with it.
        next_update: Timestamp,
    }
    /// No responder has had the whole book for ten minutes.
    ResponderSilent = "responder_silent", Critical, Seen {}
    /// The disk of the authority's own directory is almost full.
    DiskAlmostFull = "disk_almost_full", Critical, Seen {}
    /// Something is wrong with a PIN that was reset while the authority was out of reach.
    OfflineReset = "offline_reset", Warning, Signed {
        /// Where.
        municipality: MunicipalityCode,
        /// Of what is told: a use of the token with what came of it, or a line of the journal.
        told: String,
        /// What is wrong.
        finding: Finding,
    }
    /// An alarm of the book cannot be read.
    Unreadable = "unreadable", Critical, Signed {
        /// What stands there: its first letters, at most two hundred.
        text: String,
    }
    /// Those who are to be told of alarms are not.
    NobodyTold = "nobody_told", Critical, Seen {
        /// What became of the command.
        why: String,
    }
}

/// How near an end is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Near {
    /// Two years, or less.
    TwoYears,
    /// A year, or less.
    Year,
    /// Three months, or less.
    Quarter,
    /// One month, or less.
    Month,
    /// One week, or less.
    Week,
    /// It is over.
    Over,
}

impl From<Ending> for Near {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Quarter => Self::Quarter,
            Ending::Month => Self::Month,
            Ending::Week => Self::Week,
            Ending::Over => Self::Over,
        }
    }
}

/// Certificates of the authority's own that nobody is enrolled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Own {
    /// Of what certifies links and tokens.
    LinkAuthority,
    /// Of the authority's servers.
    Servers,
    /// To which messages are encrypted.
    Inbox,
}

/// What is to be done about a party's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyAct {
    /// Nothing takes its place: the authority is founded anew.
    Refound,
    /// It is the authority's own, and is replaced by two.
    Replace,
    /// It is over: the party is dismissed, and enrolled again where it is needed.
    Dismiss,
    /// Its holder has another one certified.
    Rekey,
    /// Its term ends with it: that is prolonged first.
    Prolong,
}

impl Alarm {
    /// The municipality that it is about.
    pub fn municipality(&self) -> Option<MunicipalityCode> {
        match self {
            Self::SourceSilent { municipality }
            | Self::BatchGap { municipality, .. }
            | Self::BatchMissing { municipality, .. }
            | Self::EventUnsettled { municipality, .. }
            | Self::EntryUnexplained { municipality, .. }
            | Self::TwoCertificates { municipality, .. }
            | Self::RegistryNotUnderstood { municipality, .. }
            | Self::RegistryUnreachable { municipality, .. }
            | Self::OfflineReset { municipality, .. } => Some(*municipality),
            Self::Suspended { suspended, .. } => suspended.municipality(),
            Self::TwoKeys { link } => link.municipality(),
            Self::PartyKeyEnds { capacity, .. } | Self::PartyRekeyed { capacity, .. } => {
                capacity.municipality()
            }
            Self::ListUnpublished { scope: Scope::Partition(municipality), .. }
            | Self::ListLate { scope: Scope::Partition(municipality), .. } => Some(*municipality),
            _ => None,
        }
    }

    /// The party whose own matter it is: it signs for no such alarm.
    pub fn party(&self) -> Option<PartyId> {
        match self {
            Self::PartyBeginsLater { party, .. }
            | Self::PartyKeyEnds { party, .. }
            | Self::PartyRekeyed { party, .. } => Some(*party),
            Self::Suspended { suspended, .. } => suspended.party(),
            _ => None,
        }
    }

    /// Whether it is about the recovery key: then a security officer looks at it, and nobody else says that he has.
    pub fn is_of_recovery(&self) -> bool {
        matches!(
            self,
            Self::RecoveryAsked { .. }
                | Self::RecoveryUnreadable { .. }
                | Self::RecoveryCarriedOut { .. }
                | Self::RecoveryLapsed { .. }
        )
    }

    /// What stands where an alarm was, and cannot be read.
    pub fn unreadable(text: &str) -> Self {
        Self::Unreadable { text: text.chars().take(200).collect() }
    }

    /// As it stands in the book: JSON, of which `alarm` is the code and the rest are facts.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("an alarm is JSON")
    }

    /// As it was read in the book.
    ///
    /// # Errors
    /// That of JSON, where it is no alarm that is known here.
    pub fn from_text(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Whether it is about the same thing, whatever has changed of it meanwhile.
    pub fn is_about_what(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::ListUnpublished { scope, .. }, Self::ListUnpublished { scope: other, .. }) => {
                scope == other
            }
            (
                Self::ProgramClockDiffers { program, .. }
                | Self::ProgramTimeUnwitnessed { program, .. },
                Self::ProgramClockDiffers { program: other, .. }
                | Self::ProgramTimeUnwitnessed { program: other, .. },
            ) => program == other,
            (
                Self::BatchGap { municipality, due, .. },
                Self::BatchGap { municipality: other, due: then, .. },
            ) => (municipality, due) == (other, then),
            (
                Self::EventUnsettled { municipality, sequence, .. },
                Self::EventUnsettled { municipality: other, sequence: then, .. },
            ) => (municipality, sequence) == (other, then),
            _ => self == other,
        }
    }
}

/// An alarm as those are told of it who may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownAlarm {
    /// The entry that began it, by which it is named.
    pub position: i64,
    /// What it is.
    pub alarm: Alarm,
    /// Since when.
    pub since: Timestamp,
    /// Who signed for it, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_for: Option<SignedFor>,
}

/// Who took an alarm upon himself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedFor {
    /// Who.
    pub party: PartyId,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_its_code_and_its_facts_and_is_read_back() {
        let alarm = Alarm::BatchGap { municipality: "312011".parse().unwrap(), due: 1, came: 3 };
        let text = r#"{"alarm":"batch_gap","municipality":"312011","due":1,"came":3}"#;
        assert_eq!(alarm.to_text(), text);
        assert_eq!(Alarm::from_text(text).unwrap(), alarm);
        assert_eq!((alarm.code(), alarm.severity()), ("batch_gap", Severity::Critical));
        assert!(Alarm::from_text("a sentence").is_err());
        assert!(Alarm::from_text(&text.replace("due", "dues")).is_err());
        let none = Alarm::ClockDiffers {};
        assert_eq!(Alarm::from_text(&none.to_text()).unwrap(), none);
    }

    #[test]
    fn no_two_alarms_have_one_code() {
        let mut codes: Vec<_> = Alarm::CODES.iter().map(|(code, _)| *code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Alarm::CODES.len());
    }

    #[test]
    fn a_list_that_is_published_ends_the_alarm_of_its_scope_and_no_other() {
        let late = |scope: &str, number| {
            let scope = scope.parse().unwrap();
            Alarm::ListUnpublished { scope, number, seconds: 60 }
        };
        assert!(late("312011", 4).is_about_what(&late("312011", 7)));
        assert!(!late("312011", 4).is_about_what(&late("complete", 4)));
        let program = ProgramApart::Responder;
        let differs = Alarm::ProgramClockDiffers { program, ahead: 9 };
        assert!(differs.is_about_what(&Alarm::ProgramTimeUnwitnessed { program, ahead: 1 }));
    }
}
