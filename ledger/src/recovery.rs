//! 回復: security officers made at the host where fewer than two can sign, or the office has no terminal.
//!
//! The recovery key asks, the book keeps what it signed and waits; any security officer who is left stops it. After
//! its time exactly those are enrolled whom the signed request names, each with the key in it, whoever carries
//! it out.

use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::recovery::{RecoveredAs, RecoveredParty, RecoveryRequest};
use akashi_wire::signed::MessageKind;
use akashi_wire::{MunicipalityCode, SignedMessage, Verified, pki};
use jiff::{SignedDuration, Timestamp};

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::Row;
use crate::store::args;
use crate::{Authority, Change, Ledger, LedgerError, NewEnrolment, ReadsAll};

/// A recovery that was asked for and has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// SHA-256 of what was signed: its name.
    pub digest: Sha256,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// From when on it is carried out.
    pub until: Timestamp,
    /// What was signed.
    pub request: RecoveryRequest,
    message: Vec<u8>,
}

/// What became of one: nothing.
const STOPPED: i64 = 0;
/// What became of one: its parties are enrolled.
const CARRIED_OUT: i64 = 1;

fn read(row: &Row) -> Result<Recovery, LedgerError> {
    let message: Vec<u8> = row.get("message")?;
    let signed = SignedMessage::from_der(message.clone())
        .verify(MessageKind::RecoveryRequest)
        .map_err(|error| crate::store::damaged("recovery", error.to_string()))?;
    let request = serde_json::from_slice(signed.content())
        .map_err(|error| crate::store::damaged("recovery", error.to_string()))?;
    Ok(Recovery {
        digest: Sha256::of(signed.content()),
        asked_at: row.get("asked_at")?,
        until: row.get("until")?,
        request,
        message,
    })
}

/// Those that wait.
const WAITING: &str = "SELECT recovery.message, recovery.asked_at, recovery.until FROM recovery
                       LEFT JOIN recovery_ended ON recovery_ended.recovery = recovery.digest
                       WHERE recovery_ended.recovery IS NULL ORDER BY recovery.position";

/// As what a party of a recovery is enrolled.
pub fn role_of(party: &RecoveredParty, office: MunicipalityCode) -> Role {
    match party.role {
        RecoveredAs::SecurityOfficer => Role::SecurityOfficer,
        RecoveredAs::OfficeTerminal => Role::Terminal { municipality: office },
    }
}

impl<R: ReadsAll> Ledger<R> {
    /// Recoveries that wait, oldest first: one, if any.
    pub async fn recoveries(&self) -> Result<Vec<Recovery>, LedgerError> {
        self.store.rows(WAITING, args![]).await?.iter().map(read).collect()
    }
}

impl Change {
    /// Writes down what the recovery key asks for; it waits for so long.
    ///
    /// # Errors
    /// [`LedgerError::RecoveryNotNeeded`] while two security officers can sign at a terminal of the office;
    /// [`LedgerError::RecoveryWaits`] while another one waits; [`LedgerError::NotAsItStands`] where this one was
    /// asked for before; [`LedgerError::NameTaken`] and
    /// [`LedgerError::KeyTaken`] for a party that could not be enrolled.
    pub async fn ask_for_recovery(
        &mut self,
        message: &Verified,
        waits: SignedDuration,
    ) -> Result<Recovery, LedgerError> {
        let digest = Sha256::of(message.content());
        self.require_about(Right::AskForRecovery, &Object::Recovery(digest))?;
        let office = self.office().await?;
        if !self.needs_recovery(office).await? {
            return Err(LedgerError::RecoveryNotNeeded);
        }
        let sql = "SELECT digest FROM recovery WHERE digest = $1";
        if self.tx.row(sql, args![&digest.0]).await?.is_some() {
            return Err(LedgerError::NotAsItStands);
        }
        if self.tx.row(WAITING, args![]).await?.is_some() {
            return Err(LedgerError::RecoveryWaits);
        }
        let request: RecoveryRequest = serde_json::from_slice(message.content())
            .map_err(|error| LedgerError::Unreadable { column: error.column() })?;
        for party in &request.parties {
            let key = pki::requested_key(&party.request_for_certificate.0)
                .ok_or_else(|| self.permit.not_permitted(Right::AskForRecovery))?;
            self.may_enrol(&party.name, &role_of(party, office), &key).await?;
        }
        let (asked_at, until) = (self.at(), self.at() + waits);
        let position = self.append("ask_for_recovery", &digest.to_string(), None).await?;
        let octets = message.message().to_vec();
        let row = args![position.0, &digest.0, octets.clone(), asked_at, until];
        self.record(&evidence::RECOVERY, vec![row]).await?;
        Ok(Recovery { digest, asked_at, until, request, message: octets })
    }

