//! Who is enrolled, and as what.

use std::collections::{BTreeSet, HashMap, HashSet};

use akashi_wire::act::PartyId;
use akashi_wire::octets::Sha256;
use akashi_wire::party::Role;
use akashi_wire::pki;
use jiff::Timestamp;

use crate::evidence;
use crate::object::Object;
use crate::right::Right;
use crate::row::{Row, stored_as_json};
use crate::store::{Value, args};
use crate::suspension;
use crate::{Change, Issuing, Ledger, LedgerError};

/// One party: a person, a body, or a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Its number.
    pub party: PartyId,
    /// Name of the person or body.
    pub name: String,
    /// As what.
    pub role: Role,
    /// From when.
    pub enrolled_at: Timestamp,
    /// 任期: until when, whatever its keys say. Only those who may enrol prolong it.
    pub until: Timestamp,
    /// DER of the certificate of one of its keys: the newest, where none was asked for.
    pub certificate: Vec<u8>,
    /// The last moment of that.
    pub not_after: Timestamp,
    /// When that key was certified.
    pub certified_at: Timestamp,
    /// When another took its place: from then on it is dead.
    pub superseded_at: Option<Timestamp>,
    /// Until when, once ended.
    pub ended_at: Option<Timestamp>,
    /// Since when it may not act, for as long as that is not lifted.
    pub suspended_at: Option<Timestamp>,
}

/// A party to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEnrolment {
    /// Its number.
    pub party: PartyId,
    /// Name of the person or body.
    pub name: String,
    /// As what.
    pub role: Role,
    /// 任期: until when.
    pub until: Timestamp,
    /// DER of its certificate, which ends no later.
    pub certificate: Vec<u8>,
}

/// Why somebody gets no answer about certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAdmitted {
    /// No agency in force.
    NotAnAgency,
    /// The purpose is missing or was not notified; these were.
    Purpose(Vec<String>),
}

impl Enrolment {
    pub(crate) fn of(new: &NewEnrolment, now: Timestamp) -> Self {
        Self {
            party: new.party,
            name: new.name.clone(),
            role: new.role.clone(),
            enrolled_at: now,
            until: new.until,
            certificate: new.certificate.clone(),
            not_after: pki::not_after(&new.certificate),
            certified_at: now,
            superseded_at: None,
            ended_at: None,
            suspended_at: None,
        }
    }

    /// 署名検証者: for which of its notified purposes it asks (law art. 17, 18). One law for every door:
    /// the purpose that it tells must be a notified one, and only who notified a single one need not tell.
    ///
    /// # Errors
    /// [`NotAdmitted`] says why it gets no answer.
    pub fn admitted(&self, told: Option<&str>, now: Timestamp) -> Result<&str, NotAdmitted> {
        let Role::Agency { purposes } = &self.role else { return Err(NotAdmitted::NotAnAgency) };
        if !self.is_in_force(now) {
            return Err(NotAdmitted::NotAnAgency);
        }
        let purpose = match (told, &purposes[..]) {
            (Some(told), notified) => notified.iter().find(|one| *one == told),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        purpose.map(String::as_str).ok_or_else(|| NotAdmitted::Purpose(purposes.clone()))
    }

    /// Whether it may act now, with this key: not dismissed, not suspended, neither certificate nor term over,
    /// no newer key in its place. What the book says of its end counts whatever `now` is: who began before it
    /// gets nothing after it.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.ended_at.is_none()
            && self.suspended_at.is_none()
            && self.superseded_at.is_none()
            && now <= self.not_after
            && now <= self.until
    }

    /// Whether it is a terminal in force at which somebody of this role works.
    pub fn is_terminal_of(&self, role: &Role, now: Timestamp) -> bool {
        let Role::Terminal { municipality } = self.role else { return false };
        role.works_at(municipality) && self.is_in_force(now)
    }

    /// Whether it stands in the office of the authority.
    fn is_terminal_of_the_office(&self) -> bool {
        matches!(self.role, Role::Terminal { municipality } if municipality.is_prefecture())
    }

    /// Whether it was enrolled at this time with this key, and its certificate not over: for what was signed
    /// then and is told now.
    pub fn was_enrolled(&self, then: Timestamp) -> bool {
        self.certified_at <= then
            && then <= self.not_after
            && self.superseded_at.is_none_or(|end| then < end)
            && self.ended_at.is_none_or(|end| then < end)
    }
}

