//! How long a card takes for a signature.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use akashi_card::{Card, CardError, KeySlot, SigningPin, Transport, issuing};
use akashi_cardhost::{InsertedCard, PrivateService, Seal, VirtualSlot, tell};
use akashi_reader::{Sharing, Terminal};
use akashi_scp03::{KeyVersion, MasterKey};
use akashi_softcard::{CardNumber, SoftCard};

use super::BenchError;
use super::measure::{Measurement, forget_peak, median, peak};

/// The number of the card that is measured.
const NUMBER: &str = "AKASHIBENCHMARK0";
/// The PIN of the card that is measured.
const PIN: &str = "BENCH99";

/// Starts a PC/SC service with a virtual reader, puts a new software card into it, its memory in a
/// file of `dir`, and has a process of its own measure it: where the service is, the PC/SC library
/// reads from the environment when a process begins.
pub fn in_virtual_reader(dir: &Path, count: usize, runs: usize) -> Result<(), BenchError> {
    std::fs::create_dir_all(dir)?;
    let service = PrivateService::start()?;
    let mut card = made()?.into_transport();
    card.keep_sealed(&dir.join("bench.card"), &Seal::kept_in(dir.join("seal.key")))?;
    let slot = VirtualSlot::connect(&service.slot())?;
    let remover = slot.remover()?;
    let serving = std::thread::spawn(move || slot.serve(&mut card));
    let measured = Command::new(std::env::current_exe()?)
        .args(["card", "--reader", &service.reader()])
        .args(["--count", &count.to_string(), "--runs", &runs.to_string()])
        .env("PCSCLITE_CSOCK_NAME", service.socket())
        .status();
    remover.remove();
    serving.join().expect("a card does not panic")?;
    if measured?.success() { Ok(()) } else { Err(BenchError::Wrong("see above".into())) }
}

/// Measures the card in a reader, and prints milliseconds a signature, from the digest to the
/// signature: select the key, sign. The PIN was verified before.
///
/// The card needs a pending key and the PIN of the benchmark: any other card is left alone.
pub fn in_reader(reader: &str, count: usize, runs: usize) -> Result<(), BenchError> {
    let terminal = Terminal::open()?;
    let reader = terminal.wait_for_card(Some(reader), std::time::Duration::from_secs(5))?;
    let mut connected = terminal.connect(&reader, Sharing::Shared)?;
    let mut near = made()?;
    let mut far = Card::open(connected.session().map_err(CardError::from)?)?;
    // Only what the benchmark made itself: on another card a PIN tried in vain costs a try.
    if far.number()?.as_str() != NUMBER {
        return Err(BenchError::Wrong("the card in this reader is not the benchmark's".into()));
    }
    far.verify_pin(&pin())?;
    let (mut values, mut raw) = (Vec::new(), Vec::new());
    forget_peak();
    for _ in 0..runs {
        values.push(signatures(&mut far, count)?);
        raw.push(signatures(&mut near, count)?);
    }
    let baseline = ("the same of a software card in this process", raw);
    Measurement::of("card/sign", "ms, median of a run", values, baseline, peak()).print();
    Ok(())
}

/// A card with a pending key pair and the PIN verified.
fn made() -> Result<Card<InsertedCard>, BenchError> {
    let number: CardNumber = NUMBER.parse().expect("sixteen characters");
    let keys = MasterKey::generate(&mut rand::rng()).card_keys(KeyVersion::Authority, NUMBER);
    let card = SoftCard::with_keys(number, [keys.clone()]);
    let mut card = Card::open(InsertedCard::of(card))?;
    let mut commands = vec![issuing::make_key_pair()];
    commands.extend(issuing::open_pin_window());
    tell(&mut card, &keys, &commands)?;
    card.set_pin(&pin())?;
    card.verify_pin(&pin())?;
    Ok(card)
}

fn pin() -> SigningPin {
    PIN.parse().expect("seven capital letters and digits")
}

/// The median of so many signatures, in milliseconds.
fn signatures(card: &mut Card<impl Transport>, count: usize) -> Result<f64, CardError> {
    let mut times = Vec::with_capacity(count);
    for number in 0..count {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&(number as u64).to_be_bytes());
        let begin = Instant::now();
        card.sign(KeySlot::Pending, &digest)?;
        times.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(&times))
}
