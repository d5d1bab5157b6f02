//! What holds for every text, not only for those we thought of.

use proptest::prelude::*;

use super::super::*;
use super::certified;

/// Text as registers, vendors and accidents write it.
fn text() -> impl Strategy<Value = String> {
    let outside: Vec<char> = substitutes::all().map(|(original, _)| original).collect();
    let inside: Vec<char> = ('\u{80}'..='\u{FFFF}').filter(|&c| in_repertoire(c)).collect();
    let pieces: Vec<char> =
        "かはウワAe\u{3099}\u{309A}ﾞﾟ\u{301}\u{E0100}\u{FE00}  　　".chars().collect();
    let character = prop_oneof![
        4 => prop::sample::select(inside),
        3 => prop::sample::select(outside),
        4 => prop::sample::select(pieces),
        2 => prop::char::range(' ', '~'),
        2 => prop::char::range('\u{FF00}', '\u{FFEF}'),
        1 => any::<char>(),
    ];
    prop::collection::vec(character, 0..24).prop_map(String::from_iter)
}

/// Kana for every character that waits for a decision.
fn decided(original: &str) -> Result<(CertificateText, Choices), CharacterError> {
    match certify(original, &Choices::none()) {
        Ok(text) => Ok((text, Choices::none())),
        Err(CharacterError::Unresolved { unresolved, .. }) => {
            let choices = unresolved
                .iter()
                .try_fold(Choices::none(), |choices, one| choices.with(one.position, "カナ"))?;
            Ok((certify(original, &choices)?, choices))
        }
        Err(other) => Err(other),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_without_control_characters_can_be_decided_and_is_then_inside_the_repertoire(
        original in text()
    ) {
        prop_assume!(!original.contains(normalise::is_control));
        let (certified, choices) = decided(&original).unwrap();
        prop_assert!(certified.text().chars().all(admits));
        // Walk the original once more: zeros exactly where a character stands for itself.
        let (mut text, mut map) = (String::new(), String::new());
        for Placed { position, character } in normalise(&original) {
            let substitute = choices.at(position).or(agreed_substitute(character));
            let (part, digit) = match substitute {
                Some(substitute) => (substitute.to_owned(), "1"),
                None => (character.to_string(), "0"),
            };
            map += &digit.repeat(part.chars().count());
            text += &part;
        }
        prop_assert_eq!(certified.text(), text);
        prop_assert_eq!(certified.map(), map);
        prop_assert_eq!(certified.map().len(), certified.text().chars().count());
    }

    #[test]
    fn certificate_text_certified_again_is_itself_with_nothing_substituted(original in text()) {
        let Ok((first, _)) = decided(&original) else { return Ok(()) };
        let again = certified(first.text());
        prop_assert_eq!(again.text(), first.text());
        prop_assert!(again.map().chars().all(|digit| digit == '0'));
        if let Ok(name) = first.not_empty().map(CertificateText::with_parted_names) {
            let again = certify_name(name.text(), &Choices::none()).unwrap();
            prop_assert_eq!(again.text(), name.text());
        }
    }

    #[test]
    fn an_original_is_the_same_as_its_normalised_self(original in text()) {
        let normal: String = normalise(&original).iter().map(|placed| placed.character).collect();
        prop_assert!(same_original(&original, &normal));
    }
}
