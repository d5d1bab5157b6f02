//! What can go wrong with a token, and what to do about it.

use std::io;
use std::path::PathBuf;

use cryptoki::error::{Error, RvError};

/// Why a token did not do what was asked. Never repeats the PIN.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// There is no module in this file.
    #[error(
        "there is no PKCS#11 module {file}: give the path of the file that came with the token ({why})"
    )]
    NoModule {
        /// Where it was sought.
        file: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The module is there, and does not begin its work.
    #[error(
        "the PKCS#11 module {file} is there and does not start: look at its configuration, as the token's maker says; of \
         SoftHSM that is the file that SOFTHSM2_CONF names, and the directory in it ({why})"
    )]
    NotStarted {
        /// Which.
        file: PathBuf,
        /// What it says.
        why: String,
    },
    /// The module has other tokens.
    #[error("there is no token “{label}”: connect it, or give another label; there is: {there}")]
    NoToken {
        /// Which was asked for.
        label: String,
        /// Which are there.
        there: String,
    },
    /// Two tokens have the same label.
    #[error("{count} tokens have the label “{label}”: leave one of them connected")]
    SeveralTokens {
        /// The label.
        label: String,
        /// How many.
        count: usize,
    },
    /// The PIN is wrong.
    #[error("the PIN of the token “{0}” is wrong: a token locks itself after a few")]
    WrongPin(String),
    /// The PIN was wrong too often.
    #[error("the token “{0}” is locked: its security officer must give it a new PIN")]
    Locked(String),
    /// The token cannot compute a CMAC.
    #[error(
        "the token “{0}” has no CKM_AES_CMAC: keys of cards cannot be derived in it, use another"
    )]
    NoMechanism(String),
    /// The token has no master key, or no counts.
    #[error("the token “{label}” has no {what}: make it with `akashi token init`")]
    Missing {
        /// Of which token.
        label: String,
        /// What.
        what: &'static str,
    },
    /// Part of what `init` makes is there.
    #[error("the token “{label}” has a {what} already: nothing is ever overwritten")]
    Exists {
        /// Of which token.
        label: String,
        /// What.
        what: &'static str,
    },
    /// There are several keys or counts of the same name.
    #[error(
        "the token “{label}” has more than one {what}: nobody can tell which is meant, take it out of use"
    )]
    Several {
        /// Of which token.
        label: String,
        /// What.
        what: &'static str,
    },
    /// The master key is not kept as it must be.
    #[error("the master key in the token “{0}” may leave it: take it out of use and make another")]
    Extractable(String),
    /// A count is not eight octets, or at its end.
    #[error("the token “{0}” counts no more: take it out of use")]
    Count(String),
    /// The lock of the module's file.
    #[error("the PKCS#11 module {file} cannot be locked for counting: {source}")]
    Lock {
        /// The module.
        file: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Anything else of the token's.
    #[error("the token “{label}” failed: connect it anew and repeat ({why})")]
    Failed {
        /// Which.
        label: String,
        /// What the module says.
        why: String,
    },
}

impl TokenError {
    /// What a module says, as a sentence about its token.
    pub(crate) fn of(label: &str, error: Error) -> Self {
        let label = label.to_owned();
        match error {
            Error::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange, _) => Self::WrongPin(label),
            Error::Pkcs11(RvError::PinLocked, _) => Self::Locked(label),
            error => Self::Failed { label, why: error.to_string() },
        }
    }
}
