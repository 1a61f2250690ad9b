//! Who gets what, where something has an error: what cannot be known stays as it was, and is said.

use super::workspace::{Workspace, mail, request};

/// `first` for all users, `second` for Alice alone; the two differ.
fn two() -> Workspace {
    let workspace = Workspace::new();
    let organization = "organization: { name: Contoso, identifier: com.contoso }\n";
    workspace.write("payloadc.yaml", &format!("{organization}server: fleet\ndirectory: {{ users: users.csv }}\n"));
    workspace.write(
        "users.csv",
        "id,user_principal_name,mail\nalice,alice@contoso.com,alice@contoso.com\nbob,bob@contoso.com,bob@contoso.com\n",
    );
    workspace.write("profiles/first.yaml", &own("first", "first.contoso.com"));
    workspace.write("profiles/second.yaml", &own("second", "second.contoso.com"));
    workspace.write(
        "profiles/who.yaml",
        "kind: deployment\nid: to-all\nname: All\ncollection: all-users\nprofiles: [first]\n---\n\
         kind: collection\nid: only-alice\nname: Alice\nof: users\nmembers: [alice]\n",
    );
    workspace.write("profiles/to-alice.yaml", TO_ALICE);
    workspace
}

const TO_ALICE: &str = "kind: deployment\nid: to-alice\nname: Alice\ncollection: only-alice\nprofiles: [second]\n";

/// A mail profile with each user's own address.
fn own(id: &str, host: &str) -> String {
    let text = mail(id, "[ios]").replace("mail.contoso.com", host);
    text.replace(&format!("account_name: {id}"), "account_name: Work")
        .replace("user_name: { literal: alice@contoso.com }", "user_name: user_principal_name")
        .replace("email_address: { literal: alice@contoso.com }", "email_address: primary_smtp_address")
}

