//! TBSCertificate and Certificate (RFC 5280 §4.1).

use der::asn1::{Any, BitString, Int};
use der::{Decode, Encode, Sequence};
use jiff::Timestamp;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::time::{Time, Validity};

use akashi_wire::SerialNumber;

/// What is signed. Version 3 always, no unique identifiers.
#[derive(Clone, Debug, PartialEq, Eq, Sequence)]
pub struct TbsCertificate {
    /// 2 means version 3.
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub version: u8,
    /// Positive, sixteen octets.
    pub serial_number: Int,
    /// The same as outside of what is signed.
    pub signature: AlgorithmIdentifierOwned,
    /// The authority's subject, octet for octet.
    pub issuer: Name,
    /// UTCTime through 2049, GeneralizedTime from 2050.
    pub validity: Validity,
    /// Whose it is.
    pub subject: Name,
    /// The certified key.
    pub subject_public_key_info: SubjectPublicKeyInfoOwned,
    /// In the profile's order.
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    pub extensions: Vec<Extension>,
}

/// A signed certificate. What is signed is carried as octets, so that the signature is over exactly
/// what was linted.
#[derive(Sequence)]
struct Certificate {
    tbs: Any,
    algorithm: AlgorithmIdentifierOwned,
    signature: BitString,
}

impl TbsCertificate {
    /// The serial number as an INTEGER.
    pub fn serial(serial: SerialNumber) -> der::Result<Int> {
        Int::new(serial.as_bytes())
    }

    /// The serial number, if it is one that this authority gives.
    pub fn our_serial(&self) -> Option<SerialNumber> {
        SerialNumber::from_slice(self.serial_number.as_bytes())
    }
}

/// First and last second of a certificate, each in the form that its year asks for
/// (RFC 5280 §4.1.2.5).
pub fn validity(not_before: Timestamp, not_after: Timestamp) -> der::Result<Validity> {
    Ok(Validity::new(time(not_before)?, time(not_after)?))
}

fn time(at: Timestamp) -> der::Result<Time> {
    let seconds = u64::try_from(at.as_second()).map_err(|_| der::Tag::UtcTime.value_error())?;
    let duration = std::time::Duration::from_secs(seconds);
    Ok(match der::asn1::UtcTime::from_unix_duration(duration) {
        Ok(time) => Time::UtcTime(time),
        Err(_) => Time::GeneralTime(der::asn1::GeneralizedTime::from_unix_duration(duration)?),
    })
}

/// Puts a signature to what was signed.
pub fn assemble(
    tbs: &[u8],
    algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
) -> der::Result<Vec<u8>> {
    let signature = BitString::from_bytes(&signature)?;
    Certificate { tbs: Any::from_der(tbs)?, algorithm, signature }.to_der()
}
