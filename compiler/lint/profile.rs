//! A configuration profile: its own keys, its payloads one by one, and what they are to each other.

use std::collections::HashMap;

use crate::artifact::{Entry, Node, Value};
use crate::catalog::{Catalog, OS, Payload, Support, in_its_place};
use crate::check::{certain, vendor};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;

use super::tokens::is_templated;
use super::values::VERSION;
use super::walk::{PROFILE, Walk, retired};
use super::{certificates, identity, references, secrets, shorten};

/// The other sort of profile: it holds no payloads, and sends a device to where it gets them.
/// <https://developer.apple.com/library/archive/documentation/NetworkingInternet/Conceptual/iPhoneOTAConfiguration/>
const SERVICE: &str = "Profile Service";

/// Whether a property list is meant as a profile: other files speak of payloads, too.
pub fn is_profile(root: &Node) -> bool {
    let has = |key: &str| root.get(key).is_some();
    let array = root.get("PayloadContent").is_some_and(|entry| entry.value.items().is_some());
    has("EncryptedPayloadContent")
        || array
        || (has("PayloadType") && (has("PayloadUUID") || has("PayloadIdentifier") || has("PayloadVersion")))
}

/// The payloads of a profile: the dictionaries of its `PayloadContent`.
pub fn payloads(root: &Node) -> Vec<&Node> {
    let content = root.get("PayloadContent").and_then(|entry| entry.value.items()).unwrap_or_default();
    content.iter().filter(|payload| payload.entries().is_some()).collect()
}

/// Checks a profile.
pub fn check(root: &Node, catalog: &'static Catalog, report: &mut Report) {
    if root.text_of("PayloadType") == Some(SERVICE) {
        common(root, true, catalog, report);
        return;
    }
    let payloads = payloads(root);
    let for_macs = payloads.iter().all(|payload| payload_types(payload, catalog).into_iter().all(only_mac));
    own_keys(root, for_macs && !payloads.is_empty(), catalog, report);
    for member in root.get("PayloadContent").and_then(|entry| entry.value.items()).unwrap_or_default() {
        if member.entries().is_none() {
            let message = format!("a payload is a dictionary, and a {} stands there", member.value.name());
            report.push(Diagnostic::new(Code::E0806, member.span, message).label("not a dictionary"));
        }
    }
    let known: Vec<Vec<&'static Payload>> = payloads.iter().map(|payload| payload_types(payload, catalog)).collect();
    let named = references::by_uuid(&payloads);
    for (payload, types) in payloads.iter().zip(&known) {
        one(payload, types, &named, catalog, report);
    }
    identity::apart(root, &payloads, report);
    let each: Vec<(&Node, &Payload)> =
        payloads.iter().zip(&known).filter_map(|(payload, types)| Some((*payload, *types.first()?))).collect();
    single(&each, report);
    platforms(root, &each, report);
    channel(root, &each, report);
}

/// The keys of the profile itself. `for_macs`: no other system has its payloads.
fn own_keys(root: &Node, for_macs: bool, catalog: &'static Catalog, report: &mut Report) {
    let Some(configuration) = catalog.payload(PROFILE) else { return };
    let own = [configuration];
    let walk = Walk { catalog, types: &own, declaration: false };
    // Payloads are looked at by their own types, and the consent text is a flat dictionary that tables describe otherwise.
    let mut plain: Vec<Entry> = Vec::new();
    for entry in root.entries().unwrap_or_default() {
        let value = match (&*entry.key, &entry.value.value) {
            ("PayloadContent", Value::Array(_)) => Value::Array(Vec::new()),
            ("ConsentText", Value::Dictionary(_)) => continue,
            (_, value) => value.clone(),
        };
        plain.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value: Node { span: entry.value.span, value } });
    }
    if let (Some(encrypted), None) = (root.get("EncryptedPayloadContent"), root.get("PayloadContent")) {
        let value = Node { span: encrypted.value.span, value: Value::Array(Vec::new()) };
        plain.push(Entry { key: "PayloadContent".into(), key_span: encrypted.key_span, value });
    }
    // Macs do without, iPhones do not: <https://github.com/mosen/profiledocs/pull/8>.
    if for_macs && !has(root, VERSION) {
        report.push(without_version("a profile", place(root)));
        let value = Node { span: root.span, value: Value::Integer(1) };
        plain.push(Entry { key: VERSION.into(), key_span: root.span, value });
    }
    walk.payload(&Node { span: root.span, value: Value::Dictionary(plain) }, place(root), report);
    consent(root, report);
}

