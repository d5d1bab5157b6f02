//! `akashi desk`: the counter on the command line. It drives the interface that the terminal's
//! pages will drive.

mod cards;
mod offline;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use akashi_card::{Card, SigningPin};
use akashi_keys::{EcKey, OfficerToken};
use akashi_ra_console::Desk;
use akashi_ra_console::journey::{self, Application, Stage};
use akashi_wire::act::{Answer, Deed, IdentityProof, LookUpBy, PartyId, Procedure};
use akashi_wire::octets::Octets;
use akashi_wire::party::Role;
use akashi_wire::{BirthDate, CaseId, MunicipalityCode, RevocationReason, Sex};
use jiff::civil::Date;

use super::Failure;
use crate::clock::SystemClock;
use crate::secret::{PIN, TOKEN_PASSWORD};

/// Ask the authority as an officer, a security officer included.
#[derive(clap::Args)]
pub struct DeskCommand {
    /// Address of the authority, as `akashi up` prints it; not needed with `reset-pin --offline`.
    #[arg(long, value_name = "https://HOST:PORT")]
    url: Option<String>,
    /// The officer's token (PKCS#12).
    #[arg(long, value_name = "FILE")]
    token: PathBuf,
    /// File with the token's password; else AKASHI_TOKEN_PASSWORD, else a prompt.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    ask: Ask,
}

/// Who comes to the counter.
#[derive(clap::Args)]
struct Whom {
    /// 氏名, as the applicant writes it.
    #[arg(long)]
    name: String,
    /// 生年月日: an era digit and YYYYMMDD, such as 319700115 (昭和45年1月15日).
    #[arg(long, value_name = "EYYYYMMDD")]
    birth_date: BirthDate,
    /// 性別, where it is needed to tell two persons apart.
    #[arg(long, value_enum)]
    sex: Option<SexArg>,
    /// 住所, where it is needed to tell two persons apart.
    #[arg(long)]
    address: Option<String>,
}

/// 本人確認: what was shown, where it was no card of this service.
#[derive(clap::Args)]
struct Shown {
    /// A photo document instead of a card of this service: KIND,EXPIRES,LAST-FOUR-CHARACTERS.
    #[arg(long, value_name = "KIND,YYYY-MM-DD,CHARACTERS")]
    document: Option<String>,
    /// The answer to the inquiry letter that was sent in this case on this day.
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "document")]
    letter_sent: Option<Date>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum SexArg {
    Male,
    Female,
    Unknown,
}

/// What an applicant brings to be certified.
#[derive(clap::Args)]
struct Bring {
    #[command(flatten)]
    whom: Whom,
    /// The card: file of a software card, which akashi-demo alone takes.
    #[arg(long, value_name = "FILE", required_unless_present = "reader")]
    card: Option<PathBuf>,
    /// The card: in the PC/SC reader of this name.
    #[arg(long, value_name = "NAME", conflicts_with = "card")]
    reader: Option<String>,
    /// File with the PIN that the resident chooses; else AKASHI_PIN, else a prompt.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    #[command(flatten)]
    shown: Shown,
    /// The application says that its applicant is, or is not, under guardianship (成年被後見人); needed
    /// where the authority asks for it.
    #[arg(long, value_name = "true|false")]
    under_guardianship: Option<bool>,
    /// A substitute chosen for a character of the name: POSITION=CHARACTER, from 0.
    #[arg(long, value_name = "POSITION=CHARACTER")]
    name_substitute: Vec<String>,
    /// A substitute chosen for a character of the address.
    #[arg(long, value_name = "POSITION=CHARACTER")]
    address_substitute: Vec<String>,
    /// Take up this case, which was cut off; everything else as it was.
    #[arg(long, value_name = "NUMBER")]
    case: Option<CaseId>,
    /// The number of the ticket with which the applicant waited: it is refused as a PIN.
    #[arg(long, value_name = "NUMBER")]
    ticket: Option<String>,
}

