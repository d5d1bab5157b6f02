//! Requests that are wrong as HTTP, at the three kinds of doors without a lock (RFC 9112).

use akashi_ledger::Access;

use crate::ocsp::Scene;
use crate::question::Said::*;
use crate::question::*;
use crate::well::{Well, the_chain_is_whole};
use crate::wire::{Reply, replies, request, said};

/// What may be said: one of these, or nothing at all and the connection closed.
struct Case {
    what: &'static str,
    octets: Vec<u8>,
    statuses: &'static [u16],
    may_be_silent: bool,
    source: &'static str,
}

fn refused(
    what: &'static str,
    octets: Vec<u8>,
    statuses: &'static [u16],
    source: &'static str,
) -> Case {
    Case { what, octets, statuses, may_be_silent: true, source }
}

fn answered(
    what: &'static str,
    octets: Vec<u8>,
    statuses: &'static [u16],
    source: &'static str,
) -> Case {
    Case { what, octets, statuses, may_be_silent: false, source }
}

fn cases(question: &[u8]) -> Vec<Case> {
    let with = |head: &str, body: &[u8]| [head.as_bytes(), body].concat();
    let length = question.len();
    let post = |headers: &str, body: &[u8]| {
        with(&format!("POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n"), body)
    };
    let chunk =
        |body: &[u8]| [format!("{:x}\r\n", body.len()).as_bytes(), body, b"\r\n0\r\n\r\n"].concat();
    let many: String = (0..1000).map(|n| format!("x-{n}: 1\r\n")).collect();
    vec![
        refused(
            "two lengths that differ",
            post(&format!("Content-Length: {length}\r\nContent-Length: 3\r\n"), question),
            &[400],
            "RFC 9112 §6.3: smuggling",
        ),
        refused(
            "a list of lengths that differ",
            post(&format!("Content-Length: {length}, 3\r\n"), question),
            &[400],
            "RFC 9112 §6.3: smuggling",
        ),
        refused(
            "a negative length",
            post("Content-Length: -1\r\n", question),
            &[400],
            "RFC 9110 §8.6",
        ),
        refused(
            "a length with a sign",
            post("Content-Length: +5\r\n", question),
            &[400],
            "RFC 9110 §8.6",
        ),
        refused(
            "a length in hexadecimal",
            post("Content-Length: 0x10\r\n", question),
            &[400],
            "RFC 9110 §8.6",
        ),
        refused(
            "a length beyond every number",
            post("Content-Length: 99999999999999999999999\r\n", question),
            &[400, 413],
            "RFC 9110 §8.6",
        ),
        refused(
            "the greatest length of 64 bits",
            post("Content-Length: 18446744073709551615\r\n", question),
            &[400, 413, 431],
            "RFC 9110 §15.5.14",
        ),
        refused(
            "a length without digits",
            post("Content-Length:\r\n", question),
            &[400],
            "RFC 9110 §8.6",
        ),
        refused(
            "chunked, and not last",
            post("Transfer-Encoding: chunked, identity\r\n", &chunk(question)),
            &[400, 501],
            "RFC 9112 §6.3: smuggling",
        ),
        refused(
            "an unknown transfer coding",
            post("Transfer-Encoding: gzip\r\n", question),
            &[400, 501],
            "RFC 9112 §6.1",
        ),
        refused(
            "a transfer coding with a disguise",
            post("Transfer-Encoding : chunked\r\n", &chunk(question)),
            &[400],
            "RFC 9112 §5.1: no space before the colon",
        ),
        refused(
            "a chunk size beyond every number",
            post("Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\n"),
            &[400],
            "RFC 9112 §7.1",
        ),
        refused(
            "a chunk size that is none",
            post("Transfer-Encoding: chunked\r\n", b"zz\r\nabc\r\n0\r\n\r\n"),
            &[400],
            "RFC 9112 §7.1",
        ),
        refused(
            "a chunk longer than said",
            post("Transfer-Encoding: chunked\r\n", b"1\r\nabcdef\r\n0\r\n\r\n"),
            &[400],
            "RFC 9112 §7.1",
        ),
        refused(
            "a chunk's extension without end",
            post("Transfer-Encoding: chunked\r\n", &with("1;", &[b'a'; 100_000])),
            &[400, 413],
            "RFC 9112 §7.1.1",
        ),
        refused(
            "trailers without end",
            post("Transfer-Encoding: chunked\r\n", &with("0\r\nx: ", &[b'a'; 200_000])),
            &[200, 400, 413],
            "RFC 9112 §7.1.2",
        ),
        refused(
            "a body that ends too early",
            post(&format!("Content-Length: {}\r\n", length + 1), question),
            &[400, 408],
            "RFC 9112 §8",
        ),
        answered(
            "a body in chunks",
            post("Transfer-Encoding: chunked\r\n", &chunk(question)),
            &[200],
            "RFC 9112 §7.1",
        ),
        answered(
            "a body in chunks beyond the limit",
            post("Transfer-Encoding: chunked\r\n", &chunk(&[0x30; 70_000])),
            &[413],
            "docs/interfaces.md §8",
        ),
        answered(
            "another content type",
            post(&format!("Content-Type: text/html\r\nContent-Length: {length}\r\n"), question),
            &[200],
            "docs/interfaces.md §8: what the octets are, the octets say",
        ),
        answered(
            "HTTP/1.0",
            with(&format!("POST / HTTP/1.0\r\nContent-Length: {length}\r\n\r\n"), question),
            &[200],
            "RFC 9112 §2.3",
        ),
        refused("HTTP/0.9", b"GET /\r\n".to_vec(), &[400], "RFC 9112 §2.3"),
        refused(
            "HTTP/3.7",
            b"GET / HTTP/3.7\r\n\r\n".to_vec(),
            &[400, 505],
            "RFC 9110 §15.6.6: no such major version",
        ),
        refused(
            "HTTP/2 at once",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            &[400, 405, 505],
            "RFC 9113 §3.4",
        ),
        refused("no HTTP at all", b"\x00\x01\x02\x03\r\n\r\n".to_vec(), &[400], "RFC 9112 §3"),
        refused(
            "TLS",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
            &[400],
            "RFC 8446 §5.1",
        ),
        refused(
            "no Host",
            b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec(),
            &[400],
            "RFC 9112 §3.2",
        ),
        refused("two Hosts", post("Host: b\r\n", &[]), &[400], "RFC 9112 §3.2"),
        refused("a header without a colon", post("nothing\r\n", &[]), &[400], "RFC 9112 §5"),
        refused("a NUL in a header", post("x: a\0b\r\n", &[]), &[400], "RFC 9110 §5.5"),
        refused("a bare carriage return", post("x: a\rb\r\n", &[]), &[400], "RFC 9112 §2.2"),
        refused("a header's name with a space", post("a b: c\r\n", &[]), &[400], "RFC 9112 §5.1"),
        refused("a folded header", post("x: a\r\n b\r\n", &[]), &[400], "RFC 9112 §5.2"),
        refused("a thousand headers", post(&many, &[]), &[431], "RFC 6585 §5"),
        refused(
            "a header of 100,000 octets",
            post(&format!("x: {}\r\n", "a".repeat(100_000)), &[]),
            &[431],
            "docs/interfaces.md §4: a head of at most 64 KiB",
        ),
        refused(
            "a URL of 100,000 octets",
            with(&format!("GET /{} HTTP/1.1\r\n\r\n", "M".repeat(100_000)), &[]),
            &[414, 431],
            "docs/interfaces.md §8",
        ),
        answered("PUT", request("PUT /", &[]), &[405], "RFC 9110 §15.5.6"),
        answered("DELETE", request("DELETE /", &[]), &[405], "RFC 9110 §15.5.6"),
        answered("TRACE", request("TRACE /", &[]), &[405], "RFC 9110 §9.3.8: echoes nothing"),
        answered("OPTIONS *", request("OPTIONS *", &[]), &[405], "RFC 9110 §9.3.7"),
        refused(
            "CONNECT",
            request("CONNECT localhost:22", &[]),
            &[400, 405],
            "RFC 9110 §9.3.6: no proxy",
        ),
        answered(
            "a method nobody knows",
            request("BREW /", &[]),
            &[405],
            "RFC 9110 §15.6.2, ours says 405",
        ),
        refused(
            "a method of 10,000 octets",
            request(&format!("{} /", "A".repeat(10_000)), &[]),
            &[400, 405],
            "RFC 9112 §3.1",
        ),
    ]
}

