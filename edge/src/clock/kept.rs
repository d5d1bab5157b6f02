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

/// For so long after it was believed a machine's clock that nothing vouched for may still be set right: NTP steps
/// it in the first minutes after a boot.
const SETTLES: Duration = Duration::from_secs(15 * 60);

/// The time of a process.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    at: Timestamp,
    since_boot: Duration,
    state: State,
    /// For how long nothing may have been recorded while the machine was down.
    longest_stop: Duration,
    /// What is known from before a start in another life of the machine: the bound, and what had passed then.
    bound: Option<(Timestamp, Duration)>,
    /// By how much the machine's clock was ahead of the bound when somebody said that it is wrong.
    contradicted: Option<SignedDuration>,
    /// The entry that brought the time back last, as far as it was told.
    brought_back: i64,
    /// Up to so much the two may differ now: more than ever where the machine was found right and is a little
    /// behind, until the time has been drawn towards it. The time goes neither back nor by leaps.
    tolerance: SignedDuration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It is known.
    Known,
    /// The machine was believed at a start, and nothing vouched for its clock: until then by what passes it is
    /// followed forwards, by no more than is left of what a stop can last, and waited for.
    Settling { until: Duration, left: SignedDuration },
    /// It is a bound: nothing known reaches to this start. Ends when the machine's clock says something that
    /// would have been believed at the start.
    Bound,
}

/// How the machine's clock stands to the time.
enum Stands {
    /// They agree.
    Agrees,
    /// It is ahead, by no more than a stop can last.
    Ahead,
    /// It is behind, by no more than that.
    Behind,
    /// It is elsewhere.
    Elsewhere,
}

impl Kept {
    /// Takes the machine's word.
    pub fn begin(look: &Look, longest_stop: Duration) -> Self {
        Self {
            at: look.wall,
            since_boot: look.since_boot,
            state: State::Known,
            longest_stop,
            bound: None,
            contradicted: None,
            brought_back: 0,
            tolerance: AGREES,
        }
    }

    /// Goes on from what is known: in the same life of the machine from the mark, whatever its clock says;
    /// in another from the machine's word, if that is neither before what is on record nor later than a
    /// stop can last.
    pub fn resume(past: &Past, boot: Sha256, longest_stop: Duration, look: &Look) -> Self {
        let begun = Self::begin(look, longest_stop);
        let mut kept = Self { at: past.latest, brought_back: past.brought_back, ..begun };
        if let Some((at, passed)) = since_mark(past, boot, look) {
            let at = later(at, passed);
            let ahead = look.wall.duration_since(at);
            // Nobody steered meanwhile: what both may have drifted apart is no doubt, unless there was one.
            let drift = if past.in_doubt { NONE } else { part(passed) };
            let steered =
                if ahead.abs() <= AGREES + drift { ahead.clamp(-drift, drift) } else { NONE };
            kept.at = at.saturating_add(steered).unwrap_or(at).max(past.latest);
            return kept;
        }
        kept.state = State::Bound;
        kept.bound = Some((past.latest, look.since_boot));
        kept.look(look);
        kept
    }

    /// Whether it goes on from a start in another life of the machine.
    pub fn began_anew(&self) -> bool {
        self.bound.is_some()
    }

    /// Goes back to what is known from before the start, and does not believe the machine's clock as it stands.
    pub fn withhold_belief(&mut self, look: &Look) {
        let Some((latest, begun)) = self.bound else { return };
        self.at = later(latest, look.since_boot.saturating_sub(begun));
        self.since_boot = look.since_boot.max(self.since_boot);
        self.contradicted = Some(look.wall.duration_since(self.at));
        (self.state, self.tolerance) = (State::Bound, AGREES);
    }

    /// Believes it as a start does; where somebody vouches for it, however long the stop was. It may still be set.
    pub fn give_belief(&mut self, is_vouched_for: bool, look: &Look) {
        self.contradicted = None;
        if is_vouched_for && self.state == State::Bound && look.wall >= self.at {
            self.believe_at_start(look);
        }
    }

