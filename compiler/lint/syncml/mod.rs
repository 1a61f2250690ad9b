//! SyncML: a whole message, or the bare run of commands that some servers take.
//!
//! Walks the commands, and hands each item to `node.rs` (what the catalog says of its node) and each Atomic to `atomic.rs`; the shape of
//! elements is judged in `shape.rs`.

mod atomic;
mod node;
mod shape;
mod uri;

use crate::artifact::{Document, Element};
use crate::catalog::{Catalog, Node};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;

pub use uri::Uri;

/// The verbs that name nodes.
pub const VERBS: [&str; 5] = ["Add", "Replace", "Delete", "Exec", "Get"];

/// One item of one command.
#[derive(Clone)]
pub struct Item<'a> {
    /// `Add`, `Replace`, `Delete`, `Exec`, `Get`.
    pub verb: &'a str,
    /// The verb's opening tag.
    pub verb_span: Span,
    /// The node it names.
    pub uri: Uri<'a>,
    /// The node of the catalog, if it knows it.
    pub node: Option<&'static Node>,
    /// Its format: said by the item, or by its command for all.
    pub format: Option<&'a Element>,
    /// Its value.
    pub data: Option<&'a Element>,
    /// The Atomic it stands in, as a number; nothing outside of all.
    pub atomic: Option<usize>,
}

impl Item<'_> {
    /// Whether it writes a value.
    pub fn writes(&self) -> bool {
        matches!(self.verb, "Add" | "Replace")
    }

    /// The value without the white space around it.
    pub fn value(&self) -> &str {
        self.data.map_or("", |data| data.text.trim())
    }
}

/// The commands of a document, outermost first.
pub fn commands(document: &Document) -> &[Element] {
    match message(document).map(|message| message.child("SyncBody")) {
        Some(Some(body)) => &body.children,
        Some(None) => &[],
        None => &document.roots,
    }
}

/// The message, if it is no bare run of commands.
fn message(document: &Document) -> Option<&Element> {
    document.roots.first().filter(|root| root.local() == "SyncML")
}

/// Every item that names a node.
pub fn items<'a>(document: &'a Document, catalog: &'static Catalog) -> Vec<Item<'a>> {
    let mut found = Vec::new();
    let mut atomics = 0;
    collect(commands(document), None, catalog, &mut atomics, &mut found);
    found
}

fn collect<'a>(
    commands: &'a [Element],
    atomic: Option<usize>,
    catalog: &'static Catalog,
    atomics: &mut usize,
    found: &mut Vec<Item<'a>>,
) {
    for command in commands {
        match command.local() {
            "Atomic" => {
                *atomics += 1;
                collect(&command.children, Some(*atomics), catalog, atomics, found);
            }
            "Sequence" => collect(&command.children, atomic, catalog, atomics, found),
            verb if VERBS.contains(&verb) => {
                for item in command.children.iter().filter(|child| child.local() == "Item") {
                    let Some(location) = item.child("Target").and_then(|target| target.child("LocURI")) else { continue };
                    let uri = Uri::of(location);
                    let format = [item, command].into_iter().find_map(|owner| owner.child("Meta")?.child("Format"));
                    let node = node::look_up(&uri, catalog);
                    found.push(Item { verb, verb_span: command.open, uri, node, format, data: item.child("Data"), atomic });
                }
            }
            _ => {}
        }
    }
}

/// Checks a document.
pub fn check(document: &Document, catalog: &'static Catalog, report: &mut Report) {
    let message = message(document);
    if message.is_none()
        && let Some(declaration) = document.declaration
    {
        let text = "an XML declaration stands in front of a bare run of commands";
        let diagnostic = Diagnostic::new(Code::W0855, declaration, text).label("Fleet refuses it");
        report.push(diagnostic.help("remove it: the server puts the commands into a message of its own"));
    }
    if let Some(message) = message
        && message.child("SyncBody").is_none()
    {
        report.push(Diagnostic::new(Code::E0821, message.open, "the message has no `SyncBody`").label("this message"));
    }
    shape::check(commands(document), message.is_some(), report);
    let items = items(document, catalog);
    let mut said = std::collections::HashSet::new();
    for item in &items {
        if uri::check(&item.uri, report) {
            node::check(item, catalog, &mut said, report);
        }
    }
    atomic::check(commands(document), &items, message.is_some(), catalog, report);
    node::needs(&items, report);
    twice(&items, report);
}

/// One node with two values in one file.
fn twice(items: &[Item<'_>], report: &mut Report) {
    let mut seen: std::collections::HashMap<String, &Item<'_>> = std::collections::HashMap::new();
    for item in items {
        let name = item.uri.compared();
        if item.verb == "Delete" {
            seen.remove(&name);
        }
        if !item.writes() || item.data.is_none() {
            continue;
        }
        let Some(first) = seen.insert(name, item) else { continue };
        // Add and then Replace in one Atomic is said there.
        if first.atomic == item.atomic && item.atomic.is_some() && first.verb != item.verb {
            continue;
        }
        report.push(set_twice(item, first.uri.span, first.value() == item.value()));
    }
}

/// A node that is set twice, in one file or in two, to one value or to two.
pub fn set_twice(item: &Item<'_>, first: Span, same: bool) -> Diagnostic {
    let (span, shown) = (item.uri.span, item.uri.shown());
    let (message, label) = match (first.source == span.source, same) {
        (true, true) => (format!("`{shown}` is set twice, to the same value"), "again"),
        (true, false) => (format!("`{shown}` is set twice, to two values"), "the last one wins"),
        (false, true) => (format!("two files set `{shown}`, to the same value"), "a change of one of them will be a conflict"),
        (false, false) => (format!("two files set `{shown}` to different values"), "the last one that is sent wins"),
    };
    let diagnostic = Diagnostic::new(if same { Code::W0855 } else { Code::E0832 }, span, message).label(label);
    if first.source == span.source {
        diagnostic.also(first, "set here first").help("write it once")
    } else {
        diagnostic.also(first, "set here, too").help("keep the node in one file")
    }
}
