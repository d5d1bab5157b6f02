//! The time that a process keeps, by the time that passes; the machine's clock is a witness and no more.

use std::time::Duration;

use akashi_wire::Reading;
use akashi_wire::clock::{Doubt, Past};
use akashi_wire::octets::Sha256;
use jiff::{SignedDuration, Timestamp};

use super::Look;

/// Up to so much the two may differ: a leap second, and what a clock that is steered drifts.
const AGREES: SignedDuration = SignedDuration::from_secs(2);

/// A clock that is so near to what witnesses say is right.
const NEAR: SignedDuration = SignedDuration::from_mins(1);

/// The time follows the machine's clock by at most one part in so many: 500 ppm, as fast as a kernel
/// steers its clock.
const STEERING: i32 = 2000;

/// The time of a process.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    at: Timestamp,
    since_boot: Duration,
    state: State,
    /// Up to so much the two may differ now: more than ever where the machine was found right and is a little
    /// behind, until the time has been drawn towards it. The time goes neither back nor by leaps.
    tolerance: SignedDuration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is known.
    Known,
    /// It is a bound: nothing known reaches to this start. Ends when the machine's clock says something
    /// that would have been believed at the start: from here on, for so long.
    Bound { from: Timestamp, longest_stop: Duration },
}

impl Kept {
    /// Takes the machine's word.
    pub fn begin(look: &Look) -> Self {
        Self { at: look.wall, since_boot: look.since_boot, state: State::Known, tolerance: AGREES }
    }

    /// Goes on from what is known: in the same life of the machine from the mark, whatever its clock says;
    /// in another from the machine's word, if that is neither before what is on record nor later than a
    /// stop can last.
    pub fn resume(past: &Past, boot: Sha256, longest_stop: Duration, look: &Look) -> Self {
        if let Some((at, passed)) = since_mark(past, boot, look) {
            let at = later(at, passed).max(past.latest);
            let ahead = look.wall.duration_since(at);
            // Nobody steered meanwhile: what both may have drifted apart is no doubt.
            let drift = part(passed);
            let at = if ahead.abs() <= AGREES + drift { look.wall.max(past.latest) } else { at };
            let (since_boot, tolerance) = (look.since_boot, AGREES);
            return Self { at, since_boot, state: State::Known, tolerance };
        }
        let state = State::Bound { from: past.latest, longest_stop };
        let (at, since_boot, tolerance) = (past.latest, look.since_boot, AGREES);
        let mut kept = Self { at, since_boot, state, tolerance };
        kept.look(look);
        kept
    }

    /// Lets the time go on up to this look.
    pub fn look(&mut self, look: &Look) -> Reading {
        let passed = look.since_boot.saturating_sub(self.since_boot);
        let free = later(self.at, passed);
        let ahead = look.wall.duration_since(free);
        self.since_boot = look.since_boot.max(self.since_boot);
        let doubt = match self.state {
            State::Known if ahead.abs() <= self.tolerance => {
                self.tolerance = self.tolerance.min(ahead.abs() + AGREES).max(AGREES);
                let most = part(passed);
                self.at = free.saturating_add(ahead.clamp(-most, most)).unwrap_or(free);
                None
            }
            State::Known => {
                self.at = free;
                Some(Doubt::Differs { ahead })
            }
            State::Bound { from, longest_stop } if is_plausible(look, from, free, longest_stop) => {
                self.believe(look);
                None
            }
            State::Bound { .. } => {
                self.at = free;
                Some(Doubt::Unwitnessed { ahead })
            }
        };
        Reading {
            now: self.at,
            monotonic: self.since_boot,
            doubt,
            is_synchronised: look.is_synchronised,
        }
    }

    /// What others know meanwhile, told while there is a doubt.
    pub fn hear(&mut self, past: &Past, boot: Sha256, look: &Look) {
        let settled = since_mark(past, boot, look).map(|(at, passed)| later(at, passed));
        if let Some(at) = settled {
            self.at = self.at.max(at);
            self.since_boot = look.since_boot.max(self.since_boot);
            self.state = State::Known;
        } else if matches!(self.state, State::Bound { .. }) {
            self.at = self.at.max(past.latest);
        }
    }

    /// Takes a time that two witnesses agree on, as exactly as the machine's clock says it where that is near.
    pub fn settle(&mut self, agreed: Timestamp, look: &Look) {
        if look.wall.duration_since(agreed).abs() <= NEAR {
            return self.believe(look);
        }
        self.look(look);
        if matches!(self.state, State::Bound { .. }) {
            self.at = self.at.max(agreed);
            self.state = State::Known;
        }
    }

