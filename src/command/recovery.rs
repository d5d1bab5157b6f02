//! `akashi recovery`: security officers made at the authority's host where fewer than two can sign.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use akashi_edge::LedgerRole;
use akashi_keys::{Quorum, RecoveryShare, Signer, write_durably};
use akashi_ledger::{Ledger, Verifying};
use akashi_link::{Identity, TimeFault, client_by};
use akashi_wire::act::{Answer, Refusal};
use akashi_wire::octets::Octets;
use akashi_wire::pki::{certificate_pem, public_key, requested_key};
use akashi_wire::recovery::{RecoveredAs, RecoveredParty, RecoveryRequest};
use akashi_wire::signed::{MEDIA_TYPE, MessageKind};
use akashi_wire::{Clock, SignedMessage};

use super::officer_token::fingerprint;
use super::{Failure, OpenArgs};
use crate::clock::SystemClock;
use crate::init::share_file;

/// New security officers where fewer than two can sign, or new terminals where the office has none: asked here,
/// with the passphrase and the shares of those who keep the recovery key together. It waits for
/// `recovery_waits_hours`, in which any security officer who is left can stop it (`desk stop-recovery`).
#[derive(clap::Subcommand)]
pub enum RecoveryCommand {
    /// Ask the running authority for them, over the signature of the recovery key.
    Ask {
        #[command(flatten)]
        open: OpenArgs,
        /// A share of the recovery key; given once for each of those who came.
        #[arg(long, value_name = "FILE", required = true)]
        share: Vec<PathBuf>,
        /// A security officer to be: the name, and the request (PKCS#10) that `officer-token new` made.
        #[arg(long, value_name = "NAME=FILE")]
        security_officer: Vec<Party>,
        /// A terminal of the office to be.
        #[arg(long, value_name = "NAME=FILE")]
        terminal: Vec<Party>,
    },
    /// Deal new shares of the recovery key, where somebody who keeps one leaves: enough of those of now come together, and
    /// theirs are good for nothing from then on.
    Deal {
        #[command(flatten)]
        open: OpenArgs,
        /// A share of now; given once for each of those who came.
        #[arg(long, value_name = "FILE", required = true)]
        share: Vec<PathBuf>,
        /// Name of whoever keeps a share from now on, given once for each.
        #[arg(long, value_name = "NAME", required = true, num_args = 1)]
        share_holder: Vec<String>,
        /// How many of them open it together; else more than half.
        #[arg(long, value_name = "M")]
        shares_needed: Option<u8>,
        /// Write the new shares into this directory, which must be empty or not there: best a medium that leaves with
        /// them.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Show what waits.
    Show(OpenArgs),
    /// Write the certificate of somebody who was enrolled so, for `officer-token complete`.
    Collect {
        #[command(flatten)]
        open: OpenArgs,
        /// The request that was given for the party.
        #[arg(long, value_name = "FILE")]
        request: PathBuf,
        /// Write the certificate and the link authority's here, PEM.
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
    },
}

/// A name, and the file of a request for a certificate.
#[derive(Clone)]
pub struct Party {
    name: String,
    file: PathBuf,
}

impl std::str::FromStr for Party {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, file) = text.split_once('=').ok_or("give a name and a file: NAME=FILE")?;
        Ok(Self { name: name.to_owned(), file: file.into() })
    }
}

impl Party {
    fn read(&self, role: RecoveredAs) -> Result<RecoveredParty, Failure> {
        let octets = read(&self.file)?;
        let key = requested_key(&octets)
            .ok_or_else(|| format!("{} is no PKCS#10 in DER", self.file.display()))?;
        let name = akashi_ca::normalised(&self.name);
        akashi_edge::say!("key          {}, of {name}", fingerprint(&key));
        Ok(RecoveredParty { name, role, request_for_certificate: Octets(octets) })
    }
}

impl RecoveryCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Ask { open, share, security_officer, terminal } => {
                let officers = (security_officer, RecoveredAs::SecurityOfficer);
                let terminals = (terminal, RecoveredAs::OfficeTerminal);
                let mut parties = Vec::new();
                for (all, role) in [officers, terminals] {
                    for one in all {
                        parties.push(one.read(role)?);
                    }
                }
                ask(&open, &share, parties).await
            }
            Self::Deal { open, share, share_holder, shares_needed, to } => {
                let holders: Vec<String> =
                    share_holder.iter().map(|name| akashi_ca::normalised(name)).collect();
                let most = u8::try_from(holders.len()).unwrap_or(u8::MAX);
                let needed = shares_needed.unwrap_or(most / 2 + 1);
                deal(&open, &share, &Quorum { holders, needed }, &to)
            }
            Self::Show(open) => show(&open).await,
            Self::Collect { open, request, certificate } => {
                collect(&open, &request, &certificate).await
            }
        }
    }
}

