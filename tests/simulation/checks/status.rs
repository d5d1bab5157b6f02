//! Status: the responder, the book and the law say the same of each certificate.

use std::collections::BTreeMap;

use akashi_ledger::{StatusChange, StatusRow};
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::Timestamp;

use super::{Breach, hold};
use crate::octets::{Answer, Said};
use crate::truth::{Certificate, Standing, Truth};

/// The newest final word about each certificate, and the newest moment that an answer stated.
#[derive(Default)]
pub struct Heard {
    ends: BTreeMap<SerialNumber, (Timestamp, u8)>,
    newest: Option<Timestamp>,
}

/// A status that follows from the book's rows, in their order. Written anew.
pub fn of_rows<'r>(rows: impl Iterator<Item = &'r StatusRow>) -> Option<Said> {
    let mut said: Option<Said> = None;
    for row in rows {
        let reason = row.reason.code();
        said = match (said, row.change) {
            (Some(Some((at, why))), _) if why != RevocationReason::CertificateHold.code() => {
                Some(Some((at, why)))
            }
            (_, StatusChange::Issued | StatusChange::Released) => Some(None),
            (_, StatusChange::Held | StatusChange::Revoked | StatusChange::Voided) => {
                Some(Some((row.recorded_at, reason)))
            }
        };
    }
    said
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_millisecond().div_euclid(1000)).expect("a whole second")
}

/// Why something said is not what must be said.
fn differs(certificate: &Certificate, said: Said) -> Option<String> {
    let (reason, since, until) = match certificate.standing {
        Standing::Good => {
            return said.map(|(at, reason)| format!("it is good, and {reason} since {at} is said"));
        }
        Standing::Held(since, until) => (RevocationReason::CertificateHold, since, until),
        Standing::Ended(reason, since, until) => (reason, since, until),
    };
    let Some((at, why)) = said else {
        return Some(format!("it ended ({reason}, known since {since}), and good is said"));
    };
    if why != reason.code() {
        return Some(format!("it ended for {reason}, and reason {why} is said"));
    }
    let told = whole(since) <= at && at <= until;
    (!told).then(|| format!("it ended from {since} to {until}, and {at} is said"))
}

/// No certificate is good whose facts have changed, and none ended whose facts are true: what the
/// responder says is what the law makes of what reached the authority.
pub fn the_responder_says_what_the_law_says(
    truth: &Truth,
    answer: &BTreeMap<SerialNumber, Said>,
) -> Result<(), Breach> {
    for certificate in &truth.certificates {
        let serial = certificate.serial;
        let said = answer.get(&serial).copied();
        let wrong = match said {
            None => Some("nothing is known of it".to_owned()),
            Some(said) => differs(certificate, said),
        };
        hold("the_responder_says_what_the_law_says", wrong.is_none(), || {
            format!("{serial}: {}", wrong.unwrap_or_default())
        })?;
    }
    Ok(())
}

/// The book's own rows say the same.
pub fn the_book_says_what_the_responder_says(
    rows: &[StatusRow],
    answer: &BTreeMap<SerialNumber, Said>,
) -> Result<(), Breach> {
    for (serial, said) in answer {
        let found = of_rows(rows.iter().filter(|row| row.serial == *serial));
        let found = found.map(|said| said.map(|(at, reason)| (whole(at), reason)));
        hold("the_book_says_what_the_responder_says", found == Some(*said), || {
            format!("{serial}: the book says {found:?}, the responder {said:?}")
        })?;
    }
    Ok(())
}

/// No final revocation is ever undone or changed, and no answer goes back in time.
pub fn nothing_final_is_undone(heard: &mut Heard, answer: &Answer) -> Result<(), Breach> {
    const NAME: &str = "nothing_final_is_undone";
    for (serial, said) in &answer.said {
        if let Some(end) = heard.ends.get(serial) {
            hold(NAME, *said == Some(*end), || {
                format!("{serial}: it ended {end:?}, and now {said:?} is said")
            })?;
        }
        if let Some(end) = said.filter(|end| end.1 != RevocationReason::CertificateHold.code()) {
            heard.ends.insert(*serial, end);
        }
    }
    Ok(())
}

/// What is signed about now is never dated before what was signed about earlier, beyond the five
/// seconds that clocks may differ.
pub fn no_answer_goes_back_in_time(heard: &mut Heard, answer: &Answer) -> Result<(), Breach> {
    let newest = heard.newest.unwrap_or(answer.this_update).max(answer.this_update);
    heard.newest = Some(newest);
    let back = newest.as_second() - answer.this_update.as_second();
    hold("no_answer_goes_back_in_time", back <= 5, || {
        format!("{} was signed after {newest}", answer.this_update)
    })
}

/// Whatever was issued is in an officer's hands or in doubt; and what nobody has ends in a day.
pub fn what_nobody_has_ends_in_a_day(truth: &Truth, rows: &[StatusRow]) -> Result<(), Breach> {
    let known = |serial| truth.certificates.iter().any(|c| c.serial == serial);
    for issued in rows.iter().filter(|row| row.change == StatusChange::Issued && !known(row.serial))
    {
        let said = of_rows(rows.iter().filter(|row| row.serial == issued.serial));
        let doubted = !truth.doubts.is_empty();
        hold("what_nobody_has_ends_in_a_day", doubted || said.flatten().is_some(), || {
            format!("{} was issued to nobody at {}, and lives", issued.serial, issued.recorded_at)
        })?;
    }
    Ok(())
}
