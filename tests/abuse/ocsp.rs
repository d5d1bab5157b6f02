//! OCSP questions that break a rule, or only seem to, at the plain door in `open` mode.

use akashi_ledger::Access;
use akashi_wire::RevocationReason;
use akashi_wire::date::EffectiveDate;

use crate::der::*;
use crate::question::Said::*;
use crate::question::*;
use crate::support::*;
use crate::well::{Well, the_chain_is_whole};
use crate::wire::{one, post, request, said};

/// A world that answers everybody, the authority, a serial in force and one revoked.
pub struct Scene {
    pub place: Place,
    pub about: About,
    pub good: Holder,
    pub revoked: Holder,
}

impl Scene {
    pub async fn open(access: Access) -> Self {
        let mut place = Place::make(Book::Sqlite, access, usual_start()).await;
        let (_, good) = place.holder(tottori()).await;
        let (code, revoked) = place.holder(tottori()).await;
        place.reported(|office| office.death(&code, EffectiveDate::Unknown)).await;
        place.seen_good(&good.certificate).await;
        let ended = RevocationReason::AffiliationChanged;
        place.seen_revoked(&revoked.certificate, ended).await;
        let about = About::authority(&place.security.authority().certificate.0);
        Self { place, about, good, revoked }
    }

    pub fn door(&self) -> std::net::SocketAddr {
        self.place.house.config.listen.ocsp
    }

    pub fn serial(&self) -> &[u8] {
        self.good.serial.as_bytes()
    }
}

/// What is asked, how, and what must be said by which rule.
type Case = (&'static str, Vec<u8>, Said, &'static str);

fn encodings(scene: &Scene) -> Vec<Case> {
    let plain = scene.about.question(scene.serial());
    let id = scene.about.cert_id(scene.serial());
    let with_id = |id: Vec<u8>| question(&[id], &[]);
    let spoilt_list = sequence(&[&tlv(0x31, &[&sequence(&[&id])])]);
    let cut_inside = {
        let mut octets = plain.clone();
        octets[3] += 1;
        octets
    };
    let never_ending = [0x30, 0x84, 0xff, 0xff, 0xff, 0xff];
    vec![
        ("nothing", vec![], Malformed, "RFC 6960 §2.3"),
        ("one zero", vec![0], Malformed, "RFC 6960 §2.3"),
        ("a text", b"GET / HTTP/1.1\r\n\r\n".to_vec(), Malformed, "RFC 6960 §2.3"),
        ("an empty SEQUENCE", sequence(&[]), Malformed, "RFC 6960 §4.1.1"),
        ("a trailing octet", [&plain[..], &[0]].concat(), Malformed, "X.690 §8.1.1"),
        ("the question twice", [&plain[..], &plain].concat(), Malformed, "X.690 §8.1.1"),
        ("an indefinite length", with_indefinite_length(&plain), Malformed, "X.690 §10.1"),
        ("a needlessly long length", with_long_length(&plain), Malformed, "X.690 §10.1"),
        (
            "a needlessly long length inside",
            with_id(with_long_length(&id)),
            Malformed,
            "X.690 §10.1",
        ),
        (
            "an indefinite length inside",
            with_id(with_indefinite_length(&id)),
            Malformed,
            "X.690 §10.1",
        ),
        ("a length of four gigabytes", never_ending.to_vec(), Malformed, "X.690 §8.1.3"),
        ("a length of 127 octets", vec![0x30, 0xff, 0, 0], Malformed, "X.690 §8.1.3.5"),
        ("a part longer than the whole", cut_inside, Malformed, "X.690 §8.1.3"),
        ("a thousand SEQUENCEs in one another", nested(1000), Malformed, "our limit"),
        ("nesting up to the limit of a body", nested(16_000), Malformed, "our limit"),
        (
            "a multi-octet tag",
            [&[0x3f, 0x81, 0x01][..], &plain[1..]].concat(),
            Malformed,
            "RFC 6960 §4.1.1",
        ),
        ("a SET for the list", sequence(&[&spoilt_list]), Malformed, "RFC 6960 §4.1.1"),
        ("a certificate", scene.good.certificate.clone(), Malformed, "RFC 6960 §4.1.1"),
    ]
}

