//! What officers live through, over and over, while the authority dies under their hands.

use std::sync::Arc;
use std::time::Duration;

use akashi_wire::act::{IdentityProof, Procedure, Refusal};
use akashi_wire::{Answer, Deed, RevocationReason};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::feed::{Change, Feed};
use crate::officer::{Issued, Officer, certify};
use crate::scene::Scene;
use crate::truth::{Claim, Death};

/// One story of a person and a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plot {
    /// Is certified, and that is all.
    Keeps,
    /// Loses the card and comes for another certificate.
    Loses,
    /// Dies with a certificate.
    Dies,
    /// Dies while the certificate is being made.
    DiesMeanwhile,
    /// Moves house and comes for another certificate.
    Moves,
    /// Leaves before the certificate is in the card; the case is closed.
    Leaves,
    /// Two counters certify the same person at once.
    Twins,
    /// Two persons bring the same key at once.
    SameKey,
    /// The terminal dies with the authority and never comes back.
    Forgotten,
}

const PLOTS: [Plot; 9] = [
    Plot::Keeps,
    Plot::Loses,
    Plot::Dies,
    Plot::DiesMeanwhile,
    Plot::Moves,
    Plot::Leaves,
    Plot::Twins,
    Plot::SameKey,
    Plot::Forgotten,
];

/// An officer's day: one plot after another until nothing more is to be begun.
pub async fn work(scene: Arc<Scene>, feed: Arc<Feed>, number: usize, mut rng: StdRng) {
    let mut next = rng.random_range(0..PLOTS.len());
    while !scene.notes.is_over() {
        let plot = PLOTS[next % PLOTS.len()];
        next += 1;
        if let Err(refusal) = play(&scene, &feed, number, plot, &mut rng).await {
            scene.notes.finding(format!("{plot:?}: refused without a cause: {refusal}"));
            return;
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..400))).await;
    }
}

async fn play(
    scene: &Scene,
    feed: &Feed,
    number: usize,
    plot: Plot,
    rng: &mut StdRng,
) -> Result<(), Refusal> {
    let officer = &scene.officers[number];
    let person = scene.resident(officer.municipality, &mut rand::rng());
    match plot {
        Plot::Keeps => officer.issue(scene, person).await.map(|_| ()),
        Plot::Loses => {
            let issued = officer.issue(scene, person).await?;
            revoke(scene, officer, person, &issued, rng).await?;
            officer.issue(scene, person).await.map(|_| ())
        }
        Plot::Dies => {
            officer.issue(scene, person).await?;
            scene.truth.death(person, Death::Unsure);
            let _ = feed.tell(scene, person, Change::Death).await;
            Ok(())
        }
        Plot::DiesMeanwhile => dies_meanwhile(scene, feed, officer, person, rng).await,
        Plot::Moves => moves(scene, feed, officer, person).await,
        Plot::Leaves => {
            let case = officer.apply(scene, person).await?;
            let issued = officer.certify(scene, &case, &scene.keys.next()).await?;
            scene.truth.claim(issued.serial, Claim::Unsure);
            let deed = Deed::CloseCase { case: issued.case, why: "left".into() };
            match officer.ask(scene, deed).await.1? {
                Answer::CaseClosed { revoked } if revoked == Some(issued.serial) => {
                    scene.truth.ended(issued.serial, RevocationReason::Unspecified, None);
                }
                other => scene.notes.finding(format!("a closed case: {other:?}")),
            }
            Ok(())
        }
        Plot::Twins => twins(scene, officer, colleague(scene, officer), person).await,
        Plot::SameKey => same_key(scene, officer, colleague(scene, officer), person).await,
        Plot::Forgotten => {
            let case = officer.apply(scene, person).await?;
            let key = scene.keys.next();
            officer.make_key(scene, &case, &key).await?;
            let act = officer.desk.sign(certify(&case, &key)).expect("a token signs");
            let patience = Duration::from_millis(rng.random_range(0..40));
            scene.notes.count("forgotten");
            // Whatever was answered, nobody was there to read it.
            let _ = tokio::time::timeout(patience, officer.send(&act)).await;
            Ok(())
        }
    }
}

/// Whoever sits at the other counter of the same town.
fn colleague<'s>(scene: &'s Scene, officer: &Officer) -> &'s Officer {
    let other =
        |one: &&Officer| one.municipality == officer.municipality && one.number != officer.number;
    scene.officers.iter().find(other).expect("two counters in each town")
}

