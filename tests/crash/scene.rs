//! The scene of the crashes: an authority's directory, a register, and everybody who asks.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use akashi::clock::SystemClock;
use akashi::config::{Config, FILE, LedgerRole};
use akashi::init::{Plan, init};
use akashi_agency::{Agency, Verdict};
use akashi_keys::{CardMaster, Custody, EcKey, OfficerToken, Passphrase, RsaSize};
use akashi_ledger::Access;
use akashi_link::Identity;
use akashi_ra_console::Desk;
use akashi_registry::http::{self as registry_http, Window};
use akashi_registry::{Person, Registry, TownIdentity};
use akashi_town::SecurityOfficers;
use akashi_wire::act::{Answer, Deed, LookUpBy};
use akashi_wire::octets::Octets;
use akashi_wire::party::Role;
use akashi_wire::{FourItems, MunicipalityCode, Sex};
use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::authority::{Authority, PASSPHRASE, START};
use crate::key::Keys;
use crate::notes::Notes;
use crate::officer::Officer;
use crate::settings::Base;
use crate::truth::Truth;

/// 鳥取市 and 米子市, with the beginning of their addresses.
pub const TOWNS: [(&str, &str); 2] =
    [("312011", "鳥取県鳥取市東町"), ("312029", "鳥取県米子市加茂町")];
/// Counters in each town.
const COUNTERS: usize = 2;
const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Everybody and everything but the authority's processes.
pub struct Scene {
    pub base: Base,
    pub dir: PathBuf,
    pub config: Config,
    pub authority: Vec<u8>,
    pub registry: Arc<Mutex<Registry>>,
    pub sources: Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>>,
    registries: Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>>,
    pub officers: Vec<Officer>,
    pub agency: Agency,
    /// The agency's end of the link to the repository.
    pub reader: reqwest::Client,
    pub keys: Arc<Keys>,
    /// From what the keys of every card come.
    pub card_master: CardMaster,
    pub truth: Truth,
    pub notes: Notes,
}

impl Scene {
    /// Makes an authority in a directory, starts it, and enrols everybody.
    pub async fn make(
        base: Base,
        dir: &Path,
        ledger: String,
        keys: Arc<Keys>,
    ) -> (Arc<Self>, Authority) {
        let door = tokio::net::TcpListener::bind((HOST, 0)).await.expect("a free port");
        let registry_url = format!("https://{}", door.local_addr().expect("it listens"));
        found(dir, ledger, registry_url).await;
        // Every counter of this town is a thread at one machine.
        change_config(dir, |config| config.doors.acts_per_second = NonZeroU32::MAX);
        let mut authority = Authority::apart(dir);
        authority.start();
        tokio::task::block_in_place(|| authority.listens()).expect("a new authority starts");

        let config = Config::read(dir).expect("as it was written");
        let url = format!("https://{}", config.listen.authority);
        let clock = Arc::new(SystemClock::new());
        let security = SecurityOfficers::sign_in((dir, PASSPHRASE), &url, clock.clone())
            .await
            .expect("it is up");
        let recipient = security.authority().envelope.0.clone();
        let (mut sources, mut registries) = (BTreeMap::new(), BTreeMap::new());
        let mut officers = Vec::new();
        for (town, _) in TOWNS {
            let municipality: MunicipalityCode = town.parse().expect("a municipality");
            let token =
                enrol(&security, format!("source {town}"), Role::Source { municipality }).await;
            sources.insert(municipality, Arc::new(municipal(municipality, token, &recipient)));
            let registry = Role::Registry { municipality };
            let token = enrol(&security, format!("registry {town}"), registry).await;
            registries.insert(municipality, Arc::new(municipal(municipality, token, &recipient)));
            for _ in 0..COUNTERS {
                let terminal = format!("terminal {}", officers.len());
                let terminal = enrol(&security, terminal, Role::Terminal { municipality }).await;
                let token = enrol(
                    &security,
                    format!("officer {}", officers.len()),
                    Role::Officer { municipality },
                )
                .await;
                let client = akashi_link::client(&link(&terminal)).expect("a link");
                let desk = Desk::sign_in(&url, &terminal, Arc::new(token), clock.clone()).await;
                let desk = desk.expect("it is up");
                let number = officers.len();
                officers.push(Officer { number, municipality, desk, client, url: url.clone() });
            }
        }
        let token =
            enrol(&security, "agency".into(), Role::Agency { purposes: vec!["e-Tax".into()] })
                .await;
        let reader = akashi_link::client(&link(&token)).expect("a link");
        let authority_certificate = security.authority().certificate.0.clone();
        let agency = Agency::new(authority_certificate.clone(), Some(token));
        let scene = Self {
            base,
            dir: dir.into(),
            config,
            authority: authority_certificate,
            registry: Arc::new(Mutex::new(Registry::new())),
            sources: Arc::new(sources),
            registries: Arc::new(registries),
            officers,
            agency,
            reader,
            keys,
            card_master: card_master(dir),
            truth: Truth::default(),
            notes: Notes::default(),
        };
        scene.answer_look_ups(door);
        (Arc::new(scene), authority)
    }

    /// The register's door: another system, which does not crash here.
    fn answer_look_ups(&self, door: tokio::net::TcpListener) {
        let asker =
            std::fs::read(self.dir.join("certificates/registry_client.der")).expect("a file");
        let window = Window {
            asker: asker.into(),
            registry: self.registry.clone(),
            registries: self.registries.clone(),
            clock: Arc::new(Timestamp::now),
            rng: Arc::new(Mutex::new(StdRng::seed_from_u64(rand::random()))),
        };
        let link = self.registries.values().next().expect("a town").link();
        tokio::spawn(async move {
            registry_http::serve(door, &link, window, std::future::pending()).await
        });
    }

