//! Acts about the authority and not about a person: who is enrolled, what is suspended, and that the
//! clock is right.

use akashi_keys::Usage;
use akashi_ledger::{Change, NewEnrolment, Right};
use akashi_wire::MunicipalityCode;
use akashi_wire::act::{Answer, PartyId, Refusal, Suspension};
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::party::Role;
use akashi_wire::pki;
use jiff::Timestamp;

use super::two_persons::Carried;
use super::{Acting, Counter, Halt};

impl Counter {
    /// Enrols a party.
    pub(super) async fn enrol(
        &self,
        change: &mut Change,
        (name, until): (&str, Option<Timestamp>),
        (role, hosts): (&Role, &[String]),
        request: &[u8],
    ) -> Result<Carried, Halt> {
        let malformed = |what: &str| Refusal::Malformed { what: what.to_owned() };
        let name = normalised(name);
        if name.is_empty() || name.chars().count() > 64 {
            return Err(malformed("a name of 1 to 64 characters is needed").into());
        }
        if !hosts.is_empty() && !matches!(role, Role::Registry { .. }) {
            return Err(malformed("only a registry is reached under names of its own").into());
        }
        if matches!(role, Role::Agency { purposes } if purposes.is_empty()) {
            return Err(malformed("an agency must notify at least one purpose").into());
        }
        match role {
            // In the office of the authority.
            Role::Terminal { municipality }
                if *municipality == self.issuer.authority.profile.prefecture => {}
            _ => role.municipality().map_or(Ok(()), |code| self.is_ours(code))?,
        }
        let until = self.term(until, change.at())?;
        let usage = match role.is_own() {
            // It is reached where the one before was.
            true => self.usage_of_own(role).await?,
            false => Usage::Party { hosts: hosts.to_vec() },
        };
        let authority = &self.services.link_authority;
        // What one person proposes is looked at as it will be, and certified when the second signs.
        let key =
            authority.requested_key(request).map_err(|error| malformed(&error.to_string()))?;
        change.may_enrol(&name, role, &key).await?;
        // Nobody replaces the authority's own identity by a key that the authority does not have: it could
        // not be opened any more.
        if role.is_own() && self.services.next_keys.public_key(role.name())? != Some(key) {
            let what = format!(
                "this is not the key that waits here for the {}: akashi identity new makes it and \
                 its request",
                role.name()
            );
            return Err(Refusal::Malformed { what }.into());
        }
        change.require(Right::Enrol)?;
        // What the authority needs to the last, and after it, ends by itself at no time.
        let certified = match role.is_own() {
            true => authority.certify_own_request(request, &name, &usage, change.at()),
            false => authority.certify_request(request, &name, &usage, until, change.at()),
        };
        let certificate = certified.map_err(|error| malformed(&error.to_string()))?;
        let until = if role.is_own() { pki::not_after(&certificate) } else { until };
        let party = PartyId::from_random(self.random());
        let new = NewEnrolment {
            party,
            name,
            role: role.clone(),
            until,
            certificate: certificate.clone(),
        };
        change.enrol(&new).await?;
        let answer = Answer::Enrolled {
            party,
            certificate: Octets(certificate),
            link_authority: Octets(authority.certificate().to_vec()),
        };
        Ok(Carried { subject: party.to_string(), answer })
    }

    /// What the certificate of the program says that has this role of the authority's own now.
    async fn usage_of_own(&self, role: &Role) -> Result<Usage, Halt> {
        let all = self.issuer.ledger.enrolments().await?;
        let own = all.iter().find(|one| one.role == *role && one.ended_at.is_none());
        let none = Usage::Party { hosts: Vec::new() };
        Ok(own.map_or(Ok(none), |own| Usage::of_party(&own.certificate))?)
    }

    /// Prolongs an enrolment.
    pub(super) async fn prolong(
        &self,
        change: &mut Change,
        party: PartyId,
        until: Timestamp,
    ) -> Result<Carried, Halt> {
        let until = self.term(Some(until), change.at())?;
        change.prolong(party, until).await?;
        Ok(Carried { subject: party.to_string(), answer: Answer::Done })
    }

