//! An authority that is stopped, and opened again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use akashi::config::{Config, FILE};
use akashi_agency::{Agency, Verdict};
use akashi_keys::Passphrase;
use akashi_ra_console::Desk;
use akashi_registry::http::{self as registry_http, Window};
use akashi_registry::{Registry, SealedBatch, TownIdentity};
use akashi_town::house::{House, Services, certificate};
use akashi_town::{PASSPHRASE, SecurityOfficers, SimulatedMachine, kept_by};
use akashi_wire::act::LookUpBy;
use akashi_wire::batch::BatchAnswer;
use akashi_wire::clock::SimulatedClock;
use akashi_wire::{Clock, MunicipalityCode, ResidentCode};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::*;

type Registries = Arc<BTreeMap<MunicipalityCode, Arc<TownIdentity>>>;

type RegistryTask = (oneshot::Sender<()>, JoinHandle<()>);

/// Who answers an authority.
struct Around {
    authority: PathBuf,
    clock: Arc<SimulatedClock>,
    registry: Arc<Mutex<Registry>>,
    registries: Registries,
}

impl Around {
    fn serve_registry(&self, door: tokio::net::TcpListener) -> RegistryTask {
        let clock = self.clock.clone();
        let window = Window {
            asker: certificate(&self.authority, "registry_client").unwrap().into(),
            registry: self.registry.clone(),
            registries: self.registries.clone(),
            clock: Arc::new(move || clock.now()),
            rng: Arc::new(Mutex::new(StdRng::seed_from_u64(5))),
        };
        let identity = self.registries[&tottori()].link();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let stopped = async move {
                let _ = stopped.await;
            };
            registry_http::serve(door, &identity, window, stopped).await.unwrap();
        });
        (stop, task)
    }
}

/// An authority that is stopped, with the people around it.
pub struct Stopped {
    /// Whether the registry is out of reach when it is opened.
    pub silent: bool,
    pub clock: Arc<SimulatedClock>,
    pub machine: Arc<SimulatedMachine>,
    registry: Arc<Mutex<Registry>>,
    registries: Registries,
    sources: Registries,
    desks: BTreeMap<MunicipalityCode, Desk>,
    agency: Agency,
    pub authority: PathBuf,
    dir: tempfile::TempDir,
    base: Option<Base>,
}

impl Place {
    /// Stops the authority, and opens it again with a changed configuration.
    pub async fn reopened(self, change: impl FnOnce(&mut Config)) -> Again {
        self.stop().await.opened(change).await
    }

    /// Stops the authority, to be opened again.
    pub async fn stop(self) -> Stopped {
        let (mut world, dir, base) = self.apart();
        let desks = std::mem::take(&mut world.desks);
        let agency = std::mem::replace(&mut world.agency, Agency::new(Vec::new(), None));
        let stopped = Stopped {
            silent: false,
            clock: world.clock.clone(),
            machine: world.machine.clone(),
            registry: world.registry.clone(),
            registries: world.registries.clone(),
            sources: world.sources.clone(),
            desks,
            agency,
            authority: world.dir.clone(),
            dir,
            base,
        };
        world.stop().await;
        stopped
    }
}

impl Stopped {
    /// Opens it with a changed configuration.
    pub async fn opened(self, change: impl FnOnce(&mut Config)) -> Again {
        let Self { clock, machine, registry, registries, sources, desks, agency, .. } = self;
        let authority = self.authority;
        let door = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut config = Config::read(&authority).unwrap();
        config.registry.url = format!("https://{}", door.local_addr().unwrap());
        change(&mut config);
        std::fs::write(authority.join(FILE), config.to_text()).unwrap();
        let address = door.local_addr().unwrap();
        let people = Around { authority: authority.clone(), clock, registry, registries };
        // A start asks the registers what time it is.
        let registry_task = match self.silent {
            true => None,
            false => Some(people.serve_registry(door)),
        };
        let Around { clock, .. } = &people;
        let clock = clock.clone();
        let passphrase = Passphrase::new(PASSPHRASE.into()).unwrap();
        let house = House::open(&authority, &passphrase, kept_by(&machine)).await.unwrap();
        let services = house.serve().await.unwrap();
        let url = format!("https://{}", house.config.listen.authority);
        let security =
            SecurityOfficers::sign_in((&authority, PASSPHRASE), &url, clock.clone()).await.unwrap();
        let Around { registry, registries, .. } = people;
        Again {
            house,
            services,
            clock,
            registry,
            desks,
            security,
            agency,
            sources,
            machine,
            registries,
            registry_at: address,
            registry_task,
            authority,
            dir: self.dir,
            base: self.base,
        }
    }
}

