//! Random sequences of commands at a card with keys: whatever the holder, a terminal, the authority
//! and the municipality do in whatever order, the card keeps its keys to itself and counts its tries
//! as a model of a few lines says.

use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use akashi_scp03::{Host, KeySet, KeyVersion, MasterKey, Opening, Plain, protected_length};
use akashi_softcard::{AID, LifeCycle, SoftCard};
use proptest::collection::vec;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey};
use rsa::traits::PrivateKeyParts;
use rsa::{BoxedUint, PrivateKey, PublicKey};
use serde_json::Value;

const NUMBER: &str = "AKASHI0000000001";
const PUBLIC_KEY: usize = 270;
const KEY_TEMPLATE: [u8; 5] = [0xB6, 3, 0x84, 1, 0x1A];

const CERTIFICATE: File = File(0x0001);
const CA_CERTIFICATE: File = File(0x0002);
const PENDING_CERTIFICATE: File = File(0x0101);
const AUTHENTICATION_PIN: File = File(0x0018);
const SIGNING_KEY: File = File(0x001A);
const PENDING_KEY: File = File(0x011A);
const SIGNING_PIN: File = File(0x001B);

/// PINs that are entered and set: few, so that a right one is met by chance.
const PINS: [&str; 3] = ["ABC123", "XYZ7890", "0000"];

/// What no card takes for a PIN.
const NO_PINS: [&str; 3] = ["123", "abc123", "12345678901234567"];

/// What is sound in itself, to be changed.
const SOUND: [&str; 18] = [
    "00A4040C0AD392F000260100000001",
    "00A4020C02001B",
    "00A4020C02011A",
    "00200080",
    "0020008006414243313233",
    "0024018006414243313233",
    "00B0000000",
    "84B0000000",
    "84CA004500",
    "802A008003AABBCC00",
    "84478000000005B60384011A0000",
    "84478100000005B60384011A0000",
    "84D600000430820100",
    "84440000",
    "842C0280",
    "84FE0000",
    "80500100081111111111111111",
    "848233001011111111111111111111111111111111",
];

/// An EF; printed as it is written elsewhere.
#[derive(Clone, Copy, PartialEq)]
struct File(u16);

/// Octets; printed as hexadecimal digits.
#[derive(Clone)]
struct Octets(Vec<u8>);

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for Octets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_upper(&self.0))
    }
}

/// What happens to a card, one line each.
#[derive(Clone)]
struct Steps(Vec<Step>);

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| write!(f, "\n    {step:?}"))
    }
}