    /// Stops a recovery that waits.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] where no such one waits.
    pub async fn stop_recovery(&mut self, recovery: Sha256) -> Result<(), LedgerError> {
        self.require_about(Right::StopRecovery, &Object::Recovery(recovery))?;
        self.waiting(recovery).await?;
        self.end_recovery("stop_recovery", recovery, STOPPED).await
    }

    /// Enrols the parties of a recovery whose time has come, each with a certificate for the key that it asked
    /// with; where two security officers can sign again, or one of the parties cannot be enrolled any more, it
    /// ends as if it had been stopped. Gives whether they were enrolled.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] before its time, or where none waits; [`LedgerError::NotEnrolled`] where the
    /// one who asked is not the recovery key that is in force; [`LedgerError::NotPermitted`] for other parties
    /// than it names.
    pub async fn carry_out_recovery(
        &mut self,
        recovery: Sha256,
        new: &[NewEnrolment],
    ) -> Result<bool, LedgerError> {
        self.require_about(Right::CarryOutRecovery, &Object::Recovery(recovery))?;
        let waiting = self.waiting(recovery).await?;
        if self.at() < waiting.until {
            return Err(LedgerError::NotAsItStands);
        }
        let office = self.office().await?;
        let asked = &waiting.request.parties;
        let is_asked = |(new, asked): (&NewEnrolment, &RecoveredParty)| {
            let key = pki::requested_key(&asked.request_for_certificate.0);
            new.name == asked.name
                && new.role == role_of(asked, office)
                && key.is_some()
                && pki::public_key(&new.certificate) == key
        };
        if new.len() != asked.len() || !new.iter().zip(asked).all(is_asked) {
            return Err(self.permit.not_permitted(Right::CarryOutRecovery));
        }
        self.check_asked_by_recovery_key(&waiting.message).await?;
        let mut can_be = self.needs_recovery(office).await?;
        for one in new {
            let key = pki::public_key(&one.certificate).unwrap_or_default();
            match self.may_enrol(&one.name, &one.role, &key).await {
                Ok(()) => {}
                Err(LedgerError::NameTaken | LedgerError::KeyTaken) => can_be = false,
                Err(error) => return Err(error),
            }
        }
        if !can_be {
            self.end_recovery("lapse_recovery", recovery, STOPPED).await?;
            return Ok(false);
        }
        self.end_recovery("carry_out_recovery", recovery, CARRIED_OUT).await?;
        for one in new {
            self.keep_enrolment(one).await?;
        }
        Ok(true)
    }

    async fn waiting(&mut self, recovery: Sha256) -> Result<Recovery, LedgerError> {
        for row in self.tx.rows(WAITING, args![]).await? {
            let found = read(&row)?;
            if found.digest == recovery {
                return Ok(found);
            }
        }
        Err(LedgerError::NotAsItStands)
    }

    async fn end_recovery(
        &mut self,
        verb: &str,
        recovery: Sha256,
        end: i64,
    ) -> Result<(), LedgerError> {
        let position = self.append(verb, &recovery.to_string(), None).await?;
        let row = args![position.0, &recovery.0, end, self.at()];
        self.record(&evidence::RECOVERY_ENDED, vec![row]).await
    }

    /// Whoever wrote the row could have written another: what counts is the signature of the recovery key.
    async fn check_asked_by_recovery_key(&mut self, message: &[u8]) -> Result<(), LedgerError> {
        let message = SignedMessage::from_der(message.to_vec())
            .verify(MessageKind::RecoveryRequest)
            .map_err(|_| LedgerError::NotEnrolled)?;
        let all = self.not_dismissed_as(&Role::Recovery).await?;
        let at = self.at();
        let is_its =
            |one: &crate::Enrolment| one.certificate == message.signer() && one.is_in_force(at);
        if all.iter().any(is_its) { Ok(()) } else { Err(LedgerError::NotEnrolled) }
    }

    /// Whether nobody could enrol anybody: fewer than two security officers can sign, or there is no terminal at
    /// which they could.
    async fn needs_recovery(&mut self, office: MunicipalityCode) -> Result<bool, LedgerError> {
        let at = self.at();
        let officers = self.not_dismissed_as(&Role::SecurityOfficer).await?;
        let terminals = self.not_dismissed_as(&Role::Terminal { municipality: office }).await?;
        let able = officers.iter().filter(|one| one.is_in_force(at)).count();
        Ok(able < 2 || !terminals.iter().any(|one| one.is_in_force(at)))
    }

    async fn office(&mut self) -> Result<MunicipalityCode, LedgerError> {
        let sql = "SELECT certificate, profile FROM authority ORDER BY generation DESC LIMIT 1";
        let row = self.tx.row(sql, args![]).await?.ok_or(LedgerError::NoAuthority)?;
        let (certificate, profile) = (row.get("certificate")?, row.get("profile")?);
        Ok(Authority { certificate, profile }.profile.prefecture)
    }
}
