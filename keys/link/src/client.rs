//! The client's end.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, ConfigBuilder, WantsVersions};

use crate::time::Told;
use crate::{Identity, LinkError, Now, provider, unfit};

/// Whoever is asked over a link answers within this time, or is taken for silent.
pub const ANSWERS: Duration = Duration::from_secs(30);

/// An HTTP client that shows this identity, trusts the link authority alone, follows no
/// redirection and uses no proxy, on a machine whose clock is its time.
pub fn client(identity: &Identity) -> Result<reqwest::Client, LinkError> {
    client_of(identity, rustls::ClientConfig::builder_with_provider(provider()))
}

/// The same for whoever keeps a time of its own: the other end's certificate is judged by that.
pub fn client_by(identity: &Identity, now: Now) -> Result<reqwest::Client, LinkError> {
    let told = Arc::new(Told(now));
    client_of(identity, rustls::ClientConfig::builder_with_details(provider(), told))
}

fn client_of(
    identity: &Identity,
    config: ConfigBuilder<ClientConfig, WantsVersions>,
) -> Result<reqwest::Client, LinkError> {
    let config = config
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_root_certificates(identity.roots()?)
        .with_client_auth_cert(identity.chain(), identity.private_key())
        .map_err(unfit)?;
    reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .https_only(true)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(ANSWERS)
        .build()
        .map_err(unfit)
}

/// An HTTP client for the doors without TLS. It trusts nobody, so that nothing that it is told can
/// lead it to another.
pub fn plain_client() -> Result<reqwest::Client, LinkError> {
    plain()?.build().map_err(unfit)
}

/// The same over the Unix socket of a program of this host.
pub fn socket_client(socket: &Path) -> Result<reqwest::Client, LinkError> {
    plain()?.unix_socket(socket).build().map_err(unfit)
}

fn plain() -> Result<reqwest::ClientBuilder, LinkError> {
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(config)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(10)))
}
