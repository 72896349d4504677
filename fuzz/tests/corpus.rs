//! Every input that is kept, once.

use std::path::Path;

use setpoint_fuzz::TARGETS;

#[test]
fn the_corpus_is_read_without_a_complaint() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let inputs: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(!inputs.is_empty(), "nothing is kept for {name}");
        for input in inputs {
            let bytes = std::fs::read(&input).unwrap();
            let read = std::panic::catch_unwind(|| target(&bytes));
            assert!(read.is_ok(), "by {}", input.display());
        }
    }
}
