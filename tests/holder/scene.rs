//! A holder's computer: a card in a file, and the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use akashi_card::issuing::IssuerCommand;
use akashi_card::{Card, SigningPin};
use akashi_cardhost::{InsertedCard, Seal};
use akashi_holder::{CardPin, OnCard, Stated};
use akashi_keys::RsaSize;
use akashi_ledger::Access;
use akashi_registry::Person;
use akashi_scp03::KeySet;
use akashi_softcard::SoftCard;
use akashi_town::{Setting, World};
use akashi_wire::act::Procedure;
use akashi_wire::{FourItems, MunicipalityCode, ResidentCode, Sex};
use jiff::Timestamp;

/// The seal of the cards here: that of whoever runs the tests is not touched.
pub const SEAL: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/holder-card-seal.key");

/// The PIN of every card here.
pub const PIN: &str = "KOUSHIN3";

/// 鳥取市.
pub fn tottori() -> MunicipalityCode {
    "312011".parse().unwrap()
}

/// 米子市.
pub fn yonago() -> MunicipalityCode {
    "312029".parse().unwrap()
}

/// A world in a directory of its own, on the real clock's time: programs go by that one.
pub async fn world(dir: &Path, access: Access) -> World {
    let setting = Setting {
        prefecture: "310000".parse().unwrap(),
        towns: vec![tottori(), yonago()],
        access,
        seed: 31,
        start: Timestamp::now(),
        ledger: "sqlite:book.sqlite".into(),
        size: RsaSize::Rsa2048,
        policy_critical: false,
    };
    World::make(&dir.join("authority"), &setting).await.unwrap()
}

/// Issues a card to somebody whose name needs substitutes, and keeps it in a file.
pub async fn issue(world: &mut World, file: &Path) -> ResidentCode {
    issue_at(world, file, "鳥取県鳥取市東町一丁目２２０番地").await
}

/// The same to somebody of the same name who lives elsewhere.
pub async fn issue_at(world: &mut World, file: &Path, address: &str) -> ResidentCode {
    let items = FourItems {
        name: "髙﨑　花子".into(),
        address: address.into(),
        birth_date: "319600229".parse().unwrap(),
        sex: Sex::Female,
    };
    let person = Person { municipality: tottori(), items, protected: false };
    let code = world.enter(person).unwrap();
    let mut card = world.blank_card().unwrap();
    world.certify(tottori(), Procedure::Issue, &code, &mut card, &pin(PIN)).await.unwrap();
    card.into_transport().keep_sealed(file, &Seal::kept_in(SEAL)).unwrap();
    code
}

/// A card's file, issued once for all tests that need no authority afterwards.
static ISSUED: LazyLock<(Vec<u8>, KeySet)> = LazyLock::new(|| {
    let issuing = std::thread::spawn(|| {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let mut world = world(dir.path(), Access::Registered).await;
            let file = dir.path().join("card");
            issue(&mut world, &file).await;
            let card = InsertedCard::open_sealed(&file, &Seal::kept_in(SEAL)).unwrap();
            let keys = world.house.doors.card_master.card_keys(card.number().as_str());
            world.stop().await;
            (fs::read(file).unwrap(), keys)
        })
    });
    issuing.join().unwrap()
});

pub fn pin(text: &str) -> SigningPin {
    text.parse().unwrap()
}

/// A holder's directory, with a card in it.
pub struct Home(tempfile::TempDir);

impl Home {
    /// With a card that was issued.
    pub fn with_card() -> Self {
        let home = Self::without_card();
        fs::write(home.path("my.card"), &ISSUED.0).unwrap();
        home
    }

    /// With a card from the factory.
    pub fn with_new_card() -> Self {
        let home = Self::without_card();
        let number = "AKASHI0000000001".parse().unwrap();
        let (file, seal) = (home.path("my.card"), Seal::kept_in(SEAL));
        InsertedCard::create_sealed(&file, SoftCard::with_keys(number, []), &seal).unwrap();
        home
    }

    /// What only the authority can have the card do.
    pub fn tell(&self, card: &mut Card<InsertedCard>, commands: &[IssuerCommand]) -> Vec<Vec<u8>> {
        akashi_cardhost::tell(card, &ISSUED.1, commands).unwrap()
    }

    pub fn without_card() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The card, in this process.
    pub fn card(&self) -> Card<InsertedCard> {
        Card::open(InsertedCard::open_sealed(&self.path("my.card"), &Seal::kept_in(SEAL)).unwrap())
            .unwrap()
    }

    /// What is on the card.
    pub fn read(&self) -> (OnCard, Stated) {
        let mut card = self.card();
        let pin = CardPin::of(card.number().unwrap(), pin(PIN));
        let on_card = OnCard::read(&mut card, &pin).unwrap();
        let stated = Stated::read(&on_card).unwrap();
        (on_card, stated)
    }

    pub fn tries_left(&self) -> u8 {
        self.card().pin_tries_left().unwrap()
    }

    /// A program in this directory, at no terminal.
    pub fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command.env("AKASHI_CARD_SEAL", SEAL);
        command
    }

    /// `akashi card` on the card of this directory, whose PIN it is given.
    pub fn card_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&akashi_town::program("akashi-demo"), &["card"]);
        command.args(arguments).args(["--file", "my.card"]).env_clear();
        command.env("AKASHI_PIN", PIN).env("AKASHI_CARD_SEAL", SEAL);
        command
    }

    /// Runs `akashi card`.
    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.card_command(arguments).output().unwrap())
    }

    /// Runs another program.
    pub fn other(&self, program: &str, arguments: &[&str]) -> Said {
        Said::of(self.command(program, arguments).output().unwrap())
    }
}

/// What a program said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    pub fn of(output: Output) -> Self {
        let text = |octets| String::from_utf8(octets).unwrap();
        let code = output.status.code().unwrap();
        Self { code, out: text(output.stdout), err: text(output.stderr) }
    }

    #[track_caller]
    pub fn must_do(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    /// These words on standard output, wherever its lines are broken.
    #[track_caller]
    pub fn must_show(self, words: &[&str]) -> Self {
        let on_one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = on_one_line(&self.out);
        for words in words {
            let is_shown = shown.contains(&on_one_line(words));
            assert!(is_shown, "“{words}” expected:\n{}{}", self.out, self.err);
        }
        self
    }

    /// Exit code 1 and one sentence with these words.
    #[track_caller]
    pub fn must_refuse(self, words: &str) -> Self {
        assert_eq!(self.code, 1, "{}{}", self.out, self.err);
        let last = self.err.lines().last().unwrap_or_default();
        let sentence = last.starts_with("akashi: ") && last.contains(words);
        assert!(sentence, "“{words}” expected:\n{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}
