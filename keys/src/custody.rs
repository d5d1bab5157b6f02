//! The directory in which the authority's private keys lie, sealed under one passphrase.
//!
//! The passphrase and a salt give a wrapping key by Argon2id (RFC 9106); each secret is one file,
//! AES-256-GCM under that key, its name as associated data, so that files cannot be exchanged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::durable::write_durably;
use crate::{CardMaster, ContentKeys, EcKey, KeyError, Opener, RsaKey, Vault, vault};

/// What one guess of a passphrase costs: the parameters of Argon2id (RFC 9106 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// 64 MiB and three passes, the second recommended option of RFC 9106 §4: what every custody has but those of who play,
    /// and found a thousand authorities an hour.
    pub const DEAR: Self = Self { memory_kib: 64 * 1024, passes: 3 };
}

/// The name of the key under which the keys of content are sealed.
const CONTENTS: &str = "contents";

/// What the operator types. Wiped when dropped; never on a command line.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<String>);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(withheld)")
    }
}

impl Passphrase {
    /// The fewest characters that are accepted.
    pub const MIN: usize = 12;

    /// Takes a passphrase of at least [`Passphrase::MIN`] characters.
    pub fn new(text: String) -> Result<Self, KeyError> {
        let text = Zeroizing::new(text);
        match text.chars().count() {
            count if count < Self::MIN => Err(KeyError::ShortPassphrase(count)),
            _ => Ok(Self(text)),
        }
    }

    /// Its octets, for whoever gives it to the program that it is for.
    pub fn octets(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    kdf: String,
    memory_kib: u32,
    passes: u32,
    salt: [u8; 16],
    /// A known text sealed under the wrapping key: tells a wrong passphrase from a damaged file.
    check: Vec<u8>,
}

/// An open custody. The wrapping key stays in memory as long as this does.
pub struct Custody {
    dir: PathBuf,
    cost: Cost,
    wrapping: Arc<Wrapping>,
}

/// The key under which every secret of a custody is sealed, each under its name.
pub(crate) struct Wrapping(RandomizedNonceKey);

impl Wrapping {
    pub fn new(key: RandomizedNonceKey) -> Self {
        Self(key)
    }

    pub fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut octets = secret.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut octets)
            .map_err(|_| KeyError::Crypto("sealing a key"))?;
        Ok([nonce.as_ref().as_slice(), &octets].concat())
    }

    pub fn unseal(&self, name: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, octets) = sealed.split_at_checked(NONCE_LEN)?;
        let mut octets = Zeroizing::new(octets.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let length =
            self.0.open_in_place(nonce, Aad::from(name.as_bytes()), &mut octets).ok()?.len();
        octets.truncate(length);
        Some(octets)
    }
}

impl Custody {
    /// Makes a custody in a directory that has none.
    pub fn create(dir: &Path, passphrase: &Passphrase) -> Result<Self, KeyError> {
        Self::create_with(dir, passphrase, Cost::DEAR)
    }

