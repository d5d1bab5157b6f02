//! Putting the authority's doors together from its directory.

use std::path::PathBuf;
use std::sync::Arc;

use akashi_edge::config::FILE;
use akashi_edge::{ConfigError, LedgerRole, Opened};
use akashi_keys::LinkAuthority;
use akashi_ledger::{BookDoor, Holder, Issuing, Ledger};
use akashi_wire::alarm::Own;
use akashi_wire::clock::Past;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{Clock, pki};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::counter::Services;
use crate::ends::OwnCertificate;
use crate::http::{Rate, Spool};
use crate::issuance::CertificateKey;
use crate::scheduler::Recoverers;
use crate::shelves::newest_unknown;
use crate::turn::Turn;
use crate::{
    AlarmSettings, CaError, Counter, Doors, Holders, Inbox, Issuer, Log, Orders, RegistryClient,
    Rules, Scheduler, Witnesses,
};

impl Doors {
    /// Opens the book and the keys, and stands the doors around them.
    pub async fn open(opened: &Opened, clock: Arc<dyn Clock>) -> Result<Self, CaError> {
        let ledger = Ledger::open(
            &opened.ledger(LedgerRole::Authority).map_err(akashi_edge::OpenError::from)?,
        )
        .await?;
        Self::over(ledger, opened, clock, StdRng::from_seed(rand::random())).await
    }

    /// The same over a book that is open; `rng` gives serial numbers, challenges and salts.
    pub async fn over(
        ledger: Ledger<Issuing>,
        opened: &Opened,
        clock: Arc<dyn Clock>,
        mut rng: StdRng,
    ) -> Result<Self, CaError> {
        let authority = ledger.authority().await?;
        opened.is_of(&authority.certificate)?;
        let config = &opened.config;
        let rules: Rules =
            config.part("rules", &config.rules).map_err(akashi_edge::OpenError::from)?;
        rules.check().map_err(|why| {
            akashi_edge::OpenError::from(ConfigError::Sense { file: PathBuf::from(FILE), why })
        })?;
        let telling: AlarmSettings =
            config.part("alarms", &config.alarms).map_err(akashi_edge::OpenError::from)?;
        telling.check().map_err(|why| {
            akashi_edge::OpenError::from(ConfigError::Sense { file: PathBuf::from(FILE), why })
        })?;
        let custody = &opened.custody;
        let vault = Arc::new(opened.vault()?);
        let opener = Arc::new(custody.opener("envelope")?);
        let key = CertificateKey::new(Arc::new(custody.rsa("ca")?));
        let link_der = opened.certificate("link")?;
        let link = Arc::new(LinkAuthority::open(&custody.ec("link")?, link_der)?);
        let own = async |role: Role| {
            let (token, whose) = (Arc::new(opened.own(&role)?), role.name());
            let enrolled = ledger.enrolment_of(Sha256::of(token.certificate())).await?;
            match enrolled.is_some_and(|enrolled| enrolled.ended_at.is_some()) {
                true => Err(CaError::Replaced { whose }),
                false => Ok(token),
            }
        };
        let orders = Orders::new(ledger.clone(), own(Role::Scheduler).await?);
        let log = Log::new(ledger.clone(), own(Role::Log).await?);
        let asking = own(Role::RegistryClient).await?;
        let past = ledger.past().await?;
        let shelves = [opened.lists(), opened.public()];
        let published = newest_unknown(&ledger, &authority, &shelves).await?;
        let latest = published.map_or(past.latest, |newest| newest.max(past.latest));
        clock.resume(&Past { latest, ..past });
        let issuer = Issuer::open(ledger.clone(), vault.clone(), key, Arc::new(rules)).await?;
        let kept = clock.clone();
        let client = akashi_link::client_by(
            &opened.own_link(&Role::RegistryClient)?,
            Arc::new(move || kept.now()),
        )?;
        let registry =
            RegistryClient::new(client, config.registry.url.clone(), opener.clone(), asking);
        let card_master = Arc::new(custody.card_master()?);
        let witnesses = Witnesses::new(ledger.clone(), orders.clone(), registry.clone());
        let asked = registry.clone();
        let services = Services {
            registry,
            link_authority: link.clone(),
            opener: opener.clone(),
            orders: orders.clone(),
            card_master: card_master.clone(),
            next_keys: opened.next_keys(),
        };
        let counter = Counter::new(issuer.clone(), services, StdRng::from_rng(&mut rng));
        let salts = StdRng::from_rng(&mut rng);
        let holders = Holders::new(issuer.clone(), orders.clone(), salts);
        let own = own_certificates(opened)?;
        let turn = Turn::new(opened.holder().map(Holder)?);
        let recoverers = Recoverers {
            link_authority: link,
            recovery_key: opened.certificate("recovery")?,
            dir: opened.home.clone(),
        };
        let scheduler = Scheduler::new(
            issuer.clone(),
            (orders.clone(), log, turn),
            (own, recoverers, (telling, asked)),
            rng,
        );
        Ok(Self {
            counter: Arc::new(counter),
            holders: Arc::new(holders),
            orders: Arc::new(BookDoor::new(ledger.clone(), clock.clone())),
            inbox: Inbox::new(ledger, vault, opener, orders),
            scheduler: Arc::new(scheduler),
            card_master,
            envelope: Arc::new(opened.certificate("envelope")?),
            spool: Spool::over(&opened.home),
            rate: Rate::of(config.doors.acts_per_second),
            clock,
            witnesses: Arc::new(witnesses),
            issuer,
        })
    }
}

impl Doors {
    /// Takes this authority's turn, asks who can say whether the clock of a start is right, and puts a doubt about it on
    /// record: before a door is opened.
    pub async fn see_to_the_clock(&self) -> Result<(), CaError> {
        self.scheduler.take_turn(&*self.clock).await?;
        self.witnesses.see_to_a_start(&*self.clock, rand::random).await?;
        self.scheduler.see_to_the_clock(&*self.clock).await
    }
}

/// The certificates of the inner hierarchy that nobody is enrolled with, and that end all the same.
fn own_certificates(opened: &Opened) -> Result<Vec<OwnCertificate>, CaError> {
    let all = [("link", Own::LinkAuthority), ("server", Own::Servers), ("envelope", Own::Inbox)];
    let read = |(file, whose)| {
        let not_after = pki::not_after(&opened.certificate(file)?);
        Ok(OwnCertificate { whose, not_after })
    };
    all.into_iter().map(read).collect()
}
