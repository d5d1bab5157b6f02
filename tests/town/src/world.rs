//! A whole small world: an authority that serves, a registry, desks, an agency; on a clock that is
//! moved by hand. The demonstration plays in it, and so do the tests: everything in it is real, the
//! sockets and the signatures too; only people and time are made up.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use akashi_ca::Rate;
use akashi_card::{Card, SigningPin, Transport};
use akashi_cardhost::{InsertedCard, new_number};
use akashi_edge::{ClockSettings, OpenError, TrustedClock};
use akashi_keys::{Cost, EcKey, OfficerToken, Passphrase, Quorum, RsaSize};
use akashi_ledger::{Access, CrlRecord, Scope, Standing};
use akashi_ra_console::journey::{self, Application, Delivery, Stage};
use akashi_ra_console::{Desk, DeskError, Tell};
use akashi_registry::http::{self as registry_http, Window};
use akashi_registry::{Office, Person, Registry, SealedBatch, TownIdentity};
use akashi_softcard::SoftCard;
use akashi_wire::act::{Answer, Deed, IdentityProof, LookUpBy, Procedure};
use akashi_wire::batch::BatchAnswer;
use akashi_wire::clock::SimulatedClock;
use akashi_wire::octets::Octets;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{Clock, MunicipalityCode, ResidentCode, SerialNumber};
use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{SimulatedMachine, TownError};
use crate::house::{House, HouseError, Services, certificate};
use akashi::init::{OFFICE_TERMINALS, Plan, SECURITY_OFFICERS, init};
use akashi_agency::{Agency, Verdict};

/// What kind of world is made.
pub struct Setting {
    /// The prefecture.
    pub prefecture: MunicipalityCode,
    /// Municipalities with a source and an officer.
    pub towns: Vec<MunicipalityCode>,
    /// Who may ask for status.
    pub access: Access,
    /// Makes people, numbers and salts; keys never come of it.
    pub seed: u64,
    /// When it begins.
    pub start: Timestamp,
    /// `sqlite:PATH` or `postgres://…`.
    pub ledger: String,
    /// Length of the authority's modulus.
    pub size: RsaSize,
    /// Whether certificatePolicies is critical.
    pub policy_critical: bool,
}

/// What one guess of a password costs in a world where tokens are made and opened all day, and nobody guesses.
pub const FEW_ITERATIONS: u32 = 1_000;
/// The same for a passphrase.
pub const CHEAP: Cost = Cost { memory_kib: 256, passes: 1 };

/// Opens the keys of a world whose authority is not kept.
pub const PASSPHRASE: &str = "demonstration only";

