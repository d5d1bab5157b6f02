//! openssl: chains with policies and lists, questions to the responder, messages, tokens.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::scene::{Leaf, Scene, fresh_dir, scenes};
use crate::tool::{Said, run, words};

fn openssl(arguments: Vec<OsString>) -> Said {
    run("openssl", arguments)
}

/// The first URI in an extension of a certificate, as openssl reads it.
fn uri_in(leaf: &Leaf, extension: &str) -> String {
    let said =
        openssl(words!["x509", "-noout", "-in", &leaf.pem, "-ext", extension]).must_be_content();
    let (_, uri) = said.out.split_once("URI:").unwrap_or_else(|| panic!("{}", said.text));
    uri.split_whitespace().next().unwrap().to_owned()
}

/// The list that a certificate points to, fetched by openssl from the address in the certificate.
fn fetched_list(scene: &Scene, leaf: &Leaf) -> PathBuf {
    let url = uri_in(leaf, "crlDistributionPoints");
    let file = scene.scratch();
    openssl(words!["crl", "-in", url, "-out", &file]).must_be_content();
    file
}

fn list_as_pem(scene: &Scene, name: &str) -> PathBuf {
    let file = scene.scratch();
    let list = scene.file(name);
    openssl(words!["crl", "-inform", "DER", "-in", list, "-out", &file]).must_be_content();
    file
}

/// Verifies with every check that openssl has.
fn verify(scene: &Scene, leaf: &Leaf, check: &str, policy: &str, lists: &[&Path]) -> Said {
    let mut arguments = words![
        "verify",
        "-x509_strict",
        "-no-CApath",
        "-no-CAstore",
        check,
        "-extended_crl",
        "-policy_check",
        "-explicit_policy",
        "-policy",
        policy,
        "-CAfile",
        scene.ca(),
    ]
    .to_vec();
    for list in lists {
        arguments.extend(words!["-CRLfile", list]);
    }
    arguments.push(leaf.pem.clone().into());
    openssl(arguments)
}

#[test]
fn certificates_in_force_verify_with_the_list_at_the_address_in_them() {
    for scene in scenes() {
        for leaf in scene.good.iter().chain([&scene.neighbour]) {
            let list = fetched_list(scene, leaf);
            verify(scene, leaf, "-crl_check", &scene.policy, &[&list]).must_say(": OK");
        }
    }
}

#[test]
fn openssl_fetches_the_lists_of_the_whole_chain_by_itself() {
    for scene in scenes() {
        let verdict = |leaf: &Leaf| {
            let common = words!["verify", "-x509_strict", "-crl_check_all", "-extended_crl"];
            let rest = words!["-crl_download", "-CAfile", scene.ca(), &leaf.pem];
            openssl([common, rest].concat())
        };
        verdict(&scene.good[0]).must_say(": OK");
        verdict(&scene.revoked[0].0).must_complain("certificate revoked");
    }
}

#[test]
fn openssl_fetches_the_list_by_itself_and_verifies() {
    for scene in scenes() {
        let verdict = |leaf: &Leaf| {
            let common = words!["verify", "-x509_strict", "-crl_check", "-extended_crl"];
            let rest = words!["-crl_download", "-CAfile", scene.ca(), &leaf.pem];
            openssl([common, rest].concat())
        };
        verdict(&scene.good[0]).must_say(": OK");
        verdict(&scene.neighbour).must_say(": OK");
        verdict(&scene.revoked[0].0).must_complain("certificate revoked");
    }
}

#[test]
fn a_revoked_certificate_is_refused_with_error_23_and_the_list_gives_the_reason() {
    for scene in scenes() {
        let complete = list_as_pem(scene, "complete.der");
        for (leaf, reason) in &scene.revoked {
            for list in [&fetched_list(scene, leaf), &complete] {
                verify(scene, leaf, "-crl_check", &scene.policy, &[list])
                    .must_complain("error 23 at 0 depth lookup: certificate revoked");
                let text = openssl(words!["crl", "-noout", "-text", "-in", list]).must_be_content();
                let serial = leaf.serial.to_string().to_uppercase();
                let (_, entry) = text.out.split_once(&serial).expect("the serial number is listed");
                let entry = entry.split("Serial Number").next().unwrap();
                let said: String =
                    entry.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
                assert!(said.contains(&format!("reasoncode:{}", reason.to_lowercase())), "{entry}");
            }
        }
    }
}

