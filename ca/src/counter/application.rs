//! Applying, and being certified.

use akashi_ledger::{CaseFile, Intention, Slot, Standing, Step, Writing};
use akashi_wire::act::{
    Answer, CertifiedText, IdentityProof, Procedure, Refusal, SubstituteChoices,
};
use akashi_wire::date::day_in_japan;
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{CaseId, SerialNumber};
use der::Encode;
use jiff::{SignedDuration, Timestamp};

use super::case_record::{Applied, CaseRecord, texts};
use super::{Acting, Counter, Halt, at_step};
use crate::CaError;
use crate::characters::CertificateText;
use crate::issuance::{Draft, Linted, Recorded};
use crate::lint::Expected;
use crate::profile::citizen::{CitizenFacts, tbs_citizen};
use crate::profile::validity::{not_after, renewal_opens};
use crate::{possession, public_key};

impl Counter {
    /// 申請: everything about the person is decided here; one key pair on this card is permitted.
    pub(super) async fn apply(
        &self,
        acting: &Acting<'_>,
        case: CaseId,
        card: &str,
        identity: &IdentityProof,
        (name_choices, address_choices): (&SubstituteChoices, &SubstituteChoices),
    ) -> Result<Answer, Halt> {
        let rules = &self.issuer.rules;
        let mut writing = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut writing, case).await?;
        at_step(&file, &[Step::LookedUp, Step::Applied, Step::Issued], acting)?;
        // The look-up refused whoever is leaving or gone only for these two procedures.
        if !matches!(record.procedure, Procedure::Issue | Procedure::Renewal) {
            return Err(Refusal::NotAllowed.into());
        }
        if card.is_empty() || record.applied.as_ref().is_some_and(|applied| applied.card != card) {
            return Err(Refusal::WrongCard.into());
        }
        let today = day_in_japan(writing.at());
        if let IdentityProof::PhotoDocument { expires, .. } = identity
            && *expires < today
        {
            return Err(Refusal::DocumentExpired { expired: *expires }.into());
        }
        let person = record.person()?.clone();
        if let Some(minimum) = rules.minimum_age {
            let age = person.items.birth_date.age_on(today);
            if age.is_some_and(|age| age < i16::from(minimum)) {
                return Err(Refusal::TooYoung { minimum }.into());
            }
        }
        let (name, address) = texts(&person.items, name_choices, address_choices)?;
        if not_after(writing.at(), rules.validity) > self.issuer.facts.not_after {
            return Err(Refusal::AuthorityEnding.into());
        }
        let oldest = SignedDuration::from_hours(i64::from(rules.look_up_hours));
        if person.as_of < writing.at() - oldest {
            return Err(Refusal::LookUpTooOld { as_of: person.as_of }.into());
        }
        // A key made again for the same case: what the earlier one led to is ended first.
        self.abandon(&mut writing, &mut file).await?;
        self.may_have_another(&mut writing, &file, &record).await?;

