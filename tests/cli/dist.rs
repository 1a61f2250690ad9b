//! What a build leaves in the output folder: new, stale, removed, kept, foreign.

use std::time::{Duration, SystemTime};

use super::workspace::{Workspace, mail};

fn two() -> Workspace {
    let workspace = Workspace::with(&mail("mail", "[ios, windows]"));
    workspace.write("profiles/other.yaml", &mail("other", "[ios]"));
    workspace
}

#[test]
fn a_second_build_touches_nothing() {
    let workspace = two();
    workspace.run(&["build"]).clean().says("files changed, 0 removed");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for path in workspace.tree("dist").keys() {
        std::fs::File::options().write(true).open(workspace.path("dist").join(path)).unwrap().set_modified(old).unwrap();
    }
    workspace.run(&["build"]).clean().says("(0 files changed, 0 removed)");
    for path in workspace.tree("dist").keys() {
        assert_eq!(std::fs::metadata(workspace.path("dist").join(path)).unwrap().modified().unwrap(), old, "{path}");
    }
}

#[test]
fn check_compares() {
    let workspace = two();
    let run = workspace.run(&["build", "--check"]).ends(1).says("are not what a build would give");
    assert!(run.stdout.contains("+++ ios/mail.mobileconfig"), "{}", run.stdout);
    assert!(!workspace.path("dist").exists());
    workspace.run(&["build"]).clean();
    let run = workspace.run(&["build", "--check"]).clean();
    assert!(run.stdout.is_empty());
    workspace.write("profiles/mail.yaml", &mail("mail", "[ios, windows]").replace("account_name: mail", "account_name: Post"));
    let before = workspace.tree("dist");
    workspace.run(&["build", "--check"]).ends(1).prints("-\t\t\t<string>mail</string>").prints("+\t\t\t<string>Post</string>");
    assert_eq!(before, workspace.tree("dist"));
    workspace.run(&["build"]).clean();
    workspace.run(&["build", "--check"]).clean();
    workspace.remove("profiles/other.yaml");
    workspace.run(&["build", "--check"]).ends(1).prints("--- ios/other.mobileconfig\n+++ /dev/null\n");
    workspace.write("dist/ios/mail.mobileconfig", "edited by hand");
    workspace.run(&["build", "--check"]).ends(1).prints("-edited by hand");
}

#[test]
fn a_profile_with_an_error_keeps_its_artifact() {
    let workspace = two();
    workspace.run(&["build"]).clean();
    let before = workspace.read("dist/ios/mail.mobileconfig");
    workspace.write("profiles/mail.yaml", &mail("mail", "[ios, windows]").replace("mail.contoso.com", "no host"));
    workspace.write("profiles/other.yaml", &mail("other", "[ios]").replace("account_name: other", "account_name: New"));
    workspace.run(&["build"]).ends(1);
    assert_eq!(workspace.read("dist/ios/mail.mobileconfig"), before);
    assert!(workspace.read("dist/ios/other.mobileconfig").contains("<string>New</string>"));
    assert_eq!(workspace.manifest()["complete"], false);
    assert_eq!(workspace.entry("ios/mail.mobileconfig")["stale"], true);
    assert_eq!(workspace.entry("windows/mail.remove.xml")["stale"], true);
    assert_eq!(workspace.entry("ios/other.mobileconfig")["stale"], false);
    workspace.write("profiles/mail.yaml", &mail("mail", "[ios, windows]"));
    workspace.run(&["build"]).clean();
    assert_eq!(workspace.manifest()["complete"], true);
    assert_eq!(workspace.entry("ios/mail.mobileconfig")["stale"], false);
}

#[test]
fn a_broken_profile_withholds_only_what_it_would_embed() {
    let root = "kind: trusted_certificate\nid: root\nname: Root\nplatforms: [ios, macos]\ncertificate: { file: ../root.cer }\n";
    let workspace = Workspace::with(root);
    let authority = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/authority/root.cer");
    std::fs::copy(authority, workspace.path("root.cer")).unwrap();
    workspace.run(&["build"]).clean();
    let before = workspace.read("dist/ios/root.mobileconfig");
    workspace.write("profiles/mail.yaml", &root.replace("name: Root", "name: Root 2"));
    let bad = mail("other", "[ios]").replace("mail.contoso.com", "no host") + "trusted_certificates: [root]\n";
    workspace.write("profiles/other.yaml", &bad);
    workspace.run(&["build"]).ends(1);
    assert!(workspace.read("dist/macos/root.mobileconfig").contains("Root 2"), "the broken profile is for iPhones");
    assert_eq!(workspace.read("dist/ios/root.mobileconfig"), before, "it belongs into the mail profile now");
    assert_eq!(workspace.entry("ios/root.mobileconfig")["stale"], true);
    assert_eq!(workspace.entry("macos/root.mobileconfig")["stale"], false);
}

