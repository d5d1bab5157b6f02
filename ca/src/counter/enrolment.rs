//! Acts about the authority and not about a person: who is enrolled, what is suspended, and that the
//! clock is right.

use akashi_keys::Usage;
use akashi_ledger::{Change, LedgerError, NewEnrolment, Right};
use akashi_wire::MunicipalityCode;
use akashi_wire::act::{Answer, PartyId, Refusal, Suspension};
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::Octets;
use akashi_wire::party::Role;

use super::two_persons::Carried;
use super::{Acting, Counter, Halt};

impl Counter {
    /// Enrols a party.
    pub(super) async fn enrol(
        &self,
        change: &mut Change,
        name: &str,
        (role, hosts): (&Role, &[String]),
        request: &[u8],
    ) -> Result<Carried, Halt> {
        let malformed = |what: &str| Refusal::Malformed { what: what.to_owned() };
        let name = normalised(name);
        if name.is_empty() || name.chars().count() > 64 {
            return Err(malformed("a name of 1 to 64 characters is needed").into());
        }
        if !hosts.is_empty() && !matches!(role, Role::Source { .. }) {
            return Err(malformed("only a source is reached under names of its own").into());
        }
        match role {
            Role::Scheduler => return Err(Refusal::NotAllowed.into()),
            Role::Agency { purposes } if purposes.is_empty() => {
                return Err(malformed("an agency must notify at least one purpose").into());
            }
            _ => {}
        }
        if let Some(municipality) = role.municipality() {
            self.is_ours(municipality)?;
        }
        let usage = Usage::Party { hosts: hosts.to_vec() };
        let authority = &self.services.link_authority;
        // What one person proposes is looked at as it will be, and certified when the second signs.
        authority.check_request(request).map_err(|error| malformed(&error.to_string()))?;
        change.check(Right::Enrol)?;
        let certificate = authority
            .certify_request(request, &name, &usage, change.at())
            .map_err(|error| malformed(&error.to_string()))?;
        let party = PartyId::from_random(self.random());
        let new =
            NewEnrolment { party, name, role: role.clone(), certificate: certificate.clone() };
        change.enrol(&new).await.map_err(|error| match error {
            LedgerError::NameTaken => malformed("another party in force has this name").into(),
            LedgerError::KeyTaken => malformed("this key is or was another party's").into(),
            LedgerError::SourceTaken => malformed(
                "this municipality has two sources in force already: dismiss the one that ended first",
            )
            .into(),
            other => Halt::from(other),
        })?;
        let answer = Answer::Enrolled {
            party,
            certificate: Octets(certificate),
            link_authority: Octets(authority.certificate().to_vec()),
        };
        Ok(Carried { subject: party.to_string(), answer })
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
pub(crate) fn normalised(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let name: String = name.nfkc().collect();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
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
        ] {
            assert_eq!(normalised(given), name, "{given:?}");
        }
    }
}
