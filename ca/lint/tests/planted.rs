//! Mistakes of the profile, planted into a good certificate that is going to be signed: each is
//! found before anything is signed, by the rule that it breaks and by no other.

mod samples;

use akashi_lint::Lint;
use samples::{Body, Node, constructed, generalized, primitive, sequence, utf8};

fn lint(founding: &str) -> Lint {
    Lint::new(&samples::signed(samples::authority()).write(), founding.as_bytes()).unwrap()
}

/// The rules that a certificate would break, if it were signed.
fn broken(tbs: &Node, beside: &Node) -> Vec<&'static str> {
    let findings = lint(samples::FOUNDING).resident(&tbs.write(), &beside.write());
    findings.iter().map(|finding| finding.rule).collect()
}

/// Text of one of the six items, by its place.
fn item(tbs: &mut Node, place: usize, text: &str) {
    tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.at(&[place, 1, 0]).set(text));
}

fn usage(tbs: &mut Node, octets: [u8; 2]) {
    tbs.edit(samples::KEY_USAGE, |value| value.set(octets));
}

/// Puts another key in, with its own identifier.
fn key(tbs: &mut Node, mut key: Node) {
    let hash = samples::key_hash(&mut key);
    *tbs.at(&[6]) = key;
    tbs.edit(samples::SUBJECT_KEY, |value| value.set(hash));
}

fn yonago(value: &mut Node) {
    value.at(&[0, 0, 0, 0, 0, 4, 0, 1]).set("Yonago-shi CRLDP");
    value.at(&[0, 0, 0, 1]).set("http://crl.example/crl/1/312029.crl");
}

/// What was done wrong, the rule that says so, and how it is done.
type Planted = (&'static str, &'static str, fn(&mut Node));

