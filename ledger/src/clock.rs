//! A machine's clock in doubt: since when, who says that it is right all the same, and how what was
//! recorded meanwhile is to be read.

use akashi_wire::SignedMessage;
use akashi_wire::clock::{Doubt, Mark, Past};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use jiff::{SignedDuration, Timestamp};

use crate::audit::{TimeQuality, marked};
use crate::evidence;
use crate::right::Right;
use crate::row::Row;
use crate::store::{args, damaged};
use crate::{Change, Ledger, LedgerError, Position, ReadsAll};

/// Persons who must accept a clock that is in doubt.
const PERSONS: usize = 2;

/// The doubt that nothing has ended yet.
const NEWEST: &str = "SELECT clock_doubt.position, unwitnessed, ahead, audit.at,
                      (SELECT MAX(machine) FROM clock_acceptance WHERE decides = 1
                       AND clock_acceptance.position = clock_doubt.position) AS accepted
                      FROM clock_doubt JOIN audit ON audit.position = clock_doubt.position
                      WHERE clock_doubt.position > (SELECT COALESCE(MAX(position), 0) FROM clock_trust)
                      ORDER BY clock_doubt.position DESC LIMIT 1";

/// The newest signed head after an entry.
const SIGNED: &str =
    "SELECT message FROM audit_signature WHERE position > $1 ORDER BY position DESC LIMIT 1";

/// A doubt as it stands in the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockDoubt {
    /// Its entry.
    pub position: Position,
    /// The time of the entry.
    pub at: Timestamp,
    /// What is in doubt, and by how much, when it was recorded.
    pub doubt: Doubt,
    /// What the machine's clock said when the second of two persons said that it is right.
    pub accepted: Option<Timestamp>,
}

/// After a start a clock was accepted a while ago: what it says now may be later by so much, and by no more.
const ACCEPTED_FOR: SignedDuration = SignedDuration::from_hours(1);

impl ClockDoubt {
    /// Whether this is the same doubt as then: of the same kind, and the clock has not been moved since by
    /// more than what two clocks drift apart, 500 ppm and two seconds.
    pub fn is(&self, doubt: &Doubt, now: Timestamp) -> bool {
        let drift = SignedDuration::from_secs(2) + now.duration_since(self.at).abs() / 2000;
        let moved = doubt.ahead().saturating_sub(self.doubt.ahead()).abs();
        // One that is waited for comes nearer.
        let (then, now) = (self.doubt.ahead(), doubt.ahead());
        let comes_nearer =
            then < SignedDuration::ZERO && then <= now && now <= SignedDuration::ZERO;
        self.doubt.is_unwitnessed() == doubt.is_unwitnessed() && (moved <= drift || comes_nearer)
    }
}

impl ClockDoubt {
    /// Whether two persons have said of this very clock that it is right. After a start in another life of the machine
    /// nothing says how long it was stopped since: it is the clock that they accepted if it says no earlier time than
    /// then, nor a much later one.
    pub fn is_accepted(&self, doubt: &Doubt, now: Timestamp) -> bool {
        let Some(accepted) = self.accepted else { return false };
        let machine = now.saturating_add(doubt.ahead()).unwrap_or(Timestamp::MAX);
        let since = machine.duration_since(accepted);
        let both_unwitnessed = self.doubt.is_unwitnessed() && doubt.is_unwitnessed();
        self.is(doubt, now)
            || both_unwitnessed && SignedDuration::from_secs(-2) <= since && since <= ACCEPTED_FOR
    }

    /// What the machine's clock says now.
    pub(crate) fn machine(&self, now: Timestamp) -> Timestamp {
        now.saturating_add(self.doubt.ahead()).unwrap_or(Timestamp::MAX)
    }

    /// Whether what was signed then was signed by a clock that agrees with the machine's.
    pub fn agrees(&self, made_at: Timestamp, now: Timestamp, skew: SignedDuration) -> bool {
        made_at.duration_since(self.machine(now)).abs() <= skew
    }

