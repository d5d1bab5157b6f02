//! The token, in SoftHSM: what it counts, and what it derives.
//!
//! SoftHSM reads from the environment where its tokens are, when it initialises. So each of these
//! tests runs twice: the first makes the tokens and starts the second.

mod softhsm;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use akashi_scp03::{KeySet, KeyVersion, MasterKey};
use akashi_token::{Purpose, Token, TokenError};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, KeyType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;

use softhsm::{MODULE, PIN, SoftHsm};

const LABEL: &str = "Tottori";
const WITHIN: &str = "AKASHI_TEST_WITHIN_SOFTHSM";
const CARD: &str = "0123456789ABCDEF";

fn second(test: &str, softhsm: &SoftHsm) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    command.env("SOFTHSM2_CONF", softhsm.conf()).env(WITHIN, test);
    command
}

/// Whether this is the second run; the first makes it.
fn within(test: &str) -> bool {
    if std::env::var(WITHIN).is_ok_and(|name| name == test) {
        return true;
    }
    let softhsm = SoftHsm::new();
    softhsm.token(LABEL);
    let output = second(test, &softhsm).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{told}");
    false
}

fn open() -> Result<Token, TokenError> {
    Token::open(Path::new(MODULE), LABEL, PIN)
}

/// A session of another program in this process.
fn session() -> Session {
    let module = Pkcs11::new(MODULE).unwrap();
    let _ = module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slots = module.get_slots_with_initialized_token().unwrap();
    let label =
        |slot: &&cryptoki::slot::Slot| module.get_token_info(**slot).unwrap().label() == LABEL;
    let session = module.open_rw_session(*slots.iter().find(label).unwrap()).unwrap();
    let _ = session.login(UserType::User, Some(&AuthPin::new(PIN.into())));
    session
}

fn same(one: &KeySet, other: &KeySet) -> bool {
    serde_json::to_value(one).unwrap() == serde_json::to_value(other).unwrap()
}

#[test]
fn a_known_master_key_derives_in_the_token_what_software_derives() {
    if !within("a_known_master_key_derives_in_the_token_what_software_derives") {
        return;
    }
    let token = open().unwrap();
    token.init().unwrap();
    // The key that `init` made gives way to one that is known.
    let session = session();
    let made = session.find_objects(&[Attribute::KeyType(KeyType::AES)]).unwrap();
    session.destroy_object(made[0]).unwrap();
    let known = |extractable| {
        vec![
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Label("akashi municipality master".into()),
            Attribute::Sensitive(true),
            Attribute::Extractable(extractable),
            Attribute::Sign(true),
            Attribute::Value((0..16).collect()),
        ]
    };
    let loose = session.create_object(&known(true)).unwrap();
    let refused = token.count(Purpose::Reset).map(|_| ());
    assert!(matches!(refused, Err(TokenError::Extractable(_))), "{refused:?}");
    session.destroy_object(loose).unwrap();
    session.create_object(&known(false)).unwrap();

    let derived = token.count(Purpose::Reset).unwrap().card_keys(CARD).unwrap();
    let octets: [u8; 16] = std::array::from_fn(|index| index as u8);
    let software = MasterKey::new(octets).card_keys(KeyVersion::Municipality, CARD);
    assert!(same(&derived, &software));
    let other = token.count(Purpose::Reset).unwrap().card_keys("ANOTHER CARD 123").unwrap();
    assert!(!same(&other, &software));
}

#[test]
fn the_master_key_cannot_be_read_and_nothing_is_overwritten() {
    if !within("the_master_key_cannot_be_read_and_nothing_is_overwritten") {
        return;
    }
    let token = open().unwrap();
    let empty = token.count(Purpose::Reset).map(|_| ()).unwrap_err();
    assert!(empty.to_string().contains("akashi token init"), "{empty}");
    token.init().unwrap();
    let first = token.count(Purpose::Make).unwrap().card_keys(CARD).unwrap();
    let again = token.init().unwrap_err();
    assert!(matches!(again, TokenError::Exists { .. }), "{again}");
    assert!(same(&first, &token.count(Purpose::Make).unwrap().card_keys(CARD).unwrap()));
    let session = session();
    let keys = session.find_objects(&[Attribute::KeyType(KeyType::AES)]).unwrap();
    let value = session.get_attributes(keys[0], &[cryptoki::object::AttributeType::Value]).unwrap();
    assert!(value.is_empty(), "{value:?}");
}

