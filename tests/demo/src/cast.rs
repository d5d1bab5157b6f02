//! The people of the story. All invented; their names and dates are awkward on purpose.

use akashi_registry::Person;
use akashi_wire::{FourItems, MunicipalityCode, Sex};

/// One of them.
fn person(town: &str, name: &str, address: &str, birth_date: &str, sex: Sex) -> Person {
    let municipality: MunicipalityCode = town.parse().expect("a code of the table");
    Person {
        municipality,
        items: FourItems {
            name: name.into(),
            address: address.into(),
            birth_date: birth_date.parse().expect("a birth date"),
            sex,
        },
        protected: false,
    }
}

/// 鳥取市.
pub const TOTTORI: &str = "312011";
/// 米子市.
pub const YONAGO: &str = "312029";

/// Renews in the window; her 髙 and 﨑 need substitutes.
pub fn takahashi() -> Person {
    person(TOTTORI, "髙﨑　花子", "鳥取県鳥取市東町一丁目２２０番地", "319600229", Sex::Female)
}

/// Moves within the town; born on a day that no calendar has.
pub fn yoshida() -> Person {
    person(TOTTORI, "𠮷田　一郎", "鳥取県鳥取市西町二丁目３１１番地", "319710229", Sex::Male)
}

/// Loses the card; a name without substitutes.
pub fn watanabe() -> Person {
    person(TOTTORI, "渡邉　嵜子", "鳥取県鳥取市尚徳町１１６番地", "219251231", Sex::Female)
}

/// Telephones; a foreign resident.
pub fn rossi() -> Person {
    let name = "ROSSI MARIA ALESSANDRA";
    person(TOTTORI, name, "鳥取県鳥取市湖山町南四丁目１０１番地", "419900731", Sex::Female)
}

/// Never renews.
pub fn hamada() -> Person {
    person(YONAGO, "濵田　昭三", "鳥取県米子市加茂町一丁目１番地", "319450815", Sex::Male)
}

/// Moves out on a planned day; his birthday is known only in part.
pub fn segawa() -> Person {
    person(YONAGO, "瀨川　旅人", "鳥取県米子市東町１６１番地２", "319500000", Sex::Male)
}

/// Lives in the street that is renumbered.
pub fn tokunaga() -> Person {
    person(YONAGO, "德永　番", "鳥取県米子市糀町一丁目１６０番地", "420000229", Sex::Unknown)
}

/// Lives there too; has a certificate that is good now.
pub fn tsuji() -> Person {
    person(YONAGO, "辻　証", "鳥取県米子市糀町一丁目１６１番地", "420030501", Sex::Female)
}

/// Dies; the register knows the day only as a spring.
pub fn yanagi() -> Person {
    person(YONAGO, "栁　春", "鳥取県米子市西福原二丁目１番地", "319300401", Sex::Female)
}
