//! Keys that point at another payload of the profile: it is there, and of the right class.

use std::collections::HashMap;

use crate::artifact::{Entry, Node, Value};
use crate::catalog::{Key, Payload, Refers};
use crate::diagnostic::{Code, Diagnostic, Report};

use super::identity::uuid;
use super::shorten;
use super::tokens::is_templated;

/// Payloads that bring an identity: a certificate with its key.
const IDENTITIES: [&str; 4] =
    ["com.apple.security.scep", "com.apple.security.acme", "com.apple.security.pkcs12", "com.apple.ADCertificate.managed"];
/// Payloads that bring a certificate.
const CERTIFICATES: [&str; 3] = ["com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.pem"];

/// The payloads of a profile by their `PayloadUUID` in capitals; of several with one, the first.
pub type Payloads<'a> = HashMap<String, &'a Node>;

/// The payloads of a profile, to be looked up.
pub fn by_uuid<'a>(payloads: &[&'a Node]) -> Payloads<'a> {
    let named = payloads.iter().rev().filter_map(|payload| Some((payload.text_of("PayloadUUID")?.to_uppercase(), *payload)));
    named.collect()
}

/// Checks every reference of a payload against all payloads of its profile.
pub fn check(node: &Node, types: &[&'static Payload], payloads: &Payloads<'_>, report: &mut Report) {
    for payload in types {
        below(node, payload, None, &mut |entry, value, key| reference(entry, value, key, payloads, report));
    }
}

/// The per-app VPNs that a payload names, by their `VPNUUID`.
pub fn vpns<'a>(node: &'a Node, payload: &'static Payload) -> Vec<(&'a Entry, &'a Node)> {
    let mut found = Vec::new();
    below(node, payload, None, &mut |entry, value, key| {
        if key.refers == Some(Refers::Vpn) {
            found.push((entry, value));
        }
    });
    found
}

/// Hands over each text of a dictionary with its key in the catalog and the entry it stands in.
fn below<'a>(
    node: &'a Node,
    payload: &'static Payload,
    inside: Option<&'static Key>,
    take: &mut impl FnMut(&'a Entry, &'a Node, &'static Key),
) {
    for entry in node.entries().unwrap_or_default() {
        let Some(key) = payload.step(inside, &entry.key) else { continue };
        match &entry.value.value {
            Value::Text(_) => take(entry, &entry.value, key),
            Value::Array(items) => {
                let Some(member) = payload.step(Some(key), "[]").filter(|member| member.name() == "[]") else { continue };
                for item in items {
                    if item.text().is_some() {
                        take(entry, item, if member.refers.is_some() { member } else { key });
                    }
                    below(item, payload, Some(member), take);
                }
            }
            _ => below(&entry.value, payload, Some(key), take),
        }
    }
}

fn reference(entry: &Entry, node: &Node, key: &Key, payloads: &Payloads<'_>, report: &mut Report) {
    let wants = match key.refers {
        Some(Refers::Identity) => &IDENTITIES[..],
        Some(Refers::Certificate) => &CERTIFICATES[..],
        _ => return,
    };
    let Some(text) = node.text().filter(|text| !is_templated(text)) else { return };
    let found = payloads.get(&text.to_uppercase());
    let Some(found) = found else {
        let placed = Entry { key: entry.key.clone(), key_span: entry.key_span, value: node.clone() };
        if !uuid(&placed, &mut Report::new()) {
            uuid(&placed, report);
            return;
        }
        let message = format!("`{}` points at no payload of this profile", entry.key);
        let diagnostic =
            Diagnostic::new(Code::E0810, node.span, message).label(format!("no payload has the UUID `{}`", shorten(text)));
        report.push(diagnostic.help("the certificate has to stand in the same profile, and its `PayloadUUID` here"));
        return;
    };
    let ty = found.text_of("PayloadType").unwrap_or_default();
    let both = IDENTITIES.contains(&ty) || CERTIFICATES.contains(&ty);
    if wants.contains(&ty) || ty.is_empty() {
        return;
    }
    let class =
        if key.refers == Some(Refers::Identity) { "an identity, which is a certificate with its key" } else { "a certificate" };
    let message = format!("`{}` points at a payload of type `{}`, and wants {class}", entry.key, shorten(ty));
    let place = found.get("PayloadType").map_or(found.span, |entry| entry.value.span);
    let diagnostic = Diagnostic::new(Code::E0810, node.span, message).label("points at it").also(place, "this payload");
    report.push(if both { diagnostic } else { diagnostic.help("name the `PayloadUUID` of the certificate's payload") });
}
