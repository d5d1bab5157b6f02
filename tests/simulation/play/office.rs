//! The municipal offices: every change of a record, in the register and in what is true.

use akashi_registry::{Office, Person, Queued, RegistryError};
use akashi_wire::date::EffectiveDate;
use akashi_wire::{Clock, FourItems, IdouKind, MunicipalityCode, ResidentCode, Sex};
use jiff::ToSpan;
use rand::RngExt as _;
use rand::rngs::StdRng;

use super::Play;
use crate::checks::Breach;
use crate::step::Change;
use crate::truth::{Citizen, State};

/// Family names, each beside another way of writing it.
const FAMILIES: [&str; 10] =
    ["髙橋", "高橋", "山﨑", "山崎", "渡邉", "渡辺", "𠮷田", "吉田", "証", "明石"];
const DATES: [&str; 5] = ["319700115", "319710229", "419900430", "219250101", "319500000"];

impl Play {
    /// Somebody who lives here when the play begins.
    pub(super) fn settler(&mut self, number: usize) {
        let person = self.person(number % 3);
        let code = {
            let mut registry = self.prefecture.registry.lock().expect("the register");
            registry.enter(None, person.clone(), &mut self.rng).expect("a listed town")
        };
        self.know(Citizen::new(code, person.items, person.municipality));
    }

    fn know(&mut self, citizen: Citizen) {
        self.truth.secrets.extend(citizen.secrets());
        self.truth.citizens.push(citizen);
    }

    fn person(&mut self, town: usize) -> Person {
        let municipality = self.town(town as u8);
        let number = self.truth.citizens.len();
        let given = kanji(number);
        let family = FAMILIES[self.rng.random_range(0..FAMILIES.len())];
        let items = FourItems {
            name: format!("{family}\u{3000}{given}"),
            address: self.address(municipality),
            birth_date: DATES[number % 4].parse().expect("a birth date"),
            sex: if self.rng.random() { Sex::Female } else { Sex::Male },
        };
        Person { municipality, items, protected: number % 7 == 3 }
    }

    fn address(&mut self, town: MunicipalityCode) -> String {
        let place = match town.to_string().as_str() {
            "312011" => "鳥取県鳥取市東町",
            "312029" => "鳥取県米子市加茂町",
            _ => "鳥取県倉吉市葵町",
        };
        format!("{place}{}丁目{}番地", kanji(self.rng.random_range(1..9)), self.rng.random::<u32>())
    }

