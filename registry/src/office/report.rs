//! From a change of a record to the 異動 that reports it.

use akashi_wire::batch::Opening;
use akashi_wire::date::EffectiveDate;
use akashi_wire::lookup::ResidentState;
use akashi_wire::{CodeOpening, FourItems, Idou, IdouKind, MunicipalityCode, ResidentCode};
use jiff::civil::Date;
use rand::{CryptoRng, RngExt as _};

use super::{Office, Queued};
use crate::RegistryError;
use crate::people::Person;
use crate::record::{Record, Standing};

/// What an 異動 says beside who and when.
pub(super) struct Report {
    pub(super) source: MunicipalityCode,
    pub(super) kind: IdouKind,
    pub(super) history_number: u32,
    pub(super) cancels: Option<u32>,
    pub(super) before: Option<FourItems>,
    pub(super) after: Option<FourItems>,
    pub(super) new_code: Option<ResidentCode>,
}

/// The reporting municipality, the items before, and all that stands after a change.
type Outcome = (MunicipalityCode, FourItems, Standing);

impl<R: CryptoRng> Office<'_, R> {
    /// A 修正: the items change, or stay and are reported all the same.
    pub(super) fn edit(
        &mut self,
        code: &ResidentCode,
        kind: IdouKind,
        edit: impl FnOnce(&mut FourItems),
    ) -> Result<Queued, RegistryError> {
        self.living(code)?;
        self.change(code, kind, |record| {
            let mut after = record.standing().clone();
            edit(&mut after.items);
            Ok((after.municipality, record.items().clone(), after))
        })
    }

    /// A 消除 at once.
    pub(super) fn delete(
        &mut self,
        code: &ResidentCode,
        kind: IdouKind,
    ) -> Result<Queued, RegistryError> {
        self.living(code)?;
        self.end(code, kind, ResidentState::Deleted)
    }

    /// A 消除 notified for a planned day.
    pub(super) fn leave(
        &mut self,
        code: &ResidentCode,
        kind: IdouKind,
        day: Date,
    ) -> Result<Queued, RegistryError> {
        self.living(code)?;
        self.on(EffectiveDate::Full { day }, |office| {
            office.end(code, kind, ResidentState::LeavingOn { day })
        })
    }

    fn end(
        &mut self,
        code: &ResidentCode,
        kind: IdouKind,
        state: ResidentState,
    ) -> Result<Queued, RegistryError> {
        self.change(code, kind, |record| {
            let after = Standing { state, ..record.standing().clone() };
            Ok((after.municipality, after.items.clone(), after))
        })
    }

    /// A 記載 of somebody who was not in the register.
    pub(super) fn begin(
        &mut self,
        kind: IdouKind,
        code: Option<ResidentCode>,
        person: Person,
    ) -> Result<(ResidentCode, Queued), RegistryError> {
        let (source, items) = (person.municipality, person.items.clone());
        let code = self.registry.enter(code, person, self.rng)?;
        let report = Report {
            source,
            kind,
            history_number: 1,
            cancels: None,
            before: None,
            after: Some(items),
            new_code: None,
        };
        let queued = self.queue(&code, report);
        Ok((code, queued))
    }

    /// Does something with another 異動年月日.
    pub(super) fn on<T>(
        &mut self,
        effective: EffectiveDate,
        act: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let usual = std::mem::replace(&mut self.effective, effective);
        let done = act(self);
        self.effective = usual;
        done
    }

    /// The record, if it is not deleted.
    pub(super) fn living(&self, code: &ResidentCode) -> Result<&Record, RegistryError> {
        let record = self.registry.record(code).ok_or(RegistryError::NoSuchResident)?;
        match record.state_at(self.now) {
            ResidentState::Deleted => Err(RegistryError::Deleted),
            _ => Ok(record),
        }
    }

    /// Changes a record and reports it, by the kind with the items before, after, or both.
    pub(super) fn change(
        &mut self,
        code: &ResidentCode,
        kind: IdouKind,
        outcome: impl FnOnce(&Record) -> Result<Outcome, RegistryError>,
    ) -> Result<Queued, RegistryError> {
        let record = self.registry.record(code).ok_or(RegistryError::NoSuchResident)?;
        let (source, before, after) = outcome(record)?;
        let (had_before, has_after) = sides(kind);
        let report = Report {
            source,
            kind,
            history_number: record.history_number() + 1,
            cancels: None,
            before: had_before.then_some(before),
            after: has_after.then(|| after.items.clone()),
            new_code: None,
        };
        self.registry.update(code, |record| record.change(kind, source, after));
        Ok(self.queue(code, report))
    }

    /// Puts the 異動 into its source's outbox, with fresh commitments.
    pub(super) fn queue(&mut self, code: &ResidentCode, report: Report) -> Queued {
        let Report { source, kind, history_number, cancels, before, after, new_code } = report;
        let opening = Opening {
            resident: CodeOpening::new(code, self.rng.random()),
            new_resident: new_code.map(|new| CodeOpening::new(&new, self.rng.random())),
        };
        let sequence = self.registry.outbox(source).map_or(1, |outbox| outbox.next_sequence());
        let event = Idou {
            source,
            sequence,
            resident: opening.resident.commitment(),
            history_number,
            kind,
            cancels,
            effective_date: self.effective.clone(),
            processed_at: self.now,
            before,
            after,
            new_resident: opening.new_resident.as_ref().map(CodeOpening::commitment),
        };
        self.registry.outbox_mut(source).push(event, opening);
        Queued { source, sequence, history_number }
    }
}

/// Which of the items an 異動 states: a 記載 has none before, a 消除 none after.
fn sides(kind: IdouKind) -> (bool, bool) {
    use IdouKind::*;
    match kind {
        Tennyuu | Shussei | Kika | ShokkenKisai => (false, true),
        KokunaiTenshutsu | KokugaiTenshutsu | TennyuuTsuuchiJuri | ShokkenShoujo | Shibou => {
            (true, false)
        }
        Tenkyo | ShokkenShuusei | TsuushouHenkou | GokiShuusei | KeibiShuusei | Kaisei | Saisei
        | SetaiHenkou | CodeHenkou | Torikeshi => (true, true),
    }
}
