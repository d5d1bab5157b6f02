//! The OCSP responder as a program of its own. It contains no code that can issue a citizen's
//! certificate, and needs no keys but the responder's own.

use std::process::ExitCode;
use std::sync::Arc;

use akashi_edge::LedgerRole;
use akashi_edge::doubt::{Teller, tell};
use akashi_edge::{Program, say};
use akashi_ledger::{Ledger, Responding};
use akashi_ocsp::{Responder, Settings};
use akashi_wire::order::ProgramApart;
use akashi_wire::party::Role;
use tokio::sync::watch;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    akashi_edge::run(Program::Responder, async |opened, clock| {
        let ledger = Ledger::<Responding>::open(&opened.ledger(LedgerRole::Responder)?).await?;
        opened.is_of(&ledger.authority().await?.certificate)?;
        clock.resume(&ledger.past().await?);
        let (key, token) =
            (opened.custody.responder_key()?, Arc::new(opened.own(&Role::Responder)?));
        let orders = Arc::new(opened.authority_link(&Role::Responder, clock.clone())?);
        let teller = Teller::new(ProgramApart::Responder, token.clone());
        tokio::spawn(tell(teller, clock.clone(), orders.clone()));
        let settings = Settings::default();
        let responder = Responder::open(ledger, orders, (key, token), settings).await?;
        let addresses = &opened.config.listen;
        let plain = opened.config.doors.listen("ocsp", addresses.ocsp).await?;
        let link = opened.config.doors.listen("ocsp-link", addresses.ocsp_link).await?;
        say!("ocsp {}", responder.authority().profile.ocsp_url);
        say!("ocsp-link https://{}", addresses.ocsp_link);
        akashi_edge::ready();
        let (stopping, mut stopped) = watch::channel(false);
        let stop = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await.is_ok();
        };
        let (identity, other, time) =
            (opened.own_link(&Role::Responder)?, responder.clone(), clock.clone());
        let mut linked = tokio::spawn(async move {
            akashi_ocsp::serve_link(link, &identity, other, time, stop).await
        });
        tokio::select! {
            served = akashi_ocsp::serve(plain, responder, clock, akashi_edge::stopped()) => served?,
            // One of two doors is not a responder.
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
