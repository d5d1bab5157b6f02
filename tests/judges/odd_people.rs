//! People whose names, addresses and birth dates are odd: some by hand, the others by the
//! registry's own hand for made-up people, with everybody left out who is ordinary.

use akashi_ca::characters::{
    ADDRESS_LIMIT, CertificateText, CharacterError, Choices, Unresolved, certify_address,
    certify_name,
};
use akashi_registry::Person;
use akashi_registry::people::synthesise;
use akashi_wire::municipality::Municipality;
use akashi_wire::{FourItems, MunicipalityCode, Sex};
use rand::Rng;

use crate::people::{PREFECTURE, town};

/// A name, what follows the municipality in the address, birth date, sex.
type Oddity = (&'static str, &'static str, &'static str, Sex);

/// By hand. Characters: of JIS X 0212 alone, outside of both and substituted, beyond the Basic
/// Multilingual Plane, with a variation selector, in pieces; half-width, full-width; names of one
/// part, of one character, of many words. Dates: nothing known, parts known, days of no calendar.
const BY_HAND: [Oddity; 24] = [
    ("髙﨑　德", "東町１番地", "319600229", Sex::Female),
    ("𠮷野　𠮷之助", "西町２番地", "319710229", Sex::Male),
    ("渡邊\u{e0100}　槇", "本町３番地", "119120730", Sex::Female),
    ("葛\u{e0100}城　祇\u{e0100}園", "栄町４番地", "219120730", Sex::Male),
    ("丂　丄", "新町５番地", "319500000", Sex::Unknown),
    ("一　二", "六丁目", "000000000", Sex::Unknown),
    ("ｶﾞｷﾞｸﾞ　ﾊﾟﾋﾟﾌﾟ", "ﾒｿﾞﾝ･ﾄﾞ･ﾏｯﾎﾟ7号", "400000000", Sex::Female),
    ("が\u{3099}　は\u{309a}", "大字八", "319450300", Sex::Female),
    ("ヱヰヵヶヴ　ゝゞヽヾ", "字九", "219200100", Sex::Female),
    ("ソクラテス", "十番地", "419900731", Sex::Male),
    ("凛", "十一番地", "520200229", Sex::Female),
    ("SUKARNO", "１２番地", "019480000", Sex::Male),
    ("O'BRIEN-MÜLLER JEAN-PIERRE", "13-1, N. TOWER", "019700101", Sex::Male),
    ("NGUYỄN THỊ HƯƠNG", "１４番地", "019950815", Sex::Female),
    ("ÅSTRÖM ÆGIR ØYVIND", "１５番地", "019801231", Sex::Male),
    ("JOSÉ MARÍA ÑANDÚ", "１６番地", "019600229", Sex::Male),
    (
        "MARIA DE LOS ANGELES GUADALUPE ESPERANZA DE LA CONCEPCION Y TODOS LOS SANTOS \
      FERNANDEZ DE CORDOBA VAN DER BERG",
        "１７番地",
        "019650606",
        Sex::Female,
    ),
    (
        "アレクサンドラ・マリア・フォン・ホーエンツォレルン＝ジグマリンゲン　ヴィクトリア",
        "１８番地",
        "019991231",
        Sex::Female,
    ),
    (
        "寿限無寿限無五劫の擦り切れ海砂利水魚の水行末雲来末風来末　長久命の長助",
        "１９番地",
        "520190501",
        Sex::Male,
    ),
    ("山田　太郎", "20番地の0", "420000101", Sex::Male),
    ("山田　太郎", "20番地の0", "420000101", Sex::Male),
    ("山田 太郎", "２０番地の０", "420000101", Sex::Male),
    ("　余白　余子　", "　２１番地　", "419890108", Sex::Female),
    ("０１　ＡＢ", "①番館Ⅱ号　№３　㈱内", "319890107", Sex::Unknown),
];

/// The municipalities of the prefecture.
pub fn towns() -> Vec<MunicipalityCode> {
    let prefecture = town(PREFECTURE).prefecture();
    Municipality::in_prefecture(prefecture).map(|municipality| municipality.code).collect()
}

/// Name and address as a certificate says them. Where no substitute is agreed, the officer at the
/// counter decides; here it is always the same kana.
pub fn certificate_texts(items: &FourItems) -> (CertificateText, CertificateText) {
    let decided = |text, certify: Certify| match certify(text, &Choices::none()) {
        Err(CharacterError::Unresolved { unresolved, .. }) => {
            let decide = |choices: Choices, one: &Unresolved| {
                choices.with(one.position, "ヨミ").expect("kana are a substitute")
            };
            certify(text, &unresolved.iter().fold(Choices::none(), decide))
        }
        other => other,
    };
    let name = decided(&items.name, certify_name).expect("a name");
    (name, decided(&items.address, certify_address).expect("an address"))
}

type Certify = fn(&str, &Choices) -> Result<CertificateText, CharacterError>;

fn is_odd(items: &FourItems) -> bool {
    let (name, address) = certificate_texts(items);
    let substituted = name.map().contains('1') || address.map().contains('1');
    let is_latin = items.name.is_ascii() || items.name.contains('（');
    let date = items.birth_date.to_string();
    substituted
        || is_latin
        || date.starts_with('0')
        || date.ends_with("00")
        || address.text().chars().count() > 60
}

/// So many odd people, spread over all municipalities. The same state of `rng` gives the same.
pub fn odd_people(count: usize, rng: &mut impl Rng) -> Vec<Person> {
    let towns = towns();
    let mut by_hand = BY_HAND.iter();
    let today = jiff::civil::date(2026, 1, 5);
    let mut people: Vec<Person> = Vec::new();
    while people.len() < count {
        let code = towns[people.len() % towns.len()];
        let municipality = Municipality::of(code).expect("a code of the table");
        let prefix = municipality.address_prefix();
        if let Some((name, rest, birth_date, sex)) = by_hand.next() {
            let items = FourItems {
                name: (*name).into(),
                address: format!("{prefix}{rest}"),
                birth_date: birth_date.parse().expect("a birth date"),
                sex: *sex,
            };
            people.push(Person { municipality: code, items, protected: false });
            continue;
        }
        let mut person = synthesise(municipality, today, people.last(), rng);
        if !is_odd(&person.items) {
            continue;
        }
        // Every tenth address is as long as a certificate may say.
        if people.len().is_multiple_of(10) {
            fill(&mut person.items);
        }
        people.push(person);
    }
    people
}

/// Lengthens an address until the certificate's text has 200 characters.
fn fill(items: &mut FourItems) {
    items.address.push('　');
    loop {
        match certificate_texts(items).1.text().chars().count() {
            ADDRESS_LIMIT.. => return,
            length => items.address.push(if length % 2 == 0 { '瀨' } else { '川' }),
        }
    }
}