/// Sources, or registries, of one municipality in force at once: one, and its next key during a change.
const KEYS_OF_A_LINK: usize = 2;

stored_as_json!(Role);

fn read(row: &Row) -> Result<Enrolment, LedgerError> {
    let mut enrolment = Enrolment {
        party: row.get("party")?,
        name: row.get("name")?,
        role: row.get("role")?,
        enrolled_at: row.get("enrolled_at")?,
        until: row.get("until")?,
        certificate: row.get("certificate")?,
        not_after: row.get("not_after")?,
        certified_at: row.get("certified_at")?,
        superseded_at: row.maybe("superseded_at")?,
        ended_at: row.maybe("ended_at")?,
        suspended_at: None,
    };
    if let Some((what, since)) = suspension::read_what(row)?
        && suspension::stops(&what, enrolment.party, &enrolment.role)
    {
        enrolment.suspended_at = Some(since);
    }
    Ok(enrolment)
}

/// Enrolments from rows that may tell of one key several times, once for each suspension that may be its
/// party's; in the order in which they come first.
fn read_all(rows: &[Row]) -> Result<Vec<Enrolment>, LedgerError> {
    let mut all: Vec<Enrolment> = Vec::new();
    let mut places: HashMap<Sha256, usize> = HashMap::new();
    for row in rows {
        let one = read(row)?;
        let key = Sha256::of(&one.certificate);
        match places.get(&key) {
            Some(&place) => {
                let before = all[place].suspended_at;
                all[place].suspended_at = before.into_iter().chain(one.suspended_at).min();
            }
            None => {
                places.insert(key, all.len());
                all.push(one);
            }
        }
    }
    Ok(all)
}

/// Everything of an enrolment with each of its keys, once for each suspension in force of its party or its
/// municipality. `newer` is what took the key's place.
macro_rules! read {
    ($rest:literal) => {
        concat!(
            "SELECT enrolment.party, enrolment.name, enrolment.role, enrolment.enrolled_at,
             (SELECT MAX(term.until) FROM term WHERE term.party = enrolment.party) AS until,
             party_key.certificate, party_key.not_after, party_key.certified_at,
             newer.certified_at AS superseded_at, dismissal.ended_at,
             stopped.kind, stopped.of_municipality, stopped.of_party, stopped.since FROM enrolment
             JOIN party_key ON party_key.party = enrolment.party
             LEFT JOIN party_key AS newer ON newer.replaces = party_key.fingerprint
             LEFT JOIN dismissal ON dismissal.party = enrolment.party
             LEFT JOIN (SELECT kind, municipality AS of_municipality, party AS of_party,
                        suspension.at AS since FROM suspension
                        LEFT JOIN lifting ON lifting.suspension = suspension.position
                        WHERE lifting.suspension IS NULL) AS stopped
             ON stopped.of_party = enrolment.party
             OR stopped.of_municipality = enrolment.municipality ",
            $rest
        )
    };
}

impl<R> Ledger<R> {
    /// The party with this certificate (by its SHA-256), ended or not, and whether another key took the place
    /// of this one.
    pub async fn enrolment_of(
        &self,
        fingerprint: Sha256,
    ) -> Result<Option<Enrolment>, LedgerError> {
        let of_all = |fingerprints: Vec<Sha256>| async move {
            // Many acts of few officers.
            let distinct: HashSet<Sha256> = fingerprints.into_iter().collect();
            let keys: Vec<Value> =
                distinct.iter().map(|fingerprint| (&fingerprint.0).into()).collect();
            let sql = read!("WHERE party_key.fingerprint IN ($keys)");
            let found = read_all(&self.store.rows_of(sql, keys).await?)?;
            let by_certificate = |one: Enrolment| (Sha256::of(&one.certificate), one);
            Ok(found.into_iter().map(by_certificate).collect())
        };
        self.store.enrolments.row(fingerprint, of_all).await
    }

    /// The certificates of all who were dismissed; those of the authority's own programs are not among them, whose keys are
    /// replaced and which are told so.
    pub async fn dismissed(&self) -> Result<HashSet<Sha256>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT party_key.fingerprint, enrolment.role FROM dismissal
                 JOIN enrolment ON enrolment.party = dismissal.party
                 JOIN party_key ON party_key.party = dismissal.party",
                args![],
            )
            .await?;
        let mut dismissed = HashSet::new();
        for row in rows {
            let role: Role = row.get("role")?;
            if !role.is_own() {
                dismissed.insert(row.get("fingerprint")?);
            }
        }
        Ok(dismissed)
    }

    /// Everybody ever enrolled, each with the newest key, oldest first.
    pub async fn enrolments(&self) -> Result<Vec<Enrolment>, LedgerError> {
        let sql = read!("WHERE newer.party IS NULL ORDER BY enrolment.enrolled_at, enrolment.name");
        read_all(&self.store.rows(sql, args![]).await?)
    }
}

