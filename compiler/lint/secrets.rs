//! Passwords that stand in a profile for everyone to read.
//!
//! An encrypted profile is not looked into.

use crate::artifact::{Node, Value};
use crate::catalog::{Key, KeyType, Payload};
use crate::diagnostic::{Code, Diagnostic, Report};

use super::tokens::is_templated;

/// Keys that hold a secret, beside those that end in `Password`.
const SECRETS: [&str; 3] = ["SharedSecret", "Challenge", "UserPassword"];

/// Warns of passwords in the clear, and keeps them out of reports.
pub fn check(node: &Node, types: &[&'static Payload], report: &mut Report) {
    for payload in types {
        below(node, payload, None, report);
    }
}

fn below(node: &Node, payload: &'static Payload, inside: Option<&'static Key>, report: &mut Report) {
    for entry in node.entries().unwrap_or_default() {
        let Some(key) = payload.step(inside, &entry.key) else { continue };
        match &entry.value.value {
            Value::Text(text) if is_secret(&entry.key) && key.ty == KeyType::String => {
                if text.is_empty() || is_templated(text) {
                    continue;
                }
                report.hide(entry.value.span);
                let message = format!("`{}` stands in the clear", entry.key);
                let diagnostic = Diagnostic::new(Code::W0854, entry.key_span, message).label("whoever has the file can read it");
                report.push(diagnostic.help("leave it out so that the device asks, let the server fill it in, or encrypt the profile"));
            }
            Value::Array(items) => {
                let Some(member) = payload.step(Some(key), "[]") else { continue };
                items.iter().for_each(|item| below(item, payload, Some(member), report));
            }
            _ => below(&entry.value, payload, Some(key), report),
        }
    }
}

fn is_secret(name: &str) -> bool {
    name.ends_with("Password") || SECRETS.contains(&name)
}
