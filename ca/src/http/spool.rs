//! Bodies of batches. Large ones: one of each sender at a time, on the disk while they come, and one of all in memory.

use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use akashi_wire::octets::Sha256;
use axum::body::Body;
use futures::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A body up to here stays in memory.
const SMALL: usize = 256 * 1024;

/// Where large bodies wait.
#[derive(Debug, Clone)]
pub struct Spool {
    dir: Arc<Path>,
    senders: Arc<Mutex<HashSet<Sha256>>>,
    in_memory: Arc<Semaphore>,
}

/// Why there is no body.
#[derive(Debug)]
pub enum NoBody {
    /// Another large one of this sender's is on its way.
    OneAtATime,
    /// It is longer than what is taken.
    TooLong,
    /// It did not come in time.
    Late,
    /// It came, and others are being taken for so long.
    Busy,
    /// The connection broke off, or what came is no body.
    BrokenOff,
    /// It could not be kept.
    Disk(std::io::Error),
}

/// A body that has come. While it is large it keeps all others out of memory.
pub struct Spooled {
    octets: Vec<u8>,
    _turn: Option<(OwnedSemaphorePermit, Sending)>,
}

impl Deref for Spooled {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.octets
    }
}

/// A sender who sends, until it is dropped.
struct Sending {
    senders: Arc<Mutex<HashSet<Sha256>>>,
    sender: Sha256,
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.sender);
    }
}

impl Spool {
    /// Large ones come into files of this directory, which have no names.
    pub fn over(dir: &Path) -> Self {
        let in_memory = Arc::new(Semaphore::new(1));
        Self { dir: dir.into(), senders: Arc::default(), in_memory }
    }

    /// The whole body of a sender, within these limits of length (octets) and time.
    pub async fn whole(
        &self,
        sender: Sha256,
        body: Body,
        (limit, time): (usize, Duration),
    ) -> Result<Spooled, NoBody> {
        let coming = tokio::time::timeout(time, self.comes(sender, body, limit));
        let (octets, large) = coming.await.map_err(|_| NoBody::Late)??;
        let Some((file, sending)) = large else {
            return Ok(Spooled { octets, _turn: None });
        };
        let turn = self.in_memory.clone().acquire_owned();
        let turn = tokio::time::timeout(time, turn).await.map_err(|_| NoBody::Busy)?;
        let turn = turn.expect("nobody closes it");
        let octets = tokio::task::spawn_blocking(move || read(file))
            .await
            .map_err(|error| NoBody::Disk(std::io::Error::other(error)))?
            .map_err(NoBody::Disk)?;
        Ok(Spooled { octets, _turn: Some((turn, sending)) })
    }

    /// What comes: in memory, or, where it is large, in a file that has no name.
    async fn comes(
        &self,
        sender: Sha256,
        body: Body,
        limit: usize,
    ) -> Result<(Vec<u8>, Option<(std::fs::File, Sending)>), NoBody> {
        let (mut octets, mut length) = (Vec::new(), 0);
        let mut large: Option<(tokio::fs::File, Sending)> = None;
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| NoBody::BrokenOff)?;
            length += piece.len();
            if length > limit {
                return Err(NoBody::TooLong);
            }
            octets.extend_from_slice(&piece);
            if octets.len() > SMALL {
                let (file, _) = match &mut large {
                    Some(large) => large,
                    none => {
                        let sending = self.sends(sender)?;
                        let unnamed = tempfile::tempfile_in(&*self.dir).map_err(NoBody::Disk)?;
                        none.insert((tokio::fs::File::from_std(unnamed), sending))
                    }
                };
                file.write_all(&octets).await.map_err(NoBody::Disk)?;
                octets.clear();
            }
        }
        let Some((mut file, sending)) = large else { return Ok((octets, None)) };
        file.write_all(&octets).await.map_err(NoBody::Disk)?;
        file.flush().await.map_err(NoBody::Disk)?;
        Ok((Vec::new(), Some((file.into_std().await, sending))))
    }

    /// Of a sender one large body is on its way.
    fn sends(&self, sender: Sha256) -> Result<Sending, NoBody> {
        let senders = self.senders.clone();
        let is_first = senders.lock().unwrap_or_else(PoisonError::into_inner).insert(sender);
        match is_first {
            true => Ok(Sending { senders, sender }),
            false => Err(NoBody::OneAtATime),
        }
    }
}

fn read(mut file: std::fs::File) -> std::io::Result<Vec<u8>> {
    let mut octets = Vec::with_capacity(usize::try_from(file.metadata()?.len()).unwrap_or(0));
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut octets)?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: (usize, Duration) = (4 * SMALL, Duration::from_secs(5));

    fn sender(number: u8) -> Sha256 {
        Sha256::of(&[number])
    }

    /// A body in pieces, as one comes over a network.
    fn body(octets: &[u8]) -> Body {
        let pieces: Vec<_> = octets.chunks(16 * 1024).map(|piece| Ok(piece.to_vec())).collect();
        Body::from_stream(futures::stream::iter(
            pieces.into_iter().map(|piece: std::io::Result<Vec<u8>>| piece),
        ))
    }

    #[tokio::test]
    async fn a_body_comes_as_it_was_sent_however_long_it_is_up_to_its_limit() {
        let spool = Spool::over(&std::env::temp_dir());
        for length in [0, 1, SMALL, SMALL + 1, 3 * SMALL + 17, 4 * SMALL] {
            let sent: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let come = spool.whole(sender(1), body(&sent), LIMITS).await;
            assert!(*come.ok().unwrap() == *sent, "{length}");
        }
        let long = vec![0; 4 * SMALL + 1];
        let refused = spool.whole(sender(1), body(&long), LIMITS).await;
        assert!(matches!(refused.map(|_| ()), Err(NoBody::TooLong)));
    }

    #[tokio::test]
    async fn a_sender_has_one_on_its_way_and_of_all_large_ones_one_is_in_memory() {
        let spool = Spool::over(&std::env::temp_dir());
        let large = vec![7; 2 * SMALL];
        let first = spool.whole(sender(1), body(&large), LIMITS).await.ok().unwrap();
        let second = spool.whole(sender(1), body(&large), LIMITS).await;
        assert!(matches!(second.map(|_| ()), Err(NoBody::OneAtATime)));
        assert!(spool.whole(sender(1), body(b"small"), LIMITS).await.is_ok());
        let soon = (LIMITS.0, Duration::from_millis(100));
        let waits = spool.whole(sender(2), body(&large), soon).await;
        assert!(matches!(waits.map(|_| ()), Err(NoBody::Busy)));
        assert!(
            spool.whole(sender(2), body(b"small"), soon).await.is_ok(),
            "a small one is no burden"
        );
        drop(first);
        assert!(spool.whole(sender(2), body(&large), soon).await.is_ok());
        let silent = Body::from_stream(futures::stream::pending::<std::io::Result<Vec<u8>>>());
        let late = spool.whole(sender(1), silent, soon).await;
        assert!(matches!(late.map(|_| ()), Err(NoBody::Late)));
        assert!(spool.whole(sender(1), body(b"again"), soon).await.is_ok());
    }
}
