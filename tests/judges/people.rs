//! People of the judges' world. All invented; names, dates and addresses are awkward on purpose.

use akashi_registry::Person;
use akashi_wire::{FourItems, MunicipalityCode, Sex};

/// 鳥取県.
pub const PREFECTURE: &str = "310000";
/// 鳥取市.
pub const TOTTORI: &str = "312011";
/// 米子市.
pub const YONAGO: &str = "312029";

/// A code of the table.
pub fn town(code: &str) -> MunicipalityCode {
    code.parse().expect("a code of the table")
}

fn person(code: &str, name: &str, address: &str, birth_date: &str, sex: Sex) -> Person {
    Person {
        municipality: town(code),
        items: FourItems {
            name: name.into(),
            address: address.into(),
            birth_date: birth_date.parse().expect("a birth date"),
            sex,
        },
        protected: false,
    }
}

/// Characters that need substitutes.
pub fn takahashi() -> Person {
    person(TOTTORI, "髙﨑　花子", "鳥取県鳥取市東町一丁目２２０番地", "319600229", Sex::Female)
}

/// A character beyond the Basic Multilingual Plane; a day that no calendar has.
pub fn yoshida() -> Person {
    person(TOTTORI, "𠮷田　一郎", "鳥取県鳥取市西町二丁目３１１番地", "319710229", Sex::Male)
}

/// Born in Taisho.
pub fn watanabe() -> Person {
    person(TOTTORI, "渡邉　嵜子", "鳥取県鳥取市尚徳町１１６番地", "219251231", Sex::Female)
}

/// Latin letters.
pub fn rossi() -> Person {
    let name = "ROSSI MARIA ALESSANDRA";
    person(TOTTORI, name, "鳥取県鳥取市湖山町南四丁目１０１番地", "419900731", Sex::Female)
}

/// A long address; a birthday known only in part; sex unknown.
pub fn segawa() -> Person {
    let address = format!("鳥取県鳥取市湖山町南四丁目１０１番地{}", "瀨川住宅".repeat(45));
    person(TOTTORI, "瀨川　旅人", &address, "319500000", Sex::Unknown)
}

/// Of another town.
pub fn hamada() -> Person {
    person(YONAGO, "濵田　昭三", "鳥取県米子市加茂町一丁目１番地", "319450815", Sex::Male)
}
