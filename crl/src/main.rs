//! The CRL issuer as a program of its own. It signs lists with the authority's key, listens nowhere, and contains no
//! code that can issue a certificate.

use std::process::ExitCode;
use std::sync::Arc;

use akashi_crl::{Issuer, ListKey, Settings};
use akashi_edge::LedgerRole;
use akashi_edge::doubt::{Teller, tell};
use akashi_edge::{Program, say};
use akashi_ledger::{Ledger, Listing};
use akashi_wire::clock::Past;
use akashi_wire::order::ProgramApart;
use akashi_wire::party::Role;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    akashi_edge::run(Program::ListIssuer, async |opened, clock| {
        let settings: Settings = opened.config.part("crl", &opened.config.crl)?;
        let ledger = Ledger::<Listing>::open(&opened.ledger(LedgerRole::ListIssuer)?).await?;
        let past = ledger.past().await?;
        opened.is_of(&ledger.authority().await?.certificate)?;
        clock.resume(&past);
        let orders = Arc::new(opened.authority_link(&Role::ListIssuer, clock.clone())?);
        let token = Arc::new(opened.own(&Role::ListIssuer)?);
        let teller = Teller::new(ProgramApart::ListIssuer, token.clone());
        tokio::spawn(tell(teller, clock.clone(), orders.clone()));
        let key = ListKey::new(Arc::new(opened.custody.rsa("ca")?));
        let lists = opened.lists();
        let issuer = Issuer::open(ledger, orders, (key, token), &lists, settings).await?;
        let issuer = issuer.with_clock(clock.clone());
        // A book from a backup is older than what was published by the one that was lost.
        if let Some(latest) = issuer.newest_unknown().filter(|newest| *newest > past.latest) {
            clock.resume(&Past { latest, ..past });
        }
        let stop = akashi_edge::stopped();
        say!("lists {}", lists.display());
        akashi_edge::ready();
        let report = akashi_crl::serve::to_the_log();
        akashi_crl::issue(Arc::new(issuer), clock, report, stop).await?;
        Ok::<_, Failure>(())
    })
}
