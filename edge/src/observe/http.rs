//! The operators' page of a program: `/livez`, `/readyz`, `/metrics`, `/status`.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use akashi_link::{Door, Limits};
use akashi_wire::Clock;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::{UnixListener, UnixStream};

use super::{Report, health, text};
use crate::clock::SystemClock;
use crate::{Config, Program};

/// Where the sockets lie, in the authority's own directory.
pub const SOCKETS: &str = "operators";

/// A socket at which nobody answers within this time is nobody's.
const ANSWERS: Duration = Duration::from_secs(1);

/// The socket of a program, in the authority's own directory.
pub fn socket(home: &Path, program: Program) -> PathBuf {
    home.join(SOCKETS).join(format!("{}.sock", program.name()))
}

/// Where a program is asked how it is.
#[derive(Debug, Clone)]
pub struct Operators {
    program: Program,
    socket: PathBuf,
    address: Option<SocketAddr>,
}

impl Operators {
    /// Those of a program, by its configuration and the authority's own directory.
    pub fn of(program: Program, config: &Config, home: &Path) -> Self {
        let address = config.operators.of(program);
        Self { program, socket: socket(home, program), address }
    }

    /// Serves the page until the process ends. What cannot be served is said in the log, and keeps the program from nothing.
    pub async fn serve(self) {
        let router = operators_page(self.program);
        let at_address = async {
            let Some(address) = self.address else { return };
            let listened = tokio::net::TcpListener::bind(address).await;
            let served = match listened {
                Ok(listener) => {
                    let door = Door::new(listener, few()).named("operators");
                    let served =
                        akashi_link::serve_plain(door, router.clone(), std::future::pending());
                    served.await.map_err(io::Error::other)
                }
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                tracing::warn!(target: "akashi", "the operators' address {address}: {error}");
            }
        };
        let at_socket = async {
            let served = match listen(&self.socket).await {
                Ok(listener) => axum::serve(listener, router.clone()).await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                let socket = self.socket.display();
                tracing::warn!(target: "akashi", "the operators' socket {socket}: {error}");
            }
        };
        tokio::join!(at_address, at_socket);
    }
}

/// Whoever comes to the operators' address takes nothing away from the doors.
fn few() -> Limits {
    Limits { connections: 32, per_address: 16, age: Duration::from_secs(60), ..Limits::default() }
}

/// Takes the place of a socket that a process before this one has left; not of one that answers.
async fn listen(socket: &Path) -> io::Result<UnixListener> {
    let dir = socket.parent().unwrap_or(socket);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let connected = tokio::time::timeout(ANSWERS, UnixStream::connect(socket)).await;
    if matches!(connected, Ok(Ok(_))) {
        let why = "another process of this program answers there";
        return Err(io::Error::new(io::ErrorKind::AddrInUse, why));
    }
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// The page.
pub fn operators_page(program: Program) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .with_state(program)
}

fn now() -> Duration {
    SystemClock::new().monotonic()
}

fn told(wrong: &[String]) -> Response {
    match wrong.is_empty() {
        true => "ok\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, wrong.join("\n") + "\n").into_response(),
    }
}

async fn livez() -> Response {
    told(&health().standing(now()).late)
}

async fn readyz() -> Response {
    told(&health().standing(now()).not_ready)
}

async fn status(State(program): State<Program>) -> Json<Report> {
    Json(Report {
        program: program.file().into(),
        version: env!("CARGO_PKG_VERSION").into(),
        process: std::process::id(),
        standing: health().standing(now()),
    })
}

async fn metrics() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text()).into_response()
}