/// Where something missing in a payload is reported: at its type, which a person looks for first.
fn place(payload: &Node) -> Span {
    payload.get("PayloadType").map_or(payload.span, |entry| entry.value.span)
}

/// Apple's tables put a dictionary between, which is not on the wire.
fn consent(root: &Node, report: &mut Report) {
    let Some(entry) = root.get("ConsentText") else { return };
    for text in entry.value.entries().unwrap_or_default() {
        if text.value.text().is_none() {
            let message = format!(
                "`ConsentText` holds a string for each language, and a {} stands at `{}`",
                text.value.value.name(),
                shorten(&text.key)
            );
            report.push(Diagnostic::new(Code::E0806, text.value.span, message).label("a string is wanted"));
        }
    }
}

/// What the catalog knows of a payload's type. Nothing for the preference domains of other vendors, which pass as they are.
fn payload_types(payload: &Node, catalog: &'static Catalog) -> Vec<&'static Payload> {
    match payload.text_of("PayloadType") {
        Some("*" | PROFILE) | None => Vec::new(),
        Some(name) => catalog.variants(name).collect(),
    }
}

fn one(
    payload: &Node,
    types: &[&'static Payload],
    all: &references::Payloads<'_>,
    catalog: &'static Catalog,
    report: &mut Report,
) {
    common(payload, false, catalog, report);
    let Some(entry) = payload.get("PayloadType") else { return };
    let Some(ty) = entry.value.text() else { return };
    if types.is_empty() {
        unknown(ty, entry, catalog, report);
        return;
    }
    if let Some((first, (what, since))) = types.first().and_then(|first| Some((first, retired(&first.systems)?))) {
        let message = format!("the payload type `{ty}` is {what}: {since}");
        let diagnostic = Diagnostic::new(Code::W0852, entry.value.span, message).label(what);
        report.push(match first.instead {
            Some(instead) => diagnostic.help(in_its_place(instead)),
            None => diagnostic,
        });
    }
    Walk { catalog, types, declaration: false }.payload(payload, entry.value.span, report);
    references::check(payload, types, all, report);
    certificates::check(payload, ty, report);
    secrets::check(payload, types, report);
}

/// Whether a key is there, or one that is meant for it.
fn has(dictionary: &Node, name: &str) -> bool {
    dictionary.entries().unwrap_or_default().iter().any(|entry| &*entry.key == name || certain(&entry.key, name))
}

fn without_version(what: &str, at: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::W0856, at, format!("{what} has no `{VERSION}`"));
    diagnostic.label("devices take it; servers may refuse it").help(format!("add `<key>{VERSION}</key><integer>1</integer>`"))
}

/// What every payload has, and a profile.
fn common(payload: &Node, profile: bool, catalog: &'static Catalog, report: &mut Report) {
    let Some(common) = catalog.common() else { return };
    for wanted in common.required_inside(None).filter(|wanted| !has(payload, wanted.name())) {
        if wanted.name() == VERSION && !profile {
            report.push(without_version("a payload", place(payload)));
            continue;
        }
        let what = if profile { "profile" } else { "payload" };
        let message = format!("a {what} has no `{}`", wanted.name());
        let diagnostic = Diagnostic::new(Code::E0803, place(payload), message).label(format!("this {what}"));
        report.push(match wanted.default.or(wanted.allowed.first().copied()) {
            Some(value) => diagnostic.help(format!("add `<key>{}</key><integer>{value}</integer>`", wanted.name())),
            None => diagnostic,
        });
    }
}

/// A type that is near a known one is a slip; all else is a preference domain.
fn unknown(ty: &str, entry: &Entry, catalog: &'static Catalog, report: &mut Report) {
    const APPLE: &str = "com.apple.";
    if is_templated(ty) || catalog.is_domain(ty) {
        return;
    }
    let tail = |name: &str| name.strip_prefix(APPLE).map(str::to_owned);
    let near = vendor::payload_type(catalog, ty);
    let slip = near.filter(|near| tail(ty).zip(tail(near)).is_some_and(|(own, near)| certain(&own, &near)));
    if let Some(near) = slip {
        let message = format!("`{}` is no payload type of Apple's", shorten(ty));
        // Apple's own pages write one type in two ways.
        let diagnostic = if near.eq_ignore_ascii_case(ty) {
            Diagnostic::new(Code::W0851, entry.value.span, message)
                .label("known in other letters; systems may take it for another one")
        } else {
            Diagnostic::new(Code::E0805, entry.value.span, message).label("not a known type")
        };
        report.push(diagnostic.fix(format!("write `{near}`"), entry.value.span, near));
    }
}

/// Types of which a device takes one.
fn single(payloads: &[(&Node, &Payload)], report: &mut Report) {
    let mut firsts: HashMap<&str, &Node> = HashMap::new();
    for (node, payload) in payloads {
        let there = || payload.systems.iter().filter(|support| support.there());
        if payload.variant.is_some() || !there().all(|support| support.multiple == Some(false)) {
            continue;
        }
        let Some(first) = firsts.get(payload.name) else {
            firsts.insert(payload.name, node);
            continue;
        };
        let message = format!("a profile holds one payload of type `{}`", payload.name);
        let diagnostic = Diagnostic::new(Code::E0813, place(node), message).label("a second one").also(place(first), "the first");
        report.push(diagnostic.help("put the keys of both into one payload"));
    }
}

/// Whether a system has the payload.
fn on<'a>(payload: &'a Payload, platform: &str) -> Option<&'a Support> {
    payload.on(platform).filter(|support| support.there())
}

