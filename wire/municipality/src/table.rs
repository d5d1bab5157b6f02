//! The table: read once, when first asked for.

use std::sync::LazyLock;

use super::{Municipality, MunicipalityCode};

/// All bodies in order of code.
pub(super) static TABLE: LazyLock<Vec<Municipality>> =
    LazyLock::new(|| read(include_str!("../data/municipalities.tsv")));

/// Reads the committed file. A fault in it is ours, found by the first test that asks, so it
/// stops the program and is no error to handle.
///
/// A ward does not name its city, it stands below it: the city of a 区 is the nearest 市 above it
/// in the same prefecture. The special wards of Tokyo-to have none above them.
fn read(file: &'static str) -> Vec<Municipality> {
    let mut city = None;
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (code, name, kana) = columns(line);
            if code.is_prefecture() {
                city = None;
            } else if name.ends_with('市') {
                city = Some(code);
            }
            Municipality { code, name, kana, city: city.filter(|_| name.ends_with('区')) }
        })
        .collect()
}

fn columns(line: &str) -> (MunicipalityCode, &str, &str) {
    let [code, name, kana] = line.split('\t').collect::<Vec<_>>()[..] else {
        panic!("municipalities.tsv: {line}: not three columns");
    };
    match code.parse() {
        Ok(code) => (code, name, kana),
        Err(wrong) => panic!("municipalities.tsv: {line}: {wrong}"),
    }
}
