//! Sentences for people, by code: Japanese and English, in one place (`en.ftl`, `ja.ftl`; Project Fluent).
//!
//! What is said to people is a code with facts ([`akashi_wire::alarm`]); here it becomes a sentence. A code without words in
//! either language does not pass the tests of this room.

mod facts;
mod runbook;

use std::sync::LazyLock;

use akashi_wire::Alarm;
use akashi_wire::party::Role;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

pub use facts::{clock, moment};
pub use runbook::{Runbook, book, contents};

/// In which language somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// 日本語.
    Japanese,
    /// English.
    English,
}

impl Language {
    /// Both, the officials' own first.
    pub const ALL: [Self; 2] = [Self::Japanese, Self::English];

    /// By what the environment says (`LC_ALL`, `LC_MESSAGES`, `LANG`, the first that says something): Japanese
    /// where it begins with `ja`.
    pub fn of_locale(says: impl Fn(&str) -> Option<String>) -> Self {
        let said = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| says(name).filter(|value| !value.is_empty()));
        match said.is_some_and(|value| value.starts_with("ja")) {
            true => Self::Japanese,
            false => Self::English,
        }
    }

    fn bundle(self) -> &'static Bundle {
        match self {
            Self::Japanese => &JAPANESE,
            Self::English => &ENGLISH,
        }
    }
}

type Bundle = FluentBundle<FluentResource>;

static JAPANESE: LazyLock<Bundle> = LazyLock::new(|| read("ja", include_str!("ja.ftl")));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| read("en", include_str!("en.ftl")));

fn read(language: &str, text: &str) -> Bundle {
    let resource = FluentResource::try_new(text.to_owned());
    let resource = resource.unwrap_or_else(|(_, errors)| panic!("{language}.ftl: {errors:?}"));
    let id: LanguageIdentifier = language.parse().expect("it is one");
    let mut bundle = Bundle::new_concurrent(vec![id]);
    // Marks that isolate directions are of no use between Japanese and English, and break what is searched for.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).unwrap_or_else(|errors| panic!("{language}.ftl: {errors:?}"));
    bundle
}

/// An alarm as one sentence.
pub fn of_alarm(alarm: &Alarm, language: Language) -> String {
    let facts = facts::of(alarm, language);
    // What has no words is shown as it stands in the book: nothing is kept from anybody.
    say(language, alarm.code(), None, &facts).unwrap_or_else(|| alarm.to_text())
}

/// A capacity in which somebody acts, as 受付窓口職員 of a town.
pub fn of_role(role: &Role, language: Language) -> String {
    let facts = facts::of_value(&serde_json::to_value(role).expect("a role is JSON"), language);
    say(language, "capacity", None, &facts).unwrap_or_else(|| role.name().to_owned())
}

/// A line of a page: the message with this code, or one of its attributes, with these facts.
pub fn line(
    code: &str,
    attribute: Option<&str>,
    with: &[(&'static str, String)],
    language: Language,
) -> String {
    let mut facts = FluentArgs::new();
    for (name, fact) in with {
        facts.set(*name, fact.clone());
    }
    say(language, code, attribute, &facts).unwrap_or_else(|| code.to_owned())
}

/// The message with this code, or one of its attributes; `None` where there is none, or a fact is missing.
fn say(
    language: Language,
    code: &str,
    attribute: Option<&str>,
    facts: &FluentArgs<'_>,
) -> Option<String> {
    let bundle = language.bundle();
    let message = bundle.get_message(code)?;
    let pattern = match attribute {
        None => message.value()?,
        Some(name) => message.get_attribute(name)?.value(),
    };
    let mut errors = Vec::new();
    let said = bundle.format_pattern(pattern, Some(facts), &mut errors);
    errors.is_empty().then(|| said.into_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fluent_syntax::ast;

    use super::*;

    fn facts_of(pattern: &ast::Pattern<&str>, facts: &mut BTreeSet<String>) {
        let mut inline = |one: &ast::InlineExpression<&str>| match one {
            ast::InlineExpression::VariableReference { id } => _ = facts.insert(id.name.into()),
            ast::InlineExpression::FunctionReference { .. }
            | ast::InlineExpression::Placeable { .. } => panic!("look into this too"),
            _ => {}
        };
        let mut within = Vec::new();
        for element in &pattern.elements {
            match element {
                ast::PatternElement::TextElement { .. } => {}
                ast::PatternElement::Placeable { expression: ast::Expression::Inline(one) } => {
                    inline(one)
                }
                ast::PatternElement::Placeable {
                    expression: ast::Expression::Select { selector, variants },
                } => {
                    inline(selector);
                    within.extend(variants.iter().map(|one| &one.value));
                }
            }
        }
        within.into_iter().for_each(|pattern| facts_of(pattern, facts));
    }

    #[test]
    fn the_language_is_that_of_the_environment_and_english_where_it_says_nothing() {
        let of = |all: &[(&str, &str)]| {
            let found = |name: &str| {
                all.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            };
            Language::of_locale(found)
        };
        assert_eq!(of(&[]), Language::English);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8")]), Language::Japanese);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C")]), Language::English);
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "")]), Language::Japanese);
    }

    #[test]
    fn both_languages_have_the_same_words_with_the_same_facts() {
        let words = |text: &str| {
            let resource = FluentResource::try_new(text.to_owned()).unwrap();
            let mut words = BTreeSet::new();
            for entry in resource.entries() {
                let ast::Entry::Message(message) = entry else { continue };
                let value = message.value.iter().map(|value| (None, value));
                let attributes = message.attributes.iter();
                let named = attributes.map(|one| (Some(one.id.name.to_owned()), &one.value));
                for (attribute, pattern) in value.chain(named) {
                    let mut facts = BTreeSet::new();
                    facts_of(pattern, &mut facts);
                    words.insert((message.id.name.to_owned(), attribute, facts));
                }
            }
            words
        };
        let (japanese, english) = (words(include_str!("ja.ftl")), words(include_str!("en.ftl")));
        let only = |of: &BTreeSet<_>, other| of.difference(other).cloned().collect::<Vec<_>>();
        assert_eq!(only(&japanese, &english), []);
        assert_eq!(only(&english, &japanese), []);
    }
}
