//! Which agency asked about which certificate, for what purpose, and what it was told
//! (law art. 17, 18; shown to the holder on request).

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};

use akashi_wire::act::PartyId;
use jiff::Timestamp;

use akashi_wire::octets::Sha256;

use crate::change::BACKWARDS;
use crate::evidence;
use crate::right::Right;
use crate::row::Row;
use crate::store::{Value, args};
use crate::{Answers, Change, Issuing, Ledger, LedgerError, Position};

/// One question and its answer. Serial numbers and no names: no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// The agency.
    pub party: PartyId,
    /// Its notified purpose.
    pub purpose: String,
    /// The serial number, or the CRL's scope and number.
    pub asked: String,
    /// `good`, `revoked`, `unknown`, `crl`.
    pub answer: String,
    /// When.
    pub at: Timestamp,
}

impl<R: Answers> Ledger<R> {
    /// Adds what agencies asked, as one group; `random` tells it from others of the same moment.
    /// Nothing is answered before this has returned. It takes no place in the chain: the authority
    /// enters the group's digest a moment later.
    ///
    /// # Errors
    /// [`LedgerError::ClockBehind`] when `now` lies more than five seconds before the last entry of the
    /// chain: what is recorded would bear a wrong time.
    pub async fn record_inquiries(
        &self,
        random: [u8; 4],
        inquiries: &[Inquiry],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if inquiries.is_empty() {
            return Ok(());
        }
        let last = self.head_time().await?;
        if now + BACKWARDS < last {
            return Err(LedgerError::ClockBehind { now, last });
        }
        let group = group(now, random);
        let row = |(ordinal, inquiry): (i64, &Inquiry)| {
            args![
                &group,
                ordinal,
                inquiry.party.as_bytes(),
                inquiry.purpose.as_str(),
                inquiry.asked.as_str(),
                inquiry.answer.as_str(),
                inquiry.at,
            ]
        };
        let mut tx = self.store.begin().await?;
        tx.write(
            "INSERT INTO inquiry (group_id, ordinal, party, purpose, asked, answer, at)
             VALUES $rows",
            (0..).zip(inquiries).map(row).collect(),
        )
        .await?;
        tx.write("INSERT INTO inquiry_new (group_id) VALUES $rows", vec![args![&group]]).await?;
        tx.commit().await
    }
}

/// Names a group: groups of one process are in the order of their recording.
fn group(now: Timestamp, random: [u8; 4]) -> [u8; 16] {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let mut group = [0; 16];
    group[..8].copy_from_slice(&now.as_millisecond().to_be_bytes());
    group[8..12].copy_from_slice(&COUNTER.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    group[12..].copy_from_slice(&random);
    group
}

impl Ledger<Issuing> {
    /// Groups of inquiries that are not in the chain yet, at most so many.
    pub async fn new_inquiries(&self, limit: i64) -> Result<Vec<[u8; 16]>, LedgerError> {
        // A group that was entered is closed: its number said again enters nothing.
        let sql = "SELECT group_id FROM inquiry_new WHERE NOT EXISTS (
                     SELECT 1 FROM inquiry_entered
                     WHERE inquiry_entered.group_id = inquiry_new.group_id)
                   ORDER BY group_id LIMIT $1";
        let rows = self.store.rows(sql, args![limit]).await?;
        rows.iter().map(|row| row.get("group_id")).collect()
    }
}

impl Change {
    /// Enters groups of inquiries into the chain, with one entry for all of them; gives how many
    /// inquiries they hold.
    pub async fn enter_inquiries(&mut self, groups: &[[u8; 16]]) -> Result<usize, LedgerError> {
        self.require(Right::EnterInquiries)?;
        // Another tick may have been quicker: what it entered is entered once.
        let known = self
            .tx
            .rows_of(
                "SELECT group_id FROM inquiry_entered WHERE group_id IN ($keys)",
                groups.iter().map(Value::from),
            )
            .await?;
        let known: Result<Vec<[u8; 16]>, LedgerError> =
            known.iter().map(|row| row.get("group_id")).collect();
        let known = known?;
        let groups: Vec<[u8; 16]> =
            groups.iter().filter(|group| !known.contains(group)).copied().collect();
        let rows = self
            .tx
            .rows_of(
                "SELECT group_id, ordinal, party, purpose, asked, answer, at FROM inquiry
                 WHERE group_id IN ($keys) ORDER BY group_id, ordinal",
                groups.iter().map(Value::from),
            )
            .await?;
        let mut lines: BTreeMap<[u8; 16], Lines> = BTreeMap::new();
        for row in &rows {
            lines.entry(row.get("group_id")?).or_default().take(row, i64::MAX)?;
        }
        let all: Vec<u8> = lines.values().flat_map(|lines| lines.digest().0).collect();
        let count: i64 = lines.values().map(|lines| lines.count).sum();
        let subject = format!("{count} {}", Sha256::of(&all));
        let position = self.append("inquiries", &subject, None).await?;
        let row = |(group, lines): (&[u8; 16], &Lines)| {
            args![position.0, group, lines.count, &lines.digest().0]
        };
        self.record(&evidence::INQUIRY_ENTERED, lines.iter().map(row).collect()).await?;
        self.tx
            .rows_of(
                "DELETE FROM inquiry_new WHERE group_id IN ($keys)",
                groups.iter().map(Value::from),
            )
            .await?;
        Ok(count as usize)
    }
}

