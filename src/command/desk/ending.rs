//! `akashi desk revoke`, `hold` and `inquire`: the end of a certificate, by whatever it is found.

use akashi_ra_console::Desk;
use akashi_ra_console::journey::{self, Find};
use akashi_wire::act::{CertificateBy, LookUpBy, Procedure, SerialGiven};
use akashi_wire::{BirthDate, CaseId, RevocationReason, Sex};

use super::{Failure, Lines, SexArg, Shown, Whom};

/// Which certificate. By its number or its card, or as the certificate states its holder, it is found
/// whether the registry answers or not.
#[derive(clap::Args)]
pub(super) struct Which {
    /// Its serial number: all 32 digits, or the last eight.
    #[arg(long, value_name = "HEX", conflicts_with = "card_number")]
    serial: Option<SerialGiven>,
    /// The number of its card.
    #[arg(long, value_name = "NUMBER")]
    card_number: Option<String>,
    /// 氏名.
    #[arg(long, required_unless_present_any = ["serial", "card_number"],
        conflicts_with_all = ["serial", "card_number"])]
    name: Option<String>,
    /// 生年月日: an era digit and YYYYMMDD. With --serial or --card-number nothing ends when the
    /// certificate states another.
    #[arg(long, value_name = "EYYYYMMDD", required_unless_present_any = ["serial", "card_number"])]
    birth_date: Option<BirthDate>,
    /// Find it by what it states, in the authority's own book, and ask no registry.
    #[arg(long, requires = "name", conflicts_with_all = ["sex", "address"])]
    stated: bool,
    /// 性別, where it is needed to tell two persons apart.
    #[arg(long, value_enum, requires = "name")]
    sex: Option<SexArg>,
    /// 住所, where it is needed to tell two persons apart.
    #[arg(long, requires = "name")]
    address: Option<String>,
}

impl Which {
    fn find(self) -> Result<Find, Failure> {
        let Self { serial, card_number, name, birth_date, stated, sex, address } = self;
        let by = match (serial, card_number, name, birth_date) {
            (Some(serial), ..) => CertificateBy::Serial { serial },
            (_, Some(card), ..) => CertificateBy::Card { card },
            (.., Some(name), Some(birth_date)) if stated => {
                CertificateBy::Stated { name, birth_date }
            }
            (.., Some(name), Some(birth_date)) => {
                let sex = sex.map(Sex::from);
                return Ok(LookUpBy::Items { name, birth_date, sex, address }.into());
            }
            _ => return Err("--name and --birth-date, --serial or --card-number is needed".into()),
        };
        Ok(Find::Certificate { by, born: birth_date })
    }

    pub(super) async fn hold(self, desk: &Desk) -> Result<Lines, Failure> {
        Ok(ended(journey::hold(desk, self.find()?).await?))
    }
}

/// A certificate to be revoked.
#[derive(clap::Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    which: Which,
    /// lost (紛失・盗難・漏えい・破損) or wish (本人の申請).
    #[arg(long, value_enum)]
    why: Why,
    #[command(flatten)]
    shown: Shown,
    /// Go on with this case, in which an inquiry letter was sent.
    #[arg(long, value_name = "NUMBER")]
    case: Option<CaseId>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Why {
    Lost,
    Wish,
}

impl Revoke {
    pub(super) async fn run(self, desk: &Desk) -> Result<Lines, Failure> {
        let reason = match self.why {
            Why::Lost => RevocationReason::KeyCompromise,
            Why::Wish => RevocationReason::CessationOfOperation,
        };
        let (by, identity) = (self.which.find()?, self.shown.proof()?);
        let revoked = match self.case {
            None => journey::revoke(desk, by, reason, identity).await?,
            Some(case) => journey::revoke_in(desk, case, by, reason, identity).await?,
        };
        Ok(ended(revoked))
    }
}

/// An inquiry letter to be sent.
#[derive(clap::Args)]
pub(super) struct Inquire {
    #[command(flatten)]
    whom: Whom,
    /// What the case is about.
    #[arg(long, value_enum)]
    procedure: About,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum About {
    Issue,
    Renew,
    Revoke,
    ResetPin,
}

impl Inquire {
    pub(super) async fn run(self, desk: &Desk) -> Result<Lines, Failure> {
        let procedure = match self.procedure {
            About::Issue => Procedure::Issue,
            About::Renew => Procedure::Renewal,
            About::Revoke => Procedure::Revocation,
            About::ResetPin => Procedure::PinReset,
        };
        let inquiry = journey::inquire(desk, procedure, self.whom.by()).await?;
        Ok(vec![
            ("case", inquiry.case.to_string()),
            ("sent", inquiry.sent.to_string()),
            ("until", inquiry.until.to_string()),
        ])
    }
}

fn ended(ended: journey::Ended) -> Lines {
    vec![
        ("case", ended.case.to_string()),
        ("serial", ended.serial.to_string()),
        ("since", ended.at.to_string()),
        ("reason", ended.reason.to_string()),
    ]
}
