//! Every alarm has its words in both languages, and a runbook in both.

use std::collections::BTreeSet;

use akashi_wire::Alarm;
use akashi_words::{Language, Runbook, of_alarm};
use serde_json::{Value, json};

/// One of each; where its words depend on what it says, one of each of those.
fn alarms() -> Vec<Alarm> {
    let town = "312011";
    let (at, party, digest, serial) =
        ("2026-11-30T15:30:00Z", "0f".repeat(16), "ab".repeat(32), "5f".repeat(16));
    let event = |code| json!({"alarm": code, "municipality": town, "sequence": 7});
    let mut all = vec![
        json!({"alarm": "source_silent", "municipality": town}),
        json!({"alarm": "batch_gap", "municipality": town, "due": 3, "came": 5}),
        json!({"alarm": "batch_missing", "municipality": town, "before": 3}),
        json!({"alarm": "event_unsettled", "municipality": town, "sequence": 7, "why": "…"}),
        event("entry_unexplained"),
        event("two_certificates"),
        json!({"alarm": "key_weak", "serial": serial, "what": "a prime in common with …"}),
        json!({"alarm": "registry_not_understood", "municipality": town, "why": "…"}),
        json!({"alarm": "registry_unreachable", "municipality": town, "why": "…"}),
        json!({"alarm": "comparison_stuck", "day": "2026-11-30"}),
        json!({"alarm": "clock_differs"}),
        json!({"alarm": "time_unwitnessed"}),
        json!({"alarm": "clock_unsynchronised"}),
        json!({"alarm": "program_clock_differs", "program": "responder", "ahead": -9}),
        json!({"alarm": "program_clock_differs", "program": "list_issuer", "ahead": 9}),
        json!({"alarm": "program_time_unwitnessed", "program": "repository", "ahead": 0}),
        json!({"alarm": "certificate_begins_later", "serial": serial, "at": at}),
        json!({"alarm": "party_begins_later", "party": party, "at": at}),
        json!({"alarm": "certificate_taken_for_ended", "serial": serial, "is_restored": true}),
        json!({"alarm": "certificate_taken_for_ended", "serial": serial, "is_restored": false}),
        json!({"alarm": "one_security_officer"}),
        json!({"alarm": "too_few_security_officers"}),
        json!({"alarm": "too_few_terminals", "have": 1}),
        json!({"alarm": "two_keys", "link": {"role": "source", "municipality": town}}),
        json!({"alarm": "two_keys", "link": {"role": "registry", "municipality": town}}),
        json!({"alarm": "recovery_asked", "recovery": digest, "asked_at": at, "until": at, "parties": 2}),
        json!({"alarm": "recovery_unreadable", "why": "…"}),
        json!({"alarm": "recovery_carried_out", "recovery": digest, "at": at}),
        json!({"alarm": "recovery_lapsed", "recovery": digest, "at": at}),
        json!({"alarm": "share_left", "file": "/var/lib/akashi/recovery-share-1.json"}),
        json!({"alarm": "authority_ended", "day": "2036-03-31"}),
        json!({"alarm": "responder_uncertified", "key": digest}),
        json!({"alarm": "content_keys_unreadable", "why": "…"}),
        json!({"alarm": "content_due", "month": "2039-05"}),
        json!({"alarm": "content_copy_stale", "to": "/safe"}),
        json!({"alarm": "content_key_uncopied", "month": "2039-05"}),
        json!({"alarm": "authority_silent", "silent": "0a", "acts": "0b", "seconds": 10}),
        json!({"alarm": "list_unpublished", "scope": town, "number": 4, "seconds": 61}),
        json!({"alarm": "list_unpublished", "scope": "complete", "number": 4, "seconds": 61}),
        json!({"alarm": "list_late", "scope": "complete", "next_update": at}),
        json!({"alarm": "responder_silent"}),
        json!({"alarm": "disk_almost_full"}),
        json!({"alarm": "unreadable", "text": "…"}),
        json!({"alarm": "nobody_told", "why": "…"}),
    ];
    for what in ["source", "counter", "town"] {
        all.push(json!({"what": what, "municipality": town}));
    }
    all.extend([json!({"what": "party", "party": party}), json!({"what": "issuing"})]);
    for what in all
        .iter_mut()
        .filter(|one| one.get("what").is_some_and(Value::is_string) && one.get("alarm").is_none())
    {
        *what = json!({"alarm": "suspended", "suspended": what, "by": party, "since": at});
    }
    for near in ["two_years", "year", "quarter", "month", "week", "over"] {
        let (day, end) = ("2033-03-31", "2036-03-31");
        all.extend([
            json!({"alarm": "last_day_of_issue", "day": day, "end": end, "near": near}),
            json!({"alarm": "authority_ends", "day": end, "near": near}),
        ]);
        for whose in ["link_authority", "servers", "inbox"] {
            all.push(
                json!({"alarm": "own_certificate_ends", "whose": whose, "day": end, "near": near}),
            );
        }
    }
    for act in ["refound", "replace", "dismiss", "rekey", "prolong"] {
        let capacity = json!({"role": "officer", "municipality": town});
        all.push(json!({"alarm": "party_key_ends", "party": party, "capacity": capacity, "day": "2031-03-31", "near": "week", "act": act}));
    }
    for role in [
        json!({"role": "security_officer"}),
        json!({"role": "town_administrator", "municipality": town}),
        json!({"role": "officer", "municipality": town}),
        json!({"role": "supervisor", "municipality": town}),
        json!({"role": "hold_desk", "municipality": town}),
        json!({"role": "terminal", "municipality": town}),
        json!({"role": "operator"}),
        json!({"role": "auditor"}),
        json!({"role": "agency", "purposes": ["tax"]}),
        json!({"role": "source", "municipality": town}),
        json!({"role": "registry", "municipality": town}),
        json!({"role": "witness"}),
        json!({"role": "verifier"}),
        json!({"role": "canary"}),
        json!({"role": "scheduler"}),
        json!({"role": "registry_client"}),
        json!({"role": "responder"}),
        json!({"role": "list_issuer"}),
        json!({"role": "repository"}),
        json!({"role": "holders_door"}),
        json!({"role": "log"}),
        json!({"role": "recovery"}),
    ] {
        all.push(json!({"alarm": "party_rekeyed", "party": party, "capacity": role, "at": at}));
    }
    for finding in [
        json!({"finding": "uses_missing", "from": 1, "to": 2}),
        json!({"finding": "use_repeated", "count": 1}),
        json!({"finding": "count_leaps", "from": 1, "to": 9}),
        json!({"finding": "made_in_future", "at": at}),
        json!({"finding": "before_journal", "at": at}),
        json!({"finding": "time_went_back", "line": 3, "at": at}),
        json!({"finding": "no_beginning"}),
        json!({"finding": "lines_missing", "from": 1, "to": 2}),
        json!({"finding": "line_changed", "line": 3}),
        json!({"finding": "foreign_officer"}),
        json!({"finding": "not_enrolled_then"}),
        json!({"finding": "suspended_then"}),
        json!({"finding": "outcome_unknown"}),
        json!({"finding": "unreadable"}),
        json!({"finding": "document_expired"}),
        json!({"finding": "identity_unfit"}),
        json!({"finding": "no_certificate"}),
        json!({"finding": "no_such_certificate", "serial": serial}),
        json!({"finding": "other_card", "serial": serial}),
        json!({"finding": "other_person", "serial": serial}),
        json!({"finding": "not_in_force", "serial": serial}),
    ] {
        all.push(json!({"alarm": "offline_reset", "municipality": town, "told": "use 3", "finding": finding}));
    }
    let read = |value: Value| {
        Alarm::from_text(&value.to_string()).unwrap_or_else(|error| panic!("{value}: {error}"))
    };
    all.into_iter().map(read).collect()
}

