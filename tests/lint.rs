//! `payloadc lint`: each defect class with its good twin, what the command line does, and that no bytes bring it down.
//!
//! `fixtures/lint/CLASS/bad` is reported as `report.txt` says, `CLASS/good` is not reported. `UPDATE=1 cargo test --test lint` rewrites reports.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "a test that cannot go on fails")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::{Run, files_below, payloadc_in, update};
use payloadc::artifact::sort;
use payloadc::builtin::CATALOG;
use payloadc::diagnostic::Report;
use payloadc::diagnostic::render::{Format, Style, render};
use payloadc::lint::{File, Output, lint};
use proptest::prelude::*;
use serde_json::Value;

/// The classes of the first twenty defects that were asked for; those of SyncML and declarations came with them.
const CLASSES: [&str; 20] = [
    "authorization-with-allowed",
    "certificate-reference-to-nowhere",
    "duplicate-payload-uuid",
    "eas-without-host",
    "integer-for-boolean-in-tcc",
    "ios-payload-in-macos-profile",
    "misspelt-key",
    "no-payload-version",
    "no-profile-version",
    "one-identifier-in-two-profiles",
    "passcode-length-out-of-range",
    "peap-without-server-trust",
    "root-that-is-no-certificate",
    "scep-key-type-without-space",
    "scope-misspelt",
    "string-for-boolean-in-ikev2",
    "two-values-for-one-key",
    "unescaped-ampersand",
    "uuid-placeholder",
    "value-outside-enumeration",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint")
}

