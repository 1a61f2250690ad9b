//! Committed files that are generated are fresh: reference pages and JSON Schemas. `UPDATE=1 cargo test --test generated` rewrites.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "a test that cannot go on fails")]

mod common;

use std::path::Path;

use common::update;
use payloadc::builtin::{CATALOG, SCHEMAS};
use payloadc::reference::{self, editor};

fn fresh(path: &str, content: &str) {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let committed = std::fs::read_to_string(&full).unwrap_or_default();
    if committed == content {
        return;
    }
    assert!(update(), "{path} is out of date: UPDATE=1 cargo test --test generated");
    std::fs::create_dir_all(full.parent().unwrap()).unwrap();
    std::fs::write(full, content).unwrap();
}

#[test]
fn reference_pages() {
    for kind in SCHEMAS.kinds {
        let mut page = reference::kind_page(&SCHEMAS, kind);
        for (_, field) in kind.numbered() {
            page.push_str("\n---\n\n");
            page.push_str(&reference::field_page(&SCHEMAS, &CATALOG, kind, field));
        }
        fresh(&format!("docs/kinds/{}.md", kind.name), &page);
    }
    let rows = reference::support(&SCHEMAS, None);
    fresh("docs/kinds/support.md", &format!("# What each target takes\n\n{}", reference::support_markdown(&rows)));
}

#[test]
fn editor_schemas() {
    let pretty = |value: &serde_json::Value| serde_json::to_string_pretty(value).unwrap() + "\n";
    fresh("schemas/editor/profile.schema.json", &pretty(&editor::profile_schema(&SCHEMAS)));
    fresh("schemas/editor/workspace.schema.json", &pretty(&editor::workspace_schema(&SCHEMAS)));
}
