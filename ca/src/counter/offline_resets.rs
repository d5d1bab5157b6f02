//! What a journal tells of PINs that were reset while the authority was out of reach.
//!
//! An entry is older than the act that brings it: it is a message of its own, signed by the officer
//! who sat there. It happened, whatever is wrong with it, and so nothing is refused but what cannot
//! be read: each thing that is wrong is an alarm on record, and the officer is told.

use akashi_ledger::{Change, OfflineUse};
use akashi_wire::act::{Answer, Refusal};
use akashi_wire::date::day_in_japan;
use akashi_wire::journal::{Entry, Finding, Outcome, Record, Reset};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{Alarm, FourItems, MunicipalityCode, SerialNumber, SignedMessage, Verified};
use jiff::Timestamp;

use super::case_record::CaseRecord;
use super::offline_times::begun;
use super::{Acting, Counter, Halt};
use crate::CaError;

/// A use of the token, or an outcome whose use is missing.
pub(super) struct Told {
    pub(super) first: Entry,
    outcome: Option<Outcome>,
    signer: Vec<u8>,
    entry: Sha256,
    last: (u64, Sha256),
    /// Place and time of each line.
    pub(super) times: Vec<(u64, Timestamp)>,
}

impl Counter {
    pub(super) async fn report_offline(
        &self,
        acting: &Acting,
        head: Option<&Octets>,
        lines: &[Octets],
    ) -> Result<Answer, Halt> {
        let told = read(lines, acting.act.authority)?;
        let own = acting.permit.municipality().ok_or(Refusal::NotAllowed)?;
        let mut change = self.begin(acting).await?;
        if let Some(answer) = change.offline_answer(told.entry).await? {
            change.rollback().await?;
            let answer = serde_json::from_str(&answer)
                .map_err(|error| CaError::Damaged(error.to_string()))?;
            return Err(Halt::Already(Box::new(answer)));
        }
        let mut findings = Vec::new();
        let municipality = self.whose(&told, (own, acting.now), &mut findings).await?;
        in_journal(&mut change, &told, &mut findings).await?;
        let begun = head.and_then(|head| begun(head, &told.first));
        self.in_time(&mut change, &told, begun, &mut findings).await?;
        let (mut counted, mut serial) = (None, None);
        let subject = match &told.first.record {
            Record::Begun { token, count, sealed } => {
                // A count that no officer of this counter's vouches for would hide what is missing.
                let use_told = (token.as_str(), *count, self.issuer.rules.offline_leap);
                if !findings.contains(&Finding::ForeignOfficer)
                    && by_count(&mut change, municipality, use_told, &mut findings).await?
                {
                    counted = Some((token.clone(), *count));
                }
                let reset = self.reset(&sealed.0);
                let outcome;
                (outcome, serial) = self.of_use(&mut change, &told, reset, &mut findings).await?;
                format!("{municipality} use {count} {outcome}")
            }
            Record::Ended { .. } => format!("{municipality} line {}", told.first.line),
        };
        for finding in &findings {
            let (told, finding) = (subject.clone(), finding.clone());
            change.raise(&Alarm::OfflineReset { municipality, told, finding }).await?;
        }
        let answer = Answer::OfflineReported { serial, findings };
        let (line, digest) = told.last;
        let kept = OfflineUse {
            entry: told.entry,
            municipality,
            counted,
            journal: told.first.journal,
            line,
            digest,
            at: told.times.last().map_or(told.first.at, |(_, at)| *at),
            answer: serde_json::to_string(&answer).expect("an answer is JSON"),
        };
        change.record_offline_use(&kept).await?;
        self.finish(change, acting, &subject, answer).await
    }

    /// At whose counter it was: what the enrolment of who signed it says, then or now.
    async fn whose(
        &self,
        told: &Told,
        (own, now): (MunicipalityCode, Timestamp),
        findings: &mut Vec<Finding>,
    ) -> Result<MunicipalityCode, Halt> {
        let enrolment = self.issuer.ledger.enrolment_of(Sha256::of(&told.signer)).await?;
        let Some(enrolment) = enrolment else {
            findings.push(Finding::ForeignOfficer);
            return Ok(own);
        };
        let then = told.first.at;
        if !enrolment.was_enrolled(then) && !enrolment.is_in_force(now) {
            findings.push(Finding::NotEnrolledThen);
        }
        if self.issuer.ledger.was_suspended(&enrolment, then).await? {
            findings.push(Finding::SuspendedThen);
        }
        match enrolment.role {
            Role::Officer { municipality } if municipality == own => Ok(own),
            Role::Officer { municipality } => {
                findings.push(Finding::ForeignOfficer);
                Ok(municipality)
            }
            _ => {
                findings.push(Finding::ForeignOfficer);
                Ok(own)
            }
        }
    }

    /// What came of a use, in a word or two, and the certificate that the card showed.
    async fn of_use(
        &self,
        change: &mut Change,
        told: &Told,
        reset: Option<Reset>,
        findings: &mut Vec<Finding>,
    ) -> Result<(String, Option<SerialNumber>), Halt> {
        let then = day_in_japan(told.first.at);
        let inquiry_days = self.issuer.rules.inquiry_days;
        match reset.as_ref().map(|reset| reset.identity.check(then, inquiry_days)) {
            None => findings.push(Finding::Unreadable),
            // Not when: an alarm and a finding are read and kept without a key.
            Some(Err(Refusal::DocumentExpired { .. })) => findings.push(Finding::DocumentExpired),
            Some(Err(_)) => findings.push(Finding::IdentityUnfit),
            Some(Ok(())) => {}
        }
        let word = match told.outcome {
            Some(Outcome::Set { serial: Some(serial) }) => {
                self.of_certificate(change, told, (serial, reset), findings).await?;
                return Ok((format!("set {serial}"), Some(serial)));
            }
            Some(Outcome::Set { serial: None }) => {
                findings.push(Finding::NoCertificate);
                "set"
            }
            Some(Outcome::Failed { window: false, .. }) => "failed",
            Some(Outcome::Failed { window: true, .. }) => "window",
            None => {
                findings.push(Finding::OutcomeUnknown);
                "unknown"
            }
        };
        Ok((word.to_owned(), None))
    }

