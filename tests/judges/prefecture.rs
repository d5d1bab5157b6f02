//! Two hundred certificates of odd people in every municipality of a prefecture, their lists, and
//! an answer about each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use akashi_ledger::Scope;
use akashi_wire::{MunicipalityCode, RevocationReason, SerialNumber};
use jiff::{Timestamp, ToSpan};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::authority::{Authority, keys};
use crate::odd_people::{odd_people, towns};
use crate::scene::{Leaf, write_pem};
use crate::tool::{run, words};

/// Makes people, serial numbers and fates; keys never come of it.
const SEED: u64 = 20_040_129;
/// So many certificates.
pub const CERTIFICATES: usize = 200;
/// When they are issued. No link is opened in this world, so it may be any day.
const START: &str = "2026-01-05T00:30:00Z";

/// One certificate, and what became of it.
pub struct Certified {
    /// Whose partition it is in.
    pub town: MunicipalityCode,
    /// It.
    pub leaf: Leaf,
    /// Why it was ended, if it was.
    pub ended: Option<RevocationReason>,
    /// An answer about it, its issuer named by SHA-1, without a nonce.
    pub answer: PathBuf,
}

/// The prefecture.
pub struct Prefecture {
    /// The authority.
    pub authority: Authority,
    /// All certificates.
    pub certified: Vec<Certified>,
    /// The list of each municipality and the number of its entries.
    pub partitions: BTreeMap<MunicipalityCode, (PathBuf, usize)>,
    /// The list of all of them.
    pub complete: PathBuf,
    /// The list of authorities.
    pub authorities: PathBuf,
    /// When all this is judged.
    pub at: Timestamp,
}

static PREFECTURE: LazyLock<Prefecture> = LazyLock::new(|| {
    let made = std::thread::spawn(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let made = runtime.block_on(Prefecture::make());
        // Its book wants a runtime for as long as it is open.
        std::mem::forget(runtime);
        made
    });
    made.join().expect("the prefecture could not be made: see above")
});

/// The prefecture, made once.
pub fn prefecture() -> &'static Prefecture {
    &PREFECTURE
}

/// A request made by openssl, which is no less foreign than who judges the answer.
pub fn request(ca: &Path, leaf: &Path, options: &[&str]) -> Vec<u8> {
    let file = leaf.with_extension("request");
    let mut arguments = words!["ocsp", "-issuer", ca];
    arguments.extend(options.iter().map(Into::into));
    arguments.extend(words!["-cert", leaf, "-reqout", &file]);
    run("openssl", arguments).must_be_content();
    fs::read(file).unwrap()
}

/// A list in PEM beside the DER, which GnuTLS wants.
pub fn beside(list: &Path) -> PathBuf {
    write_pem(&list.with_extension("crl.pem"), "X509 CRL", &fs::read(list).unwrap())
}

impl Prefecture {
    async fn make() -> Self {
        println!("people of the prefecture: seed {SEED}");
        let mut rng = StdRng::seed_from_u64(SEED);
        let authority = Authority::found(START.parse().unwrap()).await;
        let people = odd_people(CERTIFICATES, &mut rng);
        let mut issued = Vec::new();
        for (person, key) in people.iter().zip(keys(CERTIFICATES)) {
            let serial = SerialNumber::from_random(rng.random());
            issued.push((person.municipality, authority.issue(person, &key, serial).await));
        }
        authority.clock.advance_to(authority.now() + 40.minutes());
        let mut ended = Vec::new();
        for (number, (town, leaf)) in issued.iter().enumerate() {
            let reason = fate(number, *town);
            if let Some(reason) = reason {
                authority.end(leaf.serial, reason).await;
            }
            ended.push(reason);
        }
        authority.clock.advance_to(authority.now() + 20.minutes());
        let mut partitions = BTreeMap::new();
        for town in towns() {
            partitions.insert(town, authority.list(Scope::Partition(town)).await);
        }
        let (complete, _) = authority.list(Scope::Complete).await;
        let (authorities, _) = authority.list(Scope::Authority).await;
        authority.follow().await;
        let mut certified = Vec::new();
        for ((town, leaf), ended) in issued.into_iter().zip(ended) {
            let request = request(&authority.dir.join("ca.pem"), &leaf.pem, &["-no_nonce"]);
            let answer = leaf.pem.with_extension("ocsp");
            fs::write(&answer, authority.answer(&request).await).unwrap();
            certified.push(Certified { town, leaf, ended, answer });
        }
        for list in partitions.values().map(|(list, _)| list).chain([&complete, &authorities]) {
            beside(list);
        }
        let at = authority.now() + 5.minutes();
        Self { authority, certified, partitions, complete, authorities, at }
    }

    /// The list of some other municipality.
    pub fn wrong_list(&self, town: MunicipalityCode) -> &Path {
        let after = self.partitions.range(town..).nth(1);
        let (_, (list, _)) = after.or(self.partitions.first_key_value()).expect("many towns");
        list
    }
}

/// In the first town nobody's certificate ends, in the second one person's, and elsewhere every
/// fourth, for every reason that there is for a resident's.
fn fate(number: usize, town: MunicipalityCode) -> Option<RevocationReason> {
    use RevocationReason::*;
    const REASONS: [RevocationReason; 6] = [
        KeyCompromise,
        AffiliationChanged,
        Superseded,
        CessationOfOperation,
        CertificateHold,
        Unspecified,
    ];
    let towns = towns();
    let round = number / towns.len();
    match towns.iter().position(|one| *one == town) {
        Some(0) => None,
        Some(1) => (round == 0).then_some(AffiliationChanged),
        Some(place) => {
            (place + round).is_multiple_of(4).then(|| REASONS[(number / 4) % REASONS.len()])
        }
        None => panic!("{town} is not of the prefecture"),
    }
}
