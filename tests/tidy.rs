//! The house rules that no compiler checks: who may name what, how files begin, how long they are.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "a test that cannot go on fails")]

mod common;

use std::path::{Path, PathBuf};

use common::files_below;

/// A source file: its path from the root, and its text without the unit tests at its end.
struct File {
    path: String,
    text: String,
}

fn sources() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files_below(&root.join("compiler"))
        .into_iter()
        .filter(rust)
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            File { path: path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), text }
        })
        .filter(|file| !file.path.ends_with("/tests.rs"))
        .collect()
}

/// The lines of files outside `rooms` that hold one of `words`, comments left out.
fn offenders(rooms: &[&str], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| !rooms.iter().any(|room| file.path.starts_with(room))) {
        for (at, line) in file.text.lines().enumerate() {
            let code = line.trim_start();
            if !code.starts_with("//") && words.iter().any(|word| code.contains(word)) {
                found.push(format!("{}:{}: {code}", file.path, at + 1));
            }
        }
    }
    found
}

fn nobody_but(rooms: &[&str], words: &[&str]) {
    let found = offenders(rooms, words);
    assert!(found.is_empty(), "only {rooms:?} may say {words:?}:\n{}", found.join("\n"));
}

#[test]
fn only_check_makes_a_profile() {
    nobody_but(&["compiler/check/", "compiler/ir/profile.rs"], &["Profile::proven"]);
}

#[test]
fn only_deploy_takes_settings_away() {
    nobody_but(&["compiler/deploy/", "compiler/ir/profile.rs"], &[".narrowed(", ".filled("]);
}

#[test]
fn only_cli_does_io() {
    nobody_but(
        &["compiler/cli/"],
        &["std::fs", "fs::read", "std::env::var", "std::io::std", "SystemTime", "Instant::now", "println!", "eprintln!"],
    );
}

#[test]
fn one_room_knows_each_library() {
    nobody_but(&["compiler/source/"], &["granit_parser"]);
    nobody_but(&["compiler/diagnostic/render/"], &["annotate_snippets"]);
    nobody_but(
        &["compiler/targets/mobileconfig", "compiler/artifact/", "compiler/deploy/compliance/profile_list.rs"],
        &["plist::"],
    );
    nobody_but(&["compiler/artifact/"], &["jsonc_parser"]);
    nobody_but(&["compiler/check/"], &["x509_cert", "p12_keystore"]);
    nobody_but(&["compiler/cli/"], &["clap::"]);
}

/// The vendor tables have a column for each of Apple's systems; the schema loader reads them.
#[test]
fn only_targets_name_a_target() {
    let rooms = ["compiler/targets/", "compiler/catalog/", "compiler/schema/load/catalog.rs", "compiler/reference/facts/"];
    nobody_but(&rooms, &["\"ios\"", "\"macos\"", "\"windows\"", "\"windows_phone\"", "\"ios_ddm\"", "\"macos_ddm\""]);
}

#[test]
fn nothing_is_left_for_later() {
    nobody_but(&[], &["todo!(", "unimplemented!(", "dbg!(", "FIXME", "XXX", "#[ignore"]);
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = sources().into_iter().filter(|file| !file.text.starts_with("//! ")).map(|file| file.path).collect();
    assert!(silent.is_empty(), "without a first line of `//!`: {silent:?}");
}

/// Files that may be longer, each for a reason.
const LONG: [(&str, &str); 1] = [("compiler/schema/mod.rs", "the types of a kind file, half of it documentation")];

#[test]
fn files_have_one_job() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|file| !LONG.iter().any(|(path, _)| *path == file.path))
        .map(|file| (file.text.lines().count(), file.path))
        .filter(|(lines, _)| *lines > 450)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "has one room taken on two jobs? {long:?}");
}

#[test]
fn nothing_points_out_of_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = |path: &PathBuf| {
        path.extension().is_some_and(|e| ["rs", "md", "yaml", "toml", "py", "tsv", "txt"].iter().any(|t| e == *t))
    };
    for folder in ["compiler", "schemas", "docs", "tests", "fixtures", ".ci"] {
        for path in files_below(&root.join(folder)).into_iter().filter(text).filter(|path| !path.ends_with("tidy.rs")) {
            let Ok(content) = std::fs::read_to_string(&path) else { continue };
            for word in ["../shared", "/work/"] {
                assert!(!content.contains(word), "{} speaks of `{word}`", path.display());
            }
        }
    }
}
