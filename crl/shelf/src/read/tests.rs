use std::path::Path;

use proptest::prelude::*;

use super::*;

fn read(octets: &[u8]) -> Result<(Head, Vec<Entry>, Tail), ShelfError> {
    let mut reading = Reading::new(octets, Path::new("test.crl"))?;
    let head = reading.head().clone();
    let entries = reading.by_ref().collect::<Result<_, _>>()?;
    Ok((head, entries, reading.finish()?))
}

/// A whole list around the golden octets to be signed, with a signature of eight octets.
fn whole(tbs: &str) -> Vec<u8> {
    let mut content = hex::decode(tbs.split_whitespace().collect::<String>()).unwrap();
    content.extend(hex::decode("300d06092a864886f70d01010b0500").unwrap());
    content.extend([0x03, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let length = content.len();
    assert!((0x100..0x10000).contains(&length) || (0x80..0x100).contains(&length));
    let header = match length {
        0x80..0x100 => vec![0x30, 0x81, length as u8],
        _ => vec![0x30, 0x82, (length >> 8) as u8, length as u8],
    };
    [header, content].concat()
}

const PARTITION: &str = include_str!("../../../tests/golden/partition.tbs.hex");
const AUTHORITY: &str = include_str!("../../../tests/golden/authority.tbs.hex");

#[test]
fn the_golden_partition_says_what_was_put_into_it() {
    let (head, entries, tail) = read(&whole(PARTITION)).unwrap();
    assert_eq!((head.version.as_slice(), head.has_entries), (&[1][..], true));
    assert_eq!(head.next_update.to_string(), "2007-01-04T00:00:00Z");
    let said: Vec<_> = entries.iter().map(|entry| (entry.at().to_string(), entry.reason)).collect();
    let expected = [
        ("2007-01-02T03:04:05Z", RevocationReason::KeyCompromise),
        ("2049-12-31T23:59:59Z", RevocationReason::Unspecified),
        ("2050-01-01T00:00:00Z", RevocationReason::CertificateHold),
    ];
    assert_eq!(said, expected.map(|(at, reason)| (at.to_owned(), reason)));
    assert_eq!(tail.number(), Some(1_167_609_600_000));
    assert_eq!(tail.signature, [1, 2, 3, 4, 5, 6, 7, 8]);
    let tbs = hex::decode(PARTITION.split_whitespace().collect::<String>()).unwrap();
    assert_eq!(tail.signed, Sha256::of(&tbs).0);
    assert_eq!(tail.digest, Sha256::of(&whole(PARTITION)));
}

#[test]
fn a_list_without_entries_has_none() {
    let (head, entries, tail) = read(&whole(AUTHORITY)).unwrap();
    assert!(!head.has_entries && entries.is_empty());
    assert!(tail.extension("2.5.29.28").unwrap().critical);
}

#[test]
fn a_list_that_is_cut_or_has_a_tail_is_damaged() {
    let octets = whole(PARTITION);
    for length in 0..octets.len() {
        assert!(read(&octets[..length]).is_err(), "cut to {length}");
    }
    assert!(read(&[&octets[..], &[0]].concat()).is_err());
}

#[test]
fn lengths_that_are_longer_than_need_be_are_damage() {
    let octets = whole(AUTHORITY);
    let [0x30, 0x81, length, rest @ ..] = &octets[..] else { panic!() };
    assert!(read(&[&[0x30, 0x82, 0, *length], rest].concat()).is_err());
    assert!(read(&[&[0x30, 0x80], rest].concat()).is_err(), "indefinite");
}

proptest! {
    #[test]
    fn junk_is_never_a_list_and_never_a_panic(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(read(&octets).is_err());
    }

    #[test]
    fn one_changed_octet_is_no_panic(place in 0usize..400, octet in any::<u8>()) {
        let mut octets = whole(PARTITION);
        let place = place % octets.len();
        octets[place] = octet;
        let _ = read(&octets);
    }
}
