//! `fixtures/contoso`, a whole workspace: it builds to what is committed in `expected`, and nothing but what its files say changes
//! a byte of that. `UPDATE=1 cargo test --test workspace` rewrites `expected`; the git diff is the review.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test, helpers included"
)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{files_below, update};

type Tree = BTreeMap<String, Vec<u8>>;

fn contoso() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso")
}

/// Artifacts and manifest by their path below a folder; what payloadc keeps there for itself is hidden.
fn tree(folder: &Path) -> Tree {
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
    let files = files_below(folder).into_iter().map(|path| (name(&path), path));
    let shown = files.filter(|(name, _)| !name.split('/').any(|part| part.starts_with('.')));
    shown.map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

/// Builds a workspace with these further arguments and environment; returns what came out and what was said.
fn build(workspace: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> (Tree, String) {
    let out = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_payloadc"))
        .args(["build", ".", "--out"])
        .arg(out.path())
        .args(arguments)
        .current_dir(workspace)
        .env_remove("SOURCE_DATE_EPOCH")
        .env("NO_COLOR", "1")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    (tree(out.path()), said)
}

/// A copy of the workspace, its files created in the order of `order`.
fn copy<K: Ord>(order: impl Fn(&Path) -> K) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    let mut files: Vec<PathBuf> = files_below(&contoso());
    files.retain(|path| !path.starts_with(contoso().join("expected")) && !path.starts_with(contoso().join("dist")));
    files.sort_by_key(|path| order(path));
    for file in files {
        let path = to.path().join(file.strip_prefix(contoso()).unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(&file, path).unwrap();
    }
    to
}

fn differences(one: &Tree, other: &Tree) -> Vec<String> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names.into_iter().filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

fn assert_same(one: &Tree, other: &Tree, what: &str) {
    let differences = differences(one, other);
    assert!(differences.is_empty(), "{what}: {differences:?}");
}

#[test]
fn it_builds_without_warnings_to_what_is_committed() {
    let (built, said) = build(&contoso(), &["--deny", "warnings"], &[]);
    assert!(!said.contains("warning[") && !said.contains("error["), "{said}");
    let expected = contoso().join("expected");
    let committed = if expected.exists() { tree(&expected) } else { Tree::new() };
    if update() && built != committed {
        let _ = std::fs::remove_dir_all(&expected);
        for (name, bytes) in &built {
            let path = expected.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        return;
    }
    let differences = differences(&built, &committed);
    assert!(differences.is_empty(), "not what is committed: {differences:?} (UPDATE=1 cargo test --test workspace rewrites)");
}

#[test]
fn it_shows_every_kind_and_target_and_no_secret() {
    let (built, _) = build(&contoso(), &[], &[]);
    let manifest: serde_json::Value = serde_json::from_slice(&built["manifest.json"]).unwrap();
    let all = |key: &str| -> BTreeSet<String> {
        manifest["artifacts"].as_array().unwrap().iter().map(|artifact| artifact[key].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(all("target"), ["ios", "macos", "windows", "windows_phone"].map(ToOwned::to_owned).into());
    assert_eq!(all("role"), ["install", "profile", "recreate", "remove", "update"].map(ToOwned::to_owned).into());
    let profiles = files_below(&contoso().join("profiles"));
    let text: String = profiles.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let kinds: BTreeSet<&str> = text.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
    assert_eq!(kinds, ["email", "pkcs12_certificate", "scep_certificate", "trusted_certificate"].into());
    assert!(text.lines().filter(|line| line.starts_with("id: ")).count() >= 10);
    let servers: BTreeSet<&str> =
        manifest["servers"].as_object().unwrap().values().map(|server| server.as_str().unwrap()).collect();
    assert!(servers.len() >= 2);
    for artifact in manifest["artifacts"].as_array().unwrap() {
        assert_eq!(artifact["contains_secret"], false, "{artifact}");
        assert!(artifact["sha256"].is_string(), "{artifact}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_anywhere() {
    let (first, _) = build(&contoso(), &[], &[]);
    let runs = [
        [("RAYON_NUM_THREADS", "1"), ("TZ", "Pacific/Kiritimati"), ("LC_ALL", "C")],
        [("RAYON_NUM_THREADS", "2"), ("TZ", "America/St_Johns"), ("LC_ALL", "tr_TR.UTF-8")],
    ];
    for environment in runs {
        // Orders that the file names do not give: backwards, and by their ends.
        let backwards = copy(|path| std::cmp::Reverse(path.to_path_buf()));
        let by_end = copy(|path| path.to_str().unwrap().chars().rev().collect::<String>());
        for folder in [backwards, by_end] {
            let (again, _) = build(folder.path(), &[], &environment);
            assert_same(&first, &again, &format!("{environment:?}"));
        }
    }
}

#[test]
fn renaming_and_moving_profiles_changes_no_byte() {
    let (first, _) = build(&contoso(), &[], &[]);
    let moved = copy(Path::to_path_buf);
    let at = |path: &str| moved.path().join("profiles").join(path);
    std::fs::create_dir_all(at("a/deep/place")).unwrap();
    std::fs::rename(at("mail/corporate-mail.yaml"), at("a/deep/place/mail.yml")).unwrap();
    std::fs::rename(at("mail/warehouse-mail.yaml"), at("0.yaml")).unwrap();
    std::fs::rename(at("identities"), at("zzz")).unwrap();
    // Its paths to certificates are relative to the file: as deep as before.
    std::fs::rename(at("authorities"), at("roots")).unwrap();
    let (again, _) = build(moved.path(), &[], &[]);
    assert_same(&first, &again, "after moving");
}

#[test]
fn adding_a_profile_changes_no_other_artifact() {
    let (first, _) = build(&contoso(), &[], &[]);
    let more = copy(Path::to_path_buf);
    let profile = "kind: email\nid: another-mail\nname: Another mail\nplatforms: [ios, windows_phone]\nhost: mail.contoso.com\naccount_name: Another\n\
        user_name: { literal: another }\nemail_address: { literal: another@contoso.com }\n";
    std::fs::write(more.path().join("profiles/another.yaml"), profile).unwrap();
    let (mut again, _) = build(more.path(), &[], &[]);
    let count = again.len();
    again.retain(|name, _| !name.contains("another-mail"));
    assert!(again.len() < count, "the new profile made nothing");
    let mut before = first;
    before.remove("manifest.json");
    again.remove("manifest.json");
    assert_same(&before, &again, "after adding");
}

#[test]
fn no_clock_changes_a_byte() {
    let (first, _) = build(&contoso(), &[], &[]);
    for day in ["1999-12-31", "2026-11-21", "2051-01-01T00:00:00Z"] {
        let (again, _) = build(&contoso(), &["--at", day], &[]);
        assert_same(&first, &again, day);
    }
    for epoch in ["0", "1795219200", "4102444800"] {
        let (again, _) = build(&contoso(), &[], &[("SOURCE_DATE_EPOCH", epoch)]);
        assert_same(&first, &again, epoch);
    }
}

#[test]
fn another_environment_changes_only_the_host() {
    let (first, _) = build(&contoso(), &[], &[]);
    let (staging, _) = build(&contoso(), &["--vars", "environments/staging.yaml"], &[]);
    let changed = differences(&first, &staging);
    assert!(changed.len() > 3, "{changed:?}");
    for name in changed.iter().filter(|name| *name != "manifest.json") {
        let text = |tree: &Tree| String::from_utf8(tree[name].clone()).unwrap();
        assert_eq!(text(&first).replace("mail.contoso.com", "mail.staging.contoso.com"), text(&staging), "{name}");
    }
}
