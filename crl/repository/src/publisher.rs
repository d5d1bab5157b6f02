//! From the list issuer's shelf to the public one (RFC 5280 §5): each list is read again before it is published.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use akashi_ledger::{Authority, CrlRecord, Ledger, Position, Publishing, Scope};
use akashi_lint::{Lint, ListExpected, ListScope, Listed};
use akashi_shelf::{Facts, Shelf, ShelfError, Stamp, is_signed};
use akashi_wire::clock::Past;
use akashi_wire::octets::Sha256;
use akashi_wire::{Reading, pki};
use jiff::Timestamp;

use crate::settings::RETRY;
use crate::{PublishError, Settings};

/// Publishes what the list issuer of one authority hands over.
pub struct Publisher {
    ledger: Ledger<Publishing>,
    authority: Authority,
    public_key: Vec<u8>,
    lint: Arc<Lint>,
    scopes: Vec<Scope>,
    handed_over: Shelf,
    public: Shelf,
    keep: usize,
    seen: Mutex<Seen>,
}

/// How far the book was looked at, and what lies on the public shelf.
#[derive(Debug, Default)]
struct Seen {
    head: Option<Position>,
    public: BTreeMap<Scope, Known>,
}

/// What is known of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// This file lies on the shelf, as it must where this is the newest list of the book.
    Lies(Option<Stamp>, List),
    /// What must lie there could not be put there: not before then again, as this machine counts.
    RestsUntil(Duration),
}

/// A list by its number and the digest of its file.
type List = (i64, Option<Sha256>);

/// What became of a list that was handed over.
#[derive(Debug)]
pub struct Publication {
    /// Which.
    pub scope: Scope,
    /// Its cRLNumber.
    pub number: i64,
    /// Why it is not published, where it is not.
    pub result: Result<(), PublishError>,
}

impl Publisher {
    /// Takes what lies on the shelf in `from` to the one in `to`, both as [`Shelf`] has them.
    ///
    /// # Errors
    /// [`PublishError::Ledger`] where the book cannot be read, [`PublishError::Settings`].
    pub async fn open(
        ledger: Ledger<Publishing>,
        (from, to): (&Path, &Path),
        settings: &Settings,
    ) -> Result<Self, PublishError> {
        if let Some(fault) = settings.fault() {
            return Err(PublishError::Settings(fault));
        }
        let authority = ledger.authority().await?;
        let record = ledger.founding_record().await?;
        let lint = Arc::new(Lint::new(&authority.certificate, record.as_bytes())?);
        let generation = authority.generation();
        let points = ledger.distribution_points(generation).await?;
        let partitions = points.into_iter().map(|(code, _)| Scope::Partition(code));
        let scopes = partitions.chain([Scope::Complete, Scope::Authority]).collect();
        let public_key =
            pki::public_key(&authority.certificate).ok_or(PublishError::Certificate)?;
        Ok(Self {
            handed_over: Shelf::at(from, generation),
            public: Shelf::open(to, generation)?,
            keep: settings.keep,
            ledger,
            authority,
            public_key,
            lint,
            scopes,
            seen: Mutex::default(),
        })
    }

    /// The authority whose lists these are.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Of what there are lists.
    pub fn scopes(&self) -> Vec<Scope> {
        self.scopes.clone()
    }

