//! TBSCertList (RFC 5280 §5.1.2), written as a stream: every length is known before the first
//! octet, because serial numbers and times have fixed ones.

use std::io::{self, Write};
use std::sync::Arc;

use akashi_ledger::Scope;
use akashi_shelf::Entry;
use akashi_wire::{RevocationReason, SerialNumber};
use jiff::Timestamp;
use jiff::tz::Offset;

use crate::list::List;
use crate::signatory::Signatory;

/// Everything that a list is going to say.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who signs.
    pub signatory: Arc<Signatory>,
    /// What it covers.
    pub scope: Scope,
    /// Of a partition: DER of the DistributionPointName (RFC 5280 §4.2.1.13), as
    /// [`distribution_point`](akashi_ledger::Ledger::distribution_point) keeps it and the
    /// certificates carry it: the chosen alternative with its own tag, `A0 len GeneralName…` for
    /// fullName. It is wrapped in one more `A0`, since a tag before a CHOICE is explicit.
    pub point: Option<Vec<u8>>,
    /// cRLNumber.
    pub number: i64,
    /// thisUpdate, whole seconds.
    pub this_update: Timestamp,
    /// nextUpdate, whole seconds.
    pub next_update: Timestamp,
    /// The entries.
    pub list: Arc<List>,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// version: v2 (§5.1.2.1).
const VERSION: [u8; 3] = [INTEGER, 1, 1];
/// `TRUE`, as the value of the critical flag.
const CRITICAL: [u8; 3] = [0x01, 0x01, 0xff];

/// id-ce-cRLNumber, id-ce-reasonCode, id-ce-issuingDistributionPoint and
/// id-ce-authorityKeyIdentifier, with tag and length.
const CRL_NUMBER: [u8; 5] = [0x06, 3, 0x55, 0x1d, 20];
const REASON_CODE: [u8; 5] = [0x06, 3, 0x55, 0x1d, 21];
const ISSUING_DISTRIBUTION_POINT: [u8; 5] = [0x06, 3, 0x55, 0x1d, 28];
const AUTHORITY_KEY_IDENTIFIER: [u8; 5] = [0x06, 3, 0x55, 0x1d, 35];

/// A TBSCertList whose length is known.
pub struct Tbs<'p> {
    /// From version to nextUpdate.
    before: Vec<u8>,
    entries: &'p [Entry],
    entries_length: usize,
    /// crlExtensions, with their tag.
    after: Vec<u8>,
}

impl<'p> Tbs<'p> {
    /// What a plan comes to.
    pub fn of(plan: &'p Plan) -> Self {
        let before = [
            &VERSION,
            plan.signatory.algorithm.as_slice(),
            &plan.signatory.name,
            time(plan.this_update).as_bytes(),
            time(plan.next_update).as_bytes(),
        ]
        .concat();
        let entries = plan.list.entries.as_slice();
        let entries_length = entries.iter().map(entry_length).sum();
        Self { before, entries, entries_length, after: extensions(plan) }
    }

    /// Octets of the whole, with tag and length.
    pub fn length(&self) -> usize {
        header(SEQUENCE, self.content_length()).len() + self.content_length()
    }

    /// Writes the whole, with tag and length: the octets to be signed.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&header(SEQUENCE, self.content_length()))?;
        out.write_all(&self.before)?;
        // "When there are no revoked certificates, the revoked certificates list MUST be absent"
        // (§5.1.2.6).
        if !self.entries.is_empty() {
            out.write_all(&header(SEQUENCE, self.entries_length))?;
            for entry in self.entries {
                write_entry(entry, out)?;
            }
        }
        out.write_all(&self.after)
    }

    fn content_length(&self) -> usize {
        let entries = match self.entries_length {
            0 => 0,
            length => header(SEQUENCE, length).len() + length,
        };
        self.before.len() + entries + self.after.len()
    }
}

/// Octets of a serial number with tag and length.
const SERIAL: usize = 2 + SerialNumber::LENGTH;
/// Octets of crlEntryExtensions with a reasonCode alone.
const REASON: usize = 14;

fn entry_length(entry: &Entry) -> usize {
    2 + entry_content_length(entry, &time(entry.at()))
}

fn entry_content_length(entry: &Entry, at: &Time) -> usize {
    let reason = if entry.reason == RevocationReason::Unspecified { 0 } else { REASON };
    SERIAL + at.as_bytes().len() + reason
}

/// The largest entry: a time from 2050 on, and a reason.
const ENTRY: usize = 2 + SERIAL + 17 + REASON;

