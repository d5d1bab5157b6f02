//! `akashi card`.

use std::path::PathBuf;

use akashi_card::Card;

use super::{Failure, rng};
use crate::card::{InsertedCard, new_number};

/// Software cards for the desk.
#[derive(clap::Subcommand)]
pub(super) enum CardCommand {
    /// Make a card as it comes from the factory.
    New {
        /// The card's file.
        file: PathBuf,
    },
    /// Show a card's number and the tries left for its signing PIN.
    Show {
        /// The card's file.
        file: PathBuf,
    },
}

impl CardCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::New { file } => {
                let number = new_number(&mut rng());
                InsertedCard::create(&file, number)?;
                show(&file)
            }
            Self::Show { file } => show(&file),
        }
    }
}

fn show(file: &std::path::Path) -> Result<(), Failure> {
    let mut card = Card::open(InsertedCard::open(file)?)?;
    card.select()?;
    println!("card         {}", card.number()?);
    println!("tries left   {}", card.pin_tries_left()?);
    Ok(())
}
