//! An item against what the catalog says of its node: there, in this scope, the verb, the format, the value.

use std::collections::{HashMap, HashSet};

use crate::catalog::{Allowed, Catalog, Condition, Node, NodeFormat, in_its_place};
use crate::check::vendor::is_secret;
use crate::check::{certain, either, read_certificate, vendor};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::lint::shorten;
use crate::lint::tokens::is_templated;

use super::{Item, Uri};
use crate::source::Span;

/// The node of a LocURI; `./Vendor` is the device's tree.
pub fn look_up(uri: &Uri<'_>, catalog: &'static Catalog) -> Option<&'static Node> {
    let path = uri.path.as_str();
    catalog.node_for(path).or_else(|| catalog.node_for(&Catalog::with_other_root(path)))
}

/// Bytes in base64; where a certificate belongs, one.
fn bytes(item: &Item<'_>, node: &Node, value: &str, span: Span, report: &mut Report) {
    use base64::Engine as _;
    let compact: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(compact) else {
        let message = format!("the data of `{}` is no base64", name(item, node));
        report.push(Diagnostic::new(Code::E0826, span, message).label("a device cannot decode it"));
        return;
    };
    if node.name() != "EncodedCertificate" {
        return;
    }
    let why = if bytes.starts_with(b"-----BEGIN") {
        Some("is PEM, text around a certificate".to_owned())
    } else {
        read_certificate(&bytes).err().map(|why| why.to_string())
    };
    if let Some(why) = why {
        let message = format!("the data of `{}` {why}", name(item, node));
        let diagnostic = Diagnostic::new(Code::E0811, span, message).label("no certificate");
        report.push(diagnostic.help("one X.509 certificate in DER, as base64, is expected"));
    }
}

