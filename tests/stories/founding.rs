//! What is fixed when an authority is made stands in certificates for ever: it is looked at before anything is made.

use std::process::{Command, Output, Stdio};

fn init(dir: &std::path::Path, more: &[&str]) -> Output {
    let mut arguments = vec!["init", "--prefecture", "310000", "--key-bits", "2048"];
    if !more.contains(&"--registry-url") {
        arguments.extend(["--registry-url", "https://127.0.0.1:9"]);
    }
    Command::new(env!("CARGO_BIN_EXE_akashi"))
        .args(arguments)
        .args(more)
        .arg("--dir")
        .arg(dir)
        .env_clear()
        .env("AKASHI_PASSPHRASE", "a passphrase for stories")
        .env("AKASHI_TOKEN_PASSWORD", "a token password")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn what_would_stand_in_certificates_for_ever_and_is_unfit_makes_no_authority() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("ca");
    let long = "あ".repeat(65);
    for (option, value) in [
        ("--public-host", "http://ca.example.jp"),
        ("--public-host", "ca.example.jp/pki"),
        ("--public-host", "ca.example.jp:80"),
        ("--public-host", "ca example"),
        ("--public-host", ""),
        ("--public-host", "user@ca.example.jp"),
        ("--public-host", "ca.example.jp\n"),
        ("--public-host", "0.0.0.0"),
        ("--host", "224.0.0.1"),
        ("--host", "::"),
        ("--organisation", ""),
        ("--organisation", " "),
        ("--organisation", "A "),
        ("--organisation", "A\nB"),
        ("--organisation", "A\tB"),
        ("--organisation", &long),
        ("--security-officer", ""),
        ("--prefecture", "312011"),
        ("--registry-url", "http://registry.example.jp"),
        ("--registry-url", "registry.example.jp"),
        ("--registry-url", "https://registry.example.jp/lookup"),
        ("--registry-url", ""),
    ] {
        let made = init(&dir, &[option, value]);
        let told = String::from_utf8(made.stderr).unwrap();
        let code = made.status.code();
        assert!(code == Some(1) || code == Some(2), "{option} {value:?}: {told}");
        assert!(!told.contains("panicked"), "{told}");
        assert!(!dir.exists(), "{option} {value:?}");
        let left = home.path().read_dir().unwrap().count();
        assert_eq!(left, 0, "{option} {value:?}: nothing is left");
    }
}

#[test]
fn a_loopback_address_is_told_before_and_others_stand_in_certificates_as_they_must() {
    let home = tempfile::tempdir().unwrap();
    for (name, more, warned, host) in [
        ("a", &[][..], true, "127.0.0.1"),
        ("b", &["--public-host", "CA.example.jp"][..], false, "ca.example.jp"),
        ("c", &["--public-host", "2001:db8::1"][..], false, "[2001:db8::1]"),
        ("d", &["--public-host", "localhost"][..], true, "localhost"),
    ] {
        let made = init(&home.path().join(name), more);
        let (told, printed) =
            (String::from_utf8(made.stderr).unwrap(), String::from_utf8(made.stdout).unwrap());
        assert!(made.status.success(), "{told}");
        assert_eq!(told.contains("for ever"), warned, "{name}: {told}");
        let ocsp = printed.lines().find_map(|line| line.strip_prefix("ocsp ")).unwrap().trim();
        assert!(ocsp.starts_with(&format!("http://{host}:")) && ocsp.ends_with("/1"), "{ocsp}");
    }
}
