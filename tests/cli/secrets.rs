//! Secrets: only in the artifacts that need them, private there, and shown nowhere.

use std::process::Command;

use super::workspace::{Run, Workspace, mail, request};

const VALUE: &str = "sw0rdfish-7c1f-value";

fn workspace() -> Workspace {
    Workspace::with(&request("{ secret: env:SCEP_CHALLENGE }", "[ios, windows]"))
}

fn build(workspace: &Workspace, arguments: &[&str]) -> Run {
    workspace.run_with(&[&["build"], arguments].concat(), &[("SCEP_CHALLENGE", VALUE)])
}

/// Nothing that the program says or notes down holds the value.
fn untold(workspace: &Workspace, run: &Run) {
    assert!(!run.stdout.contains(VALUE) && !run.stderr.contains(VALUE), "{}\n{}", run.stdout, run.stderr);
    if workspace.path("dist/manifest.json").exists() {
        assert!(!workspace.read("dist/manifest.json").contains(VALUE));
    }
}

#[test]
fn artifacts_with_secrets_are_private() {
    let workspace = workspace();
    let run = build(&workspace, &["--trace"]).clean();
    untold(&workspace, &run);
    for path in ["ios/identity.mobileconfig", "windows/identity.install.xml"] {
        assert!(workspace.read(&format!("dist/{path}")).contains(VALUE));
        let entry = workspace.entry(path);
        assert_eq!(entry["contains_secret"], true);
        assert!(entry.get("sha256").is_none());
    }
    assert_eq!(workspace.entry("windows/root.install.xml")["contains_secret"], false);
    assert!(workspace.entry("windows/root.install.xml")["sha256"].is_string());
    let root = workspace.entry("windows/identity.remove.xml");
    assert_eq!(root["contains_secret"], false);
}

#[cfg(unix)]
#[test]
fn artifacts_with_secrets_have_mode_0600() {
    use std::os::unix::fs::PermissionsExt as _;
    let workspace = workspace();
    build(&workspace, &[]).clean();
    let mode = |path: &str| std::fs::metadata(workspace.path("dist").join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("ios/identity.mobileconfig"), 0o600);
    assert_eq!(mode("windows/identity.install.xml"), 0o600);
    assert_eq!(mode("windows/root.install.xml"), 0o644);
    assert_eq!(mode("manifest.json"), 0o644);
}

#[test]
fn a_changed_secret_is_compared_and_not_shown() {
    let workspace = workspace();
    build(&workspace, &[]).clean();
    build(&workspace, &["--check"]).clean();
    let run = workspace.run_with(&["build", "--check"], &[("SCEP_CHALLENGE", "another")]).ends(1);
    untold(&workspace, &run);
    assert!(!run.stdout.contains("another") && run.stdout.contains("is not shown"), "{}", run.stdout);
}

#[test]
fn empty_unset_and_unusable_secrets() {
    let workspace = workspace();
    workspace.run(&["build"]).ends(1).says("error[E0503]: the secret `env:SCEP_CHALLENGE` is not set");
    workspace.run_with(&["build"], &[("SCEP_CHALLENGE", "")]).ends(1).says("error[E0503]").says("is empty");
    let run = workspace.run_with(&["build"], &[("SCEP_CHALLENGE", "tell\u{7}tale")]).ends(1).says("error[E0503]");
    assert!(!run.stderr.contains("tale"));
    assert!(!workspace.built().iter().any(|path| path.contains("identity")));
    workspace.write("profiles/mail.yaml", &request("{ secret: \"file:../challenge.txt\" }", "[ios]"));
    workspace.run(&["build"]).ends(1).says("error[E0503]").says("is not there");
    workspace.write("challenge.txt", "\n");
    workspace.run(&["build"]).ends(1).says("is empty");
    workspace.write("challenge.txt", &format!("{VALUE}\n"));
    let run = workspace.run(&["build"]).clean();
    untold(&workspace, &run);
    assert!(workspace.read("dist/ios/identity.mobileconfig").contains(&format!("<string>{VALUE}</string>")));
}

#[test]
fn a_check_reads_no_secret() {
    workspace().run(&["check"]).clean();
    let workspace = Workspace::with(&request("{ secret: \"file:../nowhere.txt\" }", "[ios]"));
    workspace.run(&["check"]).clean();
    workspace.run(&["list"]).clean();
}

