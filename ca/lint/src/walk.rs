//! Whether octets are DER: a walk through every element, down into extensions (X.690 §8, §10, §11).

use crate::der::{self, Defect, Tlv};

/// Elements within elements; certificates, lists and answers have fewer than twenty.
const DEPTH: usize = 32;

/// Walks one element and all that is in it.
pub(crate) fn canonical(octets: &[u8]) -> Result<(), Defect> {
    element(&der::only(octets)?, DEPTH)
}

fn element(element: &Tlv<'_>, depth: usize) -> Result<(), Defect> {
    if depth == 0 {
        return Err("elements must not be nested deeper than 32");
    }
    let content = element.content;
    match element.tag {
        0x01 => boolean(content),
        // ENUMERATED is encoded as INTEGER is (§8.4).
        0x02 | 0x0a => integer(content),
        0x03 => bit_string(content),
        0x04 => Ok(()),
        0x05 => content.is_empty().then_some(()).ok_or("NULL must be empty"),
        0x06 => object_identifier(content),
        0x0c => std::str::from_utf8(content).map(|_| ()).map_err(|_| "UTF8String must be UTF-8"),
        0x13 => all_of(content, is_printable, "PrintableString must be of its characters"),
        0x16 => all_of(content, |octet| octet.is_ascii(), "IA5String must be ASCII"),
        0x17 => time(content, 12),
        0x18 => time(content, 14),
        0x30 => sequence(content, depth),
        0x31 => set(content, depth),
        // Implicitly tagged: what it is only its rule knows.
        0x80..=0x9e => Ok(()),
        0xa0..=0xbe => tagged(element, depth),
        _ => Err("only the types of certificates, lists and answers must be there"),
    }
}

/// Walks the elements in a row, and shows each to `meet`.
fn inside<'a>(
    mut content: &'a [u8],
    depth: usize,
    mut meet: impl FnMut(&Tlv<'a>) -> Result<(), Defect>,
) -> Result<(), Defect> {
    while !content.is_empty() {
        let one = der::take(&mut content)?;
        element(&one, depth - 1)?;
        meet(&one)?;
    }
    Ok(())
}

/// A SEQUENCE; where it is an Extension or a ResponseBytes, what its OCTET STRING holds is DER too.
fn sequence(content: &[u8], depth: usize) -> Result<(), Defect> {
    let (mut tags, mut count, mut last) = ([0; 3], 0, &[][..]);
    inside(content, depth, |one| {
        if let Some(tag) = tags.get_mut(count) {
            *tag = one.tag;
        }
        count += 1;
        last = one.content;
        Ok(())
    })?;
    match (count, tags) {
        (2, [0x06, 0x04, _]) | (3, [0x06, 0x01, 0x04]) => element(&der::only(last)?, depth - 1),
        _ => Ok(()),
    }
}

/// Explicitly tagged or constructed; `[0] { INTEGER 0 }` is a version that is the default.
fn tagged(element: &Tlv<'_>, depth: usize) -> Result<(), Defect> {
    if element.raw == [0xa0, 3, 2, 1, 0] {
        return Err("a value that is the default must be left out");
    }
    inside(element.content, depth, |_| Ok(()))
}

/// A SET OF, its members in ascending order (§11.6).
fn set(content: &[u8], depth: usize) -> Result<(), Defect> {
    let mut previous: &[u8] = &[];
    inside(content, depth, |one| {
        let ascending = previous <= one.raw;
        previous = one.raw;
        ascending.then_some(()).ok_or("the members of a SET OF must be in ascending order")
    })
}

/// Every BOOLEAN of these standards is `DEFAULT FALSE`, so whichever is there is TRUE (§11.1, §11.5).
fn boolean(content: &[u8]) -> Result<(), Defect> {
    match content {
        [0xff] => Ok(()),
        [0] => Err("a value that is the default must be left out"),
        _ => Err("TRUE must be ff"),
    }
}

fn integer(content: &[u8]) -> Result<(), Defect> {
    match content {
        [] => Err("INTEGER must have a value"),
        [0, next, ..] if next & 0x80 == 0 => Err("INTEGER must be as short as it can be"),
        [0xff, next, ..] if next & 0x80 != 0 => Err("INTEGER must be as short as it can be"),
        _ => Ok(()),
    }
}

