//! `supportedOS` of Apple's schema: what a key inherits, and how the table writes it.
//!
//! A key starts from what holds it, and its own attributes are laid over that, system by system, attribute by attribute.

use std::collections::BTreeMap;

use crate::catalog::OS;
use crate::source::{Node, Tree};

/// The attributes of one system: dotted names, as text; a list is joined by `+`.
pub type Attributes = BTreeMap<String, String>;
/// For each of [`OS`]; nothing where the file does not name the system.
pub type Systems = [Option<Attributes>; 5];

/// Lays a `supportedOS` over what is inherited.
pub fn inherit(mut systems: Systems, own: Option<&Node>) -> Systems {
    let Some(own) = own else { return systems };
    for (os, slot) in OS.iter().zip(systems.iter_mut()) {
        if let Some(pair) = own.get(os.title) {
            let attributes = slot.get_or_insert_default();
            flatten("", &pair.value, attributes);
        }
    }
    systems
}

fn flatten(prefix: &str, node: &Node, into: &mut Attributes) {
    match &node.tree {
        Tree::Mapping(pairs) => {
            for pair in pairs {
                let name = if prefix.is_empty() { pair.key.to_string() } else { format!("{prefix}.{}", pair.key) };
                flatten(&name, &pair.value, into);
            }
        }
        Tree::Sequence(items) => {
            let words: Vec<&str> = items.iter().filter_map(Node::scalar).map(|scalar| &*scalar.text).collect();
            into.insert(prefix.to_owned(), if words.is_empty() { "none".into() } else { words.join("+") });
        }
        Tree::Scalar(scalar) => {
            into.insert(prefix.to_owned(), scalar.text.to_string());
        }
    }
}

/// What the table says where it differs from what is inherited: `ios=18.0,supervised macos=-`.
pub fn written(now: &Systems, inherited: Option<&Systems>) -> String {
    let mut words = Vec::new();
    for (at, os) in OS.iter().enumerate() {
        let said = |systems: &Systems| systems.get(at).and_then(Option::as_ref).map(token);
        let said_now = said(now);
        if let Some(token) = said_now.as_ref().filter(|_| inherited.is_none_or(|inherited| said(inherited) != said_now)) {
            words.push(format!("{}={token}", os.name));
        }
    }
    words.join(" ")
}

/// `18.0,deprecated:26.0,supervised`, or `-` for not there.
fn token(attributes: &Attributes) -> String {
    let text = |name: &str| attributes.get(name).map(String::as_str);
    let yes = |name: &str| text(name) == Some("true");
    // No version, or `all`: since ever.
    let introduced = match text("introduced") {
        Some("n/a") => return "-".into(),
        None | Some("all") => "0",
        Some(version) => version,
    };
    let mut words = vec![introduced.to_owned()];
    let mut say = |word: &str, value: Option<&str>| {
        if let Some(value) = value {
            words.push(if value.is_empty() { word.to_owned() } else { format!("{word}:{value}") });
        }
    };
    let channels = |prefix: &str| {
        let channel = |name: &str| text(&format!("{prefix}{name}channel"));
        if channel("device").is_none() && channel("user").is_none() {
            return None;
        }
        let there: Vec<&str> = ["device", "user"].into_iter().filter(|name| channel(name) == Some("true")).collect();
        Some(if there.is_empty() { "none".to_owned() } else { there.join("+") })
    };
    say("deprecated", text("deprecated"));
    say("removed", text("removed"));
    say(if yes("multiple") { "multiple" } else { "single" }, text("multiple").map(|_| ""));
    for (attribute, word) in [("supervised", "supervised"), ("requiresdep", "automated"), ("userapprovedmdm", "approved")] {
        say(word, yes(attribute).then_some(""));
    }
    say("mdm", (text("allowmanualinstall") == Some("false")).then_some(""));
    say("channels", channels("").as_deref());
    say("enrollment", text("userenrollment.mode"));
    say("shared", text("sharedipad.mode"));
    say("shared_channels", channels("sharedipad.").as_deref());
    say("shared_scopes", text("sharedipad.allowed-scopes"));
    say("enrollments", text("allowed-enrollments"));
    say("scopes", text("allowed-scopes"));
    words.join(",")
}
