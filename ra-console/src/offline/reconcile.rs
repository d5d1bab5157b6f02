//! Telling the authority what was done without it.

use akashi_wire::SerialNumber;
use akashi_wire::act::{Answer, Deed, Refusal};
use akashi_wire::journal::{Finding, Record};
use akashi_wire::octets::Octets;

use super::Journal;
use super::journal::Line;
use crate::{Desk, DeskError};

/// What came of telling one use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The token's count, where the line tells of a use.
    pub count: Option<u64>,
    /// The certificate that the card showed.
    pub serial: Option<SerialNumber>,
    /// What is wrong with it, by the authority.
    pub findings: Vec<Finding>,
    /// Why the authority could not read it; that is on record too.
    pub refused: Option<Refusal>,
}

/// Tells the authority everything of which it was not told yet, in order, and remembers it. Told
/// again, the authority answers as before.
///
/// # Errors
/// What was told up to the error stays told.
pub async fn reconcile(
    desk: &Desk,
    journal: &Journal,
    mut show: impl FnMut(&Told),
) -> Result<Vec<Told>, DeskError> {
    let mut all = Vec::new();
    let mut rest = journal.unreported();
    while !rest.is_empty() {
        let (lines, others) = rest.split_at(use_of(rest));
        rest = others;
        let count = lines[0].entry.as_ref().and_then(|entry| match entry.record {
            Record::Begun { count, .. } => Some(count),
            Record::Ended { .. } => None,
        });
        let mut told = Told { count, serial: None, findings: Vec::new(), refused: None };
        let octets = lines.iter().map(|line| Octets(line.message.clone())).collect();
        match desk.ask(Deed::ReportOffline { head: Some(journal.first()), lines: octets }).await {
            Ok(Answer::OfflineReported { serial, findings }) => {
                told = Told { serial, findings, ..told };
            }
            Ok(_) => return Err(DeskError::Answer("another answer to report_offline".into())),
            // A line that nobody can read, or that is not this authority's, must not keep those behind
            // it from being told.
            Err(DeskError::Refused(
                refusal @ (Refusal::Malformed { .. } | Refusal::OtherAuthority),
            )) => told.refused = Some(refusal),
            Err(DeskError::Beyond { what }) => told.refused = Some(Refusal::Malformed { what }),
            Err(error) => return Err(error),
        }
        show(&told);
        all.push(told);
        journal.reported(lines[lines.len() - 1].digest)?;
    }
    Ok(all)
}

/// How many lines at the beginning belong to one use.
fn use_of(lines: &[Line]) -> usize {
    let [first, second, ..] = lines else { return 1 };
    let (Some(begun), Some(ended)) = (&first.entry, &second.entry) else { return 1 };
    let follows = ended.before == first.digest
        && matches!(begun.record, Record::Begun { .. })
        && matches!(ended.record, Record::Ended { .. });
    if follows { 2 } else { 1 }
}
