//! Applying.

use akashi_ledger::Step;
use akashi_wire::CaseId;
use akashi_wire::act::{
    Answer, CertifiedText, IdentityProof, Procedure, Refusal, SubstituteChoices,
};
use akashi_wire::date::day_in_japan;
use akashi_wire::octets::Octets;
use jiff::SignedDuration;

use super::cards::is_nobody_elses;
use super::case_record::{Applied, texts};
use super::certifying::fits_card;
use super::{Acting, Counter, Halt, at_step, one_certificate};
use crate::CaError;
use crate::characters::CertificateText;
use akashi_wire::validity::not_after;

impl Counter {
    /// 申請: everything about the person is decided here; one key pair on this card is permitted.
    pub(super) async fn apply(
        &self,
        acting: &Acting,
        case: CaseId,
        card: &str,
        (identity, under_guardianship): (&IdentityProof, Option<bool>),
        (name_choices, address_choices): (&SubstituteChoices, &SubstituteChoices),
    ) -> Result<Answer, Halt> {
        let rules = &self.issuer.rules;
        let mut change = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &[Step::LookedUp, Step::Applied, Step::Issued], acting)?;
        // The look-up refused whoever is leaving or gone only for these two procedures.
        if !matches!(record.procedure, Procedure::Issue | Procedure::Renewal) {
            return Err(Refusal::NotAllowed.into());
        }
        let bound = record.applied.as_ref().map(|applied| applied.card.as_str());
        self.may_take(&mut change, card, bound).await?;
        let today = day_in_japan(change.at());
        self.identified(identity, &record, today)?;
        let person = record.person()?.clone();
        person.stands(&change.stopped_registries().await?, file.municipality)?;
        if let Some(minimum) = rules.minimum_age {
            let age = person.items.birth_date.least_age_on(today);
            // Where not even the year is known, nothing says that somebody is too young.
            if age.is_some_and(|age| age < i16::from(minimum)) {
                return Err(Refusal::TooYoung { minimum }.into());
            }
        }
        if rules.refuses_guardianship {
            match under_guardianship {
                Some(false) => {}
                Some(true) => return Err(Refusal::UnderGuardianship.into()),
                None => return Err(Refusal::GuardianshipNotTold.into()),
            }
        }
        let (name, address) = texts(&person.items, name_choices, address_choices)?;
        if not_after(change.at(), self.issuer.authority.profile.validity)
            > self.issuer.facts.not_after
        {
            return Err(Refusal::AuthorityEnding.into());
        }
        // Nobody makes a key pair for a certificate that no card takes.
        let texts = (&name, &address);
        fits_card(&self.issuer, file.municipality, &person.items, texts, change.at())?;
        person.is_good(rules, change.at())?;
        // A key made again for the same case: what the earlier one led to is ended first.
        self.abandon(&mut change, &mut file).await?;
        let holder =
            file.person.ok_or_else(|| CaError::Damaged("a case without a person".into()))?;
        is_nobody_elses(&mut change, card, holder).await?;
        let living = self.living(&mut change, holder).await?;
        one_certificate::place(record.procedure, &living, today)?;
        let renewed = one_certificate::current(&living).map(|(current, _)| current.serial);

        let challenge: [u8; 32] = self.random();
        let until = change.at() + SignedDuration::from_secs(i64::from(rules.permit_seconds));
        record.applied = Some(Applied {
            card: card.to_owned(),
            identity: identity.clone(),
            name_choices: name_choices.clone(),
            address_choices: address_choices.clone(),
            challenge: Octets(challenge.to_vec()),
            until,
            made: None,
            written: false,
            rests_on: renewed,
            channel: None,
        });
        record.tbs = None;
        file.step = Step::Applied;
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let answer = Answer::Permitted {
            challenge: Octets(challenge.to_vec()),
            until,
            name: certified(&person.items.name, &name),
            address: certified(&person.items.address, &address),
        };
        self.finish(change, acting, &case.to_string(), answer).await
    }
}

pub(super) fn certified(original: &str, text: &CertificateText) -> CertifiedText {
    CertifiedText {
        original: original.to_owned(),
        text: Some(text.text().to_owned()),
        map: Some(text.map().to_owned()),
        undecided: Vec::new(),
    }
}
