//! `akashi-demo softcard insert`: a software card in a virtual reader.

use std::path::Path;
use std::time::Duration;

use tokio::sync::oneshot;

use akashi_cardhost::{InsertedCard, RemovalRequest, VirtualSlot};

use akashi::command::Failure;

/// Within this time a reader has seen a card that was put in: pcscd looks every 400 ms.
const SEES: Duration = Duration::from_secs(5);

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
    let (number, (tell, seen)) = (card.number().to_string(), oneshot::channel());
    let serve = move || {
        let told = || _ = tell.send(());
        (slot.serve_and_tell(&mut card, told), card)
    };
    let mut serving = tokio::task::spawn_blocking(serve);
    let seen = async {
        match tokio::time::timeout(SEES, seen).await {
            Ok(Ok(())) => println!("card {number} is in the virtual reader at {vpcd}"),
            // It has ended, and says so itself.
            Ok(Err(_)) => {}
            Err(_) => return,
        }
        std::future::pending().await
    };
    tokio::select! {
        ended = &mut serving => {
            ended?.0?;
            return Err("the virtual reader is gone: start it and insert the card again. A pcscd that the system started \
                        for its first user ends by itself when nobody uses it (--auto-exit): start it without"
                .into());
        }
        () = seen => {
            remover.remove();
            return Err(format!(
                "the reader at {vpcd} does not look at this card: another card is in the slot, or it is no virtual \
                 reader's address. Take the other one out (akashi-demo softcard remove FILE), or name another slot (--vpcd)"
            )
            .into());
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
