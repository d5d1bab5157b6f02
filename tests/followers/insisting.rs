//! Clients that repeat the very same request while the authority cannot answer now.

use std::time::{Duration, Instant};

use akashi_agency::{Agency, Verdict};
use akashi_keys::Signer;
use akashi_ra_console::{Desk, DeskError};
use akashi_registry::http::{SendError, send};
use akashi_registry::{SealedBatch, TownIdentity};
use akashi_town::PaperCard;
use akashi_wire::act::{Answer, Deed, IdentityProof, LookUpBy, Procedure, Refusal};
use akashi_wire::batch::BatchAnswer;
use akashi_wire::clock::SimulatedClock;
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{CaseId, Clock, RevocationReason, SerialNumber};

use crate::support::{application, paper_card, proof};

const PATIENCE: Duration = Duration::from_secs(60);

/// Repeats the same octets until they are answered, or refused for another reason than "not now".
pub async fn ask(desk: &Desk, deed: Deed) -> Result<Answer, Refusal> {
    let act = desk.sign(deed).unwrap();
    let until = Instant::now() + PATIENCE;
    loop {
        match desk.send(&act).await {
            Ok(answer) => return Ok(answer),
            Err(DeskError::Refused(Refusal::NotNowPossible | Refusal::RegistryUnreachable))
            | Err(DeskError::Unreachable { .. })
                if Instant::now() < until => {}
            Err(DeskError::Refused(refusal)) => return Err(refusal),
            Err(other) => panic!("{other}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Sends the same batch until it is accepted.
pub async fn report(source: &TownIdentity, url: &str, batch: &SealedBatch) -> BatchAnswer {
    let client = akashi_link::client(&source.link()).unwrap();
    let until = Instant::now() + PATIENCE;
    loop {
        match send(&client, &format!("{url}/idou"), batch).await {
            Ok(answer) => return answer,
            Err(SendError::Refused { status: 503, .. }) | Err(SendError::Unreachable(_))
                if Instant::now() < until => {}
            Err(other) => panic!("{other}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn find(desk: &Desk, procedure: Procedure, by: LookUpBy) -> Result<CaseId, Refusal> {
    let Answer::CaseOpened { case, .. } = ask(desk, Deed::OpenCase { procedure }).await? else {
        panic!("another answer");
    };
    ask(desk, Deed::LookUp { case, by }).await.map(|_| case)
}

/// Carries what the authority tells a card of paper.
async fn carry(
    desk: &Desk,
    case: CaseId,
    paper: &mut PaperCard,
    mut answer: Answer,
) -> Result<(), Refusal> {
    while let Answer::Commands { run } = answer {
        answer = ask(desk, paper.carried(case, &run)).await?;
    }
    Ok(())
}

/// A whole case, from the first act to the delivery.
pub async fn certify(
    desk: &Desk,
    by: LookUpBy,
    key: &dyn Signer,
) -> Result<(SerialNumber, Vec<u8>), Refusal> {
    let case = find(desk, Procedure::Issue, by).await?;
    let card = hex::encode_upper(rand::random::<[u8; 8]>());
    let Answer::Permitted { challenge, .. } = ask(desk, application(case, &card)).await? else {
        panic!("another answer");
    };
    let mut paper = paper_card(desk, &card, key.public_key());
    let opened = ask(desk, Deed::OpenChannel { case, card: card.clone() }).await?;
    carry(desk, case, &mut paper, opened).await?;
    let proof = Octets(proof(key, &challenge.0));
    let deed = Deed::Certify { case, card: card.clone(), proof };
    let Answer::Certified { serial, certificate, run, .. } = ask(desk, deed).await? else {
        panic!("another answer");
    };
    carry(desk, case, &mut paper, Answer::Commands { run }).await?;
    let read_back = Sha256::of(&certificate.0);
    ask(desk, Deed::ConfirmDelivery { case, card, read_back }).await?;
    Ok((serial, certificate.0))
}

/// 失効 by the holder's wish.
pub async fn revoke(desk: &Desk, by: LookUpBy) -> Result<SerialNumber, Refusal> {
    let case = find(desk, Procedure::Revocation, by).await?;
    let reason = RevocationReason::CessationOfOperation;
    match ask(desk, Deed::Revoke { case, identity: IdentityProof::ResidentCard, reason }).await? {
        Answer::Revoked { serial, .. } => Ok(serial),
        other => panic!("{other:?}"),
    }
}

/// Asks until the responder says so, a minute at most.
pub async fn told(
    agency: &Agency,
    clock: &SimulatedClock,
    certificate: &[u8],
    expected: impl Fn(&Verdict) -> bool,
) {
    let until = Instant::now() + PATIENCE;
    loop {
        let verdict = agency.judge(certificate, clock.now()).await;
        if expected(&verdict) {
            return;
        }
        assert!(Instant::now() < until, "{verdict:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// 無効.
pub fn revoked(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Revoked { .. })
}