fn cert_ids(scene: &Scene) -> Vec<Case> {
    let serial = scene.serial();
    let id = scene.about.cert_id(serial);
    let with_id = |id: Vec<u8>| question(&[id], &[]);
    let (name, key) = (&scene.about.name, &scene.about.key);
    let hashed =
        |algorithm: &[u8], name: &[u8], key: &[u8]| with_id(cert_id(algorithm, name, key, serial));
    let sha1_id = sequence(&[&oid(SHA_1), &[5, 0]]);
    let sha256_id = sequence(&[&oid(SHA_256), &[5, 0]]);
    let (n1, k1, n2, k2) = (sha1(name), sha1(key), sha256(name), sha256(key));
    let of = |serial: &[u8]| scene.about.question(serial);
    let foreign = cert_id(&sha1_id, &sha1(b"somebody"), &sha1(b"else"), serial);
    let mut other = *scene.good.serial.as_bytes();
    other[15] ^= 1;
    vec![
        ("a certificate in force", of(serial), Good, "RFC 6960 §2.2"),
        ("a revoked certificate", of(scene.revoked.serial.as_bytes()), Revoked, "RFC 6960 §2.2"),
        ("a serial that was never issued", of(&other), Unknown, "RFC 6960 §2.2"),
        ("an empty INTEGER", of(&[]), Malformed, "X.690 §8.3.1"),
        ("a serial with a needless zero", of(&[0, 0x40]), Malformed, "X.690 §8.3.2"),
        ("a serial with needless ones", of(&[0xff, 0xc0]), Malformed, "X.690 §8.3.2"),
        ("a negative serial", of(&[0xc0, 1]), Unknown, "RFC 5280 §4.1.2.2"),
        ("the serial zero", of(&[0]), Unknown, "RFC 5280 §4.1.2.2"),
        ("a serial of 60,000 octets", of(&[0x41; 60_000]), Unknown, "our limit of a body"),
        ("our serial and one octet more", of(&[serial, &[0]].concat()), Unknown, "RFC 6960 §2.2"),
        (
            "a serial that is an OCTET STRING",
            with_id(sequence(&[
                &sha1_id,
                &octet_string(&n1),
                &octet_string(&k1),
                &octet_string(serial),
            ])),
            Malformed,
            "RFC 6960 §4.1.1",
        ),
        (
            "a CertID with something behind it",
            with_id(sequence(&[
                &sha1_id,
                &octet_string(&n1),
                &octet_string(&k1),
                &tlv(2, &[serial]),
                &[5, 0],
            ])),
            Malformed,
            "RFC 6960 §4.1.1",
        ),
        ("SHA-1 without parameters", hashed(&algorithm(SHA_1), &n1, &k1), Good, "RFC 4055 §2.1"),
        ("SHA-256", hashed(&sha256_id, &n2, &k2), Good, "RFC 9919 §3.1.1"),
        (
            "an unknown hash algorithm",
            hashed(&algorithm("2.16.840.1.101.3.4.2.3"), &[7; 64], &[7; 64]),
            Unauthorized,
            "RFC 6960 §2.3: no issuer of ours is known by it",
        ),
        (
            "SHA-1 hashes under the name of SHA-256",
            hashed(&sha256_id, &n1, &k1),
            Unauthorized,
            "RFC 6960 §2.3",
        ),
        ("another issuer", with_id(foreign.clone()), Unauthorized, "RFC 6960 §2.3"),
        ("our name, another key", hashed(&sha1_id, &n1, &[0; 20]), Unauthorized, "RFC 6960 §2.3"),
        ("another name, our key", hashed(&sha1_id, &[0; 20], &k1), Unauthorized, "RFC 6960 §2.3"),
        ("hashes cut short", hashed(&sha1_id, &n1[..19], &k1), Unauthorized, "RFC 6960 §2.3"),
        ("empty hashes", hashed(&sha1_id, &[], &[]), Unauthorized, "RFC 6960 §2.3"),
        (
            "ours and another issuer's together",
            question(&[id.clone(), foreign], &[]),
            Unauthorized,
            "docs/interfaces.md §8",
        ),
        ("an empty list", question(&[], &[]), Malformed, "docs/interfaces.md §8"),
        ("a hundred CertIDs", question(&vec![id.clone(); 100], &[]), Good, "docs/interfaces.md §8"),
        ("a hundred and one", question(&vec![id; 101], &[]), Malformed, "docs/interfaces.md §8"),
    ]
}

