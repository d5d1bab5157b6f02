//! All roles of one authority in one process, with all of its keys: what the demonstration, the tests and the benchmarks
//! open, on a clock of their own. `akashi up` gives each role a process.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use akashi_ca::{CaError, Doors};
use akashi_crl::{CrlError, ListKey};
use akashi_edge::OwnOrders;
use akashi_edge::{OpenError, Opened};
use akashi_holders_door::HoldersDoor;
use akashi_keys::{KeyError, Passphrase};
use akashi_ledger::{Issuing, Ledger, LedgerError};
use akashi_link::{Identity, LinkError};
use akashi_ocsp::{OcspError, Responder};
use akashi_repository::{PublishError, Publisher, Repository};
use akashi_wire::Clock;
use akashi_wire::party::Role;
use tokio::sync::watch;
use tokio::task::JoinSet;

use akashi_edge::{Config, ConfigError, LedgerRole};

/// An authority, opened and not yet serving.
pub struct House {
    /// Its directory.
    pub dir: PathBuf,
    /// Its configuration.
    pub config: Config,
    /// The authority's doors.
    pub doors: Doors,
    /// The responder.
    pub responder: Arc<Responder>,
    /// The CRL issuer.
    pub lists: Arc<akashi_crl::Issuer>,
    /// What takes the lists from the CRL issuer to the repository.
    pub publisher: Arc<Publisher>,
    repository_orders: OwnOrders,
    /// What the repository gives.
    pub repository: Arc<Repository>,
    /// The server's end of the links at the authority's doors, at the responder's and at the repository's.
    servers: [Identity; 3],
    /// The door for holders, where there is one.
    holders: Option<Arc<HoldersDoor>>,
    responder_key: Vec<u8>,
    clock: Arc<dyn Clock>,
}

