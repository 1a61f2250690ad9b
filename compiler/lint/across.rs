//! Files against each other: one identity in two profiles, one key or node with two values, declarations that name each other.

use std::collections::{HashMap, HashSet};

use crate::artifact::{Artifact, Node, Shape, Value};
use crate::catalog::{Catalog, OS, Payload, Support};
use crate::check::{list, nearest};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{SourceId, Sources, Span};

use super::identity::is_uuid;
use super::tokens::is_templated;
use super::{declaration, profile, references, shorten, syncml};

/// Checks all artifacts of a run.
pub fn check(artifacts: &[Artifact], sources: &Sources, catalog: &'static Catalog, report: &mut Report) {
    let profiles: Vec<&Node> = artifacts
        .iter()
        .filter_map(|artifact| match &artifact.shape {
            Shape::Profile(root) => Some(root),
            _ => None,
        })
        .collect();
    let rivals = identities(&profiles, catalog, report);
    payload_uuids(&profiles, &rivals, catalog, report);
    vpns(&profiles, catalog, report);
    values(&profiles, catalog, report);
    nodes(artifacts, catalog, report);
    declarations(artifacts, sources, catalog, report);
}

/// With so many files a further one is compared: a few are enough to find what is otherwise.
const COMPARED: usize = 16;

/// A profile, what was seen in it, and where.
type Seen<'a> = (&'a Node, &'a Node, Span);

/// Two profiles with one identifier replace each other on a device. The files of which that was said.
fn identities(profiles: &[&Node], catalog: &'static Catalog, report: &mut Report) -> HashSet<(SourceId, SourceId)> {
    let mut said = HashSet::new();
    for (name, what) in [("PayloadIdentifier", "identifier"), ("PayloadUUID", "UUID")] {
        let mut seen: HashMap<String, Vec<(&Node, Span)>> = HashMap::new();
        for root in profiles {
            let Some(entry) = root.get(name) else { continue };
            let Some(text) = entry.value.text().filter(|text| !is_templated(text)) else { continue };
            let span = entry.value.span;
            let others = seen.entry(text.to_lowercase()).or_default();
            // A copy is the same profile, and one for other devices replaces nothing.
            let rival = others.iter().find(|(other, _)| !same(other, root) && may_share_a_device(other, root, catalog));
            let first = rival.map(|(_, span)| *span);
            // A few are enough to compare with, however many there are.
            if others.len() < COMPARED {
                others.push((root, span));
            }
            let Some(first) = first.filter(|first| said.insert((first.source, span.source))) else { continue };
            let message = format!("two profiles have the {what} `{}`", shorten(text));
            let diagnostic = Diagnostic::new(Code::E0831, span, message).label("the second replaces the first on a device");
            report.push(
                diagnostic
                    .also(first, "the first")
                    .help(format!("give each profile {} of its own", if what == "UUID" { "a UUID" } else { "an identifier" })),
            );
        }
    }
    said
}

/// Payloads of two profiles with one UUID, which is unique in the world: <https://developer.apple.com/documentation/devicemanagement/commonpayloadkeys>.
fn payload_uuids(profiles: &[&Node], rivals: &HashSet<(SourceId, SourceId)>, catalog: &'static Catalog, report: &mut Report) {
    let mut seen: HashMap<String, Vec<Seen<'_>>> = HashMap::new();
    for root in profiles {
        for payload in profile::payloads(root) {
            let Some(entry) = payload.get("PayloadUUID") else { continue };
            let Some(text) = entry.value.text().filter(|text| is_uuid(text)) else { continue };
            let span = entry.value.span;
            let before = seen.entry(text.to_uppercase()).or_default();
            // The same payload in two profiles is no other one, and two in one profile are said of that.
            let rival = before.iter().find(|(owner, first, place)| {
                let known = place.source == span.source || rivals.contains(&(place.source, span.source));
                !known && !same(first, payload) && may_share_a_device(owner, root, catalog)
            });
            let rival = rival.map(|(_, _, place)| *place);
            if before.len() < COMPARED {
                before.push((root, payload, span));
            }
            let Some(place) = rival else { continue };
            let message = format!("payloads of two profiles have the UUID `{}`", shorten(text));
            let diagnostic = Diagnostic::new(Code::W0856, span, message).label("not the same payload");
            let help = "give each payload a UUID of its own: devices tell payloads apart by it";
            report.push(diagnostic.also(place, "the first").help(help));
        }
    }
}

