//! Acts about the authority and not about a person: enrolling, dismissing, cutting a link,
//! accepting the clock.

use akashi_keys::Usage;
use akashi_ledger::{LedgerError, NewEnrolment};
use akashi_wire::MunicipalityCode;
use akashi_wire::act::{Answer, PartyId, Refusal};
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::Octets;
use akashi_wire::party::Role;

use super::{Acting, Counter, Halt};

impl Counter {
    pub(super) async fn enrol(
        &self,
        acting: &Acting,
        name: &str,
        (role, hosts): (&Role, &[String]),
        request: &[u8],
    ) -> Result<Answer, Halt> {
        let malformed = |what: &str| Refusal::Malformed { what: what.to_owned() };
        if name.trim().is_empty() || name.chars().count() > 64 {
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
            Role::Officer { municipality } | Role::Source { municipality } => {
                let prefecture = self.issuer.authority.profile.prefecture.prefecture();
                let ours = municipality.prefecture() == prefecture && !municipality.is_prefecture();
                if !ours || Municipality::of(*municipality).is_none() {
                    return Err(malformed("the municipality is not one of this prefecture").into());
                }
            }
            _ => {}
        }
        let certificate = self
            .services
            .link_authority
            .certify_request(request, name, &Usage::Party { hosts: hosts.to_vec() }, acting.now)
            .map_err(|error| malformed(&error.to_string()))?;
        let party = PartyId::from_random(self.random());
        let mut change = self.begin(acting).await?;
        let new = NewEnrolment {
            party,
            name: name.to_owned(),
            role: role.clone(),
            certificate: certificate.clone(),
        };
        change.enrol(&new).await.map_err(|error| match error {
            LedgerError::NameTaken => malformed("another party in force has this name").into(),
            LedgerError::KeyTaken => malformed("this key is or was another party's").into(),
            other => Halt::from(other),
        })?;
        let answer = Answer::Enrolled {
            party,
            certificate: Octets(certificate),
            link_authority: Octets(self.services.link_authority.certificate().to_vec()),
        };
        self.finish(change, acting, &party.to_string(), answer).await
    }

    pub(super) async fn dismiss(&self, acting: &Acting, party: PartyId) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        if !change.dismiss(party).await? {
            return Err(
                Refusal::Malformed { what: "there is no such party in force".into() }.into()
            );
        }
        self.finish(change, acting, &party.to_string(), Answer::Done).await
    }

    pub(super) async fn accept_clock(&self, acting: &Acting) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        change.accept_clock().await?;
        self.finish(change, acting, "clock", Answer::Done).await
    }

    pub(super) async fn link(
        &self,
        acting: &Acting,
        source: MunicipalityCode,
        open: bool,
    ) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        if !change.set_link(source, open).await? {
            return Err(Refusal::Malformed { what: "there is no such source".into() }.into());
        }
        self.finish(change, acting, &source.to_string(), Answer::Done).await
    }
}
