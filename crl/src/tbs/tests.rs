use super::*;
use RevocationReason::*;

fn serial(octet: u8) -> SerialNumber {
    SerialNumber::from_random([octet; 16])
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A small list with fixed inputs: the name is `C=JP, O=Akashi test`.
fn small(scope: Scope) -> Plan {
    let point = [&[0xa0, 7, 0x86, 5][..], b"p.crl"].concat();
    let name =
        hex::decode("3023310b3009060355040613024a5031143012060355040a0c0b416b6173686920").unwrap();
    let name = [&name[..], b"test"].concat();
    let entries = vec![
        Entry::new(serial(1), at("2007-01-02T03:04:05.999Z"), KeyCompromise),
        Entry::new(serial(2), at("2049-12-31T23:59:59Z"), Unspecified),
        Entry::new(serial(3), at("2050-01-01T00:00:00Z"), CertificateHold),
    ];
    Plan {
        signatory: Arc::new(Signatory {
            name,
            key_identifier: (1..=20).collect(),
            public_key: Vec::new(),
            algorithm: hex::decode("300d06092a864886f70d01010b0500").unwrap(),
            signature_length: 256,
        }),
        scope,
        point: matches!(scope, Scope::Partition(_)).then_some(point),
        number: 1_167_609_600_000,
        this_update: at("2007-01-01T00:00:00Z"),
        next_update: at("2007-01-04T00:00:00Z"),
        list: Arc::new(List { entries, released: Vec::new() }),
    }
}

fn octets(plan: &Plan) -> Vec<u8> {
    let mut octets = Vec::new();
    let tbs = Tbs::of(plan);
    tbs.write(&mut octets).unwrap();
    assert_eq!(octets.len(), tbs.length(), "the length was known beforehand");
    octets
}

#[test]
fn a_small_partition_has_these_octets() {
    let partition = small(Scope::Partition("131041".parse().unwrap()));
    let golden: String =
        include_str!("../../tests/golden/partition.tbs.hex").split_whitespace().collect();
    assert_eq!(hex::encode(octets(&partition)), golden);
}

#[test]
fn an_empty_list_of_the_authority_has_these_octets() {
    let mut authority = small(Scope::Authority);
    authority.list = Arc::default();
    let golden: String =
        include_str!("../../tests/golden/authority.tbs.hex").split_whitespace().collect();
    assert_eq!(hex::encode(octets(&authority)), golden);
}

#[test]
fn an_entry_with_a_reason_takes_49_octets() {
    let partition = small(Scope::Complete);
    let [first, second, third] = partition.list.entries[..] else { panic!() };
    assert_eq!([first, second, third].map(|entry| entry_length(&entry)), [49, 35, 51]);
}

#[test]
fn an_integer_is_as_short_as_it_can_be_and_never_negative() {
    assert_eq!(integer(0), [0]);
    assert_eq!(integer(127), [127]);
    assert_eq!(integer(128), [0, 128]);
    assert_eq!(integer(i64::MAX), i64::MAX.to_be_bytes());
}

#[test]
fn a_length_is_as_short_as_it_can_be() {
    assert_eq!(header(SEQUENCE, 127), [SEQUENCE, 127]);
    assert_eq!(header(SEQUENCE, 128), [SEQUENCE, 0x81, 128]);
    assert_eq!(header(SEQUENCE, 49_000_000), [SEQUENCE, 0x84, 0x02, 0xeb, 0xae, 0x40]);
}
