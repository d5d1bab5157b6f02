//! Who may ask the card what: the octets of the command table.

use akashi_softcard::SoftCard;
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

const SELECT: &str = "00A404 0C 0A D392F000260100000001";
const SELECT_PIN: &str = "00A4020C02001B";

/// A card and a source of randomness; commands and answers as hexadecimal text.
struct Bench {
    card: SoftCard,
    rng: ChaCha20Rng,
}

impl Bench {
    /// A card from the factory, the application selected.
    fn new() -> Self {
        let number = "AKASHI0000000001".parse().expect("a card number");
        let mut bench = Self { card: SoftCard::new(number), rng: ChaCha20Rng::seed_from_u64(7) };
        bench.expect(SELECT, "9000");
        bench
    }

    /// The same with the signing PIN `ABC123`, not verified.
    fn with_pin() -> Self {
        let mut bench = Self::new();
        bench.expect(SELECT_PIN, "9000");
        bench.expect("842C0280", "9000");
        bench.expect("00240180 06 414243313233", "9000");
        bench
    }

    fn ask(&mut self, command: &str) -> String {
        let octets = hex::decode(command.replace(' ', "")).expect("hexadecimal");
        hex::encode_upper(self.card.transmit(&octets, &mut self.rng))
    }

    #[track_caller]
    fn expect(&mut self, command: &str, answer: &str) {
        assert_eq!(self.ask(command), answer, "{command}");
    }
}

#[test]
fn the_signing_certificate_is_refused_without_the_pin() {
    let mut card = Bench::with_pin();
    card.expect("00A4020C020001", "9000");
    card.expect("00B0000004", "6982");
    card.expect(SELECT_PIN, "9000");
    card.expect("00200080 06 414243313233", "9000");
    card.expect("00A4020C020001", "9000");
    // Verified, and nothing there yet.
    card.expect("00B0000004", "6A82");
}

#[test]
fn the_tries_left_are_told_even_after_a_right_pin() {
    let mut card = Bench::with_pin();
    card.expect("00200080", "63C5");
    card.expect("00200080 06 414243313233", "9000");
    card.expect("00200080", "63C5");
    card.expect("00200080 06 414243313234", "63C4");
    for answer in ["63C3", "63C2", "63C1", "63C0", "6983"] {
        card.expect("00200080 06 414243313234", answer);
    }
    card.expect("00200080 06 414243313233", "6983");
    card.expect("00200080", "63C0");
}

#[test]
fn the_authentication_pin_locks_after_three_and_its_key_is_never_there() {
    let mut card = Bench::new();
    card.expect("00A4020C020018", "9000");
    card.expect("00200080", "63C0");
    card.expect("842C0280", "9000");
    card.expect("00240180 04 31323334", "9000");
    card.expect("00200080", "63C3");
    card.expect("00200080 04 31323334", "9000");
    card.expect("00A4020C020017", "9000");
    card.expect("802A0080 01 00 00", "6985");
    card.expect("00A4020C020018", "9000");
    for answer in ["63C2", "63C1", "63C0", "6983"] {
        card.expect("00200080 04 30303030", answer);
    }
    // A window belongs to one PIN.
    card.expect("842C0280", "9000");
    card.expect(SELECT_PIN, "9000");
    card.expect("00240180 06 414243313233", "6982");
}

#[test]
fn a_new_pin_must_be_well_formed_and_a_malformed_one_leaves_the_window_open() {
    let mut card = Bench::new();
    card.expect(SELECT_PIN, "9000");
    card.expect("00240180 06 414243313233", "6982");
    card.expect("842C0280", "9000");
    for malformed in ["00240180", "00240180 03 414243", "00240180 04 61626364"] {
        card.expect(malformed, "6A80");
    }
    card.expect("00240180 11 4141414141414141414141414141414141", "6A80");
    card.expect("00240180 10 41414141414141414141414141414141", "9000");
    card.expect("00240180 06 414243313233", "6982");
}

#[test]
fn other_applications_and_files_are_not_found_and_change_no_selection() {
    let mut card = Bench::new();
    card.expect("00A4020C020006", "9000");
    card.expect("00A4040C 07 A0000000031010", "6A82");
    card.expect("00A40400 07 A0000000031010 00", "6A82");
    card.expect("00A40000 02 3F00", "6A82");
    card.expect("00A4020C02 2F00", "6A82");
    for pending in ["0101", "0102", "011A"] {
        card.expect(&format!("00A4020C02{pending}"), "6A82");
    }
    let token_information = hex::encode_upper("JPKIAPICCTOKEN                  ");
    card.expect("00B0000020", &(token_information + "9000"));
}

