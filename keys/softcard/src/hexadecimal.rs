//! Octets in the card's memory that nobody else may have: hexadecimal digits, wiped behind them.
//!
//! Digits and octets are each made in one piece of the right size. A piece that grows is moved, and
//! what it leaves behind is wiped by nobody.

use serde::{Deserialize, Deserializer, Serializer, de};
use zeroize::Zeroizing;

pub(crate) fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let mut digits = Zeroizing::new(vec![0; 2 * octets.len()]);
    hex::encode_to_slice(octets, &mut digits).expect("two digits an octet");
    serializer.serialize_str(std::str::from_utf8(&digits).expect("digits are ASCII"))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Zeroizing<Vec<u8>>, D::Error> {
    let digits = Zeroizing::new(String::deserialize(deserializer)?);
    let mut octets = Zeroizing::new(vec![0; digits.len() / 2]);
    hex::decode_to_slice(digits.as_bytes(), &mut octets).map_err(de::Error::custom)?;
    Ok(octets)
}
