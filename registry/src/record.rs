//! One resident's record: where it began and every change since.
//!
//! What stands is the fold of the changes that were not taken back. A change therefore remembers
//! only what it touched, and a taking back restores exactly that, whatever came in between.

use akashi_wire::date::day_in_japan;
use akashi_wire::lookup::ResidentState;
use akashi_wire::{BirthDate, FourItems, IdouKind, MunicipalityCode, Sex};
use jiff::Timestamp;

use crate::Person;

/// What the register says of a person at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The municipality of residence.
    pub municipality: MunicipalityCode,
    /// The four items, with the registry's own characters.
    pub items: FourItems,
    /// Living, leaving or deleted.
    pub state: ResidentState,
    /// The town that has yet to hear that the person moved in elsewhere, with its items.
    pub(crate) left: Option<Box<(MunicipalityCode, FourItems)>>,
}

/// One line of a record's history.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its history number.
    pub number: u32,
    /// What kind of change.
    pub kind: IdouKind,
    /// The municipality that reported it.
    pub source: MunicipalityCode,
    /// Whether a later 異動の取消し named it.
    pub taken_back: bool,
    effect: Effect,
}

/// A resident's record, always up to date.
#[derive(Debug, Clone)]
pub struct Record {
    standing: Standing,
    protected: bool,
    // Most residents never change: neither is allocated for them.
    origin: Option<Box<Standing>>,
    changes: Vec<Change>,
}

impl Record {
    pub(crate) fn new(person: Person) -> Self {
        let Person { municipality, items, protected } = person;
        let standing = Standing { municipality, items, state: ResidentState::Living, left: None };
        Self { standing, protected, origin: None, changes: Vec::new() }
    }

    /// What the register says now.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The four items.
    pub fn items(&self) -> &FourItems {
        &self.standing.items
    }

    /// The municipality of residence.
    pub fn municipality(&self) -> MunicipalityCode {
        self.standing.municipality
    }

    /// DV等支援措置: protected person.
    pub fn protected(&self) -> bool {
        self.protected
    }

    pub(crate) fn protect(&mut self, protected: bool) {
        self.protected = protected;
    }

    /// How many changes this record has seen; its entry is the first.
    pub fn history_number(&self) -> u32 {
        1 + self.changes.len() as u32
    }

    /// The changes since the entry, oldest first.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether the person lives there at this time. A move out deletes the record by itself when
    /// the planned day has come in Japan.
    pub fn state_at(&self, now: Timestamp) -> ResidentState {
        match self.standing.state {
            ResidentState::LeavingOn { day } if day <= day_in_japan(now) => ResidentState::Deleted,
            state => state,
        }
    }

    /// Appends a change after which `after` stands.
    pub(crate) fn change(&mut self, kind: IdouKind, source: MunicipalityCode, after: Standing) {
        let effect = Effect::between(&self.standing, &after);
        if self.origin.is_none() {
            self.origin = Some(Box::new(self.standing.clone()));
        }
        let number = self.history_number() + 1;
        self.changes.push(Change { number, kind, source, taken_back: false, effect });
        self.standing = after;
    }

    /// The change of this number, if it can still be taken back.
    pub(crate) fn revocable(&self, number: u32) -> Option<&Change> {
        self.changes.iter().find(|change| {
            change.number == number
                && !change.taken_back
                && !matches!(change.kind, IdouKind::Torikeshi | IdouKind::CodeHenkou)
        })
    }

    /// Takes a change back: what it touched is again as the remaining changes leave it.
    pub(crate) fn take_back(&mut self, number: u32) {
        let Some(at) = self.changes.iter().position(|change| change.number == number) else {
            return;
        };
        self.changes[at].taken_back = true;
        let source = self.changes[at].source;
        let origin = self.origin.as_deref().expect("a changed record has an origin").clone();
        let after = self.changes.iter().filter(|change| !change.taken_back).fold(
            origin,
            |mut standing, change| {
                change.effect.apply(&mut standing);
                standing
            },
        );
        let number = self.history_number() + 1;
        let (kind, effect) = (IdouKind::Torikeshi, Effect::default());
        self.changes.push(Change { number, kind, source, taken_back: false, effect });
        self.standing = after;
    }
}

/// What one change touched.
#[derive(Debug, Clone, Default)]
struct Effect {
    municipality: Option<MunicipalityCode>,
    name: Option<String>,
    address: Option<String>,
    birth_date: Option<BirthDate>,
    sex: Option<Sex>,
    state: Option<ResidentState>,
    left: Option<Option<Box<(MunicipalityCode, FourItems)>>>,
}

impl Effect {
    fn between(before: &Standing, after: &Standing) -> Self {
        fn touched<T: PartialEq + Clone>(before: &T, after: &T) -> Option<T> {
            (before != after).then(|| after.clone())
        }
        Self {
            municipality: touched(&before.municipality, &after.municipality),
            name: touched(&before.items.name, &after.items.name),
            address: touched(&before.items.address, &after.items.address),
            birth_date: touched(&before.items.birth_date, &after.items.birth_date),
            sex: touched(&before.items.sex, &after.items.sex),
            state: touched(&before.state, &after.state),
            left: touched(&before.left, &after.left),
        }
    }

    fn apply(&self, standing: &mut Standing) {
        fn touch<T: Clone>(place: &mut T, value: &Option<T>) {
            if let Some(value) = value {
                *place = value.clone();
            }
        }
        touch(&mut standing.municipality, &self.municipality);
        touch(&mut standing.items.name, &self.name);
        touch(&mut standing.items.address, &self.address);
        touch(&mut standing.items.birth_date, &self.birth_date);
        touch(&mut standing.items.sex, &self.sex);
        touch(&mut standing.state, &self.state);
        touch(&mut standing.left, &self.left);
    }
}
