//! The facts of an alarm as people read them: a municipality with its name, a time as clocks in Japan show it.

use akashi_wire::municipality::Municipality;
use akashi_wire::{Alarm, MunicipalityCode};
use fluent_bundle::{FluentArgs, FluentValue};
use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde_json::Value;

use crate::Language;

/// What stands in an alarm, by its names. What a fact is made of (what is suspended, a capacity, a finding) has its
/// own names beside the others.
pub(crate) fn of(alarm: &Alarm, language: Language) -> FluentArgs<'static> {
    of_value(&serde_json::to_value(alarm).expect("an alarm is JSON"), language)
}

/// The same of whatever is JSON.
pub(crate) fn of_value(value: &Value, language: Language) -> FluentArgs<'static> {
    let mut facts = FluentArgs::new();
    add(&mut facts, value, language);
    if let (Some(from), Some(to)) = (text(&facts, "from"), text(&facts, "to")) {
        facts.set("span", span(&from, &to, language));
    }
    facts
}

fn add(facts: &mut FluentArgs<'static>, value: &Value, language: Language) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let said = match value {
            Value::Object(_) => {
                add(facts, value, language);
                continue;
            }
            Value::String(text) => text_of(name, text, language),
            Value::Number(ahead) if name == "ahead" => match ahead.as_i64() {
                Some(ahead) => format!("{ahead:+}"),
                None => ahead.to_string(),
            },
            other => other.to_string(),
        };
        facts.set(name.clone(), said);
    }
}

fn text(facts: &FluentArgs<'static>, name: &str) -> Option<String> {
    match facts.get(name)? {
        FluentValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// One of them, or some, behind what they are.
fn span(from: &str, to: &str, language: Language) -> String {
    match (from == to, language) {
        (true, Language::English) => format!(" {from}"),
        (true, Language::Japanese) => from.into(),
        (false, Language::English) => format!("s {from} to {to}"),
        (false, Language::Japanese) => format!("{from}〜{to}"),
    }
}

fn text_of(name: &str, text: &str, language: Language) -> String {
    let town = |text: &str| text.parse::<MunicipalityCode>().ok();
    match name {
        "municipality" | "scope" => match town(text) {
            Some(code) => of_town(code, language),
            None => text.into(),
        },
        "at" | "since" | "asked_at" | "until" | "next_update" => match text.parse() {
            Ok(at) => moment(at, language),
            Err(_) => text.into(),
        },
        _ => text.into(),
    }
}

fn of_town(code: MunicipalityCode, language: Language) -> String {
    match (Municipality::of(code), language) {
        (Some(town), Language::Japanese) => format!("{}（{code}）", town.name),
        (Some(town), Language::English) => format!("{code} {}", town.romaji()),
        (None, _) => code.to_string(),
    }
}

/// A time as a clock in Japan shows it, to the minute.
pub fn clock(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(offset(9))).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A time as clocks in Japan show it, beside UTC.
pub fn moment(at: Timestamp, language: Language) -> String {
    let japan = at.to_zoned(TimeZone::fixed(offset(9)));
    match language {
        Language::Japanese => {
            format!("{}（日本時間、UTC {at}）", japan.strftime("%Y年%-m月%-d日 %-H時%M分"))
        }
        Language::English => format!("{at} ({} in Japan)", japan.strftime("%Y-%m-%d %H:%M")),
    }
}
