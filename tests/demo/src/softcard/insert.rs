//! `akashi-demo softcard insert`: a software card in a virtual reader.

use std::path::Path;
use std::time::Duration;

use akashi_cardhost::{InsertedCard, RemovalRequest, VirtualSlot};

use akashi::command::Failure;

/// How often an inserted card looks whether it should be removed.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// After which time a reader has surely seen that a card is gone. pcscd looks every 400 ms; to a card
/// that was out and in again between two looks it may never speak again.
const UNTIL_SEEN: Duration = Duration::from_millis(500);

pub async fn insert(file: &Path, vpcd: &str) -> Result<(), Failure> {
    let mut card = InsertedCard::open(file)?;
    let stop = akashi_edge::stopped();
    let removal = asked_to_remove(card.removal_request());
    let slot = VirtualSlot::connect(vpcd)?;
    let remover = slot.remover()?;
    println!("card {} is in the virtual reader at {vpcd}", card.number());
    let mut serving = tokio::task::spawn_blocking(move || (slot.serve(&mut card), card));
    tokio::select! {
        ended = &mut serving => {
            ended?.0?;
            return Err("the virtual reader is gone; start it and insert the card again".into());
        }
        () = stop => {}
        () = removal => {}
    }
    remover.remove();
    let (served, card) = serving.await?;
    // Nobody may put it back before the reader has seen that it is gone.
    tokio::time::sleep(UNTIL_SEEN).await;
    drop(card);
    Ok(served?)
}

/// Resolves when `akashi-demo softcard remove` asks for the card.
async fn asked_to_remove(request: Option<RemovalRequest>) {
    let Some(mut request) = request else { return std::future::pending().await };
    while !request.is_made() {
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}
