//! The prefecture's machines: the authority, the list issuer and the responder, each a process of
//! its own over one book; the registry and its line; one clock.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use akashi::init::SECURITY_OFFICERS;
use akashi_ca::counter::Services;
use akashi_ca::issuance::CertificateKey;
use akashi_ca::scheduler::Recoverers;
use akashi_ca::turn::Turn;
use akashi_ca::{
    AlarmSettings, Counter, Inbox, Issuer, Log, Orders, RegistryClient, Rules, Scheduler,
};
use akashi_edge::Opened;
use akashi_edge::clock::Machine;
use akashi_keys::{LinkAuthority, OfficerToken};
use akashi_ledger::{Here, Holder, Issuing, Ledger};
use akashi_ocsp::Responder;
use akashi_registry::http::Window;
use akashi_registry::{Registry, TownIdentity};
use akashi_town::{PASSPHRASE, SimulatedMachine};
use akashi_wire::clock::SimulatedClock;
use akashi_wire::party;
use akashi_wire::signed::{MessageKind, Verified};
use akashi_wire::time_word::{Saying, TimeWord};
use akashi_wire::{Clock, MunicipalityCode, SignedMessage};
use jiff::SignedDuration;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::book::Book;
use crate::founded::{Founded, beginning, directory};
use crate::lens::{Lens, WatchedKey};
use crate::line::Line;
use crate::process::Process;
use crate::time::Time;
use crate::trouble::{Mishap, Trouble};

/// The authority's process.
pub struct Authority {
    /// What officers ask.
    pub counter: Counter,
    /// What the registry reports.
    pub inbox: Inbox,
    /// What time asks for.
    pub scheduler: Scheduler,
    /// Its book.
    pub ledger: Ledger<Issuing>,
    /// Its key, watched.
    pub key: Arc<WatchedKey>,
}

impl Authority {
    /// Puts it together as `Doors::over` does, with a watched key and a plain line to the registry.
    pub async fn open(
        opened: &Opened,
        book: &str,
        registry: String,
        (seed, clock): (u64, &dyn Clock),
        trouble: Arc<Trouble>,
        lens: Arc<Lens>,
    ) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let ledger =
            Ledger::<Issuing>::open(book).await.expect("the book opens").with_faults(trouble);
        let custody = &opened.custody;
        let vault = Arc::new(opened.vault().expect("a vault"));
        let opener = Arc::new(custody.opener("envelope").expect("a key"));
        let key = Arc::new(WatchedKey::new(custody.rsa("ca").expect("a key"), lens));
        let link = opened.certificate("link").expect("a certificate");
        let link_key = custody.ec("link").expect("a key");
        let link = Arc::new(LinkAuthority::open(&link_key, link).expect("a link authority"));
        let orders = Orders::new(ledger.clone(), own(opened, party::Role::Scheduler));
        clock.resume(&ledger.past().await.expect("the book is read"));
        let signer = CertificateKey::new(key.clone());
        let rules = Arc::new(Rules::default());
        let issuer = Issuer::open(ledger.clone(), vault.clone(), signer, rules).await;
        let issuer = issuer.expect("an issuer");
        let client = akashi_link::plain_client().expect("a client");
        let asking = own(opened, party::Role::RegistryClient);
        let registry = RegistryClient::new(client, registry, opener.clone(), asking);
        let telling = (AlarmSettings::default(), registry.clone());
        let services = Services {
            registry,
            link_authority: link.clone(),
            opener: opener.clone(),
            orders: orders.clone(),
            card_master: Arc::new(custody.card_master().expect("a key")),
            next_keys: opened.next_keys(),
        };
        let counter = Counter::new(issuer.clone(), services, StdRng::from_rng(&mut rng));
        let inbox = Inbox::new(ledger.clone(), vault, opener, orders.clone());
        let recoverers = Recoverers {
            link_authority: link,
            recovery_key: opened.certificate("recovery").expect("a certificate"),
            dir: opened.dir.clone(),
        };
        let log = Log::new(ledger.clone(), own(opened, party::Role::Log));
        let turn = Turn::new(Holder([1; 16]));
        let scheduler =
            Scheduler::new(issuer, (orders, log, turn), (Vec::new(), recoverers, telling), rng);
        scheduler.see_to_the_clock(clock).await.expect("the book is written");
        Self { counter, inbox, scheduler, ledger, key }
    }
}

