//! `akashi desk`: the counter on the command line. It drives the interface that the terminal's
//! pages will drive.

mod cards;
mod certify;
mod ending;
mod lists;
mod office;
mod offline;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use akashi_keys::OfficerToken;
use akashi_ra_console::Desk;
use akashi_wire::act::{Answer, Deed, IdentityProof, List, LookUpBy, PartyId, Procedure};
use akashi_wire::ending::notice;
use akashi_wire::octets::Sha256;
use akashi_wire::{BirthDate, CaseId, Clock, MunicipalityCode, SerialNumber, Sex, pki};
use jiff::Timestamp;
use jiff::civil::Date;

use self::lists::{CasesBefore, CertificatesBefore};
use super::Failure;
use super::officer_token::{renewed_to_its_end, renews_itself};
use crate::clock::SystemClock;
use crate::secret::{TERMINAL_PASSWORD, TOKEN_PASSWORD};

/// Ask the authority as an officer, a security officer included.
#[derive(clap::Args)]
pub struct DeskCommand {
    /// Address of the authority, as `akashi up` prints it; not needed with `reset-pin --offline`.
    #[arg(long, value_name = "https://HOST:PORT")]
    url: Option<String>,
    /// The terminal's key (PKCS#12), over whose link the authority is asked; not needed with `reset-pin
    /// --offline`.
    #[arg(long, value_name = "FILE")]
    terminal: Option<PathBuf>,
    /// File with the password of the terminal's key; else AKASHI_TERMINAL_PASSWORD, else that of the
    /// token, else a prompt.
    #[arg(long, value_name = "FILE")]
    terminal_password_file: Option<PathBuf>,
    /// The officer's token (PKCS#12).
    #[arg(long, value_name = "FILE")]
    token: PathBuf,
    /// File with the token's password; else AKASHI_TOKEN_PASSWORD, else a prompt.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Leave the token and the terminal's key as they are, though they end within three months: they renew
    /// themselves with each use that goes well, and every copy is dead then.
    #[arg(long)]
    no_renewal: bool,
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

#[derive(clap::Subcommand)]
enum Ask {
    /// 新規発行: look up, make the key pair, issue, write, read back, deliver.
    Issue(certify::Bring),
    /// 更新: the same within three months before the end.
    Renew(certify::Bring),
    /// 失効: end a certificate for good.
    Revoke(ending::Revoke),
    /// 一時保留, after a telephone call.
    Hold(ending::Which),
    /// 照会書: open a case whose identity proof will be the answer to an inquiry letter.
    Inquire(ending::Inquire),
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
    /// Enrol an officer, a terminal, an agency, a source …; two persons must.
    Enrol(office::Enrol),
    /// Prolong an enrolment, within which the party renews its key by itself; two persons must.
    Prolong(office::Prolong),
    /// End an enrolment for good; two persons must where it is no officer's.
    Dismiss {
        /// Number of the party.
        party: PartyId,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// 停止: stop a source, a counter, a town, a party or all issuing at once; one person may.
    Suspend(office::Suspend),
    /// 停止の解除: let it go on; two persons must.
    Lift(office::Suspend),
    /// 引継ぎ: a municipality that another takes up (合併): the other's source speaks for it from now on; two security
    /// officers must.
    HandOver {
        /// Code of the municipality that is taken up.
        from: MunicipalityCode,
        /// Code of the one that takes it up.
        to: MunicipalityCode,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// 一時保留の解除: let a certificate on hold be good again; two security officers must, where
    /// `rules.releases_holds` is set.
    Release {
        /// Its serial number, as `hold` told it.
        serial: SerialNumber,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// Sign as the second person what another proposed; look at it first (`review`).
    Countersign(office::Countersign),
    /// Who is enrolled, what is suspended, and what waits for a second person.
    Review,
    /// Alarms that stand, each by its number, with its runbook (docs/runbooks).
    Alarms,
    /// Take an alarm upon yourself: nobody is called for it any more.
    SignFor {
        /// Its number, as `alarms` and the alarm itself have it.
        alarm: i64,
        /// What is being done about it.
        #[arg(long)]
        why: String,
    },
    /// Everybody who was ever enrolled, and how that stands.
    Parties,
    /// Sources of 異動: when each was heard, what is due next, and what waits.
    Sources,
    /// Open cases, the newest first.
    Cases(lists::CasesBefore),
    /// Certificates and how they stand, the newest first.
    Certificates(lists::CertificatesBefore),
    /// Write the token of somebody whose enrolment was countersigned.
    Collect(office::Collect),
    /// Stop what the recovery key asked for, while it waits; one security officer may. Where the office has no
    /// terminal left, the token is given as the terminal's too.
    StopRecovery {
        /// Its digest, as the alarm and `akashi recovery show` have it.
        #[arg(value_parser = cards::digest)]
        recovery: Sha256,
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

/// What came of it: names and values, one a line or one JSON object.
type Lines<Name = &'static str> = Vec<(Name, String)>;

impl DeskCommand {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let json = self.json;
        let password = TOKEN_PASSWORD.read(self.password_file.as_deref())?;
        let open = || Ok::<_, Failure>(Arc::new(OfficerToken::open(&self.token, &password)?));
        let (url, terminal_file, ask) = match (self.url, self.terminal, self.ask) {
            (_, _, Ask::ResetPin(reset)) if reset.offline => {
                return show(json, &owned(reset.run_offline(&*open()?)?));
            }
            (None, ..) => super::usage("--url https://HOST:PORT is needed to ask the authority"),
            (_, None, _) => super::usage("--terminal FILE is needed to ask the authority"),
            (Some(url), Some(terminal), ask) => (url, terminal, ask),
        };
        // Whose password is wrong is told before the terminal's is asked for.
        let mut token = open()?;
        let file = self.terminal_password_file.as_deref();
        let (mut terminal, its_password) = opened(&terminal_file, file, &password)?;
        let its_own = (&*terminal_file, &*its_password);
        if !self.no_renewal {
            let is_terminal = renewed_to_its_end(&url, its_own, None).await;
            if is_terminal {
                terminal = OfficerToken::open(&terminal_file, &its_password)?;
            }
            let its = (&*self.token, &*password);
            // One file may be both.
            if renewed_to_its_end(&url, its, Some(&terminal)).await || is_terminal {
                terminal = OfficerToken::open(&terminal_file, &its_password)?;
                token = open()?;
            }
        }
        let clock = Arc::new(SystemClock::new());
        let now = clock.now();
        tell_of_ends(&token, &terminal, now);
        let desk = Desk::sign_in(&url, &terminal, token.clone(), clock).await?;
        let lines = Self::carry_out(ask, &desk, &token).await?;
        // What was asked is done and told, whatever comes of the rest.
        show(json, &lines)?;
        if !self.no_renewal {
            renews_itself(&url, (&self.token, &password), (&token, Some(&terminal)), now).await;
            renews_itself(&url, its_own, (&terminal, None), now).await;
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
            Ask::Review => return office::review(desk).await,
            Ask::Alarms => return lists::list(desk, List::Alarms).await,
            Ask::Parties => return lists::list(desk, List::Parties).await,
            Ask::Sources => return lists::list(desk, List::Sources).await,
            Ask::Cases(CasesBefore { before }) => {
                return lists::list(desk, List::Cases { before }).await;
            }
            Ask::Certificates(CertificatesBefore { before }) => {
                return lists::list(desk, List::Certificates { before }).await;
            }
            Ask::Issue(bring) => certify::certify(desk, Procedure::Issue, bring).await,
            Ask::Renew(bring) => certify::certify(desk, Procedure::Renewal, bring).await,
            Ask::Revoke(revoke) => revoke.run(desk).await,
            Ask::Hold(which) => which.hold(desk).await,
            Ask::Inquire(inquire) => inquire.run(desk).await,
            Ask::ResetPin(reset) => certify::reset_pin(desk, reset.bring).await,
            Ask::BeginJournal(journal) => journal.begin(desk),
            Ask::Reconcile(journal) => journal.reconcile(desk, token).await,
            Ask::Close { case, why } => done(desk, Deed::CloseCase { case, why }).await,
            Ask::Enrol(enrol) => enrol.run(desk).await,
            Ask::Prolong(prolong) => prolong.run(desk).await,
            Ask::Dismiss { party, why } => done(desk, Deed::Dismiss { party, why }).await,
            Ask::Suspend(suspend) => suspend.suspend(desk).await,
            Ask::Lift(suspend) => suspend.lift(desk).await,
            Ask::HandOver { from, to, why } => done(desk, Deed::HandOver { from, to, why }).await,
            Ask::Release { serial, why } => done(desk, Deed::Release { serial, why }).await,
            Ask::Countersign(second) => second.run(desk).await,
            Ask::Collect(collect) => collect.run(desk).await,
            Ask::StopRecovery { recovery, why } => {
                done(desk, Deed::StopRecovery { recovery, why }).await
            }
            Ask::SignFor { alarm, why } => done(desk, Deed::SignForAlarm { alarm, why }).await,
            Ask::AcceptClock => done(desk, Deed::AcceptClock).await,
        }?;
        Ok(owned(lines))
    }
}

fn show(json: bool, lines: &Lines<String>) -> Result<(), Failure> {
    if json {
        let all: BTreeMap<_, _> = lines.iter().cloned().collect();
        akashi_edge::say!("{}", serde_json::to_string(&all)?);
    } else {
        lines.iter().for_each(|(name, value)| akashi_edge::say!("{name:<12} {value}"));
    }
    Ok(())
}

/// Says at each use that the token or the terminal's key ends soon.
fn tell_of_ends(token: &OfficerToken, terminal: &OfficerToken, now: Timestamp) {
    for (what, which, option) in
        [("this token", token, ""), ("the key of this terminal", terminal, " (its own --token)")]
    {
        let last = pki::not_after(which.certificate());
        let act = match last < now {
            true => "whoever enrolled it dismisses it and enrols it again".to_owned(),
            false => {
                format!(
                    "it renews itself with each use that goes well, and by akashi officer-token rekey{option}"
                )
            }
        };
        if let Some(notice) = notice(what, last, now, &act) {
            akashi_edge::complain!("akashi: {notice}");
        }
    }
}

/// Opens a terminal's key: with a password of its own, or the one that opens the token. Gives it too.
pub(super) fn opened(
    terminal: &Path,
    file: Option<&Path>,
    password: &str,
) -> Result<(OfficerToken, String), Failure> {
    let told = file.is_some() || std::env::var_os(TERMINAL_PASSWORD.variable).is_some();
    if !told && let Ok(terminal) = OfficerToken::open(terminal, password) {
        return Ok((terminal, password.to_owned()));
    }
    let password = TERMINAL_PASSWORD.read(file)?;
    Ok((OfficerToken::open(terminal, &password)?, password))
}

fn owned(lines: Lines) -> Lines<String> {
    lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl From<SexArg> for Sex {
    fn from(sex: SexArg) -> Self {
        match sex {
            SexArg::Male => Self::Male,
            SexArg::Female => Self::Female,
            SexArg::Unknown => Self::Unknown,
        }
    }
}

impl Whom {
    fn by(self) -> LookUpBy {
        LookUpBy::Items {
            name: self.name,
            birth_date: self.birth_date,
            sex: self.sex.map(Sex::from),
            address: self.address,
        }
    }
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

async fn done(desk: &Desk, deed: Deed) -> Result<Lines, Failure> {
    Ok(match desk.ask(deed).await? {
        Answer::CaseClosed { revoked: Some(serial) } => {
            vec![("done", "the case is closed".into()), ("revoked", serial.to_string())]
        }
        Answer::CaseClosed { revoked: None } => vec![("done", "the case is closed".into())],
        Answer::Proposed { request, digest, until } => office::waits(request, digest, until),
        _ => vec![("done", "yes".into())],
    })
}
