//! A PKCS#11 module, and the token in it.

use std::fs::File;
use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::slot::Slot;

use crate::TokenError;

/// Loads a module; also opens its file, whose lock is for whoever counts.
pub(crate) fn load(file: &Path) -> Result<(Pkcs11, File), TokenError> {
    let none = |why: String| TokenError::NoModule { file: file.into(), why };
    // Without a path the system would look for a module of this name somewhere.
    let lock = File::open(file).map_err(|error| none(error.to_string()))?;
    let file = file.canonicalize().map_err(|error| none(error.to_string()))?;
    let module = Pkcs11::new(&file).map_err(|error| none(error.to_string()))?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // Somebody else in this process has it.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok((module, lock)),
        Err(error) => Err(TokenError::NotStarted { file, why: error.to_string() }),
    }
}

/// The slot of the only token with this label, and the token's own serial number.
pub(crate) fn find(module: &Pkcs11, label: &str) -> Result<(Slot, String), TokenError> {
    let failed = |error| TokenError::of(label, error);
    let (mut found, mut there) = (Vec::new(), Vec::new());
    for slot in module.get_slots_with_initialized_token().map_err(failed)? {
        let token = module.get_token_info(slot).map_err(failed)?;
        if token.label() == label {
            found.push((slot, token.serial_number().to_owned()));
        }
        there.push(format!("“{}”", token.label()));
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 if there.is_empty() => {
            Err(TokenError::NoToken { label: label.into(), there: "none".into() })
        }
        0 => Err(TokenError::NoToken { label: label.into(), there: there.join(", ") }),
        count => Err(TokenError::SeveralTokens { label: label.into(), count }),
    }
}
