//! 回復: security officers and terminals of the office made at the host, where fewer than two can sign.
//! Whether they can the book cannot know: a token may be lost. So it may be asked at any time, and is not carried
//! out where two have signed anything since.
//!
//! The recovery key asks, the book keeps what it signed and waits; any security officer who is left stops it. After
//! its time exactly those are enrolled whom the signed request names, each with the key in it, whoever carries
//! it out.

use std::collections::BTreeSet;

use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::recovery::{RecoveredAs, RecoveredParty, RecoveryRequest};
use akashi_wire::signed::MessageKind;
use akashi_wire::{Alarm, MunicipalityCode, SignedMessage, Verified, pki};
use jiff::{SignedDuration, Timestamp};

use crate::alarm::BEGUN;
use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::Row;
use crate::store::args;
use crate::{Authority, Change, Ledger, LedgerError, NewEnrolment, Position, ReadsAll};

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
    position: Position,
    message: Vec<u8>,
}

/// What became of one: somebody stopped it.
const STOPPED: i64 = 0;
/// What became of one: its parties are enrolled.
const CARRIED_OUT: i64 = 1;
/// What became of one: it was not needed any more, or could not be done.
const LAPSED: i64 = 2;

/// Whoever is left was told of it for so long, without a break, before it is carried out.
const TOLD: SignedDuration = SignedDuration::from_hours(24);

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
        position: row.get("position")?,
        message,
    })
}

/// Those that wait.
const WAITING: &str =
    "SELECT recovery.position, recovery.message, recovery.asked_at, recovery.until FROM recovery
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
    /// What recoveries came to since then: each by the digest of its request, with when, and whether its parties
    /// were enrolled.
    pub async fn recoveries_ended_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(Sha256, Timestamp, bool)>, LedgerError> {
        let sql =
            "SELECT recovery, outcome, at FROM recovery_ended WHERE at >= $1 ORDER BY position";
        let rows = self.store.rows(sql, args![since]).await?;
        let read = |row: &Row| {
            let outcome: i64 = row.get("outcome")?;
            Ok((row.get("recovery")?, row.get("at")?, outcome == CARRIED_OUT))
        };
        rows.iter().map(read).collect()
    }

    /// Recoveries that wait, oldest first: one, if any.
    pub async fn recoveries(&self) -> Result<Vec<Recovery>, LedgerError> {
        self.store.rows(WAITING, args![]).await?.iter().map(read).collect()
    }
}

