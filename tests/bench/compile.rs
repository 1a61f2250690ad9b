//! How fast profiles become artifacts: `cargo bench`. Numbers are recorded in `docs/benchmarks.md`; nothing asserts a time.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark is no library"
)]

mod draw;
mod profiles;

use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion};
use payloadc::compile::{Output, compile};
use payloadc::diagnostic::Severity;
use profiles::{PROFILES, Workspace};

/// The cores of the machine the goal is set for.
const THREADS: usize = 2;
/// Runs whose wall time is printed one by one.
const RUNS: usize = 7;

fn main() {
    rayon::ThreadPoolBuilder::new().num_threads(THREADS).build_global().unwrap();
    let many = Workspace::drawn();
    let single = Workspace::single();
    one_by_one(&many);
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10).measurement_time(Duration::from_secs(12));
    group.bench_function("10000 profiles", |bench| bench.iter_batched(|| many.input(), compile, BatchSize::PerIteration));
    group.sample_size(50).measurement_time(Duration::from_secs(5));
    group.bench_function("single", |bench| bench.iter_batched(|| single.input(), compile, BatchSize::SmallInput));
    group.finish();
    criterion.final_summary();
}

/// The wall time of single runs, and what they gave: a run that found an error would measure nothing.
fn one_by_one(workspace: &Workspace) {
    for run in 1..=RUNS {
        let input = workspace.input();
        let start = Instant::now();
        let output = compile(input);
        let wall = start.elapsed();
        sound(&output);
        let bytes: usize = output.artifacts.iter().map(|artifact| artifact.bytes.len()).sum();
        println!(
            "run {run}: {} ms wall, {} threads, {} KiB of YAML, {} artifacts of {} KiB, {} diagnostics",
            wall.as_millis(),
            THREADS,
            workspace.bytes() / 1024,
            output.artifacts.len(),
            bytes / 1024,
            output.diagnostics.len()
        );
    }
}

fn sound(output: &Output) {
    if let Some(error) = output.diagnostics.iter().find(|diagnostic| diagnostic.severity() == Severity::Error) {
        panic!(
            "{}: {}\n{}",
            error.code.name(),
            error.message,
            output.sources.get(error.primary.span.source).map_or("", |source| &source.text)
        );
    }
    assert_eq!(output.profiles.len(), PROFILES);
    assert!(output.broken.is_empty());
}