/// Says which settings have no effect beside another one of the same file.
pub fn needs(items: &[Item<'_>], report: &mut Report) {
    let written = || items.iter().filter(|item| item.writes() && item.data.is_some());
    // The last value is the one that holds.
    let values: HashMap<&str, &Item<'_>> = written().filter_map(|item| Some((item.node?.path.as_str(), item))).collect();
    // What is switched off needs nothing.
    for item in written().filter(|item| item.value() != "false") {
        for dependency in item.node.into_iter().flat_map(|node| &node.needs) {
            let wanted = match dependency.condition {
                Condition::Needs => true,
                Condition::Without => false,
                Condition::When(_) => continue,
            };
            let other = values.get(&*dependency.path);
            let Some(other) = other.filter(|other| dependency.names(other.value()) != wanted && !is_templated(other.value()))
            else {
                continue;
            };
            let (Some(node), Some(base)) = (item.node, other.node) else { continue };
            let state =
                base.allowed.meaning_of(other.value()).map_or_else(String::new, |word| format!(" ({})", word.replace('_', " ")));
            let message =
                format!("`{}` has no effect while `{}` is `{}`{state}", name(item, node), base.name(), shorten(other.value()));
            let diagnostic = Diagnostic::new(Code::W0853, item.uri.span, message).label("needs another value there");
            let diagnostic = diagnostic.also(other.uri.span, "set here");
            report.push(if wanted {
                diagnostic.help(format!("set `{}` to {}", base.name(), either(dependency.values.iter().map(|value| &**value))))
            } else {
                diagnostic
            });
        }
    }
}

/// Checks an item whose LocURI is spelled soundly. `said` are the deprecated nodes of the document that were told.
pub fn check(item: &Item<'_>, catalog: &'static Catalog, said: &mut HashSet<&'static str>, report: &mut Report) {
    let Some(node) = item.node else {
        unknown(item, catalog, report);
        return;
    };
    if !item.uri.path.starts_with("./") && !item.uri.path.starts_with('.') {
        let diagnostic =
            Diagnostic::new(Code::W0855, item.uri.span, "a LocURI begins without `./`").label("Windows takes it, others do not");
        report.push(diagnostic.help(format!("write `./{}`", shorten(&item.uri.path))));
    }
    if node.forbidden && item.writes() {
        let (reason, source) = node.why("forbidden").unwrap_or_default();
        let message = format!("writing `{}` does harm", name(item, node));
        let diagnostic = Diagnostic::new(Code::W0853, item.uri.span, message).label("leave it out");
        report.push(diagnostic.note(format!("{reason}: {source}")));
    }
    // What lies in a deprecated node is said once for all of it; taking it away is right.
    if let Some((gone, since)) = catalog.deprecated(node).filter(|(gone, _)| item.verb != "Delete" && said.insert(&gone.path)) {
        let since = since.map_or_else(String::new, |build| format!(" since build {build}"));
        let message = if gone.path == node.path {
            format!("`{}` is deprecated{since}", name(item, node))
        } else {
            format!("`{}` lies in `{}`, which is deprecated{since}", name(item, node), gone.name())
        };
        let diagnostic = Diagnostic::new(Code::W0852, item.uri.span, message).label("deprecated");
        report.push(match gone.instead {
            Some(instead) => diagnostic.help(in_its_place(instead)),
            None => diagnostic,
        });
    }
    if node.given && item.verb == "Delete" {
        let message = format!("`{}` is there from enrolment, and is deleted", name(item, node));
        let diagnostic = Diagnostic::new(Code::W0853, item.uri.span, message).label("the device leaves its server");
        report.push(diagnostic.help("delete what was added below it"));
    }
    if node.avoided || node.doubtful {
        password(item, node, report);
    }
    verb(item, node, report);
    if item.writes() {
        if let Some(data) = item.data {
            // A value of another format is not looked at as well.
            if format(item, node, report) && data.children.is_empty() && !is_templated(&data.text) {
                value(item, node, report);
            }
        } else if !node.parent && !matches!(node.format, NodeFormat::Node | NodeFormat::Null | NodeFormat::Chr) {
            let message = format!("`{}` is written without a value", name(item, node));
            report.push(Diagnostic::new(Code::E0826, item.uri.span, message).label(format!("takes {}", wanted(node.format))));
        }
    }
}

/// The password of an account, for everybody who has the file.
fn password(item: &Item<'_>, node: &Node, report: &mut Report) {
    let Some(data) = item.data.filter(|_| is_secret(node.name()) && item.writes()) else { return };
    if item.value().is_empty() || is_templated(&data.text) {
        return;
    }
    report.hide(data.content);
    let message = format!("`{}` stands in the clear", name(item, node));
    let diagnostic = Diagnostic::new(Code::W0854, item.uri.span, message).label("whoever has the file can read it");
    report.push(diagnostic.help("leave it out, or let the server fill it in"));
}

/// What Windows Phone 8.1 had beside the nodes of the tables, in small letters.
/// <https://learn.microsoft.com/windows/client-management/mdm/devicelock-csp>,
/// <https://learn.microsoft.com/windows/client-management/mdm/policymanager-csp>
const PHONE: [&str; 3] =
    ["/vendor/msft/devicelock/provider/", "/vendor/msft/policymanager/my/", "/vendor/msft/policymanager/device/"];

/// A LocURI of no node the vendor documents.
fn unknown(item: &Item<'_>, catalog: &'static Catalog, report: &mut Report) {
    let path = item.uri.path.as_str();
    let lower = path.to_lowercase();
    // Other vendors, and the trees that are not configuration service providers.
    if !lower.contains("/vendor/msft") || is_templated(path) {
        return;
    }
    let swapped = match (path.strip_prefix("./User/"), path.strip_prefix("./Device/")) {
        (Some(rest), _) => Some((format!("./Device/{rest}"), "user", "device")),
        (_, Some(rest)) => Some((format!("./User/{rest}"), "device", "user")),
        _ => path.strip_prefix("./").map(|rest| (format!("./User/{rest}"), "device", "user")),
    };
    let there = |path: &str| {
        catalog.node_for(path).is_some()
            || path.strip_prefix("./Device/").is_some_and(|rest| catalog.node_for(&format!("./{rest}")).is_some())
    };
    if let Some((other, here, elsewhere)) = swapped.filter(|(other, ..)| there(other)) {
        let message = format!("`{}` is no node of the {here}, but of the {elsewhere}", item.uri.shown());
        let diagnostic = Diagnostic::new(Code::E0823, item.uri.span, message).label(format!("not in the {here}'s tree"));
        report.push(diagnostic.help(format!("write `{}`", shorten_front(&other))));
        return;
    }
    let near = vendor::node(catalog, path);
    let provider = path.split('/').skip_while(|segment| !segment.eq_ignore_ascii_case("MSFT")).nth(1).unwrap_or_default();
    if PHONE.iter().any(|phone| lower.contains(phone)) {
        let message = format!("`{}` is a node of Windows Phone", item.uri.shown());
        let diagnostic = Diagnostic::new(Code::W0851, item.uri.span, message).label("Windows 10 and 11 answer 404");
        report.push(diagnostic.note("policies stood there on Windows Phone 8.1; the tables do not hold what is below it"));
        return;
    }
    let of_root = |root: &str| root.split('/').skip_while(|segment| *segment != "MSFT").nth(1).unwrap_or_default().to_owned();
    let known = catalog.roots().any(|root| of_root(root).eq_ignore_ascii_case(provider));
    let known = known && !in_unknown_area(path, catalog);
    // A provider, or an area of policies, that the tables do not know may be a newer one; a node inside a known one is more likely a
    // mistake.
    let code = if known || near.is_some() { Code::E0822 } else { Code::W0851 };
    let message = format!("`{}` is no documented node", item.uri.shown());
    let diagnostic = Diagnostic::new(code, item.uri.span, message).label("a device answers 404");
    report.push(match near {
        Some(near) if item.uri.text.trim() == path && certain(path, &near) => {
            diagnostic.fix(format!("write `{}`", shorten_front(&near)), item.uri.span, near)
        }
        Some(near) => diagnostic.help(format!("`{}` is near", shorten_front(&near))),
        None => diagnostic,
    });
}

/// Whether a path leads into an area of policies that the tables do not have.
fn in_unknown_area(path: &str, catalog: &'static Catalog) -> bool {
    let segments: Vec<&str> = path.split('/').collect();
    let config = segments.windows(2).position(|two| matches!(two, ["Policy", "Config"]));
    let area = config.and_then(|at| segments.get(..at + 3)).map(|segments| segments.join("/"));
    area.is_some_and(|area| catalog.node_for(&area).is_none())
}

/// What a node is called: a dynamic one as the file names it.
fn name<'a>(item: &'a Item<'_>, node: &'a Node) -> &'a str {
    if node.name() == "{}" { item.uri.path.rsplit('/').next().unwrap_or_default() } else { node.name() }
}

