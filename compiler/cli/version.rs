//! The version, and the releases of the vendor facts it carries.

use std::collections::BTreeMap;

use crate::builtin::{CATALOG, SCHEMAS};

/// `payloadc 0.1.0`, or all of it as JSON.
pub fn text(json: bool) -> String {
    let version = env!("CARGO_PKG_VERSION");
    if !json {
        let facts = CATALOG.releases().map(|(vendor, release)| format!("{vendor}: {release}"));
        return format!("payloadc {version}\n{}\napple declarations: {}", facts.join("\n"), CATALOG.declarations_release());
    }
    let mut catalog: BTreeMap<&str, &str> = CATALOG.releases().into_iter().collect();
    catalog.insert("apple_declarations", CATALOG.declarations_release());
    let kinds: Vec<&str> = SCHEMAS.kinds.iter().map(|kind| kind.name).collect();
    let targets: Vec<&str> = crate::targets::WRITERS.iter().map(|writer| writer.target).collect();
    serde_json::json!({ "name": "payloadc", "version": version, "catalog": catalog, "kinds": kinds, "targets": targets })
        .to_string()
}
