//! Good samples. They share no line with what they test.
#![allow(dead_code, unused_imports, missing_docs)] // Three targets use them, each its part.

mod node;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

pub use node::*;

pub const FOUNDING: &str = r#"{"prefecture":"310000","organisation":"Akashi Test",
    "ocsp_url":"http://ocsp.example/","repository_url":"http://crl.example",
    "policy":"2.999.1","access":"open","policy_critical":false,
    "validity":"from_issue_day","generation":1}"#;

pub const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
pub const POLICIES: &[u8] = &[0x55, 0x1d, 32];
pub const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 17];
pub const ISSUER_ALT_NAME: &[u8] = &[0x55, 0x1d, 18];
pub const CONSTRAINTS: &[u8] = &[0x55, 0x1d, 19];
pub const POINTS: &[u8] = &[0x55, 0x1d, 31];
pub const ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
pub const AUTHORITY_KEY: &[u8] = &[0x55, 0x1d, 35];
pub const SUBJECT_KEY: &[u8] = &[0x55, 0x1d, 14];
pub const EXTENDED: &[u8] = &[0x55, 0x1d, 37];
pub const NO_CHECK: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5];
pub const NUMBER: &[u8] = &[0x55, 0x1d, 20];
pub const REASON: &[u8] = &[0x55, 0x1d, 21];
pub const ISSUING_POINT: &[u8] = &[0x55, 0x1d, 28];

pub const NAME: &str = "証　花子";
pub const ADDRESS: &str = "鳥取県鳥取市尚徳町１１６番地";

/// sha256WithRSAEncryption, its parameters NULL.
pub fn algorithm() -> Node {
    let id = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    sequence(vec![oid(&id), primitive(5, [])])
}

pub fn name(attributes: &[(u8, &str)]) -> Node {
    let rdn = |(kind, text): &(u8, &str)| {
        let text = if *kind == 6 { primitive(0x13, *text) } else { utf8(text) };
        constructed(0x31, vec![sequence(vec![oid(&[0x55, 4, *kind]), text])])
    };
    sequence(attributes.iter().map(rdn).collect())
}

pub fn authority_name() -> Node {
    name(&[(6, "JP"), (10, "Akashi Test"), (11, "Certification Authority"), (11, "Tottori-ken")])
}

fn japanese_name() -> Node {
    let japanese =
        name(&[(6, "JP"), (10, "Akashi Test"), (11, "電子署名に係る認証局"), (11, "鳥取県")]);
    sequence(vec![constructed(0xa4, vec![japanese])])
}

/// An RSA key of 2048 bits whose modulus has the form of one; nothing is ever signed with it.
pub fn rsa_key(octet: u8) -> Node {
    let mut modulus = vec![octet; 257];
    (modulus[0], modulus[1], modulus[256]) = (0, 0xc5, 0x6d);
    let key = sequence(vec![primitive(2, modulus), primitive(2, [1, 0, 1])]).write();
    let id = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    sequence(vec![
        sequence(vec![oid(&id), primitive(5, [])]),
        primitive(3, [&[0], &key[..]].concat()),
    ])
}

/// A key on the curve P-256 that has the form of one.
pub fn ec_key() -> Node {
    let (ec, p256) =
        ([0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1], [0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let point = [&[0, 4], &[0x5a; 64][..]].concat();
    sequence(vec![sequence(vec![oid(&ec), oid(&p256)]), primitive(3, point)])
}

/// SHA-1 of the bits of a SubjectPublicKeyInfo.
pub fn key_hash(key: &mut Node) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, &key.at(&[1]).octets()[1..]).as_ref().to_vec()
}

pub fn sha1(octets: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, octets).as_ref().to_vec()
}

fn uri(address: &str) -> Node {
    primitive(0x86, address)
}

/// cRLDistributionPoints of one point.
fn point(directory: Node, address: &str) -> Node {
    let names = constructed(0xa0, vec![constructed(0xa4, vec![directory]), uri(address)]);
    sequence(vec![sequence(vec![constructed(0xa0, vec![names])])])
}

