//! The authority's door for holders as a program of its own. It holds no key of the authority and opens no book.

use std::process::ExitCode;
use std::sync::Arc;

use akashi_edge::{Program, say};
use akashi_holders_door::{Authority, HoldersDoor};
use akashi_wire::party::Role;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    akashi_edge::run(Program::HoldersDoor, async |opened, clock| {
        let address = opened.config.listen.holders;
        let address = address.ok_or("`[listen]` of akashi.toml has no address `holders`")?;
        let (identity, time) = (opened.own_link(&Role::HoldersDoor)?, clock.clone());
        let url = format!("https://{}", opened.config.listen.authority);
        let authority = Authority::new(&identity, &url, Arc::new(move || time.now()))?;
        let listener = opened.config.doors.listen("holders", address).await?;
        say!("holders http://{address}");
        akashi_edge::ready();
        let door = Arc::new(HoldersDoor::new(authority));
        akashi_holders_door::serve(listener, door, clock, akashi_edge::stopped()).await?;
        Ok::<_, Failure>(())
    })
}
