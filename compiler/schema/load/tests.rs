//! The loader refuses what it does not know, at its place: one that ignores a word loses settings silently.

#![allow(clippy::disallowed_methods, reason = "the tests read the committed files")]

use std::path::Path;

use super::{Files, emit, load};

/// The committed files.
fn committed() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut files = Files::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "tsv") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

/// What the loader says of the committed files with one change in one of them.
fn mistake(path: &str, from: &str, to: &str) -> String {
    let mut files = committed();
    let text = files.get_mut(path).unwrap();
    assert!(text.contains(from), "{path} holds `{from}`");
    *text = text.replacen(from, to, 1);
    load(&files).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_committed_files_load() {
    let (schemas, vendor, catalog) = load(&committed()).unwrap_or_else(|mistake| panic!("{mistake}"));
    assert!(schemas.kinds.len() >= 4 && catalog.payload_names().count() > 100 && catalog.roots().count() > 100);
    assert_eq!(
        emit::statics(&schemas, &vendor),
        include_str!(concat!(env!("OUT_DIR"), "/schemas.rs")),
        "what is built in is what is committed"
    );
}

#[test]
fn mistakes_are_refused_where_they_stand() {
    let table = "targets/ios/email.yaml";
    let row = "  host: { at: Host }\n";
    let cases = [
        (table, row, "", "host"),
        (table, row, "  host: { at: Host }\n  host: { at: Host }\n", "email.yaml:8:3"),
        (table, row, "  hots: { at: Host }\n", "hots"),
        (table, "{ at: Host }", "{ ta: Host }", "ta"),
        (table, "{ at: Host }", "{ at: Host, as: upside_down }", "upside_down"),
        (table, "2_weeks: 14, ", "", "2_weeks"),
        (table, "2_weeks: 14", "3_weeks: 14", "3_weeks"),
        (table, "{ ios: \">=10.3\" }", "{ ios: \">=ten\" }", "ten"),
        (table, "source: https", "sauce: https", "`source` is missing"),
        ("kinds/email.yaml", "kind: email", "kind: mail", "mail"),
        ("kinds/email.yaml", "type: choice", "type: choise", "choise"),
        ("servers/fleet.yaml", "resends: changed", "resends: maybe", "maybe"),
        ("platforms.yaml", "oldest_supported:", "oldest:", "`oldest_supported` is missing"),
        ("vendor/apple/payloads.tsv", "\tboolean\t", "\tbool\t", "bool"),
        ("vendor/windows/nodes.tsv", "\tnode\t", "\tknot\t", "knot"),
        ("vendor/overlay.yaml", "key: EmailAddress", "key: EMailAddress", "EMailAddress"),
    ];
    for (path, from, to, said) in cases {
        let mistake = mistake(path, from, to);
        assert!(mistake.starts_with("schemas/") && mistake.contains(said), "{path}, `{from}` -> `{to}`: {mistake}");
    }
}
