use super::*;

fn code(text: &str) -> MunicipalityCode {
    text.parse().unwrap()
}

fn body(text: &str) -> &'static Municipality {
    Municipality::of(code(text)).unwrap()
}

#[test]
fn the_table_lists_47_prefectures_1747_municipalities_and_175_wards_in_order() {
    let wards = Municipality::all().iter().filter(|body| body.city().is_some());
    let municipalities = Municipality::prefectures()
        .flat_map(|prefecture| Municipality::in_prefecture(prefecture.code.prefecture()));
    assert_eq!(Municipality::prefectures().count(), 47);
    assert_eq!(municipalities.count(), 1747);
    assert_eq!(wards.count(), 175);
    assert_eq!(Municipality::all().len(), 1969);
    assert!(Municipality::all().is_sorted_by(|one, next| one.code < next.code));
}

#[test]
fn each_of_the_1969_codes_reads_as_it_is_written_and_any_other_check_digit_is_refused() {
    for body in Municipality::all() {
        let text = body.code.to_string();
        assert_eq!(text.parse(), Ok(body.code));
        let (five, right) = text.split_at(5);
        let expected: u8 = right.parse().unwrap();
        for found in (0..10).filter(|found| *found != expected) {
            let wrong = format!("{five}{found}").parse::<MunicipalityCode>();
            assert_eq!(wrong, Err(InvalidCode::CheckDigit { expected, found }));
        }
    }
}

#[test]
fn a_text_that_is_no_code_is_told_what_is_wrong_with_it() {
    let told = |text: &str| text.parse::<MunicipalityCode>().unwrap_err().to_string();
    assert_eq!(told(""), "the code has 0 characters, expected 6");
    assert_eq!(told("13104"), "the code has 5 characters, expected 6");
    assert_eq!(told("1310411"), "the code has 7 characters, expected 6");
    assert_eq!(told(" 13104"), "character 1 of the code is ' ', not a digit");
    assert_eq!(told("13l041"), "character 3 of the code is 'l', not a digit");
    assert_eq!(told("１３１０４１"), "character 1 of the code is '１', not a digit");
    assert_eq!(told("131042"), "the check digit of the code is 2, expected 1");
    assert_eq!(told("000000"), "no prefecture has the number 00; they run from 01 to 47");
    assert_eq!(told("480002"), "no prefecture has the number 48; they run from 01 to 47");
}

#[test]
fn a_prefectures_number_is_two_digits_and_leads_to_its_own_code() {
    let tokyo: PrefectureCode = "13".parse().unwrap();
    assert_eq!(tokyo, code("131041").prefecture());
    assert_eq!(tokyo.code(), code("130001"));
    assert_eq!(tokyo.to_string(), "13");
    assert_eq!(code("010006").prefecture().to_string(), "01");
    let wrong = PrefectureCode::try_from("00").unwrap_err();
    assert_eq!(wrong, InvalidCode::NoSuchPrefecture { found: 0 });
    let wrong = PrefectureCode::try_from("130001").unwrap_err();
    assert_eq!(wrong, InvalidCode::Length { expected: 2, found: 6 });
}

