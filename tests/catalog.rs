//! Import of vendors' files, on small ones written for it; the tables that come out are beside them (`UPDATE=1` rewrites); what a broken file
//! gives; and a workspace that uses imported facts.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/catalog")
}

fn payloadc(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_payloadc")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Imports folders of the fixtures into a folder, whatever the catalog in use holds.
fn import(vendor: &str, folders: &[&str], into: &Path) -> Output {
    import_with(vendor, folders, into, &["--replace"])
}

fn import_with(vendor: &str, folders: &[&str], into: &Path, options: &[&str]) -> Output {
    let mut arguments = vec!["catalog", "import", vendor];
    arguments.extend(folders);
    arguments.extend(["--into", into.to_str().unwrap(), "--date", "2026-01-02"]);
    arguments.extend(options);
    payloadc(&arguments, &fixtures())
}

#[test]
fn imported_tables_are_what_is_committed() {
    let into = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        assert!(import("apple", &["apple"], into.path()).status.success());
        let windows = import("windows", &["ddf/v2-example", "ddf/v1-example"], into.path());
        assert!(
            windows.status.success() && text(&windows.stderr).contains("skipped ddf/v1-example/Broken.xml:1:"),
            "{windows:?}"
        );
        for table in ["apple/payloads.tsv", "apple/declarations.tsv", "windows/nodes.tsv"] {
            let made = fs::read_to_string(into.path().join(table)).unwrap();
            let committed = fixtures().join("expected").join(table);
            if std::env::var_os("UPDATE").is_some() {
                fs::create_dir_all(committed.parent().unwrap()).unwrap();
                fs::write(&committed, &made).unwrap();
            }
            assert_eq!(
                made,
                fs::read_to_string(&committed).unwrap_or_default(),
                "{table}: UPDATE=1 cargo test --test catalog rewrites"
            );
        }
    }
}

#[test]
fn the_first_folder_that_has_a_type_counts() {
    let into = tempfile::tempdir().unwrap();
    assert!(import("windows", &["ddf/v1-example", "ddf/v2-example"], into.path()).status.success());
    let nodes = fs::read_to_string(into.path().join("windows/nodes.tsv")).unwrap();
    assert!(nodes.contains("\n./Vendor/MSFT/Example\t") && !nodes.contains("./Device/Vendor/MSFT/Example"), "{nodes}");
}