    /// The same where a guess costs another price.
    pub fn create_with(dir: &Path, passphrase: &Passphrase, cost: Cost) -> Result<Self, KeyError> {
        fs::create_dir_all(dir).map_err(at(dir))?;
        restrict(dir, 0o700)?;
        let file = dir.join("custody.json");
        if file.exists() {
            return Err(KeyError::Exists { name: "custody".into(), dir: dir.into() });
        }
        let mut salt = [0; 16];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| KeyError::Crypto("the random generator"))?;
        let wrapping = Arc::new(Wrapping(derive(passphrase, &salt, cost)?));
        let custody = Self { dir: dir.into(), wrapping, cost };
        let header = Header {
            kdf: "argon2id".into(),
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            salt,
            check: custody.wrapping.seal("custody", b"akashi")?,
        };
        write_durably(&file, &serde_json::to_vec_pretty(&header).expect("a header is JSON"))?;
        Ok(custody)
    }

    /// Opens the custody in a directory.
    pub fn open(dir: &Path, passphrase: &Passphrase) -> Result<Self, KeyError> {
        let file = dir.join("custody.json");
        let text = fs::read(&file).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => {
                KeyError::Missing { name: "custody".into(), dir: dir.into() }
            }
            _ => KeyError::File { file: file.clone(), source },
        })?;
        closed_to_others(dir)?;
        closed_to_others(&file)?;
        let damaged = |what: String| KeyError::Damaged { file: file.clone(), what };
        let header: Header = serde_json::from_slice(&text).map_err(|e| damaged(e.to_string()))?;
        if header.kdf != "argon2id"
            || header.memory_kib > Cost::DEAR.memory_kib
            || header.passes > 16
        {
            return Err(damaged("its key derivation is not one of ours".into()));
        }
        let cost = Cost { memory_kib: header.memory_kib, passes: header.passes };
        let wrapping = Arc::new(Wrapping(derive(passphrase, &header.salt, cost)?));
        let custody = Self { dir: dir.into(), wrapping, cost };
        match custody.wrapping.unseal("custody", &header.check) {
            Some(check) if *check == b"akashi" => Ok(custody),
            _ => Err(KeyError::WrongPassphrase(dir.into())),
        }
    }

    /// Keeps an RSA key under a name.
    pub fn keep_rsa(&self, name: &str, key: &RsaKey) -> Result<(), KeyError> {
        self.keep(name, &key.to_pkcs8()?)
    }

    /// The RSA key kept under a name.
    pub fn rsa(&self, name: &str) -> Result<RsaKey, KeyError> {
        RsaKey::from_pkcs8(&self.get(name)?)
    }

    /// Keeps a P-256 key under a name.
    pub fn keep_ec(&self, name: &str, key: &EcKey) -> Result<(), KeyError> {
        self.keep(name, key.to_pkcs8())
    }

    /// The P-256 key kept under a name.
    pub fn ec(&self, name: &str) -> Result<EcKey, KeyError> {
        EcKey::from_pkcs8(&self.get(name)?)
    }

    /// Keeps the vault's key for resident codes.
    pub fn keep_vault(&self, vault: &Vault) -> Result<(), KeyError> {
        self.keep("vault", &vault.to_octets())
    }

    /// Makes and keeps the key under which the keys of content are sealed. It is no custody's own: the store is one,
    /// whichever custody has been handed this key.
    pub fn keep_contents_key(&self) -> Result<(), KeyError> {
        self.keep(CONTENTS, vault::random()?.as_ref())
    }

    /// The vault, the keys of whose content lie in this directory.
    pub fn vault(&self, contents: &Path) -> Result<Vault, KeyError> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &self.get(CONTENTS)?);
        let wrapping = Wrapping(key.map_err(|_| KeyError::Crypto("AES-256-GCM"))?);
        let contents = ContentKeys::open(contents, Arc::new(wrapping));
        Vault::from_octets(&self.get("vault")?, contents)
    }

    /// Keeps the master key for cards.
    pub fn keep_card_master(&self, master: &CardMaster) -> Result<(), KeyError> {
        self.keep("cards", master.octets())
    }

    /// The master key for cards.
    pub fn card_master(&self) -> Result<CardMaster, KeyError> {
        CardMaster::from_octets(&self.get("cards")?)
    }

    /// The key that opens what is encrypted to the authority.
    pub fn opener(&self, name: &str) -> Result<Opener, KeyError> {
        Opener::from_pkcs8(&self.get(name)?)
    }

    /// Whether a key of this name is kept here.
    pub fn holds(&self, name: &str) -> bool {
        self.file(name).exists()
    }

    /// What a guess of its passphrase costs.
    pub(crate) fn cost(&self) -> Cost {
        self.cost
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Puts a secret in the place of another.
    pub(crate) fn replace(&self, name: &str, secret: &[u8]) -> Result<(), KeyError> {
        write_durably(&self.file(name), &self.wrapping.seal(name, secret)?)
    }

    /// Removes a secret, if it is here.
    pub(crate) fn forget(&self, name: &str) -> Result<(), KeyError> {
        let file = self.file(name);
        match fs::remove_file(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            done => done.map_err(|source| KeyError::File { file, source }),
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{name}.key"))
    }

    pub(crate) fn keep(&self, name: &str, secret: &[u8]) -> Result<(), KeyError> {
        let file = self.file(name);
        if file.exists() {
            return Err(KeyError::Exists { name: name.into(), dir: self.dir.clone() });
        }
        write_durably(&file, &self.wrapping.seal(name, secret)?)
    }

    pub(crate) fn get(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let file = self.file(name);
        let sealed = fs::read(&file).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => {
                KeyError::Missing { name: name.into(), dir: self.dir.clone() }
            }
            _ => KeyError::File { file: file.clone(), source },
        })?;
        closed_to_others(&file)?;
        self.wrapping.unseal(name, &sealed).ok_or_else(|| KeyError::Damaged {
            file,
            what: "it was not sealed under this custody and this name".into(),
        })
    }
}

