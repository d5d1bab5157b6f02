//! Batches of 異動 that are not what they should be (docs/interfaces.md §6).

use akashi_ledger::Access;
use akashi_wire::batch::signed_form;
use akashi_wire::octets::Sha256;
use akashi_wire::signed::MessageKind;
use akashi_wire::{CodeOpening, SignedMessage};
use serde_json::{Value, json};

use crate::der::*;
use crate::feed::Feed;
use crate::message::{BATCH, Parts};
use crate::ocsp::Scene;
use crate::question::base64;
use crate::support::*;
use crate::well::{Well, the_chain_is_whole};

type Case = (&'static str, Vec<u8>, u16, &'static str);

fn envelopes(feed: &Feed<'_>, foreign: &[u8]) -> Vec<Case> {
    let heartbeat = feed.header(0).to_string().into_bytes();
    let sound = feed.text(&heartbeat, &[]);
    let mut changed = sound.clone();
    *changed.last_mut().unwrap() ^= 1;
    let elsewhere =
        akashi_keys::seal_to(foreign, &feed.envelope(&feed.sign(&heartbeat), &heartbeat, &[]));
    let json = |text: &str| feed.seal(text.as_bytes());
    let (signed, text) = (base64(&feed.sign(&heartbeat)), base64(&heartbeat));
    let envelope = "batch_envelope";
    vec![
        ("nothing", vec![], 400, envelope),
        ("junk", b"junk".to_vec(), 400, envelope),
        ("a text in the clear", heartbeat.clone(), 400, envelope),
        ("signed and not encrypted", feed.sign(&heartbeat), 400, envelope),
        ("cut short", sound[..sound.len() - 1].to_vec(), 400, envelope),
        ("the half of it", sound[..sound.len() / 2].to_vec(), 400, envelope),
        ("a trailing octet", [&sound[..], &[0]].concat(), 400, envelope),
        ("a changed tag", changed, 400, envelope),
        ("an indefinite length", with_indefinite_length(&sound), 400, envelope),
        ("a needlessly long length", with_long_length(&sound), 400, envelope),
        ("encrypted to somebody else", elsewhere.unwrap(), 400, envelope),
        ("megabytes of nested DER", nested(100_000), 400, envelope),
        ("an envelope of nothing", json(""), 400, envelope),
        ("an envelope that is no object", json("[]"), 400, envelope),
        ("megabytes of nested JSON", feed.seal(&vec![b'['; 4 << 20]), 400, envelope),
        (
            "an envelope without openings",
            json(&format!(r#"{{"signed":"{signed}","text":"{text}"}}"#)),
            400,
            envelope,
        ),
        (
            "an envelope without a text",
            json(&format!(r#"{{"signed":"{signed}","openings":[]}}"#)),
            400,
            envelope,
        ),
        (
            "an envelope with a member twice",
            json(&format!(
                r#"{{"signed":"{signed}","text":"{text}","openings":[],"openings":[]}}"#
            )),
            400,
            envelope,
        ),
        (
            "an envelope with an unknown member",
            json(&format!(r#"{{"signed":"{signed}","text":"{text}","openings":[],"x":1}}"#)),
            400,
            envelope,
        ),
        ("signed in no base64", json(r#"{"signed":"!","text":"","openings":[]}"#), 400, envelope),
        ("an envelope in no UTF-8", feed.seal(b"{\"signed\":\"\xff\"}"), 400, envelope),
        (
            "not signed",
            feed.seal(&feed.envelope(&heartbeat, &heartbeat, &[])),
            400,
            "batch_signature",
        ),
        (
            "changed after signing",
            {
                let mut signed = feed.sign(&heartbeat);
                let at = signed.windows(5).position(|window| window == b"count").unwrap();
                signed[at] = b'C';
                feed.seal(&feed.envelope(&signed, &heartbeat, &[]))
            },
            400,
            "batch_signature",
        ),
        (
            "with millions of lines that nobody signed",
            feed.seal(&feed.envelope(&feed.sign(&heartbeat), &vec![b'\n'; 8 << 20], &[])),
            400,
            "batch_signature",
        ),
        (
            "with another text",
            feed.seal(&feed.envelope(&feed.sign(&heartbeat), b"{}", &[])),
            400,
            "batch_signature",
        ),
    ]
}

fn texts(feed: &Feed<'_>) -> Vec<Case> {
    let (event, opening) = feed.event();
    let one = event.to_string();
    let header = |header: &str| feed.text(header.as_bytes(), &[]);
    let contract = "batch_contract";
    let counted = |count: u64, lines: usize| {
        let text = format!("{}\n{}", feed.header(count), format!("{one}\n").repeat(lines));
        feed.text(text.as_bytes(), &vec![opening.clone(); lines])
    };
    let head = feed.header(0).to_string();
    let changed = |from: &str, to: &str| {
        assert!(head.contains(from));
        header(&head.replacen(from, to, 1))
    };
    let items = json!({"name": "証　花子", "address": "鳥取県鳥取市東町", "birth_date": "319700115", "sex": "female"});
    let after = |member: &str, value: Value| {
        let mut items = items.clone();
        items[member] = value;
        feed.with("after", items)
    };
    let at_the_end = |first: u64| {
        let far = Feed { source: feed.source, now: feed.now, first };
        far.line(&far.event().0.to_string())
    };
    let cancels = |number: u64| {
        let mut event = event.clone();
        (event["kind"], event["cancels"]) = (json!("torikeshi"), json!(number));
        feed.line(&event.to_string())
    };
    vec![
        ("an empty text", header(""), 400, contract),
        ("a text of empty lines", header("\n\n\n"), 400, contract),
        ("no UTF-8", feed.text(b"{\"source\":\"\xff\"}", &[]), 400, contract),
        ("a byte order mark", header(&format!("\u{feff}{head}")), 400, contract),
        ("lines parted by NUL", header(&format!("{head}\0{one}")), 400, contract),
        ("a header twice", header(&format!("{head}\n{head}")), 400, contract),
        ("an empty line between", feed.line(&format!("\n{one}")), 400, contract),
        ("fewer events than announced", counted(2, 1), 400, contract),
        ("more events than announced", counted(0, 1), 400, contract),
        ("four billion announced", counted(u64::from(u32::MAX), 1), 400, contract),
        ("more than four billion", counted(u64::from(u32::MAX) + 1, 1), 400, contract),
        ("the same event twice", counted(2, 2), 400, contract),
        ("the sequence zero", changed("\"first\":", "\"first\":0,\"x\":"), 400, contract),
        (
            "a first of zero",
            changed(&format!("\"first\":{}", feed.first), "\"first\":0"),
            400,
            contract,
        ),
        (
            "a first beyond 63 bits",
            changed(&format!("\"first\":{}", feed.first), "\"first\":9223372036854775808"),
            400,
            contract,
        ),
        ("a first after which no number comes", at_the_end(i64::MAX as u64), 400, contract),
        ("events that run out of numbers", at_the_end(u64::MAX), 400, contract),
        ("a cancellation of everything", cancels(u64::from(u32::MAX)), 400, contract),
        ("a cancellation of the change zero", cancels(0), 400, contract),
        ("a name of 8,000 characters", after("name", json!("寿".repeat(8_000))), 400, contract),
        ("an address of a megabyte", after("address", json!("寿".repeat(350_000))), 400, contract),
        (
            "a day in more words than a day has",
            feed.with("effective_date", json!({"form": "non_calendar", "text": "春".repeat(65)})),
            400,
            contract,
        ),
        (
            "a thirteenth month",
            feed.with("effective_date", json!({"form": "partial", "year": 2024, "month": 13})),
            400,
            contract,
        ),
        (
            "a negative first",
            changed(&format!("\"first\":{}", feed.first), "\"first\":-1"),
            400,
            contract,
        ),
        (
            "a first with decimals",
            changed(&format!("\"first\":{}", feed.first), "\"first\":1.0"),
            400,
            contract,
        ),
        (
            "a first of NaN",
            changed(&format!("\"first\":{}", feed.first), "\"first\":NaN"),
            400,
            contract,
        ),
        (
            "a first of 1e999",
            changed(&format!("\"first\":{}", feed.first), "\"first\":1e999"),
            400,
            contract,
        ),
        (
            "a member of the header twice",
            changed("\"count\":0", "\"count\":0,\"count\":0"),
            400,
            contract,
        ),
        (
            "an unknown member of the header",
            changed("\"count\":0", "\"count\":0,\"x\":0"),
            400,
            contract,
        ),
        ("a municipality with a wrong check digit", changed("312011", "312010"), 400, contract),
        ("another town's event", feed.with("source", json!("312029")), 400, contract),
        ("another sequence", feed.with("sequence", json!(feed.first + 1)), 400, contract),
        ("an unknown kind", feed.with("kind", json!("everything")), 400, contract),
        ("a history number of zero", feed.with("history_number", json!(0)), 400, contract),
        (
            "a history number beyond belief",
            feed.with("history_number", json!(1_000_001)),
            400,
            contract,
        ),
        (
            "a history number beyond 32 bits",
            feed.with("history_number", json!(1u64 << 32)),
            400,
            contract,
        ),
        ("a negative history number", feed.with("history_number", json!(-1)), 400, contract),
        ("an unknown member", feed.with("x", json!(1)), 400, contract),
        (
            "a member twice",
            feed.line(&one.replacen("\"kind\"", "\"kind\":\"shibou\",\"kind\"", 1)),
            400,
            contract,
        ),
        ("a commitment of 31 octets", feed.with("resident", json!("00".repeat(31))), 400, contract),
        (
            "a commitment in no hexadecimal",
            feed.with("resident", json!("zz".repeat(32))),
            400,
            contract,
        ),
        ("a cancellation of nothing", feed.with("kind", json!("torikeshi")), 400, contract),
        ("a cancellation that is none", feed.with("cancels", json!(1)), 400, contract),
        ("a move without a new address", feed.with("kind", json!("tenkyo")), 400, contract),
        (
            "a new code that is none",
            feed.with("new_resident", json!("00".repeat(32))),
            400,
            contract,
        ),
        (
            "a day that is none",
            feed.with("effective_date", json!({"form": "full", "day": "2026-02-30"})),
            400,
            contract,
        ),
        (
            "a day of an unknown form",
            feed.with("effective_date", json!({"form": "soon"})),
            400,
            contract,
        ),
        (
            "a form twice",
            feed.line(&one.replacen("{\"form\"", "{\"form\":\"full\",\"form\"", 1)),
            400,
            contract,
        ),
        (
            "a month of 300",
            feed.with("effective_date", json!({"form": "partial", "year": 2024, "month": 300})),
            400,
            contract,
        ),
        ("a birth date of letters", after("birth_date", json!("昭和45年")), 400, contract),
        ("a birth date out of its era", after("birth_date", json!("520180101")), 400, contract),
        ("a sex of another word", after("sex", json!("robot")), 400, contract),
        ("an item too many", after("number", json!("01234567890")), 400, contract),
        ("a kilometre of nested arrays", feed.line(&"[".repeat(1 << 20)), 400, contract),
    ]
}

fn openings(feed: &Feed<'_>) -> Vec<Case> {
    let (event, sound) = feed.event();
    let with = |member: &str, value: Value| {
        let mut opening = sound.clone();
        opening["resident"][member] = value;
        feed.openings(&[opening])
    };
    let code = CodeOpening::new(&"01234567891".parse().unwrap(), [7; 32]);
    let mut new_code = event.clone();
    new_code["kind"] = json!("code_henkou");
    new_code["new_resident"] = event["resident"].clone();
    let mut more = sound.clone();
    more["new_resident"] = sound["resident"].clone();
    let (refused, envelope) = ("batch_opening", "batch_envelope");
    vec![
        ("no opening", feed.openings(&[]), 400, refused),
        ("an opening too many", feed.openings(&[sound.clone(), sound.clone()]), 400, refused),
        ("another person's opening", feed.openings(&[json!({"resident": code})]), 400, refused),
        ("another salt", with("salt", json!(base64(&[8; 32]))), 400, refused),
        ("a salt of 31 octets", with("salt", json!(base64(&[7; 31]))), 400, refused),
        ("a salt of a megabyte", with("salt", json!(base64(&vec![7; 1 << 20]))), 400, refused),
        ("no salt", with("salt", json!("")), 400, refused),
        ("a code of letters", with("code", json!("abcdefghijk")), 400, refused),
        ("a code of twelve digits", with("code", json!("012345678901")), 400, refused),
        ("a code in full width", with("code", json!("０１２３４５６７８９０")), 400, refused),
        ("a code that is a number", with("code", json!(1_234_567_890)), 400, envelope),
        ("an unknown member", with("x", json!(1)), 400, envelope),
        ("the opening of a new code too many", feed.openings(&[more]), 400, refused),
        ("a new code without its opening", feed.line(&new_code.to_string()), 400, refused),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_with_anything_wrong_is_refused_whole_and_nothing_of_it_is_taken() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let source = place.sources[&tottori()].clone();
    let stranger = akashi_keys::RsaKey::generate(akashi_keys::RsaSize::Rsa2048).unwrap();
    let own = akashi_keys::EcKey::generate().unwrap();
    let own = akashi_keys::LinkAuthority::create(&own, "link", place.now()).unwrap();
    let to_stranger = own
        .certify(
            akashi_keys::Signer::public_key(&stranger),
            "in",
            &akashi_keys::Usage::Recipient,
            place.now(),
        )
        .unwrap();
    let link = |place: &Place| {
        let ledger = place.house.ledger().clone();
        async move { ledger.source(tottori()).await.unwrap().unwrap().next_expected }
    };
    let next = link(place).await;
    let feed = Feed { source: &source, now: place.now(), first: next };
    let cases = [envelopes(&feed, &to_stranger), texts(&feed), openings(&feed)].concat();
    let count = cases.len();
    let well = Well::now(place, &scene.good.certificate).await;
    let mut wrong = Vec::new();
    for (number, (what, octets, status, record)) in cases.into_iter().enumerate() {
        let (found, told) = place.post("/idou", &source.link(), octets).await;
        let entry = well.newest_refusal(place).await;
        if found != status || !entry.starts_with(record) {
            wrong.push(format!("{what}: {found} {told}, on record: {entry}"));
        }
        // What is refused is never repeated: it may hold names and codes.
        assert!(!told.contains("01234567") && !told.contains('証'), "{what}: {told}");
        well.still(place, what).await;
        assert_eq!(well.refusals(place).await, number + 1, "{what} is on record");
        assert_eq!(link(place).await, next, "{what}: a sequence was taken");
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(count, 93);
    assert!(place.house.ledger().waiting_events(10).await.unwrap().is_empty());
    the_chain_is_whole(place).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_the_wrong_sender_or_a_second_time_changes_nothing() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let (here, there) = (place.sources[&tottori()].clone(), place.sources[&yonago()].clone());
    let (officer, _) = place.officer(tottori()).await;
    let ledger = place.house.ledger().clone();
    let next = ledger.source(tottori()).await.unwrap().unwrap().next_expected;
    let feed = Feed { source: &here, now: place.now(), first: next };
    let (event, opening) = feed.event();
    let text = format!("{}\n{event}\n", feed.header(1)).into_bytes();
    let form = signed_form(&text);
    let sound = feed.text(&text, std::slice::from_ref(&opening));
    let well = Well::now(place, &scene.good.certificate).await;
    let by_officer = SignedMessage::sign(
        MessageKind::Batch,
        &form,
        officer.token.certificate(),
        place.now(),
        |octets| officer.token.sign(octets),
    );
    let openings = std::slice::from_ref(&opening);
    let by_officer = feed.envelope(by_officer.unwrap().as_der(), &text, openings);
    let mut two = Parts::sound(&officer.token, BATCH, &form);
    two.signers = 2;
    let two = feed.envelope(&two.der(), &text, openings);
    // Sound in everything: only the signature is over another one.
    let other = feed.sign(format!("{}\n", feed.header(0)).as_bytes());
    let unsigned = feed.seal(&feed.envelope(&other, &text, openings));
    let by_neighbour = feed.envelope(
        &there.sign(MessageKind::Batch, &form, place.now()).unwrap().0,
        &text,
        openings,
    );
    for (what, link, octets, status, record) in [
        ("a text that is not what was signed", here.link(), unsigned, 400, "batch_signature"),
        ("an officer's batch", officer.link(), feed.seal(&by_officer), 403, "batch_no_source"),
        (
            "an officer's, over a source's link",
            here.link(),
            feed.seal(&by_officer),
            403,
            "batch_sender",
        ),
        ("a batch with two signers", here.link(), feed.seal(&two), 400, "batch_signature"),
        ("a neighbour's batch", there.link(), feed.seal(&by_neighbour), 403, "batch_source"),
        ("over a neighbour's link", there.link(), sound.clone(), 403, "batch_sender"),
        ("over an officer's link", officer.link(), sound.clone(), 403, "batch_no_source"),
    ] {
        let (found, told) = place.post("/idou", &link, octets).await;
        assert_eq!(found, status, "{what}: {told}");
        assert!(well.newest_refusal(place).await.starts_with(record), "{what}");
        well.still(place, what).await;
    }
    assert_eq!(well.refusals(place).await, 7);
    assert_eq!(ledger.source(tottori()).await.unwrap().unwrap().next_expected, next);

    let (status, answer) = place.post("/idou", &here.link(), sound.clone()).await;
    assert_eq!(status, 202, "{answer}");
    let accepted = place.entries("accept").await.len();
    // Replayed, as it was and sealed anew: the same answer. It is heard, and nothing else happens.
    for again in [sound.clone(), feed.text(&text, std::slice::from_ref(&opening))] {
        assert_eq!(place.post("/idou", &here.link(), again).await, (202, answer.clone()));
    }
    assert_eq!(place.entries("accept").await.len(), accepted + 2);
    assert_eq!(ledger.source(tottori()).await.unwrap().unwrap().next_expected, next + 1);
    // The sequence for another history number is another matter.
    let mut other = event.clone();
    other["history_number"] = json!(2);
    let (status, _) = place.post("/idou", &here.link(), feed.line(&other.to_string())).await;
    assert_eq!(status, 400);
    assert!(well.newest_refusal(place).await.starts_with("batch_sequence_reused"));
    // The far end of the sequences leaves a gap, and the feed goes on at its beginning.
    let far = Feed { source: &here, now: place.now(), first: i64::MAX as u64 - 1 };
    let (status, told) =
        place.post("/idou", &here.link(), far.line(&far.event().0.to_string())).await;
    assert_eq!(status, 202, "{told}");
    let after = ledger.source(tottori()).await.unwrap().unwrap().next_expected;
    assert_eq!(after, next + 1, "the next sequence is the one after the last without a gap");
    well.still(place, "the far end of the sequences").await;
    // An oversized batch (docs/interfaces.md §5).
    let client = akashi_link::client(&here.link()).unwrap();
    let post = client.post(format!("{}/idou", place.url())).body(vec![0x30; (64 << 20) + 1]);
    match post.send().await {
        Ok(answer) => assert_eq!(answer.status().as_u16(), 413),
        // Refused before all of it was written: the line may break first (RFC 9110 §15.5.14).
        Err(error) => assert!(error.is_request(), "{error:?}"),
    }
    well.still(place, "an oversized batch").await;
    assert_ne!(Sha256::of(&sound), Sha256::of(&text));
    the_chain_is_whole(place).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_at_the_ends_of_the_calendar_stop_no_scheduler() {
    let mut scene = Scene::open(Access::Registered).await;
    let codes: Vec<_> = (0..4).map(|_| scene.place.resident(tottori())).collect();
    let mut holders = Vec::new();
    for code in &codes {
        holders.push(scene.place.certified(tottori(), code).await);
    }
    let days = ["-009999-01-01", "0001-01-01", "9999-12-30", "9999-12-31"];
    for (code, day) in codes.iter().zip(days) {
        let day: jiff::civil::Date = day.parse().unwrap();
        scene.place.reported(|office| office.notify_move_out(code, day)).await;
    }
    // What lies in the past ends at once; the rest is planned, and the scheduler still ticks.
    for (holder, still_good) in holders.iter().zip([false, false, true, true]) {
        assert_eq!(scene.place.is_good(holder.serial).await, still_good);
    }
    let code = scene.place.resident(tottori());
    scene.place.certified(tottori(), &code).await;
    the_chain_is_whole(&scene.place).await;
    scene.place.close().await;
}
