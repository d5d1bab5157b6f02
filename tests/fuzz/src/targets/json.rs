//! JSON that comes in: acts, look-ups, what a desk is answered.

use akashi_ca::AboutAuthority;
use akashi_wire::act::{Answer, Deed, Refusal};
use akashi_wire::lookup::{LookUpAnswer, LookUpEnvelope, LookUpRequest};
use akashi_wire::time::TimeAnswer;
use akashi_wire::time_word::TimeWord;
use akashi_wire::{Act, CodeOpening};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads, writes, and reads again; gives what was read.
fn read<T: DeserializeOwned + Serialize>(octets: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(octets).ok()?;
    let written = serde_json::to_vec(&value).expect("what is read can be written");
    let again: T = serde_json::from_slice(&written).expect("what is written can be read");
    assert_eq!(serde_json::to_vec(&again).expect("JSON"), written, "the same");
    Some(value)
}

/// An act.
pub fn act(octets: &[u8]) {
    let Some(act) = read::<Act>(octets) else { return };
    assert!(!act.deed.verb().is_empty());
    let about_a_case = !matches!(
        act.deed,
        Deed::OpenCase { .. }
            | Deed::Enrol { .. }
            | Deed::Prolong { .. }
            | Deed::StopRecovery { .. }
            | Deed::Dismiss { .. }
            | Deed::AcceptClock
            | Deed::SignForAlarm { .. }
            | Deed::List { .. }
            | Deed::Suspend { .. }
            | Deed::Lift { .. }
            | Deed::Release { .. }
            | Deed::HandOver { .. }
            | Deed::Countersign { .. }
            | Deed::Outcome { .. }
            | Deed::Review
            | Deed::ReportOffline { .. }
            | Deed::RegisterCards { .. }
            | Deed::PreviewRecall { .. }
            | Deed::ProposeRecall { .. }
            | Deed::ConfirmRecall { .. }
    );
    assert_eq!(act.deed.case().is_some(), about_a_case);
    // Debug output goes into logs and panics, and must work for whatever was accepted.
    assert!(!format!("{act:?}").is_empty());
}

/// A question of the authority, and the registry's answer; and what is said of the time.
pub fn look_up(octets: &[u8]) {
    read::<TimeAnswer>(octets);
    read::<TimeWord>(octets);
    read::<LookUpRequest>(octets);
    read::<LookUpAnswer>(octets);
    read::<LookUpEnvelope>(octets);
    if let Some(opening) = read::<CodeOpening>(octets)
        && let Some(code) = opening.open(&opening.commitment())
    {
        assert!(code.expose().iter().all(u8::is_ascii_digit));
    }
}

/// What an authority tells a desk. A refusal has a sentence, whatever its facts are.
pub fn desk_answer(octets: &[u8]) {
    read::<Answer>(octets);
    read::<AboutAuthority>(octets);
    if let Some(refusal) = read::<Refusal>(octets) {
        assert!(!refusal.to_string().is_empty());
    }
}
