//! An authority without doors: opened and not served, so that it may live on any date. The links of
//! a served one go by the real clock; the issuing code, the list issuer and the responder do not.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use akashi::init::{Plan, init};
use akashi_ca::issuance::{Draft, Linted, Signed};
use akashi_ca::profile::citizen::{CitizenFacts, tbs_citizen};
use akashi_ca::public_key;
use akashi_crl::List;
use akashi_edge::Opened;
use akashi_keys::{Passphrase, RsaKey, RsaSize, Signer};
use akashi_ledger::status::Recording;
use akashi_ledger::{Access, Change, Intention, NewCertificate, PersonId, Scope, Slot};
use akashi_ocsp::Asker;
use akashi_registry::Person;
use akashi_town::PASSPHRASE;
use akashi_town::house::{House, certificate};
use akashi_town::{Filler, filler};
use akashi_wire::act::Deed;
use akashi_wire::clock::SimulatedClock;
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::Sha256;
use akashi_wire::validity::not_after;
use akashi_wire::{Clock, Reading, RevocationReason, SerialNumber};
use jiff::Timestamp;

use crate::odd_people::certificate_texts;
use crate::people::{PREFECTURE, town};
use crate::scene::{Leaf, fresh_dir, list_file, serial_of, write_pem};
use crate::unpublished::write_list;

/// The authority, with a directory for what is shown to judges.
pub struct Authority {
    /// Everything that is judged.
    pub dir: PathBuf,
    /// The hand-moved clock.
    pub clock: Arc<SimulatedClock>,
    /// The rooms.
    pub house: House,
    officer: Filler,
    /// The authority's key, as no program of the authority has it: for what nothing in the book calls for.
    key: RsaKey,
}

impl Authority {
    /// Founds one at this time.
    pub async fn found(start: Timestamp) -> Self {
        let dir = fresh_dir();
        let inside = dir.join("authority");
        let passphrase = Passphrase::new(PASSPHRASE.into()).unwrap();
        let plan = Plan {
            prefecture: town(PREFECTURE),
            organisation: "Akashi Test".into(),
            policy: None,
            policy_critical: false,
            validity: Default::default(),
            access: Access::Open,
            host: std::net::Ipv4Addr::LOCALHOST.into(),
            ports: [None; 6],
            public_host: None,
            public_ports: [None; 2],
            ledger: "sqlite:book.sqlite".into(),
            registry_url: "https://localhost".into(),
            size: RsaSize::Rsa2048,
            security_officers: vec!["証 守".into(), "証 護".into()],
            token_iterations: akashi_keys::ITERATIONS,
            custody_cost: akashi_keys::Cost::DEAR,
            recovery: akashi_keys::Quorum {
                holders: ["一", "二", "三"].map(String::from).into(),
                needed: 2,
            },
            mark: None,
        };
        init(&inside, &plan, &passphrase, [PASSPHRASE; 2], start, &mut rand::rng()).await.unwrap();
        let clock = Arc::new(SimulatedClock::at(start));
        let house = House::open(&inside, &passphrase, clock.clone()).await.unwrap();
        let opened = Opened::open(&inside, &passphrase).unwrap();
        let officer = Filler::enrol(&opened, house.ledger(), town("312011"), start).await.unwrap();
        let ca = certificate(&inside, "ca").unwrap();
        fs::write(dir.join("ca.der"), &ca).unwrap();
        write_pem(&dir.join("ca.pem"), "CERTIFICATE", &ca);
        let key = opened.custody.rsa("ca").unwrap();
        Self { dir, clock, house, officer, key }
    }

    /// The time of its clock, in whole seconds.
    /// A look in which nothing has passed since the book was read.
    fn reading(&self) -> Reading {
        Reading { monotonic: Duration::ZERO, ..self.clock.read() }
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_second(self.clock.now().as_second()).unwrap()
    }

    async fn begin(&self, deed: Deed) -> Change {
        let (ledger, now) = (self.house.ledger(), self.clock.now());
        let permit = self.officer.permit(ledger, deed, now).await.unwrap();
        ledger.begin(&permit, now).await.unwrap()
    }

