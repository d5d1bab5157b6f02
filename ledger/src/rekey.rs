//! Another key in the place of a party's own (RFC 3647 §4.7), and the term within which it may have one.

use akashi_wire::act::PartyId;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::pki;
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::store::{Unique, args};
use crate::{Change, Content, Issuing, Ledger, LedgerError, Position};

/// A key is one party's.
const PUBLIC_KEY: Unique = Unique { name: "party_key_public_key", columns: "party_key.public_key" };

impl Ledger<Issuing> {
    /// DER of the certificate that took the place of this one (by its SHA-256).
    pub async fn successor(&self, certificate: Sha256) -> Result<Option<Vec<u8>>, LedgerError> {
        let sql = "SELECT certificate FROM party_key WHERE replaces = $1";
        let row = self.store.row(sql, args![&certificate.0]).await?;
        row.map(|row| row.get("certificate")).transpose()
    }
}

impl Change {
    /// Certifies another key in the place of the one that signed for it, which is dead from here on. The
    /// enrolment stays what it is, and ends when it ended. `request` is what was signed.
    ///
    /// # Errors
    /// [`LedgerError::OutlivesTerm`] when the certificate ends after the enrolment does: nobody prolongs
    /// that alone; [`LedgerError::KeyTaken`] when any party ever had the key; [`LedgerError::OwnIdentity`]
    /// for a program of the authority's own, whose key two persons replace.
    pub async fn rekey(&mut self, certificate: &[u8], request: Content) -> Result<(), LedgerError> {
        let not_permitted = || self.permit.not_permitted(Right::Rekey);
        let key = pki::public_key(certificate).ok_or_else(not_permitted)?;
        let party = self.permit.party();
        self.require_about(Right::Rekey, &Object::NextKey(party, Sha256::of(&key)))?;
        if self.permit.role().is_own() {
            return Err(LedgerError::OwnIdentity);
        }
        let until = self.term().await?;
        if pki::not_after(certificate) > until {
            return Err(LedgerError::OutlivesTerm { until });
        }
        let sql = "SELECT party FROM party_key WHERE public_key = $1";
        if self.tx.row(sql, args![&Sha256::of(&key).0]).await?.is_some() {
            return Err(LedgerError::KeyTaken);
        }
        let before = self.permit.certificate();
        let position = self.append("rekey", &party.to_string(), Some(request)).await?;
        self.keep_key(position, party, certificate, Some(before)).await
    }

    /// Until when whoever signed is enrolled.
    pub async fn term(&mut self) -> Result<Timestamp, LedgerError> {
        let party = self.permit.party();
        Ok(self.party(party).await?.until)
    }

    /// Prolongs an enrolment: keys may be certified in it until then.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] when there is no such party in force, or its term ends no earlier than
    /// that; [`LedgerError::OwnIdentity`] for a program of the authority's own; [`LedgerError::TakesTwo`]
    /// where one person alone signed, [`LedgerError::NotPermitted`] where these may not enrol such a party.
    pub async fn prolong(&mut self, party: PartyId, until: Timestamp) -> Result<(), LedgerError> {
        if !self.permit.object().is(&Object::Term(party, until)) {
            return Err(self.permit.not_permitted(Right::Prolong));
        }
        let found = self.party(party).await?;
        self.of_own_town(&found, Right::Prolong)?;
        let is_at_a_counter = matches!(
            found.role,
            Role::Officer { .. }
                | Role::Supervisor { .. }
                | Role::HoldDesk { .. }
                | Role::Terminal { .. }
        );
        if *self.permit.role() != Role::SecurityOfficer && !is_at_a_counter {
            return Err(self.permit.not_permitted(Right::Prolong));
        }
        if found.role.is_own() {
            return Err(LedgerError::OwnIdentity);
        }
        // Whose key is over has nothing left with which it could have another one certified.
        if self.at() > found.not_after || until <= found.until {
            return Err(LedgerError::NotAsItStands);
        }
        self.require(Right::Prolong)?;
        let position = self.append("prolong", &party.to_string(), None).await?;
        self.keep_term(position, party, until).await
    }

    /// Keeps a certificate of a party: that of its first key, or of one in the place of another (by the
    /// SHA-256 of its certificate).
    pub(crate) async fn keep_key(
        &mut self,
        position: Position,
        party: PartyId,
        certificate: &[u8],
        replaces: Option<Sha256>,
    ) -> Result<(), LedgerError> {
        let key =
            pki::public_key(certificate).ok_or_else(|| self.permit.not_permitted(Right::Enrol))?;
        let row = args![
            position.0,
            party.as_bytes(),
            certificate,
            &Sha256::of(certificate).0,
            &Sha256::of(&key).0,
            pki::not_after(certificate),
            self.at(),
            replaces.map(|before| before.0.to_vec()),
        ];
        self.record(&evidence::PARTY_KEY, vec![row]).await.map_err(|error| {
            if error.violates(&PUBLIC_KEY) { LedgerError::KeyTaken } else { error }
        })
    }

    pub(crate) async fn keep_term(
        &mut self,
        position: Position,
        party: PartyId,
        until: Timestamp,
    ) -> Result<(), LedgerError> {
        let row = args![position.0, party.as_bytes(), until];
        self.record(&evidence::TERM, vec![row]).await
    }
}
