//! What a link failed of, where it was time.

use std::error::Error;
use std::fmt;

use rustls::{AlertDescription, CertificateError};

/// An error with its causes, in one line: that of a client alone says only that something failed.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Whether the other end says that whoever has this end's certificate was dismissed.
pub fn says_dismissed(error: &(dyn Error + 'static)) -> bool {
    let alert = AlertDescription::CertificateRevoked;
    matches!(tls(error), Some(rustls::Error::AlertReceived(heard)) if *heard == alert)
}

/// Whether it is TLS that failed: somebody is there.
pub fn is_of_tls(error: &(dyn Error + 'static)) -> bool {
    tls(error).is_some()
}

/// What TLS says in an error or in one of its causes.
fn tls<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        // An error of input and output keeps its cause to itself.
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let found = error
            .downcast_ref::<rustls::Error>()
            .or_else(|| inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()))
            .or_else(|| inner.and_then(|inner| tls(inner)));
        if found.is_some() {
            return found;
        }
        next = error.source();
    }
    None
}

/// Why a link does not open although the line is sound: one of the two certificates is not in its time, or
/// one of the two clocks is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFault {
    /// The other end's certificate ended, by the clock of this end.
    PeerEnded,
    /// The other end's certificate begins only later, by the clock of this end.
    PeerNotYet,
    /// The other end says that this end's certificate is not in its time.
    OwnEnded,
}

impl TimeFault {
    /// What an error of a client says of it, or of any error whose causes do.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        tls(error).and_then(Self::of_tls)
    }

    fn of_tls(error: &rustls::Error) -> Option<Self> {
        use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
        match error {
            rustls::Error::InvalidCertificate(Expired | ExpiredContext { .. }) => {
                Some(Self::PeerEnded)
            }
            rustls::Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
                Some(Self::PeerNotYet)
            }
            rustls::Error::AlertReceived(AlertDescription::CertificateExpired) => {
                Some(Self::OwnEnded)
            }
            _ => None,
        }
    }
}

impl fmt::Display for TimeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PeerEnded => {
                "the certificate of the other end has ended, if the clock here is right: look at both"
            }
            Self::PeerNotYet => {
                "the certificate of the other end is not valid yet, so that the clock here is behind: set it"
            }
            Self::OwnEnded => {
                "the certificate of this end is not in its time, by the clock of the other end: it has ended, and \
                 whoever enrolled it enrols it again, or one of the two clocks is wrong"
            }
        })
    }
}
