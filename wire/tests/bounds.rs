//! Every text, list and number of every message from outside, at its bound and one beyond it.

use akashi_wire::act::{CARDS_OF_ONE_ACT, CardSelection, IdentityProof};
use akashi_wire::batch::{Batch, BatchEnvelope, BatchHeader, LAST_SEQUENCE};
use akashi_wire::holder::RevocationApplication;
use akashi_wire::journal::{Entry, Head, Reset};
use akashi_wire::lookup::{LookUpAnswer, LookUpEnvelope, LookUpRequest};
use akashi_wire::order::SignedOrder;
use akashi_wire::party::Role;
use akashi_wire::recovery::MOST_PARTIES;
use akashi_wire::time::TimeAnswer;
use akashi_wire::time_word::TimeWord;
use akashi_wire::{Act, Idou, RecoveryRequest, RekeyRequest};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const ID: &str = "6e97eadc9ff0dde7593f48cfd6f776a4";

fn hash() -> String {
    "0".repeat(64)
}

fn base64(octets: usize) -> Value {
    json!(akashi_wire::octets::Octets(vec![7; octets]))
}

/// Holds one member of a sound message against what it may be and may not be.
fn member<T: DeserializeOwned>(sound: &Value, at: &str, taken: &[Value], refused: &[Value]) {
    let with = |value: &Value| {
        let mut message = sound.clone();
        *message.pointer_mut(at).unwrap_or_else(|| panic!("no {at} in {sound}")) = value.clone();
        serde_json::from_slice::<T>(message.to_string().as_bytes())
    };
    let shown = |value: &Value| value.to_string().chars().take(60).collect::<String>();
    for value in taken {
        let read = with(value);
        assert!(read.is_ok(), "{at} {}: {}", shown(value), read.err().unwrap());
    }
    for value in refused {
        let Err(error) = with(value) else { panic!("{at} takes {}", shown(value)) };
        assert!(error.to_string().len() < 200, "{at}: {error}");
    }
}

/// A text of at most so many characters, of whatever length each.
fn text<T: DeserializeOwned>(sound: &Value, at: &str, most: usize) {
    let taken = [json!("a".repeat(most)), json!("寿".repeat(most))];
    member::<T>(sound, at, &taken, &[json!("a".repeat(most + 1)), json!("寿".repeat(most + 1))]);
}

/// The same, for people's eyes: one line that hides nothing.
fn line<T: DeserializeOwned>(sound: &Value, at: &str, most: usize) {
    text::<T>(sound, at, most);
    let hidden = ["a\nb", "a\u{0}", "\u{1b}[2J", "\u{202e}ab", "a\u{2066}", "\u{200b}", "\u{feff}"];
    member::<T>(
        sound,
        at,
        &[json!("取下げ O'Brien")].map(|t| cut(t, most)),
        &hidden.map(|t| json!(t)),
    );
}

fn cut(text: Value, most: usize) -> Value {
    json!(text.as_str().unwrap().chars().take(most).collect::<String>())
}

/// ASCII without space.
fn visible<T: DeserializeOwned>(sound: &Value, at: &str, most: usize) {
    member::<T>(
        sound,
        at,
        &[json!("A".repeat(most))],
        &[json!("A".repeat(most + 1)), json!("A B"), json!("Ａ"), json!("A\n"), json!(7)],
    );
}

fn octets<T: DeserializeOwned>(sound: &Value, at: &str, most: usize) {
    member::<T>(sound, at, &[base64(most)], &[base64(most + 1), json!("!")]);
}

fn act(deed: Value) -> Value {
    json!({"request": ID, "authority": hash(), "terminal": hash(), "made_at": "2026-04-01T00:00:00Z", "deed": deed})
}

fn items() -> Value {
    json!({"name": "証　花子", "address": "鳥取県", "birth_date": "319700115", "sex": "female"})
}

