//! `akashi officer-token`: a token whose key nobody but its holder ever has.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use akashi_keys::{EcKey, OfficerToken, Signer, write_durably};
use akashi_ra_console::{Desk, DeskError};
use akashi_wire::act::Refusal;
use akashi_wire::date::day_in_japan;
use akashi_wire::octets::Sha256;
use akashi_wire::{Clock, Ending, pki};
use der::Encode;
use jiff::Timestamp;
use x509_cert::Certificate;

use super::Failure;
use super::desk::opened;
use crate::clock::SystemClock;
use crate::secret::TOKEN_PASSWORD;

/// A token whose key nobody but its holder ever has.
#[derive(clap::Subcommand)]
pub enum OfficerTokenCommand {
    /// Make a key pair, and a request for its certificate that others have enrolled (`desk enrol
    /// --request`).
    New {
        /// Write the token (PKCS#12) here: it waits for its certificate.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Write the request (PKCS#10, DER) here: to be handed to a security officer.
        #[arg(long, value_name = "FILE")]
        request: PathBuf,
        /// File with the token's password; else AKASHI_TOKEN_PASSWORD, else a prompt.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Put the certificate that was made into the token (`desk collect --certificate`).
    Complete {
        /// The token that `new` began.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Its certificate and the link authority's, PEM.
        #[arg(long, value_name = "FILE")]
        certificate: PathBuf,
        /// File with the token's password; else AKASHI_TOKEN_PASSWORD, else a prompt.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Have another key certified in the place of the token's, by the signature of that: the token in the file
    /// is replaced, and every copy of it is dead. Interrupted, it is done again.
    Rekey {
        /// Address of the authority, as `akashi up` prints it.
        #[arg(long, value_name = "https://HOST:PORT")]
        url: String,
        /// The token (PKCS#12): an officer's, a terminal's, an agency's, a source's.
        #[arg(long, value_name = "FILE")]
        token: PathBuf,
        /// File with the token's password; else AKASHI_TOKEN_PASSWORD, else a prompt.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// The terminal's key (PKCS#12), over whose link the authority is asked, where the token is an
        /// officer's.
        #[arg(long, value_name = "FILE")]
        terminal: Option<PathBuf>,
        /// File with the password of the terminal's key; else AKASHI_TERMINAL_PASSWORD, else that of the
        /// token, else a prompt.
        #[arg(long, value_name = "FILE", requires = "terminal")]
        terminal_password_file: Option<PathBuf>,
        /// At once, and not only within three months of the token's end.
        #[arg(long)]
        now: bool,
    },
}

impl OfficerTokenCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::New { out, request, password_file } => {
                for file in [&out, &request] {
                    if file.exists() {
                        let file = file.display();
                        return Err(format!("{file} exists already: nothing was done").into());
                    }
                }
                let password = TOKEN_PASSWORD.read_new(password_file.as_deref())?;
                let key = EcKey::generate()?;
                let octets = key.request_for_certificate()?;
                let fingerprint = fingerprint(key.public_key());
                OfficerToken::waiting(key, Timestamp::now())?.save(&out, &password)?;
                write_durably(&request, &octets)?;
                akashi_edge::say!(
                    "token        {}, which waits for its certificate",
                    out.display()
                );
                akashi_edge::say!("request      {}", request.display());
                akashi_edge::say!("key          {fingerprint}");
                akashi_edge::say!(
                    "next         hand the request to a security officer, and tell both the key"
                );
            }
            Self::Complete { out, certificate, password_file } => {
                let password = TOKEN_PASSWORD.read(password_file.as_deref())?;
                let key = OfficerToken::open(&out, &password)?.into_key();
                let chain = std::fs::read(&certificate)
                    .map_err(|error| format!("{}: {error}", certificate.display()))?;
                let chain = Certificate::load_pem_chain(&chain).unwrap_or_default();
                let [own, link] = chain.as_slice() else {
                    let file = certificate.display();
                    return Err(format!("{file} holds no two certificates in PEM").into());
                };
                let (own, link) = (own.to_der()?, link.to_der()?);
                if pki::public_key(&own).as_deref() != Some(key.public_key()) {
                    let file = out.display();
                    return Err(format!("{file} holds another key than the one enrolled").into());
                }
                OfficerToken::new(key, own, link).save(&out, &password)?;
                akashi_edge::say!("token        {}", out.display());
            }
            Self::Rekey { url, token, password_file, terminal, terminal_password_file, now } => {
                let password = TOKEN_PASSWORD.read(password_file.as_deref())?;
                let open = |file: PathBuf| {
                    let password_file = terminal_password_file.as_deref();
                    opened(&file, password_file, &password).map(|(terminal, _)| terminal)
                };
                let terminal = terminal.map(open).transpose()?;
                let lines = rekey(&url, (&token, &password), terminal.as_ref(), now).await?;
                lines.iter().for_each(|(name, value)| akashi_edge::say!("{name:<12} {value}"));
            }
        }
        Ok(())
    }
}