impl Change {
    /// Writes down what the recovery key asks for; it waits for so long.
    ///
    /// # Errors
    /// [`LedgerError::RecoveryNotEnough`] where there were no two security officers and a terminal of the office
    /// after it either; [`LedgerError::RecoveryWaits`] while another one waits; [`LedgerError::NotAsItStands`] where this one was
    /// asked for before; [`LedgerError::NameTaken`] and
    /// [`LedgerError::KeyTaken`] for a party that could not be enrolled.
    pub async fn ask_for_recovery(
        &mut self,
        message: &Verified,
        waits: SignedDuration,
    ) -> Result<Recovery, LedgerError> {
        let digest = Sha256::of(message.content());
        self.require_about(Right::AskForRecovery, &Object::Recovery(digest))?;
        self.require_authority().await?;
        let office = self.office().await?;
        let sql = "SELECT digest FROM recovery WHERE digest = $1";
        if self.tx.row(sql, args![&digest.0]).await?.is_some() {
            return Err(LedgerError::NotAsItStands);
        }
        if self.tx.row(WAITING, args![]).await?.is_some() {
            return Err(LedgerError::RecoveryWaits);
        }
        let request: RecoveryRequest = serde_json::from_slice(message.content())
            .map_err(|error| LedgerError::Unreadable { column: error.column() })?;
        let asked_as = |role| request.parties.iter().filter(|party| party.role == role).count();
        let officers = self.in_force_as(&Role::SecurityOfficer).await?;
        let terminals = self.in_force_as(&Role::Terminal { municipality: office }).await?;
        if officers + asked_as(RecoveredAs::SecurityOfficer) < 2
            || terminals + asked_as(RecoveredAs::OfficeTerminal) < 1
        {
            return Err(LedgerError::RecoveryNotEnough);
        }
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
        Ok(Recovery { digest, asked_at, until, request, position, message: octets })
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
    /// with. It lapses where two security officers have signed something since, which shows that they can; where
    /// one of the parties cannot be enrolled any more; and with the authority. Gives whether they were enrolled.
    ///
    /// Whoever is left must have had the time to stop it: `waits` since the request was signed, and a day since the
    /// alarm about it was told last, which it is at each start of the authority.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] before its time, or where none waits; [`LedgerError::NotEnrolled`] where the
    /// one who asked is not `recovery_key` (DER of its certificate), or that is not in force; [`LedgerError::NotPermitted`] for other parties
    /// than it names.
    pub async fn carry_out_recovery(
        &mut self,
        recovery: Sha256,
        new: &[NewEnrolment],
        (recovery_key, waits): (&[u8], SignedDuration),
    ) -> Result<bool, LedgerError> {
        self.require_about(Right::CarryOutRecovery, &Object::Recovery(recovery))?;
        let waiting = self.waiting(recovery).await?;
        let signed = waiting.request.made_at.saturating_add(waits).unwrap_or(Timestamp::MAX);
        if self.at() < waiting.until.max(signed) || !self.was_told(&waiting).await? {
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
        self.check_asked_by(recovery_key, &waiting.message).await?;
        let is_over = self.require_authority().await.is_err();
        let mut can_be = !is_over && !self.two_have_signed_since(&waiting).await?;
        for one in new {
            let key = pki::public_key(&one.certificate).unwrap_or_default();
            match self.may_enrol(&one.name, &one.role, &key).await {
                Ok(()) => {}
                Err(LedgerError::NameTaken | LedgerError::KeyTaken) => can_be = false,
                Err(error) => return Err(error),
            }
        }
        if !can_be {
            self.end_recovery("lapse_recovery", recovery, LAPSED).await?;
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

    /// Whoever wrote the row could have written another, and a party beside it: what counts is the signature of
    /// the key that stands in the authority's own directory too.
    async fn check_asked_by(
        &mut self,
        recovery_key: &[u8],
        message: &[u8],
    ) -> Result<(), LedgerError> {
        let message = SignedMessage::from_der(message.to_vec())
            .verify(MessageKind::RecoveryRequest)
            .map_err(|_| LedgerError::NotEnrolled)?;
        let all = self.not_dismissed_as(&Role::Recovery).await?;
        let at = self.at();
        let is_its =
            |one: &crate::Enrolment| one.certificate == message.signer() && one.is_in_force(at);
        let is_known = message.signer() == recovery_key && all.iter().any(is_its);
        if is_known { Ok(()) } else { Err(LedgerError::NotEnrolled) }
    }

    /// Whether the alarm about it stands in the chain, no younger than a day, and no end of it does.
    async fn was_told(&mut self, waiting: &Recovery) -> Result<bool, LedgerError> {
        let sql = "SELECT verb, subject, at FROM audit WHERE position > $1
                   AND verb IN ('alarm', 'stop_recovery', 'lapse_recovery', 'carry_out_recovery')";
        let digest = waiting.digest.to_string();
        let mut told = None;
        for row in self.tx.rows(sql, args![waiting.position.0]).await? {
            let (verb, subject): (String, String) = (row.get("verb")?, row.get("subject")?);
            if verb != BEGUN {
                if subject == digest {
                    return Ok(false);
                }
                continue;
            }
            let is_about = |alarm| matches!(alarm, Alarm::RecoveryAsked { recovery, .. } if recovery == waiting.digest);
            if !Alarm::from_text(&subject).is_ok_and(is_about) {
                continue;
            }
            told = told.max(Some(row.get::<Timestamp>("at")?));
        }
        Ok(told.is_some_and(|told| told + TOLD <= self.at()))
    }

    /// Whether two security officers signed an act each since it was asked for.
    async fn two_have_signed_since(&mut self, waiting: &Recovery) -> Result<bool, LedgerError> {
        let sql = "SELECT DISTINCT actor FROM audit WHERE position > $1
                   AND actor LIKE 'security_officer:%'";
        let mut signed = BTreeSet::new();
        for row in self.tx.rows(sql, args![waiting.position.0]).await? {
            let actor: String = row.get("actor")?;
            signed.insert(actor.split('@').next().unwrap_or_default().to_owned());
        }
        Ok(signed.len() >= 2)
    }

    async fn in_force_as(&mut self, role: &Role) -> Result<usize, LedgerError> {
        let at = self.at();
        let all = self.not_dismissed_as(role).await?;
        Ok(all.iter().filter(|one| one.is_in_force(at)).count())
    }

    async fn office(&mut self) -> Result<MunicipalityCode, LedgerError> {
        let sql = "SELECT certificate, profile FROM authority ORDER BY generation DESC LIMIT 1";
        let row = self.tx.row(sql, args![]).await?.ok_or(LedgerError::NoAuthority)?;
        let (certificate, profile) = (row.get("certificate")?, row.get("profile")?);
        Ok(Authority { certificate, profile }.profile.prefecture)
    }
}
