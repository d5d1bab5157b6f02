//! `akashi card revoke`.

use std::io::{IsTerminal, Write};

use akashi_wire::{Clock, RevocationReason, SerialNumber};

use super::way::Own;
use crate::clock::SystemClock;
use crate::command::Failure;
use akashi_holder::revocation::Application;
use akashi_holder::{OnCard, Page, Standing, Stated, words};

/// Ask the authority, over the card's signature, to end the signing certificate for good (失効申請).
#[derive(clap::Args)]
pub struct Revoke {
    #[command(flatten)]
    own: Own,
    /// Address of the authority's door for holders, as the prefecture publishes it.
    #[arg(long, value_name = "http://HOST:PORT")]
    url: String,
    /// The holder's own wish, or fear that somebody else may sign.
    #[arg(long, value_enum, default_value = "wish")]
    why: Why,
    /// Do not ask again: a revoked certificate never comes back.
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Why {
    Wish,
    Leak,
}

/// What a holder types to go on.
const WORD: &str = "revoke";

impl Revoke {
    pub async fn run(self) -> Result<(), Failure> {
        if !self.yes {
            confirmed()?;
        }
        let reason = match self.why {
            Why::Wish => RevocationReason::CessationOfOperation,
            Why::Leak => RevocationReason::KeyCompromise,
        };
        let challenge = akashi_holder::revocation::challenge(&self.url).await?;
        let now = SystemClock::new().now();
        let (application, on_card, stated) = self.own.with(|card, on_card| {
            let stated = Stated::read(&on_card)?;
            let serial: SerialNumber = stated.serial.parse()?;
            let application = Application::sign(card, &on_card, serial, reason, &challenge, now)?;
            Ok((application, on_card, stated))
        })?;
        let ended = application.hand_in(&self.url).await?;
        let confirmed = confirmed_by_status(&on_card, &stated).await;
        let mut page = Page::default();
        page.heading(&format!("revoked (失効) since {}", words::moment(ended.at)));
        page.row("Serial number", &stated.serial);
        page.row("Reason", ended.reason.name());
        page.row(
            "Known from",
            if confirmed {
                "the responder (OCSP), over the authority's signature"
            } else {
                "the door's answer alone, which nobody signed: ask akashi card status, or the \
                 counter where only agencies are told"
            },
        );
        page.row(
            "What to do",
            "for a new certificate (新規発行) go to the counter of the town hall",
        );
        akashi_edge::say!("{}", page.to_string().trim_end());
        Ok(())
    }
}

/// Asks for the status until it says revoked, three seconds at most: agencies see it within one.
async fn confirmed_by_status(on_card: &OnCard, stated: &Stated) -> bool {
    for _ in 0..6 {
        let (standing, _) = Standing::ask(on_card, stated, SystemClock::new().now()).await;
        match standing {
            Standing::Revoked { .. } => return true,
            Standing::Good | Standing::Held { .. } => {}
            _ => return false,
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    false
}

fn confirmed() -> Result<(), Failure> {
    let nothing = "nothing was asked for; to go on without a question give --yes";
    if !std::io::stdin().is_terminal() {
        return Err(format!("a revoked certificate never comes back: {nothing}").into());
    }
    let ask = format!("A revoked certificate never comes back. To go on type {WORD}: ");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), ask.as_bytes());
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    if line.trim() == WORD { Ok(()) } else { Err(nothing.into()) }
}
