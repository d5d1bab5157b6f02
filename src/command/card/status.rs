//! `akashi card status`.

use std::process::ExitCode;

use akashi_wire::Clock;

use super::way::Own;
use crate::clock::SystemClock;
use crate::command::Failure;
use akashi_holder::{Standing, Stated};

/// Ask the authority now whether the signing certificate is good.
#[derive(clap::Args)]
pub struct Status {
    #[command(flatten)]
    own: Own,
}

impl Status {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        // The card is free again before the network is asked.
        let on_card = self.own.read()?;
        let stated = Stated::read(&on_card)?;
        let now = SystemClock::new().now();
        let (standing, source) = Standing::ask(&on_card, &stated, now).await;
        akashi_edge::say!("{}", standing.page(&stated, &source, now).to_string().trim_end());
        Ok(ExitCode::from(standing.exit_code()))
    }
}
