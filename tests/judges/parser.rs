//! x509-parser, which knows nothing of how we write: what must be the same is the same, octet for
//! octet.
//!
//! A library that keeps one attribute of each type in a name would drop the second L, and the
//! second OU of the issuer with it: the chain would break, and no error would say so.

use std::fs;

use x509_parser::prelude::*;

use crate::dump::{Tlv, read};
use crate::scene::scenes;

/// The value of an extension.
fn value<'a>(extensions: &[X509Extension<'a>], oid: &str) -> &'a [u8] {
    let found = extensions.iter().find(|extension| extension.oid.to_id_string() == oid);
    found.unwrap_or_else(|| panic!("extension {oid} is missing")).value
}

fn only<'a>(tlv: &Tlv<'a>) -> Tlv<'a> {
    let [one] = tlv.children()[..] else { panic!("one element expected") };
    one
}

#[test]
fn two_localities_stand_in_the_subject_and_the_issuer_is_the_authoritys_subject() {
    for scene in scenes() {
        let (_, ca) = parse_x509_certificate(&scene.ca_der).unwrap();
        assert_eq!(ca.issuer().as_raw(), ca.subject().as_raw());
        assert_eq!(ca.subject().iter_organizational_unit().count(), 2);
        for (leaf, town) in scene
            .good
            .iter()
            .map(|leaf| (leaf, "Tottori-shi"))
            .chain([(&scene.neighbour, "Yonago-shi")])
        {
            let (_, leaf) = parse_x509_certificate(&leaf.der).unwrap();
            let localities: Vec<_> = leaf
                .subject()
                .iter_locality()
                .map(|locality| locality.as_str().unwrap().to_owned())
                .collect();
            assert_eq!(localities, ["Tottori-ken", town]);
            assert_eq!(leaf.subject().iter_rdn().count(), 4);
            assert_eq!(leaf.issuer().as_raw(), ca.subject().as_raw());
            leaf.verify_signature(Some(ca.public_key())).unwrap();
        }
        let pem = fs::read(scene.file("responder.pem")).unwrap();
        let (_, pem) = parse_x509_pem(&pem).unwrap();
        let responder = pem.parse_x509().unwrap();
        assert_eq!(responder.issuer().as_raw(), ca.subject().as_raw());
    }
}

#[test]
fn the_distribution_point_of_a_certificate_is_that_of_its_list_octet_for_octet() {
    for scene in scenes() {
        let name_in = |list: &str| {
            let octets = fs::read(scene.file(list)).unwrap();
            let (_, list) = parse_x509_crl(&octets).unwrap();
            let idp = read(value(list.extensions(), "2.5.29.28"));
            let [name, only_users] = idp.children()[..] else { panic!("two parts expected") };
            assert_eq!((only_users.tag, only_users.content), (0x81, &[0xff][..]));
            only(&name).whole.to_vec()
        };
        let (ours, neighbours) = (name_in("partition.der"), name_in("neighbour.der"));
        assert_ne!(ours, neighbours);
        let revoked = scene.revoked.iter().map(|(leaf, _)| (leaf, &ours));
        let good = scene.good.iter().map(|leaf| (leaf, &ours));
        for (leaf, name) in good.chain(revoked).chain([(&scene.neighbour, &neighbours)]) {
            let (_, leaf) = parse_x509_certificate(&leaf.der).unwrap();
            let points = read(value(leaf.extensions(), "2.5.29.31"));
            let point = only(&points);
            let named = only(&point);
            assert_eq!(only(&named).whole, name.as_slice());
        }
    }
}

#[test]
fn key_identifiers_lead_from_everything_to_the_authority() {
    for scene in scenes() {
        let (_, ca) = parse_x509_certificate(&scene.ca_der).unwrap();
        let own = read(value(ca.extensions(), "2.5.29.14")).content;
        for leaf in scene.good.iter().chain([&scene.neighbour]) {
            let (_, leaf) = parse_x509_certificate(&leaf.der).unwrap();
            let named = read(value(leaf.extensions(), "2.5.29.35"));
            assert_eq!(only(&named).content, own);
        }
        for list in ["partition.der", "neighbour.der", "complete.der", "authority.der"] {
            let octets = fs::read(scene.file(list)).unwrap();
            let (_, list) = parse_x509_crl(&octets).unwrap();
            assert_eq!(only(&read(value(list.extensions(), "2.5.29.35"))).content, own);
            assert_eq!(list.issuer().as_raw(), ca.subject().as_raw());
        }
    }
}