/// The next key is durable before the authority hears of it, and takes the place of the one before only with
/// its certificate: whoever is interrupted has either the old token that is good still, or both.
async fn rekey(
    url: &str,
    (file, password): (&Path, &str),
    terminal: Option<&OfficerToken>,
    now: bool,
) -> Result<Vec<(&'static str, String)>, Failure> {
    // A link to a token stays one: what it leads to is renewed.
    let file =
        &std::fs::canonicalize(file).map_err(|error| format!("{}: {error}", file.display()))?;
    // Of two at once one would take the other's next key for its own; the file is read behind the lock.
    let held = File::open(file).map_err(|error| format!("{}: {error}", file.display()))?;
    akashi_keys::lock(&held)
        .map_err(|error| format!("{} is being renewed: {error}", file.display()))?;
    let next_file = next_of(file);
    let before = Arc::new(OfficerToken::open(file, password)?);
    let (last, clock) = (pki::not_after(before.certificate()), SystemClock::new());
    if !now && !next_file.exists() && Ending::of(last, clock.now()).is_none() {
        let from = day_in_japan(Ending::Quarter.begins(last));
        return Ok(vec![
            ("token", format!("{}, good until {}", file.display(), day_in_japan(last))),
            ("next", format!("nothing before {from}; with --now at once")),
        ]);
    }
    let desk = {
        let link = terminal.unwrap_or(&before);
        Desk::sign_in(url, link, before.clone(), Arc::new(clock)).await?
    };
    let next = match next_file.exists() {
        true => OfficerToken::open(&next_file, password)?.into_key(),
        false => {
            let key = EcKey::generate()?;
            let waiting = OfficerToken::waiting(key, Timestamp::now())?;
            waiting.save(&next_file, password)?;
            waiting.into_key()
        }
    };
    let mut lines = Vec::new();
    // Interrupted between the last two steps, the token is the next one already.
    if before.key().public_key() != next.public_key() {
        let told = desk.rekey(&next).await.map_err(|error| match error {
            DeskError::Refused(Refusal::KeyTaken) => format!(
                "the key in {} was certified before, and not in the place of this token: remove it and begin \
                 anew",
                next_file.display()
            ),
            error => format!("{error}; the next key is kept in {}", next_file.display()),
        })?;
        lines.push(("key", fingerprint(next.public_key())));
        lines.push(("ends", day_in_japan(pki::not_after(&told.certificate)).to_string()));
        lines.push(("enrolled", format!("until {}", day_in_japan(told.until))));
        let link_authority = before.link_authority().to_vec();
        OfficerToken::new(next, told.certificate, link_authority).save(file, password)?;
    }
    std::fs::remove_file(&next_file)
        .map_err(|error| format!("{}: {error}", next_file.display()))?;
    lines.push(("token", file.display().to_string()));
    let dead = "every copy of the token is dead: put this one in their places";
    lines.push(("next", dead.to_owned()));
    Ok(lines)
}

/// Where the next key of a token lies until it is certified.
fn next_of(file: &Path) -> PathBuf {
    let mut next = file.as_os_str().to_owned();
    next.push(".next");
    next.into()
}

/// A renewal that was cut off is brought to its end before the token is used: the key in it may be dead already. Where it
/// cannot be, that is told, and the token is used as it is: a loss does not wait for it. Gives whether the file may have changed.
pub(super) async fn renewed_to_its_end(
    url: &str,
    (file, password): (&Path, &str),
    terminal: Option<&OfficerToken>,
) -> bool {
    if !next_of(&std::fs::canonicalize(file).unwrap_or(file.into())).exists() {
        return false;
    }
    let shown = file.display();
    match rekey(url, (file, password), terminal, false).await {
        Ok(_) => akashi_edge::complain!(
            "akashi: {shown}: a renewal that was cut off has come to its end"
        ),
        Err(error) => akashi_edge::complain!(
            "akashi: {shown}: a renewal that was cut off waits still: {error}"
        ),
    }
    true
}

/// At a use of a token that ends soon: it renews itself, once. What keeps it from that is told, and stops nothing else.
pub(super) async fn renews_itself(
    url: &str,
    (file, password): (&Path, &str),
    (token, terminal): (&OfficerToken, Option<&OfficerToken>),
    now: Timestamp,
) {
    if !is_to_be_renewed(token, now) {
        return;
    }
    // It may be the terminal's key too, and have renewed itself as that.
    let Ok(token) = OfficerToken::open(file, password) else { return };
    if !is_to_be_renewed(&token, now) {
        return;
    }
    let shown = file.display();
    match rekey(url, (file, password), terminal, false).await {
        Ok(lines) => {
            let until = lines.iter().find(|(name, _)| *name == "ends").map(|(_, day)| day.as_str());
            let until = until.unwrap_or("its end");
            akashi_edge::complain!(
                "akashi: {shown} has renewed itself and is good until {until}: every copy of it is dead, put this one \
                 in their places"
            );
        }
        Err(error) => akashi_edge::complain!("akashi: {shown} has not renewed itself: {error}"),
    }
}

/// One that is over renews nothing, and one that was renewed a while ago gained nothing by it: its term ends.
fn is_to_be_renewed(token: &OfficerToken, now: Timestamp) -> bool {
    let (first, last) = (pki::not_before(token.certificate()), pki::not_after(token.certificate()));
    let is_new = first >= Ending::Quarter.begins(last);
    Ending::of(last, now).is_some() && now <= last && !is_new
}

/// How a key is told by people to each other: SHA-256 of its SubjectPublicKeyInfo.
pub(in crate::command) fn fingerprint(public_key: &[u8]) -> String {
    Sha256::of(public_key).to_string()
}
