//! The secure channel at the card: only who knows its keys may issue, and the terminal between the
//! authority and the card can neither read, change, repeat, leave out nor redirect a command.

use akashi_scp03::{
    ChannelError, Host, KeySet, KeyVersion, MasterKey, Opening, Plain, Receipt, protected_length,
};
use akashi_softcard::{CardNumber, SoftCard};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

const NUMBER: &str = "AKASHI0000000001";
const SELECT: &str = "00A4040C0AD392F000260100000001";
const PUBLIC_KEY: usize = 270;

/// A card from a factory that put its keys into it, and the terminal's line to it.
struct Bench {
    card: SoftCard,
    rng: ChaCha20Rng,
}

fn master() -> MasterKey {
    MasterKey::new([0x42; 16])
}

fn keys(version: KeyVersion) -> KeySet {
    master().card_keys(version, NUMBER)
}

impl Bench {
    fn new() -> Self {
        let number: CardNumber = NUMBER.parse().unwrap();
        let keys = [KeyVersion::Authority, KeyVersion::Municipality].map(keys);
        let card = SoftCard::with_keys(number, keys);
        let mut bench = Self { card, rng: ChaCha20Rng::seed_from_u64(3) };
        bench.expect(SELECT, "9000");
        bench
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

    /// Opens a channel with a key set.
    fn open(&mut self, keys: &KeySet) -> Result<Host, ChannelError> {
        let opening = Opening::new(keys.version, [0x11; 8]);
        let answer = self.give(&opening.command());
        let (host, command) = opening.authenticate(keys, &answer)?;
        match self.give(&command)[..] {
            [0x90, 0] => Ok(host),
            [high, low] => Err(ChannelError::Refused { status: u16::from_be_bytes([high, low]) }),
            _ => panic!("EXTERNAL AUTHENTICATE gives no data"),
        }
    }

    fn authority(&mut self) -> Host {
        self.open(&keys(KeyVersion::Authority)).unwrap()
    }

    fn municipality(&mut self) -> Host {
        self.open(&keys(KeyVersion::Municipality)).unwrap()
    }

    fn tell(&mut self, host: &mut Host, plain: &Plain<'_>) -> Result<Vec<u8>, ChannelError> {
        let (command, receipt) = host.wrap(plain);
        let answer = self.give(&command);
        host.open(&receipt, &answer)
    }

    /// The same for a command that must succeed.
    #[track_caller]
    fn done(&mut self, host: &mut Host, plain: &Plain<'_>) -> Vec<u8> {
        self.tell(host, plain).unwrap()
    }

    fn with_pending_key(&mut self) -> Host {
        let mut host = self.authority();
        self.done(&mut host, &GENERATE);
        host
    }
}

fn plain<'a>(instruction: [u8; 3], data: &'a [u8], answer: usize) -> Plain<'a> {
    Plain { instruction, data, room: (answer > 0).then(|| protected_length(answer)) }
}

const GENERATE: Plain<'static> = Plain {
    instruction: [0x47, 0x80, 0],
    data: &[0xB6, 3, 0x84, 1, 0x1A],
    room: Some(protected_length(PUBLIC_KEY)),
};
const WINDOW: Plain<'static> = Plain { instruction: [0x2C, 2, 0x80], data: &[], room: None };
const ACTIVATE: Plain<'static> = Plain { instruction: [0x44, 0, 0], data: &[], room: None };

fn select(file: &[u8; 2]) -> Plain<'_> {
    Plain { instruction: [0xA4, 2, 0x0C], data: file, room: None }
}

const NO_CHANNEL: ChannelError = ChannelError::Refused { status: 0x6982 };

#[test]
fn nothing_is_issued_outside_of_a_channel_whatever_class_is_claimed() {
    let mut bench = Bench::new();
    bench.expect("00A4020C02001B", "9000");
    for class in ["00", "80", "84"] {
        bench.expect(&format!("{class}478000 00 0005 B60384011A 0000"), "6982");
        bench.expect(&format!("{class}478100 00 0005 B60384011A 0000"), "6982");
        bench.expect(&format!("{class}440000"), "6982");
        bench.expect(&format!("{class}2C0280"), "6982");
        bench.expect(&format!("{class}D60000 04 30820100"), "6982");
    }
    bench.expect("80CA004500", &(hex::encode_upper(NUMBER) + "9000"));
}

#[test]
fn a_key_pair_is_made_and_the_pin_window_opened_through_the_channel() {
    let mut bench = Bench::new();
    let mut host = bench.authority();
    let public_key = bench.done(&mut host, &GENERATE);
    assert_eq!(public_key.len(), PUBLIC_KEY);
    assert_eq!(public_key[..3], [0x7F, 0x49, 0x82]);
    let again = plain([0x47, 0x81, 0], GENERATE.data, PUBLIC_KEY);
    assert_eq!(bench.done(&mut host, &again), public_key);
    bench.done(&mut host, &select(&[0, 0x1B]));
    bench.done(&mut host, &WINDOW);
    // The terminal sets the PIN beside the channel, which stays open.
    bench.expect("00A4020C02001B", "9000");
    bench.expect("00240180 06 414243313233", "9000");
    bench.expect("00200080 06 414243313233", "9000");
    assert_eq!(bench.done(&mut host, &again), public_key);
    // The authority cannot see a PIN: no command with one goes through the channel.
    bench.done(&mut host, &select(&[0, 0x1B]));
    for with_pin in [[0x20, 0, 0x80], [0x24, 1, 0x80]] {
        let refused = bench.tell(&mut host, &plain(with_pin, b"ABC123", 0));
        assert_eq!(refused, Err(ChannelError::Refused { status: 0x6E00 }));
    }
}