fn classes() -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn each_defect_is_reported_and_no_twin_is() {
    let names = classes();
    assert!(CLASSES.iter().all(|class| names.iter().any(|name| name == class)), "a class has no fixture");
    let mut wrong = String::new();
    for name in &names {
        let folder = root().join(name);
        let bad = payloadc_in(&folder, &["lint", "bad"]);
        let report = folder.join("report.txt");
        if update() {
            fs::write(&report, &bad.stderr).unwrap();
        } else if bad.stderr != fs::read_to_string(&report).unwrap_or_default() {
            let _ = writeln!(wrong, "{name}: another report (UPDATE=1 cargo test --test lint rewrites)\n{}", bad.stderr);
        }
        // One defect, one thing said.
        if !(bad.stderr.ends_with("\n1 error\n") || bad.stderr.ends_with("\n1 warning\n")) {
            let _ = writeln!(wrong, "{name}: not one thing is said\n{}", bad.stderr);
        }
        if bad.code != i32::from(bad.stderr.starts_with("error")) {
            let _ = writeln!(wrong, "{name}: exit status {}", bad.code);
        }
        let good = payloadc_in(&folder, &["lint", "good", "--deny", "warnings"]);
        if good.code != 0 || !good.stderr.is_empty() {
            let _ = writeln!(wrong, "{name}: the twin is reported\n{}", good.stderr);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What payloadc writes itself is not reported: the fixtures of every field and server, each folder by itself.
#[test]
fn our_own_artifacts_are_sound() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let is_declaration = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().contains("_ddm."));
    let is_artifact = |path: &PathBuf| {
        path.extension().is_some_and(|e| e == "mobileconfig" || e == "xml" || e == "json" && is_declaration(path))
    };
    let (mut seen, mut declarations, mut wrong) = (0, 0, String::new());
    for folder in ["fields", "servers"] {
        for path in files_below(&fixtures.join(folder)).into_iter().filter(is_artifact) {
            // These say `unknown: warn`.
            if path.parent().unwrap().ends_with("unknown/warn") {
                continue;
            }
            seen += 1;
            declarations += usize::from(is_declaration(&path));
            let file = File { path: path.display().to_string(), content: sort(fs::read(&path).unwrap()), named: true };
            let output = lint(vec![file], &CATALOG, Report::new());
            // What its profile asks for: a challenge in the clear; iOS before 12 needs keys that are deprecated.
            let asked = ["W0852", "W0854"];
            for found in output.diagnostics.iter().filter(|found| !asked.contains(&found.code.name())) {
                let _ = writeln!(wrong, "{}: {} {}", path.display(), found.code.name(), found.message);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(seen > 500 && declarations > 10, "{seen} artifacts, {declarations} declarations");
}

const PROFILE: &str = "misspelt-key/bad/profile.mobileconfig";

fn copy_of(name: &str) -> Vec<u8> {
    fs::read(root().join(name)).unwrap()
}

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn codes(run: &Run) -> Vec<String> {
    let line = |line: &str| serde_json::from_str::<Value>(line).unwrap()["code"].as_str().unwrap().to_owned();
    run.stdout.lines().map(line).collect()
}

#[test]
fn other_files_are_passed_over_in_folders_and_refused_by_name() {
    let folder = folder(&[
        ("a/profile.mobileconfig", &copy_of("misspelt-key/good/profile.mobileconfig")),
        ("a/readme.md", b"# nothing"),
        ("a/.hidden/profile.mobileconfig", b"<plist><dict><key>PayloadType</key>"),
        ("Info.plist", b"<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>CFBundleName</key><string>PayloadType</string></dict></plist>"),
        ("package.json", b"{\"name\": \"x\"}"),
    ]);
    let run = payloadc_in(folder.path(), &["lint", "."]);
    assert_eq!((run.code, run.stderr.as_str()), (0, "payloadc: 1 artifact checked, 3 other files passed over\n"));
    let run = payloadc_in(folder.path(), &["lint", "a/readme.md", "Info.plist", "package.json", "--format", "json"]);
    assert_eq!((run.code, codes(&run)), (1, vec!["E0801".to_owned(); 3]));
    let run = payloadc_in(folder.path(), &["lint", "a/.hidden/profile.mobileconfig", "--format", "json"]);
    assert_eq!((run.code, codes(&run)), (1, vec!["E0802".to_owned()]));
    let run = payloadc_in(folder.path(), &["lint", "nowhere"]);
    assert_eq!((run.code, run.stderr.as_str()), (2, "payloadc: there is no file `nowhere`\n"));
    fs::remove_dir_all(folder.path().join("a")).unwrap();
    let run = payloadc_in(folder.path(), &["lint", "."]);
    assert_eq!((run.code, run.stderr.as_str()), (2, "payloadc: there is no artifact in `.`\n"));
}

/// A build holds a declaration once for each platform, with what is otherwise there.
#[test]
fn declarations_of_two_targets_are_not_each_others() {
    let passcode = |length: u8| {
        format!(
            r#"{{"Type": "com.apple.configuration.passcode.settings", "Identifier": "com.contoso.passcode", "ServerToken": "{length}", "Payload": {{"MinimumLength": {length}}}}}"#
        )
    };
    let (six, eight) = (passcode(6), passcode(8));
    let built = folder(&[("ios_ddm/passcode.1.json", six.as_bytes()), ("macos_ddm/passcode.1.json", eight.as_bytes())]);
    let run = payloadc_in(built.path(), &["lint", ".", "--deny", "warnings"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let mixed = folder(&[("ios_ddm/passcode.json", six.as_bytes()), ("ios_ddm/other.json", eight.as_bytes())]);
    let run = payloadc_in(mixed.path(), &["lint", ".", "--format", "json"]);
    assert_eq!((run.code, codes(&run)), (1, vec!["E0831".to_owned()]));
}

/// A workspace with facts of its own is linted by them.
#[test]
fn a_workspace_brings_its_own_facts() {
    let profile = String::from_utf8(copy_of("misspelt-key/good/profile.mobileconfig")).unwrap();
    let profile = profile.replace("com.apple.dock</string>", "org.example.tree</string>");
    let folder = folder(&[("profiles/tree.mobileconfig", profile.as_bytes())]);
    let path = "profiles/tree.mobileconfig";
    assert_eq!(payloadc_in(folder.path(), &["lint", path, "--deny", "warnings"]).code, 0);
    fs::write(folder.path().join("payloadc.yaml"), "organization: { name: Contoso, identifier: com.contoso }\n").unwrap();
    let expected = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/catalog/expected/apple/payloads.tsv");
    fs::create_dir_all(folder.path().join(".payloadc/catalog/apple")).unwrap();
    fs::copy(expected, folder.path().join(".payloadc/catalog/apple/payloads.tsv")).unwrap();
    let run = payloadc_in(folder.path(), &["lint", path]);
    assert!(run.stderr.contains("`tilesize` is no documented key of `org.example.tree`"), "{}", run.stderr);
}

#[test]
fn formats_and_denied_warnings_are_those_of_check() {
    let folder = folder(&[("wifi.mobileconfig", &copy_of("peap-without-server-trust/bad/profile.mobileconfig"))]);
    assert_eq!(payloadc_in(folder.path(), &["lint", "wifi.mobileconfig"]).code, 0);
    assert_eq!(payloadc_in(folder.path(), &["lint", "wifi.mobileconfig", "--deny", "W0853"]).code, 1);
    assert_eq!(payloadc_in(folder.path(), &["lint", "wifi.mobileconfig", "--deny", "warnings"]).code, 1);
    assert_eq!(payloadc_in(folder.path(), &["lint", "wifi.mobileconfig", "--deny", "W9999"]).code, 2);
    let json = payloadc_in(folder.path(), &["lint", "wifi.mobileconfig", "--format", "json"]);
    let line: Value = serde_json::from_str(json.stdout.trim()).unwrap();
    assert_eq!((&line["file"], &line["line"], &line["column"]), (&"wifi.mobileconfig".into(), &12.into(), &9.into()));
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/editor/diagnostic.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_slice(&fs::read(schema).unwrap()).unwrap()).unwrap();
    assert!(schema.is_valid(&line));
    for (format, text) in
        [("sarif", "\"ruleId\": \"W0853\""), ("github", "::warning file=wifi.mobileconfig,line=12"), ("junit", "<testsuite")]
    {
        let run = payloadc_in(folder.path(), &["lint", "wifi.mobileconfig", "--format", format]);
        assert!(run.stdout.contains(text), "{format}: {}", run.stdout);
    }
}

/// A property list as binary, by the library that payloadc reads it with.
fn binary(xml: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    plist::to_writer_binary(&mut bytes, &plist::from_bytes::<plist::Value>(xml).unwrap()).unwrap();
    bytes
}

/// A CMS signature around content, as far as a reader that does not verify looks: `definite` lengths, or those of a stream.
fn signed(content: &[u8], definite: bool) -> Vec<u8> {
    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &length, content].concat()
    }
    fn open(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80][..], content, &[0, 0]].concat()
    }
    let wrap = if definite { element } else { open };
    let oid = |last: u8| element(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, last]);
    let octets = if definite {
        element(4, content)
    } else {
        let (front, back) = content.split_at(content.len() / 2);
        open(0x24, &[element(4, front), element(4, back)].concat())
    };
    let inner = wrap(0x30, &[oid(1), wrap(0xa0, &octets)].concat());
    let body = wrap(0x30, &[element(2, &[1]), wrap(0x31, &element(0x30, &[])), inner, element(0x31, &[])].concat());
    wrap(0x30, &[oid(2), wrap(0xa0, &body)].concat())
}

