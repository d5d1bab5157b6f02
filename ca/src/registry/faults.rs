//! What is wrong with registries: said once to whoever runs the authority, by member and place, and never what an answer
//! says of anybody.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use akashi_wire::act::PartyId;
use akashi_wire::{Alarm, MunicipalityCode};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Why an answer is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotUnderstood {
    #[error("it answers with HTTP status {0}")]
    Status(u16),
    #[error("it has more than {most} octets")]
    TooLong { most: usize },
    #[error("no link to it can be made, and somebody answers: {0}")]
    Link(String),
    #[error("it is not encrypted to this authority's inbox (its media type is {media_type})")]
    Sealed { media_type: String },
    #[error("{what} {is} at line {line}, column {column} ({member})")]
    Form { what: &'static str, is: &'static str, line: usize, column: usize, member: String },
    #[error("its as_of is {as_of}, and it is {now}: nothing is issued on what is as old as that")]
    Stale { as_of: Timestamp, now: Timestamp },
    #[error("it is not signed as an answer is: {0}")]
    Signature(String),
    #[error(
        "it is signed by somebody who is not enrolled: the registry of {expected} was expected"
    )]
    Stranger { expected: MunicipalityCode },
    #[error("it is signed by the party {party}: the registry of {expected} was expected")]
    OtherParty { expected: MunicipalityCode, party: PartyId },
    #[error(
        "it is signed by the party {party}, which was dismissed or suspended, or whose certificate is over"
    )]
    NotInForce { party: PartyId },
    #[error("its key is over: another took its place, or its certificate has ended")]
    Ended,
    #[error("its as_of is {as_of}, and it is {now}")]
    Future { as_of: Timestamp, now: Timestamp },
    #[error("its request or its case is that of another question")]
    OtherQuestion,
    #[error("it has {persons} persons and {openings} openings")]
    Openings { persons: usize, openings: usize },
    #[error("the opening of persons[0] does not open its resident")]
    Commitment,
    #[error("persons[0] is not whom the question named")]
    OtherPerson,
}

impl NotUnderstood {
    /// Which fault it is, whatever the place and the time in it.
    fn kind(&self) -> String {
        match self {
            Self::Form { what, is, member, .. } => format!("{what} {is} {member}"),
            Self::Status(status) => format!("status {status}"),
            Self::OtherParty { party, .. } | Self::NotInForce { party } => {
                format!("{:?} {party}", discriminant(self))
            }
            other => format!("{:?}", discriminant(other)),
        }
    }
}

/// The name of a member that is missing: one of ours, and none that came with the answer.
fn missing(error: &serde_json::Error) -> Option<String> {
    let told = error.to_string();
    let (name, _) = told.strip_prefix("missing field `")?.split_once('`')?;
    Some(name.to_owned())
}

/// Reads a part of an answer. What it says stays out of the error, which has its place alone.
pub(crate) fn read<T: DeserializeOwned>(
    what: &'static str,
    octets: &[u8],
) -> Result<T, NotUnderstood> {
    let mut json = serde_json::Deserializer::from_slice(octets);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner();
        let is = match inner.classify() {
            Category::Data => "has a member that is missing, unknown, or not as it must be",
            Category::Eof => "ends too soon",
            Category::Syntax | Category::Io => "is not JSON",
        };
        let (line, column) = (inner.line(), inner.column());
        let path = error.path().to_string();
        let (is, member) = match missing(inner) {
            Some(name) if path == "." => ("lacks a member", name),
            Some(name) => ("lacks a member", format!("{path}.{name}")),
            None => (is, path),
        };
        NotUnderstood::Form { what, is, line, column, member }
    });
    let read = read?;
    let more = json.end().map_err(|error| NotUnderstood::Form {
        what,
        is: "goes on after its end",
        line: error.line(),
        column: error.column(),
        member: ".".into(),
    });
    more.map(|()| read)
}

/// So many look-ups in a row that got no answer are an alarm.
const IN_A_ROW: u32 = 3;

/// What is wrong with the registry of each municipality now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<BTreeMap<MunicipalityCode, Fault>>>);

/// What was said first of a fault stays for as long as it is that fault: a place or a time in the next answer would begin
/// another alarm at each look-up, and nobody's signature would stand.
#[derive(Debug)]
enum Fault {
    Unreachable { why: String, in_a_row: u32 },
    NotUnderstood { kind: String, why: String },
}

impl Faults {
    /// It has answered.
    pub fn understood(&self, town: MunicipalityCode) {
        if self.all().remove(&town).is_some() {
            tracing::info!(target: "ca", "the registry of {town} answers as it should again");
        }
    }

    /// No answer came.
    pub fn unreachable(&self, town: MunicipalityCode, why: String) {
        let mut all = self.all();
        if let Some(Fault::Unreachable { in_a_row, .. }) = all.get_mut(&town) {
            *in_a_row = in_a_row.saturating_add(1);
            return;
        }
        tracing::error!(target: "ca", "the registry of {town} cannot be reached: {why}");
        all.insert(town, Fault::Unreachable { why, in_a_row: 1 });
    }

