//! Six otherName in the order .1 .4 .3 .5 .2 .6, each a UTF8String, and no other name.
//!
//! ```asn1
//! GeneralName ::= CHOICE {
//!      otherName                       [0]     OtherName, ... }
//! OtherName ::= SEQUENCE {
//!      type-id    OBJECT IDENTIFIER,
//!      value      [0] EXPLICIT ANY DEFINED BY type-id }
//! ```

use crate::certificate::Certificate;
use crate::finding::{Verdict, must};
use crate::rules::{CertificateRule, Rule};
use crate::{der, oid};
use x509_parser::extensions::{GeneralName, ParsedExtension};

pub(crate) const RULE: CertificateRule = Rule {
    name: "six_items",
    source: "RFC 5280 §4.2.1.6, profile: six otherName of arc 1.2.392.200149.8.5.5",
    check,
};

fn check(certificate: &Certificate<'_>) -> Verdict {
    let Some(extension) = certificate.extension(oid::SUBJECT_ALT_NAME) else { return Ok(()) };
    must(!extension.critical, "the six items must not be critical")?;
    let numbers: Option<Vec<u8>> =
        items(certificate).map(|item| item.map(|(number, _)| number)).collect();
    must(
        numbers.is_some_and(|numbers| numbers == [1, 4, 3, 5, 2, 6]),
        "six items must stand in the order .1 .4 .3 .5 .2 .6, each a UTF8String",
    )
}

/// The items of a certificate in their order, each with its number and its text; `None` where there
/// is a name of another kind.
pub(crate) fn items<'c>(
    certificate: &'c Certificate<'_>,
) -> impl Iterator<Item = Option<(u8, &'c str)>> {
    let names = match certificate.extension(oid::SUBJECT_ALT_NAME).map(|one| one.parsed_extension())
    {
        Some(ParsedExtension::SubjectAlternativeName(names)) => names.general_names.as_slice(),
        _ => &[],
    };
    names.iter().map(|name| {
        let GeneralName::OtherName(kind, value) = name else { return None };
        let [number] = kind.as_bytes().strip_prefix(oid::PERSON)? else { return None };
        let value = der::only(value).ok().filter(|value| value.tag == 0xa0)?;
        let text = der::only(value.content).ok().filter(|text| text.tag == 0x0c)?;
        Some((*number, std::str::from_utf8(text.content).ok()?))
    })
}

/// The text of the item with this number.
pub(crate) fn text<'c>(certificate: &'c Certificate<'_>, number: u8) -> Option<&'c str> {
    items(certificate).flatten().find(|(found, _)| *found == number).map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use crate::rules::trial;
    use crate::samples;

    #[test]
    fn items_in_another_order_or_of_another_kind_are_found() {
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.nodes().swap(1, 2));
        });
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.at(&[2, 1, 0]).tag = 0x13);
        });
        trial::certificate(&super::RULE, samples::resident(), |tbs| {
            tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.nodes().truncate(5));
        });
    }
}