    /// Lets the time go on up to this look.
    pub fn look(&mut self, look: &Look) -> Reading {
        let passed = look.since_boot.saturating_sub(self.since_boot);
        let free = later(self.at, passed);
        let ahead = look.wall.duration_since(free);
        self.since_boot = look.since_boot.max(self.since_boot);
        // Once it was set, it is another clock.
        self.contradicted = self.contradicted.filter(|was| (ahead - *was).abs() <= NEAR);
        let doubt = match (self.state, self.stands(ahead)) {
            (State::Bound, _) if self.contradicted.is_some() => {
                self.at = free;
                Some(Doubt::Unwitnessed { ahead })
            }
            (State::Bound, Stands::Agrees | Stands::Ahead) => self.believe_at_start(look),
            // A synchronised clock is a witness of any later time.
            (State::Bound, Stands::Elsewhere) if look.is_synchronised && ahead > NONE => {
                self.believe_at_start(look)
            }
            // What is on record, or what was believed, may be a little ahead: it is waited for.
            (State::Bound | State::Settling { .. }, Stands::Behind) => self.wait_for(look),
            (State::Bound, Stands::Elsewhere) => {
                self.at = free;
                Some(Doubt::Unwitnessed { ahead })
            }
            (State::Known | State::Settling { .. }, Stands::Agrees) => {
                self.tolerance = self.tolerance.min(ahead.abs() + AGREES).max(AGREES);
                let most = part(passed);
                self.at = free.saturating_add(ahead.clamp(-most, most)).unwrap_or(free);
                self.vouch(look);
                None
            }
            (State::Settling { .. }, Stands::Ahead) => self.believe_at_start(look),
            (State::Known | State::Settling { .. }, _) => {
                self.at = free;
                Some(Doubt::Differs { ahead })
            }
        };
        Reading {
            now: self.at,
            monotonic: self.since_boot,
            doubt,
            is_synchronised: look.is_synchronised,
            brought_back: self.brought_back,
        }
    }

    fn longest_stop(&self) -> SignedDuration {
        SignedDuration::try_from(self.longest_stop).unwrap_or(SignedDuration::MAX)
    }

    fn stands(&self, ahead: SignedDuration) -> Stands {
        let longest = self.longest_stop();
        let left = match self.state {
            State::Settling { left, .. } => left,
            _ => longest,
        };
        match ahead {
            _ if ahead.abs() <= self.tolerance => Stands::Agrees,
            _ if NONE < ahead && ahead <= left => Stands::Ahead,
            _ if ahead < NONE && -longest <= ahead => Stands::Behind,
            _ => Stands::Elsewhere,
        }
    }

    /// Lets the time stand until the machine's clock has come to it.
    fn wait_for(&mut self, look: &Look) -> Option<Doubt> {
        let ahead = look.wall.duration_since(self.at);
        match self.state {
            _ if ahead >= -AGREES => self.believe_at_start(look),
            State::Bound => Some(Doubt::Unwitnessed { ahead }),
            _ => Some(Doubt::Differs { ahead }),
        }
    }

    /// What a start believes.
    fn believe_at_start(&mut self, look: &Look) -> Option<Doubt> {
        let step = look.wall.duration_since(self.at).max(NONE);
        let (until, left) = match self.state {
            State::Settling { until, left } => (until, left),
            _ => (look.since_boot + SETTLES, self.longest_stop()),
        };
        self.believe(look);
        self.state = State::Settling { until, left: (left - step).max(NONE) };
        self.vouch(look);
        None
    }

    /// Whether the time is known, and nothing may still set it.
    pub fn is_known(&self) -> bool {
        self.state == State::Known
    }

    /// Ends the settling, where something keeps the clock synchronised or the time for it is over.
    fn vouch(&mut self, look: &Look) {
        if let State::Settling { until, .. } = self.state
            && (look.is_synchronised || look.since_boot >= until)
        {
            self.state = State::Known;
        }
    }

    /// What others know meanwhile, told while there is a doubt, and when a time was brought back.
    pub fn hear(&mut self, past: &Past, boot: Sha256, look: &Look) {
        // Read before it was brought back, and told late; not of a book that was restored, which is older.
        if past.brought_back < self.brought_back && past.latest.duration_since(self.at) > AGREES {
            return;
        }
        if past.brought_back > self.brought_back {
            // What was kept so far is what was found wrong. So may be what keeps this machine's clock.
            *self = Self::resume(past, boot, self.longest_stop, look);
            if self.at.duration_since(past.latest) > self.longest_stop() {
                self.withhold_belief(look);
            }
            return;
        }
        let settled = since_mark(past, boot, look).map(|(at, passed)| later(at, passed));
        if let Some(at) = settled {
            self.at = self.at.max(at);
            self.since_boot = look.since_boot.max(self.since_boot);
            self.state = State::Known;
            return;
        }
        self.look(look);
        if past.latest.duration_since(self.at) > AGREES {
            // It was this machine that stood still, if its clock says the same.
            self.at = past.latest;
            if look.wall.duration_since(past.latest).abs() <= NEAR {
                self.believe(look);
            }
        }
    }

