//! What is derived, held against the evidence that it is derived of.
//!
//! Each rule is one statement, which sees one moment of the book: it may be asked while others write.

use akashi_wire::octets::Sha256;
use serde::Serialize;

use crate::row::Row;
use crate::store::args;
use crate::{Ledger, LedgerError, ReadsAll};

/// A row of a derived table that its evidence does not give, or one that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The derived table.
    pub table: &'static str,
    /// What is wrong.
    pub what: &'static str,
    /// Which: a serial number, a source, an event.
    pub which: String,
}

struct Rule {
    table: &'static str,
    what: &'static str,
    /// Gives what breaks the rule, at most [`MOST`] of it.
    sql: &'static str,
    reads: fn(&Row) -> Result<String, LedgerError>,
}

/// So many of each rule are told: one is enough to look. (A batch has at most 200,000 events, `EVENTS` in
/// `wire/bounds.rs`: an event is sought in the batches that begin so far before it.)
pub(crate) const MOST: i64 = 10;

fn serial(row: &Row) -> Result<String, LedgerError> {
    row.get("serial").map(hex::encode::<Vec<u8>>)
}

fn group(row: &Row) -> Result<String, LedgerError> {
    row.get("group_id").map(hex::encode::<Vec<u8>>)
}

fn named(row: &Row) -> Result<String, LedgerError> {
    row.get("named")
}

