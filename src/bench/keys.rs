//! Card keys and proofs, made beforehand by the thousand.
//!
//! A key pair costs 60 ms, so primes are made and every two of them give a key: each key is another
//! one and is used once, though it shares a prime with others. Nothing else may ever be done with
//! such keys.

use akashi_wire::octets::Sha256;
use der::asn1::{Any, BitString, PrintableString, SetOfVec};
use der::{Decode, Encode};
use rsa::pkcs8::EncodePublicKey;
use rsa::traits::PrivateKeyParts;
use rsa::{BoxedUint, Pkcs1v15Sign, RsaPrivateKey};
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::attr::Attribute;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};

const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const CHALLENGE_PASSWORD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.7");

/// Keys that were not used yet.
pub struct Keys {
    primes: Vec<BoxedUint>,
    next: (usize, usize),
}

/// One key pair as a card would hold it.
pub struct CardKey(RsaPrivateKey);

impl Keys {
    /// Makes enough primes for so many keys, on every core.
    pub fn make(count: usize) -> Self {
        let mut pairs = 1;
        while (2 * pairs) * (2 * pairs - 1) / 2 < count {
            pairs += 1;
        }
        let hands = std::thread::available_parallelism().map_or(1, usize::from);
        let work = || {
            let mut rng = rand::rng();
            (0..pairs.div_ceil(hands)).flat_map(move |_| {
                let key = RsaPrivateKey::new(&mut rng, 2048).expect("a generator that works");
                key.primes().to_vec()
            })
        };
        let primes = std::thread::scope(|scope| {
            let tasks: Vec<_> =
                (0..hands).map(|_| scope.spawn(move || work().collect::<Vec<_>>())).collect();
            tasks.into_iter().flat_map(|task| task.join().expect("no panic")).collect()
        });
        Self { primes, next: (0, 1) }
    }
}

impl Iterator for Keys {
    type Item = CardKey;

    fn next(&mut self) -> Option<CardKey> {
        loop {
            let (i, j) = self.next;
            if j >= self.primes.len() {
                self.next = (i + 1, i + 2);
                if i + 2 >= self.primes.len() {
                    return None;
                }
                continue;
            }
            self.next = (i, j + 1);
            let (p, q) = (self.primes[i].clone(), self.primes[j].clone());
            // Two primes of 1024 bits can give a modulus of 2047.
            if let Ok(key) = RsaPrivateKey::from_p_q(p, q, BoxedUint::from(65_537u64))
                && rsa::traits::PublicKeyParts::n_bytes(&key)[0] >= 0x80
            {
                return Some(CardKey(key));
            }
        }
    }
}

impl CardKey {
    /// SubjectPublicKeyInfo, DER.
    pub fn public_key(&self) -> Vec<u8> {
        let key = self.0.to_public_key().to_public_key_der();
        key.expect("a public key has a DER").as_bytes().to_vec()
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
