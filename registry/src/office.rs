//! The municipal offices at work: every change of a record, and the 異動 that reports it.

mod report;

use akashi_wire::date::{EffectiveDate, day_in_japan};
use akashi_wire::lookup::ResidentState;
use akashi_wire::{FourItems, IdouKind, MunicipalityCode, ResidentCode};
use jiff::Timestamp;
use jiff::civil::Date;
use rand::CryptoRng;

use report::Report;

use crate::people::Person;
use crate::register::listed;
use crate::{Registry, RegistryError};

/// The offices of the prefecture at one moment.
///
/// Each change takes effect today, unless [`Office::dated`] says otherwise or the change has a day
/// of its own.
pub struct Office<'a, R> {
    registry: &'a mut Registry,
    now: Timestamp,
    effective: EffectiveDate,
    rng: &'a mut R,
}

/// An 異動 that waits in the outbox of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queued {
    /// The municipality that reports it.
    pub source: MunicipalityCode,
    /// Its number within the source.
    pub sequence: u64,
    /// Its number within the person's record.
    pub history_number: u32,
}

impl<'a, R: CryptoRng> Office<'a, R> {
    pub(crate) fn new(registry: &'a mut Registry, now: Timestamp, rng: &'a mut R) -> Self {
        let effective = EffectiveDate::Full { day: day_in_japan(now) };
        Self { registry, now, effective, rng }
    }

    /// Gives the changes that follow another 異動年月日 than today.
    pub fn dated(mut self, effective: EffectiveDate) -> Self {
        self.effective = effective;
        self
    }

    /// 転居: a move within the municipality.
    pub fn move_within(
        &mut self,
        code: &ResidentCode,
        address: &str,
    ) -> Result<Queued, RegistryError> {
        self.edit(code, IdouKind::Tenkyo, |items| items.address = address.into())
    }

    /// 国内転出: a move out, notified for a planned day.
    pub fn notify_move_out(
        &mut self,
        code: &ResidentCode,
        planned: Date,
    ) -> Result<Queued, RegistryError> {
        self.leave(code, IdouKind::KokunaiTenshutsu, planned)
    }

    /// 国外転出: a move abroad, notified for a planned day.
    pub fn notify_move_abroad(
        &mut self,
        code: &ResidentCode,
        planned: Date,
    ) -> Result<Queued, RegistryError> {
        self.leave(code, IdouKind::KokugaiTenshutsu, planned)
    }

    /// 転入: a move in, reported by the new municipality. The old one has yet to hear of it. Somebody
    /// whose record was deleted may come back so; whether that can be is not tested.
    pub fn move_in(
        &mut self,
        code: &ResidentCode,
        municipality: MunicipalityCode,
        address: &str,
    ) -> Result<Queued, RegistryError> {
        listed(municipality)?;
        self.change(code, IdouKind::Tennyuu, |record| {
            let mut after = record.standing().clone();
            let gone = matches!(after.state, ResidentState::Deleted);
            after.left = (!gone).then(|| Box::new((after.municipality, after.items.clone())));
            after.municipality = municipality;
            after.items.address = address.into();
            after.state = ResidentState::Living;
            Ok((municipality, record.items().clone(), after))
        })
    }

    /// 転入通知受理: the old town hears that the person moved in elsewhere, be it in this register
    /// ([`Office::move_in`]) or, after a notified move out, in another prefecture.
    pub fn hear_of_move_in(&mut self, code: &ResidentCode) -> Result<Queued, RegistryError> {
        self.change(code, IdouKind::TennyuuTsuuchiJuri, |record| {
            let mut after = record.standing().clone();
            if let Some(left) = after.left.take() {
                return Ok((left.0, left.1, after));
            }
            let ResidentState::LeavingOn { .. } = after.state else {
                return Err(RegistryError::NoMove);
            };
            after.state = ResidentState::Deleted;
            Ok((after.municipality, after.items.clone(), after))
        })
    }

    /// 死亡, on a day that may be odd or unknown.
    pub fn death(
        &mut self,
        code: &ResidentCode,
        effective: EffectiveDate,
    ) -> Result<Queued, RegistryError> {
        self.on(effective, |office| office.delete(code, IdouKind::Shibou))
    }

    /// 職権消除: deleted by the office.
    pub fn office_deletion(&mut self, code: &ResidentCode) -> Result<Queued, RegistryError> {
        self.delete(code, IdouKind::ShokkenShoujo)
    }

    /// 職権修正 after a notice of the family register: a marriage changes the name, an annulled
    /// recognition perhaps nothing.
    pub fn family_register_change(
        &mut self,
        code: &ResidentCode,
        edit: impl FnOnce(&mut FourItems),
    ) -> Result<Queued, RegistryError> {
        self.edit(code, IdouKind::ShokkenShuusei, edit)
    }

    /// 婚姻 and the like: a new family name before the same given name.
    pub fn new_family_name(
        &mut self,
        code: &ResidentCode,
        family: &str,
    ) -> Result<Queued, RegistryError> {
        self.family_register_change(code, |items| {
            let given = items.name.split_once('\u{3000}').map_or("", |(_, given)| given);
            items.name = format!("{family}\u{3000}{given}");
        })
    }

