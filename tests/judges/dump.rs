//! DER as a text that a person can review: one element a line, what differs from run to run
//! replaced by a word for it.

use std::fmt::Write as _;

use const_oid::ObjectIdentifier;

/// One element of BER with a definite length of at most four octets.
#[derive(Clone, Copy)]
pub struct Tlv<'a> {
    /// Its one octet of tag.
    pub tag: u8,
    /// What it holds.
    pub content: &'a [u8],
    /// All of it.
    pub whole: &'a [u8],
}

/// The element at the beginning, and what follows it.
fn first(octets: &[u8]) -> Option<(Tlv<'_>, &[u8])> {
    let (&tag, rest) = octets.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = &octets[..octets.len() - rest.len()];
    Some((Tlv { tag, content, whole }, rest))
}

/// Octets that are one element and nothing else.
pub fn read(octets: &[u8]) -> Tlv<'_> {
    match first(octets) {
        Some((tlv, [])) => tlv,
        _ => panic!("not one element of DER: {}", hex::encode(octets)),
    }
}

impl<'a> Tlv<'a> {
    /// What a constructed element holds.
    pub fn children(&self) -> Vec<Tlv<'a>> {
        assert_ne!(self.tag & 0x20, 0, "tag {:#x} holds no elements", self.tag);
        let mut children = Vec::new();
        let mut rest = self.content;
        while !rest.is_empty() {
            let (child, after) = first(rest).expect("elements of DER");
            children.push(child);
            rest = after;
        }
        children
    }
}

/// Words for what differs from run to run.
#[derive(Default)]
pub struct Words {
    octets: Vec<(Vec<u8>, String)>,
    texts: Vec<(String, String)>,
}

impl Words {
    /// These octets, alone in a value, are called so.
    pub fn octets(&mut self, octets: &[u8], word: &str) {
        self.octets.push((octets.to_vec(), format!("<{word}>")));
    }

    /// This text, wherever it stands, is called so.
    pub fn text(&mut self, text: &str, word: &str) {
        self.texts.push((text.to_owned(), format!("<{word}>")));
    }

    fn of(&self, octets: &[u8]) -> Option<&str> {
        self.octets.iter().find(|(known, _)| known == octets).map(|(_, word)| word.as_str())
    }

    /// A text with its words.
    pub fn replace(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    }

    /// The tree of an element.
    pub fn tree(&self, octets: &[u8]) -> String {
        let mut out = String::new();
        self.element(&read(octets), 0, Place::default(), &mut out);
        out
    }

    fn element(&self, tlv: &Tlv<'_>, depth: usize, place: Place, out: &mut String) {
        let line = match tlv.tag {
            0x01 => format!("BOOLEAN {}", if tlv.content == [0xff] { "TRUE" } else { "FALSE" }),
            0x02 => format!("INTEGER {}", self.integer(tlv.content)),
            0x0a => format!("ENUMERATED {}", hex::encode(tlv.content)),
            0x05 => "NULL".into(),
            0x06 => format!("OBJECT IDENTIFIER {}", self.oid(tlv)),
            0x03 => format!("BIT STRING {}", self.bits(tlv.content, place)),
            0x04 => match self.octet_string(tlv.content, place) {
                Ok(text) => format!("OCTET STRING {text}"),
                Err(inner) => {
                    let _ = writeln!(out, "{}OCTET STRING holding", "  ".repeat(depth));
                    return self.element(&inner, depth + 1, Place::default(), out);
                }
            },
            0x0c | 0x13 | 0x16 | 0x17 | 0x18 => {
                let kind = match tlv.tag {
                    0x0c => "UTF8String",
                    0x13 => "PrintableString",
                    0x16 => "IA5String",
                    0x17 => "UTCTime",
                    _ => "GeneralizedTime",
                };
                format!("{kind} {}", self.text_of(tlv.content))
            }
            0x30 => "SEQUENCE".into(),
            0x31 => "SET".into(),
            tag @ 0xa0.. => format!("[{}]", tag & 0x1f),
            tag @ 0x80..0xa0 => format!("[{}] {}", tag & 0x1f, self.implicit(tlv.content)),
            tag => panic!("tag {tag:#x} has no name here"),
        };
        let _ = writeln!(out, "{}{line}", "  ".repeat(depth));
        if tlv.tag & 0x20 != 0 {
            let children = tlv.children();
            let typed = children.first().is_some_and(|child| child.tag == 0x06);
            for (index, child) in children.iter().enumerate() {
                let last = index >= 2 && children[0].tag & 0x20 != 0;
                self.element(child, depth + 1, Place { typed, last }, out);
            }
        }
    }