fn bit_string(content: &[u8]) -> Result<(), Defect> {
    let Some((&unused, bits)) = content.split_first() else {
        return Err("BIT STRING must say how many bits are unused");
    };
    let last = bits.last().copied();
    match (unused, last) {
        (0, _) => Ok(()),
        (1..=7, Some(last)) if last & ((1 << unused) - 1) == 0 => Ok(()),
        (1..=7, Some(_)) => Err("unused bits must be 0"),
        _ => Err("BIT STRING must have at most seven unused bits, and none when it is empty"),
    }
}

fn object_identifier(content: &[u8]) -> Result<(), Defect> {
    let ends = content.last().is_some_and(|last| last & 0x80 == 0);
    let mut starts = true;
    let minimal = content.iter().all(|octet| {
        let minimal = !(starts && *octet == 0x80);
        starts = octet & 0x80 == 0;
        minimal
    });
    (ends && minimal).then_some(()).ok_or("OBJECT IDENTIFIER must be whole and without padding")
}

/// Digits to the second, in UTC (§11.7, §11.8).
fn time(content: &[u8], digits: usize) -> Result<(), Defect> {
    let found = content.strip_suffix(b"Z").filter(|found| found.len() == digits);
    let whole = found.is_some_and(|found| found.iter().all(u8::is_ascii_digit));
    whole.then_some(()).ok_or("a time must be digits to the second and Z")
}

fn all_of(
    content: &[u8],
    is_allowed: impl Fn(&u8) -> bool,
    else_: &'static str,
) -> Result<(), Defect> {
    content.iter().all(is_allowed).then_some(()).ok_or(else_)
}

fn is_printable(octet: &u8) -> bool {
    octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(octet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_der_passes() {
        for octets in [
            &[0x30, 0][..],
            &[0x30, 3, 1, 1, 0xff],
            &[0x02, 2, 0, 0x80],
            &[0x02, 1, 0],
            &[0x03, 1, 0],
            &[0x03, 2, 6, 0xc0],
            &[0x06, 3, 0x55, 0x1d, 15],
            &[0x31, 6, 2, 1, 1, 2, 1, 2],
            &[0x30, 9, 6, 3, 0x55, 0x1d, 14, 4, 2, 4, 0],
            b"\x17\x0d260401000000Z",
        ] {
            assert_eq!(canonical(octets), Ok(()), "{octets:02x?}");
        }
    }

    #[test]
    fn what_is_not_der_is_found() {
        for octets in [
            &[][..],
            &[0x30],
            &[0x30, 0, 0],                                // something after it
            &[0x30, 0x80, 0, 0],                          // indefinite
            &[0x30, 0x81, 0],                             // a longer length than need be
            &[0x30, 0x82, 0, 0x80],                       // the same with a zero in front
            &[0x30, 1, 5],                                // an element that ends too early
            &[0x30, 3, 1, 1, 1],                          // TRUE that is not ff
            &[0x30, 3, 1, 1, 0],                          // FALSE, the default
            &[0xa0, 3, 2, 1, 0],                          // v1, the default
            &[0x02, 0],                                   // no value
            &[0x02, 2, 0, 1],                             // a zero too many
            &[0x02, 2, 0xff, 0x80],                       // an ff too many
            &[0x03, 0],                                   // no number of unused bits
            &[0x03, 1, 1],                                // unused bits of nothing
            &[0x03, 2, 8, 0],                             // eight unused bits
            &[0x03, 2, 6, 0xe0],                          // an unused bit that is 1
            &[0x05, 1, 0],                                // NULL with content
            &[0x06, 0],                                   // no object identifier
            &[0x06, 2, 0x55, 0x9d],                       // that does not end
            &[0x06, 3, 0x55, 0x80, 1],                    // padded
            &[0x0c, 1, 0xff],                             // not UTF-8
            &[0x13, 1, b'@'],                             // not printable
            &[0x16, 1, 0x80],                             // not ASCII
            &[0x24, 2, 4, 0],                             // constructed OCTET STRING
            &[0x1f, 0x1f, 0],                             // a long tag
            &[0x31, 6, 2, 1, 2, 2, 1, 1],                 // SET out of order
            &[0x30, 9, 6, 3, 0x55, 0x1d, 14, 4, 2, 4, 1], // an extension that is not DER
            b"\x17\x0b2604010000Z",                       // without seconds
            b"\x18\x112026040100000.0Z",                  // with a fraction
        ] {
            assert!(canonical(octets).is_err(), "{octets:02x?}");
        }
        let mut deep = vec![0x05, 0];
        for _ in 0..40 {
            deep = crate::octets::sequence(&[&deep]);
        }
        assert!(canonical(&deep).is_err());
    }
}