/// One of the things that happen to a card.
#[derive(Clone, Debug)]
enum Step {
    /// Any octets at all.
    Raw(Octets),
    /// A sound command with bits turned, octets cut off, or octets added.
    Changed(&'static str, Vec<Change>),
    /// The application is selected.
    Select,
    SelectFile(File),
    /// VERIFY, after a selection of the PIN.
    Enter(File, &'static str),
    /// CHANGE REFERENCE DATA, after a selection of the PIN.
    SetPin(File, &'static str),
    /// The issuer opens the window of the PIN.
    OpenWindow(File),
    /// The same, and the holder sets a PIN.
    Unlock(File, &'static str),
    Read(File),
    Sign(File),
    /// A channel is opened with a key set of the card.
    Open(KeyVersion),
    /// A channel is asked for, and the answer to its challenge is guessed.
    Guess(KeyVersion),
    /// A command goes through the channel, open or not.
    Through(Order),
    /// The newest command that went through a channel comes again.
    Replay,
    /// The same as [`Step::Through`] with one bit turned on the way.
    Flipped(Order, usize),
    /// Reset, and the application is selected again.
    Reset,
    /// Power off and on: what it remembers is written and read.
    LosePower,
}

#[derive(Clone, Debug)]
enum Change {
    Bit(usize),
    Cut(usize),
    Add(u8),
}

/// What an issuer asks for.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Order {
    SelectFile(File),
    /// The PIN window of the selected PIN.
    OpenWindow,
    Read,
    PublicKey,
    Generate,
    /// A sound certificate of the pending key, whole.
    Write,
    Activate,
    Number,
    LifeCycle,
    /// VERIFY, which does not belong here.
    Enter(&'static str),
    Terminate,
}

fn file() -> impl Strategy<Value = File> {
    prop_oneof![
        prop::sample::select(vec![
            CERTIFICATE,
            CA_CERTIFICATE,
            PENDING_CERTIFICATE,
            AUTHENTICATION_PIN,
            SIGNING_KEY,
            PENDING_KEY,
            SIGNING_PIN,
        ]),
        prop::sample::select(vec![0x0006, 0x000A, 0x0017, 0x0102, 0x2F00]).prop_map(File),
    ]
}

fn pin() -> impl Strategy<Value = File> {
    prop_oneof![4 => Just(SIGNING_PIN), 1 => Just(AUTHENTICATION_PIN)]
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        120 => prop_oneof![Just(SIGNING_PIN), Just(CERTIFICATE), Just(CA_CERTIFICATE), file()]
            .prop_map(Order::SelectFile),
        80 => Just(Order::OpenWindow),
        30 => Just(Order::Read),
        30 => Just(Order::PublicKey),
        30 => Just(Order::Write),
        30 => Just(Order::Activate),
        20 => Just(Order::Number),
        20 => Just(Order::LifeCycle),
        20 => prop::sample::select(&PINS).prop_map(Order::Enter),
        4 => Just(Order::Terminate),
        // A second or so, each.
        1 => Just(Order::Generate),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => any::<u16>().prop_map(|at| Change::Bit(at.into())),
        1 => any::<u8>().prop_map(|at| Change::Cut(at.into())),
        1 => any::<u8>().prop_map(Change::Add),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let version = || prop_oneof![Just(KeyVersion::Authority), Just(KeyVersion::Municipality)];
    let new_pin =
        || prop_oneof![5 => prop::sample::select(&PINS), 1 => prop::sample::select(&NO_PINS)];
    prop_oneof![
        4 => vec(any::<u8>(), 0..300).prop_map(|octets| Step::Raw(Octets(octets))),
        10 => (prop::sample::select(&SOUND), vec(change(), 0..3))
            .prop_map(|(sound, changes)| Step::Changed(sound, changes)),
        6 => Just(Step::Select),
        6 => file().prop_map(Step::SelectFile),
        16 => (pin(), new_pin()).prop_map(|(file, text)| Step::Enter(file, text)),
        10 => (pin(), new_pin()).prop_map(|(file, text)| Step::SetPin(file, text)),
        4 => pin().prop_map(Step::OpenWindow),
        6 => (pin(), new_pin()).prop_map(|(file, text)| Step::Unlock(file, text)),
        5 => file().prop_map(Step::Read),
        4 => prop_oneof![Just(SIGNING_KEY), Just(PENDING_KEY)].prop_map(Step::Sign),
        12 => version().prop_map(Step::Open),
        2 => version().prop_map(Step::Guess),
        30 => order().prop_map(Step::Through),
        3 => Just(Step::Replay),
        3 => (order(), any::<u16>()).prop_map(|(order, bit)| Step::Flipped(order, bit.into())),
        4 => Just(Step::Reset),
        2 => Just(Step::LosePower),
    ]
}

/// With what a sequence begins.
#[derive(Clone, Copy, Debug)]
enum Start {
    /// A card from the factory.
    New,
    /// It has a living key and a PIN.
    Personalised,
    /// The same, with a pending key too.
    Renewing,
}

fn start() -> impl Strategy<Value = Start> {
    prop_oneof![1 => Just(Start::New), 2 => Just(Start::Personalised), 4 => Just(Start::Renewing)]
}

/// A PIN as the card must count it.
struct Pin {
    text: Option<Vec<u8>>,
    limit: u8,
    left: u8,
    verified: bool,
    window: bool,
}

impl Pin {
    fn unset(limit: u8) -> Self {
        Self { text: None, limit, left: 0, verified: false, window: false }
    }

    fn verify(&mut self, entered: &[u8]) -> u16 {
        self.verified = false;
        if self.left == 0 {
            return 0x6983;
        }
        if self.text.as_deref() != Some(entered) {
            self.left -= 1;
            return 0x63C0 + u16::from(self.left);
        }
        (self.left, self.verified) = (self.limit, true);
        0x9000
    }

    fn set(&mut self, new: &[u8]) -> u16 {
        if !self.window && !self.verified {
            return 0x6982;
        }
        let sound = |octet: &u8| octet.is_ascii_uppercase() || octet.is_ascii_digit();
        if !(4..=16).contains(&new.len()) || !new.iter().all(sound) {
            return 0x6A80;
        }
        (self.text, self.left, self.window) = (Some(new.to_vec()), self.limit, false);
        0x9000
    }
}

/// What the card must know, by what it was told and answered.
struct Model {
    signing: Pin,
    authentication: Pin,
    /// The EF that the holder's side selected.
    file: Option<File>,
    /// The EF that the issuer's side selected.
    channel_file: Option<File>,
    living: Option<PublicKey>,
    pending: Option<PublicKey>,
    dead: bool,
}

impl Model {
    fn pin(&mut self, file: Option<File>) -> Option<&mut Pin> {
        match file {
            Some(SIGNING_PIN) => Some(&mut self.signing),
            Some(AUTHENTICATION_PIN) => Some(&mut self.authentication),
            _ => None,
        }
    }

    fn forget_verification(&mut self) {
        (self.signing.verified, self.authentication.verified) = (false, false);
    }

    fn lose_power(&mut self) {
        self.forget_verification();
        (self.signing.window, self.authentication.window) = (false, false);
        (self.file, self.channel_file) = (None, None);
    }

    fn life_cycle(&self) -> LifeCycle {
        match self {
            _ if self.dead => LifeCycle::Terminated,
            _ if self.signing.text.is_some() && self.signing.left == 0 => LifeCycle::Blocked,
            _ if self.living.is_some() => LifeCycle::Personalised,
            _ => LifeCycle::New,
        }
    }

    /// A command and how it was answered. `genuine` is one that the card's issuer sent, unchanged.
    fn hear(&mut self, command: &[u8], status: u16, genuine: bool) {
        let done = status == 0x9000;
        let Some(([class, instruction, p1, p2], data)) = taken_apart(command) else {
            assert!(!done, "lengths that disagree");
            return;
        };
        let issuing = class == 0x84 || matches!(instruction, 0x47 | 0xD6 | 0x44 | 0x2C | 0xFE);
        assert!(!done || !issuing || genuine, "done for somebody who is no issuer");
        if self.dead {
            assert!(!done || instruction == 0xCA, "a dead card did something");
            return;
        }
        match (class, instruction, p1, p2) {
            (0x00, 0xA4, 0x04, _) if data == AID => {
                assert_eq!(status, 0x9000);
                self.file = None;
                self.forget_verification();
            }
            (0x00, 0xA4, 0x02, _) if done => {
                self.file = Some(File(u16::from_be_bytes([data[0], data[1]])));
            }
            (0x00, 0x20, 0x00, 0x80) => {
                if let Some(pin) = self.pin(self.file) {
                    let expected = match data {
                        [] => 0x63C0 + u16::from(pin.left),
                        entered => pin.verify(entered),
                    };
                    assert_eq!(status, expected, "VERIFY");
                }
            }
            (0x00, 0x24, 0x01, 0x80) => {
                if let Some(pin) = self.pin(self.file) {
                    let expected = pin.set(data);
                    assert_eq!(status, expected, "CHANGE REFERENCE DATA");
                }
            }
            (0x80, 0x2A, ..) if done => assert!(self.signing.verified, "signed without the PIN"),
            (0x00, 0xB0, ..) if done => {
                let freely = ![CERTIFICATE, PENDING_CERTIFICATE].map(Some).contains(&self.file);
                assert!(freely || self.signing.verified, "read without the PIN");
            }
            _ => {}
        }
    }

    /// The card's authentic answer that it did what an issuer asked for.
    fn obeyed(&mut self, order: Order, by: KeyVersion, data: &[u8]) {
        let by_authority = by == KeyVersion::Authority;
        match order {
            Order::SelectFile(file) => self.channel_file = Some(file),
            Order::OpenWindow => {
                self.pin(self.channel_file).expect("a PIN was selected").window = true;
            }
            Order::PublicKey | Order::Generate => {
                assert!(by_authority);
                self.pending = Some(public_key(data));
            }
            Order::Activate => {
                assert!(by_authority);
                self.living = Some(self.pending.take().expect("a pending key"));
            }
            Order::Terminate => {
                assert!(by_authority);
                self.dead = true;
            }
            Order::Read | Order::Write => assert!(by_authority),
            Order::Number => assert_eq!(data, NUMBER.as_bytes()),
            Order::LifeCycle => assert_eq!(data, [self.life_cycle().octet()]),
            Order::Enter(_) => panic!("a PIN went through the channel"),
        }
    }
}

/// Header and data of a command (ISO/IEC 7816-4 §5.2), read in another way than the card does.
fn taken_apart(command: &[u8]) -> Option<([u8; 4], &[u8])> {
    let (header, body) = command.split_first_chunk::<4>()?;
    let (at, length, le) = match *body {
        [] | [_] | [0, _, _] => return Some((*header, &[])),
        [0, high, low, ..] => (3, usize::from(high) << 8 | usize::from(low), 2),
        [length, ..] => (1, usize::from(length), 1),
    };
    let rest = body.len().checked_sub(at + length)?;
    let sound = length > 0 && (rest == 0 || rest == le);
    sound.then(|| (*header, &body[at..at + length]))
}

/// A card with its two key sets, both ends of its channel, and the model.
struct Bench {
    card: SoftCard,
    rng: ChaCha20Rng,
    model: Model,
    /// The issuer's end of the newest channel, and who it is.
    host: Option<(Host, KeyVersion)>,
    newest: Option<Vec<u8>>,
    secrets: Secrets,
}

/// All runs of sixteen octets of what must not leave the card.
#[derive(Clone, Default)]
struct Secrets(HashSet<[u8; 16]>);

impl Secrets {
    fn add(&mut self, secret: &[u8]) {
        self.0.extend(secret.windows(16).map(|run| <[u8; 16]>::try_from(run).unwrap()));
    }

    /// Primes and private exponent.
    fn add_key(&mut self, key: &PrivateKey) {
        for number in key.primes().iter().map(AsRef::as_ref).chain([key.d()]) {
            self.add(&number.to_be_bytes_trimmed_vartime());
        }
    }

    #[track_caller]
    fn must_not_be_in(&self, answer: &[u8]) {
        assert!(!answer.windows(16).any(|run| self.0.contains(run)), "a key leaves the card");
    }
}

fn keys(version: KeyVersion) -> KeySet {
    MasterKey::new([0x42; 16]).card_keys(version, NUMBER)
}

fn pin_memory(pin: &Value) -> Option<&str> {
    pin["reference"].as_str()
}

/// The key pair of a slot in a card's memory.
fn key_pair(memory: &Value, slot: &str) -> Option<PrivateKey> {
    let digits = memory[slot]["key"].as_str()?;
    Some(PrivateKey::from_pkcs8_der(&hex::decode(digits).unwrap()).unwrap())
}

/// The key of `7F49 {81 n, 82 e}`.
fn public_key(template: &[u8]) -> PublicKey {
    let modulus = BoxedUint::from_be_slice_vartime(&template[9..][..256]);
    PublicKey::new(modulus, 65_537u32.into()).unwrap()
}

/// The placeholder's certificate with this key in place of its own: both are RSA-2048 with exponent
/// 65537.
fn certificate(key: &PublicKey) -> Vec<u8> {
    let info = key.to_public_key_der().unwrap();
    let info = info.as_bytes();
    let mut certificate = include_bytes!("../src/placeholder.der").to_vec();
    // The header of SubjectPublicKeyInfo and its algorithm.
    let at = certificate.windows(24).position(|piece| piece == &info[..24]).unwrap();
    certificate[at..][..info.len()].copy_from_slice(info);
    certificate
}

fn status(answer: &[u8]) -> u16 {
    u16::from_be_bytes(*answer.last_chunk().expect("every answer has a status"))
}

/// Memories of cards at the start of a sequence, and their secrets: made once.
static PREPARED: LazyLock<[(Value, Secrets); 3]> = LazyLock::new(|| {
    let versions = [KeyVersion::Authority, KeyVersion::Municipality];
    let card = SoftCard::with_keys(NUMBER.parse().unwrap(), versions.map(keys));
    let memory = serde_json::to_value(&card).unwrap();
    let mut secrets = Secrets::default();
    for access in memory["accesses"].as_array().unwrap() {
        for key in ["encryption", "mac"] {
            secrets.add(&hex::decode(access["keys"][key].as_str().unwrap()).unwrap());
        }
    }
    let new = (memory, secrets);
    let mut bench = Bench::of(&new);
    bench.do_all(&[
        Step::Select,
        Step::Open(KeyVersion::Authority),
        Step::Through(Order::Generate),
        Step::Through(Order::SelectFile(CERTIFICATE)),
        Step::Through(Order::Write),
        Step::Through(Order::SelectFile(CA_CERTIFICATE)),
        Step::Through(Order::Write),
        Step::Through(Order::Activate),
        Step::Through(Order::SelectFile(SIGNING_PIN)),
        Step::Through(Order::OpenWindow),
        Step::SetPin(SIGNING_PIN, PINS[0]),
    ]);
    assert_eq!(bench.card.life_cycle(), LifeCycle::Personalised);
    let personalised = bench.remembered();
    bench.step(&Step::Through(Order::Generate));
    [new, personalised, bench.remembered()]
});

impl Bench {
    fn of((memory, secrets): &(Value, Secrets)) -> Self {
        let pin = |memory: &Value, limit| {
            let text = pin_memory(memory).map(|text| text.as_bytes().to_vec());
            let left = if text.is_some() { limit } else { 0 };
            Pin { text, left, ..Pin::unset(limit) }
        };
        let slot = |name| key_pair(memory, name).map(PublicKey::from);
        Self {
            card: serde_json::from_value(memory.clone()).unwrap(),
            rng: ChaCha20Rng::seed_from_u64(21),
            model: Model {
                signing: pin(&memory["signing_pin"], 5),
                authentication: pin(&memory["authentication_pin"], 3),
                file: None,
                channel_file: None,
                living: slot("living"),
                pending: slot("pending"),
                dead: false,
            },
            host: None,
            newest: None,
            secrets: secrets.clone(),
        }
    }

    fn remembered(&self) -> (Value, Secrets) {
        (serde_json::to_value(&self.card).unwrap(), self.secrets.clone())
    }

    /// A command as it reaches the card, and everything that must hold after it.
    fn give(&mut self, command: &[u8], genuine: bool) -> Vec<u8> {
        let answer = self.card.transmit(command, &mut self.rng);
        self.secrets.must_not_be_in(&answer);
        self.model.hear(command, status(&answer), genuine);
        answer
    }

    fn ask(&mut self, command: &[u8]) -> Vec<u8> {
        self.give(command, false)
    }

    fn select_file(&mut self, File(file): File) -> Vec<u8> {
        let [high, low] = file.to_be_bytes();
        self.ask(&[0x00, 0xA4, 0x02, 0x0C, 2, high, low])
    }

    fn with_data(&mut self, header: [u8; 4], data: &[u8]) -> Vec<u8> {
        let length = u8::try_from(data.len()).unwrap();
        self.ask(&[&header[..], &[length], data].concat())
    }

    fn select(&mut self) -> Vec<u8> {
        self.with_data([0x00, 0xA4, 0x04, 0x0C], &AID)
    }

    /// Opens a channel, if the card will.
    fn open(&mut self, version: KeyVersion) -> bool {
        let opening = Opening::new(version, [0x11; 8]);
        let answer = self.ask(&opening.command());
        let Ok((host, command)) = opening.authenticate(&keys(version), &answer) else {
            return false;
        };
        let opened = self.give(&command, true) == [0x90, 0];
        if opened {
            self.host = Some((host, version));
            self.model.channel_file = None;
        }
        opened
    }

    /// An order as the issuer's end wraps it, and what becomes of the answer.
    fn through(&mut self, order: Order, flipped: Option<usize>) {
        let Some((mut host, by)) = self.host.take() else { return };
        let certificate = self.model.pending.as_ref().map(certificate).unwrap_or_default();
        let (file, pin);
        let (instruction, data, room): (_, &[u8], _) = match order {
            Order::SelectFile(File(identifier)) => {
                file = identifier.to_be_bytes();
                ([0xA4, 0x02, 0x0C], &file, 0)
            }
            Order::OpenWindow => ([0x2C, 0x02, 0x80], &[], 0),
            Order::Read => ([0xB0, 0, 0], &[], 1024),
            Order::PublicKey => ([0x47, 0x81, 0], &KEY_TEMPLATE, PUBLIC_KEY),
            Order::Generate => ([0x47, 0x80, 0], &KEY_TEMPLATE, PUBLIC_KEY),
            Order::Write => ([0xD6, 0, 0], &certificate, 0),
            Order::Activate => ([0x44, 0, 0], &[], 0),
            Order::Number => ([0xCA, 0, 0x45], &[], 16),
            Order::LifeCycle => ([0xCA, 0x9F, 0x70], &[], 1),
            Order::Enter(text) => {
                pin = text.as_bytes();
                ([0x20, 0, 0x80], pin, 0)
            }
            Order::Terminate => ([0xFE, 0, 0], &[], 0),
        };
        let room = (room > 0).then(|| protected_length(room));
        let (mut command, receipt) = host.wrap(&Plain { instruction, data, room });
        if let Some(bit) = flipped {
            // Le, which ends the command, is no part of what the MAC authenticates (Amendment D
            // §6.2.4): whoever changes it gets less of an answer, or none.
            let le = room.map_or(0, |_| if command[4] == 0 { 2 } else { 1 });
            let end = command.len() - le;
            turn(&mut command[..end], bit);
        }
        let answer = self.give(&command, flipped.is_none());
        if let Ok(data) = host.open(&receipt, &answer) {
            assert!(flipped.is_none(), "a changed command was obeyed");
            if order == Order::Generate {
                let memory = serde_json::to_value(&self.card).unwrap();
                self.secrets.add_key(&key_pair(&memory, "pending").unwrap());
            }
            self.secrets.must_not_be_in(&data);
            self.model.obeyed(order, by, &data);
        } else {
            assert_ne!(status(&answer), 0x9000, "done, and nobody can be sure of it");
        }
        self.newest = Some(command);
        self.host = Some((host, by));
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Raw(Octets(octets)) => drop(self.ask(octets)),
            Step::Changed(sound, changes) => {
                let mut octets = hex::decode(sound).unwrap();
                for change in changes {
                    match *change {
                        Change::Bit(bit) => turn(&mut octets, bit),
                        Change::Cut(at) => octets.truncate(at % (octets.len() + 1)),
                        Change::Add(octet) => octets.push(octet),
                    }
                }
                self.ask(&octets);
            }
            Step::Select => drop(self.select()),
            Step::SelectFile(file) => drop(self.select_file(*file)),
            Step::Enter(file, text) => {
                self.select_file(*file);
                self.with_data([0x00, 0x20, 0x00, 0x80], text.as_bytes());
            }
            Step::SetPin(file, text) => {
                self.select_file(*file);
                self.with_data([0x00, 0x24, 0x01, 0x80], text.as_bytes());
            }
            Step::OpenWindow(file) => {
                self.through(Order::SelectFile(*file), None);
                self.through(Order::OpenWindow, None);
            }
            Step::Unlock(file, text) => {
                self.do_all(&[Step::OpenWindow(*file), Step::SetPin(*file, text)]);
            }
            Step::Read(file) => {
                self.select_file(*file);
                self.ask(&[0x00, 0xB0, 0, 0, 0, 0, 0]);
            }
            Step::Sign(file) => {
                self.select_file(*file);
                self.ask(&[0x80, 0x2A, 0x00, 0x80, 3, 1, 2, 3, 0]);
            }
            Step::Open(version) => drop(self.open(*version)),
            Step::Guess(version) => {
                let opening = Opening::new(*version, [0x22; 8]);
                self.ask(&opening.command());
                self.with_data([0x84, 0x82, 0x33, 0x00], &[0x5A; 16]);
            }
            Step::Through(order) => self.through(*order, None),
            Step::Flipped(order, bit) => self.through(*order, Some(*bit)),
            Step::Replay => {
                if let Some(command) = self.newest.clone() {
                    self.ask(&command);
                }
            }
            Step::Reset => {
                self.card.reset();
                self.model.lose_power();
                self.select();
            }
            Step::LosePower => {
                let memory = serde_json::to_vec(&self.card).unwrap();
                self.card = serde_json::from_slice(&memory).unwrap();
                self.model.lose_power();
            }
        }
        self.must_remember();
    }

    fn do_all(&mut self, steps: &[Step]) {
        for step in steps {
            self.step(step);
        }
    }

    /// The tries of both PINs and the life cycle are what the model says.
    fn must_remember(&mut self) {
        let expected = [self.model.life_cycle().octet(), 0x90, 0];
        assert_eq!(self.ask(&[0x80, 0xCA, 0x9F, 0x70, 0]), expected, "life cycle");
        if self.model.dead {
            return;
        }
        // A clone is asked, for the question would select. Its key pairs take long to read.
        let mut memory = serde_json::to_value(&self.card).unwrap();
        (memory["living"], memory["pending"]) = (Value::Null, Value::Null);
        let mut clone: SoftCard = serde_json::from_value(memory).unwrap();
        let mut ask = |command: &[u8]| clone.transmit(command, &mut self.rng);
        ask(&[&[0x00, 0xA4, 0x04, 0x0C, 10][..], &AID].concat());
        for (low, pin) in [(0x1B, &self.model.signing), (0x18, &self.model.authentication)] {
            ask(&[0x00, 0xA4, 0x02, 0x0C, 2, 0, low]);
            assert_eq!(ask(&[0x00, 0x20, 0x00, 0x80]), [0x63, 0xC0 + pin.left], "tries left");
        }
    }

    /// The card is of use to its holder and its issuer, or says why it is not.
    fn must_serve_or_say_why_not(&mut self) {
        self.step(&Step::LosePower);
        let number = [NUMBER.as_bytes(), &[0x90, 0]].concat();
        assert_eq!(self.ask(&[0x80, 0xCA, 0x00, 0x45, 0]), number);
        if self.model.dead {
            assert_eq!(status(&self.select()), 0x6285);
            assert_eq!(self.card.life_cycle(), LifeCycle::Terminated);
            let memory = serde_json::to_value(&self.card).unwrap();
            assert!(memory["living"].is_null() && memory["pending"].is_null());
            assert_eq!(pin_memory(&memory["signing_pin"]), None);
            return;
        }
        assert_eq!(status(&self.select()), 0x9000);
        assert!(self.open(KeyVersion::Authority), "the authority always has a way in");
        assert_eq!(status(&self.select_file(SIGNING_PIN)), 0x9000);
        let text = self.model.signing.text.clone();
        if self.model.signing.left == 0 {
            let entered = text.unwrap_or_else(|| b"0000".to_vec());
            assert_eq!(status(&self.with_data([0, 0x20, 0, 0x80], &entered)), 0x6983);
            assert!(matches!(self.card.life_cycle(), LifeCycle::New | LifeCycle::Blocked));
            return;
        }
        let entered = text.expect("there are tries for it");
        assert_eq!(status(&self.with_data([0, 0x20, 0, 0x80], &entered)), 0x9000);
        assert_eq!(status(&self.select_file(SIGNING_KEY)), 0x9000);
        let answer = self.ask(&[0x80, 0x2A, 0x00, 0x80, 3, 1, 2, 3, 0]);
        let Some(living) = &self.model.living else {
            assert_eq!(status(&answer), 0x6985, "there is no key yet");
            return;
        };
        let (signature, done) = answer.split_last_chunk().unwrap();
        assert_eq!(*done, [0x90, 0]);
        living.verify(Pkcs1v15Sign::new_unprefixed(), &[1, 2, 3], signature).unwrap();
    }
}

/// Turns one bit of a command.
fn turn(octets: &mut [u8], bit: usize) {
    if !octets.is_empty() {
        let bit = bit % (octets.len() * 8);
        octets[bit / 8] ^= 1 << (bit % 8);
    }
}

/// 128 sequences take five seconds; `PROPTEST_CASES=2000` takes more of them.
fn length() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(128),
    }
}

proptest! {
    #![proptest_config(length())]

    #[test]
    fn whatever_happens_to_a_card_it_keeps_its_keys_and_counts_its_tries(
        start in start(),
        steps in vec(step(), 1..50).prop_map(Steps),
    ) {
        let mut bench = Bench::of(&PREPARED[start as usize]);
        // Most of what happens to a card happens to its application.
        bench.do_all(&[Step::Select, Step::Open(KeyVersion::Authority)]);
        bench.do_all(&steps.0);
        bench.must_serve_or_say_why_not();
    }
}
