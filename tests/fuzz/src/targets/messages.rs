//! Signed and encrypted messages: acts, batches, look-up answers (RFC 5652, RFC 5083).

use std::collections::BTreeSet;
use std::sync::LazyLock;

use akashi_keys::{Custody, Opener, Passphrase};
use akashi_wire::SignedMessage;
use akashi_wire::batch::{Batch, BatchEnvelope, is_signed_form, signed_form, without};
use akashi_wire::signed::MessageKind;

/// What verifies verifies again without what was enclosed, and says the same.
pub fn signed_message(octets: &[u8]) {
    let kinds = MessageKind::ALL.into_iter();
    let mut verified = kinds.filter_map(|kind| {
        Some((kind, SignedMessage::from_der(octets.to_vec()).verify(kind).ok()?))
    });
    let Some((kind, verified)) = verified.next() else { return };
    let kept = SignedMessage::from_der(verified.message().to_vec());
    let again = kept.verify(kind).expect("what is kept as evidence verifies");
    assert_eq!(again.content(), verified.content());
    assert_eq!(again.signer(), verified.signer());
    assert!(again.enclosure().is_none(), "what was enclosed is not kept");
    assert_eq!(again.message(), verified.message());
}

/// A key that protects nothing, in a custody of its own (`data/custody`).
static OPENER: LazyLock<Opener> = LazyLock::new(|| {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let closed = |file: &std::path::Path, mode| {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).expect("our own");
    };
    closed(dir.path(), 0o700);
    for (name, octets) in [
        ("custody.json", &include_bytes!("../../data/custody/custody.json")[..]),
        ("envelope.key", include_bytes!("../../data/custody/envelope.key")),
    ] {
        let file = dir.path().join(name);
        std::fs::write(&file, octets).expect("a file");
        closed(&file, 0o600);
    }
    let passphrase = Passphrase::new("protects nothing".into()).expect("long enough");
    Custody::open(dir.path(), &passphrase).expect("a custody").opener("envelope").expect("a key")
});

/// What opens is authenticated: a changed last octet opens no more.
pub fn sealed_message(octets: &[u8]) {
    let Ok(opened) = OPENER.open(octets) else { return };
    assert!(opened.len() < octets.len());
    let mut changed = octets.to_vec();
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    assert!(OPENER.open(&changed).is_err(), "the tag counts");
}

/// The inside of a sealed batch: the envelope, the signature, the text, the openings.
pub fn batch_envelope(octets: &[u8]) {
    let Ok(envelope) = serde_json::from_slice::<BatchEnvelope>(octets) else { return };
    let Ok(signed) = SignedMessage::from_der(envelope.signed.0).verify(MessageKind::Batch) else {
        return;
    };
    let is_it = is_signed_form(signed.content(), &envelope.text.0);
    assert_eq!(is_it, signed.content() == signed_form(&envelope.text.0));
    if !is_it {
        return;
    }
    let Ok(batch) = Batch::parse(&envelope.text.0) else { return };
    for (event, opening) in batch.events.iter().zip(&envelope.openings) {
        if let Some(code) = opening.resident.open(&event.resident) {
            assert!(code.expose().iter().all(u8::is_ascii_digit));
        }
    }
}

/// What is read is whole, and written again it is read as the same; one event can go from any text.
pub fn batch_text(octets: &[u8]) {
    let form = signed_form(octets);
    if let Some(less) = without(octets, 0) {
        assert_eq!(signed_form(&less), form);
    }
    assert_eq!(signed_form(&form), form);
    assert!(is_signed_form(&form, octets));
    let Ok(batch) = Batch::parse(octets) else { return };
    assert_eq!(batch.events.len(), batch.header.count as usize);
    assert!((1..=i64::MAX as u64).contains(&batch.header.first));
    let next = batch.header.first + u64::from(batch.header.count);
    assert!(next <= i64::MAX as u64, "the book counts on");
    let sequences: BTreeSet<u64> = batch.events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences.len(), batch.events.len(), "a sequence stands twice");
    assert!(sequences.iter().all(|sequence| i64::try_from(*sequence).is_ok()));
    assert!(batch.events.iter().all(|event| event.source == batch.header.source));
    assert_eq!(Batch::parse(&batch.to_text()), Ok(batch));
}
