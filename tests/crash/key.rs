//! Keys of cards, cheaply: a few hundred primes make tens of thousands of different moduli.
//!
//! A key may be certified once, so a thousand certificates need a thousand keys; searching two
//! primes for each would take most of the time of these tests. For a test only: keys that share a
//! prime give one another away.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use der::Encode;
use der::asn1::{Any, BitString, PrintableString, SetOfVec, UintRef};
use ring::rsa::{KeyPairComponents, PublicKeyComponents};
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::attr::Attribute;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};

use crate::number::Number;

const EXPONENT: u64 = 65537;
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const CHALLENGE_PASSWORD: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.7");

/// A key pair as a card would have it.
pub struct CardKey {
    pair: ring::rsa::KeyPair,
    public_key: SubjectPublicKeyInfoOwned,
}

/// Gives keys, none of them twice.
#[derive(Default)]
pub struct Keys(Mutex<Pairs>);

#[derive(Default)]
struct Pairs {
    primes: Vec<Number>,
    given: usize,
}

impl Keys {
    /// The next key.
    pub fn next(&self) -> Arc<CardKey> {
        let (p, q) = {
            let mut pairs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            pairs.next()
        };
        Arc::new(CardKey::of(&p, &q))
    }
}

impl Pairs {
    /// Pairs (1, 0), (2, 0), (2, 1), (3, 0) …: each new prime gives one key with each before it.
    fn next(&mut self) -> (Number, Number) {
        let (mut high, mut before) = (1, 0);
        while before + high <= self.given {
            before += high;
            high += 1;
        }
        while self.primes.len() <= high {
            let prime = prime();
            if !self.primes.contains(&prime) {
                self.primes.push(prime);
            }
        }
        let low = self.given - before;
        self.given += 1;
        let (one, other) = (self.primes[high].clone(), self.primes[low].clone());
        if one > other { (one, other) } else { (other, one) }
    }
}

/// A prime of 1024 bits, the two highest of them set, that goes with the exponent.
fn prime() -> Number {
    loop {
        let made = Command::new("openssl")
            .args(["prime", "-generate", "-bits", "1024", "-hex"])
            .output()
            .expect("openssl is installed");
        let prime = Number::from_hex(String::from_utf8_lossy(&made.stdout).trim());
        if prime.divided(EXPONENT).1 != 1 {
            return prime;
        }
    }
}

impl CardKey {
    fn of(p: &Number, q: &Number) -> Self {
        let one = Number::small(1);
        let (p_less, q_less) = (p.minus(&one), q.minus(&one));
        let modulus = p.times(q).to_octets();
        let private = |number: &Number| {
            number.inverse_of_small(EXPONENT).expect("the exponent is a unit").to_octets()
        };
        let components = KeyPairComponents {
            public_key: PublicKeyComponents { n: modulus.clone(), e: vec![1, 0, 1] },
            d: private(&p_less.times(&q_less)),
            p: p.to_octets(),
            q: q.to_octets(),
            dP: private(&p_less),
            dQ: private(&q_less),
            qInv: q.inverse_modulo(p).to_octets(),
        };
        let pair = ring::rsa::KeyPair::from_components(&components).expect("a sound RSA key");
        let mut numbers = UintRef::new(&modulus).unwrap().to_der().unwrap();
        numbers.extend(UintRef::new(&[1, 0, 1]).unwrap().to_der().unwrap());
        let key = Any::new(der::Tag::Sequence, numbers).unwrap().to_der().unwrap();
        let public_key = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned { oid: RSA, parameters: Some(Any::null()) },
            subject_public_key: BitString::from_bytes(&key).unwrap(),
        };
        Self { pair, public_key }
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn public_key(&self) -> Vec<u8> {
        self.public_key.to_der().unwrap()
    }

    /// A PKCS#10 request over a challenge.
    pub fn proof(&self, challenge: &[u8]) -> Vec<u8> {
        let challenge = PrintableString::new(&hex::encode(challenge)).unwrap();
        let attribute = Attribute {
            oid: CHALLENGE_PASSWORD,
            values: SetOfVec::try_from(vec![Any::encode_from(&challenge).unwrap()]).unwrap(),
        };
        let info = CertReqInfo {
            version: Version::V1,
            subject: Name::default(),
            public_key: self.public_key.clone(),
            attributes: SetOfVec::try_from(vec![attribute]).unwrap(),
        };
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let (rng, text) = (ring::rand::SystemRandom::new(), info.to_der().unwrap());
        self.pair
            .sign(&ring::signature::RSA_PKCS1_SHA256, &rng, &text, &mut signature)
            .expect("a sound key signs");
        let algorithm =
            AlgorithmIdentifierOwned { oid: SHA256_WITH_RSA, parameters: Some(Any::null()) };
        let signature = BitString::from_bytes(&signature).unwrap();
        CertReq { info, algorithm, signature }.to_der().unwrap()
    }
}
