//! Rows of evidence: written once, and bound to the audit entry that they belong to.
//!
//! An entry has one digest over every row of evidence that it writes: SHA-256 over the digests of the
//! rows, in ascending order. A row's digest is SHA-256 over its table's name and every column's value,
//! each with its kind and its length, so that no two rows have the same octets.

use akashi_wire::octets::Sha256;

use crate::LedgerError;
use crate::row::Row;
use crate::store::Value;

/// A table of evidence. Its first column is `position`.
pub(crate) struct Evidence {
    /// Its name.
    pub name: &'static str,
    /// How a row is written: says `VALUES $rows` once, with every column in this order.
    pub insert: &'static str,
    /// How the rows of positions `$1` to `$2` are read, with every column in this order.
    pub read: &'static str,
    /// Each column after `position`, and its kind.
    pub columns: &'static [(&'static str, Kind)],
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
    Octets,
}

macro_rules! evidence {
    ($($table:ident = $name:literal { $($column:literal: $kind:ident),* $(,)? })*) => {
        $(
            #[doc = concat!("The table `", $name, "`.")]
            pub(crate) static $table: Evidence = Evidence {
                name: $name,
                insert: concat!("INSERT INTO ", $name, " (position", $(", ", $column,)* ") VALUES $rows"),
                read: concat!(
                    "SELECT position", $(", ", $column,)* " FROM ", $name,
                    " WHERE position >= $1 AND position <= $2"
                ),
                columns: &[$(($column, Kind::$kind)),*],
            };
        )*
        /// Every table of evidence.
        pub(crate) static TABLES: &[&Evidence] = &[$(&$table),*];
    };
}

evidence! {
    AUTHORITY = "authority" { "generation": Int, "certificate": Octets, "profile": Text }
    FOUNDING_SIGNATURE = "founding_signature" {
        "generation": Int, "party": Octets, "message": Octets,
    }
    DISTRIBUTION_POINT = "distribution_point" {
        "generation": Int, "municipality": Text, "name": Octets,
    }
    ENROLMENT = "enrolment" {
        "party": Octets, "name": Text, "role": Text, "municipality": Text, "enrolled_at": Int,
    }
    PARTY_KEY = "party_key" {
        "party": Octets, "certificate": Octets, "fingerprint": Octets, "public_key": Octets,
        "not_after": Int, "certified_at": Int, "replaces": Octets,
    }
    TERM = "term" { "party": Octets, "until": Int }
    RECOVERY = "recovery" {
        "digest": Octets, "message": Octets, "asked_at": Int, "until": Int,
    }
    RECOVERY_ENDED = "recovery_ended" { "recovery": Octets, "outcome": Int, "at": Int }
    DISMISSAL = "dismissal" { "party": Octets, "ended_at": Int }
    SUSPENSION = "suspension" {
        "kind": Text, "municipality": Text, "party": Octets, "by_party": Octets, "at": Int,
    }
    HANDOVER = "handover" { "from_town": Text, "to_town": Text, "at": Int }
    LIFTING = "lifting" { "suspension": Int, "at": Int }
    PROPOSAL = "proposal" {
        "request": Octets, "party": Octets, "digest": Octets, "proposed_at": Int,
    }
    COUNTERSIGNATURE = "countersignature" { "request": Octets, "by_request": Octets }
    REQUEST = "request" {
        "request": Octets, "party": Octets, "digest": Octets, "sealed_answer": Octets,
    }
    CERTIFICATE = "certificate" {
        "serial": Octets, "generation": Int, "municipality": Text, "case_id": Octets,
        "public_key": Octets, "tbs_digest": Octets, "not_before": Int, "not_after": Int, "card": Text,
    }
    CERTIFICATE_FILE = "certificate_file" { "serial": Octets, "sealed_der": Octets }
    STATUS = "status" {
        "serial": Octets, "generation": Int, "municipality": Text, "not_after": Int, "change": Int,
        "reason": Int, "recorded_at": Int, "received_at": Int, "cause": Text,
    }
    BATCH = "batch" {
        "source": Text, "digest": Octets, "first": Int, "count": Int, "message": Octets,
        "text_digest": Octets,
        "answer": Text,
    }
    CONTENT_KEY = "content_key" { "month": Text, "key_id": Octets }
    DELETION = "deletion" { "month": Text, "at": Int }
    CRL = "crl" {
        "generation": Int, "scope": Text, "number": Int, "this_update": Int, "next_update": Int,
        "up_to": Int,
    }
    CRL_PUBLISHED = "crl_published" {
        "generation": Int, "scope": Text, "number": Int, "digest": Octets, "published_at": Int,
    }
    RESPONDER_KEY = "responder_key" { "generation": Int, "public_key": Octets, "asked_at": Int }
    RESPONDER_REPLACED = "responder_replaced" {
        "generation": Int, "public_key": Octets, "by_key": Octets,
    }
    RESPONDER_CERTIFICATE = "responder_certificate" {
        "serial": Octets, "generation": Int, "public_key": Octets, "certificate": Octets,
        "not_before": Int, "not_after": Int,
    }
    INQUIRY_ENTERED = "inquiry_entered" { "group_id": Octets, "count": Int, "digest": Octets }
    CARD = "card" { "number": Text, "lot": Text, "model": Text }
    CLOCK_DOUBT = "clock_doubt" { "unwitnessed": Int, "ahead": Int }
    CLOCK_TRUST = "clock_trust" { "first": Int, "shift": Int, "at": Int }
    CLOCK_BACK = "clock_back" { "first": Int, "until": Int, "back": Int, "latest": Int }
    TIME_WORD = "time_word" { "party": Octets, "message": Octets }
    AUDIT_CONTENT = "audit_content" { "salt": Octets, "sealed_content": Octets }
    OFFLINE_USE = "offline_use" {
        "entry": Octets, "municipality": Text, "token": Text, "uses": Int, "journal": Octets,
        "line": Int, "digest": Octets, "answer": Text, "at": Int,
    }
}

