//! How a certificate stands now, as its holder is told: asked where the certificate says, believed
//! only when it verifies (RFC 6960 §3.2, RFC 5280 §6.3.3).

use akashi_wire::RevocationReason;
use jiff::Timestamp;

use super::{OnCard, Page, Stated, words};
use akashi_agency::{Agency, ListTimes, NoVerdict, ResponseStatus, Verdict};

/// How a certificate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// 有効.
    Good,
    /// 失効, for good.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
    /// 一時保留.
    Held {
        /// Since when.
        at: Timestamp,
    },
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
    /// The authority does not know it.
    Unknown,
    /// The authority whose certificate is on the card did not sign it.
    NotSigned,
    /// No answer that can be believed: neither good nor bad.
    CannotTell {
        /// What came of asking the responder.
        responder: NoVerdict,
        /// What came of asking for the list, where that was asked for.
        list: Option<NoVerdict>,
    },
}

/// Who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The two certificates on the card alone.
    Card,
    /// The authority's responder, now.
    Responder,
    /// The authority's list of revoked certificates: the responder does not answer everybody.
    List(ListTimes),
}

impl Standing {
    /// Asks about the certificate of a card. Where the responder answers enrolled agencies only,
    /// the list is asked, if it is there for everybody.
    pub async fn ask(on_card: &OnCard, stated: &Stated, now: Timestamp) -> (Self, Source) {
        if !super::fingerprint::is_of(&on_card.certificate, &on_card.authority) {
            return (Self::NotSigned, Source::Card);
        }
        // A holder is no enrolled agency: nobody's token signs the question.
        let asker = Agency::new(on_card.authority.clone(), None);
        let responder = match asker.ask(&on_card.certificate, now).await {
            Ok((verdict, _)) => return (Self::of(verdict, stated, now), Source::Responder),
            Err(why) => why,
        };
        let mut list = None;
        if responder.is_for_the_enrolled_only() {
            match asker.look_up(&on_card.certificate, now).await {
                Ok((verdict, times)) => {
                    return (Self::of(verdict, stated, now), Source::List(times));
                }
                Err(why) => list = Some(why),
            }
        }
        // That its time is over, the certificate says itself.
        let is_over = now > stated.not_after;
        let standing = if is_over { Self::Expired } else { Self::CannotTell { responder, list } };
        (standing, Source::Card)
    }

    fn of(verdict: Verdict, stated: &Stated, now: Timestamp) -> Self {
        match verdict {
            Verdict::Valid => Self::Good,
            Verdict::Revoked { at, reason: RevocationReason::CertificateHold } => Self::Held { at },
            Verdict::Revoked { at, reason } => Self::Revoked { at, reason },
            Verdict::OutOfTime if now < stated.not_before => Self::NotYet,
            Verdict::OutOfTime => Self::Expired,
            Verdict::NotIssued => Self::Unknown,
            Verdict::CannotTell(why) => {
                Self::CannotTell { responder: NoVerdict::Unbelievable(why), list: None }
            }
        }
    }

    /// The exit code of `akashi card status`: 0 good, 1 nobody can tell, 2 not good.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Good => 0,
            Self::CannotTell { .. } => 1,
            _ => 2,
        }
    }

    /// The page that `akashi card status` shows.
    pub fn page(&self, stated: &Stated, source: &Source, now: Timestamp) -> Page {
        let mut page = Page::default();
        let (word, meaning, advice) = self.words(stated, source);
        page.heading(&word);
        page.row("Meaning", &meaning);
        page.row("What to do", &advice);
        page.heading("Certificate");
        page.row("Serial number", &stated.serial);
        page.row("Until", &words::moment(stated.not_after));
        page.heading("How this is known");
        page.row("Asked", &words::moment(now));
        let at = |address: &Option<String>| address.clone().unwrap_or_default();
        match source {
            Source::Card => page.row("Answered by", "nobody; the card's two certificates alone"),
            Source::Responder => {
                page.row("Answered by", &format!("the responder (OCSP) at {}", at(&stated.ocsp)));
                page.more("The authority's signature on the answer is right.");
            }
            Source::List(times) => {
                page.row("Answered by", &format!("the list (CRL) at {}", at(&stated.list)));
                page.more(&format!("made {}", words::moment(times.made)));
                page.more(&format!("holds until {}", words::moment(times.holds_until)));
                page.more(
                    "The authority's signature on it is right. What happened after it was made is \
                     not on it. The responder (OCSP) answers enrolled agencies only.",
                );
            }
        }
        page.row("Which authority", "the one on the card; akashi card verify checks that one");
        page
    }

    /// One word, what it means, what to do.
    fn words(&self, stated: &Stated, source: &Source) -> (String, String, String) {
        let (word, meaning, advice) = match self {
            Self::Good => match source {
                Source::List(times) => (
                    format!("good (有効) as of {}", words::moment(times.made)),
                    "it is not on the list of revoked certificates that was made then".into(),
                    "nothing",
                ),
                _ => (
                    "good (有効)".into(),
                    "the certificate is in force: signatures that are made now are accepted".into(),
                    "nothing",
                ),
            },
            Self::Revoked { at, reason } => (
                format!("revoked (失効) since {}", words::moment(*at)),
                format!("{}: signatures since then are not accepted", because(*reason)),
                what_after(*reason),
            ),
            Self::Held { at } => (
                format!("on hold (一時保留) since {}", words::moment(*at)),
                "a telephone call had it stopped: signatures since then are not accepted".into(),
                "go to the counter of the town hall with the card. A hold is not lifted: the \
                 certificate is revoked there, and a new one issued",
            ),
            Self::Expired => (
                format!("expired (期間満了) since {}", words::moment(stated.not_after)),
                "its time is over: signatures that are made now are not accepted".into(),
                "have a new certificate issued (新規発行) at the counter of the town hall",
            ),
            Self::NotYet => (
                "not in force yet".into(),
                format!("it begins {}", words::moment(stated.not_before)),
                "look whether the clock of this computer is right",
            ),
            Self::Unknown => (
                "unknown".into(),
                "the authority that stands in the certificate does not know it".into(),
                "do not use it, and show the card at the counter of the town hall",
            ),
            Self::NotSigned => (
                "not the authority's".into(),
                "the authority whose certificate is on the card did not sign this one".into(),
                "do not use it, and show the card at the counter of the town hall",
            ),
            Self::CannotTell { responder, list } => return cannot_tell(responder, list.as_ref()),
        };
        (word, meaning, advice.into())
    }
}