    /// thisUpdate of the newest list on the public shelf that the book does not know, if its signature is the
    /// authority's: a book that was brought back from a backup is older than that, and so is no time.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub async fn newest_unknown(&self) -> Result<Option<Timestamp>, PublishError> {
        let mut newest = None;
        for scope in self.scopes.iter().copied() {
            let known = self.ledger.newest_number(self.authority.generation(), scope).await?;
            let (public, lint, key) =
                (self.public.clone(), self.lint.clone(), self.public_key.clone());
            let look = move || {
                let lies = public.facts(scope).filter(|lies| lies.number > known)?;
                is_ours((&lint, &key), &public, scope, &lies).then_some(lies.this_update)
            };
            let unknown =
                tokio::task::spawn_blocking(look).await.map_err(|_| ShelfError::BrokenOff)?;
            newest = newest.max(unknown);
        }
        Ok(newest)
    }

    /// Publishes everything that was handed over and is not on the public shelf as it must be, whether it is new, was
    /// lost or was changed. `now` counts the life of this machine: the time may be brought back.
    ///
    /// # Errors
    /// When the book cannot be read and nothing was done. What goes wrong with a list is in its publication.
    pub async fn tick(&self, now: Duration) -> Result<Vec<Publication>, PublishError> {
        // The head comes first: whatever is recorded from now on is looked at the next time.
        let head = self.ledger.head().await?;
        let is_new = self.seen().head != Some(head);
        let mut publications = Vec::new();
        for scope in self.scopes.iter().copied() {
            match self.look_at(scope, is_new, now).await {
                Ok(publication) => publications.extend(publication),
                // What was published before is told all the same; the rest is looked at again.
                Err(_) if !publications.is_empty() => return Ok(publications),
                Err(error) => return Err(error),
            }
        }
        self.seen().head = Some(head);
        Ok(publications)
    }

    /// Looks at one scope, where the book or the public shelf may have changed.
    async fn look_at(
        &self,
        scope: Scope,
        is_new: bool,
        now: Duration,
    ) -> Result<Option<Publication>, PublishError> {
        let (lies, known) = (self.public.stamp(scope), self.seen().public.get(&scope).copied());
        let (list_before, had_failed) = match known {
            Some(Known::RestsUntil(until)) if now < until => return Ok(None),
            Some(Known::RestsUntil(_)) => (None, true),
            Some(Known::Lies(then, list)) if lies.is_some() && then == lies => (Some(list), false),
            _ => (None, false),
        };
        if list_before.is_some() && !is_new {
            return Ok(None);
        }
        let record = self.ledger.published_crl(self.authority.generation(), scope).await?;
        let Some(record) = record else { return Ok(None) };
        let (number, list) = (record.number, (record.number, record.digest));
        if list_before == Some(list) {
            return Ok(None);
        }
        let result = self.see_to(scope, record).await;
        let known = match &result {
            Ok(_) => Known::Lies(self.public.stamp(scope), list),
            Err(_) => Known::RestsUntil(now.saturating_add(RETRY)),
        };
        self.seen().public.insert(scope, known);
        Ok(match result {
            Ok(false) if !had_failed => None,
            // It may have been put there by what failed after that.
            Ok(_) => Some(Publication { scope, number, result: Ok(()) }),
            Err(error) => Some(Publication { scope, number, result: Err(error) }),
        })
    }

    /// What the book knows of the time, where the clock must be told that gave this reading: while it is in doubt, and
    /// once the time was brought back.
    pub async fn past(&self, reading: &Reading) -> Option<Past> {
        let times = self.ledger.times().await.ok()?;
        if reading.doubt.is_none() && times.brought_back.0 <= reading.brought_back {
            return None;
        }
        self.ledger.past().await.ok()
    }

    /// Puts the list of this record on the public shelf; gives whether it had to.
    async fn see_to(&self, scope: Scope, record: CrlRecord) -> Result<bool, PublishError> {
        let (handed_over, public) = (self.handed_over.clone(), self.public.clone());
        let (lint, key, keep) = (self.lint.clone(), self.public_key.clone(), self.keep);
        let publishing = move || {
            let judge = Judge { lint: &lint, public_key: &key, scope, record: &record };
            match judge.is_published(&public)? {
                true => Ok(false),
                false => judge.publish(&handed_over, &public, keep).map(|()| true),
            }
        };
        tokio::task::spawn_blocking(publishing).await.map_err(|_| ShelfError::BrokenOff)?
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds a file against what the book says of the list with this number.
struct Judge<'a> {
    lint: &'a Lint,
    public_key: &'a [u8],
    scope: Scope,
    record: &'a CrlRecord,
}

