//! `payloadc schema`: JSON Schema for editors and for programs that read what payloadc writes.

use crate::builtin::SCHEMAS;
use crate::check::{list, nearest};
use crate::reference::editor::{fleet_schema, kind_schema, profile_schema, workspace_schema};

const MANIFEST: &str = include_str!("../../schemas/editor/manifest.schema.json");
const DEPLOYED: &str = include_str!("../../schemas/editor/deployed.schema.json");
const REPORTED: &str = include_str!("../../schemas/editor/reported.schema.json");
const EVALUATION: &str = include_str!("../../schemas/editor/evaluation.schema.json");
const DIAGNOSTIC: &str = include_str!("../../schemas/editor/diagnostic.schema.json");

/// The schema of a kind, of `workspace`, `manifest`, `deployed`, `reported`, `evaluation` or `diagnostic`; of all kinds when nothing is named.
///
/// # Errors
/// There is no such schema.
pub fn run(name: Option<&str>) -> Result<String, String> {
    let schema = match name {
        None => profile_schema(&SCHEMAS),
        Some("workspace") => workspace_schema(&SCHEMAS),
        Some("manifest") => return Ok(MANIFEST.to_owned()),
        Some("deployed") => return Ok(DEPLOYED.to_owned()),
        Some("reported") => return Ok(REPORTED.to_owned()),
        Some("evaluation") => return Ok(EVALUATION.to_owned()),
        Some("diagnostic") => return Ok(DIAGNOSTIC.to_owned()),
        Some(name) => match (SCHEMAS.kind(name), SCHEMAS.fleet_kind(name)) {
            (Some(kind), _) => kind_schema(&SCHEMAS, kind),
            (None, Some(kind)) => fleet_schema(&SCHEMAS, kind),
            (None, None) => return Err(unknown(name)),
        },
    };
    serde_json::to_string_pretty(&schema).map(|text| text + "\n").map_err(|error| error.to_string())
}

fn unknown(name: &str) -> String {
    let fleet = || SCHEMAS.fleet.iter().map(|kind| kind.name);
    let known = || {
        SCHEMAS.kinds.iter().map(|kind| kind.name).chain(fleet()).chain([
            "workspace",
            "manifest",
            "deployed",
            "reported",
            "evaluation",
            "diagnostic",
        ])
    };
    match nearest(name, known()) {
        Some(near) => format!("no schema is called `{name}`; `{near}` is near"),
        None => format!("no schema is called `{name}`; known are {}", list(known())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::manifest::{Deployment, Entry, Left, Manifest, SCHEMA};

    fn manifest() -> Manifest {
        let left = || vec![Left { field: "smime.signing_certificate".into(), reason: "no node".into() }];
        let entry = Entry {
            path: "windows/mail.install.xml".into(),
            profile: "mail".into(),
            kind: "email".into(),
            variant: Some("8952c714".into()),
            platform: "windows".into(),
            target: "windows".into(),
            role: "install".into(),
            sha256: Some("0".repeat(64)),
            identities: vec!["3F2504E0-4F89-11D3-9A0C-0305E82C3301".into()],
            generation: 1,
            order: 2,
            after: vec!["windows/root.install.xml".into()],
            needs_user_logged_on: true,
            redeliver: false,
            contains_secret: false,
            stale: false,
            removed: true,
            not_applicable: left(),
            skipped: left(),
            approximated: left(),
            unverified: left(),
            notes: vec!["a note".into()],
            fixed: BTreeMap::from([("mail".into(), "0".repeat(64))]),
        };
        let secret = Entry { sha256: None, contains_secret: true, removed: false, fixed: BTreeMap::new(), ..entry.clone() };
        Manifest {
            schema: SCHEMA.into(),
            complete: true,
            servers: BTreeMap::from([("windows".into(), "fleet".into())]),
            catalog: BTreeMap::from([("apple".into(), "iOS 18.3".into())]),
            artifacts: vec![entry, secret],
            deployments: vec![Deployment {
                path: "deployments/mail.json".into(),
                deployment: "mail".into(),
                sha256: "0".repeat(64),
                stale: true,
            }],
        }
    }

    #[test]
    fn every_schema_is_draft_07_and_ends_in_a_line_break() {
        let names = SCHEMAS.kinds.iter().map(|kind| Some(kind.name)).chain([
            None,
            Some("workspace"),
            Some("manifest"),
            Some("deployed"),
            Some("reported"),
            Some("evaluation"),
            Some("collection"),
            Some("deployment"),
            Some("diagnostic"),
        ]);
        for name in names {
            let text = run(name).unwrap();
            let schema: Value = serde_json::from_str(&text).unwrap();
            assert!(text.ends_with("}\n") && schema["$schema"] == "http://json-schema.org/draft-07/schema#", "{name:?}");
            assert!(jsonschema::draft7::meta::validate(&schema).is_ok(), "{name:?}");
        }
        assert_eq!(run(Some("workspac")).unwrap_err(), "no schema is called `workspac`; `workspace` is near");
    }

    #[test]
    fn the_manifest_is_as_its_schema_says() {
        let validator = jsonschema::draft7::new(&serde_json::from_str(MANIFEST).unwrap()).unwrap();
        let right: Value = serde_json::from_slice(&manifest().bytes().unwrap()).unwrap();
        assert_eq!(validator.iter_errors(&right).map(|error| error.to_string()).collect::<Vec<_>>(), [""; 0]);
        for (pointer, wrong) in [
            ("/schema", json!("payloadc/manifest/2")),
            ("/artifacts/0/role", json!("delete")),
            ("/artifacts/0/sha256", json!("abc")),
            ("/artifacts/0/path", json!("/etc/passwd")),
            ("/artifacts/0/generation", json!(0)),
            ("/artifacts/0/skipped/0", json!({ "field": "host" })),
            ("/artifacts/0/fixed", json!({ "mail": 1 })),
        ] {
            let mut value = right.clone();
            *value.pointer_mut(pointer).unwrap() = wrong;
            assert!(!validator.is_valid(&value), "{pointer}");
        }
        // Every field of the structs is in the schema, and no other.
        for (pointer, fields) in [("", "/properties"), ("/artifacts/0", "/definitions/artifact/properties")] {
            let schema: Value = serde_json::from_str(MANIFEST).unwrap();
            let known: Vec<&String> = schema.pointer(fields).unwrap().as_object().unwrap().keys().collect();
            assert_eq!(known, right.pointer(pointer).unwrap().as_object().unwrap().keys().collect::<Vec<_>>());
        }
    }
}