fn write_entry(entry: &Entry, out: &mut impl Write) -> io::Result<()> {
    let at = time(entry.at());
    let length = entry_content_length(entry, &at);
    let mut octets = [0; ENTRY];
    let mut rest = octets.as_mut_slice();
    rest.write_all(&[SEQUENCE, length as u8, INTEGER, SerialNumber::LENGTH as u8])?;
    rest.write_all(entry.serial.as_bytes())?;
    rest.write_all(at.as_bytes())?;
    // "The reason code CRL entry extension SHOULD be absent instead of using the unspecified (0)
    // reasonCode value" (§5.3.1).
    if entry.reason != RevocationReason::Unspecified {
        rest.write_all(&[SEQUENCE, 12, SEQUENCE, 10])?;
        rest.write_all(&REASON_CODE)?;
        rest.write_all(&[OCTET_STRING, 3, 0x0a, 1, entry.reason.code()])?;
    }
    out.write_all(&octets[..2 + length])
}

/// crlExtensions: authorityKeyIdentifier, cRLNumber, issuingDistributionPoint.
fn extensions(plan: &Plan) -> Vec<u8> {
    let key_identifier = tlv(SEQUENCE, &tlv(0x80, &plan.signatory.key_identifier));
    let mut extensions = extension(&AUTHORITY_KEY_IDENTIFIER, false, &key_identifier);
    extensions.extend(extension(&CRL_NUMBER, false, &tlv(INTEGER, &integer(plan.number))));
    if let Some(idp) = issuing_distribution_point(plan) {
        extensions.extend(extension(&ISSUING_DISTRIBUTION_POINT, true, &idp));
    }
    tlv(0xa0, &tlv(SEQUENCE, &extensions))
}

/// IssuingDistributionPoint (§5.2.5).
fn issuing_distribution_point(plan: &Plan) -> Option<Vec<u8>> {
    let point = plan.point.as_deref().map_or_else(Vec::new, |name| tlv(0xa0, name));
    let only = match plan.scope {
        Scope::Partition(_) => 0x81, // onlyContainsUserCerts
        Scope::Authority => 0x82,    // onlyContainsCACerts
        Scope::Complete => return None,
    };
    Some(tlv(SEQUENCE, &[point, vec![only, 1, 0xff]].concat()))
}

fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &CRITICAL } else { &[] };
    tlv(SEQUENCE, &[oid, critical, &tlv(OCTET_STRING, value)].concat())
}

/// The content of a positive INTEGER: as short as it can be, the first bit 0.
fn integer(number: i64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let spare = octets.windows(2).take_while(|pair| pair[0] == 0 && pair[1] < 0x80).count();
    octets[spare..].to_vec()
}

/// A Time with tag and length.
struct Time {
    octets: [u8; 17],
    length: usize,
}

impl Time {
    fn as_bytes(&self) -> &[u8] {
        &self.octets[..self.length]
    }
}

/// UTCTime through 2049, GeneralizedTime from 2050 (§5.1.2.4).
fn time(at: Timestamp) -> Time {
    let at = Offset::UTC.to_datetime(at);
    let mut octets = [0; 17];
    let year = at.year().unsigned_abs();
    let digits = if (1950..2050).contains(&year) {
        octets[..2].copy_from_slice(&[UTC_TIME, 13]);
        &mut octets[2..]
    } else {
        octets[..2].copy_from_slice(&[GENERALIZED_TIME, 15]);
        two_digits(&mut octets[2..], (year / 100) as u8);
        &mut octets[4..]
    };
    let parts = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
    two_digits(digits, (year % 100) as u8);
    for (place, part) in digits[2..].chunks_mut(2).zip(parts) {
        two_digits(place, part.unsigned_abs());
    }
    digits[12] = b'Z';
    let length = 2 + usize::from(octets[1]);
    Time { octets, length }
}

fn two_digits(place: &mut [u8], number: u8) {
    place[0] = b'0' + number / 10;
    place[1] = b'0' + number % 10;
}

/// Tag and length, as short as it can be (X.690 §10.1).
pub(crate) fn header(tag: u8, length: usize) -> Vec<u8> {
    match length {
        0..0x80 => vec![tag, length as u8],
        _ => {
            let octets = length.to_be_bytes();
            let octets = &octets[octets.iter().take_while(|octet| **octet == 0).count()..];
            [&[tag, 0x80 | octets.len() as u8], octets].concat()
        }
    }
}

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut octets = header(tag, content.len());
    octets.extend(content);
    octets
}

#[cfg(test)]
mod tests;
