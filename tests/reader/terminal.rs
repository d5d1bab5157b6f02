//! Our own terminal over PC/SC: the counter's side.
//!
//! Where the service is, the PC/SC library reads from the environment when a process begins. So
//! each of these tests runs twice: the first makes the scene and starts the second in it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use akashi_card::{Card, CardError, KeySlot};
use akashi_reader::{ReaderError, Sharing, Terminal};
use akashi_wire::act::Procedure;

use crate::scene::{Inserted, PIN, Scene, insert, pin, said, seal};
use crate::support::{Book, Place, tottori};

const READER: &str = "AKASHI_TEST_READER";
const SLOT: &str = "AKASHI_TEST_SLOT";
const CARD: &str = "AKASHI_TEST_CARD";

/// The scene, seen from within.
struct Within {
    reader: String,
    slot: String,
    card: PathBuf,
}

/// In the second run of a test, the scene; the first run makes it, and its second.
fn within(test: &str) -> Option<Within> {
    if let (Ok(reader), Ok(slot), Some(card)) =
        (env::var(READER), env::var(SLOT), env::var_os(CARD))
    {
        return Some(Within { reader, slot, card: card.into() });
    }
    let scene = Scene::open();
    let second = scene
        .command(env::current_exe().unwrap())
        .args(["--exact", &format!("terminal::{test}"), "--nocapture"])
        .env(READER, scene.service.reader())
        .env(SLOT, scene.service.slot())
        .env(CARD, scene.card())
        .output()
        .unwrap();
    said(test, second).must_say("1 passed");
    None
}

impl Within {
    fn insert(&self, terminal: &Terminal) -> Inserted {
        let inserted = insert(&self.card, &self.slot);
        let found = terminal.wait_for_card(None, Duration::from_secs(10)).unwrap();
        assert_eq!(found, self.reader);
        inserted
    }
}

fn remove(card: &Path) {
    let mut akashi = Command::new(akashi_town::program("akashi-demo"));
    assert!(akashi.args(["softcard", "remove"]).arg(card).status().unwrap().success());
}

#[test]
fn readers_are_listed_and_a_card_is_waited_for() {
    let Some(scene) = within("readers_are_listed_and_a_card_is_waited_for") else { return };
    let terminal = Terminal::open().unwrap();
    let readers = terminal.readers().unwrap();
    assert!(readers.len() == 2 && readers.contains(&scene.reader), "{readers:?}");
    let short = Duration::from_millis(10);
    assert_eq!(terminal.wait_for_card(Some(&scene.reader), short), Err(ReaderError::Waited));
    assert_eq!(
        terminal.connect(&scene.reader, Sharing::Shared).err(),
        Some(ReaderError::NoCard { reader: scene.reader.clone() })
    );
    let unknown = ReaderError::UnknownReader { name: "Another".into(), there: readers };
    assert_eq!(terminal.connect("Another", Sharing::Shared).err(), Some(unknown.clone()));
    assert_eq!(terminal.wait_for_card(Some("Another"), short), Err(unknown));
    let _card = scene.insert(&terminal);
    assert_eq!(terminal.wait_for_card(Some(&scene.reader), short), Ok(scene.reader.clone()));
}