/// Per-app VPNs that are named and are in no file. A folder without any of them keeps them elsewhere.
fn vpns(profiles: &[&Node], catalog: &'static Catalog, report: &mut Report) {
    let payloads = || profiles.iter().flat_map(|root| profile::payloads(root));
    let known: HashSet<String> = payloads()
        .filter(|payload| payload.text_of("PayloadType").is_some_and(|ty| ty.starts_with("com.apple.vpn.managed.applayer")))
        .filter_map(|payload| Some(payload.text_of("VPNUUID")?.to_uppercase()))
        .collect();
    if known.is_empty() || known.iter().any(|known| is_templated(known)) {
        return;
    }
    for payload in payloads() {
        let Some(facts) = payload.text_of("PayloadType").and_then(|ty| catalog.payload(ty)) else { continue };
        for (entry, value) in references::vpns(payload, facts) {
            let Some(text) = value.text().filter(|text| !is_templated(text)) else { continue };
            if !known.contains(&text.to_uppercase()) {
                let message = format!("`{}` names no per-app VPN of these files", entry.key);
                let label = format!("no `com.apple.vpn.managed.applayer` has the VPNUUID `{}`", shorten(text));
                let diagnostic = Diagnostic::new(Code::E0810, value.span, message).label(label);
                report.push(diagnostic.help("write the `VPNUUID` of the VPN's payload, which may stand in another profile"));
            }
        }
    }
}

/// Whether one device may get both: a system has the payloads of both, and a profile that says a scope, which only Macs know, is beside
/// one that says none and whose payloads only Macs have. What iPhones have, too, is theirs where no scope stands.
fn may_share_a_device(left: &Node, right: &Node, catalog: &'static Catalog) -> bool {
    let known = |root: &Node| -> Vec<&'static Payload> {
        profile::payloads(root).iter().filter_map(|payload| catalog.payload(payload.text_of("PayloadType")?)).collect()
    };
    let systems = |payloads: &[&Payload]| -> [bool; OS.len()] {
        std::array::from_fn(|at| payloads.iter().all(|payload| payload.systems.get(at).is_some_and(Support::there)))
    };
    let (left_has, right_has) = (known(left), known(right));
    let common = systems(&left_has).into_iter().zip(systems(&right_has)).any(|(left, right)| left && right);
    let scoped = |root: &Node| root.get("PayloadScope").is_some();
    let for_macs = |root: &Node, payloads: &[&Payload]| scoped(root) || payloads.iter().any(|payload| profile::only_mac(payload));
    common && for_macs(left, &left_has) == for_macs(right, &right_has)
}

/// Keys of which a device takes one value, with two.
fn values(profiles: &[&Node], catalog: &'static Catalog, report: &mut Report) {
    let mut seen: HashMap<(&str, bool, &str), Vec<Seen<'_>>> = HashMap::new();
    for root in profiles {
        let user = root.text_of("PayloadScope").is_some_and(|scope| scope.eq_ignore_ascii_case("User"));
        for payload in profile::payloads(root) {
            let Some(ty) = payload.text_of("PayloadType") else { continue };
            let Some(description) = catalog.payload(ty).filter(|found| found.is_single()) else { continue };
            for entry in payload.entries().unwrap_or_default() {
                if description.key(&entry.key).is_none()
                    || catalog.common().is_some_and(|common| common.key(&entry.key).is_some())
                {
                    continue;
                }
                let span = entry.key_span;
                let before = seen.entry((ty, user, &entry.key)).or_default();
                let rival = before.iter().find(|(owner, first, place)| {
                    place.source != span.source && !same(first, &entry.value) && may_share_a_device(owner, root, catalog)
                });
                let rival = rival.map(|(_, _, place)| *place);
                if before.len() < COMPARED {
                    before.push((root, &entry.value, span));
                }
                if let Some(place) = rival {
                    let message = format!("two profiles give `{}` of `{ty}` different values", entry.key);
                    let diagnostic = Diagnostic::new(Code::W0858, span, message).label("which one holds is not certain");
                    report.push(
                        diagnostic
                            .also(place, "another value")
                            .help("keep the key in one profile, or do not give both to one device"),
                    );
                }
            }
        }
    }
}

/// Whether two values are the same, wherever they stand.
fn same(left: &Node, right: &Node) -> bool {
    match (&left.value, &right.value) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Dictionary(left), Value::Dictionary(_)) => {
            left.len() == right.entries().map_or(0, <[_]>::len)
                && left.iter().all(|entry| right.get(&entry.key).is_some_and(|other| same(&entry.value, &other.value)))
        }
        (left, right) => left == right,
    }
}

