//! 暗証番号の初期化: a new PIN on a card in use.
//!
//! The authority only opens the card's window; the PIN goes from the holder's fingers to the card.

use akashi_ledger::{Standing, Step};
use akashi_wire::CaseId;
use akashi_wire::act::{Answer, IdentityProof, Procedure, Refusal};
use akashi_wire::date::day_in_japan;
use akashi_wire::octets::Octets;
use jiff::SignedDuration;

use super::case_record::{Applied, CaseRecord};
use super::{Acting, Counter, Halt, at_step};
use crate::CaError;

impl Counter {
    /// Permits a new PIN on the card that holds the person's certificate in force.
    pub(super) async fn reset_pin(
        &self,
        acting: &Acting,
        case: CaseId,
        card: &str,
        identity: &IdentityProof,
    ) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &[Step::LookedUp, Step::Applied], acting)?;
        if record.procedure != Procedure::PinReset {
            return Err(Refusal::NotAllowed.into());
        }
        self.identified(identity, &record, day_in_japan(change.at()))?;
        let (found, standing, _) = self.found(&mut change, &file, &record).await?;
        acting.applies_to(found.not_after);
        let serial = found.serial;
        if matches!(standing, Standing::Held { .. }) {
            return Err(Refusal::OnHold { serial }.into());
        }
        let damaged = || CaError::Damaged(format!("the case of certificate {serial}"));
        let issued_in = change.case_of(serial).await?.ok_or_else(damaged)?;
        let issued_in = change.case(issued_in).await?.ok_or_else(damaged)?;
        let issued_in = CaseRecord::open(self.vault(), issued_in.case, &issued_in.sealed_file)?;
        if issued_in.application()?.card != card {
            return Err(Refusal::NotOnThisCard.into());
        }
        let lasts = SignedDuration::from_secs(i64::from(self.issuer.rules.permit_seconds));
        let until = change.at() + lasts;
        record.applied = Some(Applied {
            card: card.to_owned(),
            identity: identity.clone(),
            name_choices: Default::default(),
            address_choices: Default::default(),
            challenge: Octets(Vec::new()),
            until,
            made: None,
            written: false,
            rests_on: Some(serial),
            channel: None,
        });
        file.step = Step::Applied;
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let subject = format!("{case} {serial}");
        self.finish(change, acting, &subject, Answer::PinMayBeReset { until }).await
    }
}