#[test]
fn a_literal_secret_is_shown_in_no_format() {
    let forms = [
        "VALUE",
        "\"VALUE\"",
        "'VALUE'",
        "|\n  VALUE",
        "{ value: VALUE }",
        "{ secret: VALUE }",
        "{ secret: [VALUE] }",
        "[VALUE]",
        "{ VALUE }",
        "{ VALUE: x }",
        "{ secret: env:X, value: VALUE }",
        "{ { VALUE } }",
        "&anchor VALUE",
        "!secret VALUE",
        "\n  VALUE",
        "{ secret: env:X }\nchallange: VALUE",
        "{ secret: env:X }\nchallenge: VALUE",
        "VALUE\nchallenge: { secret: env:X }",
        "{ secret: env:X }\noverrides: { ios: { challenge: VALUE } }",
        "{ secret: env:X }\noverrides: { ios: { chalenge: VALUE } }",
        "\"VALUE\\q\"",
    ];
    for written in forms {
        let workspace = Workspace::with(&request(&written.replace("VALUE", VALUE), "[ios]"));
        for format in ["human", "json", "sarif", "github", "junit"] {
            for command in ["check", "build"] {
                let run = workspace.run_with(&[command, "--format", format], &[("X", "y")]);
                assert_eq!(run.code, 1, "{written}: {}{}", run.stdout, run.stderr);
                untold(&workspace, &run);
            }
        }
        let run = workspace.run(&["check", "--fix"]);
        untold(&workspace, &run);
        untold(&workspace, &workspace.run(&["list"]));
    }
    let workspace = Workspace::with(&request(VALUE, "[ios]"));
    workspace.run(&["check"]).ends(1).says("error[E0213]");
}

fn git(workspace: &Workspace) -> bool {
    Command::new("git").args(["init", "--quiet"]).current_dir(workspace.0.path()).status().is_ok_and(|status| status.success())
}

#[test]
fn secrets_do_not_reach_git() {
    let workspace = workspace();
    workspace.write("profiles/other.yaml", &mail("other", "[ios]"));
    assert!(git(&workspace), "git is needed");
    let run = build(&workspace, &[]).ends(1).says("error[E0504]");
    untold(&workspace, &run);
    assert!(!workspace.built().iter().any(|path| path.contains("identity")));
    assert!(workspace.path("dist/ios/other.mobileconfig").exists());
    workspace.run(&["check"]).ends(1).says("error[E0504]");
    workspace.run(&["check", "--allow-secrets-in-git"]).clean();
    build(&workspace, &["--out", "-", "--target", "windows", "--profile", "identity"]).clean();
    build(&workspace, &["--allow-secrets-in-git"]).clean();
    workspace.write(".gitignore", "/dist/\n");
    build(&workspace, &[]).clean();
    workspace.run(&["check"]).clean();
    build(&workspace, &["--out", "elsewhere"]).ends(1).says("error[E0504]");
    let outside = tempfile::tempdir().unwrap();
    build(&workspace, &["--out", outside.path().join("dist").to_str().unwrap()]).clean();
}

#[test]
fn a_workspace_below_the_top_of_the_work_tree() {
    let top = Workspace::new();
    assert!(git(&top), "git is needed");
    top.run(&["init", "nested/workspace"]).clean();
    top.write("nested/workspace/profiles/identity.yaml", &request("{ secret: env:SCEP_CHALLENGE }", "[ios]"));
    std::fs::copy(top.path("root.cer"), top.path("nested/workspace/root.cer")).unwrap();
    build(&top, &["nested/workspace"]).clean();
}

#[test]
fn a_key_and_its_password() {
    let workspace = Workspace::with(
        "kind: pkcs12_certificate\nid: key\nname: Key\nplatforms: [ios]\ncertificate: { file: ../alice.p12 }\npassword: { secret: env:P12 }\n",
    );
    workspace.write("profiles/other.yaml", &mail("other", "[ios]"));
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/authority/alice.p12");
    std::fs::copy(fixture, workspace.path("alice.p12")).unwrap();
    workspace.run_with(&["build"], &[("P12", "wrong-word")]).ends(1).says("error[E0310]");
    assert_eq!(workspace.built(), ["ios/other.mobileconfig"]);
    workspace.run(&["check"]).clean();
    let run = workspace.run_with(&["build"], &[("P12", "fixture-only")]).clean();
    assert!(!run.stderr.contains("fixture-only") && !workspace.read("dist/manifest.json").contains("fixture-only"));
    assert_eq!(workspace.entry("ios/key.mobileconfig")["contains_secret"], true);
}