#[test]
fn a_broken_file_is_an_error_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let into = tempfile::tempdir().unwrap();
    let bomb = format!(
        "payload: {{payloadtype: a.b}}\nx: &a [1]\n{}",
        (0..40)
            .map(|n| format!("x{n}: &b{n} [*{0}, *{0}, *{0}]\n", if n == 0 { "a".into() } else { format!("b{}", n - 1) }))
            .collect::<String>()
    );
    let head = "<MgmtTree xmlns:MSFT=\"http://schemas.microsoft.com/MobileDevice/DM\"><Node><NodeName>A</NodeName><Path>./Vendor/MSFT</Path><DFProperties>";
    let tail = "<MSFT:Applicability/></DFProperties></Node></MgmtTree>";
    let deep = format!("{}{}", "<a>\n".repeat(100), "</a>".repeat(100));
    let cases: [(&str, &str, String, &str); 9] = [
        ("apple", "a.yaml", "payload:\n  payloadtype: a.b\npayloadkeys: 3\n".into(), "a.yaml:3: a list of keys is wanted"),
        (
            "apple",
            "a.yaml",
            "payload:\n  payloadtype: a.b\npayloadkeys:\n- type: <string>\n".into(),
            "a.yaml:4: a key without a name",
        ),
        ("apple", "a.yaml", "payload:\n\tpayloadtype: a.b\n".into(), "a.yaml:2:"),
        (
            "apple",
            "a.yaml",
            "payload: {payloadtype: a.b}\npayloadkeys: [{key: a/b, type: <string>}]\n".into(),
            "a.yaml:2: `a/b` holds a slash",
        ),
        ("apple", "a.yaml", bomb, "a.yaml:"),
        (
            "windows",
            "a.xml",
            format!("{head}<AccessType/>\n<DFFormat><int/><chr/></DFFormat>{tail}"),
            "a.xml:1: `A` has 2 formats",
        ),
        (
            "windows",
            "a.xml",
            format!(
                "<!DOCTYPE a [<!ENTITY b \"c\">]>\n{head}<DFFormat><int/></DFFormat>\n<DefaultValue>&b;</DefaultValue>{tail}"
            ),
            "of its own",
        ),
        ("windows", "a.xml", deep, "deeper"),
        ("windows", "a.xml", "no XML".into(), "a.xml:1: is no XML"),
    ];
    for (vendor, name, content, said) in cases {
        let path = folder.path().join(name);
        fs::write(&path, &content).unwrap();
        let output = import(vendor, &[folder.path().to_str().unwrap()], into.path());
        let stderr = text(&output.stderr);
        assert!(stderr.contains(said) && !stderr.contains("panicked"), "{said}: {stderr}");
        assert_eq!(output.status.code(), Some(2), "{said}: {stderr}");
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_workspace_uses_its_own_facts() {
    let workspace = tempfile::tempdir().unwrap();
    let own = workspace.path().join(".payloadc/catalog");
    assert!(payloadc(&["init", "."], workspace.path()).status.success());
    let show = |topic: &str| payloadc(&["catalog", "show", topic], workspace.path());
    assert!(!show("org.example.tree").status.success());
    assert!(import("apple", &["apple"], &own).status.success());
    assert!(import("windows", &["ddf/v2-example"], &own).status.success());
    assert!(text(&show("org.example.tree").stdout).contains("Folder"));
    // A folder in a folder in a folder is described by the outermost.
    assert!(text(&show("org.example.tree.Folder.Inner Folder.Inner Folder.Name").stdout).contains("^[a-z]+$"));
    assert!(text(&show("./Device/Vendor/MSFT/Example/{}/Mode").stdout).contains("not_allowed"));
    assert!(!show("com.apple.wifi.managed").status.success());
    // What only older files have stays, and so does what Windows Phone knew.
    assert!(show("./Vendor/MSFT/CertificateStore/Root").status.success());
    // The first mail profile needs payloads that these facts do not have: an internal error, nothing is written.
    assert_eq!(payloadc(&["build", "."], workspace.path()).status.code(), Some(1));
    fs::write(own.join("windows/nodes.tsv"), "# x\npath\tformat\n").unwrap();
    let broken = payloadc(&["check", "."], workspace.path());
    assert!(text(&broken.stderr).contains("line 2: the columns are not"), "{broken:?}");
    assert_eq!(broken.status.code(), Some(2));
}

#[test]
fn a_folder_of_several_sets_is_read_set_by_set() {
    let (whole, named) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = import("windows", &["ddf"], whole.path());
    assert!(text(&output.stderr).contains("skipped ddf/v1-example/Broken.xml:1:"), "{output:?}");
    assert!(import("windows", &["ddf/v2-example", "ddf/v1-example"], named.path()).status.success());
    let table = |into: &Path| fs::read_to_string(into.join("windows/nodes.tsv")).unwrap();
    assert_eq!(table(whole.path()), table(named.path()));
}

#[test]
fn what_older_files_say_twice_or_in_no_utf_8_is_skipped() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = fs::read(fixtures().join("ddf/v1-example/Old.xml")).unwrap();
    for name in ["Old_desktop.xml", "Old_mobile.xml"] {
        fs::write(folder.path().join(name), &old).unwrap();
    }
    fs::write(folder.path().join("Policy.xml"), b"<MgmtTree>\n\xff\xfe</MgmtTree>").unwrap();
    let output = import("windows", &[folder.path().to_str().unwrap()], into.path());
    let stderr = text(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(stderr.contains("Policy.xml:2: is no UTF-8 from here on"), "{stderr}");
    assert!(stderr.contains("Old_mobile.xml:4: `./Vendor/MSFT/Old` is described by a file before it, too"), "{stderr}");
}

#[test]
fn the_release_of_ddf_files_is_their_newest_build_or_what_is_said() {
    let into = tempfile::tempdir().unwrap();
    let output = import("windows", &["ddf"], into.path());
    let nodes = || fs::read_to_string(into.path().join("windows/nodes.tsv")).unwrap();
    let said = "release v2-10.0.22621: the newest build that its files name; give --release if another is meant";
    assert!(text(&output.stderr).contains(said), "{output:?}");
    assert!(text(&output.stderr).contains("release v1-example: the name of its folder"), "{output:?}");
    assert!(nodes().contains("# Release: v2-10.0.22621;") && nodes().contains("release=v2-10.0.22621\n"));
    import_with("windows", &["ddf"], into.path(), &["--replace", "--release", "Sept 2026"]);
    assert!(nodes().contains("# Release: Sept 2026;") && nodes().contains("release=v2-Sept_2026\n"), "{}", nodes());
    assert!(nodes().contains("release=v1-example\n"));
}

#[test]
fn files_that_hold_less_than_the_catalog_in_use_are_merged_or_refused() {
    let into = tempfile::tempdir().unwrap();
    let table = |path: &str| fs::read_to_string(into.path().join(path)).unwrap();
    let built_in =
        |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/vendor").join(path)).unwrap();
    for (vendor, folder, path, counts, lacking) in [
        (
            "windows",
            "ddf",
            "windows/nodes.tsv",
            "in use: 49 CSPs, 260 policy areas, 5815 nodes, 38 CSPs of older files, v2-2025-02",
            "AccountManagement",
        ),
        ("apple", "apple", "apple/payloads.tsv", "keys, iOS 18.3, macOS 15.3", "com.apple.ADCertificate.managed"),
    ] {
        let refused = import_with(vendor, &[folder], into.path(), &[]);
        let stderr = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(counts) && stderr.contains(lacking) && stderr.contains("`--merge` takes"), "{stderr}");
        assert!(!into.path().join(path).exists());
        // Merged, nothing of the catalog in use is lost, and a second time nothing changes.
        let merged = import_with(vendor, &[folder], into.path(), &["--merge"]);
        assert!(merged.status.success(), "{merged:?}");
        let once = table(path);
        for line in built_in(path).lines().filter(|line| !line.starts_with('#') && !line.contains("editions=")) {
            assert!(once.contains(&format!("\n{line}\n")), "{line}");
        }
        assert!(once.contains(if vendor == "windows" { "\n./Device/Vendor/MSFT/Example\t" } else { "\norg.example.tree\t" }));
        assert!(import_with(vendor, &[folder], into.path(), &["--merge"]).status.success());
        assert_eq!(once, table(path));
        assert_eq!(import_with(vendor, &[folder], into.path(), &["--merge", "--replace"]).status.code(), Some(2));
    }
    // The head names both releases.
    assert!(table("windows/nodes.tsv").contains("# Release: v2-10.0.22621 and v2-2025-02;"));
}

