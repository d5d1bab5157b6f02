//! The CRL issuer (RFC 5280 §3): from the book to the shelf.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use akashi_edge::OwnOrders;
use akashi_keys::OfficerToken;
use akashi_ledger::{
    Authority, CrlRecord, Ledger, Listing, Position, Scope, StatusChange, StatusRow,
};
use akashi_lint::Lint;
use akashi_shelf::{Entry, Shelf, ShelfError, Stamp};
use akashi_wire::clock::Past;
use akashi_wire::octets::Sha256;
use akashi_wire::order::{Done, OrderDoor, OrderRefusal};
use akashi_wire::{Clock, MunicipalityCode, Order, Reading, pki};
use jiff::Timestamp;

use crate::list::{List, Lister};
use crate::schedule::{Cause, Situation, due};
use crate::signatory::Signatory;
use crate::tbs::Plan;
use crate::{CrlError, ListKey, Settings, gate, judge, write};

/// Rows of the book that are read at a time.
const ROWS: i64 = 1000;

/// Makes, judges and publishes the lists of one authority.
pub struct Issuer {
    ledger: Ledger<Listing>,
    orders: OwnOrders,
    key: ListKey,
    authority: Authority,
    /// Its last moment: no list is made after it.
    end: Timestamp,
    /// What it is asked before the key is: a list may take long to write.
    clock: Option<Arc<dyn Clock>>,
    signatory: Arc<Signatory>,
    lint: Arc<Lint>,
    points: BTreeMap<MunicipalityCode, Vec<u8>>,
    shelf: Shelf,
    settings: Settings,
    scopes: Mutex<Scopes>,
    /// One list at a time: two of one scope could overtake each other on the way to the shelf.
    issuing: tokio::sync::Mutex<()>,
}

/// What is known of every scope, up to a position in the book.
#[derive(Debug, Default)]
struct Scopes {
    known: BTreeMap<Scope, Situation>,
    followed: Position,
    /// Each newest list as a file: what hands it over must lie there until it is taken.
    lies: BTreeMap<Scope, Option<Stamp>>,
    /// Of the lists that were on the shelf at the start, and of which the book knows nothing.
    newest_unknown: Option<Timestamp>,
}

/// A list that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What it covers.
    pub scope: Scope,
    /// cRLNumber.
    pub number: i64,
    /// thisUpdate.
    pub this_update: Timestamp,
    /// nextUpdate.
    pub next_update: Timestamp,
    /// It holds the status up to this position.
    pub up_to: Position,
    /// How many are revoked.
    pub entries: usize,
    /// SHA-256 of the file.
    pub digest: Sha256,
    /// Octets in the file.
    pub length: u64,
}

/// What became of a list that was due.
#[derive(Debug)]
pub struct Outcome {
    /// Which.
    pub scope: Scope,
    /// Why it was due.
    pub cause: Cause,
    /// The list, or why there is none; the one before then stays where it is.
    pub result: Result<Published, CrlError>,
}

impl Issuer {
    /// Takes up the work: reads the authority from the book, holds the key against its
    /// certificate, and compares the shelf with the book.
    ///
    /// A file that was placed by a process that died before it could say so in the book is no
    /// different here from a lost or a changed one: its scope is due at once, and its number is
    /// burnt.
    pub async fn open(
        ledger: Ledger<Listing>,
        orders: Arc<dyn OrderDoor>,
        (key, token): (ListKey, Arc<OfficerToken>),
        dir: &Path,
        settings: Settings,
    ) -> Result<Self, CrlError> {
        if let Some(gap) = settings.gap() {
            return Err(CrlError::Settings(gap));
        }
        let authority = ledger.authority().await?;
        let end = pki::not_after(&authority.certificate);
        let signatory = Arc::new(key.signatory(&authority.certificate)?);
        let record = ledger.founding_record().await?;
        let lint = Arc::new(Lint::new(&authority.certificate, record.as_bytes())?);
        let points =
            ledger.distribution_points(authority.generation()).await?.into_iter().collect();
        let shelf = Shelf::open(dir, authority.generation())?;
        let issuer = Self {
            ledger,
            orders: OwnOrders::new(token, orders),
            key,
            authority,
            end,
            clock: None,
            signatory,
            lint,
            points,
            shelf,
            settings,
            scopes: Mutex::default(),
            issuing: tokio::sync::Mutex::default(),
        };
        issuer.take_stock().await?;
        Ok(issuer)
    }

