//! The recovery key: it lies in the custody, sealed once more under a secret that nobody has and that any `needed`
//! of the `of` persons who have a share of it make together (Shamir 1979, over GF(2^8)).
//!
//! So it takes the host, the passphrase and those persons.

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use blahaj::{Share, Sharks};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::custody::Wrapping;
use crate::{Custody, EcKey, KeyError};

/// The name of the key in the custody.
const NAME: &str = "recovery";

/// So many persons have a share at most.
pub const MOST_SHARES: usize = 32;

/// Who has a share, and how many of them it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// The names of the persons, in the order of their shares.
    pub holders: Vec<String>,
    /// How many of them open the key.
    pub needed: u8,
}

/// One person's share: as long as fewer than `needed` come together, it says nothing of the secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryShare {
    /// What this file is, for whoever finds it.
    pub what: String,
    /// Who is to keep it.
    pub holder: String,
    /// Which, from 1 on.
    pub number: u8,
    /// How many are needed.
    pub needed: u8,
    /// How many there are.
    pub of: u8,
    /// SHA-256 of the key that they open (SubjectPublicKeyInfo, DER), in hexadecimal.
    pub key: String,
    /// The share's own octets, in hexadecimal.
    pub share: String,
    /// The first eight octets of SHA-256 over everything else: a slip of the pen is seen.
    pub check: String,
}

impl RecoveryShare {
    fn digest(&self) -> String {
        let Self { what, holder, number, needed, of, key, share, check: _ } = self;
        let text =
            Zeroizing::new(format!("{what}\n{holder}\n{number} {needed} {of}\n{key}\n{share}"));
        hex::encode(&digest(text.as_bytes())[..8])
    }
}

impl Drop for RecoveryShare {
    fn drop(&mut self) {
        self.share.zeroize();
    }
}

impl std::fmt::Debug for RecoveryShare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecoveryShare({} of {}, withheld)", self.number, self.of)
    }
}

impl Quorum {
    /// Whether such a quorum can be: two or more are needed, and no more than there are.
    pub fn is_sound(&self) -> bool {
        let of = self.holders.len();
        (2..=MOST_SHARES).contains(&of) && (2..=of).contains(&usize::from(self.needed))
    }
}

impl Custody {
    /// Keeps a recovery key, and gives the shares that open it: they are nowhere else.
    ///
    /// # Errors
    /// [`KeyError::Shares`] for a quorum that is none; [`KeyError::Exists`] where there is a recovery key.
    pub fn keep_recovery(
        &self,
        key: &EcKey,
        quorum: &Quorum,
    ) -> Result<Vec<RecoveryShare>, KeyError> {
        let dealt = deal(key, quorum)?;
        self.keep(NAME, &dealt.sealed)?;
        Ok(dealt.shares)
    }

    /// Deals new shares of the same key to these persons, over a secret of its own, where enough of those who have
    /// the shares of now come together. `keep` puts the new ones where their holders will find them and gives them as
    /// they stand there, and only then are those before good for nothing: whoever is interrupted between the two has shares that open it still.
    ///
    /// # Errors
    /// As [`Custody::recovery`] and [`Custody::keep_recovery`]; whatever keeps the new ones from being kept.
    pub fn deal_recovery_anew<E: From<KeyError>>(
        &self,
        shares: &[RecoveryShare],
        quorum: &Quorum,
        keep: impl FnOnce(&[RecoveryShare]) -> Result<Vec<RecoveryShare>, E>,
    ) -> Result<(), E> {
        let dealt = deal(&self.recovery(shares)?, quorum)?;
        // They open it, and from where they were kept: before those of now are good for nothing.
        let needed = usize::from(quorum.needed);
        open(&keep(&dealt.shares)?, &dealt.sealed)?;
        open(&dealt.shares[dealt.shares.len() - needed..], &dealt.sealed)?;
        Ok(self.replace(NAME, &dealt.sealed)?)
    }

    /// The recovery key, opened by shares of different persons.
    ///
    /// # Errors
    /// [`KeyError::Shares`] where they are too few, damaged, or of another key.
    pub fn recovery(&self, shares: &[RecoveryShare]) -> Result<EcKey, KeyError> {
        open(shares, &self.get(NAME)?)
    }
}

