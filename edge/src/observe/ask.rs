//! Asking a program of this host how it is.

use std::path::Path;
use std::time::Duration;

use super::{Report, socket};
use crate::Program;

/// A program that has not answered within this time is not well.
const ANSWERS: Duration = Duration::from_secs(3);

/// The longest path of a socket (unix(7), sun_path).
const LONGEST: usize = 107;

/// Why a program has not said how it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unasked {
    /// It has never run over this directory.
    #[error("it does not run on this host")]
    NotHere,
    /// Nobody is at its socket.
    #[error("it does not run")]
    Gone,
    /// It does not answer.
    #[error("it does not answer within {} s", ANSWERS.as_secs())]
    Silent,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// How a program of the authority with this home is; or why nobody knows.
pub async fn ask(home: &Path, program: Program) -> Result<Report, Unasked> {
    let socket = socket(home, program);
    if socket.as_os_str().len() > LONGEST {
        return Err(Unasked::Other(format!(
            "its socket {} has a longer path than the system takes ({LONGEST} octets): nobody is answered there; move \
             the authority to a directory with a shorter one",
            socket.display()
        )));
    }
    if !socket.exists() {
        return Err(Unasked::NotHere);
    }
    let client =
        akashi_link::socket_client(&socket).map_err(|error| Unasked::Other(error.to_string()))?;
    let asked = async {
        let answer = client.get("http://operators/status").timeout(ANSWERS).send().await?;
        answer.error_for_status()?.bytes().await
    };
    let octets = asked.await.map_err(|error| match error {
        error if error.is_connect() => Unasked::Gone,
        error if error.is_timeout() => Unasked::Silent,
        error => Unasked::Other(error.to_string()),
    })?;
    let not_understood = |_| Unasked::Other("its answer cannot be understood".into());
    serde_json::from_slice(&octets).map_err(not_understood)
}
