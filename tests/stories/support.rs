//! What the stories share: a world in a directory of its own, people, acts by hand, feeds.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use akashi_agency::Verdict;
use akashi_edge::OpenError;
use akashi_keys::{CardMaster, EcKey, OfficerToken, RsaKey, RsaSize, Signer};
use akashi_ledger::{Access, Entry, Position, Standing, StatusRow, status};
use akashi_link::Identity;
use akashi_ra_console::{Desk, DeskError};
use akashi_registry::{Office, Person, Queued, RegistryError, SealedBatch};
use akashi_town::house::HouseError;
use akashi_town::{PaperCard, Setting, TownError, World};
use akashi_wire::act::{
    Act, Answer, Deed, IdentityProof, LookUpBy, PartyId, Procedure, Refusal, RequestId,
};
use akashi_wire::batch::{BatchAnswer, EventStanding};
use akashi_wire::date::{day_in_japan, start_of_day};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::{
    CaseId, Clock, FourItems, MunicipalityCode, ResidentCode, RevocationReason, SerialNumber, Sex,
    SignedMessage,
};
use der::asn1::{Any, BitString, PrintableString, SetOfVec};
use der::{Decode, Encode};
use jiff::{Timestamp, ToSpan};
use rand::rngs::StdRng;
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use x509_cert::attr::Attribute;
use x509_cert::name::Name;
use x509_cert::request::{CertReq, CertReqInfo, Version};

/// Beside this file, whoever reads it.
#[path = "base.rs"]
mod base;

pub use base::{Backup, Base};

/// 鳥取市.
pub const TOTTORI: &str = "312011";
/// 米子市.
pub const YONAGO: &str = "312029";

pub fn tottori() -> MunicipalityCode {
    TOTTORI.parse().unwrap()
}

pub fn yonago() -> MunicipalityCode {
    YONAGO.parse().unwrap()
}

/// Which data base keeps the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Book {
    Sqlite,
    Postgres,
}

/// Makes two tests of each story: one a data base.
macro_rules! told_on_both {
    ($($story:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story($crate::support::Book::Sqlite).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $story() {
                super::$story($crate::support::Book::Postgres).await;
            })*
        }
    };
}
pub(crate) use told_on_both;

/// A world with two towns, in a directory of its own.
pub struct Place {
    world: World,
    people: usize,
    keys: usize,
    dir: tempfile::TempDir,
    base: Option<Base>,
}

impl Place {
    /// A copy of the book as it is now.
    pub fn backup(&self) -> Backup {
        Backup::of(&self.world.dir, self.base.as_ref())
    }

    /// Takes it apart: the world, and what its directory and data base live as long as.
    pub fn apart(self) -> (World, tempfile::TempDir, Option<Base>) {
        (self.world, self.dir, self.base)
    }
}

impl Deref for Place {
    type Target = World;
    fn deref(&self) -> &World {
        &self.world
    }
}

impl DerefMut for Place {
    fn deref_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

/// Nine in the morning of a day in Japan three years and two months ago. Links are made of real
/// time: a world of long ago would find its own certificates expired.
pub fn usual_start() -> Timestamp {
    let day = day_in_japan(Timestamp::now()).saturating_sub(3.years().months(2));
    start_of_day(day) + 9.hours()
}

impl Place {
    /// The address of a login of the story's own data base for one of its roles.
    pub fn login(&self, role: &str) -> String {
        self.base.as_ref().expect("a story on PostgreSQL").login(role)
    }

    /// The head of the chain once nothing that was begun before is still being written.
    pub async fn quiet_head(&self) -> akashi_ledger::Position {
        let mut head = self.house.ledger().head().await.unwrap();
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            let later = self.house.ledger().head().await.unwrap();
            if later == head {
                return head;
            }
            head = later;
        }
    }

    /// A world for registered agencies.
    pub async fn open(book: Book) -> Self {
        Self::make(book, Access::Registered, usual_start()).await
    }

    pub async fn make(book: Book, access: Access, start: Timestamp) -> Self {
        Self::making(book, (access, start), false).await
    }

