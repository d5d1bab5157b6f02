//! Leave to change the book.
//!
//! A permit is made only by verifying a signature of an enrolled party over an act, a batch or an
//! order, and is good for the kind of deed that was signed and for no other ([`crate::right`]), and for
//! what it was signed about and nothing else ([`crate::object`]).
//! Nothing that changes the book can be called without one, and nobody outside of this module can make
//! one. The enrolment behind it is read again inside of the change: who was dismissed meanwhile gets
//! nothing.

use akashi_wire::act::{AskedAct, Deed, PartyId, ReceivedAct};
use akashi_wire::octets::Sha256;
use akashi_wire::order::{Order, SignedOrder};
use akashi_wire::party::Role;
use akashi_wire::signed::MessageKind;
use akashi_wire::time_word::{Saying, TimeWord};
use akashi_wire::{MunicipalityCode, RecoveryRequest, RekeyRequest, Verified, pki};
use jiff::{SignedDuration, Timestamp};

use crate::cause::Cause;
use crate::object::Object;
use crate::right::{self, Right};
use crate::store::Value;
use crate::{Change, Enrolment, Issuing, Ledger, LedgerError};

/// Leave of one enrolled party to change the book, by one signed message.
#[derive(Debug, Clone)]
pub struct Permit {
    party: PartyId,
    role: Role,
    /// SHA-256 of the certificate of the key that signed.
    certificate: Sha256,
    /// The terminal at which it was signed, of an act, with the SHA-256 of its certificate.
    terminal: Option<(PartyId, Sha256)>,
    evidence: Sha256,
    content: Sha256,
    cause: Cause,
    rights: &'static [Right],
    object: Object,
    /// What the same act gives once two persons signed it.
    of_two: &'static [Right],
    /// What it gives because two have.
    gained: &'static [Right],
    /// Whether, of several authorities over one book, only the one whose turn it is may use it.
    needs_lease: bool,
}

impl Permit {
    /// Who.
    pub fn party(&self) -> PartyId {
        self.party
    }

    /// In what capacity.
    pub fn role(&self) -> &Role {
        &self.role
    }

    pub(crate) fn needs_lease(&self) -> bool {
        self.needs_lease
    }

    /// SHA-256 of the signed message.
    pub fn evidence(&self) -> Sha256 {
        self.evidence
    }

    /// SHA-256 of what was signed.
    pub(crate) fn content(&self) -> Sha256 {
        self.content
    }

    /// What the message was.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The municipality to which the party is confined.
    pub fn municipality(&self) -> Option<MunicipalityCode> {
        self.role.municipality()
    }

    /// The permit of the very first page, where nobody is enrolled yet.
    pub(crate) fn founding(enrolment: &Enrolment, message: &Verified) -> Self {
        Self::alone(
            enrolment,
            message,
            Cause::Founding,
            (&[Right::Found, Right::Enrol], Object::Whatever),
        )
    }

    /// What a message gives that stands by itself: signed at no terminal, and nothing more where two sign it.
    fn alone(
        enrolment: &Enrolment,
        message: &Verified,
        cause: Cause,
        (rights, object): (&'static [Right], Object),
    ) -> Self {
        Self {
            party: enrolment.party,
            role: enrolment.role.clone(),
            certificate: Sha256::of(message.signer()),
            terminal: None,
            evidence: Sha256::of(message.message()),
            content: Sha256::of(message.content()),
            cause,
            rights,
            object,
            of_two: &[],
            gained: &[],
            needs_lease: false,
        }
    }

    /// Whether it is the permit of the first page.
    pub(crate) fn is_founding(&self) -> bool {
        self.cause == Cause::Founding
    }

    /// The terminal at which it was signed, of an act, as a column has it.
    pub(crate) fn terminal(&self) -> Value {
        Value::Octets(self.terminal.map(|(terminal, _)| terminal.as_bytes().to_vec()))
    }

    /// As it stands in the audit chain: who, and at which terminal.
    pub(crate) fn actor(&self) -> String {
        let actor = format!("{}:{}", self.role.name(), self.party);
        self.terminal.map_or(actor.clone(), |(terminal, _)| format!("{actor}@{terminal}"))
    }

    /// SHA-256 of the certificate of the key that signed.
    pub(crate) fn certificate(&self) -> Sha256 {
        self.certificate
    }

    /// On whose keys it rests, each by the SHA-256 of its certificate.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = Sha256> {
        [self.certificate].into_iter().chain(self.terminal.map(|(_, certificate)| certificate))
    }