const RULES: &[Rule] = &[
    Rule {
        table: "standing_alarm",
        what: "the chain has not begun it, or has told that it is over",
        sql: "SELECT CAST(position AS TEXT) AS named FROM standing_alarm WHERE NOT EXISTS
              (SELECT 1 FROM audit WHERE audit.position = standing_alarm.position
               AND verb = 'alarm' AND subject = standing_alarm.alarm)
              OR CAST(position AS TEXT) IN (SELECT subject FROM audit WHERE verb = 'alarm_over')
              LIMIT $1",
        reads: named,
    },
    Rule {
        table: "standing_alarm",
        what: "it was begun and is not over, and nobody sees it",
        sql: "SELECT CAST(position AS TEXT) AS named FROM audit WHERE verb = 'alarm'
              AND NOT EXISTS (SELECT 1 FROM standing_alarm
                              WHERE standing_alarm.position = audit.position)
              AND CAST(position AS TEXT) NOT IN (SELECT subject FROM audit WHERE verb = 'alarm_over')
              LIMIT $1",
        reads: named,
    },
    Rule {
        table: "standing_alarm",
        what: "somebody signed for it of whose act the chain does not tell",
        sql: "SELECT CAST(position AS TEXT) AS named FROM standing_alarm WHERE signed_by IS NOT NULL
              AND CAST(position AS TEXT) NOT IN
              (SELECT subject FROM audit WHERE verb = 'sign_for_alarm') LIMIT $1",
        reads: named,
    },
    Rule {
        table: "intended",
        what: "it has a standing, and waits to be voided",
        sql: "SELECT serial FROM intended WHERE EXISTS
              (SELECT 1 FROM status WHERE status.serial = intended.serial) LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "intended",
        what: "it was recorded and has no standing, and nothing will ever void it",
        sql: "SELECT serial FROM certificate WHERE NOT EXISTS
              (SELECT 1 FROM status WHERE status.serial = certificate.serial)
              AND NOT EXISTS (SELECT 1 FROM intended WHERE intended.serial = certificate.serial)
              LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "intended",
        what: "there is no such certificate",
        sql: "SELECT serial FROM intended WHERE NOT EXISTS
              (SELECT 1 FROM certificate WHERE certificate.serial = intended.serial) LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "living",
        what: "it was revoked or voided, and keeps its holder from a certificate",
        sql: "SELECT serial FROM living WHERE EXISTS
              (SELECT 1 FROM status WHERE status.serial = living.serial AND change IN (3, 4))
              LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "living",
        what: "it is in force, and its holder could have another beside it",
        sql: "SELECT certificate.serial FROM certificate, chain_head
              WHERE one = 1 AND certificate.not_after >= chain_head.at AND NOT EXISTS
              (SELECT 1 FROM status WHERE status.serial = certificate.serial AND change IN (3, 4))
              AND NOT EXISTS (SELECT 1 FROM living WHERE living.serial = certificate.serial)
              LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "living",
        what: "it lives as somebody else's",
        sql: "SELECT living.serial FROM living
              LEFT JOIN certificate_person ON certificate_person.serial = living.serial
              WHERE certificate_person.person IS NULL OR certificate_person.person <> living.person
              LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "certificate_person",
        what: "it is nobody's",
        sql: "SELECT certificate.serial FROM certificate WHERE NOT EXISTS
              (SELECT 1 FROM certificate_person JOIN person
               ON person.person = certificate_person.person
               WHERE certificate_person.serial = certificate.serial) LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "certificate_items",
        what: "nothing is known of what it states",
        sql: "SELECT certificate.serial FROM certificate WHERE NOT EXISTS
              (SELECT 1 FROM certificate_items
               WHERE certificate_items.serial = certificate.serial) LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "stated_index",
        what: "it is found, and is no longer in force",
        sql: "SELECT DISTINCT serial FROM stated_index WHERE NOT EXISTS
              (SELECT 1 FROM living WHERE living.serial = stated_index.serial) LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "stated_index",
        what: "it is in force, and is not found by what it states",
        sql: "SELECT living.serial FROM living WHERE EXISTS
              (SELECT 1 FROM status WHERE status.serial = living.serial) AND NOT EXISTS
              (SELECT 1 FROM stated_index WHERE stated_index.serial = living.serial) LIMIT $1",
        reads: serial,
    },
    Rule {
        table: "idou",
        what: "no batch has brought it",
        sql: "SELECT source || ' ' || CAST(sequence AS TEXT) AS named FROM idou WHERE NOT EXISTS
              (SELECT 1 FROM batch WHERE batch.source = idou.source
               AND batch.first <= idou.sequence AND batch.first > idou.sequence - 200000
               AND idou.sequence < batch.first + batch.count)
              LIMIT $1",
        reads: named,
    },
    Rule {
        table: "idou",
        what: "an event of this batch is missing",
        sql: "SELECT source || ' ' || CAST(first AS TEXT) AS named FROM batch WHERE count >
              (SELECT COUNT(*) FROM idou WHERE idou.source = batch.source
               AND batch.first <= idou.sequence AND idou.sequence < batch.first + batch.count)
              LIMIT $1",
        reads: named,
    },
    Rule {
        table: "batch_content",
        what: "a batch has none",
        sql: "SELECT source || ' ' || CAST(first AS TEXT) AS named FROM batch WHERE NOT EXISTS
              (SELECT 1 FROM batch_content WHERE batch_content.position = batch.position) LIMIT $1",
        reads: named,
    },
    Rule {
        table: "batch_content",
        what: "there is no such batch",
        sql: "SELECT CAST(position AS TEXT) AS named FROM batch_content WHERE NOT EXISTS
              (SELECT 1 FROM batch WHERE batch.position = batch_content.position) LIMIT $1",
        reads: named,
    },
    Rule {
        table: "source",
        what: "next_expected is wrong: an event below it is missing, or the event with that number is here",
        sql: "SELECT municipality AS named FROM source WHERE next_expected - 1 <>
              (SELECT COUNT(*) FROM idou WHERE idou.source = source.municipality
               AND idou.sequence < source.next_expected)
              OR EXISTS (SELECT 1 FROM idou WHERE idou.source = source.municipality
                         AND idou.sequence = source.next_expected) LIMIT $1",
        reads: named,
    },
    Rule {
        table: "source",
        what: "its batches are here, and nobody watches for what is missing",
        sql: "SELECT DISTINCT batch.source AS named FROM batch WHERE NOT EXISTS
              (SELECT 1 FROM source WHERE source.municipality = batch.source) LIMIT $1",
        reads: named,
    },
    Rule {
        table: "inquiry",
        what: "it is no line of its group as the chain entered it: whoever writes for responder or repository added it",
        sql: "SELECT DISTINCT inquiry.group_id FROM inquiry
              JOIN inquiry_entered ON inquiry_entered.group_id = inquiry.group_id
              WHERE inquiry.ordinal < 0 OR inquiry.ordinal >= inquiry_entered.count LIMIT $1",
        reads: group,
    },
    Rule {
        table: "inquiry",
        what: "nothing has the chain enter its group",
        sql: "SELECT DISTINCT inquiry.group_id FROM inquiry WHERE NOT EXISTS
              (SELECT 1 FROM inquiry_new WHERE inquiry_new.group_id = inquiry.group_id)
              AND NOT EXISTS
              (SELECT 1 FROM inquiry_entered WHERE inquiry_entered.group_id = inquiry.group_id)
              LIMIT $1",
        reads: group,
    },
    Rule {
        table: "modulus",
        what: "its key is compared with no other",
        sql: "SELECT certificate.serial FROM certificate WHERE NOT EXISTS
              (SELECT 1 FROM modulus WHERE modulus.position = certificate.position
               AND modulus.serial = certificate.serial) LIMIT $1",
        reads: serial,
    },
];

