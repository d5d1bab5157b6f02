//! A card's life as it tells it, and its end.

use akashi_scp03::{Host, KeyVersion, MasterKey, Opening, Plain, protected_length};
use akashi_softcard::{LifeCycle, SoftCard};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use rsa::pkcs8::EncodePublicKey;
use rsa::{BoxedUint, PublicKey};
use serde_json::json;

const NUMBER: &str = "AKASHI0000000001";
const SELECT: &str = "00A4040C0A D392F000260100000001";
const SELECT_PIN: &str = "00A4020C02001B";
const VERIFY: &str = "0020008006 414243313233";
const LIFE_CYCLE: &str = "80CA9F7000";
const TERMINATE: &str = "84FE0000";

struct Bench {
    card: SoftCard,
    rng: ChaCha20Rng,
}

impl Bench {
    /// A card that believes every issuing command.
    fn new() -> Self {
        Self::of(SoftCard::new(NUMBER.parse().unwrap()))
    }

    fn of(card: SoftCard) -> Self {
        Self { card, rng: ChaCha20Rng::seed_from_u64(11) }
    }

    /// One that has a channel for each of its two key sets.
    fn with_keys() -> Self {
        let versions = [KeyVersion::Authority, KeyVersion::Municipality];
        let keys = versions.map(|version| master().card_keys(version, NUMBER));
        Self::of(SoftCard::with_keys(NUMBER.parse().unwrap(), keys))
    }

    fn give(&mut self, command: &[u8]) -> Vec<u8> {
        self.card.transmit(command, &mut self.rng)
    }

    fn ask(&mut self, command: &str) -> String {
        let octets = hex::decode(command.replace(' ', "")).unwrap();
        hex::encode_upper(self.give(&octets))
    }

    #[track_caller]
    fn expect(&mut self, command: &str, answer: &str) {
        assert_eq!(self.ask(command), answer, "{command}");
    }

    /// The life cycle, as the card answers and as it is called.
    #[track_caller]
    fn must_be(&mut self, life_cycle: LifeCycle) {
        assert_eq!(self.card.life_cycle(), life_cycle);
        self.expect(LIFE_CYCLE, &format!("{:02X}9000", life_cycle.octet()));
    }

    /// Without power, and with power again.
    fn lose_power(&mut self) {
        let memory = serde_json::to_vec(&self.card).unwrap();
        self.card = serde_json::from_slice(&memory).unwrap();
    }

    /// A new pair, certified and activated.
    fn personalise(&mut self) {
        let public_key = self.give(&hex::decode("84478000000005B60384011A0000").unwrap());
        let certificate = certificate(&public_key);
        for file in ["0001", "0002"] {
            self.expect(&format!("00A4020C02{file}"), "9000");
            let [.., high, low] = certificate.len().to_be_bytes();
            let write = [&[0x84, 0xD6, 0, 0, 0, high, low], &certificate[..]].concat();
            assert_eq!(self.give(&write), [0x90, 0]);
        }
        self.expect("84440000", "9000");
    }

    fn channel(&mut self, version: KeyVersion) -> Host {
        self.expect(SELECT, "9000");
        let opening = Opening::new(version, [0x11; 8]);
        let answer = self.give(&opening.command());
        let keys = master().card_keys(version, NUMBER);
        let (host, command) = opening.authenticate(&keys, &answer).unwrap();
        assert_eq!(self.give(&command), [0x90, 0]);
        host
    }

    fn tell(&mut self, host: &mut Host, instruction: [u8; 3], room: usize) -> Result<Vec<u8>, u16> {
        let room = Some(protected_length(room));
        let (command, receipt) = host.wrap(&Plain { instruction, data: &[], room });
        let answer = self.give(&command);
        host.open(&receipt, &answer).map_err(|_| match answer[..] {
            [high, low] => u16::from_be_bytes([high, low]),
            _ => panic!("{answer:02X?}"),
        })
    }
}

fn master() -> MasterKey {
    MasterKey::new([0x42; 16])
}

/// The placeholder's certificate with this public key, `7F49 {81 n, 82 e}`, in place of its own: both
/// are RSA-2048 with exponent 65537.
fn certificate(public_key: &[u8]) -> Vec<u8> {
    let modulus = BoxedUint::from_be_slice_vartime(&public_key[9..][..256]);
    let key = PublicKey::new(modulus, 65_537u32.into()).unwrap();
    let info = key.to_public_key_der().unwrap();
    let mut certificate = include_bytes!("../src/placeholder.der").to_vec();
    // The header of SubjectPublicKeyInfo and its algorithm.
    let header = &info.as_bytes()[..24];
    let at = certificate.windows(24).position(|piece| piece == header).unwrap();
    certificate[at..][..info.as_bytes().len()].copy_from_slice(info.as_bytes());
    certificate
}

#[test]
fn a_card_is_new_then_personalised_then_blocked_until_it_has_a_new_pin() {
    let mut bench = Bench::new();
    bench.must_be(LifeCycle::New);
    bench.expect(SELECT, "9000");
    bench.expect(SELECT_PIN, "9000");
    bench.expect("842C0280", "9000");
    bench.expect("0024018006 414243313233", "9000");
    bench.must_be(LifeCycle::New);
    bench.personalise();
    bench.must_be(LifeCycle::Personalised);
    bench.expect(SELECT_PIN, "9000");
    for left in (0..5).rev() {
        bench.must_be(LifeCycle::Personalised);
        bench.expect("0020008006 303030303030", &format!("63C{left}"));
    }
    bench.must_be(LifeCycle::Blocked);
    bench.lose_power();
    bench.must_be(LifeCycle::Blocked);
    bench.expect(SELECT, "9000");
    bench.expect(SELECT_PIN, "9000");
    bench.expect("842C0280", "9000");
    bench.must_be(LifeCycle::Blocked);
    bench.expect("0024018006 414243313233", "9000");
    bench.must_be(LifeCycle::Personalised);
}

