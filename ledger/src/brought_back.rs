//! A time that has not come yet, brought back; and what persons say of the time at the authority's host.
//!
//! A clock that ran ahead and was believed leaves entries whose time lies in the future. Nothing can be recorded until
//! that has come, and lists and answers bear it. Two persons bring the time back: the entries stay as they are, one more
//! says which of them bear a wrong time and how they are to be read, and the book goes on from now. What it read in
//! another way before is read anew by whoever follows it ([`crate::Times`]); a program that knows nothing of it writes
//! nothing any more ([`LedgerError::BroughtBack`]).

use std::collections::BTreeSet;

use akashi_wire::act::PartyId;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::time_word::{AGREES, Saying, TimeWord};
use akashi_wire::{Alarm, SerialNumber, Verified};
use jiff::{SignedDuration, Timestamp};

use crate::change::BACKWARDS;
use crate::evidence;
use crate::permit::Permit;
use crate::right::Right;
use crate::row::Row;
use crate::store::{args, damaged};
use crate::wrong_times::{Here, WrongTimes};
use crate::{Change, Issuing, Ledger, LedgerError, Position};

/// Between a start that did not know the time and two persons at the host, with the authority stopped.
const LONGEST_STOP: SignedDuration = SignedDuration::from_hours(24);

/// Something that was certified by a time that was brought back, and begins only then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginsLater {
    /// A resident's certificate.
    Certificate(SerialNumber, Timestamp),
    /// The key of a party.
    Party(PartyId, Timestamp),
}

impl Ledger<Issuing> {
    /// Stops whoever goes on by a time that was brought back since this was opened, though there is nothing to write.
    ///
    /// # Errors
    /// [`LedgerError::BroughtBack`].
    pub async fn goes_on_by_its_time(&self) -> Result<(), LedgerError> {
        let row =
            self.store.row("SELECT brought_back FROM chain_head WHERE one = 1", args![]).await?;
        let row = row.ok_or_else(|| damaged("chain_head", "no row"))?;
        self.check_brought_back(row.get("brought_back")?)
    }

    /// What was certified by a time that was brought back and has not begun, but for what ended since; a hundred of
    /// each at most.
    pub async fn begins_later(&self, now: Timestamp) -> Result<Vec<BeginsLater>, LedgerError> {
        let sql = "SELECT DISTINCT certificate.serial, certificate.not_before FROM clock_back
                   JOIN certificate ON certificate.position >= clock_back.first
                   AND certificate.position < clock_back.until
                   JOIN living ON living.serial = certificate.serial
                   WHERE certificate.not_before > $1 ORDER BY certificate.serial LIMIT 100";
        let certificates = self.store.rows(sql, args![now]).await?;
        let certificate =
            |row: &Row| Ok(BeginsLater::Certificate(row.get("serial")?, row.get("not_before")?));
        let sql = "SELECT DISTINCT party_key.party, party_key.certified_at FROM clock_back
                   JOIN party_key ON party_key.position >= clock_back.first
                   AND party_key.position < clock_back.until
                   LEFT JOIN dismissal ON dismissal.party = party_key.party
                   WHERE party_key.certified_at > $1 AND dismissal.party IS NULL
                   ORDER BY party_key.party LIMIT 100";
        let parties = self.store.rows(sql, args![now]).await?;
        let party = |row: &Row| Ok(BeginsLater::Party(row.get("party")?, row.get("certified_at")?));
        certificates.iter().map(certificate).chain(parties.iter().map(party)).collect()
    }

    /// Brings the time back, as two persons said at the host, of whom one at least is a security officer: gives which
    /// entries bore a wrong one.
    ///
    /// # Errors
    /// [`LedgerError::TakesTwo`] for fewer; [`LedgerError::NotAsItStands`] where they speak of another book, of another
    /// state of it, or of one whose time has come; [`LedgerError::TimesDiffer`] where a person's clock is not this
    /// machine's; whatever is wrong with a signer.
    pub async fn bring_back(
        &self,
        words: &[Verified],
        here: &Here,
    ) -> Result<WrongTimes, LedgerError> {
        let said = self.said_at_the_host(words, here, Right::BringBack).await?;
        let officers = said.iter().filter(|one| *one.permit.role() == Role::SecurityOfficer);
        let (true, [one, ..]) = (officers.count() > 0, &said[..]) else {
            return Err(LedgerError::TakesTwo);
        };
        let Saying::BringBack { first, head, hash } = one.word.says else {
            return Err(LedgerError::NotAsItStands);
        };
        if said.iter().any(|other| other.word.says != one.word.says) {
            return Err(LedgerError::NotAsItStands);
        }
        let wrong = self.wrong_times(here, Some(Position(first))).await?;
        let wrong = wrong.filter(|wrong| (wrong.head.0, wrong.hash) == (head, hash));
        let wrong = wrong.ok_or(LedgerError::NotAsItStands)?;
        let mut change = self.begin_back(&one.permit, here.wall, &wrong).await?;
        let keys: BTreeSet<Sha256> = said.iter().map(|one| one.permit.certificate()).collect();
        change.check_enrolled(keys).await?;
        change.bring_back(&wrong, words, &said).await?;
        change.commit().await?;
        self.know_brought_back(Position(wrong.head.0 + 1));
        Ok(wrong)
    }