/// The distribution point of 鳥取市.
pub fn tottori_point() -> Node {
    let directory = name(&[
        (6, "JP"),
        (10, "Akashi Test"),
        (11, "CRL Distribution Points"),
        (11, "Tottori-ken"),
        (3, "Tottori-shi CRLDP"),
    ]);
    point(directory, "http://crl.example/crl/1/312011.crl")
}

fn identifiers(own: &mut Node) -> [Node; 2] {
    let authority = sequence(vec![primitive(0x80, key_hash(&mut rsa_key(0xca)))]);
    [
        extension(AUTHORITY_KEY, false, authority),
        extension(SUBJECT_KEY, false, primitive(4, key_hash(own))),
    ]
}

fn tbs(serial: u8, validity: [Node; 2], subject: Node, key: Node, extensions: Vec<Node>) -> Node {
    sequence(vec![
        constructed(0xa0, vec![primitive(2, [2])]),
        primitive(2, [serial; 16]),
        algorithm(),
        authority_name(),
        sequence(validity.into()),
        subject,
        key,
        constructed(0xa3, vec![sequence(extensions)]),
    ])
}

/// One of the six items.
pub fn item(number: u8, text: &str) -> Node {
    let id = [0x2a, 0x83, 0x08, 0x8c, 0x9b, 0x55, 8, 5, 5, number];
    constructed(0xa0, vec![oid(&id), constructed(0xa0, vec![utf8(text)])])
}

/// TBSCertificate of a resident of 鳥取市.
pub fn resident() -> Node {
    let mut key = rsa_key(0x11);
    let zeros = |text: &str| "0".repeat(text.chars().count());
    let cps = sequence(vec![
        oid(&[0x2b, 6, 1, 5, 5, 7, 2, 1]),
        primitive(0x16, "http://crl.example/cps"),
    ]);
    let access = |last: u8, address: &str| {
        sequence(vec![oid(&[0x2b, 6, 1, 5, 5, 7, 0x30, last]), uri(address)])
    };
    let [authority, own] = identifiers(&mut key);
    let extensions = vec![
        extension(KEY_USAGE, true, primitive(3, [6, 0xc0])),
        extension(
            POLICIES,
            false,
            sequence(vec![sequence(vec![oid(&[0x88, 0x37, 1]), sequence(vec![cps])])]),
        ),
        extension(
            SUBJECT_ALT_NAME,
            false,
            sequence(vec![
                item(1, NAME),
                item(4, "319700115"),
                item(3, "2"),
                item(5, ADDRESS),
                item(2, &zeros(NAME)),
                item(6, &zeros(ADDRESS)),
            ]),
        ),
        extension(ISSUER_ALT_NAME, false, japanese_name()),
        extension(POINTS, false, tottori_point()),
        extension(
            ACCESS,
            false,
            sequence(vec![
                access(1, "http://ocsp.example/"),
                access(2, "http://crl.example/ca/1.cer"),
            ]),
        ),
        authority,
        own,
    ];
    let subject = name(&[
        (6, "JP"),
        (7, "Tottori-ken"),
        (7, "Tottori-shi"),
        (3, "00112233445566778899aabbccddeeff"),
    ]);
    // The day of issue in Japan is 28 November 2026; the last day 27 November 2029.
    tbs(0x42, [utc("261128030000Z"), utc("291127145959Z")], subject, key, extensions)
}

/// TBSCertificate of a responder.
pub fn responder() -> Node {
    let mut key = ec_key();
    let [authority, own] = identifiers(&mut key);
    let extensions = vec![
        extension(KEY_USAGE, true, primitive(3, [7, 0x80])),
        extension(EXTENDED, true, sequence(vec![oid(&[0x2b, 6, 1, 5, 5, 7, 3, 9])])),
        extension(NO_CHECK, false, primitive(5, [])),
        authority,
        own,
    ];
    let subject =
        name(&[(6, "JP"), (10, "Akashi Test"), (11, "Tottori-ken"), (3, "OCSP Responder")]);
    tbs(0x43, [utc("261120000000Z"), utc("261220000000Z")], subject, key, extensions)
}

