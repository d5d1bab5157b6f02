//! The counters: what officers ask for residents, act by act, and what they must get.

mod ending;
mod issuing;
mod oddities;
mod pin_reset;
mod rekey;

use akashi_card::{Card, CardError};
use akashi_wire::act::{Answer, Deed, IdentityProof, LookUpBy, Procedure, Refusal};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{CaseId, Clock, MunicipalityCode, RevocationReason, SignedMessage};
use jiff::SignedDuration;
use rand::RngExt as _;

use super::Play;
use crate::card::{CardInHand, pin};
use crate::checks::{Breach, content, hold, read, uniqueness};
use crate::founded::{Officer, signed};
use crate::keys::card_key;
use crate::step::Ending;
use crate::trouble::Mishap;
use crate::truth::{Received, Standing, opens};

/// How an application goes.
pub struct Manner {
    pub renewal: bool,
    pub stubborn: bool,
    pub torn: Option<u8>,
    pub ending: Ending,
    pub twice: bool,
    pub mishap: Option<Mishap>,
}

impl Manner {
    /// Nothing special happens.
    pub fn plain() -> Self {
        Self {
            renewal: false,
            stubborn: false,
            torn: None,
            ending: Ending::Delivered,
            twice: false,
            mishap: None,
        }
    }
}

/// What came of an act.
type Outcome = Result<Answer, Refusal>;

/// An officer at work on one case.
struct Sitting {
    officer: Officer,
    town: MunicipalityCode,
    who: usize,
    twice: bool,
    /// Whether the officer gives up when the authority dies while it certifies.
    gives_up: bool,
    /// Strikes at the act whose turn it is.
    mishap: Option<(u32, Mishap)>,
}

/// A certificate that was issued in a case.
struct Issued {
    case: CaseId,
    certificate: Vec<u8>,
}

impl Play {
    fn sitting(&mut self, who: usize, twice: bool, mishap: Option<Mishap>) -> Sitting {
        let town = self.truth.citizens[who].town;
        let officer = self.officers[&town][self.rng.random_range(0..2)].clone();
        let anywhere =
            mishap.map(|mishap| (mishap.at % 9, Mishap { at: mishap.at / 5 * 3, ..mishap }));
        let mishap = self.blow.take().or(anywhere);
        Sitting { officer, town, who, twice, gives_up: false, mishap }
    }

    /// Signs an act and has it carried out: the same octets again after each failure, as a desk
    /// does, until there is an answer.
    fn request(&mut self, sitting: &mut Sitting, deed: Deed) -> Result<Outcome, Breach> {
        const NAME: &str = "a_repeated_request_gets_the_same_answer";
        let (now, Officer { token, terminal }) = (self.now(), sitting.officer.clone());
        let (verb, case) = (deed.verb(), deed.case());
        let fingerprint = self.prefecture.founded.fingerprint();
        let message = signed((&token, &terminal), fingerprint, self.rng.random(), now, deed);
        let mut mishap = match &mut sitting.mishap {
            Some((0, mishap)) => Some(*mishap),
            Some((turn, _)) => {
                *turn -= 1;
                None
            }
            None => None,
        };
        if mishap.is_some() {
            sitting.mishap = None;
        }
        let mut tries = 0;
        let outcome = loop {
            tries += 1;
            match self.send(&message, &terminal, mishap.take())? {
                Some(outcome) => {
                    if tries == 1 {
                        self.meetings.push(self.prefecture.meetings());
                    }
                    break outcome;
                }
                None if sitting.gives_up && verb == "certify" => {
                    // Nobody will ever know what was issued.
                    self.truth.doubts.push((sitting.who, now));
                    return Ok(Err(Refusal::NotNowPossible));
                }
                None if tries < 4 => {}
                None => {
                    return hold("the_counter_recovers", false, || verb.into())
                        .map(|()| unreachable!());
                }
            }
        };
        if let Ok(answer) = &outcome {
            let case = match answer {
                Answer::CaseOpened { case, .. } => Some(*case),
                _ => case,
            };
            case.into_iter().for_each(|case| self.truth.grant(verb, case));
            if sitting.twice {
                let again = self.send(&message, &terminal, None)?;
                hold(NAME, again == Some(Ok(answer.clone())), || format!("{verb}: {again:?}"))?;
            }
        }
        Ok(outcome)
    }

    /// `None`: there is no answer, and the same may be sent again.
    fn send(
        &mut self,
        message: &SignedMessage,
        peer: &[u8],
        mishap: Option<Mishap>,
    ) -> Result<Option<Outcome>, Breach> {
        let (now, message) = (self.prefecture.kept.now(), message.clone());
        let (outcome, struck) = self
            .prefecture
            .authority(mishap, async |authority| authority.counter.act(message, peer, now).await);
        self.struck(struck);
        Ok(match outcome {
            None => None,
            Some(Ok(answer)) => Some(Ok(answer)),
            Some(Err(error)) => {
                self.says(&format!("{error} {error:?}"))?;
                match error.refusal() {
                    Refusal::NotNowPossible => {
                        hold("the_counter_serves", struck, || "nothing was wrong".into())?;
                        None
                    }
                    refusal => Some(Err(refusal)),
                }
            }
        })
    }

    fn by_items(&self, who: usize) -> LookUpBy {
        let items = &self.truth.citizens[who].items;
        LookUpBy::Items {
            name: items.name.clone(),
            birth_date: items.birth_date,
            sex: Some(items.sex),
            address: Some(items.address.clone()),
        }
    }

    /// Opens a case and finds the person.
    fn find(
        &mut self,
        sitting: &mut Sitting,
        procedure: Procedure,
    ) -> Result<Result<CaseId, Refusal>, Breach> {
        let case = match self.request(sitting, Deed::OpenCase { procedure })? {
            Ok(Answer::CaseOpened { case, .. }) => case,
            other => {
                return hold("the_counter_serves", false, || format!("open_case: {other:?}"))
                    .map(|()| unreachable!());
            }
        };
        let by = self.by_items(sitting.who);
        let found = self.request(sitting, Deed::LookUp { case, by })?.map(|_| case);
        if found.is_ok() {
            self.truth.citizens[sitting.who].looked_up();
        }
        Ok(found)
    }
}