async fn ask(
    open: &OpenArgs,
    shares: &[PathBuf],
    parties: Vec<RecoveredParty>,
) -> Result<(), Failure> {
    if parties.is_empty() {
        return Err(
            "say who is to be enrolled: --security-officer NAME=FILE, --terminal NAME=FILE".into(),
        );
    }
    let opened = open.opened()?;
    let key = opened.custody.recovery(&read_shares(shares)?)?;
    let certificate = opened.certificate("recovery")?;
    let clock = Arc::new(SystemClock::new());
    let now = clock.now();
    let authority = akashi_wire::octets::Sha256::of(&opened.certificate("ca")?);
    let request = RecoveryRequest { authority, made_at: now, parties };
    let content = serde_json::to_vec(&request)?;
    let message =
        SignedMessage::sign(MessageKind::RecoveryRequest, &content, &certificate, now, |octets| {
            key.sign(octets)
        })?;
    let link = Identity { certificate, key: key.for_tls(), authority: opened.certificate("link")? };
    let client = client_by(&link, Arc::new(move || clock.now()))?;
    let url = format!("https://{}/recovery", opened.config.listen.authority);
    let answer = client
        .post(&url)
        .header("content-type", MEDIA_TYPE)
        .body(message.as_der().to_vec())
        .send()
        .await
        .map_err(|error| match TimeFault::of(&error) {
            Some(fault) => format!("{url} was reached, and no link opens: {fault}"),
            None => format!("the authority does not answer at {url}: it must be up (akashi up)"),
        })?;
    let granted = answer.status().is_success();
    let octets = answer.bytes().await?;
    if !granted {
        let refusal: Refusal = serde_json::from_slice(&octets)?;
        return Err(refusal.to_string().into());
    }
    let Answer::RecoveryWaits { recovery, until } = serde_json::from_slice(&octets)? else {
        return Err("the authority's answer cannot be understood".into());
    };
    akashi_edge::say!("recovery     {recovery}");
    akashi_edge::say!(
        "waits        until {until}, and the authority must be up then; every security officer can stop it"
    );
    akashi_edge::say!("then         recovery collect --request FILE --certificate FILE, for each");
    Ok(())
}

fn read_shares(files: &[PathBuf]) -> Result<Vec<RecoveryShare>, Failure> {
    let read = |file: &PathBuf| -> Result<RecoveryShare, Failure> {
        let strange = || format!("{} is no share of a recovery key", file.display());
        // Its holder may have saved it anew, as another system does.
        let text = akashi_edge::secret::text_of(read(file)?).ok_or_else(strange)?;
        let text = zeroize::Zeroizing::new(text);
        Ok(serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|_| strange())?)
    };
    files.iter().map(read).collect()
}

/// The new shares lie where they are to lie before those of now are good for nothing.
fn deal(open: &OpenArgs, shares: &[PathBuf], quorum: &Quorum, to: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| format!("{}: {error}", to.display());
    std::fs::create_dir_all(to).map_err(failed)?;
    if std::fs::read_dir(to).map_err(failed)?.next().is_some() {
        return Err(format!("{} is not empty: nothing was dealt", to.display()).into());
    }
    // The name of the directory is durable too, before those of now are good for nothing.
    akashi_keys::sync_directory(akashi_keys::parent(to)).map_err(failed)?;
    let opened = open.opened()?;
    // Of two dealings at once the first one's shares would be good for nothing.
    let keys = File::open(opened.dir.join("keys")).map_err(failed)?;
    akashi_keys::lock(&keys)
        .map_err(|error| format!("the shares are being dealt elsewhere: {error}"))?;
    let custody = opened.custody;
    custody.deal_recovery_anew(&read_shares(shares)?, quorum, |dealt| {
        let mut files = Vec::new();
        for share in dealt {
            let (text, file) =
                (serde_json::to_vec_pretty(share)?, to.join(share_file(share.number)));
            write_durably(&file, &zeroize::Zeroizing::new(text))?;
            files.push(file);
        }
        read_shares(&files)
    })?;
    for (holder, number) in quorum.holders.iter().zip(1..) {
        let file = to.join(share_file(number));
        let needed = quorum.needed;
        akashi_edge::say!(
            "share        {}, to be taken away by {holder}; {needed} open it",
            file.display()
        );
    }
    akashi_edge::say!(
        "next         the shares before are good for nothing, but for a copy of keys/ of before: destroy both"
    );
    Ok(())
}

async fn show(open: &OpenArgs) -> Result<(), Failure> {
    let ledger = Ledger::<Verifying>::open(&open.opened()?.ledger(LedgerRole::Verifier)?).await?;
    let waiting = ledger.recoveries().await?;
    ledger.close().await;
    for recovery in &waiting {
        akashi_edge::say!("recovery     {}", recovery.digest);
        akashi_edge::say!("asked        {}", recovery.asked_at);
        akashi_edge::say!("waits        until {}", recovery.until);
        for party in &recovery.request.parties {
            let role = match party.role {
                RecoveredAs::SecurityOfficer => "security officer",
                RecoveredAs::OfficeTerminal => "terminal of the office",
            };
            let key = requested_key(&party.request_for_certificate.0).unwrap_or_default();
            akashi_edge::say!("party        {role}, “{}”, key {}", party.name, fingerprint(&key));
        }
        akashi_edge::say!("stop         desk stop-recovery {} --why TEXT", recovery.digest);
    }
    if waiting.is_empty() {
        akashi_edge::say!("recovery     none waits");
    }
    Ok(())
}

async fn collect(open: &OpenArgs, request: &Path, certificate: &Path) -> Result<(), Failure> {
    let key = requested_key(&read(request)?)
        .ok_or_else(|| format!("{} is no PKCS#10 in DER", request.display()))?;
    let opened = open.opened()?;
    let ledger = Ledger::<Verifying>::open(&opened.ledger(LedgerRole::Verifier)?).await?;
    let all = ledger.enrolments().await?;
    ledger.close().await;
    let found = all.iter().find(|one| public_key(&one.certificate).as_ref() == Some(&key));
    let found = found.ok_or("nobody is enrolled with this key: it waits still, or was stopped")?;
    let chain = [found.certificate.clone(), opened.certificate("link")?];
    let pem: String = chain.iter().map(|der| certificate_pem(der)).collect();
    write_durably(certificate, pem.as_bytes())?;
    akashi_edge::say!("party        {}", found.party);
    akashi_edge::say!("certificate  {}", certificate.display());
    akashi_edge::say!("next         its holder completes the token: officer-token complete");
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()).into())
}
