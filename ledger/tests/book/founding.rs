//! The founding record is what the founders signed, or nothing is issued by it.

use akashi_ledger::{Authority, Issuing, Ledger, LedgerError, NewEnrolment};
use akashi_wire::act::PartyId;
use akashi_wire::party::Role;

use crate::books::{Book, books};
use crate::statements::run;

async fn is_refused(book: &Book, what: &str) {
    let found = book.ledger.founding_record().await;
    assert!(matches!(found, Err(LedgerError::NotFounded { .. })), "{what}: {found:?}");
    let audit = book.ledger.verify_audit().await;
    assert!(matches!(audit, Err(LedgerError::Chain { .. })), "{what}: {audit:?}");
}

#[tokio::test]
async fn a_founding_record_that_was_altered_after_it_was_signed_is_none() {
    for book in books().await {
        let record = book.ledger.founding_record().await.unwrap();
        assert_eq!(record, book.ledger.authority().await.unwrap().record());
        let party = |octet: &str| match book.address.starts_with("sqlite:") {
            true => format!("X'{}'", octet.repeat(16)),
            false => format!("'\\x{}'::bytea", octet.repeat(16)),
        };
        let (security, scheduler) = (party("02"), party("01"));
        let spoilt = [
            (
                "another policy",
                "UPDATE authority SET profile = replace(profile, '2.25.1', '2.25.2')".to_owned(),
                "UPDATE authority SET profile = replace(profile, '2.25.2', '2.25.1')".to_owned(),
            ),
            (
                "one key that is two",
                format!(
                    "UPDATE founding_signature SET party = {} WHERE party = {security}",
                    party("09")
                ),
                format!(
                    "UPDATE founding_signature SET party = {security} WHERE party = {}",
                    party("09")
                ),
            ),
            (
                "the scheduler alone",
                format!("UPDATE founding_signature SET generation = 9 WHERE party = {security}"),
                format!("UPDATE founding_signature SET generation = 1 WHERE party = {security}"),
            ),
            (
                "an officer who is none",
                format!(
                    "UPDATE enrolment SET role = '{{\"role\":\"auditor\"}}' WHERE party = {security}"
                ),
                format!(
                    "UPDATE enrolment SET role = '{{\"role\":\"security_officer\"}}' WHERE party = {security}"
                ),
            ),
            (
                "the scheduler's signature for the officer's",
                format!(
                    "UPDATE founding_signature SET message = (SELECT message FROM founding_signature
                     WHERE party = {scheduler}) WHERE party = {security}"
                ),
                String::new(),
            ),
        ];
        for (what, spoil, mend) in spoilt {
            run(&book.address, &spoil).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            is_refused(&book, what).await;
            // The last is not mended.
            if mend.is_empty() {
                break;
            }
            run(&book.address, &mend).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(book.ledger.founding_record().await.unwrap(), record, "{what}");
        }
    }
}

#[tokio::test]
async fn an_authority_is_founded_by_all_its_security_officers_over_its_own_record_or_not_at_all() {
    for book in books().await.into_iter().take(1) {
        let dir = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", dir.path().join("other.sqlite").display());
        let other = Ledger::<Issuing>::create(&address).await.unwrap();
        let authority = book.ledger.authority().await.unwrap();
        let party = |number: u8, role, token: &akashi_keys::OfficerToken| NewEnrolment {
            party: PartyId::from_random([number; 16]),
            name: format!("party {number}"),
            role,
            until: crate::permits::YEAR_3000,
            certificate: token.certificate().to_vec(),
        };
        let parties = [
            party(1, Role::Scheduler, &book.scheduler),
            party(2, Role::SecurityOfficer, &book.security),
            party(3, Role::SecurityOfficer, &book.officer),
        ];
        let both = [&book.security, &book.officer];
        let all = crate::permits::founding(&authority, &book.scheduler, &both, book.now);
        let certificate = vec![9, 9, 9];
        let elsewhere = Authority { certificate, profile: authority.profile.clone() };
        let another = crate::permits::founding(&elsewhere, &book.scheduler, &both, book.now);
        for (what, founding) in [("one is missing", &all[..2]), ("another authority's", &another)] {
            let found = other.found(founding, &authority, &[], &parties, book.now).await;
            assert!(matches!(found, Err(LedgerError::NotFounded { .. })), "{what}: {found:?}");
            let none = other.authority().await;
            assert!(matches!(none, Err(LedgerError::NoAuthority)), "{what}: {none:?}");
        }
        other.found(&all, &authority, &[], &parties, book.now).await.unwrap();
        assert_eq!(other.founding_record().await.unwrap(), authority.record());
    }
}
