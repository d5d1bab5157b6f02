//! The server's end: a door with limits.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use akashi_wire::ending::{CERTIFICATE_ENDS, Ending};
use akashi_wire::pki;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::server::WebPkiClientVerifier;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::dismissed::{Admits, Dismissed};
use crate::places::{Limits, Place, Places, Work};
use crate::time::Told;
use crate::turned_away::{LOOKS, TurnedAway};
use crate::unstuck::Unstuck;
use crate::{Identity, LinkError, Now, Peer, provider, unfit};

/// The whole head of a request must be here within this time. A limit on each read alone would
/// let a client send one octet a second for ever.
const HEAD: Duration = Duration::from_secs(10);
/// A handshake must be done within this time.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Whoever gets no link has heard why within this time, and has so many kilobytes more to say.
const HEARD: Duration = Duration::from_millis(500);
const UNREAD: usize = 32;
/// Requests under way have this long to end once a stop is asked.
const DRAIN: Duration = Duration::from_secs(5);

/// A door: where somebody listens, and how much is taken there.
pub struct Door {
    name: &'static str,
    listener: TcpListener,
    limits: Limits,
    dismissed: Dismissed,
}

impl Door {
    /// A door with limits of its own.
    pub fn new(listener: TcpListener, limits: Limits) -> Self {
        Self { name: "a door", listener, limits, dismissed: Dismissed::default() }
    }

    /// The same, which opens no link to these.
    pub fn but_for(self, dismissed: Dismissed) -> Self {
        Self { dismissed, ..self }
    }

    /// The same by its name, for whoever reads of it.
    pub fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }
}

impl From<TcpListener> for Door {
    /// A door with the limits that are there where nothing is said.
    fn from(listener: TcpListener) -> Self {
        Self::new(listener, Limits::default())
    }
}

/// Serves a router over mutual TLS until `stop` resolves; clients' certificates are judged by this time.
pub async fn serve(
    door: impl Into<Door>,
    identity: &Identity,
    now: Now,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let door = door.into();
    let who = WebPkiClientVerifier::builder_with_provider(Arc::new(identity.roots()?), provider())
        .build()
        .map_err(unfit)?;
    let verifier = Arc::new(Admits { who, but: door.dismissed.clone() });
    let told = Arc::new(Told(now.clone()));
    let mut config = rustls::ServerConfig::builder_with_details(provider(), told)
        .with_safe_default_protocol_versions()
        .map_err(unfit)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain(), identity.private_key())
        .map_err(unfit)?;
    // A link that is resumed asks for no certificate: who was dismissed, or whose certificate has ended, would come back.
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let router = router.layer(middleware::from_fn_with_state(now, tell_of_the_end));
    run(door, Some(acceptor), router, stop).await
}

/// Serves a router over plain HTTP until `stop` resolves.
pub async fn serve_plain(
    door: impl Into<Door>,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    run(door.into(), None, router, stop).await
}

async fn run(
    Door { name, listener, limits, .. }: Door,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), LinkError> {
    let router = router.layer(middleware::from_fn(one_host));
    let places = Places::new(limits);
    let (stopping, stopped) = watch::channel(false);
    let mut stop = std::pin::pin!(stop);
    let turned = Arc::new(TurnedAway::of(name));
    let mut said = tokio::time::interval(LOOKS);
    loop {
        let (stream, from) = tokio::select! {
            () = &mut stop => break,
            _ = said.tick() => {
                turned.say();
                continue;
            }
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Out of file descriptors, or the client has gone: the door stays open.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        // Nobody waits for a place: whoever gets none is told so by the end of the connection.
        let Some(place) = places.enter(from.ip()) else {
            turned.full();
            continue;
        };
        let (acceptor, router, stopped) = (acceptor.clone(), router.clone(), stopped.clone());
        let at_door = (stream, turned.clone());
        tokio::spawn(connection(at_door, Arc::new(place), (acceptor, router), stopped));
    }
    drop(listener);
    stopping.send_replace(true);
    let all_left = async {
        while places.count() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let _ = tokio::time::timeout(DRAIN, all_left).await;
    Ok(())
}

async fn connection(
    (stream, turned): (TcpStream, Arc<TurnedAway>),
    place: Arc<Place>,
    (acceptor, router): (Option<TlsAcceptor>, Router),
    stopped: watch::Receiver<bool>,
) {
    let ticket = place.ticket.clone();
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else {
        turned.entered();
        return converse(stream, place, router, stopped).await;
    };
    let handshake = tokio::select! {
        handshake = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream).into_fallible()) => handshake,
        () = ticket.gone.notified() => return,
    };
    let stream = match handshake {
        Ok(Ok(stream)) => stream,
        Ok(Err((error, stream))) => {
            turned.without_handshake(error.to_string());
            return is_heard(stream).await;
        }
        Err(_) => return turned.without_handshake("it took too long".into()),
    };
    let Some(certificate) = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first())
    else {
        return;
    };
    let peer = Peer { certificate: certificate.to_vec() };
    if !place.is_of(&peer.certificate) {
        return turned.full();
    }
    turned.entered();
    converse(stream, place, router.layer(Extension(peer)), stopped).await;
}

