//! The public repository (RFC 5280 §3): lists, the authority's certificate, its practice
//! statement; and who may have the lists.
//!
//! It serves the shelf as it lies, knows no issuer, and needs the book in `registered` mode alone,
//! where it is an answering role like the OCSP responder: each list that an agency fetches is an
//! inquiry, on record before the first octet goes out (law art. 17, 18).

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use akashi_ledger::{
    Access, Authority, AuthorityProfile, Enrolment, Inquiry, Ledger, LedgerError, NotAdmitted,
    Publishing, Scope,
};
use akashi_link::Peer;
use akashi_shelf::{Facts, Shelf, ShelfError, Stamp};
use akashi_wire::octets::Sha256;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::Settings;

/// So many files are remembered before all are read again.
const REMEMBERED: usize = 4096;

/// What is served, and to whom.
pub struct Repository {
    generation: i64,
    shelf: Shelf,
    certificate: Vec<u8>,
    practice_statement: String,
    access: Access,
    max_age: SignedDuration,
    register: Option<Register>,
    facts: Mutex<HashMap<Asked, (Stamp, Facts)>>,
    /// After a publication many ask for a file that nobody has read through yet: one does.
    reading: Arc<Semaphore>,
}

/// A scope, and a number unless the current list is meant.
type Asked = (Scope, Option<i64>);

/// Whom to give lists, and where to write it down.
struct Register {
    ledger: Ledger<Publishing>,
}

/// Why somebody gets no list. Says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No certificate was shown.
    #[error(
        "Lists of this authority are given to registered agencies only (公的個人認証法 art. 17, 18). Fetch them at the agencies' door, over mutual TLS, with the certificate of your enrolment."
    )]
    Unknown,
    /// The certificate is not that of an agency, or no longer.
    #[error(
        "The certificate that you show is not that of an agency enrolled now. Notify the authority of your purpose (公的個人認証法 art. 17), or ask its security officer to renew your enrolment."
    )]
    NotAnAgency,
    /// Another key of the agency was certified: this one is dead.
    #[error(
        "Another key of yours was certified at {since}, and this one is dead since: use that one. If it was not you who asked for it, tell the authority at once."
    )]
    Superseded {
        /// When.
        since: Timestamp,
    },
    /// The purpose is not one that was notified.
    #[error(
        "Say for which of your notified purposes you fetch this list, as ?purpose=…; yours are: {}",
        .notified.join(", ")
    )]
    Purpose {
        /// What was notified.
        notified: Vec<String>,
    },
    /// The book cannot be read or written, and nothing is given that is not on record.
    #[error(
        "The authority cannot record your request now, and may not answer before it has. Go on with the list that you have until its nextUpdate, and ask again in a minute."
    )]
    CannotRecord(#[from] LedgerError),
}

/// An agency and the purpose for which it asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    agency: Option<(Enrolment, String)>,
}

impl Repository {
    /// The repository of an authority in a directory, `DIR` of [`Shelf`]. In `registered` mode it
    /// gives no list to anybody until it has a register.
    pub fn open(
        dir: &Path,
        authority: &Authority,
        settings: &Settings,
    ) -> Result<Self, ShelfError> {
        Ok(Self {
            generation: authority.generation(),
            shelf: Shelf::open(dir, authority.generation())?,
            certificate: authority.certificate.clone(),
            practice_statement: practice_statement(&authority.profile),
            access: authority.profile.access,
            max_age: settings.max_age,
            register: None,
            facts: Mutex::default(),
            reading: Arc::new(Semaphore::new(1)),
        })
    }

    /// With the book, in which agencies are enrolled and their inquiries recorded.
    pub fn with_register(mut self, ledger: Ledger<Publishing>) -> Self {
        self.register = Some(Register { ledger });
        self
    }

    /// Whose links are not opened any more; nothing where the book does not say, or there is none.
    pub(crate) async fn dismissed(&self) -> Option<HashSet<Sha256>> {
        self.register.as_ref()?.ledger.dismissed().await.ok()
    }

    /// With another practice statement than the short one that comes with the program.
    pub fn with_practice_statement(mut self, text: String) -> Self {
        self.practice_statement = text;
        self
    }

    /// Whose lists they are: the authority's key with this number.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// DER of the authority's certificate.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The practice statement.
    pub fn practice_statement(&self) -> &str {
        &self.practice_statement
    }

    /// Who may have lists.
    pub fn access(&self) -> Access {
        self.access
    }

    /// How long a cache may keep the current list.
    pub fn max_age(&self) -> SignedDuration {
        self.max_age
    }

    /// A list, open, with what it says of itself: the current one of its scope, or the one with a
    /// number. `None` when there is none.
    pub async fn list(
        self: &Arc<Self>,
        scope: Scope,
        number: Option<i64>,
    ) -> Result<Option<(File, Facts)>, ShelfError> {
        let repository = self.clone();
        let opened = tokio::task::spawn_blocking(move || repository.look(scope, number)).await;
        let (file, known) = match opened.map_err(|_| ShelfError::BrokenOff)?? {
            None => return Ok(None),
            Some((file, Some(facts))) => return Ok(Some((file, facts))),
            Some((file, None)) => (file, self.reading.clone().acquire_owned().await),
        };
        let _slot = known.map_err(|_| ShelfError::BrokenOff)?;
        let repository = self.clone();
        tokio::task::spawn_blocking(move || repository.read_through(scope, number, file))
            .await
            .map_err(|_| ShelfError::BrokenOff)?
            .map(Some)
    }

