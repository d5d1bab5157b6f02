//! Asking a program of this host how it is.

use std::path::Path;
use std::time::Duration;

use super::{Report, socket};
use crate::Program;

/// A program that has not answered within this time is not well.
const ANSWERS: Duration = Duration::from_secs(3);

/// How a program of the authority with this home is; or why nobody knows, in a sentence.
pub async fn ask(home: &Path, program: Program) -> Result<Report, String> {
    let socket = socket(home, program);
    if !socket.exists() {
        return Err("it does not run on this host".into());
    }
    let client = akashi_link::socket_client(&socket).map_err(|error| error.to_string())?;
    let asked = async {
        let answer = client.get("http://operators/status").timeout(ANSWERS).send().await?;
        answer.error_for_status()?.bytes().await
    };
    let octets = match asked.await {
        Ok(octets) => octets,
        Err(error) if error.is_connect() => return Err("it does not run".into()),
        Err(error) if error.is_timeout() => {
            return Err(format!("it does not answer within {} s", ANSWERS.as_secs()));
        }
        Err(error) => return Err(error.to_string()),
    };
    serde_json::from_slice(&octets).map_err(|_| "its answer cannot be understood".into())
}
