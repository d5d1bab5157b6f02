//! What can go wrong with keys.

use std::path::PathBuf;

/// Why a key could not be made, kept, opened or used. Never repeats a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The passphrase does not open the custody.
    #[error("the passphrase does not open the keys in {0}: check it and try again")]
    WrongPassphrase(PathBuf),
    /// A passphrase that is too short to protect anything.
    #[error("the passphrase has {0} characters; at least {min} are needed", min = crate::Passphrase::MIN)]
    ShortPassphrase(usize),
    /// Others than its owner may read or write what holds keys.
    #[error(
        "{} is open to others than its owner (mode {mode:o}): chmod go-rwx it; whoever read it has it, closed with the passphrase", .file.display()
    )]
    OpenToOthers {
        /// The file or directory.
        file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// There is no such key here.
    #[error(
        "there is no key “{name}” in {dir}: this directory holds another authority, was founded by an earlier version that had no such key, or its keys were moved; bring the key back, or use `akashi init` in another directory"
    )]
    Missing {
        /// The name of the key.
        name: String,
        /// Where it was sought.
        dir: PathBuf,
    },
    /// There is a key already; nothing is ever overwritten.
    #[error("there is a key “{name}” in {dir} already: keys are never overwritten")]
    Exists {
        /// The name of the key.
        name: String,
        /// Where it lies.
        dir: PathBuf,
    },
    /// The next key waits for its enrolment.
    #[error(
        "the next key of “{name}” is not enrolled yet, and the one in use is: nothing was done; two security officers enrol the next one first (desk enrol, countersign)"
    )]
    NotEnrolledYet {
        /// The name of the key.
        name: String,
    },
    /// Another key is enrolled than those that are here.
    #[error("neither the next key of “{name}” nor the one in use is the one that is enrolled")]
    NotTheKey {
        /// The name of the key.
        name: String,
    },
    /// The shares of the recovery key do not open it, or none can be made so.
    #[error("the shares of the recovery key: {0}")]
    Shares(String),
    /// A file is not what it should be.
    #[error("{file} is damaged: {what}. Restore it from the backup")]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Reading or writing failed.
    #[error("{file}: {source}")]
    File {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// A PKCS#12 file cannot be opened.
    #[error(
        "the token {0} cannot be opened: wrong password, or not a PKCS#12 file with one key and its certificate"
    )]
    Token(PathBuf),
    /// Octets sealed for another place, by another key, or changed.
    #[error(
        "sealed data of {place} cannot be opened: it was changed, or sealed with a key that is not in custody"
    )]
    Sealed {
        /// Table and row.
        place: String,
    },
    /// The key of content that is, or was, to be deleted in a month.
    #[error(
        "the key of content {number} {}",
        if *destroyed { "was destroyed: what was sealed under it is deleted" }
        else { "is not here: bring back content-keys/ beside the custody from a copy on its list" }
    )]
    ContentKey {
        /// YYYYMM: the month of deletion.
        number: u32,
        /// Whether it was destroyed here, or never was here.
        destroyed: bool,
    },
    /// A directory that is not to become a copy of the content keys.
    #[error("{to} is made no copy of the content keys: {what}; nothing was changed", to = .to.display())]
    NoCopy {
        /// The directory.
        to: PathBuf,
        /// Why not.
        what: String,
    },
    /// What came is no CMS in DER.
    #[error(
        "the message is no CMS ContentInfo in DER: encode it in DER (not BER with indefinite lengths, PEM or S/MIME), and send it alone"
    )]
    NotDer,
    /// A message that is not encrypted to this key, or was changed on the way.
    #[error(
        "the message is not encrypted to this authority (CMS AuthEnvelopedData, RSAES-OAEP with SHA-256, AES-256-GCM), or it was changed on the way"
    )]
    Envelope,
    /// A request for a certificate that is not well formed or not signed by its own key.
    #[error("the request for a certificate is not PKCS#10 signed by its own P-256 or RSA key")]
    Request,
    /// The cryptographic library refused.
    #[error("{0} failed in the cryptographic library")]
    Crypto(&'static str),
}

impl From<der::Error> for KeyError {
    fn from(_: der::Error) -> Self {
        Self::Crypto("encoding in DER")
    }
}
