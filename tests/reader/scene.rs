//! A private PC/SC service, a resident's card, and programs that use it.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::Duration;

use akashi_card::{Card, SigningPin, issuing};
use akashi_cardhost::{InsertedCard, PrivateService, Seal, tell};
use akashi_ledger::Access;
use akashi_scp03::KeySet;
use akashi_wire::act::Procedure;
use jiff::{Timestamp, ToSpan};

use crate::support::{Book, Place, tottori};

/// The PIN of the card that was issued.
pub const PIN: &str = "ABC123";

/// The key that seals the cards of these tests. That of whoever runs them is not touched.
const SEAL: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/reader-card-seal.key");

/// The PKCS#11 module of OpenSC, as Debian installs it.
pub const MODULE: &str = "opensc-pkcs11.so";

/// What OpenSC is told: that a card of this kind may lie in the reader, and to keep nothing of it.
const OPENSC_CONF: &str = "app default {\n\
    card_drivers = jpki;\n\
    framework pkcs15 { use_file_caching = false; }\n\
}\n";

/// A card that a whole small world issued to a resident.
pub struct Issued {
    /// The card's file.
    file: Vec<u8>,
    /// The authority's keys of the card.
    keys: KeySet,
    /// The file of another resident's card.
    other: Vec<u8>,
    /// The file of a card without a certificate.
    blank: Vec<u8>,
    /// The signing certificate as the authority issued it, DER.
    pub certificate: Vec<u8>,
    /// The authority's certificate, DER.
    pub authority: Vec<u8>,
}

/// Issued once for all tests; each works on a copy of the file.
pub static ISSUED: LazyLock<Issued> = LazyLock::new(|| {
    // Some callers are within a runtime already, and a runtime in a runtime is none.
    let issuing =
        std::thread::spawn(|| tokio::runtime::Runtime::new().expect("a runtime").block_on(issue()));
    issuing.join().expect("the card was issued")
});

async fn issue() -> Issued {
    // Since yesterday: the certificate must be in force for programs that go by the real clock.
    let yesterday = Timestamp::now() - 24.hours();
    let mut place = Place::make(Book::Sqlite, Access::Registered, yesterday).await;
    let resident = place.resident(tottori());
    let mut card = place.blank_card().unwrap();
    let pin = pin(PIN);
    let delivery =
        place.certify(tottori(), Procedure::Issue, &resident, &mut card, &pin).await.unwrap();
    let authority = place.security.authority().certificate.0.clone();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("issued.card");
    let keys = place.house.doors.card_master.card_keys(card.number().unwrap().as_str());
    card.into_transport().keep_sealed(&path, &seal()).unwrap();
    let resident = place.resident(tottori());
    let mut card = place.blank_card().unwrap();
    place.certify(tottori(), Procedure::Issue, &resident, &mut card, &pin).await.unwrap();
    let kept = |name: &str, card: Card<InsertedCard>| {
        let path = dir.path().join(name);
        card.into_transport().keep_sealed(&path, &seal()).unwrap();
        fs::read(path).unwrap()
    };
    let other = kept("other.card", card);
    let blank = kept("blank.card", place.blank_card().unwrap());
    let file = fs::read(path).unwrap();
    Issued { file, keys, other, blank, certificate: delivery.certificate, authority }
}

/// The seal of the cards of these tests.
pub fn seal() -> Seal {
    Seal::kept_in(SEAL)
}

pub fn pin(text: &str) -> SigningPin {
    text.parse().unwrap()
}

/// A terminal: a PC/SC service of its own, and a resident's card in a file.
pub struct Scene {
    pub service: PrivateService,
    home: tempfile::TempDir,
}

/// What a program said, and whether it was content.
#[derive(Debug)]
pub struct Said {
    pub content: bool,
    /// Its standard output.
    pub out: Vec<u8>,
    /// Both outputs.
    pub text: String,
}

impl Scene {
    pub fn open() -> Self {
        let service = PrivateService::start().unwrap_or_else(|error| panic!("{error}"));
        let scene = Self { service, home: tempfile::tempdir().unwrap() };
        fs::write(scene.path("opensc.conf"), OPENSC_CONF).unwrap();
        fs::write(scene.card(), &ISSUED.file).unwrap();
        fs::write(scene.path("other.card"), &ISSUED.other).unwrap();
        fs::write(scene.path("blank.card"), &ISSUED.blank).unwrap();
        fs::write(scene.path("certificate.der"), &ISSUED.certificate).unwrap();
        scene
    }

    /// A file of this scene.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The card's file.
    pub fn card(&self) -> PathBuf {
        self.path("resident.card")
    }

