//! The authority's doors and scheduler as a program of its own.

use std::process::ExitCode;
use std::time::Duration;

use akashi_ca::Doors;
use akashi_edge::{Program, say};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The data base is waited for no longer at the end.
const CLOSES: Duration = Duration::from_secs(3);

fn main() -> ExitCode {
    akashi_edge::run(Program::Authority, async |opened, clock| {
        let _hold = akashi_edge::Hold::take(&opened.home)?;
        let doors = Doors::open(&opened, clock).await?;
        doors.see_to_the_clock().await?;
        let address = opened.config.listen.authority;
        let door = opened.config.doors.listen("authority", address).await?;
        say!("authority https://{address}");
        let (identity, ledger) = (opened.server()?, doors.issuer.ledger.clone());
        let served = akashi_ca::serve(door, &identity, doors.clone(), akashi_edge::stopped());
        akashi_edge::ready();
        served.await?;
        // A book that is a file is one file again; a data base that does not answer is not waited for.
        let _ = tokio::time::timeout(CLOSES, ledger.close()).await;
        Ok::<_, Failure>(())
    })
}