impl Judge<'_> {
    /// Whether the public shelf has this list.
    ///
    /// # Errors
    /// [`PublishError::Later`] where it has a later one of the authority's, which a book from a backup does not know:
    /// what agencies have seen is not taken away from them.
    fn is_published(&self, public: &Shelf) -> Result<bool, PublishError> {
        let (scope, number) = (self.scope, self.record.number);
        let Some(lies) = public.facts(scope) else { return Ok(false) };
        if lies.number == number {
            return Ok(self.record.digest == Some(lies.digest));
        }
        match lies.number > number && is_ours((self.lint, self.public_key), public, scope, &lies) {
            true => Err(PublishError::Later { scope, number, lies: lies.number }),
            false => Ok(false),
        }
    }

    /// Copies it beside its place, reads the copy to its end, and only then gives it its names.
    fn publish(&self, from: &Shelf, to: &Shelf, keep: usize) -> Result<(), PublishError> {
        let (scope, number) = (self.scope, self.record.number);
        let (mut copy, beside) = to.beside(scope, number)?;
        let mut published = || {
            copied(&from.numbered(scope, number), (&mut copy, &beside))?;
            self.judge(&beside)?;
            to.place(&beside, scope, number)?;
            Ok::<_, PublishError>(())
        };
        published().inspect_err(|_| {
            let _ = fs::remove_file(&beside);
        })?;
        // It is published; what is too old is taken away the next time.
        if let Err(error) = to.prune(scope, keep) {
            tracing::warn!(target: "repository", "{error}");
        }
        Ok(())
    }

    fn judge(&self, file: &Path) -> Result<(), PublishError> {
        let (scope, number) = (self.scope, self.record.number);
        let expected = ListExpected {
            scope: Some(list_scope(scope)),
            previous: None,
            number: Some(number),
            this_update: Some(self.record.this_update.as_second()),
            next_update: Some(self.record.next_update.as_second()),
        };
        let failed = ShelfError::file(file);
        let report = self
            .lint
            .list(File::open(file).map_err(&failed)?, &expected, |_: Listed<'_>| {})
            .map_err(&failed)?;
        if self.record.digest != Some(Sha256(report.digest)) {
            return Err(PublishError::OtherOctets { scope, number });
        }
        if !is_signed(self.public_key, &report.signed, &report.signature.unwrap_or_default()) {
            return Err(PublishError::Signature { scope, number });
        }
        match report.findings.is_empty() {
            true => Ok(()),
            false => Err(PublishError::Lint { scope, number, findings: report.findings }),
        }
    }
}

/// No list is longer, in octets: a prefecture's has 100 million.
const LONGEST: u64 = 1 << 30;

/// Copies a file that was handed over. Whoever hands over is not believed: what is no file, or lies elsewhere behind a
/// link, or does not end, is not read.
fn copied(from: &Path, (copy, to): (&mut File, &Path)) -> Result<(), ShelfError> {
    let (unread, unwritten) = (ShelfError::file(from), ShelfError::file(to));
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let source = File::options().read(true).custom_flags(flags).open(from).map_err(&unread)?;
    let metadata = source.metadata().map_err(&unread)?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        let what = "it is no file, or longer than any list".into();
        return Err(ShelfError::Damaged { file: from.into(), what });
    }
    std::io::copy(&mut source.take(LONGEST), copy).map_err(&unwritten)?;
    Ok(())
}

/// Whether the current list of a scope, of which this is known, is the authority's and keeps its profile.
fn is_ours((lint, key): (&Lint, &[u8]), public: &Shelf, scope: Scope, lies: &Facts) -> bool {
    let Ok(file) = File::open(public.current(scope)) else { return false };
    let (scope, number) = (Some(list_scope(scope)), Some(lies.number));
    let expected = ListExpected { scope, number, ..ListExpected::default() };
    lint.list(file, &expected, |_: Listed<'_>| {}).is_ok_and(|report| {
        let signature = report.signature.unwrap_or_default();
        report.findings.is_empty() && is_signed(key, &report.signed, &signature)
    })
}

fn list_scope(scope: Scope) -> ListScope {
    match scope {
        Scope::Partition(code) => ListScope::Partition(code),
        Scope::Complete => ListScope::Complete,
        Scope::Authority => ListScope::Authority,
    }
}
