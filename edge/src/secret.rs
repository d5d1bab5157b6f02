//! Where secrets come from: a file, a variable or a prompt; never the command line, which every
//! other program of the machine can read.

use std::path::Path;

use akashi_keys::{KeyError, Passphrase};

/// Why a secret was not to be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("the file {file} with the {what} cannot be read: {source}")]
    File {
        /// Which secret.
        what: &'static str,
        /// Which file.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Nobody is there to be asked.
    #[error(
        "the {what} is needed: give it in a file (--{option}), in the variable {variable}, or at a terminal"
    )]
    Nobody {
        /// Which secret.
        what: &'static str,
        /// The option that names a file.
        option: &'static str,
        /// The variable.
        variable: &'static str,
    },
    /// A new secret was typed twice, and not the same.
    #[error("the two entries of the {what} are not the same: nothing was changed; begin again")]
    Differ {
        /// Which secret.
        what: &'static str,
    },
    /// It protects nothing.
    #[error(transparent)]
    Unfit(#[from] KeyError),
}

/// One secret of the program.
#[derive(Debug, Clone, Copy)]
pub struct Secret {
    /// For people.
    pub what: &'static str,
    /// The option that names a file with it.
    pub option: &'static str,
    /// The variable that may hold it.
    pub variable: &'static str,
}

/// Opens the authority's keys.
pub const PASSPHRASE: Secret = Secret {
    what: "passphrase of the authority's keys",
    option: "passphrase-file",
    variable: "AKASHI_PASSPHRASE",
};

/// Opens an officer's token.
pub const TOKEN_PASSWORD: Secret = Secret {
    what: "password of the token",
    option: "password-file",
    variable: "AKASHI_TOKEN_PASSWORD",
};

/// Opens a terminal's key.
pub const TERMINAL_PASSWORD: Secret = Secret {
    what: "password of the terminal's key",
    option: "terminal-password-file",
    variable: "AKASHI_TERMINAL_PASSWORD",
};

/// Opens the municipality's PKCS#11 token.
pub const PKCS11_PIN: Secret = Secret {
    what: "PIN of the municipality's token",
    option: "pkcs11-pin-file",
    variable: "AKASHI_PKCS11_PIN",
};

/// The resident's signing PIN, for the desk on the command line.
pub const PIN: Secret = Secret { what: "signing PIN", option: "pin-file", variable: "AKASHI_PIN" };

/// The signing PIN that takes its place.
pub const NEW_PIN: Secret =
    Secret { what: "new signing PIN", option: "new-pin-file", variable: "AKASHI_NEW_PIN" };

impl Secret {
    /// Reads the secret: from the file where one is given, else from the variable, else by asking.
    /// One line end at its end is not a part of it.
    pub fn read(self, file: Option<&Path>) -> Result<String, SecretError> {
        match self.given(file)? {
            Some(text) => Ok(text),
            None => self.prompt(""),
        }
    }

    /// The same for a secret that is new: at a terminal it is asked for twice, since nobody sees
    /// what is typed.
    pub fn read_new(self, file: Option<&Path>) -> Result<String, SecretError> {
        if let Some(text) = self.given(file)? {
            return Ok(text);
        }
        let (text, again) = (self.prompt("")?, self.prompt(" once more")?);
        if text == again { Ok(text) } else { Err(SecretError::Differ { what: self.what }) }
    }

    /// The secret of the file or of the variable.
    fn given(self, file: Option<&Path>) -> Result<Option<String>, SecretError> {
        let text = match (file, std::env::var(self.variable)) {
            (Some(file), _) => std::fs::read_to_string(file).map_err(|source| {
                SecretError::File { what: self.what, file: file.display().to_string(), source }
            })?,
            (None, Ok(text)) => text,
            (None, Err(_)) => return Ok(None),
        };
        Ok(Some(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text)))
    }

    /// Asks at the terminal, without an echo.
    fn prompt(self, more: &str) -> Result<String, SecretError> {
        let Self { what, option, variable } = self;
        rpassword::prompt_password(format!("{what}{more}: ")).map_err(|_| SecretError::Nobody {
            what,
            option,
            variable,
        })
    }

    /// Reads a passphrase that is long enough to protect keys.
    pub fn read_passphrase(self, file: Option<&Path>) -> Result<Passphrase, SecretError> {
        Ok(Passphrase::new(self.read(file)?)?)
    }
}