    fn reset(&self, sealed: &[u8]) -> Option<Reset> {
        serde_json::from_slice(&self.services.opener.open(sealed).ok()?).ok()
    }

    /// Whether the certificate that the card showed is the one of that card and that person.
    async fn of_certificate(
        &self,
        change: &mut Change,
        told: &Told,
        (serial, reset): (SerialNumber, Option<Reset>),
        findings: &mut Vec<Finding>,
    ) -> Result<(), Halt> {
        let Some(case) = change.case_of(serial).await? else {
            findings.push(Finding::NoSuchCertificate { serial });
            return Ok(());
        };
        let ended = change.standing(serial).await?.map(|standing| standing.revocation());
        if ended.is_none_or(|ended| ended.is_some_and(|(since, _)| since <= told.first.at)) {
            findings.push(Finding::NotInForce { serial });
        }
        let damaged = || CaError::Damaged(format!("the case of certificate {serial}"));
        let file = change.case(case).await?.ok_or_else(damaged)?;
        let record = CaseRecord::open(self.vault(), case, &file.sealed_file)?;
        if let Some(reset) = reset {
            if record.application()?.card != reset.card {
                findings.push(Finding::OtherCard { serial });
            }
            if !is_named(&record.person()?.items, &reset) {
                findings.push(Finding::OtherPerson { serial });
            }
        }
        Ok(())
    }
}

/// Reads the lines of one use: its entry, and the outcome that follows it.
fn read(lines: &[Octets], authority: Sha256) -> Result<Told, Refusal> {
    let malformed = |what: &str| Refusal::Malformed { what: what.to_owned() };
    let one_or_two = || malformed("one line of a journal, or an entry and its outcome, is needed");
    let entry = |line: &Octets| {
        let message = SignedMessage::from_der(line.0.clone()).verify(MessageKind::JournalLine);
        let message = message.map_err(|error| malformed(&error.to_string()))?;
        let entry: Entry = serde_json::from_slice(message.content())
            .map_err(|error| malformed(&format!("the entry, column {}", error.column())))?;
        if entry.authority != authority {
            return Err(Refusal::OtherAuthority);
        }
        Ok::<(Entry, Verified), Refusal>((entry, message))
    };
    let (first, rest) = lines.split_first().ok_or_else(one_or_two)?;
    let digest = Sha256::of(&first.0);
    let (entry_first, message) = entry(first)?;
    let mut told = Told {
        last: (entry_first.line, digest),
        times: vec![(entry_first.line, entry_first.at)],
        first: entry_first,
        outcome: None,
        signer: message.signer().to_vec(),
        entry: digest,
    };
    match rest {
        [] => {}
        [second] => {
            let (ended, message) = entry(second)?;
            let follows = ended.journal == told.first.journal
                && ended.line == told.first.line + 1
                && ended.before == digest
                && message.signer() == told.signer
                && matches!(told.first.record, Record::Begun { .. });
            match ended.record {
                Record::Ended { outcome } if follows => told.outcome = Some(outcome),
                _ => return Err(malformed("the second line is not the outcome of the first")),
            }
            told.last = (ended.line, Sha256::of(&second.0));
            told.times.push((ended.line, ended.at));
        }
        _ => return Err(one_or_two()),
    }
    Ok(told)
}

/// Each line is bound to the one before it, and the first to the head.
async fn in_journal(
    change: &mut Change,
    told: &Told,
    findings: &mut Vec<Finding>,
) -> Result<(), Halt> {
    let Entry { journal, line, before, .. } = told.first;
    let last = change.last_line(journal).await?;
    let (last, digest) = last.map_or((0, journal), |last| (last.line, last.digest));
    if line > last + 1 {
        findings.push(Finding::LinesMissing { from: last + 1, to: line - 1 });
    } else if line <= last {
        findings.push(Finding::LineChanged { line });
    } else if before != digest {
        findings.push(Finding::LineChanged { line: last });
    }
    Ok(())
}

/// The token counts without a gap, and each use is told of once. A terminal that tells later than
/// another fills the gap that it left. Gives whether the count is believed: one that leaps would hide
/// every gap below it.
async fn by_count(
    change: &mut Change,
    municipality: MunicipalityCode,
    (token, count, leap): (&str, u64, u32),
    findings: &mut Vec<Finding>,
) -> Result<bool, Halt> {
    let highest = change.highest_use(municipality, token).await?;
    let (from, to) = (highest + 1, count - 1);
    if count > highest.saturating_add(u64::from(leap) + 1) {
        findings.push(Finding::CountLeaps { from, to });
        return Ok(false);
    }
    if count > highest + 1 {
        findings.push(Finding::UsesMissing { from, to });
    } else if change.is_use_known(municipality, token, count).await? {
        findings.push(Finding::UseRepeated { count });
    }
    Ok(true)
}

/// Whether the officer named this person. People write blanks in many ways.
fn is_named(items: &FourItems, reset: &Reset) -> bool {
    let letters = |name: &str| name.split_whitespace().collect::<String>();
    letters(&reset.name) == letters(&items.name) && reset.birth_date == items.birth_date
}
