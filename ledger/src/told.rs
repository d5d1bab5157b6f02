//! What entries of the chain told, held against the rows that keep it: what became of each event of the inbox,
//! which keys share a prime, which nights were compared, and who said that the clock is right.
//!
//! The rows are read and written by everyday work; the entries are evidence. Both are read once from end to end.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use akashi_wire::SerialNumber;
use akashi_wire::act::PartyId;

use crate::derived::{Difference, MOST};
use crate::idou::InboxState;
use crate::row::Row;
use crate::store::args;
use crate::{Ledger, LedgerError, ReadsAll};

/// What the entries told, of each thing the newest.
#[derive(Default)]
struct Told {
    /// Of `SOURCE SEQUENCE`: what became of it, and in which words. By their hashes: a prefecture has many.
    events: HashMap<u64, (InboxState, u64)>,
    /// Of a certificate: the position at which its key was found to share a prime.
    shared: BTreeMap<String, i64>,
    /// Days whose comparison was begun: by which entry, and whether it was ended.
    nights: BTreeMap<String, (i64, bool)>,
    /// Acts that say that the clock is right: by whom, and where.
    acceptances: BTreeSet<(String, i64)>,
    /// Events of which this round's entries told, by their hashes.
    news: HashSet<u64>,
    /// Whether this round's entries told of anything else.
    finds_anew: bool,
    hasher: RandomState,
}

impl Told {
    fn hash(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }

    fn begin_round(&mut self) {
        self.news.clear();
        self.finds_anew = false;
    }

    fn is_news(&self, which: &str) -> bool {
        self.news.contains(&self.hash(which))
    }

    fn take(&mut self, row: &Row) -> Result<(), LedgerError> {
        let (verb, subject): (String, String) = (row.get("verb")?, row.get("subject")?);
        let position: i64 = row.get("position")?;
        self.finds_anew |= InboxState::from_name(&verb).is_none();
        match verb.as_str() {
            "share_prime" => {
                self.shared.insert(subject, position);
            }
            "begin_comparison" => {
                self.nights.insert(subject, (position, false));
            }
            "end_comparison" => {
                let day = subject.split(' ').next().unwrap_or_default();
                if let Some((_, is_ended)) = self.nights.get_mut(day) {
                    *is_ended = true;
                }
            }
            "accept_clock" => {
                let actor: String = row.get("actor")?;
                let party = actor.split([':', '@']).nth(1).unwrap_or_default();
                self.acceptances.insert((party.to_owned(), position));
            }
            event => {
                let Some(state) = InboxState::from_name(event) else { return Ok(()) };
                let end = subject.match_indices(' ').nth(1).map_or(subject.len(), |(at, _)| at);
                let (which, result) = subject.split_at(end);
                let (which, result) = (self.hash(which), self.hash(result.trim_start()));
                self.events.insert(which, (state, result));
                self.news.insert(which);
            }
        }
        Ok(())
    }
}

/// Notes differences of one kind, a few.
struct Found<'d> {
    table: &'static str,
    what: &'static str,
    left: i64,
    all: &'d mut Vec<Difference>,
}

impl<'d> Found<'d> {
    fn new(all: &'d mut Vec<Difference>, table: &'static str, what: &'static str) -> Self {
        Self { table, what, left: MOST, all }
    }

    fn tell(&mut self, which: String) {
        if self.left > 0 {
            self.left -= 1;
            self.all.push(Difference { table: self.table, what: self.what, which });
        }
    }
}

impl<R: ReadsAll> Ledger<R> {
    /// Holds what is kept of what the chain told against what it told. Rows are read after entries, and again for as
    /// long as there are newer entries: work goes on meanwhile, and whatever it wrote has an entry by then.
    pub(crate) async fn verify_told(
        &self,
        differences: &mut Vec<Difference>,
    ) -> Result<(), LedgerError> {
        let (mut told, mut head) = (Told::default(), 0);
        self.hear(&mut told, &mut head).await?;
        let mut odd = Vec::new();
        self.store
            .each("SELECT source, sequence, state, result FROM idou", args![], |row| {
                let (state, which) = (row.get::<InboxState>("state")?, event_of(&row)?);
                if !told.agrees(state, &which, row.maybe::<String>("result")?) {
                    odd.push(which);
                }
                Ok(())
            })
            .await?;
        let mut found = self.findings_but(&told).await?;
        let mut wrong = Vec::new();
        // A row that was found odd and of which the chain has told nothing since is wrong; of which it has, it is read
        // again. Whatever else goes on meanwhile is no reason to wait.
        while !(odd.is_empty() && found.is_empty()) {
            told.begin_round();
            self.hear(&mut told, &mut head).await?;
            let (newer, final_ones): (Vec<_>, Vec<_>) =
                odd.into_iter().partition(|which| told.is_news(which));
            wrong.extend(final_ones);
            odd = Vec::new();
            for which in newer {
                if !self.event_agrees(&told, &which).await? {
                    odd.push(which);
                }
            }
            if told.finds_anew {
                found = self.findings_but(&told).await?;
            } else {
                differences.append(&mut found);
            }
        }
        let what = "the chain does not say that this became of it";
        let mut events = Found::new(differences, "idou", what);
        wrong.into_iter().for_each(|which| events.tell(which));
        Ok(())
    }

