//! Which card, the way to it, and its PIN.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use akashi_card::{Card, CardError, Transport};
use akashi_holder::{CardPin, OnCard};
use akashi_reader::{ReaderError, Sharing, Terminal};

use super::find::{Needs, find};
use crate::command::Failure;
use crate::secret::PIN;

/// Which card: one in a file, one in a reader, else the one that fits, in whatever reader it is.
#[derive(clap::Args)]
pub struct Way {
    /// A software card's file: akashi-demo alone takes one.
    #[arg(long, visible_alias = "card", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Name of a PC/SC reader.
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    pub reader: Option<String>,
    /// The reader in which it was found: the same from then on.
    #[arg(skip)]
    pub found: OnceCell<String>,
}

/// Which card, and where its PIN comes from.
#[derive(clap::Args)]
pub struct Own {
    #[command(flatten)]
    pub way: Way,
    /// File with the signing PIN; else AKASHI_PIN, else a prompt. A wrong PIN costs a try.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
}

impl Way {
    /// Reads a card, or signs with it: other programs wait meanwhile, and the card is reset in the
    /// end.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&mut Card<Box<dyn Transport + '_>>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if let Some(file) = &self.file {
            return work(&mut Card::open(in_file(file)?)?);
        }
        let terminal = Terminal::open()?;
        let reader = self.reader(&terminal, Needs::Application)?;
        let mut card = terminal.connect(&reader, Sharing::Shared)?;
        let session: Box<dyn Transport + '_> = Box::new(card.session()?);
        work(&mut Card::open(session)?)
    }

    /// The same, with a card that has a certificate.
    pub fn with_certified<T>(
        &self,
        work: impl FnOnce(&mut Card<Box<dyn Transport + '_>>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.file.is_none() {
            self.reader(&Terminal::open()?, Needs::Certificate)?;
        }
        self.with(work)
    }

    /// Writes to the card: no other program has it meanwhile.
    pub fn to_write(&self) -> Result<AnyCard, Failure> {
        if let Some(file) = &self.file {
            return in_file(file);
        }
        let terminal = Terminal::open()?;
        let reader = self.reader(&terminal, Needs::Application)?;
        Ok(Box::new(terminal.connect(&reader, Sharing::Exclusive)?))
    }

    /// Asks for the PIN of a card that has a certificate and tries left. Nobody else waits for the
    /// card while its holder types.
    pub fn ask_pin(&self, file: Option<&Path>) -> Result<CardPin, Failure> {
        let (number, left) = self.with_certified(|card| {
            card.read_ca_certificate()?;
            Ok((card.number()?, card.pin_tries_left()?))
        })?;
        match left {
            0 => return Err(CardError::PinLocked.into()),
            1 => akashi_edge::complain!(
                "akashi: one try is left for the signing PIN: a wrong PIN locks it"
            ),
            _ => {}
        }
        Ok(CardPin::of(number, PIN.read(file)?.parse()?))
    }

    fn reader(&self, terminal: &Terminal, needs: Needs) -> Result<String, ReaderError> {
        if let Some(reader) = self.reader.as_ref().or(self.found.get()) {
            return Ok(reader.clone());
        }
        let reader = find(terminal, needs)?;
        Ok(self.found.get_or_init(|| reader).clone())
    }
}

impl Own {
    /// Asks for the PIN, reads the card, and goes on with the PIN verified.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&mut Card<Box<dyn Transport + '_>>, OnCard) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let pin = self.way.ask_pin(self.pin_file.as_deref())?;
        self.way.with(|card| {
            let on_card = OnCard::read(card, &pin)?;
            work(card, on_card)
        })
    }

    /// Reads the card and lets it go.
    pub fn read(&self) -> Result<OnCard, Failure> {
        self.with(|_, on_card| Ok(on_card))
    }
}

/// A card in a file or a reader.
pub type AnyCard = Box<dyn Transport>;

/// Opens a card that is a file.
pub type OpenCardFile = fn(&Path) -> Result<AnyCard, Failure>;

/// How this program opens a card that is a file. `akashi` itself cannot: a card in a file is a card
/// made of software, and no program of production is linked with one.
static CARD_FILES: OnceLock<OpenCardFile> = OnceLock::new();

/// From now on a card may also be a file. The first word counts.
pub fn take_card_files(open: OpenCardFile) {
    let _ = CARD_FILES.set(open);
}

fn in_file(file: &Path) -> Result<AnyCard, Failure> {
    match CARD_FILES.get() {
        Some(open) => open(file),
        None => {
            Err("a card in a file is made of software, and akashi works with cards in readers \
                     only: name the reader with --reader; akashi-demo takes files"
                .into())
        }
    }
}

/// A way to a card for whoever writes to it: its file, or a reader for this program alone.
pub fn to_write(file: Option<&Path>, reader: Option<&str>) -> Result<AnyCard, Failure> {
    let (file, reader) = (file.map(Path::to_owned), reader.map(str::to_owned));
    Way { file, reader, found: OnceCell::new() }.to_write()
}
