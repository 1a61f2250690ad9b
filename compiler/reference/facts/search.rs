//! Types, keys and nodes by a part of their name.

use std::fmt::Write as _;

use super::aligned;
use crate::catalog::Catalog;
use crate::reference::spelling::key_type;

/// More finds than this of one sort are only counted.
const SHOWN: usize = 40;

/// What has a word in its name or path, in any capitals.
///
/// # Errors
/// Nothing has.
pub fn search(catalog: &'static Catalog, word: &str) -> Result<String, String> {
    let wanted = word.trim().to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&wanted);
    let mut page = String::new();
    let types = catalog.payload_names().chain(catalog.declaration_names()).filter(|name| has(name));
    section(&mut page, "Types", types.map(|name| vec![name.to_owned()]).collect());
    let mut keys = Vec::new();
    for payload in catalog.payloads().chain(catalog.declarations()) {
        // A dictionary counts for what it holds.
        let own = payload.keys.iter().filter(|key| has(key.name()));
        keys.extend(own.map(|key| vec![payload.full_name().into_owned(), key.path.to_string(), key_type(key.ty).to_owned()]));
    }
    section(&mut page, "Keys", keys);
    let nodes = catalog.nodes().flat_map(|section| &section.nodes).filter(|node| has(node.name()));
    section(&mut page, "Nodes", nodes.map(|node| vec![node.path.clone(), node.format.name().to_owned()]).collect());
    if wanted.is_empty() || page.is_empty() {
        return Err(format!("no type, key or node has `{}` in its name", word.trim()));
    }
    Ok(page)
}

fn section(page: &mut String, title: &str, mut found: Vec<Vec<String>>) {
    if found.is_empty() {
        return;
    }
    if !page.is_empty() {
        page.push('\n');
    }
    let count = found.len();
    let _ = writeln!(page, "{title}: {count}");
    found.truncate(SHOWN);
    aligned(page, &found);
    if count > SHOWN {
        let _ = writeln!(page, "  and {} more: a longer word finds fewer", count - SHOWN);
    }
}
