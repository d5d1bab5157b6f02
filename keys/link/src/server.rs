//! The server's end: an accept loop with limits.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use akashi_wire::ending::{CERTIFICATE_ENDS, Ending};
use akashi_wire::pki;
use axum::Router;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::time::Told;
use crate::unstuck::Unstuck;
use crate::{Identity, LinkError, Now, Peer, provider, unfit};

/// Connections at a time; the next waits in the kernel's queue.
const CONNECTIONS: usize = 4096;
/// The whole head of a request must be here within this time. A limit on each read alone would
/// let a client send one octet a second for ever.
const HEAD: Duration = Duration::from_secs(10);
/// A handshake must be done within this time.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Requests under way have this long to end once a stop is asked.
const DRAIN: Duration = Duration::from_secs(5);

/// Serves a router over mutual TLS until `stop` resolves; clients' certificates are judged by this time.
pub async fn serve(
    listener: TcpListener,
    identity: &Identity,
    now: Now,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(identity.roots()?), provider())
            .build()
            .map_err(unfit)?;
    let told = Arc::new(Told(now.clone()));
    let config = rustls::ServerConfig::builder_with_details(provider(), told)
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain(), identity.private_key())
        .map_err(unfit)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let router = router.layer(middleware::from_fn_with_state(now, tell_of_the_end));
    run(listener, Some(acceptor), router, stop).await
}

/// Serves a router over plain HTTP until `stop` resolves.
pub async fn serve_plain(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    run(listener, None, router, stop).await
}

async fn run(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let router = router.layer(middleware::from_fn(one_host));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (stopping, stopped) = watch::channel(false);
    let mut stop = std::pin::pin!(stop);
    loop {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        let stream = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file descriptors, or the client has gone: the door stays open.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        let (acceptor, router, stopped) = (acceptor.clone(), router.clone(), stopped.clone());
        tokio::spawn(async move {
            connection(stream, acceptor, router, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    stopping.send_replace(true);
    let all = places.acquire_many(CONNECTIONS as u32);
    let _ = tokio::time::timeout(DRAIN, all).await;
    Ok(())
}

async fn connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    stopped: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else { return converse(stream, router, stopped).await };
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else {
        return;
    };
    let Some(certificate) = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first())
    else {
        return;
    };
    let peer = Peer { certificate: certificate.to_vec() };
    converse(stream, router.layer(Extension(peer)), stopped).await;
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(router);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        // A client that has asked and says no more is still owed its answer (RFC 9112 §9.6).
        .half_close(true)
        // One more read may stand behind a full buffer: 64 KiB in all.
        .max_buf_size(32 * 1024)
        .serve_connection(TokioIo::new(Unstuck::new(stream)), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = async { stopped.wait_for(|stopped| *stopped).await.is_ok() } => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Says with every answer when the client's certificate ends, as soon as that is near.
async fn tell_of_the_end(
    State(now): State<Now>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let last = pki::not_after(&peer.certificate);
    if Ending::of(last, now()).is_some()
        && let Ok(last) = HeaderValue::from_str(&last.to_string())
    {
        response.headers_mut().insert(CERTIFICATE_ENDS, last);
    }
    response
}

/// A request of HTTP/1.1 names exactly one host (RFC 9112 §3.2).
async fn one_host(request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    match (request.version(), hosts) {
        (_, 1) | (Version::HTTP_10, 0) => next.run(request).await,
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}
