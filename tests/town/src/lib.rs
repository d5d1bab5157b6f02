//! A whole small world to play in: an authority that serves, a registry, desks, an agency and cards,
//! on a clock that is moved by hand. Demonstration, tests and benchmarks stand in it; no program of
//! production is linked with it.

pub mod card_key;
pub mod filler;
pub mod house;
mod machine;
mod paper_card;
mod program;
mod world;

pub use filler::Filler;
pub use machine::SimulatedMachine;
pub use paper_card::PaperCard;
pub use program::program;
pub use world::{
    CHEAP, FEW_ITERATIONS, PASSPHRASE, SecurityOfficers, Setting, World, by_two, kept_by,
};

/// What goes wrong in a town.
#[derive(Debug, thiserror::Error)]
pub enum TownError {
    /// Something took longer than a minute.
    #[error("waited a minute in vain until {0}")]
    Waited(&'static str),
    /// An answer of another kind than asked for.
    #[error("an unexpected answer: {0}")]
    Unexpected(&'static str),
    /// The desk.
    #[error(transparent)]
    Desk(#[from] akashi_ra_console::DeskError),
    /// The authority.
    #[error(transparent)]
    House(#[from] crate::house::HouseError),
    /// Its directory.
    #[error(transparent)]
    Open(#[from] akashi_edge::OpenError),
    /// Its making.
    #[error(transparent)]
    Init(#[from] akashi::init::InitError),
    /// The book.
    #[error(transparent)]
    Ledger(#[from] akashi_ledger::LedgerError),
    /// A key.
    #[error(transparent)]
    Key(#[from] akashi_keys::KeyError),
    /// A link.
    #[error(transparent)]
    Link(#[from] akashi_link::LinkError),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] akashi_registry::RegistryError),
    /// The feed.
    #[error(transparent)]
    Send(#[from] akashi_registry::http::SendError),
    /// A card.
    #[error(transparent)]
    Card(#[from] akashi_card::CardError),
    /// A file or socket.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