fn extensions(scene: &Scene) -> Vec<Case> {
    let id = scene.about.cert_id(scene.serial());
    let with = |extensions: &[Vec<u8>]| question(std::slice::from_ref(&id), extensions);
    let one = sequence(&[&list(std::slice::from_ref(&id))]);
    let list = list(std::slice::from_ref(&id));
    let (yes, strange) = ([1, 1, 0xff], "2.25.7");
    let raw_nonce = |value: &[u8]| extension(NONCE, &[], value);
    let single = |extensions: &[u8]| {
        let request = sequence(&[&id, &tlv(0xa0, &[&sequence(&[extensions])])]);
        sequence(&[&sequence(&[&sequence(&[&request])])])
    };
    let basic = sequence(&[&oid("1.3.6.1.5.5.7.48.1.1")]);
    let other_kind = sequence(&[&oid("2.25.8")]);
    let acceptable =
        |critical: &[u8], kinds: &[u8]| with(&[extension("1.3.6.1.5.5.7.48.1.4", critical, kinds)]);
    let many: Vec<_> = (0..33).map(|n| extension(&format!("2.25.{n}"), &[], &[])).collect();
    let version = |octets: &[u8]| sequence(&[&sequence(&[&tlv(0xa0, &[octets]), &list])]);
    let named = |name: &[u8]| sequence(&[&sequence(&[&tlv(0xa1, &[name]), &list])]);
    vec![
        ("a nonce of 1", with(&[nonce(&[9])]), Good, "RFC 9654 §2.1"),
        ("a nonce of 128", with(&[nonce(&[9; 128])]), Good, "RFC 9654 §2.1"),
        ("an empty nonce", with(&[nonce(&[])]), Malformed, "RFC 9654 §2.1"),
        ("a nonce of 129", with(&[nonce(&[9; 129])]), Malformed, "RFC 9654 §2.1"),
        ("a nonce of 60,000", with(&[nonce(&[9; 60_000])]), Malformed, "RFC 9654 §2.1"),
        ("two nonces", with(&[nonce(&[1; 16]), nonce(&[2; 16])]), Malformed, "RFC 5280 §4.2"),
        ("the same nonce twice", with(&[nonce(&[1]), nonce(&[1])]), Malformed, "RFC 5280 §4.2"),
        (
            "a nonce without its OCTET STRING",
            with(&[raw_nonce(&[9; 16])]),
            Malformed,
            "RFC 9654 §2.1",
        ),
        (
            "a nonce with something behind it",
            with(&[raw_nonce(&[4, 1, 9, 0])]),
            Malformed,
            "X.690 §8.1.1",
        ),
        ("a nonce without a value", with(&[sequence(&[&oid(NONCE)])]), Malformed, "RFC 5280 §4.1"),
        (
            "a critical nonce",
            with(&[extension(NONCE, &yes, &octet_string(&[9; 16]))]),
            Good,
            "RFC 9654 §2.1: understood",
        ),
        ("an unknown extension", with(&[extension(strange, &[], &[1])]), Good, "RFC 6960 §4.4"),
        (
            "an unknown critical extension",
            with(&[extension(strange, &yes, &[1])]),
            Malformed,
            "RFC 6960 §4.4: no success",
        ),
        (
            "an unknown critical extension of one question",
            single(&extension(strange, &yes, &[1])),
            Malformed,
            "RFC 6960 §4.4: no success",
        ),
        (
            "critical written as 1",
            with(&[extension(strange, &[1, 1, 1], &[])]),
            Malformed,
            "X.690 §11.1",
        ),
        ("no extension in the list", single(&[]), Malformed, "RFC 5280 §4.1: 1..MAX"),
        ("thirty-three extensions", with(&many), Malformed, "docs/interfaces.md §8"),
        (
            "an extension twice",
            with(&[extension(strange, &[], &[]), extension(strange, &[], &[])]),
            Malformed,
            "RFC 5280 §4.2",
        ),
        ("basic responses accepted", acceptable(&yes, &basic), Good, "RFC 6960 §4.4.3"),
        ("only another kind accepted", acceptable(&yes, &other_kind), Malformed, "RFC 6960 §4.4.3"),
        ("accepted kinds in no DER", acceptable(&[], &[1, 2, 3]), Malformed, "RFC 6960 §4.4.3"),
        ("the version v1", version(&[2, 1, 0]), Good, "RFC 6960 §4.1.1: the default, let pass"),
        ("version 2", version(&[2, 1, 1]), Malformed, "RFC 6960 §4.1.1"),
        (
            "a version of nine octets",
            version(&[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
            Malformed,
            "RFC 6960 §4.1.1",
        ),
        ("a negative version", version(&[2, 1, 0xff]), Malformed, "RFC 6960 §4.1.1"),
        ("an empty version", version(&[]), Malformed, "RFC 6960 §4.1.1"),
        (
            "a requestor's name",
            named(&[0x82, 1, b'a']),
            Good,
            "RFC 6960 §4.1.2: counts for nothing",
        ),
        ("an empty requestorName", named(&[]), Malformed, "RFC 6960 §4.1.1"),
        (
            "two requestor's names",
            named(&[0x82, 1, b'a', 0x82, 1, b'b']),
            Malformed,
            "RFC 6960 §4.1.1",
        ),
        (
            "an unknown field",
            sequence(&[&sequence(&[&list, &tlv(0xa3, &[&[5, 0]])])]),
            Malformed,
            "RFC 6960 §4.1.1",
        ),
        (
            "something else than a signature",
            sequence(&[&one, &tlv(0xa1, &[&sequence(&[])])]),
            Malformed,
            "RFC 6960 §4.1.1",
        ),
        ("an empty signature", sequence(&[&one, &tlv(0xa0, &[])]), Malformed, "RFC 6960 §4.1.1"),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_wrong_question_gets_the_answer_that_the_standard_has_for_it() {
    let scene = Scene::open(Access::Open).await;
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    let cases = [encodings(&scene), cert_ids(&scene), extensions(&scene)].concat();
    for (what, octets, expected, source) in &cases {
        let reply = post(scene.door(), octets).await;
        assert_eq!(told(&reply), *expected, "{what} ({source})");
        well.still(&scene.place, what).await;
        // The same as a GET, where it fits into a URL (RFC 6960 §A.1).
        let base64 = base64(octets);
        if base64.len() < 2000 {
            let reply = one(scene.door(), &format!("GET /{base64}"), &[]).await;
            assert_eq!(told(&reply), *expected, "GET: {what} ({source})");
        }
    }
    assert_eq!(cases.len(), 75);
    assert_eq!(well.refusals(&scene.place).await, 0, "nobody has asked the book for anything");
    the_chain_is_whole(&scene.place).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_cut_at_any_octet_is_malformed_and_a_changed_one_never_good_for_another() {
    let scene = Scene::open(Access::Open).await;
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    let whole = question(&[scene.about.cert_id(scene.serial())], &[nonce(&[9; 16])]);
    for end in 0..whole.len() {
        assert_eq!(told(&post(scene.door(), &whole[..end]).await), Malformed, "{end} octets of it");
    }
    let id = scene.about.cert_id(scene.serial());
    let from = whole.windows(id.len()).position(|window| window == id).unwrap();
    for place in 0..whole.len() {
        for spoil in [0x01, 0x80, 0xff] {
            let mut octets = whole.clone();
            octets[place] ^= spoil;
            let said = told(&post(scene.door(), &octets).await);
            assert!(
                !matches!(said, Http(_) | Internal | TryLater | SigRequired),
                "octet {place}: {said:?}"
            );
            let in_the_id = (from..from + id.len()).contains(&place);
            assert!(
                !in_the_id || said != Good,
                "octet {place} ^ {spoil:#04x}: another CertID is good"
            );
        }
    }
    well.still(&scene.place, "every single change").await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_in_the_path_is_decoded_exactly_once() {
    let scene = Scene::open(Access::Open).await;
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    // By this nonce the base64 has slashes and pluses, wherever it begins.
    let unusual =
        [0xfb, 0xef, 0xbe, 0, 0xfb, 0xef, 0xbe, 0, 0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff, 0xff];
    let asked = question(&[scene.about.cert_id(scene.serial())], &[nonce(&unusual)]);
    let raw = base64(&asked);
    assert!(raw.contains('/') && raw.contains('+'), "{raw}");
    let encoded = raw.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let lower = encoded.replace("%2B", "%2b").replace("%2F", "%2f");
    let twice = encoded.replace('%', "%25");
    let url_safe = raw.replace('+', "-").replace('/', "_");
    let every: String = raw.bytes().map(|octet| format!("%{octet:02X}")).collect();
    let middle = raw.len() / 2;
    let with = |text: &str| format!("/{}{text}{}", &raw[..middle], &raw[middle..]);
    let cases: Vec<(&str, String, Said, &str)> = vec![
        ("raw", format!("/{raw}"), Good, "RFC 6960 §A.1, tolerated"),
        ("percent-encoded", format!("/{encoded}"), Good, "RFC 6960 §A.1"),
        ("in lower case", format!("/{lower}"), Good, "RFC 3986 §2.1"),
        ("every octet encoded", format!("/{every}"), Good, "RFC 3986 §2.1"),
        (
            "without padding",
            format!("/{}", raw.trim_end_matches('=')),
            Good,
            "docs/interfaces.md §8",
        ),
        ("encoded twice", format!("/{twice}"), Malformed, "RFC 3986 §2.4"),
        ("base64url", format!("/{url_safe}"), Malformed, "RFC 4648 §4, not §5"),
        ("a percent sign at the end", format!("/{raw}%"), Malformed, "RFC 3986 §2.1"),
        ("half an encoded octet", format!("/{raw}%3"), Malformed, "RFC 3986 §2.1"),
        ("an encoded octet that is none", format!("/{raw}%zz"), Malformed, "RFC 3986 §2.1"),
        ("an encoded line feed", with("%0A"), Malformed, "RFC 4648 §3.1"),
        ("an encoded NUL", with("%00"), Malformed, "RFC 4648 §3.3"),
        ("an encoded space", with("%20"), Malformed, "RFC 4648 §3.3"),
        ("padding in the middle", with("="), Malformed, "RFC 4648 §3.2"),
        ("too much padding", format!("/{raw}===="), Malformed, "RFC 4648 §3.2"),
        ("the half of it", format!("/{}", &raw[..middle]), Malformed, "RFC 6960 §2.3"),
        ("only padding", "/====".into(), Malformed, "RFC 4648 §3.2"),
        ("nothing", "/".into(), Malformed, "RFC 6960 §2.3"),
        ("in the query", format!("/?{}", raw), Malformed, "RFC 6960 §A.1: in the path"),
        ("dots", "/../../etc/passwd".into(), Malformed, "RFC 6960 §2.3"),
        ("an octet above ASCII, encoded", "/%ff%fe".into(), Malformed, "RFC 4648 §3.3"),
        ("a URL of 2048", format!("/{}", "M".repeat(2047)), Malformed, "docs/interfaces.md §8"),
        ("a URL of 2049", format!("/{}", "M".repeat(2048)), Http(414), "RFC 9110 §15.5.15"),
        ("a URL of 20,000", format!("/{}", "M".repeat(20_000)), Http(414), "RFC 9110 §15.5.15"),
    ];
    for (what, path, expected, source) in cases {
        let reply = one(scene.door(), &format!("GET {path}"), &[]).await;
        assert_eq!(told(&reply), expected, "{what} ({source})");
        well.still(&scene.place, what).await;
    }
    // What is no URL at all is HTTP's to refuse (RFC 9112 §3.2).
    for path in ["/\u{ff}M", "/a b", "M", ""] {
        for reply in said(scene.door(), &request(&format!("GET {path}"), &[])).await {
            assert!(told(&reply) == Malformed || (400..500).contains(&reply.status), "{path:?}");
        }
    }
    // A body beyond the limit, with and without its length said (RFC 9110 §15.5.14).
    assert_eq!(told(&post(scene.door(), &[0x30; 64 * 1024 + 1]).await), Http(413));
    well.still(&scene.place, "a long body").await;
    scene.place.close().await;
}
