//! What comes to a door behind mutual TLS and is no link (docs/interfaces.md §4; RFC 8446).

use akashi_keys::{EcKey, LinkAuthority, Signer, Usage};
use akashi_ledger::Access;
use akashi_link::Identity;

use crate::links::Link;
use crate::ocsp::Scene;
use crate::support::tottori;
use crate::well::{Well, the_chain_is_whole};
use crate::wire::{DEADLINE, PATIENCE, request, said};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn junk_plain_http_and_strangers_open_no_link_and_harm_nobody() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let listen = place.house.config.listen.clone();
    let well = Well::now(place, &scene.good.certificate).await;
    let record = |kind: u8, body: &[u8]| {
        [&[kind, 3, 3][..], &(body.len() as u16).to_be_bytes(), body].concat()
    };
    let junk: Vec<(&str, Vec<u8>)> = vec![
        ("plain HTTP", request("POST /acts", b"{}")),
        ("nothing but zeros", vec![0; 1000]),
        ("an alert", record(21, &[2, 40])),
        ("application data at once", record(23, &[0x30; 500])),
        ("a record of 65,535", record(22, &vec![1; 65_535])),
        ("a hello of 16 MiB, begun", record(22, &[1, 0xff, 0xff, 0xff])),
        ("a hello that is none", record(22, &[1, 0, 0, 4, 3, 3, 0, 0])),
        ("a thousand empty records", record(22, &[]).repeat(1000)),
        ("change of cipher at once", record(20, &[1]).repeat(100)),
        ("SSL 2", vec![0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10]),
        ("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
    ];
    let mut asking = tokio::task::JoinSet::new();
    for (what, octets) in junk {
        for door in [listen.authority, listen.ocsp_link, listen.repository_link] {
            let octets = octets.clone();
            asking.spawn(async move {
                assert!(said(door, &octets).await.is_empty(), "{what} was answered as HTTP");
            });
        }
    }
    assert_eq!(asking.len(), 33);
    asking.join_all().await;
    well.still(place, "junk").await;

    let own_key = EcKey::generate().unwrap();
    let name = "Akashi Link Authority";
    let own = LinkAuthority::create(&EcKey::generate().unwrap(), name, place.now()).unwrap();
    let usage = Usage::Party { hosts: Vec::new() };
    let certificate =
        own.certify(own_key.public_key(), "Officer 1", &usage, jiff::Timestamp::now()).unwrap();
    let stranger =
        Identity { certificate, key: own_key.for_tls(), authority: own.certificate().to_vec() };
    let source = place.sources[&tottori()].link();
    // Its own certificate, and a key that is not of it.
    let usurper = Identity { key: own_key.for_tls(), ..source.clone() };
    let answered = tokio::task::spawn_blocking(move || {
        let ask = |who: Option<&Identity>, options: &[&str]| {
            let mut link = Link::open_with(listen.authority, who, options);
            link.write(&request("GET /authority", &[]));
            link.replies_within(DEADLINE).expect("the link ends").len()
        };
        [
            ("a source", ask(Some(&source), &[])),
            ("a source with TLS 1.2", ask(Some(&source), &["-tls1_2"])),
            ("nobody", ask(None, &[])),
            ("nobody with TLS 1.2", ask(None, &["-tls1_2"])),
            ("a stranger of the same name", ask(Some(&stranger), &[])),
            ("a usurper", ask(Some(&usurper), &[])),
            (
                "a source with TLS 1.1",
                ask(Some(&source), &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]),
            ),
            (
                "a source without forward secrecy",
                ask(Some(&source), &["-tls1_2", "-cipher", "AES128-SHA"]),
            ),
        ]
    });
    let answered = answered.await.unwrap();
    for (who, answers) in answered {
        let expected = usize::from(matches!(who, "a source" | "a source with TLS 1.2"));
        assert_eq!(answers, expected, "{who}");
    }
    well.still(place, "strangers").await;
    assert_eq!(well.refusals(place).await, 0, "who opens no link is nobody to be refused");
    the_chain_is_whole(place).await;
    scene.place.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_requests_of_an_enrolled_party_are_refused_at_the_authoritys_door() {
    let scene = Scene::open(Access::Registered).await;
    let place = &scene.place;
    let door = place.house.config.listen.authority;
    let well = Well::now(place, &scene.good.certificate).await;
    let source = place.sources[&tottori()].link();
    let chunked =
        "POST /acts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunk = [b"60000\r\n".to_vec(), vec![0x30; 0x60000], b"\r\n0\r\n\r\n".to_vec()].concat();
    let both = "POST /acts HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let cases: Vec<(&str, Vec<u8>, &[u16], &str)> = vec![
        ("another path", request("GET /admin", &[]), &[404], "docs/interfaces.md §5"),
        (
            "dots in the path",
            request("GET /authority/../acts", &[]),
            &[404],
            "docs/interfaces.md §5",
        ),
        ("another method", request("PUT /acts", &[]), &[405], "docs/interfaces.md §5"),
        (
            "an act beyond the limit",
            request("POST /acts", &vec![0x30; 256 * 1024 + 1]),
            &[413],
            "docs/interfaces.md §5",
        ),
        (
            "the same in chunks",
            [chunked.as_bytes(), &chunk].concat(),
            &[413],
            "docs/interfaces.md §5",
        ),
        (
            "an act at the limit",
            request("POST /acts", &vec![0x30; 256 * 1024]),
            &[400],
            "docs/interfaces.md §5",
        ),
        ("both lengths", both.as_bytes().to_vec(), &[400], "RFC 9112 §6.3"),
        ("an empty act", request("POST /acts", &[]), &[400], "docs/interfaces.md §5"),
        ("an empty batch", request("POST /idou", &[]), &[400], "docs/interfaces.md §6"),
        (
            "a sequence that is none",
            request("GET /idou/one", &[]),
            &[400, 404],
            "docs/interfaces.md §6",
        ),
        ("a negative sequence", request("GET /idou/-1", &[]), &[400, 404], "docs/interfaces.md §6"),
        ("the sequence zero", request("GET /idou/0", &[]), &[404], "docs/interfaces.md §6"),
        (
            "a sequence beyond 63 bits",
            request("GET /idou/9223372036854775808", &[]),
            &[400, 404],
            "docs/interfaces.md §6",
        ),
        (
            "the greatest of 64 bits",
            request("GET /idou/18446744073709551615", &[]),
            &[400, 404],
            "docs/interfaces.md §6",
        ),
        (
            "a sequence beyond 64 bits",
            request("GET /idou/18446744073709551616", &[]),
            &[400, 404],
            "docs/interfaces.md §6",
        ),
        (
            "a sequence with SQL in it",
            request("GET /idou/1%27%20OR%201=1", &[]),
            &[400, 404],
            "docs/interfaces.md §6",
        ),
    ];
    let asked = tokio::task::spawn_blocking(move || {
        let ask = |octets: &[u8]| {
            let mut link = Link::open(door, &source);
            link.write(octets);
            link.replies_within(PATIENCE * 2)
        };
        cases
            .into_iter()
            .map(|(what, octets, statuses, source)| (what, ask(&octets), statuses, source))
            .collect::<Vec<_>>()
    });
    for (what, replies, statuses, source) in asked.await.unwrap() {
        let Some(replies) = replies else { panic!("{what}: the connection is never closed") };
        // Refused before all of it was read: the line may break before the answer is there.
        if replies.is_empty() && statuses == [413] {
            continue;
        }
        assert_eq!(replies.len(), 1, "{what}");
        assert!(statuses.contains(&replies[0].status), "{what}: {} ({source})", replies[0].status);
        let told = String::from_utf8_lossy(&replies[0].body).into_owned();
        assert!(!told.contains("panicked") && !told.contains(".rs"), "{what}: {told}");
    }
    well.still(place, "wrong requests").await;
    // Two acts and a batch that are none came from a party: they are on record.
    assert_eq!(well.refusals(place).await, 4);
    the_chain_is_whole(place).await;
    scene.place.close().await;
}
