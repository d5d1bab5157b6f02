//! Opening a case, and finding the person in the registry.

use akashi_ledger::{CaseFile, Change, PersonId, Standing, Step};
use akashi_wire::act::{Answer, LivingCertificate, LookUpBy, Procedure, Refusal};
use akashi_wire::date::day_in_japan;
use akashi_wire::lookup::{LookUpRequest, ResidentState, Whom};
use akashi_wire::octets::Sha256;
use akashi_wire::{BirthDate, CaseId, SerialNumber};
use jiff::{SignedDuration, Timestamp};

use super::case_record::{CaseRecord, LookedUp, is_fresh, proposal};
use super::certifying::fits_card;
use super::one_certificate::Stands;
use super::{Acting, Counter, Halt, at_step, one_certificate};
use crate::CaError;
use crate::characters::{Choices, certify_address, certify_name};
use akashi_wire::validity::renewal_opens;

/// An answer to a question of now that is older than this is of a register that stands still.
const STALE: SignedDuration = SignedDuration::from_mins(10);

/// A person may be looked up again as long as nothing was issued.
const BEFORE_ISSUE: [Step; 3] = [Step::Opened, Step::LookedUp, Step::Applied];

impl Counter {
    pub(super) async fn open_case(
        &self,
        acting: &Acting,
        procedure: Procedure,
    ) -> Result<Answer, Halt> {
        let municipality = acting.permit.municipality().ok_or(Refusal::NotAllowed)?;
        let mut change = self.begin(acting).await?;
        let case = CaseId::from_random(self.random());
        let record = CaseRecord {
            procedure,
            looked_up: None,
            found: None,
            inquiry: None,
            applied: None,
            tbs: None,
        };
        let mut file = CaseFile {
            case,
            municipality,
            party: acting.permit.party(),
            procedure: procedure_name(procedure).to_owned(),
            step: Step::Opened,
            person: None,
            serial: None,
            sealed_file: Vec::new(),
            opened_at: change.at(),
            closes_at: None,
        };
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let subject = format!("{case} {}", procedure_name(procedure));
        let answer = Answer::CaseOpened { case, until: until(&file)? };
        self.finish(change, acting, &subject, answer).await
    }