const PLANTED: &[Planted] = &[
    ("another policy", "policy", |tbs| {
        tbs.edit(samples::POLICIES, |value| value.at(&[0, 0]).set([0x88, 0x37, 2]));
    }),
    ("a critical policy", "policy", |tbs| {
        tbs.extension(samples::POLICIES).nodes().insert(1, primitive(1, [0xff]));
    }),
    ("a statement elsewhere", "policy", |tbs| {
        tbs.edit(samples::POLICIES, |value| value.at(&[0, 1, 0, 1]).set("http://crl.example/CPS"));
    }),
    ("an end a day late", "validity", |tbs| tbs.at(&[4, 1]).set("291128145959Z")),
    ("an end a day early", "validity", |tbs| tbs.at(&[4, 1]).set("291126145959Z")),
    ("an end at midnight in UTC", "validity", |tbs| tbs.at(&[4, 1]).set("291127235959Z")),
    ("a beginning before the authority's", "within_authority", |tbs| {
        tbs.at(&[4, 0]).set("260331030000Z");
        tbs.at(&[4, 1]).set("290330145959Z");
    }),
    ("an end after the authority's", "within_authority", |tbs| {
        tbs.at(&[4, 0]).set("330402030000Z");
        tbs.at(&[4, 1]).set("360401145959Z");
    }),
    ("GeneralizedTime before 2050", "time_form", |tbs| {
        *tbs.at(&[4, 1]) = generalized("20291127145959Z");
    }),
    ("maps that changed places", "substitution_maps", |tbs| {
        let (name, address) = ("0".repeat(4), "0".repeat(samples::ADDRESS.chars().count()));
        item(tbs, 4, &address);
        item(tbs, 5, &name);
    }),
    ("a map that is too short", "substitution_maps", |tbs| item(tbs, 4, "000")),
    ("a map of octets and not of characters", "substitution_maps", |tbs| {
        item(tbs, 4, &"0".repeat(samples::NAME.len()));
    }),
    ("a map with a 2", "substitution_maps", |tbs| item(tbs, 4, "0200")),
    ("one locality", "subject_name", |tbs| {
        tbs.at(&[5]).nodes().remove(2);
    }),
    ("localities that changed places", "subject_name", |tbs| tbs.at(&[5]).nodes().swap(1, 2)),
    ("localities in one set", "subject_name", |tbs| {
        let town = tbs.at(&[5]).nodes().remove(2).nodes().remove(0);
        let set = tbs.at(&[5, 1]).nodes();
        set.push(town);
        set.sort_by_key(Node::write);
    }),
    ("a name in the subject", "subject_name", |tbs| tbs.at(&[5, 3, 0, 1]).set("HANAKO AKASHI")),
    ("a length longer than need be", "canonical_der", |tbs| {
        tbs.at(&[0]).body = Body::Raw(vec![0x81, 3, 2, 1, 2]);
    }),
    ("a default that is encoded", "canonical_der", |tbs| {
        tbs.extension(samples::POINTS).nodes().insert(1, primitive(1, [0]));
    }),
    ("an INTEGER with a zero too many", "canonical_der", |tbs| {
        tbs.at(&[0, 0]).set([0, 2]);
    }),
    ("one bit too many", "key_usage", |tbs| usage(tbs, [5, 0xe0])),
    ("one bit too few", "key_usage", |tbs| usage(tbs, [7, 0x80])),
    ("a key usage that may be overlooked", "key_usage", |tbs| {
        tbs.extension(samples::KEY_USAGE).nodes().remove(1);
    }),
    ("six items in another order", "six_items", |tbs| {
        tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.nodes().swap(3, 4));
    }),
    ("a seventh item", "six_items", |tbs| {
        tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.nodes().push(samples::item(7, "x")));
    }),
    ("an item as PrintableString", "six_items", |tbs| {
        tbs.edit(samples::SUBJECT_ALT_NAME, |value| value.at(&[2, 1, 0]).tag = 0x13);
    }),
    ("a name outside of the repertoire", "name_characters", |tbs| item(tbs, 0, "髙　花子")),
    ("sex 4", "sex", |tbs| item(tbs, 2, "4")),
    ("era 6", "birth_date", |tbs| item(tbs, 1, "619700115")),
    ("a year of another era", "birth_date", |tbs| item(tbs, 1, "419700115")),
    ("an address of another prefecture", "place_of_residence", |tbs| {
        item(tbs, 3, "島根県鳥取市尚徳町１１６番地");
    }),
    ("an address of another town", "place_of_residence", |tbs| {
        item(tbs, 3, "鳥取県米子市尚徳町１１６番地");
    }),
    ("the partition of another town", "place_of_residence", |tbs| {
        tbs.edit(samples::POINTS, yonago);
    }),
    ("a list on another host", "distribution_point", |tbs| {
        tbs.edit(samples::POINTS, |value| {
            value.at(&[0, 0, 0, 1]).set("http://crl.example.net/crl/1/312011.crl");
        });
    }),
    ("a list of another generation", "distribution_point", |tbs| {
        tbs.edit(samples::POINTS, |value| {
            value.at(&[0, 0, 0, 1]).set("http://crl.example/crl/2/312011.crl");
        });
    }),
    ("a distribution point by name alone", "distribution_point", |tbs| {
        tbs.edit(samples::POINTS, |value| value.at(&[0, 0, 0]).nodes().truncate(1));
    }),
    ("a responder on another host", "information_access", |tbs| {
        tbs.edit(samples::ACCESS, |value| value.at(&[0, 1]).set("http://ocsp.example.net/"));
    }),
    ("the authority key identifier of another key", "authority_key_identifier", |tbs| {
        tbs.edit(samples::AUTHORITY_KEY, |value| value.at(&[0]).set([7; 20]));
    }),
    ("the subject key identifier of another key", "subject_key_identifier", |tbs| {
        tbs.edit(samples::SUBJECT_KEY, |value| value.set([7; 20]));
    }),
    ("a serial number of 15 octets", "serial_number", |tbs| tbs.at(&[1]).set([0x42; 15])),
    ("a negative serial number", "serial_number", |tbs| tbs.at(&[1]).set([0xc2; 16])),
    ("a serial number of 17 octets with a zero in front", "serial_number", |tbs| {
        tbs.at(&[1]).set([&[0][..], &[0x82; 16]].concat());
    }),
    ("an extension that is there twice", "extensions_once", |tbs| {
        let second = tbs.extension(samples::SUBJECT_KEY).clone();
        tbs.extensions().push(second);
    }),
    ("basicConstraints", "no_authority", |tbs| {
        let value = sequence(vec![primitive(1, [0xff])]);
        tbs.extensions().push(samples::extension(samples::CONSTRAINTS, true, value));
    }),
    ("an unknown critical extension", "critical_extensions_known", |tbs| {
        tbs.extensions().push(samples::extension(&[0x2a, 3], true, utf8("x")));
    }),
    ("an extension of another profile", "no_other_extension", |tbs| {
        let usage = sequence(vec![samples::oid(&[0x2b, 6, 1, 5, 5, 7, 3, 4])]);
        tbs.extensions().push(samples::extension(samples::EXTENDED, false, usage));
    }),
    ("an extension that is missing", "extensions_present", |tbs| tbs.without(samples::ACCESS)),
    ("extensions that changed places", "extension_order", |tbs| tbs.extensions().swap(0, 1)),
    ("an issuer in other octets", "issuer_name", |tbs| tbs.at(&[3, 3, 0, 1]).tag = 0x13),
    ("an issuer that lost an OU", "issuer_name", |tbs| {
        tbs.at(&[3]).nodes().remove(2);
    }),
    ("an issuer in Japanese of another prefecture", "issuer_alt_name", |tbs| {
        tbs.edit(samples::ISSUER_ALT_NAME, |value| value.at(&[0, 0, 3, 0, 1]).set("島根県"));
    }),
    ("version 2", "version", |tbs| tbs.at(&[0, 0]).set([1])),
    ("a unique identifier", "no_unique_identifiers", |tbs| {
        tbs.nodes().insert(7, primitive(0x82, [0, 1]));
    }),
    ("a key on a curve", "public_key", |tbs| key(tbs, samples::ec_key())),
    ("an exponent of 3", "public_key", |tbs| {
        let mut other = samples::rsa_key(0x11);
        let bits = other.at(&[1]).octets();
        let mut inside = Node::read(&bits[1..]);
        inside.at(&[1]).set([3]);
        *bits = [&[0], &inside.write()[..]].concat();
        key(tbs, other);
    }),
    ("an even modulus", "public_key", |tbs| {
        let mut other = samples::rsa_key(0x11);
        let bits = other.at(&[1]).octets();
        let mut inside = Node::read(&bits[1..]);
        *inside.at(&[0]).octets().last_mut().unwrap() ^= 1;
        *bits = [&[0], &inside.write()[..]].concat();
        key(tbs, other);
    }),
];

