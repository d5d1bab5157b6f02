//! The card that is meant, where several readers have one.

use akashi_card::{Card, CardError, CardNumber};
use akashi_reader::{ReaderError, Sharing, Slot, Terminal};

/// What a card must have to be the one that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The application for signing certificates.
    Application,
    /// A certificate in it too.
    Certificate,
}

/// What was found in a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    /// A card of this kind, and whether there is a certificate on it.
    Card { number: CardNumber, has_certificate: bool },
    /// Another card, or one that cannot be looked at: what is said of it.
    Other(String),
}

/// The reader with the card that is meant. Nobody is asked where one card alone fits, and no PIN goes to any before it
/// is known which.
///
/// # Errors
/// Where none fits, what is wrong with each; where several do, which there are.
pub fn find(terminal: &Terminal, needs: Needs) -> Result<String, ReaderError> {
    let slots = terminal.slots()?;
    let taken: Vec<_> = slots.iter().filter(|(_, slot)| *slot != Slot::Empty).collect();
    match taken.as_slice() {
        [] => Err(ReaderError::NoCards {
            readers: slots.into_iter().map(|(reader, _)| reader).collect(),
        }),
        // Whoever connects it is told what is wrong with it.
        [(reader, _)] => Ok(reader.clone()),
        _ => {
            let looked = taken.iter().map(|(reader, _)| (reader.clone(), look(terminal, reader)));
            choose(looked.collect(), needs)
        }
    }
}

fn look(terminal: &Terminal, reader: &str) -> Found {
    let other = |error: CardError| Found::Other(error.to_string());
    let mut card = match terminal.connect(reader, Sharing::Shared) {
        Ok(card) => card,
        Err(error) => return Found::Other(error.to_string()),
    };
    let session = match card.session() {
        Ok(session) => session,
        Err(error) => return other(error.into()),
    };
    let looked = Card::open(session).and_then(|mut card| {
        let number = card.number()?;
        let has_certificate = match card.read_ca_certificate() {
            Ok(_) => true,
            Err(CardError::NoCertificate) => false,
            Err(error) => return Err(error),
        };
        Ok(Found::Card { number, has_certificate })
    });
    looked.unwrap_or_else(other)
}

fn choose(looked: Vec<(String, Found)>, needs: Needs) -> Result<String, ReaderError> {
    let of_this_kind: Vec<_> = looked
        .iter()
        .filter_map(|(reader, found)| match found {
            Found::Card { number, has_certificate } => Some((reader, number, *has_certificate)),
            Found::Other(_) => None,
        })
        .collect();
    let certified: Vec<_> = of_this_kind.iter().filter(|(_, _, has)| *has).copied().collect();
    let fitting = match needs {
        Needs::Certificate if !certified.is_empty() => certified,
        _ => of_this_kind,
    };
    match fitting.as_slice() {
        [(reader, ..)] => Ok((*reader).clone()),
        [] => Err(ReaderError::NoneFits {
            readers: looked
                .into_iter()
                .map(|(reader, found)| match found {
                    Found::Other(why) => (reader, why),
                    Found::Card { number, .. } => (reader, number.to_string()),
                })
                .collect(),
        }),
        several => Err(ReaderError::SeveralFit {
            cards: several
                .iter()
                .map(|(reader, number, _)| ((*reader).clone(), number.to_string()))
                .collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(number: &str, has_certificate: bool) -> Found {
        Found::Card { number: number.parse().unwrap(), has_certificate }
    }

    #[test]
    fn the_only_card_that_fits_is_taken_and_whoever_has_several_is_asked_which() {
        let bank = || Found::Other("this card has no application".into());
        let (one, two) = (card("TESTCARDNUMBER01", true), card("TESTCARDNUMBER02", true));
        let new = card("TESTCARDNUMBER03", false);
        let found = |cards: [Found; 2], needs| {
            choose(["first", "second"].map(String::from).into_iter().zip(cards).collect(), needs)
        };
        for needs in [Needs::Application, Needs::Certificate] {
            assert_eq!(found([bank(), one.clone()], needs).unwrap(), "second");
            assert_eq!(found([new.clone(), bank()], needs).unwrap(), "first");
            let several = found([one.clone(), two.clone()], needs);
            assert!(matches!(several, Err(ReaderError::SeveralFit { cards }) if cards.len() == 2));
            let none = found([bank(), bank()], needs);
            assert!(matches!(none, Err(ReaderError::NoneFits { readers }) if readers.len() == 2));
        }
        assert_eq!(found([new.clone(), one.clone()], Needs::Certificate).unwrap(), "second");
        let several = found([new, one], Needs::Application);
        assert!(matches!(several, Err(ReaderError::SeveralFit { .. })));
    }
}
