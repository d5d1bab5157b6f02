//! Batches of a source by hand, layer by layer (docs/interfaces.md §6).

use akashi_registry::TownIdentity;
use akashi_wire::CodeOpening;
use akashi_wire::batch::signed_form;
use akashi_wire::signed::MessageKind;
use serde_json::{Value, json};

use crate::question::base64;

/// What a source can make: every layer by hand.
pub struct Feed<'a> {
    pub source: &'a TownIdentity,
    pub now: jiff::Timestamp,
    pub first: u64,
}

impl Feed<'_> {
    pub fn header(&self, count: u64) -> Value {
        let source = self.source.municipality;
        json!({"source": source, "first": self.first, "count": count, "created_at": self.now})
    }

    /// A change of nothing (改製) of nobody's record, and its opening.
    pub fn event(&self) -> (Value, Value) {
        let opening = CodeOpening::new(&"01234567890".parse().unwrap(), [7; 32]);
        let event = json!({
            "source": self.source.municipality, "sequence": self.first,
            "resident": opening.commitment(), "history_number": 1, "kind": "kaisei",
            "effective_date": {"form": "unknown"}, "processed_at": self.now,
        });
        (event, json!({"resident": opening}))
    }

    pub fn sign(&self, text: &[u8]) -> Vec<u8> {
        self.source.sign(MessageKind::Batch, &signed_form(text), self.now).unwrap().0
    }

    pub fn seal(&self, envelope: &[u8]) -> Vec<u8> {
        akashi_keys::seal_to(&self.source.recipient, envelope).unwrap()
    }

    pub fn envelope(&self, signed: &[u8], text: &[u8], openings: &[Value]) -> Vec<u8> {
        json!({"signed": base64(signed), "text": base64(text), "openings": openings})
            .to_string()
            .into_bytes()
    }

    /// A text, all the rest in order.
    pub fn text(&self, text: &[u8], openings: &[Value]) -> Vec<u8> {
        self.seal(&self.envelope(&self.sign(text), text, openings))
    }

    /// A header of one event, and this line; all the rest in order.
    pub fn line(&self, line: &str) -> Vec<u8> {
        let text = format!("{}\n{line}\n", self.header(1));
        self.text(text.as_bytes(), &[self.event().1])
    }

    /// A sound event with one member in another form.
    pub fn with(&self, member: &str, value: Value) -> Vec<u8> {
        let mut event = self.event().0;
        event[member] = value;
        self.line(&event.to_string())
    }

    pub fn openings(&self, openings: &[Value]) -> Vec<u8> {
        let text = format!("{}\n{}\n", self.header(1), self.event().0);
        self.text(text.as_bytes(), openings)
    }
}