    /// Whether what was signed then may be of now, since it is our time that may be wrong: of what the machine's
    /// clock says, or, while nobody knows the time, of any later one.
    pub fn may_be_of_now(&self, made_at: Timestamp, now: Timestamp, skew: SignedDuration) -> bool {
        match self.doubt {
            Doubt::Differs { .. } => self.agrees(made_at, now, skew),
            Doubt::Unwitnessed { .. } => now.duration_since(made_at) <= skew,
        }
    }
}

fn read(row: &Row) -> Result<ClockDoubt, LedgerError> {
    let ahead = SignedDuration::from_millis(row.get("ahead")?);
    let doubt = match row.get::<i64>("unwitnessed")? {
        0 => Doubt::Differs { ahead },
        _ => Doubt::Unwitnessed { ahead },
    };
    let accepted = row.maybe("accepted")?;
    Ok(ClockDoubt { position: row.get("position")?, at: row.get("at")?, doubt, accepted })
}

impl<R: ReadsAll> Ledger<R> {
    /// The doubt that has not ended.
    pub async fn clock_doubt(&self) -> Result<Option<ClockDoubt>, LedgerError> {
        let row = self.store.row(NEWEST, args![]).await?;
        row.as_ref().map(read).transpose()
    }
}

/// What the times in the book are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Whether what is recorded now bears a time that somebody knows.
    pub are_known: bool,
    /// The newest entry that says how others before it are to be read: whoever read those before it reads them
    /// anew.
    pub shifted: Position,
    /// The newest entry that brought a time back: what was known of the time before it is of another.
    pub brought_back: Position,
}

/// How what was recorded by a time that nobody knew, or by one that was wrong, is to be read; what governs first comes
/// first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shifts(Vec<Shift>);

/// From which entry on, before which, by how many milliseconds later, and as no later than when.
#[derive(Debug, Clone, Copy)]
struct Shift {
    first: i64,
    until: i64,
    later: i64,
    latest: i64,
}

impl Shifts {
    /// A time of the entry at this position, in milliseconds, as it is to be read.
    pub(crate) fn read(&self, position: i64, at: i64) -> i64 {
        let is_of = |one: &&Shift| one.first <= position && position < one.until;
        self.0.iter().find(is_of).map_or(at, |one| (at + one.later).min(one.latest))
    }
}

impl<R> Ledger<R> {
    /// How what was recorded in a doubt is to be read, as far as that has ended.
    pub(crate) async fn shifts(&self) -> Result<Shifts, LedgerError> {
        // A time that was brought back was wrong whatever was said of it before.
        let sql =
            "SELECT 1 AS governs, position, first, until, -back AS later, latest FROM clock_back
                   UNION ALL
                   SELECT 0, position, first, position, shift, at FROM clock_trust WHERE shift > 0
                   ORDER BY 1 DESC, 2 DESC";
        let rows = self.store.rows(sql, args![]).await?;
        let shift = |row: &Row| {
            let (first, until) = (row.get("first")?, row.get("until")?);
            Ok(Shift { first, until, later: row.get("later")?, latest: row.get("latest")? })
        };
        rows.iter().map(shift).collect::<Result<_, LedgerError>>().map(Shifts)
    }

    /// Whether what is recorded now bears a time that somebody knows.
    pub async fn is_time_known(&self) -> Result<bool, LedgerError> {
        Ok(self.times().await?.are_known)
    }

    /// What the times in the book are worth now.
    pub async fn times(&self) -> Result<Times, LedgerError> {
        let sql = "SELECT quality, brought_back,
                   (SELECT COALESCE(MAX(position), 0) FROM clock_trust WHERE shift > 0) AS shifted
                   FROM chain_head WHERE one = 1";
        let row = self.store.row(sql, args![]).await?;
        let row = row.ok_or_else(|| damaged("chain_head", "no row"))?;
        let are_known = row.get::<TimeQuality>("quality")? != TimeQuality::NotWitnessed;
        let brought_back: Position = row.get("brought_back")?;
        let shifted = row.get::<Position>("shifted")?.max(brought_back);
        Ok(Times { are_known, shifted, brought_back })
    }

