//! Cards by lot and model, and their recall.

use std::time::{Duration, Instant};

use akashi_keys::{EcKey, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_ledger::{
    Intention, Issuing, Ledger, LedgerError, NewCertificate, NewEnrolment, NewFile, NewRecall,
    PersonId, RecallSet, RecallStep, Registered, Slot, Standing,
};
use akashi_wire::act::{CardSelection, Deed, PartyId, RecallCounts, RecallId, Suspension};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::{MunicipalityCode, Order, RevocationReason, SerialNumber};
use jiff::ToSpan;

use crate::books::{Book, books, town};

fn lot(lot: &str) -> CardSelection {
    CardSelection::Lot { lot: lot.into() }
}

fn recall(number: u8) -> RecallId {
    RecallId::from_random([number; 16])
}

fn serial(number: u32) -> SerialNumber {
    let digest = Sha256::of(&number.to_be_bytes());
    SerialNumber::from_random(digest.0[..16].try_into().unwrap())
}

fn card(number: u32) -> String {
    format!("CARD{number:012}")
}

fn done(new: u64, known: u64) -> Registered {
    Registered::Done { new, known }
}

impl Book {
    async fn register(&self, lot: &str, model: &str, cards: &[String]) -> Registered {
        let (of_lot, of_model) = (lot.to_owned(), model.to_owned());
        let deed = Deed::RegisterCards { lot: of_lot, model: of_model, cards: Vec::new() };
        let permit = self.act(&self.security, deed).await;
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        let numbers: Vec<&str> = cards.iter().map(String::as_str).collect();
        let registered = change.register_cards(lot, model, &numbers).await.unwrap();
        if matches!(registered, Registered::Done { .. }) {
            change.commit().await.unwrap();
        }
        registered
    }

    /// Certificates of one person each, each in the card of its number.
    async fn intend_in_cards(&self, numbers: &[u32]) {
        let permit = self.issuing().await;
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        let new = |number: &u32| {
            let serial = serial(*number);
            let intention = Intention {
                serial,
                municipality: if number.is_multiple_of(2) { town() } else { other_town() },
                person: PersonId::from_random(*serial.as_bytes()),
                public_key: Sha256::of(serial.as_bytes()),
                ..self.intention(0, 0, Slot::Current)
            };
            let (permit, card) = (permit.clone(), Some(card(*number)));
            NewCertificate { permit, intention, sealed_items: vec![0], history: 1, card }
        };
        change.intend_all(&numbers.iter().map(new).collect::<Vec<_>>()).await.unwrap();
        change.commit().await.unwrap();
    }

    async fn issue_in_cards(&self, numbers: &[u32]) {
        self.intend_in_cards(numbers).await;
        let permit = self.issuing().await;
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        let file = |number: &u32| NewFile {
            permit: permit.clone(),
            serial: serial(*number),
            sealed_der: vec![0],
        };
        change.file_all(&numbers.iter().map(file).collect::<Vec<_>>()).await.unwrap();
        change.commit().await.unwrap();
    }

    async fn set(&self, selection: &CardSelection) -> RecallSet {
        self.ledger.recall_set(selection, self.now).await.unwrap()
    }

    async fn propose(&self, number: u8, selection: &CardSelection) {
        let set = self.set(selection).await;
        let deed = Deed::ProposeRecall {
            selection: selection.clone(),
            reason: RevocationReason::KeyCompromise,
            why: String::new(),
            digest: set.digest(),
        };
        let permit = self.act(&self.security, deed).await;
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        let new = NewRecall {
            recall: recall(number),
            selection: selection.clone(),
            reason: RevocationReason::KeyCompromise,
            sealed_why: b"sealed".to_vec(),
            certificates: set.serials.len() as u64,
            digest: set.digest(),
        };
        change.propose_recall(&new).await.unwrap();
        change.append("propose_recall", "", None).await.unwrap();
        change.commit().await.unwrap();
    }

    async fn confirm(&self, number: u8, by: &OfficerToken) -> Result<(), LedgerError> {
        let (recall_id, digest) = (recall(number), Sha256([0; 32]));
        let permit = self.act(by, Deed::ConfirmRecall { recall: recall_id, digest }).await;
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        change.confirm_recall(recall(number)).await?;
        change.commit().await.map(|_| ())
    }

    async fn step(&self, number: u8, most: usize) -> Result<Option<RecallStep>, LedgerError> {
        let permit = self.order(Order::GoOnWithRecalls).await;
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        let step = change.recall_step(recall(number), most).await?;
        if step.is_some() {
            change.commit().await.unwrap();
        }
        Ok(step)
    }

    /// One more security officer.
    async fn another_officer(&self) -> OfficerToken {
        let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", self.now).unwrap();
        let key = EcKey::generate().unwrap();
        let usage = Usage::Party { hosts: Vec::new() };
        let certificate = link.certify(key.public_key(), "another", &usage, self.now).unwrap();
        let deed = crate::permits::enrolling(&Role::SecurityOfficer, &key);
        let permit = self.act(&self.security, deed).await;
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        let new = NewEnrolment {
            party: PartyId::from_random([9; 16]),
            name: "another".into(),
            role: Role::SecurityOfficer,
            until: crate::permits::YEAR_3000,
            certificate: certificate.clone(),
        };
        change.enrol(&new).await.unwrap();
        change.commit().await.unwrap();
        OfficerToken::new(key, certificate, link.certificate().to_vec())
    }

    async fn revocation(&self, number: u32) -> Option<RevocationReason> {
        let standing = self.ledger.standing(serial(number)).await.unwrap();
        standing.and_then(|standing| standing.revocation()).map(|(_, reason)| reason)
    }
}

/// 千代田区.
fn other_town() -> MunicipalityCode {
    "131016".parse().unwrap()
}

#[tokio::test]
async fn a_delivery_is_registered_whole_or_not_at_all_and_again_without_harm() {
    for book in books().await {
        let cards: Vec<String> = (0..300).map(card).collect();
        assert_eq!(book.register("A", "M1", &cards[..200]).await, done(200, 0));
        assert_eq!(book.register("A", "M1", &cards[100..]).await, done(100, 100));
        assert_eq!(book.register("A", "M1", &[card(1), card(1)]).await, done(0, 1));
        let new = card(1000);
        for (lot, model) in [("B", "M1"), ("A", "M2")] {
            let mixed = [new.clone(), cards[7].clone(), cards[5].clone()];
            let otherwise = Registered::Otherwise(vec![cards[5].clone(), cards[7].clone()]);
            assert_eq!(book.register(lot, model, &mixed).await, otherwise);
        }
        let permit = book.order(Order::Settle).await;
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        let known = change.cards(&[&cards[5], &new]).await.unwrap();
        assert_eq!(known.len(), 1);
        let card = &known[&cards[5]];
        assert_eq!((card.lot.as_str(), card.model.as_str(), card.recalled), ("A", "M1", false));
        let refused = change.register_cards("A", "M1", &[&new]).await;
        assert!(matches!(refused, Err(LedgerError::NotPermitted { right: "register_cards", .. })));
        drop(change);
        for (selection, count) in [
            (lot("A"), 300),
            (lot("B"), 0),
            (CardSelection::Model { model: "M1".into() }, 300),
            (CardSelection::LotAndModel { lot: "A".into(), model: "M1".into() }, 300),
            (CardSelection::LotAndModel { lot: "A".into(), model: "M2".into() }, 0),
        ] {
            assert_eq!(book.ledger.card_count(&selection).await.unwrap(), count, "{selection}");
        }
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn a_recall_ends_what_lives_in_its_cards_and_nothing_else() {
    for book in books().await {
        let another = book.another_officer().await;
        let of = |numbers: std::ops::Range<u32>| numbers.map(card).collect::<Vec<_>>();
        book.register("A", "M1", &of(0..10)).await;
        book.register("B", "M1", &of(10..20)).await;
        book.register("A", "M2", &of(20..30)).await;
        // In cards of three deliveries, and in one of none.
        book.issue_in_cards(&[0, 1, 2, 3, 10, 20, 40]).await;
        book.intend_in_cards(&[4, 11]).await;
        book.issue(1, 1).await;
        let mut change = book.begin(&book.holding().await).await;
        change.hold(serial(1), book.now).await.unwrap();
        change.commit().await.unwrap();
        let permit = book.order(Order::Settle).await;
        let mut change = book.begin(&permit).await;
        let reason = RevocationReason::Superseded;
        let recording = akashi_ledger::Recording { reason, received_at: book.now };
        change.revoke(serial(3), &recording).await.unwrap();
        change.commit().await.unwrap();

        let selection = CardSelection::LotAndModel { lot: "A".into(), model: "M1".into() };
        let before = book.ledger.head().await.unwrap();
        let set = book.set(&selection).await;
        let counts = |in_force, on_hold, under_way| RecallCounts { in_force, on_hold, under_way };
        assert_eq!(set.counts[&town()], counts(2, 0, 1));
        assert_eq!(set.counts[&other_town()], counts(0, 1, 0));
        let mut serials = [0, 1, 2, 4].map(serial);
        serials.sort();
        assert_eq!(set.serials, serials);
        let octets: Vec<u8> = serials.iter().flat_map(|serial| *serial.as_bytes()).collect();
        assert_eq!(set.digest(), Sha256::of(&octets));
        assert_eq!(book.set(&lot("A")).await.serials.len(), 5);
        let model = CardSelection::Model { model: "M1".into() };
        assert_eq!(book.set(&model).await.serials.len(), 6);
        assert_eq!(book.set(&lot("C")).await, RecallSet::default());
        let unknown = book.ledger.certificates_without_card(book.now).await.unwrap();
        assert_eq!(unknown, 1, "one that is older than the inventory");
        assert_eq!(book.ledger.head().await.unwrap(), before, "a look changes nothing");

        book.propose(1, &selection).await;
        assert!(matches!(book.step(1, 10).await, Err(LedgerError::NotPermitted { .. })));
        let alone = book.confirm(1, &book.security).await;
        assert!(matches!(alone, Err(LedgerError::NotPermitted { .. })), "one person is not two");
        assert_eq!(book.set(&selection).await, set);
        book.confirm(1, &another).await.unwrap();
        assert!(book.confirm(1, &another).await.is_err(), "it is confirmed once");
        assert_eq!(book.ledger.recalls_under_way().await.unwrap(), [recall(1)]);
        let step = book.step(1, 10).await.unwrap();
        assert_eq!(step, Some(RecallStep { revoked: 3, voided: 1, finished: true }));
        assert_eq!(book.step(1, 10).await.unwrap(), None, "it is finished once");

        let compromised = Some(RevocationReason::KeyCompromise);
        for (number, reason) in [
            (0, compromised),
            (1, compromised),
            (2, compromised),
            (3, Some(RevocationReason::Superseded)),
            (4, Some(RevocationReason::Unspecified)),
            (10, None),
            (11, None),
            (20, None),
            (40, None),
        ] {
            assert_eq!(book.revocation(number).await, reason, "{number}");
        }
        assert!(book.ledger.recalls_under_way().await.unwrap().is_empty());
        let recalls = book.ledger.recalls().await.unwrap();
        assert_eq!((recalls[0].revoked, recalls[0].voided), (3, 1));
        assert_eq!(recalls[0].confirmed, Some((PartyId::from_random([9; 16]), book.now)));
        assert_eq!(recalls[0].finished_at, Some(book.now));
        // Cards of the recalled kind stay recalled, those of a later delivery too.
        book.register("A", "M1", &of(50..51)).await;
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        let numbers = [0, 9, 10, 20, 50].map(card);
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let cards = change.cards(&numbers).await.unwrap();
        let recalled: Vec<bool> = numbers.iter().map(|number| cards[*number].recalled).collect();
        assert_eq!(recalled, [true, true, false, false, true]);
        drop(change);
        book.ledger.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn a_card_that_holds_the_old_and_the_new_certificate_of_a_renewal_loses_both() {
    for book in books().await {
        let another = book.another_officer().await;
        book.register("A", "M", &(0..8).map(card).collect::<Vec<_>>()).await;
        let permit = book.issuing().await;
        for number in 0..16_u8 {
            let slot = if number % 2 == 0 { Slot::Current } else { Slot::Next };
            let intention = book.intention(number, number / 2, slot);
            let (permit, card) = (permit.clone(), Some(card(u32::from(number) / 2)));
            let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
            let serial = intention.serial;
            let new = NewCertificate { permit, intention, sealed_items: vec![0], history: 1, card };
            change.intend_all(&[new]).await.unwrap();
            if number % 4 != 3 {
                change.file(serial, b"sealed").await.unwrap();
            }
            change.commit().await.unwrap();
        }
        book.propose(1, &lot("A")).await;
        book.confirm(1, &another).await.unwrap();
        let (mut revoked, mut voided, mut steps) = (0, 0, 0);
        loop {
            let step = book.step(1, 3).await.unwrap().unwrap();
            (revoked, voided, steps) = (revoked + step.revoked, voided + step.voided, steps + 1);
            if step.finished {
                break;
            }
        }
        assert_eq!((revoked, voided, steps), (12, 4, 6));
        assert!(book.set(&lot("A")).await.serials.is_empty());
    }
}

#[tokio::test]
async fn a_proposal_of_somebody_who_was_stopped_counts_no_more() {
    for book in books().await {
        let another = book.another_officer().await;
        // And a third: two are left when one is stopped.
        crate::two_persons::enrolled_by_two(&book, &another, 10, Role::SecurityOfficer).await;
        let proposer = PartyId::from_random([2; 16]);
        let what = Suspension::Party { party: proposer };
        let suspend = Deed::Suspend { what, why: String::new() };
        let permit = book.act(&another, suspend).await;
        book.propose(1, &lot("A")).await;
        let mut change = book.ledger.begin(&permit, book.now).await.unwrap();
        assert!(change.is_enrolled(proposer).await.unwrap());
        change.suspend(what).await.unwrap();
        assert!(!change.is_enrolled(proposer).await.unwrap());
    }
}

#[tokio::test]
async fn five_thousand_certificates_end_in_bounded_steps_through_a_restart() {
    const ALL: u32 = 5000;
    const STEP: usize = 500;
    for mut book in books().await {
        let another = book.another_officer().await;
        let numbers: Vec<u32> = (0..ALL).collect();
        let cards: Vec<String> = numbers.iter().copied().map(card).collect();
        book.register("A", "M", &cards).await;
        book.register("B", "M", &[card(ALL)]).await;
        for chunk in numbers.chunks(500) {
            book.issue_in_cards(chunk).await;
        }
        // The one lies in a sound lot, the other in a card that is registered too late.
        book.issue_in_cards(&[ALL, ALL + 1]).await;
        book.propose(1, &lot("A")).await;
        book.confirm(1, &another).await.unwrap();
        book.register("A", "M", &[card(ALL + 1)]).await;

        let (mut steps, mut longest) = (0, Duration::ZERO);
        loop {
            if steps == 4 {
                // Whoever comes after a crash finds in the book how far it was.
                let again = Ledger::<Issuing>::open(&book.address).await.unwrap();
                std::mem::replace(&mut book.ledger, again).close().await;
                assert_eq!(book.ledger.recalls_under_way().await.unwrap(), [recall(1)]);
                assert_eq!(book.ledger.recalls().await.unwrap()[0].revoked, 2000);
            }
            let began = Instant::now();
            let step = book.step(1, STEP).await.unwrap().unwrap();
            longest = longest.max(began.elapsed());
            steps += 1;
            assert!(step.revoked <= STEP as u64);
            // Somebody else comes to the book between two steps.
            book.issue_in_cards(&[10_000 + steps]).await;
            if step.finished {
                break;
            }
        }
        eprintln!("{steps} steps, the longest {longest:?}");
        assert_eq!(steps, ALL / STEP as u32 + 1);
        let rows = book.ledger.status_after(akashi_ledger::Position(0), 100_000).await.unwrap();
        let revoked = rows.iter().filter(|row| row.change == akashi_ledger::StatusChange::Revoked);
        assert_eq!(revoked.count(), ALL as usize, "each once");
        for number in [ALL, ALL + 1] {
            let standing = book.ledger.standing(serial(number)).await.unwrap();
            assert_eq!(standing, Some(Standing::Good), "{number}");
        }
        assert_eq!(book.set(&lot("A")).await.serials, [serial(ALL + 1)]);
        // What was found too late is recalled by a recall of its own.
        book.now += 1.second();
        book.propose(2, &lot("A")).await;
        book.confirm(2, &another).await.unwrap();
        assert_eq!(book.step(2, STEP).await.unwrap().unwrap().revoked, 1);
        book.ledger.verify_audit().await.unwrap();
    }
}