#[test]
fn an_act_is_bounded_in_every_member() {
    let identity = json!({"proof": "photo_document", "kind": "旅券", "expires": "2030-01-01", "last_four": "1234"});
    let apply = act(json!({"act": "apply", "case": ID, "card": "C", "identity": identity,
        "name_choices": {"0": "高"}, "address_choices": {"999": "たか"}}));
    visible::<Act>(&apply, "/deed/card", 40);
    line::<Act>(&apply, "/deed/identity/kind", 64);
    visible::<Act>(&apply, "/deed/identity/last_four", 4);
    line::<Act>(&apply, "/deed/name_choices/0", 16);
    line::<Act>(&apply, "/deed/address_choices/999", 16);
    let days = [json!("-000001-01-01"), json!("0000-12-31"), json!("10000-01-01")];
    let taken = [json!("0001-01-01"), json!("9999-12-31")];
    member::<Act>(&apply, "/deed/identity/expires", &taken, &days);
    member::<IdentityProof>(
        &json!({"proof": "inquiry_letter", "sent": "2026-01-01"}),
        "/sent",
        &taken,
        &days,
    );
    let positions = [json!({"1000": "高"}), json!({"18446744073709551615": "高"})];
    member::<Act>(&apply, "/deed/name_choices", &[json!({"999": "高"})], &positions);

    let items = act(json!({"act": "look_up", "case": ID, "by":
        {"by": "items", "name": "証", "birth_date": "319700115", "address": "鳥取県"}}));
    line::<Act>(&items, "/deed/by/name", 1_000);
    line::<Act>(&items, "/deed/by/address", 1_000);
    let odd = ["31970011", "3197001155", "３19700115", "619700115", "319701315", "319700132"];
    let known = [json!("319700115"), json!("000000000"), json!("599991231")];
    member::<Act>(&items, "/deed/by/birth_date", &known, &odd.map(|date| json!(date)));
    let sealed = act(json!({"act": "look_up", "case": ID, "by": {"by": "code", "sealed": ""}}));
    octets::<Act>(&sealed, "/deed/by/sealed", 16 * 1024);

    for deed in ["take_up", "open_channel"] {
        visible::<Act>(&act(json!({"act": deed, "case": ID, "card": "C"})), "/deed/card", 40);
    }
    let answered = act(json!({"act": "card_answered", "case": ID, "answers": [""]}));
    octets::<Act>(&answered, "/deed/answers/0", 300);
    let answers = |count| json!(vec![""; count]);
    member::<Act>(&answered, "/deed/answers", &[answers(128)], &[answers(129)]);
    let certify = act(json!({"act": "certify", "case": ID, "card": "C", "proof": ""}));
    octets::<Act>(&certify, "/deed/proof", 8 * 1024);
    visible::<Act>(&certify, "/deed/card", 40);
    let reset = json!({"act": "reset_pin", "case": ID, "card": "C", "identity": {"proof": "resident_card"}});
    visible::<Act>(&act(reset), "/deed/card", 40);
    let offline = act(json!({"act": "report_offline", "lines": [""]}));
    octets::<Act>(&offline, "/deed/lines/0", 64 * 1024);
    member::<Act>(&offline, "/deed/lines", &[json!(["", ""])], &[json!(["", "", ""])]);
    let delivery = json!({"act": "confirm_delivery", "case": ID, "card": "C", "read_back": hash()});
    visible::<Act>(&act(delivery), "/deed/card", 40);
    line::<Act>(&act(json!({"act": "close_case", "case": ID, "why": ""})), "/deed/why", 1_000);
}

/// A moment, in years that one can count on from.
fn moment<T: DeserializeOwned>(sound: &Value, at: &str) {
    let taken = ["0001-01-01T00:00:00Z", "2026-04-01T00:00:00+09:00", "9000-12-31T23:59:59Z"];
    let refused = [
        "-009999-01-02T01:59:59Z",
        "0000-12-31T23:59:59Z",
        "9001-01-01T00:00:00Z",
        "9999-12-30T22:00:00Z",
    ];
    member::<T>(sound, at, &taken.map(|time| json!(time)), &refused.map(|time| json!(time)));
}

#[test]
fn a_time_in_any_message_is_one_from_which_years_can_be_counted() {
    let (time, source) = (json!("2026-04-01T00:00:00Z"), "312011");
    moment::<Act>(&act(json!({"act": "review"})), "/made_at");
    let prolong = act(json!({"act": "prolong", "party": ID, "until": time}));
    moment::<Act>(&prolong, "/deed/until");
    let enrol = act(json!({"act": "enrol", "name": "N", "party": {"role": "auditor"},
        "request_for_certificate": "", "until": time}));
    moment::<Act>(&enrol, "/deed/until");
    let ended =
        json!({"record": "ended", "outcome": {"outcome": "failed", "window": false, "why": ""}});
    let entry = json!({"journal": hash(), "authority": hash(), "line": 1, "before": hash(),
        "at": time, "record": ended});
    moment::<Entry>(&entry, "/at");
    moment::<Head>(&json!({"authority": hash(), "envelope": "", "at": time}), "/at");
    let answer = json!({"case": ID, "request": hash(), "as_of": time, "persons": []});
    moment::<LookUpAnswer>(&answer, "/as_of");
    let header = json!({"source": source, "first": 1, "count": 0, "created_at": time});
    moment::<BatchHeader>(&header, "/created_at");
    let idou = json!({"source": source, "sequence": 1, "resident": hash(), "history_number": 1,
        "kind": "goki_shuusei", "effective_date": {"form": "unknown"}, "processed_at": time,
        "after": items()});
    moment::<Idou>(&idou, "/processed_at");
    moment::<SignedOrder>(&json!({"order": {"order": "settle"}, "at": time}), "/at");
    let rekey = json!({"authority": hash(), "made_at": time, "request_for_certificate": ""});
    moment::<RekeyRequest>(&rekey, "/made_at");
    let recovery = json!({"authority": hash(), "made_at": time, "parties": []});
    moment::<RecoveryRequest>(&recovery, "/made_at");
    moment::<TimeAnswer>(&json!({"challenge": hash(), "at": time}), "/at");
    let says = json!({"says": "right", "doubt": 1});
    moment::<TimeWord>(&json!({"authority": hash(), "time": time, "says": says}), "/time");
    moment::<RevocationApplication>(&application(), "/made_at");
}

