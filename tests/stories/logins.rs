//! PostgreSQL: each role of one process comes by a login of its own, which may play no other.

use std::collections::BTreeSet;

use akashi_agency::Verdict;
use akashi_edge::Logins;
use akashi_ledger::{Issuing, Ledger, LedgerError, Verifying};
use akashi_ra_console::journey;
use akashi_wire::RevocationReason::CertificateHold;

use crate::support::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_of_akashi_up_comes_by_a_login_that_may_play_that_role_alone() {
    let mut place = Place::open(Book::Postgres).await;
    let (code, holder) = place.holder(tottori()).await;
    let authority = place.login("akashi_authority");
    let lists = place.login("akashi_list_issuer");
    let responder = place.login("akashi_responder");
    let repository = place.login("akashi_repository");
    let verifier = place.login("akashi_verifier");
    let place = place
        .reopened(|config| {
            config.ledger = Some(authority.clone());
            config.logins = Logins {
                list_issuer: Some(lists.clone()),
                responder: Some(responder.clone()),
                repository: Some(repository.clone()),
                verifier: Some(verifier.clone()),
            };
        })
        .await;
    // The whole of it works: a counter, the settlement, an answer, a list.
    assert_eq!(place.judged(&holder.certificate).await, Verdict::Valid);
    let desk = &place.desks[&tottori()];
    journey::hold(desk, place.by_items(&code)).await.unwrap();
    let is_held = |v: &Verdict| matches!(v, Verdict::Revoked { reason: CertificateHold, .. });
    place.seen(&holder.certificate, is_held).await;
    place.tick().await;

    let user = |address: &str| {
        let (_, rest) = address.split_once("://").unwrap();
        rest.split_once('@').unwrap().0.to_owned()
    };
    let own: BTreeSet<String> =
        [&authority, &lists, &responder, &repository].map(|address| user(address)).into();
    assert_eq!(place.connected(), own, "one login a role, and nobody else");
    for other in [&lists, &responder, &repository, &verifier] {
        let refused = Ledger::<Issuing>::open(other).await.err();
        assert!(matches!(refused, Some(LedgerError::NotThisRole { .. })), "{other}: {refused:?}");
    }
    let opened = Ledger::<Verifying>::open(&verifier).await.unwrap();
    opened.verify_audit().await.unwrap();
    opened.close().await;
    place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[should_panic(expected = "OtherBook")]
async fn akashi_up_does_not_start_where_a_login_leads_to_the_book_of_another_authority() {
    let (place, other) = (Place::open(Book::Postgres).await, Place::open(Book::Postgres).await);
    let lists = other.login("akashi_list_issuer");
    place.reopened(|config| config.logins.list_issuer = Some(lists)).await;
}