    /// Issues as the counter does, from the profile to the file, without the conversation around
    /// it: `Draft → Linted → Recorded → Signed`.
    pub async fn issue(&self, person: &Person, key: &RsaKey, serial: SerialNumber) -> Leaf {
        let issuer = &self.house.doors.issuer;
        let items = &person.items;
        let (name, address) = certificate_texts(items);
        let municipality = Municipality::of(person.municipality).unwrap();
        let generation = issuer.authority.generation();
        let point = issuer.ledger.distribution_point(generation, municipality.code).await;
        let point = point.unwrap().expect("every municipality has its point");
        let not_before = self.now();
        let rule = issuer.authority.profile.validity;
        let id: [u8; 16] = *serial.as_bytes();
        let facts = CitizenFacts {
            serial,
            municipality,
            opaque: hex::encode(&Sha256::of(&id).0[..16]),
            name: &name,
            address: &address,
            birth_date: items.birth_date,
            sex: items.sex,
            not_before,
            not_after: not_after(not_before, rule),
            public_key: public_key::check(key.public_key()).unwrap(),
            distribution_point: &point,
        };
        let profile = &issuer.authority.profile;
        let tbs = tbs_citizen(profile, &issuer.facts, issuer.key.algorithm(), &facts).unwrap();
        let linted = Draft::new(tbs).lint(issuer).unwrap();
        let intention = Intention {
            serial,
            generation,
            municipality: municipality.code,
            person: PersonId::from_random(id),
            case: filler::case(),
            public_key: Sha256::of(key.public_key()),
            modulus: public_key::shape(key.public_key()).unwrap().1,
            tbs_digest: Sha256::of(linted.tbs()),
            not_before,
            not_after: facts.not_after,
            slot: Slot::Current,
        };
        let change = self.begin(filler::issuing()).await;
        let permit = change.permit().clone();
        let sealed_items = b"sealed".to_vec();
        let new = NewCertificate {
            permit: permit.clone(),
            intention,
            sealed_items,
            history: 1,
            card: None,
        };
        let recorded = Linted::record_all(vec![linted], change, &[new]).await.unwrap();
        let recorded = recorded.into_iter().next().unwrap();
        let signed = recorded.sign(&issuer.key, &issuer.facts).unwrap();
        let file = signed.to_file(permit, &issuer.vault).unwrap();
        let mut change = self.begin(filler::issuing()).await;
        let der = Signed::file_all(vec![(signed, file)], &mut change).await.unwrap().remove(0);
        change.commit().await.unwrap();
        assert_eq!(serial_of(&der), serial);
        fs::write(self.dir.join(format!("{serial}.der")), &der).unwrap();
        let pem = write_pem(&self.dir.join(format!("{serial}.pem")), "CERTIFICATE", &der);
        Leaf { der, pem, serial }
    }

    /// Ends a certificate, or puts it on hold when that is the reason.
    pub async fn end(&self, serial: SerialNumber, reason: RevocationReason) {
        let mut change = self.begin(filler::holding()).await;
        if reason == RevocationReason::CertificateHold {
            change.hold(serial, self.now()).await.unwrap();
        } else {
            let recording = Recording { reason, received_at: self.now() };
            change.revoke(serial, &recording).await.unwrap();
        }
        change.commit().await.unwrap();
    }

    /// Publishes a list now; gives the copy that is judged and how many entries it has.
    pub async fn list(&self, scope: Scope) -> (PathBuf, usize) {
        let published = self.house.lists.publish(scope, self.now()).await.unwrap();
        let passed = self.house.doors.clock.monotonic();
        for one in self.house.publisher.tick(passed).await.unwrap() {
            one.result.unwrap();
        }
        let copy = self.dir.join(format!("{scope}-{}.crl", published.number));
        fs::copy(list_file(&self.house.dir, scope), &copy).unwrap();
        (copy, published.entries)
    }

    /// A list that nothing in the book calls for, written and linted as every other.
    pub fn write_list(&self, scope: Scope, list: List, name: &str) -> PathBuf {
        let issuer = &self.house.doors.issuer;
        let authority = (&*issuer.authority.certificate, &self.key as &dyn Signer);
        let file = self.dir.join(format!("{name}.crl"));
        write_list(authority, &issuer.lint, scope, list, self.now(), &file);
        file
    }

    /// The responder follows the book and gets its certificate, if it needs one.
    pub async fn follow(&self) {
        for _ in 0..2 {
            self.house.responder.follow(self.reading()).await.unwrap();
            self.house.doors.scheduler.tick(&*self.clock).await.unwrap();
        }
        let followed = self.house.responder.follow(self.reading()).await.unwrap();
        assert!(followed.trouble.is_none(), "{:?}", followed.trouble);
    }

    /// What the responder answers to a request.
    pub async fn answer(&self, request: &[u8]) -> Vec<u8> {
        let asker = Asker { certificate: None, purpose: None };
        let answer = self.house.responder.answer(request, asker, self.reading()).await;
        let octets = answer.octets().to_vec();
        assert_eq!(self.house.doors.issuer.lint.answer(&octets), []);
        octets
    }
}

/// New keys for cards, made while the first are already in use.
pub fn keys(count: usize) -> impl Iterator<Item = RsaKey> {
    let (give, take) = std::sync::mpsc::channel();
    for part in [count / 2, count - count / 2] {
        let give = give.clone();
        std::thread::spawn(move || {
            for _ in 0..part {
                // Whoever has enough of them has gone away.
                let _ = give.send(RsaKey::generate(RsaSize::Rsa2048).unwrap());
            }
        });
    }
    take.into_iter().take(count)
}
