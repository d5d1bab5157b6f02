//! The world that is judged: made once a size of key, served until the tests end.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use akashi_card::SigningPin;
use akashi_crl::List;
use akashi_keys::{Custody, Passphrase, RsaSize, Signer};
use akashi_ledger::{Access, Scope};
use akashi_ra_console::journey;
use akashi_registry::Person;
use akashi_shelf::Entry;
use akashi_town::house::certificate;
use akashi_town::{Setting, World};
use akashi_wire::act::{Deed, IdentityProof, Procedure};
use akashi_wire::{Clock, MunicipalityCode, RevocationReason, SerialNumber};
use jiff::{Timestamp, ToSpan, Unit};

use crate::people::{self, TOTTORI, YONAGO, town};
use crate::unpublished::write_list;

/// A citizen's certificate.
pub struct Leaf {
    /// DER.
    pub der: Vec<u8>,
    /// The file with it in PEM.
    pub pem: PathBuf,
    /// Its number.
    pub serial: SerialNumber,
}

/// Files of a world that serves, all in one directory.
pub struct Scene {
    dir: PathBuf,
    /// The authority's directory.
    pub authority: PathBuf,
    /// DER of the authority's certificate.
    pub ca_der: Vec<u8>,
    /// Its policy.
    pub policy: String,
    /// In force, of 鳥取市: names of every awkward kind.
    pub good: Vec<Leaf>,
    /// Revoked in 鳥取市, each with the reason as openssl prints it.
    pub revoked: Vec<(Leaf, &'static str)>,
    /// In force, of 米子市.
    pub neighbour: Leaf,
}

static DEFAULT: LazyLock<Scene> = LazyLock::new(|| Scene::make(RsaSize::Rsa3072));
static SMALL: LazyLock<Scene> = LazyLock::new(|| Scene::make(RsaSize::Rsa2048));

/// The worlds: an authority with the default length of key, and one with the shortest.
pub fn scenes() -> [&'static Scene; 2] {
    [&DEFAULT, &SMALL]
}

/// A fresh directory under target/; those of runs that have ended are removed.
pub fn fresh_dir() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judges");
    for old in fs::read_dir(&parent).into_iter().flatten().flatten() {
        let name = old.file_name();
        let run = name.to_str().and_then(|name| name.split('-').next()).unwrap_or_default();
        if !Path::new("/proc").join(run).exists() {
            let _ = fs::remove_dir_all(old.path());
        }
    }
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let dir = parent.join(format!("{}-{count}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    dir
}

/// DER as a PEM file (RFC 7468).
pub fn write_pem(file: &Path, label: &str, der: &[u8]) -> PathBuf {
    let text = der::pem::encode_string(label, der::pem::LineEnding::LF, der).unwrap();
    fs::write(file, text).unwrap();
    file.to_owned()
}

/// A world with two towns.
pub async fn world(dir: &Path, size: RsaSize, start: Timestamp) -> World {
    let setting = Setting {
        prefecture: town(people::PREFECTURE),
        towns: vec![town(TOTTORI), town(YONAGO)],
        access: Access::Open,
        seed: 42,
        start,
        ledger: "sqlite:book.sqlite".into(),
        size,
        policy_critical: false,
    };
    World::make(dir, &setting).await.unwrap()
}

/// A certificate for somebody, from the counter to the card.
pub async fn certify(world: &mut World, person: Person) -> (akashi_wire::ResidentCode, Vec<u8>) {
    let town = person.municipality;
    let code = world.enter(person).unwrap();
    let mut card = world.blank_card().unwrap();
    let pin: SigningPin = "ABC123".parse().unwrap();
    let issued = world.certify(town, Procedure::Issue, &code, &mut card, &pin).await;
    (code, issued.unwrap().certificate)
}

/// Where the current list of a scope lies.
pub fn list_file(authority: &Path, scope: Scope) -> PathBuf {
    authority.join("public/crl/1").join(format!("{scope}.crl"))
}

/// Waits until the lists of citizens' certificates hold the status of now; at the beginning, until
/// the list of authorities is there too.
pub async fn all_listed(world: &World, towns: &[MunicipalityCode]) {
    for scope in towns.iter().copied().map(Scope::Partition) {
        world.listed(scope).await.unwrap();
    }
    world.listed(Scope::Complete).await.unwrap();
    let authorities = list_file(&world.dir, Scope::Authority);
    world
        .wait("the list of authorities is there", async || Ok(authorities.exists()))
        .await
        .unwrap();
}

/// The number of a certificate, read by another parser.
pub fn serial_of(der: &[u8]) -> SerialNumber {
    let (_, leaf) = x509_parser::parse_x509_certificate(der).unwrap();
    SerialNumber::from_slice(leaf.raw_serial()).unwrap()
}

impl Scene {
    fn make(size: RsaSize) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        // Tests have runtimes or none; this one is nobody's.
        let scene = std::thread::spawn(move || {
            let scene = runtime.block_on(Self::play(size));
            // It serves until the process ends.
            std::mem::forget(runtime);
            scene
        });
        scene.join().expect("the world could not be made: see above")
    }

    async fn play(size: RsaSize) -> Self {
        let dir = fresh_dir();
        let authority = dir.join("authority");
        let now = Timestamp::now().round(Unit::Second).unwrap() - 2.seconds();
        // Long enough ago for every list to be renewed before now.
        let mut world = world(&authority, size, now - 13.hours()).await;
        let towns = [town(TOTTORI), town(YONAGO)];
        all_listed(&world, &towns).await;
        for (scope, name) in lists() {
            fs::copy(list_file(&authority, scope), dir.join(format!("{name}-empty.der"))).unwrap();
        }

        let keep = |der: Vec<u8>| {
            let serial = serial_of(&der);
            let pem = write_pem(&dir.join(format!("{serial}.pem")), "CERTIFICATE", &der);
            Leaf { der, pem, serial }
        };
        let mut good = Vec::new();
        for person in [people::takahashi(), people::segawa(), people::rossi()] {
            good.push(keep(certify(&mut world, person).await.1));
        }
        let neighbour = keep(certify(&mut world, people::hamada()).await.1);
        let (moved, leaf) = certify(&mut world, people::yoshida()).await;
        let mut revoked = vec![(keep(leaf), "affiliationChanged")];
        let address = "鳥取県鳥取市栄町６２７番地";
        world.office(|office| office.move_within(&moved, address)).unwrap();
        world.deliver_feed(towns[0]).await.unwrap();
        let (lost, leaf) = certify(&mut world, people::watanabe()).await;
        revoked.push((keep(leaf), "keyCompromise"));
        let by = world.by_items(&lost);
        let reason = RevocationReason::KeyCompromise;
        journey::revoke(&world.desks[&towns[0]], by, reason, IdentityProof::ResidentCard)
            .await
            .unwrap();
        let (held, leaf) = certify(&mut world, people::yoshida()).await;
        revoked.push((keep(leaf), "certificateHold"));
        let by = world.by_items(&held);
        journey::hold(&world.desks[&towns[0]], by).await.unwrap();

        world.clock.advance_to(now);
        all_listed(&world, &towns).await;
        for (scope, name) in lists() {
            fs::copy(list_file(&authority, scope), dir.join(format!("{name}.der"))).unwrap();
        }
        Self::list_of_revoked_authorities(&dir, &authority, &world);

        let ask = async |leaf: &Leaf, good: bool, name: &str| {
            let (verdict, _) = world
                .ask_until(&leaf.der, |verdict| (*verdict == akashi_agency::Verdict::Valid) == good)
                .await;
            let (_, answer) = world.agency.ask(&leaf.der, now).await.unwrap();
            assert!(!answer.is_empty(), "{verdict:?}");
            fs::write(dir.join(format!("{name}.ocsp")), answer).unwrap();
        };
        ask(&good[0], true, "good").await;
        for (number, (leaf, _)) in revoked.iter().enumerate() {
            ask(leaf, false, &format!("revoked-{number}")).await;
        }

        let ca_der = certificate(&authority, "ca").unwrap();
        write_pem(&dir.join("ca.pem"), "CERTIFICATE", &ca_der);
        let link = certificate(&authority, "link").unwrap();
        write_pem(&dir.join("link.pem"), "CERTIFICATE", &link);
        let responder = world.house.responder_certificate().await.unwrap();
        write_pem(&dir.join("responder.pem"), "CERTIFICATE", &responder);
        let act = world.desks[&towns[0]].sign(Deed::OpenCase { procedure: Procedure::Issue });
        fs::write(dir.join("act.der"), act.unwrap().as_der()).unwrap();
        let policy = world.house.doors.issuer.authority.profile.policy.clone();
        // Whatever it holds would stop with it.
        std::mem::forget(world);
        Self { dir, authority, ca_der, policy, good, revoked, neighbour }
    }

    /// No authority of ours has ever been revoked, so a list that says so is never published.
    fn list_of_revoked_authorities(dir: &Path, authority: &Path, world: &World) {
        let passphrase = Passphrase::new(akashi_town::PASSPHRASE.into()).unwrap();
        let key = Custody::open(&authority.join("keys"), &passphrase).unwrap().rsa("ca").unwrap();
        let now = world.clock.now();
        let entries = [(1, RevocationReason::Superseded), (2, RevocationReason::CaCompromise)];
        let entries = entries
            .map(|(n, reason)| Entry::new(SerialNumber::from_random([0x40 + n; 16]), now, reason));
        let list = List { entries: entries.to_vec(), released: Vec::new() };
        let authority = (&*certificate(authority, "ca").unwrap(), &key as &dyn Signer);
        let (lint, file) = (&world.house.doors.issuer.lint, dir.join("authority-revoked.der"));
        write_list(authority, lint, Scope::Authority, list, now, &file);
    }

    /// A file of the scene.
    pub fn file(&self, name: &str) -> PathBuf {
        let file = self.dir.join(name);
        assert!(file.exists(), "{} is not there", file.display());
        file
    }

    /// A file that a judge may write.
    pub fn scratch(&self) -> PathBuf {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        self.dir.join(format!("scratch-{}", COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    /// The authority's certificate.
    pub fn ca(&self) -> PathBuf {
        self.file("ca.pem")
    }
}

/// Every kind of list, with the name of its file.
fn lists() -> [(Scope, &'static str); 4] {
    [
        (Scope::Partition(town(TOTTORI)), "partition"),
        (Scope::Partition(town(YONAGO)), "neighbour"),
        (Scope::Complete, "complete"),
        (Scope::Authority, "authority"),
    ]
}
