//! `akashi card sign`.

use std::fs::File;
use std::path::{Path, PathBuf};

use akashi_wire::Clock;

use super::way::Own;
use crate::clock::SystemClock;
use crate::command::Failure;
use akashi_holder::signature::{self, Content};
use akashi_holder::{HolderError, Page, Stated, output, words};

/// Sign a file: a detached signature (CMS, CAdES-BES) beside it.
#[derive(clap::Args)]
pub struct Sign {
    /// The file to be signed, of any length.
    document: PathBuf,
    #[command(flatten)]
    own: Own,
    /// Where the signature is written; else the file's name with .p7s behind it.
    #[arg(long, value_name = "FILE.p7s")]
    out: Option<PathBuf>,
    /// Replace the signature if it exists.
    #[arg(long)]
    force: bool,
}

impl Sign {
    pub fn run(self) -> Result<(), Failure> {
        let out = self.out.clone().unwrap_or_else(|| {
            let mut name = self.document.clone().into_os_string();
            name.push(".p7s");
            name.into()
        });
        let needed = [Some(&self.document), self.own.way.file.as_ref()];
        let needed: Vec<&Path> = needed.into_iter().flatten().map(PathBuf::as_path).collect();
        output::is_free(&out, self.force, &needed)?;
        let unread = |source| HolderError::File { file: self.document.clone(), source };
        // Before the PIN is asked for, and before a card waits for a big file.
        let digest = signature::digest(File::open(&self.document).map_err(unread)?);
        let digest = digest.map_err(unread)?;
        let (stated, signed, now) = self.own.with(|card, on_card| {
            let (stated, now) = (Stated::read(&on_card)?, SystemClock::new().now());
            let signed = signature::sign(card, &on_card, Content::Detached(digest), now)?;
            Ok((stated, signed, now))
        })?;
        if !(stated.not_before..=stated.not_after).contains(&now) {
            akashi_edge::complain!(
                "akashi: the certificate is not in force ({}): whoever checks the signature will \
                 not accept it",
                stated.days_left(now)
            );
        }
        output::write(&out, &signed, self.force)?;
        let mut page = Page::default();
        page.heading("Signed");
        page.row("File", &self.document.display().to_string());
        page.row("Signature", &out.display().to_string());
        page.row("Signer (氏名)", &stated.items.name);
        page.row("Serial number", &stated.serial);
        page.row("Time", &format!("{}, by this computer's clock", words::moment(now)));
        page.row(
            "Take care",
            "whoever gets the signature can read the holder's name, address, birth \
                 date and sex in it",
        );
        akashi_edge::say!("{}", page.to_string().trim_end());
        Ok(())
    }
}