fn stale(workspace: &Workspace) -> Vec<String> {
    let manifest = workspace.manifest();
    let deployments = manifest["deployments"].as_array().unwrap();
    let stale = deployments.iter().filter(|entry| entry["stale"] == true);
    stale.map(|entry| entry["deployment"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_rival_with_an_error_is_no_rival_that_is_gone() {
    let workspace = two();
    workspace.run(&["build"]).clean().says("W0913");
    assert!(stale(&workspace).is_empty());
    let before = workspace.read("dist/deployments/to-all.json");
    for (path, broken) in [
        ("profiles/second.yaml", own("second", "no host")),
        ("profiles/second.yaml", "kind: email\nid: [\n".to_owned()),
        ("profiles/second.yaml", own("second", "second.contoso.com").replace("id: second\n", "")),
        ("profiles/to-alice.yaml", TO_ALICE.replace("only-alice", "nobody")),
        ("profiles/to-alice.yaml", TO_ALICE.replace("id: to-alice\n", "")),
        ("profiles/to-alice.yaml", TO_ALICE.replace("kind: deployment", "kind: deploy")),
    ] {
        let sound = workspace.read(path);
        workspace.write(path, &broken);
        workspace.run(&["build"]).ends(1);
        assert_eq!(stale(&workspace), ["to-alice", "to-all"], "{broken}");
        assert_eq!(workspace.read("dist/deployments/to-all.json"), before, "{broken}");
        workspace.run(&["deploy", "explain", "alice"]).ends(1).prints("incomplete: ");
        workspace.run(&["deploy", "plan"]).ends(1).prints("incomplete: ");
        workspace.write(path, &sound);
        workspace.run(&["build"]).clean();
        assert!(stale(&workspace).is_empty());
    }
}

#[test]
fn who_is_not_reached_by_the_error_has_the_whole_answer() {
    let workspace = two();
    workspace.write("profiles/second.yaml", &own("second", "no host"));
    let run = workspace.run(&["deploy", "explain", "bob"]).ends(1);
    assert!(!run.stdout.contains("incomplete"), "{}", run.stdout);
    let run = workspace.run(&["deploy", "explain", "alice", "--format", "json"]).ends(1);
    assert!(run.stdout.contains("\"unknown\": [\n    \"deployment `to-alice`\"\n  ]"), "{}", run.stdout);
}

#[test]
fn a_person_whom_an_error_would_reach_keeps_what_they_had() {
    let workspace = two();
    workspace.write("profiles/second.yaml", &own("second", "first.contoso.com"));
    workspace.run(&["build", "--per-user"]).clean().says("3 artifacts for 2 users");
    let before = workspace.tree("dist/users/alice");
    workspace.write("profiles/second.yaml", &own("second", "no host"));
    workspace.run(&["build", "--per-user"]).ends(1).says("1 artifact for 1 user in");
    assert_eq!(workspace.tree("dist/users/alice"), before);
}

#[test]
fn a_workspace_for_single_people_is_checked_as_one() {
    let workspace = two();
    let organization = "organization: { name: Contoso, identifier: com.contoso }\n";
    // Nobody but the directory knows the name.
    workspace.write("payloadc.yaml", &format!("{organization}server: jamf_pro\ndirectory: {{ users: users.csv }}\n"));
    workspace.run(&["check"]).ends(1).says("E0406");
    workspace.run(&["check", "--per-user"]).clean().says("W0913");
    workspace.run(&["deploy", "plan"]).ends(1);
    workspace.run(&["deploy", "plan", "--per-user"]).clean().prints("1 user gets first, second");
    assert!(!workspace.path("dist").exists());
    workspace.write("users.csv", "id,user_principal_name,mail\nalice,alice@contoso.com,\nbob,,bob@contoso.com\n");
    workspace.run(&["check", "--per-user"]).ends(1).says("E0911");
}

#[test]
fn a_collection_that_cannot_be_resolved_is_not_empty() {
    let workspace = two();
    workspace.write(
        "users.csv",
        "id,user_principal_name,mail,country\nalice,alice@contoso.com,a@contoso.com,DE\nbob,bob@contoso.com,b@contoso.com,FR\n",
    );
    let asked = |country: &str| {
        format!(
            "kind: deployment\nid: to-all\nname: All\ncollection: staff\nprofiles: [first]\n---\n\
             kind: collection\nid: staff\nname: Staff\nof: users\ninclude: [all-users]\nexclude: [contractors]\n---\n\
             kind: collection\nid: contractors\nname: Contractors\nof: users\n{country}\n---\n\
             kind: collection\nid: only-alice\nname: Alice\nof: users\nmembers: [alice]\n"
        )
    };
    workspace.write("profiles/who.yaml", &asked("where: user.country == \"DE\""));
    workspace.run(&["build", "--per-user"]).clean();
    assert!(!workspace.path("dist/users/alice/ios/first.mobileconfig").exists());
    for wrong in ["where: user.countri == \"DE\"", "members: [alica]"] {
        workspace.write("profiles/who.yaml", &asked(wrong));
        workspace.run(&["build", "--per-user"]).ends(1);
        assert!(!workspace.path("dist/users/alice/ios/first.mobileconfig").exists(), "{wrong}");
        workspace.run(&["deploy", "plan"]).ends(1).prints("incomplete: ");
        workspace.run(&["collection", "show", "staff"]).ends(2).says("staff");
    }
}

#[test]
fn a_deployment_is_blamed_for_its_own_people() {
    let workspace = two();
    workspace.write(
        "payloadc.yaml",
        "organization: { name: Contoso, identifier: com.contoso }\nserver: generic\ndirectory: { users: users.csv }\n",
    );
    workspace.write("profiles/first.yaml", &request("{ secret: env:SCEP }", "[windows]"));
    workspace.write(
        "profiles/who.yaml",
        "kind: deployment\nid: a-sound\nname: A\ncollection: only-alice\nprofiles: [identity]\nwith_dependencies: true\n---\n\
         kind: deployment\nid: b-lacks\nname: B\ncollection: only-bob\nprofiles: [identity]\n---\n\
         kind: collection\nid: only-alice\nname: Alice\nof: users\nmembers: [alice]\n---\n\
         kind: collection\nid: only-bob\nname: Bob\nof: users\nmembers: [bob]\n",
    );
    workspace.remove("profiles/second.yaml");
    workspace.remove("profiles/to-alice.yaml");
    workspace
        .run_with(&["build", "--allow-secrets-in-git"], &[("SCEP", "abc")])
        .ends(1)
        .says("profiles/who.yaml:12:")
        .says("E0909");
    assert!(
        workspace.path("dist/deployments/a-sound.json").exists() && !workspace.path("dist/deployments/b-lacks.json").exists()
    );
}

#[test]
fn a_rule_for_the_compiler_is_no_setting_that_is_sent() {
    let workspace = two();
    workspace.write(
        "profiles/second.yaml",
        "kind: apple_payload\nid: second\nname: Dock\nplatforms: [macos]\nunknown: warn\npayloads: [{ type: com.apple.dock, keys: { tilesize: 48 } }]\n",
    );
    for command in [&["deploy", "plan"][..], &["deploy", "explain", "alice"]] {
        let run = workspace.run(&[command, &["--format", "json"]].concat()).clean();
        assert!(run.stdout.contains("com.apple.dock") && !run.stdout.contains("\"unknown\": \"warn\""), "{}", run.stdout);
    }
}

fn dock(id: &str, keys: &str) -> String {
    format!(
        "kind: apple_payload\nid: {id}\nname: {id}\nplatforms: {{ macos: \">=13\" }}\nscope: user\npayloads:\n  - {{ type: com.apple.dock, keys: {{ {keys} }} }}\n"
    )
}

#[test]
fn what_a_stale_deployment_names_stays_as_well() {
    let workspace = two();
    let who = workspace.read("profiles/who.yaml");
    workspace.write("profiles/first.yaml", &dock("first", "tilesize: 64"));
    workspace.write("profiles/second.yaml", &dock("second", "tilesize: 64"));
    workspace.write("profiles/other.yaml", &mail("other", "[ios]"));
    workspace.run(&["build"]).clean();
    workspace.write("profiles/first.yaml", &dock("first", "tilesize: 50"));
    workspace.write("profiles/second.yaml", &dock("second", "tilesize: none"));
    workspace.write("profiles/other.yaml", &mail("other", "[ios]").replace("account_name: other", "account_name: New"));
    workspace.run(&["build"]).ends(1);
    assert!(workspace.read("dist/macos/first.mobileconfig").contains("<integer>64</integer>"));
    assert_eq!(workspace.entry("macos/first.mobileconfig")["stale"], true);
    // What is deployed to nobody has no rivals.
    assert!(workspace.read("dist/ios/other.mobileconfig").contains("<string>New</string>"));
    assert_eq!(workspace.read("profiles/who.yaml"), who);
}

#[test]
fn keys_conflict_where_a_device_holds_one_of_them() {
    let workspace = two();
    let ios = |id: &str, scope: &str, url: &str| {
        format!(
            "kind: apple_payload\nid: {id}\nname: {id}\nplatforms: {{ ios: \">=17\" }}\nscope: {scope}\npayloads:\n  - type: com.apple.proxy.http.global\n    keys: {{ ProxyType: Auto, ProxyPACURL: \"{url}\" }}\n"
        )
    };
    // iPhones know no scopes; a place that stands twice in a profile is compared whole.
    let twice = |id: &str, values: [&str; 2]| {
        let payloads = values.map(|value| format!("  - {{ type: com.example.app, keys: {{ Server: {value} }} }}\n")).concat();
        format!("kind: apple_payload\nid: {id}\nname: {id}\nplatforms: {{ macos: \">=13\" }}\nscope: user\npayloads:\n{payloads}")
    };
    let xsan = |id: &str, secret: &str| {
        format!(
            "kind: apple_payload\nid: {id}\nname: {id}\nplatforms: {{ macos: \">=13\" }}\npayloads:\n  - type: com.apple.xsan\n    keys: {{ sanName: Contoso, sanConfigURLs: [\"ldaps://od.contoso.com\"], sanAuthMethod: auth_secret, sharedSecret: {{ token: \"{secret}\" }} }}\n"
        )
    };
    let devices = "kind: deployment\nid: to-all\nname: All\ncollection: all-devices\nprofiles: [first]\n---\n\
                   kind: deployment\nid: again\nname: All\ncollection: all-devices\nprofiles: [second]\n";
    workspace.remove("profiles/to-alice.yaml");
    workspace.write("devices.csv", "id,platform,os_version,owner\nphone,ios,18.0,alice\nmac,macos,15.0,alice\n");
    workspace.write(
        "payloadc.yaml",
        "organization: { name: Contoso, identifier: com.contoso }\nserver: fleet\ndirectory: { users: users.csv, devices: devices.csv }\n",
    );
    for (first, second, says) in [
        (ios("first", "device", "http://a.contoso.com/a.pac"), ios("second", "user", "http://b.contoso.com/b.pac"), "W0912"),
        (twice("first", ["one", "two"]), twice("second", ["two", "two"]), "W0912"),
        (xsan("first", "$FLEET_VAR_A"), xsan("second", "$FLEET_VAR_B"), "W0913"),
    ] {
        workspace.write("profiles/who.yaml", devices);
        workspace.write("profiles/first.yaml", &first);
        workspace.write("profiles/second.yaml", &second);
        workspace.run(&["check"]).says(says);
    }
}
