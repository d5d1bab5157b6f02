//! `akashi desk issue`, `renew` and `reset-pin`: whatever needs the applicant's card in the reader.

use std::collections::BTreeMap;
use std::path::PathBuf;

use akashi_card::{Card, SigningPin};
use akashi_ra_console::Desk;
use akashi_ra_console::journey::{self, Application, Stage};
use akashi_wire::CaseId;
use akashi_wire::act::Procedure;

use super::{Failure, Lines, Shown, Whom};
use crate::secret::PIN;

/// What an applicant brings to be certified.
#[derive(clap::Args)]
pub(super) struct Bring {
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
    pub case: Option<CaseId>,
    /// The number of the ticket with which the applicant waited: it is refused as a PIN.
    #[arg(long, value_name = "NUMBER")]
    ticket: Option<String>,
}

impl Bring {
    /// The card, the PIN that its holder chooses, and everything else.
    pub(super) fn open(
        self,
        procedure: Procedure,
    ) -> Result<(Card<crate::command::card::AnyCard>, SigningPin, Application), Failure> {
        let pin: SigningPin = PIN.read_new(self.pin_file.as_deref())?.parse()?;
        if pin.is_short() {
            akashi_edge::complain!(
                "akashi: the PIN has fewer than 6 characters: some card software will not take it"
            );
        }
        let card = Card::open(crate::command::card::to_write(
            self.card.as_deref(),
            self.reader.as_deref(),
        )?)?;
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

pub(super) async fn reset_pin(desk: &Desk, bring: Bring) -> Result<Lines, Failure> {
    let taken_up = bring.case;
    let (mut card, pin, application) = bring.open(Procedure::PinReset)?;
    let case = journey::reset_pin(desk, &mut card, &pin, &application, taken_up).await?;
    Ok(vec![("case", case.to_string()), ("pin", "the holder's new one is set".into())])
}

pub(super) async fn certify(
    desk: &Desk,
    procedure: Procedure,
    bring: Bring,
) -> Result<Lines, Failure> {
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
        akashi_edge::complain!("{text}");
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
