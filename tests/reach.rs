//! Everything that Apple's tables have can be written: for each payload and declaration type a profile with what it requires, and one
//! for each further key; what is built reads back as what was written.
//!
//! The profiles are made from the catalog, so that a new release of the vendor's facts is tried as a whole.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reads fixtures and may stop"
)]

#[path = "robust/memory.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod memory;
#[path = "reach/write.rs"]
mod write;

use std::collections::{BTreeMap, BTreeSet};

use memory::compiled;
use payloadc::builtin::CATALOG;
use payloadc::catalog::{KeyType, Payload, Support};
use payloadc::compile::Output;
use payloadc::diagnostic::{Code, Severity};
use plist::Value;
use write::{Case, cases};

const WORKSPACE: &str = "organization: { name: Contoso, identifier: com.contoso }\n\
    server: { ios: jamf_pro, macos: jamf_pro }\n";

/// What was tried.
#[derive(Default)]
struct Tried {
    /// Types, by name.
    types: BTreeSet<&'static str>,
    /// Keys that stand in some artifact, `TYPE: PATH`.
    keys: BTreeSet<String>,
    /// Keys that iOS or macOS has.
    there: BTreeSet<String>,
}

/// All cases of a type on a platform, built in one run.
fn try_all(facts: &'static Payload, platform: &str, declared: bool, tried: &mut Tried) {
    let cases: Vec<Case> = cases(facts, platform, declared);
    let texts: Vec<String> = cases.iter().map(|case| case.text.clone()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let output = compiled(Some(WORKSPACE), &texts, true);
    let said = errors(&output);
    for (at, case) in cases.iter().enumerate() {
        let own = said.get(&format!("profiles/a/b/c/{at}.yaml")).cloned().unwrap_or_default();
        // A key alone may ask for another by a rule: the case of the other writes both, or a list of this test says so.
        let by_rule = |(code, message): &(Code, String)| match code {
            Code::E0424 => true,
            Code::E0423 => !message.ends_with("is refused without it"),
            _ => false,
        };
        if !own.is_empty() && own.iter().all(by_rule) {
            continue;
        }
        assert!(own.is_empty(), "{} {} on {platform}: {own:?}\n{}", facts.full_name(), case.key, case.text);
        let suffix = if declared { ".1.json" } else { ".mobileconfig" };
        let path = format!("{platform}{}/{}{suffix}", if declared { "_ddm" } else { "" }, case.id);
        let artifact = output.artifacts.iter().find(|artifact| artifact.entry.path == path);
        let bytes = &artifact.unwrap_or_else(|| panic!("{path} was not built\n{}", case.text)).bytes;
        same(case, &read(bytes, facts, declared));
        tried.keys.extend(case.paths.iter().map(|path| format!("{}: {path}", facts.full_name())));
    }
}

fn errors(output: &Output) -> BTreeMap<String, Vec<(Code, String)>> {
    let mut found: BTreeMap<String, Vec<(Code, String)>> = BTreeMap::new();
    for diagnostic in output.diagnostics.iter().filter(|diagnostic| diagnostic.code.severity() == Severity::Error) {
        let path = output.sources.get(diagnostic.primary.span.source).unwrap().path.clone();
        found.entry(path).or_default().push((diagnostic.code, diagnostic.message.clone()));
    }
    found
}

/// The payload of the type, as a reader of property lists or of JSON sees it.
fn read(bytes: &[u8], facts: &Payload, declared: bool) -> Value {
    if declared {
        let json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(json["Type"], facts.name);
        return write::from_json(&json["Payload"]);
    }
    let top = Value::from_reader(std::io::Cursor::new(bytes)).unwrap();
    let payloads = top.as_dictionary().unwrap()["PayloadContent"].as_array().unwrap().clone();
    let own = |payload: &Value| payload.as_dictionary().unwrap()["PayloadIdentifier"].as_string().unwrap().ends_with(".subject");
    payloads.into_iter().find(own).unwrap()
}

fn same(case: &Case, found: &Value) {
    let (wanted, found) = (case.tree.as_dictionary().unwrap(), found.as_dictionary().unwrap());
    for (key, value) in wanted {
        let other = found.get(key).unwrap_or_else(|| panic!("`{key}` is not in the artifact of\n{}", case.text));
        assert!(write::equal(value, other), "`{key}` is {other:?}, written as {value:?} in\n{}", case.text);
    }
    let own = |key: &str| wanted.contains_key(key) || key.starts_with("Payload");
    assert!(found.keys().all(|key| own(key)), "{:?} in\n{}", found.keys().collect::<Vec<_>>(), case.text);
}

fn reach(types: impl Iterator<Item = &'static Payload>, declared: bool) -> Tried {
    let mut tried = Tried::default();
    for facts in types {
        for platform in ["ios", "macos"] {
            if !facts.on(platform).is_some_and(Support::there) {
                continue;
            }
            tried.types.insert(facts.name);
            let keys = facts.keys.iter().filter(|key| key.on(platform).is_some_and(Support::there));
            tried.there.extend(keys.map(|key| format!("{}: {}", facts.full_name(), key.path)));
            try_all(facts, platform, declared, &mut tried);
        }
    }
    tried
}

#[test]
fn every_payload_and_every_key_can_be_written() {
    let tried = reach(CATALOG.payloads().filter(|facts| !matches!(facts.name, "*" | "Configuration")), false);
    let missing: Vec<&str> = CATALOG.payload_names().filter(|name| !tried.types.contains(name)).collect();
    assert_eq!(missing, NOWHERE, "types that neither iOS nor macOS has");
    assert!(tried.there.len() > 1_900, "{} keys", tried.there.len());
    let missed: Vec<&String> = tried.there.difference(&tried.keys).collect();
    assert!(missed.is_empty(), "keys that no profile of this test could write: {missed:?}");
}

/// The vendor counts the members of some lists on the member, where nothing reads it: the overlay has put every such number right.
#[test]
fn numbers_of_members_stand_on_lists() {
    let all = CATALOG.payloads().chain(CATALOG.declarations());
    let counted: Vec<_> = all
        .flat_map(|facts| facts.keys.iter().filter(|key| key.repetition.is_some()).map(move |key| (facts.name, key)))
        .collect();
    assert!(counted.len() >= 6, "{} lists", counted.len());
    for (name, key) in counted {
        assert_eq!(key.ty, KeyType::Array, "{name}: {}", key.path);
    }
}

/// Payload types of tvOS alone, which payloadc does not serve, and one for which Apple names no system.
const NOWHERE: [&str; 3] = ["com.apple.airplay.security", "com.apple.conferenceroomdisplay", "com.apple.security.wapi-identity"];

#[test]
fn every_declaration_and_every_key_can_be_written() {
    let tried = reach(CATALOG.declarations().filter(|facts| !facts.credential && facts.name != "*"), true);
    let missing: Vec<&str> = CATALOG.declaration_names().filter(|name| !tried.types.contains(name)).collect();
    assert!(missing.is_empty(), "types that neither iOS nor macOS has: {missing:?}");
    assert!(tried.there.len() > 250, "{} keys", tried.there.len());
    let missed: Vec<&String> = tried.there.difference(&tried.keys).collect();
    assert!(missed.is_empty(), "keys that no profile of this test could write: {missed:?}");
}
