//! The card's file under cuts of power, damage, and two programs at once.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use akashi_card::{Card, CardError, SigningPin};

use crate::cardfile::replace;
use crate::form::sealed;
use crate::tests::{blank, give_pin};
use crate::{CardHostError, InsertedCard, Seal, request_removal};

/// The seal of the user of a test: that of whoever runs it is not touched.
fn seal(file: &Path) -> Seal {
    Seal::kept_in(file.with_file_name("seal.key"))
}

fn open(file: &Path) -> Result<InsertedCard, CardHostError> {
    InsertedCard::open_sealed(file, &seal(file))
}

fn pin(text: &str) -> SigningPin {
    text.parse().unwrap()
}

/// A card whose PIN is RIGHT99, in a file.
fn card(dir: &Path) -> PathBuf {
    let file = dir.join("one.card");
    let card = InsertedCard::create_sealed(&file, blank(), &seal(&file)).unwrap();
    give_pin(card, &pin("RIGHT99"));
    file
}

fn tries_left(file: &Path) -> u8 {
    Card::open(open(file).unwrap()).unwrap().pin_tries_left().unwrap()
}

fn enter_wrong_pin(file: &Path) -> CardError {
    let mut card = Card::open(open(file).unwrap()).unwrap();
    card.verify_pin(&pin("WRONG99")).unwrap_err()
}

#[test]
fn a_wrong_pin_is_remembered_when_the_answer_comes() {
    let dir = tempfile::tempdir().unwrap();
    let file = card(dir.path());
    for left in (1..5).rev() {
        assert_eq!(enter_wrong_pin(&file), CardError::WrongPin { left });
        assert_eq!(tries_left(&file), left, "nothing else was closed in order");
    }
    assert_eq!(enter_wrong_pin(&file), CardError::PinLocked);
    assert_eq!(tries_left(&file), 0);
}

#[test]
fn a_write_cut_off_at_any_octet_leaves_the_former_memory() {
    let dir = tempfile::tempdir().unwrap();
    let file = card(dir.path());
    let full = fs::read(&file).unwrap();
    enter_wrong_pin(&file);
    let (former, newer) = (fs::read(&file).unwrap(), full);
    assert_ne!(former, newer);
    for octets in 0..=newer.len() {
        let cut = replace(&file, &newer, |out, all| {
            out.write_all(&all[..octets])?;
            Err(std::io::Error::other("no power"))
        });
        assert!(cut.is_err());
        assert_eq!(fs::read(&file).unwrap(), former, "cut after {octets} octets");
    }
    assert_eq!(tries_left(&file), 4, "what was left beside it disturbs nobody");
    replace(&file, &newer, |out, all| out.write_all(all)).unwrap();
    assert_eq!(tries_left(&file), 5);
}

#[test]
fn an_answer_that_cannot_be_remembered_does_not_leave() {
    let dir = tempfile::tempdir().unwrap();
    let file = card(dir.path());
    let mut card = Card::open(open(&file).unwrap()).unwrap();
    dir.close().unwrap();
    let told = card.verify_pin(&pin("WRONG99")).unwrap_err();
    assert!(matches!(told, CardError::ReaderGone { .. }), "{told:?}");
    assert!(told.to_string().contains("cannot be written"), "{told}");
    assert!(card.verify_pin(&pin("WRONG99")).is_err(), "and the next one neither");
    assert!(card.pin_tries_left().is_err());
}

#[test]
fn a_torn_file_is_refused_at_every_length() {
    let dir = tempfile::tempdir().unwrap();
    let file = card(dir.path());
    let whole = fs::read(&file).unwrap();
    for length in 0..whole.len() {
        fs::write(&file, &whole[..length]).unwrap();
        let error = open(&file).err().expect("a torn card");
        assert!(matches!(error, CardHostError::Damaged(_)), "{length}: {error}");
    }
    fs::write(&file, [&whole[..], b" "].concat()).unwrap();
    assert!(matches!(open(&file), Err(CardHostError::Damaged(_))));
}

#[test]
fn a_file_with_one_wrong_bit_is_refused_wherever_the_bit_is() {
    let dir = tempfile::tempdir().unwrap();
    let file = card(dir.path());
    let whole = fs::read(&file).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut octets = whole.clone();
        octets[bit / 8] ^= 1 << (bit % 8);
        fs::write(&file, octets).unwrap();
        let error = open(&file).err().expect("a changed card");
        let told = error.to_string();
        assert!(
            told.contains("one.card") && told.contains("akashi-demo softcard new")
                || told.contains("new one"),
            "{told}"
        );
    }
}

#[test]
fn what_is_no_card_is_called_so_and_a_card_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("text");
    assert!(matches!(open(&file), Err(CardHostError::Read { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "looking left nothing behind");
    fs::write(&file, "{}").unwrap();
    assert!(matches!(open(&file), Err(CardHostError::NotACard(_))));
    let created = InsertedCard::create_sealed(&file, blank(), &seal(&file));
    assert!(matches!(created, Err(CardHostError::Exists(_))));
    assert_eq!(fs::read(&file).unwrap(), b"{}");
    // Sound octets that no card would remember.
    fs::write(&file, sealed(&seal(&file), blank().number(), b"{}").unwrap()).unwrap();
    assert!(matches!(open(&file), Err(CardHostError::Damaged(_))));
}

#[test]
fn only_one_program_at_a_time_has_a_card_and_it_can_be_asked_to_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let file = card(dir.path());
    assert!(matches!(request_removal(&file), Err(CardHostError::NotInserted(_))));
    let held = open(&file).unwrap();
    assert!(matches!(open(&file), Err(CardHostError::InUse(_))));
    let mut request = held.removal_request().unwrap();
    assert!(!request.is_made());
    std::thread::scope(|scope| {
        let removal = scope.spawn(|| request_removal(&file));
        while !request.is_made() {
            std::thread::yield_now();
        }
        drop((held, request));
        removal.join().unwrap().unwrap();
    });
    let again = open(&file).unwrap();
    assert!(!again.removal_request().unwrap().is_made(), "the request was for the former holder");
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_a_cards_file() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let file = card(dir.path());
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}
