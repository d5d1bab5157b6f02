//! A batch of 異動 on its way from a source to the authority.
//!
//! Innermost lies a text of JSON lines: a [`BatchHeader`], then one [`Idou`] a line. The source signs
//! (CMS SignedData) its [`signed_form`], in which the SHA-256 of each event stands in its place: so one
//! person's part can be deleted ([`without`]), and the signature holds for the rest. Beside it travel
//! the text and the openings of the commitments. All together, a [`BatchEnvelope`], are encrypted to the
//! authority (CMS AuthEnvelopedData): removable media and brokers are not private.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bounds::{self, CHANGES, EVENTS};
use crate::octets::{Octets, Sha256};
use crate::{CodeOpening, Idou, MunicipalityCode};

/// Media type of an encrypted batch (RFC 5083, RFC 8551 §3.2.1).
pub const MEDIA_TYPE: &str = "application/pkcs7-mime; smime-type=authEnveloped-data";

/// The first line of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchHeader {
    /// The sending municipality.
    pub source: MunicipalityCode,
    /// Sequence of the first event, from 1; no sequence is beyond [`LAST_SEQUENCE`]; for a heartbeat the next sequence to come.
    pub first: u64,
    /// How many events follow, [`EVENTS`] at most; 0 makes a heartbeat, which proves that silence is silence.
    pub count: u32,
    /// When the batch was made.
    #[serde(deserialize_with = "bounds::moment")]
    pub created_at: Timestamp,
    /// SHA-256 of the signed form of this source's previous batch; absent in the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Sha256>,
}

/// What travels inside the encryption.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchEnvelope {
    /// CMS SignedData over the [`signed_form`] of the text.
    #[serde(deserialize_with = "bounds::signed_batch")]
    pub signed: Octets,
    /// The text of JSON lines.
    #[serde(deserialize_with = "bounds::batch_text")]
    pub text: Octets,
    /// One opening an event, in the same order.
    #[serde(deserialize_with = "bounds::few::<_, _, { bounds::EVENTS as usize }>")]
    pub openings: Vec<Opening>,
}

/// Opens the commitments of one event.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Whose record changed.
    pub resident: CodeOpening,
    /// The new code of a 住民票コードの変更.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_resident: Option<CodeOpening>,
}

/// A batch whose text was read and found whole; the signature is checked elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The first line.
    pub header: BatchHeader,
    /// The other lines.
    pub events: Vec<Idou>,
}

/// Why a text is not a batch. The whole batch is refused; nothing of it is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Not UTF-8, or empty.
    #[error("the batch is not a text of JSON lines in UTF-8")]
    NotText,
    /// A line does not follow the contract. The reason never repeats the line: it may hold names.
    #[error(
        "line {line} does not follow the contract (column {column}): correct it and send the whole batch again"
    )]
    Line {
        /// Counted from 1; the header is line 1.
        line: usize,
        /// Where reading stopped.
        column: usize,
    },
    /// The header promises another number of events.
    #[error("the header announces {announced} events but {found} follow")]
    Count {
        /// As the header says.
        announced: u32,
        /// As counted.
        found: usize,
    },
    /// The sequences do not run without a gap from the header's first.
    #[error("line {line}: sequence {expected} was due, {found} stands there")]
    Sequence {
        /// Counted from 1.
        line: usize,
        /// The one that should stand there.
        expected: u64,
        /// The one that does.
        found: u64,
    },
    /// An event names another source than the header.
    #[error("line {line} names source {found}, but {source_code} sends this batch")]
    ForeignSource {
        /// Counted from 1.
        line: usize,
        /// The header's source.
        source_code: MunicipalityCode,
        /// The event's source.
        found: MunicipalityCode,
    },
    /// A field that this kind needs is missing, or one that it must not have is there.
    #[error("line {line}: {what}")]
    Kind {
        /// Counted from 1.
        line: usize,
        /// What is wrong, as a sentence.
        what: &'static str,
    },
}

/// What a source signs of a text, which is also what the batch is known by: its header as it stands, and a
/// line for each event, with the SHA-256 of the event's line in 64 digits.
///
/// A line that is such a digest already stands for itself, so that a text [`without`] some of its events
/// has the same signed form as the whole. Every line of it ends in U+000A, whether the text's last one does
/// or not; a U+000D is part of its line.
///
/// A digest tells nothing of the line that it is of, not even to somebody who guesses it: each line holds
/// a commitment under 32 random octets. The authority destroys those once it has opened it; the source, and
/// whoever can open the sealed batch, have them as they have the line.
pub fn signed_form(text: &[u8]) -> Vec<u8> {
    let mut form = Vec::new();
    for line in signed_lines(text) {
        form.extend_from_slice(&line);
        form.push(b'\n');
    }
    form
}

