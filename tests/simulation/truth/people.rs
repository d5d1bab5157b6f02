//! Persons and the changes of their records.

use std::collections::BTreeSet;

use akashi_wire::{FourItems, IdouKind, MunicipalityCode, ResidentCode};
use jiff::Timestamp;
use jiff::civil::Date;

/// Where a person stands in the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Lives here.
    Living,
    /// Has notified a move out.
    Leaving(Date),
    /// The record is deleted.
    Gone,
}

/// One change of a record.
#[derive(Debug, Clone)]
pub struct Fact {
    /// Its history number.
    pub number: u32,
    /// What kind.
    pub kind: IdouKind,
    /// Who reports it.
    pub source: MunicipalityCode,
    /// The day, as the newest version that counts says it.
    pub day: Option<Date>,
    /// The items after it, where it states them.
    pub after: Option<FourItems>,
    /// Which change it takes back.
    pub cancels: Option<u32>,
    /// When it reached the authority.
    pub arrived: Option<Timestamp>,
    /// Whether the authority can have acted on it.
    pub settled: bool,
    /// What stood before, to be taken back.
    before: (MunicipalityCode, FourItems, State, Option<MunicipalityCode>),
    taken_back: bool,
}

/// A person.
#[derive(Debug, Clone)]
pub struct Citizen {
    /// 住民票コード, as it is now.
    pub code: ResidentCode,
    /// The four items, as they are now.
    pub items: FourItems,
    /// Where the record lies.
    pub town: MunicipalityCode,
    /// How it stands.
    pub state: State,
    /// The town that has not heard of a move.
    pub left: Option<MunicipalityCode>,
    /// Every change since the entry.
    pub facts: Vec<Fact>,
    /// Under which of the person's codes, counted from 0, the authority knows somebody.
    pub known_as: BTreeSet<usize>,
}

impl Citizen {
    /// Somebody whose record begins, and nothing to report.
    pub fn new(code: ResidentCode, items: FourItems, town: MunicipalityCode) -> Self {
        Self {
            code,
            items,
            town,
            state: State::Living,
            left: None,
            facts: Vec::new(),
            known_as: BTreeSet::new(),
        }
    }

    /// The number of the newest change.
    pub fn history(&self) -> u32 {
        1 + self.facts.len() as u32
    }

    /// Whether the record stands on this day.
    pub fn is_here(&self, today: Date) -> bool {
        match self.state {
            State::Living => true,
            State::Leaving(day) => day > today,
            State::Gone => false,
        }
    }

    /// The change with a number.
    pub fn fact_mut(&mut self, number: u32) -> &mut Fact {
        &mut self.facts[number as usize - 2]
    }

    /// Notes a change, which `apply` carries out.
    pub fn change(
        &mut self,
        kind: IdouKind,
        source: MunicipalityCode,
        day: Option<Date>,
        apply: impl FnOnce(&mut Self),
    ) {
        let before = (self.town, self.items.clone(), self.state, self.left);
        apply(self);
        use IdouKind::*;
        let states_none = matches!(
            kind,
            KokunaiTenshutsu | KokugaiTenshutsu | TennyuuTsuuchiJuri | ShokkenShoujo | Shibou
        );
        let gone = kind == Torikeshi && !day.is_some_and(|today| self.is_here(today));
        let after = (!states_none && !gone).then(|| self.items.clone());
        let number = self.history() + 1;
        let (cancels, arrived, settled) = (None, None, false);
        let taken_back = false;
        self.facts.push(Fact {
            number,
            kind,
            source,
            day,
            after,
            cancels,
            arrived,
            settled,
            before,
            taken_back,
        });
    }

    /// The newest change, if it can be taken back.
    pub fn to_be_taken_back(&self) -> Option<&Fact> {
        let fixed = |fact: &Fact| matches!(fact.kind, IdouKind::Torikeshi | IdouKind::CodeHenkou);
        self.facts.last().filter(|fact| !fact.taken_back && !fixed(fact))
    }

    /// Takes the newest change back.
    pub fn take_back(&mut self, today: Date) {
        let last = self.facts.len() - 1;
        let fact = &mut self.facts[last];
        fact.taken_back = true;
        let (number, source, before) = (fact.number, fact.source, fact.before.clone());
        self.change(IdouKind::Torikeshi, source, Some(today), |citizen| {
            (citizen.town, citizen.items, citizen.state, citizen.left) = before;
        });
        let fact = self.facts.last_mut().expect("it was just noted");
        fact.cancels = Some(number);
    }

    /// The authority has acted on everything up to the first change that it has not heard of.
    pub fn settle(&mut self) {
        let mut codes = 0;
        for fact in self.facts.iter_mut().take_while(|fact| fact.arrived.is_some()) {
            let is_code = fact.kind == IdouKind::CodeHenkou;
            codes += usize::from(is_code);
            if is_code && !fact.settled && !self.known_as.contains(&codes) {
                // Known under the old code, the person is now known under the new one.
                if self.known_as.remove(&(codes - 1)) {
                    self.known_as.insert(codes);
                }
            }
            fact.settled = true;
        }
    }

    /// Which code it is, counted from 0, that the change with this number gave.
    pub fn code_of(&self, number: u32) -> usize {
        let before = self.facts.iter().filter(|fact| fact.number <= number);
        before.filter(|fact| fact.kind == IdouKind::CodeHenkou).count()
    }

    /// Whether the code changed after this change of the record and the authority does not know.
    pub fn is_unknown_since(&self, number: u32) -> bool {
        let code = |fact: &&Fact| fact.kind == IdouKind::CodeHenkou && fact.number > number;
        self.facts.iter().filter(code).any(|fact| !fact.settled)
    }

    /// The authority looked the person up.
    pub fn looked_up(&mut self) {
        self.known_as.insert(self.code_of(u32::MAX));
    }

    /// What may stand nowhere in public.
    pub fn secrets(&self) -> BTreeSet<String> {
        let code = String::from_utf8_lossy(self.code.expose()).into_owned();
        let FourItems { name, address, birth_date, .. } = &self.items;
        [code, name.clone(), address.clone(), birth_date.to_string()].into()
    }
}
