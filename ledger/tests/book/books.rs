//! Two founded books, one on each data base.

use std::process::Command;

use akashi_keys::{EcKey, LinkAuthority, OfficerToken, Signer, Usage};
use akashi_ledger::{
    Access, Authority, AuthorityProfile, CaseFile, Change, Intention, Issuing, Ledger, LedgerError,
    NewEnrolment, Permit, PersonId, Slot, StatusRow, Step,
};
use akashi_wire::act::{CertificateBy, Deed, PartyId};
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{CaseId, MunicipalityCode, Order, SerialNumber, SignedMessage, Verified};
use jiff::{Timestamp, ToSpan};

use crate::permits;

/// A founded book, and who may write in it.
pub struct Book {
    pub ledger: Ledger<Issuing>,
    pub address: String,
    pub scheduler: OfficerToken,
    pub log: OfficerToken,
    pub list_issuer: OfficerToken,
    pub responder: OfficerToken,
    pub security: OfficerToken,
    pub source: OfficerToken,
    pub officer: OfficerToken,
    pub recovery: OfficerToken,
    pub now: Timestamp,
    _dir: Option<tempfile::TempDir>,
}

/// 新宿区.
pub fn town() -> MunicipalityCode {
    "131041".parse().unwrap()
}

/// One book on SQLite, one on PostgreSQL.
pub async fn books() -> Vec<Book> {
    let dir = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite:{}", dir.path().join("book.sqlite").display());
    vec![Book::found(sqlite, Some(dir)).await, Book::found(postgres(), None).await]
}

/// A new data base on the server that the test command started.
pub fn postgres() -> String {
    let server = std::env::var("AKASHI_TEST_POSTGRES").expect(
        "AKASHI_TEST_POSTGRES is not set: run the tests with `make test`, or this one with \
         `tests/with-postgres cargo test -p akashi-ledger`",
    );
    let name = format!("book_{:032x}", rand::random::<u128>());
    let created = Command::new("psql")
        .args([&server, "-qc", &format!("CREATE DATABASE {name}")])
        .status()
        .expect("psql is installed with PostgreSQL");
    assert!(created.success());
    server.replacen("/postgres?", &format!("/{name}?"), 1)
}

impl Book {
    async fn found(address: String, dir: Option<tempfile::TempDir>) -> Self {
        let now: Timestamp = "2026-04-01T00:00:00Z".parse().unwrap();
        let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", now).unwrap();
        let token = |name: &str| {
            let key = EcKey::generate().unwrap();
            let usage = Usage::Party { hosts: Vec::new() };
            let certificate = link.certify(key.public_key(), name, &usage, now).unwrap();
            OfficerToken::new(key, certificate, link.certificate().to_vec())
        };
        let (scheduler, security, source, officer) =
            (token("scheduler"), token("security"), token("source"), token("officer"));
        let (log, list_issuer, responder) =
            (token("log"), token("list issuer"), token("responder"));
        let recovery = token("recovery");
        let party = |number: u8, role, token: &OfficerToken| NewEnrolment {
            party: PartyId::from_random([number; 16]),
            name: format!("party {number}"),
            role,
            until: crate::permits::YEAR_3000,
            certificate: token.certificate().to_vec(),
        };
        let [office, counter] = permits::terminals("130001".parse().unwrap(), town());
        let parties = [
            party(1, Role::Scheduler, &scheduler),
            party(2, Role::SecurityOfficer, &security),
            party(3, Role::Source { municipality: town() }, &source),
            party(4, Role::Officer { municipality: town() }, &officer),
            party(96, Role::Log, &log),
            party(97, Role::ListIssuer, &list_issuer),
            party(98, Role::Responder, &responder),
            party(99, Role::Recovery, &recovery),
            office,
            counter,
        ];
        let profile = AuthorityProfile {
            generation: 1,
            policy_critical: false,
            validity: Default::default(),
            prefecture: "130001".parse().unwrap(),
            organisation: "Akashi Test".into(),
            ocsp_url: "http://127.0.0.1:1".into(),
            repository_url: "http://127.0.0.1:2".into(),
            policy: "2.25.1".into(),
            access: Access::Open,
        };
        let authority = Authority { certificate: link.certificate().to_vec(), profile };
        let ledger = Ledger::<Issuing>::create(&address).await.unwrap();
        let points = [(town(), vec![0xa0, 0])];
        let founding = permits::founding(&authority, &scheduler, &[&security], now);
        ledger.found(&founding, &authority, &points, &parties, now).await.unwrap();
        // Whoever made the book owns it; from here on it is opened as the authority does.
        ledger.close().await;
        let ledger = Ledger::<Issuing>::open(&address).await.unwrap();
        Self {
            ledger,
            address,
            scheduler,
            log,
            list_issuer,
            responder,
            security,
            source,
            officer,
            recovery,
            now,
            _dir: dir,
        }
    }

