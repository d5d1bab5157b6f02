//! Whether the times of a journal make sense. The terminal's clock is nobody's but the terminal's: what
//! it says wrong is a finding, and the use is on record all the same.

use akashi_ledger::{Change, TimeQuality};
use akashi_wire::SignedMessage;
use akashi_wire::journal::{Entry, Finding, Head};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::signed::MessageKind;
use jiff::{SignedDuration, Timestamp};

use super::offline_resets::Told;
use super::{Counter, Halt};

/// A clock that is set right may go back by as much.
const BACK: SignedDuration = SignedDuration::from_mins(1);

/// When the journal of an entry was begun, by its own first line; `None` where this is another's.
pub(super) fn begun(head: &Octets, entry: &Entry) -> Option<Timestamp> {
    let message = SignedMessage::from_der(head.0.clone()).verify(MessageKind::JournalLine).ok()?;
    let read: Head = serde_json::from_slice(message.content()).ok()?;
    let is_its = Sha256::of(&head.0) == entry.journal && read.authority == entry.authority;
    is_its.then_some(read.at)
}

impl Counter {
    /// No line is of the future, none is older than its journal, and none goes back before the one
    /// before it.
    pub(super) async fn in_time(
        &self,
        change: &mut Change,
        told: &Told,
        begun: Option<Timestamp>,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Halt> {
        let skew = SignedDuration::from_secs(i64::from(self.issuer.rules.act_skew_seconds));
        // While nobody knows the time nothing is known to be of the future.
        let is_known = change.quality() != TimeQuality::NotWitnessed;
        let latest = if is_known { change.at() + skew } else { Timestamp::MAX };
        let last = change.last_line(told.first.journal).await?;
        // A line that is told of again, with another content, has no line before it.
        let last = last.filter(|last| last.line < told.first.line);
        let mut before = last.map(|last| last.at);
        if begun.is_none() {
            findings.push(Finding::NoBeginning);
        }
        for (line, at) in told.times.iter().copied() {
            if at > latest {
                findings.push(Finding::MadeInFuture { at });
            }
            if begun.is_some_and(|begun| at < begun - BACK) {
                findings.push(Finding::BeforeJournal { at });
            }
            if before.is_some_and(|before| at < before - BACK) {
                findings.push(Finding::TimeWentBack { line, at });
            }
            before = Some(at);
        }
        Ok(())
    }
}
