//! Tags, lengths and values, as far as an agency needs them (X.690 §8.1).

/// One value: its tag, its content, and all of its octets.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    pub whole: &'a [u8],
}

/// Takes the next value off the octets.
pub(super) fn next<'a>(octets: &mut &'a [u8]) -> Option<Value<'a>> {
    let (&tag, rest) = octets.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |n, octet| n << 8 | usize::from(*octet)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = &octets[..octets.len() - rest.len()];
    *octets = rest;
    Some(Value { tag, content, whole })
}

/// Takes the next value, which must have this tag.
pub(super) fn expect<'a>(octets: &mut &'a [u8], tag: u8) -> Option<Value<'a>> {
    next(octets).filter(|value| value.tag == tag)
}

/// Writes one value.
pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut octets = vec![tag];
    if length < 0x80 {
        octets.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let significant = &bytes[bytes.iter().position(|b| *b != 0).unwrap_or(0)..];
        octets.push(0x80 | significant.len() as u8);
        octets.extend(significant);
    }
    parts.iter().for_each(|part| octets.extend(*part));
    octets
}

/// The first part of a signed structure: what was signed.
pub(super) fn signed_part(octets: &[u8]) -> Option<&[u8]> {
    let mut octets = octets;
    let mut inner = expect(&mut octets, 0x30)?.content;
    Some(next(&mut inner)?.whole)
}