    /// What it would give if two had signed.
    pub(crate) fn of_two(&self) -> &'static [Right] {
        self.of_two
    }

    /// Gives it rights that two persons signed for, over what they signed.
    pub(crate) fn gain(&mut self, rights: &'static [Right], object: Object) {
        (self.gained, self.object) = (rights, object);
    }

    /// What the message is about.
    pub(crate) fn object(&self) -> &Object {
        &self.object
    }

    /// Stops a change that the signed message does not cover, or that is about something else.
    pub(crate) fn require_about(&self, right: Right, object: &Object) -> Result<(), LedgerError> {
        self.require(right)?;
        if self.object.is(object) { Ok(()) } else { Err(self.not_permitted(right)) }
    }

    /// Stops a change that the signed message does not cover.
    pub(crate) fn require(&self, right: Right) -> Result<(), LedgerError> {
        if self.rights.contains(&right) || self.gained.contains(&right) {
            return Ok(());
        }
        if self.of_two.contains(&right) {
            return Err(LedgerError::TakesTwo);
        }
        Err(self.not_permitted(right))
    }

    /// That the signed message does not cover this.
    pub(crate) fn not_permitted(&self, right: Right) -> LedgerError {
        let cause = self.cause.to_string();
        LedgerError::NotPermitted { actor: self.actor(), cause, right: right.name() }
    }
}

/// An act whose signer is enrolled now, with the permit that it gives.
#[derive(Debug, Clone)]
pub struct PermittedAct {
    /// What is asked: no deed where the signer's role may not ask for it.
    pub act: AskedAct,
    /// Leave to do it: to write down its refusal and no more, where there is no deed.
    pub permit: Permit,
}

impl Change {
    /// Stops where one of these permits is no longer its party's to use: in a group each member has its
    /// own.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`], [`LedgerError::Suspended`] or [`LedgerError::NotATerminal`], of
    /// whichever it is.
    pub async fn check_permits<'p>(
        &mut self,
        permits: impl IntoIterator<Item = &'p Permit>,
    ) -> Result<(), LedgerError> {
        let certificates = permits.into_iter().flat_map(Permit::certificates).collect();
        self.check_enrolled(certificates).await
    }
}

impl Ledger<Issuing> {
    /// What an act says, and the permit that it gives.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`] when the signer's certificate is unknown, ended or out of its time;
    /// [`LedgerError::Suspended`] when the signer may not act at present;
    /// [`LedgerError::Unreadable`] when the content is no act; [`LedgerError::NotATerminal`] when it names
    /// no terminal in force of the place where the signer works. (Whether it came over that terminal's
    /// link its door knows.)
    pub async fn permit_act(
        &self,
        message: &Verified,
        now: Timestamp,
    ) -> Result<PermittedAct, LedgerError> {
        let act = serde_json::from_slice::<ReceivedAct>(message.content())
            .map_err(|e| LedgerError::Unreadable { column: e.column() });
        let named = act.as_ref().ok().map(ReceivedAct::terminal);
        let terminal = async {
            match named {
                Some(terminal) => self.enrolment_of(terminal).await,
                None => Ok(None),
            }
        };
        let (enrolment, terminal) = futures::join!(self.signer_of(message, now), terminal);
        let enrolment = enrolment?;
        let act = act?.of(&enrolment.role);
        let terminal = terminal?.filter(|one| one.is_terminal_of(&enrolment.role, now));
        // What the recovery key asked for is stopped over the own link too: the office may have no terminal left.
        let own = matches!(act.deed(), Some(Deed::StopRecovery { .. }))
            && act.terminal == Sha256::of(message.signer());
        let terminal = match own {
            true => None,
            false => Some(terminal.ok_or(LedgerError::NotATerminal)?),
        };
        let permit = Permit {
            party: enrolment.party,
            certificate: Sha256::of(message.signer()),
            terminal: terminal.map(|one| (one.party, Sha256::of(&one.certificate))),
            evidence: Sha256::of(message.message()),
            content: Sha256::of(message.content()),
            cause: Cause::Act(act.request),
            rights: act.deed().map_or(&[], right::of_deed),
            object: act.deed().map_or(Object::Nothing, Object::of_deed),
            of_two: act.deed().map_or(&[], |deed| right::of_two(deed, &enrolment.role)),
            gained: &[],
            needs_lease: false,
            role: enrolment.role,
        };
        Ok(PermittedAct { act, permit })
    }

