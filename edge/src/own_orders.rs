//! Orders of one of the authority's own programs: signed under its own name, and sent to the authority.

use std::sync::Arc;

use akashi_keys::OfficerToken;
use akashi_wire::Order;
use akashi_wire::order::{Done, OrderDoor, OrderRefusal, SignedOrder};
use jiff::Timestamp;

/// One program's hand: it signs orders and nothing else.
#[derive(Clone)]
pub struct OwnOrders {
    token: Arc<OfficerToken>,
    door: Arc<dyn OrderDoor>,
}

impl OwnOrders {
    /// Orders signed with this token, given at this door.
    pub fn new(token: Arc<OfficerToken>, door: Arc<dyn OrderDoor>) -> Self {
        Self { token, door }
    }

    /// Gives an order.
    ///
    /// # Errors
    /// Why it was not carried out; [`OrderRefusal::NotNow`] too where the key did not sign.
    pub async fn give(&self, order: Order, now: Timestamp) -> Result<Done, OrderRefusal> {
        let sign = |octets: &[u8]| self.token.sign(octets);
        let order = SignedOrder::sign(order, self.token.certificate(), now, sign)
            .map_err(|error| OrderRefusal::NotNow { why: error.to_string() })?;
        self.door.carry_out(order).await
    }
}