impl Ledger<Issuing> {
    /// How many security officers were ever enrolled: one alone does what takes two.
    pub async fn security_officers_ever(&self) -> Result<usize, LedgerError> {
        let role = serde_json::to_string(&Role::SecurityOfficer).expect("a role is JSON");
        let sql = "SELECT COUNT(*) AS counted FROM enrolment WHERE role = $1";
        self.store.row(sql, args![role]).await?.map_or(Ok(0), |row| row.get("counted"))
    }

    /// Those who are enrolled as this and may act now.
    pub async fn able(&self, role: &Role, now: Timestamp) -> Result<Vec<Enrolment>, LedgerError> {
        let role = serde_json::to_string(role).expect("a role is JSON");
        let sql = read!("WHERE enrolment.role = $1 AND newer.party IS NULL");
        let mut all = read_all(&self.store.rows(sql, args![role]).await?)?;
        all.retain(|one| one.is_in_force(now));
        Ok(all)
    }

    /// Those whose newest key ends by then, or has ended, and who were not dismissed.
    pub async fn keys_that_end(&self, by: Timestamp) -> Result<Vec<Enrolment>, LedgerError> {
        let sql = read!(
            "WHERE party_key.not_after <= $1 AND newer.party IS NULL AND dismissal.party IS NULL"
        );
        read_all(&self.store.rows(sql, args![by]).await?)
    }

    /// Those whose newest key was certified since then, and who were not dismissed.
    pub async fn keys_certified_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<Enrolment>, LedgerError> {
        let sql = read!(
            "WHERE party_key.certified_at >= $1 AND party_key.replaces IS NOT NULL
             AND newer.party IS NULL AND dismissal.party IS NULL"
        );
        read_all(&self.store.rows(sql, args![since]).await?)
    }

    /// Sources and registries that have two keys in force.
    pub async fn links_that_change(&self) -> Result<Vec<Role>, LedgerError> {
        let rows = self
            .store
            .rows(
                "SELECT enrolment.role FROM enrolment
                 LEFT JOIN dismissal ON dismissal.party = enrolment.party
                 WHERE dismissal.party IS NULL
                 GROUP BY enrolment.role HAVING COUNT(*) > 1 ORDER BY enrolment.role",
                args![],
            )
            .await?;
        let roles: Result<Vec<Role>, LedgerError> =
            rows.iter().map(|row| row.get("role")).collect();
        let is_link = |role: &Role| matches!(role, Role::Source { .. } | Role::Registry { .. });
        Ok(roles?.into_iter().filter(is_link).collect())
    }
}

impl Change {
    /// Enrols a party.
    ///
    /// # Errors
    /// [`LedgerError::NameTaken`] when another party in force has the name; [`LedgerError::KeyTaken`]
    /// when any party ever had the key: a key is one party's; [`LedgerError::LinkTaken`] when the
    /// municipality has two such sources or registries in force; [`LedgerError::OwnIdentity`] for a program of
    /// the authority's own that has no identity yet: it gets one with the authority, and later another one
    /// in its place; [`LedgerError::TakesTwo`] where one person alone signed.
    pub async fn enrol(&mut self, new: &NewEnrolment) -> Result<(), LedgerError> {
        let key = pki::public_key(&new.certificate)
            .ok_or_else(|| self.permit.not_permitted(Right::Enrol))?;
        self.may_enrol(&new.name, &new.role, &key).await?;
        let party = Object::NewParty(new.role.clone(), Sha256::of(&key));
        self.require_about(Right::Enrol, &party)?;
        for before in self.replaced_by(&new.role).await? {
            let position = self.append("replace", &before.party.to_string(), None).await?;
            let row = args![position.0, before.party.as_bytes(), self.at()];
            self.record(&evidence::DISMISSAL, vec![row]).await?;
        }
        self.keep_enrolment(new).await
    }