#[test]
fn a_file_that_cannot_be_read_makes_its_artifacts_stale() {
    let workspace = two();
    workspace.run(&["build"]).clean();
    workspace.write("profiles/mail.yaml", "kind: email\nid: [\n");
    workspace.run(&["build"]).ends(1);
    assert_eq!(workspace.entry("ios/mail.mobileconfig")["stale"], true);
    assert_eq!(workspace.entry("ios/other.mobileconfig")["stale"], false);
    workspace.remove("profiles/mail.yaml");
    workspace.run(&["build", "--target", "ios"]).clean();
    assert_eq!(workspace.entry("ios/mail.mobileconfig")["stale"], true);
}

#[test]
fn all_or_nothing() {
    let workspace = two();
    workspace.run(&["build", "--all-or-nothing"]).clean();
    let before = workspace.tree("dist");
    workspace.write("profiles/mail.yaml", &mail("mail", "[ios]").replace("mail.contoso.com", "no host"));
    workspace.write("profiles/other.yaml", &mail("other", "[ios]").replace("account_name: other", "account_name: New"));
    workspace.run(&["build", "--all-or-nothing"]).ends(1).says("nothing is written");
    assert_eq!(before, workspace.tree("dist"));
    let fresh = Workspace::with("kind: email\n");
    fresh.run(&["build", "--all-or-nothing"]).ends(1);
    assert!(!fresh.path("dist").exists());
    fresh.run(&["build"]).ends(1).says("no artifact was made");
    assert!(!fresh.path("dist").exists());
}

#[test]
fn a_removed_profile_leaves_what_takes_it_away() {
    let workspace = two();
    workspace.run(&["build"]).clean();
    let removal = workspace.read("dist/windows/mail.remove.xml");
    workspace.remove("profiles/mail.yaml");
    for filter in [&["--target", "ios"][..], &["--profile", "other"], &["profiles/other.yaml"]] {
        workspace.run(&[&["build"], filter].concat()).clean().says("0 removed");
        assert!(workspace.path("dist/ios/mail.mobileconfig").exists(), "{filter:?} removes nothing");
    }
    workspace.write("profiles/broken.yaml", "kind: email\n");
    workspace.run(&["build"]).ends(1);
    assert!(workspace.path("dist/ios/mail.mobileconfig").exists(), "an error removes nothing");
    workspace.remove("profiles/broken.yaml");
    workspace.run(&["build"]).clean().says("removed)");
    assert_eq!(workspace.built(), ["ios/other.mobileconfig", "removed/windows/mail.remove.xml"]);
    assert_eq!(workspace.read("dist/removed/windows/mail.remove.xml"), removal);
    let entry = workspace.entry("removed/windows/mail.remove.xml");
    assert_eq!((&entry["removed"], &entry["profile"], &entry["stale"]), (&true.into(), &"mail".into(), &false.into()));
    assert!(!workspace.path("dist/windows").exists());
    workspace.run(&["build"]).clean().says("(0 files changed, 0 removed)");
    workspace.run(&["build", "--check"]).clean();
    workspace.run(&["forget", "nobody"]).ends(2).says("kept are `mail`");
    workspace.run(&["forget", "mail"]).clean();
    assert_eq!(workspace.built(), ["ios/other.mobileconfig"]);
    workspace.run(&["forget", "mail"]).ends(2).says("nothing is kept");
    workspace.run(&["build", "--check"]).clean();
}

#[test]
fn a_profile_that_comes_back_and_goes_again() {
    let workspace = two();
    let profile = workspace.read("profiles/mail.yaml");
    workspace.run(&["build"]).clean();
    workspace.remove("profiles/mail.yaml");
    workspace.run(&["build"]).clean();
    let removal = "removed/windows/mail.remove.xml";
    // Phones that have not taken the removal yet would lose the account.
    workspace.write("profiles/mail.yaml", &profile);
    workspace.run(&["build"]).ends(1).says("E0501").says("payloadc forget mail");
    workspace.write("profiles/mail.yaml", &profile.replace("id: mail\n", "id: mail\ngeneration: 2\n"));
    workspace.run(&["build", "--profile", "mail"]).clean();
    assert!(workspace.path("dist").join(removal).exists(), "a filtered build removes nothing");
    workspace.remove("profiles/mail.yaml");
    workspace.run(&["build"]).clean();
    assert_eq!(workspace.built(), ["ios/other.mobileconfig", removal]);
    workspace.write("profiles/mail.yaml", &profile.replace("id: mail\n", "id: mail\ngeneration: 3\n"));
    workspace.run(&["build"]).clean();
    assert!(!workspace.path("dist/removed").exists());
    assert_eq!(workspace.read("dist/windows/mail.remove.xml").matches("<Delete>").count(), 3, "every generation is taken away");
    workspace.remove("profiles/mail.yaml");
    workspace.run(&["build"]).clean();
    workspace.run(&["forget", "mail"]).clean();
    workspace.write("profiles/mail.yaml", &profile);
    workspace.run(&["build"]).clean();
}

#[test]
fn a_platform_that_goes_leaves_what_takes_it_away() {
    let workspace = two();
    workspace.run(&["build"]).clean();
    workspace.write("profiles/mail.yaml", &mail("mail", "[ios]"));
    workspace.run(&["build"]).clean();
    assert_eq!(workspace.built(), ["ios/mail.mobileconfig", "ios/other.mobileconfig", "removed/windows/mail.remove.xml"]);
}