/// What is wrong about these answers.
fn fault(case: &Case, replies: &[Reply]) -> Option<String> {
    let fault = match replies {
        [] if case.may_be_silent => return None,
        [reply] if case.statuses.contains(&reply.status) => return None,
        [] => "no answer".to_owned(),
        [reply] => format!("{}", reply.status),
        several => format!("{} answers to one request", several.len()),
    };
    Some(format!("{}: {fault} ({})", case.what, case.source))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_as_http_is_refused_as_http_and_never_an_error_of_the_server() {
    let scene = Scene::open(Access::Open).await;
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    let question = scene.about.question(scene.serial());
    let cases = cases(&question);
    // Side by side: some end only when the server's patience does.
    let mut asking = tokio::task::JoinSet::new();
    let (ocsp, repository) = (scene.door(), scene.place.house.config.listen.repository);
    for case in cases {
        asking.spawn(async move {
            let mut faults: Vec<String> =
                fault(&case, &said(ocsp, &case.octets).await).into_iter().collect();
            // The repository has no POST; what matters is that it is no 5xx and no second answer.
            let replies = said(repository, &case.octets).await;
            if replies.len() > 1 || replies.iter().any(|r| !(400..500).contains(&r.status)) {
                faults.push(format!("{} at the repository: {replies:?}", case.what));
            }
            faults
        });
    }
    assert_eq!(asking.len(), 43);
    let faults = asking.join_all().await.concat();
    well.still(&scene.place, "hostile HTTP").await;
    the_chain_is_whole(&scene.place).await;
    assert_eq!(faults, [""; 0]);
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_request_cannot_be_smuggled_inside_of_a_first() {
    let scene = Scene::open(Access::Open).await;
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    let inner = request("POST /", &scene.about.question(scene.serial()));
    // RFC 9112 §6.1: with both, Transfer-Encoding counts and the connection is closed after it;
    // whoever relied on the length must not get what follows taken for another request.
    let both =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
    let by_chunks = [both.as_bytes(), b"0\r\n\r\n", &inner].concat();
    let answers = said(scene.door(), &by_chunks).await;
    assert!(answers.len() <= 1, "the rest was taken for another request");
    assert!(answers.iter().all(|reply| matches!(reply.status, 200 | 400)));
    // The same length twice is one length (RFC 9110 §8.6), and what follows is really another.
    let length = inner.len();
    let inside = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    let answers = said(scene.door(), &[inside.as_bytes(), &inner, &inner].concat()).await;
    let told: Vec<_> = answers.iter().map(told).collect();
    assert_eq!(told, [Malformed, Good], "a request in a body is a body");
    assert!(replies(b"").is_empty());
    well.still(&scene.place, "smuggling").await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_in_one_write_are_answered_in_their_order() {
    let scene = Scene::open(Access::Open).await;
    let ask = |octets: &[u8]| {
        let head =
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", octets.len());
        [head.as_bytes(), octets].concat()
    };
    let good = scene.about.question(scene.serial());
    let revoked = scene.about.question(scene.revoked.serial.as_bytes());
    let mut octets = Vec::new();
    let mut expected = Vec::new();
    for _ in 0..40 {
        for (question, said) in [(&good, Good), (&b"junk".to_vec(), Malformed), (&revoked, Revoked)]
        {
            octets.extend(ask(question));
            expected.push(said);
        }
    }
    octets.extend(request("POST /", &good));
    expected.push(Good);
    let answers: Vec<_> = said(scene.door(), &octets).await.iter().map(told).collect();
    assert_eq!(answers, expected);
    scene.place.close().await;
}