/// Key and certificate of one of the authority's own programs.
fn own(opened: &Opened, role: party::Role) -> Arc<OfficerToken> {
    Arc::new(opened.own(&role).expect("a program's token"))
}

/// Which process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Role {
    /// The authority.
    Authority,
    /// The list issuer.
    Lists,
    /// The responder.
    Responder,
}

/// The list issuer, and the repository that publishes what it hands over: they die together here.
pub struct Lists {
    pub issuer: akashi_crl::Issuer,
    pub publisher: akashi_repository::Publisher,
}

/// The machines of one seed.
pub struct Prefecture {
    /// Who plays.
    pub founded: Arc<Founded>,
    /// The world's time.
    pub clock: Arc<SimulatedClock>,
    /// The machine on which they run, whose clock may be wrong.
    pub machine: Arc<SimulatedMachine>,
    /// The time that they keep, from the authority's last start on.
    pub kept: Arc<Time>,
    /// The registry.
    pub registry: Arc<Mutex<Registry>>,
    /// Its line to the authority.
    pub line: Line,
    /// Seen from outside.
    pub lens: Arc<Lens>,
    /// How often a process died or was started anew.
    pub deaths: usize,
    /// What keys of processes that are gone have signed without record.
    pub unrecorded: Vec<String>,
    authority: Option<Process<Authority>>,
    lists: Option<Process<Lists>>,
    responder: Option<Process<Arc<Responder>>>,
    lists_key: Option<Arc<WatchedKey>>,
    book: Book,
    seed: u64,
    started: u64,
    dir: tempfile::TempDir,
}

impl Prefecture {
    /// Starts everything over a fresh copy of the book.
    pub fn start(founded: Arc<Founded>, seed: u64) -> Self {
        let dir = directory();
        let book = founded.copy_book(dir.path());
        let clock = Arc::new(SimulatedClock::at(beginning(seed)));
        let registry = Arc::new(Mutex::new(Registry::new()));
        let machine = SimulatedMachine::new(clock.clone());
        let kept = Time::on(&machine);
        let time = clock.clone();
        let window = Window {
            registry: registry.clone(),
            asker: own(&founded.opened, party::Role::RegistryClient).certificate().into(),
            registries: founded.registries.clone(),
            clock: Arc::new(move || time.now()),
            rng: Arc::new(Mutex::new(StdRng::seed_from_u64(seed ^ 0x5eed))),
        };
        let line = Line::open(window);
        let lens = Arc::new(Lens::open(book.address().to_owned()));
        let mut prefecture = Self {
            founded,
            clock,
            machine,
            kept,
            registry,
            line,
            lens,
            deaths: 0,
            unrecorded: Vec::new(),
            authority: None,
            lists: None,
            responder: None,
            lists_key: None,
            book,
            seed,
            started: 0,
            dir,
        };
        for role in [Role::Authority, Role::Lists, Role::Responder] {
            prefecture.begin(role);
        }
        prefecture
    }

    /// Ends a process as a power cut does, and starts it anew.
    pub fn restart(&mut self, role: Role) {
        self.deaths += 1;
        match role {
            Role::Authority => {
                let process = self.authority.take();
                self.unrecorded.extend(process.iter().flat_map(Process::of_key));
            }
            Role::Lists => {
                self.unrecorded.extend(self.lists_key.iter().flat_map(|key| key.unrecorded()));
                drop(self.lists.take());
            }
            Role::Responder => drop(self.responder.take()),
        }
        self.begin(role);
    }