    /// Writes an enrolment down, with its term and its first key.
    pub(crate) async fn keep_enrolment(&mut self, new: &NewEnrolment) -> Result<(), LedgerError> {
        let subject = format!("{}:{}", new.role.name(), new.party);
        let position = self.append("enrol", &subject, None).await?;
        let role = serde_json::to_string(&new.role).expect("a role is JSON");
        let row = args![
            position.0,
            new.party.as_bytes(),
            new.name.as_str(),
            role,
            new.role.municipality().map(|code| code.to_string()),
            self.at(),
        ];
        self.record(&evidence::ENROLMENT, vec![row]).await?;
        self.keep_term(position, new.party, new.until).await?;
        self.keep_key(position, new.party, &new.certificate, None).await?;
        if let Role::Source { municipality } = &new.role {
            self.watch(*municipality).await?;
        }
        Ok(())
    }

    /// Whether somebody of this name, as this, with this key (SubjectPublicKeyInfo, DER) can be enrolled: for
    /// what is proposed too.
    ///
    /// # Errors
    /// As [`Change::enrol`], but for its rights.
    pub async fn may_enrol(
        &mut self,
        name: &str,
        role: &Role,
        key: &[u8],
    ) -> Result<(), LedgerError> {
        let replaced = self.replaced_by(role).await?;
        if role.is_own() && replaced.is_empty() && !self.permit.is_founding() {
            return Err(LedgerError::OwnIdentity);
        }
        let taken = self
            .tx
            .rows(
                "SELECT enrolment.party FROM enrolment
                 LEFT JOIN dismissal ON dismissal.party = enrolment.party
                 WHERE name = $1 AND dismissal.party IS NULL",
                args![name],
            )
            .await?;
        for row in taken {
            let party: PartyId = row.get("party")?;
            if replaced.iter().all(|one| one.party != party) {
                return Err(LedgerError::NameTaken);
            }
        }
        let known = self
            .tx
            .row("SELECT party FROM party_key WHERE public_key = $1", args![&Sha256::of(key).0])
            .await?;
        if known.is_some() {
            return Err(LedgerError::KeyTaken);
        }
        match role {
            Role::Source { .. } | Role::Registry { .. }
                if self.not_dismissed_as(role).await?.len() >= KEYS_OF_A_LINK =>
            {
                Err(LedgerError::LinkTaken)
            }
            // Another speaks for it.
            Role::Source { municipality } => self.require_not_taken_up(*municipality).await,
            _ => Ok(()),
        }
    }

    /// Whose place a new party takes: that of the authority's own program of this role, so that no moment
    /// has two of it or none.
    async fn replaced_by(&mut self, role: &Role) -> Result<Vec<Enrolment>, LedgerError> {
        if role.is_own() { self.not_dismissed_as(role).await } else { Ok(Vec::new()) }
    }

    pub(crate) async fn not_dismissed_as(
        &mut self,
        role: &Role,
    ) -> Result<Vec<Enrolment>, LedgerError> {
        let mut all = self.enrolments_as(role).await?;
        all.retain(|one| one.ended_at.is_none());
        Ok(all)
    }

    /// Stops the change unless the parties of all of these certificates (each by its SHA-256) may act with
    /// them still: what was permitted a moment ago is not permitted to somebody who was dismissed or suspended
    /// since, nor to a key in whose place another was certified.
    pub(crate) async fn check_enrolled(
        &mut self,
        certificates: BTreeSet<Sha256>,
    ) -> Result<(), LedgerError> {
        let keys = certificates.iter().map(|certificate| (&certificate.0).into());
        let sql = read!("WHERE party_key.fingerprint IN ($keys)");
        let found = read_all(&self.tx.rows_of(sql, keys).await?)?;
        if found.len() != certificates.len() {
            return Err(LedgerError::NotEnrolled);
        }
        let (terminals, signers): (Vec<_>, Vec<_>) =
            found.iter().partition(|one| matches!(one.role, Role::Terminal { .. }));
        if signers.iter().any(|one| one.ended_at.is_some()) {
            return Err(LedgerError::NotEnrolled);
        }
        if let Some(since) = signers.iter().find_map(|one| one.superseded_at) {
            return Err(LedgerError::Superseded { since });
        }
        if let Some(since) = signers.iter().find_map(|one| one.suspended_at) {
            return Err(LedgerError::Suspended { since });
        }
        let stopped = |one: &&Enrolment| {
            one.ended_at.is_some() || one.suspended_at.is_some() || one.superseded_at.is_some()
        };
        if terminals.iter().any(stopped) { Err(LedgerError::NotATerminal) } else { Ok(()) }
    }

