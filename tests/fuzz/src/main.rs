//! One program for all targets: `AKASHI_FUZZ_TARGET` names the one that runs, `list` prints them.
#![no_main]

mod targets;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();

fn choose() {
    let name = std::env::var("AKASHI_FUZZ_TARGET").unwrap_or_default();
    if name == "list" {
        targets::ALL.iter().for_each(|(name, _)| println!("{name}"));
        std::process::exit(0);
    }
    let Some((_, run)) = targets::ALL.iter().find(|(known, _)| *known == name) else {
        eprintln!("fuzz: AKASHI_FUZZ_TARGET names no target: {name:?}");
        std::process::exit(2);
    };
    CHOSEN.get_or_init(|| *run);
}

fuzz_target!(init: choose(), |octets: &[u8]| {
    CHOSEN.get().expect("chosen before the first input")(octets);
});