fn application() -> Value {
    json!({"application": "revocation", "authority": hash(), "serial": "5f".repeat(16),
        "reason": "keyCompromise", "made_at": "2026-04-01T00:00:00Z", "challenge": ""})
}

#[test]
fn what_parties_programs_and_holders_send_is_bounded_in_every_member() {
    octets::<RevocationApplication>(&application(), "/challenge", 256);
    let rekey = json!({"authority": hash(), "made_at": "2026-04-01T00:00:00Z",
        "request_for_certificate": ""});
    octets::<RekeyRequest>(&rekey, "/request_for_certificate", 8 * 1024);
    let party = json!({"name": "N", "role": "security_officer", "request_for_certificate": ""});
    let recovery = json!({"authority": hash(), "made_at": "2026-04-01T00:00:00Z",
        "parties": [party]});
    line::<RecoveryRequest>(&recovery, "/parties/0/name", 64);
    octets::<RecoveryRequest>(&recovery, "/parties/0/request_for_certificate", 8 * 1024);
    let parties = |count| json!(vec![party.clone(); count]);
    let (most, beyond) = (parties(MOST_PARTIES), parties(MOST_PARTIES + 1));
    member::<RecoveryRequest>(&recovery, "/parties", &[most], &[beyond]);
    let ask = json!({"order": {"order": "ask_for_certificate", "generation": 1, "public_key": "",
        "in_place_of": [""]}, "at": "2026-04-01T00:00:00Z"});
    octets::<SignedOrder>(&ask, "/order/public_key", 512);
    octets::<SignedOrder>(&ask, "/order/in_place_of/0", 512);
    let keys = |count| json!(vec![""; count]);
    member::<SignedOrder>(&ask, "/order/in_place_of", &[keys(64)], &[keys(65)]);
    let envelope = json!({"signed": "", "text": "", "openings": []});
    octets::<BatchEnvelope>(&envelope, "/signed", 16 * 1024 * 1024);
    octets::<BatchEnvelope>(&envelope, "/text", 64 * 1024 * 1024);
    octets::<LookUpEnvelope>(&json!({"signed": "", "openings": []}), "/signed", 2 * 1024 * 1024);
    for deed in [
        json!({"act": "suspend", "what": {"what": "issuing"}, "why": ""}),
        json!({"act": "release", "serial": "5f".repeat(16), "why": ""}),
        json!({"act": "hand_over", "from": "312029", "to": "312011", "why": ""}),
        json!({"act": "stop_recovery", "recovery": hash(), "why": ""}),
        json!({"act": "sign_for_alarm", "alarm": 7, "why": ""}),
    ] {
        line::<Act>(&act(deed), "/deed/why", 1_000);
    }
    let find = |by: Value| act(json!({"act": "find_certificate", "case": ID, "by": by}));
    visible::<Act>(&find(json!({"by": "card", "card": "C"})), "/deed/by/card", 40);
    let stated = find(json!({"by": "stated", "name": "証", "birth_date": "319700115"}));
    line::<Act>(&stated, "/deed/by/name", 1_000);
    let counted = [json!(1), json!(i64::MAX)];
    let uncounted = [json!(0), json!(-1), json!(1u64 << 63), json!(1.5)];
    let begun = json!({"journal": hash(), "authority": hash(), "line": 1, "before": hash(),
        "at": "2026-04-01T00:00:00Z",
        "record": {"record": "begun", "token": "0123", "count": 1, "sealed": ""}});
    member::<Entry>(&begun, "/line", &counted, &uncounted);
    member::<Entry>(&begun, "/record/count", &counted, &uncounted);
}

