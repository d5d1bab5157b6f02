//! The extensions of our profiles, each as its standard has it.

use const_oid::ObjectIdentifier;
use der::asn1::{
    Any, BitString, Ia5String, Null, ObjectIdentifier as Oid, OctetString, Utf8StringRef,
};
use der::{Encode, Sequence, Tag, TagNumber};
use sha1::{Digest, Sha1};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::AccessDescription;
use x509_cert::ext::pkix::name::{GeneralName, OtherName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage,
    KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::Name;

use akashi_wire::pki::oid;

fn extension(
    extn_id: ObjectIdentifier,
    critical: bool,
    value: &impl Encode,
) -> der::Result<Extension> {
    Ok(Extension { extn_id, critical, extn_value: OctetString::new(value.to_der()?)? })
}

/// A uniformResourceIdentifier.
pub fn uri(text: &str) -> der::Result<GeneralName> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(text)?))
}

/// SHA-1 over the key's BIT STRING: method 1 of RFC 5280 §4.2.1.2.
pub fn key_identifier(key: &SubjectPublicKeyInfoOwned) -> [u8; 20] {
    Sha1::digest(key.subject_public_key.raw_bytes()).into()
}

/// subjectKeyIdentifier.
pub fn subject_key_identifier(key: &SubjectPublicKeyInfoOwned) -> der::Result<Extension> {
    let id = SubjectKeyIdentifier(OctetString::new(key_identifier(key))?);
    extension(oid::SUBJECT_KEY_IDENTIFIER, false, &id)
}

/// authorityKeyIdentifier with the keyIdentifier alone: equals the issuer's SKI exactly.
pub fn authority_key_identifier(issuer_key: &[u8]) -> der::Result<Extension> {
    let id = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(issuer_key)?),
        authority_cert_issuer: None,
        authority_cert_serial_number: None,
    };
    extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &id)
}

/// keyUsage, critical.
pub fn key_usage(first: KeyUsages, others: &[KeyUsages]) -> der::Result<Extension> {
    let first = KeyUsage(first.into());
    let usage = others.iter().fold(first, |all, one| KeyUsage(all.0 | *one));
    extension(oid::KEY_USAGE, true, &usage)
}

/// basicConstraints of an authority, critical.
pub fn authority_constraints() -> der::Result<Extension> {
    let constraints = BasicConstraints { ca: true, path_len_constraint: Some(0) };
    extension(oid::BASIC_CONSTRAINTS, true, &constraints)
}

/// PolicyInformation with the policy as ANY, because its arcs may be longer than a machine word.
#[derive(Sequence)]
struct Policy {
    policy_identifier: Any,
    policy_qualifiers: Vec<Qualifier>,
}

#[derive(Sequence)]
struct Qualifier {
    policy_qualifier_id: Oid,
    qualifier: Ia5String,
}

/// certificatePolicies with one policy and the address of the practice statement, not critical: the
/// JDK and others refuse a critical one with a qualifier.
pub fn certificate_policies(policy: &str, cps: &str) -> der::Result<Extension> {
    let octets = oid::content_octets(policy)
        .ok_or_else(|| der::Error::from(Tag::ObjectIdentifier.value_error()))?;
    let policies = vec![Policy {
        policy_identifier: Any::new(Tag::ObjectIdentifier, octets)?,
        policy_qualifiers: vec![Qualifier {
            policy_qualifier_id: oid::QT_CPS,
            qualifier: Ia5String::new(cps)?,
        }],
    }];
    extension(oid::CERTIFICATE_POLICIES, false, &policies)
}

/// subjectAltName of a resident: otherName by otherName, in the order given.
pub fn person(attributes: &[(ObjectIdentifier, &str)]) -> der::Result<Extension> {
    let names = attributes
        .iter()
        .map(|(type_id, text)| {
            let value = Any::encode_from(&Utf8StringRef::new(text)?)?;
            Ok(GeneralName::OtherName(OtherName { type_id: *type_id, value }))
        })
        .collect::<der::Result<Vec<_>>>()?;
    extension(oid::SUBJECT_ALT_NAME, false, &names)
}

/// subjectAltName or issuerAltName with a directoryName.
pub fn directory_alt_name(extn_id: ObjectIdentifier, name: Name) -> der::Result<Extension> {
    extension(extn_id, false, &vec![GeneralName::DirectoryName(name)])
}

/// cRLDistributionPoints with one point, whose DistributionPointName is given as DER and copied
/// octet for octet.
pub fn crl_distribution_point(name: &[u8]) -> der::Result<Extension> {
    let explicit = |octets: &[u8]| {
        Any::new(Tag::ContextSpecific { constructed: true, number: TagNumber(0) }, octets.to_vec())
    };
    let point = Any::new(Tag::Sequence, explicit(name)?.to_der()?)?;
    extension(oid::CRL_DISTRIBUTION_POINTS, false, &vec![point])
}

/// authorityInfoAccess with OCSP and caIssuers.
pub fn authority_info_access(ocsp: &str, ca_issuers: &str) -> der::Result<Extension> {
    let access = |access_method, location: &str| {
        Ok::<_, der::Error>(AccessDescription { access_method, access_location: uri(location)? })
    };
    let descriptions = AuthorityInfoAccessSyntax(vec![
        access(oid::AD_OCSP, ocsp)?,
        access(oid::AD_CA_ISSUERS, ca_issuers)?,
    ]);
    extension(oid::AUTHORITY_INFO_ACCESS, false, &descriptions)
}

/// extKeyUsage of a delegated responder, critical: good for nothing else.
pub fn ocsp_signing() -> der::Result<Extension> {
    extension(oid::EXTENDED_KEY_USAGE, true, &ExtendedKeyUsage(vec![oid::KP_OCSP_SIGNING]))
}

/// id-pkix-ocsp-nocheck: short-lived, so nobody asks for its status.
pub fn ocsp_no_check() -> der::Result<Extension> {
    extension(oid::OCSP_NO_CHECK, false, &Null)
}

/// The bits of a signature.
pub fn signature_bits(signature: Vec<u8>) -> der::Result<BitString> {
    BitString::from_bytes(&signature)
}
