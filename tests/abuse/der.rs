//! DER by hand (X.690): what no library would write for us.

/// One value with the shortest length.
pub fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&[tag][..], &length(content.len()), &content].concat()
}

fn length(octets: usize) -> Vec<u8> {
    if octets < 0x80 {
        return vec![octets as u8];
    }
    let all = octets.to_be_bytes();
    let some = &all[all.iter().position(|octet| *octet != 0).unwrap_or(0)..];
    [&[0x80 | some.len() as u8][..], some].concat()
}

/// SEQUENCE.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

/// OCTET STRING.
pub fn octet_string(octets: &[u8]) -> Vec<u8> {
    tlv(0x04, &[octets])
}

/// OBJECT IDENTIFIER.
pub fn oid(text: &str) -> Vec<u8> {
    der::Encode::to_der(&der::asn1::ObjectIdentifier::new_unwrap(text)).unwrap()
}

/// AlgorithmIdentifier without parameters.
pub fn algorithm(id: &str) -> Vec<u8> {
    sequence(&[&oid(id)])
}

/// The same value with its length written in one octet more than needed (X.690 §10.1).
pub fn with_long_length(value: &[u8]) -> Vec<u8> {
    let (content, whole) = content_of(value);
    let octets = content.len().to_be_bytes();
    let needed = whole.len() - content.len() - 1;
    let written = if needed == 1 { &octets[7..] } else { &octets[8 - needed..] };
    [&[value[0], 0x80 | written.len() as u8][..], written, content].concat()
}

/// The same value with the indefinite length of BER (X.690 §8.1.3.6).
pub fn with_indefinite_length(value: &[u8]) -> Vec<u8> {
    [&[value[0], 0x80][..], content_of(value).0, &[0, 0]].concat()
}

fn content_of(value: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = value;
    let (_, content) = next(&mut rest).expect("a value");
    (content, value)
}

/// Takes the next value off; its tag and content.
pub fn next<'a>(octets: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&[tag, first], rest) = octets.split_first_chunk::<2>()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    *octets = rest;
    Some((tag, content))
}

/// Sequences within sequences.
pub fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inside, _| sequence(&[&inside]))
}