#[test]
fn a_pending_certificate_is_written_and_read_back_in_blocks_wrapped_beforehand() {
    let mut bench = Bench::new();
    let mut host = bench.with_pending_key();
    let certificate: Vec<u8> =
        [0x30, 0x82, 0x03, 0xFC].into_iter().chain((0..1020u16).map(|n| n as u8)).collect();
    let mut run: Vec<(Vec<u8>, Receipt)> = vec![host.wrap(&select(&[0, 1]))];
    for (at, block) in (0u16..).zip(certificate.chunks(231)) {
        let [high, low] = (at * 231).to_be_bytes();
        run.push(host.wrap(&plain([0xD6, high, low], block, 0)));
    }
    run.push(host.wrap(&select(&[1, 1])));
    let reads = run.len();
    for at in 0..5u16 {
        let [high, low] = (at * 239).to_be_bytes();
        run.push(host.wrap(&plain([0xB0, high, low], &[], 239)));
    }
    assert!(run.iter().all(|(command, _)| command.len() <= 261), "all fit into short lengths");
    let answers: Vec<Vec<u8>> = run.iter().map(|(command, _)| bench.give(command)).collect();
    let opened: Vec<Vec<u8>> = run
        .iter()
        .zip(&answers)
        .map(|((_, receipt), answer)| host.open(receipt, answer).unwrap())
        .collect();
    assert_eq!(opened[reads..].concat(), certificate);
    // It certifies another key: it is not activated, and the pending slot stays as it is.
    let refused = bench.tell(&mut host, &ACTIVATE);
    assert_eq!(refused, Err(ChannelError::Refused { status: 0x6985 }));
}

#[test]
fn a_terminal_that_selects_another_file_between_two_commands_redirects_nothing() {
    let mut bench = Bench::new();
    let mut host = bench.with_pending_key();
    bench.done(&mut host, &select(&[0, 1]));
    bench.expect("00A4020C020002", "9000");
    let block = [0x30, 0x82, 1, 0, 5, 6, 7];
    bench.done(&mut host, &plain([0xD6, 0, 0], &block, 0));
    bench.done(&mut host, &select(&[1, 1]));
    assert_eq!(bench.done(&mut host, &plain([0xB0, 0, 0], &[], 100)), block);
    // And the other way round: what the terminal selected is still what it reads.
    bench.expect("00B0000004", "6A82");
    bench.done(&mut host, &select(&[1, 2]));
    let nothing = bench.tell(&mut host, &plain([0xB0, 0, 0], &[], 100));
    assert_eq!(nothing, Err(ChannelError::Refused { status: 0x6A82 }));
}

#[test]
fn the_municipality_may_open_the_pin_window_and_nothing_else() {
    let mut bench = Bench::new();
    let _ = bench.with_pending_key();
    let mut host = bench.municipality();
    for forbidden in [
        GENERATE,
        plain([0x47, 0x81, 0], GENERATE.data, PUBLIC_KEY),
        ACTIVATE,
        plain([0xD6, 0, 0], &[0x30, 0x82, 1, 0], 0),
    ] {
        assert_eq!(bench.tell(&mut host, &forbidden), Err(NO_CHANNEL));
    }
    bench.done(&mut host, &select(&[1, 1]));
    assert_eq!(bench.tell(&mut host, &plain([0xB0, 0, 0], &[], 16)), Err(NO_CHANNEL));
    bench.done(&mut host, &select(&[0, 0x1B]));
    bench.done(&mut host, &WINDOW);
    bench.expect("00A4020C02001B", "9000");
    bench.expect("00240180 06 414243313233", "9000");
}

#[test]
fn a_command_changed_repeated_or_left_out_closes_the_channel() {
    for trouble in 0..3 {
        let mut bench = Bench::new();
        let mut host = bench.authority();
        let run: Vec<Vec<u8>> = (0..3).map(|_| host.wrap(&select(&[0, 6])).0).collect();
        let changed = match trouble {
            0 => {
                let mut octets = run[0].clone();
                octets[7] ^= 1;
                octets
            }
            1 => {
                assert!(bench.give(&run[0]).ends_with(&[0x90, 0]));
                run[0].clone()
            }
            _ => run[1].clone(),
        };
        assert_eq!(bench.give(&changed), [0x69, 0x88], "{trouble}");
        assert_eq!(bench.give(&run[trouble]), [0x69, 0x82], "closed");
        bench.authority();
    }
}