    /// The same where the policies of certificates are critical.
    pub async fn with_critical_policies() -> Self {
        Self::making(Book::Sqlite, (Access::Registered, usual_start()), true).await
    }

    async fn making(
        book: Book,
        (access, start): (Access, Timestamp),
        policy_critical: bool,
    ) -> Self {
        let mut tries = 0;
        loop {
            let dir = tempfile::tempdir().unwrap();
            let base = (book == Book::Postgres).then(Base::make);
            let setting = Setting {
                prefecture: "310000".parse().unwrap(),
                towns: vec![tottori(), yonago()],
                access,
                seed: 20,
                start,
                ledger: base.as_ref().map_or("sqlite:book.sqlite".into(), Base::url),
                size: RsaSize::Rsa2048,
                policy_critical,
            };
            tries += 1;
            match World::make(&dir.path().join("authority"), &setting).await {
                Ok(world) => {
                    let master = world.house.doors.card_master.clone();
                    makes_cards(&world.security.one, master);
                    return Self { world, people: 0, keys: 0, dir, base };
                }
                // The free ports that were found are somebody else's by now: other stories.
                Err(TownError::House(HouseError::Open(OpenError::Listen { .. }))) if tries < 5 => {}
                Err(error) => panic!("no world: {error}"),
            }
        }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn pass(&self, span: jiff::Span) {
        let days = jiff::SpanRelativeTo::days_are_24_hours();
        let seconds = span.total((jiff::Unit::Second, days)).unwrap();
        self.clock.advance(Duration::from_secs_f64(seconds));
    }

    pub fn desk(&self, town: MunicipalityCode) -> &Desk {
        &self.desks[&town]
    }

    /// Somebody who lives in a town.
    pub fn resident(&mut self, town: MunicipalityCode) -> ResidentCode {
        self.people += 1;
        let person = person(town, self.people);
        self.world.enter(person).unwrap()
    }

    /// A resident with this name.
    pub fn named(&mut self, town: MunicipalityCode, name: &str) -> ResidentCode {
        self.people += 1;
        let mut person = person(town, self.people);
        person.items.name = name.into();
        self.world.enter(person).unwrap()
    }

    /// A resident whose register has this address.
    pub fn living_at(&mut self, town: MunicipalityCode, address: &str) -> ResidentCode {
        self.people += 1;
        let mut person = person(town, self.people);
        person.items.address = address.into();
        self.world.enter(person).unwrap()
    }

    pub fn items(&self, code: &ResidentCode) -> FourItems {
        self.registry.lock().unwrap().record(code).unwrap().items().clone()
    }

    /// A key that no other case of this world has.
    pub fn new_key(&mut self) -> Arc<RsaKey> {
        self.keys += 1;
        key(self.keys)
    }

    /// A delivered certificate: every act of the counter, with a key outside of a card.
    pub async fn certified(&mut self, town: MunicipalityCode, code: &ResidentCode) -> Holder {
        self.try_certified(town, Procedure::Issue, code).await.unwrap()
    }

    pub async fn renewed(&mut self, town: MunicipalityCode, code: &ResidentCode) -> Holder {
        self.try_certified(town, Procedure::Renewal, code).await.unwrap()
    }

    pub async fn try_certified(
        &mut self,
        town: MunicipalityCode,
        procedure: Procedure,
        code: &ResidentCode,
    ) -> Result<Holder, DeskError> {
        let key = self.new_key();
        self.desk(town).certify(procedure, self.by_items(code), &*key).await
    }

    /// A certificate that is issued and not yet delivered.
    pub async fn undelivered(
        &mut self,
        town: MunicipalityCode,
        procedure: Procedure,
        code: &ResidentCode,
    ) -> Holder {
        let key = self.new_key();
        self.desk(town).issue(procedure, self.by_items(code), &*key).await.unwrap()
    }

    /// One resident of a town with a certificate.
    pub async fn holder(&mut self, town: MunicipalityCode) -> (ResidentCode, Holder) {
        let code = self.resident(town);
        let holder = self.certified(town, &code).await;
        (code, holder)
    }

    /// Changes the register.
    pub fn change<T>(
        &mut self,
        change: impl FnOnce(&mut Office<'_, StdRng>) -> Result<T, RegistryError>,
    ) -> T {
        self.world.office(change).unwrap()
    }

    /// Makes the next batch with at most so many events.
    pub fn batch_of(&mut self, town: MunicipalityCode, most: usize) -> SealedBatch {
        let now = self.now();
        let mut registry = self.world.registry.lock().unwrap();
        registry.next_batch(&self.world.sources[&town], now, most).unwrap().expect("an event")
    }

    /// Sends one batch; does not settle.
    pub async fn sent(&self, town: MunicipalityCode, batch: &SealedBatch) -> BatchAnswer {
        self.send(town, batch).await.unwrap()
    }

    /// What a source has to say, sent and settled.
    pub async fn report(&mut self, town: MunicipalityCode) {
        while let Some(batch) = self.next_batch(town).unwrap() {
            self.send(town, &batch).await.unwrap();
        }
        self.tick().await;
    }

    /// Changes the register, reports the change and settles it; gives what came of it.
    pub async fn reported(
        &mut self,
        change: impl FnOnce(&mut Office<'_, StdRng>) -> Result<Queued, RegistryError>,
    ) -> String {
        let queued = self.change(change);
        self.report(queued.source).await;
        self.result(&queued).await
    }

    /// The scheduler's next tick, without waiting for it.
    pub async fn tick(&self) -> akashi_ca::scheduler::Ticked {
        let doors = &self.house.doors;
        doors.scheduler.tick(&*doors.clock).await.unwrap()
    }

    pub async fn event(&self, event: &Queued) -> EventStanding {
        let ledger = self.house.ledger();
        let found = ledger.event_standing(event.source, event.sequence).await.unwrap();
        found.expect("an event that arrived")
    }

    /// What came of an event.
    pub async fn result(&self, event: &Queued) -> String {
        self.event(event).await.result.unwrap_or_default()
    }

    pub async fn stands(&self, serial: SerialNumber) -> Option<Standing> {
        self.standing(serial).await.unwrap()
    }

    pub async fn is_good(&self, serial: SerialNumber) -> bool {
        self.stands(serial).await == Some(Standing::Good)
    }

    /// Why a certificate is revoked or held; `None` when it is good.
    pub async fn reason(&self, serial: SerialNumber) -> Option<RevocationReason> {
        self.stands(serial).await.expect("an issued one").revocation().map(|(_, reason)| reason)
    }

    /// Every row about every certificate.
    pub async fn status_rows(&self) -> Vec<StatusRow> {
        self.house.ledger().status_after(Position(0), 100_000).await.unwrap()
    }

    /// Certificates that are good now.
    pub async fn good_ones(&self) -> Vec<SerialNumber> {
        let rows = self.status_rows().await;
        let mut serials: Vec<_> = rows.iter().map(|row| row.serial).collect();
        serials.sort();
        serials.dedup();
        serials.retain(|serial| {
            let standing = status::fold(rows.iter().filter(|row| row.serial == *serial));
            standing == Some(Standing::Good)
        });
        serials
    }

    /// Entries of the audit chain with this verb, oldest first.
    pub async fn entries(&self, verb: &str) -> Vec<Entry> {
        let mut entries = self.house.ledger().audit_entries(100_000).await.unwrap();
        entries.reverse();
        entries.retain(|entry| entry.verb == verb);
        entries
    }

    /// Alarms that were ever begun, as they are said in English, oldest first.
    pub async fn alarms_said(&self) -> Vec<String> {
        self.entries("alarm").await.iter().map(said).collect()
    }

    /// How many alarms were ever begun whose words hold this one.
    pub async fn alarms(&self, word: &str) -> usize {
        self.alarms_said().await.iter().filter(|said| said.contains(word)).count()
    }

    /// OCSP says good, within five seconds.
    pub async fn seen_good(&self, certificate: &[u8]) {
        let (verdict, _) = self.ask_until(certificate, |v| *v == Verdict::Valid).await;
        assert_eq!(verdict, Verdict::Valid);
    }

    /// OCSP says revoked for this reason, within five seconds.
    pub async fn seen_revoked(&self, certificate: &[u8], reason: RevocationReason) {
        let as_must = |verdict: &Verdict| matches!(verdict, Verdict::Revoked { reason: r, .. } if *r == reason);
        let (verdict, _) = self.ask_until(certificate, as_must).await;
        assert!(as_must(&verdict), "{verdict:?} and not revoked, {reason}");
    }

    /// An enrolment that is to be asked for, with the key that it is about.
    pub fn enrolment(&self, name: &str, party: Role) -> (Deed, EcKey) {
        let key = EcKey::generate().unwrap();
        let hosts = match party {
            Role::Registry { .. } => vec!["127.0.0.1".to_owned()],
            _ => Vec::new(),
        };
        let request_for_certificate = Octets(key.request_for_certificate().unwrap());
        let name = name.to_owned();
        (Deed::Enrol { name, party, hosts, request_for_certificate, until: None }, key)
    }

    /// Enrols somebody with a key of its own.
    pub async fn enrolled(&self, name: &str, party: Role) -> Party {
        // Names are unique; the same words may name many in a story.
        let name = format!("{name} {:08x}", rand::random::<u32>());
        let terminal = self.terminal(party.municipality()).await;
        let (party, token) = self.enrolled_as(&name, party).await;
        Party { party, token, terminal }
    }

    /// The terminal at which people of this town, or of no town, work.
    async fn terminal(&self, town: Option<MunicipalityCode>) -> Arc<OfficerToken> {
        let office = self.house.doors.issuer.authority.profile.prefecture;
        let at = town.unwrap_or(office);
        if let Some(terminal) = self.terminals.get(&at) {
            return terminal.clone();
        }
        let name = format!("Terminal {:08x}", rand::random::<u32>());
        self.enrolled_as(&name, Role::Terminal { municipality: at }).await.1
    }

    async fn enrolled_as(&self, name: &str, party: Role) -> (PartyId, Arc<OfficerToken>) {
        let (deed, key) = self.enrolment(name, party);
        match self.security.ask(deed).await.unwrap() {
            Answer::Enrolled { party, certificate, link_authority } => {
                (party, Arc::new(OfficerToken::new(key, certificate.0, link_authority.0)))
            }
            other => panic!("{other:?}"),
        }
    }

    /// One more officer of a town, with a desk.
    pub async fn officer(&self, town: MunicipalityCode) -> (Party, Desk) {
        let officer = self.enrolled("Another officer", Role::Officer { municipality: town }).await;
        let desk = self.signed_in(&officer).await;
        (officer, desk)
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.house.config.listen.authority)
    }

    /// A desk signed in with a party's token.
    pub async fn signed_in(&self, party: &Party) -> Desk {
        let token = party.token.clone();
        Desk::sign_in(&self.url(), &party.terminal, token, self.clock.clone()).await.unwrap()
    }

    /// Sends octets to the authority's door over somebody's link.
    pub async fn post(&self, path: &str, link: &Identity, octets: Vec<u8>) -> (u16, String) {
        let client = akashi_link::client(link).unwrap();
        let url = format!("{}{path}", self.url());
        let answer = client.post(url).body(octets).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Stops everything; gives the directory, which lives as long as what is given.
    pub async fn closed(self) -> (PathBuf, tempfile::TempDir) {
        let authority = self.world.dir.clone();
        self.world.stop().await;
        (authority, self.dir)
    }

    /// Stops everything, where certificates were written into the book that nobody was issued: of them the
    /// book knows neither person nor key.
    pub async fn close_filled(self) {
        self.world.stop().await;
    }

    /// Stops everything; whatever was played, what is derived is what its evidence gives.
    pub async fn close(self) {
        let derived = self.house.ledger().verify_derived().await.unwrap();
        assert!(derived.is_empty(), "{derived:?}");
        self.world.stop().await;
    }
}

/// Somebody with a token, at a terminal.
pub struct Party {
    pub party: PartyId,
    pub token: Arc<OfficerToken>,
    pub terminal: Arc<OfficerToken>,
}

fn link_of(token: &OfficerToken) -> Identity {
    Identity {
        certificate: token.certificate().to_vec(),
        key: token.key().for_tls(),
        authority: token.link_authority().to_vec(),
    }
}

impl Party {
    pub fn link(&self) -> Identity {
        link_of(&self.token)
    }

    /// The link of the terminal, over which acts go.
    pub fn at_terminal(&self) -> Identity {
        link_of(&self.terminal)
    }

    /// What acts say of the terminal.
    pub fn terminal_digest(&self) -> Sha256 {
        Sha256::of(self.terminal.certificate())
    }

    /// Signs any octets as an act.
    pub fn sign(&self, content: &[u8], now: Timestamp) -> SignedMessage {
        self.sign_as(MessageKind::Act, content, now)
    }

    /// Signs any octets as a message of any kind.
    pub fn sign_as(&self, kind: MessageKind, content: &[u8], now: Timestamp) -> SignedMessage {
        SignedMessage::sign(kind, content, self.token.certificate(), now, |o| self.token.sign(o))
            .unwrap()
    }

    /// Signs an act with a number of one's own choice.
    pub fn act(&self, place: &Place, request: RequestId, deed: Deed) -> SignedMessage {
        let now = place.now();
        let authority = place.security.authority().fingerprint;
        let terminal = self.terminal_digest();
        let act = Act { request, authority, terminal, made_at: now, deed };
        self.sign(&serde_json::to_vec(&act).unwrap(), now)
    }
}

/// A certificate and the case that it came of.
#[derive(Debug, Clone)]
pub struct Holder {
    pub case: CaseId,
    pub card: String,
    pub serial: SerialNumber,
    pub certificate: Vec<u8>,
    pub not_after: Timestamp,
    pub superseded: Option<SerialNumber>,
}

/// The acts of a counter, one by one.
pub trait Acts {
    async fn open(&self, procedure: Procedure) -> CaseId;
    async fn find(&self, procedure: Procedure, by: LookUpBy) -> Result<CaseId, DeskError>;
    async fn apply(&self, case: CaseId, card: &str) -> Result<Vec<u8>, DeskError>;
    async fn hand_in(&self, case: CaseId, card: &str, proof: Vec<u8>) -> Result<Holder, DeskError>;
    async fn deliver(&self, issued: Holder) -> Result<Holder, DeskError>;
    async fn issue(
        &self,
        procedure: Procedure,
        by: LookUpBy,
        key: &dyn Signer,
    ) -> Result<Holder, DeskError>;
    async fn certify(
        &self,
        procedure: Procedure,
        by: LookUpBy,
        key: &dyn Signer,
    ) -> Result<Holder, DeskError>;
}

impl Acts for Desk {
    async fn open(&self, procedure: Procedure) -> CaseId {
        match self.ask(Deed::OpenCase { procedure }).await.unwrap() {
            Answer::CaseOpened { case, .. } => case,
            other => panic!("{other:?}"),
        }
    }

    async fn find(&self, procedure: Procedure, by: LookUpBy) -> Result<CaseId, DeskError> {
        let case = Acts::open(self, procedure).await;
        self.ask(Deed::LookUp { case, by }).await.map(|_| case)
    }

    async fn apply(&self, case: CaseId, card: &str) -> Result<Vec<u8>, DeskError> {
        match self.ask(application(case, card)).await? {
            Answer::Permitted { challenge, .. } => Ok(challenge.0),
            other => panic!("{other:?}"),
        }
    }

    async fn hand_in(&self, case: CaseId, card: &str, proof: Vec<u8>) -> Result<Holder, DeskError> {
        // What is no key of a card is handed in all the same.
        let mut paper = match key_of(&proof) {
            Some(key) => Some(make_key(self, case, card, &key).await?),
            None => None,
        };
        let deed = Deed::Certify { case, card: card.into(), proof: Octets(proof) };
        match self.ask(deed).await? {
            Answer::Certified { serial, certificate, not_after, run } => {
                write(self, paper.as_mut().expect("a card made it"), case, run).await?;
                Ok(Holder {
                    case,
                    card: card.into(),
                    serial,
                    certificate: certificate.0,
                    not_after,
                    superseded: None,
                })
            }
            other => panic!("{other:?}"),
        }
    }

    async fn deliver(&self, issued: Holder) -> Result<Holder, DeskError> {
        let Holder { case, card, .. } = issued.clone();
        let read_back = Sha256::of(&issued.certificate);
        match self.ask(Deed::ConfirmDelivery { case, card, read_back }).await? {
            Answer::Delivered { superseded, .. } => Ok(Holder { superseded, ..issued }),
            other => panic!("{other:?}"),
        }
    }

    async fn issue(
        &self,
        procedure: Procedure,
        by: LookUpBy,
        key: &dyn Signer,
    ) -> Result<Holder, DeskError> {
        let card = hex::encode_upper(rand::random::<[u8; 8]>());
        let case = self.find(procedure, by).await?;
        let challenge = self.apply(case, &card).await?;
        self.hand_in(case, &card, proof(key, &challenge)).await
    }

    async fn certify(
        &self,
        procedure: Procedure,
        by: LookUpBy,
        key: &dyn Signer,
    ) -> Result<Holder, DeskError> {
        let issued = self.issue(procedure, by, key).await?;
        self.deliver(issued).await
    }
}

/// The master keys for cards of all places, by the fingerprint of the authority.
static MASTERS: LazyLock<Mutex<HashMap<Sha256, Arc<CardMaster>>>> = LazyLock::new(Mutex::default);

/// Tells from what the cards of the authority behind a desk come.
pub fn makes_cards(desk: &Desk, master: Arc<CardMaster>) {
    MASTERS.lock().unwrap().insert(desk.authority().fingerprint, master);
}

/// A card of paper of the authority behind a desk, which will say that it made this key.
pub fn paper_card(desk: &Desk, number: &str, public_key: &[u8]) -> PaperCard {
    let masters = MASTERS.lock().unwrap();
    let keys = masters[&desk.authority().fingerprint].card_keys(number);
    PaperCard::new(number, keys, public_key)
}

/// Has a card of paper make this key for a case.
pub async fn make_key(
    desk: &Desk,
    case: CaseId,
    number: &str,
    public_key: &[u8],
) -> Result<PaperCard, DeskError> {
    let mut card = paper_card(desk, number, public_key);
    let opened = desk.ask(Deed::OpenChannel { case, card: number.into() }).await?;
    // Where it was issued already, the certificate is written once more.
    if let Answer::KeyMade { public_key: made } = carry(desk, &mut card, case, opened).await? {
        assert!(made.0 == public_key);
    }
    Ok(card)
}

/// Carries what the authority tells a card of paper, until it says something else.
async fn carry(
    desk: &Desk,
    card: &mut PaperCard,
    case: CaseId,
    mut answer: Answer,
) -> Result<Answer, DeskError> {
    while let Answer::Commands { run } = answer {
        answer = desk.ask(card.carried(case, &run)).await?;
    }
    Ok(answer)
}

/// Writes what was issued into a card of paper, which switches to it.
pub async fn write(
    desk: &Desk,
    card: &mut PaperCard,
    case: CaseId,
    run: Vec<Octets>,
) -> Result<(), DeskError> {
    match carry(desk, card, case, Answer::Commands { run }).await? {
        Answer::Activated => Ok(()),
        other => panic!("{other:?}"),
    }
}

/// The key that a proof is about, if a card of this service could have made it.
fn key_of(proof: &[u8]) -> Option<Vec<u8>> {
    /// SubjectPublicKeyInfo of RSA-2048.
    const LENGTH: usize = 294;
    let key = CertReq::from_der(proof).ok()?.info.public_key.to_der().ok()?;
    (key.len() == LENGTH).then_some(key)
}

/// An application with a card of this service as identity proof.
pub fn application(case: CaseId, card: &str) -> Deed {
    Deed::Apply {
        case,
        card: card.into(),
        identity: IdentityProof::ResidentCard,
        under_guardianship: None,
        name_choices: Default::default(),
        address_choices: Default::default(),
    }
}

/// A new PIN on a card in use, for somebody with a card of this service.
pub fn reset_pin(case: CaseId, card: &str) -> Deed {
    Deed::ResetPin { case, card: card.into(), identity: IdentityProof::ResidentCard }
}

pub fn by_items(items: &FourItems) -> LookUpBy {
    LookUpBy::Items {
        name: items.name.clone(),
        birth_date: items.birth_date,
        sex: Some(items.sex),
        address: Some(items.address.clone()),
    }
}

/// Somebody ordinary.
pub fn person(town: MunicipalityCode, number: usize) -> Person {
    let place =
        if town == tottori() { "鳥取県鳥取市東町" } else { "鳥取県米子市加茂町" };
    Person {
        municipality: town,
        items: FourItems {
            name: format!("証　{}", kanji(number)),
            address: format!("{place}一丁目{number}番地"),
            birth_date: "319700115".parse().unwrap(),
            sex: Sex::Female,
        },
        protected: false,
    }
}

fn kanji(number: usize) -> String {
    let digits = ["〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    number.to_string().bytes().map(|digit| digits[usize::from(digit - b'0')]).collect()
}

/// The n-th key of all stories: making RSA keys is what takes their time.
pub fn key(number: usize) -> Arc<RsaKey> {
    static KEYS: LazyLock<Mutex<Vec<Arc<RsaKey>>>> = LazyLock::new(Mutex::default);
    let mut keys = KEYS.lock().unwrap();
    while keys.len() < number {
        keys.push(Arc::new(RsaKey::generate(RsaSize::Rsa2048).unwrap()));
    }
    keys[number - 1].clone()
}

/// A PKCS#10 request over a challenge, by a key that lies in no card.
pub fn proof(key: &dyn Signer, challenge: &[u8]) -> Vec<u8> {
    proof_about(key.public_key(), key, challenge)
}

/// A request about one key, signed by another.
pub fn proof_about(public_key: &[u8], signer: &dyn Signer, challenge: &[u8]) -> Vec<u8> {
    const CHALLENGE_PASSWORD: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.7");
    let challenge = PrintableString::new(&hex::encode(challenge)).unwrap();
    let attribute = Attribute {
        oid: CHALLENGE_PASSWORD,
        values: SetOfVec::try_from(vec![Any::encode_from(&challenge).unwrap()]).unwrap(),
    };
    let info = CertReqInfo {
        version: Version::V1,
        subject: Name::default(),
        public_key: SubjectPublicKeyInfoOwned::from_der(public_key).unwrap(),
        attributes: SetOfVec::try_from(vec![attribute]).unwrap(),
    };
    let signature = signer.sign(&info.to_der().unwrap()).unwrap();
    let algorithm: AlgorithmIdentifierOwned = signer.algorithm();
    let signature = BitString::from_bytes(&signature).unwrap();
    CertReq { info, algorithm, signature }.to_der().unwrap()
}

/// The refusal that an outcome must be.
#[track_caller]
pub fn refusal<T>(outcome: Result<T, DeskError>) -> Refusal {
    match outcome {
        Ok(_) => panic!("it was granted"),
        Err(DeskError::Refused(refusal)) => refusal,
        Err(DeskError::InCase { error, .. }) => refusal::<T>(Err(*error)),
        // The desk reads what it sends as the authority would.
        Err(DeskError::Beyond { what }) => Refusal::Malformed { what },
        Err(error) => panic!("no refusal: {error}"),
    }
}

/// The only revocation in a world's book, or any place where octets lie.
pub fn holds(file: &Path, octets: &[u8]) -> bool {
    let content = std::fs::read(file).unwrap_or_default();
    content.windows(octets.len()).any(|window| window == octets)
}

/// Every file below a directory.
pub fn files_under(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_under(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// What an entry that begins an alarm says, in English.
pub fn said(entry: &Entry) -> String {
    akashi_words::of_alarm(
        &akashi_wire::Alarm::from_text(&entry.subject).unwrap(),
        akashi_words::Language::English,
    )
}