/// The same profile in every envelope says the same, with line and column where there are lines.
#[test]
fn envelopes_are_taken_off() {
    let xml = copy_of(PROFILE);
    let marked = [b"\xef\xbb\xbf".as_slice(), &xml].concat();
    let cases: [(&str, Vec<u8>, bool); 6] = [
        ("plain", xml.clone(), true),
        ("with a byte order mark", marked, true),
        ("DER", signed(&xml, true), true),
        ("BER", signed(&xml, false), true),
        ("binary", binary(&xml), false),
        ("signed binary", signed(&binary(&xml), true), false),
    ];
    for (what, bytes, lines) in cases {
        let output = run("x.mobileconfig", bytes);
        let [only] = output.diagnostics.as_slice() else { panic!("{what}: {:?}", output.diagnostics) };
        assert_eq!(only.code.name(), "E0804", "{what}");
        let position = output.sources.get(only.primary.span.source).unwrap().position(only.primary.span.start);
        assert_eq!((position.line, position.column), if lines { (10, 9) } else { (1, 1) }, "{what}");
        assert_eq!(only.message.ends_with("at `PayloadContent/0/static-olny`"), !lines, "{what}: {}", only.message);
    }
}

#[test]
fn what_cannot_be_read_says_why() {
    let utf16: Vec<u8> = String::from_utf8(copy_of(PROFILE)).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let sign = signed(b"x", true);
    let detached = {
        let oid = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
        let data = [&[0x30, 11][..], &oid, &[1]].concat();
        let body = [&[0x30, 18, 2, 1, 1, 0x31, 0][..], &data].concat();
        [&[0x30, 33][..], &oid, &[2], &[0xa0, 20], &body].concat()
    };
    let enveloped = [&[0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 3][..], &[0xa0, 0]].concat();
    let entity = b"<!DOCTYPE plist [<!ENTITY a \"PayloadType\">]><plist><dict/></plist>".to_vec();
    let cases = [
        ([b"\xff\xfe".as_slice(), &utf16].concat(), "UTF-16"),
        (utf16, "UTF-16"),
        (sign, "what was signed is no profile"),
        (detached, "without the profile in it"),
        (enveloped, "encrypted"),
        (b"bplist00PayloadType".to_vec(), "no sound binary property list"),
        (b"-----BEGIN PKCS7-----\nAAAA".to_vec(), "PEM"),
        (entity, "document type definition"),
        (b"<plist><dict><key>PayloadType</key><string>\xff</string></dict></plist>".to_vec(), "is not UTF-8"),
        (b"<plist><dict><key>PayloadType</key><string>&x;</string></dict></plist>".to_vec(), "`&x;` is no character"),
        (format!("<plist><!--PayloadType-->{}", "<array>".repeat(100_000)).into_bytes(), "inside each other"),
        (format!("{{\"Type\": \"com.apple.configuration.x\", \"Payload\": {}", "[".repeat(100_000)).into_bytes(), "nesting"),
        (
            format!("<plist><!--PayloadType--><array>{}</array></plist>", "<true/>".repeat(600_000)).into_bytes(),
            "more than 500000 elements",
        ),
    ];
    for (bytes, words) in cases {
        let text = said(&run("x", bytes));
        assert!(text.contains(words), "`{words}`: {}", text.chars().take(300).collect::<String>());
    }
}