#[test]
fn power_off_and_a_new_selection_of_the_application_close_the_channel() {
    let mut bench = Bench::new();
    let mut host = bench.authority();
    bench.card.reset();
    assert_eq!(bench.tell(&mut host, &select(&[0, 6])), Err(NO_CHANNEL));
    bench.expect(SELECT, "9000");
    let mut host = bench.authority();
    bench.expect(SELECT, "9000");
    assert_eq!(bench.tell(&mut host, &select(&[0, 6])), Err(NO_CHANNEL));
    // So does another INITIALIZE UPDATE, whatever comes of it.
    let mut host = bench.authority();
    bench.expect("80500900081111111111111111 00", "6A88");
    assert_eq!(bench.tell(&mut host, &select(&[0, 6])), Err(NO_CHANNEL));
}

#[test]
fn failures_are_counted_through_power_off_and_a_hundred_end_the_key_set() {
    let mut bench = Bench::new();
    let wrong = MasterKey::new([9; 16]).card_keys(KeyVersion::Authority, NUMBER);
    assert_eq!(bench.open(&wrong).err(), Some(ChannelError::ForeignCard));
    // A terminal that guesses a cryptogram.
    let guess = |bench: &mut Bench| {
        bench.give(&Opening::new(KeyVersion::Authority, [5; 8]).command());
        bench.ask("84823300 10 00000000000000000000000000000000")
    };
    for _ in 0..99 {
        assert_eq!(guess(&mut bench), "6300");
    }
    let memory = serde_json::to_string(&bench.card).unwrap();
    bench.authority();
    // A success gives all of them back; without it one more is the last.
    assert_eq!(guess(&mut bench), "6300");
    bench.authority();
    bench.card = serde_json::from_str(&memory).unwrap();
    bench.expect(SELECT, "9000");
    assert_eq!(guess(&mut bench), "6300");
    let ended = Err(ChannelError::Refused { status: 0x6983 });
    assert_eq!(bench.open(&keys(KeyVersion::Authority)).map(|_| ()), ended);
    // The other key set, and the holder's own commands, live on.
    bench.municipality();
    bench.expect("00A4020C020006", "9000");
}

#[test]
fn no_channel_begins_in_the_middle_with_less_than_everything_or_before_the_application() {
    let mut bench = Bench::new();
    bench.expect("84823300 10 00000000000000000000000000000000", "6985");
    bench.expect("80500100 08 1111111111111111 1C", "6700");
    let without_le = bench.ask("80500100 08 1111111111111111");
    assert_eq!(without_le.len(), 2 * (29 + 2), "some hosts leave Le away");
    bench.expect("80500100 07 11111111111111 00", "6700");
    bench.expect("80500101 08 1111111111111111 00", "6A86");
    bench.expect("00500100 08 1111111111111111 00", "6E00");
    let keys = keys(KeyVersion::Authority);
    for level in [0x00, 0x01, 0x03, 0x11, 0x13] {
        let opening = Opening::new(KeyVersion::Authority, [1; 8]);
        let answer = bench.give(&opening.command());
        let (_, mut command) = opening.authenticate(&keys, &answer).unwrap();
        command[2] = level;
        assert_eq!(bench.give(&command), [0x6A, 0x86], "level {level:02X}");
    }
    bench.card.reset();
    bench.expect("80500100 08 1111111111111111 00", "6985");
}

#[test]
fn an_answer_never_has_more_octets_than_were_asked_for() {
    let mut bench = Bench::new();
    let mut host = bench.authority();
    // Before the pair is made: 279 octets are one too few.
    let short = Plain { room: Some(279), ..GENERATE };
    assert_eq!(bench.tell(&mut host, &short), Err(ChannelError::Refused { status: 0x6700 }));
    let refused = bench.tell(&mut host, &plain([0x47, 0x81, 0], GENERATE.data, PUBLIC_KEY));
    assert_eq!(refused, Err(ChannelError::Refused { status: 0x6985 }), "none was made");
    bench.done(&mut host, &Plain { room: Some(280), ..GENERATE });
    bench.done(&mut host, &select(&[0, 1]));
    bench.done(&mut host, &plain([0xD6, 0, 0], &[&[0x30, 0x82, 1, 0][..], &[7; 200]].concat(), 0));
    bench.done(&mut host, &select(&[1, 1]));
    for room in 8..=256 {
        let (command, _) =
            host.wrap(&Plain { instruction: [0xB0, 0, 0], data: &[], room: Some(room) });
        assert!(bench.give(&command).len() <= room + 2, "{room}");
    }
}

#[test]
fn the_cards_keys_are_in_no_answer() {
    let mut bench = Bench::new();
    let memory = serde_json::to_value(&bench.card).unwrap();
    let key = memory["accesses"][0]["keys"]["encryption"].as_str().unwrap();
    let key = hex::decode(key).unwrap();
    let mut host = bench.with_pending_key();
    for class in [0x00, 0x80, 0x84] {
        for instruction in 0..=0xFF {
            let octets = [class, instruction, 0, 0, 0];
            let answer = bench.give(&octets);
            assert!(!answer.windows(16).any(|piece| piece == key));
        }
    }
    let opened = bench.tell(&mut host, &select(&[0, 6]));
    assert!(opened.is_err(), "a plain command with the class of the channel closed it");
}
