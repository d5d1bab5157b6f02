//! The offline counter with the real program and the municipality's token in SoftHSM: a locked card
//! is unlocked while no authority is up, and the authority is told when it is.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use akashi_card::{Card, CardError, SigningPin};
use akashi_cardhost::{InsertedCard, Seal};
use akashi_ledger::Access;
use akashi_town::PASSPHRASE;
use akashi_wire::act::Procedure;
use jiff::Timestamp;

use crate::support::*;

#[path = "../../keys/token/tests/uses/softhsm.rs"]
mod softhsm;

use softhsm::{MODULE, PIN, SoftHsm};

const LABEL: &str = "Tottori";

/// A terminal: its token, its files.
struct Terminal {
    home: tempfile::TempDir,
    softhsm: SoftHsm,
}

impl Terminal {
    fn new() -> Self {
        let softhsm = SoftHsm::new();
        softhsm.token(LABEL);
        Self { home: tempfile::tempdir().unwrap(), softhsm }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn seal(&self) -> Seal {
        Seal::kept_in(self.path("seal.key"))
    }

    fn run(&self, arguments: &[&str], pin: &str) -> Output {
        Command::new(akashi_town::program("akashi-demo"))
            .args(arguments)
            .env_clear()
            .env("SOFTHSM2_CONF", self.softhsm.conf())
            .env("AKASHI_PKCS11_PIN", PIN)
            .env("AKASHI_PASSPHRASE", PASSPHRASE)
            .env("AKASHI_TOKEN_PASSWORD", "a token password")
            .env("AKASHI_PIN", pin)
            .env("AKASHI_CARD_SEAL", self.path("seal.key"))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "ATARASHII7");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], pin: &str) -> String {
        let output = self.run(arguments, pin);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(told.starts_with("akashi: ") && !told.contains("panicked"), "{told}");
        told
    }

    #[track_caller]
    fn uses(&self) -> String {
        let shown = self.done(&with_token(&["token", "show"]));
        shown.lines().find(|line| line.starts_with("uses")).unwrap()[12..].trim().to_owned()
    }
}

fn with_token<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--pkcs11-module", MODULE, "--pkcs11-label", LABEL]].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_pin_is_reset_while_no_authority_is_up_and_told_of_afterwards() {
    let terminal = Terminal::new();
    let mut place = Place::make(Book::Sqlite, Access::Registered, Timestamp::now()).await;
    let code = place.resident(tottori());
    let items = place.items(&code);
    let (officer, _) = place.officer(tottori()).await;
    officer.token.save(&terminal.path("officer.p12"), "a token password").unwrap();
    officer.terminal.save(&terminal.path("terminal.p12"), "a token password").unwrap();
    let authority = place.dir.to_str().unwrap().to_owned();
    let (card, journal) = (terminal.text("card.json"), terminal.text("journal"));
    let (token, machine) = (terminal.text("officer.p12"), terminal.text("terminal.p12"));

    // The token, a card with both key sets, a certificate in it, and a PIN that is locked.
    let unprepared = terminal.refused(&with_token(&["token", "show"]), "");
    assert!(unprepared.contains("akashi token init"), "{unprepared}");
    terminal.done(&with_token(&["token", "init"]));
    let again = terminal.refused(&with_token(&["token", "init"]), "");
    assert!(again.contains("nothing is ever overwritten"), "{again}");
    terminal.done(&with_token(&["softcard", "new", &card, "--authority", &authority]));
    let open = || Card::open(InsertedCard::open_sealed(card.as_ref(), &terminal.seal()).unwrap());
    let old: SigningPin = "HIMITSU9".parse().unwrap();
    let mut inside = open().unwrap();
    let issued = place.certify(tottori(), Procedure::Issue, &code, &mut inside, &old).await;
    let serial = issued.unwrap().serial;
    while inside.verify_pin(&"CHIGAU99".parse().unwrap()) != Err(CardError::PinLocked) {}
    drop(inside);

    let url = place.url();
    let online = ["desk", "--url", url.as_str(), "--terminal", &machine, "--token", &token];
    let offline = |journal| {
        let whom = ["--name", &items.name, "--birth-date", "319700115", "--card", &card];
        let reset = ["desk", "--token", &token, "reset-pin", "--offline", "--journal", journal];
        with_token(&[&reset[..], &whom].concat()).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let early = offline(journal.as_str());
    let early: Vec<&str> = early.iter().map(String::as_str).collect();
    let none = terminal.refused(&early, "ATARASHII7");
    assert!(none.contains("begin-journal"), "{none}");
    let without_url = ["desk", "--token", &token, "reconcile", "--journal", &journal];
    assert_eq!(terminal.run(&without_url, "").status.code(), Some(2), "the command line is wrong");
    tokio::task::block_in_place(|| {
        terminal.done(&[&online[..], &["begin-journal", "--journal", &journal]].concat())
    });

    // No authority is up while this runs.
    let again = place
        .reopened(|_| {
            let gone = [&online[..], &["reconcile", "--journal", &journal]].concat();
            let unreachable = terminal.refused(&gone, "");
            assert!(unreachable.contains("cannot be reached"), "{unreachable}");
            let weak = terminal.refused(&early, "19700115");
            assert!(weak.contains("choose another"), "{weak}");
            assert_eq!(terminal.uses(), "0", "a weak PIN costs no use");
            let told = terminal.done(&early);
            assert!(told.contains("use          1\n"), "{told}");
            assert_eq!(terminal.uses(), "1");
        })
        .await;
    let mut inside = open().unwrap();
    assert_eq!(inside.verify_pin(&old), Err(CardError::WrongPin { left: 4 }));
    inside.verify_pin(&"ATARASHII7".parse().unwrap()).unwrap();
    drop(inside);

    let reconcile = [&online[..], &["reconcile", "--journal", &journal]].concat();
    let told = tokio::task::block_in_place(|| terminal.done(&reconcile));
    assert_eq!(told, "told         1\nto_look_at   0\n");
    let repeated = tokio::task::block_in_place(|| terminal.done(&reconcile));
    assert_eq!(repeated, "told         0\nto_look_at   0\n");
    std::fs::remove_file(terminal.path("journal.reported")).unwrap();
    let repeated = tokio::task::block_in_place(|| terminal.done(&reconcile));
    assert_eq!(repeated, told, "answered as before");

    let entries = again.house.ledger().audit_entries(1000).await.unwrap();
    let reports: Vec<_> = entries.iter().filter(|one| one.verb == "report_offline").collect();
    let subject = format!("{TOTTORI} use 1 set {serial}");
    assert!(matches!(&reports[..], [one] if one.subject == subject), "{reports:?}");
    let position = reports[0].position.to_string();
    let shown = terminal.done(&["audit", "show", "--dir", &authority, "--count", "50"]);
    assert!(shown.contains(&format!("report_offline  {subject}")), "{shown}");
    let evidence = terminal.text("act.der");
    let evidence = ["audit", "evidence", "--dir", &authority, &position, "--out", &evidence];
    terminal.done(&evidence);
    again.close().await;
}
