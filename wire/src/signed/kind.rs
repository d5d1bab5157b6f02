//! What a signed message is: its content type (RFC 5652 §5.2, §11.1).

use der::asn1::ObjectIdentifier;

/// What a signed message says of itself, in the part that is signed, so that a signature given for one
/// thing is good for no other: a text that a resident signs with the card is no application, a batch
/// no act.
///
/// ```asn1
/// EncapsulatedContentInfo ::= SEQUENCE {
///      eContentType ContentType,
///      eContent [0] EXPLICIT OCTET STRING OPTIONAL }
/// ContentType ::= OBJECT IDENTIFIER
/// ```
///
/// The identifiers lie under the documentation arc (RFC 5612), since no standard names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// An officer's [`Act`](crate::Act).
    Act,
    /// A source's batch of 異動 ([`crate::batch`]).
    Batch,
    /// The authority's question to a register ([`crate::lookup`]).
    LookUpQuestion,
    /// A register's answer to a look-up ([`crate::lookup`]).
    LookUpAnswer,
    /// A line of a terminal's journal ([`crate::journal`]).
    JournalLine,
    /// An order of the authority's own programs.
    Order,
    /// What the scheduler signs about the head of the audit chain.
    ChainHead,
    /// A holder's application ([`crate::holder`]).
    HolderApplication,
    /// The founding record of an authority.
    Founding,
    /// A register's answer to the question what time it is ([`crate::time`]).
    TimeAnswer,
    /// A party's request for another key ([`crate::rekey`]).
    RekeyRequest,
    /// What the recovery key asks for ([`crate::recovery`]).
    RecoveryRequest,
    /// A person's word on the time, given at the host ([`crate::time_word`]).
    TimeWord,
}

const fn under(number: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(number)
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Act,
        Self::Batch,
        Self::LookUpQuestion,
        Self::LookUpAnswer,
        Self::JournalLine,
        Self::Order,
        Self::ChainHead,
        Self::HolderApplication,
        Self::Founding,
        Self::TimeAnswer,
        Self::RekeyRequest,
        Self::RecoveryRequest,
        Self::TimeWord,
    ];

    /// Its content type.
    pub const fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Act => under("1.3.6.1.4.1.32473.2.1"),
            Self::Batch => under("1.3.6.1.4.1.32473.2.2"),
            Self::LookUpAnswer => under("1.3.6.1.4.1.32473.2.3"),
            Self::JournalLine => under("1.3.6.1.4.1.32473.2.4"),
            Self::Order => under("1.3.6.1.4.1.32473.2.5"),
            Self::ChainHead => under("1.3.6.1.4.1.32473.2.6"),
            Self::HolderApplication => under("1.3.6.1.4.1.32473.2.7"),
            Self::Founding => under("1.3.6.1.4.1.32473.2.8"),
            Self::LookUpQuestion => under("1.3.6.1.4.1.32473.2.9"),
            Self::TimeAnswer => under("1.3.6.1.4.1.32473.2.10"),
            Self::RekeyRequest => under("1.3.6.1.4.1.32473.2.11"),
            Self::RecoveryRequest => under("1.3.6.1.4.1.32473.2.12"),
            Self::TimeWord => under("1.3.6.1.4.1.32473.2.13"),
        }
    }

    /// In words, for whoever sent another kind.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Act => "an act",
            Self::Batch => "a batch of 異動",
            Self::LookUpQuestion => "a question to a register",
            Self::LookUpAnswer => "an answer to a look-up",
            Self::JournalLine => "a line of a journal",
            Self::Order => "an order of the authority",
            Self::ChainHead => "a head of the audit chain",
            Self::HolderApplication => "a holder's application",
            Self::Founding => "a founding record",
            Self::TimeAnswer => "an answer what time it is",
            Self::RekeyRequest => "a request for another key",
            Self::RecoveryRequest => "a request of the recovery key",
            Self::TimeWord => "a person's word on the time",
        }
    }
}

impl std::fmt::Display for MessageKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