#[test]
fn the_list_of_another_town_is_not_taken_for_this_one() {
    for scene in scenes() {
        let other = fetched_list(scene, &scene.neighbour);
        for leaf in scene.good.iter().chain(scene.revoked.iter().map(|(leaf, _)| leaf)) {
            verify(scene, leaf, "-crl_check", &scene.policy, &[&other])
                .must_complain("error 44 at 0 depth lookup: different CRL scope");
        }
    }
}

#[test]
fn the_complete_list_serves_every_town() {
    for scene in scenes() {
        let complete = list_as_pem(scene, "complete.der");
        for leaf in [&scene.good[0], &scene.neighbour] {
            verify(scene, leaf, "-crl_check", &scene.policy, &[&complete]).must_say(": OK");
        }
    }
}

#[test]
fn the_whole_chain_is_checked_with_the_list_of_authorities_and_not_without() {
    for scene in scenes() {
        let leaf = &scene.good[0];
        let partition = fetched_list(scene, leaf);
        let authorities = list_as_pem(scene, "authority.der");
        let both: [&Path; 2] = [&partition, &authorities];
        verify(scene, leaf, "-crl_check_all", &scene.policy, &both).must_say(": OK");
        verify(scene, leaf, "-crl_check_all", &scene.policy, &both[..1]).must_complain("error 44");
        let gone = &scene.revoked[1].0;
        verify(scene, gone, "-crl_check_all", &scene.policy, &both).must_complain("error 23");
    }
}

#[test]
fn under_another_policy_nothing_verifies() {
    for scene in scenes() {
        let leaf = &scene.good[0];
        let list = fetched_list(scene, leaf);
        verify(scene, leaf, "-crl_check", "2.999.1", &[&list]).must_complain("error 43");
    }
}

#[test]
fn every_list_is_signed_by_the_authority() {
    for scene in scenes() {
        for name in ["partition", "neighbour", "complete", "authority"] {
            for name in [format!("{name}.der"), format!("{name}-empty.der")] {
                let list = scene.file(&name);
                let arguments = words!["crl", "-inform", "DER", "-noout", "-in", list];
                openssl([arguments, words!["-CAfile", scene.ca()]].concat()).must_say("verify OK");
            }
        }
    }
}

#[test]
fn the_address_of_the_issuer_gives_the_authoritys_certificate() {
    for scene in scenes() {
        let said = openssl(words![
            "x509",
            "-noout",
            "-in",
            &scene.good[0].pem,
            "-ext",
            "authorityInfoAccess"
        ])
        .must_be_content();
        let (_, url) = said.out.split_once("CA Issuers - URI:").expect("caIssuers is there");
        let file = scene.scratch();
        openssl(words!["x509", "-in", url.trim(), "-outform", "DER", "-out", &file])
            .must_be_content();
        assert_eq!(fs::read(file).unwrap(), scene.ca_der);
    }
}

/// Asks the responder at the address in the certificate.
fn ask(scene: &Scene, options: Vec<OsString>, leaf: &Leaf, question: Vec<OsString>) -> Said {
    let url = openssl(words!["x509", "-noout", "-ocsp_uri", "-in", &leaf.pem]).must_be_content();
    let ca = scene.ca();
    let common = words!["ocsp", "-url", url.out.trim(), "-CAfile", &ca, "-issuer", &ca];
    openssl([common, options, question].concat()).must_say("Response verify OK")
}

/// With a nonce and without, the issuer named by SHA-1 and by SHA-256.
fn ways_of_asking() -> [Vec<OsString>; 4] {
    [
        words!["-nonce"],
        words!["-no_nonce"],
        words!["-nonce", "-sha256"],
        words!["-no_nonce", "-sha256"],
    ]
}

#[test]
fn the_responder_at_the_address_in_a_certificate_says_good() {
    for scene in scenes() {
        for leaf in scene.good.iter().chain([&scene.neighbour]) {
            for way in ways_of_asking() {
                let said = ask(scene, way.clone(), leaf, words!["-cert", &leaf.pem]);
                assert!(said.text.contains(".pem: good"), "{way:?}: {}", said.text);
                let warned = said.text.contains("WARNING: no nonce in response");
                assert!(!warned, "a nonce must come back: {}", said.text);
            }
        }
    }
}

#[test]
fn the_responder_says_revoked_with_the_reason() {
    for scene in scenes() {
        for (leaf, reason) in &scene.revoked {
            for way in ways_of_asking() {
                let said = ask(scene, way.clone(), leaf, words!["-cert", &leaf.pem]);
                assert!(said.text.contains(".pem: revoked"), "{way:?}: {}", said.text);
                assert!(said.text.contains(&format!("Reason: {reason}")), "{}", said.text);
            }
        }
    }
}