#[test]
fn each_use_is_counted_across_sessions_and_cards_made_apart_from_resets() {
    if !within("each_use_is_counted_across_sessions_and_cards_made_apart_from_resets") {
        return;
    }
    let token = open().unwrap();
    token.init().unwrap();
    assert_eq!(token.uses(Purpose::Reset).unwrap(), 0);
    assert_eq!(token.count(Purpose::Reset).unwrap().number(), 1);
    // Counted is counted, whether keys are derived or not.
    let _unused = token.count(Purpose::Reset).unwrap();
    let another = open().unwrap();
    assert_eq!(another.count(Purpose::Reset).unwrap().number(), 3);
    assert_eq!(token.count(Purpose::Make).unwrap().number(), 1);
    assert_eq!(token.count(Purpose::Reset).unwrap().number(), 4);
    assert_eq!(token.serial(), another.serial());
    // Power was cut between the new count and the end of the one before: the higher one counts.
    let session = session();
    let count = |value: u64| {
        let mut template = counts();
        template.push(Attribute::Private(true));
        template.push(Attribute::Value(value.to_be_bytes().to_vec()));
        template
    };
    session.create_object(&count(3)).unwrap();
    assert_eq!(token.count(Purpose::Reset).unwrap().number(), 5);
    assert_eq!(session.find_objects(&counts()).unwrap().len(), 1);
    drop((token, another));
    assert_eq!(open().unwrap().uses(Purpose::Reset).unwrap(), 5);
}

/// How the count of uses is found.
fn counts() -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::DATA),
        Attribute::Token(true),
        Attribute::Application(b"akashi".to_vec()),
        Attribute::Label("akashi municipality uses".into()),
    ]
}

/// Uses of each of two programs.
const USES: usize = 40;

#[test]
fn two_programs_at_once_never_share_a_count() {
    let test = "two_programs_at_once_never_share_a_count";
    if std::env::var(WITHIN).is_ok_and(|name| name == test) {
        // Both have the token open before either counts.
        let token = open().unwrap();
        println!("ready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        for _ in 0..USES {
            let counted = token.count(Purpose::Reset).unwrap();
            println!("use {}", counted.number());
            let _ = counted.card_keys(CARD).unwrap();
        }
        return;
    }
    let softhsm = SoftHsm::new();
    softhsm.token(LABEL);
    let prepared = second("prepares_a_token", &softhsm).output().unwrap();
    assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stdout));
    let mut programs: Vec<_> = (0..2)
        .map(|_| {
            let mut command = second(test, &softhsm);
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut program = command.spawn().unwrap();
            let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
            assert!(lines.by_ref().any(|line| line.unwrap().ends_with("ready")));
            (program, lines)
        })
        .collect();
    for (program, _) in &mut programs {
        program.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    let mut counts = BTreeSet::new();
    for (mut program, lines) in programs {
        for line in lines {
            if let Some(count) = line.unwrap().strip_prefix("use ") {
                assert!(counts.insert(count.parse::<usize>().unwrap()), "{count} twice");
            }
        }
        assert!(program.wait().unwrap().success());
    }
    assert_eq!(counts, (1..=2 * USES).collect());
}

/// Not a test of its own: what another needs in a process before its own.
#[test]
fn prepares_a_token() {
    if std::env::var(WITHIN).is_ok_and(|name| name == "prepares_a_token") {
        open().unwrap().init().unwrap();
    }
}

#[test]
fn a_token_that_computes_no_cmac_is_told_apart() {
    let test = "a_token_that_computes_no_cmac_is_told_apart";
    if std::env::var(WITHIN).is_ok_and(|name| name == test) {
        let told = open().map(|_| ()).unwrap_err();
        assert!(matches!(told, TokenError::NoMechanism(_)), "{told}");
        return;
    }
    let softhsm = SoftHsm::new();
    softhsm.token(LABEL);
    softhsm.know_only("CKM_AES_KEY_GEN");
    let output = second(test, &softhsm).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    if !within("what_is_wrong_is_told_with_what_to_do") {
        return;
    }
    let told = |module: &str, label: &str, pin: &str| {
        Token::open(Path::new(module), label, pin).map(|_| ()).unwrap_err().to_string()
    };
    assert!(told("/nowhere/module.so", LABEL, PIN).contains("came with the token"));
    assert!(told("/etc/passwd", LABEL, PIN).contains("no PKCS#11 module"));
    let unknown = told(MODULE, "Yonago", PIN);
    assert!(unknown.contains("“Yonago”") && unknown.contains("“Tottori”"), "{unknown}");
    assert!(told(MODULE, LABEL, "00000000").contains("PIN of the token “Tottori” is wrong"));
    assert!(told(MODULE, LABEL, "1").contains("is wrong"));
}

#[test]
fn a_module_that_does_not_start_is_told_apart_from_one_that_is_not_there() {
    let test = "a_module_that_does_not_start_is_told_apart_from_one_that_is_not_there";
    if std::env::var(WITHIN).is_ok_and(|name| name == test) {
        let told = open().err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told.contains("does not start") && told.contains("SOFTHSM2_CONF"), "{told}");
        let nothing = Token::open(Path::new("/nowhere.so"), LABEL, PIN).err();
        assert!(matches!(nothing, Some(TokenError::NoModule { .. })), "{nothing:?}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let conf = dir.path().join("softhsm2.conf");
    std::fs::write(&conf, "directories.tokendir = /nowhere/at/all\n").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env(WITHIN, test);
    let output = command.env("SOFTHSM2_CONF", &conf).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
