//! `akashi desk enrol`, `suspend`, `lift`, `countersign`, `review`, `collect`: who may do what.

use std::path::PathBuf;

use akashi_keys::{EcKey, OfficerToken};
use akashi_ra_console::{Desk, DeskError};
use akashi_wire::MunicipalityCode;
use akashi_wire::act::{Answer, Deed, KnownProposal, PartyId, RequestId, Suspension};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use jiff::Timestamp;

use super::{Failure, Lines};
use crate::secret::TOKEN_PASSWORD;

#[derive(clap::Args)]
pub(super) struct Enrol {
    /// As what.
    #[arg(value_enum)]
    role: RoleArg,
    /// Name of the person or body.
    #[arg(long)]
    name: String,
    /// Municipality of whoever belongs to one.
    #[arg(long, required_if_eq_any([("role", "officer"), ("role", "hold-desk"), ("role", "town-administrator"), ("role", "source")]))]
    municipality: Option<MunicipalityCode>,
    /// Purpose that an agency notified; may be given more than once.
    #[arg(long, required_if_eq("role", "agency"))]
    purpose: Vec<String>,
    /// Name or address under which a source's registry is reached; may be given more than once.
    #[arg(long)]
    host: Vec<String>,
    /// Write the new token (PKCS#12) here.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File with the password of the new token; else AKASHI_TOKEN_PASSWORD, else a prompt.
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum RoleArg {
    Officer,
    HoldDesk,
    TownAdministrator,
    Source,
    Agency,
    SecurityOfficer,
    Operator,
    Auditor,
}

#[derive(clap::Args)]
pub(super) struct Suspend {
    /// What.
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// The source of a municipality: neither its batches nor its answers are taken.
    Source(Of<MunicipalityCode>),
    /// The counters of a municipality: nothing that its officers sign is taken.
    Counter(Of<MunicipalityCode>),
    /// Source, counters and administrators of a municipality.
    Town(Of<MunicipalityCode>),
    /// One party.
    Party(Of<PartyId>),
    /// Every new certificate of this authority.
    Issuing {
        /// Why.
        #[arg(long)]
        why: String,
    },
}

#[derive(clap::Args)]
struct Of<T: Clone + Send + Sync + std::str::FromStr + 'static>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    /// Its code or number.
    which: T,
    /// Why.
    #[arg(long)]
    why: String,
}

#[derive(clap::Args)]
pub(super) struct Countersign {
    /// Number of the proposal.
    request: RequestId,
    /// Its digest, as `review` shows it: names what you looked at.
    #[arg(long, value_parser = super::cards::digest)]
    digest: Sha256,
}

#[derive(clap::Args)]
pub(super) struct Collect {
    /// Number of the proposal.
    request: RequestId,
    /// The token that `enrol` began.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// File with the password of the new token; else AKASHI_TOKEN_PASSWORD, else a prompt.
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

impl What {
    fn told(self) -> (Suspension, String) {
        match self {
            Self::Source(Of { which: municipality, why }) => {
                (Suspension::Source { municipality }, why)
            }
            Self::Counter(Of { which: municipality, why }) => {
                (Suspension::Counter { municipality }, why)
            }
            Self::Town(Of { which: municipality, why }) => (Suspension::Town { municipality }, why),
            Self::Party(Of { which: party, why }) => (Suspension::Party { party }, why),
            Self::Issuing { why } => (Suspension::Issuing, why),
        }
    }
}

impl Suspend {
    pub(super) async fn suspend(self, desk: &Desk) -> Result<Lines, Failure> {
        let (what, why) = self.what.told();
        super::done(desk, Deed::Suspend { what, why }).await
    }