    /// The permit that a batch gives: to take it in.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`] when the signer is not the source in force that speaks for the municipality.
    pub async fn permit_batch(
        &self,
        message: &Verified,
        source: MunicipalityCode,
        now: Timestamp,
    ) -> Result<Permit, LedgerError> {
        let enrolment = self.signer_of(message, now).await?;
        // For its own municipality, or one that was handed over to it.
        let municipality = self.speaks_for(source).await?;
        if enrolment.role != (Role::Source { municipality }) {
            return Err(LedgerError::NotEnrolled);
        }
        let digest = Sha256::of(message.content());
        Ok(Permit::alone(
            &enrolment,
            message,
            Cause::Batch(source, digest),
            (&[Right::AcceptBatch], Object::Batch(source, digest)),
        ))
    }

    /// What a party asks that wants another key, and the permit that its message gives: to have that key
    /// certified in the place of the one that signed.
    ///
    /// # Errors
    /// As [`Ledger::permit_act`]; of no terminal, since not every party works at one.
    pub async fn permit_rekey(
        &self,
        message: &Verified,
        now: Timestamp,
    ) -> Result<(RekeyRequest, Permit), LedgerError> {
        let enrolment = self.signer_of(message, now).await?;
        let asked: RekeyRequest = serde_json::from_slice(message.content())
            .map_err(|e| LedgerError::Unreadable { column: e.column() })?;
        let next = pki::requested_key(&asked.request_for_certificate.0);
        let object =
            next.map_or(Object::Nothing, |key| Object::NextKey(enrolment.party, Sha256::of(&key)));
        let evidence = Sha256::of(message.message());
        let permit =
            Permit::alone(&enrolment, message, Cause::Rekey(evidence), (&[Right::Rekey], object));
        Ok((asked, permit))
    }

    /// What the recovery key asks for, and the permit that its message gives: to have it written down.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`] when another signed it; [`LedgerError::Unreadable`] when the content is no
    /// such request.
    pub async fn permit_recovery(
        &self,
        message: &Verified,
        now: Timestamp,
    ) -> Result<(RecoveryRequest, Permit), LedgerError> {
        let enrolment = self.signer_of(message, now).await?;
        if enrolment.role != Role::Recovery {
            return Err(LedgerError::NotEnrolled);
        }
        let asked = serde_json::from_slice(message.content())
            .map_err(|e| LedgerError::Unreadable { column: e.column() })?;
        let digest = Sha256::of(message.content());
        let permit = Permit::alone(
            &enrolment,
            message,
            Cause::Recovery(digest),
            (&[Right::AskForRecovery], Object::Recovery(digest)),
        );
        Ok((asked, permit))
    }