/// The end of a path says most.
fn shorten_front(path: &str) -> String {
    let count = path.chars().count();
    if count <= 110 { path.to_owned() } else { format!("...{}", path.chars().skip(count - 107).collect::<String>()) }
}

fn verb(item: &Item<'_>, node: &Node, report: &mut Report) {
    let access = node.access;
    let taken = match item.verb {
        "Add" => access.add,
        "Replace" => access.replace,
        "Delete" => access.delete,
        "Exec" => access.exec,
        "Get" => access.get,
        _ => true,
    };
    if taken {
        return;
    }
    let all =
        [("Add", access.add), ("Replace", access.replace), ("Delete", access.delete), ("Exec", access.exec), ("Get", access.get)];
    let known: Vec<&str> = all.into_iter().filter(|(_, taken)| *taken).map(|(verb, _)| verb).collect();
    let message = format!("`{}` takes no {}", name(item, node), item.verb);
    let diagnostic =
        Diagnostic::new(Code::E0824, item.verb_span, message).label("a device answers 405").also(item.uri.span, "this node");
    report.push(if known.is_empty() { diagnostic } else { diagnostic.help(format!("it takes {}", either(known))) });
}

/// Whether the value may be looked at.
fn format(item: &Item<'_>, node: &Node, report: &mut Report) -> bool {
    let Some(element) = item.format else {
        if !matches!(node.format, NodeFormat::Chr | NodeFormat::Node | NodeFormat::Xml | NodeFormat::Null) {
            let message = format!("`{}` has the format `{}`, and none is said", name(item, node), node.format.name());
            let diagnostic = Diagnostic::new(Code::W0856, item.uri.span, message).label("text without `Format` is `chr`");
            report.push(
                diagnostic.help(format!("add `<Meta><Format xmlns=\"syncml:metinf\">{}</Format></Meta>`", node.format.name())),
            );
        }
        return true;
    };
    let said = element.text.trim();
    if said == node.format.name() || is_templated(said) {
        return true;
    }
    let span = if element.text.is_empty() { element.open } else { element.content };
    let text = |name: &str| matches!(name, "chr" | "xml" | "b64" | "bin");
    // Text under another name: Microsoft's own examples do it.
    let code = if text(said) && text(node.format.name()) { Code::W0856 } else { Code::E0825 };
    let message = format!("`{}` has the format `{}`, and `{}` is said", name(item, node), node.format.name(), shorten(said));
    let diagnostic =
        Diagnostic::new(code, span, message).label(if code == Code::E0825 { "a device answers 415" } else { "devices take it" });
    report.push(diagnostic.fix(format!("write `{}`", node.format.name()), span, node.format.name()));
    code != Code::E0825
}