        let challenge: [u8; 32] = self.random();
        let until = writing.at() + SignedDuration::from_secs(i64::from(rules.permit_seconds));
        record.applied = Some(Applied {
            card: card.to_owned(),
            identity: identity.clone(),
            name_choices: name_choices.clone(),
            address_choices: address_choices.clone(),
            challenge: Octets(challenge.to_vec()),
            until,
        });
        record.tbs = None;
        file.step = Step::Applied;
        self.save_case(&mut writing, &mut file, &record).await?;
        let answer = Answer::Permitted {
            challenge: Octets(challenge.to_vec()),
            until,
            name: certified(&person.items.name, &name),
            address: certified(&person.items.address, &address),
        };
        self.finish(writing, acting, &case.to_string(), answer).await
    }

    /// 二重発行の禁止, and the window of renewal.
    async fn may_have_another(
        &self,
        writing: &mut Writing,
        file: &CaseFile,
        record: &CaseRecord,
    ) -> Result<Slot, Halt> {
        let person =
            file.person.ok_or_else(|| CaError::Damaged("a case without a person".into()))?;
        let today = day_in_japan(writing.at());
        let current = self.current(writing, person).await?;
        // What another counter is issuing this very moment counts, filed or not.
        let others = writing.living(person).await?;
        let under_way = others.iter().find(|living| {
            current.as_ref().is_none_or(|(current, _)| current.serial != living.serial)
        });
        match (record.procedure, current) {
            (_, Some((living, Standing::Held { .. }))) => {
                Err(Refusal::OnHold { serial: living.serial }.into())
            }
            _ if under_way.is_some() => {
                let living = under_way.expect("there is one");
                Err(Refusal::AlreadyCertified {
                    serial: living.serial,
                    not_after: living.not_after,
                    opens: renewal_opens(living.not_after),
                }
                .into())
            }
            (Procedure::Renewal, None) => Err(Refusal::NoLivingCertificate.into()),
            (Procedure::Renewal, Some((living, _))) => {
                let opens = renewal_opens(living.not_after);
                if today < opens {
                    return Err(Refusal::RenewalNotOpen { serial: living.serial, opens }.into());
                }
                Ok(Slot::Next)
            }
            (Procedure::Revocation | Procedure::Hold, _) => Err(Refusal::NotAllowed.into()),
            (Procedure::Issue, Some((living, _))) => Err(Refusal::AlreadyCertified {
                serial: living.serial,
                not_after: living.not_after,
                opens: renewal_opens(living.not_after),
            }
            .into()),
            (Procedure::Issue, None) => Ok(Slot::Current),
        }
    }

    /// 発行: the proof of possession comes in, the certificate goes out.
    pub(super) async fn certify(
        &self,
        acting: &Acting<'_>,
        case: CaseId,
        card: &str,
        proof: &[u8],
    ) -> Result<Answer, Halt> {
        let mut writing = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut writing, case).await?;
        at_step(&file, &[Step::Applied], acting)?;
        let applied = record.application()?.clone();
        if applied.card != card {
            return Err(Refusal::WrongCard.into());
        }
        let key = possession::check(proof, &applied.challenge.0)
            .map_err(|e| Refusal::NoPossession { what: e.to_string() })?;
        let key_info =
            public_key::check(&key).map_err(|e| Refusal::BadKey { what: e.to_string() })?;

        let recorded = match (file.serial, record.tbs.take()) {
            (Some(serial), Some(tbs)) => {
                // Interrupted between record and file: the same key resumes, and gives the same.
                drop(writing);
                let subject_key = der::Decode::from_der(&tbs.0)
                    .map(|tbs: crate::profile::TbsCertificate| tbs.subject_public_key_info)?;
                if subject_key.to_der()? != key {
                    return Err(Refusal::WrongStep {
                        step: "applied".into(),
                        asked: "certify another key".into(),
                    }
                    .into());
                }
                Recorded::resume(tbs.0, serial)?
            }
            _ => {
                if writing.at() > applied.until {
                    return Err(Refusal::PermitExpired { until: applied.until }.into());
                }
                let person = record.person()?.clone();
                let known = writing.find_person(&person.code_hash.0).await?;
                let reported = writing.newest_history(&person.code_hash.0).await?;
                let changed = known.is_none_or(|known| known.history > person.history);
                if changed || reported > person.history {
                    return Err(Refusal::RegisterChanged.into());
                }
                let slot = self.may_have_another(&mut writing, &file, &record).await?;
                let not_before = whole_second(writing.at());
                let linted = self.draft(&file, &record, key_info, not_before).await?;
                let intention = Intention {
                    serial: linted.serial(),
                    generation: self.issuer.authority.generation,
                    municipality: file.municipality,
                    person: file.person.ok_or(Refusal::NoSuchCase)?,
                    case,
                    public_key: Sha256::of(&key),
                    tbs_digest: Sha256::of(linted.tbs()),
                    not_before,
                    not_after: not_after(not_before, self.issuer.rules.validity),
                    slot,
                };
                let items = serde_json::to_vec(&person.items).expect("items are JSON");
                let serial = linted.serial();
                let items = self.vault().seal("certificate_items", serial.as_bytes(), &items)?;
                file.serial = Some(serial);
                record.tbs = Some(Octets(linted.tbs().to_vec()));
                self.save_case(&mut writing, &mut file, &record).await?;
                linted
                    .record(writing, &intention, &items, person.history)
                    .await
                    .map_err(used_before)?
            }
        };
        let signed = recorded.sign(&*self.issuer.key, &self.issuer.facts)?;

        let mut writing = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut writing, case).await?;
        at_step(&file, &[Step::Applied], acting)?;
        let serial = file.serial.ok_or(Refusal::NoSuchCase)?;
        let certificate = match signed.file(&mut writing, self.vault()).await {
            Ok(certificate) => certificate,
            // Voided meanwhile: the register reported a change between record and file.
            Err(CaError::Ledger(akashi_ledger::LedgerError::StatusForbids { .. })) => {
                return Err(Refusal::RegisterChanged.into());
            }
            Err(error) => return Err(error.into()),
        };
        record.tbs = None;
        file.step = Step::Issued;
        self.save_case(&mut writing, &mut file, &record).await?;
        let answer = Answer::Certified {
            serial,
            not_after: end(&certificate)?,
            certificate: Octets(certificate),
            ca_certificate: Octets(self.issuer.authority.certificate.clone()),
        };
        self.finish(writing, acting, &format!("{case} {serial}"), answer).await
    }

    async fn draft(
        &self,
        file: &CaseFile,
        record: &CaseRecord,
        public_key: spki::SubjectPublicKeyInfoOwned,
        not_before: Timestamp,
    ) -> Result<Linted, Halt> {
        let (person, applied) = (record.person()?, record.application()?);
        let (name, address) =
            texts(&person.items, &applied.name_choices, &applied.address_choices)?;
        let issuer = &self.issuer;
        let municipality = Municipality::of(file.municipality)
            .ok_or_else(|| CaError::Damaged(format!("municipality {}", file.municipality)))?;
        let distribution_point = issuer
            .ledger
            .distribution_point(issuer.authority.generation, file.municipality)
            .await?
            .ok_or_else(|| CaError::Damaged("no distribution point".into()))?;
        let facts = CitizenFacts {
            serial: SerialNumber::from_random(self.random()),
            municipality,
            opaque: hex::encode(self.random::<16>()),
            name: &name,
            address: &address,
            birth_date: person.items.birth_date,
            sex: person.items.sex,
            not_before,
            not_after: not_after(not_before, issuer.rules.validity),
            public_key,
            distribution_point: &distribution_point,
        };
        let profile = &issuer.authority.profile;
        let tbs = tbs_citizen(profile, &issuer.facts, issuer.key.algorithm(), &facts)?;
        Ok(Draft::new(tbs).lint(&Expected {
            authority: &issuer.facts,
            profile,
            municipality,
            distribution_point: &distribution_point,
            rule: issuer.rules.validity,
        })?)
    }
}

fn certified(original: &str, text: &CertificateText) -> CertifiedText {
    CertifiedText {
        original: original.to_owned(),
        text: Some(text.text().to_owned()),
        map: Some(text.map().to_owned()),
        undecided: Vec::new(),
    }
}

/// A certificate counts whole seconds, downwards: it never begins in the future.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).expect("a whole second of a valid time")
}

fn end(certificate: &[u8]) -> Result<Timestamp, der::Error> {
    let certificate: x509_cert::Certificate = der::Decode::from_der(certificate)?;
    Ok(crate::profile::tbs::moment(&certificate.tbs_certificate().validity().not_after))
}

fn used_before(error: CaError) -> CaError {
    match error {
        CaError::Ledger(akashi_ledger::LedgerError::KeyUsedBefore) => {
            CaError::Refused(Refusal::BadKey { what: "it was certified before".into() })
        }
        error => error,
    }
}
