//! Names: common ones, those with characters that certificates do not have, and foreign ones.

use akashi_wire::Sex;
use rand::{Rng, RngExt as _};

use super::one_of;

/// One in so many family names is awkward.
const AWKWARD: f64 = 1.0 / 15.0;
/// One in so many given names is awkward.
const AWKWARD_GIVEN: f64 = 1.0 / 60.0;
/// One in so many foreign residents has a 通称.
const COMMON_NAME: f64 = 1.0 / 4.0;

const FAMILY: [&str; 72] = [
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "渡辺",
    "山本",
    "中村",
    "小林",
    "加藤",
    "吉田",
    "山田",
    "佐々木",
    "山口",
    "松本",
    "井上",
    "木村",
    "林",
    "斎藤",
    "清水",
    "山崎",
    "森",
    "池田",
    "橋本",
    "阿部",
    "石川",
    "山下",
    "中島",
    "石井",
    "小川",
    "前田",
    "岡田",
    "長谷川",
    "藤田",
    "後藤",
    "近藤",
    "村上",
    "遠藤",
    "青木",
    "坂本",
    "福田",
    "西村",
    "太田",
    "三浦",
    "藤原",
    "岡本",
    "松田",
    "中川",
    "中野",
    "原田",
    "小野",
    "竹内",
    "金子",
    "和田",
    "中山",
    "石田",
    "上田",
    "森田",
    "原",
    "柴田",
    "酒井",
    "工藤",
    "横山",
    "宮崎",
    "宮本",
    "内田",
    "五十嵐",
    "勅使河原",
    "一",
    "二階堂",
    "小鳥遊",
    "東海林",
];

/// Outside of JIS X 0208, outside of 0212 too, with a variation selector, or hard to tell apart.
const AWKWARD_FAMILY: [&str; 34] = [
    "髙橋",
    "髙木",
    "髙田",
    "﨑山",
    "﨑元",
    "德永",
    "德川",
    "瀨川",
    "廣瀨",
    "𠮷田",
    "𠮷野",
    "𠮷川",
    "渡邉",
    "渡邊",
    "渡邉",
    "渡邊",
    "濵田",
    "濵﨑",
    "嵜本",
    "山嵜",
    "齋藤",
    "齊藤",
    "邉見",
    "田邊",
    "葛\u{e0100}城",
    "葛\u{e0100}西",
    "辻\u{e0100}本",
    "辻",
    "辻井",
    "榊\u{e0100}原",
    "祇\u{e0100}園",
    "栁田",
    "桒原",
    "𡈽屋",
];

const FEMALE: [&str; 40] = [
    "花子",
    "さくら",
    "美咲",
    "葵",
    "陽菜",
    "結衣",
    "愛",
    "恵子",
    "洋子",
    "幸子",
    "和子",
    "久美子",
    "由美子",
    "真由美",
    "智子",
    "裕子",
    "香織",
    "恵",
    "直美",
    "千代",
    "キヨ",
    "ハナ",
    "ミツ",
    "トメ",
    "ひなた",
    "心春",
    "莉子",
    "七海",
    "彩花",
    "千尋",
    "明日香",
    "文子",
    "節子",
    "京子",
    "すゞ",
    "つる",
    "みどり",
    "恭子",
    "典子",
    "サト",
];

const MALE: [&str; 40] = [
    "太郎",
    "一郎",
    "次郎",
    "三郎",
    "健",
    "誠",
    "隆",
    "浩",
    "茂",
    "清",
    "勇",
    "進",
    "博",
    "正",
    "弘",
    "大輔",
    "翔太",
    "拓也",
    "健太",
    "大樹",
    "蓮",
    "悠真",
    "湊",
    "樹",
    "颯",
    "修",
    "学",
    "豊",
    "清左衛門",
    "勝",
    "昭二",
    "和夫",
    "幸雄",
    "敏行",
    "哲也",
    "直樹",
    "亮",
    "実",
    "喜一郎",
    "潤",
];

const AWKWARD_FEMALE: [&str; 9] =
    ["ﾏﾘｱ", "ゑい", "ヰク", "瑤子", "德子", "瑞\u{e0100}希", "エミリー", "凜", "ヱミ"];

const AWKWARD_MALE: [&str; 9] =
    ["德之助", "𠮷之助", "琢\u{e0100}磨", "ｼﾞｮﾝ", "昻", "晧一", "悊", "靑磁", "槇夫"];

const FOREIGN_FAMILY: [&str; 20] = [
    "SMITH",
    "NGUYEN",
    "TRAN",
    "KIM",
    "LEE",
    "WANG",
    "ZHANG",
    "SANTOS",
    "DA SILVA",
    "O'BRIEN",
    "GARCIA",
    "MÜLLER",
    "SHRESTHA",
    "RAHMAN",
    "VAN DER BERG",
    "FERNANDEZ",
    "PARK",
    "CHEN",
    "HARJO-SAARINEN",
    "WICKRAMASINGHE",
];

const FOREIGN_GIVEN: [&str; 14] = [
    "JOHN",
    "MARIA CLARA",
    "VAN ANH",
    "MIN HO",
    "XIAO MING",
    "ANA BEATRIZ",
    "JEAN-PIERRE",
    "AYE AYE",
    "FATIMA",
    "DAVID MICHAEL",
    "SITI NUR",
    "THI THU HUONG",
    "OLGA",
    "CHOU",
];

/// As long as passports have them.
const LONG_GIVEN: [&str; 4] = [
    "MARIA DE LOS ANGELES GUADALUPE ESPERANZA",
    "PEDRO DE ALCANTARA FRANCISCO ANTONIO JOAO CARLOS XAVIER DE PAULA MIGUEL RAFAEL",
    "KARUNARATNE MUDIYANSELAGE DON SAMARASEKARA BANDARANAIKE",
    "ABDUL RAHMAN MUHAMMAD IBN YUSUF AL MANSURI",
];

/// 通称: what some foreign residents are called in daily life; stands after the name.
const COMMON_NAMES: [&str; 6] = [
    "井上\u{3000}民雄",
    "金本\u{3000}明",
    "林\u{3000}美玲",
    "山田\u{3000}マリア",
    "髙山\u{3000}哲",
    "田中\u{3000}ジョン",
];

/// Family name, U+3000, given name.
pub(super) fn japanese(sex: Sex, rng: &mut impl Rng) -> String {
    let family: &[&str] = if rng.random_bool(AWKWARD) { &AWKWARD_FAMILY } else { &FAMILY };
    let given: &[&str] = match (is_female(sex, rng), rng.random_bool(AWKWARD_GIVEN)) {
        (true, false) => &FEMALE,
        (true, true) => &AWKWARD_FEMALE,
        (false, false) => &MALE,
        (false, true) => &AWKWARD_MALE,
    };
    format!("{}\u{3000}{}", one_of(family, rng), one_of(given, rng))
}

/// Latin capitals, family name first; perhaps the 通称 in brackets after it.
pub(super) fn foreign(rng: &mut impl Rng) -> String {
    let given: &[&str] = if rng.random_bool(0.15) { &LONG_GIVEN } else { &FOREIGN_GIVEN };
    let name = format!("{}\u{3000}{}", one_of(&FOREIGN_FAMILY, rng), one_of(given, rng));
    match rng.random_bool(COMMON_NAME) {
        true => format!("{name}（{}）", one_of(&COMMON_NAMES, rng)),
        false => name,
    }
}

fn is_female(sex: Sex, rng: &mut impl Rng) -> bool {
    match sex {
        Sex::Female => true,
        Sex::Male => false,
        Sex::Unknown => rng.random_bool(0.5),
    }
}