/// A key that was sealed so, opened by shares of different persons.
fn open(shares: &[RecoveryShare], sealed: &[u8]) -> Result<EcKey, KeyError> {
    let wrong = |what: &str| KeyError::Shares(what.into());
    let first = shares.first().ok_or_else(|| wrong("none was given"))?;
    let mut numbers: Vec<u8> = shares.iter().map(|share| share.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() < usize::from(first.needed) {
        let (have, needed) = (numbers.len(), first.needed);
        return Err(KeyError::Shares(format!(
            "{needed} different ones are needed, and {have} were given"
        )));
    }
    let mut points = Vec::with_capacity(shares.len());
    for share in shares {
        if share.key != first.key {
            return Err(wrong("they are not of one key"));
        }
        let damaged = || {
            KeyError::Shares(format!(
                "that of {} is damaged: compare it letter by letter",
                share.holder
            ))
        };
        if share.digest() != share.check || (share.needed, share.of) != (first.needed, first.of) {
            return Err(damaged());
        }
        let octets = Zeroizing::new(hex::decode(&share.share).map_err(|_| damaged())?);
        points.push(Share::try_from(octets.as_slice()).map_err(|_| damaged())?);
    }
    let sharks = Sharks(first.needed);
    let secret = sharks.recover(&points);
    let secret = Zeroizing::new(secret.map_err(|_| wrong("they do not go together"))?);
    let secret: Zeroizing<[u8; 32]> =
        Zeroizing::new(secret.as_slice().try_into().map_err(|_| wrong("they do not go together"))?);
    let other = || {
        wrong(
            "they open another key than the one that is kept here, or were good until others were dealt in their \
                 place",
        )
    };
    let key = EcKey::from_pkcs8(&under(&secret)?.unseal(NAME, sealed).ok_or_else(other)?)?;
    if fingerprint(&key) == first.key { Ok(key) } else { Err(other()) }
}

/// A key sealed under a secret that nobody has, and the shares of that.
struct Dealt {
    sealed: Vec<u8>,
    shares: Vec<RecoveryShare>,
}

fn deal(key: &EcKey, quorum: &Quorum) -> Result<Dealt, KeyError> {
    if !quorum.is_sound() {
        return Err(KeyError::Shares("two or more of at most 32 persons are needed".into()));
    }
    let mut secret = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(secret.as_mut()).map_err(|_| KeyError::Crypto("the random generator"))?;
    let sealed = under(&secret)?.seal(NAME, key.to_pkcs8())?;
    let of = quorum.holders.len() as u8;
    let dealt = Sharks(quorum.needed).dealer(secret.as_ref());
    let shares = dealt.zip(&quorum.holders).zip(1..=of).map(|((share, holder), number)| {
        let share = hex::encode(Zeroizing::new(Vec::from(&share)).as_slice());
        let mut share = RecoveryShare {
            what: "a share of the recovery key of an Akashi authority: keep it from others, and from the \
                   authority's host"
                .into(),
            holder: holder.clone(),
            number,
            needed: quorum.needed,
            of,
            key: fingerprint(key),
            check: String::new(),
            share,
        };
        share.check = share.digest();
        share
    });
    Ok(Dealt { sealed, shares: shares.collect() })
}

fn under(secret: &[u8; 32]) -> Result<Wrapping, KeyError> {
    let key = RandomizedNonceKey::new(&AES_256_GCM, secret);
    Ok(Wrapping::new(key.map_err(|_| KeyError::Crypto("AES-256-GCM"))?))
}

fn fingerprint(key: &EcKey) -> String {
    use crate::Signer as _;
    hex::encode(digest(key.public_key()))
}

fn digest(octets: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, octets);
    digest.as_ref().try_into().expect("SHA-256 has 32 octets")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Passphrase, Signer as _};

    fn quorum(needed: u8, of: usize) -> Quorum {
        Quorum { holders: (1..=of).map(|one| format!("Holder {one}")).collect(), needed }
    }

    #[test]
    fn any_who_are_enough_open_the_key_and_fewer_do_not() {
        let passphrase = Passphrase::new("correct horse battery".into()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let custody = Custody::create(dir.path(), &passphrase).unwrap();
        let key = EcKey::generate().unwrap();
        let shares = custody.keep_recovery(&key, &quorum(3, 5)).unwrap();
        assert_eq!(shares.len(), 5);
        let open = |which: &[usize]| {
            let some: Vec<_> = which.iter().map(|one| shares[*one].clone()).collect();
            custody.recovery(&some).map(|opened| opened.public_key().to_vec())
        };
        for enough in [&[0, 1, 2][..], &[4, 2, 0], &[1, 3, 4], &[0, 1, 2, 3, 4]] {
            assert_eq!(open(enough).unwrap(), key.public_key(), "{enough:?}");
        }
        for few in [&[][..], &[0], &[1, 4], &[2, 2, 2]] {
            let refused = open(few).unwrap_err();
            assert!(matches!(refused, KeyError::Shares(_)), "{few:?}: {refused}");
        }
        // Another one is never put in its place, and it is not opened without shares.
        let again = custody.keep_recovery(&key, &quorum(2, 2));
        assert!(matches!(again, Err(KeyError::Exists { .. })));
        assert!(custody.ec("recovery").is_err());
    }

    #[test]
    fn shares_that_are_dealt_anew_open_the_same_key_and_those_before_nothing() {
        let passphrase = Passphrase::new("correct horse battery".into()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let custody = Custody::create(dir.path(), &passphrase).unwrap();
        let key = EcKey::generate().unwrap();
        let before = custody.keep_recovery(&key, &quorum(2, 3)).unwrap();
        let opens = |shares: &[RecoveryShare]| custody.recovery(shares).is_ok();
        let deal = |shares: &[RecoveryShare], keep: Result<(), KeyError>| {
            let mut dealt = Vec::new();
            let kept = custody.deal_recovery_anew(shares, &quorum(3, 5), |new| {
                dealt = new.to_vec();
                keep.map(|()| new.to_vec())
            });
            (kept, dealt)
        };
        let (few, dealt) = deal(&before[..1], Ok(()));
        assert!(matches!(few, Err(KeyError::Shares(_))) && dealt.is_empty());
        // The disk was full: those of before are good still, and none of these is.
        let (full, lost) = deal(&before[1..], Err(KeyError::Crypto("a disk")));
        assert!(full.is_err() && opens(&before[..2]) && !opens(&lost));
        // What was kept is not what was dealt: a stick that forgets.
        let kept = custody
            .deal_recovery_anew(&before, &quorum(3, 5), |_| Ok::<_, KeyError>(before.clone()));
        assert!(kept.is_err() && opens(&before[..2]));
        let (done, dealt) = deal(&before[..2], Ok(()));
        done.unwrap();
        let opened = custody.recovery(&dealt[2..]).unwrap();
        assert_eq!(opened.public_key(), key.public_key());
        for dead in [&before[..], &lost, &[before[0].clone(), dealt[1].clone(), dealt[2].clone()]] {
            assert!(!opens(dead), "{dead:?}");
        }
        assert!(!opens(&dealt[..2]), "three are needed now");
    }

    #[test]
    fn a_slip_of_the_pen_and_another_authoritys_share_are_told() {
        let passphrase = Passphrase::new("correct horse battery".into()).unwrap();
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let custody = Custody::create(one.path(), &passphrase).unwrap();
        let elsewhere = Custody::create(other.path(), &passphrase).unwrap();
        let shares = custody.keep_recovery(&EcKey::generate().unwrap(), &quorum(2, 3)).unwrap();
        let strange = elsewhere.keep_recovery(&EcKey::generate().unwrap(), &quorum(2, 3)).unwrap();
        let mut slip = shares[1].clone();
        let swapped = if slip.share.ends_with('0') { "1" } else { "0" };
        let kept = slip.share.len() - 1;
        slip.share.replace_range(kept.., swapped);
        let told = custody.recovery(&[shares[0].clone(), slip]);
        let told = told.map(|_| ()).unwrap_err().to_string();
        assert!(told.contains("that of Holder 2 is damaged"), "{told}");
        let mixed = [shares[0].clone(), strange[1].clone()];
        assert!(matches!(custody.recovery(&mixed), Err(KeyError::Shares(_))));
        assert!(matches!(custody.recovery(&strange), Err(KeyError::Shares(_))));
        for unsound in [quorum(1, 3), quorum(4, 3), quorum(2, 1), quorum(2, 33)] {
            assert!(!unsound.is_sound(), "{unsound:?}");
        }
    }
}