#[test]
fn files_of_the_older_format_replace_nothing_newer_when_merged() {
    let (folder, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = fs::read_to_string(fixtures().join("ddf/v1-example/Old.xml")).unwrap();
    fs::write(folder.path().join("a.xml"), old.replace("<NodeName>Old<", "<NodeName>ActiveSync<")).unwrap();
    let output = import_with("windows", &[folder.path().to_str().unwrap()], into.path(), &["--merge"]);
    assert!(output.status.success(), "{output:?}");
    let made = fs::read_to_string(into.path().join("windows/nodes.tsv")).unwrap();
    assert!(
        made.contains("# Release: v2-2025-02;")
            && made.contains("\n./Vendor/MSFT/ActiveSync\tnode\tG\t1\t\t\t\trelease=v1-1607\n")
    );
    assert!(made.contains("\n./Vendor/MSFT/Example\t"));
}

/// A payload and a declaration, each with the version that its files name, below a README that names one.
fn checkout(readme: Option<&str>, payload: &str, declaration: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: String| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    if let Some(version) = readme {
        write("README.md", format!("# Schema\n\n| OS | Version |\n|--|--|\n| iOS   | {version} |\n"));
    }
    let of = |kind: &str, name: &str, version: &str| {
        let systems = format!("{{iOS: {{introduced: '{version}'}}, macOS: {{introduced: n/a}}}}");
        format!("payload:\n  {kind}: {name}\n  supportedOS: {systems}\npayloadkeys: []\n")
    };
    write("mdm/profiles/a.yaml", of("payloadtype", "org.example.a", payload));
    write("declarative/declarations/b.yaml", of("declarationtype", "org.example.b", declaration));
    folder
}

#[test]
fn each_apple_table_names_the_release_of_its_own_files() {
    let stated = "README.md says so";
    let counted = "the newest versions that its files name; give --release if another is meant";
    let unlike = "the newest versions that its files name, while README.md says iOS 18.3; give --release if another is meant";
    let cases = [
        (checkout(Some("18.3"), "18.2", "18.0"), ("iOS 18.3", stated), ("iOS 18.3", stated)),
        (checkout(Some("18.3"), "18.2", "26.4"), ("iOS 18.3", stated), ("iOS 26.4", unlike)),
        (checkout(None, "18.2", "26.4"), ("iOS 18.2", counted), ("iOS 26.4", counted)),
    ];
    for (folder, payloads, declarations) in cases {
        let into = tempfile::tempdir().unwrap();
        let output = import("apple", &[folder.path().to_str().unwrap()], into.path());
        for (table, (release, how)) in [("payloads", payloads), ("declarations", declarations)] {
            let text = fs::read_to_string(into.path().join(format!("apple/{table}.tsv"))).unwrap();
            assert!(text.contains(&format!("\n# Release: {release}; date: 2026-01-02\n")), "{text}");
            let said = String::from_utf8_lossy(&output.stderr);
            let note = format!("apple/{table}.tsv: 1 type, 0 keys; in use: ");
            let behind = said.split_once(&note).unwrap_or_else(|| panic!("{said}")).1.lines().nth(1).unwrap();
            assert_eq!(behind, format!("  release {release}: {how}"));
        }
    }
    // Inside a checkout, its README counts; `--release` beats both.
    let folder = checkout(Some("18.3"), "18.2", "18.0");
    let into = tempfile::tempdir().unwrap();
    let inner = folder.path().join("mdm/profiles");
    let release = || {
        let text = fs::read_to_string(into.path().join("apple/payloads.tsv")).unwrap();
        text.lines().find_map(|line| line.strip_prefix("# Release: ")).unwrap().to_owned()
    };
    assert!(import("apple", &[inner.to_str().unwrap()], into.path()).status.success());
    assert_eq!(release(), "iOS 18.3; date: 2026-01-02");
    let options = ["--replace", "--release", "iOS 18.4"];
    assert!(import_with("apple", &[inner.to_str().unwrap()], into.path(), &options).status.success());
    assert_eq!(release(), "iOS 18.4; date: 2026-01-02");
}

#[test]
fn a_root_may_be_spelled_with_or_without_device() {
    let folder = tempfile::tempdir().unwrap();
    for (asked, shown) in [
        ("./Device/Vendor/MSFT/SharedPC", "./Vendor/MSFT/SharedPC"),
        ("./Device/Vendor/MSFT/SharedPC/EnableSharedPCMode", "./Vendor/MSFT/SharedPC/EnableSharedPCMode"),
        ("./Vendor/MSFT/BitLocker/RequireDeviceEncryption", "./Device/Vendor/MSFT/BitLocker/RequireDeviceEncryption"),
        ("./Vendor/MSFT/Policy/Config", "./Device/Vendor/MSFT/Policy/Config"),
        ("./vendor/msft/sharedpc", "./Vendor/MSFT/SharedPC"),
        ("./Vendor/MSFT/RemoteRing", "./User/Vendor/MSFT/RemoteRing"),
        // Both are there: the path as it stands.
        ("./Vendor/MSFT/CertificateStore", "./Vendor/MSFT/CertificateStore"),
    ] {
        let output = payloadc(&["catalog", "show", asked], folder.path());
        assert!(text(&output.stdout).starts_with(&format!("# {shown}\n")), "{output:?}");
    }
    assert_eq!(payloadc(&["catalog", "show", "./User/Vendor/MSFT/SharedPC"], folder.path()).status.code(), Some(2));
    let slip = payloadc(&["catalog", "show", "./Device/Vendor/MSFT/SharedPC/EnableSharedPCMod"], folder.path());
    assert!(text(&slip.stderr).contains("`./Vendor/MSFT/SharedPC/EnableSharedPCMode` is near"), "{slip:?}");
}
