//! Object identifiers that a profile needs, and the policy identifier of a deployment.

use const_oid::ObjectIdentifier as Oid;

/// countryName (X.520).
pub const COUNTRY: Oid = Oid::new_unwrap("2.5.4.6");
/// localityName (X.520).
pub const LOCALITY: Oid = Oid::new_unwrap("2.5.4.7");
/// organizationName (X.520).
pub const ORGANISATION: Oid = Oid::new_unwrap("2.5.4.10");
/// organizationalUnitName (X.520).
pub const UNIT: Oid = Oid::new_unwrap("2.5.4.11");
/// commonName (X.520).
pub const COMMON_NAME: Oid = Oid::new_unwrap("2.5.4.3");

/// subjectKeyIdentifier (RFC 5280 §4.2.1.2).
pub const SUBJECT_KEY_IDENTIFIER: Oid = Oid::new_unwrap("2.5.29.14");
/// keyUsage (RFC 5280 §4.2.1.3).
pub const KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.15");
/// subjectAltName (RFC 5280 §4.2.1.6).
pub const SUBJECT_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.17");
/// issuerAltName (RFC 5280 §4.2.1.7).
pub const ISSUER_ALT_NAME: Oid = Oid::new_unwrap("2.5.29.18");
/// basicConstraints (RFC 5280 §4.2.1.9).
pub const BASIC_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.19");
/// cRLDistributionPoints (RFC 5280 §4.2.1.13).
pub const CRL_DISTRIBUTION_POINTS: Oid = Oid::new_unwrap("2.5.29.31");
/// certificatePolicies (RFC 5280 §4.2.1.4).
pub const CERTIFICATE_POLICIES: Oid = Oid::new_unwrap("2.5.29.32");
/// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
pub const AUTHORITY_KEY_IDENTIFIER: Oid = Oid::new_unwrap("2.5.29.35");
/// extKeyUsage (RFC 5280 §4.2.1.12).
pub const EXTENDED_KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.37");
/// authorityInfoAccess (RFC 5280 §4.2.2.1).
pub const AUTHORITY_INFO_ACCESS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.1.1");
/// id-ad-ocsp.
pub const AD_OCSP: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1");
/// id-ad-caIssuers.
pub const AD_CA_ISSUERS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.2");
/// id-qt-cps.
pub const QT_CPS: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.2.1");
/// id-kp-OCSPSigning (RFC 6960 §4.2.2.2).
pub const KP_OCSP_SIGNING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.9");
/// id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1).
pub const OCSP_NO_CHECK: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.48.1.5");
/// rsaEncryption (RFC 8017).
pub const RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.1");
/// sha256WithRSAEncryption (RFC 8017).
pub const SHA256_WITH_RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.11");
/// challengePassword (RFC 2985 §5.4.1).
pub const CHALLENGE_PASSWORD: Oid = Oid::new_unwrap("1.2.840.113549.1.9.7");

/// 氏名: the name.
pub const PERSON_NAME: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.1");
/// Which characters of the name are substitutes.
pub const PERSON_NAME_MAP: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.2");
/// 性別.
pub const PERSON_SEX: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.3");
/// 生年月日.
pub const PERSON_BIRTH_DATE: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.4");
/// 住所.
pub const PERSON_ADDRESS: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.5");
/// Which characters of the address are substitutes.
pub const PERSON_ADDRESS_MAP: Oid = Oid::new_unwrap("1.2.392.200149.8.5.5.6");

/// The content octets of an OBJECT IDENTIFIER in dotted decimal, with arcs of up to 128 bits:
/// `2.25.<UUID>` is free for everybody to use (ITU-T X.667), but its arc fits in no machine word.
pub fn content_octets(dotted: &str) -> Option<Vec<u8>> {
    let arcs: Vec<u128> = dotted.split('.').map(arc).collect::<Option<_>>()?;
    let [first @ 0..=2, second, rest @ ..] = arcs.as_slice() else { return None };
    if *first < 2 && *second > 39 {
        return None;
    }
    let mut octets = Vec::new();
    for arc in [second.checked_add(first * 40)?].iter().chain(rest) {
        let mut groups = vec![(arc & 0x7f) as u8];
        let mut left = arc >> 7;
        while left > 0 {
            groups.push(0x80 | (left & 0x7f) as u8);
            left >>= 7;
        }
        octets.extend(groups.into_iter().rev());
    }
    Some(octets)
}

/// One arc, as there is one way to write it: digits, and no zero before them.
fn arc(text: &str) -> Option<u128> {
    let is_plain = text.bytes().all(|octet| octet.is_ascii_digit());
    let is_short = text == "0" || !text.starts_with('0');
    (is_plain && is_short).then(|| text.parse().ok()).flatten()
}

/// The dotted decimal of an OBJECT IDENTIFIER's content octets; the inverse of
/// [`content_octets`].
pub fn dotted(content: &[u8]) -> Option<String> {
    let (mut arcs, mut arc) = (Vec::new(), 0u128);
    for octet in content {
        arc = arc.checked_mul(128)? | u128::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            arcs.push(std::mem::take(&mut arc));
        }
    }
    let is_whole = content.last()? & 0x80 == 0;
    let first = (arcs.first()? / 40).min(2);
    let mut text = format!("{first}.{}", arcs.first()? - 40 * first);
    for arc in &arcs[1..] {
        text.push_str(&format!(".{arc}"));
    }
    is_whole.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back() {
        for text in
            ["0.9.2342", "1.2.392.200149.8.5.5.1", "2.25.329800735698586629295641978511506172918"]
        {
            assert_eq!(dotted(&content_octets(text).unwrap()).as_deref(), Some(text));
        }
        for junk in [&[][..], &[0x55, 0x9d], &[0xff; 24]] {
            assert_eq!(dotted(junk), None);
        }
    }

    #[test]
    fn a_uuid_is_an_arc_like_any_other() {
        assert_eq!(content_octets("2.5.29.15").unwrap(), KEY_USAGE.as_bytes());
        assert_eq!(content_octets("1.2.392.200149.8.5.5.1").unwrap(), PERSON_NAME.as_bytes());
        let uuid = content_octets("2.25.329800735698586629295641978511506172918").unwrap();
        assert_eq!(uuid.len(), 20);
        assert_eq!(content_octets("3.1"), None);
        assert_eq!(content_octets("1.40"), None);
        assert_eq!(content_octets("policy"), None);
        // In one spelling, and never beyond what an arc can be.
        for other in ["01.2.392", "1.2.0392", "1.2.+392", "1.2.", "1..2", "+1.2.3", ""] {
            assert_eq!(content_octets(other), None, "{other}");
        }
        assert_eq!(content_octets(&format!("2.{}.1", u128::MAX)), None);
    }
}