    /// 通称の変更 of a foreign resident: the whole name as it will stand.
    pub fn change_common_name(
        &mut self,
        code: &ResidentCode,
        name: &str,
    ) -> Result<Queued, RegistryError> {
        self.edit(code, IdouKind::TsuushouHenkou, |items| items.name = name.into())
    }

    /// 誤記修正: correction of an error in any of the four items.
    pub fn correct_error(
        &mut self,
        code: &ResidentCode,
        edit: impl FnOnce(&mut FourItems),
    ) -> Result<Queued, RegistryError> {
        self.edit(code, IdouKind::GokiShuusei, edit)
    }

    /// 軽微な修正 of one record.
    pub fn minor_change(
        &mut self,
        code: &ResidentCode,
        edit: impl FnOnce(&mut FourItems),
    ) -> Result<Queued, RegistryError> {
        self.edit(code, IdouKind::KeibiShuusei, edit)
    }

    /// 住居表示の実施, 町名変更: everybody of a municipality whose address begins with `prefix`
    /// gets the address that `renumber` makes of it, each by a 軽微な修正 of the own record.
    pub fn renumber_addresses(
        &mut self,
        municipality: MunicipalityCode,
        prefix: &str,
        mut renumber: impl FnMut(&str) -> String,
    ) -> Result<Vec<Queued>, RegistryError> {
        let lives_there = |code: &&ResidentCode| {
            let record = &self.registry.record(code).expect("a listed code has a record");
            record.items().address.starts_with(prefix)
                && record.state_at(self.now) != ResidentState::Deleted
        };
        let codes: Vec<_> =
            self.registry.codes_of(municipality).filter(lives_there).cloned().collect();
        codes
            .iter()
            .map(|code| self.minor_change(code, |items| items.address = renumber(&items.address)))
            .collect()
    }

    /// 改製: the record sheet is made anew; nothing that it says changes.
    pub fn kaisei(&mut self, code: &ResidentCode) -> Result<Queued, RegistryError> {
        self.edit(code, IdouKind::Kaisei, |_| ())
    }

    /// 再製: a lost record sheet is restored; nothing that it says changes.
    pub fn saisei(&mut self, code: &ResidentCode) -> Result<Queued, RegistryError> {
        self.edit(code, IdouKind::Saisei, |_| ())
    }

    /// 世帯の変更, 世帯主の変更.
    pub fn household_change(&mut self, code: &ResidentCode) -> Result<Queued, RegistryError> {
        self.edit(code, IdouKind::SetaiHenkou, |_| ())
    }

    /// 帰化 of a foreign resident who lives here already.
    pub fn naturalisation(
        &mut self,
        code: &ResidentCode,
        edit: impl FnOnce(&mut FourItems),
    ) -> Result<Queued, RegistryError> {
        self.edit(code, IdouKind::Kika, edit)
    }

    /// 住民票コードの変更. From now on the person is found under the new code only.
    pub fn code_change(
        &mut self,
        code: &ResidentCode,
        new: ResidentCode,
    ) -> Result<Queued, RegistryError> {
        if self.registry.record(&new).is_some() {
            return Err(RegistryError::CodeTaken);
        }
        let mut record = self.living(code)?.clone();
        let standing = record.standing().clone();
        record.change(IdouKind::CodeHenkou, standing.municipality, standing.clone());
        let report = Report {
            source: standing.municipality,
            kind: IdouKind::CodeHenkou,
            history_number: record.history_number(),
            cancels: None,
            before: Some(standing.items.clone()),
            after: Some(standing.items),
            new_code: Some(new.clone()),
        };
        self.registry.take_out(code);
        self.registry.insert(new, record);
        Ok(self.queue(code, report))
    }

    /// 出生: a new person, whose record begins with this event.
    pub fn birth(&mut self, person: Person) -> Result<(ResidentCode, Queued), RegistryError> {
        self.begin(IdouKind::Shussei, None, person)
    }

    /// 職権記載: a new record, entered by the office.
    pub fn office_entry(
        &mut self,
        person: Person,
    ) -> Result<(ResidentCode, Queued), RegistryError> {
        self.begin(IdouKind::ShokkenKisai, None, person)
    }

    /// 転入 from another prefecture; the person may bring a code along.
    pub fn arrival(
        &mut self,
        code: Option<ResidentCode>,
        person: Person,
    ) -> Result<(ResidentCode, Queued), RegistryError> {
        self.begin(IdouKind::Tennyuu, code, person)
    }

    /// 異動の取消し: takes back the change with this history number. What it touched is again as
    /// the other changes leave it.
    pub fn cancel(&mut self, code: &ResidentCode, number: u32) -> Result<Queued, RegistryError> {
        let record = self.registry.record(code).ok_or(RegistryError::NoSuchResident)?;
        let taken_back =
            record.revocable(number).ok_or(RegistryError::NotToBeTakenBack { number })?;
        let source = taken_back.source;
        let before = record.items().clone();
        let history_number = record.history_number() + 1;
        self.registry.update(code, |record| record.take_back(number));
        let record = self.living(code).ok();
        let report = Report {
            source,
            kind: IdouKind::Torikeshi,
            history_number,
            cancels: Some(number),
            before: Some(before),
            after: record.map(|record| record.items().clone()),
            new_code: None,
        };
        Ok(self.queue(code, report))
    }
}
