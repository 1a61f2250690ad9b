//! How fast existing profiles are linted: `cargo bench --bench lint`. Numbers are recorded in `docs/benchmarks.md`; nothing asserts a time.
//!
//! `PROFILES_INTO=FOLDER` writes the profiles there, to time the program itself.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark is no library"
)]

mod artifacts;
mod draw;

use std::time::Duration;

use artifacts::PROFILES;
use criterion::{BatchSize, Criterion};
use payloadc::artifact::sort;
use payloadc::builtin::CATALOG;
use payloadc::diagnostic::{Report, Severity};
use payloadc::lint::{File, Output, lint};

/// The cores of the machine the goal is set for.
const THREADS: usize = 2;

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(THREADS).build_global().unwrap();
    let profiles = artifacts::drawn();
    if let Some(folder) = std::env::var_os("PROFILES_INTO") {
        std::fs::create_dir_all(std::path::Path::new(&folder).join("profiles")).unwrap();
        for (path, bytes) in &profiles {
            std::fs::write(std::path::Path::new(&folder).join(path), bytes).unwrap();
        }
    }
    let bytes: usize = profiles.iter().map(|(_, bytes)| bytes.len()).sum();
    let output = run(profiles.clone());
    // A run that found an error would measure nothing.
    let error = output.diagnostics.iter().find(|found| found.severity() == Severity::Error);
    assert!(error.is_none() && output.artifacts == PROFILES, "{error:?}");
    println!("{PROFILES} profiles of {} KiB, {} diagnostics", bytes / 1024, output.diagnostics.len());
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("lint");
    group.sample_size(20).measurement_time(Duration::from_secs(8));
    group.bench_function("600 profiles", |bench| bench.iter_batched(|| profiles.clone(), run, BatchSize::PerIteration));
    group.finish();
    criterion.final_summary();
}

fn run(profiles: Vec<(String, Vec<u8>)>) -> Output {
    let file = |(path, bytes)| File { path, content: sort(bytes), named: true };
    lint(profiles.into_iter().map(file).collect(), &CATALOG, Report::new())
}
