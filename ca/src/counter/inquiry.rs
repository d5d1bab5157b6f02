//! 照会書: an inquiry letter by post, and its answer as the identity proof of the same case.

use akashi_ledger::Step;
use akashi_wire::CaseId;
use akashi_wire::act::{Answer, IdentityProof, Procedure, Refusal};
use akashi_wire::date::day_in_japan;
use jiff::civil::Date;

use super::case_record::CaseRecord;
use super::look_up::until;
use super::{Acting, Counter, Halt, at_step};

impl Counter {
    /// Puts on record that a letter goes to the address that was looked up: from here on the case waits
    /// for its answer, days and not hours.
    pub(super) async fn send_inquiry(&self, acting: &Acting, case: CaseId) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &[Step::LookedUp], acting)?;
        // A telephone call is answered at once.
        if record.procedure == Procedure::Hold {
            return Err(Refusal::NotAllowed.into());
        }
        // It goes to where the person lives today.
        let person = record.looked_up.as_ref().ok_or_else(|| Refusal::WrongStep {
            step: "not looked up".into(),
            asked: acting.act.verb.to_owned(),
        })?;
        person.is_good(&self.issuer.rules, change.at())?;
        let sent = day_in_japan(change.at());
        record.inquiry = Some(sent);
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let answer = Answer::InquirySent { sent, until: until(&file)? };
        self.finish(change, acting, &case.to_string(), answer).await
    }

    /// Refuses an identity proof that cannot be what it says; of a letter, that the very case sent it.
    pub(super) fn identified(
        &self,
        identity: &IdentityProof,
        record: &CaseRecord,
        today: Date,
    ) -> Result<(), Refusal> {
        identity.check(today, self.issuer.rules.inquiry_days)?;
        match identity {
            IdentityProof::InquiryLetter { sent } if record.inquiry != Some(*sent) => {
                Err(Refusal::NoSuchLetter { sent: *sent })
            }
            _ => Ok(()),
        }
    }
}