    /// Changes the register; `false` when the office says that this cannot be.
    fn office(
        &mut self,
        who: usize,
        change: impl FnOnce(&mut Office<'_, StdRng>, &ResidentCode) -> Result<Queued, RegistryError>,
    ) -> bool {
        let now = self.prefecture.clock.now();
        let queued = {
            let mut registry = self.prefecture.registry.lock().expect("the register");
            let mut office = registry.at(now, &mut self.rng);
            change(&mut office, &self.truth.citizens[who].code)
        };
        let Ok(queued) = queued else { return false };
        let event = (queued.source, queued.sequence);
        self.truth.events.insert(event, (who, queued.history_number));
        true
    }

    /// A change that edits the items of somebody who lives here.
    fn edit(&mut self, who: u8, kind: IdouKind, edit: impl Fn(&mut FourItems)) {
        let today = self.today();
        let here = |who: usize| self.truth.citizens[who].is_here(today);
        let Some(who) = self.pick(who, here) else { return };
        let edit = |items: &mut FourItems| edit(items);
        let done = self.office(who, |office, code| match kind {
            IdouKind::ShokkenShuusei => office.family_register_change(code, edit),
            IdouKind::GokiShuusei => office.correct_error(code, edit),
            IdouKind::KeibiShuusei => office.minor_change(code, edit),
            IdouKind::Kika => office.naturalisation(code, edit),
            IdouKind::Kaisei => office.kaisei(code),
            IdouKind::Saisei => office.saisei(code),
            _ => office.household_change(code),
        });
        if done {
            let citizen = &mut self.truth.citizens[who];
            citizen.change(kind, citizen.town, Some(today), |citizen| edit(&mut citizen.items));
            let secrets = citizen.secrets();
            self.truth.secrets.extend(secrets);
        }
    }

    /// The register changes.
    pub(super) fn change(&mut self, who: u8, change: Change) -> Result<(), Breach> {
        match change {
            Change::Marriage => {
                self.edit(who, IdouKind::ShokkenShuusei, |items| rewrite_family(&mut items.name));
            }
            Change::FamilyNotice => self.edit(who, IdouKind::ShokkenShuusei, |_| ()),
            Change::BirthDate => self.edit(who, IdouKind::GokiShuusei, |items| {
                items.birth_date = next_date(items).parse().expect("a birth date");
            }),
            Change::Sex => self.edit(who, IdouKind::GokiShuusei, |items| {
                items.sex = if items.sex == Sex::Female { Sex::Male } else { Sex::Female };
            }),
            Change::Minor => self.edit(who, IdouKind::KeibiShuusei, |items| {
                items.address = items.address.replace("番地", "番地一号").replace("一号一号", "");
            }),
            Change::Kaisei => self.edit(who, IdouKind::Kaisei, |_| ()),
            Change::Saisei => self.edit(who, IdouKind::Saisei, |_| ()),
            Change::Household => self.edit(who, IdouKind::SetaiHenkou, |_| ()),
            Change::Naturalisation => self.edit(who, IdouKind::Kika, |_| ()),
            Change::CommonName => self.common_name(who),
            Change::MoveWithin => self.move_within(who),
            Change::Leave { abroad, days } => self.leave(who, abroad, days),
            Change::MoveIn => self.move_in(who),
            Change::Hear => self.hear(who),
            Change::Death => self.delete(who, true),
            Change::Deletion => self.delete(who, false),
            Change::Code => self.change_code(who),
            Change::Cancel => self.cancel(who),
            Change::Birth | Change::Arrival => self.newcomer(change),
        }
        Ok(())
    }

    fn here(&self, who: u8) -> Option<usize> {
        let today = self.today();
        self.pick(who, |who| self.truth.citizens[who].is_here(today))
    }

    /// Notes in what is true what the register did.
    fn noted(
        &mut self,
        who: usize,
        kind: IdouKind,
        source: MunicipalityCode,
        day: Option<jiff::civil::Date>,
        apply: impl FnOnce(&mut Citizen),
    ) {
        let citizen = &mut self.truth.citizens[who];
        citizen.change(kind, source, day, apply);
        let secrets = citizen.secrets();
        self.truth.secrets.extend(secrets);
    }

    fn common_name(&mut self, who: u8) {
        let Some(who) = self.here(who) else { return };
        let mut name = self.truth.citizens[who].items.name.clone();
        rewrite_family(&mut name);
        let (town, today) = (self.truth.citizens[who].town, self.today());
        if self.office(who, |office, code| office.change_common_name(code, &name)) {
            let kind = IdouKind::TsuushouHenkou;
            self.noted(who, kind, town, Some(today), |citizen| citizen.items.name = name);
        }
    }

    fn move_within(&mut self, who: u8) {
        let Some(who) = self.here(who) else { return };
        let (town, today) = (self.truth.citizens[who].town, self.today());
        let address = self.address(town);
        if self.office(who, |office, code| office.move_within(code, &address)) {
            let kind = IdouKind::Tenkyo;
            self.noted(who, kind, town, Some(today), |citizen| citizen.items.address = address);
        }
    }

    fn leave(&mut self, who: u8, abroad: bool, days: i8) {
        let today = self.today();
        let stays = |who: usize| self.truth.citizens[who].state == State::Living;
        let Some(who) = self.pick(who, stays) else { return };
        let day = today.checked_add(i32::from(days).days()).expect("a day");
        let town = self.truth.citizens[who].town;
        let (kind, done) = if abroad {
            let done = self.office(who, |office, code| office.notify_move_abroad(code, day));
            (IdouKind::KokugaiTenshutsu, done)
        } else {
            let done = self.office(who, |office, code| office.notify_move_out(code, day));
            (IdouKind::KokunaiTenshutsu, done)
        };
        if done {
            let leave = |citizen: &mut Citizen| citizen.state = State::Leaving(day);
            self.noted(who, kind, town, Some(day), leave);
        }
    }

    /// Who has notified a move moves; where nobody has, somebody moves all the same.
    fn move_in(&mut self, who: u8) {
        let today = self.today();
        let leaves = |who: usize| matches!(self.truth.citizens[who].state, State::Leaving(_));
        let leaving = self.pick(who, |who| leaves(who) && self.truth.citizens[who].left.is_none());
        let Some(who) = leaving.or_else(|| self.here(who)) else { return };
        let from = self.truth.citizens[who].town;
        let to = (0..3).map(|n| self.town(n)).find(|town| *town != from).expect("another town");
        let address = self.address(to);
        if self.office(who, |office, code| office.move_in(code, to, &address)) {
            self.noted(who, IdouKind::Tennyuu, to, Some(today), |citizen| {
                citizen.left = (citizen.state != State::Gone).then_some(citizen.town);
                citizen.town = to;
                citizen.items.address = address;
                citizen.state = State::Living;
            });
        }
    }

    fn hear(&mut self, who: u8) {
        let today = self.today();
        let heard = |citizen: &Citizen| {
            citizen.left.is_some() || matches!(citizen.state, State::Leaving(_))
        };
        let Some(who) = self.pick(who, |who| heard(&self.truth.citizens[who])) else { return };
        let source = self.truth.citizens[who].left.unwrap_or(self.truth.citizens[who].town);
        if self.office(who, |office, code| office.hear_of_move_in(code)) {
            self.noted(who, IdouKind::TennyuuTsuuchiJuri, source, Some(today), |citizen| {
                if citizen.left.take().is_none() {
                    citizen.state = State::Gone;
                }
            });
        }
    }

    fn delete(&mut self, who: u8, death: bool) {
        let Some(who) = self.here(who) else { return };
        let town = self.truth.citizens[who].town;
        let (kind, day, done) = if death {
            let date = EffectiveDate::NonCalendar { text: "令和四年春".into() };
            let done = self.office(who, |office, code| office.death(code, date));
            (IdouKind::Shibou, None, done)
        } else {
            let today = Some(self.today());
            let done = self.office(who, |office, code| office.office_deletion(code));
            (IdouKind::ShokkenShoujo, today, done)
        };
        if done {
            self.noted(who, kind, town, day, |citizen| citizen.state = State::Gone);
        }
    }

    fn change_code(&mut self, who: u8) {
        let Some(who) = self.here(who) else { return };
        let new = {
            let registry = self.prefecture.registry.lock().expect("the register");
            registry.free_code(&mut self.rng)
        };
        let (town, today, code) = (self.truth.citizens[who].town, self.today(), new.clone());
        if self.office(who, |office, old| office.code_change(old, new)) {
            let kind = IdouKind::CodeHenkou;
            self.noted(who, kind, town, Some(today), |citizen| citizen.code = code);
        }
    }

    fn cancel(&mut self, who: u8) {
        let today = self.today();
        // Planned moves are what is most often taken back.
        let cancellable = |who: usize| self.truth.citizens[who].to_be_taken_back().is_some();
        let planned = |who: usize| {
            let fact = self.truth.citizens[who].to_be_taken_back();
            fact.is_some_and(|fact| fact.kind.is_planned())
        };
        let Some(who) = self.pick(who, planned).or_else(|| self.pick(who, cancellable)) else {
            return;
        };
        let fact = self.truth.citizens[who].to_be_taken_back().expect("it was picked so");
        let number = fact.number;
        if self.office(who, |office, code| office.cancel(code, number)) {
            self.truth.citizens[who].take_back(today);
        }
    }

    fn newcomer(&mut self, change: Change) {
        let person = self.person(self.truth.citizens.len() % 3);
        let now = self.now();
        let begun = {
            let mut registry = self.prefecture.registry.lock().expect("the register");
            let mut office = registry.at(now, &mut self.rng);
            match change {
                Change::Birth => office.birth(person.clone()),
                _ => office.arrival(None, person.clone()),
            }
        };
        if let Ok((code, _)) = begun {
            self.know(Citizen::new(code, person.items, person.municipality));
        }
    }

    /// 住居表示の実施: everybody of a town, each by a change of the own record.
    pub(super) fn renumber(&mut self, town: u8) -> Result<(), Breach> {
        let town = self.town(town);
        let count = self.truth.citizens.len();
        for who in 0..count {
            if self.truth.citizens[who].town == town {
                let one = u8::try_from(who).expect("few persons");
                if self.here(one) == Some(who) {
                    self.change(one, Change::Minor)?;
                }
            }
        }
        Ok(())
    }
}

fn kanji(number: usize) -> String {
    let digits = ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    number.to_string().bytes().map(|digit| digits[usize::from(digit - b'0')]).collect()
}

fn rewrite_family(name: &mut String) {
    let (family, given) = name.split_once('\u{3000}').expect("two parts");
    let at = FAMILIES.iter().position(|known| *known == family).expect("a known family");
    *name = format!("{}\u{3000}{given}", FAMILIES[at ^ 1]);
}

fn next_date(items: &FourItems) -> &'static str {
    let now = items.birth_date.to_string();
    let at = DATES.iter().position(|date| *date == now).unwrap_or_default();
    DATES[(at + 1) % DATES.len()]
}
