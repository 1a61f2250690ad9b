//! What is refused, and how it is said: `fixtures/errors/CODE-slug/` is a workspace with `report.txt`, the report of
//! `payloadc check . --at 2026-11-21`, or of the arguments in `command.txt` where only a build can know. Further refusals of one code are
//! `CODE-slug-2-words`. `UPDATE=1 cargo test --test diagnostics` rewrites reports; the git diff is the review.
//!
//! Input that would be too large to commit, and every block of `docs/errors`, are tried here too.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Run, files_below, payloadc_in, update};
use payloadc::diagnostic::{CODES, Code, Severity};
use serde_json::Value;

const DAY: [&str; 2] = ["--at", "2026-11-21"];

/// Codes that no input brings about, and why.
const WITHOUT_A_FIXTURE: [(Code, &str); 1] = [(Code::E0001, "a fault of payloadc itself; one that is known is repaired")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/errors")
}

fn fixtures() -> Vec<String> {
    let folders = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn code_of(fixture: &str) -> Code {
    Code::find(&fixture[..5]).unwrap_or_else(|| panic!("{fixture}: no such code"))
}

/// All fixtures in a folder of their own: some have links to others. A repository cannot hold another's `.git`, so E0504 gets it here.
fn copies() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&root(), folder.path());
    for name in fixtures().iter().filter(|name| name.starts_with("E0504")) {
        fs::create_dir(folder.path().join(name).join(".git")).unwrap();
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else if kind.is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Runs a fixture as its `command.txt` says, with further arguments.
fn run(folder: &Path, more: &[&str]) -> Run {
    let command = fs::read_to_string(folder.join("command.txt")).unwrap_or_else(|_| format!("check . {}", DAY.join(" ")));
    let arguments: Vec<&str> = command.split_whitespace().chain(more.iter().copied()).collect();
    payloadc_in(folder, &arguments)
}

/// Whether a fixture is one of existing artifacts, which have no workspace and are not checked but linted.
fn is_linted(folder: &Path) -> bool {
    fs::read_to_string(folder.join("command.txt")).is_ok_and(|command| command.starts_with("lint "))
}

fn check(folder: &Path, more: &[&str]) -> Run {
    if is_linted(folder) {
        return run(folder, more);
    }
    payloadc_in(folder, &[&["check", "."], &DAY[..], more].concat())
}

/// The JSON lines of a check.
fn diagnostics(folder: &Path) -> Vec<Value> {
    check(folder, &["--format", "json"]).stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_report_is_as_committed() {
    let copies = copies();
    let mut wrong = String::new();
    for name in fixtures() {
        let found = run(&copies.path().join(&name), &[]);
        let committed = fs::read_to_string(root().join(&name).join("report.txt")).unwrap_or_default();
        if update() {
            fs::write(root().join(&name).join("report.txt"), &found.stderr).unwrap();
        } else if found.stderr != committed {
            let _ = writeln!(wrong, "{name}: another report (UPDATE=1 cargo test --test diagnostics rewrites)\n{}", found.stderr);
        }
        let code = code_of(&name);
        if !found.stderr.contains(&format!("{}[{}]", code.severity().name(), code.name())) {
            let _ = writeln!(wrong, "{name}: the code does not occur");
        }
        let errors = found.stderr.lines().any(|line| line.starts_with("error["));
        if found.code != i32::from(errors) {
            let _ = writeln!(wrong, "{name}: exit status {}", found.code);
        }
        if code.severity() != Severity::Error && errors {
            let _ = writeln!(wrong, "{name}: shows a {} and has errors", code.severity().name());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_code_has_a_page_and_a_fixture() {
    let fixtures = fixtures();
    for code in CODES {
        assert!(code.page().starts_with(&format!("# {}: ", code.name())), "docs/errors/{}.md has no title line", code.name());
        let wanted = format!("{}-{}", code.name(), code.slug());
        let exempt = WITHOUT_A_FIXTURE.iter().any(|(known, _)| known == code);
        assert_eq!(fixtures.contains(&wanted), !exempt, "fixtures/errors/{wanted}");
    }
    for name in &fixtures {
        let code = code_of(name);
        let plain = format!("{}-{}", code.name(), code.slug());
        let rest = name.strip_prefix(&plain).unwrap_or_else(|| panic!("{name} should begin with {plain}"));
        let numbered =
            rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('-'));
        assert!(rest.is_empty() || numbered, "{name}: a further fixture is called {plain}-2-WORDS");
    }
    let pages = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors"));
    for page in pages {
        let name = page.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(Code::find(&name).is_some(), "docs/errors/{name}.md is about no code");
    }
}

/// The comments of a file, in order.
fn comments(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| if line.starts_with('#') { Some(line) } else { line.find(" #").map(|at| line[at..].trim()) })
        .collect()
}

fn texts(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let regular = |path: &PathBuf| fs::symlink_metadata(path).unwrap().is_file();
    files_below(folder).into_iter().filter(regular).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Applies the fixes of every fixture: comments stay, no fix is left, and where all that was wrong could be fixed the workspace compiles.
/// `fixed-clean.txt` lists the fixtures that have no error afterwards.
#[test]
fn fixes_are_right_and_touch_nothing_else() {
    let copies = copies();
    let (mut clean, mut wrong) = (String::new(), String::new());
    for name in fixtures() {
        let folder = copies.path().join(&name);
        if is_linted(&folder) {
            continue;
        }
        let before = diagnostics(&folder);
        let files = texts(&folder);
        let fixable = before.iter().any(|diagnostic| !diagnostic["fix"].is_null());
        let run = check(&folder, &["--fix"]);
        let after = diagnostics(&folder);
        let left: Vec<&Value> = after.iter().filter(|diagnostic| !diagnostic["fix"].is_null()).collect();
        assert!(left.is_empty(), "{name}: fixes are left: {left:?}");
        for (path, old) in &files {
            let new = fs::read(path).unwrap();
            if *old == new {
                continue;
            }
            assert!(fixable, "{name}: {} changed without a fix", path.display());
            let (old, new) = (std::str::from_utf8(old).unwrap(), std::str::from_utf8(&new).unwrap());
            assert_eq!(comments(old), comments(new), "{name}: a comment was lost");
        }
        assert_eq!(files.len(), texts(&folder).len(), "{name}: files came or went");
        let errors = |found: &[Value]| found.iter().filter(|diagnostic| diagnostic["severity"] == "error").count();
        let hopeless = before.iter().any(|diagnostic| diagnostic["severity"] == "error" && diagnostic["fix"].is_null());
        if fixable && errors(&after) == 0 {
            assert_eq!(run.code, 0, "{name}: {}", run.stderr);
            clean.push_str(&name);
            clean.push('\n');
        } else {
            let expected = !fixable || hopeless;
            if !expected {
                let _ = writeln!(wrong, "{name}: all errors had a fix, and these are left:\n{}", run.stderr);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let list = root().join("fixed-clean.txt");
    if update() {
        fs::write(&list, &clean).unwrap();
    }
    assert_eq!(clean, fs::read_to_string(list).unwrap(), "fixed-clean.txt (UPDATE=1 cargo test --test diagnostics rewrites)");
}

#[test]
fn json_lines_fit_their_schema_and_sarif_has_its_shape() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/editor/diagnostic.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let copies = copies();
    for name in fixtures() {
        let folder = copies.path().join(&name);
        let lines = diagnostics(&folder);
        for line in &lines {
            assert!(
                validator.is_valid(line),
                "{name}: {line}: {:?}",
                validator.iter_errors(line).map(|error| error.to_string()).collect::<Vec<_>>()
            );
        }
        let sarif: Value = serde_json::from_str(&check(&folder, &["--format", "sarif"]).stdout).unwrap();
        assert_eq!(sarif["version"], "2.1.0", "{name}");
        let run = &sarif["runs"][0];
        assert_eq!(run["tool"]["driver"]["name"], "payloadc", "{name}");
        let rules: Vec<&Value> = run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), lines.len(), "{name}");
        for result in results {
            assert!(rules.contains(&&result["ruleId"]), "{name}: {result}");
            assert!(result["message"]["text"].is_string(), "{name}: {result}");
            assert!(result["locations"].is_array(), "{name}: {result}");
        }
    }
}

/// Texts that stand in fixtures where a secret was written down.
#[test]
fn secrets_are_never_shown() {
    let copies = copies();
    for name in fixtures() {
        let folder = copies.path().join(&name);
        for format in ["human", "json", "sarif", "github", "junit"] {
            let run = run(&folder, &["--format", format]);
            for secret in ["Fixture!2026", "hunter2", "enviroment: P12", "bm90IGEga2V5"] {
                assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{name}, {format}: `{secret}` is shown");
            }
        }
    }
}

/// One bad profile never stops the others, whatever is wrong with it: files called `sound.yaml` are built.
#[test]
fn sound_profiles_are_built_beside_broken_ones() {
    let copies = copies();
    let mut seen = 0;
    for name in fixtures() {
        let folder = copies.path().join(&name);
        let Ok(text) = fs::read_to_string(folder.join("profiles/sound.yaml")) else { continue };
        seen += 1;
        let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
        let run = payloadc_in(&folder, &["build", ".", DAY[0], DAY[1], "--out", "built"]);
        assert_eq!(run.code, 1, "{name}: {}", run.stderr);
        assert!(folder.join(format!("built/ios/{id}.mobileconfig")).is_file(), "{name}: {}", run.stderr);
    }
    assert!(seen >= 6, "{seen} fixtures have a sound.yaml");
    let three = copies.path().join("E0103-yaml-syntax-7-one-of-three-documents");
    payloadc_in(&three, &["build", ".", DAY[0], DAY[1], "--out", "built"]);
    for id in ["first-mail", "third-mail"] {
        assert!(three.join(format!("built/ios/{id}.mobileconfig")).is_file(), "{id}");
    }
}

/// Everything in a workspace grows from payloadc.yaml: with an error in it nothing is made.
#[test]
fn nothing_is_built_from_a_broken_workspace_file() {
    let copies = copies();
    let mut seen = 0;
    for name in fixtures() {
        let folder = copies.path().join(&name);
        if !diagnostics(&folder).iter().any(|found| found["file"] == "payloadc.yaml" && found["severity"] == "error") {
            continue;
        }
        seen += 1;
        let run = payloadc_in(&folder, &["build", ".", DAY[0], DAY[1], "--out", "built"]);
        let built = if folder.join("built").exists() { files_below(&folder.join("built")) } else { Vec::new() };
        let artifacts: Vec<&PathBuf> =
            built.iter().filter(|path| path.extension().is_some_and(|e| e == "mobileconfig" || e == "xml")).collect();
        assert!(run.code == 1 && artifacts.is_empty(), "{name}: {artifacts:?}");
    }
    assert!(seen >= 10, "{seen} fixtures have a broken payloadc.yaml");
}

const MAIL: &str = "kind: email\nid: corporate-mail\nname: Corporate mail\nplatforms: [ios]\nhost: mail.contoso.com\naccount_name: Contoso mail\nemail_address: primary_smtp_address\n";
const WORKSPACE: &str = "organization: { name: Contoso, identifier: com.contoso }\n";

/// A workspace with a sound profile and another file.
fn workspace(bytes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("profiles")).unwrap();
    fs::write(folder.path().join("payloadc.yaml"), WORKSPACE).unwrap();
    fs::write(folder.path().join("profiles/corporate-mail.yaml"), MAIL).unwrap();
    fs::write(folder.path().join("profiles/other.yaml"), bytes).unwrap();
    folder
}

/// Input that is made to use up memory or time. The program may take 3 GB of address space; a file of a few hundred bytes to a few megabytes
/// never needs it.
#[test]
fn hostile_input_is_refused_within_bounds() {
    let bomb = (0..40)
        .fold("a0: &a0 [x, x]\n".to_owned(), |text, at| format!("{text}a{}: &a{} [*a{at}, *a{at}, *a{at}]\n", at + 1, at + 1));
    let inputs: [(&str, Vec<u8>, &str); 13] = [
        ("flow lists", format!("kind: {}", "[".repeat(100_000)).into_bytes(), "E0106"),
        ("closed flow lists", format!("kind: {}{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes(), "E0106"),
        ("flow mappings", "{a: ".repeat(100_000).into_bytes(), "E0106"),
        ("block lists", "- ".repeat(100_000).into_bytes(), "E0106"),
        ("block mappings", (0..3000).fold(String::new(), |text, at| text + &" ".repeat(at) + "a:\n").into_bytes(), "E0106"),
        ("a long value", format!("kind: {}", "x".repeat(1 << 20)).into_bytes(), "E0106"),
        ("a long quoted value", format!("kind: \"{}\"", "\\u00e9".repeat(1 << 18)).into_bytes(), "E0106"),
        ("a large file", "# nothing\n".repeat(900_000).into_bytes(), "E0106"),
        ("many values", format!("kind: [{}]", "x,".repeat(600_000)).into_bytes(), "E0106"),
        ("aliases of aliases", bomb.into_bytes(), "E0106"),
        ("many documents", "---\nx\n".repeat(2_000).into_bytes(), "E0203"),
        ("zeros", vec![0; 4 << 20], "E010"),
        (
            "an expression that computes",
            MAIL.replace("id: corporate-mail", "id: other").replace("Corporate mail", "\"{{ 'x' * 9999999999 }}\"").into_bytes(),
            "E0216",
        ),
    ];
    for (what, bytes, code) in inputs {
        let folder = workspace(&bytes);
        let script = format!("ulimit -v 3000000; exec '{}' build . --at 2026-11-21 --out built", env!("CARGO_BIN_EXE_payloadc"));
        let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
        let report = String::from_utf8_lossy(&output.stderr);
        let head: String = report.chars().take(400).collect();
        assert_eq!(output.status.code(), Some(1), "{what}: {head}");
        assert!(report.contains(&format!("error[{code}")), "{what}: {head}");
        assert!(report.contains("profiles/other.yaml"), "{what}: {head}");
        assert!(folder.path().join("built/ios/corporate-mail.mobileconfig").is_file(), "{what} stops another profile");
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_fine() {
    let folder = workspace(b"");
    fs::remove_file(folder.path().join("profiles/other.yaml")).unwrap();
    fs::write(folder.path().join("profiles/corporate-mail.yaml"), format!("\u{feff}{}", MAIL.replace('\n', "\r\n"))).unwrap();
    fs::write(folder.path().join("payloadc.yaml"), format!("\u{feff}{WORKSPACE}")).unwrap();
    let run = check(folder.path(), &[]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    // A fix keeps both.
    let path = folder.path().join("profiles/corporate-mail.yaml");
    fs::write(&path, format!("\u{feff}{}use_ssl: yes # always\r\n", MAIL.replace('\n', "\r\n"))).unwrap();
    assert_eq!(check(folder.path(), &["--fix"]).code, 0);
    let fixed = fs::read_to_string(path).unwrap();
    assert!(fixed.starts_with('\u{feff}') && fixed.ends_with("use_ssl: true # always\r\n"), "{fixed:?}");
}

#[test]
fn a_file_without_read_permission_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = workspace(b"kind: email\n");
    let path = folder.path().join("profiles/other.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser reads everything.
    if fs::read(&path).is_ok() {
        return;
    }
    let run = check(folder.path(), &[]);
    assert!(run.code == 1 && run.stderr.contains("error[E0101]") && run.stderr.contains("profiles/other.yaml"), "{}", run.stderr);
}

/// A fenced block of a page.
struct Block {
    place: String,
    info: String,
    text: String,
}

fn blocks(page: &Path) -> Vec<Block> {
    let text = fs::read_to_string(page).unwrap();
    let name = page.file_name().unwrap().to_str().unwrap().to_owned();
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(info)) => {
                open = Some(Block { place: format!("{name}:{}", at + 1), info: info.to_owned(), text: String::new() });
            }
            (Some(block), None) => {
                let _ = writeln!(block.text, "{line}");
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{name}: a block is not closed");
    found
}

/// The pages of `payloadc explain`: `yaml fails=CODE` and `yaml compiles` stand for a profile file, `yaml workspace` for the payloadc.yaml of the
/// block behind it, `yaml workspace fails=CODE` for one that is wrong itself. The files of fixtures/authority lie in `certificates/`, those of fixtures/directory in `directory/`.
#[test]
fn every_block_of_the_pages_does_what_its_fence_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = String::new();
    for page in files_below(&root.join("docs/errors")) {
        let own = page.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut given: Option<String> = None;
        let mut shown = BTreeSet::new();
        for block in blocks(&page) {
            let Some(words) = block.info.strip_prefix("yaml") else { continue };
            let words: Vec<&str> = words.split_whitespace().collect();
            let (workspace, verdict) = match words.as_slice() {
                ["workspace"] => {
                    given = Some(block.text);
                    continue;
                }
                ["workspace", verdict] => (Some(block.text.clone()), *verdict),
                [verdict] => (given.take(), *verdict),
                _ => (None, ""),
            };
            let profile = if words.len() == 2 { MAIL } else { &block.text };
            let found = report_of(workspace.as_deref().unwrap_or(WORKSPACE), profile);
            let codes: BTreeSet<&str> =
                found.stderr.lines().filter_map(|line| line.split_once('[')?.1.split_once("]:").map(|(code, _)| code)).collect();
            let right = match verdict.strip_prefix("fails=") {
                Some(code) => {
                    shown.insert(code.to_owned());
                    codes.contains(code) && !codes.iter().any(|other| other.starts_with('E') && *other != code)
                }
                None => verdict == "compiles" && found.code == 0 && !codes.contains(own.as_str()),
            };
            if !right {
                let _ = writeln!(wrong, "docs/errors/{}: `{}` is not so\n{}", block.place, block.info, found.stderr);
            }
        }
        if !shown.is_empty() && !shown.contains(&own) {
            let _ = writeln!(wrong, "docs/errors/{own}.md shows another code only");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn report_of(workspace: &str, profile: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    for name in ["profiles", "certificates", "directory"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/authority"), &folder.path().join("certificates"));
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/directory"), &folder.path().join("directory"));
    fs::write(folder.path().join("payloadc.yaml"), workspace).unwrap();
    fs::write(folder.path().join("profiles/profile.yaml"), profile).unwrap();
    check(folder.path(), &[])
}
