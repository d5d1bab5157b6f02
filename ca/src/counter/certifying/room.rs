//! Whether a certificate will have room in a card, and its address is of the place: known before any key pair is made for
//! it.

use akashi_card::issuing::CERTIFICATE_ROOM;
use akashi_wire::act::Refusal;
use akashi_wire::{FourItems, MunicipalityCode, SerialNumber};
use der::{Decode, Encode};
use jiff::Timestamp;
use spki::SubjectPublicKeyInfoOwned;

use super::draft::{Chance, Stated, drawn_up, whole_second};
use crate::characters::CertificateText;
use crate::counter::Halt;
use crate::profile::{TbsCertificate, tbs};
use crate::{CaError, Issuer};

/// Octets of one Japanese character in a certificate: three, and one of its map.
const CHARACTER: usize = 4;

/// Refuses a person whose certificate would be longer than what a card takes. All that is not known
/// yet has the same length in every certificate.
pub(in crate::counter) fn fits_card(
    issuer: &Issuer,
    municipality: MunicipalityCode,
    items: &FourItems,
    (name, address): (&CertificateText, &CertificateText),
    now: Timestamp,
) -> Result<(), Halt> {
    let chance = Chance { serial: SerialNumber::from_random([0; 16]), opaque: [0; 16] };
    let not_before = whole_second(now);
    let public_key = any_key().map_err(CaError::from)?;
    let stated = Stated { municipality, items, name, address, public_key, not_before };
    let drawn_up = drawn_up(issuer, &stated, &chance)?;
    is_of_this_place(issuer, &drawn_up)?;
    Ok(fits(issuer, &drawn_up)?)
}

/// Refuses an address that does not say where the person lives, as the register must have it: nobody at the counter can
/// mend it, and no certificate would be made of it.
fn is_of_this_place(issuer: &Issuer, drawn_up: &TbsCertificate) -> Result<(), CaError> {
    let (tbs, algorithm) = (drawn_up.to_der()?, issuer.key.algorithm().to_der()?);
    let findings = issuer.lint.resident(&tbs, &algorithm);
    match findings
        .into_iter()
        .find(|one| one.rule == "place_of_residence" && one.what.starts_with("the address"))
    {
        Some(found) => Err(Refusal::TextUnfit {
            item: "address".into(),
            why: format!(
                "{}: have the register correct it, and look the person up again",
                found.what
            ),
        }
        .into()),
        None => Ok(()),
    }
}

/// Refuses a certificate, drawn up, that would be longer than what a card takes once it is signed.
pub(super) fn fits(issuer: &Issuer, drawn_up: &TbsCertificate) -> Result<(), CaError> {
    // A signature is as long as the modulus, whatever it is over.
    let modulus = issuer.key.signature_length().unwrap_or_default();
    let signed = tbs::assemble(&drawn_up.to_der()?, issuer.key.algorithm(), vec![0; modulus])?;
    if signed.len() > CERTIFICATE_ROOM {
        return Err(too_long(signed.len()).into());
    }
    Ok(())
}

/// What is told of a certificate of so many octets.
pub(in crate::counter) fn too_long(octets: usize) -> Refusal {
    let room = CERTIFICATE_ROOM;
    let characters = octets.saturating_sub(room).div_ceil(CHARACTER);
    Refusal::TooLongForCard { octets, room, characters }
}

/// SubjectPublicKeyInfo as long as that of every key that a card makes: RSA-2048, exponent 65537.
fn any_key() -> der::Result<SubjectPublicKeyInfoOwned> {
    /// SEQUENCE, rsaEncryption with NULL, BIT STRING, RSAPublicKey, modulus (RFC 3279 §2.3.1).
    const BEFORE: &[u8] =
        b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\
        \x03\x82\x01\x0f\x00\x30\x82\x01\x0a\x02\x82\x01\x01\x00";
    SubjectPublicKeyInfoOwned::from_der(&[BEFORE, &[0xff; 256], b"\x02\x03\x01\x00\x01"].concat())
}
