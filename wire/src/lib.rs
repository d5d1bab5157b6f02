//! Nouns, and what travels between desk, registry and authority.
//!
//! Types only: no SQL, no private key, no issuing code, no clock. Whatever comes from outside is
//! parsed once, here, into a type that cannot hold nonsense. Two groups of files:
//!
//! * nouns: [`serial`], [`reason`], [`four_items`], [`resident_code`], [`date`], [`municipality`];
//! * messages: [`signed`] and [`signed_data`] (CMS), [`act`] (what an officer asks), [`idou`] and
//!   [`batch`] (what the registry reports), [`lookup`] (what the authority asks the registry), [`journal`]
//!   (what a counter did while it could not ask), [`rekey`] (what a party asks that wants another key);
//! * [`bounds`]: how long each text and each list from outside may be.

pub mod act;
pub mod alarm;
pub mod batch;
pub mod bounds;
pub mod clock;
pub mod date;
pub mod deletion;
pub mod ending;
pub mod founding;
pub mod four_items;
pub mod holder;
pub mod idou;
pub mod journal;
pub mod known;
pub mod lookup;
pub mod octets;
pub mod order;
pub mod party;
pub mod pki;
pub mod reason;
pub mod recovery;
pub mod rekey;
pub mod resident_code;
pub mod scope;
pub mod serial;
pub mod signed;
pub mod signed_data;
pub mod time;
pub mod time_word;
pub mod validity;

/// Municipalities, their codes and names: a crate of its own, which the lint knows too.
pub use akashi_municipality as municipality;

pub use act::{Act, Answer, CaseId, Deed, RequestId};
pub use alarm::Alarm;
pub use clock::{Clock, Reading};
pub use deletion::DeletionMonth;
pub use ending::Ending;
pub use four_items::{BirthDate, FourItems, Sex};
pub use idou::{Idou, IdouKind};
pub use municipality::MunicipalityCode;
pub use order::{Order, OrderDoor};
pub use reason::RevocationReason;
pub use recovery::RecoveryRequest;
pub use rekey::RekeyRequest;
pub use resident_code::{CodeCommitment, CodeOpening, ResidentCode};
pub use scope::Scope;
pub use serial::SerialNumber;
pub use signed::{SignedMessage, Verified};