    fn begin(&mut self, role: Role) {
        self.started += 1;
        let (founded, book, lens) =
            (self.founded.clone(), self.book.address().to_owned(), self.lens.clone());
        if role == Role::Authority {
            self.kept.begin_anew();
        }
        let (opened, clock) = (&founded.opened, self.kept.clone());
        match role {
            Role::Authority => {
                let (url, seed) = (self.line.url(), self.seed << 20 | self.started);
                self.authority = Some(Process::start(async |trouble| {
                    Authority::open(opened, &book, url, (seed, &*clock), trouble, lens).await
                }));
            }
            Role::Lists => {
                let key = opened.custody.rsa("ca").expect("a key");
                let key = Arc::new(WatchedKey::new(key, lens));
                self.lists_key = Some(key.clone());
                let (handed_over, public) = (self.dir.path().join("lists"), self.public());
                self.lists = Some(Process::start(async |trouble| {
                    let ledger = Ledger::open(&book).await.expect("the book opens");
                    let ledger = ledger.with_faults(trouble.clone());
                    let orders = door(&book, trouble.clone(), clock).await;
                    let key = akashi_crl::ListKey::new(key);
                    let (signing, settings) =
                        ((key, own(opened, party::Role::ListIssuer)), list_settings());
                    let publishing = Ledger::open(&book).await.expect("the book opens");
                    let publishing = publishing.with_faults(trouble.clone());
                    let issuer =
                        akashi_crl::Issuer::open(ledger, orders, signing, &handed_over, settings);
                    let issuer = issuer.await.expect("the list issuer opens");
                    let shelves = (&*handed_over, &*public);
                    let settings = akashi_repository::Settings::default();
                    let publisher =
                        akashi_repository::Publisher::open(publishing, shelves, &settings);
                    Lists { issuer, publisher: publisher.await.expect("the repository opens") }
                }));
            }
            Role::Responder => {
                self.responder = Some(Process::start(async |trouble| {
                    let ledger = Ledger::open(&book).await.expect("the book opens");
                    let ledger = ledger.with_faults(trouble.clone());
                    let orders = door(&book, trouble, clock).await;
                    let key = opened.custody.responder_key().expect("a key");
                    let settings = akashi_ocsp::Settings::default();
                    let signing = (key, own(opened, party::Role::Responder));
                    let responder = Responder::open(ledger, orders, signing, settings).await;
                    responder.expect("the responder opens")
                }));
            }
        }
    }

    /// Does something in the authority. `None`: it died, and lives again.
    pub fn authority<R>(
        &mut self,
        mishap: Option<Mishap>,
        act: impl AsyncFnOnce(&Authority) -> R,
    ) -> (Option<R>, bool) {
        let process = self.authority.as_ref().expect("it runs");
        let outcome = process.live(mishap, act);
        if outcome.0.is_none() {
            self.restart(Role::Authority);
        }
        outcome
    }

    /// Stops the authority, and has two security officers bring the time of its book back to the machine's.
    pub fn bring_back(&mut self) {
        self.at_the_host(async |book, here, sign| {
            let Some(wrong) = book.wrong_times(here, None).await.expect("it can be read") else {
                return;
            };
            let (first, head, hash) = (wrong.first.0, wrong.head.0, wrong.hash);
            let words = sign(Saying::BringBack { first, head, hash });
            book.bring_back(&words, here).await.expect("two bring it back");
        });
    }

    /// Stops the authority, and has two security officers say that the machine's clock, which is in doubt, is right.
    pub fn accept_clock(&mut self) {
        let kept = self.kept.now();
        self.at_the_host(async |book, here, sign| {
            let found = book.clock_doubt().await.expect("it can be read").expect("it is in doubt");
            let words = sign(Saying::Right { doubt: found.position.0 });
            book.accept_clock_at_the_host(&words, here, kept).await.expect("two accept it");
        });
    }

