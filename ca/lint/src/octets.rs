//! Octets that a rule expects, put together from what the rule states. Nothing that is signed is
//! ever made of them.

/// Tag, length and content (X.690 §8.1, lengths as §10.1 has them).
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut octets = vec![tag];
    match content.len() {
        short @ 0..0x80 => octets.push(short as u8),
        long => {
            let length = long.to_be_bytes();
            let zeros = length.iter().take_while(|octet| **octet == 0).count();
            octets.push(0x80 | (length.len() - zeros) as u8);
            octets.extend_from_slice(&length[zeros..]);
        }
    }
    octets.extend(content);
    octets
}

/// SEQUENCE.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

/// OBJECT IDENTIFIER.
pub(crate) fn oid(content: &[u8]) -> Vec<u8> {
    tlv(0x06, &[content])
}

/// Name: relative distinguished names of one attribute each; countryName is a PrintableString, all
/// else UTF8String.
///
/// ```asn1
/// RDNSequence ::= SEQUENCE OF RelativeDistinguishedName
/// RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
/// AttributeTypeAndValue ::= SEQUENCE {
///      type     AttributeType,
///      value    AttributeValue }
/// ```
///
/// Source: RFC 5280 §4.1.2.4.
pub(crate) fn name(attributes: &[(&[u8], &str)]) -> Vec<u8> {
    let rdns: Vec<u8> = attributes
        .iter()
        .flat_map(|(kind, text)| {
            let tag = if *kind == crate::oid::COUNTRY { 0x13 } else { 0x0c };
            tlv(0x31, &[&sequence(&[&oid(kind), &tlv(tag, &[text.as_bytes()])])])
        })
        .collect();
    sequence(&[&rdns])
}

/// directoryName `[4] Name` (RFC 5280 §4.2.1.6); explicit, because Name is a CHOICE.
pub(crate) fn directory_name(name: &[u8]) -> Vec<u8> {
    tlv(0xa4, &[name])
}

/// uniformResourceIdentifier `[6] IA5String` (RFC 5280 §4.2.1.6).
pub(crate) fn uri(address: &str) -> Vec<u8> {
    tlv(0x86, &[address.as_bytes()])
}

/// Content of an OBJECT IDENTIFIER in dotted decimal (X.690 §8.19), arcs of up to 128 bits.
pub(crate) fn oid_content(dotted: &str) -> Option<Vec<u8>> {
    let mut arcs = dotted.split('.').map(|arc| arc.parse::<u128>().ok());
    let (first, second) = (arcs.next()??, arcs.next()??);
    if first > 2 || (first < 2 && second > 39) {
        return None;
    }
    let mut octets = Vec::new();
    base_128(first * 40 + second, &mut octets);
    for arc in arcs {
        base_128(arc?, &mut octets);
    }
    Some(octets)
}

fn base_128(arc: u128, octets: &mut Vec<u8>) {
    let groups = (128 - (arc | 1).leading_zeros()).div_ceil(7);
    for group in (0..groups).rev() {
        let more = if group > 0 { 0x80 } else { 0 };
        octets.push(more | (arc >> (7 * group) & 0x7f) as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_identifiers_have_the_octets_of_their_standards() {
        assert_eq!(oid_content("2.5.29.15").unwrap(), crate::oid::KEY_USAGE);
        assert_eq!(oid_content("1.2.392.200149.8.5.5").unwrap(), crate::oid::PERSON);
        assert_eq!(oid_content("1.2.392.200149").unwrap(), crate::oid::REAL_SERVICE);
        assert_eq!(oid_content("2.999.1").unwrap(), [0x88, 0x37, 1]);
        assert_eq!(oid_content("2.25.0").unwrap(), [105, 0]);
        for junk in ["", "1", "3.1", "1.40", "1..2", "a.b"] {
            assert_eq!(oid_content(junk), None, "{junk}");
        }
    }

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        assert_eq!(tlv(4, &[&[0; 0x7f]])[..2], [4, 0x7f]);
        assert_eq!(tlv(4, &[&[0; 0x80]])[..3], [4, 0x81, 0x80]);
        assert_eq!(tlv(4, &[&[0; 0x100]])[..4], [4, 0x82, 1, 0]);
    }
}