#[test]
fn the_last_profile_may_go() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    workspace.run(&["build"]).clean();
    workspace.remove("profiles/mail.yaml");
    workspace.run(&["build"]).clean();
    assert!(workspace.built().is_empty());
    assert_eq!(workspace.manifest()["artifacts"], serde_json::json!([]));
}

#[test]
fn foreign_files_stay() {
    let workspace = two();
    workspace.run(&["build"]).clean();
    workspace.write("dist/README", "mine").write("dist/ios/notes.txt", "mine").write("dist/windows/mail.txt", "mine");
    workspace.remove("profiles/mail.yaml");
    workspace.run(&["build"]).clean();
    for path in ["README", "ios/notes.txt", "windows/mail.txt"] {
        assert_eq!(workspace.read(&format!("dist/{path}")), "mine");
    }
}

#[test]
fn the_manifest_has_no_time_and_no_absolute_path() {
    let workspace = two();
    workspace.run(&["build"]).clean();
    let text = workspace.read("dist/manifest.json");
    assert!(!text.contains(workspace.0.path().to_str().unwrap()));
    let manifest = workspace.manifest();
    assert_eq!(manifest["schema"], "payloadc/manifest/1");
    assert_eq!(manifest["complete"], true);
    assert_eq!(manifest["servers"]["ios"], "manual");
    let entry = workspace.entry("windows/mail.install.xml");
    assert_eq!(
        (&entry["role"], &entry["redeliver"], &entry["needs_user_logged_on"]),
        (&"install".into(), &false.into(), &true.into())
    );
    assert_eq!(entry["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn a_manifest_that_is_not_ours_stops_everything() {
    let workspace = two();
    workspace.run(&["build"]).clean();
    workspace.write("dist/manifest.json", "{\"schema\": \"payloadc/manifest/1\", \"newer\": true}");
    let before = workspace.tree("dist");
    workspace.run(&["build"]).ends(2).says("manifest.json");
    workspace.run(&["forget", "mail"]).ends(2);
    assert_eq!(before, workspace.tree("dist"));
}

/// A profile that stays and no longer has nodes for users: what takes those away is kept, until it is made anew.
#[test]
fn a_file_that_leaves_a_profile_leaves_what_takes_it_away() {
    let workspace = two();
    let device = "kind: windows_csp\nid: nodes\nname: Nodes\nplatforms: { windows: 11 }\nsettings:\n- node: ./Device/Vendor/MSFT/Policy/Config/Camera/AllowCamera\n  value: 0\n";
    let both = format!("{device}- node: ./User/Vendor/MSFT/Policy/Config/ADMX_Desktop/Wallpaper\n  value: disabled\n");
    workspace.write("profiles/nodes.yaml", &both);
    workspace.run(&["build"]).clean();
    let removal = workspace.read("dist/windows/nodes.user.remove.xml");
    workspace.write("profiles/nodes.yaml", device);
    for _ in 0..2 {
        workspace.run(&["build"]).clean();
        assert_eq!(workspace.read("dist/removed/windows/nodes.user.remove.xml"), removal);
        assert!(workspace.path("dist/windows/nodes.device.remove.xml").exists());
    }
    workspace.write("profiles/nodes.yaml", &both);
    workspace.run(&["build"]).clean();
    assert!(!workspace.path("dist/removed").exists());
}

#[test]
fn what_a_profile_with_an_error_may_share_is_not_taken_away() {
    let tenant = "./Device/Vendor/MSFT/PassportForWork/4b3a6a2e-1c9f-4c39-b2a7-9a2e3b6f7d10";
    let nodes = |id: &str, leaf: &str, value: &str| {
        format!(
            "kind: windows_csp\nid: {id}\nname: {id}\nplatforms: {{ windows: \">=10.0.19041\" }}\nsettings:\n  - {{ node: \"{tenant}/Policies/{leaf}\", value: {value} }}\n"
        )
    };
    let workspace = Workspace::with(&nodes("one", "UsePassportForWork", "true"));
    workspace.write("profiles/two.yaml", &nodes("two", "RequireSecurityDevice", "true"));
    let deletes = |path: &str| {
        workspace
            .read(path)
            .contains("<LocURI>./Device/Vendor/MSFT/PassportForWork/4b3a6a2e-1c9f-4c39-b2a7-9a2e3b6f7d10</LocURI>")
    };
    workspace.run(&["build"]).clean();
    assert!(!deletes("dist/windows/one.device.remove.xml"));
    workspace.write("profiles/two.yaml", &nodes("two", "RequireSecurityDevice", "perhaps"));
    workspace.run(&["build"]).ends(1);
    assert!(!deletes("dist/windows/one.device.remove.xml"));
    workspace.remove("profiles/two.yaml");
    workspace.run(&["build"]).clean();
    assert!(deletes("dist/windows/one.device.remove.xml"));
}
