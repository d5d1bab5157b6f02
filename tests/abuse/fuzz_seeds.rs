//! Writes the inputs from which the fuzz targets begin, out of a whole small world:
//! `cargo test --test abuse the_seeds -- --ignored`. What fuzzing adds to them is kept by
//! `AKASHI_FUZZ_KEEP=1 tests/fuzz/run`.

use std::path::Path;

use akashi_ledger::Access;
use akashi_wire::act::{
    CertificateBy, Deed, IdentityProof, LookUpBy, Procedure, Refusal, RequestId, Suspension,
    UndecidedCharacter,
};
use akashi_wire::batch::Batch;
use akashi_wire::date::EffectiveDate;
use akashi_wire::lookup::{
    LookUpAnswer, LookUpEnvelope, LookUpRequest, ResidentRecord, ResidentState, Whom,
};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{Act, CodeOpening, RevocationReason};
use serde::Serialize;

use crate::der::*;
use crate::feed::Feed;
use crate::ocsp::Scene;
use crate::question::*;
use crate::support::*;

fn keep(target: &str, name: &str, octets: &[u8]) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(format!("seed-{name}")), octets).unwrap();
}

fn keep_json(target: &str, name: &str, value: &impl Serialize) {
    keep(target, name, &serde_json::to_vec(value).unwrap());
}

/// Each with its length before it, as the targets of the card read them.
fn script(pieces: &[&str]) -> Vec<u8> {
    let octets = pieces.iter().map(|piece| hex::decode(piece).unwrap());
    octets.flat_map(|piece| [&(piece.len() as u16).to_be_bytes()[..], &piece].concat()).collect()
}

fn answers() {
    const NONCE_7: [u8; 16] = [7; 16];
    let time = |text: &str| tlv(0x18, &[text.as_bytes()]);
    let revoked = tlv(0xa1, &[&time("20291231000000Z"), &tlv(0xa0, &[&[0x0a, 1, 3]])]);
    let statuses = [("good", vec![0x80, 0]), ("unknown", vec![0x82, 0]), ("revoked", revoked)];
    for (name, status) in statuses {
        let until = tlv(0xa0, &[&time("20300101003000Z")]);
        let single = sequence(&[&[0x30, 3, 2, 1, 5], &status, &time("20291231233000Z"), &until]);
        let responder = tlv(0xa2, &[&octet_string(&[1; 20])]);
        let extensions = tlv(0xa1, &[&sequence(&[&nonce(&NONCE_7)])]);
        let produced = time("20291231233000Z");
        let data = sequence(&[&responder, &produced, &sequence(&[&single]), &extensions]);
        keep("ocsp_answer", name, &data);
    }
}

fn texts() {
    for (number, text) in [
        "311011",
        "312011",
        "13",
        "319700115",
        "120680000",
        "01234567890",
        "4c660d3d29cad8276c01164a9c869a8c",
        r#"{"form":"full","day":"2026-11-22"}"#,
        r#"{"form":"partial","year":2024,"month":4}"#,
        r#"{"form":"unknown"}"#,
        r#""keyCompromise""#,
        r#""MIIF""#,
    ]
    .iter()
    .enumerate()
    {
        keep("nouns", &number.to_string(), text.as_bytes());
    }
    for (number, text) in [
        "証　花子\n証 花子",
        "髙﨑　太郎\n高崎　太郎",
        "鳥取県鳥取市東町一丁目２２０番地",
        "ROSSI MARIA",
        "ﾊﾅｺ\nハナコ",
        "か\u{3099}\nが",
        "神\u{fa19}\n神",
        "辻\u{e0100}\n辻",
        "－−‐\n---",
        "e\u{301}\né",
    ]
    .iter()
    .enumerate()
    {
        keep("characters", &number.to_string(), text.as_bytes());
    }
    let select = ["00A4040C0AD392F000260100000001", "00A4020C02001B", "842C0280"];
    let pin = ["0024018006414243313233", "0020008006414243313233", "00200080"];
    let files = ["00A4020C020001", "84D600000430820100", "00B0000000", "80CA004500", "84440000"];
    for (name, parts) in
        [("pin", [&select[..], &pin].concat()), ("files", [&select[..], &files].concat())]
    {
        for first in [0u8, 1] {
            keep(
                "card_commands",
                &format!("{name}-{first}"),
                &[&[first][..], &script(&parts)].concat(),
            );
        }
    }
    let key = format!("7F4982010981820100{}82030100019000", "C3".repeat(255) + "0D");
    let read = format!("{}9000", "308200FC".to_owned() + &"05".repeat(252));
    let scripts: [(u8, &str, Vec<&str>); 7] = [
        (0, "number", vec!["414B41534849303030303030303030319000"]),
        (1, "tries", vec!["9000", "63C5"]),
        (2, "read", vec!["9000", &read, "9000"]),
        (3, "key", vec![&key]),
        (4, "proof", vec![&key, "9000", "9000"]),
        (6, "pending", vec!["9000", &read, "9000", &read]),
        (7, "pin", vec!["9000", "9000", "9000", "9000", "9000", "9000"]),
    ];
    for (asked, name, answers) in scripts {
        keep("card_answers", name, &[&[asked][..], &script(&answers)].concat());
    }
    channels();
}

