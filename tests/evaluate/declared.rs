//! Declarations that were built, and what a device says became of them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::{files_below, payloadc_in};

const WORKSPACE: &str = r#"organization: { name: Contoso, identifier: com.contoso }
directory: { users: users.csv, devices: devices.csv }
"#;

const PROFILE: &str = r#"kind: apple_declaration
id: passcode
name: Passcode
platforms: { ios: ">=17" }
declarations:
  - type: com.apple.configuration.passcode.settings
    payload: { MinimumLength: 8 }
---
kind: deployment
id: passcode-to-phones
name: Passcode to phones
profiles: [passcode]
collection: all-devices
"#;

/// The declarations of a build, as a device reports them.
fn reported(folder: &Path) -> Vec<Value> {
    let files = files_below(&folder.join("dist")).into_iter().filter(|path| path.to_str().unwrap().contains("ios_ddm/passcode"));
    let declared = files.map(|path| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap());
    let item = |declaration: Value| {
        json!({
            "active": true,
            "valid": "valid",
            "identifier": declaration["Identifier"],
            "server-token": declaration["ServerToken"],
        })
    };
    declared.map(item).collect()
}

/// The state after a report, and what was found.
fn state(folder: &Path, items: &[Value]) -> (String, Value) {
    let status = json!({ "StatusItems": {
        "device": { "identifier": { "serial-number": "C02" } },
        "management": { "declarations": { "configurations": items } },
    }});
    fs::write(folder.join("status.json"), status.to_string()).unwrap();
    let run = payloadc_in(folder, &["evaluate", "--reported", "status.json", "--format", "json", "--at", "2026-11-21"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let evaluation: Value = serde_json::from_str(&run.stdout).unwrap();
    let asset = evaluation["deployments"][0]["assets"][0].clone();
    (asset["state"].as_str().unwrap().to_owned(), asset["findings"].clone())
}

#[test]
fn a_declaration_is_judged_by_its_token() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("profiles")).unwrap();
    fs::write(folder.join("payloadc.yaml"), WORKSPACE).unwrap();
    fs::write(folder.join("profiles/passcode.yaml"), PROFILE).unwrap();
    fs::write(folder.join("users.csv"), "id\nalice\n").unwrap();
    fs::write(folder.join("devices.csv"), "id,platform,os_version,owner,serial_number\nphone-1,ios,17.2,alice,C02\n").unwrap();
    let run = payloadc_in(folder, &["build", "--at", "2026-11-21"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let items = reported(folder);
    assert_eq!(items.len(), 2, "a configuration and its activation");
    assert_eq!(state(folder, &items).0, "compliant");
    assert_eq!(state(folder, &[]).0, "unknown", "nothing is said of it");
    let changed = |key: &str, value: Value| {
        let mut items = items.clone();
        items[0][key] = value;
        state(folder, &items)
    };
    assert_eq!(changed("server-token", "older".into()).0, "present");
    assert_eq!(changed("active", false.into()).0, "non_compliant");
    assert_eq!(changed("valid", "unknown".into()).0, "unknown");
    let mut items = items.clone();
    items[0]["valid"] = "invalid".into();
    items[0]["reasons"] = json!([{ "code": "Error.UnknownPayloadKeys" }]);
    let (state, findings) = state(folder, &items);
    assert_eq!((state.as_str(), &findings[0]["reason"]), ("error", &json!("Error.UnknownPayloadKeys")));
}