/// Whether this is the [`signed_form`] of a text. Goes no further than to the first difference, and holds
/// no more than a line: a text of nothing but line ends is no work.
pub fn is_signed_form(form: &[u8], text: &[u8]) -> bool {
    form.strip_suffix(b"\n").is_some_and(|form| {
        form.split(|octet| *octet == b'\n').map(Cow::Borrowed).eq(signed_lines(text))
    })
}

fn signed_lines(text: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    lines(text).enumerate().map(|(number, line)| match number == 0 || is_digest(line) {
        true => Cow::Borrowed(line),
        false => Cow::Owned(digest_line(line)),
    })
}

fn digest_line(line: &[u8]) -> Vec<u8> {
    Sha256::of(line).to_string().into_bytes()
}

/// The text without an event, counted from 0: its digest stands in its place. `None` where it has no
/// such event.
pub fn without(text: &[u8], event: usize) -> Option<Vec<u8>> {
    let mut left: Vec<Vec<u8>> = lines(text).map(<[u8]>::to_vec).collect();
    let line = left.get_mut(event.checked_add(1)?)?;
    if !is_digest(line) {
        *line = digest_line(line);
    }
    let mut text = left.join(&b'\n');
    text.push(b'\n');
    Some(text)
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.strip_suffix(b"\n").unwrap_or(text).split(|octet| *octet == b'\n')
}

fn is_digest(line: &[u8]) -> bool {
    line.len() == 64 && line.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

impl Batch {
    /// Writes the text.
    pub fn to_text(&self) -> Vec<u8> {
        let mut text = serde_json::to_vec(&self.header).expect("a header is JSON");
        text.push(b'\n');
        for event in &self.events {
            text.extend(serde_json::to_vec(event).expect("an event is JSON"));
            text.push(b'\n');
        }
        text
    }

    /// Reads a text and checks everything that can be seen in it alone.
    pub fn parse(text: &[u8]) -> Result<Self, BatchError> {
        let text = std::str::from_utf8(text).map_err(|_| BatchError::NotText)?;
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let (_, first) = lines.next().ok_or(BatchError::NotText)?;
        let header: BatchHeader = serde_json::from_str(first)
            .map_err(|e| BatchError::Line { line: 1, column: e.column() })?;
        header.well_numbered().map_err(|what| BatchError::Kind { line: 1, what })?;
        let mut events = Vec::new();
        for (line, text) in lines {
            let event: Idou = serde_json::from_str(text)
                .map_err(|e| BatchError::Line { line, column: e.column() })?;
            if event.source != header.source {
                return Err(BatchError::ForeignSource {
                    line,
                    source_code: header.source,
                    found: event.source,
                });
            }
            let expected = header.first.saturating_add(events.len() as u64);
            if event.sequence != expected {
                return Err(BatchError::Sequence { line, expected, found: event.sequence });
            }
            well_formed(&event).map_err(|what| BatchError::Kind { line, what })?;
            events.push(event);
        }
        if events.len() != header.count as usize {
            return Err(BatchError::Count { announced: header.count, found: events.len() });
        }
        Ok(Self { header, events })
    }
}

impl BatchHeader {
    /// Whether the sequences of its events, and the one after them, are numbers that a source can
    /// come to, and the book can keep.
    fn well_numbered(&self) -> Result<(), &'static str> {
        if self.count > EVENTS {
            return Err("a batch has at most 200,000 events: part it");
        }
        let next = self.first.checked_add(u64::from(self.count));
        if self.first == 0 || next.is_none_or(|next| next > LAST_SEQUENCE + 1) {
            return Err("sequences run from 1 to 2^63 - 2");
        }
        Ok(())
    }
}

/// The last sequence: the one after it is still a number that the book can keep.
pub const LAST_SEQUENCE: u64 = i64::MAX as u64 - 1;

/// Whether the fields suit the kind.
fn well_formed(event: &Idou) -> Result<(), &'static str> {
    use crate::IdouKind::*;
    if event.history_number == 0 || event.history_number > CHANGES {
        return Err("history numbers count from 1, to 1,000,000");
    }
    if event.cancels.is_some_and(|cancels| cancels == 0 || cancels > CHANGES) {
        return Err("`cancels` is a history number, from 1 to 1,000,000");
    }
    match event.kind {
        Torikeshi if event.cancels.is_none() => {
            Err("異動の取消し must name the history number in `cancels`")
        }
        CodeHenkou if event.new_resident.is_none() => {
            Err("住民票コードの変更 must commit to the new code in `new_resident`")
        }
        Tenkyo | ShokkenShuusei | TsuushouHenkou | GokiShuusei | KeibiShuusei
            if event.after.is_none() =>
        {
            Err("a 修正 must state the four items in `after`")
        }
        Tennyuu | Shussei | Kika | ShokkenKisai if event.after.is_none() => {
            Err("a 記載 must state the four items in `after`")
        }
        kind if kind != Torikeshi && event.cancels.is_some() => {
            Err("only 異動の取消し may have `cancels`")
        }
        kind if kind != CodeHenkou && event.new_resident.is_some() => {
            Err("only 住民票コードの変更 may have `new_resident`")
        }
        _ => Ok(()),
    }
}

