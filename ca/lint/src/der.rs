//! Octets taken apart, TLV by TLV, without being understood (X.690 §8.1, §10.1).

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    /// The identifier octet.
    pub tag: u8,
    /// What is in it.
    pub content: &'a [u8],
    /// All of it, as it stands.
    pub raw: &'a [u8],
}

/// Why octets are no elements.
pub(crate) type Defect = &'static str;

/// Takes one element off the front.
pub(crate) fn take<'a>(input: &mut &'a [u8]) -> Result<Tlv<'a>, Defect> {
    let whole = *input;
    let (&tag, rest) = whole.split_first().ok_or("an element must be whole")?;
    if tag & 0x1f == 0x1f {
        return Err("tag numbers must be below 31");
    }
    let (&first, rest) = rest.split_first().ok_or("an element must be whole")?;
    let (length, rest) = match first {
        short @ 0..0x80 => (usize::from(short), rest),
        0x80 => return Err("lengths must be definite"),
        long => {
            let count = usize::from(long & 0x7f);
            let (octets, rest) = rest.split_at_checked(count).ok_or("an element must be whole")?;
            (long_length(octets)?, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length).ok_or("an element must be whole")?;
    *input = rest;
    Ok(Tlv { tag, content, raw: &whole[..whole.len() - rest.len()] })
}

/// A length of the long form: no shorter form would have done.
pub(crate) fn long_length(octets: &[u8]) -> Result<usize, Defect> {
    if octets.len() > 4 {
        return Err("lengths must have at most four octets");
    }
    let length = octets.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
    if length < 0x80 || octets.first() == Some(&0) {
        return Err("lengths must be as short as they can be");
    }
    Ok(length)
}

/// The one element that the octets are.
pub(crate) fn only(mut octets: &[u8]) -> Result<Tlv<'_>, Defect> {
    let element = take(&mut octets)?;
    if octets.is_empty() { Ok(element) } else { Err("nothing must follow the element") }
}

/// All elements in a row.
pub(crate) fn all(mut octets: &[u8]) -> Result<Vec<Tlv<'_>>, Defect> {
    let mut elements = Vec::new();
    while !octets.is_empty() {
        elements.push(take(&mut octets)?);
    }
    Ok(elements)
}
