//! What must stand in an Atomic, and what must not.

use std::collections::HashMap;

use crate::artifact::Element;
use crate::catalog::{Catalog, Node};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::lint::tokens::is_templated;

use super::Item;

/// Checks the Atomics of a document.
pub fn check(commands: &[Element], items: &[Item<'_>], message: bool, catalog: &'static Catalog, report: &mut Report) {
    for command in commands.iter().filter(|command| matches!(command.local(), "Atomic" | "Sequence")) {
        inside(command, report);
    }
    added_and_replaced(items, report);
    missing(items, message, catalog, report);
}

fn inside(atomic: &Element, report: &mut Report) {
    for child in &atomic.children {
        match child.local() {
            "Atomic" => {
                let diagnostic =
                    Diagnostic::new(Code::E0827, child.open, "an Atomic stands inside another one").label("a device answers 500");
                report.push(diagnostic.also(atomic.open, "inside this one"));
                inside(child, report);
            }
            "Get" if atomic.local() == "Atomic" => {
                let diagnostic =
                    Diagnostic::new(Code::E0827, child.open, "a Get stands inside an Atomic").label("a device answers 500");
                report.push(diagnostic.also(atomic.open, "inside this one").help("put it behind the Atomic"));
            }
            "Sequence" => inside(child, report),
            _ => {}
        }
    }
}

/// One node added and replaced in the same Atomic.
fn added_and_replaced(items: &[Item<'_>], report: &mut Report) {
    let mut added = HashMap::new();
    for item in items.iter().filter(|item| item.atomic.is_some()) {
        let key = (item.atomic, item.uri.compared());
        match item.verb {
            "Add" => {
                added.insert(key, item.uri.span);
            }
            "Replace" => {
                if let Some(first) = added.get(&key) {
                    let message = format!("`{}` is added and replaced in one Atomic", item.uri.shown());
                    let diagnostic =
                        Diagnostic::new(Code::E0827, item.uri.span, message).label("replaced here").also(*first, "added here");
                    report.push(diagnostic.help("add it with its last value"));
                }
            }
            _ => {}
        }
    }
}

/// Commands that have to stand in an Atomic, and do not.
fn missing(items: &[Item<'_>], message: bool, catalog: &'static Catalog, report: &mut Report) {
    let mut said: Vec<String> = Vec::new();
    for item in items.iter().filter(|item| item.atomic.is_none() && item.verb != "Delete" && item.verb != "Get") {
        let Some(group) = item.node.and_then(|node| group(node, catalog)) else { continue };
        // What was made in an Atomic may be changed without one, unless documentation says otherwise.
        if item.verb == "Replace" && group.path.ends_with("{}") && group.why("atomic").is_none() {
            continue;
        }
        // Said once for a node and all below it. A server that names the node itself puts an Atomic around it.
        let name = group.path.clone();
        if said.contains(&name) || is_templated(item.uri.text) {
            continue;
        }
        said.push(name);
        let name = group.path.rsplit_once("/MSFT/").map_or(&*group.path, |(_, rest)| rest);
        let below = if group.parent { " and what is below it are" } else { " is" };
        let what = format!("`{name}`{below} written outside of an Atomic");
        // A server that takes a bare run may put an Atomic around all of it.
        let code = if message { Code::E0827 } else { Code::W0855 };
        let diagnostic = Diagnostic::new(code, item.uri.span, what).label("has to stand in an Atomic");
        let diagnostic = match group.why("atomic") {
            Some((reason, source)) => diagnostic.note(format!("{reason}: {source}")),
            None => diagnostic,
        };
        report.push(diagnostic.help("put `<Atomic>` around the commands that belong together"));
    }
}

/// The node that asks for an Atomic: itself or one above.
fn group(node: &'static Node, catalog: &'static Catalog) -> Option<&'static Node> {
    if node.atomic {
        return Some(node);
    }
    let mut path = node.path.as_str();
    while let Some((above, _)) = path.rsplit_once('/') {
        let found = catalog.node(above)?;
        if found.atomic {
            return Some(found);
        }
        path = above;
    }
    None
}
