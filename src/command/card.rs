//! `akashi card`.

mod certificate;
mod change_pin;
mod find;
mod revoke;
mod show;
mod sign;
mod status;
mod verify;
mod way;

use std::process::ExitCode;

use super::Failure;

pub use show::tell as show_card;
pub(super) use way::to_write;
pub use way::{AnyCard, OpenCardFile, take_card_files};

/// Cards in readers, and what a holder does with one.
#[derive(clap::Subcommand)]
pub enum CardCommand {
    /// Show a card's number, the tries left for its signing PIN, and its certificates.
    Show(show::Show),
    /// Show what the signing certificate says, in plain words, or write it to a file.
    Certificate(certificate::ShowCertificate),
    /// Ask the authority now whether the signing certificate is good.
    ///
    /// Exit code 0: good; 1: nobody can tell now; 2: revoked, on hold, expired or unknown.
    Status(status::Status),
    /// Check that the card is the prefecture's, by a fingerprint from paper.
    Verify(verify::Verify),
    /// Change the signing PIN (署名用暗証番号).
    ChangePin(change_pin::ChangePin),
    /// Sign a file: a detached signature (CMS, CAdES-BES) beside it.
    Sign(sign::Sign),
    /// End the signing certificate for good, over the card's own signature (失効申請).
    Revoke(revoke::Revoke),
}

impl CardCommand {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Show(show) => show.run()?,
            Self::Certificate(certificate) => certificate.run()?,
            Self::Status(status) => return status.run().await,
            Self::Verify(verify) => verify.run()?,
            Self::ChangePin(change) => change.run()?,
            Self::Sign(sign) => sign.run()?,
            Self::Revoke(revoke) => revoke.run().await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
