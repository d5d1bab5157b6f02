//! The CRL issuer and the public repository as a program of its own. It signs lists with the
//! authority's key and contains no code that can issue a certificate.

use std::process::ExitCode;
use std::sync::Arc;

use akashi_crl::{Issuer, Outcome, Repository, Settings};
use akashi_edge::LedgerRole;
use akashi_edge::doubt::{Teller, tell};
use akashi_edge::program::listen;
use akashi_ledger::{Ledger, Listing, Publishing};
use akashi_wire::clock::Past;
use akashi_wire::order::ProgramApart;
use akashi_wire::party::Role;
use tokio::sync::watch;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    akashi_edge::run(async |opened, clock| {
        let settings: Settings = opened.config.part("crl", &opened.config.crl)?;
        let ledger = Ledger::<Listing>::open(&opened.ledger(LedgerRole::ListIssuer)).await?;
        let past = ledger.past().await?;
        clock.resume(&past);
        let register = Ledger::<Publishing>::open(&opened.ledger(LedgerRole::Repository)).await?;
        let orders = Arc::new(opened.authority_link(&Role::ListIssuer, clock.clone())?);
        let token = Arc::new(opened.own(&Role::ListIssuer)?);
        let teller = Teller::new(ProgramApart::ListIssuer, token.clone());
        tokio::spawn(tell(teller, clock.clone(), orders.clone()));
        let key = Arc::new(opened.custody.rsa("ca")?);
        let public = opened.public();
        let lists = Issuer::open(ledger, orders, (key, token), &public, settings.clone()).await?;
        let lists = lists.with_clock(clock.clone());
        // A book from a backup is older than what was published by the one that was lost.
        if let Some(latest) = lists.newest_unknown().filter(|newest| *newest > past.latest) {
            clock.resume(&Past { latest, ..past });
        }
        let repository =
            Repository::open(&public, lists.authority(), &settings)?.with_register(register);
        let (lists, repository) = (Arc::new(lists), Arc::new(repository));
        let addresses = &opened.config.listen;
        let plain = listen("repository", addresses.repository).await?;
        let link = listen("repository-link", addresses.repository_link).await?;
        println!("repository {}", lists.authority().profile.repository_url);
        println!("repository-link https://{}", addresses.repository_link);
        let (stopping, mut stopped) = watch::channel(false);
        let stop = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await.is_ok();
        };
        let (identity, shelf, time) =
            (opened.own_link(&Role::Repository)?, repository.clone(), clock.clone());
        let linked = tokio::spawn(async move {
            akashi_crl::serve_link(link, &identity, shelf, time, stop).await
        });
        let report = Arc::new(|outcome| match outcome {
            Ok(Outcome { result: Ok(_), .. }) => {}
            Ok(Outcome { scope, result: Err(error), .. }) => {
                eprintln!("akashi crl: {scope}: {error}")
            }
            Err(error) => eprintln!("akashi crl: {error}"),
        });
        let stop = akashi_edge::stopped();
        akashi_crl::serve(plain, lists, repository, clock, report, stop).await?;
        stopping.send_replace(true);
        linked.await??;
        Ok::<_, Failure>(())
    })
    .await
}
