//! The registry at the other end of a line that can be cut.
//!
//! A question over HTTP and its sealed answer; mutual TLS is the stories' to show.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use akashi_registry::http::Window;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// The line.
pub struct Line {
    url: String,
    cut: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    /// Listens on a thread of its own until dropped.
    pub fn open(window: Window) -> Self {
        let door = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        door.set_nonblocking(true).expect("a socket");
        let url = format!("http://{}", door.local_addr().expect("an address"));
        let cut = Arc::new(AtomicBool::new(false));
        let (stop, mut stopped) = oneshot::channel();
        let is_cut = cut.clone();
        let thread = std::thread::spawn(move || {
            crate::process::runtime().block_on(async {
                let door = TcpListener::from_std(door).expect("a socket");
                loop {
                    tokio::select! {
                        _ = &mut stopped => return,
                        Ok((caller, _)) = door.accept() => {
                            tokio::spawn(answer(caller, window.clone(), is_cut.clone()));
                        }
                    }
                }
            });
        });
        Self { url, cut, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it is reached.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Cuts the line or mends it.
    pub fn cut(&self, cut: bool) {
        self.cut.store(cut, Ordering::Relaxed);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn answer(mut caller: TcpStream, window: Window, cut: Arc<AtomicBool>) {
    let mut heard = Vec::new();
    while !cut.load(Ordering::Relaxed) {
        let Some((question, rest)) = question(&heard) else {
            match caller.read_buf(&mut heard).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            }
        };
        let (status, body) = match window.answer(&question) {
            Ok(sealed) => ("200 OK", sealed),
            Err(error) => ("404 Not Found", error.to_string().into_bytes()),
        };
        heard = rest;
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
        if caller.write_all(&[head.as_bytes(), &body].concat()).await.is_err() {
            return;
        }
    }
}

/// The body of a whole request, and what came after it.
fn question(heard: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let end = heard.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&heard[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    let whole = end + length.trim().parse::<usize>().ok()?;
    (heard.len() >= whole).then(|| (heard[end..whole].to_vec(), heard[whole..].to_vec()))
}