    fn integer(&self, content: &[u8]) -> String {
        match (self.of(content), content.len()) {
            (Some(word), _) => word.to_owned(),
            (None, 0..4) => {
                let negative = content.first().is_some_and(|first| first & 0x80 != 0);
                assert!(!negative, "a negative INTEGER");
                content.iter().fold(0u32, |n, octet| n << 8 | u32::from(*octet)).to_string()
            }
            (None, length @ 4..9) => format!("<number of {length} octets>"),
            (None, length) => format!("<number of {length} octets, from CSPRNG>"),
        }
    }

    fn oid(&self, tlv: &Tlv<'_>) -> String {
        let mut arcs = vec![0u128];
        for octet in tlv.content {
            let last = arcs.last_mut().expect("one arc");
            *last = *last << 7 | u128::from(octet & 0x7f);
            if octet & 0x80 == 0 {
                arcs.push(0);
            }
        }
        arcs.pop();
        let top = (arcs[0] / 40).min(2);
        let mut text = format!("{top}.{}", arcs[0] - 40 * top);
        arcs[1..].iter().for_each(|arc| text.push_str(&format!(".{arc}")));
        let name = ObjectIdentifier::from_bytes(tlv.content)
            .ok()
            .and_then(|oid| const_oid::db::DB.by_oid(&oid).map(str::to_owned));
        let text = self.replace(&text);
        name.map_or_else(|| text.clone(), |name| format!("{text} {name}"))
    }

    fn bits(&self, content: &[u8], place: Place) -> String {
        let (unused, bits) = content.split_first().expect("unused bits");
        match bits.len() {
            0..3 => {
                let all: String = bits.iter().map(|octet| format!("{octet:08b}")).collect();
                all[..all.len() - usize::from(*unused)].to_owned()
            }
            _ if place.last => "<signature>".into(),
            length => format!("<public key of {length} octets>"),
        }
    }

    /// A text for it, or the element that it holds, as extension values do.
    fn octet_string<'a>(&self, content: &'a [u8], place: Place) -> Result<String, Tlv<'a>> {
        if let Some(word) = self.of(content) {
            return Ok(word.to_owned());
        }
        if place.typed
            && let Some((inner, [])) = first(content)
        {
            return Err(inner);
        }
        Ok(match serde_json::from_slice::<serde_json::Value>(content) {
            Ok(json) if json.is_object() => self.text_of(content),
            _ => Self::unknown(content),
        })
    }

    fn implicit(&self, content: &[u8]) -> String {
        let printable = content.iter().all(|octet| matches!(octet, 0x20..0x7f));
        match self.of(content) {
            Some(word) => word.to_owned(),
            None if content == [0xff] => "TRUE".into(),
            None if printable => self.text_of(content),
            None => Self::unknown(content),
        }
    }

    fn unknown(content: &[u8]) -> String {
        match content.len() {
            0..8 => hex::encode(content),
            length @ 8..=48 => format!("<{length} octets>"),
            // As long as ECDSA makes it today.
            _ => "<octets>".into(),
        }
    }

    fn text_of(&self, content: &[u8]) -> String {
        self.replace(std::str::from_utf8(content).expect("UTF-8"))
    }
}

/// Where an element stands among its neighbours.
#[derive(Clone, Copy, Default)]
struct Place {
    /// An OBJECT IDENTIFIER says what it is.
    typed: bool,
    /// After what is signed and an algorithm.
    last: bool,
}