    /// With a clock, at which it looks before the key signs a list that was begun in time.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The authority whose lists these are.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// thisUpdate of the newest list that was on the shelf at the start and that the book does not know, if its
    /// signature is ours: a book that was brought back from a backup is older than that, and so is no time.
    pub fn newest_unknown(&self) -> Option<Timestamp> {
        self.known().newest_unknown
    }

    /// Where the lists lie.
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// How often, for how long, how many.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The scopes for which there must be a list.
    pub fn scopes(&self) -> Vec<Scope> {
        let partitions = self.points.keys().map(|code| Scope::Partition(*code));
        partitions.chain([Scope::Complete, Scope::Authority]).collect()
    }

    /// Publishes everything that is due now, the most pressing first.
    pub async fn tick(&self, now: Timestamp) -> Result<Vec<Outcome>, CrlError> {
        let mut outcomes = Vec::new();
        while let Some(outcome) = self.step(now).await? {
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Publishes the one list that is most pressing now; `None` when nothing is due.
    ///
    /// One at a time, so that whoever has a clock can look at it between two: the book takes no
    /// time that lies far behind its last entry.
    ///
    /// # Errors
    /// When the book cannot be read. What goes wrong with the list is in the outcome.
    pub async fn step(&self, now: Timestamp) -> Result<Option<Outcome>, CrlError> {
        self.follow().await?;
        self.look_at_the_shelf();
        let brought_back = self.ledger.times().await?.brought_back;
        let most_pressing = {
            let scopes = self.known();
            let due = |(scope, known): (&Scope, &Situation)| {
                Some((due(*scope, known, brought_back, (now, self.end), &self.settings)?, *scope))
            };
            scopes.known.iter().filter_map(due).min()
        };
        let Some((cause, scope)) = most_pressing else { return Ok(None) };
        let result = self.publish(scope, now).await;
        if result.is_err() {
            let known = &mut self.known().known;
            known.entry(scope).or_default().rests_until = Some(now + self.settings.retry);
        }
        Ok(Some(Outcome { scope, cause, result }))
    }

    /// What the book knows of the time, where the clock must be told that gave this reading: while it is in doubt, and
    /// once the time was brought back. What rests until some time rests no more then: that may not come for a year.
    pub async fn past(&self, reading: &Reading) -> Option<Past> {
        let times = self.ledger.times().await.ok()?;
        let is_brought_back = times.brought_back.0 > reading.brought_back;
        if is_brought_back {
            self.known().known.values_mut().for_each(|known| known.rests_until = None);
        }
        if reading.doubt.is_none() && !is_brought_back {
            return None;
        }
        self.ledger.past().await.ok()
    }

    /// Publishes a list of a scope now, due or not.
    pub async fn publish(&self, scope: Scope, now: Timestamp) -> Result<Published, CrlError> {
        let _one_at_a_time = self.issuing.lock().await;
        let point = self.point(scope)?;
        // The head comes first: what the list holds is what was committed up to here, and
        // whatever is committed from now on makes the next one due.
        let up_to = self.ledger.head().await?;
        let last = self.ledger.listed_until(self.authority.generation(), scope).await?;
        let ended_before = last.unwrap_or(Timestamp::UNIX_EPOCH);

        let record = self.record(scope, up_to, now).await?;
        let list = Arc::new(self.list(scope, ended_before, up_to).await?);
        self.pass_gate(scope, &list, ended_before).await?;

        let plan = Plan {
            signatory: self.signatory.clone(),
            scope,
            point,
            number: record.number,
            this_update: record.this_update,
            next_update: record.next_update,
            list,
        };
        let (shelf, key) = (self.shelf.clone(), self.key.clone());
        let (lint, clock, end) = (self.lint.clone(), self.clock.clone(), self.end);
        let (plan, sound) = blocking(move || {
            let in_time = || match clock.map_or(now, |clock| clock.now()) > end {
                true => Err(CrlError::AuthorityOver { end }),
                false => Ok(()),
            };
            let sound = make(&plan, &lint, &shelf, &key, in_time)?;
            Ok((plan, sound))
        })
        .await?;
        self.confirm(scope, record.number, sound.digest, now).await?;
        self.note(scope, CrlRecord { digest: Some(sound.digest), ..record.clone() });

        let (shelf, keep) = (self.shelf.clone(), self.settings.keep);
        blocking(move || Ok(shelf.prune(scope, keep)?)).await?;
        Ok(Published {
            scope,
            number: record.number,
            this_update: record.this_update,
            next_update: record.next_update,
            up_to,
            entries: plan.list.entries.len(),
            digest: sound.digest,
            length: sound.length,
        })
    }

    fn point(&self, scope: Scope) -> Result<Option<Vec<u8>>, CrlError> {
        let Scope::Partition(code) = scope else { return Ok(None) };
        match self.points.get(&code) {
            Some(name) => Ok(Some(name.clone())),
            None => Err(CrlError::NoDistributionPoint(code)),
        }
    }

    async fn order(&self, order: Order, now: Timestamp) -> Result<Done, CrlError> {
        self.orders.give(order, now).await.map_err(CrlError::Order)
    }

    /// Has the number recorded, committed before the key is asked: after a power cut the book knows
    /// every number under which something may have been signed.
    async fn record(
        &self,
        scope: Scope,
        up_to: Position,
        now: Timestamp,
    ) -> Result<CrlRecord, CrlError> {
        let life = self.settings.life(scope).as_secs();
        let life = u32::try_from(life).unwrap_or(u32::MAX);
        let generation = self.authority.generation();
        let order = Order::RecordList { generation, scope, life, up_to: up_to.0 };
        match self.order(order, now).await? {
            Done::ListRecorded { number, this_update, next_update } => {
                Ok(CrlRecord { number, this_update, next_update, up_to, digest: None })
            }
            Done::Done => Err(CrlError::Order(OrderRefusal::Malformed)),
        }
    }

    /// Has it recorded that the list is on the shelf.
    async fn confirm(
        &self,
        scope: Scope,
        number: i64,
        digest: Sha256,
        now: Timestamp,
    ) -> Result<(), CrlError> {
        let generation = self.authority.generation();
        let order = Order::PublishList { generation, scope, number, digest };
        self.order(order, now).await.map(|_| ())
    }

    async fn list(
        &self,
        scope: Scope,
        ended_before: Timestamp,
        up_to: Position,
    ) -> Result<List, CrlError> {
        let municipality = match scope {
            // The book knows certificates of residents alone; an authority's own certificate ends
            // with the authority.
            Scope::Authority => return Ok(List::default()),
            Scope::Partition(code) => Some(code),
            Scope::Complete => None,
        };
        // An entry stays until it has been on one list that is later than its certificate's end
        // (RFC 5280 §3.3): whatever had not ended when the last list was made is on this one.
        let mut lister = Lister::default();
        self.ledger
            .each_change(self.authority.generation(), municipality, ended_before, up_to, |row| {
                lister.take(&row)
            })
            .await?;
        Ok(lister.finish())
    }

    /// Stops a list that lost something against the last one.
    async fn pass_gate(
        &self,
        scope: Scope,
        list: &Arc<List>,
        ended_before: Timestamp,
    ) -> Result<(), CrlError> {
        let (shelf, compared) = (self.shelf.clone(), list.clone());
        let missing = blocking(move || {
            Ok(shelf.read_newest(scope, |previous| gate::missing(previous, &compared))?)
        })
        .await?
        .unwrap_or_default();
        let mut vanished: Vec<Entry> = Vec::new();
        for entry in missing {
            // A number that the book does not know at all did not end: the book lost it.
            let end = self.ledger.listed_end(entry.serial).await?;
            if end.is_none_or(|end| end >= ended_before) {
                vanished.push(entry);
            }
        }
        match vanished[..] {
            [] => Ok(()),
            [first, ..] => {
                Err(CrlError::Vanished { scope, serial: first.serial, count: vanished.len() })
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Scopes> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, scope: Scope, published: CrlRecord) {
        let lies = self.shelf.stamp_of(scope, published.number);
        let mut scopes = self.known();
        scopes.lies.insert(scope, lies);
        let known = scopes.known.entry(scope).or_default();
        known.published = Some(published);
        known.on_shelf = true;
        known.rests_until = None;
    }

    /// What was lost or changed on the shelf since it was put there is made anew: nobody may have taken it yet.
    fn look_at_the_shelf(&self) {
        let Scopes { known, lies, .. } = &mut *self.known();
        for (scope, situation) in known.iter_mut().filter(|(_, situation)| situation.on_shelf) {
            let newest = situation.published.as_ref().map(|list| list.number);
            let now = newest.and_then(|number| self.shelf.stamp_of(*scope, number));
            situation.on_shelf = now.is_some() && lies.get(scope) == Some(&now);
        }
    }

    /// Compares the book with the shelf, once, at the beginning.
    async fn take_stock(&self) -> Result<(), CrlError> {
        let head = self.ledger.head().await?;
        for scope in self.scopes() {
            let published = self.ledger.published_crl(self.authority.generation(), scope).await?;
            let shelf = self.shelf.clone();
            let facts = blocking(move || Ok(shelf.facts(scope))).await?;
            let on_shelf = matches!((&published, facts), (Some(published), Some(facts))
                if published.number == facts.number && published.digest == Some(facts.digest));
            let newest = self.ledger.newest_number(self.authority.generation(), scope).await?;
            // One whose number the book gave, and of which it heard no more, is of this book's own time.
            let unknown = facts.filter(|facts| !on_shelf && facts.number > newest);
            if let Some(facts) = unknown {
                let (shelf, signatory) = (self.shelf.clone(), self.signatory.clone());
                let is_ours = move || Ok(shelf.is_signed(scope, &signatory.public_key));
                let is_ours = blocking(is_ours).await?;
                let mut known = self.known();
                let newest = Some(facts.this_update).filter(|_| is_ours);
                known.newest_unknown = known.newest_unknown.max(newest);
            }
            let number = published.as_ref().map(|list| list.number);
            let lies = number.and_then(|number| self.shelf.stamp_of(scope, number));
            self.known().lies.insert(scope, lies);
            let mut situation = Situation { published, on_shelf, ..Situation::default() };
            if let Scope::Partition(code) = scope {
                let up_to = situation.published.as_ref().map_or(Position(0), |last| last.up_to);
                if let Some((changed, urgent)) = self
                    .ledger
                    .newest_change(self.authority.generation(), Some(code), up_to)
                    .await?
                {
                    situation.changed = changed;
                    situation.urgent = if urgent { changed } else { Position(0) };
                }
            }
            self.known().known.insert(scope, situation);
        }
        self.known().followed = head;
        Ok(())
    }

    /// Hears what changed since it was last asked. Positions come in the order of commits, so
    /// nothing at or before the head can still appear (docs/decisions/0004).
    async fn follow(&self) -> Result<(), CrlError> {
        let head = self.ledger.head().await?;
        let mut followed = self.known().followed;
        while followed < head {
            let rows = self.ledger.status_after(followed, ROWS).await?;
            let last = rows.last().filter(|_| rows.len() as i64 == ROWS).map(|row| row.position);
            followed = last.unwrap_or(head).max(followed);
            let mut scopes = self.known();
            let generation = self.authority.generation();
            let own = rows.iter().filter(|row| row.generation == generation);
            own.for_each(|row| scopes.hear(row));
            scopes.followed = followed;
        }
        Ok(())
    }
}

impl Scopes {
    fn hear(&mut self, row: &StatusRow) {
        if row.change == StatusChange::Issued {
            return;
        }
        // A municipality without a distribution point gets a situation too: it is due, cannot be
        // published, and says so every minute.
        let partition = self.known.entry(Scope::Partition(row.municipality)).or_default();
        partition.changed = partition.changed.max(row.position);
        if row.reason.is_urgent() {
            partition.urgent = partition.urgent.max(row.position);
        }
    }
}

/// Writes, judges, signs, reads back, judges again, and gives the file its place; in this order, so
/// that nothing is signed and no name ever points to what was not judged.
fn make(
    plan: &Plan,
    lint: &Lint,
    shelf: &Shelf,
    key: &ListKey,
    in_time: impl FnOnce() -> Result<(), CrlError>,
) -> Result<judge::Sound, CrlError> {
    let Plan { scope, number, .. } = *plan;
    let previous = shelf.numbers(scope)?.first().copied();
    let (mut out, beside) = shelf.beside(scope, number)?;
    let made = || {
        let failed = ShelfError::file(&beside);
        write::write(plan, &mut out, &failed, |unsigned| {
            let linted = judge::before(lint, plan, previous, &beside, unsigned)?;
            in_time()?;
            Ok(key.sign(linted)?)
        })?;
        drop(out);
        let sound = judge::after(lint, plan, &beside)?;
        shelf.place(&beside, scope, number)?;
        Ok(sound)
    };
    made().inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

/// Runs what hashes, signs or waits for the disk off the threads that answer requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CrlError> + Send + 'static,
) -> Result<T, CrlError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ShelfError::BrokenOff)?
}