    /// Stops the authority, and lets both do something to its book.
    fn at_the_host(
        &mut self,
        act: impl AsyncFnOnce(&Ledger<Issuing>, &Here, &dyn Fn(Saying) -> Vec<Verified>),
    ) {
        let process = self.authority.take();
        self.unrecorded.extend(process.iter().flat_map(Process::of_key));
        drop(process);
        let look = self.machine.look();
        let (boot, since_boot, wall) = (self.machine.boot(), look.since_boot, look.wall);
        let here = Here { boot, since_boot, wall };
        let home = &self.founded.opened.dir;
        let (address, authority) = (self.book.address().to_owned(), self.founded.fingerprint());
        let sign = |says: Saying| {
            let content = serde_json::to_vec(&TimeWord { authority, time: wall, says });
            let content = content.expect("a word is JSON");
            let word = |file: &str| {
                let token = OfficerToken::open(&home.join(file), PASSPHRASE).expect("a token");
                let sign = |octets: &[u8]| token.sign(octets);
                let kind = MessageKind::TimeWord;
                SignedMessage::sign(kind, &content, token.certificate(), wall, sign)
                    .and_then(|message| message.verify(kind))
                    .expect("it signs")
            };
            SECURITY_OFFICERS.map(word).to_vec()
        };
        crate::process::runtime().block_on(async {
            let book = Ledger::<Issuing>::open(&address).await.expect("the book opens");
            act(&book, &here, &sign).await;
            book.close().await;
        });
    }

    /// How often the authority met the book in what it did last.
    pub fn meetings(&self) -> u32 {
        self.authority.as_ref().expect("it runs").meetings()
    }

    /// Does something in the list issuer and the repository.
    pub fn lists<R>(
        &mut self,
        mishap: Option<Mishap>,
        act: impl AsyncFnOnce(&Lists) -> R,
    ) -> (Option<R>, bool) {
        let outcome = self.lists.as_ref().expect("it runs").live(mishap, act);
        if outcome.0.is_none() {
            self.restart(Role::Lists);
        }
        outcome
    }

    /// Does something in the responder.
    pub fn responder<R>(
        &mut self,
        mishap: Option<Mishap>,
        act: impl AsyncFnOnce(&Arc<Responder>) -> R,
    ) -> (Option<R>, bool) {
        let outcome = self.responder.as_ref().expect("it runs").live(mishap, act);
        if outcome.0.is_none() {
            self.restart(Role::Responder);
        }
        outcome
    }

    /// What was signed without record until now.
    pub fn signed_without_record(&self) -> Vec<String> {
        let living = self.authority.iter().flat_map(Process::of_key);
        let lists = self.lists_key.iter().flat_map(|key| key.unrecorded());
        self.unrecorded.iter().cloned().chain(living).chain(lists).collect()
    }

    /// Where the public repository lies.
    pub fn public(&self) -> std::path::PathBuf {
        self.dir.path().join("public")
    }

    /// The book of this seed.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The directory of this seed.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Who signs for which municipality.
    pub fn sources(&self) -> Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>> {
        self.founded.sources.clone()
    }
}

impl Process<Authority> {
    fn of_key(&self) -> Vec<String> {
        self.room().map(|authority| authority.key.unrecorded()).unwrap_or_default()
    }
}

/// A quiet village's list lives longer than usual, so that nineteen of them need not be signed
/// every twelve hours of four years; everything else is as it comes.
pub fn list_settings() -> akashi_crl::Settings {
    akashi_crl::Settings {
        partition_at_least: SignedDuration::from_hours(300 * 24),
        next_update: SignedDuration::from_hours(400 * 24),
        ..akashi_crl::Settings::default()
    }
}

/// The authority's door for orders, as another process finds it: what befalls the line befalls whoever
/// sent the order.
async fn door(
    book: &str,
    trouble: Arc<Trouble>,
    clock: Arc<Time>,
) -> Arc<dyn akashi_wire::OrderDoor> {
    let ledger = Ledger::<Issuing>::open(book).await.expect("the book opens");
    Arc::new(akashi_ledger::BookDoor::new(ledger.with_faults(trouble), clock))
}
