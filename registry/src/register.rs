//! The register of a prefecture: residents by code, and one outbox a municipality.

use std::collections::{BTreeMap, BTreeSet};

use akashi_wire::municipality::Municipality;
use akashi_wire::{BirthDate, MunicipalityCode, ResidentCode};
use jiff::Timestamp;
use jiff::civil::Date;
use rand::{CryptoRng, Rng, RngExt as _};

use crate::outbox::Outbox;
use crate::people::{self, Person};
use crate::{Office, Record, RegistryError};

/// Residents, living and gone, of any number of municipalities.
///
/// Ordered maps throughout: the same seed gives the same people in the same order.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    records: BTreeMap<ResidentCode, Record>,
    born: BTreeMap<(MunicipalityCode, BirthDate), BTreeSet<ResidentCode>>,
    outboxes: BTreeMap<MunicipalityCode, Outbox>,
}

impl Registry {
    /// A register with nobody in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters a person who lives here already: history 1, and nothing to report.
    ///
    /// Without a code a random one is given. The code is returned.
    pub fn enter(
        &mut self,
        code: Option<ResidentCode>,
        person: Person,
        rng: &mut impl Rng,
    ) -> Result<ResidentCode, RegistryError> {
        listed(person.municipality)?;
        let code = code.unwrap_or_else(|| self.free_code(rng));
        if self.records.contains_key(&code) {
            return Err(RegistryError::CodeTaken);
        }
        self.insert(code.clone(), Record::new(person));
        Ok(code)
    }

    /// Makes up so many residents of a municipality, as old as they may be on this day.
    pub fn populate(
        &mut self,
        municipality: MunicipalityCode,
        count: usize,
        today: Date,
        rng: &mut impl Rng,
    ) -> Result<Vec<ResidentCode>, RegistryError> {
        let town = listed(municipality)?;
        let mut codes = Vec::with_capacity(count);
        let mut last: Option<Person> = None;
        for _ in 0..count {
            let person = people::synthesise(town, today, last.as_ref(), rng);
            codes.push(self.enter(None, person.clone(), rng)?);
            last = Some(person);
        }
        Ok(codes)
    }

    /// A code that nobody has.
    pub fn free_code(&self, rng: &mut impl Rng) -> ResidentCode {
        loop {
            let digits = format!("{:011}", rng.random_range(0..100_000_000_000u64));
            let code = digits.parse().expect("eleven digits are a resident code");
            if !self.records.contains_key(&code) {
                return code;
            }
        }
    }

    /// The offices of the prefecture at one moment: whatever changes a record goes through here.
    pub fn at<'a, R: CryptoRng>(&'a mut self, now: Timestamp, rng: &'a mut R) -> Office<'a, R> {
        Office::new(self, now, rng)
    }

    /// The record under a code.
    pub fn record(&self, code: &ResidentCode) -> Option<&Record> {
        self.records.get(code)
    }

    /// Every record, in order of code.
    pub fn records(&self) -> impl Iterator<Item = (&ResidentCode, &Record)> {
        self.records.iter()
    }

    /// The codes of everybody whose record lies with a municipality, the deleted included.
    pub fn codes_of(&self, municipality: MunicipalityCode) -> impl Iterator<Item = &ResidentCode> {
        let first = (municipality, "000000000".parse().expect("the lowest birth date"));
        self.born
            .range(first..)
            .take_while(move |((town, _), _)| *town == municipality)
            .flat_map(|(_, codes)| codes)
    }

    /// Everybody of a municipality with this birth date.
    pub(crate) fn born(
        &self,
        municipality: MunicipalityCode,
        birth_date: BirthDate,
    ) -> impl Iterator<Item = (&ResidentCode, &Record)> {
        self.born
            .get(&(municipality, birth_date))
            .into_iter()
            .flatten()
            .map(|code| (code, &self.records[code]))
    }

    /// Sets or lifts the flag of a protected person (DV等支援措置). Not an 異動: it is never fed.
    pub fn protect(&mut self, code: &ResidentCode, protected: bool) -> Result<(), RegistryError> {
        self.records.get_mut(code).ok_or(RegistryError::NoSuchResident)?.protect(protected);
        Ok(())
    }

    /// What a municipality has to report and has reported.
    pub fn outbox(&self, source: MunicipalityCode) -> Option<&Outbox> {
        self.outboxes.get(&source)
    }

    /// The municipalities that have had anything to report.
    pub fn sources(&self) -> impl Iterator<Item = MunicipalityCode> {
        self.outboxes.keys().copied()
    }

    pub(crate) fn outbox_mut(&mut self, source: MunicipalityCode) -> &mut Outbox {
        self.outboxes.entry(source).or_default()
    }

    /// Changes a record in place; the index by birth date follows.
    pub(crate) fn update(&mut self, code: &ResidentCode, change: impl FnOnce(&mut Record)) {
        if let Some(mut record) = self.take_out(code) {
            change(&mut record);
            self.insert(code.clone(), record);
        }
    }

    pub(crate) fn insert(&mut self, code: ResidentCode, record: Record) {
        let place = (record.municipality(), record.items().birth_date);
        self.born.entry(place).or_default().insert(code.clone());
        self.records.insert(code, record);
    }

    pub(crate) fn take_out(&mut self, code: &ResidentCode) -> Option<Record> {
        let record = self.records.remove(code)?;
        let place = (record.municipality(), record.items().birth_date);
        if let Some(codes) = self.born.get_mut(&place) {
            codes.remove(code);
            if codes.is_empty() {
                self.born.remove(&place);
            }
        }
        Some(record)
    }
}

pub(crate) fn listed(code: MunicipalityCode) -> Result<&'static Municipality, RegistryError> {
    Municipality::of(code).ok_or(RegistryError::NoSuchMunicipality(code))
}
