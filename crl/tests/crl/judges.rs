//! openssl, another implementation, judges the lists.

use std::fs;
use std::path::PathBuf;

use akashi_crl::Issuer;
use akashi_ledger::Scope;
use akashi_wire::RevocationReason::*;

use crate::support::*;

fn ca(world: &World) -> PathBuf {
    let der = world.dir.path().join("ca.cer");
    fs::write(&der, &world.authority.certificate).unwrap();
    pem("x509", &der)
}

#[tokio::test]
async fn openssl_verifies_every_list() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    for reason in [KeyCompromise, CaCompromise, AffiliationChanged, Superseded] {
        let serial = world.issue(SHINJUKU).await;
        world.revoke(serial, reason).await;
    }
    published(issuer.tick(world.now()).await.unwrap());
    let ca = ca(&world);
    for scope in issuer.scopes() {
        let file = issuer.shelf().current(scope);
        let (_, said) = openssl(&[
            "crl",
            "-inform",
            "DER",
            "-noout",
            "-in",
            file.to_str().unwrap(),
            "-CAfile",
            ca.to_str().unwrap(),
        ]);
        assert!(said.contains("verify OK"), "{scope}: {said}");
    }
    let file = issuer.shelf().current(shinjuku());
    let (_, said) =
        openssl(&["crl", "-inform", "DER", "-noout", "-text", "-in", file.to_str().unwrap()]);
    for expected in [
        "Version 2",
        "Key Compromise",
        "CA Compromise",
        "Affiliation Changed",
        "Only User Certificates",
    ] {
        assert!(said.contains(expected), "{expected} is missing: {said}");
    }
}

/// What `openssl verify` says of a certificate with these lists.
async fn verdict(
    world: &World,
    issuer: &Issuer,
    certificate: &[u8],
    lists: &[Scope],
    check: &str,
) -> (bool, String) {
    let der = world.dir.path().join("resident.cer");
    fs::write(&der, certificate).unwrap();
    let (certificate, ca) = (pem("x509", &der), ca(world));
    let at = world.now().as_second().to_string();
    let mut arguments = vec![
        "verify".to_owned(),
        check.into(),
        "-x509_strict".into(),
        "-attime".into(),
        at,
        "-CAfile".into(),
        ca.to_str().unwrap().into(),
    ];
    for scope in lists {
        let list = pem("crl", &issuer.shelf().current(*scope));
        arguments.extend(["-CRLfile".into(), list.to_str().unwrap().into()]);
    }
    arguments.push(certificate.to_str().unwrap().into());
    openssl(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[tokio::test]
async fn openssl_follows_the_distribution_point_to_the_right_partition_and_no_other() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let (good, leaked) = (world.issue(SHINJUKU).await, world.issue(SHINJUKU).await);
    world.revoke(leaked, KeyCompromise).await;
    published(issuer.tick(world.now()).await.unwrap());
    let [good, leaked] =
        [good, leaked].map(|serial| resident_certificate(serial, world.point(SHINJUKU)));

    let partition = [shinjuku()];
    let (valid, said) = verdict(&world, &issuer, &good, &partition, "-crl_check").await;
    assert!(valid, "{said}");
    let (valid, said) = verdict(&world, &issuer, &leaked, &partition, "-crl_check").await;
    assert!(!valid && said.contains("certificate revoked"), "{said}");

    for lists in [[chiyoda()], [Scope::Authority]] {
        let (valid, said) = verdict(&world, &issuer, &good, &lists, "-crl_check").await;
        assert!(!valid && !said.contains("certificate revoked"), "{said}");
    }
    let complete = [Scope::Complete];
    let (valid, said) = verdict(&world, &issuer, &good, &complete, "-crl_check").await;
    assert!(valid, "{said}");
    let (valid, said) = verdict(&world, &issuer, &leaked, &complete, "-crl_check").await;
    assert!(!valid && said.contains("certificate revoked"), "{said}");
}

#[tokio::test]
async fn openssl_checks_the_whole_chain_with_the_list_of_the_authority() {
    let world = World::open().await;
    let issuer = world.issuer().await;
    let good = world.issue(SHINJUKU).await;
    published(issuer.tick(world.now()).await.unwrap());
    let good = resident_certificate(good, world.point(SHINJUKU));
    let both = [shinjuku(), Scope::Authority];
    let (valid, said) = verdict(&world, &issuer, &good, &both, "-crl_check_all").await;
    assert!(valid, "{said}");
    let (valid, said) = verdict(&world, &issuer, &good, &[shinjuku()], "-crl_check_all").await;
    assert!(!valid, "without it the chain is not checked: {said}");
}