    /// Takes the machine's word; the time never goes back. Where it is a little ahead it is drawn towards it.
    pub fn believe(&mut self, look: &Look) {
        let behind = self.at.duration_since(look.wall);
        if behind > SignedDuration::ZERO && behind <= NEAR {
            self.tolerance = behind + AGREES;
        }
        self.at = look.wall.max(self.at);
        self.since_boot = look.since_boot.max(self.since_boot);
        self.state = State::Known;
    }
}

/// The time of a mark in this life of the machine, and what has passed since.
fn since_mark(past: &Past, boot: Sha256, look: &Look) -> Option<(Timestamp, Duration)> {
    let mark = past.mark.filter(|mark| mark.boot == boot)?;
    let at = Timestamp::from_millisecond(mark.at).ok()?;
    let passed = look.since_boot.checked_sub(Duration::from_millis(mark.since_boot))?;
    Some((at, passed))
}

/// Whether a machine's clock can be right: `from` is on record, `free` is a bound of now. A clock that is
/// synchronised is a witness of any time after that; none is one of a time before what is on record.
fn is_plausible(look: &Look, from: Timestamp, free: Timestamp, longest_stop: Duration) -> bool {
    let not_before = free.saturating_sub(AGREES).unwrap_or(from);
    let not_after = later(free, longest_stop);
    not_before <= look.wall && (look.wall <= not_after || look.is_synchronised)
}

/// What can be steered while so much passes.
fn part(passed: Duration) -> SignedDuration {
    SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX) / STEERING
}