    /// Somebody who has lived in a town for long.
    pub fn resident(&self, town: MunicipalityCode, rng: &mut impl Rng) -> usize {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.truth.memory().people.len() + 1;
        let items = FourItems {
            name: format!("証　{}", kanji(number)),
            address: format!("{}一丁目{number}番地", address_in(town)),
            birth_date: "319700115".parse().expect("a birth date"),
            sex: Sex::Female,
        };
        let person = Person { municipality: town, items, protected: false };
        let code = registry.enter(None, person, rng).expect("a town of the prefecture");
        self.truth.person(code, town)
    }

    /// How the register's record of a person is asked for.
    pub fn by_items(&self, person: usize) -> LookUpBy {
        let code = self.truth.memory().people[person].code.clone();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let items = registry.record(&code).expect("a resident").items().clone();
        LookUpBy::Items {
            name: items.name,
            birth_date: items.birth_date,
            sex: Some(items.sex),
            address: Some(items.address),
        }
    }

    /// The address of the book, as a program finds it.
    pub fn ledger(&self) -> String {
        self.config.ledger_address(&self.dir, LedgerRole::Authority).expect("a book")
    }

    /// Waits until everything is served again: the authority tells its time and the responder
    /// answers for a certificate, where there is one.
    pub async fn serves(&self) -> Result<(), String> {
        let until = Instant::now() + START;
        let any = self.truth.memory().certificates.values().next().map(|one| one.octets.clone());
        loop {
            let up = self.officers[0].reaches().await;
            let answers = match &any {
                Some(octets) => self.agency.judge(octets, Timestamp::now()).await,
                None => Verdict::Valid,
            };
            match answers {
                Verdict::CannotTell(why) if Instant::now() > until => return Err(why),
                _ if Instant::now() > until => return Err("the authority is not reached".into()),
                Verdict::CannotTell(_) => {}
                _ if up => return Ok(()),
                _ => {}
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn card_master(dir: &Path) -> CardMaster {
    let passphrase = Passphrase::new(PASSPHRASE.into()).expect("long enough");
    let custody = Custody::open(&dir.join("keys"), &passphrase).expect("its own passphrase");
    custody.card_master().expect("an authority has one")
}

/// `akashi init`, with lists that are renewed as soon as something changed.
async fn found(dir: &Path, ledger: String, registry_url: String) {
    let plan = Plan {
        prefecture: "310000".parse().expect("a prefecture"),
        organisation: "Akashi Test".into(),
        policy: None,
        policy_critical: false,
        validity: Default::default(),
        access: Access::Registered,
        host: HOST,
        ports: [None; 6],
        public_host: None,
        public_ports: [None; 2],
        ledger,
        registry_url,
        size: RsaSize::Rsa2048,
        security_officers: vec!["証 守".into(), "証 護".into()],
        token_iterations: akashi_town::FEW_ITERATIONS,
        custody_cost: akashi_town::CHEAP,
        recovery: akashi_keys::Quorum {
            holders: ["一", "二", "三"].map(String::from).into(),
            needed: 2,
        },
        mark: None,
    };
    let passphrase = Passphrase::new(PASSPHRASE.into()).expect("long enough");
    let now = Timestamp::now();
    init(dir, &plan, &passphrase, [PASSPHRASE; 2], now, &mut rand::rng())
        .await
        .expect("an authority");
    change_config(dir, |config| {
        for (key, value) in
            [("partition_when_changed", "PT0.1S"), ("complete_every", "PT1S"), ("retry", "PT0.1S")]
        {
            config.crl.insert(key.into(), value.into());
        }
    });
}

/// Writes a changed configuration: for the next start.
pub fn change_config(dir: &Path, change: impl FnOnce(&mut Config)) {
    let mut config = Config::read(dir).expect("as it was written");
    change(&mut config);
    std::fs::write(dir.join(FILE), config.to_text()).expect("our own directory");
}

async fn enrol(security: &SecurityOfficers, name: String, party: Role) -> OfficerToken {
    let key = EcKey::generate().expect("a key");
    let hosts = match party {
        Role::Registry { .. } => vec![HOST.to_string()],
        _ => Vec::new(),
    };
    let request_for_certificate = Octets(key.request_for_certificate().expect("a request"));
    let deed = Deed::Enrol { name, party, hosts, request_for_certificate, until: None };
    match security.ask(deed).await {
        Ok(Answer::Enrolled { certificate, link_authority, .. }) => {
            OfficerToken::new(key, certificate.0, link_authority.0)
        }
        other => panic!("not enrolled: {other:?}"),
    }
}

fn municipal(
    municipality: MunicipalityCode,
    token: OfficerToken,
    recipient: &[u8],
) -> TownIdentity {
    let certificate = token.certificate().to_vec();
    let link_authority = token.link_authority().to_vec();
    let recipient = recipient.to_vec();
    TownIdentity {
        municipality,
        key: token.into_key().into(),
        certificate,
        link_authority,
        recipient,
    }
}

fn link(token: &OfficerToken) -> Identity {
    Identity {
        certificate: token.certificate().to_vec(),
        key: token.key().for_tls(),
        authority: token.link_authority().to_vec(),
    }
}

/// The beginning of addresses in a town.
pub fn address_in(town: MunicipalityCode) -> &'static str {
    let code = town.to_string();
    TOWNS.iter().find(|(town, _)| *town == code).expect("one of our towns").1
}

fn kanji(number: usize) -> String {
    let digits = ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    number.to_string().bytes().map(|digit| digits[usize::from(digit - b'0')]).collect()
}
