//! What a case knows beyond its row: sealed, since it is about a person.

use akashi_keys::{KeyError, Vault};
use akashi_ledger::{CaseFile, PersonId, Step, StoppedRegistries};
use akashi_wire::act::{CertifiedText, IdentityProof, Procedure, UndecidedCharacter};
use akashi_wire::date::{day_in_japan, start_of_day};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{CaseId, DeletionMonth, FourItems, MunicipalityCode, SerialNumber};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::card::Channel;
use crate::characters::{
    CertificateText, CharacterError, Choices, Unresolved, certify_address, certify_name,
};
use crate::{CaError, Rules};
use akashi_wire::act::{Refusal, SubstituteChoices};

/// The sealed part of a case.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseRecord {
    pub procedure: Procedure,
    pub looked_up: Option<LookedUp>,
    /// The certificate that was in force when the case found the person: what the case ends, holds
    /// or resets is this one and no later one.
    pub found: Option<SerialNumber>,
    /// The day on which an inquiry letter was sent in this case.
    pub inquiry: Option<Date>,
    pub applied: Option<Applied>,
    /// The octets to be signed, while they are recorded and not filed.
    pub tbs: Option<Octets>,
}

/// The person, as the registry had the record.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LookedUp {
    pub items: FourItems,
    pub code_hash: Sha256,
    pub history: u32,
    /// State of the register that was read, by the registry's clock.
    pub as_of: Timestamp,
    /// When it was looked up, by the authority's.
    pub made_at: Timestamp,
    pub protected: bool,
}

/// Whether what was read then may be issued on now (`rules.look_up_hours`).
pub fn is_fresh(read: Timestamp, rules: &Rules, now: Timestamp) -> bool {
    match rules.look_up_hours {
        Some(hours) => read >= now - SignedDuration::from_hours(i64::from(hours)),
        None => day_in_japan(read) >= day_in_japan(now),
    }
}

impl LookedUp {
    /// Refuses to go on with a look-up that is good no longer (`rules.look_up_hours`): a person dies,
    /// moves or is renamed between two days, and a case may stay open for weeks.
    pub fn is_good(&self, rules: &Rules, now: Timestamp) -> Result<(), Refusal> {
        // A registry whose clock runs ahead does not make its answer last longer.
        let read = self.made_at.min(self.as_of);
        // One of a time that has not come was made by clocks that ran ahead.
        let has_come = read <= now + rules.act_skew();
        let is_good = has_come && is_fresh(read, rules, now);
        if is_good { Ok(()) } else { Err(Refusal::LookUpTooOld { as_of: read }) }
    }

    /// Refuses to issue upon what a registry said before it was suspended: whoever stopped it doubts it.
    pub fn stands(
        &self,
        stopped: &StoppedRegistries,
        municipality: MunicipalityCode,
    ) -> Result<(), Refusal> {
        match stopped.since(municipality, self.made_at) {
            true => Err(Refusal::LookUpTooOld { as_of: self.made_at.min(self.as_of) }),
            false => Ok(()),
        }
    }
}

/// The application, as the officer took it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Applied {
    pub card: String,
    pub identity: IdentityProof,
    pub name_choices: SubstituteChoices,
    pub address_choices: SubstituteChoices,
    pub challenge: Octets,
    pub until: Timestamp,
    /// SHA-256 of the SubjectPublicKeyInfo that the card made for this permit.
    pub made: Option<Sha256>,
    /// The certificate was read back from the pending slot, and the card told to switch.
    pub written: bool,
    /// The certificate in force upon which all of this rests: the one renewed, or the one whose PIN
    /// is reset. Revoked or on hold, it takes the permit and the channel with it.
    pub rests_on: Option<SerialNumber>,
    /// Where the channel to the card stands.
    pub channel: Option<Channel>,
}

impl CaseRecord {
    pub fn open(vault: &Vault, case: CaseId, sealed: &[u8]) -> Result<Self, CaError> {
        let octets = vault.open("case_file", case.as_bytes(), sealed)?;
        serde_json::from_slice(&octets).map_err(|e| CaError::Damaged(e.to_string()))
    }

