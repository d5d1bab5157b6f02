//! Names, as a list of relative distinguished names of one attribute each.

use const_oid::ObjectIdentifier;
use der::asn1::{Any, PrintableString, SetOfVec, Utf8StringRef};
use der::{Decode, Encode};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::name::Name;

use akashi_ledger::AuthorityProfile;
use akashi_wire::municipality::Municipality;

use akashi_wire::pki::oid;

/// Builds a name. C is PrintableString, all else UTF8String; an attribute may come twice.
fn name(attributes: &[(ObjectIdentifier, &str)]) -> der::Result<Name> {
    let rdns = attributes
        .iter()
        .map(|(oid, text)| {
            let value = match *oid {
                oid::COUNTRY => Any::encode_from(&PrintableString::new(text)?)?,
                _ => Any::encode_from(&Utf8StringRef::new(text)?)?,
            };
            SetOfVec::try_from(vec![AttributeTypeAndValue { oid: *oid, value }])
        })
        .collect::<der::Result<Vec<_>>>()?;
    // By way of its DER: the type keeps its parts to itself.
    Name::from_der(&rdns.to_der()?)
}

/// The authority: `C=JP, O=…, OU=Certification Authority, OU=<Prefecture>`.
pub fn authority(profile: &AuthorityProfile) -> der::Result<Name> {
    name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &profile.organisation),
        (oid::UNIT, "Certification Authority"),
        (oid::UNIT, &prefecture(profile).romaji()),
    ])
}

/// The authority in Japanese, for subjectAltName and issuerAltName.
pub fn authority_in_japanese(profile: &AuthorityProfile) -> der::Result<Name> {
    name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &profile.organisation),
        (oid::UNIT, "電子署名に係る認証局"),
        (oid::UNIT, prefecture(profile).name),
    ])
}

/// A resident: `C=JP, L=<prefecture>, L=<municipality>, CN=<opaque>`.
pub fn citizen(
    profile: &AuthorityProfile,
    municipality: &Municipality,
    opaque: &str,
) -> der::Result<Name> {
    name(&[
        (oid::COUNTRY, "JP"),
        (oid::LOCALITY, &prefecture(profile).romaji()),
        (oid::LOCALITY, &municipality.romaji()),
        (oid::COMMON_NAME, opaque),
    ])
}

/// A delegated OCSP responder.
pub fn responder(profile: &AuthorityProfile) -> der::Result<Name> {
    name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &profile.organisation),
        (oid::UNIT, &prefecture(profile).romaji()),
        (oid::COMMON_NAME, "OCSP Responder"),
    ])
}

/// The distribution point of the authority's own certificate: a directoryName, and the address of
/// the list of authorities.
pub fn authority_distribution_point(
    profile: &AuthorityProfile,
) -> der::Result<DistributionPointName> {
    let directory = name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &profile.organisation),
        (oid::UNIT, "CRL Distribution Points"),
        (oid::COMMON_NAME, "Authority CRLDP"),
    ])?;
    let uri = super::extension::uri(&profile.arl_url())?;
    Ok(DistributionPointName::FullName(vec![GeneralName::DirectoryName(directory), uri]))
}

/// The distribution point of one municipality, DER: made once, then copied into every certificate
/// and CRL. Both a directoryName, as the old software expects, and a URI: with a directoryName
/// alone no client fetches anything.
pub fn distribution_point(
    profile: &AuthorityProfile,
    municipality: &Municipality,
) -> der::Result<Vec<u8>> {
    let directory = name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &profile.organisation),
        (oid::UNIT, "CRL Distribution Points"),
        (oid::UNIT, &prefecture(profile).romaji()),
        (oid::COMMON_NAME, &format!("{} CRLDP", municipality.romaji())),
    ])?;
    let uri = super::extension::uri(&profile.partition_url(municipality.code))?;
    DistributionPointName::FullName(vec![GeneralName::DirectoryName(directory), uri]).to_der()
}

fn prefecture(profile: &AuthorityProfile) -> &'static Municipality {
    Municipality::of(profile.prefecture).expect("a profile names a prefecture of the table")
}
