//! Every field, with every value of every choice, on every target: `fixtures/fields/<kind>/<field>/<value>/input.yaml` and beside
//! it the artifacts that come out. `UPDATE=1 cargo test --test artifacts` rewrites them; the git diff is the review.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "a test that cannot go on fails")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{files_below, payloadc, update};

#[test]
fn each_field_builds_to_the_artifacts_beside_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fields");
    let inputs: Vec<PathBuf> = files_below(&root).into_iter().filter(|path| path.ends_with("input.yaml")).collect();
    assert!(inputs.len() > 150, "only {} inputs", inputs.len());
    let mut wrong = Vec::new();
    for input in &inputs {
        wrong.extend(judge(input));
    }
    assert!(wrong.is_empty(), "{}\n(UPDATE=1 cargo test --test artifacts rewrites)", wrong.join("\n"));
}

/// Builds one input and compares the artifacts of its first profile.
fn judge(input: &Path) -> Vec<String> {
    let folder = input.parent().unwrap();
    let out = tempfile::tempdir().unwrap();
    let run = payloadc(&["build", input.to_str().unwrap(), "--at", "2026-11-21", "--out", out.path().to_str().unwrap()]);
    if run.code != 0 {
        return vec![format!("{}: exit {}\n{}", input.display(), run.code, run.stderr)];
    }
    let text = std::fs::read_to_string(input).unwrap();
    let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().trim();
    let built = artifacts_of(id, out.path());
    let committed: BTreeMap<String, Vec<u8>> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| !matches!(entry.file_name().to_str(), Some("input.yaml" | "payloadc.yaml")))
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    if built == committed {
        return Vec::new();
    }
    if update() {
        for name in committed.keys() {
            std::fs::remove_file(folder.join(name)).unwrap();
        }
        for (name, bytes) in &built {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        return Vec::new();
    }
    let names = |map: &BTreeMap<String, Vec<u8>>| map.keys().cloned().collect::<Vec<_>>().join(" ");
    vec![format!("{}: built {}, committed {}", folder.display(), names(&built), names(&committed))]
}

/// What sets something up: `<target>.mobileconfig`, `<target>.<label>.json`, `<target>.install.xml`, `<target>.device.install.xml`; of the last also
/// `.remove.xml`.
fn artifacts_of(id: &str, out: &Path) -> BTreeMap<String, Vec<u8>> {
    let wanted = |path: &Path| {
        let target = path.parent()?.file_name()?.to_str()?;
        let suffix = path.file_name()?.to_str()?.strip_prefix(id)?.strip_prefix('.')?;
        // Of nodes, what takes them away is a part of the profile's meaning.
        let wanted = matches!(suffix, "mobileconfig" | "install.xml")
            || suffix.ends_with(".json")
            || suffix.ends_with(".install.xml")
            || suffix.ends_with(".remove.xml");
        wanted.then(|| format!("{target}.{suffix}"))
    };
    files_below(out).into_iter().filter_map(|path| Some((wanted(&path)?, std::fs::read(&path).unwrap()))).collect()
}