#[test]
fn every_alarm_is_a_sentence_in_both_languages() {
    let all = alarms();
    let codes: BTreeSet<_> = all.iter().map(Alarm::code).collect();
    let known: BTreeSet<_> = Alarm::CODES.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, known, "an alarm has no example here");
    let mut said = BTreeSet::new();
    for alarm in &all {
        for language in Language::ALL {
            let sentence = of_alarm(alarm, language);
            // Where words or facts are missing an alarm is shown as it stands in the book.
            assert!(!sentence.starts_with('{'), "{language:?}: {sentence}");
            assert!(!sentence.contains("  ") && !sentence.contains('\n'), "{sentence}");
            let is_japanese = sentence.chars().any(|c| matches!(c, 'ぁ'..='ん'));
            assert_eq!(is_japanese, language == Language::Japanese, "{sentence}");
            assert!(said.insert(sentence.clone()), "two alarms in the same words: {sentence}");
        }
    }
}

#[test]
fn whoever_reads_an_alarm_reads_names_beside_numbers_and_japans_time_beside_utc() {
    let town = "312011".parse().unwrap();
    let silent = Alarm::SourceSilent { municipality: town };
    let ja = of_alarm(&silent, Language::Japanese);
    assert!(ja.contains("鳥取市") && ja.contains("312011"), "{ja}");
    assert_eq!(of_alarm(&silent, Language::English), "source 312011 Tottori-shi is silent");
    let alarm = Alarm::PartyBeginsLater {
        party: akashi_wire::act::PartyId::from_random([3; 16]),
        at: "2026-11-30T15:30:00Z".parse().unwrap(),
    };
    let [ja, en] = Language::ALL.map(|language| of_alarm(&alarm, language));
    assert!(ja.contains("2026年12月1日 0時30分") && ja.contains("2026-11-30T15:30:00Z"), "{ja}");
    assert!(en.contains("2026-11-30T15:30:00Z (2026-12-01 00:30 in Japan)"), "{en}");
}

#[test]
fn every_alarm_has_a_runbook_in_both_languages() {
    for (code, _) in Alarm::CODES {
        for language in Language::ALL {
            let runbook = Runbook::of(code, language);
            let runbook = runbook.unwrap_or_else(|| panic!("{code} has none in {language:?}"));
            assert!(!runbook.alone.is_empty() && !runbook.two.is_empty());
            let is_japanese = runbook.alone.chars().any(|c| matches!(c, 'ぁ'..='ん'));
            assert_eq!(is_japanese, language == Language::Japanese, "{code}");
        }
        let page = akashi_words::book(code).unwrap();
        let (alone, two) = (page.find("一人でしてよいこと"), page.find("二人そろってから"));
        assert!(alone.unwrap() < two.unwrap(), "it begins with what one may do alone");
    }
    assert!(akashi_words::book("no_such_alarm").is_none());
}
