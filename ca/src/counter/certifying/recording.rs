//! Writing drafts down: from then on everything that may ever have been signed is known.

use std::collections::HashSet;

use akashi_ledger::{CaseFile, Change, Intention, NewCertificate, Slot, StatedDigest};
use akashi_wire::CaseId;
use akashi_wire::act::Refusal;
use akashi_wire::date::day_in_japan;
use akashi_wire::octets::{Octets, Sha256};

use super::draft::Before;
use super::{Member, Waiting, fail, latest};
use crate::counter::Counter;
use crate::counter::card_channel::{in_force, rests_on};
use crate::counter::cards::is_of_another;
use crate::counter::case_record::{CaseRecord, texts};
use crate::counter::one_certificate::{self, Stands};
use crate::issuance::{Linted, Recorded};
use crate::retention::Record;
use crate::{CaError, stated};
use akashi_wire::validity::not_after;

/// What the book says to a draft.
enum Verdict {
    /// It may be recorded, in this place.
    Goes(Slot),
    /// The case has moved on, or another of the group comes first.
    Again,
    /// It may not.
    Refused(Refusal),
}

impl Counter {
    /// Writes the drafts down: one change of the book.
    pub(super) async fn record(
        &self,
        members: Vec<Member<Before>>,
        again: &mut Vec<Waiting>,
    ) -> Vec<Member<Recorded>> {
        let (mut ready, mut drafts) = (Vec::new(), Vec::new());
        for Member { waiting, file, record, key, work } in members {
            match work {
                Before::Resumed(work) => match Recorded::resume(work, &self.issuer.ledger).await {
                    Ok(work) => ready.push(Member { waiting, file, record, key, work }),
                    Err(error) => waiting.answer(Err(error.into())),
                },
                Before::New(work) => drafts.push(Member { waiting, file, record, key, work }),
            }
        }
        if drafts.is_empty() {
            return ready;
        }
        let (change, verdicts) = match self.judge(&drafts).await {
            Ok(judged) => judged,
            Err(error) => {
                let waiting = drafts.into_iter().map(|draft| draft.waiting).collect();
                self.told_or_again(waiting, error, again).await;
                return ready;
            }
        };
        let mut going = Vec::new();
        for (draft, verdict) in drafts.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Goes(slot) => going.push((draft, slot)),
                Verdict::Again => again.push(draft.waiting),
                Verdict::Refused(refusal) => draft.waiting.answer(Err(refusal.into())),
            }
        }
        ready.extend(self.intend(change, going).await);
        ready
    }

    /// Holds drafts against the book, which stands still until they are written down.
    async fn judge(&self, drafts: &[Member<Linted>]) -> Result<(Change, Vec<Verdict>), CaError> {
        let permit = &drafts[0].waiting.acting.permit;
        let now = latest(drafts.iter().map(|draft| &draft.waiting));
        let mut change = self.issuer.ledger.begin(permit, now).await?;
        change.check_permits(drafts.iter().map(|draft| &draft.waiting.acting.permit)).await?;
        let cases: Vec<CaseId> = drafts.iter().map(|draft| draft.waiting.case).collect();
        let cases = change.cases(&cases).await?;
        let hashes: Result<Vec<_>, CaError> =
            drafts.iter().map(|draft| Ok(draft.record.person()?.code_hash.0)).collect();
        let persons = change.known_persons(&hashes?).await?;
        let holders: Vec<_> = drafts.iter().filter_map(|draft| draft.file.person).collect();
        let living = change.living_of(&holders).await?;
        let serials = living.values().flatten().map(|living| living.serial);
        let rest_on = drafts.iter().filter_map(|draft| rests_on(&draft.record));
        let serials: Vec<_> = serials.chain(rest_on).collect();
        let standings = change.standings(&serials).await?;
        let keys: Vec<Sha256> = drafts.iter().map(|draft| draft.key).collect();
        let used = change.keys_used(&keys).await?;
        let numbers: Vec<&str> = drafts.iter().map(|draft| draft.waiting.card.as_str()).collect();
        let cards = change.cards(&numbers).await?;
        let holders_of_cards = change.holders_of_cards(&numbers).await?;

        let stopped = change.stopped_registries().await?;

        let (mut holders, mut keys) = (HashSet::new(), HashSet::new());
        let mut taken = HashSet::new();
        let mut verdicts = Vec::new();
        for draft in drafts {
            let (person, applied) = (draft.record.person()?, draft.record.application()?);
            let holder = draft.file.person.ok_or_else(|| no_person(draft.file.case))?;
            let key = draft.key;
            let moved = cases.get(&draft.file.case) != Some(&draft.file);
            let card = draft.waiting.card.as_str();
            let first = !holders.contains(&holder) && !keys.contains(&key);
            if moved || !first || taken.contains(card) {
                verdicts.push(Verdict::Again);
                continue;
            }
            let known = persons.get(&person.code_hash.0);
            let changed = known.is_none_or(|known| {
                known.person.history > person.history || known.reported > person.history
            });
            // Not taken out: a refused draft may be followed by another of the same person.
            let stands: Vec<Stands> = living
                .get(&holder)
                .into_iter()
                .flatten()
                .map(|living| (living.clone(), standings.get(&living.serial).copied()))
                .collect();
            let today = day_in_japan(change.at());
            let verdict = if change.at() > applied.until {
                Err(Refusal::PermitExpired { until: applied.until })
            } else if cards.get(&applied.card).is_some_and(|card| card.recalled) {
                Err(Refusal::CardRecalled)
            } else if is_of_another(&holders_of_cards, card, holder) {
                Err(Refusal::CardOfAnother)
            } else if let Some(Err(refusal)) =
                rests_on(&draft.record).map(|serial| in_force(serial, standings.get(&serial)))
            {
                Err(refusal)
            } else if let Err(refusal) = person.stands(&stopped, draft.file.municipality) {
                Err(refusal)
            } else if changed {
                Err(Refusal::RegisterChanged)
            } else if used.contains(&key) || self.recent.holds(draft.waiting.modulus()) {
                Err(Refusal::BadKey { what: "it was certified before".into() })
            } else {
                one_certificate::place(draft.record.procedure, &stands, today)
            };
            verdicts.push(verdict.map_or_else(Verdict::Refused, |slot| {
                holders.insert(holder);
                keys.insert(key);
                taken.insert(card);
                Verdict::Goes(slot)
            }));
        }
        Ok((change, verdicts))
    }

    async fn intend(
        &self,
        mut change: Change,
        going: Vec<(Member<Linted>, Slot)>,
    ) -> Vec<Member<Recorded>> {
        let (mut rest, mut linted, mut news) = (Vec::new(), Vec::new(), Vec::new());
        let mut stated = Vec::new();
        for (member, slot) in going {
            let digests = self.stated(&member.record);
            match digests.and_then(|digests| Ok((digests, self.intention(&member, slot)?))) {
                Err(error) => member.waiting.answer(Err(error.into())),
                Ok((digests, (new, file))) => {
                    stated.push((new.intention.serial, digests));
                    linted.push(member.work);
                    news.push(new);
                    rest.push((member.waiting, file, member.record, member.key));
                }
            }
        }
        if rest.is_empty() {
            return Vec::new();
        }
        let recorded = async {
            let files = rest.iter().map(|(waiting, file, ..)| (&waiting.acting.permit, file));
            change.save_cases(files).await?;
            change.index_stated(&stated).await?;
            Linted::record_all(linted, change, &news).await
        };
        match recorded.await {
            Ok(recorded) => rest
                .into_iter()
                .zip(recorded)
                .map(|((waiting, file, record, key), work)| Member {
                    waiting,
                    file,
                    record,
                    key,
                    work,
                })
                .collect(),
            Err(error) => {
                fail(rest.into_iter().map(|(waiting, ..)| waiting), error);
                Vec::new()
            }
        }
    }

    /// Under which hashes its holder finds it again where no registry is asked.
    fn stated(&self, record: &CaseRecord) -> Result<Vec<StatedDigest>, CaError> {
        let (items, applied) = (&record.person()?.items, record.application()?);
        let (name, _) = texts(items, &applied.name_choices, &applied.address_choices)?;
        Ok(stated::digests(&self.issuer.vault, items, name.text()))
    }

    /// What the book keeps of a draft, and the case as it stands with it.
    fn intention(
        &self,
        draft: &Member<Linted>,
        slot: Slot,
    ) -> Result<(NewCertificate, CaseFile), CaError> {
        let (file, person, linted) = (&draft.file, draft.record.person()?, &draft.work);
        let vault = &self.issuer.vault;
        let serial = linted.serial();
        let intention = Intention {
            serial,
            generation: self.issuer.authority.generation(),
            municipality: file.municipality,
            person: file.person.ok_or_else(|| no_person(file.case))?,
            case: file.case,
            public_key: draft.key,
            modulus: draft.waiting.modulus().to_vec(),
            tbs_digest: Sha256::of(linted.tbs()),
            not_before: linted.not_before(),
            not_after: not_after(linted.not_before(), self.issuer.authority.profile.validity),
            slot,
        };
        let items = serde_json::to_vec(&person.items).expect("items are JSON");
        let until = Record::Issuance.until(intention.not_after);
        let number = until.number();
        let sealed_items = vault.seal("certificate_items", serial.as_bytes(), &items, number)?;
        let new = NewCertificate {
            permit: draft.waiting.acting.permit.clone(),
            intention,
            sealed_items,
            history: person.history,
            card: Some(draft.record.application()?.card.clone()),
        };
        let mut record = draft.record.clone();
        record.tbs = Some(Octets(linted.tbs().to_vec()));
        let sealed_file = record.seal(vault, file.case, until)?;
        Ok((new, CaseFile { serial: Some(serial), sealed_file, ..file.clone() }))
    }
}

fn no_person(case: CaseId) -> CaError {
    CaError::Damaged(format!("case {case} without its person"))
}