    /// What the book knows of the time: its newest entry's, and the mark that the scheduler signed last with
    /// the chain.
    pub async fn past(&self) -> Result<Past, LedgerError> {
        let sql = "SELECT quality, brought_back, at FROM chain_head WHERE one = 1";
        let row =
            self.store.row(sql, args![]).await?.ok_or_else(|| damaged("chain_head", "no row"))?;
        let brought_back: Position = row.get("brought_back")?;
        // Whoever asks goes on from here; a change looks whether that is so still.
        let _ = self.check_brought_back(brought_back);
        // What was signed before that is a mark of the wrong time.
        let signed = self.store.row(SIGNED, args![brought_back.0]).await?;
        let mark = match signed {
            Some(row) => self.mark_of(row.get("message")?).await?,
            None => None,
        };
        let in_doubt = row.get::<TimeQuality>("quality")? != TimeQuality::Trusted;
        Ok(Past { latest: row.get("at")?, mark, in_doubt, brought_back: brought_back.0 })
    }

    /// What somebody else signed, or nobody can read, is no mark.
    pub(crate) async fn mark_of(&self, message: Vec<u8>) -> Result<Option<Mark>, LedgerError> {
        let message = SignedMessage::from_der(message).verify(MessageKind::ChainHead);
        let Ok(message) = message else { return Ok(None) };
        let signer = Sha256::of(message.signer());
        let sql = "SELECT enrolment.role FROM party_key
                   JOIN enrolment ON enrolment.party = party_key.party
                   WHERE party_key.fingerprint = $1";
        let row = self.store.row(sql, args![&signer.0]).await?;
        let role = row.map(|row| row.get::<String>("role")).transpose()?;
        let log = serde_json::to_string(&Role::Log).expect("a role is JSON");
        Ok(if role == Some(log) { marked(&message) } else { None })
    }
}

impl Change {
    /// Puts the machine's clock in doubt. Whoever accepted it before accepted another time, and is asked
    /// again.
    pub async fn doubt_clock(&mut self, doubt: &Doubt) -> Result<(), LedgerError> {
        self.require(Right::DoubtClock)?;
        self.values_time(match doubt {
            Doubt::Differs { .. } => TimeQuality::Kept,
            Doubt::Unwitnessed { .. } => TimeQuality::NotWitnessed,
        });
        let ahead = i64::try_from(doubt.ahead().as_millis()).unwrap_or(i64::MAX);
        let subject = format!("{:+} s", doubt.ahead().as_secs());
        let Position(position) = self.append("doubt_clock", &subject, None).await?;
        let row = args![position, i64::from(doubt.is_unwitnessed()), ahead];
        self.record(&evidence::CLOCK_DOUBT, vec![row]).await
    }

    /// Ends the doubt: what was told meanwhile was so much behind. What nobody witnessed is to be read as so much
    /// later, but not as later than this. What was kept by what passes stands as it was published: a date that
    /// somebody has relied on is not moved.
    pub async fn trust_clock(&mut self, behind: SignedDuration) -> Result<(), LedgerError> {
        self.require(Right::TrustClock)?;
        let sql = "SELECT COALESCE(MIN(position), 0) AS first,
                   COALESCE(MIN(CASE WHEN unwitnessed = 1 THEN position END), 0) AS unwitnessed
                   FROM clock_doubt
                   WHERE position > (SELECT COALESCE(MAX(position), 0) FROM clock_trust)";
        let row = self.tx.row(sql, args![]).await?;
        let row = row.ok_or_else(|| damaged("clock_doubt", "no row"))?;
        let (kept, first): (i64, i64) = (row.get("first")?, row.get("unwitnessed")?);
        let behind = i64::try_from(behind.as_millis()).unwrap_or(0).max(0);
        self.values_time(TimeQuality::Trusted);
        let subject = match (behind, first) {
            (0, _) => String::new(),
            (_, 0) => format!("entries from {kept} on are {behind} ms earlier than they were"),
            _ => format!("entries from {first} on are to be read {behind} ms later"),
        };
        let Position(position) = self.append("trust_clock", &subject, None).await?;
        let shift = if first == 0 { 0 } else { behind };
        self.record(&evidence::CLOCK_TRUST, vec![args![position, first, shift, self.at()]]).await
    }