    /// An answer came that nobody understands.
    pub fn not_understood(&self, town: MunicipalityCode, why: &NotUnderstood) {
        let (mut all, kind) = (self.all(), why.kind());
        if matches!(all.get(&town), Some(Fault::NotUnderstood { kind: of, .. }) if *of == kind) {
            return;
        }
        tracing::error!(target: "ca", "the registry of {town} answers what cannot be understood: {why}");
        all.insert(town, Fault::NotUnderstood { kind, why: why.to_string() });
    }

    /// What somebody must look at.
    pub fn alarms(&self) -> Vec<Alarm> {
        let alarm = |(town, fault): (&MunicipalityCode, &Fault)| {
            let municipality = *town;
            match fault {
                Fault::NotUnderstood { why, .. } => {
                    Some(Alarm::RegistryNotUnderstood { municipality, why: why.clone() })
                }
                Fault::Unreachable { why, in_a_row } if *in_a_row >= IN_A_ROW => {
                    Some(Alarm::RegistryUnreachable { municipality, why: why.clone() })
                }
                Fault::Unreachable { .. } => None,
            }
        };
        self.all().iter().filter_map(alarm).collect()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<MunicipalityCode, Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use akashi_wire::lookup::LookUpAnswer;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_by_its_member_and_place_and_never_by_what_it_says() {
        let answer = r#"{"request":"00","case":"11"}"#;
        let why = read::<LookUpAnswer>("the answer", answer.as_bytes()).unwrap_err();
        assert!(matches!(&why, NotUnderstood::Form { member, line: 1, .. } if member == "request"));
        let secret = "証　花子";
        let at = "2026-04-01T00:00:00Z";
        let answer = format!(
            r#"{{"request":"{0}","case":"{1}","as_of":"{at}","persons":[{{"name":["{secret}"]}}]}}"#,
            "00".repeat(32),
            "11".repeat(16)
        );
        let why = read::<LookUpAnswer>("the answer", answer.as_bytes()).unwrap_err();
        let told = why.to_string();
        assert!(told.contains("persons[0]") && told.contains("column"), "{told}");
        assert!(!told.contains(secret), "{told}");
        let lacks = read::<LookUpAnswer>("the answer", b"{}").unwrap_err().to_string();
        assert!(lacks.contains("lacks a member") && lacks.contains("(case)"), "{lacks}");
        let cut = read::<LookUpAnswer>("the answer", b"{").unwrap_err().to_string();
        assert!(cut.contains("ends too soon"), "{cut}");
    }

    #[test]
    fn what_is_not_understood_is_an_alarm_at_once_and_silence_after_three_times() {
        let (faults, town) = (Faults::default(), "312011".parse().unwrap());
        for _ in 0..2 {
            faults.unreachable(town, "no answer within 8 s".into());
            assert!(faults.alarms().is_empty());
        }
        faults.unreachable(town, "no answer within 8 s".into());
        assert!(matches!(faults.alarms()[..], [Alarm::RegistryUnreachable { .. }]));
        faults.not_understood(town, &NotUnderstood::OtherQuestion);
        assert!(matches!(faults.alarms()[..], [Alarm::RegistryNotUnderstood { .. }]));
        faults.understood(town);
        assert!(faults.alarms().is_empty());
        faults.not_understood(town, &NotUnderstood::Ended);
        let [Alarm::RegistryNotUnderstood { why, .. }] = &faults.alarms()[..] else {
            panic!("a key that is over is its operator's matter")
        };
        assert!(why.contains("its key is over"), "{why}");
    }

    #[test]
    fn an_alarm_stays_the_same_for_as_long_as_it_is_the_same_fault() {
        let (faults, town) = (Faults::default(), "312011".parse().unwrap());
        for times in 0..5 {
            faults.unreachable(town, format!("connection {times} refused"));
        }
        let why = "connection 0 refused".to_owned();
        assert_eq!(faults.alarms(), [Alarm::RegistryUnreachable { municipality: town, why }]);
        let future = |seconds| NotUnderstood::Future {
            as_of: Timestamp::from_second(900 + seconds).unwrap(),
            now: Timestamp::from_second(seconds).unwrap(),
        };
        faults.not_understood(town, &future(0));
        let told = faults.alarms();
        faults.not_understood(town, &future(7));
        assert_eq!(faults.alarms(), told);
        faults.not_understood(town, &NotUnderstood::OtherQuestion);
        assert_ne!(faults.alarms(), told, "another fault is another alarm");
        // Also one of the same form at another member.
        let form = |member: &str, column| NotUnderstood::Form {
            what: "the answer",
            is: "has a member that is missing, unknown, or not as it must be",
            line: 1,
            column,
            member: member.into(),
        };
        faults.not_understood(town, &form("persons[0].items.birth_date", 410));
        let told = faults.alarms();
        faults.not_understood(town, &form("persons[0].items.birth_date", 405));
        assert_eq!(faults.alarms(), told);
        faults.not_understood(town, &form("persons[0].items.name_kana", 440));
        assert_ne!(faults.alarms(), told);
    }
}
