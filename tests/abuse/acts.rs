//! Acts of officers that are not what they should be (docs/interfaces.md §4, §5; RFC 5652).

use akashi_ledger::Access;
use akashi_wire::act::{Deed, Procedure, RequestId};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use jiff::ToSpan;
use serde_json::{Value, json};

use crate::der::*;
use crate::message::*;
use crate::ocsp::Scene;
use crate::question::base64;
use crate::support::*;
use crate::well::{Well, the_chain_is_whole};

/// An act as JSON, with a new request number.
fn act(place: &Place, deed: Value) -> Value {
    json!({
        "request": RequestId::from_random(rand::random()),
        "authority": place.security.authority().fingerprint,
        "terminal": Sha256::of(place.terminals[&tottori()].certificate()),
        "made_at": place.now(),
        "deed": deed,
    })
}

fn open_case() -> Value {
    json!({"act": "open_case", "procedure": "issue"})
}

/// Sends octets as an officer; the HTTP status and the refusal's word.
async fn told(place: &Place, party: &Party, octets: Vec<u8>) -> (u16, String) {
    let (status, text) = place.post("/acts", &party.at_terminal(), octets).await;
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    assert!(json["says"].is_string() || status == 200, "{text}");
    (status, json["refusal"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_not_exactly_one_good_signature_over_its_content_is_no_act() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let (officer, _) = place.officer(tottori()).await;
    let (neighbour, _) = place.officer(yonago()).await;
    let content = act(place, open_case()).to_string().into_bytes();
    let mine = &officer.token;
    let sound = || Parts::sound(mine, ACT, &content);
    let digest = octet_string(&akashi_wire::octets::Sha256::of(&content).0);
    let kind = attribute(CONTENT_TYPE, &[&oid(ACT)]);
    let message_digest = attribute(MESSAGE_DIGEST, &[&digest]);
    let with = |change: &dyn Fn(&mut Parts<'_>)| {
        let mut parts = sound();
        change(&mut parts);
        parts.der()
    };
    let attributes = |attributes: &[&Vec<u8>]| {
        let attributes: Vec<Vec<u8>> = attributes.iter().map(|one| (*one).clone()).collect();
        with(&move |parts| parts.attributes = Some(attributes.clone()))
    };
    let other = attribute(MESSAGE_DIGEST, &[&octet_string(&[0; 32])]);
    let twice_in_one = attribute(MESSAGE_DIGEST, &[&digest, &octet_string(&[0; 32])]);
    let other_kind = attribute(CONTENT_TYPE, &[&oid(SIGNED_DATA)]);
    let whole = sound().der();
    let strange = attribute("2.25.9", &[&[5, 0]]);
    let theirs = neighbour.token.certificate().to_vec();
    let link_authority = mine.link_authority().to_vec();
    let cases: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("two signers", with(&|p| p.signers = 2), "malformed", "docs/interfaces.md §4"),
        ("no signer", with(&|p| p.signers = 0), "malformed", "docs/interfaces.md §4"),
        ("no certificate", with(&|p| p.certificates.clear()), "malformed", "docs/interfaces.md §4"),
        (
            "a neighbour's certificate alone",
            with(&|p| p.certificates = vec![theirs.clone()]),
            "malformed",
            "RFC 5652 §5.3: the sid names another",
        ),
        (
            "the authority's certificate alone",
            with(&|p| p.certificates = vec![link_authority.clone()]),
            "malformed",
            "RFC 5652 §5.3",
        ),
        ("no content", with(&|p| p.content = None), "malformed", "docs/interfaces.md §4: inside"),
        (
            "another content",
            with(&|p| p.content = Some(b"{}".to_vec())),
            "malformed",
            "RFC 5652 §5.4",
        ),
        (
            "another content type",
            with(&|p| p.content_type = SIGNED_DATA),
            "malformed",
            "docs/interfaces.md §4",
        ),
        ("an outer type of data", with(&|p| p.outer_type = DATA), "malformed", "RFC 5652 §5.1"),
        (
            "an outer type nobody knows",
            with(&|p| p.outer_type = "2.25.1"),
            "malformed",
            "RFC 5652 §3",
        ),
        ("SHA-1", with(&|p| p.digest = "1.3.14.3.2.26"), "malformed", "docs/interfaces.md §4"),
        (
            "SHA-512",
            with(&|p| p.digest = "2.16.840.1.101.3.4.2.3"),
            "malformed",
            "docs/interfaces.md §4",
        ),
        (
            "ECDSA with SHA-1",
            with(&|p| p.algorithm = "1.2.840.10045.4.1"),
            "malformed",
            "docs/interfaces.md §4",
        ),
        (
            "RSA with an EC key",
            with(&|p| p.algorithm = "1.2.840.113549.1.1.11"),
            "malformed",
            "docs/interfaces.md §4",
        ),
        ("no signature", with(&|p| p.signature = Some(Vec::new())), "malformed", "RFC 5652 §5.4"),
        (
            "a signature of zeros",
            with(&|p| p.signature = Some(vec![0x30, 6, 2, 1, 0, 2, 1, 0])),
            "malformed",
            "CVE-2022-21449",
        ),
        (
            "a signature over the content itself",
            with(&|p| p.attributes = None),
            "malformed",
            "docs/interfaces.md §4: signed attributes",
        ),
        (
            "a signature by a neighbour's key",
            with(&|p| p.signature = Some(neighbour.token.sign(&content).unwrap())),
            "malformed",
            "RFC 5652 §5.4",
        ),
        (
            "no content type attribute",
            attributes(&[&message_digest]),
            "malformed",
            "RFC 5652 §11.1",
        ),
        ("no digest attribute", attributes(&[&kind]), "malformed", "RFC 5652 §11.2"),
        ("another digest", attributes(&[&kind, &other]), "malformed", "RFC 5652 §5.4"),
        ("two digests in one", attributes(&[&kind, &twice_in_one]), "malformed", "RFC 5652 §11.2"),
        (
            "two digest attributes",
            attributes(&[&kind, &message_digest, &other]),
            "malformed",
            "RFC 5652 §11.2",
        ),
        (
            "another kind in the attribute",
            attributes(&[&other_kind, &message_digest]),
            "malformed",
            "RFC 5652 §11.1",
        ),
        ("a trailing octet", [&whole[..], &[0]].concat(), "malformed", "X.690 §8.1.1"),
        (
            "an indefinite length",
            with_indefinite_length(&whole),
            "malformed",
            "docs/interfaces.md §4: DER",
        ),
        ("a needlessly long length", with_long_length(&whole), "malformed", "X.690 §10.1"),
        ("deep nesting", nested(20_000), "malformed", "our limit"),
        (
            "a length of four gigabytes",
            vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            "malformed",
            "X.690 §8.1.3",
        ),
        (
            "the act of a neighbour town's officer at this terminal",
            Parts::sound(&neighbour.token, ACT, &content).der(),
            "not_a_terminal",
            "docs/interfaces.md §5: where each role works",
        ),
    ];
    let well = Well::now(place, &scene.good.certificate).await;
    let count = cases.len();
    for (number, (what, octets, refusal, source)) in cases.into_iter().enumerate() {
        let (status, said) = told(place, &officer, octets).await;
        assert_eq!(said, refusal, "{what} ({source})");
        assert_eq!(status, if refusal == "malformed" { 400 } else { 403 }, "{what}");
        well.still(place, what).await;
        assert_eq!(well.refusals(place).await, number + 1, "{what} is on record");
        assert!(well.newest_refusal(place).await.starts_with(refusal), "{what}");
    }
    // Cut at any octet: a sample, the rest is for the fuzz target `signed_message`.
    for end in (0..whole.len()).step_by(29) {
        assert_eq!(told(place, &officer, whole[..end].to_vec()).await.1, "malformed", "{end}");
    }
    assert_eq!(count, 30);
    assert_eq!(place.entries("open_case").await.len(), 2, "the scene's own two");
    // What is allowed: more certificates than the signer's, attributes that nobody knows.
    let generous = with(&|p| {
        p.certificates.push(link_authority.clone());
        p.certificates.sort_by_key(Vec::len);
        p.attributes.as_mut().unwrap().insert(0, strange.clone());
    });
    assert_eq!(told(place, &officer, generous).await, (200, String::new()));
    the_chain_is_whole(place).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_text_that_is_no_act_is_refused_and_kept_as_evidence_of_nothing() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let (officer, _) = place.officer(tottori()).await;
    let sound = act(place, open_case()).to_string();
    let (start, _) = sound.split_at(sound.len() - 1);
    let replaced = |from: &str, to: &str| {
        assert!(sound.contains(from), "{from}");
        sound.replacen(from, to, 1)
    };
    let member = |name: &str, value: Value| {
        let mut act = act(place, open_case());
        act[name] = value;
        act.to_string()
    };
    let deed = |deed: Value| act(place, deed).to_string();
    let raw_deed =
        |raw: &str| replaced(&json!({"act": "open_case", "procedure": "issue"}).to_string(), raw);
    let case = "6e97eadc9ff0dde7593f48cfd6f776a4";
    let choices = |raw: &str| {
        raw_deed(&format!(
            r#"{{"act":"apply","case":"{case}","card":"C","identity":{{"proof":"resident_card"}},"name_choices":{raw}}}"#
        ))
    };
    let with = |mut sound: Value, changed: Value| {
        for (member, value) in changed.as_object().unwrap() {
            sound[member] = value.clone();
        }
        sound
    };
    let why = |why: &str| deed(json!({"act": "close_case", "case": case, "why": why}));
    let on_card = |card: &str| deed(json!({"act": "take_up", "case": case, "card": card}));
    let shown = |changed: Value| {
        let sound = json!({"proof": "photo_document", "kind": "旅券", "expires": "2099-01-01", "last_four": "1234"});
        let identity = with(sound, changed);
        deed(json!({"act": "apply", "case": case, "card": "C", "identity": identity}))
    };
    let by_name = |name: &str| {
        let by = json!({"by": "items", "name": name, "birth_date": "319700115"});
        deed(json!({"act": "look_up", "case": case, "by": by}))
    };
    let answers = |count: usize, octets: usize| {
        let answers = vec![base64(&vec![0x90; octets]); count];
        deed(json!({"act": "card_answered", "case": case, "answers": answers}))
    };
    let party = |changed: Value| {
        let sound = json!({"act": "enrol", "name": "a", "party": {"role": "security_officer"},
            "request_for_certificate": ""});
        deed(with(sound, changed))
    };
    let lot = |changed: Value| {
        let sound = json!({"act": "register_cards", "lot": "L", "model": "M", "cards": ["C"]});
        deed(with(sound, changed))
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("null", b"null".to_vec()),
        ("an array", b"[]".to_vec()),
        ("two acts", format!("{sound}{sound}").into()),
        ("something behind it", format!("{sound}x").into()),
        ("a NUL behind it", format!("{sound}\0").into()),
        ("no end", start.as_bytes().to_vec()),
        ("a byte order mark", format!("\u{feff}{sound}").into()),
        ("UTF-16", sound.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("no UTF-8", [start.as_bytes(), b",\"x\":\"\xff\"}"].concat()),
        ("half a surrogate pair", replaced("open_case", r"\ud800").into()),
        ("a hundred thousand arrays", vec![b'['; 100_000]),
        ("a hundred thousand objects", b"{\"a\":".repeat(20_000)),
        ("an unknown member", format!("{start},\"x\":1}}").into()),
        ("a member twice", format!("{start},\"made_at\":{}}}", json!(place.now())).into()),
        ("a member in capitals", replaced("\"request\"", "\"Request\"").into()),
        ("no deed", replaced("\"deed\"", "\"dead\"").into()),
        ("an unknown act", deed(json!({"act": "issue_everything"})).into()),
        ("an act without a name", deed(json!({"procedure": "issue"})).into()),
        (
            "two names of an act",
            raw_deed(r#"{"act":"open_case","act":"accept_clock","procedure":"issue"}"#).into(),
        ),
        (
            "a member of the deed twice",
            raw_deed(r#"{"act":"open_case","procedure":"issue","procedure":"renewal"}"#).into(),
        ),
        (
            "an unknown member of the deed",
            deed(json!({"act": "open_case", "procedure": "issue", "x": 1})).into(),
        ),
        ("an unknown procedure", deed(json!({"act": "open_case", "procedure": "all"})).into()),
        ("a number for a text", deed(json!({"act": "close_case", "case": case, "why": 1})).into()),
        ("a request of 31 digits", member("request", json!("0".repeat(31))).into()),
        ("a request of 33 digits", member("request", json!("0".repeat(33))).into()),
        ("a request of no digits", member("request", json!("z".repeat(32))).into()),
        ("a request that is a number", member("request", json!(1)).into()),
        ("a time that is none", member("made_at", json!("yesterday")).into()),
        ("a time without its zone", member("made_at", json!("2026-11-22T05:54:56")).into()),
        ("the 31st of February", member("made_at", json!("2026-02-31T00:00:00Z")).into()),
        ("a time beyond every calendar", member("made_at", json!("99999-01-01T00:00:00Z")).into()),
        ("a time of NaN", replaced("\"made_at\":", "\"made_at\":NaN,\"x\":").into()),
        (
            "a number beyond every number",
            replaced("\"made_at\":", "\"made_at\":1e999,\"x\":").into(),
        ),
        (
            "no base64",
            deed(json!({"act": "certify", "case": case, "card": "C", "proof": "!"})).into(),
        ),
        (
            "a reason that is no word",
            deed(json!({"act": "revoke", "case": case, "identity": {"proof": "resident_card"}, "reason": "fun"})).into(),
        ),
        (
            "a day that is none",
            deed(json!({"act": "apply", "case": case, "card": "C", "identity":
            {"proof": "inquiry_letter", "sent": "2026-13-01"}}))
            .into(),
        ),
        ("a position that is none", choices(r#"{"first":"崎"}"#).into()),
        ("a negative position", choices(r#"{"-1":"崎"}"#).into()),
        ("a position beyond every number", choices(r#"{"99999999999999999999":"崎"}"#).into()),
        ("a position twice", choices(r#"{"1":"崎","1":"碕"}"#).into()),
        ("a position twice in two forms", choices(r#"{"1":"崎","01":"碕"}"#).into()),
        ("a position beyond every name", choices(r#"{"1000":"崎"}"#).into()),
        ("a substitute of a page", choices(&json!({"1": "さ".repeat(2_000)}).to_string()).into()),
        ("a reason of 200,000 characters", why(&"x".repeat(200_000)).into()),
        ("a reason that reorders its line", why("x\u{202e}y").into()),
        ("a reason of two lines", why("x\ny").into()),
        ("a card of 10,000 digits", on_card(&"1".repeat(10_000)).into()),
        ("a card of two words", on_card("AK 1").into()),
        ("a document of 100,000 characters", shown(json!({"kind": "x".repeat(100_000)})).into()),
        ("a document's whole number", shown(json!({"last_four": "12345"})).into()),
        ("a document of the year 10000", shown(json!({"expires": "10000-01-01"})).into()),
        ("a document from before Christ", shown(json!({"expires": "-000001-01-01"})).into()),
        ("a name of 8,000 characters", by_name(&"寿".repeat(8_000)).into()),
        ("a name that hides a letter", by_name("証\u{200b}花子").into()),
        ("a thousand answers of a card", answers(1_000, 2).into()),
        ("an answer of a card of 100,000 octets", answers(1, 100_000).into()),
        (
            "a request of 100,000 octets",
            deed(json!({"act": "certify", "case": case, "card": "C",
            "proof": base64(&[0x30; 100_000])}))
            .into(),
        ),
        (
            "six lines of a journal",
            deed(json!({"act": "report_offline", "lines": vec![""; 6]})).into(),
        ),
        ("a party with an escape in its name", party(json!({"name": "a\u{1b}[2J"})).into()),
        ("a party of a thousand hosts", party(json!({"hosts": vec!["h"; 1_000]})).into()),
        ("a host of two words", party(json!({"hosts": ["a b"]})).into()),
        (
            "an agency of a thousand purposes",
            party(json!({"party": {"role": "agency", "purposes": vec!["p"; 1_000]}})).into(),
        ),
        (
            "an agency for a purpose of 1,000 characters",
            party(json!({"party": {"role": "agency", "purposes": ["p".repeat(1_000)]}})).into(),
        ),
        ("a lot of 1,000 characters", lot(json!({"lot": "L".repeat(1_000)})).into()),
        ("a model with a NUL", lot(json!({"model": "M\0"})).into()),
        ("5,001 cards", lot(json!({"cards": vec!["C"; 5_001]})).into()),
    ];
    let well = Well::now(place, &scene.good.certificate).await;
    let count = cases.len();
    let mut wrong = Vec::new();
    for (what, content) in cases {
        let message = officer.sign(&content, place.now()).as_der().to_vec();
        let (status, said) = told(place, &officer, message).await;
        if (status, said.as_str()) != (400, "malformed") {
            wrong.push(format!("{what}: {status} {said}"));
        }
        well.still(place, what).await;
    }
    assert_eq!(count, 67);
    assert_eq!(well.refusals(place).await, count, "each is on record");
    assert_eq!(wrong, [""; 0]);
    the_chain_is_whole(place).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_of_another_time_place_or_person_is_not_carried_out() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let (officer, _) = place.officer(tottori()).await;
    let (colleague, _) = place.officer(tottori()).await;
    let at = |at: &str| {
        let mut act = act(place, open_case());
        act["made_at"] = json!(at);
        act
    };
    let now = place.now();
    let text = |span: jiff::Span| (now + span).to_string();
    let mut elsewhere = act(place, open_case());
    elsewhere["authority"] = json!(akashi_wire::octets::Sha256::of(b"another authority"));
    let number = "ff".repeat(8);
    let deeds = [
        (
            "a case nobody opened",
            json!({"act": "close_case", "case": "0".repeat(32), "why": "…"}),
            "no_such_case",
        ),
        (
            "a look-up in such a case",
            json!({"act": "look_up", "case": "0".repeat(32), "by": {"by": "items", "name": "証", "birth_date": "319700115"}}),
            "no_such_case",
        ),
        (
            "a code in the clear",
            json!({"act": "look_up", "case": "0".repeat(32), "by": {"by": "enclosed", "digest": "0".repeat(64)}}),
            "",
        ),
        (
            "a card without a number",
            json!({"act": "apply", "case": "0".repeat(32), "card": "", "identity": {"proof": "resident_card"}}),
            "",
        ),
        (
            "a party's dismissal",
            json!({"act": "dismiss", "party": number.repeat(2), "why": "…"}),
            "not_allowed",
        ),
        (
            "a cut of the feed",
            json!({"act": "suspend", "what": {"what": "issuing"}, "why": "…"}),
            "not_allowed",
        ),
    ];
    let mut cases = vec![
        ("an hour ago", at(&text(-1.hours())), "not_now"),
        ("in an hour", at(&text(1.hours())), "not_now"),
        ("six minutes ago", at(&text(-6.minutes())), "not_now"),
        ("at the beginning of time", at("-009999-01-02T01:59:59Z"), "malformed"),
        ("at the end of time", at("9999-12-30T22:00:00Z"), "malformed"),
        ("in the year 1", at("0001-01-01T00:00:00Z"), "not_now"),
        ("in the year 9000", at("9000-12-31T23:59:59Z"), "not_now"),
        ("for another authority", elsewhere, "other_authority"),
    ];
    cases.extend(deeds.into_iter().map(|(what, deed, refusal)| (what, act(place, deed), refusal)));
    let well = Well::now(place, &scene.good.certificate).await;
    let count = cases.len();
    for (what, act, refusal) in cases {
        let message = officer.sign(act.to_string().as_bytes(), now).as_der().to_vec();
        let (status, said) = told(place, &officer, message).await;
        assert!((400..500).contains(&status), "{what}: {status}");
        assert!(said == refusal || refusal.is_empty(), "{what}: {said}");
        well.still(place, what).await;
    }
    assert_eq!(well.refusals(place).await, count, "each is on record");

    // The same octets again get the same answer; from another terminal, or with other content, none.
    let elsewhere = place.enrolled("Elsewhere", Role::Terminal { municipality: tottori() }).await;
    let number = RequestId::from_random(rand::random());
    let deed = Deed::OpenCase { procedure: Procedure::Issue };
    let first = officer.act(place, number, deed.clone()).as_der().to_vec();
    let (_, case) = place.post("/acts", &officer.at_terminal(), first.clone()).await;
    assert_eq!(place.post("/acts", &officer.at_terminal(), first.clone()).await, (200, case));
    let (status, said) = place.post("/acts", &elsewhere.link(), first).await;
    assert!(status == 403 && said.contains("not_a_terminal"), "{status} {said}");
    let same_number = colleague.act(place, number, deed).as_der().to_vec();
    assert_eq!(told(place, &colleague, same_number).await, (409, "request_reused".into()));
    let renewal = Deed::OpenCase { procedure: Procedure::Renewal };
    let other = officer.act(place, number, renewal).as_der().to_vec();
    assert_eq!(told(place, &officer, other).await, (409, "request_reused".into()));
    assert_eq!(place.entries("open_case").await.len(), 3, "two of the scene, and one");
    the_chain_is_whole(place).await;
    scene.place.close().await;
}
