//! What is built: workspaces, files, standard input, variables, the day.

use super::workspace::{Workspace, mail, request, run_in};

#[test]
fn a_workspace_from_anywhere() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    let path = workspace.0.path().to_str().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    run_in(elsewhere.path(), &["build", path]).clean();
    let first = workspace.tree("dist");
    assert_eq!(workspace.built(), ["ios/mail.mobileconfig"]);
    run_in(elsewhere.path(), &["build", path, "--out", "here"]).clean();
    let second = std::fs::read(elsewhere.path().join("here/ios/mail.mobileconfig")).unwrap();
    assert_eq!(first["ios/mail.mobileconfig"], second);
    workspace.run(&["build", "payloadc.yaml", "--check"]).clean();
    workspace.run(&["build", "profiles"]).ends(2);
}

#[test]
fn a_file_with_the_workspace_above_it() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    workspace.write("profiles/other.yaml", &mail("other", "[ios]"));
    workspace.write("elsewhere/unlisted.yaml", &mail("unlisted", "[ios]"));
    workspace.run(&["build", "profiles/mail.yaml"]).clean();
    assert_eq!(workspace.built(), ["ios/mail.mobileconfig"]);
    assert!(workspace.read("dist/ios/mail.mobileconfig").contains("<string>com.contoso.mail</string>"));
    run_in(&workspace.path("profiles"), &["build", "other.yaml"]).clean();
    run_in(&workspace.path("elsewhere"), &["build", "unlisted.yaml"]).clean();
    assert_eq!(workspace.built(), ["ios/mail.mobileconfig", "ios/other.mobileconfig", "ios/unlisted.mobileconfig"]);
    assert_eq!(workspace.manifest()["complete"], false);
}

#[test]
fn a_file_that_refers_to_another() {
    let workspace =
        Workspace::with(&format!("{}authentication: certificates\nidentity_certificate: identity\n", mail("mail", "[ios]")));
    workspace.write("profiles/identity.yaml", &request("{ secret: env:CHALLENGE }", "[ios]"));
    workspace.run_with(&["build", "profiles/mail.yaml"], &[("CHALLENGE", "c")]).clean();
    assert_eq!(workspace.built(), ["ios/mail.mobileconfig"]);
}

#[test]
fn a_file_without_a_workspace() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mail.yaml"), mail("mail", "[ios]")).unwrap();
    run_in(folder.path(), &["build", "mail.yaml"]).ends(2).says("--organization");
    run_in(folder.path(), &["build", "mail.yaml", "--organization", "org.example"]).clean();
    let built = std::fs::read_to_string(folder.path().join("dist/ios/mail.mobileconfig")).unwrap();
    assert!(built.contains("<string>org.example.mail</string>"));
    run_in(folder.path(), &["build"]).ends(2).says("has no payloadc.yaml");
}

#[test]
fn standard_input_and_output() {
    let workspace = Workspace::new();
    workspace.pipe(&["build", "-"], &mail("piped", "[ios]")).clean();
    assert_eq!(workspace.built(), ["ios/piped.mobileconfig"]);
    let run = workspace.pipe(&["build", "-", "--out", "-"], &mail("piped", "[ios]")).clean();
    assert_eq!(run.stdout, workspace.read("dist/ios/piped.mobileconfig"));
    let both = mail("piped", "[ios, windows]");
    workspace.pipe(&["build", "-", "--out", "-"], &both).ends(2).says("ios/piped.mobileconfig").says("windows/piped.install.xml");
    let run = workspace.pipe(&["build", "-", "--out", "-", "--target", "windows"], &both).clean();
    assert!(
        run.stdout.contains("<SyncML") || run.stdout.contains("<SyncBody") || run.stdout.contains("<Atomic>"),
        "{}",
        run.stdout
    );
    let run = workspace.pipe(&["build", "-", "--out", "-"], "kind: email\n").ends(1).says("<stdin>:1:1");
    assert!(run.stdout.is_empty());
    let alone = tempfile::tempdir().unwrap();
    run_in(alone.path(), &["build", "-"]).ends(2).says("--organization");
}

