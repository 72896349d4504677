//! Compiles the counter that every edge of an instrumented crate calls.

fn main() {
    println!("cargo::rerun-if-changed=src/edges.c");
    // libFuzzer has a function of that name too, which does nothing; the first one counts.
    println!("cargo::rustc-link-arg=-Wl,--allow-multiple-definition");
    cc::Build::new().file("src/edges.c").opt_level(2).compile("edges");
}
