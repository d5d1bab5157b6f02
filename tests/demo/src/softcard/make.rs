//! Making a software card.

use std::path::{Path, PathBuf};

use akashi_card::Card;
use akashi_cardhost::{InsertedCard, new_number};
use akashi_edge::Opened;
use akashi_edge::config::FILE;
use akashi_softcard::SoftCard;
use akashi_token::Purpose;

use akashi::command::{Failure, Municipal, rng, show_card};
use akashi_edge::secret::PASSPHRASE;

/// Whose card it is.
#[derive(clap::Args)]
pub struct Make {
    /// The card's file.
    file: PathBuf,
    /// Directory of the authority whose card it is to be: its keys go into the card.
    #[arg(long, value_name = "DIR", default_value = ".")]
    authority: PathBuf,
    /// File with the passphrase of the authority's keys; else AKASHI_PASSPHRASE, else a prompt.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    municipality: Municipal,
}

impl Make {
    /// A card as it comes from the factory: the authority derives its keys from its number, and the
    /// municipality's token those of the second key set.
    pub fn run(self) -> Result<(), Failure> {
        if !self.authority.join(FILE).exists() {
            let authority = match &self.authority {
                here if here == Path::new(".") => "this directory".into(),
                there => there.display().to_string(),
            };
            return Err(format!(
                "{authority} is no authority's: say with --authority whose card it is to be"
            )
            .into());
        }
        let passphrase = PASSPHRASE.read_passphrase(self.passphrase_file.as_deref())?;
        let master = Opened::open(&self.authority, &passphrase)?.custody.card_master()?;
        let number = new_number(&mut rng());
        let mut keys = vec![master.card_keys(number.as_str())];
        if let Some(token) = self.municipality.open()? {
            keys.push(token.count(Purpose::Make)?.card_keys(number.as_str())?);
        }
        let card = InsertedCard::create(&self.file, SoftCard::with_keys(number, keys))?;
        show_card(&mut Card::open(card)?, None)
    }
}
