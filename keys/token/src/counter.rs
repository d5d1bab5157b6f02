//! What a token counts.

use akashi_scp03::KeySet;
use cryptoki::object::{Attribute, ObjectClass};

use crate::{Token, TokenError};

/// What a card's keys are derived for. Each has a count of its own: a card that is made needs no
/// entry in a journal, and must leave no gap in those that do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To open the PIN window of a card in use, at the counter.
    Reset,
    /// To put key set 2 into a new card.
    Make,
}

impl Purpose {
    pub(crate) const ALL: [Self; 2] = [Self::Reset, Self::Make];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reset => "count of its uses",
            Self::Make => "count of cards made",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Reset => "akashi municipality uses",
            Self::Make => "akashi municipality cards made",
        }
    }
}

/// A use that was counted: good for the keys of one card.
#[must_use = "it was counted, and shows as a gap"]
pub struct Counted<'t> {
    token: &'t Token,
    number: u64,
}

impl<'t> Counted<'t> {
    pub(crate) fn new(token: &'t Token, number: u64) -> Self {
        Self { token, number }
    }

    /// The how-manyth use it is, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Derives key set 2 of the card with this number.
    pub fn card_keys(self, card: &str) -> Result<KeySet, TokenError> {
        self.token.card_keys(card)
    }
}

/// How a count is found.
pub(crate) fn named(purpose: Purpose) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::DATA),
        Attribute::Token(true),
        Attribute::Application(b"akashi".to_vec()),
        Attribute::Label(purpose.label().into()),
    ]
}

/// A count of this value. It is never changed: the next one is made beside it, and then it goes.
pub(crate) fn at(purpose: Purpose, value: u64) -> Vec<Attribute> {
    let mut template = named(purpose);
    template.extend([
        Attribute::Private(true),
        Attribute::Modifiable(false),
        Attribute::Value(value.to_be_bytes().to_vec()),
    ]);
    template
}