impl<R: ReadsAll> Ledger<R> {
    /// Holds every derived table against its evidence, as far as that can be done without a key. Empty where
    /// nothing differs; of each rule a few are told.
    pub async fn verify_derived(&self) -> Result<Vec<Difference>, LedgerError> {
        let mut differences = Vec::new();
        for Rule { table, what, sql, reads } in RULES {
            for row in &self.store.rows(*sql, args![MOST]).await? {
                differences.push(Difference { table, what, which: reads(row)? });
            }
        }
        self.verify_moduli(&mut differences).await?;
        self.verify_batch_texts(&mut differences).await?;
        self.verify_told(&mut differences).await?;
        Ok(differences)
    }

    /// A modulus that is compared is the one of the key that was certified.
    async fn verify_moduli(&self, differences: &mut Vec<Difference>) -> Result<(), LedgerError> {
        let sql = "SELECT certificate.serial, certificate.public_key, modulus.modulus
                   FROM certificate JOIN modulus ON modulus.position = certificate.position
                   WHERE certificate.position > $1 AND certificate.position <= $2";
        let mut told = 0;
        self.store
            .each(sql, args![0, i64::MAX], |row| {
                let key = key_of(&row.get::<Vec<u8>>("modulus")?);
                if told < MOST && key != row.get("public_key")? {
                    told += 1;
                    let what = "it is not that of the certified key";
                    differences.push(Difference { table: "modulus", what, which: serial(&row)? });
                }
                Ok(())
            })
            .await
    }
}

impl<R: ReadsAll> Ledger<R> {
    /// The sealed text of a batch is the one that was accepted.
    async fn verify_batch_texts(
        &self,
        differences: &mut Vec<Difference>,
    ) -> Result<(), LedgerError> {
        let sql = "SELECT source || ' ' || CAST(first AS TEXT) AS named, text_digest, sealed_text
                   FROM batch JOIN batch_content ON batch_content.position = batch.position
                   WHERE batch.position > $1 AND batch.position <= $2";
        let mut told = 0;
        self.store
            .each(sql, args![0, i64::MAX], |row| {
                let text = Sha256::of(&row.get::<Vec<u8>>("sealed_text")?);
                if told < MOST && text != row.get("text_digest")? {
                    told += 1;
                    let what = "it is not the text that was accepted";
                    differences.push(Difference {
                        table: "batch_content",
                        what,
                        which: named(&row)?,
                    });
                }
                Ok(())
            })
            .await
    }
}

/// SHA-256 of the SubjectPublicKeyInfo of an RSA key of 2048 bits with this modulus and exponent 65537 (RFC
/// 3279 §2.3.1): what the book keeps of a certified key.
fn key_of(modulus: &[u8]) -> Sha256 {
    const BEGIN: [u8; 33] = [
        0x30, 0x82, 1, 0x22, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0,
        0x03, 0x82, 1, 0x0f, 0, 0x30, 0x82, 1, 0x0a, 2, 0x82, 1, 1, 0,
    ];
    Sha256::of(&[&BEGIN, modulus, &[2, 3, 1, 0, 1]].concat())
}