/// What a reason means to the holder.
fn because(reason: RevocationReason) -> &'static str {
    match reason {
        RevocationReason::Unspecified => "its handing over was not completed (unspecified)",
        RevocationReason::KeyCompromise => {
            "loss, theft, a leak or a broken card was reported (keyCompromise)"
        }
        RevocationReason::CaCompromise => {
            "the authority's own key is not safe any more (caCompromise)"
        }
        RevocationReason::AffiliationChanged => {
            "the resident register reported a change (異動): of name, address, birth date or sex, \
             or the end of the record (affiliationChanged)"
        }
        RevocationReason::Superseded => "a renewed one (更新) took its place (superseded)",
        RevocationReason::CessationOfOperation => {
            "the holder asked for its end (cessationOfOperation)"
        }
        RevocationReason::CertificateHold => "a telephone call had it stopped (certificateHold)",
    }
}

fn what_after(reason: RevocationReason) -> &'static str {
    match reason {
        RevocationReason::Superseded => "use the card that has the renewed certificate",
        RevocationReason::CaCompromise => "wait for what the prefecture announces",
        _ => "have a new certificate issued (新規発行) at the counter of the town hall",
    }
}

fn cannot_tell(responder: &NoVerdict, list: Option<&NoVerdict>) -> (String, String, String) {
    const LATER: &str = "ask again in some minutes";
    const COUNTER: &str = "ask at the counter of the town hall";
    const NETWORK: &str = "look whether this computer is connected to the network, and ask again";
    const ENROLLED: &str = "the responder (OCSP) answers enrolled agencies (署名検証者) only";
    let (meaning, advice) = match (responder, list) {
        (_, Some(list)) if list.is_for_the_enrolled_only() => {
            (format!("{ENROLLED}, and the list (CRL) is for them too"), COUNTER.into())
        }
        (_, Some(list @ NoVerdict::Unreachable { .. })) => {
            (format!("{ENROLLED}, and {list}"), NETWORK.into())
        }
        (_, Some(list)) => (format!("{ENROLLED}, and {list}"), format!("{LATER}, or {COUNTER}")),
        (NoVerdict::Unreachable { .. }, None) => (responder.to_string(), NETWORK.into()),
        (NoVerdict::Declined(ResponseStatus::TryLater), None) => {
            ("the responder cannot answer for the moment (tryLater)".into(), LATER.into())
        }
        _ => (
            format!("no answer that can be believed: {responder}"),
            format!("{LATER}, or {COUNTER}"),
        ),
    };
    let meaning = format!("{meaning}. The certificate may be good or not");
    ("cannot tell now (判断できない)".into(), meaning, advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_said_in_words_and_by_its_name() {
        for reason in RevocationReason::ALL {
            let said = because(reason);
            assert!(said.contains(&format!("({reason})")) && said.len() > 30, "{said}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_never_told_as_good_or_revoked() {
        let unreachable = || NoVerdict::Unreachable { address: "a".into(), reason: "b".into() };
        let withheld = || NoVerdict::Withheld { address: "a".into(), status: 403 };
        let junk = || NoVerdict::Unbelievable("c".into());
        let declined = NoVerdict::Declined;
        for (responder, list, advice) in [
            (unreachable(), None, "network"),
            (junk(), None, "again in some minutes, or"),
            (declined(ResponseStatus::TryLater), None, "again in some minutes"),
            (declined(ResponseStatus::InternalError), None, "again in some minutes, or"),
            (declined(ResponseStatus::SigRequired), Some(withheld()), "at the counter"),
            (declined(ResponseStatus::Unauthorized), Some(unreachable()), "network"),
            (declined(ResponseStatus::SigRequired), Some(junk()), "or ask at the counter"),
        ] {
            let (word, meaning, told) = cannot_tell(&responder, list.as_ref());
            assert_eq!(word, "cannot tell now (判断できない)");
            assert!(meaning.contains("may be good or not"), "{meaning}");
            assert!(told.contains(advice), "{responder}: {told}");
            assert_eq!(Standing::CannotTell { responder, list }.exit_code(), 1);
        }
    }
}