#[test]
fn targets_and_profiles_select() {
    let workspace = Workspace::with(&mail("mail", "[ios, windows]"));
    workspace.write("profiles/other.yaml", &mail("other", "[ios]"));
    workspace.run(&["build", "--target", "ios"]).clean();
    assert_eq!(workspace.built(), ["ios/mail.mobileconfig", "ios/other.mobileconfig"]);
    let out = workspace.path("second");
    workspace.run(&["build", "--profile", "mail", "--out", out.to_str().unwrap()]).clean();
    let built: Vec<String> = workspace.tree("second").into_keys().filter(|path| path.contains("other")).collect();
    assert!(built.is_empty());
    workspace.run(&["build", "--profile", "mail", "--profile", "other", "--target", "ios", "--target", "windows"]).clean();
    assert!(workspace.built().contains(&"windows/mail.install.xml".to_owned()));
}

#[test]
fn later_variables_win_and_the_trace_says_which() {
    let workspace = Workspace::with(&mail("mail", "[ios]").replace("host: mail.contoso.com", "host: \"{{ vars.host }}\""));
    workspace.write(
        "payloadc.yaml",
        "organization: { name: Contoso, identifier: com.contoso }\nvars: { host: workspace.contoso.com, other: x }\n",
    );
    workspace.write("one.yaml", "host: one.contoso.com\n").write("two.yaml", "host: two.contoso.com\n");
    let host = |arguments: &[&str], host: &str, from: &str| {
        let arguments = [&["build", "--out", "-", "--trace"], arguments].concat();
        let run = workspace.run(&arguments).clean().says(&format!("vars.host <- {from}\n")).says("vars.other <- payloadc.yaml\n");
        assert!(run.stdout.contains(&format!("<string>{host}.contoso.com</string>")), "{}", run.stdout);
        run
    };
    let run = host(&[], "workspace", "payloadc.yaml");
    for line in ["ios/mail.mobileconfig\n", "  mail: Host <- profiles/mail.yaml:5:7\n", "  mail: SSL <- default of the kind\n"] {
        assert!(run.stderr.contains(line), "{line:?} is not in\n{}", run.stderr);
    }
    host(&["--vars", "one.yaml"], "one", "--vars one.yaml");
    host(&["--vars", "one.yaml", "--vars", "two.yaml"], "two", "--vars two.yaml");
    host(&["--var", "host=three.contoso.com", "--vars", "two.yaml"], "three", "--var");
    host(&["--var", "host=three.contoso.com", "--var", "host=four.contoso.com"], "four", "--var");
    workspace.write("bad.yaml", "host: [a]\n");
    workspace.run(&["build", "--vars", "bad.yaml"]).ends(2).says("`host` is no text");
}

#[test]
fn the_day_changes_warnings_and_no_byte() {
    let workspace = Workspace::new();
    workspace.write(
        "profiles/root.yaml",
        "kind: trusted_certificate\nid: root\nname: Root\nplatforms: [ios]\ncertificate: { file: ../root.cer }\nstore: root\n",
    );
    let expired = |arguments: &[&str], epoch: &str| {
        workspace.run_with(arguments, &[("SOURCE_DATE_EPOCH", epoch)]).clean().stderr.contains("W0605")
    };
    assert!(!expired(&["build", "--at", "2026-11-21"], "9999999999"));
    let before = workspace.tree("dist");
    assert!(expired(&["build"], "2999999999"));
    assert!(expired(&["build", "--at", "2060-01-01T00:00:00Z"], "0"));
    assert!(expired(&["check", "--at", "2060-01-01"], "0"));
    assert_eq!(before, workspace.tree("dist"));
    workspace.run_with(&["build"], &[("SOURCE_DATE_EPOCH", "today")]).ends(2).says("SOURCE_DATE_EPOCH");
}

#[test]
fn globs_and_hidden_folders() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    workspace.write(
        "payloadc.yaml",
        "organization: { name: Contoso, identifier: com.contoso }\nprofiles: [\"profiles/*.yaml\", \"more/**/*.yml\", \"**/extra-*.yaml\", \"none/*.yaml\"]\n",
    );
    workspace.write("more/deep/a.yml", &mail("a", "[ios]")).write("b/extra-b.yaml", &mail("b", "[ios]"));
    for hidden in [".git/extra-c.yaml", "more/.hidden/c.yml", "dist/extra-c.yaml", "profiles/deep/c.yaml"] {
        workspace.write(hidden, &mail("c", "[ios]"));
    }
    let run = workspace.run(&["list"]).clean().says("`none/*.yaml` matches no file");
    let ids: Vec<&str> = run.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(ids, ["b", "a", "mail"]);
}