#[test]
fn the_responder_says_unknown_of_a_number_that_was_never_given() {
    for scene in scenes() {
        for way in ways_of_asking() {
            let number = format!("0x{}", "5a".repeat(16));
            let said = ask(scene, way.clone(), &scene.good[0], words!["-serial", &number]);
            assert!(said.text.contains(": unknown"), "{way:?}: {}", said.text);
        }
    }
}

#[test]
fn a_signed_act_of_an_officer_verifies_and_shows_its_content() {
    for scene in scenes() {
        let (act, link) = (scene.file("act.der"), scene.file("link.pem"));
        let verify = |message: &Path| {
            let arguments = words!["cms", "-verify", "-inform", "DER", "-in", message];
            let trust = words!["-CAfile", &link, "-purpose", "any"];
            openssl([arguments, trust].concat())
        };
        let said = verify(&act).must_say("open_case");
        let content: serde_json::Value =
            serde_json::from_str(said.out.lines().next().unwrap()).unwrap();
        assert_eq!(content["deed"]["act"], "open_case");

        let mut octets = fs::read(&act).unwrap();
        let place = octets.windows(9).position(|window| window == b"open_case").unwrap();
        octets[place] ^= 1;
        let changed = scene.scratch();
        fs::write(&changed, octets).unwrap();
        verify(&changed).must_complain("verification failure");
    }
}

#[test]
fn the_security_officers_token_opens_with_its_password_and_no_other() {
    for scene in scenes() {
        let token = scene.authority.join(akashi::init::SECURITY_OFFICERS[1]);
        let open = |password: &str| {
            let password = format!("pass:{password}");
            openssl(words!["pkcs12", "-info", "-noenc", "-in", &token, "-passin", password])
        };
        let said = open(akashi_town::PASSPHRASE).must_be_content();
        assert_eq!(said.out.matches("BEGIN PRIVATE KEY").count(), 1, "{}", said.text);
        assert_eq!(said.out.matches("BEGIN CERTIFICATE").count(), 2, "{}", said.text);
        assert!(!said.text.contains("RC2") && !said.text.contains("3DES"), "{}", said.text);
        open("another").must_complain("invalid password");
    }
}

#[test]
fn openssl_nss_and_java_open_a_token_whose_password_is_dear_to_guess() {
    let dir = fresh_dir();
    let file = dir.join("token.p12");
    let key = akashi_keys::EcKey::generate().unwrap();
    let now = jiff::Timestamp::now();
    // A name beyond the plane in which PKCS#12 has its names.
    let link = akashi_keys::EcKey::generate().unwrap();
    let link = akashi_keys::LinkAuthority::create(&link, "links", now).unwrap();
    let usage = akashi_keys::Usage::Party { hosts: Vec::new() };
    let certificate = link.certify(key.public_key(), "𠮷田　一郎", &usage, now).unwrap();
    let token = akashi_keys::OfficerToken::new(key, certificate, link.certificate().to_vec());
    let password = "合言葉は十二文字以上ですよ";
    token.save(&file, password).unwrap();
    let (given, wrong) = (format!("pass:{password}"), "pass:another");
    let info =
        |given: &str| openssl(words!["pkcs12", "-info", "-noenc", "-in", &file, "-passin", given]);
    let said = info(&given).must_be_content();
    // The key, the certificates, and the digest over the whole.
    let dear: Vec<u64> = said
        .text
        .split(['\n', ','])
        .filter_map(|part| part.trim().to_lowercase().strip_prefix("iteration ").map(str::to_owned))
        .map(|count| count.trim().parse().unwrap())
        .collect();
    assert_eq!(dear.len(), 3, "{}", said.text);
    assert!(dear.iter().all(|count| *count >= 600_000), "{dear:?}");
    assert_eq!(said.text.matches("PRF hmacWithSHA256").count(), 2, "{}", said.text);
    info(wrong).must_complain("invalid password");
    // NSS.
    let listed = run("pk12util", words!["-l", &file, "-W", password]).must_be_content();
    assert!(listed.text.contains("has private key"), "{}", listed.text);
    assert!(!run("pk12util", words!["-l", &file, "-W", "another"]).content);
    // Java, to which a command line gives no other characters everywhere.
    let (password, plain) = (akashi_town::PASSPHRASE, dir.join("plain.p12"));
    token.save(&plain, password).unwrap();
    let keytool = |password: &str| {
        let store = words!["-list", "-v", "-storetype", "PKCS12", "-keystore", &plain];
        run("keytool", [store, words!["-storepass", password]].concat())
    };
    let listed = keytool(password).must_be_content();
    assert!(listed.text.contains("PrivateKeyEntry"), "{}", listed.text);
    assert!(listed.text.contains("Certificate chain length: 2"), "{}", listed.text);
    assert!(!keytool("another").content);
    // And whoever wrote it.
    use akashi_keys::Signer as _;
    let read = akashi_keys::OfficerToken::open(&plain, password).unwrap();
    assert_eq!(read.certificate(), token.certificate());
    assert_eq!(read.link_authority(), token.link_authority());
    assert_eq!(read.key().public_key(), token.key().public_key());
    assert!(akashi_keys::OfficerToken::open(&plain, "another").is_err());
    assert!(akashi_keys::OfficerToken::open(&file, "合言葉は十二文字以上ですよ").is_ok());
}

