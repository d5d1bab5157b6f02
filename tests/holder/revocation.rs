//! `akashi card revoke`, and who else knocks at that door.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};

use akashi_agency::Verdict;
use akashi_ledger::{Access, Standing};
use akashi_town::World;
use akashi_wire::holder::{DoorChallenge, Revocation, RevocationApplication};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::signed::MessageKind;
use akashi_wire::signed_data::{Content, ID_DATA, Signing};
use akashi_wire::{Clock, RevocationReason, SerialNumber};
use jiff::{Timestamp, ToSpan};

use crate::scene::{Home, PIN, Said, issue, issue_at, pin, world};

fn door(world: &World) -> String {
    format!("http://{}", world.house.config.listen.holders.unwrap())
}

async fn revoke(home: &Home, arguments: &[&str]) -> Said {
    tokio::task::block_in_place(|| home.run(&[&["revoke"], arguments].concat()))
}

/// Services octets in, as anybody can.
async fn knock(url: &str, octets: Vec<u8>) -> (u16, String) {
    let client = akashi_link::plain_client().unwrap();
    let answer = client.post(format!("{url}/revocations")).body(octets).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// What the door gives for one application.
async fn challenge(url: &str) -> Octets {
    akashi_holder::revocation::challenge(url).await.unwrap().challenge
}

/// An application signed with the card, perhaps about something else.
fn signed(home: &Home, change: impl FnOnce(&mut RevocationApplication)) -> Vec<u8> {
    signed_as(home, MessageKind::HolderApplication.oid(), change)
}

/// The same words, signed as something with this content type.
fn signed_as(
    home: &Home,
    content_type: der::asn1::ObjectIdentifier,
    change: impl FnOnce(&mut RevocationApplication),
) -> Vec<u8> {
    let (on_card, stated) = home.read();
    let mut application = RevocationApplication {
        application: Revocation::Revocation,
        authority: Sha256::of(&on_card.authority),
        serial: stated.serial.parse().unwrap(),
        reason: RevocationReason::CessationOfOperation,
        made_at: Timestamp::now(),
        challenge: Octets(vec![7; 16]),
    };
    change(&mut application);
    let content = serde_json::to_vec(&application).unwrap();
    let mut card = home.card();
    card.verify_pin(&pin(PIN)).unwrap();
    let signing = Signing {
        content_type,
        content: Content::Attached(&content),
        certificate: &on_card.certificate,
        inside: None,
        attributes: Vec::new(),
        signed_at: Timestamp::now(),
    };
    let living = akashi_card::KeySlot::Living;
    signing.sign(|octets| card.sign(living, &Sha256::of(octets).0)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_ends_the_certificate_with_the_card_and_asked_again_gets_the_same_answer() {
    let (home, dir) = (Home::without_card(), tempfile::tempdir().unwrap());
    let mut world = world(dir.path(), Access::Registered).await;
    issue(&mut world, &home.path("my.card")).await;
    let serial: SerialNumber = home.read().1.serial.parse().unwrap();
    let url = door(&world);
    // Nobody is asked twice who cannot answer, and nothing is done.
    revoke(&home, &["--url", &url]).await.must_refuse("--yes");
    assert_eq!(world.standing(serial).await.unwrap(), Some(Standing::Good));

    let said = revoke(&home, &["--url", &url, "--yes"]).await.must_do();
    let said = said.must_show(&["revoked (失効) since", "cessationOfOperation"]);
    let standing = world.standing(serial).await.unwrap().unwrap();
    let (at, reason) = standing.revocation().unwrap();
    assert_eq!(reason, RevocationReason::CessationOfOperation);
    // Another wish, later: what is final stays as it is.
    let again = revoke(&home, &["--url", &url, "--yes", "--why", "leak"]).await.must_do();
    assert_eq!(again.out, said.out);
    assert_eq!(world.standing(serial).await.unwrap().unwrap().revocation(), Some((at, reason)));
    let is_revoked = |verdict: &Verdict| matches!(verdict, Verdict::Revoked { .. });
    let (on_card, _) = home.read();
    let (verdict, _) = world.ask_until(&on_card.certificate, is_revoked).await;
    assert!(is_revoked(&verdict), "{verdict:?}");
    let entries = world.house.ledger().audit_entries(100_000).await.unwrap();
    let revocations = entries.iter().filter(|entry| entry.verb == "holder_revokes").count();
    assert_eq!(revocations, 1);
    world.house.ledger().verify_audit().await.unwrap();
    world.stop().await;
    let gone = revoke(&home, &["--url", &url, "--yes"]).await;
    gone.must_refuse("check the address and the network");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_everybody_is_answered_the_responder_confirms_it_over_a_signature() {
    let (home, dir) = (Home::without_card(), tempfile::tempdir().unwrap());
    let mut world = world(dir.path(), Access::Open).await;
    issue(&mut world, &home.path("my.card")).await;
    // Whoever sits on the line can say anything: another number is not believed, and what is said of
    // this one is not taken for the authority's word.
    let serial = home.read().1.serial;
    for (number, believed) in [("00".repeat(16), false), (serial, true)] {
        let answer = format!(
            r#"{{"answer":"revoked","serial":"{number}","at":"2026-01-01T00:00:00Z","reason":"keyCompromise"}}"#
        );
        let said = revoke(&home, &["--url", &says(answer), "--yes"]).await;
        if believed {
            said.must_do().must_show(&["the door's answer alone, which nobody signed"]);
        } else {
            said.must_refuse("does not answer as the authority's door");
        }
    }
    // Nor does it command the terminal.
    let answer = r#"{"refusal":"malformed","what":"\u001b[2J\u202egnihton\r"}"#;
    let said = revoke(&home, &["--url", &refuses(answer.into()), "--yes"]).await;
    let said = said.must_refuse("the request cannot be read: \u{fffd}[2J\u{fffd}gnihton\u{fffd}");
    assert!(!said.err.contains(['\u{1b}', '\u{202e}', '\r']), "{:?}", said.err);
    let said = revoke(&home, &["--url", &door(&world), "--yes"]).await.must_do();
    said.must_show(&["revoked (失効) since", "over the authority's signature"]);
    world.stop().await;
}

/// A door that says this to whoever comes; its address.
fn says(answer: String) -> String {
    answers("200 OK", answer)
}

/// A door that refuses whoever comes with this; its address.
fn refuses(answer: String) -> String {
    answers("400 Bad Request", answer)
}

fn answers(status: &'static str, answer: String) -> String {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = door.local_addr().unwrap();
    std::thread::spawn(move || {
        let challenge = serde_json::to_string(&DoorChallenge { challenge: Octets(vec![7; 16]) });
        let answers = [("200 OK", challenge.unwrap()), (status, answer)];
        for (status, answer) in answers {
            let (mut asker, mut question) = (door.accept().unwrap().0, [0; 16 * 1024]);
            let _ = asker.read(&mut question);
            let length = answer.len();
            let head = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = asker.write_all(head.as_bytes());
            let _ = asker.write_all(answer.as_bytes());
            // What is still on its way is read: a line closed before is a line that broke.
            let _ = asker.shutdown(Shutdown::Write);
            let _ = asker.read_to_end(&mut Vec::new());
        }
    });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_answers_to_what_the_door_gave_for_it_and_to_nothing_else() {
    let (home, dir) = (Home::without_card(), tempfile::tempdir().unwrap());
    let mut world = world(dir.path(), Access::Registered).await;
    issue(&mut world, &home.path("my.card")).await;
    let serial: SerialNumber = home.read().1.serial.parse().unwrap();
    let url = door(&world);
    // Six minutes later nobody remembers what was given.
    let early = challenge(&url).await;
    world.clock.advance(std::time::Duration::from_secs(360));
    let later = Timestamp::now() + 6.minutes();
    let late = signed(&home, |a| (a.made_at, a.challenge) = (later, early));
    let (status, text) = knock(&url, late).await;
    assert!(status >= 400 && text.contains("challenge_spent"), "{text}");
    assert_eq!(world.standing(serial).await.unwrap(), Some(Standing::Good));
    // In time it is good, once; the same application again gets the same answer.
    let given = challenge(&url).await;
    assert_ne!(given, challenge(&url).await);
    let sound = signed(&home, |a| (a.made_at, a.challenge) = (later, given));
    let (status, first) = knock(&url, sound.clone()).await;
    assert_eq!(status, 200, "{first}");
    assert_eq!(knock(&url, sound).await, (200, first));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_but_the_holder_ends_a_certificate_here() {
    let (home, dir) = (Home::without_card(), tempfile::tempdir().unwrap());
    let mut world = world(dir.path(), Access::Registered).await;
    issue(&mut world, &home.path("my.card")).await;
    let neighbour = Home::without_card();
    issue_at(&mut world, &neighbour.path("my.card"), "鳥取県鳥取市西町二丁目２番地").await;
    let (serial, other): (SerialNumber, SerialNumber) =
        (home.read().1.serial.parse().unwrap(), neighbour.read().1.serial.parse().unwrap());
    let url = door(&world);
    let now = world.clock.now();
    let mut flipped = signed(&home, |_| ());
    *flipped.last_mut().unwrap() ^= 1;
    for (what, octets, refusal) in [
        ("another's certificate", signed(&home, |a| a.serial = other), "not_the_holder"),
        (
            "a number of nobody",
            signed(&home, |a| a.serial = SerialNumber::from_random([9; 16])),
            "not_the_holder",
        ),
        ("a changed signature", flipped, "not_the_holder"),
        ("another authority", signed(&home, |a| a.authority = Sha256([1; 32])), "other_authority"),
        ("an old one", signed(&home, |a| a.made_at = now - 1.hour()), "not_now"),
        (
            "a reason that is not the holder's",
            signed(&home, |a| a.reason = RevocationReason::AffiliationChanged),
            "reason_not_for_counter",
        ),
        ("nothing that the door gave", signed(&home, |_| ()), "challenge_spent"),
        ("no challenge", signed(&home, |a| a.challenge = Octets(Vec::new())), "challenge_spent"),
        ("a text that says the same", signed_as(&home, ID_DATA, |_| ()), "malformed"),
        (
            "the words signed as an act",
            signed_as(&home, MessageKind::Act.oid(), |_| ()),
            "malformed",
        ),
        ("junk", b"junk".to_vec(), "malformed"),
        ("nothing", Vec::new(), "malformed"),
    ] {
        let (status, text) = knock(&url, octets).await;
        assert!(status >= 400 && text.contains(refusal), "{what}: {status} {text}");
    }
    let (status, _) = knock(&url, vec![0x30; 100_000]).await;
    assert_eq!(status, 413);
    for serial in [serial, other] {
        assert_eq!(world.standing(serial).await.unwrap(), Some(Standing::Good));
    }
    world.stop().await;
}
