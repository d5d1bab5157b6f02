//! Substitutes chosen for characters that cannot stand in a certificate.
//!
//! JSON names are texts, and an act is read through a tag, where serde no longer turns them into
//! numbers by itself: so positions have a reader of their own.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserializer, Serialize, Serializer};

use crate::bounds::{POSITIONS, SUBSTITUTE};

/// Positions (Unicode scalar values of the original, from 0) and the substitute chosen for each.
pub type SubstituteChoices = BTreeMap<usize, String>;

pub fn serialize<S: Serializer>(choices: &SubstituteChoices, s: S) -> Result<S::Ok, S::Error> {
    choices.serialize(s)
}

pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<SubstituteChoices, D::Error> {
    d.deserialize_map(Positions)
}

/// An act is kept as evidence: it says one thing of a position, in one form.
struct Positions;

impl<'de> Visitor<'de> for Positions {
    type Value = SubstituteChoices;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("substitutes by position, a number from 0, each once")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut choices = BTreeMap::new();
        while let Some((at, text)) = map.next_entry::<String, String>()? {
            let unfit = || A::Error::custom("a position is a number from 0, once");
            let position: usize = at.parse().map_err(|_| unfit())?;
            SUBSTITUTE.text(&text).map_err(A::Error::custom)?;
            let out = position >= POSITIONS || position.to_string() != at;
            if out || choices.insert(position, text).is_some() {
                return Err(unfit());
            }
        }
        Ok(choices)
    }
}
