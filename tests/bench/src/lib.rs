//! Benchmarks of what the authority does, with everything on: durable book, lint, re-reading,
//! verification, audit. Each prints one JSON object a line ([`measure::Measurement`]), beside a
//! baseline measured in the same run. docs/performance.md keeps the figures.

pub mod book;
pub mod card;
pub mod crl;
pub mod feed;
pub mod issue;
pub mod measure;
pub mod moduli;
pub mod ocsp;

use akashi_town::TownError;

/// Why a benchmark could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The authority's directory.
    #[error(transparent)]
    Open(#[from] akashi_edge::OpenError),
    /// The world around it.
    #[error(transparent)]
    World(#[from] TownError),
    /// The authority.
    #[error(transparent)]
    Authority(#[from] akashi_ca::CaError),
    /// The desk.
    #[error(transparent)]
    Desk(#[from] akashi_ra_console::DeskError),
    /// The book.
    #[error(transparent)]
    Ledger(#[from] akashi_ledger::LedgerError),
    /// The CRL issuer.
    #[error(transparent)]
    Lists(#[from] akashi_crl::CrlError),
    /// The responder.
    #[error(transparent)]
    Responder(#[from] akashi_ocsp::OcspError),
    /// A key.
    #[error(transparent)]
    Key(#[from] akashi_keys::KeyError),
    /// A software card, or its virtual reader.
    #[error(transparent)]
    CardHost(#[from] akashi_cardhost::CardHostError),
    /// A card reader.
    #[error(transparent)]
    Reader(#[from] akashi_reader::ReaderError),
    /// A card.
    #[error(transparent)]
    Card(#[from] akashi_card::CardError),
    /// A file, or a program that is needed.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// Something else than what was asked for came back.
    #[error("the benchmark did not do what it should measure: {0}")]
    Wrong(String),
}