    async fn enrolments_of(
        &mut self,
        parties: &BTreeSet<PartyId>,
    ) -> Result<Vec<Enrolment>, LedgerError> {
        let keys = parties.iter().map(|party| party.as_bytes().into());
        let sql = read!("WHERE newer.party IS NULL AND enrolment.party IN ($keys)");
        read_all(&self.tx.rows_of(sql, keys).await?)
    }

    /// A party that is not dismissed.
    async fn not_dismissed(&mut self, party: PartyId) -> Result<Option<Enrolment>, LedgerError> {
        let found = self.enrolments_of(&BTreeSet::from([party])).await?.pop();
        Ok(found.filter(|one| one.ended_at.is_none()))
    }

    /// A party that may act now.
    pub(crate) async fn able(&mut self, party: PartyId) -> Result<Option<Enrolment>, LedgerError> {
        Ok(self.not_dismissed(party).await?.filter(|one| one.suspended_at.is_none()))
    }

    /// The terminal with this certificate (by its SHA-256), if somebody of this role may work at it now.
    pub(crate) async fn terminal(
        &mut self,
        fingerprint: Sha256,
        role: &Role,
    ) -> Result<Option<Enrolment>, LedgerError> {
        let sql = read!("WHERE party_key.fingerprint = $1");
        let found = read_all(&self.tx.rows(sql, args![&fingerprint.0]).await?)?.pop();
        let at = self.at();
        Ok(found.filter(|one| one.is_terminal_of(role, at)))
    }

