//! `check` says exactly what `build` says, but for secrets.

use std::path::{Path, PathBuf};

use super::workspace::payloadc;

/// Every folder of fixtures with a workspace or an input of its own.
fn inputs() -> Vec<PathBuf> {
    let mut inputs = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "input.yaml")
                || (path.ends_with("payloadc.yaml") && !path.ends_with("fixtures/payloadc.yaml"))
            {
                inputs.push(path);
            }
        }
    }
    inputs.sort();
    inputs
}

#[test]
fn check_says_what_build_says() {
    let inputs = inputs();
    assert!(inputs.len() > 100);
    let mut said = 0;
    // One of several is enough of the fields, which differ in values alone; all of what has diagnostics.
    let chosen =
        inputs.iter().enumerate().filter(|(at, path)| at % 4 == 0 || !path.to_string_lossy().contains("fixtures/fields/"));
    for (_, input) in chosen {
        let out = tempfile::tempdir().unwrap();
        let arguments =
            [input.to_str().unwrap(), "--format", "json", "--at", "2026-11-21", "--out", out.path().to_str().unwrap()];
        let lines = |command: &str| -> Vec<String> {
            let run = payloadc(&[&[command], &arguments[..]].concat());
            assert!(run.code < 2, "{}: {}", input.display(), run.stderr);
            run.stdout.lines().map(str::to_owned).collect()
        };
        let (mut check, mut build) = (lines("check"), lines("build"));
        let said_of = |code: &str, line: &String| line.contains(&format!("\"code\":\"{code}\""));
        // Only a build has secrets; where one is missing it makes no artifact, and says nothing of what would stand in it.
        if build.iter().any(|line| said_of("E0503", line)) {
            check.retain(|line| !said_of("N0702", line));
            build.retain(|line| !said_of("N0702", line));
        }
        build.retain(|line| !said_of("E0503", line) && !said_of("E0310", line));
        check.retain(|line| !said_of("E0310", line));
        assert_eq!(check, build, "{}", input.display());
        said += check.len();
    }
    assert!(said > 10, "only {said} diagnostics were compared");
}
