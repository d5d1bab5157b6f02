//! A PIN reset at the counter, with nobody but the token and the card.

use akashi_card::issuing::{IssuerCommand, open_pin_window};
use akashi_card::{Card, CardError, SigningPin, Transport};
use akashi_keys::{OfficerToken, seal_to};
use akashi_scp03::{KeySet, Opening, Plain, protected_length};
use akashi_wire::act::{INQUIRY_DAYS, IdentityProof};
use akashi_wire::date::day_in_japan;
use akashi_wire::journal::{Outcome, Record, Reset};
use akashi_wire::{BirthDate, Clock, SerialNumber};
use der::Decode;

use super::{Journal, MunicipalKeys};
use akashi_wire::known;

use crate::DeskError;

/// What the officer has at hand.
pub struct Counter<'a> {
    /// The journal of this terminal.
    pub journal: &'a mut Journal,
    /// The officer's own token, which signs the journal.
    pub officer: &'a OfficerToken,
    /// The municipality's keys.
    pub keys: &'a mut dyn MunicipalKeys,
    /// The terminal's clock.
    pub clock: &'a dyn Clock,
}

/// What an applicant brings. The register cannot be asked: the officer types what the document says.
pub struct OfflineApplication {
    /// 氏名.
    pub name: String,
    /// 生年月日.
    pub birth_date: BirthDate,
    /// 本人確認.
    pub identity: IdentityProof,
    /// The number of the ticket with which the applicant waited: no PIN.
    pub ticket: Option<String>,
}

/// A new PIN, forgotten or locked, by key set 2; gives the token's count of this use.
///
/// # Errors
/// From the count on, whatever goes wrong is in the journal too.
pub fn reset_pin<T: Transport>(
    counter: Counter<'_>,
    card: &mut Card<T>,
    pin: &SigningPin,
    application: &OfflineApplication,
) -> Result<u64, DeskError> {
    let Counter { journal, officer, keys, clock } = counter;
    let known = known::of_applicant(&application.birth_date, application.ticket.as_deref());
    if let Some(weakness) = pin.weakness(known.iter().map(String::as_str)) {
        return Err(DeskError::WeakPin { weakness });
    }
    let today = day_in_japan(clock.now());
    application.identity.check(today, INQUIRY_DAYS).map_err(DeskError::Identity)?;
    card.select()?;
    let number = card.number()?.to_string();
    let reset = Reset {
        card: number.clone(),
        identity: application.identity.clone(),
        name: application.name.clone(),
        birth_date: application.birth_date,
    };
    let reset = serde_json::to_vec(&reset).expect("a reset is JSON");
    let sealed = seal_to(journal.envelope(), &reset)?.into();

    let count = keys.count().map_err(DeskError::MunicipalToken)?;
    let token = keys.token().to_owned();
    journal.append(officer, clock.now(), Record::Begun { token, count, sealed })?;
    let mut window = false;
    let done = (|| {
        let keys = keys.card_keys(&number).map_err(DeskError::MunicipalToken)?;
        open_window(card, &keys)?;
        window = true;
        card.set_pin(pin)?;
        card.verify_pin(pin)?;
        certificate(card)
    })();
    let outcome = match &done {
        Ok(serial) => Outcome::Set { serial: *serial },
        Err(error) => Outcome::Failed { window, why: error.to_string() },
    };
    let kept = journal.append(officer, clock.now(), Record::Ended { outcome });
    done?;
    kept.map_err(|error| DeskError::OutcomeNotKept(Box::new(error)))?;
    Ok(count)
}

/// Opens a channel of its own with these keys, and in it the window for one new PIN.
fn open_window<T: Transport>(card: &mut Card<T>, keys: &KeySet) -> Result<(), DeskError> {
    let opening = Opening::new(keys.version, rand::random());
    let answer = told(card, opening.command())?;
    let (mut host, authenticate) = opening.authenticate(keys, &answer)?;
    told(card, authenticate)?;
    for IssuerCommand { instruction, data, answer } in open_pin_window() {
        let room = (answer > 0).then(|| protected_length(answer));
        let (command, receipt) = host.wrap(&Plain { instruction, data: &data, room });
        host.open(&receipt, &told(card, command)?)?;
    }
    Ok(())
}

/// What the card answers to one command.
fn told<T: Transport>(card: &mut Card<T>, command: Vec<u8>) -> Result<Vec<u8>, DeskError> {
    let answers = card.carry(&[command])?;
    Ok(answers.into_iter().next().unwrap_or_default())
}

/// The number of the certificate in the card, which it shows only now that a PIN is verified.
fn certificate<T: Transport>(card: &mut Card<T>) -> Result<Option<SerialNumber>, DeskError> {
    let certificate = match card.read_certificate() {
        Err(CardError::NoCertificate) => return Ok(None),
        other => other?,
    };
    let certificate = x509_cert::Certificate::from_der(&certificate).ok();
    Ok(certificate.and_then(|certificate| {
        SerialNumber::from_slice(certificate.tbs_certificate().serial_number().as_bytes())
    }))
}