#[test]
fn an_act_about_the_authority_is_bounded_in_every_member() {
    let enrol = act(json!({"act": "enrol", "name": "鳥取", "hosts": ["127.0.0.1"],
        "party": {"role": "agency", "purposes": ["e-tax"]}, "request_for_certificate": ""}));
    line::<Act>(&enrol, "/deed/name", 64);
    visible::<Act>(&enrol, "/deed/hosts/0", 253);
    line::<Act>(&enrol, "/deed/party/purposes/0", 64);
    octets::<Act>(&enrol, "/deed/request_for_certificate", 8 * 1024);
    let list = |count| json!(vec!["x"; count]);
    member::<Act>(&enrol, "/deed/hosts", &[list(16)], &[list(17)]);
    member::<Act>(&enrol, "/deed/party/purposes", &[list(64)], &[list(65)]);
    member::<Role>(
        &json!({"role": "agency", "purposes": []}),
        "/purposes",
        &[list(64)],
        &[list(65)],
    );
    line::<Act>(&act(json!({"act": "dismiss", "party": ID, "why": ""})), "/deed/why", 1_000);
    let lift = json!({"act": "lift", "what": {"what": "issuing"}, "why": ""});
    line::<Act>(&act(lift), "/deed/why", 1_000);
    let cards = act(json!({"act": "register_cards", "lot": "L", "model": "M", "cards": ["C"]}));
    line::<Act>(&cards, "/deed/lot", 64);
    line::<Act>(&cards, "/deed/model", 64);
    visible::<Act>(&cards, "/deed/cards/0", 40);
    let most = CARDS_OF_ONE_ACT;
    member::<Act>(&cards, "/deed/cards", &[list(most)], &[list(most + 1)]);
    let recall = act(json!({"act": "propose_recall", "reason": "keyCompromise", "why": "",
        "digest": hash(), "selection": {"by": "lot_and_model", "lot": "L", "model": "M"}}));
    line::<Act>(&recall, "/deed/why", 1_000);
    line::<Act>(&recall, "/deed/selection/lot", 64);
    line::<Act>(&recall, "/deed/selection/model", 64);
    for by in ["lot", "model"] {
        line::<CardSelection>(&json!({"by": by, by: "X"}), &format!("/{by}"), 64);
    }
}

#[test]
fn an_answer_of_the_register_is_bounded_in_every_member() {
    let person = json!({"resident": hash(), "municipality": "312011", "history_number": 1,
        "items": items(), "protected": false, "state": {"state": "living"}});
    let answer = json!({"case": ID, "request": hash(), "as_of": "2026-04-01T00:00:00Z",
        "persons": [person]});
    text::<LookUpAnswer>(&answer, "/persons/0/items/name", 1_000);
    text::<LookUpAnswer>(&answer, "/persons/0/items/address", 1_000);
    // The register has what it has; what a certificate says of it is decided where one is made.
    let odd = [json!("a\u{200b}"), json!("a\nb")];
    member::<LookUpAnswer>(&answer, "/persons/0/items/name", &odd, &[json!(1), json!(null)]);
    let beyond = [json!(1_000_001), json!(u32::MAX), json!(1u64 << 32), json!(-1), json!(1.0)];
    let taken = [json!(1_000_000)];
    member::<LookUpAnswer>(&answer, "/persons/0/history_number", &taken, &beyond);
    let persons = |count| json!(vec![person.clone(); count]);
    member::<LookUpAnswer>(&answer, "/persons", &[persons(100)], &[persons(101)]);

    let whom = json!({"by": "items", "name": "証", "birth_date": "319700115", "address": "鳥取"});
    let asked = json!({"case": ID, "purpose": "issue", "municipality": "312011", "whom": whom});
    line::<LookUpRequest>(&asked, "/whom/name", 1_000);
    line::<LookUpRequest>(&asked, "/whom/address", 1_000);
    line::<LookUpRequest>(&asked, "/purpose", 64);
}

#[test]
fn a_journal_is_bounded_in_every_member() {
    let reset = json!({"card": "C", "identity": {"proof": "resident_card"}, "name": "証",
        "birth_date": "319700115"});
    visible::<Reset>(&reset, "/card", 40);
    line::<Reset>(&reset, "/name", 1_000);
    let entry = |record: Value| {
        json!({"journal": hash(), "authority": hash(), "line": 1, "before": hash(),
            "at": "2026-04-01T00:00:00Z", "record": record})
    };
    let begun = entry(json!({"record": "begun", "token": "0123", "count": 1, "sealed": ""}));
    line::<Entry>(&begun, "/record/token", 64);
    octets::<Entry>(&begun, "/record/sealed", 16 * 1024);
    let failed = json!({"outcome": "failed", "window": false, "why": ""});
    line::<Entry>(
        &entry(json!({"record": "ended", "outcome": failed})),
        "/record/outcome/why",
        1_000,
    );
}