/// The lines of a group, in their order.
#[derive(Default)]
struct Lines {
    count: i64,
    text: String,
}

impl Lines {
    /// Takes the next line, where it is the next and there are to be so many: what was added out of its order, or
    /// after the group was entered, changes nothing of it ([`crate::derived`] tells of it).
    fn take(&mut self, row: &Row, most: i64) -> Result<(), LedgerError> {
        if row.get::<i64>("ordinal")? == self.count && self.count < most {
            self.text.push_str(&read(row)?.line());
            self.count += 1;
        }
        Ok(())
    }

    fn digest(&self) -> Sha256 {
        Sha256::of(self.text.as_bytes())
    }
}

impl Inquiry {
    /// As it goes into the digest of its group: JSON, in which no two inquiries are written alike.
    fn line(&self) -> String {
        let Self { party, purpose, asked, answer, at } = self;
        let fields = (party.to_string(), purpose, asked, answer, at.as_millisecond());
        serde_json::to_string(&fields).expect("texts and a number are JSON") + "\n"
    }
}

impl<R> Ledger<R> {
    /// Looks whether the groups that were entered into the chain are still what was entered.
    ///
    /// # Errors
    /// [`LedgerError::Chain`] names the entry whose inquiries were altered, added to, or lost.
    pub(crate) async fn verify_inquiries(&self) -> Result<(), LedgerError> {
        let entered = self
            .store
            .rows("SELECT group_id, position, count, digest FROM inquiry_entered", args![])
            .await?;
        let group_of = |row: &Row| {
            let is = (row.get("position")?, row.get("count")?, row.get("digest")?);
            Ok((row.get("group_id")?, is))
        };
        let mut entered: HashMap<[u8; 16], (Position, i64, Sha256)> =
            entered.iter().map(group_of).collect::<Result<_, LedgerError>>()?;
        let broken = |position: Position| LedgerError::Chain {
            position,
            what: "the inquiries that it entered are not those that are kept".into(),
        };
        let (mut group, mut lines) = (None, Lines::default());
        let mut most = 0;
        let sql = "SELECT group_id, ordinal, party, purpose, asked, answer, at FROM inquiry
                   ORDER BY group_id, ordinal";
        self.store
            .each(sql, args![], |row| {
                let own: [u8; 16] = row.get("group_id")?;
                if group != Some(own) {
                    is_entered(&mut entered, group, &lines).map_err(broken)?;
                    (group, lines) = (Some(own), Lines::default());
                    most = entered.get(&own).map_or(0, |(_, count, _)| *count);
                }
                lines.take(&row, most)
            })
            .await?;
        is_entered(&mut entered, group, &lines).map_err(broken)?;
        match entered.values().map(|(position, ..)| *position).min() {
            Some(position) => Err(broken(position)),
            None => Ok(()),
        }
    }
}

/// Strikes a group off those that were entered; gives the entry of one that is not what was entered.
fn is_entered(
    entered: &mut HashMap<[u8; 16], (Position, i64, Sha256)>,
    group: Option<[u8; 16]>,
    lines: &Lines,
) -> Result<(), Position> {
    match group.and_then(|group| entered.remove(&group)) {
        Some((position, count, digest)) if (count, digest) != (lines.count, lines.digest()) => {
            Err(position)
        }
        _ => Ok(()),
    }
}

fn read(row: &Row) -> Result<Inquiry, LedgerError> {
    Ok(Inquiry {
        party: row.get("party")?,
        purpose: row.get("purpose")?,
        asked: row.get("asked")?,
        answer: row.get("answer")?,
        at: row.get("at")?,
    })
}

impl<R> Ledger<R> {
    /// What was asked about one certificate, or one CRL, oldest first.
    pub async fn inquiries_about(&self, asked: &str) -> Result<Vec<Inquiry>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT party, purpose, asked, answer, at FROM inquiry WHERE asked = $1
                 ORDER BY at, group_id, ordinal",
                args![asked],
            )
            .await?;
        rows.iter().map(read).collect()
    }
}