const MAC: &str = OS[1].name;

pub fn only_mac(payload: &Payload) -> bool {
    payload.systems.iter().zip(OS).all(|(support, os)| support.there() == (os.name == MAC))
}

/// A payload that Macs do not have, in a profile for Macs.
fn platforms(root: &Node, payloads: &[(&Node, &Payload)], report: &mut Report) {
    let mac = payloads.iter().find(|(_, payload)| only_mac(payload));
    let scope = root.get("PayloadScope");
    for (node, payload) in payloads {
        let systems: Vec<&str> =
            OS.iter().zip(&payload.systems).filter(|(_, support)| support.there()).map(|(os, _)| os.title).collect();
        if on(payload, MAC).is_some() || systems.is_empty() {
            continue;
        }
        let because = match (mac, scope) {
            (Some((other, known)), _) => (place(other), format!("`{}` is for {} alone", known.name, OS[1].title)),
            (None, Some(entry)) => {
                let message = format!("`PayloadScope` says nothing to {}, which `{}` is for", systems.join(", "), payload.name);
                let diagnostic =
                    Diagnostic::new(Code::W0857, entry.key_span, message).label(format!("{} alone has scopes", OS[1].title));
                report.push(diagnostic.also(place(node), "this payload").help("remove `PayloadScope`"));
                return;
            }
            (None, None) => continue,
        };
        let message = format!("`{}` is for {}, in a profile for {}", payload.name, systems.join(", "), OS[1].title);
        let diagnostic = Diagnostic::new(Code::E0812, place(node), message).label(format!("not on {}", OS[1].title));
        report.push(diagnostic.also(because.0, because.1).help("put the payloads of each system into a profile of their own"));
    }
}

/// The scope of a profile against the channels of its payloads.
fn channel(root: &Node, payloads: &[(&Node, &Payload)], report: &mut Report) {
    let Some(scope) = root.get("PayloadScope") else { return };
    let (channel, other) = match scope.value.text() {
        Some(scope) if scope.eq_ignore_ascii_case("System") => ("device", "User"),
        Some(scope) if scope.eq_ignore_ascii_case("User") => ("user", "System"),
        _ => return,
    };
    for (node, payload) in payloads {
        let Some(channels) = on(payload, MAC).and_then(|support| support.channels) else { continue };
        if channels.has(channel) || channels.iter().next().is_none() {
            continue;
        }
        let message = format!("`{}` is not taken on the {channel} channel", payload.name);
        let diagnostic = Diagnostic::new(Code::W0857, place(node), message).label("this payload");
        let diagnostic = diagnostic.also(scope.value.span, format!("says the {channel} channel"));
        report.push(diagnostic.help(format!("write `{other}` as the scope, or move the payload into another profile")));
    }
}
