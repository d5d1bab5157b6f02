//! A holder at a terminal, who types PINs. The terminal is made by script(1) of util-linux.

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::Duration;

use crate::scene::{Home, PIN, Said, pin};

/// Runs `akashi card change-pin` at a terminal and types these lines, each at a prompt.
fn typed(home: &Home, lines: &[&str]) -> Said {
    let program = akashi_town::program("akashi-demo");
    let command = format!("{program} card change-pin --file my.card");
    let arguments = ["60", "script", "--quiet", "--return", "--command", &command, "/dev/null"];
    let mut script = home
        .command("timeout", &arguments)
        .env_remove("AKASHI_PIN")
        .env_remove("AKASHI_NEW_PIN")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = script.stdin.take().unwrap();
    let mut screen = script.stdout.take().unwrap();
    let mut shown = Vec::new();
    for line in lines {
        let mut octet = [0];
        let asks = [&b"PIN: "[..], b"digits): ", b"more: "];
        while !asks.iter().any(|ask| shown.ends_with(ask)) {
            assert_eq!(screen.read(&mut octet).unwrap(), 1, "{}", String::from_utf8_lossy(&shown));
            shown.extend(octet);
        }
        // The prompt stands before the echo is off; nobody types that fast.
        std::thread::sleep(Duration::from_millis(500));
        writeln!(keyboard, "{line}").unwrap();
        while shown.ends_with(b": ") {
            screen.read_exact(&mut octet).unwrap();
            shown.extend(octet);
        }
    }
    screen.read_to_end(&mut shown).unwrap();
    let code = script.wait().unwrap().code().unwrap();
    Said { code, out: String::from_utf8(shown).unwrap(), err: String::new() }
}

#[test]
fn at_a_terminal_the_new_pin_is_typed_twice_and_never_shown() {
    let home = Home::with_card();
    let said = typed(&home, &[PIN, "HANAMI27", "HANAMI28"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("are not the same"), "{said:?}");
    home.card().verify_pin(&pin(PIN)).unwrap();

    let said = typed(&home, &[PIN, "HANAMI27", "HANAMI27"]);
    assert_eq!(said.code, 0, "{said:?}");
    for words in ["5 tries are left", "signing PIN: ", "new signing PIN once more: ", "is changed"]
    {
        assert!(said.out.contains(words), "{words}: {said:?}");
    }
    assert!(!said.out.contains("HANAMI27") && !said.out.contains(PIN), "{said:?}");
    home.card().verify_pin(&pin("HANAMI27")).unwrap();
}