#[test]
fn the_life_cycle_is_one_octet_for_everybody_and_authentic_through_the_channel() {
    let mut bench = Bench::with_keys();
    bench.expect("80CA9F7001", "019000");
    bench.expect("00CA9F7000", "019000");
    bench.expect("80CA9F70", "6700");
    bench.expect("80CA9F700101", "6700");
    bench.expect("80CA9F7100", "6A88");
    for version in [KeyVersion::Authority, KeyVersion::Municipality] {
        let mut host = bench.channel(version);
        assert_eq!(bench.tell(&mut host, [0xCA, 0x9F, 0x70], 1), Ok(vec![0x01]));
    }
}

#[test]
fn only_the_authority_terminates_a_card_and_its_answer_is_the_channels_last() {
    let mut bench = Bench::with_keys();
    for class in ["00", "80", "84"] {
        bench.expect(&format!("{class}FE0000"), "6982");
    }
    let mut host = bench.channel(KeyVersion::Municipality);
    assert_eq!(bench.tell(&mut host, [0xFE, 0, 0], 0), Err(0x6982));
    bench.must_be(LifeCycle::New);
    let mut host = bench.channel(KeyVersion::Authority);
    assert_eq!(bench.tell(&mut host, [0xFE, 0, 1], 0), Err(0x6A86));
    bench.must_be(LifeCycle::New);
    // Protected as every answer: the authority knows that it was the card that said so.
    assert_eq!(bench.tell(&mut host, [0xFE, 0, 0], 0), Ok(vec![]));
    bench.must_be(LifeCycle::Terminated);
    assert_eq!(bench.tell(&mut host, [0xCA, 0x9F, 0x70], 1), Err(0x6985));
    bench.expect("8050010008 1111111111111111 00", "6985");
    bench.expect("8050000008 1111111111111111 00", "6985");
}

#[test]
fn a_terminated_card_gives_its_number_and_its_life_cycle_and_nothing_else_with_power_or_without() {
    let mut bench = Bench::new();
    bench.expect(SELECT, "9000");
    bench.expect(SELECT_PIN, "9000");
    bench.expect("842C0280", "9000");
    bench.expect("0024018006 414243313233", "9000");
    bench.expect(VERIFY, "9000");
    bench.personalise();
    // A pending pair beside the living one.
    assert!(bench.ask("84478000000005B60384011A0000").ends_with("9000"));
    bench.expect("84FE000001 00", "6700");
    bench.must_be(LifeCycle::Personalised);
    bench.expect(TERMINATE, "9000");
    for powered in [true, false, true] {
        if !powered {
            bench.lose_power();
        }
        bench.must_be(LifeCycle::Terminated);
        bench.expect("80CA004500", &(hex::encode_upper(NUMBER) + "9000"));
        bench.expect(SELECT, "6285");
        bench.expect("00A404000A D392F000260100000001", "6285");
        bench.expect("00A4040C07 A0000000031010", "6A82");
        bench.expect("00A40000023F00", "6A82");
        for command in [
            SELECT_PIN,
            "00A4020C020006",
            "00200080",
            VERIFY,
            "0024018006 414243313233",
            "00B0000000",
            "802A008001AA00",
            "84478000000005B60384011A0000",
            "84478100000005B60384011A0000",
            "84D600000430820100",
            "84440000",
            "842C0280",
            "84CA004500",
            TERMINATE,
        ] {
            bench.expect(command, "6985");
        }
        bench.expect("00FF0000", "6D00");
        bench.expect("FFFE0000", "6E00");
        bench.card.reset();
    }
}

#[test]
fn nothing_but_its_number_is_in_the_memory_of_a_terminated_card() {
    let mut keyed = Bench::with_keys();
    let mut host = keyed.channel(KeyVersion::Authority);
    assert_eq!(keyed.tell(&mut host, [0xFE, 0, 0], 0), Ok(vec![]));
    let mut issued = Bench::new();
    issued.expect(SELECT, "9000");
    for (file, pin) in [("001B", "0024018006 414243313233"), ("0018", "0024018004 31323334")] {
        issued.expect(&format!("00A4020C02{file}"), "9000");
        issued.expect("842C0280", "9000");
        issued.expect(pin, "9000");
    }
    issued.personalise();
    assert!(issued.ask("84478000000005B60384011A0000").ends_with("9000"), "a pending pair");
    issued.card.make_key_ahead(&mut issued.rng).unwrap();
    issued.expect(TERMINATE, "9000");
    let pin = |limit: u8| json!({ "reference": null, "limit": limit, "left": 0 });
    let expected = json!({
        "number": NUMBER,
        "signing_pin": pin(5),
        "authentication_pin": pin(3),
        "living": null,
        "pending": null,
        "ahead": null,
        "accesses": [],
        "terminated": true,
    });
    for bench in [keyed, issued] {
        assert_eq!(serde_json::to_value(&bench.card).unwrap(), expected);
    }
}
