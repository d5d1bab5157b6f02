//! `akashi audit`.

use std::path::PathBuf;

use akashi_edge::Opened;
use akashi_ledger::{Difference, Ledger, Position, Verifying};
use akashi_wire::octets::Sha256;

use super::{Failure, OpenArgs};
use crate::config::{Config, LedgerRole};
use crate::secret::PASSPHRASE;

/// The audit chain.
#[derive(clap::Subcommand)]
pub enum AuditCommand {
    /// Recompute the whole chain and check every signature; name the first bad entry.
    Verify {
        /// Directory of the authority. No passphrase is needed.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Write out the evidence of one entry, the act as it was signed, for plain openssl.
    Evidence {
        #[command(flatten)]
        open: OpenArgs,
        /// The entry.
        position: i64,
        /// Write the CMS SignedData (DER) here; the link authority's certificate goes beside it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the newest entries, newest first.
    Show {
        /// Directory of the authority.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// How many.
        #[arg(long, default_value_t = 20)]
        count: u16,
    },
}

impl AuditCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Verify { dir, json } => {
                let ledger = open(&dir).await?;
                let report = ledger.verify_audit().await?;
                if !json {
                    akashi_edge::say!(
                        "the audit chain is whole: {} entries, signed up to {}, {} in the unsigned tail",
                        report.entries,
                        report.signed_up_to,
                        report.unsigned_tail
                    );
                }
                let derived = ledger.verify_derived().await?;
                if json {
                    let mut told = serde_json::to_value(&report)?;
                    told["derived"] = serde_json::to_value(&derived)?;
                    akashi_edge::say!("{told}");
                }
                for Difference { table, what, which } in &derived {
                    akashi_edge::complain!("{table} {which}: {what}");
                }
                if !derived.is_empty() {
                    return Err("what is derived differs from its evidence (at most ten of each kind are shown): stop the authority before it issues on these tables, and bring the book back or have them mended".into());
                }
            }
            Self::Evidence { open, position, out } => evidence(&open, position, &out).await?,
            Self::Show { dir, count } => {
                for entry in open(&dir).await?.audit_entries(i64::from(count)).await? {
                    let akashi_ledger::Entry { position, at, actor, verb, subject, .. } = entry;
                    akashi_edge::say!("{position:>8}  {at}  {actor}  {verb}  {subject}");
                }
            }
        }
        Ok(())
    }
}

async fn open(dir: &std::path::Path) -> Result<Ledger<Verifying>, Failure> {
    Ok(Ledger::open(&Config::read(dir)?.ledger_address(dir, LedgerRole::Verifier)?).await?)
}

/// Opens the content of one entry, checks it against its commitment, and writes it out.
async fn evidence(open: &OpenArgs, position: i64, out: &std::path::Path) -> Result<(), Failure> {
    let passphrase = PASSPHRASE.read_passphrase(open.passphrase_file.as_deref())?;
    let opened = Opened::open(&open.dir, &passphrase)?;
    let ledger = Ledger::<Verifying>::open(&opened.ledger(LedgerRole::Verifier)?).await?;
    let (commitment, salt, sealed) = ledger
        .sealed_content(Position(position))
        .await?
        .ok_or_else(|| format!("entry {position} says no more than `akashi audit show` prints"))?;
    let content = opened.vault()?.open("audit_content", &commitment.0, &sealed)?;
    if Sha256::of(&[salt.as_slice(), &content].concat()) != commitment {
        return Err(format!("entry {position}: the content is not what was committed to").into());
    }
    akashi_keys::write_durably(out, &content)?;
    let authority = out.with_extension("pem");
    let pem = akashi_wire::pki::certificate_pem(&opened.certificate("link")?);
    akashi_keys::write_durably(&authority, pem.as_bytes())?;
    akashi_edge::say!(
        "openssl cms -verify -inform DER -in {} -CAfile {} -purpose any",
        out.display(),
        authority.display()
    );
    Ok(())
}