/// A batch of one event, or of none, with one member changed.
fn batch(first: Value, count: Value, change: impl Fn(&mut Value)) -> bool {
    let mut event = json!({"source": "312011", "sequence": first, "resident": hash(),
        "history_number": 1, "kind": "goki_shuusei", "effective_date": {"form": "unknown"},
        "processed_at": "2026-04-01T00:00:00Z", "after": items()});
    change(&mut event);
    let header = json!({"source": "312011", "first": first, "count": count,
        "created_at": "2026-04-01T00:00:00Z"});
    let text = match count == json!(0) {
        true => format!("{header}\n"),
        false => format!("{header}\n{event}\n"),
    };
    Batch::parse(text.as_bytes()).is_ok()
}

#[test]
fn the_sequences_of_a_batch_and_the_one_after_them_are_numbers_of_the_book() {
    let same = |_: &mut Value| {};
    assert!(batch(json!(1), json!(0), same) && batch(json!(1), json!(1), same));
    assert!(batch(json!(LAST_SEQUENCE), json!(1), same));
    for first in [LAST_SEQUENCE + 1, 1 << 63, u64::MAX] {
        assert!(!batch(json!(first), json!(1), same), "{first}");
    }
    // A heartbeat at the very end says which comes next: none can.
    assert!(batch(json!(LAST_SEQUENCE + 1), json!(0), same));
    assert!(!batch(json!(1u64 << 63), json!(0), same));
    for first in [json!(0), json!(-1), json!(1.0), json!("1"), json!(null)] {
        assert!(!batch(first.clone(), json!(0), same), "{first}");
    }
    for count in [json!(2), json!(200_001), json!(u32::MAX), json!(1u64 << 32), json!(-1)] {
        assert!(!batch(json!(1), count.clone(), same), "{count}");
    }
}

#[test]
fn a_change_of_the_register_is_taken_far_beyond_what_a_certificate_can_say() {
    let with = |at: &'static str, value: Value| {
        batch(json!(1), json!(1), move |event| *event.pointer_mut(at).unwrap() = value.clone())
    };
    for at in ["/after/name", "/after/address"] {
        assert!(with(at, json!("寿".repeat(1_000))), "{at}");
        assert!(with(at, json!("寿\u{200b}\n")), "{at}: its characters are the register's");
        assert!(!with(at, json!("寿".repeat(1_001))), "{at}");
    }
    assert!(with("/history_number", json!(1_000_000)));
    assert!(!with("/history_number", json!(1_000_001)));
    let cancels = |number: u32| {
        batch(json!(1), json!(1), move |event| {
            event["kind"] = json!("torikeshi");
            event["cancels"] = json!(number);
        })
    };
    assert!(cancels(1) && cancels(1_000_000));
    assert!(!cancels(0) && !cancels(1_000_001) && !cancels(u32::MAX));
    let odd = |text: String| with("/effective_date", json!({"form": "non_calendar", "text": text}));
    assert!(odd("春".repeat(64)) && !odd("春".repeat(65)) && !odd("令和\u{202e}".into()));
}

#[test]
fn nested_repeated_and_endless_json_is_no_message() {
    let sound = act(json!({"act": "close_case", "case": ID, "why": "x"})).to_string();
    assert!(serde_json::from_str::<Act>(&sound).is_ok());
    let nested = |depth: usize| sound.replace("\"x\"", &("[".repeat(depth) + &"]".repeat(depth)));
    let twice = |from: &str, to: &str| sound.replacen(from, to, 1);
    for json in [
        nested(100),
        nested(100_000),
        twice("\"why\":\"x\"", "\"why\":\"x\",\"why\":\"y\""),
        twice("\"deed\":", "\"deed\":{},\"deed\":"),
        twice("\"act\":", "\"act\":\"accept_clock\",\"act\":"),
        twice("\"x\"", "1e999"),
        twice("\"x\"", "\"\\ud800\""),
    ] {
        assert_ne!(json, sound);
        let shown: String = json.chars().take(300).collect();
        assert!(serde_json::from_str::<Act>(&json).is_err(), "{shown}");
    }
}