#[test]
fn who_writes_has_the_card_alone_and_no_verified_pin_is_left_to_the_next() {
    let Some(scene) =
        within("who_writes_has_the_card_alone_and_no_verified_pin_is_left_to_the_next")
    else {
        return;
    };
    let terminal = Terminal::open().unwrap();
    let _card = scene.insert(&terminal);
    let in_use = || Some(ReaderError::InUse { reader: scene.reader.clone() });
    let alone = terminal.connect(&scene.reader, Sharing::Exclusive).unwrap();
    let other = Terminal::open().unwrap();
    for sharing in [Sharing::Shared, Sharing::Exclusive] {
        assert_eq!(other.connect(&scene.reader, sharing).err(), in_use());
    }
    drop(alone);

    let mut one = terminal.connect(&scene.reader, Sharing::Shared).unwrap();
    let mut another = other.connect(&scene.reader, Sharing::Shared).unwrap();
    assert_eq!(terminal.connect(&scene.reader, Sharing::Exclusive).err(), in_use());
    let mut card = Card::open(one.session().unwrap()).unwrap();
    card.verify_pin(&pin(PIN)).unwrap();
    card.sign(KeySlot::Living, &[7; 32]).unwrap();
    let issued = std::fs::read(scene.card.with_file_name("certificate.der")).unwrap();
    assert!(card.read_certificate().unwrap() == issued);
    drop(card);
    // The session's end reset the card: the other program is told, and finds no PIN verified.
    let told = another.session().map(Card::open);
    assert!(!matches!(told, Ok(Ok(_))), "a reset is not passed over");
    drop(told);
    drop(another);
    let mut another = other.connect(&scene.reader, Sharing::Shared).unwrap();
    let mut card = Card::open(another.session().unwrap()).unwrap();
    assert_eq!(card.sign(KeySlot::Living, &[7; 32]), Err(CardError::PinNeeded));
}

#[test]
fn another_programs_session_is_waited_for_for_a_while_and_no_longer() {
    let Some(scene) = within("another_programs_session_is_waited_for_for_a_while_and_no_longer")
    else {
        return;
    };
    let terminal = Terminal::open().unwrap();
    let _card = scene.insert(&terminal);
    let mut one = terminal.connect(&scene.reader, Sharing::Shared).unwrap();
    let session = one.session().unwrap();
    let in_use = ReaderError::InUse { reader: scene.reader.clone() };
    let other = Terminal::open().unwrap();
    for sharing in [Sharing::Shared, Sharing::Exclusive] {
        assert_eq!(other.connect(&scene.reader, sharing).err(), Some(in_use.clone()));
    }
    drop(session);
    drop(one);
    Card::open(other.connect(&scene.reader, Sharing::Shared).unwrap().session().unwrap()).unwrap();
}

#[test]
fn a_card_taken_out_in_the_middle_is_told_as_such() {
    let Some(scene) = within("a_card_taken_out_in_the_middle_is_told_as_such") else { return };
    let terminal = Terminal::open().unwrap();
    let inserted = scene.insert(&terminal);
    let mut connected = terminal.connect(&scene.reader, Sharing::Exclusive).unwrap();
    let mut card = Card::open(&mut connected).unwrap();
    remove(&scene.card);
    drop(inserted);
    let told = card.number().unwrap_err();
    assert!(matches!(told, CardError::CardRemoved { .. }), "{told:?}");
    // Back in, it is another connection; the old one does not become good again by itself.
    let _inserted = scene.insert(&terminal);
    assert!(card.number().is_err());
    drop(connected);
    let mut connected = terminal.connect(&scene.reader, Sharing::Exclusive).unwrap();
    Card::open(&mut connected).unwrap().number().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_counter_issues_into_a_card_in_a_reader() {
    let Some(scene) =
        tokio::task::block_in_place(|| within("the_counter_issues_into_a_card_in_a_reader"))
    else {
        return;
    };
    std::fs::remove_file(&scene.card).unwrap();
    let mut place = Place::open(Book::Sqlite).await;
    place.blank_card().unwrap().into_transport().keep_sealed(&scene.card, &seal()).unwrap();
    let terminal = Terminal::open().unwrap();
    let _inserted = scene.insert(&terminal);
    let mut card =
        Card::open(terminal.connect(&scene.reader, Sharing::Exclusive).unwrap()).unwrap();
    let resident = place.resident(tottori());
    // The answer of the key generation has 270 octets: extended length goes through the reader.
    place.certify(tottori(), Procedure::Issue, &resident, &mut card, &pin(PIN)).await.unwrap();
    card.select().unwrap();
    card.verify_pin(&pin(PIN)).unwrap();
    card.sign(KeySlot::Living, &[7; 32]).unwrap();
}