    /// Takes a time that two witnesses agree on, as exactly as the machine's clock says it where that is near.
    pub fn settle(&mut self, agreed: Timestamp, look: &Look) {
        if look.wall.duration_since(agreed).abs() <= NEAR {
            return self.believe(look);
        }
        self.look(look);
        if self.state == State::Bound {
            self.at = self.at.max(agreed);
            (self.state, self.contradicted) = (State::Known, None);
        }
    }

    /// Takes the machine's word; the time never goes back. Where it is a little ahead it is drawn towards it.
    pub fn believe(&mut self, look: &Look) {
        let behind = self.at.duration_since(look.wall);
        if behind > NONE && behind <= NEAR {
            self.tolerance = behind + AGREES;
        }
        self.at = look.wall.max(self.at);
        self.since_boot = look.since_boot.max(self.since_boot);
        (self.state, self.contradicted) = (State::Known, None);
    }
}

const NONE: SignedDuration = SignedDuration::ZERO;

/// The time of a mark in this life of the machine, and what has passed since.
fn since_mark(past: &Past, boot: Sha256, look: &Look) -> Option<(Timestamp, Duration)> {
    let mark = past.mark.filter(|mark| mark.boot == boot)?;
    let at = Timestamp::from_millisecond(mark.at).ok()?;
    let passed = look.since_boot.checked_sub(Duration::from_millis(mark.since_boot))?;
    Some((at, passed))
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
        Past { latest: start(), mark, in_doubt: false, brought_back: 0 }
    }

    #[test]
    fn a_clock_that_is_set_is_doubted_and_the_time_goes_on() {
        let mut kept = Kept::begin(&look(HOUR, NONE), HOUR);
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
    fn what_a_clock_in_doubt_differs_by_is_no_drift() {
        let at = later(start(), HOUR).as_millisecond();
        let mark = Some(Mark { boot: BOOT, since_boot: HOUR.as_millis() as u64, at });
        let (days, ahead) = (10 * 24 * HOUR, SignedDuration::from_mins(3));
        let now = look(HOUR + days, ahead);
        for (in_doubt, doubt) in [(false, None), (true, Some(Doubt::Differs { ahead }))] {
            let past = Past { latest: start(), mark, in_doubt, brought_back: 0 };
            let mut kept = Kept::resume(&past, BOOT, HOUR, &now);
            assert_eq!(kept.look(&now).doubt, doubt, "in doubt before: {in_doubt}");
        }
    }

    #[test]
    fn a_clock_that_agrees_is_followed_by_500_ppm() {
        let mut kept = Kept::begin(&look(HOUR, NONE), HOUR);
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
        let steered = later(start(), 2 * HOUR + Duration::from_millis(3600));
        assert_eq!((kept.look(&drifted).doubt, kept.at), (None, steered));
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
    fn what_is_on_record_a_little_ahead_is_waited_for() {
        let begin = look(Duration::ZERO, SignedDuration::from_mins(-50));
        let mut kept = Kept::resume(&past(None), BOOT, HOUR, &begin);
        for minutes in 1..50 {
            let after = Duration::from_secs(60 * minutes);
            let read = kept.look(&look(after, SignedDuration::from_mins(-50)));
            assert!(read.doubt.is_some_and(|doubt| doubt.is_unwitnessed()), "minute {minutes}");
            assert_eq!(read.now, start(), "nothing is recorded as later than it must be");
        }
        let read = kept.look(&look(50 * HOUR / 60, SignedDuration::from_mins(-50)));
        assert_eq!((read.now, read.doubt), (start(), None));
    }

    #[test]
    fn after_a_boot_a_clock_is_set_right_and_nobody_is_called() {
        let second = Duration::from_secs(1);
        let begun = |ahead| Kept::resume(&past(None), BOOT, HOUR, &look(Duration::ZERO, ahead));
        // Forwards it is followed.
        let mut kept = begun(NONE);
        let right = look(6 * second, SignedDuration::from_mins(9));
        let read = kept.look(&right);
        assert_eq!((read.now, read.doubt), (right.wall, None));
        // Backwards it is waited for, and the time does not go back.
        let mut kept = begun(SignedDuration::from_mins(9));
        let mut read = kept.look(&look(6 * second, NONE));
        let stood = read.now;
        for minutes in 1..9 {
            read = kept.look(&look(60 * minutes * second, NONE));
            assert!(read.doubt.is_some() && read.now == stood, "minute {minutes}: {read:?}");
        }
        let read = kept.look(&look(10 * 60 * second, NONE));
        assert_eq!((read.now, read.doubt), (later(start(), 10 * 60 * second), None));
        // A quarter of an hour after the start what is set is set by a hand; so it is once something
        // keeps the clock.
        let mut kept = begun(NONE);
        kept.look(&look(SETTLES, NONE));
        assert!(kept.look(&look(SETTLES + second, SignedDuration::from_mins(9))).doubt.is_some());
        let mut kept = begun(NONE);
        kept.look(&Look { is_synchronised: true, ..look(second, NONE) });
        assert!(kept.look(&look(2 * second, SignedDuration::from_mins(9))).doubt.is_some());
    }

    #[test]
    fn a_machine_that_stood_still_learns_it_from_what_others_recorded() {
        let mut kept = Kept::begin(&look(Duration::ZERO, NONE), HOUR);
        let resumed = look(HOUR, SignedDuration::from_hours(40));
        assert!(kept.look(&resumed).doubt.is_some());
        let recorded = |latest| Past { latest, mark: None, in_doubt: false, brought_back: 0 };
        kept.hear(&recorded(later(start(), 41 * HOUR - Duration::from_secs(5))), BOOT, &resumed);
        let read = kept.look(&resumed);
        assert_eq!((read.now, read.doubt), (resumed.wall, None));
        // A clock that was set is not believed because others record something now.
        let mut kept = Kept::begin(&look(Duration::ZERO, NONE), HOUR);
        let set = look(HOUR, SignedDuration::from_mins(50));
        assert!(kept.look(&set).doubt.is_some());
        for ahead in [0, 1, 5] {
            kept.hear(&recorded(later(start(), HOUR + Duration::from_secs(ahead))), BOOT, &set);
            assert!(kept.look(&set).doubt.is_some(), "{ahead} s");
        }
        assert!(kept.at <= later(start(), HOUR + Duration::from_secs(5)));
    }

    #[test]
    fn a_time_that_was_brought_back_is_taken_by_whoever_goes_on_by_the_one_before() {
        let days = SignedDuration::from_hours(20 * 24);
        let ahead = Past { latest: start() + days, mark: None, in_doubt: false, brought_back: 0 };
        let second = Duration::from_secs(1);
        let wrong = Look { is_synchronised: true, ..look(Duration::ZERO, days) };
        let mut kept = Kept::resume(&ahead, BOOT, HOUR, &wrong);
        assert_eq!(kept.look(&wrong).doubt, None, "it was believed");
        let right = look(60 * second, NONE);
        assert!(kept.look(&right).doubt.is_some_and(|doubt| doubt.ahead() < NONE));
        // What others know of the wrong time changes nothing.
        kept.hear(&ahead, BOOT, &right);
        assert!(kept.look(&right).now >= start() + days);
        let brought_back = Past { latest: start(), brought_back: 7, ..ahead };
        kept.hear(&brought_back, BOOT, &right);
        let read = kept.look(&right);
        assert_eq!((read.now, read.doubt), (right.wall, None));
        // Said again it changes nothing, and the time goes on.
        let later = look(120 * second, NONE);
        kept.hear(&brought_back, BOOT, &later);
        assert_eq!(kept.look(&later).now, later.wall);
        // What somebody read before that and tells late moves nothing.
        kept.hear(&ahead, BOOT, &later);
        assert_eq!(kept.look(&later).now, later.wall);
        // A machine that is wrong still is not believed, whatever keeps its clock.
        for is_synchronised in [true, false] {
            let wrong = Look { is_synchronised, ..wrong };
            let mut kept = Kept::resume(&ahead, BOOT, HOUR, &wrong);
            kept.hear(&brought_back, BOOT, &wrong);
            let read = kept.look(&wrong);
            assert_eq!((read.now, read.brought_back), (start(), 7));
            assert!(read.doubt.is_some_and(|doubt| doubt.is_unwitnessed()));
            assert_eq!(kept.look(&right).doubt, None, "until it is set right");
        }
    }

    #[test]
    fn a_start_that_is_contradicted_is_not_believed_until_the_clock_is_set_or_the_time_is_known() {
        let second = Duration::from_secs(1);
        for is_synchronised in [false, true] {
            let nine = SignedDuration::from_mins(9);
            let at = |seconds, ahead| Look { is_synchronised, ..look(second * seconds, ahead) };
            let mut kept = Kept::resume(&past(None), BOOT, HOUR, &at(0, nine));
            assert!(
                kept.began_anew() && kept.look(&at(0, nine)).doubt.is_none(),
                "it was believed"
            );
            kept.withhold_belief(&at(1, nine));
            for seconds in 2..200 {
                let read = kept.look(&at(seconds, nine));
                assert!(read.doubt.is_some_and(|doubt| doubt.is_unwitnessed()), "{read:?}");
                assert_eq!(read.now, later(start(), second * seconds), "the bound goes on");
            }
            let mut told = kept.clone();
            // It is set right: a start believes it.
            let read = kept.look(&at(200, NONE));
            assert_eq!((read.now, read.doubt), (later(start(), second * 200), None));
            // Or two say what time it is: then it is the clock that is in doubt.
            told.settle(later(start(), second * 200), &at(200, nine));
            let read = told.look(&at(200, nine));
            assert_eq!(read.now, later(start(), second * 200));
            assert!(read.doubt.is_some_and(|doubt| !doubt.is_unwitnessed()));
        }
        // Nobody contradicted it after all.
        let mut kept = Kept::resume(&past(None), BOOT, HOUR, &look(second, NONE));
        kept.withhold_belief(&look(second, NONE));
        kept.give_belief(false, &look(second, NONE));
        assert_eq!(kept.look(&look(2 * second, NONE)).doubt, None);
        // Somebody vouches for a clock after a stop of days; NTP may set it a little all the same.
        let days = SignedDuration::from_hours(240);
        let mut kept = Kept::resume(&past(None), BOOT, HOUR, &look(second, days));
        kept.give_belief(false, &look(second, days));
        assert!(kept.look(&look(second, days)).doubt.is_some());
        kept.give_belief(true, &look(second, days));
        assert_eq!(kept.look(&look(second, days)).doubt, None);
        kept.look(&look(20 * second, days));
        let set = look(20 * second, days - SignedDuration::from_secs(3));
        assert!(kept.look(&set).doubt.is_some(), "it is waited for");
        let set = look(24 * second, days - SignedDuration::from_secs(3));
        assert_eq!(kept.look(&set).doubt, None);
        // None vouches for one that stands before what is known.
        let mut kept = Kept::resume(&past(None), BOOT, HOUR, &look(second, -days));
        kept.give_belief(true, &look(second, -days));
        assert!(kept.look(&look(second, -days)).doubt.is_some());
        // In the same life of the machine there is nothing to contradict.
        let mark = Mark { boot: BOOT, since_boot: 0, at: start().as_millisecond() };
        let mut kept = Kept::resume(&past(Some(mark)), BOOT, HOUR, &look(second, NONE));
        assert!(!kept.began_anew());
        kept.withhold_belief(&look(second, NONE));
        assert_eq!(kept.look(&look(2 * second, NONE)).doubt, None);
    }

    #[test]
    fn steps_after_a_boot_reach_no_further_than_a_stop_can_last() {
        let second = Duration::from_secs(1);
        let mut kept = Kept::resume(&past(None), BOOT, HOUR, &look(Duration::ZERO, NONE));
        let mut doubted = 0;
        for step in 1..8 {
            let ahead = SignedDuration::from_mins(25 * step);
            let read = kept.look(&look(second * step as u32, ahead));
            doubted += u32::from(read.doubt.is_some());
        }
        assert_eq!(doubted, 5, "two steps of 25 minutes and no third");
        assert!(!kept.is_known() && kept.at <= later(start(), HOUR + 8 * second));
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
        hears.hear(
            &Past { latest: recorded, mark: None, in_doubt: false, brought_back: 0 },
            BOOT,
            &wrong,
        );
        assert_eq!((hears.look(&wrong).doubt, hears.at), (None, wrong.wall));
        // Beside it, on the same machine, one knows the time.
        let mut hears = bound.clone();
        let mark = Mark { boot: BOOT, since_boot: 0, at: recorded.as_millisecond() };
        hears.hear(&past(Some(mark)), BOOT, &wrong);
        assert_eq!(hears.at, recorded);
    }

    #[test]
    fn a_machine_that_was_found_right_and_is_a_little_behind_is_waited_for() {
        let mut kept = Kept::begin(&look(Duration::ZERO, SignedDuration::from_secs(30)), HOUR);
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
            let mut kept = Kept::begin(&look(Duration::ZERO, NONE), HOUR);
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
