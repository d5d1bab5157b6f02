//! What residents, officers and relying agencies may expect of certificate text.

mod properties;

use std::collections::HashSet;

use super::*;

fn certified(original: &str) -> CertificateText {
    certify(original, &Choices::none()).unwrap()
}

#[test]
fn the_repertoire_has_the_12947_characters_of_the_two_standards() {
    let all: Vec<char> = ('\u{0}'..=char::MAX).filter(|&c| in_repertoire(c)).collect();
    assert_eq!(all.len(), 12_947);
    assert!(all.iter().all(|c| !c.is_ascii() && !normalise::is_control(*c)));
    // 6,879 and 6,066 by cells; the last two are cells 1-79 and 1-17 by their names.
    assert_eq!(all.iter().filter(|c| !matches!(c, '¥' | '‾')).count(), 6_879 + 6_066);
}

#[test]
fn vendors_characters_are_outside_and_rare_kanji_of_the_standards_inside() {
    for outside in ['\u{9AD9}', '\u{FA11}', '德', '瀨', '𠮷', '①', 'Ⅱ', '㈱', 'ｱ', '－', '～']
    {
        assert!(!in_repertoire(outside), "{outside}");
    }
    for inside in ['嵜', '濵', '邊', '邉', '高', '崎', 'é', '々', '　', '−', '〜'] {
        assert!(in_repertoire(inside), "{inside}");
    }
}

#[test]
fn every_agreed_substitute_replaces_an_outside_character_by_inside_ones_and_stands_once() {
    let mut seen = HashSet::new();
    for (original, substitute) in substitutes::all() {
        assert!(!admits(original), "{original} needs no substitute");
        assert!(!substitute.is_empty() && substitute.chars().all(in_repertoire), "{substitute}");
        assert!(seen.insert(original), "{original} stands twice");
        let normal = normalise(&original.to_string());
        assert_eq!(normal[0].character, original, "normalisation hides {original}");
    }
    assert!(seen.len() > 1_000);
}

#[test]
fn takahashi_with_the_ladder_becomes_takahashi_and_the_map_says_where() {
    let name = certify_name("髙橋　德子", &Choices::none()).unwrap();
    assert_eq!((name.text(), name.map()), ("高橋　徳子", "10010"));
    let [first, second] = name.substitutions() else { panic!("two substitutions") };
    assert_eq!((first.position, first.original, first.substitute.as_str()), (0, '髙', "高"));
    assert_eq!(first.source, SubstitutionSource::Agreed);
    assert_eq!((first.code_point().as_str(), second.position), ("U+9AD9", 3));
}

#[test]
fn common_variants_in_names_have_agreed_substitutes() {
    let originals = "﨑瀨𠮷栁增寬橫淸黑緖郞\u{FA19}\u{F929}\u{FA45}\u{1B002}";
    assert_eq!(certified(originals).text(), "崎瀬吉柳増寛横清黒緒郎神朗海あ");
    assert_eq!(certified("嵜濵邊邉").map(), "0000");
}

#[test]
fn machine_variants_are_normalised_and_do_not_count_as_substitutions() {
    for (original, text) in [
        ("１\u{FF0D}２", "１\u{2212}２"),
        ("\u{FF5E}~", "\u{301C}\u{301C}"),
        ("葛\u{E0100}城", "葛城"),
        ("辻\u{FE00}\u{E0101}", "辻"),
        ("ｶﾞｷﾞﾊﾟｳﾞｱﾞﾟ", "ガギパヴア゛゜"),
        ("か\u{3099}は\u{309A}", "がぱ"),
        ("Jose\u{301}", "José"),
        ("A/B ~\\", "A／B 〜＼"),
        ("\u{2225}\u{FFE0}\u{FFE1}\u{FFE2}\u{FFE4}", "‖¢£¬¦"),
        ("¥‾—＇", "￥￣―'"),
        ("　 山田　太郎　　", "山田　太郎"),
    ] {
        let certified = certified(original);
        assert_eq!(certified.text(), text);
        assert!(!certified.map().contains('1'));
    }
}

#[test]
fn a_latin_name_stays_as_it_is_written() {
    for name in ["O'BRIEN-SMITH J. JR, 3", "GARCÍA LÓPEZ　MARÍA JOSÉ", "SUHARTO"] {
        assert_eq!(certify_name(name, &Choices::none()).unwrap().text(), name);
    }
}

