//! An authority's directory, or a hand-out, opened: configuration, keys, certificates, and where everything lies.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use akashi_keys::{Custody, KeyError, NextKeys, OfficerToken, Passphrase, Signer, Vault};
use akashi_link::Identity;
use akashi_wire::party::Role;
use akashi_wire::{Clock, pki};

use crate::AuthorityLink;
use crate::config::{Config, ConfigError, LedgerRole};

/// Where the keys of content lie, in an authority's directory.
const CONTENT_KEYS: &str = "content-keys";
/// What tells an authority from others over the same book.
const HOLDER: &str = "authority.id";
/// Where the public keys lie that wait to be enrolled for the authority's own programs.
const NEXT_KEYS: &str = "next-keys";

/// An authority's directory, opened: configuration read, custody unlocked.
pub struct Opened {
    /// The directory: configuration, keys and certificates.
    pub dir: PathBuf,
    /// The authority's own directory, which is the same but for a hand-out: book, lists, what is published, keys of
    /// content.
    pub home: PathBuf,
    /// Its configuration, checked.
    pub config: Config,
    /// Its keys. A room's own machine holds only those that the room needs.
    pub custody: Custody,
}

/// Why a directory cannot be opened, or a service cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Key and certificate of one of the authority's own programs do not belong together.
    #[error(
        "keys/{name}.key in {} is not the key of certificates/{name}.der: `akashi identity complete` was interrupted, or one of the two was not brought here; do that again, or bring both",
        .dir.display()
    )]
    Identity {
        /// Whose: the name of its role.
        name: &'static str,
        /// The directory.
        dir: PathBuf,
    },
    /// The book is another authority's.
    #[error(
        "certificates/ca.der in {} is not of the authority whose book `ledger` of akashi.toml, its login or a variable leads to: give the address of its own book",
        .dir.display()
    )]
    OtherBook {
        /// The directory.
        dir: PathBuf,
    },
    /// A link.
    #[error(transparent)]
    Link(#[from] akashi_link::LinkError),
    /// Others than its owner and its owner's group may read or write the book.
    #[error(
        "{} is open to everybody on this machine (mode {mode:o}): chmod o-rwx it, and see who read or wrote it", .file.display()
    )]
    OpenBook {
        /// The book.
        file: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A certificate of the inner hierarchy is missing.
    #[error("{file}: {source}")]
    Certificate {
        /// Which file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process is this authority.
    #[error("{} is held by an authority that is up already: stop that one first", .dir.display())]
    Held {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory cannot be held.
    #[error("{}: {source}", .file.display())]
    Lock {
        /// The file that is locked.
        file: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The system gives too few descriptors.
    #[error(
        "{service} would serve nobody: this program may open {descriptors} files, and {needs} are needed at least; raise it (ulimit -n, LimitNOFILE)"
    )]
    Descriptors {
        /// Which service.
        service: &'static str,
        /// How many there are.
        descriptors: u64,
        /// How many are needed.
        needs: u64,
    },
    /// Somebody else listens there.
    #[error("{service} cannot listen on {address}: {source}. Is this authority up already?")]
    Listen {
        /// Which service.
        service: &'static str,
        /// Where.
        address: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Opened {
    /// Opens a directory.
    pub fn open(dir: &Path, passphrase: &Passphrase) -> Result<Self, OpenError> {
        let config = Config::read(dir)?;
        let book = config.ledger_address(dir, LedgerRole::Authority).ok();
        let book = book.as_deref().and_then(|book| book.strip_prefix("sqlite:"));
        if let Some(book) = book.map(Path::new) {
            closed_to_others(book)?;
        }
        let custody = Custody::open(&dir.join("keys"), passphrase)?;
        Ok(Self { dir: dir.into(), home: config.home(dir), config, custody })
    }

    /// Sees that the book is the one of the authority whose keys and certificates are here.
    ///
    /// # Errors
    /// [`OpenError::OtherBook`] where it is another's.
    pub fn is_of(&self, authority: &[u8]) -> Result<(), OpenError> {
        match self.certificate("ca")? == authority {
            true => Ok(()),
            false => Err(OpenError::OtherBook { dir: self.dir.clone() }),
        }
    }

    /// The ledger's address for a role.
    ///
    /// # Errors
    /// [`OpenError::Config`] where there is none.
    pub fn ledger(&self, role: LedgerRole) -> Result<String, ConfigError> {
        self.config.ledger_address(&self.dir, role)
    }

    /// The vault; the keys of its content lie in a store of their own, beside the custody.
    pub fn vault(&self) -> Result<Vault, KeyError> {
        self.custody.vault(&self.home.join(CONTENT_KEYS))
    }

    /// Which next keys of the authority's own programs wait to be enrolled.
    pub fn next_keys(&self) -> NextKeys {
        NextKeys::in_directory(&self.home.join(NEXT_KEYS))
    }

    /// What tells this authority from another one over the same book, through all of its starts: made with the first.
    pub fn holder(&self) -> Result<[u8; 16], KeyError> {
        let file = self.home.join(HOLDER);
        let failed = |source| KeyError::File { file: file.clone(), source };
        if !file.try_exists().map_err(failed)? {
            akashi_keys::write_durably(&file, &akashi_keys::random_octets::<16>()?)?;
        }
        let octets = std::fs::read(&file).map_err(failed)?;
        let what = || "it has 16 octets; remove it while this authority is down".to_owned();
        octets.try_into().map_err(|_| KeyError::Damaged { file: file.clone(), what: what() })
    }

    /// Where the list issuer hands over what it has signed.
    pub fn lists(&self) -> PathBuf {
        self.home.join("lists")
    }

    /// Where what is published lies.
    pub fn public(&self) -> PathBuf {
        self.home.join("public")
    }

    /// DER of a certificate of the inner hierarchy.
    pub fn certificate(&self, name: &str) -> Result<Vec<u8>, OpenError> {
        certificate(&self.dir, name)
    }

    /// Key and certificate of one of the authority's own programs ([`Role::is_own`]), which lie under the name of
    /// its role.
    ///
    /// # Errors
    /// [`OpenError::Key`] and [`OpenError::Certificate`] where they are not here, as on a machine of another program.
    pub fn own(&self, role: &Role) -> Result<OfficerToken, OpenError> {
        let name = role.name();
        let (key, certificate) = (self.custody.ec(name)?, self.certificate(name)?);
        if pki::public_key(&certificate).as_deref() != Some(key.public_key()) {
            return Err(OpenError::Identity { name, dir: self.dir.clone() });
        }
        Ok(OfficerToken::new(key, certificate, self.certificate("link")?))
    }

    /// Both ends of every link of such a program.
    pub fn own_link(&self, role: &Role) -> Result<Identity, OpenError> {
        let own = self.own(role)?;
        let certificate = own.certificate().to_vec();
        Ok(Identity {
            certificate,
            key: own.key().for_tls(),
            authority: own.link_authority().to_vec(),
        })
    }

    /// The way to the authority for such a program, which is not in its process.
    pub fn authority_link(
        &self,
        role: &Role,
        clock: Arc<dyn Clock>,
    ) -> Result<AuthorityLink, OpenError> {
        let url = format!("https://{}", self.config.listen.authority);
        Ok(AuthorityLink::new(&self.own_link(role)?, &url, Arc::new(move || clock.now()))?)
    }

    /// The server's end of the links at the authority's own doors.
    pub fn server(&self) -> Result<Identity, OpenError> {
        Ok(Identity {
            certificate: self.certificate("server")?,
            key: self.custody.ec("server")?.for_tls(),
            authority: self.certificate("link")?,
        })
    }
}

/// Sees that not everybody may read or write a book that is a file. Where there is none the book itself says so.
fn closed_to_others(book: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(book).map_or(0, |book| book.permissions().mode() & 0o777);
    match mode & 0o007 {
        0 => Ok(()),
        _ => Err(OpenError::OpenBook { file: book.into(), mode }),
    }
}

/// DER of a certificate of the inner hierarchy of the authority in `dir`.
pub fn certificate(dir: &Path, name: &str) -> Result<Vec<u8>, OpenError> {
    let file = dir.join("certificates").join(format!("{name}.der"));
    std::fs::read(&file).map_err(|source| OpenError::Certificate { file, source })
}