fn derive(
    passphrase: &Passphrase,
    salt: &[u8],
    Cost { memory_kib, passes }: Cost,
) -> Result<RandomizedNonceKey, KeyError> {
    let failed = |_| KeyError::Crypto("Argon2id");
    let params = argon2::Params::new(memory_kib, passes, 1, Some(32)).map_err(failed)?;
    let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let mut key = Zeroizing::new([0; 32]);
    argon.hash_password_into(passphrase.0.as_bytes(), salt, key.as_mut()).map_err(failed)?;
    RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).map_err(|_| KeyError::Crypto("AES-256-GCM"))
}

/// Sees that nobody but its owner may read or write what holds keys.
fn closed_to_others(file: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(file).map_err(at(file))?.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(KeyError::OpenToOthers { file: file.into(), mode }),
    }
}

pub(crate) fn restrict(dir: &Path, mode: u32) -> Result<(), KeyError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(dir, fs::Permissions::from_mode(mode)).map_err(at(dir))?;
    }
    Ok(())
}

pub(crate) fn at(file: &Path) -> impl Fn(std::io::Error) -> KeyError + '_ {
    move |source| KeyError::File { file: file.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Signer;

    #[test]
    fn a_custody_opens_with_its_passphrase_only_and_never_overwrites_a_key() {
        let dir = tempfile::tempdir().unwrap();
        let right = Passphrase::new("correct horse battery".into()).unwrap();
        let wrong = Passphrase::new("incorrect horse battery".into()).unwrap();
        let key = EcKey::generate().unwrap();
        let custody = Custody::create(dir.path(), &right).unwrap();
        custody.keep_ec("ocsp", &key).unwrap();
        assert!(matches!(custody.keep_ec("ocsp", &key), Err(KeyError::Exists { .. })));
        drop(custody);

        assert!(matches!(Custody::open(dir.path(), &wrong), Err(KeyError::WrongPassphrase(_))));
        let custody = Custody::open(dir.path(), &right).unwrap();
        assert_eq!(custody.ec("ocsp").unwrap().public_key(), key.public_key());
        assert!(matches!(custody.ec("ca"), Err(KeyError::Missing { .. })));

        fs::copy(dir.path().join("ocsp.key"), dir.path().join("ca.key")).unwrap();
        assert!(matches!(custody.ec("ca"), Err(KeyError::Damaged { .. })), "names are bound in");
    }

    #[test]
    fn a_file_without_a_directory_in_its_name_lies_in_the_working_directory() {
        let name = Path::new("a-name-without-a-directory.tmp");
        write_durably(name, b"akashi").unwrap();
        assert_eq!(fs::read(name).unwrap(), b"akashi");
        fs::remove_file(name).unwrap();
    }

    #[test]
    fn keys_that_others_may_read_or_write_are_not_opened() {
        use std::os::unix::fs::PermissionsExt;
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("keys");
        let passphrase = Passphrase::new("correct horse battery".into()).unwrap();
        let custody = Custody::create(&dir, &passphrase).unwrap();
        custody.keep_ec("ocsp", &EcKey::generate().unwrap()).unwrap();
        let (header, key) = (dir.join("custody.json"), dir.join("ocsp.key"));
        let opened = || Custody::open(&dir, &passphrase).and_then(|custody| custody.ec("ocsp"));
        opened().unwrap();
        for (file, sound) in [(&dir, 0o700), (&header, 0o600), (&key, 0o600)] {
            for mode in [sound | 0o040, sound | 0o004, sound | 0o020] {
                fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
                let refused = opened().map(|_| ()).unwrap_err();
                assert!(
                    matches!(&refused, KeyError::OpenToOthers { file: named, .. } if named == file),
                    "{refused}"
                );
            }
            fs::set_permissions(file, fs::Permissions::from_mode(sound)).unwrap();
        }
        opened().unwrap();
    }

    #[test]
    fn a_short_passphrase_is_refused_by_length_and_never_repeated() {
        let error = Passphrase::new("geheim".into()).unwrap_err().to_string();
        assert!(error.contains('6') && !error.contains("geheim"));
    }
}
