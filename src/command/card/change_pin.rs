//! `akashi card change-pin`.

use std::path::PathBuf;

use akashi_card::{Card, CardError, SigningPin};

use super::way::Way;
use crate::command::Failure;
use crate::secret::{NEW_PIN, PIN};
use akashi_holder::{CardPin, HolderError, OnCard, Stated, pin};

/// Change the signing PIN (署名用暗証番号).
///
/// At a terminal the old PIN is asked for, then the new one twice; nothing of it is shown.
#[derive(clap::Args)]
pub struct ChangePin {
    #[command(flatten)]
    way: Way,
    /// File with the PIN that the card has; else AKASHI_PIN, else a prompt. A wrong PIN costs a try.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// File with the new PIN; else AKASHI_NEW_PIN, else a prompt.
    #[arg(long, value_name = "FILE")]
    new_pin_file: Option<PathBuf>,
}

impl ChangePin {
    pub fn run(self) -> Result<(), Failure> {
        let (number, left) =
            self.way.with_certified(|card| Ok((card.number()?, card.pin_tries_left()?)))?;
        match left {
            0 => return Err(CardError::PinLocked.into()),
            1 => akashi_edge::complain!(
                "akashi: one try is left for the signing PIN: a wrong PIN locks it"
            ),
            left => akashi_edge::complain!("akashi: {left} tries are left for the signing PIN"),
        }
        let typed: SigningPin = PIN.read(self.pin_file.as_deref())?.parse()?;
        let current = CardPin::of(number, typed.clone());
        // Before the new one is asked for: the old one is right, and the birth date is known.
        let on_card = self.way.with(|card| match OnCard::read(card, &current) {
            Ok(on_card) => Ok(Some(on_card)),
            Err(HolderError::Card(CardError::NoCertificate)) => Ok(None),
            Err(error) => Err(error.into()),
        })?;
        let stated = on_card.as_ref().map(Stated::read).transpose()?;
        let new: SigningPin = NEW_PIN.read_new(self.new_pin_file.as_deref())?.parse()?;
        pin::consider(&typed, &new, stated.as_ref()).map_err(HolderError::from)?;
        if new.is_short() {
            akashi_edge::complain!(
                "akashi: the new PIN has fewer than {} characters: some card software will not \
                 take it",
                SigningPin::RECOMMENDED
            );
        }
        current.change(&mut Card::open(self.way.to_write()?)?, &new)?;
        let number = current.number();
        akashi_edge::say!(
            "the signing PIN of card {number} is changed; the old one is good for nothing now"
        );
        Ok(())
    }
}
