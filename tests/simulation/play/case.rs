//! One case of a counter, from its first act to its last, and the authority killed within.

use std::sync::Arc;

use akashi_wire::Clock;
use jiff::SignedDuration;

use super::Play;
use super::counter::Manner;
use crate::checks::{Breach, hold};
use crate::every_step::{Blow, Case};
use crate::founded::Founded;
use crate::step::Ending;
use crate::truth::{Standing, opens};

/// Plays a case to its end, and everything after it; gives how often each act met the book.
pub fn case(
    founded: Arc<Founded>,
    seed: u64,
    case: Case,
    blow: Option<Blow>,
) -> Result<Vec<u32>, Breach> {
    let mut play = Play::begin(founded, seed);
    play.round(None)?;
    play.round(None)?;
    play.prepare(case)?;
    play.blow = blow.map(Blow::mishap);
    play.meetings.clear();
    let ended = |play: &Play| play.counts(0).ended;
    let (certificates, over) = (play.truth.certificates.len(), ended(&play));
    play.go_through(case)?;
    hold("the_kill_strikes", blow.is_none() || play.mishaps == 1, || {
        format!("{} times", play.mishaps)
    })?;
    let came = (play.truth.certificates.len() - certificates, ended(&play) - over);
    let must = match case {
        Case::Issue(Ending::Delivered) => (1, 0),
        Case::Issue(_) | Case::Renewal => (1, 1),
        Case::Revocation => (0, 1),
        Case::Hold | Case::PinReset => (0, 0),
    };
    hold("a_case_comes_to_its_end", came == must, || format!("{came:?}, not {must:?}"))?;
    let meetings = std::mem::take(&mut play.meetings);
    let held = play.truth.certificates.iter().filter(|c| matches!(c.standing, Standing::Held(..)));
    let (held, must_be) = (held.count(), usize::from(case == Case::Hold));
    hold("a_case_comes_to_its_end", held == must_be, || format!("{held} on hold"))?;
    // Open and look up; and what the case is for.
    let least = match case {
        Case::Issue(_) | Case::Renewal => 8,
        Case::PinReset => 5,
        Case::Revocation | Case::Hold => 3,
    };
    // An act that died is not counted as one.
    let acts = meetings.len() + usize::from(blow.is_some());
    hold("a_case_comes_to_its_end", acts >= least, || format!("{acts} acts"))?;
    play.round(None)?;
    play.end()?;
    Ok(meetings)
}

impl Play {
    /// What is there before somebody comes with such a case.
    fn prepare(&mut self, case: Case) -> Result<(), Breach> {
        if matches!(case, Case::Issue(_)) {
            return Ok(());
        }
        self.certify(0, Manner::plain())?;
        if case == Case::Renewal {
            let opening = opens(self.truth.certificates[0].not_after);
            let until = akashi_wire::date::start_of_day(opening) + SignedDuration::from_hours(9);
            let minutes = until.duration_since(self.prefecture.clock.now()).as_mins();
            self.pass(u32::try_from(minutes).expect("years"))?;
        }
        self.round(None)
    }

    fn go_through(&mut self, case: Case) -> Result<(), Breach> {
        match case {
            Case::Issue(ending) => self.certify(0, Manner { ending, ..Manner::plain() }),
            Case::Renewal => self.certify(0, Manner { renewal: true, ..Manner::plain() }),
            Case::Revocation => self.revoke(0, true, false, None),
            Case::Hold => self.hold(0, None),
            Case::PinReset => self.reset_pin(0, None),
        }
    }
}
