//! The authority's doors and clockwork as a program of its own.

use std::process::ExitCode;

use akashi_ca::Doors;
use akashi_edge::program::listen;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    akashi_edge::run(async |opened, clock| {
        let doors = Doors::open(&opened, clock).await?;
        let address = opened.config.listen.authority;
        let door = listen("authority", address).await?;
        println!("authority https://{address}");
        akashi_ca::serve(door, &opened.identity()?, doors, akashi_edge::stopped()).await?;
        Ok::<_, Failure>(())
    })
    .await
}