impl Evidence {
    /// The digest of a row on its way in; the first value is its position.
    pub(crate) fn digest(&self, row: &[Value]) -> Sha256 {
        debug_assert_eq!(row.len(), self.columns.len() + 1, "{}", self.name);
        let mut octets = Vec::with_capacity(512);
        append(&mut octets, b'T', Some(self.name.as_bytes()));
        for value in row {
            match value {
                Value::Int(v) => {
                    append(&mut octets, b'I', v.map(i64::to_be_bytes).as_ref().map(|o| &o[..]));
                }
                Value::Text(v) => append(&mut octets, b'S', v.as_deref().map(str::as_bytes)),
                Value::Octets(v) => append(&mut octets, b'O', v.as_deref()),
            }
        }
        Sha256::of(&octets)
    }

    /// A row as it was read back.
    pub(crate) fn values(&self, row: &Row) -> Result<Vec<Value>, LedgerError> {
        let mut values = vec![Value::Int(Some(row.get("position")?))];
        for (column, kind) in self.columns {
            values.push(match kind {
                Kind::Int => Value::Int(row.maybe(column)?),
                Kind::Text => Value::Text(row.maybe(column)?),
                Kind::Octets => Value::Octets(row.maybe(column)?),
            });
        }
        Ok(values)
    }
}

/// One value: its kind, whether it is there, its length, its octets.
fn append(octets: &mut Vec<u8>, kind: u8, value: Option<&[u8]>) {
    octets.push(kind);
    match value {
        None => octets.push(0),
        Some(value) => {
            octets.push(1);
            octets.extend((value.len() as u32).to_be_bytes());
            octets.extend(value);
        }
    }
}

/// The digest of all rows of one entry; zeros where there are none.
pub(crate) fn digest_of_rows(mut rows: Vec<Sha256>) -> Sha256 {
    if rows.is_empty() {
        return Sha256([0; 32]);
    }
    rows.sort_unstable();
    let octets: Vec<u8> = rows.iter().flat_map(|digest| digest.0).collect();
    Sha256::of(&octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::args;

    #[test]
    fn rows_that_differ_in_anything_have_different_digests() {
        let sound = args![1i64, vec![1u8; 16], 5i64];
        for other in [
            args![2i64, vec![1u8; 16], 5i64],
            args![1i64, vec![2u8; 16], 5i64],
            args![1i64, vec![1u8; 16], 6i64],
            args![1i64, vec![1u8; 16], None::<i64>],
        ] {
            assert_ne!(DISMISSAL.digest(&other), DISMISSAL.digest(&sound));
        }
    }

    #[test]
    fn the_order_in_which_rows_are_read_does_not_matter() {
        let (one, other) = (Sha256([1; 32]), Sha256([2; 32]));
        assert_eq!(digest_of_rows(vec![one, other]), digest_of_rows(vec![other, one]));
        assert_ne!(digest_of_rows(vec![one]), digest_of_rows(vec![one, one]));
        assert_eq!(digest_of_rows(Vec::new()), Sha256([0; 32]));
    }
}