    /// Writes down that these persons said at the host that the machine's clock is right. With two, at the door or
    /// here, it is believed. `now` is the time that is kept.
    ///
    /// # Errors
    /// As [`Ledger::bring_back`], but for one word that is enough to be noted; [`LedgerError::ClockBehind`] where that
    /// clock stands before what is recorded: then the time is brought back.
    pub async fn accept_clock_at_the_host(
        &self,
        words: &[Verified],
        here: &Here,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        for (message, said) in
            words.iter().zip(self.said_at_the_host(words, here, Right::AcceptClock).await?)
        {
            let found = self.clock_doubt().await?.ok_or(LedgerError::NotAsItStands)?;
            let last = self.head_time().await?;
            if here.wall + BACKWARDS < last {
                return Err(LedgerError::ClockBehind { now: here.wall, last });
            }
            let Saying::Right { doubt } = said.word.says else {
                return Err(LedgerError::NotAsItStands);
            };
            // Of a clock that was set since there is nothing to accept: the next start says what is in doubt.
            let moved = here.wall.duration_since(found.machine(now));
            let stopped = if found.doubt.is_unwitnessed() { LONGEST_STOP } else { AGREES };
            if found.position.0 != doubt || moved < -AGREES || moved > stopped {
                return Err(LedgerError::NotAsItStands);
            }
            let mut change = self.begin(&said.permit, now).await?;
            change.accept_machine(&found, here.wall).await?;
            let position = change.append("accept_clock", "at the host", None).await?;
            let row = args![position.0, said.permit.party().as_bytes(), message.message()];
            change.record(&evidence::TIME_WORD, vec![row]).await?;
            change.commit().await?;
        }
        Ok(())
    }

    /// What was signed, by persons who may say so, each once, by clocks that agree with the machine's.
    async fn said_at_the_host(
        &self,
        words: &[Verified],
        here: &Here,
        right: Right,
    ) -> Result<Vec<Said>, LedgerError> {
        let authority = self.authority().await?.fingerprint();
        let mut said: Vec<Said> = Vec::new();
        for message in words {
            let (word, permit) = self.permit_time_word(message, here.wall, right).await?;
            if word.authority != authority {
                return Err(LedgerError::NotAsItStands);
            }
            if word.time.duration_since(here.wall).abs() > AGREES {
                return Err(LedgerError::TimesDiffer { said: word.time, machine: here.wall });
            }
            if said.iter().any(|one| one.permit.party() == permit.party()) {
                return Err(LedgerError::TakesTwo);
            }
            said.push(Said { word, permit });
        }
        if right == Right::BringBack && said.len() < 2 {
            return Err(LedgerError::TakesTwo);
        }
        Ok(said)
    }
}

/// A person's word, and what may be written by it.
struct Said {
    word: TimeWord,
    permit: Permit,
}

