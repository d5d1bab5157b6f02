//! `akashi card`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use akashi_card::{Card, CardError, SigningPin, Transport};
use akashi_cardhost::{InsertedCard, RemovalRequest, VirtualSlot, new_number, request_removal};
use akashi_edge::Opened;
use akashi_reader::{Sharing, Terminal};
use akashi_softcard::SoftCard;
use der::Decode;
use x509_cert::Certificate;

use super::{Failure, rng};
use crate::secret::{PASSPHRASE, PIN};

/// How often an inserted card looks whether it should be removed.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// After which time a reader has surely seen that a card is gone. pcscd looks every 400 ms; to a card
/// that was out and in again between two looks it may never speak again.
const UNTIL_SEEN: Duration = Duration::from_millis(500);

/// Software cards, and cards in readers.
#[derive(clap::Subcommand)]
pub(super) enum CardCommand {
    /// Make a software card as it comes from the factory.
    New {
        /// The card's file.
        file: PathBuf,
        /// Directory of the authority whose card it is: its keys go into the card.
        #[arg(long, value_name = "DIR", default_value = ".")]
        authority: PathBuf,
        /// File with the passphrase of the authority's keys; else AKASHI_PASSPHRASE, else a prompt.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Put a software card into a virtual reader, until interrupted or removed.
    Insert {
        /// The card's file.
        file: PathBuf,
        /// Where vpcd, the driver of the virtual reader, listens.
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:35963")]
        vpcd: String,
    },
    /// Take a software card out of the reader that another `akashi card insert` put it into.
    Remove {
        /// The card's file.
        file: PathBuf,
    },
    /// Show a card's number, the tries left for its signing PIN, and its certificates.
    Show {
        #[command(flatten)]
        way: Way,
        /// File with the signing PIN, to show the signing certificate too. A wrong PIN costs a try.
        #[arg(long, value_name = "FILE")]
        pin_file: Option<PathBuf>,
    },
}

/// Which card: one in a file, one in a reader, else the one in whatever reader has one.
#[derive(clap::Args)]
pub(super) struct Way {
    /// A software card's file.
    file: Option<PathBuf>,
    /// Name of a PC/SC reader.
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    reader: Option<String>,
}

impl CardCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::New { file, authority, passphrase_file } => {
                make(&file, &authority, passphrase_file.as_deref())
            }
            Self::Insert { file, vpcd } => insert(&file, &vpcd).await,
            Self::Remove { file } => Ok(request_removal(&file)?),
            Self::Show { way, pin_file } => {
                let pin = match pin_file {
                    Some(file) => Some(PIN.read(Some(&file))?.parse()?),
                    None => None,
                };
                match way.file {
                    Some(file) => show(InsertedCard::open(&file)?, pin),
                    None => show_in_reader(way.reader.as_deref(), pin),
                }
            }
        }
    }
}

/// A card from the factory: the authority derives its keys from its number.
fn make(file: &Path, authority: &Path, passphrase: Option<&Path>) -> Result<(), Failure> {
    if !authority.join(akashi_edge::config::FILE).exists() {
        let authority = authority.display();
        return Err(format!(
            "{authority} is no authority's directory: say with --authority whose card it is to be"
        )
        .into());
    }
    let passphrase = PASSPHRASE.read_passphrase(passphrase)?;
    let master = Opened::open(authority, &passphrase)?.custody.card_master()?;
    let number = new_number(&mut rng());
    let keys = master.card_keys(number.as_str());
    show(InsertedCard::create(file, SoftCard::with_keys(number, [keys]))?, None)
}

/// A card in a file or a reader.
pub(super) type AnyCard = Box<dyn Transport>;

/// A way to a card for whoever writes to it: its file, or a reader for this program alone.
pub(super) fn to_write(file: Option<&Path>, reader: Option<&str>) -> Result<AnyCard, Failure> {
    Ok(match file {
        Some(file) => Box::new(InsertedCard::open(file)?),
        None => {
            let terminal = Terminal::open()?;
            let reader = terminal.wait_for_card(reader, Duration::ZERO)?;
            Box::new(terminal.connect(&reader, Sharing::Exclusive)?)
        }
    })
}

async fn insert(file: &Path, vpcd: &str) -> Result<(), Failure> {
    let mut card = InsertedCard::open(file)?;
    let stop = akashi_edge::stopped();
    let removal = asked_to_remove(card.removal_request());
    let slot = VirtualSlot::connect(vpcd)?;
    let remover = slot.remover()?;
    println!("card {} is in the virtual reader at {vpcd}", card.number());
    let mut serving = tokio::task::spawn_blocking(move || (slot.serve(&mut card), card));
    tokio::select! {
        ended = &mut serving => {
            ended?.0?;
            return Err("the virtual reader is gone; start it and insert the card again".into());
        }
        () = stop => {}
        () = removal => {}
    }
    remover.remove();
    let (served, card) = serving.await?;
    // Nobody may put it back before the reader has seen that it is gone.
    tokio::time::sleep(UNTIL_SEEN).await;
    drop(card);
    Ok(served?)
}

/// Resolves when `akashi card remove` asks for the card.
async fn asked_to_remove(request: Option<RemovalRequest>) {
    let Some(mut request) = request else { return std::future::pending().await };
    while !request.is_made() {
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

fn show_in_reader(reader: Option<&str>, pin: Option<SigningPin>) -> Result<(), Failure> {
    let terminal = Terminal::open()?;
    let reader = match reader {
        Some(reader) => reader.to_owned(),
        None => terminal.wait_for_card(None, Duration::ZERO)?,
    };
    let mut card = terminal.connect(&reader, Sharing::Shared)?;
    show(card.session()?, pin)
}

fn show(transport: impl Transport, pin: Option<SigningPin>) -> Result<(), Failure> {
    let mut card = Card::open(transport)?;
    line("card", card.number()?);
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
            card.verify_pin(&pin)?;
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
    println!("{name:<12} {value}");
}
