//! `akashi token`: the municipality's PKCS#11 token.

use std::path::PathBuf;

use akashi_token::{Purpose, Token};

use super::Failure;
use crate::secret::PKCS11_PIN;

/// The municipality's PKCS#11 token, which derives key set 2 of cards.
#[derive(clap::Subcommand)]
pub enum TokenCommand {
    /// Make the master key and the counts in an initialised token. Nothing is ever overwritten.
    Init(Named),
    /// Show the token's number and what it has counted.
    Show(Named),
}

/// The token that is meant.
#[derive(clap::Args)]
pub struct Named {
    #[command(flatten)]
    token: Municipal,
}

/// The municipality's token, where it is needed.
#[derive(clap::Args)]
pub struct Municipal {
    /// PKCS#11 module of the municipality's token.
    #[arg(long, value_name = "PATH", requires = "pkcs11_label")]
    pkcs11_module: Option<PathBuf>,
    /// Label of the municipality's token.
    #[arg(long, value_name = "LABEL", requires = "pkcs11_module")]
    pkcs11_label: Option<String>,
    /// File with the token's PIN; else AKASHI_PKCS11_PIN, else a prompt.
    #[arg(long, value_name = "FILE", requires = "pkcs11_module")]
    pkcs11_pin_file: Option<PathBuf>,
}

impl Municipal {
    /// Opens the token, if one was named.
    pub fn open(&self) -> Result<Option<Token>, Failure> {
        let (Some(module), Some(label)) = (&self.pkcs11_module, &self.pkcs11_label) else {
            return Ok(None);
        };
        let pin = PKCS11_PIN.read(self.pkcs11_pin_file.as_deref())?;
        Ok(Some(Token::open(module, label, &pin)?))
    }

    /// Opens the token, which must have been named.
    pub(super) fn required(&self) -> Result<Token, Failure> {
        let needed = "say which token: --pkcs11-module PATH and --pkcs11-label LABEL are needed";
        Ok(self.open()?.ok_or(needed)?)
    }
}

impl TokenCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let token = match self {
            Self::Init(named) => {
                let token = named.token.required()?;
                token.init()?;
                token
            }
            Self::Show(named) => named.token.required()?,
        };
        akashi_edge::say!("{:<12} {}", "token", token.serial());
        akashi_edge::say!("{:<12} {}", "uses", token.uses(Purpose::Reset)?);
        akashi_edge::say!("{:<12} {}", "cards_made", token.uses(Purpose::Make)?);
        Ok(())
    }
}