    /// Whether somebody may have lists, and as whom.
    pub async fn admit(
        &self,
        peer: Option<&Peer>,
        purpose: Option<String>,
        now: Timestamp,
    ) -> Result<Admitted, Refusal> {
        if self.access == Access::Open {
            return Ok(Admitted { agency: None });
        }
        let (Some(peer), Some(register)) = (peer, &self.register) else {
            return Err(Refusal::Unknown);
        };
        let enrolment = register
            .ledger
            .enrolment_of(Sha256::of(&peer.certificate))
            .await?
            .ok_or(Refusal::NotAnAgency)?;
        if let (Some(since), None) = (enrolment.superseded_at, enrolment.ended_at) {
            return Err(Refusal::Superseded { since });
        }
        let purpose = match enrolment.admitted(purpose.as_deref(), now) {
            Ok(purpose) => purpose.to_owned(),
            Err(NotAdmitted::NotAnAgency) => return Err(Refusal::NotAnAgency),
            Err(NotAdmitted::Purpose(notified)) => return Err(Refusal::Purpose { notified }),
        };
        Ok(Admitted { agency: Some((enrolment, purpose)) })
    }

    /// Puts on record that somebody who was admitted gets this list.
    pub async fn record(
        &self,
        admitted: &Admitted,
        scope: Scope,
        number: i64,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (Some((agency, purpose)), Some(register)) = (&admitted.agency, &self.register) else {
            return Ok(());
        };
        let inquiry = Inquiry {
            party: agency.party,
            purpose: purpose.clone(),
            asked: format!("{}/{scope} {number}", self.generation),
            answer: "crl".into(),
            at: now,
        };
        // Carried out to its end, even if whoever asked hangs up: others may share its commit.
        let ledger = register.ledger.clone();
        let recording =
            async move { ledger.record_inquiries(rand::random(), &[inquiry], now).await };
        Ok(tokio::spawn(recording).await.unwrap_or(Err(LedgerError::GroupLost))?)
    }

    fn look(
        &self,
        scope: Scope,
        number: Option<i64>,
    ) -> Result<Option<(File, Option<Facts>)>, ShelfError> {
        let name = self.name(scope, number);
        let failed = ShelfError::file(&name);
        let file = match File::open(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(&failed)?,
        };
        let stamp = Stamp::of(&file.metadata().map_err(&failed)?);
        let facts = self.remembered(scope, number, stamp);
        Ok(Some((file, facts)))
    }

    fn read_through(
        &self,
        scope: Scope,
        number: Option<i64>,
        mut file: File,
    ) -> Result<(File, Facts), ShelfError> {
        let name = self.name(scope, number);
        let failed = ShelfError::file(&name);
        let stamp = Stamp::of(&file.metadata().map_err(&failed)?);
        if let Some(facts) = self.remembered(scope, number, stamp) {
            return Ok((file, facts));
        }
        let facts = Facts::of(file.try_clone().map_err(&failed)?, &name)?;
        io::Seek::rewind(&mut file).map_err(&failed)?;
        let mut known = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert((scope, number), (stamp, facts));
        Ok((file, facts))
    }

    fn name(&self, scope: Scope, number: Option<i64>) -> PathBuf {
        match number {
            None => self.shelf.current(scope),
            Some(number) => self.shelf.numbered(scope, number),
        }
    }

    fn remembered(&self, scope: Scope, number: Option<i64>, stamp: Stamp) -> Option<Facts> {
        let known = self.facts.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, facts) = known.get(&(scope, number))?;
        (*of == stamp).then_some(*facts)
    }
}

/// The short practice statement that comes with the program (RFC 3647 in one page).
pub fn practice_statement(profile: &AuthorityProfile) -> String {
    let AuthorityProfile { organisation, policy, ocsp_url, repository_url, access, .. } = profile;
    let (generation, arl, certificate) =
        (profile.generation, profile.arl_url(), profile.ca_issuers_url());
    let access = match access {
        Access::Open => "Everybody may ask whether a certificate is revoked.",
        Access::Registered => {
            "Whether a certificate is revoked is told to agencies that notified the authority \
             beforehand, and each inquiry is on record (art. 17, 18)."
        }
    };
    format!(
        "運用規程 (Certification Practice Statement) of {organisation}\n\
         Certificate policy {policy}\n\n\
         Certificates are issued to residents who come to the counter of their municipality and \
         prove who they are; the key pair is made on their card and never leaves it. A certificate \
         is valid for three years, and ends before that when its holder asks for it, when key or \
         card is lost, or when the register of residents no longer says what it says (公的個人認証法 \
         art. 12, 15). Certificates are never published.\n\n\
         {access}\n\n\
         Lists of the revoked: {repository_url}/crl/{generation}/CODE.crl for the municipality \
         with that code, {repository_url}/crl/{generation}/complete.crl for all, {arl} for \
         authorities. OCSP: {ocsp_url}. Certificate of the authority: {certificate}.\n"
    )
}
