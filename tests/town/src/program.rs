//! Programs of ours, where the build of the tests left them.

/// The program with this name, built beside the test that asks. `akashi-demo` does what `akashi`
/// does, and takes cards in files as well.
///
/// # Panics
/// When it is missing; the message says how it is built.
pub fn program(name: &str) -> String {
    let own = std::env::current_exe().expect("a test runs from a file");
    let beside = own.ancestors().nth(2).map(|dir| dir.join(name)).unwrap_or_default();
    assert!(
        beside.exists(),
        "{} is missing: cargo build --workspace --bins --locked makes it",
        beside.display()
    );
    beside.to_str().expect("UTF-8").to_owned()
}
