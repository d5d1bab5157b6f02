//! The four items of a resident in subjectAltName, as six otherName.
//!
//! ```asn1
//! GeneralName ::= CHOICE {
//!      otherName                 [0]  OtherName, ... }
//! OtherName ::= SEQUENCE {
//!      type-id    OBJECT IDENTIFIER,
//!      value      [0] EXPLICIT ANY DEFINED BY type-id }   -- here a UTF8String
//! ```
//!
//! Source: RFC 5280 §4.2.1.6; the arc 1.2.392.200149.8.5.5.

use const_oid::ObjectIdentifier;
use der::asn1::Utf8StringRef;
use der::{Decode, Tag};
use x509_cert::ext::pkix::name::GeneralName;

/// The texts of otherName in the value of a subjectAltName, in their order, with their types.
///
/// # Errors
/// When there is a name of another kind, or a text that is no UTF8String.
pub fn read(value: &[u8]) -> der::Result<Vec<(ObjectIdentifier, String)>> {
    Vec::<GeneralName>::from_der(value)?
        .into_iter()
        .map(|name| match name {
            GeneralName::OtherName(other) => Ok((
                other.type_id,
                other.value.decode_as::<Utf8StringRef<'_>>()?.as_str().to_owned(),
            )),
            _ => Err(Tag::Sequence.value_error().into()),
        })
        .collect()
}
