//! A client without manners: it writes octets to a socket and reads what comes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nothing that is answered at all takes longer than this; what does hangs.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// The head of a request, a handshake and a body must be here within ten seconds
/// (docs/interfaces.md §4, §8); a little more for a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(14);

/// One HTTP answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// Every whole answer in what came back.
pub fn replies(mut octets: &[u8]) -> Vec<Reply> {
    let mut replies = Vec::new();
    while let Some(end) = octets.windows(4).position(|window| window == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&octets[..end]).into_owned();
        let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
        let mut reply = Reply { status, head, body: Vec::new() };
        octets = &octets[end + 4..];
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        let Some((body, rest)) = octets.split_at_checked(length) else { break };
        reply.body = body.to_vec();
        octets = rest;
        replies.push(reply);
    }
    replies
}

/// Writes these octets and then nothing more, reads until the connection ends; every answer.
///
/// # Panics
/// When the connection is still open after [`DEADLINE`]: that hangs.
pub async fn said(address: SocketAddr, octets: &[u8]) -> Vec<Reply> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Whoever has refused need not read the rest.
    let _ = stream.write_all(octets).await;
    replies(&read_to_the_end(&mut stream).await)
}

/// What still comes until the connection ends.
pub async fn read_to_the_end(stream: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    let reading = async {
        let mut chunk = [0; 4096];
        loop {
            match stream.read(&mut chunk).await {
                // Reset is an end too: what was read before counts.
                Ok(0) | Err(_) => break,
                Ok(octets) => read.extend(&chunk[..octets]),
            }
        }
    };
    tokio::time::timeout(DEADLINE, reading).await.expect("the connection is never closed");
    read
}

/// A request in good form, of which the connection ends with the answer.
pub fn request(line: &str, body: &[u8]) -> Vec<u8> {
    let length = if line.starts_with("POST") {
        format!("Content-Length: {}\r\n", body.len())
    } else {
        String::new()
    };
    let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{length}\r\n");
    [head.as_bytes(), body].concat()
}

/// The one answer to a request in good form.
pub async fn one(address: SocketAddr, line: &str, body: &[u8]) -> Reply {
    let octets = request(line, body);
    let asked = said(address, &octets);
    let mut replies = tokio::time::timeout(PATIENCE, asked).await.expect("an answer in time");
    assert_eq!(replies.len(), 1, "{line}: one answer to one request");
    replies.remove(0)
}

/// Posts octets.
pub async fn post(address: SocketAddr, body: &[u8]) -> Reply {
    one(address, "POST /", body).await
}
