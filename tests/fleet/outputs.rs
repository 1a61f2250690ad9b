//! `fixtures/fleet`: what its plan says, what is built, and what single people get.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::common::{files_below, payloadc, update};

const DAY: [&str; 2] = ["--at", "2026-11-21"];

fn expected(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fleet/expected").join(name);
    if update() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, committed, "{name} is otherwise now (UPDATE=1 cargo test --test fleet rewrites)");
}

#[test]
fn plan_explain_and_collections_are_as_committed() {
    for (name, arguments) in [
        ("plan.txt", ["deploy", "plan", "fixtures/fleet"].as_slice()),
        ("plan.json", &["deploy", "plan", "fixtures/fleet", "--format", "json"]),
        ("alice.txt", &["deploy", "explain", "ALICE@contoso.com", "fixtures/fleet"]),
        ("alice.json", &["deploy", "explain", "alice", "fixtures/fleet", "--format", "json"]),
        ("frank.txt", &["deploy", "explain", "frank", "fixtures/fleet"]),
        ("phone-3.txt", &["deploy", "explain", "phone-3", "fixtures/fleet"]),
        ("collections.txt", &["collection", "list", "fixtures/fleet"]),
        ("field-staff.json", &["collection", "show", "field-staff", "fixtures/fleet", "--format", "json"]),
    ] {
        let run = payloadc(&[arguments, &DAY].concat());
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        expected(name, &run.stdout);
    }
    let run = payloadc(&["deploy", "explain", "nobody", "fixtures/fleet"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
    let run = payloadc(&["collection", "show", "field-stuff", "fixtures/fleet"]);
    assert!(run.code == 2 && run.stderr.contains("`field-staff` is near"), "{}", run.stderr);
}

/// All text files of a folder, by path, with their contents.
fn listing(folder: &Path, of: &str) -> Vec<(String, String)> {
    let files = files_below(folder).into_iter().filter(|path| !path.components().any(|part| part.as_os_str() == ".payloadc"));
    let relative = files.map(|path| (path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/"), path));
    relative.filter(|(name, _)| name.starts_with(of)).map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn a_build_says_who_gets_what() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let build = || payloadc(&[&["build", "fixtures/fleet", "--out", out, "--allow-secrets-in-git"], &DAY[..]].concat());
    let run = build();
    assert_eq!(run.code, 0, "{}", run.stderr);
    for (name, text) in listing(folder.path(), "") {
        // What holds a secret is no golden file; the mail profiles are the point.
        if name.starts_with("deployments/") || name == "manifest.json" || name.contains("mail") {
            expected(&format!("dist/{name}"), &text);
        }
    }
    let manifest = fs::read(folder.path().join("manifest.json")).unwrap();
    assert_eq!(build().code, 0);
    assert_eq!(manifest, fs::read(folder.path().join("manifest.json")).unwrap(), "the same input, the same bytes");
}

#[test]
fn files_of_deployments_fit_their_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_slice(&fs::read(root.join("schemas/editor/deployed.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let files = files_below(&root.join("fixtures/fleet/expected/dist/deployments"));
    assert!(files.len() >= 4);
    for path in files {
        let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", path.display());
        file["audiences"][0]["profiles"][0]["state"] = "lost".into();
        assert!(!validator.is_valid(&file), "{}", path.display());
    }
}

#[test]
fn a_variant_is_the_same_object() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fleet/expected/dist");
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let artifacts = manifest["artifacts"].as_array().unwrap();
    let mut variants = 0;
    for variant in artifacts.iter().filter(|artifact| artifact["variant"].is_string()) {
        let whole = artifacts.iter().find(|other| {
            other["variant"].is_null() && ["profile", "target", "role"].iter().all(|word| other[*word] == variant[*word])
        });
        assert_eq!(whole.unwrap()["identities"], variant["identities"]);
        assert_ne!(whole.unwrap()["sha256"], variant["sha256"]);
        variants += 1;
    }
    assert!(variants >= 2);
}

/// A deployment that is gone takes its file with it; one with an error keeps it.
#[test]
fn files_of_deployments_come_and_go() {
    let workspace = tempfile::tempdir().unwrap();
    let at = |path: &str| workspace.path().join(path);
    fs::create_dir_all(at("profiles")).unwrap();
    fs::write(at("payloadc.yaml"), "organization: { name: Contoso, identifier: com.contoso }\nserver: { ios: workspace_one }\n")
        .unwrap();
    let mail = "kind: email\nid: mail\nname: Mail\nplatforms: [ios]\nhost: mail.contoso.com\naccount_name: Mail\nemail_address: primary_smtp_address\n";
    fs::write(at("profiles/mail.yaml"), mail).unwrap();
    let deployment =
        |profile: &str| format!("kind: deployment\nid: all\nname: All\nprofiles: [{profile}]\ncollection: all-users\n");
    let build = || payloadc(&["build", workspace.path().to_str().unwrap()]).code;
    fs::write(at("profiles/all.yaml"), deployment("mail")).unwrap();
    assert_eq!(build(), 0);
    let file: Value = serde_json::from_slice(&fs::read(at("dist/deployments/all.json")).unwrap()).unwrap();
    // Without a directory nobody is counted.
    assert!(file["audiences"].is_null() && file["collection"]["count"].is_null());
    assert_eq!(file["artifacts"]["mail"]["ios"][0], "ios/mail.mobileconfig");
    fs::write(at("profiles/all.yaml"), deployment("mial")).unwrap();
    assert_eq!(build(), 1);
    assert!(at("dist/deployments/all.json").is_file());
    fs::remove_file(at("profiles/all.yaml")).unwrap();
    assert_eq!(build(), 0);
    assert!(!at("dist/deployments/all.json").exists());
    assert!(!fs::read_to_string(at("dist/manifest.json")).unwrap().contains("deployments"));
}

const PERSONAL: &str = "kind: email
id: mail
name: Mail
platforms: [ios, windows]
host: mail.contoso.com
account_name: \"{{ user.display_name }}\"
email_address: primary_smtp_address
---
kind: pkcs12_certificate
id: key
name: Key
platforms: [ios]
certificate: { file: \"../keys/{{ user.sam_account_name | lower }}.p12\" }
password: { secret: file:../keys/password.txt }
---
kind: scep_certificate
id: identity
name: Identity
platforms: [windows]
urls: [\"https://ndes.contoso.com/\"]
challenge: { secret: file:../keys/password.txt }
subject: \"CN={{ user.display_name }},O=Contoso\"
key_usage: [digital_signature]
extended_key_usage: [client_authentication]
root_ca: root
---
kind: trusted_certificate
id: root
name: Root
platforms: [windows]
certificate: { file: ../keys/root.cer }
---
kind: deployment
id: all
name: All
profiles: [mail, key, identity]
collection: all-users
with_dependencies: true
";

/// A workspace for single people; `users` are the lines below the header.
fn personal(users: &str) -> tempfile::TempDir {
    let workspace = tempfile::tempdir().unwrap();
    let at = |path: &str| workspace.path().join(path);
    for folder in ["profiles", "keys"] {
        fs::create_dir(at(folder)).unwrap();
    }
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/authority");
    for (from, to) in
        [("alice.p12", "alice.p12"), ("alice.p12", "bob.p12"), ("p12-password.txt", "password.txt"), ("root.cer", "root.cer")]
    {
        fs::copy(authority.join(from), at("keys").join(to)).unwrap();
    }
    let text = "organization: { name: Contoso, identifier: com.contoso }\nserver: manual\ndirectory: users.csv\n";
    fs::write(at("payloadc.yaml"), text).unwrap();
    fs::write(at("users.csv"), format!("id,userPrincipalName,mail,sAMAccountName,displayName\n{users}")).unwrap();
    fs::write(at("profiles/all.yaml"), PERSONAL).unwrap();
    workspace
}

fn build_people(workspace: &Path, more: &[&str]) -> crate::common::Run {
    payloadc(&[&["build", workspace.to_str().unwrap(), "--per-user", "--allow-secrets-in-git"], &DAY[..], more].concat())
}

/// The text that a plist's key has, entities resolved by another library.
fn plist_text(bytes: &[u8], key: &str) -> String {
    let value = plist::Value::from_reader_xml(bytes).unwrap();
    let payload = &value.as_dictionary().unwrap()["PayloadContent"].as_array().unwrap()[0];
    payload.as_dictionary().unwrap()[key].as_string().unwrap().to_owned()
}

/// What stands in the `Data` of the item with this `LocURI`, entities resolved.
fn syncml_text(text: &str, ends: &str) -> String {
    let item = text.split("<Item>").find(|item| item.contains(&format!("{ends}</LocURI>"))).unwrap();
    let data = item.split("<Data>").nth(1).unwrap().split("</Data>").next().unwrap();
    quick_xml::escape::unescape(data).unwrap().into_owned()
}

#[test]
fn values_of_people_arrive_code_point_for_code_point() {
    let name = "R&D <\"x\">, ]]> ü😀 {{ user.id }} $X";
    let workspace = personal(&format!("A/1,alice@contoso.com,alice@contoso.com,ALICE,\"{}\"\n", name.replace('"', "\"\"")));
    let run = build_people(workspace.path(), &[]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let read = |path: &str| fs::read(workspace.path().join("dist/users/a%2f1").join(path)).unwrap();
    assert_eq!(plist_text(&read("ios/mail.mobileconfig"), "PayloadDisplayName"), name);
    assert_eq!(plist_text(&read("ios/mail.mobileconfig"), "EmailAddress"), "alice@contoso.com");
    let text = String::from_utf8(read("windows/mail.install.xml")).unwrap();
    assert_eq!(syncml_text(&text, "/AccountName"), name);
    // Inside a distinguished name its own quoting comes first, then that of XML.
    let text = String::from_utf8(read("windows/identity.install.xml")).unwrap();
    assert!(syncml_text(&text, "/SubjectName").contains(&format!("CN=\"{}\"", name.replace('"', "\"\""))), "{text}");
    assert!(!read("ios/key.mobileconfig").is_empty());
}

#[test]
fn people_come_and_go_and_the_rest_is_untouched() {
    let both = "alice,alice@contoso.com,alice@contoso.com,ALICE,Alice\nbob,bob@contoso.com,bob@contoso.com,bob,Bob\n";
    let workspace = personal(both);
    let at = |path: &str| workspace.path().join("dist").join(path);
    assert_eq!(build_people(workspace.path(), &["--user", "BOB@contoso.com"]).code, 0);
    assert!(at("users/bob/manifest.json").is_file() && !at("users/alice").exists());
    assert_eq!(build_people(workspace.path(), &[]).code, 0);
    assert!(at("users/alice/ios/mail.mobileconfig").is_file());
    fs::create_dir(at("users/notes")).unwrap();
    fs::write(at("users/notes/readme.txt"), "mine").unwrap();
    let csv = fs::read_to_string(workspace.path().join("users.csv")).unwrap();
    fs::write(workspace.path().join("users.csv"), csv.replace("bob,bob@contoso.com,bob@contoso.com,bob,Bob\n", "")).unwrap();
    let run = build_people(workspace.path(), &[]);
    assert!(run.code == 0 && run.stderr.contains("1 user removed"), "{}", run.stderr);
    assert!(!at("users/bob").exists() && at("users/notes/readme.txt").is_file());
    let run = build_people(workspace.path(), &["--user", "nobody"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let other = workspace.path().join("other");
    let run = build_people(workspace.path(), &["--user", "nobody", "--out", other.to_str().unwrap()]);
    assert!(run.code == 2 && !other.exists(), "{}", run.stderr);
}

/// Whoever lacks something gets what does not need it; the others get all, and it is said once.
#[test]
fn one_person_s_gap_is_nobody_else_s() {
    let users = "alice,alice@contoso.com,alice@contoso.com,ALICE,Alice\nbob,bob@contoso.com,,bob,Bob\ncarl,carl@contoso.com,carl@contoso.com,../alice,Carl\n";
    let workspace = personal(users);
    let run = build_people(workspace.path(), &[]);
    assert_eq!(run.code, 1);
    assert_eq!(
        run.stderr.matches("error[E0911]: `user.primary_smtp_address` is missing for 1 user").count(),
        1,
        "{}",
        run.stderr
    );
    assert_eq!(run.stderr.matches("lead into another folder").count(), 1, "{}", run.stderr);
    let has = |path: &str| workspace.path().join("dist/users").join(path).is_file();
    assert!(has("alice/ios/mail.mobileconfig") && has("bob/ios/key.mobileconfig"));
    assert!(!has("bob/ios/mail.mobileconfig") && !has("carl/ios/key.mobileconfig") && has("carl/ios/mail.mobileconfig"));
    let run = build_people(workspace.path(), &["--all-or-nothing", "--out", workspace.path().join("other").to_str().unwrap()]);
    assert!(run.code == 1 && !workspace.path().join("other/users").exists(), "{}", run.stderr);
}