    /// The person who signed says that the machine's clock is right; with the second one it is believed.
    /// Said while nothing is in doubt it counts for nothing.
    ///
    /// # Errors
    /// [`LedgerError::ClockBehind`] where the machine's clock stands before what is recorded: no word makes
    /// it right.
    pub async fn accept_clock(&mut self) -> Result<(), LedgerError> {
        let row = self.tx.row(NEWEST, args![]).await?;
        let Some(found) = row.as_ref().map(read).transpose()? else {
            return self.require(Right::AcceptClock);
        };
        self.accept_machine(&found, found.machine(self.at())).await
    }

    /// The same of a clock that says this now.
    pub(crate) async fn accept_machine(
        &mut self,
        found: &ClockDoubt,
        machine: Timestamp,
    ) -> Result<(), LedgerError> {
        self.require(Right::AcceptClock)?;
        if machine < self.last_written() {
            return Err(LedgerError::ClockBehind { now: machine, last: self.last_written() });
        }
        let Position(position) = found.position;
        let terminal = self.permit.terminal();
        self.tx
            .execute(
                "INSERT INTO clock_acceptance (position, party, terminal, at, machine, decides)
                 VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (position, party)
                 DO UPDATE SET terminal = excluded.terminal, at = excluded.at,
                 machine = excluded.machine",
                args![position, self.permit.party().as_bytes(), terminal, self.at(), machine],
            )
            .await?;
        let sql = "SELECT party, terminal, at, machine FROM clock_acceptance WHERE position = $1";
        let rows = self.tx.rows(sql, args![position]).await?;
        let mut persons = 0;
        for row in &rows {
            // Of another setting of it, or of long ago, it says nothing.
            let since = machine.duration_since(row.get("machine")?);
            if since < -ACCEPTED_FOR / 60 || since > ACCEPTED_FOR {
                continue;
            }
            // Who was dismissed or suspended since, or was at a machine that was, has said nothing.
            let (party, terminal) = (row.get("party")?, row.maybe("terminal")?);
            persons += usize::from(self.still_counts(party, terminal, row.get("at")?).await?);
        }
        if persons < PERSONS {
            return Ok(());
        }
        let sql = "UPDATE clock_acceptance SET decides = 1 WHERE position = $1 AND party = $2";
        let row = args![position, self.permit.party().as_bytes()];
        self.tx.execute(sql, row).await.map(|_| ())
    }

    /// Ends a doubt that stands, and says of nothing that it is to be read as later.
    pub(crate) async fn end_doubt_unshifted(&mut self) -> Result<(), LedgerError> {
        if self.tx.row(NEWEST, args![]).await?.is_none() {
            return Ok(());
        }
        let Position(position) = self.append("trust_clock", "", None).await?;
        self.record(&evidence::CLOCK_TRUST, vec![args![position, 0i64, 0i64, self.at()]]).await
    }

    /// The first entry, and its time, since which nobody knew the time, where that was never ended.
    pub(crate) async fn open_unwitnessed(
        &mut self,
    ) -> Result<Option<(Position, Timestamp)>, LedgerError> {
        let sql = "SELECT clock_doubt.position, audit.at FROM clock_doubt
                   JOIN audit ON audit.position = clock_doubt.position
                   WHERE unwitnessed = 1 AND clock_doubt.position >
                     (SELECT COALESCE(MAX(position), 0) FROM clock_trust)
                   ORDER BY clock_doubt.position LIMIT 1";
        let row = self.tx.row(sql, args![]).await?;
        row.map(|row| Ok((row.get("position")?, row.get("at")?))).transpose()
    }

    pub(crate) async fn held_clock(&mut self) -> Result<Option<Position>, LedgerError> {
        let row = self.tx.row(NEWEST, args![]).await?;
        Ok(row.as_ref().map(read).transpose()?.map(|found| found.position))
    }
}
