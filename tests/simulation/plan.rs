//! From a seed to what happens.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng};

use crate::prefecture::Role;
use crate::step::{Change, Ending, Event, Step, Way};
use crate::trouble::{Kind, Mishap};

/// Minutes of four years and a half: officers' certificates end after five.
const LONGEST: u64 = 60 * 24 * 1640;

/// What happens under a seed, in so many steps.
pub fn plan(seed: u64, steps: usize) -> Vec<Event> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut events: Vec<Event> = Vec::with_capacity(steps);
    let mut passed = 0;
    for number in 0..steps {
        let early = number < 14;
        let after = if early { rng.random_range(1..60) } else { pause(&mut rng) };
        passed += u64::from(after);
        if passed > LONGEST {
            break;
        }
        let step = if early { certify(&mut rng, true) } else { step(&mut rng) };
        let round = rng.random_bool(0.12).then(|| (role(&mut rng), mishap(&mut rng)));
        let share =
            if matches!(step, Step::Certify { ending: Ending::Left, .. }) { 0.7 } else { 0.2 };
        let mishap = (!early && rng.random_bool(share)).then(|| mishap(&mut rng));
        events.push(Event { after, step, mishap, round });
    }
    events
}

fn pause(rng: &mut StdRng) -> u32 {
    match rng.random_range(0..100) {
        0..35 => rng.random_range(1..90),
        35..60 => rng.random_range(60..60 * 30),
        60..84 => rng.random_range(60 * 24..60 * 24 * 9),
        _ => rng.random_range(60 * 24 * 9..60 * 24 * 75),
    }
}

fn mishap(rng: &mut StdRng) -> Mishap {
    let kind = match rng.random_range(0..10) {
        0..6 => Kind::Crash,
        6..8 => Kind::Fail,
        8 => Kind::Stop,
        _ => Kind::Full,
    };
    Mishap { at: rng.random_range(0..60), kind }
}

fn role(rng: &mut StdRng) -> Role {
    [Role::Authority, Role::Lists, Role::Responder][rng.random_range(0..3)]
}

fn certify(rng: &mut StdRng, plain: bool) -> Step {
    let ending = match rng.random_range(0..16) {
        0 if !plain => Ending::Left,
        1 if !plain => Ending::Closed,
        2 if !plain => Ending::Early,
        _ => Ending::Delivered,
    };
    Step::Certify {
        who: rng.random(),
        renewal: !plain && rng.random_bool(0.35),
        stubborn: !plain && rng.random_bool(0.15),
        torn: (!plain && rng.random_bool(0.15)).then(|| rng.random_range(0..40)),
        ending,
        twice: rng.random_bool(0.2),
    }
}

fn step(rng: &mut StdRng) -> Step {
    let who = rng.random();
    let town = rng.random_range(0..3);
    match rng.random_range(0..100) {
        0..24 => certify(rng, false),
        24..26 => Step::Race { who },
        26 => Step::CopiedKey { who },
        27..31 => Step::Revoke { who, lost: rng.random(), twice: rng.random_bool(0.3) },
        31..34 => Step::Hold { who },
        34..58 => Step::Change { who, change: change(rng) },
        58..60 => Step::Renumber { town },
        60..82 => Step::Feed { town, most: rng.random_range(1..5), way: way(rng) },
        82..86 => {
            Step::Correct { town, back: rng.random_range(0..4), days: rng.random_range(-20..20) }
        }
        86..90 => Step::Restart { role: role(rng) },
        90 => Step::CutLine { who },
        91 => Step::Jump { minutes: rng.random_range(1..60 * 24 * 3) },
        92 => {
            let off: u16 = rng.random_range(1..40);
            let ahead = [9 * 60, 366 * 24 * 60, -366 * 24 * 60][rng.random_range(0..3)];
            // A right clock after a stop that is longer than what is believed: two at the host say so.
            let is_right = off.is_multiple_of(3);
            if is_right {
                Step::Boot { off: off + 61, ahead: 0 }
            } else {
                Step::Boot { off, ahead }
            }
        }
        93..95 => Step::AcceptClock,
        95 => Step::BringBack {
            minutes: rng.random_range(1..60 * 24 * 3),
            again: rng.random_bool(0.5),
        },
        96 => Step::SetBack {
            minutes: rng.random_range(2..300),
            restart: rng.random_bool(0.5).then(|| role(rng)),
        },
        98 => Step::Rekey { town, which: rng.random() },
        97 => Step::Shelf { town: rng.random_range(0..4) },
        _ => Step::Pass,
    }
}

fn change(rng: &mut StdRng) -> Change {
    use Change::*;
    match rng.random_range(0..48) {
        0..6 => MoveWithin,
        6..14 => Leave { abroad: rng.random_bool(0.2), days: rng.random_range(-3..40) },
        14..19 => MoveIn,
        19..23 => Hear,
        23 | 24 => Death,
        25 => Deletion,
        26..30 => Marriage,
        30 => FamilyNotice,
        31 => CommonName,
        32 => BirthDate,
        33 => Sex,
        34 | 35 => Minor,
        36 => Kaisei,
        37 => Saisei,
        38 => Household,
        39 | 40 => Code,
        41 => Naturalisation,
        42..46 => Cancel,
        46 => Birth,
        _ => Arrival,
    }
}

fn way(rng: &mut StdRng) -> Way {
    match rng.random_range(0..20) {
        0..9 => Way::Straight,
        9..11 => Way::Repeating,
        11..13 => Way::Backwards,
        13..15 => Way::Withholding,
        15 => Way::Losing,
        16..19 => Way::Again,
        _ => Way::Heartbeat,
    }
}