#[test]
fn family_and_given_name_in_kanji_are_parted_by_a_wide_space() {
    let name = certify_name("髙田 ﾊﾅｺ", &Choices::none()).unwrap();
    assert_eq!((name.text(), name.map()), ("高田　ハナコ", "100000"));
}

#[test]
fn characters_without_a_substitute_go_to_the_officer_all_of_them() {
    let refused = certify("髙\u{E000}ﾊﾞ①\"", &Choices::none()).unwrap_err();
    let CharacterError::Unresolved { unresolved, proposed } = &refused else { panic!("{refused}") };
    let waiting: Vec<_> = unresolved.iter().map(|one| (one.position, one.original)).collect();
    assert_eq!(waiting, [(1, '\u{E000}'), (4, '①'), (5, '"')]);
    assert_eq!(proposed.len(), 1);
    assert_eq!(
        refused.to_string(),
        "no substitute is agreed for U+E000 (character 2), U+2460 (character 5), U+0022 (character 6)"
    );
}

#[test]
fn the_resident_may_ask_for_another_substitute_or_a_reading_in_kana() {
    let choices = Choices::none().with(0, "嵜").unwrap().with(2, "ﾖｼｶﾞ").unwrap();
    let name = certify_name("﨑　\u{E000}男", &choices).unwrap();
    assert_eq!((name.text(), name.map()), ("嵜　ヨシガ男", "101110"));
    assert!(name.substitutions().iter().all(|one| one.source == SubstitutionSource::Chosen));
}

#[test]
fn a_choice_must_be_one_character_of_the_repertoire_or_kana() {
    for refused in ["", " ", "　", "〓", "髙", "高崎", "高さ", "AB", "\"", "\n", "①"] {
        let error = Choices::none().with(0, refused).unwrap_err();
        assert_eq!(error, CharacterError::NotASubstitute { replacement: refused.to_owned() });
    }
    for taken in ["高", "A", "１", "たか", "ﾀｶ", "コー"] {
        assert!(Choices::none().with(0, taken).is_ok(), "{taken}");
    }
}

#[test]
fn a_choice_where_none_is_needed_was_made_for_another_text_and_is_refused() {
    for position in [1, 2, 7] {
        let choices = Choices::none().with(position, "辺").unwrap();
        let refused = certify("髙邊\u{E0100}", &choices);
        assert_eq!(refused, Err(CharacterError::NothingToChoose { position }));
    }
}

#[test]
fn control_and_layout_characters_are_refused_with_their_code_point() {
    for character in
        ['\0', '\n', '\u{7F}', '\u{85}', '\u{200B}', '\u{202E}', '\u{FEFF}', '\u{FFFE}']
    {
        let refused = certify(&format!("山{character}田"), &Choices::none()).unwrap_err();
        assert_eq!(refused, CharacterError::ControlCharacter { position: 1, character });
        assert!(refused.to_string().contains(&format!("U+{:04X}", character as u32)));
    }
}

#[test]
fn a_name_or_address_of_spaces_only_is_empty() {
    for empty in ["", " ", "　 　", "\u{E0100}"] {
        assert_eq!(certify_name(empty, &Choices::none()), Err(CharacterError::Empty));
        assert_eq!(certify_address(empty, &Choices::none()), Err(CharacterError::Empty));
    }
}

#[test]
fn an_address_has_at_most_200_characters_after_substitution() {
    let longest = "ﾊﾞ".repeat(199) + "Ⅰ";
    assert_eq!(certify_address(&longest, &Choices::none()).unwrap().map().len(), 200);
    let refused = certify_address(&("あ".repeat(199) + "Ⅱ"), &Choices::none());
    assert_eq!(refused, Err(CharacterError::AddressTooLong { count: 201 }));
}

#[test]
fn originals_differ_by_a_substitution_but_not_by_a_machine_variant() {
    for (a, b) in [("髙", "高"), ("神", "\u{FA19}"), ("山田", "山口"), ("山田", "山田太")]
    {
        assert!(!same_original(a, b), "{a} {b}");
    }
    for (a, b) in [
        ("１\u{FF0D}２", "１\u{2212}２"),
        ("１－２", "1-2"),
        ("葛", "葛\u{E0100}"),
        ("ﾊﾟﾝ　ＡＢ", "パン AB"),
        ("山田", "　山田 "),
        ("Nguye\u{302}\u{303}n", "Nguyễn"),
    ] {
        assert!(same_original(a, b), "{a} {b}");
    }
}

#[test]
fn certificate_text_hides_the_name_from_logs() {
    assert_eq!(format!("{:?}", certified("髙田")), "CertificateText(2 characters, 1 substituted)");
}
