//! The record of who asked what (law art. 17, 18): committed before the answer leaves.
//!
//! One task writes. What arrives while it waits for the disk is its next group, so that a
//! thousand agencies that ask at once cost a few commits.

use std::time::Duration;

use akashi_ledger::{Inquiry, Ledger, Responding};
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::Refusal;

/// The most inquiries of one commit; a single request may have a hundred.
const GROUP: usize = 1000;
/// The most requests that wait for their record; the next is told `tryLater` at once.
const WAITING: usize = 4096;

/// The inquiries of one request, waiting for their commit.
struct Waiting {
    inquiries: Vec<Inquiry>,
    now: Timestamp,
    recorded: oneshot::Sender<()>,
}

/// The way to the task that writes.
pub(crate) struct Recorder {
    queue: mpsc::Sender<Waiting>,
    patience: Duration,
}

impl Recorder {
    /// Starts the task; it ends when this is dropped and the last group is written.
    pub(crate) fn start(ledger: Ledger<Responding>, patience: Duration) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write(ledger, waiting));
        Self { queue, patience }
    }

    /// Returns when the inquiries are on record.
    pub(crate) async fn record(
        &self,
        inquiries: Vec<Inquiry>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (recorded, done) = oneshot::channel();
        let waiting = Waiting { inquiries, now, recorded };
        self.queue.try_send(waiting).map_err(|_| Refusal::NotRecorded)?;
        match tokio::time::timeout(self.patience, done).await {
            Ok(Ok(())) => Ok(()),
            // It may still be written: on record is then a question that had no answer.
            Ok(Err(_)) | Err(_) => Err(Refusal::NotRecorded),
        }
    }
}

async fn write(ledger: Ledger<Responding>, mut queue: mpsc::Receiver<Waiting>) {
    while let Some(first) = queue.recv().await {
        let mut now = first.now;
        let mut inquiries = first.inquiries;
        let mut recorded = vec![first.recorded];
        while inquiries.len() < GROUP {
            let Ok(next) = queue.try_recv() else { break };
            now = now.max(next.now);
            inquiries.extend(next.inquiries);
            recorded.push(next.recorded);
        }
        if ledger.record_inquiries(rand::random(), &inquiries, now).await.is_ok() {
            for one in recorded {
                let _ = one.send(());
            }
        }
    }
}