    pub fn seal(
        &self,
        vault: &Vault,
        case: CaseId,
        until: DeletionMonth,
    ) -> Result<Vec<u8>, KeyError> {
        // Session keys of a card's channel are in it.
        let octets = Zeroizing::new(serde_json::to_vec(self).expect("a case is JSON"));
        vault.seal("case_file", case.as_bytes(), &octets, until.number())
    }

    /// From here on the case is about this person. A letter that went to somebody else proves nothing.
    pub fn is_about(&mut self, file: &mut CaseFile, person: PersonId) {
        if file.person != Some(person) {
            self.inquiry = None;
        }
        (file.step, file.person) = (Step::LookedUp, Some(person));
    }

    /// When the case closes itself if nobody touches it after `now`; and whatever is done in it, once it was
    /// open for `rules.longest_case`. What was issued in it has a term of its own
    /// (`rules.undelivered_after_hours`).
    pub fn closes_at(
        &self,
        step: Step,
        rules: &Rules,
        (opened_at, now): (Timestamp, Timestamp),
    ) -> Option<Timestamp> {
        if !matches!(step, Step::Opened | Step::LookedUp | Step::Applied) {
            return None;
        }
        let untouched = now + SignedDuration::from_hours(i64::from(rules.case_hours));
        let days = i64::from(rules.inquiry_days) + 1;
        let answered = self.inquiry.map(|sent| start_of_day(sent.saturating_add(days.days())));
        let last = opened_at + (24 * rules.longest_case()).hours();
        Some(answered.map_or(untouched, |answered| answered.max(untouched)).min(last))
    }

    /// The look-up that every later step needs; the step in the row says that it is there.
    pub fn person(&self) -> Result<&LookedUp, CaError> {
        self.looked_up.as_ref().ok_or_else(|| CaError::Damaged("a case without its look-up".into()))
    }

    /// The application that every later step needs.
    pub fn application(&self) -> Result<&Applied, CaError> {
        self.applied.as_ref().ok_or_else(without_application)
    }

    /// The same, to go on with it.
    pub fn application_mut(&mut self) -> Result<&mut Applied, CaError> {
        self.applied.as_mut().ok_or_else(without_application)
    }
}

fn without_application() -> CaError {
    CaError::Damaged("a case without its application".into())
}

/// Name and address as they will stand in the certificate.
pub(super) fn texts(
    items: &FourItems,
    name_choices: &SubstituteChoices,
    address_choices: &SubstituteChoices,
) -> Result<(CertificateText, CertificateText), Refusal> {
    let name = certify_name(&items.name, &choices("name", name_choices)?)
        .map_err(|error| refusal("name", error))?;
    let address = certify_address(&items.address, &choices("address", address_choices)?)
        .map_err(|error| refusal("address", error))?;
    Ok((name, address))
}

/// The same for the officer's screen, where undecided characters are shown and not refused; and where
/// nothing is issued, nothing else either.
pub(super) fn proposal(
    item: &str,
    original: &str,
    certified: Result<CertificateText, CharacterError>,
    issues: bool,
) -> Result<CertifiedText, Refusal> {
    let (text, map, undecided) = match certified {
        Ok(text) => (Some(text.text().to_owned()), Some(text.map().to_owned()), Vec::new()),
        Err(CharacterError::Unresolved { unresolved, .. }) => {
            (None, None, unresolved.iter().map(|one| one.position).collect())
        }
        Err(error) if issues => return Err(refusal(item, error)),
        Err(_) => (None, None, Vec::new()),
    };
    Ok(CertifiedText { original: original.to_owned(), text, map, undecided })
}

fn choices(item: &str, chosen: &SubstituteChoices) -> Result<Choices, Refusal> {
    chosen.iter().try_fold(Choices::none(), |choices, (position, replacement)| {
        choices.with(*position, replacement).map_err(|error| refusal(item, error))
    })
}

fn refusal(item: &str, error: CharacterError) -> Refusal {
    let item = item.to_owned();
    match error {
        CharacterError::Unresolved { unresolved, .. } => {
            let one = |one: Unresolved| UndecidedCharacter {
                position: one.position,
                character: one.original,
            };
            let undecided = unresolved.into_iter().map(one).collect();
            Refusal::CharactersUndecided { item, undecided }
        }
        error => Refusal::TextUnfit { item, why: error.to_string() },
    }
}