/// The world.
pub struct World {
    /// The authority's directory.
    pub dir: PathBuf,
    /// The world's time, which is moved by hand.
    pub clock: Arc<SimulatedClock>,
    /// The authority's machine, whose clock may be wrong.
    pub machine: Arc<SimulatedMachine>,
    /// The authority.
    pub house: House,
    /// The registry.
    pub registry: Arc<Mutex<Registry>>,
    /// Its municipalities' keys.
    pub sources: Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>>,
    /// Who answers for the register of which municipality.
    pub registries: Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>>,
    /// The security officers' desks.
    pub security: SecurityOfficers,
    /// The terminals: of each town and, under the prefecture's code, of the office.
    pub terminals: BTreeMap<MunicipalityCode, Arc<OfficerToken>>,
    /// The officers' desks.
    pub desks: BTreeMap<MunicipalityCode, Desk>,
    /// An enrolled agency.
    pub agency: Agency,
    /// Somebody who is not enrolled.
    pub stranger: Agency,
    /// Makes people, numbers and salts.
    pub rng: StdRng,
    seed: u64,
    services: Option<Services>,
    registry_task: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl World {
    /// Makes a world in a directory that is empty or not there.
    pub async fn make(dir: &Path, setting: &Setting) -> Result<Self, TownError> {
        // Between finding a free port and listening on it another world may take it.
        for _ in 0..3 {
            match Self::try_make(dir, setting).await {
                Err(TownError::House(HouseError::Open(OpenError::Listen { .. })))
                    if setting.ledger.starts_with("sqlite:") =>
                {
                    std::fs::remove_dir_all(dir)?;
                }
                other => return other,
            }
        }
        Self::try_make(dir, setting).await
    }

    async fn try_make(dir: &Path, setting: &Setting) -> Result<Self, TownError> {
        let mut rng = StdRng::seed_from_u64(setting.seed);
        let clock = Arc::new(SimulatedClock::at(setting.start));
        let host = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let registry_door = tokio::net::TcpListener::bind((host, 0)).await?;
        let plan = Plan {
            prefecture: setting.prefecture,
            organisation: "Akashi Test".into(),
            policy: None,
            policy_critical: setting.policy_critical,
            validity: Default::default(),
            access: setting.access,
            host,
            ports: [None; 6],
            public_host: None,
            public_ports: [None; 2],
            ledger: setting.ledger.clone(),
            registry_url: format!("https://{}", registry_door.local_addr()?),
            size: setting.size,
            security_officers: vec!["証 守".into(), "証 護".into()],
            token_iterations: FEW_ITERATIONS,
            custody_cost: CHEAP,
            recovery: Quorum { holders: vec!["一".into(), "二".into(), "三".into()], needed: 2 },
            mark: None,
        };
        let passphrase = Passphrase::new(PASSPHRASE.into()).map_err(TownError::from)?;
        init(dir, &plan, &passphrase, [PASSPHRASE; 2], clock.now(), &mut rng).await?;
        let machine = SimulatedMachine::new(clock.clone());
        let mut house = House::open(dir, &passphrase, kept_by(&machine)).await?;
        // Where years pass in seconds so many more acts do.
        house.doors.rate = Rate::of(NonZeroU32::MAX);
        // Years pass in seconds: of course the registries are silent. It is on record all the same.
        let services = house.serve().await?;

        let url = format!("https://{}", house.config.listen.authority);
        let security = SecurityOfficers::sign_in((dir, PASSPHRASE), &url, clock.clone()).await?;
        let recipient = security.authority().envelope.0.clone();
        let (mut sources, mut registries) = (BTreeMap::new(), BTreeMap::new());
        let mut desks = BTreeMap::new();
        let office = OfficerToken::open(&dir.join(OFFICE_TERMINALS[0]), PASSPHRASE)?;
        let mut terminals = BTreeMap::from([(setting.prefecture, Arc::new(office))]);
        for (number, municipality) in setting.towns.iter().copied().enumerate() {
            let role = Role::Source { municipality };
            let token = enrol(&security, &format!("Source of {municipality}"), role, host).await?;
            sources.insert(municipality, Arc::new(municipal(municipality, token, &recipient)));
            let role = Role::Registry { municipality };
            let token =
                enrol(&security, &format!("Registry of {municipality}"), role, host).await?;
            registries.insert(municipality, Arc::new(municipal(municipality, token, &recipient)));
            let role = Role::Terminal { municipality };
            let terminal = enrol(&security, &format!("Counter {}", number + 1), role, host).await?;
            let role = Role::Officer { municipality };
            let token = enrol(&security, &format!("Officer {}", number + 1), role, host).await?;
            let desk = Desk::sign_in(&url, &terminal, Arc::new(token), clock.clone()).await?;
            terminals.insert(municipality, Arc::new(terminal));
            desks.insert(municipality, desk);
        }
        let role = Role::Agency { purposes: vec!["e-tax filing (demonstration)".into()] };
        let agency = enrol(&security, "Demonstration Tax Office", role, host).await?;
        let authority = security.authority().certificate.0.clone();

        let registry = Arc::new(Mutex::new(Registry::new()));
        let (sources, registries) = (Arc::new(sources), Arc::new(registries));
        let registry_task = serve_registry(
            registry_door,
            certificate(dir, "registry_client")?,
            registry.clone(),
            registries.clone(),
            clock.clone(),
            setting.seed,
        )?;
        Ok(Self {
            dir: dir.into(),
            clock,
            machine,
            house,
            registry,
            sources,
            registries,
            security,
            terminals,
            desks,
            agency: Agency::new(authority.clone(), Some(agency)),
            stranger: Agency::new(authority, None),
            rng,
            seed: setting.seed,
            services: Some(services),
            registry_task: Some(registry_task),
        })
    }

    /// From here on a source signs with this token's key.
    pub fn replace_source(&mut self, town: MunicipalityCode, token: OfficerToken) {
        let mut all = (*self.sources).clone();
        all.insert(town, Arc::new(self.as_municipal(town, token)));
        self.sources = Arc::new(all);
    }

    /// From here on the register of a municipality answers with this token's key.
    pub async fn replace_registry(&mut self, town: MunicipalityCode, token: OfficerToken) {
        let mut all = (*self.registries).clone();
        all.insert(town, Arc::new(self.as_municipal(town, token)));
        self.registries = Arc::new(all);
        let (stop, task) = self.registry_task.take().expect("a registry serves");
        let _ = stop.send(());
        let _ = task.await;
        let address = self.house.config.registry.url.trim_start_matches("https://").to_owned();
        let door = tokio::net::TcpListener::bind(address).await.expect("the door was closed");
        let asker = certificate(&self.dir, "registry_client").expect("a certificate");
        let (registry, registries) = (self.registry.clone(), self.registries.clone());
        let clock = self.clock.clone();
        let serving = serve_registry(door, asker, registry, registries, clock, self.seed);
        self.registry_task = Some(serving.expect("a registry serves"));
    }

    fn as_municipal(&self, town: MunicipalityCode, token: OfficerToken) -> TownIdentity {
        municipal(town, token, &self.security.authority().envelope.0)
    }

    /// Stops everything and closes the book.
    pub async fn stop(mut self) {
        if let Some(services) = self.services.take() {
            services.stop().await;
        }
        if let Some((stop, task)) = self.registry_task {
            let _ = stop.send(());
            let _ = task.await;
        }
        self.house.ledger().close().await;
    }

    /// Somebody moves in whom the register has known for long.
    pub fn enter(&mut self, person: Person) -> Result<ResidentCode, TownError> {
        let mut registry = self.registry.lock().expect("nobody panics with the register");
        Ok(registry.enter(None, person, &mut self.rng)?)
    }

    /// Changes the register.
    pub fn office<T>(
        &mut self,
        change: impl FnOnce(&mut Office<'_, StdRng>) -> Result<T, akashi_registry::RegistryError>,
    ) -> Result<T, TownError> {
        let mut registry = self.registry.lock().expect("nobody panics with the register");
        let mut office = registry.at(self.clock.now(), &mut self.rng);
        Ok(change(&mut office)?)
    }

    /// Makes the next batch of a source: a value that may be sent, withheld or repeated.
    pub fn next_batch(&mut self, town: MunicipalityCode) -> Result<Option<SealedBatch>, TownError> {
        let mut registry = self.registry.lock().expect("nobody panics with the register");
        Ok(registry.next_batch(&self.sources[&town], self.clock.now(), 1000)?)
    }

    /// Sends a batch over the source's own link.
    pub async fn send(
        &self,
        town: MunicipalityCode,
        batch: &SealedBatch,
    ) -> Result<BatchAnswer, TownError> {
        let kept = self.clock.clone();
        let link = self.sources[&town].link();
        let client = akashi_link::client_by(&link, Arc::new(move || kept.now()))?;
        let url = format!("https://{}/idou", self.house.config.listen.authority);
        Ok(registry_http::send(&client, &url, batch).await?)
    }

    /// Sends everything that a source has to say, and waits until it is settled.
    pub async fn deliver_feed(&mut self, town: MunicipalityCode) -> Result<(), TownError> {
        while let Some(batch) = self.next_batch(town)? {
            self.send(town, &batch).await?;
        }
        self.settled().await
    }

    /// Waits until the inbox holds nothing to be settled.
    pub async fn settled(&self) -> Result<(), TownError> {
        self.wait("the inbox is settled", async || {
            Ok(self.house.ledger().waiting_events(1).await?.is_empty())
        })
        .await
    }

    /// Asks about a certificate until the answer is the expected one, five seconds at most; gives
    /// the last answer and how long it took.
    pub async fn ask_until(
        &self,
        certificate: &[u8],
        expected: impl Fn(&Verdict) -> bool,
    ) -> (Verdict, Duration) {
        let start = std::time::Instant::now();
        loop {
            let verdict = self.agency.judge(certificate, self.clock.now()).await;
            if expected(&verdict) || start.elapsed() > Duration::from_secs(5) {
                return (verdict, start.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until a list lies in the repository that holds the status of now.
    pub async fn listed(&self, scope: Scope) -> Result<(), TownError> {
        self.wait("the list is published", async || {
            let newest = self.house.ledger().published_crl(1, scope).await?;
            let town = match scope {
                Scope::Partition(town) => Some(town),
                _ => None,
            };
            let Some(newest) = newest else { return Ok(false) };
            let fresh = newest.next_update > self.clock.now() && self.is_public(scope, &newest);
            if scope == Scope::Authority {
                // Residents' certificates are nothing to the list of authorities.
                return Ok(fresh);
            }
            Ok(fresh && self.house.ledger().newest_change(1, town, newest.up_to).await?.is_none())
        })
        .await
    }

    /// Whether this list, and no other, lies in the repository as the current one of its scope.
    pub fn is_public(&self, scope: Scope, list: &CrlRecord) -> bool {
        let public = self.dir.join(format!("public/crl/1/{scope}.crl"));
        let lies = std::fs::read(public).ok().map(|octets| Sha256::of(&octets));
        lies.is_some() && lies == list.digest
    }

    /// Waits in real time, a minute at most.
    pub async fn wait(
        &self,
        what: &'static str,
        holds: impl AsyncFn() -> Result<bool, TownError>,
    ) -> Result<(), TownError> {
        for _ in 0..600 {
            if holds().await? {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(TownError::Waited(what))
    }

    /// A new card from the factory, with the authority's keys in it.
    pub fn blank_card(&mut self) -> Result<Card<InsertedCard>, TownError> {
        let number = new_number(&mut self.rng);
        let keys = self.house.doors.card_master.card_keys(number.as_str());
        Ok(Card::open(InsertedCard::of(SoftCard::with_keys(number, [keys])))?)
    }

    /// How the register's record of a person is asked for.
    pub fn by_items(&self, code: &ResidentCode) -> LookUpBy {
        let registry = self.registry.lock().expect("nobody panics with the register");
        let items = registry.record(code).expect("a person of this world").items();
        LookUpBy::Items {
            name: items.name.clone(),
            birth_date: items.birth_date,
            sex: Some(items.sex),
            address: Some(items.address.clone()),
        }
    }

    /// A whole case at a town's counter, from the first act to the delivery.
    pub async fn certify(
        &self,
        town: MunicipalityCode,
        procedure: Procedure,
        code: &ResidentCode,
        card: &mut Card<impl Transport>,
        pin: &SigningPin,
    ) -> Result<Delivery, DeskError> {
        self.certify_showing(town, procedure, code, (card, pin), |_| ()).await
    }

    /// The same, telling where it is.
    pub async fn certify_showing(
        &self,
        town: MunicipalityCode,
        procedure: Procedure,
        code: &ResidentCode,
        (card, pin): (&mut Card<impl Transport>, &SigningPin),
        show: impl FnMut(Stage),
    ) -> Result<Delivery, DeskError> {
        let application = Application {
            procedure,
            by: self.by_items(code),
            identity: IdentityProof::ResidentCard,
            under_guardianship: None,
            name_choices: Default::default(),
            address_choices: Default::default(),
            ticket: None,
        };
        journey::certify(&self.desks[&town], card, pin, &application, show).await
    }

    /// How a certificate stands in the book.
    pub async fn standing(&self, serial: SerialNumber) -> Result<Option<Standing>, TownError> {
        Ok(self.house.ledger().standing(serial).await?)
    }
}

/// The two security officers of a world, each with a token and a desk. What takes one person the first
/// asks.
pub struct SecurityOfficers {
    /// The first.
    pub one: Desk,
    /// The second.
    pub other: Desk,
}

impl SecurityOfficers {
    /// Signs in with the tokens, and at the terminals, that `init` left in the authority's directory.
    pub async fn sign_in(
        (dir, password): (&Path, &str),
        url: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TownError> {
        let desk = async |number: usize| {
            let open = |file: &str| OfficerToken::open(&dir.join(file), password);
            let terminal = open(OFFICE_TERMINALS[number])?;
            let token = Arc::new(open(SECURITY_OFFICERS[number])?);
            Ok::<_, TownError>(Desk::sign_in(url, &terminal, token, clock.clone()).await?)
        };
        Ok(Self { one: desk(0).await?, other: desk(1).await? })
    }

    /// Asks, and has the other countersign what takes two.
    pub async fn ask(&self, deed: Deed) -> Result<Answer, DeskError> {
        by_two(&self.one, &self.other, deed).await
    }

    /// What the authority said of itself when they signed in.
    pub fn authority(&self) -> &Tell {
        self.one.authority()
    }
}

/// One asks, and the other countersigns where that is needed.
pub async fn by_two(one: &Desk, other: &Desk, deed: Deed) -> Result<Answer, DeskError> {
    match one.ask(deed).await? {
        Answer::Proposed { request, digest, .. } => {
            other.ask(Deed::Countersign { request, digest }).await
        }
        answer => Ok(answer),
    }
}

/// Enrols a party with a new key of its own.
async fn enrol(
    security: &SecurityOfficers,
    name: &str,
    party: Role,
    host: IpAddr,
) -> Result<OfficerToken, TownError> {
    let key = EcKey::generate()?;
    let hosts = match party {
        Role::Registry { .. } => vec![host.to_string()],
        _ => Vec::new(),
    };
    let request_for_certificate = Octets(key.request_for_certificate()?);
    let deed =
        Deed::Enrol { name: name.into(), party, hosts, request_for_certificate, until: None };
    match security.ask(deed).await? {
        Answer::Enrolled { certificate, link_authority, .. } => {
            Ok(OfficerToken::new(key, certificate.0, link_authority.0))
        }
        _ => Err(TownError::Unexpected("enrolment")),
    }
}

fn municipal(
    municipality: MunicipalityCode,
    token: OfficerToken,
    recipient: &[u8],
) -> TownIdentity {
    let certificate = token.certificate().to_vec();
    let link_authority = token.link_authority().to_vec();
    TownIdentity {
        municipality,
        key: token.into_key().into(),
        certificate,
        link_authority,
        recipient: recipient.to_vec(),
    }
}

fn serve_registry(
    door: tokio::net::TcpListener,
    asker: Vec<u8>,
    registry: Arc<Mutex<Registry>>,
    registries: Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>>,
    clock: Arc<SimulatedClock>,
    seed: u64,
) -> Result<(oneshot::Sender<()>, JoinHandle<()>), TownError> {
    let first = registries.values().next().ok_or(TownError::Unexpected("world without a town"))?;
    let identity = first.link();
    let window = Window {
        asker: asker.into(),
        registry,
        registries,
        clock: Arc::new(move || clock.now()),
        rng: Arc::new(Mutex::new(StdRng::seed_from_u64(seed ^ 0x5eed))),
    };
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move {
        let stopped = async move {
            let _ = stopped.await;
        };
        if let Err(error) = registry_http::serve(door, &identity, window, stopped).await {
            eprintln!("akashi registry: {error}");
        }
    });
    Ok((stop, task))
}

/// The time that a process on this machine keeps, from its start on.
pub fn kept_by(machine: &Arc<SimulatedMachine>) -> Arc<TrustedClock> {
    let longest_stop = ClockSettings::default().longest_stop();
    Arc::new(TrustedClock::over(machine.clone(), longest_stop))
}
