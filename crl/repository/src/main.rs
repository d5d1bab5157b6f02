//! The public repository as a program of its own: it publishes what the CRL issuer hands over, and needs no key but
//! the repository's own.

use std::process::ExitCode;
use std::sync::Arc;

use akashi_edge::doubt::{Teller, tell};
use akashi_edge::{LedgerRole, OwnOrders};
use akashi_edge::{Program, say};
use akashi_ledger::{Ledger, Publishing};
use akashi_repository::{Publisher, Repository, Settings};
use akashi_wire::clock::Past;
use akashi_wire::order::ProgramApart;
use akashi_wire::party::Role;
use tokio::sync::watch;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    akashi_edge::run(Program::Repository, async |opened, clock| {
        let settings: Settings = opened.config.part("repository", &opened.config.repository)?;
        let ledger = Ledger::<Publishing>::open(&opened.ledger(LedgerRole::Repository)?).await?;
        let past = ledger.past().await?;
        opened.is_of(&ledger.authority().await?.certificate)?;
        clock.resume(&past);
        let orders = Arc::new(opened.authority_link(&Role::Repository, clock.clone())?);
        let token = Arc::new(opened.own(&Role::Repository)?);
        let teller = Teller::new(ProgramApart::Repository, token.clone());
        tokio::spawn(tell(teller, clock.clone(), orders.clone()));
        let orders = OwnOrders::new(token, orders);
        let (from, public) = (opened.lists(), opened.public());
        let publisher = Publisher::open(ledger.clone(), (&from, &public), &settings).await?;
        let authority = publisher.authority().clone();
        // A book from a backup is older than what was published by the one that was lost.
        if let Some(latest) = publisher.newest_unknown().await?.filter(|one| *one > past.latest) {
            clock.resume(&Past { latest, ..past });
        }
        let repository = Repository::open(&public, &authority, &settings)?.with_register(ledger);
        let (publisher, repository) = (Arc::new(publisher), Arc::new(repository));
        let addresses = &opened.config.listen;
        let plain = opened.config.doors.listen("repository", addresses.repository).await?;
        let link = opened.config.doors.listen("repository-link", addresses.repository_link).await?;
        say!("repository {}", authority.profile.repository_url);
        say!("repository-link https://{}", addresses.repository_link);
        akashi_edge::ready();
        let (stopping, mut stopped) = watch::channel(false);
        let stop = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await.is_ok();
        };
        let (identity, shelf) = (opened.own_link(&Role::Repository)?, repository.clone());
        let time = clock.clone();
        let mut linked = tokio::spawn(async move {
            akashi_repository::serve_link(link, &identity, shelf, time, stop).await
        });
        let report = akashi_repository::serve::to_the_log();
        let stop = akashi_edge::stopped();
        let served =
            akashi_repository::serve(plain, (publisher, orders), repository, clock, report, stop);
        tokio::select! {
            served = served => served?,
            // One of two doors is not a repository.
            ended = &mut linked => {
                ended??;
                return Err("the door for agencies has closed by itself".into());
            }
        }
        stopping.send_replace(true);
        linked.await??;
        Ok::<_, Failure>(())
    })
}
