//! A person's word on the time, given at the authority's host, where no door needs to open for it: a door of an
//! authority whose time is wrong by years lets nobody in.
//!
//! The word is a CMS SignedData of the kind [`TimeWord`](crate::signed::MessageKind::TimeWord) whose content is the
//! JSON of a [`TimeWord`]. It counts together with another person's about the same, and for nothing else: it names
//! what stands in the book by its position and its hash.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::act::Deed;
use crate::bounds;
use crate::octets::Sha256;
use crate::party::Role;

/// So near to the machine's clock the time must be that a person reads elsewhere.
pub const AGREES: SignedDuration = SignedDuration::from_mins(1);

/// What one person signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeWord {
    /// SHA-256 of the certificate of the authority that is meant.
    pub authority: Sha256,
    /// What time it is, as the person reads it from a clock that is not the machine's.
    #[serde(deserialize_with = "bounds::moment")]
    pub time: Timestamp,
    /// What the person says of the book.
    pub says: Saying,
}

/// What is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "snake_case", deny_unknown_fields)]
pub enum Saying {
    /// The machine's clock, which is in doubt, is right.
    Right {
        /// The entry that put it in doubt.
        doubt: i64,
    },
    /// The book's newest entries bear a time that has not come yet: it goes on from now.
    BringBack {
        /// The first entry whose time is wrong.
        first: i64,
        /// The newest entry: what comes after it was not meant.
        head: i64,
        /// The hash of the chain there.
        hash: Sha256,
    },
}

impl TimeWord {
    /// Whether somebody of this role may say so: as at a counter, and to bring a time back nobody whose power is
    /// that of one town.
    pub fn is_for(&self, role: &Role) -> bool {
        match self.says {
            Saying::Right { .. } => Deed::AcceptClock.is_for(role),
            Saying::BringBack { .. } => {
                matches!(role, Role::SecurityOfficer | Role::Operator)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_brought_back_by_the_offices_own_and_accepted_by_whoever_may_at_a_counter() {
        let municipality = "312029".parse().unwrap();
        let word =
            |says| TimeWord { authority: Sha256([0; 32]), time: Timestamp::UNIX_EPOCH, says };
        let right = word(Saying::Right { doubt: 1 });
        let back = word(Saying::BringBack { first: 1, head: 2, hash: Sha256([0; 32]) });
        for (role, may_accept, may_bring_back) in [
            (Role::SecurityOfficer, true, true),
            (Role::Operator, true, true),
            (Role::Officer { municipality }, true, false),
            (Role::Supervisor { municipality }, true, false),
            (Role::TownAdministrator { municipality }, false, false),
            (Role::HoldDesk { municipality }, false, false),
            (Role::Auditor, false, false),
            (Role::Scheduler, false, false),
            (Role::Terminal { municipality }, false, false),
            (Role::Source { municipality }, false, false),
            (Role::Recovery, false, false),
        ] {
            assert_eq!(right.is_for(&role), may_accept, "{}", role.name());
            assert_eq!(back.is_for(&role), may_bring_back, "{}", role.name());
        }
    }
}