async fn revoke(
    scene: &Scene,
    officer: &Officer,
    person: usize,
    issued: &Issued,
    rng: &mut StdRng,
) -> Result<(), Refusal> {
    let reason = if rng.random_bool(0.5) {
        RevocationReason::KeyCompromise
    } else {
        RevocationReason::CessationOfOperation
    };
    let case = officer.find(scene, Procedure::Revocation, person).await?;
    scene.truth.claim(issued.serial, Claim::Unsure);
    match officer
        .ask(scene, Deed::Revoke { case, identity: IdentityProof::ResidentCard, reason })
        .await
        .1?
    {
        Answer::Revoked { serial, at, reason: told } => {
            if (serial, told) != (issued.serial, reason) {
                scene.notes.finding(format!("asked for {} and got {serial}", issued.serial));
            }
            scene.notes.count("revocations");
            scene.truth.ended(serial, reason, Some(at));
        }
        other => scene.notes.finding(format!("a revocation: {other:?}")),
    }
    Ok(())
}

/// The death is reported at any moment of the case. Either the case is refused for the death's
/// sake, or there is a certificate and the death ends it.
async fn dies_meanwhile(
    scene: &Scene,
    feed: &Feed,
    officer: &Officer,
    person: usize,
    rng: &mut StdRng,
) -> Result<(), Refusal> {
    scene.truth.death(person, Death::Unsure);
    let delay = Duration::from_millis(rng.random_range(0..250));
    let death = async {
        tokio::time::sleep(delay).await;
        feed.tell(scene, person, Change::Death).await
    };
    let (issued, accepted) = tokio::join!(officer.issue(scene, person), death);
    if accepted.is_err() {
        scene.notes.finding("a death was not accepted");
    }
    match issued {
        Ok(_)
        | Err(
            Refusal::NotInRegister
            | Refusal::RecordDeleted
            | Refusal::RegisterChanged
            | Refusal::NoLivingCertificate,
        ) => Ok(()),
        Err(other) => Err(other),
    }
}

async fn moves(
    scene: &Scene,
    feed: &Feed,
    officer: &Officer,
    person: usize,
) -> Result<(), Refusal> {
    let first = officer.issue(scene, person).await?;
    scene.truth.claim(first.serial, Claim::Unsure);
    if feed.tell(scene, person, Change::Move).await.is_err() {
        scene.notes.finding("a move was not accepted");
        return Ok(());
    }
    scene.truth.ended(first.serial, RevocationReason::AffiliationChanged, None);
    // Accepted is not yet settled: until then the counter says that there is a certificate.
    let mut tries = 0;
    loop {
        match officer.issue(scene, person).await {
            Err(Refusal::AlreadyCertified { serial, .. })
                if serial == first.serial && tries < 100 =>
            {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            other => return other.map(|_| ()),
        }
    }
}

async fn twins(
    scene: &Scene,
    one: &Officer,
    other: &Officer,
    person: usize,
) -> Result<(), Refusal> {
    let (first, second) = (one.apply(scene, person).await?, other.apply(scene, person).await?);
    let keys = (scene.keys.next(), scene.keys.next());
    let papers = (
        one.make_key(scene, &first, &keys.0).await?,
        other.make_key(scene, &second, &keys.1).await?,
    );
    let outcomes = tokio::join!(
        one.hand_in(scene, &first, &keys.0, papers.0),
        other.hand_in(scene, &second, &keys.1, papers.1)
    );
    scene.notes.count("raced");
    match outcomes {
        (Ok(issued), Err(Refusal::AlreadyCertified { .. })) => one.deliver(scene, &issued).await,
        (Err(Refusal::AlreadyCertified { .. }), Ok(issued)) => other.deliver(scene, &issued).await,
        outcomes => {
            scene.notes.finding(format!("two counters for one person: {outcomes:?}"));
            Ok(())
        }
    }
}

async fn same_key(
    scene: &Scene,
    one: &Officer,
    other: &Officer,
    person: usize,
) -> Result<(), Refusal> {
    let neighbour = scene.resident(other.municipality, &mut rand::rng());
    let (first, second) = (one.apply(scene, person).await?, other.apply(scene, neighbour).await?);
    let key = scene.keys.next();
    let papers =
        (one.make_key(scene, &first, &key).await?, other.make_key(scene, &second, &key).await?);
    let outcomes = tokio::join!(
        one.hand_in(scene, &first, &key, papers.0),
        other.hand_in(scene, &second, &key, papers.1)
    );
    scene.notes.count("raced");
    // Who comes second makes another key in the same case.
    let ((winner, issued), (loser, case)) = match outcomes {
        (Ok(issued), Err(Refusal::BadKey { .. })) => ((one, issued), (other, second)),
        (Err(Refusal::BadKey { .. }), Ok(issued)) => ((other, issued), (one, first)),
        outcomes => {
            scene.notes.finding(format!("one key of two persons: {outcomes:?}"));
            return Ok(());
        }
    };
    winner.deliver(scene, &issued).await?;
    let again = loser.certify(scene, &case, &scene.keys.next()).await?;
    loser.deliver(scene, &again).await
}
