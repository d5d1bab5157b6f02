//! A document signed with the card by a program of everyday use: pyHanko, through PKCS#11.

use std::path::{Path, PathBuf};

use crate::scene::{ISSUED, MODULE, PIN, Scene};

/// The Python environment that `tests/judges/setup` makes.
pub fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("tmp is in target");
    let python = target.join("judges-venv/bin/python");
    assert!(python.exists(), "{} is missing: run tests/judges/setup", python.display());
    python
}

#[test]
fn a_pdf_signed_by_pyhanko_with_the_card_is_valid_and_names_the_certificate() {
    let scene = Scene::open();
    let _card = scene.insert();
    std::fs::write(scene.path("authority.der"), &ISSUED.authority).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reader/sign_pdf.py");
    let (python, script) = (python(), script.display().to_string());
    let arguments = [&script, MODULE, PIN, "authority.der", "signed.pdf"];
    let said = scene.run(python.to_str().unwrap(), &arguments);
    said.must_say("The signature is cryptographically sound")
        .must_say("The signature is judged VALID");
    let certificate = std::fs::read(scene.path("signed.pdf.crt")).unwrap();
    assert!(certificate == ISSUED.certificate);
}