/// Many references to one object: a few hundred bytes that stand for billions of values.
#[test]
fn a_small_binary_file_stays_small() {
    let mut bytes = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    let levels: u8 = 40;
    for level in 0..levels {
        offsets.push(u8::try_from(bytes.len()).unwrap());
        bytes.extend([0xa2, level + 1, level + 1]);
    }
    offsets.push(u8::try_from(bytes.len()).unwrap());
    bytes.extend(b"\x5bPayloadType");
    let table = bytes.len();
    bytes.extend(&offsets);
    bytes.extend([0; 6]);
    bytes.extend([1, 1]);
    bytes.extend(u64::from(levels + 1).to_be_bytes());
    bytes.extend([0; 8]);
    bytes.extend(u64::try_from(table).unwrap().to_be_bytes());
    let text = said(&run("x", bytes));
    assert!(text.contains("has more than 500000 values"), "{text}");
}

#[test]
fn passwords_are_never_shown() {
    let text = "<plist version=\"1.0\"><dict><key>PayloadContent</key><array><dict><key>PayloadType</key><string>com.apple.wifi.managed</string>\
                <key>SSID_STR</key><string>x</string><key>Password</key><string>hunter2</string></dict></array></dict></plist>";
    let broken = text.replace("</plist>", "").replace("SSID_STR", "SSID & STR");
    let typed = text.replace("<string>hunter2</string>", "<integer>hunter2</integer>");
    for text in [text.to_owned(), broken, typed] {
        let output = run("x.mobileconfig", text.into_bytes());
        assert!(!output.diagnostics.is_empty());
        for format in Format::ALL {
            let report = render(*format, &output.diagnostics, &output.sources, Style::default());
            assert!(!report.contains("hunter2"), "{report}");
        }
    }
}