/// Lets the other end hear why there is no link: a line that is cut while something of the other end is still unread
/// takes what was said last with it.
async fn is_heard(mut stream: TcpStream) {
    let mut unread = [0; 1024];
    let ends = async {
        let _ = stream.shutdown().await;
        for _ in 0..UNREAD {
            if !stream.read(&mut unread).await.is_ok_and(|octets| octets > 0) {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(HEARD, ends).await;
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    place: Arc<Place>,
    router: Router,
    mut stopped: watch::Receiver<bool>,
) {
    let (ticket, age) = (place.ticket.clone(), place.age());
    let router = router.layer(middleware::from_fn_with_state(place, at_work));
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
    let ends = async {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => {}
            () = ticket.enough.notified() => {}
            () = tokio::time::sleep(age) => {}
        }
    };
    let (mut ends, mut is_ending) = (std::pin::pin!(ends), false);
    loop {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = ticket.gone.notified() => return,
            () = &mut ends, if !is_ending => {
                is_ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// While the server works for a connection, that gives way to nobody: from when the last of a request is here until its
/// answer begins.
async fn at_work(State(place): State<Arc<Place>>, request: Request, next: Next) -> Response {
    place.asks();
    let asked = Arc::new(Mutex::new(Asked::Comes(place)));
    if request.body().is_end_stream() {
        begins(&asked);
    }
    let watched = asked.clone();
    let request = request.map(|body| Body::new(Watched { body, asked: watched }));
    let response = next.run(request).await;
    *asked.lock().unwrap_or_else(PoisonError::into_inner) = Asked::Answered;
    response
}

/// How far a request is.
enum Asked {
    /// Something of it is still to come.
    Comes(Arc<Place>),
    /// All of it is here.
    Here { _work: Work },
    /// Its answer begins.
    Answered,
}

/// All of it is here.
fn begins(asked: &Mutex<Asked>) {
    let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    if let Asked::Comes(place) = &*asked {
        *asked = Asked::Here { _work: place.works() };
    }
}

/// A body that says when the last of it is here.
struct Watched {
    body: Body,
    asked: Arc<Mutex<Asked>>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            begins(&self.asked);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::post;

    #[tokio::test]
    async fn a_connection_whose_body_is_still_to_come_gives_way_and_one_at_work_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = async |body: String| {
            if body == "slow" {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            body
        };
        let limits = Limits { per_address: 2, ..Limits::default() };
        let router = Router::new().route("/", post(slow));
        let door = Door::new(listener, limits);
        tokio::spawn(serve_plain(door, router, std::future::pending()));
        let asks = async |body: &str, length: usize| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!(
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            stream
        };
        let hears = async |mut stream: TcpStream| {
            let mut said = String::new();
            let _ = stream.read_to_string(&mut said).await;
            said
        };
        let (worked_for, awaited) = (asks("slow", 4).await, asks("s", 4).await);
        let third = asks("good", 4).await;
        assert!(hears(third).await.ends_with("good"));
        assert_eq!(hears(awaited).await, "", "it gave way");
        assert!(hears(worked_for).await.ends_with("slow"));
    }
}
