//! A card behind a real PC/SC service, met by programs that are not ours.
//!
//! Each test starts a pcscd of its own with a virtual reader; a process of `akashi-demo softcard insert`
//! puts a card into it that a whole small world issued, and unmodified OpenSC, its PKCS#11 module
//! with pyHanko, and our own terminal use it. Yubico's yubikit opens the card's secure channel. `CYCLES=1000` repeats insertion and removal so often.

mod commands;
mod cycles;
mod foreign_host;
mod opensc;
mod pdf;
mod scene;
mod several;
mod terminal;
mod torn_out;

/// The world of the stories; not every part of it is used here.
#[path = "../stories/support.rs"]
#[allow(dead_code, unused_imports, unused_macros, unfulfilled_lint_expectations)]
mod support;
