//! Requests to the repository that ask for what is not there, or in a strange way
//! (docs/interfaces.md §9; RFC 9110).

use akashi_ledger::{Access, Scope};

use crate::ocsp::Scene;
use crate::well::{Well, the_chain_is_whole};
use crate::wire::{one, request, said};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_repository_gives_lists_and_nothing_else_of_its_directory() {
    let scene = Scene::open(Access::Open).await;
    let door = scene.place.house.config.listen.repository;
    scene.place.pass(jiff::Span::new().hours(13));
    scene.place.listed(Scope::Complete).await.unwrap();
    let well = Well::now(&scene.place, &scene.good.certificate).await;
    let long = format!("/crl/1/{}.crl", "a".repeat(20_000));
    let cases = [
        ("/", 404),
        ("/crl", 404),
        ("/crl/", 404),
        ("/crl/1/nothing.crl", 404),
        ("/crl/1/complete", 404),
        ("/crl/1/complete.CRL", 404),
        ("/crl/1/complete.crl.tmp", 404),
        ("/crl/1/complete.crl/", 404),
        ("/crl/1/131041.crl", 404),
        ("/crl/../akashi.toml", 404),
        ("/crl/..%2fakashi.toml", 404),
        ("/crl/%2e%2e/book.sqlite", 404),
        ("/crl/%2e%2e%2f%2e%2e%2fakashi.toml", 404),
        ("/crl/..%5cbook.sqlite", 404),
        ("/crl/1/complete.crl%00", 404),
        ("/crl/1/complete.crl%0a", 404),
        ("/crl/%ff%fe.crl", 400),
        ("/crl/%zz.crl", 404),
        ("/crl/1/complete/0.crl", 404),
        ("/crl/1/complete/-1.crl", 404),
        ("/crl/1/complete/+1.crl", 404),
        ("/crl/1/complete/1e9.crl", 404),
        ("/crl/1/complete/9223372036854775807.crl", 404),
        ("/crl/1/complete/9223372036854775808.crl", 404),
        ("/crl/1/complete/99999999999999999999999.crl", 404),
        ("/crl/1/complete/..%2f312011.crl", 404),
        ("/crl//etc/passwd", 404),
        ("//crl/complete.crl", 404),
        ("/book.sqlite", 404),
        ("/keys/ca.key", 404),
        (&long, 404),
        ("/crl/1/complete.crl?purpose=a&purpose=b", 400),
    ];
    for (path, status) in cases {
        let reply = one(door, &format!("GET {path}"), &[]).await;
        let found = reply.status;
        // A path or a query that is no UTF-8 may be refused or simply name nothing.
        assert!(found == status || (status == 400 && found == 404), "{path}: {found}");
        assert!(!reply.body.starts_with(b"SQLite") && !reply.body.starts_with(&[0x30]), "{path}");
    }
    let whole = one(door, "GET /crl/1/complete.crl", &[]).await;
    assert_eq!(whole.status, 200);
    for (header, status) in [
        ("If-None-Match: junk", 200),
        ("If-None-Match: \"", 200),
        ("If-None-Match: *", 304),
        ("If-Modified-Since: yesterday", 200),
        ("If-Modified-Since: Thu, 99 Feb 9999 99:99:99 GMT", 200),
        ("Range: bytes=0-0", 200),
        ("Range: bytes=9999999999-", 200),
        ("Accept: text/html", 200),
        ("Content-Length: 5", 200),
    ] {
        let head = format!(
            "GET /crl/1/complete.crl HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{header}\r\n\r\n"
        );
        let replies = said(door, head.as_bytes()).await;
        let found = replies.first().map(|reply| reply.status);
        assert_eq!(found, Some(status), "{header}");
        assert!(status == 304 || replies[0].body == whole.body, "{header}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let reply = said(door, &request(&format!("{method} /crl/1/complete.crl"), &[])).await;
        assert_eq!(reply[0].status, 405, "{method}");
    }
    well.still(&scene.place, "a strange request for a list").await;
    the_chain_is_whole(&scene.place).await;
    scene.place.close().await;
}
