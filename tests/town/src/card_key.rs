//! Card keys and proofs, made beforehand by the thousand.
//!
//! A key of two primes costs 60 ms, most of it for primes of 1024 bits; one of 32 primes of 64 bits
//! costs less than two, looks the same from outside, and shares no prime with another. Whoever likes
//! can factor it: nothing else may ever be done with such keys.

use akashi_wire::octets::Sha256;
use der::asn1::{Any, BitString, PrintableString, SetOfVec};
use der::{Decode, Encode};
use rand::RngExt;
use rsa::pkcs8::EncodePublicKey;
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey};
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::attr::Attribute;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};

const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const CHALLENGE_PASSWORD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.7");

/// Primes of a modulus.
pub const PRIMES: usize = 32;

/// Keys that were not used yet.
pub struct Keys(std::vec::IntoIter<CardKey>);

/// One key pair as a card would hold it.
pub struct CardKey(PrivateKey);

impl Keys {
    /// Makes so many keys, on every core.
    pub fn make(count: usize) -> Self {
        Self(on_every_core(count, CardKey::make).into_iter())
    }
}

impl Iterator for Keys {
    type Item = CardKey;

    fn next(&mut self) -> Option<CardKey> {
        self.0.next()
    }
}

/// Makes so many of a thing, on every core.
pub fn on_every_core<T: Send>(count: usize, make: impl Fn() -> T + Sync) -> Vec<T> {
    let hands = std::thread::available_parallelism().map_or(1, usize::from);
    let share = |hand: usize| count * (hand + 1) / hands - count * hand / hands;
    let make = &make;
    std::thread::scope(|scope| {
        let tasks: Vec<_> = (0..hands)
            .map(|hand| scope.spawn(move || (0..share(hand)).map(|_| make()).collect::<Vec<_>>()))
            .collect();
        tasks.into_iter().flat_map(|task| task.join().expect("no panic")).collect()
    })
}

/// The primes of a modulus of 2048 bits.
pub fn primes() -> [u64; PRIMES] {
    let mut rng = rand::rng();
    std::array::from_fn(|_| {
        loop {
            // 32 numbers that begin with seven ones have a product of 2048 bits.
            let number = rng.random::<u64>() | 0xfe00_0000_0000_0001;
            // The exponent of a key must not divide a prime less one.
            if is_prime(number) && number % 65_537 != 1 {
                break number;
            }
        }
    })
}

/// Miller and Rabin, with the bases that decide below 2^64 (Sorenson and Webster 2015).
fn is_prime(odd: u64) -> bool {
    const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    if BASES.iter().any(|prime| odd.is_multiple_of(*prime)) {
        return BASES.contains(&odd);
    }
    let times = |a: u64, b: u64| (u128::from(a) * u128::from(b) % u128::from(odd)) as u64;
    let twos = (odd - 1).trailing_zeros();
    BASES.iter().all(|base| {
        let (mut power, mut square, mut exponent) = (1, *base, (odd - 1) >> twos);
        while exponent > 0 {
            if exponent & 1 == 1 {
                power = times(power, square);
            }
            square = times(square, square);
            exponent >>= 1;
        }
        power == 1
            || (0..twos).any(|_| {
                let found = power == odd - 1;
                power = times(power, power);
                found
            })
    })
}

impl CardKey {
    /// SubjectPublicKeyInfo, DER.
    pub fn public_key(&self) -> Vec<u8> {
        let key = self.0.to_public_key().to_public_key_der();
        key.expect("a public key has a DER").as_bytes().to_vec()
    }

    /// A key that nobody else has.
    pub fn make() -> Self {
        Self::of(&primes())
    }

    /// The key of these primes.
    pub fn of(primes: &[u64; PRIMES]) -> Self {
        let primes = primes.map(BoxedUint::from).to_vec();
        let key = PrivateKey::from_primes(primes, BoxedUint::from(65_537u64));
        Self(key.expect("different primes are a key"))
    }

    /// The proof of possession over a case's challenge, as a card makes it.
    pub fn proof(&self, challenge: &[u8]) -> der::Result<Vec<u8>> {
        let challenge = PrintableString::new(&hex::encode(challenge))?;
        let attribute = Attribute {
            oid: CHALLENGE_PASSWORD,
            values: SetOfVec::try_from([Any::encode_from(&challenge)?])?,
        };
        let info = CertReqInfo {
            version: Version::V1,
            subject: Name::default(),
            public_key: SubjectPublicKeyInfoOwned::from_der(&self.public_key())?,
            attributes: SetOfVec::try_from([attribute])?,
        };
        let digest = Sha256::of(&info.to_der()?);
        let signature = self
            .0
            .sign(Pkcs1v15Sign::new::<sha2::Sha256>(), &digest.0)
            .expect("a key of 2048 bits signs a digest");
        CertReq {
            info,
            algorithm: AlgorithmIdentifierOwned {
                oid: SHA256_WITH_RSA,
                parameters: Some(Any::null()),
            },
            signature: BitString::from_bytes(&signature)?,
        }
        .to_der()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_told_from_what_is_none() {
        let small: Vec<u64> = (3..60).step_by(2).filter(|number| is_prime(*number)).collect();
        assert_eq!(small, [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59]);
        assert!(is_prime(18_446_744_073_709_551_557), "the largest below 2^64");
        // A strong pseudoprime to the bases 2, 3, 5 and 7, and a Carmichael number.
        assert!(!is_prime(3_215_031_751) && !is_prime(825_265));
    }

    #[test]
    fn a_made_key_passes_every_check_of_a_key() {
        let proof = CardKey::make().proof(&[7; 32]).unwrap();
        let proof = akashi_ca::possession::Proof::read(&proof).unwrap();
        akashi_ca::public_key::check(&proof.public_key).unwrap();
    }
}