/// An authority that was stopped and opened again.
pub struct Again {
    pub house: House,
    services: Services,
    pub clock: Arc<SimulatedClock>,
    pub registry: Arc<Mutex<Registry>>,
    pub desks: std::collections::BTreeMap<MunicipalityCode, Desk>,
    pub security: SecurityOfficers,
    pub agency: Agency,
    pub sources:
        Arc<std::collections::BTreeMap<MunicipalityCode, Arc<akashi_registry::TownIdentity>>>,
    pub machine: Arc<SimulatedMachine>,
    registries: Registries,
    registry_at: std::net::SocketAddr,
    registry_task: Option<RegistryTask>,
    pub authority: PathBuf,
    /// Lives as long as the authority.
    dir: tempfile::TempDir,
    /// The same.
    base: Option<Base>,
}

impl Again {
    /// From here on the registry answers that was out of reach.
    pub async fn reach_registry(&mut self) {
        let (authority, clock) = (self.authority.clone(), self.clock.clone());
        let (registry, registries) = (self.registry.clone(), self.registries.clone());
        let around = Around { authority, clock, registry, registries };
        let door = tokio::net::TcpListener::bind(self.registry_at).await.unwrap();
        self.registry_task = Some(around.serve_registry(door));
    }

    /// Who is connected to the story's own data base.
    pub fn connected(&self) -> std::collections::BTreeSet<String> {
        self.base.as_ref().expect("a story on PostgreSQL").connected()
    }

    pub fn by_items(&self, code: &ResidentCode) -> LookUpBy {
        by_items(&self.registry.lock().unwrap().record(code).unwrap().items().clone())
    }

    /// Alarms that were ever begun, as they are said in English, oldest first.
    pub async fn alarms_said(&self) -> Vec<String> {
        let mut all = self.house.ledger().audit_entries(100_000).await.unwrap();
        all.reverse();
        all.iter().filter(|entry| entry.verb == "alarm").map(crate::support::said).collect()
    }

    pub async fn tick(&self) {
        let doors = &self.house.doors;
        doors.scheduler.tick(&*doors.clock).await.unwrap();
    }

    pub async fn judged(&self, certificate: &[u8]) -> Verdict {
        for _ in 0..100 {
            match self.agency.judge(certificate, self.clock.now()).await {
                Verdict::CannotTell(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                verdict => return verdict,
            }
        }
        panic!("the responder cannot tell");
    }

    /// OCSP says so, within five seconds.
    pub async fn seen(&self, certificate: &[u8], as_must: impl Fn(&Verdict) -> bool) {
        let mut verdict = self.judged(certificate).await;
        for _ in 0..100 {
            if as_must(&verdict) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            verdict = self.judged(certificate).await;
        }
        panic!("{verdict:?}");
    }

    pub async fn send(&self, town: MunicipalityCode, batch: &SealedBatch) -> BatchAnswer {
        let client = akashi_link::client(&self.sources[&town].link()).unwrap();
        let url = format!("https://{}/idou", self.house.config.listen.authority);
        registry_http::send(&client, &url, batch).await.unwrap()
    }

    pub async fn close(self) {
        self.stopped().await;
    }

    /// Stops everything; gives what the directory and the data base live as long as.
    pub async fn stopped(self) -> impl std::any::Any {
        let Stopped { dir, base, .. } = self.stop().await;
        (dir, base)
    }

    /// Stops the authority, to be opened once more.
    pub async fn stop(self) -> Stopped {
        self.services.stop().await;
        if let Some((stop, task)) = self.registry_task {
            let _ = stop.send(());
            let _ = task.await;
        }
        self.house.ledger().close().await;
        Stopped {
            silent: false,
            clock: self.clock,
            machine: self.machine,
            registry: self.registry,
            registries: self.registries,
            sources: self.sources,
            desks: self.desks,
            agency: self.agency,
            authority: self.authority,
            dir: self.dir,
            base: self.base,
        }
    }
}
