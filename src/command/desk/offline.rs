//! `akashi desk` without the authority: a PIN reset by the municipality's own token, and telling of it
//! afterwards.

use std::path::PathBuf;

use akashi_keys::OfficerToken;
use akashi_ra_console::Desk;
use akashi_ra_console::offline::{
    Counter, Journal, MunicipalKeys, OfflineApplication, TokenFailure, reconcile, reset_pin,
};
use akashi_scp03::KeySet;
use akashi_token::{Counted, Purpose, Token};
use akashi_wire::act::{LookUpBy, Procedure};

use super::Lines;
use super::certify::Bring;
use crate::clock::SystemClock;
use crate::command::Failure;
use crate::command::token::Municipal;

/// Which journal.
#[derive(clap::Args)]
pub(super) struct InJournal {
    /// The terminal's journal of what is done while the authority is out of reach.
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
}

/// A PIN to be reset, through the authority or without it.
#[derive(clap::Args)]
pub(super) struct ResetPin {
    #[command(flatten)]
    pub bring: Bring,
    /// The authority is out of reach: use the municipality's own token, and write it down.
    #[arg(long, requires_all = ["journal", "pkcs11_module"])]
    pub offline: bool,
    /// With --offline: the terminal's journal, begun with `desk begin-journal`.
    #[arg(long, value_name = "FILE", requires = "offline")]
    journal: Option<PathBuf>,
    #[command(flatten)]
    municipality: Municipal,
}

/// The municipality's token as the counter uses it.
struct AtCounter<'t> {
    token: &'t Token,
    counted: Option<Counted<'t>>,
}

impl MunicipalKeys for AtCounter<'_> {
    fn token(&self) -> &str {
        self.token.serial()
    }

    fn count(&mut self) -> Result<u64, TokenFailure> {
        let counted = self.token.count(Purpose::Reset)?;
        Ok(self.counted.insert(counted).number())
    }

    fn card_keys(&mut self, card: &str) -> Result<KeySet, TokenFailure> {
        let counted = self.counted.take().ok_or("a use of the token is counted first")?;
        Ok(counted.card_keys(card)?)
    }
}

impl ResetPin {
    /// Resets the PIN without the authority.
    pub(super) fn run_offline(self, officer: &OfficerToken) -> Result<Lines, Failure> {
        let file = self.journal.ok_or("--journal is needed")?;
        let mut journal = Journal::open(&file, officer)?;
        let token = self.municipality.required()?;
        let (mut card, pin, application) = self.bring.open(Procedure::PinReset)?;
        let LookUpBy::Items { name, birth_date, .. } = application.by else {
            return Err("the applicant's name and birth date are needed".into());
        };
        let (identity, ticket) = (application.identity, application.ticket);
        let application = OfflineApplication { name, birth_date, identity, ticket };
        let counter = Counter {
            journal: &mut journal,
            officer,
            keys: &mut AtCounter { token: &token, counted: None },
            clock: &SystemClock::new(),
        };
        let count = reset_pin(counter, &mut card, &pin, &application)?;
        Ok(vec![
            ("use", count.to_string()),
            ("pin", "the holder's new one is set".into()),
            ("next", "tell the authority once it can be reached: akashi desk reconcile".into()),
        ])
    }
}

impl InJournal {
    /// Begins a journal with what the authority says of itself.
    pub(super) fn begin(self, desk: &Desk) -> Result<Lines, Failure> {
        Journal::begin(&self.journal, desk)?;
        Ok(vec![("journal", self.journal.display().to_string())])
    }

    /// Tells the authority what it does not know yet.
    pub(super) async fn reconcile(
        self,
        desk: &Desk,
        officer: &OfficerToken,
    ) -> Result<Lines, Failure> {
        let journal = Journal::open(&self.journal, officer)?;
        let told = reconcile(desk, &journal, |told| {
            let what = told.count.map_or("a line".into(), |count| format!("use {count}"));
            for finding in &told.findings {
                akashi_edge::complain!("akashi: {what}: {finding}");
            }
            if let Some(refusal) = &told.refused {
                akashi_edge::complain!("akashi: {what}: {refusal}");
            }
        })
        .await?;
        let wrong = |told: &&akashi_ra_console::offline::Told| {
            !told.findings.is_empty() || told.refused.is_some()
        };
        let wrong = told.iter().filter(wrong).count();
        Ok(vec![("told", told.len().to_string()), ("to_look_at", wrong.to_string())])
    }
}