/// Why an authority cannot be opened or served.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The book.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The logins lead to more than one book.
    #[error(
        "`[logins]` of akashi.toml lead to the book of another authority: give four logins of one data base"
    )]
    OtherBook,
    /// The authority.
    #[error(transparent)]
    Authority(#[from] CaError),
    /// The responder.
    #[error(transparent)]
    Responder(#[from] OcspError),
    /// The CRL issuer.
    #[error(transparent)]
    Lists(#[from] CrlError),
    /// The repository.
    #[error(transparent)]
    Repository(#[from] PublishError),
    /// A service ended by itself.
    #[error("a service has stopped working: all were stopped; start the authority anew")]
    Ended,
    /// A link.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The directory, or a place to listen.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl House {
    /// Opens the authority in a directory.
    pub async fn open(
        dir: &Path,
        passphrase: &Passphrase,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, HouseError> {
        let opened = Opened::open(dir, passphrase)?;
        let crl: akashi_crl::Settings = opened.config.part("crl", &opened.config.crl)?;
        let doors = Doors::open(&opened, clock.clone()).await?;
        // A connection for each role: what one may not do, its connection cannot.
        let address = |role| opened.ledger(role);
        let (lists_at, responder_at, repository_at) = (
            address(LedgerRole::ListIssuer)?,
            address(LedgerRole::Responder)?,
            address(LedgerRole::Repository)?,
        );
        let (listing, responding, publishing) = tokio::try_join!(
            Ledger::open(&lists_at),
            Ledger::open(&responder_at),
            Ledger::open(&repository_at)
        )?;
        // Four addresses, and one authority.
        let fingerprint = doors.issuer.authority.fingerprint();
        let others =
            tokio::try_join!(listing.authority(), responding.authority(), publishing.authority())?;
        if [others.0, others.1, others.2].iter().any(|other| other.fingerprint() != fingerprint) {
            return Err(HouseError::OtherBook);
        }
        let orders = doors.orders.clone();
        let own = |role| opened.own(&role).map(Arc::new);
        let (listing_as, responding_as) = (own(Role::ListIssuer)?, own(Role::Responder)?);
        let repository_orders = OwnOrders::new(own(Role::Repository)?, orders.clone());
        let settings = akashi_ocsp::Settings::default();
        let ocsp_key = opened.custody.responder_key()?;
        let responder_key = ocsp_key.key.public_key().to_vec();
        let responder =
            Responder::open(responding, orders.clone(), (ocsp_key, responding_as), settings)
                .await?;
        let (handed_over, public) = (opened.lists(), opened.public());
        let lists = akashi_crl::Issuer::open(
            listing,
            orders,
            (ListKey::new(Arc::new(opened.custody.rsa("ca")?)), listing_as),
            &handed_over,
            crl,
        )
        .await?
        .with_clock(clock.clone());
        let settings = opened.config.part("repository", &opened.config.repository)?;
        let publisher =
            Publisher::open(publishing.clone(), (&handed_over, &public), &settings).await?;
        let repository = Repository::open(&public, lists.authority(), &settings)
            .map_err(PublishError::from)?
            .with_register(publishing);
        let holders = match opened.config.listen.holders {
            Some(_) => {
                let (identity, time) = (opened.own_link(&Role::HoldersDoor)?, clock.clone());
                let url = format!("https://{}", opened.config.listen.authority);
                let now = Arc::new(move || time.now());
                let authority = akashi_holders_door::Authority::new(&identity, &url, now)?;
                Some(Arc::new(HoldersDoor::new(authority)))
            }
            None => None,
        };
        Ok(Self {
            holders,
            servers: [
                opened.server()?,
                opened.own_link(&Role::Responder)?,
                opened.own_link(&Role::Repository)?,
            ],
            dir: opened.dir,
            config: opened.config,
            doors,
            responder,
            lists: Arc::new(lists),
            publisher: Arc::new(publisher),
            repository_orders,
            repository: Arc::new(repository),
            responder_key,
            clock,
        })
    }

    /// The book.
    pub fn ledger(&self) -> &Ledger<Issuing> {
        &self.doors.issuer.ledger
    }

    /// Starts every service; they listen when this returns.
    pub async fn serve(&self) -> Result<Services, HouseError> {
        // What is in doubt is on record before anybody is served by it.
        self.doors.see_to_the_clock().await?;
        let listen = &self.config.listen;
        let authority = self.config.doors.listen("authority", listen.authority).await?;
        let ocsp = self.config.doors.listen("ocsp", listen.ocsp).await?;
        let ocsp_link = self.config.doors.listen("ocsp-link", listen.ocsp_link).await?;
        let repository = self.config.doors.listen("repository", listen.repository).await?;
        let repository_link =
            self.config.doors.listen("repository-link", listen.repository_link).await?;

        let holders = match (listen.holders, &self.holders) {
            (Some(address), Some(door)) => {
                Some((self.config.doors.listen("holders", address).await?, door.clone()))
            }
            _ => None,
        };

        let (stopping, stopped) = watch::channel(false);
        let stop = || {
            let mut stopped = stopped.clone();
            async move {
                let _ = stopped.wait_for(|stopped| *stopped).await.is_ok();
            }
        };
        let mut tasks = JoinSet::new();
        let [server, at_responder, at_repository] = self.servers.clone();
        let doors = self.doors.clone();
        let until = stop();
        tasks.spawn(async move {
            akashi_ca::serve(authority, &server, doors, until).await.map_err(HouseError::from)
        });
        if let Some((at, door)) = holders {
            let (clock, until) = (self.clock.clone(), stop());
            tasks.spawn(
                async move { Ok(akashi_holders_door::serve(at, door, clock, until).await?) },
            );
        }
        let (responder, clock, until) = (self.responder.clone(), self.clock.clone(), stop());
        tasks.spawn(async move { Ok(akashi_ocsp::serve(ocsp, responder, clock, until).await?) });
        let (responder, clock, until) = (self.responder.clone(), self.clock.clone(), stop());
        tasks.spawn(async move {
            Ok(akashi_ocsp::serve_link(ocsp_link, &at_responder, responder, clock, until).await?)
        });
        let (lists, clock, until) = (self.lists.clone(), self.clock.clone(), stop());
        tasks.spawn(async move {
            Ok(akashi_crl::issue(lists, clock, akashi_crl::serve::to_the_log(), until).await?)
        });
        let publisher = (self.publisher.clone(), self.repository_orders.clone());
        let shelf = self.repository.clone();
        let (clock, until) = (self.clock.clone(), stop());
        tasks.spawn(async move {
            let report = akashi_repository::serve::to_the_log();
            let served =
                akashi_repository::serve(repository, publisher, shelf, clock, report, until);
            Ok(served.await?)
        });
        let (shelf, clock, until) = (self.repository.clone(), self.clock.clone(), stop());
        tasks.spawn(async move {
            Ok(akashi_repository::serve_link(repository_link, &at_repository, shelf, clock, until)
                .await?)
        });
        Ok(Services { tasks, stopping })
    }

    /// DER of the responder's newest certificate.
    pub async fn responder_certificate(&self) -> Result<Vec<u8>, HouseError> {
        let key = &self.responder_key;
        let generation = self.doors.issuer.authority.generation();
        let found = self.ledger().responder_certificate(generation, key, self.clock.now()).await?;
        Ok(found.map(|found| found.certificate).unwrap_or_default())
    }

    /// One line a service: its name and its full address.
    pub fn addresses(&self) -> Vec<(&'static str, String)> {
        let profile = &self.doors.issuer.authority.profile;
        let listen = &self.config.listen;
        let mut addresses = vec![
            ("authority", format!("https://{}", listen.authority)),
            ("ocsp", profile.ocsp_url.clone()),
            ("ocsp-link", format!("https://{}", listen.ocsp_link)),
            ("repository", profile.repository_url.clone()),
            ("repository-link", format!("https://{}", listen.repository_link)),
        ];
        addresses.extend(listen.holders.map(|at| ("holders", format!("http://{at}"))));
        addresses
    }
}

/// A stop takes no longer.
const STOPS: Duration = Duration::from_secs(15);

/// Services that run.
pub struct Services {
    tasks: JoinSet<Result<(), HouseError>>,
    stopping: watch::Sender<bool>,
}

impl Services {
    /// Runs until one service fails or `stop` resolves; then stops them all.
    pub async fn until(mut self, stop: impl Future<Output = ()>) -> Result<(), HouseError> {
        tokio::select! {
            ended = self.tasks.join_next() => {
                let error = match ended {
                    Some(Ok(Err(error))) => error,
                    // None of them ends by itself while nobody stopped it.
                    _ => HouseError::Ended,
                };
                self.stop().await;
                return Err(error);
            }
            () = stop => {}
        }
        self.stop().await;
        Ok(())
    }

    /// Lets requests under way end, and stops: within [`STOPS`], whatever hangs. What had not ended by then is broken
    /// off, as by a power cut.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOPS, ended).await.is_err() {
            tracing::error!(target: "akashi", "something did not end within {STOPS:?} and is broken off");
            self.tasks.shutdown().await;
        }
    }
}

pub use akashi_edge::opened::certificate;
