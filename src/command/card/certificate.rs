//! `akashi card certificate`.

use std::path::PathBuf;

use akashi_wire::Clock;

use super::way::Own;
use crate::clock::SystemClock;
use crate::command::Failure;
use akashi_holder::{Stated, output};
use akashi_wire::pki::certificate_pem;

/// Show what the signing certificate says, in plain words, or write it to a file.
#[derive(clap::Args)]
pub struct ShowCertificate {
    #[command(flatten)]
    own: Own,
    /// Write the certificate to this file in DER, and show nothing.
    #[arg(long, value_name = "FILE")]
    der: Option<PathBuf>,
    /// Write the certificate to this file in PEM, and show nothing.
    #[arg(long, value_name = "FILE", conflicts_with = "der")]
    pem: Option<PathBuf>,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
}

impl ShowCertificate {
    pub fn run(self) -> Result<(), Failure> {
        let file = self.der.as_deref().or(self.pem.as_deref());
        if let Some(file) = file {
            let card = self.own.way.file.as_deref();
            output::is_free(file, self.force, card.as_slice())?;
        }
        let on_card = self.own.read()?;
        let Some(file) = file else {
            let page = Stated::read(&on_card)?.page(&on_card, SystemClock::new().now());
            akashi_edge::say!("{}", page.to_string().trim_end());
            return Ok(());
        };
        let octets = match self.der {
            Some(_) => on_card.certificate,
            None => certificate_pem(&on_card.certificate).into_bytes(),
        };
        output::write(file, &octets, self.force)?;
        akashi_edge::say!(
            "the certificate is in {}; whoever gets it can read the holder's name, address, birth \
             date and sex in it",
            file.display()
        );
        Ok(())
    }
}