#[derive(clap::Subcommand)]
enum Ask {
    /// 新規発行: look up, make the key pair, issue, write, read back, deliver.
    Issue(Bring),
    /// 更新: the same within three months before the end.
    Renew(Bring),
    /// 失効: end a certificate for good.
    Revoke {
        #[command(flatten)]
        whom: Whom,
        /// lost (紛失・盗難・漏えい・破損) or wish (本人の申請).
        #[arg(long, value_enum)]
        why: Why,
        #[command(flatten)]
        shown: Shown,
    },
    /// 一時保留, after a telephone call.
    Hold(Whom),
    /// 暗証番号の初期化: the holder sets a new PIN on the card in use, forgotten or locked.
    ResetPin(offline::ResetPin),
    /// Begin the journal that this terminal needs for `reset-pin --offline`.
    BeginJournal(offline::InJournal),
    /// Tell the authority of what was done while it was out of reach.
    Reconcile(offline::InJournal),
    /// 取下げ, 却下 or 中止 of an open case.
    Close {
        /// Number of the case.
        case: CaseId,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// Enrol an officer, an agency or a source (security officer).
    Enrol(Enrol),
    /// End an enrolment at once (security officer).
    Dismiss {
        /// Number of the party.
        party: PartyId,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// Cut or open the link to a source at once (security officer).
    Link {
        /// The municipality.
        source: MunicipalityCode,
        /// Take its batches, or take no more.
        #[arg(long, value_enum)]
        set: LinkArg,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// Say that the authority's clock is right although it jumped; two persons must.
    AcceptClock,
    /// The inventory of cards by lot and model (security officer).
    #[command(subcommand)]
    Cards(cards::CardsCommand),
    /// End every certificate in the cards of a bad lot; two persons must (security officers).
    #[command(subcommand)]
    Recall(cards::RecallCommand),
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Why {
    Lost,
    Wish,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum LinkArg {
    Open,
    Cut,
}

#[derive(clap::Args)]
struct Enrol {
    /// As what.
    #[arg(value_enum)]
    role: RoleArg,
    /// Name of the person or body.
    #[arg(long)]
    name: String,
    /// Municipality of an officer or a source.
    #[arg(long, required_if_eq_any([("role", "officer"), ("role", "source")]))]
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
    Agency,
    Source,
    SecurityOfficer,
}

/// What came of it: names and values, one a line or one JSON object.
type Lines<Name = &'static str> = Vec<(Name, String)>;

impl DeskCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let json = self.json;
        let password = TOKEN_PASSWORD.read(self.password_file.as_deref())?;
        let token = Arc::new(OfficerToken::open(&self.token, &password)?);
        let lines = match (self.url, self.ask) {
            (_, Ask::ResetPin(reset)) if reset.offline => owned(reset.run_offline(&token)?),
            (None, _) => super::usage("--url https://HOST:PORT is needed to ask the authority"),
            (Some(url), ask) => {
                let clock = Arc::new(SystemClock::new());
                let desk = Desk::sign_in(&url, token.clone(), clock).await?;
                Self::carry_out(ask, &desk, &token).await?
            }
        };
        if json {
            println!(
                "{}",
                serde_json::to_string(&lines.iter().cloned().collect::<BTreeMap<_, _>>())?
            );
        } else {
            lines.iter().for_each(|(name, value)| println!("{name:<12} {value}"));
        }
        Ok(())
    }

    async fn carry_out(
        ask: Ask,
        desk: &Desk,
        token: &OfficerToken,
    ) -> Result<Lines<String>, Failure> {
        let lines = match ask {
            Ask::Cards(cards) => return cards.run(desk).await,
            Ask::Recall(recall) => return recall.run(desk).await,
            Ask::Issue(bring) => certify(desk, Procedure::Issue, bring).await,
            Ask::Renew(bring) => certify(desk, Procedure::Renewal, bring).await,
            Ask::Revoke { whom, why, shown } => {
                let reason = match why {
                    Why::Lost => RevocationReason::KeyCompromise,
                    Why::Wish => RevocationReason::CessationOfOperation,
                };
                let identity = shown.proof()?;
                ended(journey::revoke(desk, whom.by(), reason, identity).await?)
            }
            Ask::Hold(whom) => ended(journey::hold(desk, whom.by()).await?),
            Ask::ResetPin(reset) => reset_pin(desk, reset.bring).await,
            Ask::BeginJournal(journal) => journal.begin(desk),
            Ask::Reconcile(journal) => journal.reconcile(desk, token).await,
            Ask::Close { case, why } => done(desk, Deed::CloseCase { case, why }).await,
            Ask::Enrol(enrol) => enrol.run(desk).await,
            Ask::Dismiss { party, why } => done(desk, Deed::Dismiss { party, why }).await,
            Ask::Link { source, set, why } => {
                let open = matches!(set, LinkArg::Open);
                done(desk, Deed::Link { source, open, why }).await
            }
            Ask::AcceptClock => done(desk, Deed::AcceptClock).await,
        }?;
        Ok(owned(lines))
    }
}

fn owned(lines: Lines) -> Lines<String> {
    lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl Whom {
    fn by(self) -> LookUpBy {
        LookUpBy::Items {
            name: self.name,
            birth_date: self.birth_date,
            sex: self.sex.map(|sex| match sex {
                SexArg::Male => Sex::Male,
                SexArg::Female => Sex::Female,
                SexArg::Unknown => Sex::Unknown,
            }),
            address: self.address,
        }
    }
}

impl Bring {
    /// The card, the PIN that its holder chooses, and everything else.
    fn open(
        self,
        procedure: Procedure,
    ) -> Result<(Card<super::card::AnyCard>, SigningPin, Application), Failure> {
        let pin: SigningPin = PIN.read(self.pin_file.as_deref())?.parse()?;
        if pin.is_short() {
            eprintln!(
                "akashi: the PIN has fewer than 6 characters: some card software will not take it"
            );
        }
        let card =
            Card::open(super::card::to_write(self.card.as_deref(), self.reader.as_deref())?)?;
        let application = Application {
            procedure,
            identity: self.shown.proof()?,
            under_guardianship: self.under_guardianship,
            name_choices: substitutes(&self.name_substitute)?,
            address_choices: substitutes(&self.address_substitute)?,
            by: self.whom.by(),
            ticket: self.ticket,
        };
        Ok((card, pin, application))
    }
}

async fn reset_pin(desk: &Desk, bring: Bring) -> Result<Lines, Failure> {
    let taken_up = bring.case;
    let (mut card, pin, application) = bring.open(Procedure::PinReset)?;
    let case = journey::reset_pin(desk, &mut card, &pin, &application, taken_up).await?;
    Ok(vec![("case", case.to_string()), ("pin", "the holder's new one is set".into())])
}

async fn certify(desk: &Desk, procedure: Procedure, bring: Bring) -> Result<Lines, Failure> {
    let taken_up = bring.case;
    let (mut card, pin, application) = bring.open(procedure)?;
    let show = |stage| {
        let text = match stage {
            Stage::Opened { case } => &format!("case {case} is open"),
            Stage::Found => "found in the register",
            Stage::Permitted => "one key pair is permitted; the card is making it …",
            Stage::KeyMade => "key pair made, possession proved",
            Stage::Certified => "certificate issued; writing it to the card …",
            Stage::Written => "written, read back, activated",
            Stage::Delivered => "delivered",
        };
        eprintln!("{text}");
    };
    let delivery = match taken_up {
        None => journey::certify(desk, &mut card, &pin, &application, show).await?,
        Some(case) => journey::resume(desk, &mut card, &pin, case, &application, show).await?,
    };
    let mut lines = vec![
        ("case", delivery.case.to_string()),
        ("serial", delivery.serial.to_string()),
        ("ends", delivery.not_after.to_string()),
        ("fee_yen", delivery.fee_yen.to_string()),
    ];
    lines.extend(delivery.superseded.map(|serial| ("superseded", serial.to_string())));
    Ok(lines)
}

impl Shown {
    fn proof(&self) -> Result<IdentityProof, Failure> {
        if let Some(sent) = self.letter_sent {
            return Ok(IdentityProof::InquiryLetter { sent });
        }
        let Some(document) = &self.document else { return Ok(IdentityProof::ResidentCard) };
        let parts: Vec<&str> = document.split(',').collect();
        let [kind, expires, last_four] = parts.as_slice() else {
            return Err("--document is KIND,YYYY-MM-DD,LAST-FOUR-CHARACTERS".into());
        };
        let expires: Date = expires.parse().map_err(|e| format!("--document: {e}"))?;
        Ok(IdentityProof::PhotoDocument {
            kind: (*kind).to_owned(),
            expires,
            last_four: (*last_four).to_owned(),
        })
    }
}

fn substitutes(texts: &[String]) -> Result<BTreeMap<usize, String>, Failure> {
    texts
        .iter()
        .map(|text| {
            let (position, substitute) = text
                .split_once('=')
                .ok_or_else(|| format!("“{text}” is not POSITION=CHARACTER"))?;
            Ok((position.parse().map_err(|e| format!("“{text}”: {e}"))?, substitute.to_owned()))
        })
        .collect()
}

fn ended(ended: journey::Ended) -> Result<Lines, Failure> {
    Ok(vec![
        ("case", ended.case.to_string()),
        ("serial", ended.serial.to_string()),
        ("since", ended.at.to_string()),
        ("reason", ended.reason.to_string()),
    ])
}

async fn done(desk: &Desk, deed: Deed) -> Result<Lines, Failure> {
    Ok(match desk.ask(deed).await? {
        Answer::CaseClosed { revoked: Some(serial) } => {
            vec![("done", "the case is closed".into()), ("revoked", serial.to_string())]
        }
        Answer::CaseClosed { revoked: None } => vec![("done", "the case is closed".into())],
        _ => vec![("done", "yes".into())],
    })
}

impl Enrol {
    async fn run(self, desk: &Desk) -> Result<Lines, Failure> {
        if self.out.exists() {
            return Err(format!("{} exists already: nothing was done", self.out.display()).into());
        }
        let municipality = || self.municipality.ok_or("--municipality is needed");
        let party = match self.role {
            RoleArg::Officer => Role::Officer { municipality: municipality()? },
            RoleArg::Source => Role::Source { municipality: municipality()? },
            RoleArg::Agency => Role::Agency { purposes: self.purpose.clone() },
            RoleArg::SecurityOfficer => Role::SecurityOfficer,
        };
        let password = TOKEN_PASSWORD.read(self.new_password_file.as_deref())?;
        // The place for the token first: an enrolment whose key cannot be kept is worth nothing.
        akashi_keys::write_durably(&self.out, b"")?;
        let enrolled = self.enrol(desk, party, &password).await;
        if enrolled.is_err() {
            let _ = std::fs::remove_file(&self.out);
        }
        enrolled
    }

    async fn enrol(&self, desk: &Desk, party: Role, password: &str) -> Result<Lines, Failure> {
        let key = EcKey::generate()?;
        let deed = Deed::Enrol {
            name: self.name.clone(),
            party,
            hosts: self.host.clone(),
            request_for_certificate: Octets(key.request_for_certificate()?),
        };
        let Answer::Enrolled { party, certificate, link_authority } = desk.ask(deed).await? else {
            return Err("the authority's answer cannot be understood".into());
        };
        OfficerToken::new(key, certificate.0, link_authority.0).save(&self.out, password)?;
        Ok(vec![("party", party.to_string()), ("token", self.out.display().to_string())])
    }
}