    /// Whether what a party said then, at this terminal, counts still: neither was dismissed or suspended
    /// since, if only for a while, nor is over, nor has another key in the place of the one that said it.
    pub(crate) async fn still_counts(
        &mut self,
        party: PartyId,
        terminal: Option<PartyId>,
        then: Timestamp,
    ) -> Result<bool, LedgerError> {
        for one in [party].into_iter().chain(terminal) {
            let Some(found) = self.able(one).await? else { return Ok(false) };
            if found.certified_at > then || !found.is_in_force(self.at()) {
                return Ok(false);
            }
            if self.was_suspended_since(&found, then).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether this party is enrolled still.
    pub async fn is_enrolled(&mut self, party: PartyId) -> Result<bool, LedgerError> {
        Ok(self.able(party).await?.is_some())
    }

    /// Security officers that were ever enrolled.
    pub(crate) async fn security_officers_ever(&mut self) -> Result<usize, LedgerError> {
        Ok(self.security_officers().await?.len())
    }

    async fn security_officers(&mut self) -> Result<Vec<Enrolment>, LedgerError> {
        self.enrolments_as(&Role::SecurityOfficer).await
    }

    /// Everybody ever enrolled as this.
    async fn enrolments_as(&mut self, role: &Role) -> Result<Vec<Enrolment>, LedgerError> {
        let role = serde_json::to_string(role).expect("a role is JSON");
        let sql = read!("WHERE enrolment.role = $1 AND newer.party IS NULL");
        read_all(&self.tx.rows(sql, args![role]).await?)
    }

    /// A party that whoever signed may stop: none of the authority's own, not the signer itself, of the
    /// signer's town where the signer has one, and no security officer whom two must be left without.
    pub(crate) async fn may_stop(&mut self, party: PartyId) -> Result<Enrolment, LedgerError> {
        let found = self.not_dismissed(party).await?.ok_or(LedgerError::NotAsItStands)?;
        self.of_own_town(&found, Right::Dismiss)?;
        if found.role.is_own() {
            return Err(LedgerError::OwnIdentity);
        }
        if party == self.permit.party() {
            return Err(LedgerError::OwnEnrolment);
        }
        if found.role == Role::SecurityOfficer {
            let at = self.at();
            let all = self.security_officers().await?;
            let able = all.iter().filter(|one| one.party != party && one.is_in_force(at));
            if able.count() < 2 {
                return Err(LedgerError::TooFewSecurityOfficers);
            }
        }
        if found.is_terminal_of_the_office() {
            let at = self.at();
            let all = self.enrolments_as(&found.role).await?;
            if !all.iter().any(|one| one.party != party && one.is_in_force(at)) {
                return Err(LedgerError::LastTerminal);
            }
        }
        Ok(found)
    }

    /// Stops whoever is confined to a town before the parties of another, and before its links.
    pub(crate) fn of_own_town(&self, party: &Enrolment, right: Right) -> Result<(), LedgerError> {
        let own = self.permit.municipality();
        let is_link = matches!(party.role, Role::Source { .. } | Role::Registry { .. });
        if own.is_none() || (own == party.role.municipality() && !is_link) {
            return Ok(());
        }
        Err(self.permit.not_permitted(right))
    }

    /// A party, whether it may act now or not.
    pub(crate) async fn party(&mut self, party: PartyId) -> Result<Enrolment, LedgerError> {
        self.not_dismissed(party).await?.ok_or(LedgerError::NotAsItStands)
    }

    /// Ends an enrolment now.
    ///
    /// # Errors
    /// [`LedgerError::NotAsItStands`] when there is no such party in force; [`LedgerError::TakesTwo`]
    /// where one person alone signed and the party is more than somebody at a counter.
    pub async fn dismiss(&mut self, party: PartyId) -> Result<(), LedgerError> {
        self.require_about(Right::Dismiss, &Object::Party(party))?;
        let found = self.may_stop(party).await?;
        let at_a_counter = matches!(
            found.role,
            Role::Officer { .. }
                | Role::Supervisor { .. }
                | Role::HoldDesk { .. }
                | Role::Terminal { .. }
        );
        if !at_a_counter {
            self.require(Right::DismissPower)?;
        }
        self.end_enrolment(party).await
    }

    /// Ends an enrolment that a right was asked for already.
    pub(crate) async fn end_enrolment(&mut self, party: PartyId) -> Result<(), LedgerError> {
        let position = self.append("dismiss", &party.to_string(), None).await?;
        let row = args![position.0, party.as_bytes(), self.at()];
        self.record(&evidence::DISMISSAL, vec![row]).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agency(purposes: &[&str]) -> Enrolment {
        let purposes = purposes.iter().map(ToString::to_string).collect();
        Enrolment {
            party: PartyId::from_random([1; 16]),
            name: "agency".into(),
            role: Role::Agency { purposes },
            enrolled_at: Timestamp::UNIX_EPOCH,
            until: Timestamp::from_second(2_000).unwrap(),
            certificate: Vec::new(),
            not_after: Timestamp::from_second(1_000).unwrap(),
            certified_at: Timestamp::UNIX_EPOCH,
            superseded_at: None,
            ended_at: None,
            suspended_at: None,
        }
    }

    #[test]
    fn a_purpose_is_told_and_notified_or_the_only_one() {
        let now = Timestamp::from_second(10).unwrap();
        let (one, two) = (agency(&["tax"]), agency(&["tax", "welfare"]));
        assert_eq!(one.admitted(None, now), Ok("tax"));
        assert_eq!(one.admitted(Some("tax"), now), Ok("tax"));
        assert_eq!(two.admitted(Some("welfare"), now), Ok("welfare"));
        let notified =
            |all: &[&str]| Err(NotAdmitted::Purpose(all.iter().map(ToString::to_string).collect()));
        assert_eq!(two.admitted(None, now), notified(&["tax", "welfare"]));
        assert_eq!(one.admitted(Some("police"), now), notified(&["tax"]));
        assert_eq!(agency(&[]).admitted(None, now), notified(&[]));
    }

    #[test]
    fn who_is_no_agency_in_force_is_not_admitted() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let sound = agency(&["tax"]);
        assert_eq!(sound.admitted(None, at(1_000)), Ok("tax"));
        let over = Err(NotAdmitted::NotAnAgency);
        assert_eq!(sound.admitted(None, at(1_001)), over, "its certificate is over");
        let ended = Enrolment { ended_at: Some(at(5)), ..sound.clone() };
        // Asked with the time at which a question began, before the book said so.
        let suspended = Enrolment { suspended_at: Some(at(7)), ..sound.clone() };
        let superseded = Enrolment { superseded_at: Some(at(7)), ..sound.clone() };
        let term_over = Enrolment { until: at(5), ..sound.clone() };
        let officer = Role::Officer { municipality: "131041".parse().unwrap() };
        let other = Enrolment { role: officer, ..sound.clone() };
        for not_one in [ended, suspended, superseded, term_over, other] {
            assert_eq!(not_one.admitted(None, at(6)), over, "{not_one:?}");
        }
    }
}
