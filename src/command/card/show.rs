//! `akashi card show`: what a card gives everybody, and a little of what it gives its holder.

use std::path::PathBuf;

use akashi_card::{Card, CardError, SigningPin, Transport};
use akashi_holder::CardPin;
use der::Decode;
use x509_cert::Certificate;

use super::way::Way;
use crate::command::Failure;

/// Which card: one in a file, one in a reader, else the only one that fits, in whatever reader it is.
#[derive(clap::Args)]
pub struct Show {
    /// A software card's file: akashi-demo alone takes one.
    file: Option<PathBuf>,
    /// The same, as the other commands take it.
    #[arg(long = "file", visible_alias = "card", value_name = "FILE", conflicts_with = "file")]
    named: Option<PathBuf>,
    /// Name of a PC/SC reader.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "named"])]
    reader: Option<String>,
    /// File with the signing PIN, to show the signing certificate too. A wrong PIN costs a try.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

impl Show {
    pub fn run(self) -> Result<(), Failure> {
        let way =
            Way { file: self.file.or(self.named), reader: self.reader, found: Default::default() };
        let pin = match self.pin_file {
            Some(file) => Some(way.ask_pin(Some(&file))?),
            None => None,
        };
        way.with(|card| show(card, pin.as_ref()))
    }
}

/// Shows a card, line by line, to whoever has it in hand.
pub fn tell<T: Transport>(card: &mut Card<T>, pin: Option<SigningPin>) -> Result<(), Failure> {
    let number = card.number()?;
    show(card, pin.map(|pin| CardPin::of(number, pin)).as_ref())
}

fn show<T: Transport>(card: &mut Card<T>, pin: Option<&CardPin>) -> Result<(), Failure> {
    line("card", card.number()?);
    line("life", card.life_cycle()?);
    line("tries left", card.pin_tries_left()?);
    // The signing certificate says who the holder is; the authority's is there with it, for all.
    let authority = match card.read_ca_certificate() {
        Err(CardError::NoCertificate) => {
            line("certificate", "none");
            return Ok(());
        }
        read => Certificate::from_der(&read?)?,
    };
    match pin {
        None => line("certificate", "there; --pin-file shows it"),
        Some(pin) => {
            pin.verify(card)?;
            let certificate = Certificate::from_der(&card.read_certificate()?)?;
            let serial = certificate.tbs_certificate().serial_number().as_bytes();
            line("certificate", format!("{}, until {}", hex::encode(serial), end(&certificate)));
        }
    }
    let name = authority.tbs_certificate().subject();
    line("authority", format!("{name}, until {}", end(&authority)));
    Ok(())
}

fn end(certificate: &Certificate) -> String {
    certificate.tbs_certificate().validity().not_after.to_string()
}

fn line(name: &str, value: impl std::fmt::Display) {
    akashi_edge::say!("{name:<12} {value}");
}
