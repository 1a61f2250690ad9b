//! Who gets what: random fleets against the rules as the language states them, person by person; and the outputs of `fixtures/fleet`.
//!
//! The oracle shares no code with the compiler: it is the text of the language, one user at a time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

mod common;
#[path = "bench/draw.rs"]
mod draw;
#[path = "fleet/oracle.rs"]
mod oracle;
#[path = "fleet/outputs.rs"]
mod outputs;
#[path = "fleet/places.rs"]
mod places;
#[path = "fleet/random.rs"]
mod random;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use payloadc::check::{FileProblem, Files, Overrides};
use payloadc::compile::{Input, Output, Selection, compile};
use payloadc::diagnostic::{Report, Severity};
use payloadc::source::{Source, Sources};
use serde_json::Value;

use random::{Random, World};

/// A workspace's other files.
struct InMemory(BTreeMap<String, Arc<[u8]>>);

impl Files for InMemory {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        self.0.get(path).cloned().ok_or(FileProblem::Missing)
    }

    fn list(&self, _folder: &str) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

const WORKSPACE: &str = "organization: { name: Contoso, identifier: com.contoso }\n\
    server: { ios: workspace_one, macos: workspace_one }\n\
    directory: users.csv\n";

fn run(files: &[String], users: &str, selection: Selection) -> Output {
    let root = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/authority/root.cer")).unwrap();
    let others = InMemory([("root.cer".to_owned(), root.into()), ("users.csv".to_owned(), users.as_bytes().into())].into());
    let mut sources = Sources::new();
    let workspace = Some(sources.add(Source::new("payloadc.yaml".into(), WORKSPACE.into())));
    let add = |(at, text): (usize, &String)| sources.add(Source::new(format!("{at}.yaml"), text.clone()));
    let profiles = files.iter().enumerate().map(add).collect();
    compile(Input {
        catalog: &payloadc::builtin::CATALOG,
        sources,
        workspace,
        profiles,
        files: &others,
        overrides: Overrides::default(),
        at: Some(1_795_219_200),
        selection,
        secrets: None,
        tracked: &|_| false,
        trace: false,
        previous: None,
        per_user: None,
        report: Report::new(),
    })
}

/// What a user gets, without the places, which differ from order to order.
fn explained(output: &Output, user: &str) -> Value {
    let explained = output.fleet.as_ref().unwrap().explain(user, &output.sources).unwrap();
    let mut value = serde_json::to_value(explained).unwrap();
    for profile in value["profiles"].as_array_mut().unwrap() {
        profile.as_object_mut().unwrap().remove("because");
    }
    value
}

#[test]
fn everybody_gets_what_the_language_says() {
    let mut seen = BTreeMap::new();
    for seed in 0..3_000 {
        let world = World::random(&mut Random::new(seed));
        // Artifacts are no part of the question.
        let nothing = Selection { profiles: vec!["none".into()], ..Selection::default() };
        let output = run(&world.documents(), &world.users_csv(), nothing);
        let errors: Vec<&str> = output
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity() == Severity::Error)
            .map(|diagnostic| diagnostic.message.as_str())
            .collect();
        assert!(errors.is_empty(), "seed {seed}: {errors:?}\n{}", world.documents().join("---\n"));
        for user in &world.users {
            let wanted = oracle::explain(&world, user);
            let found = explained(&output, &user.id);
            for profile in wanted["profiles"].as_array().unwrap() {
                let state = profile["state"].as_str().unwrap().to_owned();
                let key =
                    (state, profile["dropped"] != Value::Array(Vec::new()), profile["defaulted"] != Value::Array(Vec::new()));
                *seen.entry(key).or_insert(0) += 1;
            }
            assert_eq!(found, wanted, "seed {seed}, user {}\n{}", user.id, world.documents().join("---\n"));
        }
    }
    // Each outcome was met often, or the test shows nothing.
    assert!(seen.len() >= 6 && seen.values().all(|count| *count > 25), "{seen:?}");
}

/// Neither the order of files and users nor the number of threads changes who gets what.
#[test]
fn no_order_decides() {
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for seed in 0..60 {
        let world = World::random(&mut Random::new(seed));
        let (mut documents, mut other) = (world.documents(), world.clone());
        let first = run(&documents, &world.users_csv(), Selection::default());
        documents.reverse();
        other.users.reverse();
        let second = alone.install(|| run(&documents, &other.users_csv(), Selection::default()));
        for user in &world.users {
            assert_eq!(explained(&first, &user.id), explained(&second, &user.id), "seed {seed}");
        }
        let artifacts = |output: &Output| {
            output.artifacts.iter().map(|artifact| (artifact.entry.path.clone(), artifact.bytes.clone())).collect::<Vec<_>>()
        };
        assert_eq!(artifacts(&first), artifacts(&second), "seed {seed}");
        let files = |output: &Output| output.deployments.iter().map(|file| file.bytes.clone()).collect::<Vec<_>>();
        assert_eq!(files(&first), files(&second), "seed {seed}");
    }
}