    /// The permit of an order, of that program of the authority's own which may give it.
    pub async fn order(&self, order: Order) -> Permit {
        let programs = [
            (Role::Scheduler, &self.scheduler),
            (Role::ListIssuer, &self.list_issuer),
            (Role::Responder, &self.responder),
        ];
        let (_, token) = programs.into_iter().find(|(role, _)| order.is_for(role)).unwrap();
        let sign = |octets: &[u8]| token.sign(octets);
        self.ledger.order(order, token.certificate(), self.now, sign).await.unwrap()
    }

    /// The permit of an act.
    pub async fn act(&self, token: &OfficerToken, deed: Deed) -> Permit {
        self.try_act(token, deed, self.now).await.unwrap()
    }

    pub async fn try_act(
        &self,
        token: &OfficerToken,
        deed: Deed,
        now: Timestamp,
    ) -> Result<Permit, LedgerError> {
        permits::try_act(&self.ledger, token, deed, now).await
    }

    /// The permit of a batch of the source with this text.
    pub async fn batch(&self, text: &[u8]) -> (Permit, Verified) {
        let sign = |octets: &[u8]| self.source.sign(octets);
        let by = self.source.certificate();
        let message = SignedMessage::sign(MessageKind::Batch, text, by, self.now, sign)
            .and_then(|message| message.verify(MessageKind::Batch))
            .unwrap();
        (self.ledger.permit_batch(&message, town(), self.now).await.unwrap(), message)
    }

    /// An officer's permit to certify.
    pub async fn issuing(&self) -> Permit {
        self.act(&self.officer, permits::issuing()).await
    }

    /// An officer's permit to revoke.
    pub async fn revoking(&self) -> Permit {
        self.act(&self.officer, permits::revoking()).await
    }

    /// An officer's permit to hold.
    pub async fn holding(&self) -> Permit {
        self.act(&self.officer, permits::holding()).await
    }

    /// A change by this permit, at the book's now.
    pub async fn begin(&self, permit: &Permit) -> Change {
        self.ledger.begin(permit, self.now).await.unwrap()
    }

    /// Another certificate over the officer's key.
    pub fn officer_again(&self) -> Vec<u8> {
        let link = LinkAuthority::create(&EcKey::generate().unwrap(), "link", self.now).unwrap();
        let usage = Usage::Party { hosts: Vec::new() };
        link.certify(self.officer.key().public_key(), "again", &usage, self.now).unwrap()
    }

    /// What is recorded before certificate `number` of person `person` is signed.
    pub fn intention(&self, number: u8, person: u8, slot: Slot) -> Intention {
        Intention {
            serial: SerialNumber::from_random([number; 16]),
            generation: 1,
            municipality: town(),
            person: PersonId::from_random([person; 16]),
            case: permits::case(),
            public_key: Sha256([number; 32]),
            modulus: vec![number; 256],
            tbs_digest: Sha256([number; 32]),
            not_before: self.now,
            not_after: self.now + (3 * 365 * 24).hours(),
            slot,
        }
    }

    /// A case about this person: opened where there is none, and the person found.
    pub async fn case_about(&self, case: CaseId, person: PersonId) {
        let mut file = CaseFile {
            case,
            municipality: town(),
            party: PartyId::from_random([4; 16]),
            procedure: "renewal".into(),
            step: Step::LookedUp,
            person: None,
            serial: None,
            sealed_file: b"sealed".to_vec(),
            opened_at: self.now,
            closes_at: None,
        };
        if self.ledger.case(case).await.unwrap().is_none() {
            let open = Deed::OpenCase { procedure: akashi_wire::act::Procedure::Renewal };
            let mut change = self.begin(&self.act(&self.officer, open).await).await;
            change.save_case(&file).await.unwrap();
            change.append("open_case", "case", None).await.unwrap();
            change.commit().await.unwrap();
        }
        file.person = Some(person);
        let by = CertificateBy::Card { card: "CARD".into() };
        let find = Deed::FindCertificate { case, by };
        let mut change = self.begin(&self.act(&self.officer, find).await).await;
        change.save_case(&file).await.unwrap();
        change.append("find_certificate", "case", None).await.unwrap();
        change.commit().await.unwrap();
    }

    /// Issues certificate `number` to person `person`.
    pub async fn issue(&self, number: u8, person: u8) -> StatusRow {
        let permit = self.issuing().await;
        let intention = self.intention(number, person, Slot::Current);
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        change.intend(&intention, b"sealed", 1).await.unwrap();
        change.commit().await.unwrap();
        let mut change = self.ledger.begin(&permit, self.now).await.unwrap();
        let row = change.file(intention.serial, b"sealed").await.unwrap();
        change.commit().await.unwrap();
        row
    }
}
