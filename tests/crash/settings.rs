//! How much is tried: from the environment.

use rand::SeedableRng;
use rand::rngs::StdRng;

/// Rounds of both data bases together, when nothing is said: what `make test` has time for.
const ROUNDS: usize = 100;
/// Deaths in the midst of an issuance for each data base, when nothing is said.
const INTERLEAVINGS: usize = 50;
/// The seed when none is said.
const SEED: u64 = 20;

/// Which data base keeps the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    Sqlite,
    Postgres,
}

impl Base {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What is asked for.
pub struct Settings {
    /// `ROUNDS`: of all data bases together.
    pub rounds: usize,
    /// `DB`: `sqlite`, `postgres`, or both when it is absent.
    pub bases: Vec<Base>,
    /// `SEED`: a number, or `random`.
    pub seed: u64,
    /// `INTERLEAVINGS`: deaths in the midst of an issuance, for each data base.
    pub interleavings: usize,
}

impl Settings {
    pub fn read() -> Result<Self, String> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let number = |name: &str, default: usize| match variable(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("{name}={text} is not a number")),
        };
        let bases = match variable("DB").as_deref() {
            None => vec![Base::Sqlite, Base::Postgres],
            Some("sqlite") => vec![Base::Sqlite],
            Some("postgres") => vec![Base::Postgres],
            Some(other) => return Err(format!("DB={other}: give sqlite or postgres, or nothing")),
        };
        if bases.contains(&Base::Postgres) && variable("AKASHI_TEST_POSTGRES").is_none() {
            return Err("PostgreSQL is missing: run tests/with-postgres cargo test".into());
        }
        let seed = match variable("SEED").as_deref() {
            None => SEED,
            Some("random") => rand::random(),
            Some(text) => text.parse().map_err(|_| format!("SEED={text} is not a number"))?,
        };
        Ok(Self {
            rounds: number("ROUNDS", ROUNDS)?,
            bases,
            seed,
            interleavings: number("INTERLEAVINGS", INTERLEAVINGS)?,
        })
    }

    /// Rounds of one of the data bases.
    pub fn rounds_of(&self, base: Base) -> usize {
        let place = self.bases.iter().position(|one| *one == base).unwrap_or(0);
        self.rounds / self.bases.len() + usize::from(place < self.rounds % self.bases.len())
    }

    /// A generator for one purpose.
    pub fn rng(&self, base: Base, purpose: u64) -> StdRng {
        StdRng::seed_from_u64(self.seed ^ (purpose << 32) ^ ((base as u64) << 48))
    }
}
