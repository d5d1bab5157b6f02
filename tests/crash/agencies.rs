//! Relying agencies, who ask all the time and remember what they were told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use akashi_agency::Verdict;
use akashi_wire::SerialNumber;
use akashi_wire::octets::Sha256;
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

use crate::scene::{Scene, TOWNS};
use crate::truth::Fetched;

/// A certificate this old is known to every follower of the book.
const OLD: Duration = Duration::from_secs(5);

/// Asks about one certificate and remembers the answer.
pub async fn ask(scene: &Scene, serial: SerialNumber, octets: &[u8]) -> Verdict {
    let told_before = scene.truth.was_told_revoked(serial);
    let verdict = scene.agency.judge(octets, Timestamp::now()).await;
    match &verdict {
        Verdict::Revoked { at, reason } => {
            scene.truth.told_revoked(&scene.notes, serial, (*at, *reason));
        }
        Verdict::CannotTell(_) => return verdict,
        other if told_before => {
            scene.notes.finding(format!("{serial}: OCSP said revoked and then {other:?}"));
        }
        _ => {}
    }
    scene.notes.count("questions");
    verdict
}

/// Asks about one certificate after another.
pub async fn inquire(scene: Arc<Scene>, mut rng: StdRng) {
    while !scene.notes.is_over() {
        tokio::time::sleep(Duration::from_millis(rng.random_range(30..150))).await;
        let one = {
            let memory = scene.truth.memory();
            let many = memory.certificates.len();
            let place = if many == 0 { 0 } else { rng.random_range(0..many) };
            memory.certificates.values().nth(place).cloned()
        };
        let Some(one) = one else { continue };
        let old = one.since.elapsed() > OLD;
        match ask(&scene, one.serial, &one.octets).await {
            Verdict::NotIssued | Verdict::OutOfTime if old => {
                scene.notes.finding(format!("{} is unknown to OCSP", one.serial));
            }
            _ => {}
        }
    }
}

/// Fetches one list after another.
pub async fn collect(scene: Arc<Scene>, mut rng: StdRng) {
    let scopes = [TOWNS[0].0, TOWNS[1].0, "complete"];
    while !scene.notes.is_over() {
        tokio::time::sleep(Duration::from_millis(rng.random_range(20..150))).await;
        let scope = scopes[rng.random_range(0..scopes.len())];
        let _ = fetch(&scene, scope).await;
    }
}

/// Fetches the current list of a scope, checks it and remembers it.
pub async fn fetch(scene: &Scene, scope: &str) -> Result<BTreeSet<SerialNumber>, String> {
    let url = format!("https://{}/crl/1/{scope}.crl", scene.config.listen.repository_link);
    let answer = scene.reader.get(url).send().await.map_err(|e| e.to_string())?;
    if !answer.status().is_success() {
        return Err(answer.status().to_string());
    }
    let octets = answer.bytes().await.map_err(|e| e.to_string())?;
    let (number, entries) = match read(&octets, &scene.authority) {
        Ok(read) => read,
        Err(why) => {
            scene.notes.finding(format!("list {scope}: {why}"));
            return Err(why);
        }
    };
    let digest = Sha256::of(&octets);
    scene.notes.count("lists");
    let fetched = Fetched { digest, entries: entries.clone() };
    scene.truth.fetched(&scene.notes, scope, number, fetched);
    Ok(entries)
}

fn read(octets: &[u8], authority: &[u8]) -> Result<(i64, BTreeSet<SerialNumber>), String> {
    let (rest, list) = CertificateRevocationList::from_der(octets).map_err(|e| e.to_string())?;
    let (_, authority) = X509Certificate::from_der(authority).map_err(|e| e.to_string())?;
    if !rest.is_empty() {
        return Err("octets after the list".into());
    }
    UnparsedPublicKey::new(
        &RSA_PKCS1_2048_8192_SHA256,
        &authority.public_key().subject_public_key.data,
    )
    .verify(list.tbs_cert_list.as_ref(), &list.signature_value.data)
    .map_err(|_| "its signature does not verify")?;
    let number = list.crl_number().ok_or("it has no number")?.to_string();
    let serials = list.iter_revoked_certificates().map(|entry| {
        SerialNumber::from_slice(entry.raw_serial()).ok_or("a number that is not ours".to_owned())
    });
    Ok((number.parse().map_err(|_| "its number is too long")?, serials.collect::<Result<_, _>>()?))
}