    pub(super) async fn look_up(
        &self,
        acting: &Acting,
        case: CaseId,
        by: &LookUpBy,
    ) -> Result<Answer, Halt> {
        let municipality = acting.permit.municipality().ok_or(Refusal::NotAllowed)?;
        let mut change = self.begin(acting).await?;
        let (file, record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &BEFORE_ISSUE, acting)?;
        // The registry may take its time: the book must not wait for it.
        drop(change);

        let request = LookUpRequest {
            case,
            purpose: procedure_name(record.procedure).to_owned(),
            municipality,
            whom: self.whom(acting, (record.procedure, by))?,
        };
        let issues = issues(record.procedure);
        let (rules, now) = (&self.issuer.rules, acting.now);
        // Around midnight an answer of a moment ago is of yesterday: asked again it is not.
        let fresh = |as_of: Timestamp| {
            !issues || now.duration_since(as_of) <= STALE || is_fresh(as_of, rules, now)
        };
        let found = self
            .services
            .registry
            .look_up(&request, &self.issuer.ledger, self.vault(), (now, fresh))
            .await?;
        let items = found.record.items.clone();
        if found.record.municipality != municipality {
            return Err(Refusal::NotResidentHere { municipality: found.record.municipality }.into());
        }
        if issues {
            match found.record.state {
                ResidentState::Living => {}
                ResidentState::LeavingOn { day } => return Err(Refusal::Leaving { day }.into()),
                ResidentState::Deleted => return Err(Refusal::RecordDeleted.into()),
            }
            // The register has what it has; nothing that cannot be is certified of it.
            can_be(&items.birth_date, acting.now)?;
        }
        let name = certify_name(&items.name, &Choices::none());
        let address = certify_address(&items.address, &Choices::none());
        if let (true, Ok(name), Ok(address)) = (issues, &name, &address) {
            fits_card(&self.issuer, municipality, &items, (name, address), acting.now)?;
        }
        // A text that no certificate can carry keeps nobody from ending one.
        let name = proposal("name", &items.name, name, issues)?;
        let address = proposal("address", &items.address, address, issues)?;
        let feed_silent = self.feed_silent(acting, municipality).await?;

        let mut change = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &BEFORE_ISSUE, acting)?;
        // The register changed under an application: it begins anew.
        self.abandon(&mut change, &mut file).await?;
        record.tbs = None;
        let code_hash = Sha256(*found.code_hash.as_bytes());
        let person = change.person(&code_hash.0, PersonId::from_random(self.random()), 0).await?;
        // The card stays bound to the case, and the case to its person.
        if record.applied.is_some() && file.person != Some(person.person) {
            return Err(Refusal::WrongCard.into());
        }
        let living = self.living(&mut change, person.person).await?;
        record.looked_up = Some(LookedUp {
            items: items.clone(),
            code_hash,
            history: found.record.history_number,
            as_of: found.as_of,
            made_at: change.at(),
            protected: found.record.protected,
        });
        record.found = one_certificate::in_force(&living).map(|living| living.serial);
        record.is_about(&mut file, person.person);
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let living =
            one_certificate::current(&living).map(|(living, standing)| LivingCertificate {
                serial: living.serial,
                not_after: living.not_after,
                renewal_opens: renewal_opens(living.not_after),
                on_hold: matches!(standing, Standing::Held { .. }),
            });
        let (as_of, protected) = (found.as_of, found.record.protected);
        let answer = Answer::Found { items, name, address, as_of, protected, living, feed_silent };
        self.finish(change, acting, &case.to_string(), answer).await
    }

    fn whom(&self, acting: &Acting, (procedure, by): (Procedure, &LookUpBy)) -> Result<Whom, Halt> {
        Ok(match by {
            LookUpBy::Items { name, birth_date, sex, address } => {
                match can_be(birth_date, acting.now) {
                    // The register may have it so, and whoever ends a certificate is not held up by an era.
                    Err(Refusal::BornInNoSuchEra) if !issues(procedure) => {}
                    other => other?,
                }
                Whom::Items {
                    name: name.clone(),
                    birth_date: *birth_date,
                    sex: *sex,
                    address: address.clone(),
                }
            }
            LookUpBy::Code { .. } => {
                let what = "the code must be enclosed with the act and not be a part of it".into();
                return Err(Refusal::Malformed { what }.into());
            }
            LookUpBy::Enclosed { digest } => {
                let unreadable = || Refusal::Malformed {
                    what: "the enclosed code is not encrypted to this authority".into(),
                };
                let sealed = acting.message.enclosure().filter(|o| Sha256::of(o) == *digest);
                let sealed = sealed.ok_or_else(unreadable)?;
                let octets = self.services.opener.open(sealed).map_err(|_| unreadable())?;
                let opening = serde_json::from_slice(&octets).map_err(|_| unreadable())?;
                Whom::Code { opening }
            }
        })
    }

    /// The person's living certificates, and how each stands.
    pub(super) async fn living(
        &self,
        change: &mut Change,
        person: PersonId,
    ) -> Result<Vec<Stands>, Halt> {
        let living = change.living(person).await?;
        let serials: Vec<SerialNumber> = living.iter().map(|living| living.serial).collect();
        let standings = change.standings(&serials).await?;
        let stands = living.into_iter().map(|living| {
            let standing = standings.get(&living.serial).copied();
            (living, standing)
        });
        Ok(stands.collect())
    }

    async fn feed_silent(
        &self,
        acting: &Acting,
        municipality: akashi_wire::MunicipalityCode,
    ) -> Result<bool, Halt> {
        let limit = i64::from(self.issuer.rules.feed_silence_minutes);
        let limit = SignedDuration::from_mins(limit);
        let source = self.issuer.ledger.source(municipality).await?;
        let heard = source.and_then(|source| source.last_heard);
        Ok(heard.is_none_or(|heard| heard < acting.now - limit))
    }
}

/// When an open case closes itself.
pub(super) fn until(file: &CaseFile) -> Result<Timestamp, CaError> {
    file.closes_at.ok_or_else(|| CaError::Damaged(format!("case {} without its term", file.case)))
}

pub(super) fn procedure_name(procedure: Procedure) -> &'static str {
    match procedure {
        Procedure::Issue => "issue",
        Procedure::Renewal => "renewal",
        Procedure::Revocation => "revocation",
        Procedure::Hold => "hold",
        Procedure::PinReset => "pin_reset",
    }
}

/// Whether a certificate comes of it.
fn issues(procedure: Procedure) -> bool {
    matches!(procedure, Procedure::Issue | Procedure::Renewal)
}

/// Whether somebody can have been born on this day.
pub(super) fn can_be(birth_date: &BirthDate, now: Timestamp) -> Result<(), Refusal> {
    if birth_date.is_after(day_in_japan(now)) {
        return Err(Refusal::BornInTheFuture);
    }
    if !birth_date.is_of_its_era() {
        return Err(Refusal::BornInNoSuchEra);
    }
    Ok(())
}