/// What the authority answers once a batch is committed; the same for every repetition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchAnswer {
    /// The sending municipality.
    pub source: MunicipalityCode,
    /// SHA-256 of the signed form of what was accepted.
    pub digest: Sha256,
    /// Events taken in by this batch.
    pub accepted: u32,
    /// The lowest sequence that the authority has not got: below it nothing is missing.
    pub next_expected: u64,
    /// Whether something is missing below this batch and must be sent again.
    pub gap: bool,
}

/// Where one event stands, as a source may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventStanding {
    /// The sending municipality.
    pub source: MunicipalityCode,
    /// The event's number in it.
    pub sequence: u64,
    /// `waiting`, `held_back`, `scheduled`, `settled`, `withdrawn` or `replaced`.
    pub state: String,
    /// What came of it, once settled.
    pub result: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"{\"first\":1}\n{\"name\":\"A\"}\n{\"name\":\"B\"}\n";

    #[test]
    fn one_persons_part_goes_alone_and_what_was_signed_stays_what_it_is() {
        let form = signed_form(TEXT);
        let told = String::from_utf8(form.clone()).unwrap();
        assert!(told.starts_with("{\"first\":1}\n") && !told.contains("name"), "{told}");
        assert_eq!(told.lines().count(), 3);
        let less = without(TEXT, 0).unwrap();
        let left = String::from_utf8(less.clone()).unwrap();
        assert!(!left.contains("\"A\"") && left.contains("\"B\""), "{left}");
        assert_eq!(signed_form(&less), form);
        let least = without(&less, 1).unwrap();
        assert_eq!(signed_form(&least), form);
        assert_eq!(without(&least, 1).unwrap(), least, "what is gone is gone");
        assert_eq!(least, form);
        assert_eq!(without(TEXT, 2), None);
        assert_eq!(without(TEXT, usize::MAX), None);
    }

    #[test]
    fn only_a_text_with_less_in_it_or_without_its_last_line_end_has_the_same_signed_form() {
        let form = signed_form(TEXT);
        let less = without(TEXT, 1).unwrap();
        for same in [TEXT, &TEXT[..TEXT.len() - 1], &less, &form] {
            assert_eq!(signed_form(same), form);
            assert!(is_signed_form(&form, same), "{same:?}");
        }
        assert!(!is_signed_form(TEXT, TEXT), "a text is not its own form");
        assert!(!is_signed_form(&form[..form.len() - 1], TEXT));
        assert!(!is_signed_form(&[&form[..], b"\n"].concat(), TEXT));
        assert!(!is_signed_form(b"", b"") && is_signed_form(&signed_form(b""), b""));
        for other in [
            &b"{\"first\":2}\n{\"name\":\"A\"}\n{\"name\":\"B\"}\n"[..],
            b"{\"first\":1}\n{\"name\":\"B\"}\n{\"name\":\"A\"}\n",
            b"{\"first\":1}\n{\"name\":\"A\"}\n",
            b"{\"first\":1}\n{\"name\":\"A\"}\n{\"name\":\"B\"}\n\n",
            b"{\"first\":1}\n\n{\"name\":\"A\"}\n{\"name\":\"B\"}\n",
            b"{\"first\":1}\r\n{\"name\":\"A\"}\n{\"name\":\"B\"}\n",
            b"{\"first\":1}\n{\"name\":\"A\"}\n{\"name\":\"B\"} \n",
            b"",
        ] {
            assert_ne!(signed_form(other), form, "{other:?}");
            assert!(!is_signed_form(&form, other), "{other:?}");
        }
    }

    #[test]
    fn what_is_left_of_a_batch_is_taken_as_no_batch() {
        let header =
            r#"{"source":"312011","first":1,"count":1,"created_at":"2026-04-01T00:00:00Z"}"#;
        let event = format!("{header}\n{}\n", Sha256::of(b"an event"));
        assert_eq!(Batch::parse(event.as_bytes()), Err(BatchError::Line { line: 2, column: 2 }));
    }
}