    /// Until when somebody is enrolled: no longer than there is an authority.
    fn term(&self, asked: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Refusal> {
        let last = self.issuer.facts.not_after;
        match asked {
            None => Ok(last),
            Some(until) if until <= now => {
                Err(Refusal::Malformed { what: "the term is over already".to_owned() })
            }
            Some(until) if until > last => {
                let what = format!("the authority itself ends at {last}, and no term is longer");
                Err(Refusal::Malformed { what })
            }
            Some(until) => Ok(until),
        }
    }

    /// Ends an enrolment.
    pub(super) async fn dismiss(
        &self,
        change: &mut Change,
        party: PartyId,
    ) -> Result<Carried, Halt> {
        change.dismiss(party).await?;
        Ok(Carried { subject: party.to_string(), answer: Answer::Done })
    }

    /// Suspends something, at once.
    pub(super) async fn suspend(&self, acting: &Acting, what: Suspension) -> Result<Answer, Halt> {
        what.municipality().map_or(Ok(()), |code| self.is_ours(code))?;
        let mut change = self.begin(acting).await?;
        change.suspend(what).await?;
        self.finish(change, acting, &what.to_string(), Answer::Done).await
    }

    /// Lifts a suspension.
    pub(super) async fn lift(
        &self,
        change: &mut Change,
        what: Suspension,
    ) -> Result<Carried, Halt> {
        change.lift(what).await?;
        Ok(Carried { subject: what.to_string(), answer: Answer::Done })
    }

    /// Hands a municipality over to another of this prefecture.
    pub(super) async fn hand_over(
        &self,
        change: &mut Change,
        from: MunicipalityCode,
        to: MunicipalityCode,
    ) -> Result<Carried, Halt> {
        self.is_ours(from)?;
        self.is_ours(to)?;
        change.hand_over(from, to).await?;
        Ok(Carried { subject: format!("{from} {to}"), answer: Answer::Done })
    }

    /// Stops what the recovery key asked for.
    pub(super) async fn stop_recovery(
        &self,
        acting: &Acting,
        recovery: Sha256,
    ) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        change.stop_recovery(recovery).await?;
        self.finish(change, acting, &recovery.to_string(), Answer::Done).await
    }

    pub(super) async fn accept_clock(&self, acting: &Acting) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        change.accept_clock().await?;
        self.finish(change, acting, "clock", Answer::Done).await
    }

    fn is_ours(&self, municipality: MunicipalityCode) -> Result<(), Refusal> {
        let prefecture = self.issuer.authority.profile.prefecture.prefecture();
        let ours = municipality.prefecture() == prefecture && !municipality.is_prefecture();
        if ours && Municipality::of(municipality).is_some() {
            return Ok(());
        }
        let what = "the municipality is not one of this prefecture".to_owned();
        Err(Refusal::Malformed { what })
    }
}

/// A name as it is compared and certified: compatible characters as one (NFKC), no space around it and
/// never two within, so that two names that look alike are alike.
pub fn normalised(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let name: String = name.nfkc().filter(|letter| !is_blank(*letter)).collect();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters that show nothing and are no space: fillers, joiners of other scripts, the empty Braille cell,
/// and selectors of a presentation (Unicode, Default_Ignorable_Code_Point, without those that choose among
/// the forms of a Han character).
fn is_blank(letter: char) -> bool {
    matches!(letter,
        '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}')
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn names_that_look_alike_are_one() {
        for (given, name) in [
            ("  証　守 ", "証 守"),
            ("証 守", "証 守"),
            ("Ｔａｘ  Office", "Tax Office"),
            ("か\u{3099}", "が"),
            ("\u{3000}", ""),
            ("証\u{3164}守\u{FE0F}", "証守"),
            ("\u{2800}", ""),
        ] {
            assert_eq!(normalised(given), name, "{given:?}");
        }
    }
}
