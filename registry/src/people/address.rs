//! Addresses: quarters of invented towns, in every way of numbering, with and without a building.

use akashi_wire::municipality::Municipality;
use rand::{Rng, RngExt as _};

use super::one_of;

/// One in so many addresses names a building and a room.
const BUILDING: f64 = 0.4;

const QUARTER: [&str; 24] = [
    "青葉",
    "若葉",
    "桜ヶ丘",
    "栄町",
    "本町",
    "緑町",
    "東雲",
    "曙",
    "泉",
    "中央",
    "旭ヶ丘",
    "花園",
    "柳",
    "千歳",
    "春日",
    "末広",
    "富士見",
    "霞ヶ関",
    "明石",
    "鶴ヶ島",
    "松風",
    "西ノ原",
    "新開",
    "美園",
];

const VILLAGE: [&str; 12] = [
    "上山",
    "下川",
    "大沢",
    "辻",
    "﨑浜",
    "髙瀬",
    "鵜ノ木",
    "槙",
    "瀨戸",
    "藪田",
    "鰺ヶ沢",
    "土\u{e0100}屋",
];

const PLOT: [&str; 8] = ["前田", "向山", "鍛冶屋敷", "イ", "ロ", "北ノ沢", "葭原", "塚"];

const CHOME: [&str; 6] = ["一丁目", "二丁目", "三丁目", "四丁目", "５丁目", "6丁目"];

const HOUSE: [&str; 12] = [
    "メゾン青葉",
    "コーポ明石",
    "若葉ハイツ",
    "第２旭ビル",
    "ﾒｿﾞﾝ･ﾄﾞ･ﾏｯﾎﾟ",
    "グランドール桜ヶ丘Ⅱ",
    "県営住宅３号棟",
    "SAKURA COURT",
    "パークサイド①番館",
    "𠮷田荘",
    "髙橋マンション",
    "シャトー・ド・ラ・フォンテーヌ",
];

/// Official names may be this long.
const LONG_HOUSE: [&str; 3] = [
    "独立行政法人都市再生機構明石東雲キャナルコートシティガーデンズ中央第二住宅イーストウイング高層棟",
    "プレミアムグランドレジデンスタワー明石シーサイドヴィラージュ・ザ・マークス・アンド・スイート～海の見える丘～",
    "社会福祉法人青葉会特別養護老人ホーム富士見の里ユニット型個室棟「ひだまり・こもれび・せせらぎ」内",
];

/// An address in a municipality, as its register might have it.
pub(super) fn within(town: &Municipality, rng: &mut impl Rng) -> String {
    let mut number = |upto: u32| rng.random_range(1..=upto);
    let (block, house, last) = (number(40), number(30), number(9));
    let (way, plot) = (number(16), number(4000));
    let prefix = town.address_prefix();
    let quarter = format!("{prefix}{}", one_of(&QUARTER, rng));
    let village = format!("{prefix}大字{}", one_of(&VILLAGE, rng));
    let chome = one_of(&CHOME, rng);
    let mut address = match way {
        1..=6 => format!("{quarter}{chome}{block}番{house}号"),
        7..=9 => format!("{quarter}{chome}{block}－{house}"),
        10 => format!("{quarter}{}", wide(&format!("{last}-{block}-{house}"))),
        11 => format!("{quarter}{chome}{block}番{house}～{}号", house + 2),
        12 | 13 => format!("{village}{plot}番地{last}"),
        14 => format!("{village}字{}{plot}番地の{last}", one_of(&PLOT, rng)),
        15 => format!("{village}{plot}番地"),
        _ => format!("{quarter}無番地"),
    };
    if rng.random_bool(BUILDING) {
        let houses: &[&str] = if rng.random_bool(0.03) { &LONG_HOUSE } else { &HOUSE };
        address.push('\u{3000}');
        address.push_str(one_of(houses, rng));
        let room = rng.random_range(1..=14) * 100 + rng.random_range(1..=12);
        address.push_str(&match rng.random_range(0..4) {
            0 => format!("{room}号室"),
            1 => wide(&format!("{room}")),
            2 => format!("－{room}"),
            _ => wide(&format!("{room}号")),
        });
    }
    address
}

/// Full-width digits and hyphens (U+FF0D).
fn wide(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '0'..='9' | '-' => {
                char::from_u32(c as u32 + 0xfee0).expect("ASCII has a full-width form")
            }
            other => other,
        })
        .collect()
}
