//! What a source has to report: events in sequence, kept so that they can be sent again.

use akashi_wire::Idou;
use akashi_wire::batch::Opening;
use akashi_wire::octets::Sha256;

/// The events of one source, from sequence 1 on and without a gap.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    events: Vec<(Idou, Opening)>,
    sent: usize,
    previous: Option<Sha256>,
}

impl Outbox {
    /// The sequence that the next event will have.
    pub fn next_sequence(&self) -> u64 {
        self.events.len() as u64 + 1
    }

    /// How many events have been put into a batch.
    pub fn sent(&self) -> u64 {
        self.sent as u64
    }

    /// How many events wait for a batch.
    pub fn waiting(&self) -> u64 {
        (self.events.len() - self.sent) as u64
    }

    /// Every event, sent or waiting.
    pub fn events(&self) -> &[(Idou, Opening)] {
        &self.events
    }

    /// SHA-256 of the signed form of the batch made last.
    pub fn previous(&self) -> Option<Sha256> {
        self.previous
    }

    pub(crate) fn push(&mut self, event: Idou, opening: Opening) {
        debug_assert_eq!(event.sequence, self.next_sequence());
        self.events.push((event, opening));
    }

    /// The next events to send, at most so many, and the sequence of the first.
    pub(crate) fn due(&self, max: usize) -> (u64, &[(Idou, Opening)]) {
        let end = self.events.len().min(self.sent.saturating_add(max));
        (self.sent() + 1, &self.events[self.sent..end])
    }

    /// Events that were sent, to be sent again; `None` if not all of them were.
    pub(crate) fn sent_before(&mut self, first: u64, count: u32) -> Option<&mut [(Idou, Opening)]> {
        let start = usize::try_from(first.checked_sub(1)?).ok()?;
        let end = start.checked_add(count as usize)?;
        self.events[..self.sent].get_mut(start..end)
    }

    /// Notes that a batch was made, `fresh` of whose events had never been sent.
    pub(crate) fn made(&mut self, digest: Sha256, fresh: usize) {
        self.sent += fresh;
        self.previous = Some(digest);
    }
}