    /// A program that finds this terminal and nothing else of the machine's.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("timeout");
        command
            .arg("60")
            .arg(program)
            .current_dir(self.home.path())
            .env("PCSCLITE_CSOCK_NAME", self.service.socket())
            .env("OPENSC_CONF", self.path("opensc.conf"))
            .env("HOME", self.home.path())
            .env("AKASHI_CARD_SEAL", SEAL)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }

    /// Runs a program, a minute at most.
    #[track_caller]
    pub fn run(&self, program: &str, arguments: &[&str]) -> Said {
        said(program, self.command(program).args(arguments).output().unwrap())
    }

    /// Runs `akashi`, whose PIN is the card's.
    #[track_caller]
    pub fn akashi(&self, arguments: &[&str]) -> Said {
        let program = &akashi_town::program("akashi-demo");
        said(program, self.command(program).args(arguments).output().unwrap())
    }

    /// Puts the card into the first slot, and waits until the reader has seen it.
    #[track_caller]
    pub fn insert(&self) -> Inserted {
        self.insert_into(&self.card(), 0)
    }

    /// Puts a card into a slot, and waits until the reader has seen it.
    #[track_caller]
    pub fn insert_into(&self, card: &Path, slot: u16) -> Inserted {
        let inserted = insert(card, &self.slot(slot));
        self.wait_until(slot, true);
        inserted
    }

    /// Where a slot listens: there are two.
    pub fn slot(&self, slot: u16) -> String {
        let first = self.service.slot();
        let (host, port) = first.rsplit_once(':').unwrap();
        format!("{host}:{}", port.parse::<u16>().unwrap() + slot)
    }

    /// Takes another card than the resident's out of the first slot.
    #[track_caller]
    pub fn remove_other(&self, mut inserted: Inserted, card: &Path) {
        self.akashi(&["softcard", "remove", card.to_str().unwrap()]).must_be_content();
        assert!(inserted.0.wait().unwrap().success(), "it ends in order");
        self.wait_until(0, false);
    }

    /// Takes the card out, and waits until the reader has seen it.
    #[track_caller]
    pub fn remove(&self, mut inserted: Inserted) {
        let card = self.card();
        self.akashi(&["softcard", "remove", card.to_str().unwrap()]).must_be_content();
        assert!(inserted.0.wait().unwrap().success(), "it ends in order");
        self.wait_until(0, false);
    }

    /// Waits until the service knows that a card lies in a slot, or none. It is asked, and
    /// not the card: a command to a card that is just leaving would disturb.
    #[track_caller]
    pub fn wait_until(&self, slot: u16, there: bool) {
        let word = if there { "Yes" } else { "No" };
        for _ in 0..200 {
            let readers = self.run("opensc-tool", &["--list-readers"]).must_be_content().text;
            let line = readers
                .lines()
                .find(|line| line.starts_with(&format!("{slot} ")))
                .unwrap_or_default();
            if line.split_whitespace().nth(1) == Some(word) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("the reader did not see that a card is there: {there}");
    }

    /// Signs a message with OpenSC's PKCS#11 module, and has openssl check the signature with the
    /// certificate's key.
    #[track_caller]
    pub fn sign_and_verify(&self, pin: &str) {
        fs::write(self.path("message"), b"what the resident signs").unwrap();
        self.pkcs11(&[
            "--login",
            "--pin",
            pin,
            "--sign",
            "--id",
            "02",
            "--mechanism",
            "SHA256-RSA-PKCS",
            "--input-file",
            "message",
            "--output-file",
            "signature",
        ])
        .must_be_content();
        let certificate = ["-in", "certificate.der", "-inform", "DER", "-noout", "-pubkey"];
        let key = self.run("openssl", &[&["x509"], &certificate[..]].concat()).must_be_content();
        fs::write(self.path("key.pem"), key.out).unwrap();
        let verify =
            ["dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message"];
        self.run("openssl", &verify).must_say("Verified OK");
    }

    /// OpenSC's PKCS#11 module, on the token of the signing key.
    #[track_caller]
    pub fn pkcs11(&self, arguments: &[&str]) -> Said {
        self.run("pkcs11-tool", &[&["--module", MODULE, "--slot-index", "1"], arguments].concat())
    }
}

/// A process of `akashi-demo softcard insert`.
pub struct Inserted(pub Child);

/// Starts `akashi-demo softcard insert`, and waits until it says that the card is in.
#[track_caller]
pub fn insert(card: &Path, slot: &str) -> Inserted {
    let mut inserted = knocks(card, slot);
    let mut line = String::new();
    BufReader::new(inserted.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("is in the virtual reader"), "{line}");
    inserted
}

/// Starts it, and waits for nothing: the reader has not seen the card yet.
#[track_caller]
pub fn knocks(card: &Path, slot: &str) -> Inserted {
    let child = Command::new(akashi_town::program("akashi-demo"))
        .args(["softcard", "insert", card.to_str().unwrap(), "--vpcd", slot])
        .env("AKASHI_CARD_SEAL", SEAL)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    Inserted(child)
}

impl Drop for Inserted {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How many files and sockets a process has open.
pub fn open_files(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd")).unwrap().count()
}

/// What the counter does when a PIN is locked: opens the window, and the holder sets a new one.
pub fn unlock(card: &Path, new: &str) {
    let mut card = Card::open(InsertedCard::open_sealed(card, &seal()).unwrap()).unwrap();
    tell(&mut card, &ISSUED.keys, &issuing::open_pin_window()).unwrap();
    card.set_pin(&pin(new)).unwrap();
}

#[track_caller]
pub fn said(program: &str, output: Output) -> Said {
    let missing = matches!(output.status.code(), Some(126 | 127));
    assert!(!missing, "{program} is missing: run `.ci/setup tests`");
    assert_ne!(output.status.code(), Some(124), "{program} took longer than a minute");
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    Said { content: output.status.success(), out: output.stdout, text }
}

impl Said {
    #[track_caller]
    pub fn must_be_content(self) -> Self {
        assert!(self.content, "{}", self.text);
        self
    }

    #[track_caller]
    pub fn must_say(self, words: &str) -> Self {
        assert!(self.content && self.text.contains(words), "“{words}” expected:\n{}", self.text);
        self
    }

    #[track_caller]
    pub fn must_complain(self, words: &str) -> Self {
        let complains = !self.content && self.text.contains(words);
        assert!(complains, "a complaint with “{words}” expected:\n{}", self.text);
        self
    }
}
