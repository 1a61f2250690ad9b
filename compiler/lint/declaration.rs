//! An Apple declaration: its four keys, and its payload. A device refuses one with a key it does not know.

use crate::artifact::{Entry, Node};
use crate::catalog::{Catalog, Key, Payload};
use crate::check::{certain, nearest, vendor};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;

use super::shorten;
use super::tokens::is_templated;
use super::walk::{Walk, retired};

/// Octets of an `Identifier` and of a `ServerToken`.
const LONGEST: usize = 64;
/// The keys of every declaration.
const KEYS: [&str; 4] = ["Type", "Identifier", "ServerToken", "Payload"];

/// Checks a declaration.
pub fn check(root: &Node, catalog: &'static Catalog, report: &mut Report) {
    own_keys(root, report);
    let Some(entry) = root.get("Type") else { return };
    let Some(ty) = entry.value.text() else { return };
    let Some(description) = catalog.declaration(ty).filter(|found| !found.credential && ty != "*") else {
        unknown(ty, entry, catalog, report);
        return;
    };
    if let Some((what, since)) = retired(&description.systems) {
        let message = format!("the declaration type `{ty}` is {what}: {since}");
        report.push(Diagnostic::new(Code::W0852, entry.value.span, message).label(what));
    }
    if let Some(payload) = root.get("Payload") {
        let types = [description];
        Walk { catalog, types: &types, declaration: true }.payload(&payload.value, payload.key_span, report);
    }
}

fn own_keys(root: &Node, report: &mut Report) {
    let entries = root.entries().unwrap_or_default();
    for entry in entries {
        let wanted = match &*entry.key {
            "Type" | "Identifier" | "ServerToken" if entry.value.text().is_none() => "a string",
            "Payload" if entry.value.entries().is_none() => "an object",
            key if KEYS.contains(&key) => continue,
            key => {
                let message = format!("`{}` is no key of a declaration", shorten(key));
                let diagnostic = Diagnostic::new(Code::E0804, entry.key_span, message).label("makes the declaration invalid");
                report.push(match nearest(key, KEYS).filter(|near| certain(key, near)) {
                    Some(near) => diagnostic.fix(format!("write `{near}`"), entry.key_span, near),
                    None => diagnostic.help("a declaration has `Type`, `Identifier`, `ServerToken` and `Payload`"),
                });
                continue;
            }
        };
        let message = format!("`{}` is {wanted}, and a {} stands there", entry.key, entry.value.value.name());
        report.push(Diagnostic::new(Code::E0806, entry.value.span, message).label(format!("{wanted} is wanted")));
    }
    let misspelt = |name: &str| entries.iter().any(|entry| &*entry.key != name && certain(&entry.key, name));
    for name in KEYS.into_iter().filter(|name| root.get(name).is_none() && !misspelt(name)) {
        report.push(if name == "ServerToken" {
            let diagnostic =
                Diagnostic::new(Code::W0856, root.span, "the declaration has no `ServerToken`").label("this declaration");
            diagnostic.help("servers that keep declarations as files write it themselves; a device refuses one without it")
        } else {
            Diagnostic::new(Code::E0803, root.span, format!("the declaration has no `{name}`")).label("this declaration")
        });
    }
    for name in ["Identifier", "ServerToken"] {
        let Some(entry) = root.get(name) else { continue };
        let Some(text) = entry.value.text().filter(|text| text.len() > LONGEST && !is_templated(text)) else { continue };
        let message = format!("`{name}` has {} octets, and {LONGEST} are allowed", text.len());
        report.push(Diagnostic::new(Code::E0807, entry.value.span, message).label("too long"));
    }
}

fn unknown(ty: &str, entry: &Entry, catalog: &'static Catalog, report: &mut Report) {
    let near = vendor::declaration_type(catalog, ty);
    let slip = near.filter(|near| certain(ty, near));
    let code = if slip.is_some() { Code::E0805 } else { Code::W0851 };
    let message = format!("`{}` is no documented declaration type", shorten(ty));
    let diagnostic = Diagnostic::new(code, entry.value.span, message).label("not a known type");
    report.push(match (slip, near) {
        (Some(slip), _) => diagnostic.fix(format!("write `{slip}`"), entry.value.span, slip),
        (None, Some(near)) => diagnostic.help(format!("a type with a similar name exists: `{near}`")),
        (None, None) => diagnostic.help("newer facts than the built-in ones may know it; its payload is not checked"),
    });
}

/// A name of another declaration, where it stands, and which types may have it.
pub struct Reference<'a> {
    /// The `Identifier` of the other one.
    pub name: &'a str,
    /// Where it is named.
    pub span: Span,
    /// Asset types; empty where configurations are named.
    pub assets: &'static [&'static str],
}

/// What a declaration names of others: configurations of an activation, assets of a configuration.
pub fn references<'a>(root: &'a Node, catalog: &'static Catalog) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    let (Some(ty), Some(payload)) = (root.text_of("Type"), root.get("Payload")) else { return found };
    if ty.starts_with("com.apple.activation.") {
        let configurations =
            payload.value.get("StandardConfigurations").and_then(|entry| entry.value.items()).unwrap_or_default();
        let named = configurations.iter().filter_map(|item| Some(Reference { name: item.text()?, span: item.span, assets: &[] }));
        found.extend(named);
    } else if let Some(description) = catalog.declaration(ty) {
        assets(&payload.value, description, None, &mut found);
    }
    found
}

fn assets<'a>(node: &'a Node, payload: &'static Payload, inside: Option<&'static Key>, found: &mut Vec<Reference<'a>>) {
    for entry in node.entries().unwrap_or_default() {
        let Some(key) = payload.step(inside, &entry.key) else { continue };
        let mut take = |node: &'a Node, key: &'static Key| match node.text() {
            Some(name) if !key.assets.is_empty() => found.push(Reference { name, span: node.span, assets: &key.assets }),
            _ => assets(node, payload, Some(key), found),
        };
        match entry.value.items() {
            Some(items) => {
                let member = payload.step(Some(key), "[]").unwrap_or(key);
                let member = if member.assets.is_empty() && !key.assets.is_empty() { key } else { member };
                items.iter().for_each(|item| take(item, member));
            }
            None => take(&entry.value, key),
        }
    }
}