impl Change {
    async fn bring_back(
        &mut self,
        wrong: &WrongTimes,
        words: &[Verified],
        said: &[Said],
    ) -> Result<(), LedgerError> {
        self.require(Right::BringBack)?;
        let WrongTimes { first, head, exact, back, begun, .. } = wrong;
        let back = i64::try_from(back.as_millis()).map_err(|_| LedgerError::NotAsItStands)?;
        let subject = match exact.0 > head.0 {
            true => format!("entries {first} to {head} bear a time that had not come"),
            false => format!(
                "entries {first} to {head} bear a time that had not come; from {exact} on one that is {back} ms ahead"
            ),
        };
        let position = self.append("bring_back_clock", &subject, None).await?;
        let row = |first: i64, until: i64, back: i64, latest: Timestamp| {
            args![position.0, first, until, back, latest]
        };
        let mut rows = Vec::new();
        // What was said to be read as later is that still, as long as it has come by then.
        let sql = "SELECT position, first, shift, at FROM clock_trust
                   WHERE shift > 0 AND position >= $1 AND first < $2 ORDER BY first";
        let mut next = *first;
        let (exact, now) = (Position(exact.0.min(position.0)), self.at());
        for trust in &self.tx.rows(sql, args![first.0, exact.0]).await? {
            let (shift, said): (i64, Timestamp) = (trust.get("shift")?, trust.get("at")?);
            let (from, until): (Position, Position) = (trust.get("first")?, trust.get("position")?);
            if from < *first {
                let latest = if until >= *first { now } else { said.min(now) };
                rows.push(row(from.0, first.0.min(until.0), -shift, latest));
            }
            let (from, until) = (from.max(*first).max(next), until.min(exact));
            if from > next {
                rows.push(row(next.0, from.0, 0, *begun));
            }
            if until > from {
                rows.push(row(from.0, until.0, -shift, said.min(*begun)));
                next = until;
            }
        }
        if exact > next {
            rows.push(row(next.0, exact.0, 0, *begun));
        }
        if exact.0 < position.0 {
            rows.push(row(exact.0, position.0, back, now));
        }
        // What came before, and nobody knew the time of, nobody ever said of how much later it was: it was by now.
        if let Some((doubt, at)) = self.open_unwitnessed().await?.filter(|(at, _)| at < first) {
            let later = i64::try_from(now.duration_since(at).as_millis()).unwrap_or(i64::MAX);
            rows.push(row(doubt.0, first.0, -later, now));
        }
        self.record(&evidence::CLOCK_BACK, rows).await?;
        let word = |(message, said): (&Verified, &Said)| {
            args![position.0, said.permit.party().as_bytes(), message.message()]
        };
        let rows = words.iter().zip(said).map(word).collect();
        self.record(&evidence::TIME_WORD, rows).await?;
        self.end_doubt_unshifted().await?;
        self.forget_what_has_not_come().await?;
        self.brings_back();
        Ok(())
    }

    /// Certificates that were taken for ended by a time that had not come are their holders' again, where those have no
    /// other; each is an alarm, since what was reported of its holder meanwhile ended nothing.
    async fn restore_living(&mut self) -> Result<(), LedgerError> {
        let sql = "SELECT certificate.serial, certificate_person.person FROM certificate
                   JOIN certificate_person ON certificate_person.serial = certificate.serial
                   JOIN certificate_file ON certificate_file.serial = certificate.serial
                   WHERE certificate.not_after >= $1
                   AND NOT EXISTS (SELECT 1 FROM living WHERE living.serial = certificate.serial)
                   AND NOT EXISTS (SELECT 1 FROM status
                     WHERE status.serial = certificate.serial AND change IN (3, 4))
                   ORDER BY certificate.position DESC";
        for row in &self.tx.rows(sql, args![self.at()]).await? {
            let serial: SerialNumber = row.get("serial")?;
            let person: Vec<u8> = row.get("person")?;
            // Beside one that was issued meanwhile it takes the other place: a loss ends both.
            let mut restored = 0;
            for slot in ["current", "next"] {
                if restored == 0 {
                    let sql = "INSERT INTO living (person, slot, serial) VALUES ($1, $2, $3)
                               ON CONFLICT DO NOTHING";
                    let row = args![person.as_slice(), slot, serial.as_bytes()];
                    restored = self.tx.execute(sql, row).await?;
                }
            }
            let is_restored = restored > 0;
            self.raise(&Alarm::CertificateTakenForEnded { serial, is_restored }).await?;
        }
        Ok(())
    }

    /// Work that waits for a time counted from one that has not come waits no longer than from now: cases that were
    /// opened by it close, and who was heard by it was heard by now.
    async fn forget_what_has_not_come(&mut self) -> Result<(), LedgerError> {
        let now = self.at();
        self.restore_living().await?;
        for sql in [
            "UPDATE case_file SET closes_at = $1 WHERE closes_at IS NOT NULL AND opened_at > $1",
            "UPDATE case_file SET opened_at = $1 WHERE opened_at > $1",
            "UPDATE intended SET at = $1 WHERE at > $1",
            "UPDATE source SET last_heard = $1 WHERE last_heard > $1",
            "UPDATE standing_alarm SET since = $1 WHERE since > $1",
            "UPDATE standing_alarm SET signed_at = $1 WHERE signed_at > $1",
            "UPDATE recall SET proposed_at = 0 WHERE proposed_at > $1 AND confirmed_at IS NULL",
        ] {
            self.tx.execute(sql, args![now]).await?;
        }
        Ok(())
    }
}
