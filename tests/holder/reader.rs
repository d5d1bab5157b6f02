//! The same with the card in a reader, which is where a holder's card is.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use akashi_cardhost::PrivateService;

use crate::scene::{Home, PIN, SEAL, Said, pin};

/// A process of `akashi-demo softcard insert`.
struct Inserted(Child);

impl Inserted {
    fn insert(home: &Home, slot: &str) -> Self {
        let arguments = ["softcard", "insert", "my.card", "--vpcd", slot];
        let mut insert = home.command(&akashi_town::program("akashi-demo"), &arguments);
        let mut child = insert.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("is in the virtual reader"), "{line}");
        Self(child)
    }
}

impl Drop for Inserted {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_card_in_a_reader_is_read_signs_and_gets_another_pin() {
    let home = Home::with_card();
    let (on_card, stated) = home.read();
    fs::write(home.path("ca.pem"), akashi_wire::pki::certificate_pem(&on_card.authority)).unwrap();
    fs::write(home.path("letter"), "from a reader").unwrap();
    fs::write(home.path("new"), "HANAMI27").unwrap();
    let service = PrivateService::start().unwrap_or_else(|error| panic!("{error}"));
    let akashi = |arguments: &[&str]| {
        let mut command =
            home.command("timeout", &["60", &akashi_town::program("akashi-demo"), "card"]);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("AKASHI_PIN", PIN)
            .env("AKASHI_CARD_SEAL", SEAL);
        Said::of(command.env("PCSCLITE_CSOCK_NAME", service.socket()).output().unwrap())
    };
    akashi(&["certificate"]).must_refuse("there is no card in a reader");

    let inserted = Inserted::insert(&home, &service.slot());
    // The reader looks for a card now and then.
    let mut looks = 0;
    while akashi(&["show"]).code != 0 && looks < 100 {
        looks += 1;
        std::thread::sleep(Duration::from_millis(100));
    }
    akashi(&["certificate"]).must_do().must_show(&["高崎　花子", &stated.serial]);
    let reader = service.reader();
    akashi(&["verify", "--reader", &reader, "--ask-pin"]).must_do();
    akashi(&["sign", "letter"]).must_do();
    let verify = ["cms", "-verify", "-binary", "-inform", "DER", "-in", "letter.p7s"];
    let rest = ["-content", "letter", "-CAfile", "ca.pem", "-purpose", "any"];
    home.other("openssl", &[&verify[..], &rest].concat()).must_do();
    akashi(&["change-pin", "--new-pin-file", "new"]).must_do();
    akashi(&["sign", "letter", "--force"]).must_refuse("the PIN is wrong; 4 more");
    akashi(&["sign", "letter", "--force", "--pin-file", "new"]).must_do();
    drop(inserted);
    home.card().verify_pin(&pin("HANAMI27")).unwrap();
}