#[test]
fn codes_travel_as_strings_and_a_wrong_one_is_refused_at_the_door() {
    let sapporo_chuo = code("011011");
    assert_eq!(serde_json::to_string(&sapporo_chuo).unwrap(), r#""011011""#);
    assert_eq!(serde_json::from_str::<MunicipalityCode>(r#""011011""#).unwrap(), sapporo_chuo);
    assert_eq!(serde_json::to_string(&sapporo_chuo.prefecture()).unwrap(), r#""01""#);
    let wrong = serde_json::from_str::<MunicipalityCode>(r#""011012""#).unwrap_err();
    assert!(wrong.to_string().starts_with("the check digit of the code is 2, expected 1"));
}

#[test]
fn a_well_formed_code_that_nobody_bears_is_not_in_the_table() {
    assert_eq!(Municipality::of(code("139998")), None);
}

#[test]
fn a_body_knows_its_name_its_prefecture_and_its_city() {
    assert_eq!(body("130001").name, "東京都");
    assert_eq!(body("131016").name, "千代田区");
    assert_eq!(body("131041").name, "新宿区");
    assert_eq!(body("131041").kana, "しんじゅくく");
    assert_eq!(body("131041").prefecture(), body("130001"));
    assert_eq!(body("131041").city(), None);
    assert_eq!(body("130001").prefecture(), body("130001"));
    assert_eq!(body("011011").city(), Some(body("011002")));
    assert_eq!(body("141518").city().map(|city| city.name), Some("相模原市"));
}

#[test]
fn an_address_begins_with_the_prefecture_and_a_wards_city() {
    assert_eq!(body("130001").address_prefix(), "東京都");
    assert_eq!(body("131041").address_prefix(), "東京都新宿区");
    assert_eq!(body("011011").address_prefix(), "北海道札幌市中央区");
    assert_eq!(body("133612").address_prefix(), "東京都大島町");
}

#[test]
fn a_prefecture_lists_its_municipalities_and_a_designated_city_its_wards() {
    let tokyo = code("130001").prefecture();
    assert_eq!(Municipality::in_prefecture(tokyo).count(), 62);
    assert_eq!(Municipality::in_prefecture(tokyo).next(), Some(body("131016")));
    assert!(Municipality::in_prefecture(tokyo).all(|body| body.city().is_none()));
    assert_eq!(body("011002").wards().count(), 10);
    assert_eq!(body("011002").wards().next(), Some(body("011011")));
    assert_eq!(body("131041").wards().count(), 0);
}

#[test]
fn every_body_has_a_name_in_roman_letters_that_fits_a_printable_string() {
    for body in Municipality::all() {
        let name = body.romaji();
        for word in name.split(' ') {
            let (stem, kind) = word.split_once('-').unwrap();
            assert!(stem.starts_with(|c: char| c.is_ascii_uppercase()), "{name}");
            assert!(stem[1..].chars().all(|c| c.is_ascii_lowercase()), "{name}");
            let kinds = ["to", "do", "fu", "ken", "shi", "ku", "cho", "machi", "mura", "son"];
            assert!(kinds.contains(&kind), "{name}");
        }
    }
}

#[test]
fn every_boundary_between_words_stands_in_a_name_of_the_table() {
    for (kanji, before, after) in romaji::BOUNDARIES {
        let run_together = format!("{before}{after}");
        let holds =
            |body: &&Municipality| body.name.contains(kanji) && body.kana.contains(&run_together);
        assert!(Municipality::all().iter().any(|body| holds(&body)), "{kanji}");
    }
}

#[test]
fn names_are_written_in_roman_letters_as_they_are_spoken() {
    let spoken = [
        ("010006", "Hokkai-do"),
        ("130001", "Tokyo-to"),
        ("270008", "Osaka-fu"),
        ("260002", "Kyoto-fu"),
        ("100005", "Gunma-ken"),
        ("440001", "Oita-ken"),
        ("280003", "Hyogo-ken"),
        ("390003", "Kochi-ken"),
        ("131016", "Chiyoda-ku"),
        ("131024", "Chuo-ku"),
        ("131041", "Shinjuku-ku"),
        ("131059", "Bunkyo-ku"),
        ("131083", "Koto-ku"),
        ("131113", "Ota-ku"),
        ("132012", "Hachioji-shi"),
        ("132055", "Ome-shi"),
        ("132063", "Fuchu-shi"),
        ("132080", "Chofu-shi"),
        ("132144", "Kokubunji-shi"),
        ("133078", "Hinohara-mura"),
        ("133612", "Oshima-machi"),
        ("011011", "Sapporo-shi Chuo-ku"),
        ("271004", "Osaka-shi"),
        ("151009", "Niigata-shi"),
        ("272248", "Settsu-shi"),
    ];
    for (code, name) in spoken {
        assert_eq!(body(code).romaji(), name);
    }
}

#[test]
fn consonants_follow_hepburn_with_n_before_every_letter() {
    let spoken = [
        ("310000", "Tottori-ken"),
        ("014001", "Kutchan-cho"),
        ("473260", "Chatan-cho"),
        ("072109", "Nihonmatsu-shi"),
        ("285862", "Shinonsen-cho"),
        ("332089", "Soja-shi"),
        ("335860", "Shinjo-son"),
        ("112160", "Hanyu-shi"),
        ("124435", "Onjuku-machi"),
        ("124630", "Kyonan-machi"),
        ("152081", "Ojiya-shi"),
        ("442020", "Beppu-shi"),
        ("422088", "Matsuura-shi"),
        ("393878", "Niyodogawa-cho"),
        ("342131", "Hatsukaichi-shi"),
    ];
    for (code, name) in spoken {
        assert_eq!(body(code).romaji(), name);
    }
}

#[test]
fn two_vowels_are_one_long_vowel_unless_a_new_word_begins_between_them() {
    let spoken = [
        ("092096", "Moka-shi"),
        ("112101", "Kazo-shi"),
        ("112194", "Ageo-shi"),
        ("015601", "Takinoue-cho"),
        ("015784", "Shiraoi-cho"),
        ("016420", "Hiroo-cho"),
        ("122181", "Katsuura-shi"),
        ("132292", "Nishitokyo-shi"),
        ("143626", "Oi-machi"),
        ("152102", "Tokamachi-shi"),
        ("203033", "Koumi-machi"),
        ("213829", "Wanouchi-cho"),
        ("232254", "Chiryu-shi"),
        ("252131", "Higashiomi-shi"),
        ("253847", "Ryuo-cho"),
        ("272205", "Mino-shi"),
        ("282090", "Toyooka-shi"),
        ("294250", "Oji-cho"),
        ("304212", "Nachikatsuura-cho"),
        ("332127", "Setouchi-shi"),
        ("336220", "Shoo-cho"),
        ("342122", "Higashihiroshima-shi"),
        ("353051", "Suooshima-cho"),
        ("382159", "Toon-shi"),
        ("462179", "Soo-shi"),
        ("464911", "Minamiosumi-cho"),
        ("465259", "Setouchi-cho"),
    ];
    for (code, name) in spoken {
        assert_eq!(body(code).romaji(), name);
    }
}
