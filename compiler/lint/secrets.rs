//! Passwords that stand in a profile for everyone to read, and trust that is not asked for.

use crate::artifact::{Node, Value};
use crate::catalog::{Key, KeyType, Payload};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;

use super::tokens::is_templated;

/// Keys that hold a secret, beside those that end in `Password`.
const SECRETS: [&str; 3] = ["SharedSecret", "Challenge", "UserPassword"];

/// Warns of passwords in the clear, and keeps them out of reports. A profile that is encrypted shows none: it is not looked into.
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
                report.push(
                    diagnostic.help("leave it out so that the device asks, let the server fill it in, or encrypt the profile"),
                );
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

/// EAP types whose server has to be trusted before a password is sent: TTLS, PEAP, EAP-FAST.
const TUNNELS: [(i128, &str); 3] = [(21, "TTLS"), (25, "PEAP"), (43, "EAP-FAST")];

/// Warns of a network that sends a password to whatever server answers.
pub fn server_trust(payload: &Node, report: &mut Report) {
    let Some(entry) = payload.get("EAPClientConfiguration") else { return };
    let configuration = &entry.value;
    let names = |key: &str| configuration.get(key).and_then(|entry| entry.value.items()).is_some_and(|items| !items.is_empty());
    if ["TLSTrustedServerNames", "PayloadCertificateAnchorUUID", "TLSTrustedCertificates"].into_iter().any(names) {
        return;
    }
    let types = configuration.get("AcceptEAPTypes").and_then(|entry| entry.value.items()).unwrap_or_default();
    let tunnel = types.iter().find_map(|item| {
        let (_, name) = TUNNELS.iter().find(|(number, _)| item.value == Value::Integer(*number))?;
        Some((item.span, *name))
    });
    if let Some((span, name)) = tunnel {
        let span: Span = span;
        let message = format!("{name} is used, and no server is named or anchored");
        let diagnostic = Diagnostic::new(Code::W0853, span, message).label("any access point can ask for the password");
        report.push(
            diagnostic
                .help("name the servers under `TLSTrustedServerNames`, and their root under `PayloadCertificateAnchorUUID`"),
        );
    }
}
