//! How long it takes to hold all moduli against each other.

use std::time::Instant;

use akashi_ca::Rules;
use akashi_ca::public_key::shared_primes::{Common, Modulus, Window, sharing};
use dashu_int::UBig;
use dashu_int::ops::Gcd;

use super::BenchError;
use super::measure::{Measurement, forget_peak, median, peak, rate};
use akashi_town::card_key::{PRIMES, on_every_core, primes};

/// Moduli that share half of their primes with others of a part.
const PLANTED: usize = 20;
/// Greatest common divisors that tell what one costs.
const PAIRS: usize = 20_000;
/// Looks through a window.
const LOOKS: usize = 200;

/// Compares a quarter, a half and all of `count` moduli, and prints seconds.
///
/// Measured is what the night's comparison computes, on one core; reading the book is not in it. The
/// moduli are products of 32 primes of 64 bits: nothing in it depends on how many primes there are,
/// but numbers that merely are odd would share small factors by the thousand. Twenty share half of their
/// primes with others; they must be found, and nothing else.
pub fn moduli(count: usize, runs: usize) -> Result<(), BenchError> {
    eprintln!("bench moduli: making {count} moduli");
    let mut made = on_every_core(count, primes);
    let mut sizes = Vec::new();
    if count < 16 * PLANTED {
        return Err(BenchError::Wrong(format!("give {} moduli at least", 16 * PLANTED)));
    }
    for (round, part) in [count / 4, count / 2, count].into_iter().enumerate() {
        // The last of each part share with the first, which so get one more partner each time.
        for first in 0..PLANTED {
            let shared = made[first];
            made[part - 1 - first][..PRIMES / 2].copy_from_slice(&shared[..PRIMES / 2]);
        }
        let numbers: Vec<UBig> = made[..part].iter().map(number).collect();
        let moduli: Vec<Modulus> = numbers.iter().map(modulus).collect();
        forget_peak();
        let (mut values, mut most) = (Vec::new(), 0);
        let mut raw = Vec::new();
        for run in 0..runs {
            eprintln!("bench moduli: {part} moduli, run {} of {runs}", run + 1);
            forget_peak();
            let begin = Instant::now();
            let found = sharing(&moduli);
            values.push(begin.elapsed().as_secs_f64());
            most = most.max(peak());
            let pairs = found.iter().filter(|group| group.common == Common::Prime);
            let members: usize = pairs.map(|group| group.members.len()).sum();
            if found.len() != PLANTED || members != PLANTED * (round + 2) {
                return Err(BenchError::Wrong(format!("{} groups", found.len())));
            }
            raw.push(multiplied(&numbers));
        }
        sizes.push((part as f64, median(&values), most as f64));
        let baseline = ("one multiplication, of the products of either half", raw);
        Measurement::of(format!("moduli/{part}"), "s", values, baseline, most).print();
    }
    model(&sizes);
    pairs(&made, runs);
    window(&made, runs);
    Ok(())
}

fn number(primes: &[u64; PRIMES]) -> UBig {
    primes.iter().map(|prime| UBig::from(*prime)).product()
}

fn modulus(number: &UBig) -> Modulus {
    Modulus::from_be_bytes(&number.to_be_bytes()).expect("a modulus is greater than one")
}

/// How long it takes to multiply the products of either half with each other, in seconds.
fn multiplied(numbers: &[UBig]) -> f64 {
    fn product(numbers: &[UBig]) -> UBig {
        match numbers {
            [one] => one.clone(),
            _ => {
                let (one, other) = numbers.split_at(numbers.len() / 2);
                product(one) * product(other)
            }
        }
    }
    let (one, other) = numbers.split_at(numbers.len() / 2);
    let (one, other) = (product(one), product(other));
    let begin = Instant::now();
    std::hint::black_box(&one * &other);
    begin.elapsed().as_secs_f64()
}

/// Says what the smallest and the largest part let one expect of more.
fn model(sizes: &[(f64, f64, f64)]) {
    let (Some(small), Some(large)) = (sizes.first(), sizes.last()) else { return };
    let power = |small: f64, large: f64, ratio: f64| (large / small).ln() / ratio.ln();
    let ratio = large.0 / small.0;
    eprintln!(
        "bench moduli: time grows with the {:.2}th power of the count, memory with the {:.2}th; \
         {:.2} kB a modulus",
        power(small.1, large.1, ratio),
        power(small.2, large.2, ratio),
        large.2 / large.0 / 1000.0
    );
}

/// How many pairs a second are held against each other one by one.
fn pairs(made: &[[u64; PRIMES]], runs: usize) {
    let numbers: Vec<UBig> = made.iter().take(201).map(number).collect();
    let values: Vec<f64> = (0..runs)
        .map(|_| {
            let begin = Instant::now();
            for pair in 0..PAIRS {
                let (one, other) = (&numbers[pair % 200], &numbers[pair / 200 % 200 + 1]);
                std::hint::black_box(one.gcd(other));
            }
            rate(PAIRS, begin.elapsed())
        })
        .collect();
    Measurement::of("moduli/pairs", "pairs/s", values, ("none", Vec::new()), peak()).print();
}

/// What one look through the window costs before a certificate is issued, in microseconds.
fn window(made: &[[u64; PRIMES]], runs: usize) {
    let own = Rules::default().shared_prime_window as usize;
    for size in [own, 4 * own] {
        let mut window = Window::new(size);
        for (name, primes) in made.iter().take(size).enumerate() {
            window.push(name, modulus(&number(primes)));
        }
        let new = modulus(&number(&primes()));
        let micros = |begin: Instant| begin.elapsed().as_secs_f64() * 1e6 / LOOKS as f64;
        let values = (0..runs).map(|_| {
            let begin = Instant::now();
            (0..LOOKS).for_each(|_| drop(std::hint::black_box(window.sharing(&new))));
            micros(begin)
        });
        let values = values.collect();
        let (one, other) = (number(&made[0]), number(&made[1]));
        let raw = (0..runs).map(|_| {
            let begin = Instant::now();
            (0..LOOKS).for_each(|_| drop(std::hint::black_box((&one).gcd(&other))));
            micros(begin)
        });
        let baseline = ("one greatest common divisor of two moduli", raw.collect());
        Measurement::of(format!("moduli/window/{size}"), "µs a look", values, baseline, peak())
            .print();
    }
}
