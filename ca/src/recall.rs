//! What is left of a recall is done by the scheduler: in steps, so that counters and the inbox come to
//! the book between two of them. Where a recall stands is in the book.

use akashi_ledger::{Issuing, Ledger};
use akashi_wire::Order;
use jiff::Timestamp;

use crate::{CaError, Orders};

/// Certificates that end in the change that confirms their recall, at most.
pub(crate) const AT_ONCE: usize = 2000;
/// Certificates that end in one change of the book otherwise.
const STEP: usize = 500;
/// Steps in one tick: the tick does other work, too.
const STEPS: usize = 8;

/// Goes on with the recalls that are confirmed; gives how many certificates were ended.
pub(crate) async fn go_on(
    ledger: &Ledger<Issuing>,
    orders: &Orders,
    now: Timestamp,
) -> Result<usize, CaError> {
    let (mut ended, mut steps) = (0, 0);
    let under_way = ledger.recalls_under_way().await?;
    if under_way.is_empty() {
        return Ok(0);
    }
    let permit = orders.permit(Order::GoOnWithRecalls, now).await?;
    for recall in under_way {
        loop {
            if steps == STEPS {
                return Ok(ended);
            }
            steps += 1;
            let mut change = ledger.begin(&permit, now).await?;
            let Some(step) = change.recall_step(recall, STEP).await? else { break };
            change.commit().await?;
            ended += (step.revoked + step.voided) as usize;
            if step.finished {
                break;
            }
        }
    }
    Ok(ended)
}
