//! Made-up residents, with everything in them that makes real registers hard.
//!
//! Shares are exaggerated where reality is rare: a few thousand people hold every awkward case.

mod address;
mod birth;
mod name;

use akashi_wire::municipality::Municipality;
use akashi_wire::{FourItems, MunicipalityCode, Sex};
use jiff::civil::Date;
use rand::{Rng, RngExt as _};

/// Who is entered into the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The municipality of residence.
    pub municipality: MunicipalityCode,
    /// The four items, with the registry's own characters.
    pub items: FourItems,
    /// DV等支援措置: protected person.
    pub protected: bool,
}

/// One in so many is protected.
const PROTECTED: f64 = 1.0 / 300.0;
/// One in so many was born abroad.
const FOREIGN: f64 = 1.0 / 40.0;
/// One in so many shares name and birth date with whoever was made up before.
const NAMESAKE: f64 = 1.0 / 500.0;
/// One in so many has no recorded sex.
const SEX_UNKNOWN: f64 = 1.0 / 1000.0;

/// Makes up one resident of a municipality, born on or before `today`.
///
/// The same state of `rng` gives the same person. `last` may be the model of a namesake.
pub fn synthesise(
    town: &Municipality,
    today: Date,
    last: Option<&Person>,
    rng: &mut impl Rng,
) -> Person {
    let sex = match rng.random_bool(0.5) {
        _ if rng.random_bool(SEX_UNKNOWN) => Sex::Unknown,
        true => Sex::Female,
        false => Sex::Male,
    };
    let foreign = rng.random_bool(FOREIGN);
    let mut items = FourItems {
        name: if foreign { name::foreign(rng) } else { name::japanese(sex, rng) },
        address: address::within(town, rng),
        birth_date: if foreign { birth::western(today, rng) } else { birth::date(today, rng) },
        sex,
    };
    if let Some(last) = last.filter(|_| rng.random_bool(NAMESAKE)) {
        items.name.clone_from(&last.items.name);
        items.birth_date = last.items.birth_date;
        items.sex = last.items.sex;
    }
    Person { municipality: town.code, items, protected: rng.random_bool(PROTECTED) }
}

/// One of a list.
fn one_of<'a>(list: &[&'a str], rng: &mut impl Rng) -> &'a str {
    list[rng.random_range(0..list.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    fn people(seed: u64, count: usize) -> Vec<Person> {
        let town = Municipality::of("131041".parse().unwrap()).unwrap();
        let mut rng = StdRng::seed_from_u64(seed);
        let today = jiff::civil::date(2006, 4, 1);
        let mut people: Vec<Person> = Vec::new();
        for _ in 0..count {
            people.push(synthesise(town, today, people.last(), &mut rng));
        }
        people
    }

    #[test]
    fn the_same_seed_gives_the_same_people_and_another_seed_others() {
        assert_eq!(people(7, 200), people(7, 200));
        assert_ne!(people(7, 200), people(8, 200));
    }

    #[test]
    fn a_few_thousand_people_hold_every_awkward_character() {
        let people = people(1, 6000);
        let holds = |wanted: char| {
            people.iter().any(|p| p.items.name.contains(wanted) || p.items.address.contains(wanted))
        };
        for wanted in "髙﨑德瀨𠮷邉邊濵嵜辻－～ﾏｯ".chars().chain(['\u{e0100}', '\u{3000}'])
        {
            assert!(holds(wanted), "nobody has {wanted:?}");
        }
        assert!(people.iter().any(|p| p.items.name.contains('（')), "nobody has a 通称");
        assert!(people.iter().any(|p| p.protected));
    }

    #[test]
    fn names_have_two_parts_and_addresses_begin_with_their_town_and_fit_a_certificate() {
        for Person { items, .. } in people(2, 3000) {
            assert!(items.name.contains('\u{3000}'), "{}", items.name);
            assert!(items.address.starts_with("東京都新宿区"));
            assert!(items.address.chars().count() <= 200);
        }
    }

    #[test]
    fn nobody_is_born_after_today_and_birth_dates_run_through_every_era_and_oddity() {
        let people = people(3, 12000);
        let dates: Vec<_> = people.iter().map(|p| p.items.birth_date.to_string()).collect();
        assert!(dates.iter().all(|date| date[1..] <= *"20060401"));
        for era in ["0", "1", "2", "3", "4"] {
            assert!(dates.iter().any(|date| date.starts_with(era)), "era {era}");
        }
        for odd in ["319710229", "119120730", "219120730", "319500000", "000000000"] {
            assert!(dates.iter().any(|date| date == odd), "{odd}");
        }
    }

    #[test]
    fn some_people_share_name_and_birth_date() {
        let people = people(4, 6000);
        assert!(people.windows(2).any(|two| {
            let [one, other] = [&two[0].items, &two[1].items];
            one.name == other.name && one.birth_date == other.birth_date
        }));
    }
}