fn run(path: &str, bytes: Vec<u8>) -> Output {
    lint(vec![File { path: path.to_owned(), content: sort(bytes), named: true }], &CATALOG, Report::new())
}

fn said(output: &Output) -> String {
    render(Format::Human, &output.diagnostics, &output.sources, Style::default())
}

/// Files of every sort, to be changed at random.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut seeds: Vec<Vec<u8>> = files_below(&root()).into_iter().map(|path| fs::read(path).unwrap()).collect();
    let xml = copy_of(PROFILE);
    seeds.extend([binary(&xml), signed(&xml, true), signed(&xml, false), signed(&binary(&xml), false)]);
    seeds
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_a_report(start in prop::sample::select(vec![&b"bplist00PayloadType"[..], b"<plist>PayloadType", b"<SyncML>", b"{\"ServerToken\"\"Payload\"", b"0\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80", b""]), rest in prop::collection::vec(any::<u8>(), 0..200)) {
        said(&run("x", [start, &rest].concat()));
    }

    #[test]
    fn changed_files_give_a_report(seed in any::<prop::sample::Index>(), changes in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..4), 0..6_usize), 1..5)) {
        let mut bytes = SEEDS[seed.index(SEEDS.len())].clone();
        for (at, insert, remove) in changes {
            let from = at.index(bytes.len().max(1)).min(bytes.len());
            let to = (from + remove).min(bytes.len());
            bytes.splice(from..to, insert);
        }
        said(&run("x", bytes));
    }
}

/// The pages of existing artifacts: a block `lint=CODE` is reported so, one `lint=clean` not at all; `beside` lies in the folder with the
/// block behind it.
#[test]
fn every_block_of_the_pages_does_what_its_fence_says() {
    let mut wrong = String::new();
    for page in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors")) {
        let name = page.file_stem().unwrap().to_str().unwrap().to_owned();
        if !name[1..].starts_with("08") {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        let mut beside = Vec::new();
        let mut own = false;
        for block in text.split("```").skip(1).step_by(2) {
            let (info, content) = block.split_once('\n').unwrap();
            let verdict = info.split_once(' ').unwrap_or_default().1;
            if verdict == "beside" {
                beside.push(content.as_bytes().to_vec());
                continue;
            }
            let Some(wanted) = verdict.strip_prefix("lint=") else { continue };
            beside.push(content.as_bytes().to_vec());
            let file = |(at, bytes): (usize, Vec<u8>)| File { path: at.to_string(), content: sort(bytes), named: true };
            let output = lint(beside.drain(..).enumerate().map(file).collect(), &CATALOG, Report::new());
            let found: Vec<&str> = output.diagnostics.iter().map(|found| found.code.name()).collect();
            own |= wanted == name;
            if if wanted == "clean" { !found.is_empty() } else { found.is_empty() || found.iter().any(|code| *code != wanted) } {
                let _ = writeln!(wrong, "{name}: `{info}` gives {found:?}\n{}", said(&output));
            }
        }
        assert!(own, "{name} shows no block of its own");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn order_and_threads_change_nothing() {
    let run = |threads: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_payloadc"))
            .args(["lint", "fixtures/lint", "--format", "json"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let one = run("1");
    assert!(one.lines().count() >= CLASSES.len());
    assert_eq!(one, run("4"));
}
