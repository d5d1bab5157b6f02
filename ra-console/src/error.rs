//! What can go wrong at the desk.

use akashi_card::{CardError, Weakness};
use akashi_keys::KeyError;
use akashi_link::LinkError;
use akashi_wire::CaseId;
use akashi_wire::act::Refusal;

/// Why a step did not come about. Says what to do; names nobody.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The authority says no, and why.
    #[error("{0}")]
    Refused(Refusal),
    /// The authority cannot be reached. The request may be repeated as it is.
    #[error(
        "the authority cannot be reached at {url}: check the line, then repeat; nothing is done twice ({why})"
    )]
    Unreachable {
        /// Where it was sought.
        url: String,
        /// What the network says.
        why: String,
    },
    /// The authority answers what this program does not understand.
    #[error("the authority's answer cannot be understood: use a desk of the same version ({0})")]
    Answer(String),
    /// The card.
    #[error("the card: {0}")]
    Card(#[from] CardError),
    /// The card failed in the middle of a case, which is still open.
    #[error(
        "the card failed in case {case}: {error}. Put the same card back and apply again in this case, or close it"
    )]
    CardInCase {
        /// The open case.
        case: CaseId,
        /// What the card says.
        error: CardError,
    },
    /// The PIN that the resident chose is one that others would try first. Nothing was made yet.
    #[error("{weakness}: choose another, and begin again (case {case} is still open)")]
    WeakPin {
        /// The open case.
        case: CaseId,
        /// What is weak about it.
        weakness: Weakness,
    },
    /// The card gives back something else than was written.
    #[error(
        "what was read back from the card is not what was issued (case {case}): take another card and apply again"
    )]
    ReadBackDiffers {
        /// The open case.
        case: CaseId,
    },
    /// The new key's test signature does not verify.
    #[error(
        "the card's test signature does not verify (case {case}): take another card and apply again"
    )]
    TestSignature {
        /// The open case.
        case: CaseId,
    },
    /// The officer's token.
    #[error("{0}")]
    Token(#[from] KeyError),
    /// The link.
    #[error("{0}")]
    Link(#[from] LinkError),
}