fn later(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use akashi_wire::clock::Mark;
    use proptest::prelude::*;

    use super::*;

    const BOOT: Sha256 = Sha256([1; 32]);
    const HOUR: Duration = Duration::from_secs(3600);

    fn start() -> Timestamp {
        "2026-04-01T00:00:00Z".parse().unwrap()
    }

    /// A look so long after the start, with a clock that is so far ahead of what has passed.
    fn look(after: Duration, ahead: SignedDuration) -> Look {
        let wall = later(start(), after).saturating_add(ahead).unwrap();
        Look { wall, since_boot: after, is_synchronised: false }
    }

    fn past(mark: Option<Mark>) -> Past {
        Past { latest: start(), mark }
    }

    #[test]
    fn a_clock_that_is_set_is_doubted_and_the_time_goes_on() {
        let mut kept = Kept::begin(&look(HOUR, SignedDuration::ZERO));
        let ahead = SignedDuration::from_secs(3);
        let read = kept.look(&look(2 * HOUR, ahead));
        assert_eq!(
            (read.now, read.doubt),
            (later(start(), 2 * HOUR), Some(Doubt::Differs { ahead }))
        );
        // Set right it is believed again, without anybody.
        assert_eq!(kept.look(&look(3 * HOUR, SignedDuration::ZERO)).doubt, None);
    }

    #[test]
    fn a_clock_that_agrees_is_followed_by_500_ppm() {
        let mut kept = Kept::begin(&look(HOUR, SignedDuration::ZERO));
        let ahead = SignedDuration::from_millis(1900);
        let read = kept.look(&look(HOUR + Duration::from_secs(100), ahead));
        let expected = later(start(), HOUR + Duration::from_millis(100_050));
        assert_eq!((read.now, read.doubt), (expected, None));
        let read = kept.look(&look(3 * HOUR, ahead));
        assert_eq!(read.now, later(start(), 3 * HOUR + Duration::from_millis(1900)));
    }

    #[test]
    fn in_the_same_life_of_a_machine_its_clock_decides_nothing() {
        let at = start().as_millisecond();
        let mark = Mark { boot: BOOT, since_boot: 0, at };
        for hours in [-9000, -1, 1, 9, 9000] {
            let wrong = look(2 * HOUR, SignedDuration::from_hours(hours));
            let mut kept = Kept::resume(&past(Some(mark)), BOOT, HOUR, &wrong);
            let read = kept.look(&wrong);
            assert_eq!(read.now, later(start(), 2 * HOUR), "{hours} hours");
            assert!(matches!(read.doubt, Some(Doubt::Differs { .. })), "{:?}", read.doubt);
        }
        // What both may have drifted apart since is none.
        let drifted = look(2 * HOUR, SignedDuration::from_secs(5));
        let mut kept = Kept::resume(&past(Some(mark)), BOOT, HOUR, &drifted);
        assert_eq!((kept.look(&drifted).doubt, kept.at), (None, drifted.wall));
    }

    #[test]
    fn in_another_life_a_clock_is_believed_within_what_a_stop_lasts() {
        let mark = Mark { boot: Sha256([2; 32]), since_boot: 0, at: start().as_millisecond() };
        let begin = |ahead: SignedDuration, is_synchronised| {
            let look = Look { is_synchronised, ..look(Duration::from_secs(1), ahead) };
            Kept::resume(&past(Some(mark)), BOOT, HOUR, &look).look(&look)
        };
        for minutes in [0, 1, 59] {
            let read = begin(SignedDuration::from_mins(minutes), false);
            assert_eq!(read.doubt, None, "{minutes} minutes");
        }
        for minutes in [-1, 61, 24 * 60, 366 * 24 * 60] {
            let read = begin(SignedDuration::from_mins(minutes), false);
            let doubt = read.doubt.expect("a doubt");
            assert!(doubt.is_unwitnessed(), "{minutes} minutes: {doubt:?}");
            assert_eq!(read.now, start(), "the last that is known");
        }
        // A synchronised clock is a witness of any later time, and of no earlier one.
        assert_eq!(begin(SignedDuration::from_hours(9000), true).doubt, None);
        assert!(begin(SignedDuration::from_hours(-1), true).doubt.is_some());
    }

    #[test]
    fn a_bound_ends_when_the_clock_is_right_or_the_others_know() {
        let wrong = look(Duration::ZERO, SignedDuration::from_hours(9));
        let bound = Kept::resume(&past(None), BOOT, HOUR, &wrong);
        let right = look(Duration::from_secs(6), SignedDuration::ZERO);
        assert_eq!(bound.clone().look(&right).doubt, None);
        // Another program has recorded something: it is not before that.
        let mut hears = bound.clone();
        let recorded = later(start(), 8 * HOUR);
        hears.hear(&Past { latest: recorded, mark: None }, BOOT, &wrong);
        assert_eq!((hears.look(&wrong).doubt, hears.at), (None, wrong.wall));
        // Beside it, on the same machine, one knows the time.
        let mut hears = bound.clone();
        let mark = Mark { boot: BOOT, since_boot: 0, at: recorded.as_millisecond() };
        hears.hear(&past(Some(mark)), BOOT, &wrong);
        assert_eq!(hears.at, recorded);
    }

    #[test]
    fn a_machine_that_was_found_right_and_is_a_little_behind_is_waited_for() {
        let mut kept = Kept::begin(&look(Duration::ZERO, SignedDuration::from_secs(30)));
        let right = look(HOUR, SignedDuration::ZERO);
        assert!(kept.look(&right).doubt.is_some());
        kept.settle(right.wall, &right);
        let mut last = kept.at;
        // 30 seconds are 1,000 minutes at 500 ppm.
        for minutes in 61..=1_070 {
            let read = kept.look(&look(Duration::from_secs(60 * minutes), SignedDuration::ZERO));
            assert_eq!(read.doubt, None, "minute {minutes}");
            let went = read.now.duration_since(last);
            assert!(went >= SignedDuration::from_millis(59_970), "it neither stops nor goes back");
            last = read.now;
        }
        let read = kept.look(&look(Duration::from_secs(60 * 1_071), SignedDuration::ZERO));
        assert_eq!(read.now, later(start(), Duration::from_secs(60 * 1_071)));
        // And from then on two seconds are a doubt again.
        let wrong = look(Duration::from_secs(60 * 1_072), SignedDuration::from_secs(3));
        assert!(kept.look(&wrong).doubt.is_some());
    }

    proptest! {
        /// Whatever somebody does with the machine's clock, the time does not go back and follows it
        /// by 500 ppm at most.
        #[test]
        fn no_setting_of_the_clock_moves_the_time(
            steps in prop::collection::vec((0u64..100_000, -5_000i64..5_000), 1..60),
        ) {
            let mut kept = Kept::begin(&look(Duration::ZERO, SignedDuration::ZERO));
            let (mut after, mut last) = (Duration::ZERO, start());
            for (passed, ahead) in steps {
                let passed = Duration::from_millis(passed);
                after += passed;
                let read = kept.look(&look(after, SignedDuration::from_millis(ahead)));
                let went = read.now.duration_since(last);
                let off = went - SignedDuration::try_from(passed).unwrap();
                prop_assert!(went >= SignedDuration::ZERO);
                prop_assert!(off.abs() <= part(passed), "{off:?} in {passed:?}");
                last = read.now;
            }
        }
    }
}
