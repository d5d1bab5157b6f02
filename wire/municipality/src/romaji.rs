//! Names in Roman letters: modified Hepburn from the kana, without macrons or apostrophes.
//!
//! おう, おお and うう are one long vowel and written short: おおさか is `Osaka`. They are two
//! vowels where the first ends one word of the name and the second begins the next: とよ・おか is
//! `Toyooka`. The kana does not show which; [`BOUNDARIES`] does. ん is `n` before every letter,
//! っ doubles the consonant and is `t` before `ch`, づ and ず are both `zu`. A name is written as
//! it is read, even where its body writes it otherwise: `Minamiarupusu-shi` for Minami-Alps.

/// The words of a name between which two vowels meet that only look like a long one: kanji, what
/// comes before the boundary, what comes after. Applies to each name that contains the kanji.
///
/// All names in the table with such a pair of vowels were judged. Long, and so not here, are
/// 近江 (Omi), 青梅 (Ome), 河内 as ごうち (Sanagochi), 通 (Higashidori), 郡 (Koriyama), 十日
/// (Tokamachi), and by the city's own spelling 真岡 (Moka) and 箕面 (Minoh, here Mino).
pub(super) const BOUNDARIES: [(&str, &str, &str); 14] = [
    ("勝浦", "かつ", "うら"),
    ("小海", "こ", "うみ"),
    ("山ノ内", "やまの", "うち"),
    ("広尾", "ひろ", "お"),
    ("曽於", "そ", "お"),
    ("松浦", "まつ", "うら"),
    ("滝上", "たきの", "うえ"),
    ("瀬戸内", "せと", "うち"),
    ("琴浦", "こと", "うら"),
    ("西之表", "にしの", "おもて"),
    ("豊丘", "とよ", "おか"),
    ("豊岡", "とよ", "おか"),
    ("豊浦", "とよ", "うら"),
    ("輪之内", "わの", "うち"),
];

/// What stands between two words that must not run together. Not a kana, and not written.
const BOUNDARY: char = '・';

/// The kinds of body, and how each may be read.
const KINDS: [(char, &[&str]); 8] = [
    ('都', &["と"]),
    ('道', &["どう"]),
    ('府', &["ふ"]),
    ('県', &["けん"]),
    ('市', &["し"]),
    ('区', &["く"]),
    ('町', &["ちょう", "まち"]),
    ('村', &["むら", "そん"]),
];

/// A body's own name: `Shinjuku-ku` for 新宿区, しんじゅくく.
pub(super) fn of_body(name: &str, kana: &str) -> String {
    let (stem, kind) = split_kind(name, kana);
    let letters = hepburn(&with_boundary(name, stem));
    let (initial, rest) = letters.split_at(letters.len().min(1));
    format!("{}{rest}-{}", initial.to_ascii_uppercase(), hepburn(kind))
}

/// The reading without its last word, and that word, which says what kind of body it is.
fn split_kind<'a>(name: &str, kana: &'a str) -> (&'a str, &'a str) {
    KINDS
        .iter()
        .filter(|(kanji, _)| name.ends_with(*kanji))
        .flat_map(|(_, readings)| *readings)
        .find_map(|reading| kana.strip_suffix(reading))
        .map(|stem| kana.split_at(stem.len()))
        .unwrap_or_else(|| panic!("{name} is read {kana}, which tells no kind of body"))
}

fn with_boundary(name: &str, kana: &str) -> String {
    match BOUNDARIES.iter().find(|(kanji, ..)| name.contains(kanji)) {
        Some((_, before, after)) => {
            kana.replace(&format!("{before}{after}"), &format!("{before}{BOUNDARY}{after}"))
        }
        None => kana.to_owned(),
    }
}

fn hepburn(kana: &str) -> String {
    let mut letters = String::new();
    // The vowel that the next kana may still lengthen.
    let mut open = None;
    let mut doubled = false;
    for kana in kana.chars() {
        match kana {
            BOUNDARY => open = None,
            'っ' => doubled = true,
            'う' if matches!(open, Some('o' | 'u')) => open = None,
            'お' if open == Some('o') => open = None,
            'ゃ' => open = glide(&mut letters, 'a'),
            'ゅ' => open = glide(&mut letters, 'u'),
            'ょ' => open = glide(&mut letters, 'o'),
            _ => {
                let syllable = syllable(kana);
                if std::mem::take(&mut doubled) {
                    letters.push(match syllable {
                        "chi" => 't',
                        _ => syllable.as_bytes()[0].into(),
                    });
                }
                letters.push_str(syllable);
                open = syllable.chars().last();
            }
        }
    }
    letters
}

/// Turns the `i` of the syllable just written into this vowel: `ki` into `kya`, `shi` into `sha`.
fn glide(letters: &mut String, vowel: char) -> Option<char> {
    letters.pop();
    if !["sh", "ch", "j"].iter().any(|sound| letters.ends_with(sound)) {
        letters.push('y');
    }
    letters.push(vowel);
    Some(vowel)
}

#[rustfmt::skip]
fn syllable(kana: char) -> &'static str {
    match kana {
        'あ' => "a",  'い' => "i",   'う' => "u",   'え' => "e",  'お' => "o",
        'か' => "ka", 'き' => "ki",  'く' => "ku",  'け' => "ke", 'こ' => "ko",
        'が' => "ga", 'ぎ' => "gi",  'ぐ' => "gu",  'げ' => "ge", 'ご' => "go",
        'さ' => "sa", 'し' => "shi", 'す' => "su",  'せ' => "se", 'そ' => "so",
        'ざ' => "za", 'じ' => "ji",  'ず' => "zu",  'ぜ' => "ze", 'ぞ' => "zo",
        'た' => "ta", 'ち' => "chi", 'つ' => "tsu", 'て' => "te", 'と' => "to",
        'だ' => "da", 'ぢ' => "ji",  'づ' => "zu",  'で' => "de", 'ど' => "do",
        'な' => "na", 'に' => "ni",  'ぬ' => "nu",  'ね' => "ne", 'の' => "no",
        'は' => "ha", 'ひ' => "hi",  'ふ' => "fu",  'へ' => "he", 'ほ' => "ho",
        'ば' => "ba", 'び' => "bi",  'ぶ' => "bu",  'べ' => "be", 'ぼ' => "bo",
        'ぱ' => "pa", 'ぴ' => "pi",  'ぷ' => "pu",  'ぺ' => "pe", 'ぽ' => "po",
        'ま' => "ma", 'み' => "mi",  'む' => "mu",  'め' => "me", 'も' => "mo",
        'や' => "ya",                'ゆ' => "yu",                'よ' => "yo",
        'ら' => "ra", 'り' => "ri",  'る' => "ru",  'れ' => "re", 'ろ' => "ro",
        'わ' => "wa",                                             'ん' => "n",
        _ => panic!("{kana} is in no reading of the table"),
    }
}
