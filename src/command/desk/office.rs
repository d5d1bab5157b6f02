//! `akashi desk enrol`, `suspend`, `lift`, `countersign`, `review`, `collect`: who may do what.

use std::path::{Path, PathBuf};

use akashi_keys::{EcKey, OfficerToken, Signer};
use akashi_ra_console::{Desk, DeskError};
use akashi_wire::MunicipalityCode;
use akashi_wire::act::{
    Answer, Deed, KnownParty, KnownProposal, PartyId, Refusal, RequestId, Suspension,
};
use akashi_wire::date::{day_in_japan, end_of_day};
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::pki::{certificate_pem, public_key, requested_key};
use akashi_wire::recovery::RecoveredAs;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Failure, Lines};
use crate::command::officer_token::fingerprint;
use crate::secret::TOKEN_PASSWORD;

#[derive(clap::Args)]
pub(super) struct Enrol {
    /// As what.
    #[arg(value_enum)]
    role: RoleArg,
    /// Name of the person or body.
    #[arg(long)]
    name: String,
    /// Municipality of whoever belongs to one; the prefecture for a terminal of the office.
    #[arg(long, required_if_eq_any([("role", "officer"), ("role", "hold-desk"), ("role", "town-administrator"), ("role", "supervisor"), ("role", "terminal"), ("role", "source"), ("role", "registry")]))]
    municipality: Option<MunicipalityCode>,
    /// Purpose that an agency notified; may be given more than once.
    #[arg(long, required_if_eq("role", "agency"))]
    purpose: Vec<String>,
    /// Name or address under which a registry is reached; may be given more than once.
    #[arg(long)]
    host: Vec<String>,
    /// Request (PKCS#10) for the party's own key, as `officer-token new` or the party's programs made it.
    #[arg(long, value_name = "FILE", required_unless_present = "out")]
    request: Option<PathBuf>,
    /// Make the key here instead, and write the new token (PKCS#12): whoever does has another's key.
    #[arg(long, value_name = "FILE", conflicts_with = "request")]
    out: Option<PathBuf>,
    /// File with the password of the new token; else AKASHI_TOKEN_PASSWORD, else a prompt.
    #[arg(long, value_name = "FILE", requires = "out")]
    new_password_file: Option<PathBuf>,
    /// 任期: the last day, in Japan; else as long as the authority lives.
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<Date>,
}

/// Until when a party stays enrolled.
#[derive(clap::Args)]
pub(super) struct Prolong {
    /// Number of the party.
    party: PartyId,
    /// The last day, in Japan.
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Date,
}

