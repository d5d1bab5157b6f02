//! What is in a card's file, who can open it, and the key for that.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use akashi_card::{Card, SigningPin};

use crate::seal::place;
use crate::tests::{NUMBER, blank, give_pin};
use crate::{CardHostError, InsertedCard, Seal};

fn pin() -> SigningPin {
    "RIGHT99".parse().unwrap()
}

fn tries_left(file: &Path, seal: &Seal) -> u8 {
    Card::open(InsertedCard::open_sealed(file, seal).unwrap()).unwrap().pin_tries_left().unwrap()
}

/// The names of what lies in a directory.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_cards_file_says_its_number_and_nothing_else_in_the_clear() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.card");
    let seal = Seal::kept_in(dir.path().join("seal.key"));
    give_pin(InsertedCard::create_sealed(&file, blank(), &seal).unwrap(), &pin());
    let octets = fs::read(&file).unwrap();
    let line = octets.split(|octet| *octet == b'\n').next().unwrap();
    let line = std::str::from_utf8(line).unwrap();
    let name = line.strip_prefix("akashi-card 2 AKASHI0000000001 ").unwrap();
    assert!(name.len() == 16 && name.bytes().all(|octet| octet.is_ascii_hexdigit()), "{line}");
    for word in ["RIGHT99", "AKASHI", "number", "living"] {
        let readable = octets[line.len()..].windows(word.len()).any(|w| w == word.as_bytes());
        assert!(!readable, "{word}");
    }
    assert_eq!(tries_left(&file, &seal), 5);
}

#[test]
fn two_writes_of_the_same_memory_have_nothing_in_common_behind_the_first_line() {
    let dir = tempfile::tempdir().unwrap();
    let seal = Seal::kept_in(dir.path().join("seal.key"));
    let number = NUMBER.parse().unwrap();
    let [one, other] = [0, 1].map(|_| crate::form::sealed(&seal, &number, &[7; 64]).unwrap());
    let line = one.iter().position(|octet| *octet == b'\n').unwrap();
    assert_eq!(one[..line], other[..line]);
    assert!(one[line + 1..].chunks(16).zip(other[line + 1..].chunks(16)).all(|(a, b)| a != b));
}

#[test]
fn the_number_in_the_first_line_cannot_be_exchanged() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.card");
    let seal = Seal::kept_in(dir.path().join("seal.key"));
    drop(InsertedCard::create_sealed(&file, blank(), &seal).unwrap());
    let mut octets = fs::read(&file).unwrap();
    octets[14..30].copy_from_slice(b"AKASHI0000000002");
    fs::write(&file, octets).unwrap();
    let error = InsertedCard::open_sealed(&file, &seal).err().unwrap();
    assert!(matches!(error, CardHostError::Damaged(_)), "{error}");
}

#[test]
fn a_card_of_another_host_is_called_so_and_looking_at_it_makes_no_key() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("one.card");
    let here = Seal::kept_in(dir.path().join("here.key"));
    drop(InsertedCard::create_sealed(&file, blank(), &here).unwrap());
    let elsewhere = dir.path().join("elsewhere.key");
    for has_a_key in [false, true] {
        let there = Seal::kept_in(&elsewhere);
        if has_a_key {
            let other = dir.path().join("other.card");
            drop(InsertedCard::create_sealed(&other, blank(), &there).unwrap());
        }
        let error = InsertedCard::open_sealed(&file, &there).err().unwrap();
        assert!(matches!(error, CardHostError::SealedElsewhere { .. }), "{error}");
        let told = error.to_string();
        for word in ["AKASHI0000000001", "one.card", "elsewhere.key", "AKASHI_CARD_SEAL"] {
            assert!(told.contains(word), "{told}");
        }
        assert_eq!(elsewhere.exists(), has_a_key);
    }
    // A copy of the first host's key opens it.
    fs::copy(dir.path().join("here.key"), dir.path().join("copy.key")).unwrap();
    assert_eq!(tries_left(&file, &Seal::kept_in(dir.path().join("copy.key"))), 0);
}

#[test]
fn programs_that_make_the_key_at_once_agree_on_one_that_only_its_owner_can_read() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("state/akashi/card-seal.key");
        let start = Barrier::new(8);
        let files: Vec<PathBuf> = std::thread::scope(|scope| {
            let making: Vec<_> = (0..8)
                .map(|at| {
                    let (key, start, file) = (&key, &start, dir.path().join(format!("{at}.card")));
                    scope.spawn(move || {
                        let seal = Seal::kept_in(key);
                        start.wait();
                        drop(InsertedCard::create_sealed(&file, blank(), &seal).unwrap());
                        file
                    })
                })
                .collect();
            making.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let seal = Seal::kept_in(&key);
        for file in files {
            assert_eq!(tries_left(&file, &seal), 0);
        }
        let directory = key.parent().unwrap();
        assert_eq!(names(directory), ["card-seal.key"], "nothing is left beside it");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&key), mode(directory)), (0o600, 0o700));
        assert_eq!(fs::metadata(&key).unwrap().len(), 32);
    }
}

#[test]
fn a_key_that_is_none_or_that_others_may_read_is_refused_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("seal.key");
    let file = dir.path().join("one.card");
    for (octets, mode, word) in
        [(&[7; 31][..], 0o600, "31 octets"), (&[], 0o600, "0 octets"), (&[7; 32], 0o640, "chmod")]
    {
        fs::write(&key, octets).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let error = InsertedCard::create_sealed(&file, blank(), &Seal::kept_in(&key)).err();
        let told = error.unwrap().to_string();
        assert!(told.contains(word) && told.contains("seal.key"), "{told}");
        assert!(fs::read(&key).unwrap() == octets);
        assert!(!file.exists());
    }
    let error = InsertedCard::create_sealed(&file, blank(), &Seal::kept_in(key.join("below")));
    assert!(matches!(error, Err(CardHostError::SealKey { .. })));
}

#[test]
fn the_key_lies_where_the_environment_says() {
    let place = |variables: &[(&str, &str)]| {
        place(|name| {
            let found = variables.iter().find(|(named, _)| *named == name);
            found.map(|(_, value)| OsString::from(value))
        })
    };
    let (home, state) = (("HOME", "/home/a"), ("XDG_STATE_HOME", "/state"));
    let in_home = Some("/home/a/.local/state/akashi/card-seal.key".into());
    assert_eq!(place(&[home]), in_home);
    assert_eq!(place(&[home, ("XDG_STATE_HOME", "")]), in_home);
    assert_eq!(place(&[home, ("XDG_STATE_HOME", "relative")]), in_home);
    assert_eq!(place(&[home, state]), Some("/state/akashi/card-seal.key".into()));
    assert_eq!(place(&[home, state, ("AKASHI_CARD_SEAL", "k")]), Some("k".into()));
    assert_eq!(place(&[]), None);
    assert_eq!(place(&[("HOME", ""), ("AKASHI_CARD_SEAL", "")]), None);
}