#[test]
fn asn1parse_finds_six_other_names_in_their_order() {
    for scene in scenes() {
        for leaf in &scene.good {
            let said = openssl(words!["asn1parse", "-i", "-in", &leaf.pem]).must_be_content();
            let mut lines = said.out.lines();
            lines.by_ref().find(|line| line.contains("X509v3 Subject Alternative Name")).unwrap();
            let (_, value) = lines.next().unwrap().split_once("[HEX DUMP]:").unwrap();
            let file = scene.scratch();
            fs::write(&file, hex::decode(value.trim()).unwrap()).unwrap();
            let said = openssl(words!["asn1parse", "-i", "-inform", "DER", "-in", &file]);
            let out = said.must_be_content().out;
            let found: Vec<_> =
                out.lines().filter_map(|line| line.split_once("1.2.392.200149.8.5.5.")).collect();
            let last: Vec<_> = found.iter().map(|(_, last)| *last).collect();
            assert_eq!(last, ["1", "4", "3", "5", "2", "6"], "{out}");
            let names =
                out.lines().filter(|line| line.contains("d=1") && line.contains("cont [ 0 ]"));
            assert_eq!(names.count(), 6, "{out}");
            let texts = out.lines().filter(|line| line.contains("prim:    UTF8STRING"));
            assert_eq!(texts.count(), 6, "{out}");
        }
    }
}

#[test]
fn one_changed_bit_spoils_certificate_list_and_answer() {
    for scene in scenes() {
        let spoilt = |file: &Path| {
            let mut octets = fs::read(file).unwrap();
            let last = octets.len() - 1;
            octets[last] ^= 1;
            let file = scene.scratch();
            fs::write(&file, octets).unwrap();
            file
        };
        let list = spoilt(&scene.file("partition.der"));
        openssl(words!["crl", "-inform", "DER", "-noout", "-in", list, "-CAfile", scene.ca()])
            .must_say("verify failure");

        let der = scene.scratch();
        fs::write(&der, &scene.good[0].der).unwrap();
        openssl(words!["verify", "-CAfile", scene.ca(), spoilt(&der)])
            .must_complain("certificate signature failure");

        // The last octet of an answer is of the responder's certificate, which the authority signed.
        let (good, ca) = (scene.file("good.ocsp"), scene.ca());
        let respin = |answer: &Path| {
            let answer = words!["ocsp", "-respin", answer, "-CAfile", &ca, "-issuer", &ca];
            let question = words!["-no_nonce", "-cert", &scene.good[0].pem];
            openssl([answer, question].concat())
        };
        respin(&good).must_say("Response verify OK").must_say(": good");
        let said = respin(&spoilt(&good));
        assert!(!said.text.contains("Response verify OK"), "{}", said.text);
    }
}

#[test]
fn openssl_knows_every_critical_extension() {
    // Without -ignore_critical: one that it does not know would be error 34.
    for scene in scenes() {
        let responder = scene.file("responder.pem");
        let purpose = words!["-purpose", "ocsphelper", "-x509_strict"];
        let trust = words!["verify", "-CAfile", scene.ca()];
        openssl([trust, purpose, words![responder]].concat()).must_say(": OK");
    }
}

#[test]
fn a_certificate_ends_at_the_last_second_of_a_day_in_japan() {
    for scene in scenes() {
        let files = scene.good.iter().map(|leaf| leaf.pem.clone()).chain([scene.ca()]);
        for file in files {
            let said = openssl(words!["x509", "-noout", "-enddate", "-in", file]);
            said.must_say(" 14:59:59 ");
        }
    }
}