impl Prolong {
    pub(super) async fn run(self, desk: &Desk) -> Result<Lines, Failure> {
        let Self { party, until } = self;
        super::done(desk, Deed::Prolong { party, until: end_of_day(until) }).await
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum RoleArg {
    Officer,
    Supervisor,
    HoldDesk,
    TownAdministrator,
    Terminal,
    Source,
    Registry,
    Agency,
    SecurityOfficer,
    Operator,
    Auditor,
    Witness,
    Verifier,
    Canary,
    Scheduler,
    Log,
    RegistryClient,
    ListIssuer,
    Responder,
    Repository,
    HoldersDoor,
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
    /// The token that `enrol --out` began.
    #[arg(long, value_name = "FILE", required_unless_present = "certificate")]
    out: Option<PathBuf>,
    /// Write the certificate and the link authority's here, PEM, for `officer-token complete`.
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    certificate: Option<PathBuf>,
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
        let request = self.request;
        match desk.ask(Deed::Outcome { request }).await? {
            Answer::Enrolled { party, certificate, link_authority } => {
                let party = party.to_string();
                let Some(out) = &self.out else {
                    let file = self.certificate.ok_or("--out or --certificate is needed")?;
                    let chain = [&certificate.0, &link_authority.0];
                    let pem: String = chain.into_iter().map(|der| certificate_pem(der)).collect();
                    akashi_keys::write_durably(&file, pem.as_bytes())?;
                    return Ok(vec![
                        ("party", party),
                        ("certificate", file.display().to_string()),
                        ("next", "its holder completes the token: officer-token complete".into()),
                    ]);
                };
                let password = TOKEN_PASSWORD.read(self.new_password_file.as_deref())?;
                let key = OfficerToken::open(out, &password)?.into_key();
                if public_key(&certificate.0).as_deref() != Some(key.public_key()) {
                    let file = out.display();
                    return Err(format!("{file} holds another key than the one enrolled").into());
                }
                OfficerToken::new(key, certificate.0, link_authority.0).save(out, &password)?;
                Ok(vec![("party", party), ("token", out.display().to_string())])
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

/// Who is enrolled, what is suspended, what waits: everything that whoever signs a proposal signs for.
pub(super) async fn review(desk: &Desk) -> Result<Lines<String>, Failure> {
    let Answer::Reviewed { parties, suspended, waiting, recoveries, handovers } =
        desk.ask(Deed::Review).await?
    else {
        return Err("the authority's answer cannot be understood".into());
    };
    let known = Known(&parties);
    let mut lines = Vec::new();
    for (number, one) in parties.iter().enumerate() {
        let told = format!("{}, {}", one.party, party_line(one));
        lines.push((format!("party {}", number + 1), told));
    }
    for (number, one) in suspended.iter().enumerate() {
        let (what, by) = (known.suspension(&one.suspended), known.party(one.by));
        lines.push((
            format!("suspended {}", number + 1),
            format!("{what}, since {} by {by}", one.since),
        ));
    }
    for (number, one) in handovers.iter().enumerate() {
        let (from, to) = (town(one.from), town(one.to));
        let told = format!("{from}, since {}: the source of {to} speaks for it", one.since);
        lines.push((format!("handed over {}", number + 1), told));
    }
    for (number, one) in waiting.iter().enumerate() {
        let KnownProposal { request, digest, deed, proposed_by, proposed_at, until } = one;
        for (name, told) in known.deed(deed).into_iter().chain([
            ("by", known.party(*proposed_by)),
            ("at", proposed_at.to_string()),
            ("until", until.to_string()),
            ("sign", format!("countersign {request} --digest {digest}")),
        ]) {
            let name = if name == "deed" { String::new() } else { format!(" {name}") };
            lines.push((format!("waiting {}{name}", number + 1), told));
        }
    }
    for (number, one) in recoveries.iter().enumerate() {
        let name = format!("recovery {}", number + 1);
        lines.push((name.clone(), format!("asked {}, carried out {}", one.asked_at, one.until)));
        for (number, party) in one.parties.iter().enumerate() {
            let key = requested_key(&party.request_for_certificate.0).unwrap_or_default();
            let role = match party.role {
                RecoveredAs::SecurityOfficer => "security officer",
                RecoveredAs::OfficeTerminal => "terminal of the office",
            };
            let told = format!("{role} {}, key {}", quoted(&party.name), fingerprint(&key));
            lines.push((format!("{name} party {}", number + 1), told));
        }
        lines.push((format!("{name} stop"), format!("stop-recovery {} --why TEXT", one.recovery)));
    }
    if waiting.is_empty() {
        lines.push(("waiting".into(), "nothing waits for a second person".into()));
    }
    Ok(lines)
}

/// As what somebody is enrolled, and how that stands.
pub(super) fn party_line(one: &KnownParty) -> String {
    let mut stands = match (one.ended_at, one.suspended_at) {
        (Some(since), _) => format!(", dismissed at {since}"),
        (None, Some(since)) => format!(", suspended since {since}"),
        (None, None) => String::new(),
    };
    if one.certified_at > one.enrolled_at {
        stands += &format!(", re-keyed at {}", one.certified_at);
    }
    let (key, term) = (day_in_japan(one.not_after), day_in_japan(one.until));
    let (role, name) = (role(&one.role), quoted(&one.name));
    format!("{role}, {name}, key until {key}, enrolled until {term}{stands}")
}

/// Who is who, so that a number has a name beside it.
struct Known<'p>(&'p [KnownParty]);

impl Known<'_> {
    fn party(&self, party: PartyId) -> String {
        match self.0.iter().find(|one| one.party == party) {
            Some(one) => format!("{party}, {}, {}", role(&one.role), quoted(&one.name)),
            None => format!("{party}, who is not shown here"),
        }
    }

    fn suspension(&self, what: &Suspension) -> String {
        what.party()
            .map_or_else(|| what.to_string(), |party| format!("party {}", self.party(party)))
    }

    /// Every member of a deed that takes two, each on a line of its own.
    fn deed(&self, deed: &Deed) -> Vec<(&'static str, String)> {
        match deed {
            Deed::Enrol { name, party, hosts, request_for_certificate, until } => {
                let key = requested_key(&request_for_certificate.0);
                let key = key.map_or("no key".into(), |key| fingerprint(&key));
                let mut told = vec![
                    ("deed", format!("enrol as {}", role(party))),
                    ("name", quoted(name)),
                    ("key", key),
                ];
                if let Role::Agency { purposes } = party {
                    told.extend(purposes.iter().map(|purpose| ("purpose", quoted(purpose))));
                }
                told.extend(hosts.iter().map(|host| ("host", quoted(host))));
                let until = until.map(|until| day_in_japan(until).to_string());
                let until = until.unwrap_or("the end of the authority".into());
                told.push(("enrolled until", until));
                told
            }
            Deed::Prolong { party, until } => vec![
                ("deed", format!("prolong {}", self.party(*party))),
                ("enrolled until", day_in_japan(*until).to_string()),
            ],
            Deed::Dismiss { party, why } => {
                vec![("deed", format!("dismiss {}", self.party(*party))), ("why", quoted(why))]
            }
            Deed::Lift { what, why } => {
                vec![("deed", format!("lift {}", self.suspension(what))), ("why", quoted(why))]
            }
            Deed::HandOver { from, to, why } => vec![
                ("deed", format!("hand over {}", town(*from))),
                ("to", town(*to)),
                ("why", quoted(why)),
            ],
            Deed::Release { serial, why } => vec![
                ("deed", format!("release the hold of certificate {serial}")),
                ("why", quoted(why)),
            ],
            other => vec![("deed", other.verb().to_owned())],
        }
    }
}

/// A municipality: its code, and its name where it has one.
pub(super) fn town(code: MunicipalityCode) -> String {
    Municipality::of(code).map_or(code.to_string(), |town| format!("{code} {}", town.name))
}

/// What somebody wrote, told apart from what we say.
fn quoted(text: &str) -> String {
    format!("“{}”", text.replace(['“', '”'], "\""))
}

fn role(role: &Role) -> String {
    let town = role.municipality().map(|code| format!(" of {code}")).unwrap_or_default();
    format!("{}{town}", role.name())
}

impl Enrol {
    pub(super) async fn run(self, desk: &Desk) -> Result<Lines, Failure> {
        let municipality = || self.municipality.ok_or("--municipality is needed");
        let party = match self.role {
            RoleArg::Officer => Role::Officer { municipality: municipality()? },
            RoleArg::Supervisor => Role::Supervisor { municipality: municipality()? },
            RoleArg::HoldDesk => Role::HoldDesk { municipality: municipality()? },
            RoleArg::TownAdministrator => Role::TownAdministrator { municipality: municipality()? },
            RoleArg::Terminal => Role::Terminal { municipality: municipality()? },
            RoleArg::Source => Role::Source { municipality: municipality()? },
            RoleArg::Registry => Role::Registry { municipality: municipality()? },
            RoleArg::Agency => Role::Agency { purposes: self.purpose.clone() },
            RoleArg::SecurityOfficer => Role::SecurityOfficer,
            RoleArg::Operator => Role::Operator,
            RoleArg::Auditor => Role::Auditor,
            RoleArg::Witness => Role::Witness,
            RoleArg::Verifier => Role::Verifier,
            RoleArg::Canary => Role::Canary,
            RoleArg::Scheduler => Role::Scheduler,
            RoleArg::Log => Role::Log,
            RoleArg::RegistryClient => Role::RegistryClient,
            RoleArg::ListIssuer => Role::ListIssuer,
            RoleArg::Responder => Role::Responder,
            RoleArg::Repository => Role::Repository,
            RoleArg::HoldersDoor => Role::HoldersDoor,
        };
        let deed = |request: Vec<u8>| Deed::Enrol {
            name: self.name.clone(),
            party: party.clone(),
            hosts: self.host.clone(),
            request_for_certificate: Octets(request),
            until: self.until.map(end_of_day),
        };
        match (&self.request, &self.out) {
            (Some(file), _) => {
                let request =
                    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
                let key = requested_key(&request)
                    .ok_or_else(|| format!("{} is no PKCS#10 in DER", file.display()))?;
                let mut lines = vec![("key", fingerprint(&key))];
                match desk.ask(deed(request)).await? {
                    Answer::Proposed { request, digest, until } => {
                        lines.extend(waits(request, digest, until));
                        lines.push(("then", format!("collect {request} --certificate FILE")));
                    }
                    Answer::Enrolled { party, certificate, link_authority } => {
                        let chain = [&certificate.0, &link_authority.0];
                        let pem: String =
                            chain.into_iter().map(|der| certificate_pem(der)).collect();
                        let out = file.with_extension("pem");
                        akashi_keys::write_durably(&out, pem.as_bytes())?;
                        lines.push(("party", party.to_string()));
                        lines.push(("certificate", out.display().to_string()));
                    }
                    _ => return Err("the authority's answer cannot be understood".into()),
                }
                Ok(lines)
            }
            (None, Some(_)) if party.is_own() => {
                Err("its key is made where it is used: akashi identity new, and --request".into())
            }
            (None, Some(out)) => self.with_new_key(desk, out, deed).await,
            (None, None) => Err("--request or --out is needed".into()),
        }
    }

    /// The key is made here, and whoever takes the token has to trust that it is nowhere else.
    async fn with_new_key(
        &self,
        desk: &Desk,
        out: &Path,
        deed: impl Fn(Vec<u8>) -> Deed,
    ) -> Result<Lines, Failure> {
        let token = out.display().to_string();
        let password = TOKEN_PASSWORD.read_new(self.new_password_file.as_deref())?;
        let was_kept = out.exists();
        let key = match was_kept {
            // What was kept of an enrolment of which nobody knows what became: the same key again.
            true => {
                let kept = OfficerToken::open(out, &password);
                kept.ok().filter(OfficerToken::is_waiting).map(OfficerToken::into_key).ok_or_else(
                    || format!("{token} exists already, and no key waits in it that this password opens: nothing was done"),
                )?
            }
            false => EcKey::generate()?,
        };
        let (deed, key_told) =
            (deed(key.request_for_certificate()?), fingerprint(key.public_key()));
        // The key first: an enrolment whose key was lost on the way is worth nothing.
        let waiting = OfficerToken::waiting(key, Timestamp::now())?;
        if !was_kept {
            waiting.save(out, &password)?;
        }
        match desk.ask(deed).await {
            Ok(Answer::Enrolled { party, certificate, link_authority }) => {
                OfficerToken::new(waiting.into_key(), certificate.0, link_authority.0)
                    .save(out, &password)?;
                Ok(vec![("party", party.to_string()), ("token", token)])
            }
            Ok(Answer::Proposed { request, digest, until }) => {
                let mut lines = vec![("key", key_told)];
                lines.extend(waits(request, digest, until));
                lines.push(("then", format!("collect {request} --out {token}")));
                Ok(lines)
            }
            Ok(_) => Err("the authority's answer cannot be understood".into()),
            // Nothing is known of it, or nothing was done yet: the same key may have been taken.
            Err(DeskError::Refused(
                Refusal::NotNowPossible | Refusal::ClockBehind | Refusal::TimeInDoubt,
            )) => {
                Err(format!("the authority cannot do this now; the new key is kept in {token}")
                    .into())
            }
            // One that was kept may be enrolled already, by the act of which nobody knew what became.
            Err(refused @ DeskError::Refused(_)) if was_kept => {
                Err(format!("{refused}; the key that waited stays in {token}").into())
            }
            Err(refused @ DeskError::Refused(_)) => {
                let _ = std::fs::remove_file(out);
                Err(refused.into())
            }
            Err(error) => Err(format!("{error}; the new key is kept in {token}").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use akashi_wire::SerialNumber;

    use super::*;

    /// What the second person is shown, as one text.
    fn shown(deed: &Deed) -> String {
        let lines = Known(&[]).deed(deed);
        lines.into_iter().map(|(name, told)| format!("{name} {told}\n")).collect()
    }

    #[test]
    fn whatever_differs_in_what_two_sign_differs_in_what_the_second_is_shown() {
        let municipality = "312011".parse().unwrap();
        let request = || EcKey::generate().unwrap().request_for_certificate().unwrap();
        let (one, other) = (request(), request());
        let enrol = |name: &str, party: Role, hosts: &[&str], request: &[u8]| Deed::Enrol {
            name: name.into(),
            party,
            hosts: hosts.iter().map(ToString::to_string).collect(),
            request_for_certificate: Octets(request.to_vec()),
            until: None,
        };
        let until = |year: i16| end_of_day(Date::constant(year, 3, 31));
        let enrol_until = |year: i16| match enrol("A", Role::SecurityOfficer, &[], &one) {
            Deed::Enrol { name, party, hosts, request_for_certificate, .. } => {
                let until = Some(until(year));
                Deed::Enrol { name, party, hosts, request_for_certificate, until }
            }
            other => other,
        };
        let agency = |purposes: &[&str]| Role::Agency {
            purposes: purposes.iter().map(ToString::to_string).collect(),
        };
        let registry = || Role::Registry { municipality };
        let party = |octet: u8| PartyId::from_random([octet; 16]);
        let why = |why: &str| why.to_owned();
        let deeds = [
            enrol("A", registry(), &["10.0.0.1"], &one),
            enrol("B", registry(), &["10.0.0.1"], &one),
            enrol("A", registry(), &["10.0.0.2"], &one),
            enrol("A", registry(), &["10.0.0.1", "10.0.0.2"], &one),
            enrol("A", registry(), &["10.0.0.1"], &other),
            enrol(
                "A",
                Role::Registry { municipality: "312029".parse().unwrap() },
                &["10.0.0.1"],
                &one,
            ),
            enrol("A", agency(&["tax"]), &[], &one),
            enrol("A", agency(&["tax", "police"]), &[], &one),
            enrol("A", Role::SecurityOfficer, &[], &one),
            enrol_until(2031),
            enrol_until(2032),
            Deed::Prolong { party: party(1), until: until(2031) },
            Deed::Prolong { party: party(1), until: until(2032) },
            Deed::Prolong { party: party(2), until: until(2031) },
            Deed::Dismiss { party: party(1), why: why("a") },
            Deed::Dismiss { party: party(2), why: why("a") },
            Deed::Dismiss { party: party(1), why: why("b") },
            Deed::Lift { what: Suspension::Party { party: party(1) }, why: why("a") },
            Deed::Lift { what: Suspension::Town { municipality }, why: why("a") },
            Deed::Lift { what: Suspension::Issuing, why: why("a") },
            Deed::Lift { what: Suspension::Issuing, why: why("b") },
            Deed::HandOver { from: municipality, to: "312029".parse().unwrap(), why: why("a") },
            Deed::HandOver { from: "312029".parse().unwrap(), to: municipality, why: why("a") },
            Deed::HandOver { from: municipality, to: "312029".parse().unwrap(), why: why("b") },
            Deed::Release { serial: SerialNumber::from_random([1; 16]), why: why("a") },
            Deed::Release { serial: SerialNumber::from_random([2; 16]), why: why("a") },
            Deed::Release { serial: SerialNumber::from_random([1; 16]), why: why("b") },
        ];
        let all: BTreeSet<String> = deeds.iter().map(shown).collect();
        assert_eq!(all.len(), deeds.len());
        // What somebody wrote ends nobody's quotation.
        let sly =
            Deed::Lift { what: Suspension::Issuing, why: why("found”; sign: countersign 0f") };
        assert_eq!(shown(&sly).matches('”').count(), 1);
    }
}
