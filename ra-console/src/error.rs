//! What can go wrong at the desk.

use akashi_card::{CardError, Weakness};
use akashi_keys::KeyError;
use akashi_link::{LinkError, TimeFault};
use akashi_scp03::ChannelError;
use akashi_wire::CaseId;
use akashi_wire::act::{Procedure, Refusal};

use crate::offline::{JournalError, TokenFailure};

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
    /// The authority was reached and has not answered.
    #[error(
        "the authority at {url} was asked and has not answered within {seconds} s: it may be done all the same; repeat it, \
         nothing is done twice"
    )]
    Late {
        /// Where it was asked.
        url: String,
        /// For so long it was waited.
        seconds: u64,
    },
    /// Whoever has this end's key was dismissed.
    #[error(
        "the authority at {url} opens no link to this terminal, token or source any more: it was dismissed, or taken out of use; \
         ask whoever enrols where it belongs"
    )]
    Dismissed {
        /// Where it was asked.
        url: String,
    },
    /// A certificate is not in its time, or a clock is wrong.
    #[error("{url} was reached, and no link opens: {fault}")]
    Time {
        /// Where it was sought.
        url: String,
        /// Which.
        fault: TimeFault,
    },
    /// What was entered is longer than it may be, or has characters that it may not have. Nothing was
    /// sent.
    #[error("{what}: enter it anew")]
    Beyond {
        /// What is wrong.
        what: String,
    },
    /// The authority answers what this program does not understand.
    #[error("the authority's answer cannot be understood: use a desk of the same version ({0})")]
    Answer(String),
    /// The card.
    #[error("the card: {0}")]
    Card(#[from] CardError),
    /// A step of a case did not come about; the case is still open.
    #[error(
        "{error}. Case {case} is open: take it up again (--case {case}), with its card where it has one, or close it"
    )]
    InCase {
        /// The open case.
        case: CaseId,
        /// Why.
        #[source]
        error: Box<DeskError>,
    },
    /// The PIN that the resident chose is one that others would try first. Nothing was made yet.
    #[error("{weakness}: choose another")]
    WeakPin {
        /// What is weak about it.
        weakness: Weakness,
    },
    /// What the resident showed is no identity proof. Nothing was done yet.
    #[error("{0}")]
    Identity(Refusal),
    /// The certificate that was found is somebody else's. Nothing was done.
    #[error(
        "the certificate that was found states another birth date: nothing was done; ask again for the number"
    )]
    OtherHolder,
    /// The municipality's token.
    #[error("{0}")]
    MunicipalToken(TokenFailure),
    /// The channel to the card, opened from the terminal.
    #[error("the card: {0}")]
    Channel(#[from] ChannelError),
    /// The journal of what is done without the authority.
    #[error("{0}")]
    Journal(#[from] JournalError),
    /// The new PIN is set, and the journal could not take it up.
    #[error("the new PIN is set, but the journal does not say so: {0}")]
    OutcomeNotKept(Box<DeskError>),
    /// The case that was taken up is about something else.
    #[error("this case is not about what you ask: it is a case of “{procedure:?}”")]
    OtherProcedure {
        /// What it is about.
        procedure: Procedure,
    },
    /// The new key's test signature does not verify.
    #[error(
        "the card's test signature does not verify: close the case and begin anew with another card"
    )]
    TestSignature,
    /// The officer's token.
    #[error("{0}")]
    Token(#[from] KeyError),
    /// The link.
    #[error("{0}")]
    Link(#[from] LinkError),
}