fn value(item: &Item<'_>, node: &Node, report: &mut Report) {
    let value = item.value();
    let Some(data) = item.data.filter(|_| !is_secret(node.name())) else { return };
    let span = if data.content.start == data.content.end { data.open } else { data.content };
    let say = |report: &mut Report, message: String, label: String, help: Option<String>| {
        let diagnostic = Diagnostic::new(Code::E0826, span, message).label(label);
        report.push(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    };
    let readable = match node.format {
        NodeFormat::Int => value.parse::<i64>().is_ok(),
        NodeFormat::Bool => matches!(value, "true" | "false"),
        _ => true,
    };
    if !readable {
        let help = (node.format == NodeFormat::Bool).then(|| "write `true` or `false`".to_owned());
        say(
            report,
            format!("`{}` is no value of `{}`", shorten(value), name(item, node)),
            format!("takes {}", wanted(node.format)),
            help,
        );
        return;
    }
    if value.is_empty() && matches!(node.format, NodeFormat::Chr) {
        return;
    }
    if matches!(node.format, NodeFormat::B64 | NodeFormat::Bin) && !is_templated(value) {
        bytes(item, node, value, span, report);
        return;
    }
    if let Allowed::Admx(admx) = node.allowed {
        let start = value.trim_start().to_lowercase();
        if !start.starts_with("<enabled") && !start.starts_with("<disabled") {
            let help = format!(
                "write `<enabled/>` or `<disabled/>`, escaped, with the `<data .../>` elements that `{}` of {} asks for",
                admx.name, admx.file
            );
            say(
                report,
                format!("`{}` is no value of the ADMX-backed `{}`", shorten(value), name(item, node)),
                "an ADMX body is wanted".into(),
                Some(help),
            );
        }
        return;
    }
    if let Some((message, label, help)) = refused(item, node, value) {
        say(report, message, label.into(), help);
    }
}

/// Why the vendor's facts refuse a value: message, label and help.
fn refused(item: &Item<'_>, node: &Node, value: &str) -> Option<(String, &'static str, Option<String>)> {
    if let Some((what, why)) = vendor::malformed(node, value) {
        let message = format!("`{}` takes {what}, and this text is not well-formed: {why}", name(item, node));
        return Some((message, "not well-formed", None));
    }
    let message = format!("`{}` is no value of `{}`", shorten(value), name(item, node));
    if let Some(pattern) = vendor::other_pattern(node, value).filter(|_| node.verified) {
        return Some((message, "of another form", Some(format!("it fits `{}`", shorten(pattern)))));
    }
    (!node.takes(value)).then(|| (message, "not among the documented values", Some(choices(&node.allowed))))
}

/// What may be written, with the meaning where the vendor has a short word for it.
fn choices(allowed: &Allowed) -> String {
    const MOST: usize = 12;
    let listed = allowed.listed();
    if !listed.is_empty() {
        let word = |meaning: &str| if meaning.is_empty() { String::new() } else { format!(" ({})", meaning.replace('_', " ")) };
        let mut known: Vec<String> =
            listed.iter().take(MOST).map(|known| format!("`{}`{}", known.value, word(known.meaning))).collect();
        if listed.len() > MOST {
            known.push(format!("{} more", listed.len() - MOST));
        }
        let sum = if matches!(allowed, Allowed::Flag(_)) { ", or a sum of these" } else { "" };
        return format!("known are {}{sum}", known.join(", "));
    }
    match allowed {
        Allowed::Range(ranges) => {
            let each: Vec<String> =
                ranges.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from} to {to}") }).collect();
            format!("write a number from {}", each.join(", or "))
        }
        _ => "see the vendor's documentation of the node".into(),
    }
}

fn wanted(format: NodeFormat) -> &'static str {
    match format {
        NodeFormat::Int => "an integer",
        NodeFormat::Bool => "`true` or `false`",
        NodeFormat::B64 | NodeFormat::Bin => "bytes in base64",
        _ => "text",
    }
}