#[test]
fn a_good_certificate_is_clean() {
    assert_eq!(broken(&samples::resident(), &samples::algorithm()), [] as [&str; 0]);
}

#[test]
fn each_planted_mistake_is_found_by_its_own_rule_and_by_no_other() {
    assert!(PLANTED.len() >= 20);
    for (what, rule, plant) in PLANTED {
        let mut tbs = samples::resident();
        plant(&mut tbs);
        assert_ne!(tbs, samples::resident(), "{what} was not planted");
        assert_eq!(broken(&tbs, &samples::algorithm()), [*rule], "{what}");
    }
}

#[test]
fn another_algorithm_beside_the_signature_is_found_and_another_inside() {
    let mut sha1 = samples::algorithm();
    *sha1.at(&[0]).octets().last_mut().unwrap() = 5;
    assert_eq!(broken(&samples::resident(), &sha1), ["signature_algorithm"]);
    let mut tbs = samples::resident();
    *tbs.at(&[2]) = sha1.clone();
    assert_eq!(broken(&tbs, &samples::algorithm()), ["signature_algorithm"]);
    assert_eq!(broken(&tbs, &sha1), ["signature_algorithm"]);
    let mut absent = samples::algorithm();
    absent.nodes().pop();
    assert_eq!(broken(&samples::resident(), &absent), ["signature_algorithm"]);
}

#[test]
fn whether_a_policy_is_critical_stands_in_the_founding_record() {
    let critical =
        samples::FOUNDING.replace("\"policy_critical\":false", "\"policy_critical\":true");
    let broken = |tbs: &Node| {
        let findings = lint(&critical).resident(&tbs.write(), &samples::algorithm().write());
        findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    let mut tbs = samples::resident();
    assert_eq!(broken(&tbs), ["policy"]);
    tbs.extension(samples::POLICIES).nodes().insert(1, primitive(1, [0xff]));
    assert_eq!(broken(&tbs), [] as [&str; 0]);
}

#[test]
fn the_policy_of_the_real_service_is_no_policy_of_ours_whatever_the_record_says() {
    let real = samples::FOUNDING.replace("2.999.1", "1.2.392.200149.8.5.1.1.10");
    let mut tbs = samples::resident();
    let policy = [0x2a, 0x83, 0x08, 0x8c, 0x9b, 0x55, 8, 5, 1, 1, 10];
    tbs.edit(samples::POLICIES, |value| value.at(&[0, 0]).set(policy));
    let findings = lint(&real).resident(&tbs.write(), &samples::algorithm().write());
    let rules: Vec<_> = findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["no_policy_of_the_real_service"]);
}

#[test]
fn no_finding_says_anything_of_the_person() {
    for (_, _, plant) in PLANTED {
        let mut tbs = samples::resident();
        plant(&mut tbs);
        for finding in lint(samples::FOUNDING).resident(&tbs.write(), &samples::algorithm().write())
        {
            let text = format!("{finding} {finding:?}");
            for word in ["花子", "尚徳町", "19700115", "HANAKO"] {
                assert!(!text.contains(word), "{text}");
            }
        }
    }
}

#[test]
fn octets_that_are_no_certificate_have_one_finding() {
    let lint = lint(samples::FOUNDING);
    let algorithm = samples::algorithm().write();
    let good = samples::resident().write();
    for end in 0..good.len() {
        assert_eq!(lint.resident(&good[..end], &algorithm).len(), 1, "cut at {end}");
    }
    let empty = constructed(0x30, vec![]).write();
    let [finding] = &lint.resident(&empty, &algorithm)[..] else { panic!() };
    assert_eq!(finding.rule, "readable");
}

/// Whatever single octet is changed, some rule sees it, but in what a certificate is free to say:
/// its number, its second of issue, its opaque name, its key, its person.
#[test]
fn whatever_else_is_changed_is_found() {
    let lint = lint(samples::FOUNDING);
    let algorithm = samples::algorithm().write();
    let good = samples::resident().write();
    let mut unseen = Vec::new();
    for index in 0..good.len() {
        let mut changed = good.clone();
        changed[index] ^= 0x01;
        if lint.resident(&changed, &algorithm).is_empty() {
            unseen.push(index);
        }
    }
    // The serial number, the time of day of notBefore, digits of the opaque name, of the birth date,
    // the sex and the maps, and characters that became others of the repertoire.
    assert!(unseen.len() <= 94, "{} changes of {}: {unseen:?}", unseen.len(), good.len());
}
