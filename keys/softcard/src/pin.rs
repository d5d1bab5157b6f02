//! PINs: verification, the counter of tries, and the one-shot window that sets them.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::status::Status;

/// Which of the two PINs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PinName {
    /// EF 0018.
    Authentication,
    /// EF 001B.
    Signing,
}

/// A PIN with its counter. A PIN that was never set is a locked one: no tries are left.
#[derive(Serialize, Deserialize)]
pub(crate) struct Pin {
    reference: Option<Reference>,
    /// Tries after a right PIN.
    limit: u8,
    /// Tries that remain.
    left: u8,
    /// Forgotten on reset and when the application is selected again.
    #[serde(skip)]
    verified: bool,
    /// The issuer lets the holder set one new PIN. Forgotten on reset.
    #[serde(skip)]
    window: bool,
}

/// What an entered PIN is compared with.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Reference(String);

impl Pin {
    /// A PIN that has not been set, with so many tries once it is.
    pub fn unset(limit: u8) -> Self {
        Self { reference: None, limit, left: 0, verified: false, window: false }
    }

    /// Tries that remain before the PIN locks.
    pub fn tries_left(&self) -> u8 {
        self.left
    }

    /// Whether the PIN was set and no tries are left for it.
    pub fn is_locked(&self) -> bool {
        self.reference.is_some() && self.left == 0
    }

    /// Compares an entered PIN. Whatever is not the PIN costs a try, well-formed or not.
    pub fn verify(&mut self, entered: &[u8]) -> Result<(), Status> {
        self.verified = false;
        let Some(reference) = self.reference.as_ref().filter(|_| self.left > 0) else {
            return Err(Status::PIN_LOCKED);
        };
        // The try is spent before the comparison, as on a chip that may lose power in between.
        self.left -= 1;
        if !reference.equals(entered) {
            return Err(Status::tries_left(self.left));
        }
        self.left = self.limit;
        self.verified = true;
        Ok(())
    }

    /// Refuses what needs the PIN while it has not been verified.
    pub fn require_verified(&self) -> Result<(), Status> {
        if self.verified { Ok(()) } else { Err(Status::SECURITY_NOT_SATISFIED) }
    }

    /// Opens the window for one new PIN.
    pub fn open_window(&mut self) {
        self.window = true;
    }

    /// Sets a new PIN after VERIFY or through the window, which it closes; unlocks.
    ///
    /// A PIN set through the window still has to be verified.
    pub fn set(&mut self, new: &[u8]) -> Result<(), Status> {
        if !self.window {
            self.require_verified()?;
        }
        self.reference = Some(Reference::parse(new)?);
        self.left = self.limit;
        self.window = false;
        Ok(())
    }

    /// Forgets that the PIN was verified.
    pub fn forget_verification(&mut self) {
        self.verified = false;
    }

    /// Power off or reset.
    pub fn reset(&mut self) {
        self.verified = false;
        self.window = false;
    }
}

impl Reference {
    /// 4 to 16 characters of A-Z and 0-9.
    fn parse(octets: &[u8]) -> Result<Self, Status> {
        let allowed = |octet: &u8| octet.is_ascii_uppercase() || octet.is_ascii_digit();
        if (4..=16).contains(&octets.len()) && octets.iter().all(allowed) {
            Ok(Self(octets.iter().map(|octet| char::from(*octet)).collect()))
        } else {
            Err(Status::WRONG_DATA)
        }
    }

    /// Compares without telling by its duration how many characters are right.
    fn equals(&self, entered: &[u8]) -> bool {
        let pairs = self.0.bytes().zip(entered);
        let difference = pairs.fold(0, |difference, (ours, theirs)| difference | (ours ^ theirs));
        self.0.len() == entered.len() && difference == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_wiped_when_it_is_dropped() {
        // What this does not compile with would not be wiped.
        fn wiped<T: ZeroizeOnDrop>(_: &T) {}
        let _: fn(&Reference) = wiped;
    }
}