/// One node, two values.
fn nodes(artifacts: &[Artifact], catalog: &'static Catalog, report: &mut Report) {
    let mut seen: HashMap<String, (String, Span)> = HashMap::new();
    for artifact in artifacts {
        let Shape::Syncml(document) = &artifact.shape else { continue };
        for item in syncml::items(document, catalog)
            .iter()
            .filter(|item| item.writes() && item.data.is_some() && !is_templated(item.uri.text))
        {
            let (value, span) = (item.value(), item.uri.span);
            let Some((first, place)) = seen.get(&item.uri.compared()) else {
                seen.insert(item.uri.compared(), (value.to_owned(), span));
                continue;
            };
            if place.source == span.source {
                continue;
            }
            report.push(syncml::set_twice(item, *place, first == value));
        }
    }
}

/// A declaration that has an identifier, and the target's folder it lies in.
struct Declared<'a> {
    root: &'a Node,
    span: Span,
    target: Option<&'a str>,
}

impl<'a> Declared<'a> {
    fn all(artifacts: &'a [Artifact], sources: &'a Sources) -> Vec<Declared<'a>> {
        let declared = |artifact: &'a Artifact| {
            let Shape::Declaration(root) = &artifact.shape else { return None };
            let span = root.get("Identifier").map_or(root.span, |entry| entry.value.span);
            let path = sources.get(artifact.source).map_or("", |source| &source.path);
            Some(Declared { root, span, target: target(path) })
        };
        artifacts.iter().filter_map(declared).collect()
    }

    /// Whether one device may get both: builds for several platforms hold a declaration once for each.
    fn may_meet(&self, other: &Declared<'_>) -> bool {
        self.target.is_none() || other.target.is_none() || self.target == other.target
    }

    fn is(&self, class: &str) -> bool {
        self.root.text_of("Type").is_some_and(|ty| ty.starts_with(class))
    }
}

/// The folder of a path that payloadc names by a target of declarations: `ios_ddm`.
fn target(path: &str) -> Option<&str> {
    path.rsplit(['/', '\\']).skip(1).find(|folder| folder.ends_with("_ddm"))
}

/// Declarations of one run: each identifier once, and what they name is there.
fn declarations(artifacts: &[Artifact], sources: &Sources, catalog: &'static Catalog, report: &mut Report) {
    let all = Declared::all(artifacts, sources);
    let mut seen: HashMap<&str, Vec<&Declared<'_>>> = HashMap::new();
    for one in &all {
        let Some(text) = one.root.text_of("Identifier") else { continue };
        let others = seen.entry(text).or_default();
        // A copy is the same declaration.
        if let Some(first) = others.iter().rev().find(|other| other.may_meet(one) && !same(other.root, one.root)) {
            let message = format!("two declarations have the identifier `{}`", shorten(text));
            report.push(Diagnostic::new(Code::E0831, one.span, message).label("again").also(first.span, "first here"));
        }
        // A few are enough to compare with, however many there are.
        if others.len() < COMPARED {
            others.push(one);
        }
    }
    let has = |class: &str| all.iter().any(|one| one.is(class));
    let (configurations, assets) = (has("com.apple.configuration."), has("com.apple.asset."));
    for one in &all {
        for named in declaration::references(one.root, catalog) {
            // A folder without any of them keeps them elsewhere.
            let (wanted, here) = if named.assets.is_empty() { ("configuration", configurations) } else { ("asset", assets) };
            let found = seen.get(named.name).and_then(|found| found.iter().find(|other| other.may_meet(one)));
            if is_templated(named.name) || (found.is_none() && !here) {
                continue;
            }
            let ty = found.and_then(|found| found.root.text_of("Type")).unwrap_or_default();
            let fits =
                if named.assets.is_empty() { ty.starts_with("com.apple.configuration.") } else { named.assets.contains(&ty) };
            if found.is_none() {
                let message = format!("no {wanted} has the identifier `{}`", shorten(named.name));
                let diagnostic = Diagnostic::new(Code::E0833, named.span, message).label("names nothing");
                report.push(match nearest(named.name, seen.keys().copied().filter(|known| *known != named.name)) {
                    Some(near) => diagnostic.help(format!("`{}` is near", shorten(near))),
                    None => diagnostic,
                });
            } else if !fits {
                let message = format!(
                    "`{}` is a `{ty}`, and {} is wanted",
                    shorten(named.name),
                    if named.assets.is_empty() { "a configuration".to_owned() } else { list(named.assets.iter().copied()) }
                );
                report.push(Diagnostic::new(Code::E0833, named.span, message).label("names another sort of declaration"));
            }
        }
    }
}