    /// Reads the entries after `head`, and moves it.
    async fn hear(&self, told: &mut Told, head: &mut i64) -> Result<(), LedgerError> {
        let sql = "SELECT position, actor, verb, subject FROM audit WHERE position > $1 AND verb IN
                   ('settled', 'scheduled', 'held_back', 'withdrawn', 'replaced', 'share_prime',
                    'begin_comparison', 'end_comparison', 'accept_clock') ORDER BY position";
        let after = *head;
        self.store
            .each(sql, args![after], |row| {
                *head = row.get::<i64>("position")?;
                told.take(&row)
            })
            .await
    }

    async fn event_agrees(&self, told: &Told, which: &str) -> Result<bool, LedgerError> {
        let (source, sequence) = which.split_once(' ').unwrap_or_default();
        let sql = "SELECT state, result FROM idou WHERE source = $1 AND sequence = $2";
        let sequence: i64 = sequence.parse().unwrap_or_default();
        let row = self.store.row(sql, args![source, sequence]).await?;
        // Sent again in another form, it waits under the same number.
        let Some(row) = row else { return Ok(true) };
        Ok(told.agrees(row.get("state")?, which, row.maybe::<String>("result")?))
    }

    /// What is kept of primes, nights and clocks otherwise than it was told.
    async fn findings_but(&self, told: &Told) -> Result<Vec<Difference>, LedgerError> {
        let mut all = Vec::new();
        let differences = &mut all;
        let mut shared = told.shared.clone();
        let rows = self.store.rows("SELECT serial, position FROM shared_prime", args![]).await?;
        let mut found = Found::new(differences, "shared_prime", "the chain does not tell of it");
        for row in &rows {
            let serial = row.get::<SerialNumber>("serial")?.to_string();
            if shared.remove(&serial) != Some(row.get("position")?) {
                found.tell(serial);
            }
        }
        let what = "the chain tells of it, and nobody is warned any more";
        let mut found = Found::new(differences, "shared_prime", what);
        shared.into_keys().for_each(|serial| found.tell(serial));

        let mut nights = told.nights.clone();
        let rows = self.store.rows("SELECT day, up_to, ended_at FROM comparison", args![]).await?;
        let mut found =
            Found::new(differences, "comparison", "the chain tells otherwise of this night");
        for row in &rows {
            let day: String = row.get("day")?;
            let is_ended = row.maybe::<i64>("ended_at")?.is_some();
            // All keys up to a place before its own entry, and no further.
            let up_to: i64 = row.get("up_to")?;
            let as_told = nights
                .remove(&day)
                .is_some_and(|(begun, ended)| ended == is_ended && (0..begun).contains(&up_to));
            if !as_told {
                found.tell(day);
            }
        }
        nights.into_keys().for_each(|day| found.tell(day));

        let rows = self
            .store
            .rows("SELECT position, party, decides FROM clock_acceptance", args![])
            .await?;
        let mut found = Found::new(
            differences,
            "clock_acceptance",
            "it was not signed, or not by two, that the clock is right",
        );
        for row in &rows {
            let (doubt, party): (i64, PartyId) = (row.get("position")?, row.get("party")?);
            let party = party.to_string();
            let signed: BTreeSet<&str> = told
                .acceptances
                .iter()
                .filter(|(_, at)| *at > doubt)
                .map(|(who, _)| who.as_str())
                .collect();
            let decides = row.get::<i64>("decides")? > 0;
            if !signed.contains(party.as_str()) || decides && signed.len() < 2 {
                found.tell(party);
            }
        }
        Ok(all)
    }
}

impl Told {
    /// Whether a row may say this of an event. One that waits says nothing that could be wrong: it is settled again.
    fn agrees(&self, state: InboxState, which: &str, result: Option<String>) -> bool {
        let told = self.events.get(&self.hash(which));
        match state {
            InboxState::Waiting => true,
            // Its row keeps what was said of it before.
            InboxState::Replaced => told.is_some_and(|(told, _)| *told == state),
            _ => {
                let result = self.hash(result.as_deref().unwrap_or_default());
                told == Some(&(state, result))
            }
        }
    }
}

fn event_of(row: &Row) -> Result<String, LedgerError> {
    let (source, sequence): (String, i64) = (row.get("source")?, row.get("sequence")?);
    Ok(format!("{source} {sequence}"))
}
