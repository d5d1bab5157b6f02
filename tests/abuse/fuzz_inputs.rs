//! Every input that is kept for the fuzz targets, through the same functions: what was found once
//! stays found (`tests/fuzz`).

use std::path::Path;

#[path = "../fuzz/src/targets/mod.rs"]
mod targets;

fn inputs(kind: &str, target: &str) -> Vec<std::path::PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(kind).join(target);
    if dir.is_dir() { crate::support::files_under(&dir) } else { Vec::new() }
}

#[test]
fn every_kept_input_of_every_fuzz_target_is_read_as_it_promises() {
    let mut played = 0;
    for (target, run) in targets::ALL {
        let inputs = [inputs("corpus", target), inputs("regressions", target)].concat();
        assert!(!inputs.is_empty(), "{target} has no corpus");
        assert!(inputs.len() <= 100, "{target}: a corpus is small");
        for input in inputs {
            let octets = std::fs::read(&input).unwrap();
            let outcome = std::panic::catch_unwind(|| run(&octets));
            assert!(outcome.is_ok(), "{target} fails on {}", input.display());
            played += 1;
        }
    }
    assert!(played >= targets::ALL.len());
}