    pub(super) async fn lift(self, desk: &Desk) -> Result<Lines, Failure> {
        let (what, why) = self.what.told();
        super::done(desk, Deed::Lift { what, why }).await
    }
}

impl Countersign {
    pub(super) async fn run(self, desk: &Desk) -> Result<Lines, Failure> {
        let Self { request, digest } = self;
        Ok(match desk.ask(Deed::Countersign { request, digest }).await? {
            Answer::Enrolled { party, .. } => vec![
                ("done", "enrolled".into()),
                ("party", party.to_string()),
                ("next", format!("whoever proposed it takes the token: collect {request}")),
            ],
            _ => vec![("done", "yes".into())],
        })
    }
}

impl Collect {
    pub(super) async fn run(self, desk: &Desk) -> Result<Lines, Failure> {
        let password = TOKEN_PASSWORD.read(self.new_password_file.as_deref())?;
        let key = OfficerToken::open(&self.out, &password)?.into_key();
        let request = self.request;
        match desk.ask(Deed::Outcome { request }).await? {
            Answer::Enrolled { party, certificate, link_authority } => {
                let mine = akashi_wire::pki::public_key(&certificate.0);
                if mine.as_deref() != Some(akashi_keys::Signer::public_key(&key)) {
                    let file = self.out.display();
                    return Err(format!("{file} holds another key than the one enrolled").into());
                }
                OfficerToken::new(key, certificate.0, link_authority.0)
                    .save(&self.out, &password)?;
                Ok(vec![("party", party.to_string()), ("token", self.out.display().to_string())])
            }
            Answer::Proposed { request, digest, until } => Ok(waits(request, digest, until)),
            _ => Err("this proposal was to enrol nobody".into()),
        }
    }
}

/// What is told of a proposal.
pub(super) fn waits(request: RequestId, digest: Sha256, until: Timestamp) -> Lines {
    vec![
        ("waits", "for a second person: nothing is done yet".into()),
        ("proposal", request.to_string()),
        ("digest", digest.to_string()),
        ("until", until.to_string()),
        (
            "next",
            format!("another looks (review) and signs: countersign {request} --digest {digest}"),
        ),
    ]
}

/// Who is enrolled, what is suspended, what waits.
pub(super) async fn review(desk: &Desk) -> Result<Lines<String>, Failure> {
    let Answer::Reviewed { parties, suspended, waiting } = desk.ask(Deed::Review).await? else {
        return Err("the authority's answer cannot be understood".into());
    };
    let mut lines = Vec::new();
    for (number, one) in parties.iter().enumerate() {
        let town = one.role.municipality().map(|code| format!(" of {code}")).unwrap_or_default();
        let stands = match one.suspended_at {
            Some(since) => format!(", suspended since {since}"),
            None => String::new(),
        };
        let (role, ends) = (one.role.name(), one.not_after);
        let told = format!("{} {role}{town}: {}, until {ends}{stands}", one.party, one.name);
        lines.push((format!("party {}", number + 1), told));
    }
    for (number, one) in suspended.iter().enumerate() {
        let told = format!("{} since {} by {}", one.suspended, one.since, one.by);
        lines.push((format!("suspended {}", number + 1), told));
    }
    for (number, one) in waiting.iter().enumerate() {
        lines.push((format!("waiting {}", number + 1), told(one)));
    }
    if waiting.is_empty() {
        lines.push(("waiting".into(), "nothing waits for a second person".into()));
    }
    Ok(lines)
}

/// A proposal in one line; whose key it would certify is named by its digest.
fn told(one: &KnownProposal) -> String {
    let KnownProposal { request, digest, deed, proposed_by, until, .. } = one;
    let what = match deed.as_ref() {
        Deed::Enrol { name, party, request_for_certificate, .. } => {
            let town = party.municipality().map(|code| format!(" of {code}")).unwrap_or_default();
            let key = Sha256::of(&request_for_certificate.0);
            format!("enrol {name} as {}{town}, request {key}", party.name())
        }
        Deed::Dismiss { party, why } => format!("dismiss {party}: {why}"),
        Deed::Lift { what, why } => format!("lift {what}: {why}"),
        other => other.verb().to_owned(),
    };
    format!("{what}; by {proposed_by}, until {until}; countersign {request} --digest {digest}")
}

impl Enrol {
    pub(super) async fn run(self, desk: &Desk) -> Result<Lines, Failure> {
        if self.out.exists() {
            return Err(format!("{} exists already: nothing was done", self.out.display()).into());
        }
        let municipality = || self.municipality.ok_or("--municipality is needed");
        let party = match self.role {
            RoleArg::Officer => Role::Officer { municipality: municipality()? },
            RoleArg::HoldDesk => Role::HoldDesk { municipality: municipality()? },
            RoleArg::TownAdministrator => Role::TownAdministrator { municipality: municipality()? },
            RoleArg::Source => Role::Source { municipality: municipality()? },
            RoleArg::Agency => Role::Agency { purposes: self.purpose.clone() },
            RoleArg::SecurityOfficer => Role::SecurityOfficer,
            RoleArg::Operator => Role::Operator,
            RoleArg::Auditor => Role::Auditor,
        };
        let password = TOKEN_PASSWORD.read_new(self.new_password_file.as_deref())?;
        let key = EcKey::generate()?;
        let deed = Deed::Enrol {
            name: self.name.clone(),
            party,
            hosts: self.host.clone(),
            request_for_certificate: Octets(key.request_for_certificate()?),
        };
        // The key first: an enrolment whose key was lost on the way is worth nothing.
        let waiting = OfficerToken::waiting(key, Timestamp::now())?;
        waiting.save(&self.out, &password)?;
        let token = self.out.display().to_string();
        match desk.ask(deed).await {
            Ok(Answer::Enrolled { party, certificate, link_authority }) => {
                OfficerToken::new(waiting.into_key(), certificate.0, link_authority.0)
                    .save(&self.out, &password)?;
                Ok(vec![("party", party.to_string()), ("token", token)])
            }
            Ok(Answer::Proposed { request, digest, until }) => {
                let mut lines = waits(request, digest, until);
                lines.push(("then", format!("collect {request} --out {token}")));
                Ok(lines)
            }
            Ok(_) => Err("the authority's answer cannot be understood".into()),
            Err(refused @ DeskError::Refused(_)) => {
                let _ = std::fs::remove_file(&self.out);
                Err(refused.into())
            }
            Err(error) => Err(format!("{error}; the new key is kept in {token}").into()),
        }
    }
}