#[test]
fn the_application_must_be_selected_again_after_a_reset() {
    let mut card = Bench::with_pin();
    card.expect("00200080 06 414243313233", "9000");
    card.card.reset();
    card.expect("00200080", "6986");
    card.expect(SELECT_PIN, "6A82");
    card.expect("84478000 000005 B60384011A 0000", "6985");
    card.expect("84440000", "6985");
    // The number answers before everything else.
    card.expect("80CA0045 10", &(hex::encode_upper("AKASHI0000000001") + "9000"));
}

#[test]
fn the_placeholder_certificates_are_read_freely_in_blocks() {
    let mut card = Bench::new();
    for file in ["000A", "000B"] {
        card.expect(&format!("00A4020C02{file}"), "9000");
        let head = card.ask("00B0000004");
        assert!(head.starts_with("3082") && head.ends_with("9000"), "{head}");
        let length = 4 + usize::from_str_radix(&head[4..8], 16).expect("a length");
        assert_eq!(card.ask("00B0000000").len(), 2 * (256 + 2));
        assert_eq!(card.ask("00B00000 000000").len(), 2 * (length + 2));
        card.expect(&format!("00B0{length:04X}01"), "6B00");
    }
}

#[test]
fn keys_and_pins_are_not_readable() {
    let mut card = Bench::with_pin();
    card.expect("00200080 06 414243313233", "9000");
    for file in ["0017", "0018", "001A", "001B"] {
        card.expect(&format!("00A4020C02{file}"), "9000");
        card.expect("00B0000000", "6981");
        card.expect("84D60000 04 30820000", "6981");
    }
}

#[test]
fn wrong_classes_instructions_parameters_and_lengths_have_their_status() {
    let mut card = Bench::new();
    card.expect("", "6700");
    card.expect("00A404", "6700");
    card.expect("FFA40400", "6E00");
    card.expect("002A0080 01 00 00", "6E00");
    card.expect("00FF0000", "6D00");
    card.expect("00C00000 00", "6D00");
    card.expect("00A4040C 0B D392F000260100000001", "6700");
    card.expect("00A4080C 02 0001", "6A86");
    card.expect("00B0800004", "6A86");
    card.expect("00B0000004", "6986");
    card.expect("80CA0046 00", "6A88");
    card.expect("80CA0045 0F", "6700");
    card.expect(SELECT_PIN, "9000");
    card.expect("00200081", "6A86");
    card.expect("842C0380", "6A86");
}

#[test]
fn a_key_pair_is_made_only_when_its_answer_fits_and_keeps_what_was_written_otherwise() {
    let mut card = Bench::with_pin();
    card.expect("84478100 000005 B60384011A 0000", "6985");
    let public_key = card.ask("84478000 000005 B60384011A 0000");
    assert!(public_key.starts_with("7F4982010981820100"), "{public_key}");
    assert!(public_key.ends_with("82030100019000"), "{public_key}");
    card.expect("84478000 05 B60384011A 00", "6700");
    card.expect("84478000 000005 B603840117 0000", "6A88");
    card.expect("84478000 000005 B603840217 0000", "6A80");
    card.expect("84478200 000005 B60384011A 0000", "6A86");
    for class in ["00", "80", "84"] {
        let again = card.ask(&format!("{class}478100 000005 B60384011A 0000"));
        assert_eq!(again, public_key);
    }

    // What the pending certificate takes: no hole, no other text, not more than it declares.
    card.expect("00A4020C020001", "9000");
    card.expect("84D60001 01 30", "6B00");
    card.expect("84D60000 0B 3132333435363738393031", "6A80");
    card.expect("84D60000 05 3082000000", "6A84");
    card.expect("84D60000 04 3082FFFF", "6A84");
    card.expect("84D60000 06 308200040102", "9000");
    card.expect("84D60005 03 020304", "9000");
    card.expect("84D60008 01 05", "6A84");
    // A change of the header is measured by the changed header.
    card.expect("84D60003 02 0001", "6A84");
    card.expect("84440000", "6985");

    // The issuer reads it back without the PIN, others only with it.
    card.expect("00A4020C020101", "9000");
    card.expect("84B0000000", "30820004010203049000");
    card.expect("00B0000000", "6982");
    card.expect("84D60000 04 30820000", "6981");
    // The pending key signs after the PIN only.
    card.expect("00A4020C02011A", "9000");
    card.expect("802A0080 01 00 00", "6982");
    card.expect(SELECT_PIN, "9000");
    card.expect("00200080 06 414243313233", "9000");
    card.expect("00A4020C02011A", "9000");
    assert_eq!(card.ask("802A0080 01 00 00").len(), 2 * (256 + 2));
    card.expect("802A0080 01 00", "6700");
    card.expect("802A0080 01 00 FF", "6700");
    let longest = format!("802A0080 F5 {} 00", "AA".repeat(245));
    assert_eq!(card.ask(&longest).len(), 2 * (256 + 2));
    card.expect(&format!("802A0080 F6 {} 00", "AA".repeat(246)), "6700");
}