    /// What a person says of the time at the host, and the permit that it gives: to write that down, together with
    /// another's. Who signs is held against the machine's clock, of which it speaks.
    ///
    /// # Errors
    /// As [`Ledger::permit_act`], but for the terminal, since there is none; [`LedgerError::NotEnrolled`] where the
    /// signer may not say so.
    pub(crate) async fn permit_time_word(
        &self,
        message: &Verified,
        machine: Timestamp,
        right: Right,
    ) -> Result<(TimeWord, Permit), LedgerError> {
        let enrolment = self.signer_of(message, machine).await?;
        let word: TimeWord = serde_json::from_slice(message.content())
            .map_err(|e| LedgerError::Unreadable { column: e.column() })?;
        let rights: &[Right] = match word.says {
            Saying::Right { .. } => &[Right::AcceptClock],
            Saying::BringBack { .. } => &[Right::BringBack],
        };
        if !word.is_for(&enrolment.role) || !rights.contains(&right) {
            return Err(LedgerError::NotEnrolled);
        }
        let evidence = Sha256::of(message.message());
        let permit = Permit::alone(
            &enrolment,
            message,
            Cause::TimeWord(evidence),
            (rights, Object::Nothing),
        );
        Ok((word, permit))
    }

    /// What an order says, and the permit that it gives.
    ///
    /// # Errors
    /// [`LedgerError::NotEnrolled`] when the signer is not one who gives this order, and when the order
    /// was not signed a moment ago; [`LedgerError::Unreadable`] when the content is no order.
    pub async fn permit_order(
        &self,
        message: &Verified,
        now: Timestamp,
    ) -> Result<(Order, Permit), LedgerError> {
        let enrolment = self.signer_of(message, now).await?;
        let SignedOrder { order, at } = serde_json::from_slice(message.content())
            .map_err(|e| LedgerError::Unreadable { column: e.column() })?;
        let age = now.duration_since(at).abs();
        if !order.is_for(&enrolment.role) || age > life_of(&order) {
            return Err(LedgerError::NotEnrolled);
        }
        let evidence = Sha256::of(message.message());
        let mut permit = Permit::alone(
            &enrolment,
            message,
            Cause::of_order(&order, evidence),
            (right::of_order(&order), Object::of_order(&order)),
        );
        permit.needs_lease = order.is_of_one();
        Ok((order, permit))
    }

    /// The permit of the authority's own program for what is to be done now: an order, signed by that
    /// program's key and verified like anybody's message.
    ///
    /// `certificate` is the program's; `sign` gives its signature over the octets it gets.
    pub async fn order<E: std::fmt::Display>(
        &self,
        order: Order,
        certificate: &[u8],
        now: Timestamp,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Permit, LedgerError> {
        let message = SignedOrder::sign(order, certificate, now, sign)
            .and_then(|message| message.verify(MessageKind::Order))
            .map_err(|_| LedgerError::NotEnrolled)?;
        Ok(self.permit_order(&message, now).await?.1)
    }

    async fn signer_of(
        &self,
        message: &Verified,
        now: Timestamp,
    ) -> Result<Enrolment, LedgerError> {
        let enrolment = self.enrolment_of(Sha256::of(message.signer())).await?;
        match enrolment {
            Some(Enrolment { superseded_at: Some(since), ended_at: None, .. }) => {
                Err(LedgerError::Superseded { since })
            }
            Some(Enrolment { suspended_at: Some(since), ended_at: None, .. }) => {
                Err(LedgerError::Suspended { since })
            }
            Some(enrolment) if enrolment.is_in_force(now) && message.signer_has_not_ended(now) => {
                Ok(enrolment)
            }
            Some(Enrolment { ended_at: None, not_after, until, .. })
                if now > not_after.min(until) =>
            {
                Err(LedgerError::Over { end: not_after.min(until) })
            }
            _ => Err(LedgerError::NotEnrolled),
        }
    }
}

/// For how long after it was signed an order is carried out.
fn life_of(order: &Order) -> SignedDuration {
    match order {
        // Signed with the time at which its list was begun, which may take long to write; said again
        // it changes nothing.
        Order::PublishList { .. } => SignedDuration::from_hours(24),
        // When it is signed, or not at all.
        _ => SignedDuration::from_mins(5),
    }
}