/// TBSCertificate of the authority.
pub fn authority() -> Node {
    let mut key = rsa_key(0xca);
    let own = primitive(4, key_hash(&mut key));
    let directory = name(&[
        (6, "JP"),
        (10, "Akashi Test"),
        (11, "CRL Distribution Points"),
        (3, "Authority CRLDP"),
    ]);
    let extensions = vec![
        extension(KEY_USAGE, true, primitive(3, [1, 6])),
        extension(CONSTRAINTS, true, sequence(vec![primitive(1, [0xff]), primitive(2, [0])])),
        extension(SUBJECT_KEY, false, own),
        extension(SUBJECT_ALT_NAME, false, japanese_name()),
        extension(POINTS, false, point(directory, "http://crl.example/crl/1/authority.crl")),
    ];
    let validity = [utc("260401000000Z"), utc("360331145959Z")];
    tbs(0x41, validity, authority_name(), key, extensions)
}

/// A certificate of a TBSCertificate, with a signature that nobody made.
pub fn signed(tbs: Node) -> Node {
    sequence(vec![tbs, algorithm(), primitive(3, vec![0; 257])])
}

/// TBSCertList of 鳥取市 with two entries, number 9.
pub fn list() -> Node {
    let entry = |octet: u8, reason: u8| {
        let reason = extension(REASON, false, primitive(0x0a, [reason]));
        sequence(vec![primitive(2, [octet; 16]), utc("261101000000Z"), sequence(vec![reason])])
    };
    let mut point = tottori_point();
    let names = point.at(&[0, 0]).clone();
    let issuing = sequence(vec![names, primitive(0x81, [0xff])]);
    let key = sequence(vec![primitive(0x80, key_hash(&mut rsa_key(0xca)))]);
    let extensions = sequence(vec![
        extension(AUTHORITY_KEY, false, key),
        extension(NUMBER, false, primitive(2, [9])),
        extension(ISSUING_POINT, true, issuing),
    ]);
    sequence(vec![
        primitive(2, [1]),
        algorithm(),
        authority_name(),
        utc("261128030000Z"),
        utc("261130030000Z"),
        sequence(vec![entry(0x41, 1), entry(0x42, 4)]),
        constructed(0xa0, vec![extensions]),
    ])
}

/// BasicOCSPResponse: one certificate, good.
pub fn basic() -> Node {
    let (mut key, mut authority) = (ec_key(), rsa_key(0xca));
    let cert_id = sequence(vec![
        sequence(vec![oid(&[0x2b, 0x0e, 3, 2, 0x1a]), primitive(5, [])]),
        primitive(4, sha1(&authority_name().write())),
        primitive(4, key_hash(&mut authority)),
        primitive(2, [0x42; 16]),
    ]);
    let one = sequence(vec![
        cert_id,
        primitive(0x80, []),
        generalized("20261128030000Z"),
        constructed(0xa0, vec![generalized("20261128040000Z")]),
    ]);
    let data = sequence(vec![
        constructed(0xa2, vec![primitive(4, key_hash(&mut key))]),
        generalized("20261128030000Z"),
        sequence(vec![one]),
    ]);
    sequence(vec![
        data,
        sequence(vec![oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])]),
        primitive(3, vec![0; 72]),
        constructed(0xa0, vec![sequence(vec![signed(responder())])]),
    ])
}

/// OCSPResponse of a BasicOCSPResponse.
pub fn answer(basic: Node) -> Node {
    let bytes =
        sequence(vec![oid(&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]), primitive(4, basic.write())]);
    sequence(vec![primitive(0x0a, [0]), constructed(0xa0, vec![bytes])])
}
