//! A book at the other end of a network: its server shows who it is, or not a word is said to it.

use akashi_ledger::{Issuing, Ledger, LedgerError, Verifying};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::server::{Server, psql};

/// An authority for servers, and its certificate in PEM.
fn root() -> (Issuer<'static, KeyPair>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "a root");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    (Issuer::new(params, key), certificate.pem())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_who_it_should_be_gets_no_book() {
    let (issuer, pem) = root();
    let (_, strangers) = root();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let mut server = Server::make();
    let port = server.with_tls(&certificate.pem(), &key.serialize_pem());

    let files = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: &str| {
        let file = files.path().join(name);
        std::fs::write(&file, pem).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (known, strange) = (file("root.pem", &pem), file("strange.pem", &strangers));
    let address = |host: &str, root: &str| {
        format!("postgres://akashi@{host}:{port}/postgres?sslmode=verify-full&sslrootcert={root}")
    };

    let whole = address("localhost", &known);
    Ledger::<Issuing>::create(&whole).await.unwrap().close().await;
    let reader = Ledger::<Verifying>::open(&whole).await.unwrap();
    let plain = "DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                 WHERE backend_type = 'client backend' AND NOT ssl AND pid <> pg_backend_pid())
                 THEN RAISE 'a connection is not encrypted'; END IF; END $$";
    psql(&whole, plain);
    reader.close().await;

    // Another authority's server; a server by another name; a server without TLS.
    for other in [address("localhost", &strange), address("127.0.0.1", &known)] {
        let refused = Ledger::<Verifying>::open(&other).await.unwrap_err();
        assert!(refused.to_string().contains("certificate"), "{other}: {refused}");
    }
    let mut without = Server::make();
    let socket = without.url();
    Ledger::<Issuing>::create(&socket).await.unwrap().close().await;
    let port = without.at_a_port();
    let bare = format!(
        "postgres://akashi@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={known}"
    );
    let refused = Ledger::<Verifying>::open(&bare).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Unreachable(_)), "{refused}");
    assert!(refused.to_string().to_lowercase().contains("tls"), "{refused}");
}
