//! Texts: the configuration, the nouns, the characters of names and addresses.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::LazyLock;

use akashi_ca::characters::{
    ADDRESS_LIMIT, Choices, admits, certify, certify_address, certify_name, same_original,
};
use akashi_edge::Config;
use akashi_edge::config::FILE;
use akashi_wire::act::PartyId;
use akashi_wire::date::{EffectiveDate, end_of_day, start_of_day};
use akashi_wire::municipality::{Municipality, PrefectureCode};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{
    BirthDate, CaseId, MunicipalityCode, RequestId, ResidentCode, RevocationReason, SerialNumber,
};
use jiff::ToSpan;

static DIRECTORY: LazyLock<PathBuf> =
    LazyLock::new(|| tempfile::tempdir().expect("a directory").keep());

/// akashi.toml: what is read is written and read again as the same.
pub fn configuration(octets: &[u8]) {
    std::fs::write(DIRECTORY.join(FILE), octets).expect("a file");
    let Ok(config) = Config::read(&DIRECTORY) else { return };
    std::fs::write(DIRECTORY.join(FILE), config.to_text()).expect("a file");
    assert_eq!(Config::read(&DIRECTORY).expect("written by us"), config);
    let rules = config.part::<akashi_ca::Rules>("rules", &config.rules);
    let lists = config.part::<akashi_crl::Settings>("crl", &config.crl);
    if let Ok(lists) = lists {
        let _ = lists.gap();
    }
    let shelf = config.part::<akashi_repository::Settings>("repository", &config.repository);
    if let Ok(shelf) = shelf {
        let _ = shelf.fault();
    }
    // What is taken can be counted on from any time of ours.
    let Some(rules) = rules.ok().filter(|rules| rules.check().is_ok()) else { return };
    let now = jiff::Timestamp::from_second(1_800_000_000).expect("a time");
    for hours in [
        rules.look_up_hours.unwrap_or(0),
        rules.case_hours,
        rules.undelivered_after_hours,
        24 * rules.responder_days,
    ] {
        let _ = now + i64::from(hours).hours();
    }
    for minutes in [rules.interrupted_after_minutes, rules.feed_silence_minutes] {
        let _ = now - i64::from(minutes).minutes();
    }
    let _ = now + i64::from(rules.permit_seconds.max(rules.act_skew_seconds)).seconds();
}

/// Written out, what was read is read as the same.
fn there_and_back<T: FromStr + Display + PartialEq>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    assert!(value.to_string().parse::<T>().is_ok_and(|again| again == value), "{text}");
    Some(value)
}

/// Everything that is read of a text alone.
pub fn nouns(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    if let Some(code) = there_and_back::<MunicipalityCode>(text) {
        assert!(
            code.is_prefecture() || Municipality::of(code).is_none_or(|m| m.wards().count() < 99)
        );
        assert!(code.prefecture().code().is_prefecture());
    }
    there_and_back::<PrefectureCode>(text);
    if let Some(date) = there_and_back::<BirthDate>(text) {
        assert!(!date.japanese().is_empty());
        for day in [jiff::civil::Date::MIN, jiff::civil::Date::MAX, jiff::civil::date(2026, 2, 28)]
        {
            let _ = date.least_age_on(day);
        }
    }
    if let Some(serial) = there_and_back::<SerialNumber>(text) {
        assert_eq!(SerialNumber::from_slice(serial.as_bytes()), Some(serial));
    }
    there_and_back::<RequestId>(text);
    there_and_back::<CaseId>(text);
    there_and_back::<PartyId>(text);
    if let Ok(code) = text.parse::<ResidentCode>() {
        assert!(!format!("{code:?}").contains(text));
    }
    if let Ok(date) = serde_json::from_str::<EffectiveDate>(text) {
        let written = serde_json::to_string(&date).expect("JSON");
        assert_eq!(serde_json::from_str::<EffectiveDate>(&written).expect("JSON"), date);
        if let Some(day) = date.day() {
            // The scheduler turns days into instants, whatever day it is.
            let (start, end) = (start_of_day(day), end_of_day(day));
            assert!(start < end || start == end && end.as_second().abs() > 200_000_000_000);
        }
    }
    let _ = serde_json::from_str::<RevocationReason>(text);
    let _ = serde_json::from_str::<Sha256>(text);
    let _ = serde_json::from_str::<Octets>(text);
}

/// A text of the register becomes certificate text whose map fits it and which stays as it is.
pub fn characters(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    let (one, other) = text.split_once('\n').unwrap_or((text, text));
    assert!(same_original(one, one));
    assert_eq!(same_original(one, other), same_original(other, one));
    let none = Choices::none();
    if let Ok(certified) = certify(one, &none) {
        assert_eq!(certified.map().chars().count(), certified.text().chars().count());
        assert!(certified.map().chars().all(|digit| matches!(digit, '0' | '1')));
        assert!(certified.text().chars().all(admits));
        let again = certify(certified.text(), &none).expect("certificate text");
        assert_eq!(again.text(), certified.text());
        assert!(again.substitutions().is_empty());
    }
    if let Ok(name) = certify_name(one, &none) {
        assert!(!name.text().is_empty());
        assert_eq!(name.map().chars().count(), name.text().chars().count());
    }
    if let Ok(address) = certify_address(one, &none) {
        assert!((1..=ADDRESS_LIMIT).contains(&address.text().chars().count()));
    }
}