/// Commands that go through the channel (00, P1, P2, instruction, data) and beside it (01, command).
fn channels() {
    let block = "000000D630820100".to_owned() + &"05".repeat(60);
    let write =
        ["00020CA40001", &block, "00020CA40101", "000000B0", "00810047B60384011A", "00000044"];
    let window = [
        "00020CA4001B",
        "0002802C",
        "0100A4020C02001B",
        "010024018006414243313233",
        "010020008006414243313233",
        "01802A00800100",
        "00008020414243313233",
    ];
    let authenticate = "018482330010".to_owned() + &"00".repeat(16);
    let closing = [
        "0100A4040C0AD392F000260100000001",
        "00020CA40001",
        "018050010008111111111111111100",
        &authenticate,
    ];
    for (name, parts) in [("write", &write[..]), ("window", &window), ("closing", &closing)] {
        keep("channel_commands", name, &script(parts));
    }
    let initialized = "00".repeat(10) + "010360" + &"00".repeat(16) + "9000";
    let long = "00".repeat(24) + "9000";
    keep(
        "channel_answers",
        "opening",
        &script(&[&initialized, "6982", "00000000000000009000", &long]),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "rewrites the corpus"]
async fn the_seeds_of_the_fuzz_targets_are_written() {
    answers();
    texts();
    let mut scene = Scene::open(Access::Open).await;
    let id = scene.about.cert_id(scene.serial());
    keep("ocsp_request", "plain", &question(std::slice::from_ref(&id), &[]));
    keep("ocsp_request", "nonce", &question(&[id.clone(), id.clone()], &[nonce(&[7; 16])]));
    let agency = akashi_wire::party::Role::Agency { purposes: vec!["tax".into()] };
    let agency = scene.place.enrolled("Bureau", agency).await;
    let tbs = tbs(std::slice::from_ref(&id), &[extension("2.25.7", &[1, 1, 0xff], &[5, 0])]);
    keep("ocsp_request", "signed", &signed(&tbs, &agency.token));

    let code = scene.place.resident(tottori());
    scene.place.change(|office| office.death(&code, EffectiveDate::Unknown));
    let other = scene.place.resident(tottori());
    scene.place.change(|office| office.move_within(&other, "鳥取県鳥取市栄町627番地"));
    let place = &mut scene.place;
    let items = place.items(&code);
    let batch = place.batch_of(tottori(), 10).batch;
    keep("batch_text", "two", &batch.to_text());
    let empty = Batch {
        events: Vec::new(),
        header: akashi_wire::batch::BatchHeader { count: 0, ..batch.header },
    };
    keep("batch_text", "heartbeat", &empty.to_text());
    let source = place.sources[&tottori()].clone();
    let feed = Feed { source: &source, now: place.now(), first: 9 };
    let (event, opening) = feed.event();
    let text = format!("{}\n{event}\n", feed.header(1));
    keep(
        "batch_envelope",
        "one",
        &feed.envelope(&feed.sign(text.as_bytes()), text.as_bytes(), &[opening]),
    );
    let recipient = include_bytes!("../fuzz/data/recipient.der");
    keep("sealed_message", "one", &akashi_keys::seal_to(recipient, b"akashi").unwrap());

    let case = akashi_wire::CaseId::from_random([3; 16]);
    let opening = CodeOpening::new(&code, [7; 32]);
    let commitment = opening.commitment();
    let digest = Sha256::of(b"akashi");
    let find = |by| Deed::FindCertificate { case, by };
    let deeds = [
        ("open", Deed::OpenCase { procedure: Procedure::Issue }),
        ("look-up", Deed::LookUp { case, by: by_items(&items) }),
        ("enclosed", Deed::LookUp { case, by: LookUpBy::Enclosed { digest } }),
        (
            "apply",
            Deed::Apply {
                case,
                card: "CARD".into(),
                identity: IdentityProof::PhotoDocument {
                    kind: "旅券".into(),
                    expires: "2030-01-01".parse().unwrap(),
                    last_four: "1234".into(),
                },
                under_guardianship: None,
                name_choices: [(1, "崎".to_owned())].into(),
                address_choices: Default::default(),
            },
        ),
        ("inquiry", Deed::SendInquiry { case }),
        ("find-card", find(CertificateBy::Card { card: "CARD".into() })),
        ("find-serial", find(CertificateBy::Serial { serial: "0a1b2c3d".parse().unwrap() })),
        (
            "find-stated",
            find(CertificateBy::Stated { name: items.name.clone(), birth_date: items.birth_date }),
        ),
        ("certify", Deed::Certify { case, card: "CARD".into(), proof: Octets(vec![0x30, 0]) }),
        ("deliver", Deed::ConfirmDelivery { case, card: "CARD".into(), read_back: digest }),
        (
            "revoke",
            Deed::Revoke {
                case,
                identity: IdentityProof::ResidentCard,
                reason: RevocationReason::KeyCompromise,
            },
        ),
        ("dismiss", Deed::Dismiss { party: agency.party, why: "left".into() }),
        (
            "suspend",
            Deed::Suspend {
                what: Suspension::Source { municipality: tottori() },
                why: "why".into(),
            },
        ),
        ("countersign", Deed::Countersign { request: RequestId::from_random([2; 16]), digest }),
        ("review", Deed::Review),
    ];
    for (name, deed) in deeds {
        let request = RequestId::from_random([1; 16]);
        let act = Act { request, authority: digest, terminal: digest, made_at: place.now(), deed };
        keep_json("act", name, &act);
    }
    let act = agency.act(place, RequestId::from_random([1; 16]), Deed::AcceptClock);
    keep("signed_message", "act", act.as_der());
    keep("signed_message", "enclosing", act.clone().enclosing(b"enclosed").unwrap().as_der());

    let whom = Whom::Code { opening: opening.clone() };
    let request = LookUpRequest { case, purpose: "issue".into(), municipality: tottori(), whom };
    keep_json("look_up", "request", &request);
    let record = ResidentRecord {
        resident: commitment,
        municipality: tottori(),
        history_number: 2,
        items,
        protected: false,
        state: ResidentState::LeavingOn { day: "2030-01-01".parse().unwrap() },
    };
    let answer = LookUpAnswer { case, request: digest, as_of: place.now(), persons: vec![record] };
    keep_json("look_up", "answer", &answer);
    let envelope = LookUpEnvelope { signed: Octets(vec![1]), openings: vec![opening.clone()] };
    keep_json("look_up", "envelope", &envelope);
    keep_json("look_up", "opening", &opening);
    let refusals = [
        Refusal::NotNow { made_at: place.now(), now: place.now() },
        Refusal::AlreadyCertified {
            serial: scene.good.serial,
            not_after: scene.good.not_after,
            opens: "2030-01-01".parse().unwrap(),
        },
        Refusal::CharactersUndecided {
            item: "name".into(),
            undecided: vec![UndecidedCharacter { position: 1, character: '𠀊' }],
        },
    ];
    for (number, refusal) in refusals.iter().enumerate() {
        keep_json("desk_answer", &format!("refusal-{number}"), refusal);
    }
    keep("desk_answer", "found", br#"{"answer":"found","items":{"name":"a","address":"b","birth_date":"319700115","sex":"female"},"name":{"original":"a","text":null,"map":null,"undecided":[0]},"address":{"original":"b","text":"b","map":"0","undecided":[]},"as_of":"2026-11-22T05:50:00Z","protected":false,"living":null,"feed_silent":false}"#);
    keep("desk_answer", "permitted", br#"{"answer":"permitted","challenge":"F8bW","until":"2026-11-22T05:56:59.042Z","name":{"original":"a","text":"a","map":"0","undecided":[]},"address":{"original":"b","text":"b","map":"0","undecided":[]}}"#);

    let key = place.new_key();
    keep("possession", "sound", &proof(&*key, &[0x5a; 32]));
    keep("public_key", "sound", akashi_keys::Signer::public_key(&*key));
    let authority = &place.security.authority();
    keep("certificate", "resident", &scene.good.certificate);
    keep("certificate", "authority", &authority.certificate.0);
    keep("certificate", "envelope", &authority.envelope.0);
    keep("certificate", "agency", agency.token.certificate());
    keep("certificate", "responder", &place.house.responder_certificate().await.unwrap());
    place.pass(jiff::Span::new().hours(13));
    place.listed(akashi_ledger::Scope::Complete).await.unwrap();
    for name in ["complete", "authority", TOTTORI] {
        let list = std::fs::read(place.dir.join(format!("public/crl/1/{name}.crl"))).unwrap();
        keep("revocation_list", name, &list);
    }
    keep("configuration", "whole", place.house.config.to_text().as_bytes());
    scene.place.close().await;
}
